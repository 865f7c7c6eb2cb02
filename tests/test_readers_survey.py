"""Drawings, boundary-point texts and workbooks: the files of surveyors, each made here."""

from __future__ import annotations

import contextlib
import datetime as dt
import zipfile

import ezdxf
import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import shapely

import fuling_gis as fg
from fuling_gis.demo.assembly import make
from fuling_gis.errors import CrsError, FileError, FulingError
from fuling_gis.readers import open_table, read_table
from fuling_gis.readers.sniff import sniff
from fuling_gis.sites.read import SiteOptions, open_sites

# A plot of 200 x 100 m near the middle of Fuling, EPSG:4545.
PLOT = [(430_000.0, 3_290_000.0), (430_200.0, 3_290_000.0), (430_200.0, 3_290_100.0), (430_000.0, 3_290_100.0)]
HEAD = "[属性描述]\n格式版本号=1.01\n坐标系=2000国家大地坐标系\n几度分带=3\n投影类型=高斯克吕格\n带号=36\n[地块坐标]\n"


def drawing(path, fill):
    document = ezdxf.new("R2010")
    fill(document.modelspace(), document)
    document.saveas(path)
    return path


def parcel(path, points=PLOT, head=HEAD, encoding="utf-8", prefix=36_000_000, row="4,2.0,1,甲地块,面,,工业,,@"):
    closed = [*points, points[0]]
    lines = [f"J{n % len(points) + 1},1,{y:.3f},{x + prefix:.3f}" for n, (x, y) in enumerate(closed)]
    path.write_text(head + row + "\n" + "\n".join(lines) + "\n", encoding)
    return path


def workbook(path, *sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


# Drawings


def test_a_closed_polyline_is_an_area_and_an_open_one_a_line(tmp_path):
    def fill(space, _):
        space.add_lwpolyline(PLOT, close=True, dxfattribs={"layer": "地块"})
        space.add_lwpolyline([*PLOT, PLOT[0]], dxfattribs={"layer": "地块"})
        space.add_lwpolyline(PLOT, dxfattribs={"layer": "道路"})
        space.add_point((430_500, 3_290_500))

    table = read_table(drawing(tmp_path / "a.dxf", fill))
    assert table.driver == "DXF"
    assert shapely.get_type_id(table.geometry).tolist() == [3, 3, 1, 0]
    assert shapely.area(table.geometry).tolist() == [20_000.0, 20_000.0, 0.0, 0.0]
    assert table.text("layer").tolist() == ["地块", "地块", "道路", "0"]


def test_a_bulge_is_an_arc_that_edges_leave_by_a_centimetre_at_most(tmp_path):
    # A square of 100 m whose right side is a half circle outwards: 10,000 + pi * 50^2 / 2 square metres.
    corners = [(0, 0, 0), (100, 0, 1), (100, 100, 0), (0, 100, 0)]
    table = read_table(
        drawing(tmp_path / "a.dxf", lambda space, _: space.add_lwpolyline(corners, format="xyb", close=True))
    )
    # At most the arc's length times a centimetre is missing or too much.
    assert shapely.area(table.geometry[0]) == pytest.approx(10_000 + np.pi * 50**2 / 2, abs=np.pi * 50 * 0.01)


def test_a_mesh_of_the_ground_does_not_keep_the_plots_from_being_read(tmp_path):
    def fill(space, _):
        space.add_polyface().append_faces([[(430_000, 3_290_000, 1), (430_010, 3_290_000, 2), (430_000, 3_290_010, 3)]])
        space.add_polymesh((2, 2))
        space.add_lwpolyline(PLOT, close=True)

    path = drawing(tmp_path / "a.dxf", fill)
    sites = fg.read_sites(path, crs="EPSG:4545", lang="en")
    assert sites.status.tolist() == ["ok"]
    assert any("2 entities are no sites (POLYLINE 2)" in notice["en"] for notice in sites.notices)


def test_an_entity_that_is_not_what_it_says_is_a_rejected_row(tmp_path, recwarn):
    def fill(space, _):
        space.add_spline()
        space.add_lwpolyline(PLOT, close=True)
        space.add_lwpolyline([*PLOT, (float("nan"), 3_290_050)], close=True)
        space.add_point((float("inf"), 3_290_000))

    sites = fg.read_sites(drawing(tmp_path / "a.dxf", fill), crs="EPSG:4545", lang="en")
    assert sites.status.tolist() == ["rejected", "ok", "rejected", "rejected"]
    assert [text.partition("(")[2].split()[0] for text in sites.problem[[0, 2, 3]]] == ["SPLINE", "LWPOLYLINE", "POINT"]
    assert not [one for one in recwarn if one.category is RuntimeWarning]


SIDES = [[start, end] for start, end in zip(PLOT, [*PLOT[1:], PLOT[0]], strict=True)]


@pytest.mark.parametrize(("sides", "told"), [(SIDES, True), (SIDES[:3], False), ([PLOT, SIDES[3]], True)])
def test_a_plot_drawn_side_by_side_says_that_its_ground_is_not_judged(tmp_path, sides, told):
    def fill(space, _):
        for side in sides:
            space.add_lwpolyline(side)

    sites = fg.read_sites(drawing(tmp_path / "a.dxf", fill), crs="EPSG:4545", lang="en")
    assert [shape.geom_type for shape in sites.geometry] == ["LineString"] * len(sides)
    assert any("around 1 pieces of ground" in notice["en"] for notice in sites.notices) == told


def test_a_drawing_of_such_entities_alone_is_refused(tmp_path):
    with pytest.raises(FileError, match=r"SPLINE \w+"):
        open_table(drawing(tmp_path / "a.dxf", lambda space, _: space.add_spline()))


def test_blocks_are_resolved_where_they_are_inserted(tmp_path):
    def fill(space, document):
        block = document.blocks.new("厂房")
        block.add_lwpolyline([(0, 0), (10, 0), (10, 10), (0, 10)], close=True)
        space.add_blockref("厂房", (1000, 2000), dxfattribs={"xscale": 2, "yscale": 2})

    table = read_table(drawing(tmp_path / "a.dxf", fill))
    assert table.geometry[0].equals(shapely.box(1000, 2000, 1020, 2020))


def test_a_block_in_rows_and_columns_is_inserted_at_each_of_its_places(tmp_path):
    def fill(model, document):
        block = document.blocks.new("PLOT")
        block.add_lwpolyline([(0, 0), (10, 0), (10, 10), (0, 10)], close=True)
        grid = {"row_count": 2, "column_count": 3, "row_spacing": 20, "column_spacing": 30}
        model.add_blockref("PLOT", (448_000, 3_280_000), dxfattribs=grid)

    table = read_table(drawing(tmp_path / "a.dxf", fill))
    corners = sorted((round(shape.bounds[0]), round(shape.bounds[1])) for shape in table.geometry)
    assert corners == [(448_000 + 30 * i, 3_280_000 + 20 * j) for i in range(3) for j in range(2)]


def test_a_text_that_stands_alone_in_an_area_is_its_name(tmp_path):
    def fill(space, _):
        space.add_lwpolyline(PLOT, close=True)
        space.add_text("甲地块").set_placement((430_100, 3_290_050))
        space.add_lwpolyline([(0, 0), (9, 0), (9, 9)], close=True)

    assert read_table(drawing(tmp_path / "a.dxf", fill)).text("name").tolist() == ["甲地块", ""]


def test_a_circle_is_an_area_and_a_hatch_keeps_its_hole(tmp_path):
    def fill(space, _):
        space.add_circle((0, 0), 100)
        hatch = space.add_hatch()
        hatch.paths.add_polyline_path([(0, 0), (100, 0), (100, 100), (0, 100)], is_closed=True)
        hatch.paths.add_polyline_path([(40, 40), (60, 40), (60, 60), (40, 60)], is_closed=True)

    circle, hatch = read_table(drawing(tmp_path / "a.dxf", fill)).geometry
    assert shapely.area(circle) == pytest.approx(np.pi * 100**2, abs=2 * np.pi * 100 * 0.01)
    assert shapely.area(hatch) == 10_000 - 400


def test_one_layer_of_a_drawing_can_be_meant(tmp_path):
    def fill(space, _):
        space.add_lwpolyline(PLOT, close=True, dxfattribs={"layer": "地块"})
        space.add_line((0, 0), (1, 1), dxfattribs={"layer": "图框"})

    path = drawing(tmp_path / "a.dxf", fill)
    assert len(read_table(path, layer="地块")) == 1
    assert any("图框" in entry["zh"] for entry in open_table(path).notes)
    with pytest.raises(FileError, match="has no layer"):
        open_table(path, layer="没有")


def test_a_drawing_names_no_system_and_is_asked_for_one(tmp_path):
    path = drawing(tmp_path / "a.dxf", lambda space, _: space.add_lwpolyline(PLOT, close=True))
    with pytest.raises(CrsError, match="EPSG:4545"):
        fg.read_sites(path)


def test_a_drawing_is_known_by_its_content_under_any_name(tmp_path):
    path = drawing(tmp_path / "a.dxf", lambda space, _: space.add_lwpolyline(PLOT, close=True))
    other = path.rename(tmp_path / "a.txt")
    assert sniff(other) == "dxf"
    assert len(read_table(other)) == 1


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_cut_drawing_gives_sites_with_a_warning_or_one_sentence(tmp_path, share):
    path = drawing(tmp_path / "a.dxf", lambda space, _: [space.add_lwpolyline(PLOT, close=True) for _ in range(50)])
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    found = 0
    with contextlib.suppress(FileError):
        found = open_table(path).count
    # Nine tenths hold most of the plots; less may hold none, and then it is told in a sentence.
    assert 0 <= found <= 50
    assert found or share < 0.9


def test_blocks_that_hold_themselves_end(tmp_path):
    def fill(space, document):
        block = document.blocks.new("A")
        block.add_lwpolyline(PLOT, close=True)
        block.add_blockref("A", (0, 0))
        space.add_blockref("A", (0, 0))

    assert 1 <= len(read_table(drawing(tmp_path / "a.dxf", fill))) <= 20


# Boundary points


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_x_is_the_northing_and_the_head_names_the_system(tmp_path, encoding):
    sites = fg.read_sites(parcel(tmp_path / "a.txt", encoding=encoding))
    assert shapely.area(sites.geometry[0]) == pytest.approx(20_000)
    assert shapely.area(shapely.symmetric_difference(sites.geometry[0], shapely.Polygon(PLOT))) < 0.01


def test_without_a_zone_number_before_the_easting_the_head_says_the_zone(tmp_path):
    sites = fg.read_sites(parcel(tmp_path / "a.txt", prefix=0))
    assert shapely.area(shapely.symmetric_difference(sites.geometry[0], shapely.Polygon(PLOT))) < 0.01


def test_full_width_signs_and_digits_are_read(tmp_path):
    path = parcel(tmp_path / "a.txt")
    text = path.read_text("utf-8").translate(str.maketrans({",": "，", "@": "＠", "1": "１", "[": "【", "]": "】"}))
    path.write_text(text, "utf-8")
    assert shapely.area(read_table(path).geometry[0]) == pytest.approx(20_000)


def test_a_ring_inside_is_a_hole_whatever_its_number(tmp_path):
    inner = [(430_050.0, 3_290_040.0), (430_060.0, 3_290_040.0), (430_060.0, 3_290_050.0), (430_050.0, 3_290_050.0)]
    path = parcel(tmp_path / "a.txt", row="8,1.99,1,甲地块,面,,工业,,@")
    with path.open("a", encoding="utf-8") as file:
        for n, (x, y) in enumerate([*inner, inner[0]]):
            file.write(f"J{5 + n % 4},1,{y:.3f},{x + 36e6:.3f}\n")
    shape = read_table(path).geometry[0]
    assert shapely.area(shape) == pytest.approx(20_000 - 100)
    assert shapely.get_num_interior_rings(shape) == 1


def test_what_the_parcel_row_says_wrongly_is_told_and_not_believed(tmp_path):
    source = open_table(parcel(tmp_path / "a.txt", row="9,5.0,1,甲地块,面,,工业,,@"))
    told = " ".join(entry["zh"] for entry in source.notes)
    assert "界址点数" in told
    assert "面积" in told
    assert shapely.area(source.read().geometry[0]) == pytest.approx(20_000)


def test_a_line_that_is_no_point_makes_the_parcel_unreadable_and_not_another_one(tmp_path):
    path = parcel(tmp_path / "a.txt")
    path.write_text(path.read_text("utf-8").replace("J3,1,", "J3,1,?"), "utf-8")
    sites = fg.read_sites(path)
    assert sites.status.tolist() == ["rejected"]
    # Seven lines of head and the parcel's own stand before the three points.
    assert "11: 'J3,1,?" in sites.problem[0]
    told = [notice for notice in sites.notices if "11: 'J3,1,?" in notice["en"]]
    assert len(told) == 1
    assert "行号" in told[0]["zh"]
    assert "11: 'J3,1,?" in told[0]["zh"]


@pytest.mark.parametrize(("kind", "states"), [("面", "rejected"), ("线", "rejected"), ("点", "ok"), ("", "ok")])
def test_one_corner_is_a_point_where_nothing_else_is_said(tmp_path, kind, states):
    path = tmp_path / "a.txt"
    whole = parcel(tmp_path / "b.txt").read_text("utf-8").split("[地块坐标]\n")[1]
    path.write_text(f"{HEAD}1,2.0,1,甲,{kind},,,,@\nJ1,1,3290000.0,36430000.0\n{whole}", "utf-8")
    sites = fg.read_sites(path, lang="en")
    assert sites.status.tolist() == [states, "ok"]
    assert (sum("fewer than three" in notice["en"] for notice in sites.notices) == 1) == (states == "rejected")


@pytest.mark.parametrize("corners", [PLOT[:2], [PLOT[0], PLOT[0], PLOT[1]], PLOT[:1] * 5])
def test_a_parcel_of_too_few_corners_is_a_row_without_geometry_and_told_with_its_line(tmp_path, corners):
    path = parcel(tmp_path / "a.txt", corners)
    sites = fg.read_sites(path)
    assert sites.status.tolist() == ["rejected"]
    told = [notice for notice in sites.notices if "fewer than three" in notice["en"]]
    assert len(told) == 1
    for text in (told[0]["zh"], told[0]["en"], sites.problem[0]):
        assert "8: '4,2.0,1,甲地块" in text
    whole = parcel(tmp_path / "b.txt").read_text("utf-8").split("[地块坐标]\n")[1]
    path.write_text(path.read_text("utf-8") + whole, "utf-8")
    both = fg.read_sites(path)
    assert both.status.tolist() == ["rejected", "ok"]
    assert shapely.area(both.geometry[1]) == pytest.approx(20_000, rel=1e-3)


def test_a_triangle_with_an_unreadable_corner_still_tells_its_system_and_the_line(tmp_path):
    path = parcel(tmp_path / "a.txt", PLOT[:3])
    path.write_text(path.read_text("utf-8").replace("J2,1,", "J2,1,x"), "utf-8")
    source = open_table(path)
    assert source.crs is not None
    assert source.crs.to_epsg() == 4524
    assert any("10: 'J2,1,x" in entry["en"] for entry in source.notes)


@pytest.mark.parametrize(("old", "line"), [("3290", "9: 'J1,1,?"), ("J", "")])
def test_a_text_without_a_point_names_the_first_line_that_should_be_one(tmp_path, old, line):
    path = parcel(tmp_path / "a.txt")
    content = path.read_text("utf-8")
    content = content.replace(old, "?") if line else content[: content.index("J1,")]
    path.write_text(content, "utf-8")
    with pytest.raises(FileError, match="no line reads as number") as caught:
        open_table(path)
    for text in caught.value.words.values():
        assert (line in text) if line else ("line number" not in text)


def test_an_old_datum_in_the_head_is_refused_without_local_parameters(tmp_path):
    path = parcel(tmp_path / "a.txt", head=HEAD.replace("2000国家大地坐标系", "1980西安坐标系"))
    with pytest.raises(CrsError, match="--crs-shift"):
        fg.read_sites(path)
    assert len(fg.read_sites(path, crs_shift="1,1")) == 1


# Workbooks


def test_rows_far_below_an_empty_part_of_a_sheet_are_read(tmp_path):
    book = openpyxl.Workbook()
    for row, name in ((1, None), (2, "甲"), (15_000, "乙"), (1_048_576, "丙")):
        for column, value in enumerate(("项目编号", "lon", "lat") if name is None else (name, 107.4, 29.7), 1):
            book.active.cell(row, column, value)
    book.save(tmp_path / "a.xlsx")
    source = open_table(tmp_path / "a.xlsx")
    assert source.read().text("项目编号").tolist() == ["甲", "乙", "丙"]
    assert not any("below row" in entry["en"] for entry in source.notes)


def test_a_sheet_with_empty_rows_without_end_says_where_reading_ended(tmp_path):
    # The rows stand in the file, as they do where somebody has coloured a column down to its end.
    rows = [["项目编号", "lon", "lat"], ["甲", 107.4, 29.7], *[[""]] * 10_001, ["乙", 107.4, 29.7]]
    path = workbook(tmp_path / "a.xlsx", ("表", rows))
    source = open_table(path)
    assert source.read().text("项目编号").tolist() == ["甲"]
    # Names, one site, and 10,001 empty rows.
    assert [entry["en"] for entry in source.notes if "below row 10003" in entry["en"]]


def test_names_below_a_title_are_found_and_empty_rows_are_no_sites(tmp_path):
    rows = [
        ["涪陵区拟建项目表"],
        [],
        ["编号", "名称", "经度", "纬度", "精度"],
        ["001", "甲", 107.4, 29.7, 5],
        [],
        ["2", "乙", 107.5, 29.8, None],
    ]
    table = read_table(workbook(tmp_path / "a.xlsx", ("项目", rows)))
    assert table.text("编号").tolist() == ["001", "2"]
    assert [(p.x, p.y) for p in table.geometry] == [(107.4, 29.7), (107.5, 29.8)]


def test_degrees_minutes_and_seconds_in_chinese_and_western_marks(tmp_path):
    rows = [
        ["site_id", "lon", "lat"],
        ["a", "107°24′00″", "29°42′00″"],
        ["b", "东经107度24分", "北纬29度42分"],
        ["c", "107 24 0", "29 42 0"],
    ]
    table = read_table(workbook(tmp_path / "a.xlsx", ("s", rows)))
    for point in table.geometry:
        assert (point.x, point.y) == (pytest.approx(107.4), pytest.approx(29.7))


def test_cells_keep_their_meaning(tmp_path):
    rows = [["x", "y", "n", "yes", "day"], [430_000, 3_290_000.5, 3.0, True, dt.date(2024, 6, 1)]]
    table = read_table(workbook(tmp_path / "a.xlsx", ("s", rows)))
    assert [table.text(name)[0] for name in ("n", "yes", "day")] == ["3", "true", "2024-06-01"]


def test_the_first_sheet_with_coordinates_is_read_and_another_can_be_named(tmp_path):
    path = workbook(
        tmp_path / "a.xlsx",
        ("说明", [["本表由某单位填写"], ["请勿改动"]]),
        ("一", [["id", "lon", "lat"], ["1", 107.4, 29.7]]),
        ("二", [["id", "lon", "lat"], ["2", 107.5, 29.8], ["3", 107.6, 29.9]]),
    )
    source = open_table(path)
    assert source.layer == "一"
    assert any("二" in entry["zh"] for entry in source.notes)
    assert len(read_table(path, layer="二")) == 2
    with pytest.raises(FileError, match="has no layer"):
        open_table(path, layer="三")


def test_a_workbook_without_coordinates_is_told_with_its_columns(tmp_path):
    with pytest.raises(FileError, match="企业"):
        open_table(workbook(tmp_path / "a.xlsx", ("s", [["企业", "地址"], ["甲", "乙"]])))


def test_a_cell_at_the_far_end_of_a_sheet_costs_nothing(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["lon", "lat"], [107.4, 29.7]):
        sheet.append(row)
    sheet["XFD1048576"] = "x"
    book.save(tmp_path / "a.xlsx")
    assert len(read_table(tmp_path / "a.xlsx")) == 1


def test_a_swollen_workbook_is_refused(tmp_path):
    path = workbook(tmp_path / "a.xlsx", ("s", [["lon", "lat"], [107.4, 29.7]]))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/a.bin", b"\0" * (64 << 20))
    with pytest.raises(FileError, match="unpack"):
        open_table(path)


def test_a_formula_is_read_as_its_last_value_or_as_nothing(tmp_path):
    path = workbook(tmp_path / "a.xlsx", ("s", [["lon", "lat", "note"], [107.4, 29.7, "=1+1"]]))
    assert read_table(path).text("note").tolist() == [""]


def test_entities_in_a_workbook_are_refused(tmp_path):
    path = workbook(tmp_path / "a.xlsx", ("s", [["lon", "lat"], [107.4, 29.7]]))
    entities = '<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
    bomb = f'<?xml version="1.0"?>{entities}<worksheet><sheetData>&b;</sheetData></worksheet>'
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/worksheets/sheet1.xml"] = bomb.encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(FileError):
        open_table(path).read()


# Lists of positions


def test_a_list_without_names_of_columns_is_read_line_by_line(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("107.4, 29.7\n29.8 107.5\n东经107°24′00″ 北纬29°42′00″\n甲厂 107.6,29.9\n", "utf-8")
    table = read_table(path)
    assert [(round(p.x, 6), round(p.y, 6)) for p in table.geometry] == [
        (107.4, 29.7),
        (107.5, 29.8),
        (107.4, 29.7),
        (107.6, 29.9),
    ]
    assert table.text("name").tolist()[3] == "甲厂"


def test_a_line_that_is_no_position_is_a_rejected_row(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("\n".join(["107.4, 29.7"] * 9 + ["以下空白"]), "utf-8")
    sites = fg.read_sites(path, crs="EPSG:4490")
    assert sites.status.tolist() == ["ok"] * 9 + ["rejected"]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([*PLOT, PLOT[0]], True),
        (PLOT, False),
        ([*PLOT[:2], PLOT[0]], False),
    ],
)
def test_a_list_that_comes_back_to_its_first_position_says_that_no_ground_is_judged(tmp_path, lines, told):
    path = tmp_path / "a.txt"
    path.write_text("".join(f"{y} {x}\n" for x, y in lines), "utf-8")
    sites = fg.read_sites(path, crs="EPSG:4545", lang="en")
    assert [shape.geom_type for shape in sites.geometry] == ["Point"] * len(lines)
    assert any("the ground inside is not" in notice["en"] for notice in sites.notices) == told


def test_a_list_numbered_as_corners_says_it_too_and_the_way_out_leads_to_the_plot(tmp_path):
    lines = "".join(f"J{n},{y},{x}\n" for n, (x, y) in enumerate(PLOT, 1))
    path = tmp_path / "a.txt"
    path.write_text(lines, "utf-8")
    told = fg.read_sites(path, crs="EPSG:4545").notices
    assert any("corner,x,y" in notice["en"] and "界址点号,X,Y" in notice["zh"] for notice in told)
    for head in ("corner,x,y", "界址点号,X,Y"):
        path.write_text(f"{head}\n{lines}", "utf-8")
        sites = fg.read_sites(path, crs="EPSG:4545")
        assert shapely.area(sites.geometry).tolist() == [20_000.0]
    # Ordinals of places are no corners.
    path.write_text(lines.replace("J", ""), "utf-8")
    assert not any("ground inside" in notice["en"] for notice in fg.read_sites(path, crs="EPSG:4545").notices)


@pytest.mark.parametrize(("system", "zone"), [("WGS84", "36"), ("2000国家大地坐标系", "99")])
def test_a_head_of_a_grid_that_there_is_not_is_told_as_that(tmp_path, system, zone):
    head = HEAD.replace("2000国家大地坐标系", system).replace("带号=36", f"带号={zone}")
    path = parcel(tmp_path / "a.txt", head=head, prefix=36_000_000 if zone == "36" else 0)
    with pytest.raises(CrsError, match=f"zone {zone}, a grid that is not known here"):
        fg.read_sites(path)


def test_a_list_names_no_system_and_is_asked_for_one(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("107.4, 29.7\n107.5, 29.8\n", "utf-8")
    with pytest.raises(CrsError, match="gcj02"):
        fg.read_sites(path)


# All of them


def test_one_plot_in_five_formats_has_the_same_verdict_and_distances_within_two_centimetres(tmp_path):
    make(tmp_path / "demo")
    ws = fg.open_workspace(tmp_path / "demo")
    shape = shapely.Polygon(PLOT)
    degrees = gpd.GeoSeries([shape], crs="EPSG:4545").to_crs(4490)
    paths = {
        "dxf": drawing(tmp_path / "a.dxf", lambda space, _: space.add_lwpolyline(PLOT, close=True)),
        "txt": parcel(tmp_path / "a.txt"),
        "xlsx": workbook(tmp_path / "a.xlsx", ("s", [["site_id", "wkt"], ["1", shape.wkt]])),
    }
    frame = gpd.GeoDataFrame({"编号": ["1"]}, geometry=[shape], crs="EPSG:4545")
    frame.to_file(tmp_path / "b.shp", encoding="gb18030")
    (tmp_path / "b.cpg").unlink()
    paths["shp"] = tmp_path / "b.shp"
    ring = " ".join(f"{x:.9f},{y:.9f}" for x, y in degrees[0].exterior.coords)
    kml = (
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>1</name><Polygon><outerBoundaryIs><LinearRing>'
        f"<coordinates>{ring}</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></Document></kml>"
    )
    (tmp_path / "c.kml").write_text(kml, "utf-8")
    paths["kml"] = tmp_path / "c.kml"
    found = {}
    for name, path in paths.items():
        said = {"crs": "EPSG:4545"} if name in ("dxf", "xlsx") else {}
        sites = fg.read_sites(path, workspace=ws, fill={"activity": "化工", "nature": "新建"}, **said)
        result = fg.screen(sites, ws, as_of="2024-06-01")
        found[name] = result.sites.iloc[0]
    first = found["shp"]
    for one in found.values():
        assert (one["verdict"], one["possible"], one["prohibited_by"]) == (
            first["verdict"],
            first["possible"],
            first["prohibited_by"],
        )
        for column in ("to_main_m", "to_wu_m", "to_tributary_m"):
            assert one[column] == pytest.approx(first[column], abs=0.02, nan_ok=True)
        assert one["area_m2"] == pytest.approx(20_000, abs=1)


def test_an_outline_with_arcs_stays_an_area_in_a_block_stretched_one_way(tmp_path):
    document = ezdxf.new()
    # 100 x 50 m with half circles of 50 m across at both ends, and 10 m of straight at top and bottom.
    block = document.blocks.new("plot")
    block.add_lwpolyline([(0, 0), (10, 0, 0, 0, 1), (10, 50), (0, 50, 0, 0, 1)], format="xyseb", close=True)
    stretched = {"xscale": 2, "yscale": 1}
    document.modelspace().add_blockref("plot", (448_000, 3_280_000), dxfattribs=stretched)
    document.saveas(tmp_path / "a.dxf")
    table = read_table(tmp_path / "a.dxf")
    assert [shape.geom_type for shape in table.geometry] == ["Polygon"]
    # Twice the rectangle of 10 x 50 m and the circle of 25 m radius.
    assert table.geometry[0].area == pytest.approx(2 * (500 + np.pi * 25**2), rel=1e-3)


def test_the_letter_before_degrees_is_no_part_of_the_name(tmp_path):
    lines = "甲厂：E107°30′00″，N29°30′00″\n乙厂 E107°45′00″ N29°45′00″\n"
    (tmp_path / "a.txt").write_text(lines, encoding="utf-8")
    table = read_table(tmp_path / "a.txt")
    assert table.text("name").tolist() == ["甲厂", "乙厂"]
    assert [(shape.x, shape.y) for shape in table.geometry] == [(107.5, 29.5), (107.75, 29.75)]


def test_arcs_of_a_kilometre_are_left_by_a_centimetre_at_most(tmp_path):
    document = ezdxf.new()
    space = document.modelspace()
    space.add_circle((448_000, 3_280_000), 1000)
    space.add_lwpolyline([(449_000, 3_280_000, 0, 0, 1), (447_000, 3_280_000, 0, 0, 1)], format="xyseb", close=True)
    space.add_arc((448_000, 3_280_000), 1000, 0, 180)
    document.saveas(tmp_path / "a.dxf")
    shapes = read_table(tmp_path / "a.dxf").geometry
    assert len(shapes) == 3
    for shape in shapes:
        corners = shapely.get_coordinates(shape) - [448_000, 3_280_000]
        middles = (corners[1:] + corners[:-1]) / 2
        for points in (corners, middles):
            assert np.abs(np.hypot(*points.T) - 1000).max() <= 0.0101


def test_layers_that_nobody_sees_are_read_and_named(tmp_path):
    document = ezdxf.new()
    for name, hide in (("红线", None), ("旧稿", "off"), ("参照", "freeze"), ("空", "off")):
        layer = document.layers.add(name)
        if hide is not None:
            getattr(layer, hide)()
    for n, name in enumerate(("红线", "旧稿", "参照")):
        x, y = 448_000 + 200 * n, 3_280_000
        document.modelspace().add_lwpolyline(
            [(x, y), (x + 100, y), (x + 100, y + 100)], close=True, dxfattribs={"layer": name}
        )
    document.saveas(tmp_path / "a.dxf")
    table = read_table(tmp_path / "a.dxf")
    assert len(table) == 3
    (told,) = [one for one in table.notes if "switched off" in one["en"]]
    # The empty one hides nothing.
    assert told["zh"].startswith("有 2 个图层在图中已关闭或冻结（参照, 旧稿）")
    # Who names a layer means it, seen or not.
    alone = read_table(tmp_path / "a.dxf", layer="旧稿")
    assert len(alone) == 1
    assert not any("switched off" in one["en"] for one in alone.notes)


# Units


def test_boundary_points_in_kilometres_or_millimetres_are_refused_with_the_unit(tmp_path):
    for factor, unit, mend in ((0.001, "kilometres", "by 1000"), (1000, "millimetres", "divide")):
        lines = [f"J{at},1,{y * factor:.6f},{x * factor:.6f}" for at, (x, y) in enumerate(PLOT)]
        path = tmp_path / "plots.txt"
        path.write_text(HEAD + "4,2.0,1,甲,面,,,,@\n" + "\n".join(lines) + "\n", "utf-8")
        with pytest.raises(FileError, match=f"look like {unit}.* 9: .*{mend}"):
            open_table(path)


def scaled(tmp_path, factor, unit=0):
    def fill(space, document):
        document.header["$INSUNITS"] = unit
        space.add_lwpolyline([(x * factor, y * factor) for x, y in PLOT], close=True)

    return drawing(tmp_path / f"plot{factor}_{unit}.dxf", fill)


def test_a_drawing_in_millimetres_is_refused_with_its_unit(tmp_path):
    for system in (None, "EPSG:4545"):
        with pytest.raises(FulingError, match=r"look like .*millimetres.*0\.001"):
            open_sites(scaled(tmp_path, 1000, 4), target="EPSG:4545", options=SiteOptions(crs=system))
    # A drawing about a zero of its own says at least what it says of itself.
    with pytest.raises(CrsError, match="the unit that it says is the millimetre"):
        open_sites(scaled(tmp_path, 0.01, 4), target="EPSG:4545")


def test_a_drawing_in_metres_that_says_millimetres_is_read_as_before(tmp_path):
    sites = open_sites(scaled(tmp_path, 1, 4), target="EPSG:4545", options=SiteOptions(crs="EPSG:4545")).read()
    assert shapely.area(sites.geometry[0]) == pytest.approx(20_000)
    assert "millimetre" not in open_table(scaled(tmp_path, 1, 4)).crs_why["en"]


@pytest.mark.parametrize("system", [None, "EPSG:4545", "EPSG:4490"])
def test_a_sheet_in_kilometres_is_refused_with_the_unit(tmp_path, system):
    path = tmp_path / "a.csv"
    path.write_text("id,x,y\n1,398.12,3289.123456\n2,398.5,3289.2\n", "utf-8")
    with pytest.raises(FulingError, match=r"look like .*kilometres.* by 1000"):
        open_sites(path, target="EPSG:4545", options=SiteOptions(crs=system))


def test_separators_of_thousands_are_refused_with_the_mend(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('id,x,y\n1,"448,000.5","3,289,123.45"\n2,"448,100","3,289,200"\n', "utf-8")
    with pytest.raises(FileError, match=r"separators of thousands .as '3,289,123\.45'"):
        open_table(path)
    # A decimal comma of degrees is none.
    path.write_text('id,lon,lat\n1,"107,395","29,725"\n', "utf-8")
    assert shapely.get_coordinates(read_table(path).geometry).tolist() == [[107.395, 29.725]]


@pytest.mark.parametrize(
    ("said", "told"),
    [("0,0,0,0,0,0,0", False), (",,,,,,", False), ("0.0，0.00", False), ("12.5,0,0,0,0,0,0", True), ("七参数", True)],
)
def test_parameters_in_the_head_are_told_unless_they_are_nothing(tmp_path, said, told):
    head = HEAD.replace("[地块坐标]", f"转换参数={said}\n[地块坐标]")
    notes = [note["en"] for note in open_table(parcel(tmp_path / "a.txt", head=head)).notes]
    assert any("parameters of a transformation" in note for note in notes) == told
