"""Files of every format give the same rows: right names, right places, and the reason for each choice."""

from __future__ import annotations

import json
import shutil
import sqlite3
import struct
import zipfile
from contextlib import closing

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from shapely import Point

from fuling_gis import crs
from fuling_gis.errors import CrsError, FileError
from fuling_gis.readers import ogr, open_table, read_table
from fuling_gis.readers.describe import describe
from fuling_gis.readers.table import as_text

NAMES = ["白涛化工园", "李渡新区𠀀", "Baitao"]
PLACES = [(448_000.0, 3_272_000.0), (440_000.0, 3_290_000.0), (445_000.5, 3_280_000.25)]


@pytest.fixture
def frame():
    columns = {"编号": ["A1", "A2", "A3"], "名称": NAMES, "吨位": [1.0, 2.5, np.nan], "户数": [3, 4, 5]}
    return gpd.GeoDataFrame(columns, geometry=shapely.points(PLACES), crs=4545)


def write(frame, path, encoding=None, **options):
    pyogrio.write_dataframe(frame, path, encoding=encoding, **options)
    return path


def check_rows(table, names=NAMES):
    assert list(table.columns["名称"]) == names
    assert [(p.x, p.y) for p in table.geometry] == PLACES
    assert list(table.columns["吨位"]) == [1.0, 2.5, None]
    assert list(table.text("吨位")) == ["1", "2.5", ""]
    assert list(table.text("户数")) == ["3", "4", "5"]


def test_a_geopackage_gives_its_rows(frame, tmp_path):
    table = read_table(write(frame, tmp_path / "a.gpkg"))
    check_rows(table)
    assert (table.driver, table.layer, crs.name(table.crs)) == ("GPKG", "a", "EPSG:4545")


def test_a_geodatabase_folder_gives_its_rows(frame, tmp_path):
    table = read_table(
        write(frame, tmp_path / "a.gdb", driver="OpenFileGDB", TARGET_ARCGIS_VERSION="ARCGIS_PRO_3_2_OR_LATER")
    )
    check_rows(table)
    assert crs.name(table.crs) == "EPSG:4545"


def test_geoparquet_gives_its_rows(frame, tmp_path):
    frame.to_parquet(tmp_path / "a.parquet")
    table = read_table(tmp_path / "a.parquet")
    check_rows(table)
    assert crs.name(table.crs) == "EPSG:4545"


def test_geoparquet_that_holds_fewer_rows_than_it_says_is_refused(frame, tmp_path, monkeypatch):
    frame.to_parquet(tmp_path / "a.parquet")
    # As it is where the place of a column's values was overwritten.
    monkeypatch.setattr(pq.ParquetFile, "iter_batches", lambda *_, **__: iter(()))
    with pytest.raises(FileError, match=f"should have {len(frame)} rows, of which 0"):
        list(open_table(tmp_path / "a.parquet").batches(100))


def test_geoparquet_of_coordinates_gives_its_rows(frame, tmp_path):
    frame.to_parquet(tmp_path / "a.parquet", geometry_encoding="geoarrow", write_covering_bbox=True)
    table = read_table(tmp_path / "a.parquet")
    check_rows(table)
    assert "bbox" not in table.columns


def test_geojson_that_names_its_system_keeps_it(frame, tmp_path):
    table = read_table(write(frame, tmp_path / "a.geojson", driver="GeoJSON"))
    check_rows(table)
    assert crs.name(table.crs) == "EPSG:4545"
    assert open_table(tmp_path / "a.geojson").crs_stated


def test_geojson_without_a_system_is_longitude_and_latitude_by_assumption(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"type": "Point", "coordinates": [107.4, 29.7]}), "utf-8-sig")
    source = open_table(path)
    assert (crs.name(source.crs), source.crs_stated) == ("EPSG:4326", False)
    assert source.read().geometry[0].equals(Point(107.4, 29.7))


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("cpg", [None, "right", "OEM", "UTF-8", "ANSI 936"])
def test_the_encoding_of_a_shapefile_is_found_in_its_bytes(frame, tmp_path, encoding, cpg):
    path = write(frame, tmp_path / "a.shp", encoding=encoding)
    if cpg is None:
        (tmp_path / "a.cpg").unlink()
    elif cpg != "right":
        (tmp_path / "a.cpg").write_text(cpg)
    table = read_table(path)
    check_rows(table)
    assert table.encoding == encoding


def test_a_wrong_declaration_is_overruled_and_said(frame, tmp_path):
    path = write(frame, tmp_path / "a.shp", encoding="gb18030")
    (tmp_path / "a.cpg").write_text("UTF-8")
    (notice,) = read_table(path).notes
    assert "UTF-8" in notice["en"]
    assert "gb18030" in notice["zh"]


def test_gbk_that_is_utf8_by_chance_is_read_as_chinese(tmp_path):
    # C4 A3 is 模 in GBK and a Latin letter in UTF-8.
    frame = gpd.GeoDataFrame({"name": ["模"]}, geometry=[Point(1, 2)], crs=4545)
    path = write(frame, tmp_path / "a.shp", encoding="gb18030")
    (tmp_path / "a.cpg").unlink()
    assert read_table(path).columns["name"][0] == "模"


def test_a_value_cut_inside_a_character_does_not_hide_the_encoding(frame, tmp_path):
    path = write(frame, tmp_path / "a.shp", encoding="gb18030")
    (tmp_path / "a.cpg").unlink()
    raw = bytearray((tmp_path / "a.dbf").read_bytes())
    # Put half a character at the end of a full text field of the first row.
    head, row = struct.unpack("<HH", raw[8:12])
    width = raw[32 + 16]
    cell = ("园" * 200).encode("gb18030")[: width - 1] + "园".encode("gb18030")[:1]
    raw[head + 1 : head + 1 + width] = cell
    (tmp_path / "a.dbf").write_bytes(raw)
    assert row > width
    table = read_table(path)
    assert table.encoding == "gb18030"
    assert table.columns["编号"][0].startswith("园" * 5)
    assert table.columns["名称"][1] == NAMES[1]


def test_bytes_of_no_chinese_encoding_stop_and_ask(frame, tmp_path):
    path = write(frame, tmp_path / "a.shp", encoding="gb18030")
    (tmp_path / "a.cpg").unlink()
    raw = (
        (tmp_path / "a.dbf")
        .read_bytes()
        .replace("白涛化工园".encode("gb18030"), b"\xff\xff\xfe\xfe\x80\x80\xff\xff\xff\xff")
    )
    (tmp_path / "a.dbf").write_bytes(raw)
    with pytest.raises(FileError, match=r"a\.dbf.*neither UTF-8 nor GBK"):
        read_table(path)


def test_an_encoding_that_the_user_says_beats_what_is_found(frame, tmp_path):
    path = write(frame, tmp_path / "a.shp", encoding="utf-8")
    assert read_table(path, encoding="GBK").encoding == "gb18030"
    with pytest.raises(FileError, match="klingon"):
        read_table(path, encoding="klingon")


def test_field_names_cut_to_the_same_bytes_are_told_apart(frame, tmp_path):
    path = write(frame, tmp_path / "a.shp", encoding="gb18030")
    raw = (tmp_path / "a.dbf").read_bytes()
    first, second = "编号".encode("gb18030").ljust(11, b"\0"), "名称".encode("gb18030").ljust(11, b"\0")
    (tmp_path / "a.dbf").write_bytes(raw.replace(second, first, 1))
    table = read_table(path)
    assert list(table.columns)[:2] == ["编号", "编号_2"]
    assert list(table.columns["编号_2"]) == NAMES
    assert any("编号" in note["en"] for note in table.notes)


def test_a_prj_with_chinese_names_is_read(frame, tmp_path):
    path = write(frame, tmp_path / "a.shp", encoding="gb18030")
    text = (tmp_path / "a.prj").read_text()
    (tmp_path / "a.prj").write_bytes(text.replace('PROJCS["', 'PROJCS["涪陵').encode("gb18030"))
    table = read_table(path)
    check_rows(table)
    assert crs.name(table.crs) == "EPSG:4545"


def test_a_prj_of_nonsense_is_named(frame, tmp_path):
    path = write(frame, tmp_path / "a.shp", encoding="gb18030")
    (tmp_path / "a.prj").write_text("somewhere")
    with pytest.raises(CrsError, match=r"a\.prj"):
        read_table(path)


def test_a_shapefile_without_prj_has_no_system(frame, tmp_path):
    path = write(frame, tmp_path / "a.shp", encoding="gb18030")
    (tmp_path / "a.prj").unlink()
    source = open_table(path)
    assert source.crs is None
    assert ".prj" in source.crs_why["en"]


def test_parts_in_capitals_belong_together(frame, tmp_path):
    write(frame, tmp_path / "a.shp", encoding="gb18030")
    (tmp_path / "a.dbf").rename(tmp_path / "A.DBF")
    (tmp_path / "a.prj").rename(tmp_path / "a.PRJ")
    table = read_table(tmp_path / "a.shp")
    check_rows(table)
    assert crs.name(table.crs) == "EPSG:4545"


@pytest.mark.parametrize("suffix", [".shx", ".dbf"])
def test_a_missing_part_is_named(frame, tmp_path, suffix):
    path = write(frame, tmp_path / "a.shp", encoding="gb18030")
    path.with_suffix(suffix).unlink()
    with pytest.raises(FileError, match=rf"\{suffix}"):
        read_table(path)


@pytest.mark.parametrize("suffix", [".shp", ".shx", ".dbf"])
def test_a_cut_part_is_an_error_and_not_rows_without_geometry(frame, tmp_path, suffix):
    path = write(frame, tmp_path / "a.shp", encoding="gb18030")
    part = path.with_suffix(suffix)
    part.write_bytes(part.read_bytes()[:-20])
    if suffix == ".dbf":
        # A last row that is cut is missing text; GDAL alone would give it silently.
        part.write_bytes(part.read_bytes()[:40])
    with pytest.raises(FileError, match="again"):
        read_table(path)


def test_parts_of_two_shapefiles_are_not_put_together(frame, tmp_path):
    path = write(frame, tmp_path / "a.shp", encoding="gb18030")
    write(frame.iloc[:2], tmp_path / "b.shp", encoding="gb18030")
    shutil.copy(tmp_path / "b.dbf", tmp_path / "a.dbf")
    with pytest.raises(FileError, match=r"3 shapes.*2 rows"):
        read_table(path)


def test_naming_another_part_points_to_the_shp(frame, tmp_path):
    write(frame, tmp_path / "a.shp", encoding="gb18030")
    with pytest.raises(FileError, match=r"\.shp"):
        read_table(tmp_path / "a.dbf")


def test_of_several_layers_one_must_be_named(frame, tmp_path):
    path = write(frame, tmp_path / "a.gpkg", layer="点")
    write(frame.iloc[:1], path, layer="面", append=True)
    with pytest.raises(FileError, match=r"点.*面"):
        read_table(path)
    assert len(read_table(path, layer="面")) == 1
    with pytest.raises(FileError, match="线"):
        read_table(path, layer="线")


def test_a_view_is_refused(frame, tmp_path):
    path = write(frame, tmp_path / "a.gpkg")
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE VIEW v AS SELECT * FROM a")
        database.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('v', 'attributes', 'v')"
        )
        database.commit()
    with pytest.raises(FileError, match="'v' is a view"):
        read_table(path)


def test_a_table_without_geometry_is_no_layer(frame, tmp_path):
    path = write(frame, tmp_path / "a.gpkg", layer="点")
    pyogrio.write_dataframe(pd.DataFrame({"styleQML": ["x"]}), path, layer="layer_styles", append=True)
    assert read_table(path).layer == "点"


def test_curves_become_short_straight_edges(frame, tmp_path):
    # A half circle of radius 1: its chord polygon has nearly the area of pi / 2.
    curve = struct.pack("<BI", 1, 10) + struct.pack("<I", 1) + struct.pack("<BI", 1, 9) + struct.pack("<I", 2)
    curve += struct.pack("<BII", 1, 8, 3) + struct.pack("<6d", 0, 0, 1, 1, 2, 0)
    curve += struct.pack("<BII", 1, 2, 2) + struct.pack("<4d", 2, 0, 0, 0)
    path = tmp_path / "a.gpkg"
    flat = gpd.GeoDataFrame({"名称": ["弧"]}, geometry=[shapely.box(0, 0, 2, 1)], crs=4545)
    write(flat, path, SPATIAL_INDEX="NO")
    header = b"GP" + struct.pack("<BBi", 0, 1, 4545)
    with closing(sqlite3.connect(path)) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("UPDATE gpkg_geometry_columns SET geometry_type_name = 'CURVEPOLYGON'")
        database.execute("UPDATE a SET geom = ?", (header + curve,))
        database.commit()
    table = read_table(path)
    assert table.geometry[0].geom_type == "Polygon"
    assert table.geometry[0].area == pytest.approx(np.pi / 2, abs=0.01)
    assert table.columns["名称"][0] == "弧"


def test_mapinfo_text_in_gbk_is_read(frame, tmp_path):
    folder = tmp_path / "m"
    folder.mkdir()
    (folder / "a.mif").write_bytes(
        'Version 300\nCharset "Neutral"\nDelimiter ","\nCoordSys Earth Projection 1, 104\nColumns 1\n  名称 Char(40)\n'
        "Data\n\nPoint 107.4 29.7\n".encode("gb18030")
    )
    (folder / "a.mid").write_bytes('"白涛化工园"\n'.encode("gb18030"))
    table = read_table(folder / "a.mif")
    assert next(iter(table.columns.values()))[0] == "白涛化工园"
    assert table.geometry[0].equals(Point(107.4, 29.7))
    assert crs.name(table.crs) == "EPSG:4326"


def test_mapinfo_native_tables_are_read(frame, tmp_path):
    plain = frame.rename(columns={"户数": "homes"})[["homes", "geometry"]]
    plain["homes"] = plain["homes"].astype("int32")
    table = read_table(write(plain, tmp_path / "a.tab", driver="MapInfo File"))
    assert list(table.columns["homes"]) == [3, 4, 5]


def test_a_zip_with_one_shapefile_is_read_also_with_gbk_names(frame, tmp_path):
    write(frame, tmp_path / "a.shp", encoding="gb18030")
    path = tmp_path / "a.zip"
    suffixes = (".shp", ".shx", ".dbf", ".prj")
    with zipfile.ZipFile(path, "w") as archive:
        for suffix in suffixes:
            archive.write(tmp_path / f"a{suffix}", f"0000{suffix}")
    # Old Windows tools write names in GBK and do not say so; two characters are as long as four digits.
    raw = path.read_bytes()
    for suffix in suffixes:
        raw = raw.replace(f"0000{suffix}".encode(), "地块".encode("gb18030") + suffix.encode())
    path.write_bytes(raw)
    table = read_table(path)
    check_rows(table)
    assert table.layer == "地块"


def test_a_zip_with_two_sets_asks_which(frame, tmp_path):
    for stem in "ab":
        write(frame, tmp_path / f"{stem}.gpkg")
    path = tmp_path / "z.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(tmp_path / "a.gpkg", "a.gpkg")
        archive.write(tmp_path / "b.gpkg", "b.gpkg")
    with pytest.raises(FileError, match="'a', 'b'"):
        read_table(path)
    assert len(read_table(path, layer="b")) == 3


def test_a_zip_that_grows_beyond_measure_is_refused(tmp_path):
    path = tmp_path / "z.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.csv", "w") as member:
        for _ in range(80):
            member.write(bytes(1 << 20))
    with pytest.raises(FileError, match="beyond measure"):
        read_table(path)


def test_batches_give_the_rows_in_order_and_columns_on_request(frame, tmp_path):
    source = open_table(write(frame, tmp_path / "a.gpkg"))
    pieces = list(source.batches(2, columns=("名称",)))
    assert [len(piece) for piece in pieces] == [2, 1]
    assert [name for piece in pieces for name in piece.columns["名称"]] == NAMES
    assert list(pieces[0].columns) == ["名称"]


def test_skip_and_limit_pick_a_run_of_rows(frame, tmp_path):
    path = write(frame, tmp_path / "a.gpkg")
    assert list(read_table(path, skip=1, limit=1).columns["编号"]) == ["A2"]
    assert len(read_table(path, skip=5)) == 0


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"<OGRVRTDataSource><OGRVRTLayer/></OGRVRTDataSource>", "points to other files"),
        (b"  <VRTDataset/>", "points to other files"),
        (b'{"a": "<OGRVRTDataSource>"}', "points to other files"),
        (b"<html></html>", "not KML"),
        (b"\xd0\xcf\x11\xe0rest", "Excel"),
        (b"AC1027", "AutoCAD"),
        (b"SQLite format 3\x00" + bytes(100), "GeoPackage"),
        (b"PAR1 and no more", "Parquet"),
        (b"PK\x03\x04 and no more", "unpack"),
        (b"\x00\x00\x27\x0a" + bytes(96), "missing"),
        (b"\x01\x02\x00\x03", "no format"),
        (b'{"type": "FeatureCollection", "features": [', "cannot be read"),
        (b'{"type": "FeatureCollection", "features": []}', None),
        (b'{"type": "Point", "coordinates": [107.4, 29.7], "name": "\xb0\xd7\xcc\xce"}', "UTF-8"),
        (b'<!DOCTYPE kml [<!ENTITY a "b">]><kml>&a;</kml>', "KML"),
        (b"<kml><Placemark></kml>", "KML"),
        (b"name,size\na,b\n", "coordinates|holds text"),
    ],
)
@pytest.mark.parametrize("suffix", [".shp", ".geojson", ".gpkg", ".csv", ".kml"])
def test_what_a_file_is_called_does_not_matter(tmp_path, content, told, suffix):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    if told is None:
        assert len(read_table(path)) == 0
        return
    with pytest.raises(FileError, match=told):
        read_table(path)


@pytest.mark.parametrize("suffix", [".shp", ".gpkg", ".parquet", ".zip", ".SHP"])
def test_a_text_under_the_name_of_another_format_is_no_table(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    with pytest.raises(FileError, match=rf"is called {suffix}, but holds text"):
        read_table(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileError, match=r"nowhere\.shp: there is no such file"):
        read_table(tmp_path / "nowhere.shp")


def test_kml_keeps_every_folder_and_chinese_field_names(tmp_path):
    path = tmp_path / "a.kml"
    path.write_text(
        """<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>
        <Folder><name>一</name><Placemark><name>甲</name><ExtendedData><Data name="建设性质"><value>新建</value></Data>
        </ExtendedData><Point><coordinates>107.4,29.7,200</coordinates></Point></Placemark></Folder>
        <Folder><name>二</name><Placemark><name>乙</name><Polygon><outerBoundaryIs><LinearRing><coordinates>
        107,29 107.1,29 107.1,29.1 107,29.1 107,29</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>
        <Placemark><name>丙</name><Point><coordinates>somewhere</coordinates></Point></Placemark>
        <Placemark><name>丁</name></Placemark></Folder></Document></kml>""",
        "utf-8",
    )
    table = read_table(path)
    assert list(table.columns["name"]) == ["甲", "乙", "丙", "丁"]
    assert list(table.columns["建设性质"]) == ["新建", None, None, None]
    assert table.geometry[0].equals(Point(107.4, 29.7))
    assert table.geometry[1].area == pytest.approx(0.01)
    assert table.geometry[2] is None
    assert "somewhere" in table.unread[2]
    assert table.geometry[3] is None


def test_describe_tells_every_layer_with_its_fields(frame, tmp_path):
    path = write(frame, tmp_path / "a.gpkg", layer="点")
    write(frame.iloc[:1], path, layer="面", append=True)
    found = describe(path)
    assert [(layer.name, layer.count) for layer in found.layers] == [("点", 3), ("面", 1)]
    assert list(found.layers[0].fields) == ["编号", "名称", "吨位", "户数"]
    assert found.layers[0].fields["吨位"] == "float"
    assert found.layers[0].geometry_types == ("Point",)


def test_describe_says_why_it_reads_a_shapefile_as_it_does(frame, tmp_path):
    path = write(frame, tmp_path / "a.shp", encoding="gb18030")
    (tmp_path / "a.prj").unlink()
    (layer,) = describe(path).layers
    assert layer.encoding == "gb18030"
    assert layer.fields["名称"].startswith("str")
    assert layer.crs is None


@pytest.mark.parametrize("noted", [0, 1, 3, 1_000_000, None])
def test_a_geopackage_gives_all_rows_whatever_it_notes_of_their_number(frame, tmp_path, monkeypatch, noted):
    monkeypatch.setattr(ogr, "_SMALL", 2)
    path = write(pd.concat([frame, frame], ignore_index=True), tmp_path / "a.gpkg")
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE gpkg_ogr_contents SET feature_count = ?", (noted,))
        database.commit()
    table = read_table(path)
    assert len(table) == 2 * len(frame)
    assert sum(map(len, open_table(path).batches(1))) == 2 * len(frame)


def test_a_small_layer_comes_in_pieces_of_the_size_asked(frame, tmp_path):
    path = write(frame, tmp_path / "a.gpkg")
    whole, pieces = read_table(path), list(open_table(path).batches(1))
    assert [len(piece) for piece in pieces] == [1] * len(frame)
    assert [piece.geometry[0] for piece in pieces] == list(whole.geometry)
    bare = next(open_table(path).batches(10, columns=(), geometry=False))
    assert len(bare) == len(frame)
    assert bare.arrow.column_names == []


def test_a_column_of_few_words_says_what_a_column_of_many_says():
    given = [" a ", "b\u3000", None, "", "  ", "涪陵"] * 200
    assert as_text(pa.chunked_array([given])).tolist() == ["a", "b", "", "", "", "涪陵"] * 200
    many = [f" {i} " for i in range(600)]
    assert as_text(pa.chunked_array([many[:300], many[300:]])).tolist() == [str(i) for i in range(600)]
