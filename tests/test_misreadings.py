"""Files that could be read at another place than they mean, or a site less: each is read rightly, refused or told."""

from __future__ import annotations

import json
import math
import time
import zipfile

import geopandas as gpd
import openpyxl
import pyproj
import pytest
import shapely

import fuling_gis as fg
from fuling_gis.errors import CrsError, FileError
from fuling_gis.readers import open_table, read_table
from fuling_gis.readers.degrees import parse_degrees
from fuling_gis.readers.describe import describe
from fuling_gis.readers.pairs import Spot, read_line
from fuling_gis.readers.place import plain_name


@pytest.mark.parametrize(
    ("line", "x", "y"),
    [
        ("30 107.4 29.7", 107.4, 29.7),
        ("80 29.7 107.4", 107.4, 29.7),
        ("80,29.7,107.4", 107.4, 29.7),
        ("29.7 107.4 80", 107.4, 29.7),
        ("107.4 29.7 80.5", 107.4, 29.7),
    ],
)
def test_an_ordinal_that_could_be_degrees_is_an_ordinal(line, x, y):
    spot = read_line(line)
    assert spot is not None
    assert (spot.x, spot.y) == (x, y)


def test_a_line_that_may_be_two_places_is_none():
    assert read_line("30 107 29") is None
    assert read_line("1 107 29") == Spot("1", 107.0, 29.0)


def test_a_numbered_list_stays_in_its_place_beyond_the_seventieth_line(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("\n".join(f"{n} 29.7{n:03d} 107.4{n:03d}" for n in range(1, 101)), "utf-8")
    table = read_table(path)
    assert [shape.x for shape in table.geometry] == [float(f"107.4{n:03d}") for n in range(1, 101)]
    assert table.text("name").tolist() == [str(n) for n in range(1, 101)]


def test_the_name_of_a_column_of_endless_brackets_is_looked_at_in_no_time():
    begin = time.perf_counter()
    plain_name("(" * 300_000)
    assert time.perf_counter() - begin < 1.0


@pytest.mark.parametrize("text", ["29.70-29.75", "107.4 29.7", "107.4°30′", "107°30.5′30″"])
def test_minutes_behind_a_fraction_of_a_degree_are_no_place(text):
    assert math.isnan(parse_degrees(text))


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("29.7N", 29.7), ("107.4 E", 107.4), ("E107.4", 107.4), ("北纬29.7", 29.7), ("29.5S", -29.5),
        ("107º30′", 107.5), ("107˚30′", 107.5), ("107°30‘36“", 107.51), ("107°30.5′", 107 + 30.5 / 60),
    ],
)  # fmt: skip
def test_degrees_with_a_letter_or_a_look_alike_sign_are_read(text, degrees):
    assert parse_degrees(text) == pytest.approx(degrees, abs=1e-12)


@pytest.mark.parametrize(
    "text",
    [
        "<kml><Placemark><LineString><coordinates>" + " " * 300_000 + "x</coordinates></LineString></Placemark></kml>",
        "<kml><Document><Placemark/>" + "".join(f"<p{n}:a/>" for n in range(50_000)) + "</Document></kml>",
    ],
)
def test_a_kml_of_endless_blanks_or_prefixes_is_read_in_time(tmp_path, text):
    path = tmp_path / "a.kml"
    path.write_text(text, "utf-8")
    begin = time.perf_counter()
    assert len(read_table(path)) == 1
    assert time.perf_counter() - begin < 5.0


def test_blanks_and_line_ends_beside_the_commas_of_a_kml_do_not_matter(tmp_path):
    path = tmp_path / "a.kml"
    path.write_text(
        "<kml><Placemark><LineString><coordinates>107.4 ,\n\t29.7, 0\n 107.5,29.8 </coordinates></LineString>"
        "</Placemark></kml>",
        "utf-8",
    )
    assert read_table(path).geometry[0].coords[:] == [(107.4, 29.7), (107.5, 29.8)]


HEAD = "[属性描述]\n坐标系=2000国家大地坐标系\n几度分带=3\n带号=36\n[地块坐标]\n4,2.0,1,甲,面,,,,@\n"
CORNERS = [(3_287_000, 448_000), (3_287_000, 448_200), (3_287_100, 448_200), (3_287_100, 448_000)]


def parcel(path, head=HEAD, *, line="J{n},1,{y},{x}"):
    ring = [*CORNERS, CORNERS[0]]
    path.write_text(head + "\n".join(line.format(n=n, y=y, x=x) for n, (y, x) in enumerate(ring)), "utf-8")
    return path


def test_a_corner_with_a_remark_is_a_corner(tmp_path):
    table = read_table(parcel(tmp_path / "a.txt", line="J{n},1,{y},{x},界桩={n}"))
    assert table.geometry[0].area == 20_000


def test_a_corner_that_says_x_and_y_is_not_passed_over(tmp_path):
    # It is read by nobody, but the parcel must not lose a corner without a word.
    path = parcel(tmp_path / "a.txt")
    path.write_text(path.read_text("utf-8").replace("J2,1,3287100,448200", "J2,1,X=3287100,Y=448200"), "utf-8")
    table = read_table(path)
    assert table.geometry[0] is None
    assert "J2" in table.unread[0]


def test_two_heads_of_different_systems_are_told(tmp_path):
    first = HEAD.replace("2000国家大地坐标系", "1980西安坐标系")
    path = parcel(tmp_path / "a.txt", first)
    path.write_text(
        path.read_text("utf-8") + "\n" + HEAD + "J1,1,3288000,448000\nJ2,1,3288000,448100\nJ3,1,3288100,448100\n",
        "utf-8",
    )
    source = open_table(path)
    assert source.crs is None
    assert "坐标系" in source.crs_why["en"]


@pytest.mark.parametrize("said", ["重庆2000独立坐标系", "2000地方坐标系"])
def test_the_grid_of_a_town_is_not_the_national_one(tmp_path, said):
    assert open_table(parcel(tmp_path / "a.txt", HEAD.replace("2000国家大地坐标系", said))).crs is None


@pytest.mark.parametrize(("meridian", "known"), [("105", False), ("108°", True), ("108", True)])
def test_the_central_meridian_must_be_that_of_the_zone(tmp_path, meridian, known):
    source = open_table(parcel(tmp_path / "a.txt", HEAD.replace("带号=36", f"带号=36\n中央子午线={meridian}")))
    assert (source.crs is not None) == known


def test_a_height_behind_degrees_is_no_latitude(tmp_path):
    ring = [(29.70, 107.40), (29.70, 107.41), (29.71, 107.41), (29.70, 107.40)]
    path = tmp_path / "a.txt"
    path.write_text(HEAD + "\n".join(f"J{n},{y},{x},{30 + n}.5" for n, (y, x) in enumerate(ring)), "utf-8")
    assert read_table(path).geometry[0].bounds == (107.40, 29.70, 107.41, 29.71)


def workbook(path, *rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize(
    "rows",
    [
        [["名称", "经度", None, None, "纬度", None, None], [None, "度", "分", "秒", "度", "分", "秒"],
         ["甲", 107, 24, 0, 29, 42, 0]],
        [["名称", "经度", None, "纬度", None], ["甲", 107, 24.5, 29, 42.5]],
    ],
)  # fmt: skip
def test_minutes_behind_the_last_heading_of_a_sheet_are_not_cut_off(tmp_path, rows):
    # Cut off, the site would stand at 107 E 29 N, some 80 km from where it is.
    with pytest.raises(FileError, match="107°23"):
        open_table(workbook(tmp_path / "a.xlsx", *rows))


def test_columns_without_a_heading_are_kept(tmp_path):
    table = read_table(
        workbook(tmp_path / "a.xlsx", ["名称", "经度", "纬度"], ["甲", 107.4, 29.7, "沿江"], ["乙", 107.5, 29.7])
    )
    assert table.text("column_4").tolist() == ["沿江", ""]
    assert table.text("名称").tolist() == ["甲", "乙"]


def test_a_fault_in_a_sheet_is_told_under_the_names_of_the_user(tmp_path):
    path = workbook(tmp_path / "a.xlsx", ["经度", "纬度", "经度", "纬度"], [107.4, 29.7, 107.5, 29.7])
    with pytest.raises(FileError) as told:
        open_table(path)
    assert "sheet.csv" not in str(told.value)
    assert "a.xlsx::Sheet" in str(told.value)


@pytest.mark.parametrize(
    ("heading", "row"),
    [
        ("经度(GCJ-02),纬度(GCJ-02)", "107.4,29.7"),
        ("经度（百度）,纬度（百度）", "107.4,29.7"),
        ("X(西安80),Y(西安80)", "3287000,36448000"),
        ("X(80),Y(80)", "3287000,36448000"),
    ],
)
def test_no_system_is_guessed_against_what_the_heading_says(tmp_path, heading, row):
    path = tmp_path / "a.csv"
    path.write_text(f"编号,{heading}\n1,{row}\n", "utf-8")
    with pytest.raises(CrsError, match="gcj02"):
        fg.read_sites(path, crs="auto")


@pytest.mark.parametrize("heading", ["经度(WGS84),纬度(WGS84)", "经度,纬度", "lon(°),lat(°)"])
def test_other_headings_leave_the_guess_alone(tmp_path, heading):
    path = tmp_path / "a.csv"
    path.write_text(f"编号,{heading}\n1,107.4,29.7\n", "utf-8")
    assert fg.read_sites(path, crs="auto").status.tolist() == ["ok"]


def test_a_prj_that_bears_the_name_of_gcj02_is_not_wgs84(tmp_path):
    path = tmp_path / "a.shp"
    gpd.GeoDataFrame({"ID": ["1"]}, geometry=[shapely.Point(107.4, 29.7)], crs=4326).to_file(path)
    text = path.with_suffix(".prj").read_text("ascii").replace("GCS_WGS_1984", "GCS_GCJ_02")
    path.with_suffix(".prj").write_text(text, "ascii")
    with pytest.raises(CrsError, match="gcj02"):
        fg.read_sites(path)
    assert fg.read_sites(path, crs="gcj02").status.tolist() == ["ok"]


@pytest.mark.parametrize(
    "odd", ["null", '{"properties": {}, "geometry": {"type": "Point", "coordinates": [107.4, 29.7]}}']
)
def test_a_member_of_a_collection_that_a_library_passes_over_is_told(tmp_path, odd):
    path = tmp_path / "a.geojson"
    good = '{"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [107.4, 29.7]}}'
    path.write_text(f'{{"type": "FeatureCollection", "features": [{good}, {odd}, {good}]}}', "utf-8")
    with pytest.raises(FileError, match="2"):
        open_table(path)


def test_a_line_around_a_plot_says_that_its_inside_is_not_judged(tmp_path):
    ring = [(448_000, 3_287_000), (448_200, 3_287_000), (448_200, 3_287_100), (448_000, 3_287_100)]
    ends = {"closed": [ring[0]], "nearly": [(448_000.0005, 3_287_000)], "open": [(448_000, 3_287_050)]}
    path = tmp_path / "a.csv"
    lines = {name: ", ".join(f"{x} {y}" for x, y in (*ring, *end)) for name, end in ends.items()}
    path.write_text("id;wkt\n" + "\n".join(f"{name};LINESTRING({line})" for name, line in lines.items()), "utf-8")
    sites = fg.read_sites(path, crs="EPSG:4545", lang="en")
    assert sites.status.tolist() == ["ok", "ok", "ok"]
    assert ["comes back" in text for text in sites.problem] == [True, True, False]


def test_lines_of_several_parts_around_a_plot_say_it_too(tmp_path):
    ring = "448000 3287000, 448200 3287000, 448200 3287100, 448000 3287100, 448000 3287000"
    parts = {
        "one part": f"(({ring}))",
        "an outline beside a line": f"((448300 3287000, 448400 3287000), ({ring}))",
        "sides that follow one another": "((448000 3287000, 448200 3287000, 448200 3287100), "
        "(448000 3287000, 448000 3287100, 448200 3287100))",
        "sides that do not": "((448000 3287000, 448200 3287000), (448000 3287100, 448200 3287100))",
    }
    path = tmp_path / "a.csv"
    path.write_text("id;wkt\n" + "\n".join(f"{name};MULTILINESTRING{line}" for name, line in parts.items()), "utf-8")
    sites = fg.read_sites(path, crs="EPSG:4545", lang="en")
    assert sites.status.tolist() == ["ok"] * 4
    assert ["comes back" in text for text in sites.problem] == [True, True, True, False]


LOCAL = [
    "坐标系：GCJ-02",
    "1980西安坐标系",
    "坐标系:北京54",
    "西安80坐标 单位：米",
    "数据来源：高德地图",
    "涪陵区独立坐标系",
]


@pytest.mark.parametrize("title", LOCAL)
def test_no_system_is_guessed_against_a_title(tmp_path, title):
    path = tmp_path / "a.csv"
    path.write_text(f"{title}\n编号,经度,纬度\n1,107.4,29.7\n", "utf-8")
    book = workbook(tmp_path / "a.xlsx", ["项目点位表"], [title], ["编号", "经度", "纬度"], ["1", 107.4, 29.7])
    for file in (path, book):
        with pytest.raises(CrsError, match="gcj02"):
            fg.read_sites(file, crs="auto")
        assert fg.read_sites(file, crs="gcj02").status.tolist() == ["ok"]


@pytest.mark.parametrize("title", ["北京某某公司涪陵项目", "共 80 个点", "2000国家大地坐标系", "西安路54号改造"])
def test_other_titles_leave_the_guess_alone(tmp_path, title):
    path = tmp_path / "a.csv"
    path.write_text(f"{title}\n编号,经度,纬度\n1,107.4,29.7\n", "utf-8")
    assert fg.read_sites(path, crs="auto").status.tolist() == ["ok"]


@pytest.mark.parametrize("column", ["坐标系", "坐标系统", "Coordinate System", "CRS"])
def test_a_column_of_systems_is_not_passed_over(tmp_path, column):
    # The last of 1200 rows is as good as the first.
    path = tmp_path / "a.csv"
    rows = "".join(f"{n},107.4,29.7,CGCS2000\n" for n in range(1200))
    path.write_text(f"编号,经度,纬度,{column}\n{rows}1200,107.4,29.7,GCJ02\n", "utf-8")
    with pytest.raises(CrsError, match=r"GCJ02.*gcj02"):
        fg.read_sites(path, crs="auto")
    assert set(fg.read_sites(path, crs="EPSG:4490").status.tolist()) == {"ok"}
    path.write_text(f"编号,经度,纬度,{column}\n{rows}", "utf-8")
    assert set(fg.read_sites(path, crs="auto").status.tolist()) == {"ok"}


@pytest.mark.parametrize("said", ["GCJ-02", "1980西安坐标系", "北京54"])
def test_a_geojson_whose_rows_name_another_system_is_not_wgs84(tmp_path, said):
    path = tmp_path / "a.geojson"
    gpd.GeoDataFrame({"坐标系": [said]}, geometry=[shapely.Point(107.4, 29.7)], crs=4326).to_file(
        path, driver="GeoJSON"
    )
    with pytest.raises(CrsError, match="gcj02"):
        fg.read_sites(path)
    assert fg.read_sites(path, crs="gcj02").status.tolist() == ["ok"]


def test_a_column_that_says_what_the_file_says_is_no_contradiction(tmp_path):
    path = tmp_path / "a.shp"
    frame = gpd.GeoDataFrame({"坐标系": ["1980西安坐标系"]}, geometry=[shapely.Point(448_000, 3_287_000)], crs=2382)
    frame.to_file(path, encoding="utf-8")
    sites = fg.read_sites(path, crs_shift="0,0")
    assert sites.status.tolist() == ["ok"]
    frame.set_crs(4545, allow_override=True).to_file(path, encoding="utf-8")
    with pytest.raises(CrsError, match="1980"):
        fg.read_sites(path)


def against(path, option):
    """Give what is told of a file that is read in a system which it does not speak of."""
    return [one["en"] for one in fg.read_sites(path, crs=option).notices if "check which" in one["en"]]


SPOKEN = {
    "a title": "坐标系：GCJ-02\n编号,经度,纬度\n1,107.4,29.7\n",
    "a heading": "编号,经度(GCJ-02),纬度(GCJ-02)\n1,107.4,29.7\n",
    "a column": "编号,经度,纬度,坐标系\n1,107.4,29.7,CGCS2000\n2,107.4,29.71,GCJ-02\n",
}


@pytest.mark.parametrize("where", SPOKEN)
def test_a_system_that_is_said_against_what_the_file_speaks_of_is_told(tmp_path, where):
    path = tmp_path / "a.csv"
    path.write_text(SPOKEN[where], "utf-8")
    (told,) = against(path, "EPSG:4490")
    assert told.startswith("a.csv: the file says '")
    assert "GCJ-02" in told
    assert "EPSG:4490 was taken as told with --crs" in told
    chinese = [one["zh"] for one in fg.read_sites(path, crs="EPSG:4490").notices if "请核对" in one["zh"]]
    assert len(chinese) == 1
    assert "GCJ-02" in chinese[0]
    # What agrees is no news, and another shift is.
    assert against(path, "gcj02") == []
    assert "BD-09 was taken" in against(path, "bd09")[0]


def test_an_old_datum_that_is_said_agrees_with_its_own_name_only(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("编号,x,y,坐标系\n1,448000,3287000,1980西安坐标系\n", "utf-8")
    for code, other in ((2382, False), (2435, True), (4546, True)):
        sites = fg.read_sites(path, crs=f"EPSG:{code}", crs_shift="0,0" if code != 4546 else None)
        assert any("1980西安坐标系" in one["zh"] and "请核对" in one["zh"] for one in sites.notices) == other


def test_the_grid_of_a_town_is_that_of_no_datum(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("编号,x,y,坐标系\n1,448000,3287000,重庆2000独立坐标系\n", "utf-8")
    assert "重庆2000独立坐标系" in against(path, "EPSG:4545")[0]
    path.write_text("编号,x,y,坐标系\n1,448000,3287000,2000国家大地坐标系\n", "utf-8")
    assert against(path, "EPSG:4545") == []


def test_a_column_that_agrees_once_does_not_hide_what_another_row_says(tmp_path):
    """The file states Xi'an 1980, as the first of its rows does; the other was taken on a phone."""
    path = tmp_path / "a.shp"
    spots = [shapely.Point(448_000, 3_287_000), shapely.Point(448_100, 3_287_000)]
    frame = gpd.GeoDataFrame({"坐标系": ["1980西安坐标系", "GCJ-02"]}, geometry=spots, crs=2382)
    frame.to_file(path, encoding="utf-8")
    with pytest.raises(CrsError, match="GCJ-02"):
        fg.read_sites(path, crs_shift="0,0")
    frame.assign(坐标系="北京54").to_file(path, encoding="utf-8")
    with pytest.raises(CrsError, match="北京54"):
        fg.read_sites(path, crs_shift="0,0")


NUMBERED = [(y, 36_000_000 + x) for y, x in CORNERS]


@pytest.mark.parametrize("said", ["1980西安坐标系", "重庆独立坐标系", "GCJ-02", "百度"])
def test_no_system_is_guessed_against_the_head_of_boundary_points(tmp_path, said):
    """The head's zone is 35, the eastings' 36: the head does not settle the system, and the numbers may not either."""
    head = HEAD.replace("2000国家大地坐标系", said).replace("带号=36", "带号=35")
    path = tmp_path / "a.txt"
    ring = [*NUMBERED, NUMBERED[0]]
    path.write_text(head + "\n".join(f"J{n},1,{y},{x}" for n, (y, x) in enumerate(ring)), "utf-8")
    with pytest.raises(CrsError, match=rf"{said}.*guesses none"):
        fg.read_sites(path, crs="auto")
    assert said in against(path, "EPSG:4524")[0]


def test_no_system_is_guessed_where_two_heads_name_two(tmp_path):
    path = tmp_path / "a.txt"
    parts = [
        HEAD.replace("2000国家大地坐标系", said) + "\n".join(f"J{n},{y},{x}" for n, (y, x) in enumerate(NUMBERED))
        for said in ("2000国家大地坐标系", "1980西安坐标系")
    ]
    path.write_text("\n".join(parts), "utf-8")
    with pytest.raises(CrsError, match=r"坐标系=2000国家大地坐标系; 坐标系=1980西安坐标系.*guesses none"):
        fg.read_sites(path, crs="auto")
    assert "1980西安坐标系" in against(path, "EPSG:4524")[0]
    # Zone 36 of Xi'an 1980: one of the heads says so, the other does not.
    sites = fg.read_sites(path, crs="EPSG:2360", crs_shift="0,0")
    assert any("2000国家大地坐标系" in one["zh"] and "请核对" in one["zh"] for one in sites.notices)


def geojson(path, *shapes, said=None, **members):
    rows = [{"type": "Feature", "properties": members, "geometry": shape} for shape in shapes]
    head = {} if said is None else {"crs": said}
    path.write_text(json.dumps({"type": "FeatureCollection", **head, "features": rows}), "utf-8")
    return path


SPOT = {"type": "Point", "coordinates": [107.4, 29.7]}


@pytest.mark.parametrize(
    "said",
    [
        {"type": "name", "properties": {"name": "GCJ02"}},
        {"type": "name", "properties": {"name": "urn:ogc:def:crs:BD09"}},
        {"type": "name", "properties": {"name": "Beijing"}},
        {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::99999"}},
        {"properties": {"name": "urn:ogc:def:crs:EPSG::4545"}},
        "GCJ02",
        "EPSG:4545",
    ],
)
def test_a_geojson_of_an_unknown_system_is_not_wgs84(tmp_path, said):
    path = geojson(tmp_path / "a.geojson", SPOT, said=said)
    for word in (None, "auto"):
        with pytest.raises(CrsError, match="--crs gcj02"):
            fg.read_sites(path, crs=word)
    assert fg.read_sites(path, crs="gcj02").status.tolist() == ["ok"]


@pytest.mark.parametrize(
    "said",
    [
        {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}},
        {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC::CRS84"}},
        {"type": "name", "properties": {"name": "EPSG:4326"}},
        {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4326"}},
        {"type": "EPSG", "properties": {"code": 4326}},
        {"type": "name", "properties": {"name": "WGS84"}},
        {"type": "name"},
        None,
    ],
)
def test_a_geojson_that_says_wgs84_or_nothing_is_read(tmp_path, said):
    path = geojson(tmp_path / "a.geojson", SPOT, said=said)
    assert fg.read_sites(path).status.tolist() == ["ok"]


def test_a_property_that_is_called_crs_is_a_property(tmp_path):
    path = geojson(tmp_path / "a.geojson", SPOT, SPOT, crs="as built")
    assert fg.read_sites(path).status.tolist() == ["ok", "ok"]


def test_a_geoparquet_that_bears_the_name_of_gcj02_is_not_wgs84(tmp_path):
    path = tmp_path / "a.parquet"
    system = pyproj.CRS(pyproj.CRS(4326).to_wkt().replace('"WGS 84"', '"GCJ-02"'))
    gpd.GeoDataFrame({"ID": ["1"]}, geometry=[shapely.Point(107.4, 29.7)], crs=system).to_parquet(path)
    for word in (None, "auto"):
        with pytest.raises(CrsError, match="gcj02"):
            fg.read_sites(path, crs=word)


def test_auto_guesses_nothing_against_the_name_of_a_prj(tmp_path):
    path = tmp_path / "a.shp"
    gpd.GeoDataFrame({"ID": ["1"]}, geometry=[shapely.Point(107.4, 29.7)], crs=4326).to_file(path)
    text = path.with_suffix(".prj").read_text("ascii").replace("GCS_WGS_1984", "GCS_GCJ_02")
    path.with_suffix(".prj").write_text(text, "ascii")
    with pytest.raises(CrsError, match="gcj02"):
        fg.read_sites(path, crs="auto")


def shapes(path, count=3):
    places = [shapely.Point(448_000 + n, 3_287_000) for n in range(count)]
    gpd.GeoDataFrame({"ID": [str(n) for n in range(count)]}, geometry=places, crs=4545).to_file(path)
    return path


def test_an_index_of_exchanged_shapes_is_refused(tmp_path):
    path = shapes(tmp_path / "a.shp")
    index = path.with_suffix(".shx")
    raw = index.read_bytes()
    index.write_bytes(raw[:100] + raw[108:116] + raw[100:108] + raw[116:])
    with pytest.raises(FileError, match="number 2"):
        open_table(path)


@pytest.mark.parametrize("first", [0, 1, 7])
def test_shapes_in_order_are_read_whatever_their_numbers(tmp_path, first):
    # A point takes 8 bytes of head and 20 of its own.
    path = shapes(tmp_path / "a.shp")
    raw = bytearray(path.read_bytes())
    for n in range(3):
        raw[100 + 28 * n : 104 + 28 * n] = (first + n).to_bytes(4, "big")
    path.write_bytes(raw)
    assert read_table(path).text("ID").tolist() == ["0", "1", "2"]


def test_ids_of_more_digits_than_excel_keeps_are_written_out_and_told(tmp_path):
    rows = [["编号", "经度", "纬度"], [5.00101199001011e17, 107.4, 29.7], [123456789012345.0, 107.5, 29.7]]
    source = open_table(workbook(tmp_path / "a.xlsx", *rows))
    assert source.read().text("编号").tolist() == ["500101199001011000", "123456789012345"]
    assert any("15 digits (as 500101199001011000)" in told["en"] for told in source.notes)
    short = open_table(workbook(tmp_path / "b.xlsx", rows[0], rows[2]))
    assert not any("15 digits" in told["en"] for told in short.notes)


PULKOVO = {
    # MapInfo's datum 1001 is Pulkovo 1942, method 8 transverse Mercator, method 1 degrees.
    "tm": ('8, 1001, "m", 108, 0, 1, 500000, 0', "441933 3287067", "EPSG:2433"),
    "zone": ('8, 1001, "m", 105, 0, 1, 18500000, 0', "18732299 3289328", "EPSG:21418"),
    "degrees": ("1, 1001", "107.4 29.7", "EPSG:4214"),
}


@pytest.mark.parametrize("kind", PULKOVO)
def test_beijing_1954_as_mapinfo_writes_it_can_be_read_as_the_message_says(tmp_path, kind):
    system, place, option = PULKOVO[kind]
    path = tmp_path / "a.mif"
    path.write_text(
        f'Version 300\nCharset "Neutral"\nDelimiter ","\nCoordSys Earth Projection {system}\n'
        f"Columns 1\n  ID Char(10)\nData\n\nPoint {place}\n"
    )
    path.with_suffix(".mid").write_text('"1"\n')
    shift = "15.8,-154.4,-82.3,0,0,0,0"
    for given in (None, shift):
        with pytest.raises(CrsError, match=f"--crs {option} "):
            fg.read_sites(path, crs_shift=given)
    assert fg.read_sites(path, crs=option, crs_shift=shift).status.tolist() == ["ok"]


@pytest.mark.parametrize(
    ("shape", "told"),
    [
        ({"type": "Point", "coordinates": ["107.4", "29.7"]}, '["107.4", "29.7"]'),
        ({"type": "Point", "coordinates": [None, 29.7]}, "[null, 29.7]"),
        ({"type": "Polygon", "coordinates": [[107.4, 29.7], [107.5, 29.7], [107.5, 29.8]]}, "[[107.4, 29.7], "),
        ({"type": "LineString", "coordinates": [[[107.4, 29.7], [107.5, 29.7]]]}, "[[[107.4, 29.7], "),
        ({"type": "Point"}, "null"),
    ],
)
def test_coordinates_of_a_geojson_that_are_not_read_are_shown(tmp_path, shape, told):
    sites = fg.read_sites(geojson(tmp_path / "a.geojson", SPOT, shape, SPOT), lang="en")
    assert sites.status.tolist() == ["ok", "rejected", "ok"]
    assert sites.problem[1].startswith(f"its position cannot be read ({shape['type']} coordinates={told}")


@pytest.mark.parametrize("shape", [None, {"type": "Point", "coordinates": []}])
def test_a_feature_of_no_geometry_has_none(tmp_path, shape):
    sites = fg.read_sites(geojson(tmp_path / "a.geojson", SPOT, shape), lang="en")
    assert sites.problem.tolist() == ["", "it has no geometry"]


@pytest.mark.parametrize(
    ("name", "head", "told"),
    [
        ("a.7z", b"7z\xbc\xaf\x27\x1c\x00\x04", "7z"),
        ("a.rar", b"Rar!\x1a\x07\x01\x00", "RAR"),
        ("a.csv", b"\x1f\x8b\x08", "gzip"),
    ],
)
def test_an_archive_of_another_kind_is_named(tmp_path, name, head, told):
    path = tmp_path / name
    path.write_bytes(head + b"\x01\x02\x03\xff" * 40)
    with pytest.raises(FileError, match=rf"{told}.*\.zip"):
        open_table(path)


@pytest.mark.parametrize("beside", ["说明.txt", "ReadMe.txt", "数据说明书.txt", "说明.pdf", "license.txt", "a.docx"])
def test_a_text_about_the_data_in_a_zip_is_no_data(tmp_path, beside):
    path = shapes(tmp_path / "a.shp")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for part in (".shp", ".shx", ".dbf", ".prj"):
            archive.write(path.with_suffix(part), f"甲/a{part}")
        archive.writestr(f"甲/{beside}", "本数据由甲局提供，仅供参考。\n")
    assert len(read_table(tmp_path / "a.zip")) == 3
    assert [layer.count for layer in describe(tmp_path / "a.zip").layers] == [3]


def test_a_list_of_points_in_a_zip_is_not_passed_over(tmp_path):
    path = shapes(tmp_path / "a.shp")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for part in (".shp", ".shx", ".dbf", ".prj"):
            archive.write(path.with_suffix(part), f"a{part}")
        archive.writestr("界址点.txt", "107.4,29.7\n107.5,29.8\n")
    with pytest.raises(FileError, match="界址点"):
        open_table(tmp_path / "a.zip")
