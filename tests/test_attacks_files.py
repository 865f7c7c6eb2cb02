"""Files that mean harm: none reads another file, calls anybody, takes all memory or never ends.

The page docs/security.md names each of these tests beside its attack.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from attacks_made import (
    CRS,
    MARKER,
    SECRET,
    attempt,
    both,
    files_below,
    inspected,
    listed,
    listening,
    packed,
    refused,
    ring_of,
    told,
)

from fuling_gis import readers
from fuling_gis.errors import FileError, FulingError
from fuling_gis.readers.sniff import sniff
from fuling_gis.worker.process import Workers

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(BENCHMARKS)
    fuzz = importlib.import_module("fuzz")
# Names under which a description that points elsewhere may come.
NAMES = (
    "a.shp",
    "a.geojson",
    "a.gpkg",
    "a.kml",
    "a.csv",
    "a.tab",
    "a.mif",
    "a.parquet",
    "a.dxf",
    "a.txt",
    "a.vrt",
    "a",
)


@pytest.fixture(scope="module")
def workers():
    with Workers(spares=1) as ready:
        yield ready


@pytest.fixture
def listener():
    with listening() as found:
        yield found
        assert found.calls == []


@pytest.fixture
def secret(tmp_path_factory):
    path = tmp_path_factory.mktemp("private") / "secret.csv"
    path.write_text(SECRET, "utf-8")
    return path


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def vrt(source: object) -> str:
    return (
        f'<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{source}</SrcDataSource>'
        '<GeometryField encoding="PointFromColumns" x="x" y="y"/></OGRVRTLayer></OGRVRTDataSource>'
    )


# Descriptions that point elsewhere


def test_the_secret_could_be_read_if_anything_led_to_it(secret):
    assert MARKER in told(attempt(secret))


def test_the_listener_counts_whoever_calls():
    import urllib.request

    with listening() as found, urllib.request.urlopen(found.url, timeout=5) as reply:  # noqa: S310 - our own port
        assert MARKER in reply.read().decode()
    assert len(found.calls) == 1


@pytest.mark.parametrize("before", ["", "\ufeff", "\n \n", "<?xml version='1.0'?>", f"<!--{'x' * 9000}<kml>-->"])
@pytest.mark.parametrize("name", NAMES)
def test_a_virtual_file_under_any_name_reads_no_other(tmp_path, secret, workers, name, before):
    path = write(tmp_path / name, before + vrt(secret))
    outcomes = both(path, workers=workers) if name == "a.kml" else (attempt(path),)
    assert refused(outcomes)
    assert not any(MARKER in told(one) for one in outcomes)


@pytest.mark.parametrize("name", ["a.shp", "a.geojson", "a.kml", "a.gpkg", "a.csv", "a.vrt"])
def test_a_virtual_file_in_an_archive_reads_no_other(tmp_path, secret, workers, name):
    assert refused(both(packed(tmp_path / "a.zip", {name: vrt(secret).encode()}), workers=workers))


CALLING = {
    "a virtual file": lambda url: vrt(f"/vsicurl/{url}/a.csv"),
    "a virtual file of a service": lambda url: vrt(f"WFS:{url}"),
    "a feature service": lambda url: f"<OGRWFSDataSource><URL>{url}</URL></OGRWFSDataSource>",
    "a map service": lambda url: f'<GDAL_WMS><Service name="WMS"><ServerUrl>{url}</ServerUrl></Service></GDAL_WMS>',
    "a coverage service": lambda url: f"<WCS_GDAL><ServiceURL>{url}</ServiceURL></WCS_GDAL>",
    "a catalogue service": lambda url: f"<OGRCSWDataSource><URL>{url}</URL></OGRCSWDataSource>",
    "features of an interface": lambda url: f"<OGROAPIFDataSource><URL>{url}</URL></OGROAPIFDataSource>",
    "a pipeline": lambda url: f'{{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read {url}"}}',
    "a pipeline behind much else": lambda url: (
        f'{{"x": "{"x" * 9000}", "type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read {url}"}}'
    ),
    "an image over features": lambda url: (
        '{"stac_version": "1.0.0", "type": "FeatureCollection", "features": '
        f'[{{"assets": {{"a": {{"href": "{url}"}}}}}}]}}'
    ),
    "a system at an address": lambda url: (
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, "geometry": '
        '{"type": "Point", "coordinates": [107.4, 29.7]}}], '
        f'"crs": {{"type": "link", "properties": {{"href": "{url}/4545", "type": "proj4"}}}}}}'
    ),
    "a list of addresses": lambda url: f"{url}/a.geojson\n{url}/b.geojson\n",
    "a schema at an address": lambda url: (
        f'<FeatureCollection xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a {url}/a.xsd"/>'
    ),
}


@pytest.mark.parametrize("what", CALLING)
def test_no_file_calls_out(tmp_path, listener, workers, what):
    text = CALLING[what](listener.url)
    assert refused(both(write(tmp_path / "a.geojson", text), workers=workers))
    for name in NAMES:
        assert refused((attempt(write(tmp_path / name, text)),))


# What the first look at a file knows by itself, whatever stands behind it.
POINTING = {
    "a virtual file": vrt("a.csv"),
    "a virtual raster": "<VRTDataset rasterXSize='1' rasterYSize='1'/>",
    "a virtual raster of features": "<OGRVRTDataset/>",
    "a virtual file in small letters": vrt("a.csv").lower(),
    "a virtual file with a blank": "<\n OGRVRTDataSource>",
    "a virtual file behind what looks like KML": f"<!--<kml>-->{vrt('a.csv')}",
    "a virtual file in a cell of a table": f"site_id,x,y\n{vrt('a.csv')},448000,3280000\n",
    **{what: text("http://127.0.0.1:9") for what, text in CALLING.items() if "service" in what},
    "features of an interface": CALLING["features of an interface"]("http://127.0.0.1:9"),
    "a pipeline": CALLING["a pipeline"]("http://127.0.0.1:9"),
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("what", POINTING)
def test_the_first_look_refuses_what_points_elsewhere_for_that_reason(tmp_path, what, encoding):
    """The first lock by itself: no reader is opened, and what such a file would be refused for later does not count."""
    for name in ("a.geojson", "a.csv", "a.kml", "a.txt", "a"):
        path = write(tmp_path / name, POINTING[what].encode(encoding))
        with pytest.raises(FileError, match="is a description that points to other files or addresses"):
            sniff(path)


@pytest.mark.parametrize(
    "text",
    [
        "{url}/a.geojson", "/vsicurl/{url}/a.geojson", "/vsicurl?url={url}/a.geojson", "WFS:{url}", "OAPIF:{url}",
        "/vsizip//vsicurl/{url}/a.zip", "/vsicurl_streaming/{url}/a.csv", "zip+{url}/a.zip!a.csv", "CSW:{url}",
        "ES:{url}",
        "GeoJSON:{url}/a.geojson", "PG:host=127.0.0.1 port={port}", "MYSQL:a,host=127.0.0.1,port={port}",
        "/vsizip/{secret}", "CSV:{secret}", "file://{secret}", "/vsisubfile/0_100,{secret}", "CSV:/vsicurl/{url}/a.csv",
        "/vsistdin/", "/vsimem/a", '{{"type": "Point", "coordinates": [107.4, 29.7]}}', "GPKG:{secret}",
        "<OGRVRTDataSource><OGRVRTLayer name='a'><SrcDataSource>{secret}</SrcDataSource></OGRVRTLayer>",
    ],
)  # fmt: skip
def test_a_path_is_the_name_of_a_file_and_never_an_instruction(listener, secret, workers, text):
    path = text.format(url=listener.url, port=listener.port, secret=secret)
    for given in (path, f"{path}::secret"):
        outcomes = attempt(given), attempt(given, untrusted=workers)
        assert refused(outcomes)
        assert all(isinstance(one, FileError) and MARKER not in told(one) for one in outcomes)
        # It is looked for as a file before anything is opened.
        assert all("there is no such file" in str(one) for one in outcomes), outcomes


INSTRUCTIONS = (
    "CSV:secret{}", "GPKG:secret{}", "GeoJSON:secret{}", "zip:secret{}", "file:secret{}", "http:secret{}",
    "secret{};x{}",
    "secret{}?", "x!secret{}", "x.zip!secret{}", "sec\nret{}",
)  # fmt: skip


@pytest.mark.skipif(os.name == "nt", reason="Windows allows no such names")
@pytest.mark.parametrize("name", INSTRUCTIONS)
@pytest.mark.parametrize("suffix", [".csv", ".geojson", ".gpkg", ".shp"])
def test_a_file_whose_name_is_an_instruction_is_read_as_itself(tmp_path, monkeypatch, workers, name, suffix):
    import geopandas as gpd
    import shapely

    monkeypatch.chdir(tmp_path)
    path = Path(name.format(suffix, suffix))
    if suffix == ".shp":
        path = path.with_suffix(suffix)
    for target, site_id in ((Path(f"secret{suffix}"), MARKER), (path, "itself")):
        if suffix == ".csv":
            target.write_text(f"site_id,x,y\n{site_id},448000,3280000\n", "utf-8")
            continue
        frame = gpd.GeoDataFrame({"site_id": [site_id]}, geometry=[shapely.Point(448_000, 3_280_000)], crs=CRS)
        made = tmp_path / f"made{suffix}"
        frame.to_file(made, driver={".gpkg": "GPKG", ".geojson": "GeoJSON", ".shp": "ESRI Shapefile"}[suffix])
        for part in list(tmp_path.glob("made.*")):
            part.rename(target if part.suffix == suffix else target.with_suffix(part.suffix))
    said = CRS if suffix == ".csv" else None
    for outcome in both(path, workers=workers, crs=said) if suffix == ".gpkg" else (attempt(path, crs=said),):
        assert not isinstance(outcome, FulingError), outcome
        assert outcome.site_id.tolist() == ["itself"]


RASTER = (
    '<VRTDataset rasterXSize="40" rasterYSize="1"><VRTRasterBand dataType="Byte" band="1" subClass="VRTRawRasterBand">'
    '<SourceFilename relativetoVRT="0">{secret}</SourceFilename><ImageOffset>0</ImageOffset>'
    "<PixelOffset>1</PixelOffset>"
    "<LineOffset>40</LineOffset></VRTRasterBand></VRTDataset>"
)


@pytest.mark.parametrize("name", NAMES)
def test_a_raw_raster_that_is_another_file_is_no_file_of_sites(tmp_path, secret, name):
    path = write(tmp_path / name, RASTER.format(secret=secret))
    outcome = attempt(path)
    assert isinstance(outcome, FileError)
    assert MARKER not in told(outcome) + inspected(path)


def test_a_raw_raster_that_is_another_file_is_no_ground_either(tmp_path, secret):
    from fuling_gis.readers import raster

    for name in ("a.tif", "a.hgt", "a.vrt"):
        path = write(tmp_path / name, RASTER.format(secret=secret))
        with pytest.raises(FulingError) as caught:
            raster.raster_facts(path)
        assert MARKER not in told(caught.value)


def test_the_drivers_that_point_elsewhere_do_not_exist_in_a_worker(tmp_path, secret, listener):
    """The second lock by itself: even asked directly, this GDAL knows no virtual file and no service."""
    from fuling_gis.drivers import settings

    write(tmp_path / "a.vrt", vrt(secret))
    asked = (
        str(tmp_path / "a.vrt"),
        f"CSV:{secret}",
        f"WFS:{listener.url}",
        f"/vsicurl/{listener.url}/a.geojson",
        str(secret),
    )
    code = (
        "import sys, pyogrio\n"
        "for path in sys.argv[1:]:\n"
        "    try:\n"
        "        print(pyogrio.raw.read(path))\n"
        "    except Exception as e:\n"
        "        print(type(e).__name__)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, *asked],
        env={**settings(), "PATH": os.environ["PATH"]},
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert run.stdout.decode().split() == ["DataSourceError"] * len(asked)


@pytest.mark.parametrize("whole_path", [False, True])
def test_a_seamless_table_reads_no_other_table(tmp_path, workers, whole_path):
    """A table of MapInfo may say that its rows name further tables; GDAL opens those."""
    import geopandas as gpd
    import shapely

    shapes = [shapely.box(448_000, 3_280_000, 448_100, 3_280_100)]
    gpd.GeoDataFrame({"site_id": [MARKER]}, geometry=shapes, crs=CRS).to_file(tmp_path / "b.tab", driver="MapInfo File")
    named = str(tmp_path / "b.tab") if whole_path else "b.tab"
    gpd.GeoDataFrame({"Table": [named]}, geometry=shapes, crs=CRS).to_file(tmp_path / "a.tab", driver="MapInfo File")
    with (tmp_path / "a.tab").open("ab") as file:
        file.write(b'begin_metadata\r\n"\\IsSeamless" = "TRUE"\r\nend_metadata\r\n')
    outcomes = both(tmp_path / "a.tab", workers=workers, crs=None)
    assert refused(outcomes)
    # Not only because the other table is not found.
    assert all("points to other tables" in told(one) for one in outcomes)


@pytest.mark.parametrize("kind", ["TYPE LINKED", "Type VIEW", 'Type ACCESS TABLE "secret"', "Type RASTER"])
def test_a_table_that_points_to_another_reads_none(tmp_path, secret, workers, kind):
    text = f'!table\n!version 300\nOpen Table "{secret}"\nDefinition Table\n  {kind}\n  Fields 1\n    a Char (10) ;\n'
    outcomes = both(write(tmp_path / "a.tab", text), workers=workers)
    assert refused(outcomes)
    assert all("points to other tables" in told(one) for one in outcomes)


@pytest.mark.parametrize(
    "system",
    [
        "+proj=longlat +nadgrids={secret} +type=crs", "+init={secret}:1", "http://127.0.0.1:{port}/a.wkt", "{secret}",
        "urn:ogc:def:crs:{secret}", "+proj=pipeline +step +proj=hgridshift +grids={secret}", "/vsicurl/http://127.0.0.1:{port}",
    ],
)  # fmt: skip
def test_a_coordinate_system_names_no_file_and_no_address(tmp_path, secret, listener, workers, system):
    import geopandas as gpd
    import shapely

    text = system.format(secret=secret, port=listener.port)
    gpd.GeoDataFrame({"site_id": ["1"]}, geometry=[shapely.Point(107.4, 29.7)], crs=4490).to_file(tmp_path / "a.shp")
    write(tmp_path / "a.prj", text)
    assert refused(both(tmp_path / "a.shp", workers=workers, crs=None))
    assert refused((attempt(tmp_path / "a.shp", crs=text),))


# Entities, links and XML


ENTITIES = {
    "a file": '<!DOCTYPE kml [<!ENTITY a SYSTEM "file://{secret}">]>',
    "an address": '<!DOCTYPE kml [<!ENTITY a SYSTEM "{url}/a">]>',
    "entities outside": '<!DOCTYPE kml SYSTEM "{url}/a.dtd">',
    "a parameter": '<!DOCTYPE kml [<!ENTITY % p SYSTEM "{url}/a.dtd"> %p; <!ENTITY a "b">]>',
    "a bomb": '<!DOCTYPE kml [<!ENTITY a "0123456789">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>",
    "one long one": f'<!DOCTYPE kml [<!ENTITY a "{"x" * 5_000}">]>',
    "a short one": '<!DOCTYPE kml [<!ENTITY a "b">]>',
}
PLACEMARK = "<Placemark><name>{name}</name><Point><coordinates>107.4,29.7</coordinates></Point></Placemark>"


def kml(inside: str, before: str = "") -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>{before}<kml xmlns="http://www.opengis.net/kml/2.2">{inside}</kml>'


@pytest.mark.parametrize("what", ENTITIES)
@pytest.mark.parametrize("wrapped", [False, True])
def test_entities_of_kml_are_refused(tmp_path, secret, listener, workers, what, wrapped):
    before = ENTITIES[what].replace("{secret}", str(secret)).replace("{url}", listener.url)
    text = kml(PLACEMARK.format(name="&i;" if what == "a bomb" else "&a;"), before)
    path = write(tmp_path / "a.kml", text)
    if wrapped:
        path = packed(tmp_path / "a.kmz", {"doc.kml": text.encode()})
    outcomes = both(path, workers=workers, crs=None)
    assert refused(outcomes)
    # Not for another reason, such as an entity that nobody resolves.
    assert all("Forbidden" in told(one) for one in outcomes)


def test_entities_of_kml_in_another_encoding_are_refused(tmp_path, secret):
    text = kml(PLACEMARK.format(name="&a;"), ENTITIES["a file"].format(secret=secret)).replace("UTF-8", "UTF-16")
    assert refused((attempt(write(tmp_path / "a.kml", text.encode("utf-16")), crs=None),))


def test_links_of_kml_are_not_followed(tmp_path, secret, listener, workers, fuling):
    from small_workspace import make_workspace

    url = listener.url
    inside = (
        f"<Document><NetworkLink><Link><href>{url}/a.kml</href></Link></NetworkLink>"
        f"<NetworkLink><Url><href>{secret}</href></Url></NetworkLink><Style id='s'><IconStyle>"
        f"<Icon><href>{url}/a.png</href></Icon></IconStyle></Style><GroundOverlay><Icon><href>{secret}</href></Icon></GroundOverlay>"
        f"<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='{secret}' parse='text'/>"
        f"<Schema schemaUrl='{url}/s'/>"
        + PLACEMARK.format(name="甲").replace("</name>", f"</name><styleUrl>{url}/s.kml#s</styleUrl><description>"
                                              f"&lt;img src='{url}/b.png'&gt;</description>")
        + "</Document>"
    )  # fmt: skip
    path = write(tmp_path / "a.kml", kml(inside))
    for sites in both(path, workers=workers, crs=None):
        assert sites.name.tolist() == ["甲"]
    make_workspace(tmp_path / "space")
    asked = ("check", path, "-w", tmp_path / "space", "-o", tmp_path / "out", "--as-of", "2024-06-01", "--untrusted")
    run = fuling(*asked)
    assert run.status == 0, run.err
    assert MARKER not in run.out + run.err
    for file in (tmp_path / "out").rglob("*"):
        assert not file.is_file() or MARKER.encode() not in file.read_bytes()


# Archives


def test_a_zip_that_swells_is_refused(tmp_path, workers):
    path = packed(tmp_path / "a.zip", {"a.csv": bytes(80 << 20)})
    assert path.stat().st_size < 200_000
    outcomes = both(path, workers=workers)
    assert refused(outcomes)
    # Not because of what is in it.
    assert all("beyond measure" in told(one) for one in outcomes)


def test_a_zip_that_lies_about_its_sizes_is_refused(tmp_path):
    path = packed(tmp_path / "a.zip", {"a.csv": bytes(80 << 20)})
    raw = bytearray(path.read_bytes())
    at = raw.rindex(b"PK\x01\x02")
    raw[at + 24 : at + 28] = (100).to_bytes(4, "little")
    path.write_bytes(bytes(raw))
    # Python's own check, of the length or of the checksum, ends it; or ours does.
    outcome = attempt(path)
    assert isinstance(outcome, FulingError)
    assert "CRC" in told(outcome) or "beyond measure" in told(outcome)


def test_a_zip_of_more_members_than_anybody_sends_is_refused(tmp_path):
    path = packed(tmp_path / "a.zip", {f"{n}.txt": b"" for n in range(5001)})
    assert "more than 5000 members" in told(attempt(path))


@pytest.mark.parametrize("levels", [3, 4, 20])
def test_zips_in_zips_are_not_unpacked_for_ever(tmp_path, levels):
    path = packed(tmp_path / "0.zip", {"a.csv": SECRET.encode()})
    for n in range(1, levels):
        path = packed(tmp_path / f"{n}.zip", {"a.zip": path.read_bytes()})
    outcome = attempt(path)
    assert isinstance(outcome, FulingError) == (levels > 3)
    # Sites that are there to be read, and are where it is not too deep.
    assert ("zips inside zips too deep" in told(outcome)) == (levels > 3)
    assert (MARKER in told(outcome)) == (levels == 3)


OUTSIDE = tempfile.gettempdir()
CLIMBING = ("../../out.csv", f"{OUTSIDE}/fuling-out.csv", "..\\..\\out.csv", "C:\\out.csv", "a/../../../out.csv",
            "//host/out.csv",
            "./.\n./out.csv", "\x1b[2Jout.csv", "a" * 5000 + ".csv")  # fmt: skip


@pytest.mark.parametrize("name", CLIMBING)
def test_members_are_written_nowhere_but_in_a_folder_of_our_own(tmp_path, monkeypatch, workers, name):
    deep = tmp_path / "one" / "two"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    path = packed(deep / "a.zip", {name: b"site_id,x,y\n1,448000,3280000\n"})
    # What a broken reader wrote in another run is none of this one's.
    Path(OUTSIDE, "fuling-out.csv").unlink(missing_ok=True)
    before = files_below(tmp_path)
    for outcome in both(path, workers=workers):
        assert isinstance(outcome, FulingError) or outcome.site_id.tolist() == ["1"]
    assert files_below(tmp_path) == before
    assert not Path(OUTSIDE, "fuling-out.csv").exists()


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    "names", [("a.csv", "a.csv"), ("a.shp", "A.SHP"), ("in/a.gdb/a00000001.gdbtable", "in/a.gdb/a00000001.gdbtable")]
)
def test_two_members_of_one_name_are_told_for_one_of_them_would_be_lost(tmp_path, workers, names):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for n, name in enumerate(names):
            archive.writestr(name, f"site_id,lon,lat\nP{n},107.4,29.7\n")
    outcomes = both(path, workers=workers, crs="EPSG:4326")
    assert refused(outcomes)
    assert all("twice" in told(one) for one in outcomes)


def test_links_in_archives_lead_nowhere(tmp_path, secret, workers):
    link = zipfile.ZipInfo("a.csv")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    assert refused(both(packed(tmp_path / "a.zip", {link: str(secret).encode()}), workers=workers))
    folder = zipfile.ZipInfo("d")
    folder.create_system, folder.external_attr = 3, 0o120777 << 16
    path = packed(
        tmp_path / "b.zip", {folder: str(secret.parent).encode(), "d/secret.csv": b"site_id,x,y\n1,448000,3280000\n"}
    )
    for outcome in both(path, workers=workers):
        assert isinstance(outcome, FulingError) or outcome.site_id.tolist() == ["1"]
    assert secret.read_text("utf-8") == SECRET


@pytest.mark.parametrize("name", ["地块", "乗客", "誠", "塩\\田"])
def test_names_in_gbk_in_archives_are_read_as_they_are_meant(tmp_path, name):
    """The second byte of some of these is a backslash."""
    raw = name.replace("\\", "").encode("gb18030")
    path = packed(tmp_path / "a.zip", {f"{'0' * len(raw)}.csv": b"site_id,x,y\n1,448000,3280000\n"})
    path.write_bytes(path.read_bytes().replace(b"0" * len(raw) + b".csv", raw + b".csv"))
    assert listed(path) == [name.replace("\\", "")]
    assert attempt(path).site_id.tolist() == ["1"]


# Databases


@pytest.fixture
def database(tmp_path):
    import geopandas as gpd
    import shapely

    path = tmp_path / "a.gpkg"
    frame = gpd.GeoDataFrame({"site_id": ["1"]}, geometry=[shapely.Point(448_000, 3_280_000)], crs=CRS)
    frame.to_file(path, driver="GPKG")
    return path


def executed(path: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return path


ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x AS fid, NULL AS geom FROM c"
REGISTERED = (
    "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES ('v', 'features', 'v', 4545)",
    "INSERT INTO gpkg_geometry_columns VALUES ('v', 'geom', 'POINT', 4545, 0, 0)",
)
RUNNING = {
    "a view without end": (f"CREATE VIEW v AS {ENDLESS}",),
    "a view without end that is a layer": (f"CREATE VIEW v AS {ENDLESS}", *REGISTERED),
    "a view under a name of the standard": (
        "ALTER TABLE gpkg_ogr_contents RENAME TO old",
        f"CREATE VIEW gpkg_ogr_contents AS {ENDLESS}",
    ),
    "a view of contents": ("ALTER TABLE gpkg_contents RENAME TO old", "CREATE VIEW gpkg_contents AS SELECT * FROM old"),
    "a view of contents that only gives them another name": (
        "ALTER TABLE gpkg_contents RENAME TO gpkg_old",
        "CREATE VIEW gpkg_contents AS SELECT table_name, data_type, identifier, srs_id FROM gpkg_old",
    ),
    "a computed column": (
        "CREATE TABLE v (fid INTEGER PRIMARY KEY, geom BLOB, x AS (hex(zeroblob(1000000000))))",
        *REGISTERED,
    ),
    "another kind of table": ("CREATE VIRTUAL TABLE v USING fts5(a)", *REGISTERED),
}


@pytest.mark.parametrize("what", RUNNING)
def test_a_database_that_runs_something_when_it_is_read_is_refused(database, workers, what):
    began = time.monotonic()
    outcomes = both(executed(database, *RUNNING[what]), workers=workers, crs=None)
    assert refused(outcomes)
    why = "is a view" if "view" in what else "computed columns or a module"
    assert all(why in told(one) for one in outcomes)
    assert time.monotonic() - began < 20


def test_a_trigger_does_nothing_for_nothing_is_written(database, workers):
    executed(
        database,
        f"CREATE TRIGGER t AFTER INSERT ON a BEGIN INSERT INTO a (site_id) SELECT '{MARKER}'; END",
        f"CREATE TRIGGER u AFTER UPDATE ON gpkg_contents BEGIN INSERT INTO a (site_id) VALUES ('{MARKER}'); END",  # noqa: S608
    )
    before = database.read_bytes()
    for sites in both(database, workers=workers, crs=None):
        assert sites.site_id.tolist() == ["1"]
    assert database.read_bytes() == before


def test_a_layer_whose_name_is_a_statement_is_only_a_name(tmp_path, workers):
    import geopandas as gpd
    import shapely

    name = "a\"; DROP TABLE gpkg_contents; --'"
    frame = gpd.GeoDataFrame({"site_id": ["1"]}, geometry=[shapely.Point(448_000, 3_280_000)], crs=CRS)
    frame.to_file(tmp_path / "a.gpkg", layer=name, driver="GPKG")
    before = (tmp_path / "a.gpkg").read_bytes()
    for outcome in both(tmp_path / "a.gpkg", workers=workers, crs=None):
        assert isinstance(outcome, FulingError) or outcome.site_id.tolist() == ["1"]
    assert (tmp_path / "a.gpkg").read_bytes() == before


# Broken and deep files


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return {kind: fuzz.seeds(kind, folder) for kind in fuzz.SEEDS}


@pytest.mark.parametrize("kind", fuzz.SEEDS)
def test_a_file_cut_off_anywhere_gives_sites_or_one_sentence(whole, tmp_path, workers, kind):
    shutil.copytree(whole[kind], tmp_path, dirs_exist_ok=True)
    target = fuzz.main_of(kind, tmp_path)
    for part in fuzz.parts(tmp_path):
        content = part.read_bytes()
        for share in (0.0, 0.02, 0.3, 0.6, 0.9, 0.99):
            write(part, content[: int(len(content) * share)])
            outcome = attempt(target)
            assert not isinstance(outcome, FulingError) or "\n" not in str(outcome)
        write(part, content[: len(content) // 2])
        if part in (target, target / "a00000009.gdbtable"):
            both(target, workers=workers)
        write(part, content)


def feature(geometry: str, properties: str = "{}") -> str:
    one = f'{{"type": "Feature", "properties": {properties}, "geometry": {geometry}}}'
    return f'{{"type": "FeatureCollection", "features": [{one}]}}'


POINT = '{"type": "Point", "coordinates": [107.4, 29.7]}'
JSON = {
    "deep coordinates": feature(f'{{"type": "Polygon", "coordinates": {"[" * 100_000}{"]" * 100_000}}}'),
    "deep properties": feature(POINT, f'{{"a": {"[" * 100_000}1{"]" * 100_000}}}'),
    "deep objects": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "deep collections": feature('{"type": "GeometryCollection", "geometries": [' * 20_000 + POINT + "]}" * 20_000),
    "an open end": '{"type": "FeatureCollection", "features": ' + "[" * 1_000_000,
    "no number": feature('{"type": "Point", "coordinates": [NaN, 29.7]}'),
    "without end": feature('{"type": "Point", "coordinates": [Infinity, -Infinity]}'),
    "beyond all numbers": feature('{"type": "Point", "coordinates": [1e400, 29.7]}'),
    "beyond all numbers in properties": feature(POINT, '{"a": 1e400, "b": -1e400, "c": NaN}'),
    "a number of many digits": feature(POINT, f'{{"a": {"9" * 100_000}}}'),
    "half a character": feature(POINT, '{"a": "\\ud800", "\\udfff": "b"}'),
    "a name twice": feature(POINT, '{"a": 1, "a": 2, "A": 3}'),
    "a deep system": feature(POINT)[:-1] + f', "crs": {"[" * 30_000}{"]" * 30_000}}}',
    "a deep line": f'{{"type": "Feature", "properties": {{}}, "geometry": {POINT}}}'
    '\n{"a":' + '{"a":' * 50_000 + "1" + "}" * 50_001 + "\n",
    "many names": feature(POINT, "{" + ",".join(f'"k{n}": 1' for n in range(20_000)) + "}"),
}


@pytest.mark.parametrize("what", JSON)
def test_deep_json_and_numbers_that_are_none_give_sites_or_one_sentence(tmp_path, workers, what):
    began = time.monotonic()
    for outcome in both(write(tmp_path / "a.geojson", JSON[what]), workers=workers, crs=None):
        # A sentence that says what is wrong, and not only that something is.
        assert "RecursionError" not in told(outcome)
        if not isinstance(outcome, FulingError):
            assert len(outcome) == 1
            assert outcome.status[0] == (
                "rejected" if "geometr" in JSON[what] and "NaN, 29" in JSON[what] else outcome.status[0]
            )
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("where", ["properties", "beside the features"])
def test_a_value_nearly_too_deep_for_the_library_is_read(tmp_path, workers, where):
    """The library goes down to 1,024 levels; Python, which looks for a second value behind the first, ends before."""
    deep = f"{'[' * 1_000}{']' * 1_000}"
    text = feature(POINT, f'{{"a": {deep}}}') if where == "properties" else f'{feature(POINT)[:-1]}, "a": {deep}}}'
    for sites in both(write(tmp_path / "a.geojson", text), workers=workers, crs=None):
        assert not isinstance(sites, FulingError), sites
        assert sites.status.tolist() == ["ok"]


@pytest.mark.parametrize("number", ["nan", "NaN", "inf", "-Infinity", "1e400", "9" * 400, "0x1F", "=1+1"])
def test_a_number_that_is_none_makes_a_rejected_row(tmp_path, number):
    sites = attempt(write(tmp_path / "a.csv", f"site_id,x,y\n1,448000,3280000\n2,{number},3280000\n3,448000,3280000\n"))
    assert not isinstance(sites, FulingError), sites
    assert sites.status.tolist() == ["ok", "rejected", "ok"]


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_shape_with_a_corner_that_is_no_place_is_told_so(tmp_path, workers, number):
    import geopandas as gpd
    import shapely

    x, y = 448_000.0, 3_280_000.0
    with np.errstate(invalid="ignore"):
        shapes = [
            shapely.Point(x, y),
            shapely.Point(number, y),
            shapely.LineString([(x, y), (x + 9, number)]),
            shapely.Polygon([(x, y), (x + 9, y), (number, y + 9), (x, y + 9)]),
        ]
    gpd.GeoDataFrame({"site_id": list("1234")}, geometry=shapes, crs=CRS).to_parquet(tmp_path / "a.parquet")
    for sites in both(tmp_path / "a.parquet", workers=workers, crs=None):
        assert sites.problem.tolist() == ["", *["its coordinates are not all numbers"] * 3]


# Workbooks and drawings


def workbook(path: Path, **parts: str) -> Path:
    """Write a small workbook and put other parts into it: `sheet` or `strings` of XML."""
    import openpyxl

    book = openpyxl.Workbook()
    for row in (["site_id", "lon", "lat"], ["1", 107.4, 29.7]):
        book.active.append(row)
    book.save(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    names = {"sheet": "xl/worksheets/sheet1.xml", "strings": "xl/sharedStrings.xml", "book": "xl/workbook.xml"}
    for key, text in parts.items():
        members[names[key]] = text.encode()
    if "strings" in parts:
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
        part = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
        members["[Content_Types].xml"] = members["[Content_Types].xml"].replace(b"</Types>", part.encode())
    return packed(path, members)


XML = '<?xml version="1.0" encoding="UTF-8"?>'
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def test_a_sparse_workbook_costs_little(tmp_path, workers):
    cells = "".join(
        f'<row r="{row}"><c r="A{row}" t="inlineStr"><is><t>site_id</t></is></c><c r="XFD{row}"><v>1</v></c></row>'
        for row in (1, 500_000, 1_048_576)
    )
    head = f'{XML}<worksheet {MAIN}><dimension ref="A1:XFD1048576"/>'
    path = workbook(tmp_path / "a.xlsx", sheet=f"{head}<sheetData>{cells}</sheetData></worksheet>")
    began = time.monotonic()
    assert refused(both(path, workers=workers, crs="EPSG:4490"))
    assert time.monotonic() - began < 20


def test_the_last_column_of_a_sheet_is_not_gone_to_and_a_far_row_costs_nothing(tmp_path, workers):
    named = "".join(
        f'<c r="{column}1" t="inlineStr"><is><t>{name}</t></is></c>'
        for column, name in (("A", "site_id"), ("B", "lon"), ("C", "lat"), ("XFD", "far"))
    )
    first = '<c r="A2"><v>1</v></c><c r="B2"><v>107.4</v></c><c r="C2"><v>29.7</v></c>'
    cells = f'<row r="1">{named}</row><row r="2">{first}</row><row r="50000"><c r="A50000"><v>2</v></c></row>'
    head = f'{XML}<worksheet {MAIN}><dimension ref="A1:XFD50000"/>'
    path = workbook(tmp_path / "a.xlsx", sheet=f"{head}<sheetData>{cells}</sheetData></worksheet>")
    for sites in both(path, workers=workers, crs="EPSG:4490"):
        assert not isinstance(sites, FulingError), sites
        assert sites.site_id.tolist() == ["1", "2"]
        assert sites.status.tolist() == ["ok", "rejected"]
        assert "far" not in sites.facts


@pytest.mark.parametrize("part", ["sheet", "strings", "book"])
@pytest.mark.parametrize("what", ENTITIES)
def test_entities_in_any_part_of_a_workbook_are_refused(tmp_path, secret, listener, part, what):
    before = (
        ENTITIES[what]
        .replace("{secret}", str(secret))
        .replace("{url}", listener.url)
        .replace("DOCTYPE kml", "DOCTYPE a")
    )
    used = "&i;" if what == "a bomb" else "&a;"
    if part == "strings":
        text = f"{XML}{before}<sst {MAIN}><si><t>site_id</t></si><si><t>{used}</t></si></sst>"
    elif part == "sheet":
        text = f"{XML}{before}<worksheet {MAIN}><sheetData><row><c><v>{used}</v></c></row></sheetData></worksheet>"
    else:
        sound = zipfile.ZipFile(workbook(tmp_path / "b.xlsx")).read("xl/workbook.xml").decode()
        text = XML + before + sound.replace('name="Sheet"', f'name="{used}"')
        assert used in text
    outcome = attempt(workbook(tmp_path / "a.xlsx", **{part: text}), crs="EPSG:4490")
    assert isinstance(outcome, FulingError)
    # Not for another reason.
    assert "DTDForbidden" in told(outcome)
    assert MARKER not in told(outcome)


def test_a_workbook_that_swells_is_refused(tmp_path, workers):
    path = workbook(tmp_path / "a.xlsx", strings=f"{XML}<sst {MAIN}>{'<si><t>x</t></si>' * 4_000_000}</sst>")
    assert refused(both(path, workers=workers, crs="EPSG:4490"))


def doubling(path: Path, levels: int, copies: int, *, beside: bool = False, **attributes: object) -> Path:
    """Write a drawing of blocks in blocks: `copies` to the power of `levels` squares, and one `beside` them."""
    import ezdxf

    document = ezdxf.new("R2010")
    block = document.blocks.new("B0")
    block.add_lwpolyline([(0, 0), (9, 0), (9, 9)], close=True)
    for level in range(1, levels):
        block = document.blocks.new(f"B{level}")
        for n in range(copies):
            block.add_blockref(f"B{level - 1}", (10 * n, 0))
    document.modelspace().add_blockref(f"B{levels - 1}", (448_000, 3_280_000), dxfattribs=attributes)
    if beside:
        document.modelspace().add_lwpolyline(
            [(448_000, 3_280_000), (448_009, 3_280_000), (448_009, 3_280_009)], close=True
        )
    document.saveas(path)
    return path


APART = """
import contextlib, json, sys
import fuling_gis as fg
with contextlib.suppress(ImportError):
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
try:
    sites = fg.read_sites(sys.argv[1], crs=sys.argv[2], lang="en")
    told = {"sites": len(sites), "notices": [one["en"] for one in sites.notices]}
except fg.errors.FulingError as e:
    told = {"refused": str(e)}
print(json.dumps(told))
"""


def over_in(seconds: float, path: Path) -> dict[str, object]:
    """Read a file in a process that is ended if it takes longer; give what came of it: sites, notices, refusal."""
    try:
        ran = subprocess.run(
            [sys.executable, "-c", APART, str(path), CRS], capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.fail(f"{path.name} was not read or refused within {seconds} s")
    assert ran.returncode == 0, ran.stderr[-2000:]
    return json.loads(ran.stdout)


# Of thirty or a hundred copies at each level there would be millions.
@pytest.mark.parametrize(("levels", "copies"), [(6, 100), (8, 30)])
def test_blocks_in_blocks_end(tmp_path, workers, levels, copies):
    path = doubling(tmp_path / "a.dxf", levels, copies)
    said = "has more than 100,000 entities"
    assert said in str(over_in(30, path).get("refused"))
    assert said in str(attempt(path, untrusted=workers))


@pytest.mark.parametrize("copies", [1, 2])
def test_blocks_deeper_than_anybody_draws_are_not_looked_into_and_told(tmp_path, workers, copies):
    """A square is in the two hundredth block; where another is beside it, that is the one site."""
    found = over_in(30, doubling(tmp_path / "a.dxf", 200, copies, beside=True))
    assert found.get("sites") == 1, found
    # What the eighth block holds is inserted once for each way to it.
    assert f"{copies**8} entities are no sites (INSERT {copies**8})" in " ".join(found["notices"])
    deep = doubling(tmp_path / "deep.dxf", 200, copies)
    for one in (attempt(deep), attempt(deep, untrusted=workers)):
        assert "holds no polyline, circle, hatch, line or point" in str(one)


def test_a_square_in_the_eighth_block_is_a_site(tmp_path):
    assert len(attempt(doubling(tmp_path / "a.dxf", 8, 1))) == 1


@pytest.mark.parametrize(("levels", "copies"), [(1, 1), (3, 20)])
def test_a_block_in_rows_and_columns_without_end_ends(tmp_path, workers, levels, copies):
    many = {"row_count": 30_000, "column_count": 30_000, "row_spacing": 10, "column_spacing": 10}
    path = doubling(tmp_path / "a.dxf", levels, copies, **many)
    said = "has more than 100,000 entities"
    assert said in str(over_in(30, path).get("refused"))
    assert said in str(attempt(path, untrusted=workers))


def test_a_drawing_that_refers_to_another_file_reads_none(tmp_path, secret, listener, workers):
    import ezdxf

    document = ezdxf.new("R2010")
    space = document.modelspace()
    space.add_lwpolyline([(448_000, 3_280_000), (448_100, 3_280_000), (448_100, 3_280_100)], close=True)
    for n, place in enumerate((str(secret), f"{listener.url}/a.dxf")):
        document.add_xref_def(place, f"X{n}")
        space.add_blockref(f"X{n}", (0, 0))
        image = document.add_image_def(place, (10, 10))
        space.add_image(image, (0, 0), (10, 10))
    document.saveas(tmp_path / "a.dxf")
    for sites in both(tmp_path / "a.dxf", workers=workers):
        assert len(sites) == 1


# Size


def test_a_million_vertices_are_read_or_refused_in_time(tmp_path, workers):
    """A tenth of ten million, which a worker has the memory for."""
    import geopandas as gpd
    import shapely

    ring = ring_of(1_000_000)
    gpd.GeoDataFrame({"site_id": ["1"]}, geometry=[shapely.Polygon(ring)], crs=CRS).to_parquet(tmp_path / "a.parquet")
    began = time.monotonic()
    for sites in (
        attempt(tmp_path / "a.parquet", crs=None),
        attempt(tmp_path / "a.parquet", crs=None, untrusted=workers),
    ):
        assert isinstance(sites, FulingError) or shapely.get_num_coordinates(sites.geometry).tolist() == [len(ring)]
    assert time.monotonic() - began < 30


def test_ten_million_vertices_are_read_or_refused_in_time(tmp_path, workers):
    """Docs/security.md has the figures of the other formats."""
    import geopandas as gpd
    import shapely

    ring = ring_of(10_000_000)
    gpd.GeoDataFrame({"site_id": ["1"]}, geometry=[shapely.Polygon(ring)], crs=CRS).to_file(tmp_path / "a.fgb")
    began = time.monotonic()
    for way in ({}, {"untrusted": workers}):
        sites = attempt(tmp_path / "a.fgb", crs=None, **way)
        if isinstance(sites, FulingError):
            # More than a worker may take; the plain way has the memory of the machine.
            assert "memory" in str(sites)
        else:
            assert shapely.get_num_coordinates(sites.geometry).tolist() == [len(ring)]
    assert time.monotonic() - began < 40


# The last net


class NobodyThoughtOfError(Exception):
    """What no reader raises, and no part of the program knows."""


def fails(*_, **__):
    text = "one\nand another"
    raise NobodyThoughtOfError(text)


def fails_later(*_, **__):
    yield from ()
    fails()


def readable_table(tmp_path: Path, *, wrapped: bool) -> Path:
    path = write(tmp_path / "a.csv", "site_id,x,y\n1,448000,3280000\n")
    return packed(tmp_path / "a.zip", {"a.csv": path.read_bytes()}) if wrapped else path


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("when", ["it is opened", "its first rows are read", "its rows are made sites"])
def test_a_fault_that_nobody_thought_of_is_one_sentence_when(tmp_path, monkeypatch, when, wrapped):
    path = readable_table(tmp_path, wrapped=wrapped)
    assert attempt(path).site_id.tolist() == ["1"]
    if when == "it is opened":
        monkeypatch.setattr("fuling_gis.readers.open_csv", fails)
    elif when == "its first rows are read":
        real = readers.open_csv
        monkeypatch.setattr("fuling_gis.readers.open_csv", lambda *a, **k: replace(real(*a, **k), stream=fails_later))
    else:
        # Points of tables go the first way, all else the second.
        monkeypatch.setattr("fuling_gis.sites.read.placed", fails)
        monkeypatch.setattr("fuling_gis.sites.read.locate", fails)
    outcome = attempt(path)
    assert isinstance(outcome, FileError)
    assert str(outcome).count("NobodyThoughtOfError: one and another") == 1
    assert path.name in str(outcome)
    assert "\n" not in str(outcome)


# The fuzzer, in short

# What a run of half an hour found, by the number of the change.
FOUND = [
    ("mif", 2361), ("tab", 2409), ("mif", 2546), ("mif", 2610), ("gpkg", 2968), ("geojsonseq", 3213), ("mif", 3231),
    ("gpkg", 3500),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "seed"), FOUND)
def test_what_the_fuzzer_found_gives_sites_or_one_sentence(whole, tmp_path, kind, seed):
    result = fuzz.outcome(fuzz.make(kind, seed, whole[kind], tmp_path))
    assert result.partition(":")[0] in ("sites", "refused", "caught"), result
    # A fault inside a library once left this lock held, and every other thread waited for ever.
    with ThreadPoolExecutor(1) as other:
        assert other.submit(logging._lock.acquire, timeout=5).result()
        other.submit(logging._lock.release).result()


@pytest.mark.parametrize("kind", fuzz.SEEDS)
def test_a_hundred_changed_files_give_sites_or_one_sentence(whole, tmp_path, kind):
    for seed in range(100):
        target = tmp_path / str(seed)
        target.mkdir()
        result = fuzz.outcome(fuzz.make(kind, seed, whole[kind], target))
        assert result.partition(":")[0] in ("sites", "refused", "caught"), f"{kind} {seed}: {result}"


@pytest.mark.parametrize("kind", fuzz.SEEDS)
def test_a_number_is_one_changed_file_and_the_sound_one_is_read(whole, tmp_path, kind):
    folders = whole[kind], fuzz.seeds(kind, tmp_path / "again")
    one, again = ([(part.name, part.read_bytes()) for part in fuzz.parts(folder)] for folder in folders)
    assert one == again
    assert fuzz.outcome(fuzz.main_of(kind, whole[kind])) == "sites"
    content = one[0][1]
    assert fuzz.mutated(content, 7) == fuzz.mutated(content, 7) != content
