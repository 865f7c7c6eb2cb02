"""Text tables as people write them."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from fuling_gis.errors import CrsError, FileError
from fuling_gis.readers import open_table, read_table
from fuling_gis.readers.degrees import parse_degrees
from fuling_gis.readers.place import find, northing_first

ROWS = "编号,名称,经度,纬度\nA1,白涛,107.5,29.6\nA2,“李渡,新区”,107.3,29.8\n"


@pytest.fixture
def sheet(tmp_path):
    def write(text, encoding="utf-8", **options):
        path = tmp_path / "a.csv"
        path.write_bytes(text.encode(encoding))
        return open_table(path, **options)

    return write


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_any_usual_encoding_delimiter_and_line_end(sheet, encoding, delimiter, end):
    text = '编号,名称,经度,纬度\nA1,白涛,107.5,29.6\nA2,"李渡新区",107.3,29.8\n'
    table = sheet(text.replace(",", delimiter).replace("\n", end), encoding).read()
    assert list(table.columns["名称"]) == ["白涛", "李渡新区"]
    assert [(p.x, p.y) for p in table.geometry] == [(107.5, 29.6), (107.3, 29.8)]


def test_a_table_never_names_its_system(sheet):
    assert sheet(ROWS.replace("“李渡,新区”", "李渡")).crs is None


def test_quoted_delimiters_and_line_breaks_stay_in_their_cell(sheet):
    table = sheet('id,name,x,y\n1,"a,\nb",500000,3280000\n').read()
    assert table.columns["name"][0] == "a,\nb"


def test_a_stray_delimiter_is_refused_with_its_row(sheet):
    with pytest.raises(FileError, match="row 3"):
        sheet("id,name,x,y\n1,a,500000,3280000\n2,b,c,500000,3280000\n").read()


def test_empty_cells_at_the_right_edge_are_no_fault(sheet):
    table = sheet("id,x,y,,\n1,500000,3280000,,\n2,500001\n").read()
    assert list(table.columns) == ["id", "x", "y"]
    assert table.geometry[0].x == 500_000
    assert table.geometry[1] is None
    assert table.unread[1] == "x='500001', y=''"


def test_what_is_no_number_is_told(sheet):
    table = sheet("id,lon,lat\n1,abc,29.7\n2,,\n3,107.4,29.7\n").read()
    assert [shape is None for shape in table.geometry] == [True, True, False]
    assert "abc" in table.unread[0]


def test_wkt_is_read_and_bad_wkt_is_told(sheet):
    table = sheet("id|WKT\n1|POLYGON ((0 0, 1 0, 1 1, 0 0))\n2|SRID=4545;POINT (1 2)\n3|POINT (\n").read()
    assert [shape.geom_type if shape else None for shape in table.geometry] == ["Polygon", "Point", None]
    assert "POINT (" in table.unread[2]


def test_of_x_and_y_the_size_tells_which_is_the_northing(sheet):
    # A survey sheet: X runs north, Y east with the zone number before it.
    source = sheet("点号,X,Y\nJ1,3280000.5,36448000.25\n")
    assert (source.read().geometry[0].x, source.read().geometry[0].y) == (36448000.25, 3280000.5)
    assert "X" in source.notes[0]["en"]


def test_names_that_say_east_and_north_are_believed(sheet):
    source = sheet("横坐标,纵坐标\n448000,3280000\n")
    assert source.read().geometry[0].x == 448_000
    assert source.notes == ()
    assert find(["东坐标", "北坐标"]).columns == ("东坐标", "北坐标")


def test_units_blanks_and_case_in_names_do_not_matter():
    assert find(["经度（°）", " 纬度 (度)"]).kind == "lonlat"
    assert find(["POINT_X", "POINT_Y"]).columns == ("POINT_X", "POINT_Y")
    assert find(["LON", "Lat"]).columns == ("LON", "Lat")
    assert find(["a", "b"]) is None


def test_the_user_may_name_the_columns(sheet):
    source = sheet("a,b\n107.4,29.7\n", place={"lon": "a", "lat": "b"})
    assert (source.read().geometry[0].x, source.read().geometry[0].y) == (107.4, 29.7)
    with pytest.raises(FileError, match="'c'"):
        sheet("a,b\n1,2\n", place={"lon": "c", "lat": "b"})


def test_repeated_and_missing_names_get_names_of_their_own(sheet):
    assert sheet("x,y,a,,A\n1,2,3,4,5\n").fields == ("x", "y", "a", "column_4", "A_2")


def test_a_million_rows_need_no_second_look(sheet):
    rows = "\n".join(f"{i},{107 + i / 1e6},{29.7}" for i in range(5000))
    sizes = [len(piece) for piece in sheet("id,lon,lat\n" + rows + "\n").batches(2000)]
    assert sizes == [2000, 2000, 1000]


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("107.5", 107.5),
        ("１０７．５", 107.5),
        ("107°30′", 107.5),
        ("107°30′36″", 107.51),
        ("107度30分36秒", 107.51),
        ("107:30:36", 107.51),
        ("107 30 36", 107.51),
        ("东经107°30'36\"", 107.51),
        ("29°42′0″N", 29.7),
        ("29°42′0″S", -29.7),
        ("107°30''", float("nan")),
        ("107°60′", float("nan")),
        ("107°30′60″", float("nan")),
        ("", float("nan")),
        ("abc", float("nan")),
        ("inf", float("nan")),
    ],
)
def test_degrees_are_read_as_people_write_them(text, degrees):
    found = parse_degrees(text)
    if text == "107°30''":
        # Seconds without minutes.
        assert found == pytest.approx(107 + 30 / 3600) or np.isnan(found)
    else:
        assert found == pytest.approx(degrees, nan_ok=True)


def test_northings_are_told_by_nearly_all_rows():
    north, east = np.full(100, 3.28e6), np.full(100, 4.48e5)
    assert northing_first(north, east)
    assert not northing_first(east, north)
    assert not northing_first(np.full(100, 107.4), np.full(100, 29.7))
    assert not northing_first(np.array([np.nan]), np.array([np.nan]))


def test_a_table_of_names_alone_has_no_rows(sheet):
    assert len(sheet("id,x,y\n").read()) == 0


def test_read_table_and_open_table_agree(sheet, tmp_path):
    sheet("id,x,y\n1,448000,3280000\n")
    assert read_table(tmp_path / "a.csv").geometry[0].x == 448_000


def test_a_column_called_geometry_without_any_wkt_gives_way_to_longitude_and_latitude(sheet):
    table = sheet("编号,经度,纬度,geometry\n1,107.5,29.6,Point\n2,107.3,29.8,Point\n").read()
    assert [(p.x, p.y) for p in table.geometry] == [(107.5, 29.6), (107.3, 29.8)]


def test_a_coordinate_column_that_stands_twice_is_refused(sheet):
    with pytest.raises(FileError, match="'lon' stand there more than once"):
        sheet("name,lon,lat,lon\na,107.5,29.7,107.6\n")


@pytest.mark.parametrize("head", ["编号,经度,分,秒,纬度,分,秒", "编号,经度,column,x,纬度,column,x"])
def test_degrees_alone_in_a_column_are_refused_not_read_as_whole_degrees(sheet, head):
    with pytest.raises(FileError, match="one cell"):
        sheet(head + "\n1,107,23,24.5,29,42,10\n2,107,25,0,29,43,59.9\n")


def test_whole_degrees_without_minutes_behind_them_are_a_place(sheet):
    table = sheet("编号,经度,纬度,高程\n1,107,29,30\n").read()
    assert [(p.x, p.y) for p in table.geometry] == [(107.0, 29.0)]


def test_degrees_minutes_and_seconds_may_be_joined_by_hyphens(sheet):
    table = sheet("编号,经度,纬度\n1,107-30-36,29-15-18\n2,107-75-00,29-15-18\n").read()
    # 30 minutes and 36 seconds are 0.51 degrees, 15 minutes and 18 seconds 0.255.
    assert table.geometry[0].x == pytest.approx(107.51, abs=1e-12)
    assert table.geometry[0].y == pytest.approx(29.255, abs=1e-12)
    assert table.geometry[1] is None


def test_the_system_that_wkt_names_is_the_files_own(sheet):
    rows = "id;geom\n1;SRID=2381;POINT(448000 3280000)\n2;POINT(448100 3280000)\n".replace("SRID=2381;", '"SRID=2381;')
    source = sheet(rows.replace("3280000)\n2", '3280000)"\n2'))
    assert source.crs is not None
    assert source.crs.to_epsg() == 2381
    assert "2381" in source.crs_why["en"]


def test_wkt_of_several_systems_in_one_file_is_refused(sheet):
    with pytest.raises(CrsError, match="4490, 4545"):
        sheet("id|geom\n1|SRID=4545;POINT(448000 3280000)\n2|SRID=4490;POINT(107.4 29.7)\n")


def test_wkt_that_names_another_system_far_down_is_a_row_without_a_place(sheet):
    rows = "".join(f"{k}|SRID=4545;POINT(448000 3280000)\n" for k in range(5000))
    table = sheet("id|geom\n" + rows + "x|SRID=4544;POINT(448000 3280000)\n").read()
    assert len(table) == 5001
    assert table.geometry[5000] is None
    assert "SRID=4544" in table.unread[5000]


# 107°23′45″ is 107 + 23/60 + 45/3600 = 107.395833, 29°43′21″ is 29 + 43/60 + 21/3600 = 29.7225.
PACKED = "107.2345,29.4321\n107.1530,29.5505\n107.0814,29.3742\n107.4150,29.2233\n107.5902,29.1159\n"


def test_numbers_that_could_be_degrees_minutes_and_seconds_are_told_and_read_as_before(sheet):
    source = sheet("lon,lat\n" + PACKED)
    assert shapely.get_coordinates(source.read().geometry)[0] == pytest.approx([107.2345, 29.4321])
    (told,) = [note["en"] for note in source.notes if "in one number" in note["en"]]
    # 107.1530, 29.5505 is farthest off: 107°15′30″ lies 0.1053 degrees of 96.9 km from it, 29°55′05″ lies 0.3676
    # degrees of 111.2 km, together 42.1 km.
    assert "107.1530, 29.5505" in told
    assert "107°15′30″" in told
    assert "42.1 km" in told


@pytest.mark.parametrize(
    "rows",
    [
        # One number with 75 seconds, too few rows, one kilometre in all, and metres.
        PACKED + "107.2375,29.4321\n",
        "".join(PACKED.splitlines(keepends=True)[:4]),
        "".join(f"107.23{at},29.43{at}\n" for at in range(10, 50)),
        PACKED.replace("107.", "448107.").replace("29.", "3280029."),
        "".join(f"107.{at},29.{at}\n" for at in range(10, 50)),
    ],
)
def test_few_or_other_numbers_raise_no_suspicion_of_minutes_and_seconds(sheet, rows):
    assert not [note for note in sheet("lon,lat\n" + rows).notes if "in one number" in note["en"]]


@pytest.mark.parametrize(
    "head", ["经度(度分秒),纬度(度分秒)", "lon (DMS),lat (DMS)", "经度（DDD.MMSS）,纬度（DD.MMSS）"]
)
def test_a_heading_that_says_minutes_and_seconds_is_believed(sheet, head):
    rows = "107.2345,29.4321\n107.5,29.3\n107°23′45″,29.432100\n" + "107.1000,29.1\n" * 8 + "107.7512,29.4321\n"
    source = sheet(f"{head}\n{rows}")
    table = source.read()
    # Zeros at the end are not always written: 107.5 is 107°50′.
    assert shapely.get_coordinates(table.geometry[:3]).tolist() == [
        pytest.approx([107.395833333, 29.7225]),
        pytest.approx([107.833333333, 29.5]),
        pytest.approx([107.395833333, 29.7225]),
    ]
    assert table.geometry[-1] is None
    assert list(table.unread) == [11]
    assert any("107°23′45″" in note["en"] for note in source.notes)


def test_a_heading_that_says_minutes_and_seconds_above_decimal_degrees_is_refused(sheet):
    with pytest.raises(FileError, match="as decimal degrees do"):
        sheet("经度(度分秒),纬度(度分秒)\n107.8765,29.9123\n107.7788,29.8899\n")
