"""Formats that come from phones, web maps and other programs, each made here: rows, names, places, or one sentence."""

from __future__ import annotations

import json
import os
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely

from fuling_gis import crs
from fuling_gis.errors import FileError
from fuling_gis.readers import open_table, read_table
from fuling_gis.readers.describe import describe
from fuling_gis.readers.sniff import sniff

# Two plots near Baitao.
PLOTS = [shapely.box(107.40, 29.70, 107.41, 29.71), shapely.box(107.42, 29.70, 107.43, 29.71)]
NAMES = ["白涛一号", "白涛二号"]
KML = (
    '<?xml version="1.0" encoding="{declared}"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
    "<Folder><name>奥维</name><Placemark><name>白涛一号</name>{more}<Point><coordinates>107.4,29.7,0</coordinates>"
    "</Point></Placemark></Folder></Document></kml>"
)


@pytest.fixture
def frame():
    return gpd.GeoDataFrame({"bh": ["A", "B"], "mc": NAMES}, geometry=PLOTS, crs=4490)


def write(frame, path, **options):
    pyogrio.write_dataframe(frame, path, **options)
    return path


def zipped(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def feature(name, shape=PLOTS[0]):
    geometry = json.loads(shapely.to_geojson(shape))
    return json.dumps({"type": "Feature", "properties": {"名称": name}, "geometry": geometry}, ensure_ascii=False)


# FlatGeobuf


def test_flatgeobuf_is_known_by_its_first_bytes(frame, tmp_path):
    path = write(frame, tmp_path / "a.fgb", driver="FlatGeobuf")
    path = path.rename(tmp_path / "a.bin")
    table = read_table(path)
    assert (sniff(path), table.driver, crs.name(table.crs)) == ("fgb", "FlatGeobuf", "EPSG:4490")
    # Its index puts the rows in an order of its own.
    assert sorted(table.text("mc")) == sorted(NAMES)


def test_a_cut_flatgeobuf_is_refused(frame, tmp_path):
    path = write(frame, tmp_path / "a.fgb", driver="FlatGeobuf")
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(FileError, match=r"a\.fgb"):
        read_table(path)


def test_a_flatgeobuf_whose_rows_lack_geometries_is_read(tmp_path):
    # GDAL's own way to give rows of such a file in columns ends the process.
    mixed = gpd.GeoDataFrame({"bh": ["A", "B", "C"]}, geometry=[PLOTS[0], None, PLOTS[1]], crs=4490)
    path = write(mixed, tmp_path / "a.fgb", driver="FlatGeobuf", SPATIAL_INDEX="NO", geometry_type="Polygon")
    table = read_table(path)
    assert table.text("bh").tolist() == ["A", "B", "C"]
    assert shapely.is_missing(table.geometry).tolist() == [False, True, False]


def test_a_flatgeobuf_that_does_not_count_its_rows_is_read_whole_or_not_at_all(frame, tmp_path):
    path = write(frame, tmp_path / "a.fgb", driver="FlatGeobuf", SPATIAL_INDEX="NO")
    raw = bytearray(path.read_bytes())
    # The number of rows, two in eight bytes, stands in the head once.
    head = 12 + int.from_bytes(raw[8:12], "little")
    assert raw.count((2).to_bytes(8, "little"), 0, head) == 1
    at = raw.index((2).to_bytes(8, "little"), 0, head)
    raw[at : at + 8] = bytes(8)
    path.write_bytes(raw)
    assert pyogrio.read_info(path, force_feature_count=False)["features"] == -1
    assert len(read_table(path)) == 2
    for left in (len(raw) - 1, len(raw) - 200, head + 2):
        path.write_bytes(raw[:left])
        with pytest.raises(FileError, match="cut off inside its last row"):
            read_table(path)


# GeoJSON


def test_a_feature_that_is_too_large_for_geojson_is_told_so_without_words_of_a_library(tmp_path):
    ring = shapely.segmentize(shapely.box(107.40, 29.70, 107.41, 29.71), 1e-6)
    path = tmp_path / "a.geojson"
    path.write_text(f'{{"type": "FeatureCollection", "features": [{feature("甲", ring)}]}}', "utf-8")
    assert len(read_table(path)) == 1
    # A megabyte and not the usual 200: forty thousand vertices are too many already.
    pyogrio.set_gdal_config_options({"OGR_GEOJSON_MAX_OBJ_SIZE": 1})
    try:
        again = path.rename(tmp_path / "b.geojson")
        with pytest.raises(FileError, match="too many vertices") as caught:
            read_table(again)
    finally:
        pyogrio.set_gdal_config_options({"OGR_GEOJSON_MAX_OBJ_SIZE": None})
    assert "OGR_" not in str(caught.value)


# GeoJSON as a sequence


@pytest.mark.parametrize(("before", "after"), [("", "\n"), ("", "\r\n\r\n"), ("\x1e", "\n"), ("\x1e", "")])
@pytest.mark.parametrize("name", ["a.geojsonl", "a.geojsons", "a.json", "a.txt"])
def test_a_sequence_of_features_is_read_whatever_parts_them(tmp_path, before, after, name):
    (tmp_path / name).write_text("".join(before + feature(text) + after for text in NAMES), "utf-8", newline="")
    table = read_table(tmp_path / name)
    assert table.driver == "GeoJSONSeq"
    assert table.text("名称").tolist() == NAMES
    assert table.geometry[0].equals(PLOTS[0])


@pytest.mark.parametrize("broken", ['{"type": "Feature", "geometry"', '{"type": "Point", "coordinates": [1, 2', "word"])
def test_a_broken_line_of_a_sequence_is_named_and_no_site_is_lost_unsaid(tmp_path, broken):
    path = tmp_path / "a.geojsonl"
    path.write_text("\n".join([feature("甲"), broken, feature("乙")]), "utf-8")
    with pytest.raises(FileError, match="record 2"):
        read_table(path)


# Boundaries of DataV


def test_boundaries_of_datav_are_said_to_be_shifted(tmp_path):
    properties = {"adcode": 500102, "name": "涪陵区", "center": [107.394905, 29.703652], "level": "district"}
    geometry = {"type": "MultiPolygon", "coordinates": [[[[107.3, 29.6], [107.5, 29.6], [107.5, 29.8], [107.3, 29.6]]]]}
    found = {"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": properties, "geometry": geometry}]}  # fmt: skip
    (tmp_path / "a.json").write_text(json.dumps(found), "utf-8")
    source = open_table(tmp_path / "a.json")
    assert any("GCJ-02" in entry["en"] and "--crs gcj02" in entry["en"] for entry in source.notes)
    assert source.read().text("name").tolist() == ["涪陵区"]


def test_other_geojson_with_a_code_is_not_said_to_be_shifted(tmp_path):
    (tmp_path / "a.json").write_text(feature("甲").replace("名称", "adcode"), "utf-8")
    assert open_table(tmp_path / "a.json").notes == ()


# KML of phone maps


@pytest.mark.parametrize(("declared", "encoding"), [("UTF-8", "utf-8"), ("UTF-8", "gb18030"), ("GBK", "gb18030"),
                                                    ("gb2312", "gb18030"), ("UTF-16", "utf-16")])  # fmt: skip
@pytest.mark.parametrize("name", ["a.ovkml", "a.kml"])
def test_kml_in_any_encoding_is_read_whatever_it_declares(tmp_path, declared, encoding, name):
    (tmp_path / name).write_bytes(KML.format(declared=declared, more="").encode(encoding))
    table = read_table(tmp_path / name)
    assert (table.driver, table.encoding) == ("KML", encoding)
    assert table.text("name").tolist() == ["白涛一号"]
    assert table.geometry[0].equals(shapely.Point(107.4, 29.7))


def test_elements_of_a_phone_maps_own_are_passed_over_declared_or_not(tmp_path):
    more = '<gx:balloonVisibility>1</gx:balloonVisibility><OvStyle><Id>7</Id></OvStyle><ov:a ov:b="1"/>'
    (tmp_path / "a.ovkml").write_text(KML.format(declared="UTF-8", more=more), "utf-8")
    assert read_table(tmp_path / "a.ovkml").text("name").tolist() == ["白涛一号"]


def test_entities_are_refused_in_any_encoding(tmp_path):
    evil = '<!DOCTYPE kml [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
    for encoding in ("utf-8", "gb18030", "utf-16"):
        text = KML.format(declared=encoding, more="").replace("?>\n", f"?>\n{evil}").replace("白涛一号", "白涛&a;")
        (tmp_path / "a.kml").write_bytes(text.encode(encoding))
        with pytest.raises(FileError, match="cannot be read as KML"):
            read_table(tmp_path / "a.kml")


def test_a_pointer_to_other_files_is_seen_in_utf16_too(tmp_path):
    (tmp_path / "a.csv").write_bytes("<OGRVRTDataSource></OGRVRTDataSource>".encode("utf-16"))
    with pytest.raises(FileError, match="points to"):
        read_table(tmp_path / "a.csv")


# MapInfo

MIF = """\
Version 300
Charset "{charset}"
Delimiter ","
CoordSys Earth Projection 1, 104
Columns 1
  名称 Char(40)
Data

Point 107.4 29.7
"""


@pytest.mark.parametrize("charset", ["Neutral", "WindowsSimpChinese", "WindowsLatin1", "UTF-8", "NoSuchThing"])
@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_of_mapinfo_text_the_bytes_decide_and_not_the_character_set(tmp_path, charset, encoding):
    (tmp_path / "a.mif").write_bytes(MIF.format(charset=charset).encode(encoding))
    (tmp_path / "a.mid").write_bytes('"白涛化工园"\n'.encode(encoding))
    table = read_table(tmp_path / "a.mif")
    assert table.text("名称").tolist() == ["白涛化工园"]
    assert table.encoding == encoding


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_mapinfo_tables_in_chinese_are_read(frame, tmp_path, encoding):
    table = read_table(write(frame, tmp_path / "a.tab", driver="MapInfo File", encoding=encoding))
    assert table.driver == "MapInfo File"
    assert table.text("mc").tolist() == NAMES
    assert table.geometry[0].equals_exact(PLOTS[0], 1e-6) or table.geometry[0].equals(PLOTS[0])


def test_a_missing_part_of_a_mapinfo_file_is_named(frame, tmp_path):
    write(frame, tmp_path / "a.tab", driver="MapInfo File", encoding="utf-8")
    (tmp_path / "a.dat").unlink()
    with pytest.raises(FileError, match=r"a\.dat"):
        read_table(tmp_path / "a.tab")


# Damage that a library passes over


def many(path, **options):
    """Write 3000 points near Baitao, enough for a file of many pages."""
    places = shapely.points(107.4 + np.arange(3000) * 1e-5, np.full(3000, 29.7))
    write(gpd.GeoDataFrame({"bh": np.arange(3000).astype(str)}, geometry=places, crs=4490), path, **options)
    return path


def test_a_geodatabase_that_lacks_rows_is_refused_and_not_read_in_part(tmp_path):
    path = many(tmp_path / "a.gdb", driver="OpenFileGDB")
    assert len(read_table(path)) == 3000
    table = path / "a00000009.gdbtable"
    table.write_bytes(table.read_bytes()[:40_000])
    with pytest.raises(FileError, match="should have 3000 rows"):
        read_table(path)


@pytest.mark.parametrize(("part", "left"), [("gdbtablx", 8000), ("gdbtablx", 10), ("gdbtablx", 0), ("gdbtable", 0)])
def test_a_geodatabase_with_a_cut_table_is_no_empty_layer(tmp_path, part, left):
    path = many(tmp_path / "a.gdb", driver="OpenFileGDB")
    table = path / f"a00000009.{part}"
    table.write_bytes(table.read_bytes()[:left])
    for read in (read_table, describe):
        with pytest.raises(FileError, match=rf"a00000009\.{part} in it is cut off"):
            read(path)


def test_the_layers_of_a_geodatabase_are_listed_again_when_a_file_in_it_changed(frame, tmp_path):
    path = write(frame, tmp_path / "a.gdb", driver="OpenFileGDB", layer="one")
    other = write(frame, tmp_path / "b.gdb", driver="OpenFileGDB", layer="two")
    assert [layer.name for layer in describe(path).layers] == ["one"]
    state = path.stat()
    for part in path.iterdir():
        part.write_bytes((other / part.name).read_bytes())
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert [layer.name for layer in describe(path).layers] == ["two"]


@pytest.mark.parametrize("rows", [3000, 30_000])
def test_a_geopackage_with_a_lost_page_is_refused_and_not_read_in_part(tmp_path, rows):
    # Small layers are read at once, large ones in pieces.
    path = tmp_path / "a.gpkg"
    places = shapely.points(np.full(rows, 107.4), 29.7 + np.arange(rows) * 1e-6)
    write(gpd.GeoDataFrame({"bh": np.arange(rows).astype(str)}, geometry=places, crs=4490), path)
    assert len(read_table(path)) == rows
    with closing(sqlite3.connect(path)) as database:
        pages = [one for (one,) in database.execute("SELECT pageno FROM dbstat WHERE name = 'a' AND pagetype = 'leaf'")]
        size = database.execute("PRAGMA page_size").fetchone()[0]
    raw = bytearray(path.read_bytes())
    raw[(pages[20] - 1) * size : pages[20] * size] = bytes(size)
    path.write_bytes(raw)
    with pytest.raises(FileError, match="malformed"):
        read_table(path)


@pytest.mark.parametrize("noted", [2, 5, None])
def test_what_a_program_noted_of_the_rows_of_a_geopackage_may_be_old(frame, tmp_path, noted):
    path = write(gpd.GeoDataFrame(pd.concat([frame, frame[:1]])), tmp_path / "a.gpkg")
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE gpkg_ogr_contents SET feature_count = ?", (noted,))
        database.commit()
    assert len(read_table(path)) == 3


def test_a_mapinfo_text_with_fewer_places_than_records_is_refused(tmp_path):
    path = many(tmp_path / "a.mif", driver="MapInfo File")
    assert len(read_table(path)) == 3000
    raw = path.read_bytes()
    path.write_bytes(raw[: raw.rindex(b"Point", 0, len(raw) // 2)])
    with pytest.raises(FileError, match="should have 3000 rows"):
        read_table(path)


def test_a_line_break_inside_quotes_is_no_further_record_of_a_mapinfo_text(tmp_path):
    head = 'Version 300\nCharset "Neutral"\nDelimiter ","\nColumns 1\n  a Char(40)\nData\n\nPoint 107.4 29.7\n'
    (tmp_path / "a.mif").write_text(head, "utf-8")
    (tmp_path / "a.mid").write_text('"one\ntwo"\n\n', "utf-8")
    assert len(read_table(tmp_path / "a.mif")) == 1


# Several layers, several sets


def test_a_geodatabase_with_several_feature_classes_asks_which(frame, tmp_path):
    write(frame, tmp_path / "a.gdb", driver="OpenFileGDB", layer="地块")
    write(frame[:1], tmp_path / "a.gdb", driver="OpenFileGDB", layer="道路", append=True)
    with pytest.raises(FileError, match=r"'地块', '道路'"):
        read_table(tmp_path / "a.gdb")
    assert len(read_table(tmp_path / "a.gdb", layer="道路")) == 1
    assert [layer.name for layer in describe(tmp_path / "a.gdb").layers] == ["地块", "道路"]


def shapes_in(archive, frame, folder, name):
    write(frame, folder / "part.shp", encoding="gb18030")
    for suffix in (".shp", ".shx", ".dbf", ".prj"):
        archive.write(folder / f"part{suffix}", f"{name}{suffix}")


def test_shapefiles_of_one_name_in_two_folders_are_told_apart(frame, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        shapes_in(archive, frame, tmp_path, "白涛/地块")
        shapes_in(archive, frame[:1], tmp_path, "李渡/地块")
    with pytest.raises(FileError, match=r"白涛/地块\.shp.*李渡/地块\.shp"):
        read_table(tmp_path / "a.zip")
    assert len(read_table(tmp_path / "a.zip", layer="李渡/地块.shp")) == 1


def test_a_zip_in_a_zip_is_unpacked_and_its_sets_have_names(frame, tmp_path):
    with zipfile.ZipFile(tmp_path / "inner.zip", "w") as archive:
        shapes_in(archive, frame, tmp_path, "甲")
        shapes_in(archive, frame[:1], tmp_path, "乙")
    outer = zipped(tmp_path / "outer.zip", **{"附件/图件.zip": (tmp_path / "inner.zip").read_bytes()})
    with pytest.raises(FileError, match="'甲', '乙'"):
        read_table(outer)
    assert len(read_table(outer, layer="乙")) == 1
    assert len(read_table(outer, layer="图件/甲")) == 2


def test_zips_in_zips_end_somewhere(tmp_path):
    inner = zipped(tmp_path / "0.zip", **{"a.csv": "site_id,lon,lat\n1,107.4,29.7\n"})
    for level in range(1, 6):
        inner = zipped(tmp_path / f"{level}.zip", **{"inner.zip": inner.read_bytes()})
    assert len(read_table(tmp_path / "2.zip")) == 1
    with pytest.raises(FileError, match="too deep"):
        read_table(tmp_path / "5.zip")


def test_a_geodatabase_a_mapinfo_table_and_others_are_read_from_a_zip(frame, tmp_path):
    write(frame, tmp_path / "a.gdb", driver="OpenFileGDB")
    write(frame, tmp_path / "b.tab", driver="MapInfo File", encoding="gb18030")
    write(frame, tmp_path / "c.fgb", driver="FlatGeobuf")
    groups = {
        "gdb": sorted((tmp_path / "a.gdb").iterdir()),
        "tab": sorted(tmp_path.glob("b.*")),
        "fgb": [tmp_path / "c.fgb"],
    }
    for kind, parts in groups.items():
        with zipfile.ZipFile(tmp_path / f"{kind}.zip", "w") as archive:
            for part in parts:
                archive.write(part, part.relative_to(tmp_path))
        assert sorted(read_table(tmp_path / f"{kind}.zip").text("mc")) == sorted(NAMES)


def test_a_fault_inside_a_zip_speaks_of_the_zip(tmp_path):
    path = zipped(tmp_path / "a.zip", **{"内/b.geojson": b'{"type": "FeatureCollection", "features": [1'})
    with pytest.raises(FileError) as told:
        read_table(path)
    for text in told.value.words.values():
        assert text.startswith(f"{path}::b")
        assert "fuling-gis-" not in text


# Corners of plots in rows

CORNERS = [(0, 0), (200, 0), (200, 100), (0, 100)]
HOLE = [(50, 25), (150, 25), (150, 75), (50, 75)]


def rows(plots, *, closed=False):
    """Give rows of plot, ring, point, northing and easting."""
    out = []
    for name, rings in plots.items():
        for number, ring in enumerate(rings, 1):
            points = [*ring, ring[0]] if closed else ring
            out += [
                [name, number, f"J{k % len(ring) + 1}", 3_280_000 + y, 36_448_000 + x]
                for k, (x, y) in enumerate(points)
            ]
    return out


def csv(path, head, lines):
    path.write_text("\n".join(",".join(map(str, line)) for line in [head, *lines]) + "\n", "utf-8")
    return path


HEAD = ["地块编号", "圈号", "界址点号", "X", "Y"]
EAST = [(x + 500, y) for x, y in CORNERS]


@pytest.mark.parametrize("closed", [False, True])
def test_corners_in_rows_become_plots_with_their_holes(tmp_path, closed):
    table = read_table(csv(tmp_path / "a.csv", HEAD, rows({"甲": [CORNERS, HOLE], "乙": [EAST]}, closed=closed)))
    assert table.text("地块编号").tolist() == ["甲", "乙"]
    # 200 x 100 less 100 x 50, and 200 x 100.
    assert shapely.area(table.geometry).tolist() == [15_000.0, 20_000.0]
    assert table.geometry[1].bounds == (36_448_500.0, 3_280_000.0, 36_448_700.0, 3_280_100.0)
    assert any("corners of 2 plots" in entry["en"] for entry in table.notes)


def test_a_workbook_with_merged_cells_names_each_plot_once(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["界址点成果表"])
    sheet.append(["项目名称", "项目类型", "点号", "X坐标(m)", "Y坐标(m)"])
    for name, corners in (("甲厂", CORNERS), ("乙厂", EAST)):
        for k, (x, y) in enumerate(corners):
            sheet.append([name if k == 0 else None, "化工" if k == 0 else None, k + 1, 3_280_000 + y, 36_448_000 + x])
    book.save(tmp_path / "a.xlsx")
    table = read_table(tmp_path / "a.xlsx")
    assert table.text("项目名称").tolist() == ["甲厂", "乙厂"]
    assert table.text("项目类型").tolist() == ["化工", "化工"]
    assert shapely.area(table.geometry).tolist() == [20_000.0, 20_000.0]


def test_without_a_column_of_plots_one_begins_where_points_are_counted_anew(tmp_path):
    lines = [row[2:] for row in rows({"甲": [CORNERS], "乙": [EAST]}, closed=True)]
    table = read_table(csv(tmp_path / "a.csv", HEAD[2:], lines))
    assert shapely.area(table.geometry).tolist() == [20_000.0, 20_000.0]


def test_a_plot_with_an_unreadable_corner_is_rejected_whole(tmp_path):
    lines = rows({"甲": [CORNERS], "乙": [EAST]})
    lines[2][3] = "缺"
    table = read_table(csv(tmp_path / "a.csv", HEAD, lines))
    assert [shape is None for shape in table.geometry] == [True, False]
    assert "缺" in table.unread[0]


@pytest.mark.parametrize("head", [["编号", "名称", "点号", "X", "Y"], ["地块编号", "名称", "点号", "X", "Y"]])
def test_rows_that_each_have_a_name_of_their_own_stay_points(tmp_path, head):
    lines = [[f"S{k}", "监测点", k, 3_280_000 + y, 36_448_000 + x] for k, (x, y) in enumerate(CORNERS)]
    table = read_table(csv(tmp_path / "a.csv", head, lines))
    assert [shape.geom_type for shape in table.geometry] == ["Point"] * 4


def test_a_plot_of_two_corners_does_not_make_points_of_the_others(tmp_path):
    table = read_table(csv(tmp_path / "a.csv", HEAD, rows({"甲": [CORNERS], "乙": [EAST[:2]], "丙": [EAST]})))
    assert table.text("地块编号").tolist() == ["甲", "乙", "丙"]
    assert [shape is None for shape in table.geometry] == [False, True, False]
    assert shapely.area(table.geometry[[0, 2]]).tolist() == [20_000.0, 20_000.0]


def test_corners_in_rows_that_are_out_of_order_are_points_and_that_is_told(tmp_path):
    lines = sorted(rows({"甲": [CORNERS], "乙": [EAST]}), key=lambda line: line[2])
    table = read_table(csv(tmp_path / "a.csv", HEAD, lines))
    assert [shape.geom_type for shape in table.geometry] == ["Point"] * 8
    assert sum("no ground between them is judged" in entry["en"] for entry in table.notes) == 1
    # A column of points that need not be corners says nothing.
    table = read_table(csv(tmp_path / "b.csv", [*HEAD[:2], "点号", *HEAD[3:]], lines))
    assert not any("ground between" in entry["en"] for entry in table.notes)


def test_a_track_beside_a_point_is_not_left_out_in_silence(tmp_path):
    point = "<Point><coordinates>107.4,29.7</coordinates></Point>"
    marks = [
        f"<MultiGeometry><Track/>{point}</MultiGeometry>",
        f'{point}<gx:MultiTrack xmlns:gx="x"/>',
        f"<MultiGeometry><Model/>{point}</MultiGeometry>",
        point,
    ]
    inside = "".join(f"<Placemark>{mark}</Placemark>" for mark in marks)
    path = tmp_path / "a.kml"
    path.write_text(f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{inside}</Document></kml>', "utf-8")
    table = read_table(path)
    # A model is a picture of a building; a track is where somebody went.
    assert [shape is None for shape in table.geometry] == [True, True, False, False]
    assert table.unread == {0: "geometry='Track'", 1: "geometry='MultiTrack'"}


def test_the_formats_page_names_every_format_that_is_recognised():
    page = (Path(__file__).parents[1] / "docs" / "readers.md").read_text("utf-8")
    for word in ("FlatGeobuf", "GeoJSONSeq", "DataV", "ovkml", "MapInfo", "zip in a zip", "corners"):
        assert word in page


def test_numbers_in_a_mapinfo_table_are_no_text_of_an_unknown_encoding(tmp_path):
    frame = gpd.GeoDataFrame(
        {"mc": NAMES, "whole": [1_234_567, -2], "part": [0.1, -1.5e300], "short": np.array([129, 255], np.int16)},
        geometry=PLOTS,
        crs="EPSG:4490",
    )
    pyogrio.write_dataframe(frame, tmp_path / "a.tab", driver="MapInfo File", encoding="utf-8")
    table = read_table(tmp_path / "a.tab")
    assert table.text("mc").tolist() == NAMES
    assert [list(table.columns[name]) for name in ("whole", "part", "short")] == [
        [1_234_567, -2], [0.1, -1.5e300], [129, 255],
    ]  # fmt: skip


def test_the_outline_of_a_kml_area_may_stand_behind_its_hole(tmp_path):
    def ring(kind, low, high):
        corners = f"{low},{low - 78} {high},{low - 78} {high},{high - 78} {low},{high - 78} {low},{low - 78}"
        return f"<{kind}><LinearRing><coordinates>{corners}</coordinates></LinearRing></{kind}>"

    area = ring("innerBoundaryIs", 107.25, 107.75) + ring("outerBoundaryIs", 107.0, 108.0)
    text = f"<kml><Document><Placemark><Polygon>{area}</Polygon></Placemark></Document></kml>"
    (tmp_path / "a.kml").write_text(text)
    shape = read_table(tmp_path / "a.kml").geometry[0]
    assert shape.is_valid
    # A square of one degree without one of half a degree.
    assert shape.area == pytest.approx(0.75)


@pytest.mark.parametrize("written", ["107.40, 29.70, 0", " 107.40 ,29.70 "])
def test_blanks_beside_the_commas_of_kml_are_no_fault(tmp_path, written):
    text = f"<kml><Placemark><Point><coordinates>{written}</coordinates></Point></Placemark></kml>"
    (tmp_path / "a.kml").write_text(text)
    assert read_table(tmp_path / "a.kml").geometry[0].wkt == "POINT (107.4 29.7)"


def test_coordinates_of_kml_that_are_no_numbers_are_told_as_they_stand(tmp_path):
    text = "<kml><Placemark><Point><coordinates>east,29.70</coordinates></Point></Placemark></kml>"
    (tmp_path / "a.kml").write_text(text)
    assert read_table(tmp_path / "a.kml").unread[0] == "coordinates='east,29.70'"


def test_rows_that_a_shapefile_marks_as_deleted_are_told(tmp_path):
    frame = gpd.GeoDataFrame({"mc": ["a", "b", "c"]}, geometry=gpd.points_from_xy([107.4, 107.5, 107.6], [29.7] * 3))
    pyogrio.write_dataframe(frame.set_crs(4490), tmp_path / "a.shp", encoding="utf-8")
    raw = bytearray((tmp_path / "a.dbf").read_bytes())
    head, width = int.from_bytes(raw[8:10], "little"), int.from_bytes(raw[10:12], "little")
    raw[head + width] = ord("*")
    (tmp_path / "a.dbf").write_bytes(raw)
    source = open_table(tmp_path / "a.shp")
    assert source.count == 2
    assert source.read().text("mc").tolist() == ["a", "c"]
    assert any("1 rows are marked as deleted in a.dbf" in said["en"] for said in source.notes)


def test_a_geojson_that_names_its_system_is_not_said_to_have_it_by_the_standard(tmp_path):
    system = {"type": "name", "properties": {"name": "EPSG:4545"}}
    value = {"type": "Point", "coordinates": [448000, 3280000], "crs": system}
    (tmp_path / "a.geojson").write_text(json.dumps(value))
    source = open_table(tmp_path / "a.geojson")
    assert source.crs.to_epsg() == 4545
    assert source.crs_why["en"] == "the file says EPSG:4545"


def test_a_heading_of_two_rows_names_the_columns_of_both(tmp_path):
    book = openpyxl.Workbook()
    rows = [["项目表"], ["填报单位", "某公司"], ["编号", "项目名称", "坐标", "", "备注"], ["", "", "经度", "纬度"]]
    for row in [*rows, ["1", "甲厂", 107.4, 29.7, "x"]]:
        book.active.append(row)
    book.active.merge_cells("C3:D3")
    book.save(tmp_path / "a.xlsx")
    source = open_table(tmp_path / "a.xlsx")
    assert source.fields == ("编号", "项目名称", "经度", "纬度", "备注")
    assert source.read().text("项目名称").tolist() == ["甲厂"]


def test_a_title_above_the_names_names_no_column(tmp_path):
    book = openpyxl.Workbook()
    for row in [["项目表"], ["", "名称", "经度", "纬度"], ["1", "甲厂", 107.4, 29.7]]:
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    assert "项目表" not in open_table(tmp_path / "a.xlsx").fields


def test_an_outline_of_geojson_that_is_not_closed_is_closed(tmp_path):
    corners = [[107, 29], [108, 29], [108, 30], [107, 30]]
    rows = [[corners], [corners[:3]], [[*corners, corners[0]]], [corners[:2]]]
    made = [{"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": row}} for row in rows]
    (tmp_path / "a.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": made}))
    shapes = read_table(tmp_path / "a.geojson").geometry
    # A square of a degree, half of it, the square again, and an edge that is no area.
    assert [0.0 if shape is None else shape.area for shape in shapes] == [1.0, 0.5, 1.0, 0.0]


@pytest.mark.parametrize(
    "text", ['[{"type":"Feature","properties":{},"geometry":null}]', '[\n {"lon": 107.4, "lat": 29.7}]', "[]"]
)
def test_a_bare_list_in_json_is_refused_with_the_mend(tmp_path, text):
    (tmp_path / "a.geojson").write_text(text)
    with pytest.raises(FileError, match="FeatureCollection"):
        read_table(tmp_path / "a.geojson")


def drawn(kind, coordinates, **columns):
    return {"type": "Feature", "properties": columns, "geometry": {"type": kind, "coordinates": coordinates}}


@pytest.mark.parametrize("lines", [False, True])
def test_a_geometry_of_no_kind_of_geojson_is_told_by_its_name(tmp_path, lines):
    sound = drawn("Point", [107.4, 29.7], type="Circle")
    none = {"type": "Feature", "properties": {}, "geometry": None}
    features = [
        sound,
        drawn("Circle", [107.4, 29.7]),
        none,
        drawn("Sphere", [[107, 29]]),
    ]
    texts = [json.dumps(one) for one in features]
    path = tmp_path / ("a.geojsonl" if lines else "a.geojson")
    path.write_text("\n".join(texts) if lines else f'{{"type":"FeatureCollection","features":[{",".join(texts)}]}}')
    table = read_table(path)
    assert len(table) == 4
    assert dict(table.unread) == {1: "geometry='Circle'", 3: "geometry='Sphere'"}
    # Row by row, too.
    assert [dict(piece.unread) for piece in open_table(path).batches(1)] == [
        {}, {0: "geometry='Circle'"}, {}, {0: "geometry='Sphere'"},
    ]  # fmt: skip


def test_a_track_of_kml_is_told_as_what_it_is(tmp_path):
    text = "<kml xmlns:gx='urn:gx'><Placemark><gx:Track><gx:coord>107.4 29.7 0</gx:coord></gx:Track></Placemark></kml>"
    (tmp_path / "a.kml").write_text(text)
    assert read_table(tmp_path / "a.kml").unread[0] == "geometry='Track'"


def placemark(name, more=""):
    return f"<Placemark><name>{name}</name>{more}<Point><coordinates>107.4,29.7</coordinates></Point></Placemark>"


def test_the_folders_of_kml_become_a_column_where_there_are_several(tmp_path):
    inner = f"<Folder><name>二期</name>{placemark('b')}</Folder>"
    outer = f"<Folder><name>白涛</name>{placemark('a')}{inner}{placemark('c')}</Folder>"
    (tmp_path / "a.kml").write_text(f"<kml><Document>{outer}{placemark('d')}</Document></kml>", "utf-8")
    table = read_table(tmp_path / "a.kml")
    assert list(table.columns["folder"]) == ["白涛", "白涛/二期", "白涛", None]
    (tmp_path / "a.kml").write_text(f"<kml><Folder><name>白涛</name>{placemark('a')}</Folder></kml>", "utf-8")
    assert "folder" not in read_table(tmp_path / "a.kml").columns


def test_a_column_of_the_files_own_that_is_called_folder_is_kept(tmp_path):
    own = '<ExtendedData><Data name="folder"><value>own</value></Data></ExtendedData>'
    folders = "".join(f"<Folder><name>{name}</name>{placemark(name, own)}</Folder>" for name in "ab")
    (tmp_path / "a.kml").write_text(f"<kml>{folders}</kml>")
    table = read_table(tmp_path / "a.kml")
    assert (list(table.columns["folder"]), list(table.columns["kml_folder"])) == (["own", "own"], ["a", "b"])
