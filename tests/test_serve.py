"""The page's server: what it answers, whom it refuses, and that nothing a client sends ends it."""

from __future__ import annotations

import asyncio
import errno
import io
import json
import logging
import re
import threading
import time
import zipfile
from contextlib import ExitStack
from pathlib import Path
from typing import ClassVar

import geopandas as gpd
import pytest
import shapely
from small_workspace import ORIGIN, make_workspace

import fuling_gis as fg

pytest.importorskip("fastapi", reason="the extra `web` is not installed")

import httpx
from pyproj import Transformer
from serve_made import finished, served

from fuling_gis import drivers
from fuling_gis.errors import UsageError
from fuling_gis.serve import checking, uploads, work
from fuling_gis.serve.app import LIMITS
from fuling_gis.serve.desk import Desk
from fuling_gis.serve.guard import Guard, plain
from fuling_gis.serve.jobs import BusyError, Jobs, StoppedError
from fuling_gis.serve.openings import questions

TO_DEGREES = Transformer.from_crs("EPSG:4545", "EPSG:4326", always_xy=True)
DAY = "as_of=2024-06-01"
HOSTILE = "<img src=x onerror=alert(1)>${7*7}{{7*7}}"


def at(x: float, y: float) -> list[float]:
    """Give a place of the toy's own metres in degrees."""
    return list(TO_DEGREES.transform(ORIGIN[0] + x, ORIGIN[1] + y))


def point(x: float, y: float, **columns: object) -> dict:
    return {"type": "Feature", "properties": columns, "geometry": {"type": "Point", "coordinates": at(x, y)}}


def area(x: float, y: float, size: float, **columns: object) -> dict:
    ring = [at(x, y), at(x + size, y), at(x + size, y + size), at(x, y + size), at(x, y)]
    return {"type": "Feature", "properties": columns, "geometry": {"type": "Polygon", "coordinates": [ring]}}


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    workspace = fg.open_workspace(make_workspace(tmp_path_factory.mktemp("serve") / "small"))
    with served(workspace) as address, httpx.Client(base_url=address, timeout=60) as asking:
        yield asking


def only(reply):
    assert reply.status_code == 200, reply.text
    assert len(reply.json()["sites"]) == 1
    return reply.json()["sites"][0]


def sent(client, name, body, query=DAY):
    return client.post(f"/api/jobs?{query}", files=[("file", (name, body))])


def test_a_chemical_plant_by_the_yangtze_is_prohibited_with_its_clause_and_its_evidence(client):
    site = only(client.post(f"/api/check?{DAY}&lang=en", json=point(0, 600, activity="chemical", nature="new")))
    assert site["verdict"] == "prohibited"
    assert site["verdict_name"] == "prohibited"
    found = next(one for one in site["findings"] if one["rule_id"] == "FL-056")
    assert found["answer"] == "yes"
    assert "一公里范围内" in found["quote"]
    assert found["clause"]
    # The water ends at y = 100.
    assert found["evidence"][0]["distance_m"] == pytest.approx(500, abs=0.05)
    assert found["evidence"][0]["margin_m"] == pytest.approx(500, abs=0.05)
    assert "500 m" in found["evidence"][0]["text"]


def test_the_shortest_line_is_given_where_it_is_asked_for(client):
    asked = point(0, 600, activity="chemical", nature="new")
    bare = only(client.post(f"/api/check?{DAY}", json=asked))
    site = only(client.post(f"/api/check?{DAY}&lines=true", json=asked))
    part = next(one for one in site["findings"] if one["rule_id"] == "FL-056")["evidence"][0]
    assert part["line"][0] == pytest.approx(at(0, 600), abs=2e-6)
    assert part["line"][1] == pytest.approx(at(0, 100), abs=2e-6)
    assert all("line" not in part for one in bare["findings"] for part in one["evidence"])


def test_the_line_of_a_plot_that_reaches_beyond_the_district_begins_at_its_part_inside(client):
    # The district ends at x = -5000, where the plot comes down to y = 600; its corner beyond is nearer to the water.
    corners = [(-5200, 200), (-4800, 1000), (-5200, 1000), (-5200, 200)]
    plot = {"type": "Polygon", "coordinates": [[at(*corner) for corner in corners]]}
    asked = {**point(0, 0, activity="chemical", nature="new"), "geometry": plot}
    site = only(client.post(f"/api/check?{DAY}&lines=true", json=asked))
    part = next(one for one in site["findings"] if one["rule_id"] == "FL-056")["evidence"][0]
    assert part["distance_m"] == pytest.approx(500, abs=0.5)
    assert part["line"][0] == pytest.approx(at(-5000, 600), abs=5e-6)
    assert part["line"][1] == pytest.approx(at(-5000, 100), abs=5e-6)


def test_sentences_come_in_the_language_asked_for(client):
    asked = point(0, 600, activity="chemical", nature="new")
    chinese = only(client.post(f"/api/check?{DAY}&lang=zh", json=asked))
    english = only(client.post(f"/api/check?{DAY}&lang=en", json=asked))
    assert (chinese["verdict_name"], english["verdict_name"]) == ("禁止", "prohibited")
    assert chinese["verdict"] == english["verdict"]


def test_a_collection_a_feature_and_a_bare_geometry_are_all_sites(client):
    feature = point(0, 600)
    for value, rows in (
        (feature, 1),
        (feature["geometry"], 1),
        ({"type": "FeatureCollection", "features": [feature] * 3}, 3),
    ):
        assert client.post(f"/api/check?{DAY}", json=value).json()["rows"] == rows


def test_every_row_comes_out_once_also_those_that_are_no_site(client):
    rows = [point(0, 600), {"type": "Feature", "properties": {}, "geometry": None},
            {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [[[1, "x"]]]}},
    ]  # fmt: skip
    told = client.post(f"/api/check?{DAY}", json={"type": "FeatureCollection", "features": rows}).json()
    assert [site["row"] for site in told["sites"]] == [0, 1, 2]
    assert [site["verdict"] for site in told["sites"]][1:] == ["rejected", "rejected"]
    assert told["counts"]["rejected"] == 2


def test_an_outline_that_crosses_itself_is_repaired_and_says_so(client):
    bow = {"type": "Polygon", "coordinates": [[at(0, 3000), at(100, 3100), at(100, 3000), at(0, 3100), at(0, 3000)]]}
    site = only(client.post(f"/api/check?{DAY}&lang=en", json=bow))
    assert site["status"] == "repaired"
    assert site["problem"]


def test_empty_cells_are_filled_and_readings_are_taken(client):
    bare = point(0, 600)
    told = client.post(f"/api/check?{DAY}&set=activity=chemical&set=nature=new", json=bare).json()
    assert told["sites"][0]["prohibited_by"] == ["FL-056"] or "FL-056" in told["sites"][0]["prohibited_by"]
    assert client.post(f"/api/check?{DAY}&reading=nonsense=1", json=bare).status_code == 400
    key, value = next(iter(told["readings"].items()))
    assert client.post(f"/api/check?{DAY}&reading={key}={value}", json=bare).status_code == 200


def test_tolerance_of_the_place_makes_a_maybe_near_the_limit(client):
    asked = point(0, 1095, activity="chemical", nature="new")
    sharp = only(client.post(f"/api/check?{DAY}", json=asked))
    loose = only(client.post(f"/api/check?{DAY}&site_accuracy=20", json=asked))
    assert "FL-056" in sharp["prohibited_by"]
    assert "FL-056" in loose["maybe_by"]
    causes = next(one for one in loose["findings"] if one["rule_id"] == "FL-056")["causes"]
    assert [one["cause"] for one in causes] == ["tolerance"]


def test_a_fact_is_asked_for_only_where_a_rule_waits_for_it_and_counts_what_it_settles():
    maybes = {
        "A": ["fact:noisy"],
        "B": ["fact:noisy"],
        "C": ["fact:noisy", "tolerance"],
        "D": ["fact:erosion", "fact:noisy"],
    }
    told = questions(maybes, "en")
    assert [one["fact"] for one in told] == ["noisy", "erosion"]
    assert (told[0]["settles"], told[0]["may_settle"]) == (["A", "B"], ["C", "D"])
    assert (told[1]["settles"], told[1]["may_settle"]) == ([], ["D"])
    assert questions({"A": ["tolerance"], "B": ["layer:river"]}, "zh") == []


def test_answering_what_is_asked_settles_the_maybes_that_were_promised(client):
    plan = {"activity": "shale_gas", "nature": "new"}
    site = only(client.post(f"/api/check?{DAY}", json=point(0, 600, **plan)))
    promised = {one["fact"]: one["settles"] for one in site["questions"] if one["settles"]}
    # FL-037 spares temporary land, FL-146 names what carries a risk; nothing else about them is open there.
    assert promised == {"temporary": ["FL-037"], "environmental_risk": ["FL-146"]}
    for fact, rules in promised.items():
        for text in ("true", "false"):
            again = only(client.post(f"/api/check?{DAY}", json=point(0, 600, **plan, **{fact: text})))
            assert not set(rules) & set(again["maybe_by"])


def test_every_answer_says_that_it_is_no_approval(client):
    told = client.post(f"/api/check?{DAY}&lang=en", json=point(0, 4000, activity="none_listed", nature="new")).json()
    assert "never means approved" in told["limits"]


@pytest.mark.parametrize(
    ("query", "body", "kind", "status"),
    [
        (DAY, b"{", "application/json", 400),
        (DAY, b"", "application/json", 400),
        (DAY, b"[1]", "application/json", 400),
        (DAY, b'{"type": "Nonsense"}', "application/json", 400),
        (DAY, b'{"type": "FeatureCollection", "features": []}', "application/json", 400),
        (DAY, b'{"type": "FeatureCollection", "features": [1]}', "application/json", 400),
        (DAY, b'{"type": "Point", "coordinates": [NaN, 1]}', "application/json", 400),
        (DAY, b"[" * 100_000, "application/json", 400),
        (DAY, b'{"type": "Point"}', "text/plain", 415),
        ("as_of=yesterday", b'{"type": "Point", "coordinates": [107, 29]}', "application/json", 422),
        ("as_of=2024-02-31", b'{"type": "Point", "coordinates": [107, 29]}', "application/json", 400),
        ("lang=fr", b'{"type": "Point", "coordinates": [107, 29]}', "application/json", 422),
        ("site_accuracy=-1", b'{"type": "Point", "coordinates": [107, 29]}', "application/json", 422),
        ("site_accuracy=nan", b'{"type": "Point", "coordinates": [107, 29]}', "application/json", 422),
        ("crs=/etc/passwd", b'{"type": "Point", "coordinates": [107, 29]}', "application/json", 422),
        ("crs=EPSG:99999", b'{"type": "Point", "coordinates": [107, 29]}', "application/json", 400),
        ("set=nosign", b'{"type": "Point", "coordinates": [107, 29]}', "application/json", 400),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_gets_a_sentence_in_both_languages(client, query, body, kind, status):
    reply = client.post(f"/api/check?{query}", content=body, headers={"content-type": kind})
    assert reply.status_code == status, reply.text
    assert set(reply.json()["error"]) == {"zh", "en"}
    assert "Traceback" not in reply.text
    assert "site-packages" not in reply.text


def collection(system: object, *features: dict) -> dict:
    return {"type": "FeatureCollection", "crs": system, "features": list(features)}


def of_name(name: str) -> dict:
    return {"type": "name", "properties": {"name": name}}


@pytest.mark.parametrize("path", ["/api/check", "/api/jobs"])
@pytest.mark.parametrize("name", ["GCJ02", "urn:x:gcj-02", "BD09", "EPSG:123456"])
@pytest.mark.parametrize("where", ["collection", "feature", "geometry", "one of two"])
def test_a_system_that_is_not_known_is_not_taken_for_wgs_84(client, path, name, where):
    one, system = point(0, 600, activity="chemical", nature="new"), of_name(name)
    body = {
        "collection": collection(system, one),
        "feature": {**one, "crs": system},
        "geometry": {**one, "geometry": {**one["geometry"], "crs": system}},
        "one of two": collection(None, one, {**one, "crs": system}),
    }[where]
    reply = client.post(f"{path}?{DAY}&lang=en", json=body)
    assert reply.status_code == 400, reply.text
    assert repr(name) in reply.json()["error"]["en"]
    assert "--crs" in reply.json()["error"]["en"]


def test_a_system_that_is_named_by_its_code_is_that_of_the_coordinates(client):
    # 600 m from the middle of the river, in the metres of EPSG:4545 and in degrees.
    metres = {"type": "Point", "coordinates": [ORIGIN[0], ORIGIN[1] + 600]}
    plant = {"type": "Feature", "properties": {"activity": "chemical", "nature": "new"}, "geometry": metres}
    for name in ("urn:ogc:def:crs:EPSG::4545", "EPSG:4545", "http://www.opengis.net/def/crs/EPSG/0/4545"):
        site = only(client.post(f"/api/check?{DAY}", json=collection(of_name(name), plant)))
        assert (site["verdict"], site["status"]) == ("prohibited", "ok")
        assert site["to_main_m"] == pytest.approx(500, abs=0.5)
    for name in ("urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326"):
        site = only(client.post(f"/api/check?{DAY}", json=collection(of_name(name), point(0, 600))))
        assert site["to_main_m"] == pytest.approx(500, abs=0.5)
    told = client.post(f"/api/check?{DAY}&crs=gcj02", json=collection(of_name("GCJ02"), point(0, 600)))
    assert only(told)["status"] == "ok"


def test_a_system_that_stands_at_an_address_is_refused(client):
    link = {"type": "link", "properties": {"href": "http://127.0.0.1:9/x"}}
    reply = client.post(f"/api/check?{DAY}", json=collection(link, point(0, 600)))
    assert reply.status_code == 400
    assert "EPSG" in reply.json()["error"]["en"]


def test_more_sites_than_are_checked_at_once_are_refused_with_the_way_out(client):
    many = {"type": "FeatureCollection", "features": [point(0, 600)] * (checking.MOST_AT_ONCE + 1)}
    reply = client.post(f"/api/check?{DAY}", json=many)
    assert reply.status_code == 413
    assert "/api/jobs" in reply.json()["error"]["en"]


@pytest.mark.parametrize(("path", "size"), [("/api/check", LIMITS["/api/check"] + 1), ("/api/jobs", 60 * 1024 * 1024)])
def test_what_is_too_large_is_refused_before_it_is_read(client, path, size):
    reply = client.post(path, content=b" " * size, headers={"content-type": "application/json"})
    assert reply.status_code == 413
    assert "fuling-gis check" in reply.json()["error"]["en"]


def test_a_client_that_says_less_than_it_sends_is_stopped_while_it_is_read(client):
    def pieces():
        for _ in range(20):
            yield b" " * (1024 * 1024)

    reply = client.post("/api/check", content=pieces(), headers={"content-type": "application/json"})
    assert reply.status_code == 413
    assert client.get("/api/health").status_code == 200


@pytest.mark.parametrize("pieces", [1, 3])
def test_who_has_sent_all_and_is_refused_is_not_waited_for(pieces):
    """Nothing more would come but the end of the connection, for which a client waits with the answer unread."""
    sent, asked = (
        [],
        iter([*({"type": "http.request", "body": b"x", "more_body": n < pieces - 1} for n in range(pieces))]),
    )

    async def receive():
        return next(asked)

    async def send(message):
        sent.append(message)

    async def refuses(_scope, receive, send):
        while (await receive())["more_body"]:
            pass
        await send({"type": "http.response.start", "status": 413, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    guard = Guard(refuses, names=("localhost",), addresses=False, limits={"/api": 100})
    scope = {"type": "http", "method": "POST", "path": "/api/check", "headers": [(b"host", b"localhost")]}
    asyncio.run(guard(scope, receive, send))
    # One message more asked for would have raised StopIteration.
    assert [message.get("status") for message in sent] == [413, None]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "192.168.0.7:8765", ""])
def test_a_request_for_another_host_is_refused(client, host):
    reply = client.get("/api/health", headers={"host": host})
    assert reply.status_code == 421
    assert client.get("/", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", ["localhost:8765", "127.0.0.1", "[::1]:8765"])
def test_this_machines_own_names_are_known(client, host):
    assert client.get("/api/health", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:9", "https://127.0.0.1.evil.example"]
)
def test_a_request_from_another_page_is_refused(client, origin):
    asked = json.dumps(point(0, 600))
    for kind in ("application/json", "text/plain"):
        reply = client.post("/api/check", content=asked, headers={"origin": origin, "content-type": kind})
        assert reply.status_code == 403
    assert client.get("/api/rules", headers={"origin": origin}).status_code == 403
    assert client.get("/api/rules", headers={"sec-fetch-site": "cross-site"}).status_code == 403


def test_the_pages_own_requests_are_let_in_and_no_other_origin_is_ever_allowed(client):
    reply = client.post("/api/check", json=point(0, 600), headers={"origin": str(client.base_url).rstrip("/")})
    assert reply.status_code == 200
    assert "access-control-allow-origin" not in reply.headers
    asked = {"origin": "http://evil.example", "access-control-request-method": "POST"}
    assert client.options("/api/check", headers=asked).status_code == 403


@pytest.mark.parametrize(
    "path", ["/", "/api", "/api/health", "/assets/main.js", "/nothing", "/openapi.json", "/api/jobs/x"]
)
def test_every_reply_carries_the_security_headers_and_no_cookie(client, path):
    reply = client.get(path)
    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["x-frame-options"] == "DENY"
    assert reply.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in reply.headers
    assert "server" not in reply.headers


def test_nothing_of_the_page_is_fetched_from_anywhere_else(client):
    from fuling_gis.serve.assets import assets

    for name, asset in assets().items():
        text = asset.body.decode()
        if name in ("leaflet.js", "icon.svg"):
            continue
        for line in text.splitlines():
            assert "http://www.w3.org" in line or "http" not in line.replace("HTTP", ""), f"{name}: {line}"
        assert "innerHTML" not in text, name
        assert "insertAdjacentHTML" not in text, name
    assert client.get("/docs").status_code == 404
    assert client.get("/redoc").status_code == 404


@pytest.mark.parametrize("name", ["../app.py", "..%2f..%2fapp.py", "/etc/passwd", "page.css%00", "nothing.js"])
def test_no_path_of_a_client_reaches_a_file(client, name):
    reply = client.get(f"/assets/{name}")
    assert reply.status_code == 404
    assert set(reply.json()["error"]) == {"zh", "en"}


def test_layers_are_listed_and_drawn_and_kept_by_their_tag(client):
    listed = client.get(f"/api/layers?{DAY}").json()
    assert {one["id"] for one in listed} >= {"district", "river", "red_line"}
    red = client.get(f"/api/layers/red_line?{DAY}")
    assert red.headers["content-type"] == "application/geo+json"
    feature = red.json()["features"][0]
    assert feature["properties"] == {"id": "H1", "name": "红线一"}
    corners = feature["geometry"]["coordinates"][0]
    assert min(corners)[0] == pytest.approx(at(2000, 2500)[0], abs=1e-4)
    again = client.get(f"/api/layers/red_line?{DAY}", headers={"if-none-match": red.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/api/layers/nothing").status_code == 404


def test_the_rules_in_force_are_told_in_both_languages(client):
    chinese, english = (client.get(f"/api/rules?{DAY}&lang={lang}").json() for lang in ("zh", "en"))
    assert [one["id"] for one in chinese] == [one["id"] for one in english]
    rule = next(one for one in english if one["id"] == "FL-056")
    assert rule["effect"] == "prohibit"
    assert "一公里" in rule["quote"]
    assert client.get("/api/rules?as_of=1990-01-01").json() == []


def test_what_a_question_may_say_is_told(client):
    told = client.get("/api/choices?lang=en").json()
    assert {"chemical", "none_listed"} <= {one["id"] for one in told["activities"]}
    assert "csv" in told["outputs"]
    assert told["words"]["verdict"] == "Verdict"


def test_a_file_is_checked_and_its_outputs_are_downloaded(client):
    rows = {
        "type": "FeatureCollection",
        "features": [point(0, 600, site_id="A", activity="chemical", nature="new"), point(0, 4000, site_id="B")],
    }
    begun = sent(client, "projects.geojson", json.dumps(rows), f"{DAY}&outputs=csv,map")
    assert begun.status_code == 202
    state = finished(client, begun.json()["id"])
    assert (state["state"], state["rows"], state["error"]) == ("done", 2, None)
    assert {"sites.csv", "map.html", "results.zip"} <= set(state["files"])
    told = client.get(f"/api/jobs/{state['id']}/answer").json()
    assert [site["site_id"] for site in told["sites"]] == ["A", "B"]
    table = client.get(f"/api/jobs/{state['id']}/files/sites.csv")
    assert "attachment" in table.headers["content-disposition"]
    assert "prohibited" in table.text
    whole = client.get(f"/api/jobs/{state['id']}/files/results.zip").content
    assert whole[:2] == b"PK"
    # A report of some of the sites tells by it which notices are theirs.
    told = json.loads(zipfile.ZipFile(io.BytesIO(whole)).read("run.json"))["notices"]
    assert {one["file"] for one in told if one["en"].startswith("projects.geojson: ")} == {"projects.geojson"}
    for name in ("../upload", "passwd", "run.json%2f..", "..%2fupload-1.geojson"):
        assert client.get(f"/api/jobs/{state['id']}/files/{name}").status_code == 404
    assert client.delete(f"/api/jobs/{state['id']}").status_code == 204
    assert client.get(f"/api/jobs/{state['id']}").status_code == 404
    assert client.get(f"/api/jobs/{state['id']}/files/sites.csv").status_code == 404


def test_a_drawing_becomes_a_job_too(client):
    begun = client.post(f"/api/jobs?{DAY}&outputs=csv", json=area(0, 600, 100, activity="chemical", nature="new"))
    state = finished(client, begun.json()["id"])
    assert state["state"] == "done"
    assert "findings.csv" in state["files"]


def test_the_name_of_an_upload_leads_nowhere_and_comes_back_as_text(client, tmp_path):
    body = json.dumps(point(0, 600, name=HOSTILE))
    begun = sent(client, f"../../{HOSTILE}.geojson", body)
    state = finished(client, begun.json()["id"])
    assert state["state"] == "done"
    assert begun.headers["content-type"] == "application/json"
    told = client.get(f"/api/jobs/{state['id']}/answer").json()
    assert told["sites"][0]["name"] == HOSTILE
    assert told["sites"][0]["source"] == f"{HOSTILE}.geojson"


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("projects.exe", b"MZ", 400),
        ("projects", b"x", 400),
        ("empty.geojson", b"", 400),
        ("projects.dbf", b"x", 400),
    ],
)
def test_a_file_of_no_use_is_refused_at_once(client, name, body, status):
    reply = sent(client, name, body)
    assert reply.status_code == status
    assert set(reply.json()["error"]) == {"zh", "en"}


@pytest.mark.parametrize(
    "body", [b"this is no geojson", b"\x00" * 100, b'{"type": "FeatureCollection", "features": []}']
)
def test_a_file_that_cannot_be_read_fails_with_a_sentence_and_the_server_goes_on(client, body):
    state = finished(client, sent(client, "projects.geojson", body).json()["id"])
    assert state["state"] == "failed"
    assert state["error"]["zh"]
    assert "projects.geojson" in state["error"]["en"]
    assert "/" not in state["error"]["en"].replace(" / ", "")
    assert "Traceback" not in json.dumps(state)
    assert client.get("/api/health").json()["status"] == "ok"


def old_datum(folder) -> bytes:
    """Write chemical works in Xi'an 1980 whose numbers are 100 m west of those of the toy's (0, 600)."""
    path = folder / "old.gpkg"
    place = shapely.Point(ORIGIN[0] - 100, ORIGIN[1] + 600)
    columns = {"site_id": ["1"], "activity": ["chemical"], "nature": ["new"]}
    gpd.GeoDataFrame(columns, geometry=[place], crs="EPSG:2381").to_file(path)
    return path.read_bytes()


def test_a_file_on_an_old_datum_is_refused_with_what_would_mend_it_and_read_with_it(client, tmp_path):
    body = old_datum(tmp_path)
    state = finished(client, sent(client, "old.gpkg", body).json()["id"])
    assert (state["state"], state["wants"]) == ("failed", ["crs_shift"])
    assert "--crs-shift" in state["error"]["en"]
    state = finished(client, sent(client, "old.gpkg", body, f"{DAY}&lang=en&crs_shift=100,0").json()["id"])
    assert (state["state"], state["wants"], state["error"]) == ("done", [], None)
    told = client.get(f"/api/jobs/{state['id']}/answer").json()
    assert told["sites"][0]["geometry"]["coordinates"] == pytest.approx(at(0, 600), abs=2e-6)
    assert told["sites"][0]["verdict"] == "prohibited"
    assert any("--crs-shift 100,0" in notice for notice in told["notices"])


def test_a_drawing_may_be_on_an_old_datum_too(client):
    place = {"type": "Point", "coordinates": [ORIGIN[0] - 100, ORIGIN[1] + 600]}
    bare = client.post(f"/api/check?{DAY}&crs=EPSG:2381", json=place)
    assert bare.status_code == 400
    site = only(client.post(f"/api/check?{DAY}&crs=EPSG:2381&crs_shift=100,0", json=place))
    assert site["geometry"]["coordinates"] == pytest.approx(at(0, 600), abs=2e-6)


@pytest.mark.parametrize(
    ("shift", "status"), [("1", 422), ("a,b", 422), ("1,2,3", 400), ("5000,0", 400), ("1e999,0", 400), ("..,..", 400)]
)
def test_a_shift_that_cannot_be_meant_is_refused_before_a_file_is_looked_at(client, shift, status):
    for reply in (
        sent(client, "old.gpkg", b"x", f"{DAY}&crs_shift={shift}"),
        client.post(f"/api/check?{DAY}&crs_shift={shift}", json=point(0, 600)),
    ):
        assert reply.status_code == status
        assert set(reply.json()["error"]) == {"zh", "en"}


def test_a_name_that_is_a_template_is_a_name_in_every_output(client):
    name = "{{ 7*191 }}${7*191}{% for x in y %}"
    asked = point(0, 600, site_id=name, name=name, activity="chemical", nature="new")
    begun = client.post(f"/api/jobs?{DAY}&outputs=csv,gpkg,xlsx,map,report", json=asked)
    state = finished(client, begun.json()["id"])
    assert (state["state"], state["error"]) == ("done", None)
    whole = client.get(f"/api/jobs/{state['id']}/files/results.zip").content
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        texts = {one: archive.read(one).decode("utf-8", "replace") for one in archive.namelist()}
        assert name in texts["sites.csv"]
        for document, part in (("report.docx", "word/document.xml"), ("result.xlsx", "xl/worksheets/sheet2.xml")):
            with zipfile.ZipFile(io.BytesIO(archive.read(document))) as package:
                texts[document] = package.read(part).decode()
                assert name in texts[document]
    # 7 * 191, which nothing else here is.
    assert all("1337" not in re.sub(r"[0-9a-f]{32,}|[\d.]{8,}", "", texts[one])
               for one in ("sites.csv", "map.html", "report.docx", "result.xlsx"))  # fmt: skip


def test_a_disk_that_fills_up_while_outputs_are_written_leaves_none_of_them_and_keeps_the_verdict(client, monkeypatch):
    from fuling_gis.outputs import publish

    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(publish.os, "fsync", full)
    begun = client.post(f"/api/jobs?{DAY}&outputs=csv,xlsx", json=point(0, 600, activity="chemical", nature="new"))
    state = finished(client, begun.json()["id"])
    assert (state["state"], state["files"]) == ("failed", [])
    assert "No space left" in state["error"]["en"]
    assert client.get(f"/api/jobs/{state['id']}/files/sites.csv").status_code == 404
    assert client.get(f"/api/jobs/{state['id']}/answer").json()["sites"][0]["verdict"] == "prohibited"


def test_outputs_that_do_not_exist_are_refused(client):
    assert client.post("/api/jobs?outputs=exe", json=point(0, 600)).status_code == 400


def test_a_form_that_is_broken_off_gets_a_sentence(client):
    headers = {"content-type": "multipart/form-data; boundary=x"}
    for body in (b"--x\r\nContent-Disposition: form-data; name=file; filename=a.shp\r\n", b"nothing", b""):
        reply = client.post("/api/jobs", content=body, headers=headers)
        assert reply.status_code == 400, body
    assert client.post("/api/jobs", content=b"x", headers={"content-type": "multipart/form-data"}).status_code == 400


def test_a_full_disk_loses_no_verdict_and_the_server_goes_on(client, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(work, "write_outputs", full)
    begun = client.post(f"/api/jobs?{DAY}&outputs=csv", json=point(0, 600, activity="chemical", nature="new"))
    state = finished(client, begun.json()["id"])
    assert state["state"] == "failed"
    assert state["answered"]
    assert "No space left" in state["error"]["en"]
    assert client.get(f"/api/jobs/{state['id']}/answer").json()["sites"][0]["verdict"] == "prohibited"
    monkeypatch.undo()
    again = client.post(f"/api/jobs?{DAY}&outputs=csv", json=point(0, 600))
    assert finished(client, again.json()["id"])["state"] == "done"


def test_a_full_disk_while_a_file_is_taken_in_gets_a_sentence(client, monkeypatch):
    from fuling_gis.serve import app as module

    async def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module, "keep", full)
    reply = sent(client, "projects.geojson", b"{}")
    assert reply.status_code == 507
    assert "No space left" in reply.json()["error"]["en"]


def test_an_unexpected_fault_shows_nothing_of_the_inside(client, monkeypatch):
    def broken(*args, **kwargs):
        msg = "secret of the inside"
        raise RuntimeError(msg)

    for module in (checking, work):
        monkeypatch.setattr(module, "screen_batch", broken)
    reply = client.post(f"/api/check?{DAY}", json=point(0, 600))
    assert reply.status_code == 500
    assert "secret" not in reply.text
    assert set(reply.json()["error"]) == {"zh", "en"}
    state = finished(client, client.post(f"/api/jobs?{DAY}", json=point(0, 600)).json()["id"])
    assert state["state"] == "failed"
    assert "secret" not in json.dumps(state)
    monkeypatch.undo()
    assert client.post(f"/api/check?{DAY}", json=point(0, 600)).status_code == 200


def test_two_users_at_once_get_their_own_answers(client):
    found = {}

    def ask(name, y):
        rows = {
            "type": "FeatureCollection",
            "features": [point(0, y, site_id=f"{name}{n}", activity="chemical", nature="new") for n in range(50)],
        }
        state = finished(client, sent(client, f"{name}.geojson", json.dumps(rows), f"{DAY}&outputs=csv").json()["id"])
        found[name] = client.get(f"/api/jobs/{state['id']}/answer").json()

    users = [threading.Thread(target=ask, args=one) for one in (("near", 600), ("far", 4000))]
    for user in users:
        user.start()
    for user in users:
        user.join()
    assert {site["site_id"][:4] for site in found["near"]["sites"]} == {"near"}
    assert all("FL-056" in site["prohibited_by"] for site in found["near"]["sites"])
    assert all("FL-056" not in site["prohibited_by"] for site in found["far"]["sites"])


def test_log_lines_hold_no_line_breaks_of_clients(client, caplog):
    with caplog.at_level(logging.INFO, logger="fuling_gis.serve"):
        logging.getLogger("fuling_gis.serve").propagate = True
        client.get("/nothing%0d%0aFAKE%20LINE%1b[31m")
    lines = [record.getMessage() for record in caplog.records if "nothing" in record.getMessage()]
    assert lines
    assert all("\n" not in line and "\r" not in line and "\x1b" not in line for line in lines)
    assert plain("a\r\nb\u2028c\x1b") == "a??b?c?"


def test_the_api_describes_itself_without_going_anywhere(client):
    told = client.get("/openapi.json").json()
    assert {"/api/check", "/api/layers", "/api/rules", "/api/health", "/api/jobs"} <= set(told["paths"])
    assert "/openapi.json" in client.get("/api").text


# The book of jobs by itself.


@pytest.fixture
def jobs():
    book = Jobs(workers=1, most=3, waiting=2, age_s=3600)
    yield book
    book.close()


def over(job):
    for _ in range(200):
        if job.state in ("done", "failed", "cancelled"):
            return job.state
        time.sleep(0.02)
    raise AssertionError(job.state)


def test_a_job_is_stopped_at_its_next_step_and_its_folder_goes(jobs):
    begun = threading.Event()

    def endless(job):
        begun.set()
        while True:
            job.go_on()
            time.sleep(0.01)

    job = jobs.new("x")
    jobs.begin(job, endless)
    begun.wait(5)
    jobs.drop(job)
    assert over(job) == "cancelled"
    assert jobs.get(job.id) is None
    for _ in range(100):
        if not job.folder.exists():
            break
        time.sleep(0.02)
    assert not job.folder.exists()


def test_ids_cannot_be_guessed_and_folders_do_not_show_them(jobs):
    job = jobs.new("x")
    assert len(job.id) >= 32
    assert job.id not in str(job.folder)


def test_too_many_jobs_at_once_are_refused(jobs):
    jobs.new("a")
    jobs.new("b")
    with pytest.raises(BusyError):
        jobs.new("c")


def test_the_oldest_finished_job_makes_room_for_a_new_one(jobs):
    first = jobs.new("a")
    jobs.begin(first, lambda _: None)
    over(first)
    later = []
    for _ in range(2):
        job = jobs.new("b")
        jobs.begin(job, lambda _: None)
        over(job)
        later.append(job.id)
    assert jobs.get(first.id) is first
    # Asking for it has made it the youngest; the second one goes.
    newest = jobs.new("d")
    assert [jobs.get(one) is not None for one in (first.id, *later, newest.id)] == [True, False, True, True]


def test_a_job_that_nobody_asked_for_in_a_while_is_deleted(jobs):
    job = jobs.new("a")
    jobs.begin(job, lambda _: None)
    over(job)
    job.touched -= 3601
    jobs.new("b")
    assert jobs.get(job.id) is None
    assert not job.folder.exists()


def test_closing_deletes_everything(tmp_path):
    book = Jobs()
    job = book.new("a")
    folder = job.folder.parent
    (job.folder / "upload" / "x").write_text("x")
    book.begin(job, lambda _: None)
    book.close()
    assert not folder.exists()


def test_a_job_asked_to_stop_before_its_turn_never_begins(jobs):
    job = jobs.new("a")
    job.stop()
    with pytest.raises(StoppedError):
        job.go_on()
    jobs.begin(job, lambda _: pytest.fail("begun"))
    assert over(job) == "cancelled"


def test_a_process_of_its_own_says_nothing_of_what_gdal_remarks(tmp_path, capfd, monkeypatch):
    for name, value in drivers.settings(drivers.WORKSPACE).items():
        monkeypatch.setenv(name, value)
    with ExitStack() as closing:
        desk = Desk(fg.open_workspace(make_workspace(tmp_path / "small")), 1)
        closing.callback(desk.close)
        desk.warm()
        asked = json.dumps(point(0, 600)).encode()
        assert desk.ask(asked, checking.Question(as_of="2024-06-01")).result(120)
    assert capfd.readouterr().err == ""


def test_damage_that_is_found_while_it_warms_up_is_told_by_the_first_answer(tmp_path):
    space = fg.open_workspace(make_workspace(tmp_path / "small"))
    with ExitStack() as closing:
        desk = Desk(space)
        closing.callback(desk.close)
        space.cache.damaged.append(space.root / ".cache" / "spoilt.kept")
        desk.warm()
        question = checking.Question(as_of="2024-06-01", lang="en")
        asked = json.dumps(point(0, 600)).encode()
        told = [json.loads(desk.ask(asked, question).result(120))["notices"] for _ in range(2)]
    assert [any("spoilt.kept" in notice for notice in each) for each in told] == [True, False]


def test_processes_of_their_own_answer_as_threads_do_and_faults_keep_their_sentences(tmp_path):
    root = make_workspace(tmp_path / "small")
    asked = json.dumps(point(0, 600, activity="chemical", nature="new")).encode()
    question = checking.Question(as_of="2024-06-01")
    with ExitStack() as closing:
        desks = [Desk(fg.open_workspace(root), processes) for processes in (0, 1)]
        for desk in desks:
            closing.callback(desk.close)
            desk.warm()
        here, there = (json.loads(desk.ask(asked, question).result(120)) for desk in desks)
        assert here == there
        assert here["sites"][0]["verdict"] == "prohibited"
        for desk in desks:
            with pytest.raises(UsageError) as told:
                desk.ask(b"nothing", question).result(120)
            assert "不是 JSON" in told.value.words["zh"]
            assert desk.ask(asked, question).result(120)


def test_a_flatgeobuf_is_taken_and_the_page_offers_what_is_taken(tmp_path):
    class Upload:
        filename = "地块.fgb"
        left: ClassVar[list[bytes]] = [b"fgb\x03fgb\x00", b""]

        async def read(self, _size):
            return self.left.pop(0)

    sites, _ = asyncio.run(uploads.keep([Upload()], tmp_path))
    assert [path.name for path in sites] == ["upload-1.fgb"]
    page = (Path(uploads.__file__).parent / "page" / "index.html").read_text("utf-8")
    assert set(re.search(r'id="file"[^>]* accept="([^"]*)"', page)[1].split(",")) == uploads.SUFFIXES
