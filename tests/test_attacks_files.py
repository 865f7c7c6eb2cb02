"""Files that mean harm: none reads another file, calls anybody, takes all memory or never ends.

The page docs/security.md names each of these tests beside its attack.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from attacks_made import CRS, MARKER, SECRET, attempt, both, inspected, listening, packed, refused, told

from fuling_gis.errors import FileError, FulingError
from fuling_gis.worker.process import Workers

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
        f'{{"stac_version": "1.0.0", "type": "FeatureCollection", "features": [{{"assets": {{"a": {{"href": "{url}"}}}}}}]}}'
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


@pytest.mark.parametrize(
    "text",
    [
        "{url}/a.geojson", "/vsicurl/{url}/a.geojson", "/vsicurl?url={url}/a.geojson", "WFS:{url}", "OAPIF:{url}",
        "/vsizip//vsicurl/{url}/a.zip", "/vsicurl_streaming/{url}/a.csv", "zip+{url}/a.zip!a.csv", "CSW:{url}", "ES:{url}",
        "GeoJSON:{url}/a.geojson", "PG:host=127.0.0.1 port={port}", "MYSQL:a,host=127.0.0.1,port={port}",
        "/vsizip/{secret}", "CSV:{secret}", "file://{secret}", "/vsisubfile/0_100,{secret}", "CSV:/vsicurl/{url}/a.csv",
        "/vsistdin/", "/vsimem/a", '{{"type": "Point", "coordinates": [107.4, 29.7]}}', "GPKG:{secret}",
        "<OGRVRTDataSource><OGRVRTLayer name='secret'><SrcDataSource>{secret}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>",
    ],
)  # fmt: skip
def test_a_path_is_the_name_of_a_file_and_never_an_instruction(listener, secret, workers, text):
    path = text.format(url=listener.url, port=listener.port, secret=secret)
    for given in (path, f"{path}::secret"):
        outcomes = attempt(given), attempt(given, untrusted=workers)
        assert refused(outcomes)
        assert all(isinstance(one, FileError) and MARKER not in told(one) for one in outcomes)


INSTRUCTIONS = (
    "CSV:secret{}", "GPKG:secret{}", "GeoJSON:secret{}", "zip:secret{}", "file:secret{}", "http:secret{}", "secret{};x{}",
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
    '<SourceFilename relativetoVRT="0">{secret}</SourceFilename><ImageOffset>0</ImageOffset><PixelOffset>1</PixelOffset>'
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
    import subprocess
    import sys

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
    run = subprocess.run(  # noqa: S603 - this Python
        [sys.executable, "-c", code, *asked],
        env={**settings(), "PATH": os.environ["PATH"]},
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert run.stdout.decode().split() == ["DataSourceError"] * len(asked)
