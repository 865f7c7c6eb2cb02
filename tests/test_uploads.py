"""What may be uploaded is what the readers read."""

from __future__ import annotations

import io
import logging
import re
import socket
import time
import zipfile
from importlib.resources import files
from urllib.parse import quote

import geopandas as gpd
import pytest
from files_made import layered
from small_workspace import CRS, box, make_workspace

import fuling_gis as fg

pytest.importorskip("fastapi", reason="the extra `web` is not installed")

import httpx
from serve_made import finished, served

from fuling_gis.readers.archive import _SINGLE
from fuling_gis.serve.uploads import MOST_FILES, SUFFIXES
from fuling_gis.worker.process import Worker

DAY = "as_of=2024-06-01&lang=en"
CSV = b"site_id,lon,lat\nA,107.39,29.71\n"


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    workspace = fg.open_workspace(make_workspace(tmp_path_factory.mktemp("uploads") / "small"))
    with served(workspace) as address, httpx.Client(base_url=address, timeout=60) as asking:
        yield asking


@pytest.fixture(scope="module")
def family(tmp_path_factory):
    """Give the parts of a file of one plot in each of three formats, by suffix."""

    def parts(driver: str, suffix: str) -> dict[str, bytes]:
        folder = tmp_path_factory.mktemp("family")
        plot = gpd.GeoDataFrame({"site_id": ["P1"], "geometry": [box(0, 600, 100, 700)]}, crs=CRS)
        plot.to_file(folder / f"a{suffix}", driver=driver)
        return {path.suffix: path.read_bytes() for path in folder.iterdir()}

    return {
        "shp": parts("ESRI Shapefile", ".shp"),
        "tab": parts("MapInfo File", ".tab"),
        "mif": parts("MapInfo File", ".mif"),
    }


def sent(client, parts, query=DAY):
    return client.post(f"/api/jobs?{query}", files=[("file", part) for part in parts])


def only(client, parts, query=DAY):
    """Upload files that hold one site; give it."""
    begun = sent(client, parts, query)
    assert begun.status_code == 202, begun.text
    state = finished(client, begun.json()["id"])
    assert state["state"] == "done", state["error"]
    (site,) = client.get(f"/api/jobs/{state['id']}/answer").json()["sites"]
    return site


@pytest.mark.parametrize("suffix", [*_SINGLE, ".shp", ".mif", ".tab"])
def test_every_file_that_is_read_in_a_zip_may_be_uploaded(suffix):
    assert suffix in SUFFIXES


def test_the_page_offers_the_same_files():
    page = files("fuling_gis.serve").joinpath("page/index.html").read_text("utf-8")
    offered = re.search(r'id="file"[^>]*accept="([^"]*)"', page)
    assert offered is not None
    assert set(offered[1].split(",")) == SUFFIXES


@pytest.mark.parametrize("kind", ["shp", "tab", "mif"])
def test_all_parts_of_a_file_are_taken_whatever_their_letters(client, family, kind):
    parts = {suffix: body for suffix, body in family[kind].items() if body}
    for name in ("地块", "A.B"):
        site = only(client, [(f"{name}{suffix}", body) for suffix, body in parts.items()], f"{DAY}&crs={CRS}")
        assert (site["site_id"], site["source"], site["status"]) == ("P1", f"{name}.{kind}", "ok")
        # The plot begins 500 m from the water.
        assert site["to_main_m"] == pytest.approx(500, abs=0.5)
    mixed = [(f"PLOT{s.upper()}" if turn % 2 else f"Plot{s}", parts[s]) for turn, s in enumerate(sorted(parts))]
    assert only(client, mixed, f"{DAY}&crs={CRS}")["site_id"] == "P1"


def test_what_programs_put_beside_a_shapefile_is_no_reason_to_refuse_it(client, family):
    beside = [("a.sbn", b"x"), ("a.sbx", b"x"), ("a.shp.xml", b"<x/>"), ("a.qix", b"x")]
    assert only(client, [(f"a{s}", body) for s, body in family["shp"].items()] + beside)["site_id"] == "P1"
    assert sent(client, [("a.xml", b"<x/>")]).status_code == 400
    assert sent(client, beside[:1]).status_code == 400


@pytest.mark.parametrize(
    ("parts", "main"),
    [
        (["b.dbf", "b.shx"], ".shp"), (["a.prj"], ".shp"), (["b.mid"], ".mif"), (["b.dat", "b.map", "b.id"], ".tab"),
    ],
)  # fmt: skip
def test_parts_without_their_file_are_told_for_their_sites_would_be_missing(client, parts, main):
    for others in ([], [("a.csv", CSV)]):
        reply = sent(client, [*others, *((name, b"x") for name in parts)])
        assert reply.status_code == 400
        said = reply.json()["error"]
        assert all(name in said[lang] for name in parts for lang in ("zh", "en"))
        assert f" {main} " in said["en"]


def test_a_part_that_is_missing_is_called_as_its_sender_would(client, family):
    state = finished(client, sent(client, [("地块.mif", family["mif"][".mif"])]).json()["id"])
    assert "地块.mid" in state["error"]["en"]
    assert "upload-" not in state["error"]["en"]


def test_sites_of_several_files_say_which_one_they_are_of(client):
    begun = sent(client, [("upload-2.csv", CSV), ("upload-1.csv", CSV.replace(b"A", b"B"))], f"{DAY}&crs=EPSG:4326")
    state = finished(client, begun.json()["id"])
    sites = client.get(f"/api/jobs/{state['id']}/answer").json()["sites"]
    assert {site["site_id"]: site["source"] for site in sites} == {"A": "upload-2.csv", "B": "upload-1.csv"}


def two_in_a_zip() -> bytes:
    """Make an archive of two tables of a site each."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("east.csv", CSV)
        archive.writestr("west.csv", CSV.replace(b"A", b"B"))
    return whole.getvalue()


def test_of_a_file_that_holds_several_the_one_that_is_meant_is_asked_for_and_read(client):
    query = f"{DAY}&crs=EPSG:4326"
    begun = sent(client, [("sites.zip", two_in_a_zip())], query)
    state = finished(client, begun.json()["id"])
    assert (state["state"], state["wants"], state["offers"]) == ("failed", ["layer"], ["east", "west"])
    assert "'west'" in state["error"]["en"]
    assert only(client, [("sites.zip", two_in_a_zip())], f"{query}&layer=west")["site_id"] == "B"


def test_of_a_zip_in_a_zip_the_offers_are_names_that_can_be_given_back(client):
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("inner.zip", two_in_a_zip())
    parts, query = [("sites.zip", whole.getvalue())], f"{DAY}&crs=EPSG:4326"
    state = finished(client, sent(client, parts, query).json()["id"])
    assert state["offers"] == ["inner/east", "inner/west"]
    assert only(client, parts, f"{query}&layer={state['offers'][1]}")["site_id"] == "B"
    # A name that is none gets the same offers.
    state = finished(client, sent(client, parts, f"{query}&layer=inner/north").json()["id"])
    assert (state["wants"], state["offers"]) == (["layer"], ["inner/east", "inner/west"])


def test_of_a_database_in_a_zip_the_offers_are_names_that_can_be_given_back(client, tmp_path):
    for name, x in (("east", 0), ("west", 500)):
        plot = gpd.GeoDataFrame({"site_id": [name], "geometry": [box(x, 600, x + 100, 700)]}, crs=CRS)
        plot.to_file(tmp_path / "a.gpkg", layer=name)
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.write(tmp_path / "a.gpkg", "a.gpkg")
    parts = [("sites.zip", whole.getvalue())]
    state = finished(client, sent(client, parts).json()["id"])
    assert (state["wants"], state["offers"]) == (["layer"], ["a/east", "a/west"])
    assert only(client, parts, f"{DAY}&layer=a/west")["site_id"] == "west"


# Names that layers of a database may have: separators of ours, of paths, of markup; blanks at the ends; a long one.
ODD = (
    "a::b", "::", "a::", "::a", "a//b", "a/./b", "../a", "a/", "/", "a:b", " a ", "'", '"', "<b>&amp;", "a\nb", "%2e",
    "?", "#", "界" * 300,
)  # fmt: skip


def test_layers_of_odd_names_are_all_offered_and_each_can_be_given_back(client, tmp_path):
    parts = [("a.gpkg", layered(tmp_path / "a.gpkg", ODD).read_bytes())]
    state = finished(client, sent(client, parts).json()["id"])
    assert (state["wants"], set(state["offers"]), state["unoffered"]) == (["layer"], set(ODD), 0)
    for place, name in enumerate(ODD):
        assert only(client, parts, f"{DAY}&layer={quote(name, safe='')}")["site_id"] == f"S{place}", name


@pytest.mark.parametrize(
    ("row", "offers"),
    [
        ("107.39,29.71", ["EPSG:4490", "EPSG:4326", "gcj02", "bd09"]),
        ("440000,3285000", ["EPSG:4545", "EPSG:4544", "EPSG:4546"]),
        ("36440000,3285000", ["EPSG:4524"]),
        # Nothing is offered where nothing fits, or where the columns must be exchanged first.
        ("29.71,107.39", []),
        ("5,5", []),
    ],
)
def test_a_file_without_a_system_is_refused_with_what_its_numbers_look_like(client, row, offers):
    state = finished(client, sent(client, [("a.csv", f"site_id,x,y\nA,{row}\n".encode())]).json()["id"])
    assert (state["state"], state["wants"], state["offers"]) == ("failed", ["crs"], offers)


def test_a_system_that_cannot_be_right_is_asked_for_again(client):
    state = finished(client, sent(client, [("a.csv", CSV)], f"{DAY}&crs=EPSG:4545").json()["id"])
    assert (state["state"], state["wants"]) == ("failed", ["crs"])


@pytest.mark.parametrize(
    "layer", ["/etc/passwd", "/../../../../etc/passwd", "a/../../../etc/passwd", "no.csv", "::", "%00"]
)
def test_the_name_of_a_layer_leads_to_no_other_file(client, layer):
    begun = sent(client, [("sites.zip", two_in_a_zip())], f"{DAY}&crs=EPSG:4326&layer={layer}")
    state = finished(client, begun.json()["id"])
    assert state["state"] == "failed"
    assert "root:" not in str(state["error"])
    assert "sites.zip" in state["error"]["en"]


def test_a_layer_is_named_for_one_file_only(client):
    begun = sent(client, [("a.csv", CSV), ("b.csv", CSV)], f"{DAY}&crs=EPSG:4326&layer=a")
    state = finished(client, begun.json()["id"])
    assert state["error"]["en"] == "where a layer is named, one file is taken at a time"


def test_too_many_files_are_told_as_that(client):
    for more in (1, 30):
        reply = sent(client, [(f"a{n}.csv", CSV) for n in range(MOST_FILES + more)])
        assert reply.status_code == 400
        assert f"at most {MOST_FILES} files" in reply.json()["error"]["en"]


@pytest.mark.parametrize("charset", ["undefined", "raw_unicode_escape", "unicode_escape", "utf-7", "idna", "punycode"])
@pytest.mark.parametrize("name", [b"a.\\ud800", b"a+2AA-.+2AA-", b"xn--\xff.csv", b"\\ud800.csv"])
def test_a_form_may_claim_any_encoding_of_its_names(client, charset, name):
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n%s\r\n--x--\r\n' % (name, CSV)
    kind = {"content-type": f"multipart/form-data; boundary=x; charset={charset}"}
    assert client.post(f"/api/jobs?{DAY}", content=body, headers=kind).status_code in {202, 400}


def test_an_upload_that_is_broken_off_is_no_fault_of_the_server(client, caplog, monkeypatch):
    monkeypatch.setattr(logging.getLogger("fuling_gis.serve"), "propagate", True)
    head = b"POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    with socket.create_connection((client.base_url.host, client.base_url.port)) as line:
        line.sendall(head + b"Content-Length: 1000000\r\n\r\n--x\r\n" + b"a" * 1000)
    for _ in range(100):
        time.sleep(0.05)
        if any("POST" in record.getMessage() for record in caplog.records):
            break
    assert client.get("/api/health").status_code == 200
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_jobs_that_are_stopped_while_they_are_read_make_room_at_once(client, monkeypatch):
    """Two are read at a time; a process that reads is given up to five minutes."""
    # Jobs of tests before are not to be caught by what follows.
    assert only(client, [("a.csv", CSV)], f"{DAY}&crs=EPSG:4326")["site_id"] == "A"
    with monkeypatch.context() as patched:
        # The processes are never told what to read.
        patched.setattr(Worker, "ask", lambda *_: None)
        stuck = [sent(client, [("a.csv", CSV)]).json()["id"] for _ in range(2)]
        for job in stuck:
            for _ in range(600):
                if client.get(f"/api/jobs/{job}").json()["state"] == "reading":
                    break
                time.sleep(0.05)
            else:
                raise AssertionError(client.get(f"/api/jobs/{job}").json())
        time.sleep(1)
    for job in stuck:
        assert client.delete(f"/api/jobs/{job}").status_code == 204
    assert only(client, [("a.csv", CSV)], f"{DAY}&crs=EPSG:4326")["site_id"] == "A"
