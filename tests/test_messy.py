"""Real bad files, and bad files made here: sites in the right place, or one sentence. Never anything else."""

from __future__ import annotations

import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from shapely import Point

from fuling_gis import crs
from fuling_gis.errors import CrsError, FileError, FulingError, SiteError
from fuling_gis.readers import read_table
from fuling_gis.sites.read import SiteOptions, open_sites

TARGET = "EPSG:4545"
MESSY = Path(__file__).parents[2] / "shared" / "real" / "messy"
NEEDED = pytest.mark.skipif(not MESSY.is_dir(), reason="the collection of real files is not beside this checkout")
PARTS = (".dbf", ".shx", ".prj", ".sbn", ".sbx", ".mid")
CASES = sorted(path for path in MESSY.glob("*/*") if path.suffix not in PARTS)


def read(path, **options):
    return open_sites(path, target=TARGET, options=SiteOptions(lang="en", **options)).read()


def outcome(path, **options):
    """Give the sites, or the one sentence that refused the file."""
    try:
        return read(path, **options)
    except FulingError as e:
        return e


def lonlat(geometry):
    return crs.transform(np.asarray(geometry, dtype=object), TARGET, 4490, densify=False)


def within(geometry, west, south, east, north):
    bounds = shapely.total_bounds(lonlat(geometry))
    return bool((bounds[:2] >= (west, south)).all() and (bounds[2:] <= (east, north)).all())


@NEEDED
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name)
@pytest.mark.parametrize("system", [None, "EPSG:4490", TARGET, "gcj02"])
def test_a_real_file_gives_sites_or_one_sentence(path, system):
    sites = outcome(path, crs=system)
    if isinstance(sites, FulingError):
        assert "\n" not in str(sites)
        assert path.name in str(sites)
        return
    assert len(sites) > 0
    assert [shape is None for shape in sites.geometry] == [state == "rejected" for state in sites.status]
    assert shapely.is_valid(sites.geometry[sites.status != "rejected"]).all()


@NEEDED
def test_counties_of_1999_have_their_names_and_ground():
    path = MESSY / "gbk_noprj_nocpg" / "bount_poly_1999.shp"
    with pytest.raises(CrsError, match=r"no \.prj.*EPSG:4490"):
        read(path)
    sites = read(path, crs="EPSG:4490", fields={"name": "NAME99", "site_id": "ADCODE99"})
    names = dict(zip(sites.site_id, sites.name, strict=True))
    # Names and codes of that year.
    assert (names["500102"], names["500384"], names["500232"]) == ("涪陵区", "南川市", "武隆县")
    fuling = sites.geometry[list(sites.site_id).index("500102")]
    assert shapely.area(fuling) / 1e6 == pytest.approx(2939.3, rel=0.001)
    # The mouth of the Wu at the town.
    assert lonlat([fuling])[0].contains(Point(107.39, 29.70))


@NEEDED
def test_rivers_in_gbk_without_any_declaration_have_their_names():
    sites = read(MESSY / "gbk_noprj_nocpg" / "hyd2_4l.shp", crs="EPSG:4490")
    assert set(sites.name) == {"长江", "乌江"}
    # Whole lines of the rows that meet the surroundings of Fuling.
    assert within(sites.geometry, 106.0, 29.0, 109.0, 31.0)


@NEEDED
def test_the_custom_text_of_cgcs2000_is_taken_for_what_it_is():
    sites = read(MESSY / "cgcs2000_custom_prj" / "cq_province.shp")
    assert list(sites.name) == ["重庆市"]
    assert sites.geometry[0].geom_type == "LineString"
    assert not sites.geometry[0].has_z
    # Chongqing's extreme points lie between 105.2 and 110.2 E and between 28.1 and 32.3 N.
    assert within(sites.geometry, 105.2, 28.1, 110.3, 32.3)


@NEEDED
def test_chinese_field_names_and_a_broken_outline():
    path = MESSY / "gbk_fieldnames_ldid4d" / "zhujiangziliuyu.shp"
    sites = read(path, crs="EPSG:4490", fields={"name": "名称"})
    assert len(sites) == 12
    assert sites.name[0].startswith("西江上游区")
    assert (sites.status == "repaired").sum() == 1
    assert "m2" in sites.problem[sites.status == "repaired"][0]
    # The Pearl River's basin.
    assert within(sites.geometry, 102.0, 21.4, 116.0, 27.0)


@NEEDED
def test_a_province_lies_in_the_north_east():
    sites = read(MESSY / "gbk_prj_ldid00" / "chinese_poly.shp")
    assert list(sites.name) == ["黑龙江省"]
    assert within(sites.geometry, 121.0, 43.0, 135.5, 53.7)


@NEEDED
@pytest.mark.parametrize(
    ("path", "error", "told"),
    [
        ("ldid_7a_gbk/chinese.shp", SiteError, "no degrees"),
        ("bj54_gk_shp_prj_only/gauss_kruger.shp", FileError, r"\.shx.*\.dbf"),
        ("shp_odd_records/max_callstack_error.shp", CrsError, "EPSG:3021"),
        ("shp_corrupt_too_long/corrupt_too_long.shp", FileError, r"\.shx"),
        ("zip/two_shapefiles.zip", FileError, "'blockgroups', 'blockgroups2'"),
        ("zip/two_shapefiles.zip::blockgroups2", CrsError, "fit no system"),
        ("geojson/bowtie.json", SiteError, "not in China"),
        ("geojson/mixed_feature.json", SiteError, "not in China"),
        ("geojson/ogc_invalid_12.json", SiteError, "not in China"),
        ("geojson/invalid_syntax.json", FileError, "-1e-14.0"),
        ("kml/ext_data_typed.kml", SiteError, "not in China"),
        ("kmz/albania.kmz", SiteError, "not in China"),
        ("mapinfo_mif/mixed.mif", CrsError, "Monte Mario"),
    ],
)
def test_what_cannot_be_used_says_why(path, error, told):
    with pytest.raises(error, match=told):
        read(f"{MESSY}/{path}")


def in_place(folder, name):
    """Write a file of plain numbers about zero again, in metres of the working system in Fuling."""
    (shape,) = read_table(MESSY / "geojson" / name).geometry
    moved = shapely.transform(shape, lambda place: place + np.array([430_000, 3_290_000]))
    path = folder / "a.geojson"
    path.write_text(shapely.to_geojson(moved), "utf-8")
    return path


@NEEDED
@pytest.mark.parametrize(
    ("name", "repaired"),
    [("ogc_invalid_11.geojson", False), ("ogc_invalid_12.json", True), ("ogc_invalid_13.json", True)],
)
def test_outlines_that_touch_or_overlap_keep_their_ground(tmp_path, name, repaired):
    sites = read(in_place(tmp_path, name), crs=TARGET)
    assert sites.status[0] == ("repaired" if repaired else "ok")
    ground = sites.geometry[0]
    drawn = read_table(MESSY / "geojson" / name).geometry[0]
    # Shells that only touch lose nothing: the ground is the sum of the shells.
    parts = [shapely.make_valid(shapely.Polygon(part.exterior)) for part in drawn.geoms]
    assert shapely.area(ground) == pytest.approx(shapely.area(shapely.union_all(parts)))


@NEEDED
def test_a_bow_tie_in_a_collection_becomes_areas(tmp_path):
    sites = read(in_place(tmp_path, "bowtie.json"), crs=TARGET)
    assert sites.status[0] == "repaired"
    # Square 0..2 by 0..2; triangle (2,2) (3,2) (2,3) of 1/2 lies wholly in triangle (2,2) (4,2) (2,4) of 2.
    assert shapely.area(sites.geometry[0]) == pytest.approx(6.0)


@NEEDED
def test_slivers_are_one_repaired_site_in_its_place():
    sites = read(MESSY / "osm_slivers" / "waterbodies_simplified.geojson")
    assert list(sites.status) == ["repaired"]
    assert within(sites.geometry, 106.5, 29.0, 108.1, 30.4)


@NEEDED
def test_data_fields_of_kml_are_read_by_their_names():
    table = read_table(MESSY / "kml" / "ext_data_typed.kml")
    assert list(table.columns["TrailHeadName"]) == ["Pi in the sky", "Mount Everest"]
    assert table.geometry[0].equals(Point(-122.0, 37.002))


@NEEDED
def test_all_placemarks_of_a_kmz_are_read():
    assert len(read_table(MESSY / "kmz" / "albania.kmz")) == 63


# The same kinds of fault, made here.


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """Whole files of every format, to be broken."""
    folder = tmp_path_factory.mktemp("sound")
    frame = gpd.GeoDataFrame(
        {"编号": ["1", "2", "3"], "名称": ["白涛", "李渡", "龙桥"], "精度": [1.0, 2.0, 3.0]},
        geometry=shapely.points([(448_000, 3_280_000), (449_000, 3_280_000), (450_000, 3_280_000)]),
        crs=4545,
    )
    pyogrio.write_dataframe(frame, folder / "a.shp", encoding="gb18030")
    pyogrio.write_dataframe(frame, folder / "a.gpkg")
    pyogrio.write_dataframe(frame, folder / "a.geojson", driver="GeoJSON")
    frame.to_parquet(folder / "a.parquet")
    (folder / "a.csv").write_text("编号,名称,x,y\n1,白涛,448000,3280000\n2,李渡,449000,3280000\n", "gb18030")
    (folder / "a.kml").write_text(
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><name>白涛</name><Point><coordinates>107.4,29.7'
        "</coordinates></Point></Placemark></kml>",
        "utf-8",
    )
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for suffix in (".shp", ".shx", ".dbf", ".prj"):
            archive.write(folder / f"a{suffix}", f"a{suffix}")
    return folder


@pytest.mark.parametrize("broken", [".shp", ".shx", ".dbf", ".prj", ".cpg", ".gpkg", ".geojson", ".parquet", ".csv",
                                    ".kml", ".zip"])  # fmt: skip
@pytest.mark.parametrize("way", ["cut", "flip", "zeros"])
def test_a_broken_file_gives_sites_or_one_sentence(sound, tmp_path, broken, way):
    rng = np.random.default_rng(len(broken) * 100 + len(way))
    of_shapefile = broken in (".shp", ".shx", ".dbf", ".prj", ".cpg")
    for part in sound.glob("a.*") if of_shapefile else [sound / f"a{broken}"]:
        (tmp_path / part.name).write_bytes(part.read_bytes())
    whole = (sound / f"a{broken}").read_bytes()
    named = tmp_path / ("a.shp" if of_shapefile else f"a{broken}")
    for _ in range(6):
        raw = bytearray(whole)
        at = int(rng.integers(len(raw)))
        if way == "cut":
            raw = raw[:at]
        elif way == "flip":
            for place in rng.integers(len(raw), size=3):
                raw[place] ^= int(rng.integers(1, 256))
        else:
            raw[at : at + 64] = bytes(len(raw[at : at + 64]))
        (tmp_path / f"a{broken}").write_bytes(bytes(raw))
        sites = outcome(named, crs=TARGET if broken in (".csv", ".prj") else None)
        if isinstance(sites, FulingError):
            assert "\n" not in str(sites)
            continue
        assert [shape is None for shape in sites.geometry] == [state == "rejected" for state in sites.status]


@pytest.mark.parametrize("suffix", [".gpkg", ".parquet", ".geojson", ".kml", ".csv"])
def test_text_of_no_encoding_is_refused_and_not_garbled(sound, tmp_path, suffix):
    text = "白涛".encode("gb18030" if suffix == ".csv" else "utf-8")
    raw = (sound / f"a{suffix}").read_bytes()
    assert raw.count(text) == 1
    path = tmp_path / f"a{suffix}"
    path.write_bytes(raw.replace(text, b"\xff\xfe" + text[2:]))
    with pytest.raises(FileError, match=rf"a\{suffix}"):
        read(path, crs=TARGET)


def test_gbk_without_any_declaration_has_right_names_in_right_places(sound, tmp_path):
    for suffix in (".shp", ".shx", ".dbf"):
        (tmp_path / f"a{suffix}").write_bytes((sound / f"a{suffix}").read_bytes())
    with pytest.raises(CrsError, match="EPSG:4545"):
        read(tmp_path / "a.shp")
    sites = read(tmp_path / "a.shp", crs=TARGET)
    assert list(sites.name) == ["白涛", "李渡", "龙桥"]
    assert [shape.x for shape in sites.geometry] == [448_000, 449_000, 450_000]


def test_the_custom_text_of_cgcs2000_is_known_without_the_collection(sound, tmp_path):
    frame = gpd.GeoDataFrame({"名称": ["涪陵"]}, geometry=[Point(107.4, 29.7)], crs=4490)
    pyogrio.write_dataframe(frame, tmp_path / "a.shp", encoding="gb18030")
    (tmp_path / "a.prj").write_text(
        'GEOGCS["CGCS_2000",DATUM["D_2000",SPHEROID["S_2000",6378137.0,298.2572221010041]],PRIMEM["Greenwich",0.0],'
        'UNIT["Degree",0.0174532925199433]]'
    )
    sites = read(tmp_path / "a.shp")
    assert lonlat(sites.geometry)[0].distance(Point(107.4, 29.7)) < 1e-9


def test_rows_of_a_virtual_file_are_never_read(tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("id,x,y\nmarker-of-a-secret,448000,3280000\n")
    text = (
        f'<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{secret}</SrcDataSource>'
        '<GeometryField encoding="PointFromColumns" x="x" y="y"/></OGRVRTLayer></OGRVRTDataSource>'
    )
    for name in ("a.shp", "a.geojson", "a.gpkg", "a.kml", "a.csv", "a.tab", "a.mif", "a.parquet"):
        (tmp_path / name).write_text(text)
        with pytest.raises(FulingError) as caught:
            read(tmp_path / name, crs=TARGET)
        assert "marker-of-a-secret" not in str(caught.value)
