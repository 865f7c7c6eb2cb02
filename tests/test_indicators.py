"""The plan's figures: areas on the ellipsoid, nothing counted twice, exact shares of cells, and what is wanting."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
import shapely
import terrain_made as made
from hypothesis import given, settings
from hypothesis import strategies as st
from layers_made import X, Y, box, workspace, write
from pyproj import Geod, Transformer

from fuling_gis.api import indicators, open_workspace
from fuling_gis.errors import UsageError
from fuling_gis.grid import Grid
from fuling_gis.indicators.area import ellipsoidal_m2, scale_at
from fuling_gis.indicators.fractions import shares
from fuling_gis.indicators.model import Target
from fuling_gis.indicators.model import indicators as listed
from fuling_gis.outputs.indicators import write_indicators

DAY = dt.date(2024, 6, 1)
ROOT = Path(__file__).parents[1]
# On the central meridian the map is true to scale: the square of 10 km has 100 km2 but for what the ellipsoid bends.
CATALOG = """
district: {path: v.gpkg, layer: district, accuracy_m: 0, covers: own}
red_line:
  versions:
    - {path: v.gpkg, layer: old, accuracy_m: 5, covers: district, valid_to: 2020-12-30}
    - {path: v.gpkg, layer: new, accuracy_m: 5, covers: district, valid_from: 2020-12-31}
nature_reserve: {path: v.gpkg, layer: reserve, fields: {name: name}, accuracy_m: 0, covers: district}
built_up: {path: v.gpkg, layer: town, accuracy_m: 0, covers: district}
land_cover: {path: cover.tif, values: {cover: {1: forest, 2: green, 0: other}}, accuracy_m: 0, covers: district}
"""


def place(root, catalog=CATALOG):
    space = workspace(root, catalog)
    gpkg = root / "layers" / "v.gpkg"
    write(gpkg, box(-5000, -5000, 5000, 5000), layer="district")
    write(gpkg, box(0, 0, 1000, 1000), layer="old")
    # 200 m of it are given up in the west, and twice as much is taken in the east; a piece lies beyond the district.
    write(gpkg, box(200, 0, 1400, 1000), box(4900, 0, 5900, 100), layer="new")
    write(gpkg, box(0, 0, 2000, 1000), box(1000, 0, 3000, 1000), layer="reserve", name=["甲", "乙"])
    write(gpkg, box(-1015, -1000, -15, 0), layer="town")
    on = Grid(X - 6000, Y + 6000, 30.0, 30.0, 400, 400, "EPSG:4545")
    x, y = np.meshgrid(on.x(np.arange(400)) - X, on.y(np.arange(400)) - Y)
    cover = np.where(x > 0, 1, 0)
    cover[(x < 0) & (y < 0) & (y > -510)] = 2
    made.write_dem(root / "layers" / "cover.tif", cover.astype(np.uint8), on, nodata=255)
    return space


def found(space, **options):
    return {one.indicator.id: one for one in indicators(space, as_of=DAY, **options).figures}


def test_areas_are_those_of_a_fine_geodesic_polygon():
    ring = shapely.Polygon(
        [(X - 40_000, Y), (X + 30_000, Y - 20_000), (X + 55_000, Y + 31_000), (X - 10_000, Y + 44_000)]
    )
    holed = ring.difference(shapely.box(X, Y, X + 9_000, Y + 8_000))
    way = Transformer.from_crs("EPSG:4545", "EPSG:4490", always_xy=True)
    fine = shapely.segmentize(holed, 5.0)
    wanted = 0.0
    for sign, part in [(1, fine.exterior), *((-1, hole) for hole in fine.interiors)]:
        lon, lat = way.transform(*shapely.get_coordinates(part).T)
        wanted += sign * abs(Geod(a=6378137.0, rf=298.257222101).polygon_area_perimeter(lon, lat)[0])
    assert ellipsoidal_m2(holed, "EPSG:4545") == pytest.approx(wanted, rel=1e-7)
    # On the map the same ground is larger: the scale grows away from the central meridian.
    assert holed.area / wanted > 1.000_01
    assert scale_at(np.array([X]), np.array([Y]), "EPSG:4545")[0] == pytest.approx(1.0, abs=1e-9)


@settings(max_examples=30, deadline=None, derandomize=True, database=None)
@given(st.lists(st.tuples(st.floats(-900, 900), st.floats(-900, 900)), min_size=3, max_size=12))
def test_the_shares_of_cells_add_up_to_the_area(points):
    area = shapely.MultiPoint([(X + x, Y + y) for x, y in points]).convex_hull.buffer(3.0)
    area = area.difference(shapely.Point(X + points[0][0], Y + points[0][1]).buffer(40.0))
    grid = made.grid((100, 100), 20.0)
    got = shares(area, grid)
    assert got.share.sum() * 400 == pytest.approx(area.area, rel=1e-9, abs=1e-6)
    assert len({*zip(got.row.tolist(), got.column.tolist(), strict=True)}) == len(got.row)
    assert ((got.share > 0) & (got.share <= 1 + 1e-12)).all()


def test_a_cell_cut_in_half_counts_half():
    grid = Grid(0.0, 100.0, 10.0, 10.0, 10, 10, "EPSG:4545")
    got = shares(shapely.box(5, 90, 20, 100), grid)
    assert dict(zip(got.column.tolist(), got.share.tolist(), strict=True)) == pytest.approx({0: 0.5, 1: 1.0})


def test_overlaps_are_not_counted_twice_and_nothing_beyond_the_district_counts(tmp_path):
    told = found(place(tmp_path))
    # Two rectangles of 2 km2 that share one: 3 km2 of 100.
    assert told["protected_share"].value == pytest.approx(3.0, abs=1e-4)
    assert told["protected_pattern"].value == 2
    # 1.2 km2, and of the piece on the border 100 m by 100 m.
    assert told["red_line_share"].value == pytest.approx(1.21, abs=1e-4)


def test_accuracy_makes_a_range_and_the_target_is_met_or_not_or_maybe(tmp_path):
    told = found(place(tmp_path))["red_line_share"]
    # 5 m to all sides of 1200 m by 1000 m.
    assert (told.low, told.high) == pytest.approx((1.19 * 0.99 + 0.0081, 1.21 * 1.01 + 0.0115), abs=1e-3)
    assert told.met == "no"
    assert Target(9.3).met(9.2, 9.4) == "maybe"
    assert Target(9.3).met(9.3, 9.4) == "yes"
    assert Target(9.3).met(9.1, 9.2) == "no"
    assert Target(7, 7).met(7, 7) == "yes"
    assert Target(7, 7).met(8, 8) == "no"


def test_land_cover_is_weighed_by_exact_shares(tmp_path):
    told = found(place(tmp_path))
    # Forest is everything east of x = 0: half of the district.
    assert told["forest_cover"].value == pytest.approx(50.0, abs=0.01)
    # The town reaches from x = -1015 to -15, across cells; green are the 510 m of its 1000 m next to y = 0.
    assert told["green_cover"].value == pytest.approx(51.0, abs=0.01)


def test_a_neighbour_is_not_counted_and_nameless_features_make_a_range(tmp_path):
    space = place(tmp_path)
    # Two named parks, one of them twice; two without a name; a neighbour's across the border from x = 5000 on.
    boxes = [box(n, n, n + 50, n + 50) for n in (0, 100, 200, 300, 400)]
    names = ["甲", "乙", "甲", None, None, "邻"]
    write(tmp_path / "layers" / "v.gpkg", *boxes, box(5000, 0, 6000, 100), layer="reserve", name=names)
    told = found(space)["protected_pattern"]
    assert (told.low, told.value, told.high) == (2, 4, 4)


def test_a_number_that_the_catalogue_does_not_explain_may_be_any_class(tmp_path):
    told = found(place(tmp_path, CATALOG.replace(", 0: other", "")))
    # Of the district 50 % are forest and at least the 510 m by 5 km of green are not; the rest is numbered 0.
    assert told["forest_cover"].low == pytest.approx(50.0, abs=0.05)
    assert told["forest_cover"].high == pytest.approx(100.0 - 100 * 0.51 * 5 / 100, abs=0.05)
    assert told["forest_cover"].met == "maybe"


def test_the_accuracy_of_the_built_up_area_widens_its_green_cover(tmp_path):
    told = found(place(tmp_path, CATALOG.replace("layer: town, accuracy_m: 0", "layer: town, accuracy_m: 15")))
    green = told["green_cover"]
    assert green.value == pytest.approx(51.0, abs=0.01)
    # The town of 1000 m by 1000 m could lie 15 m farther south, where there is no green: 495 m of 1000 m.
    assert green.low <= 49.5
    assert green.high >= 51.0 + 1.4


def test_tiles_that_lie_on_each_other_count_once(tmp_path):
    space = place(tmp_path, CATALOG.replace("path: cover.tif", "path: [cover.tif, again.tif]"))
    (tmp_path / "layers" / "again.tif").write_bytes((tmp_path / "layers" / "cover.tif").read_bytes())
    assert found(space)["forest_cover"].value == pytest.approx(50.0, abs=0.01)


def test_the_day_compared_with_comes_before_the_day_asked_about(tmp_path):
    space = place(tmp_path)
    with pytest.raises(UsageError, match="not before"):
        indicators(space, as_of=dt.date(2020, 1, 1), since=dt.date(2024, 1, 1))
    # Both days have the new line.
    assert "no two versions" in found(space, since=dt.date(2024, 5, 1))["red_line_kept"].method["en"]


def test_land_cover_in_degrees_is_weighed_on_the_ellipsoid(tmp_path):
    space = place(tmp_path)
    way = Transformer.from_crs("EPSG:4545", "EPSG:4490", always_xy=True)
    lon, lat = way.transform(X, Y)
    step = 1 / 3600
    on = Grid(lon - 300 * step, lat + 300 * step, step, step, 600, 600, "EPSG:4490")
    cover = np.ones((600, 600), np.uint8)
    # North of the middle's latitude is no forest; the halves differ by the bend of a parallel, next to nothing.
    cover[:300] = 0
    made.write_dem(tmp_path / "layers" / "cover.tif", cover, on, nodata=255, crs="EPSG:4490")
    assert found(space)["forest_cover"].value == pytest.approx(50.0, abs=0.05)


def test_two_versions_of_the_red_line_are_compared(tmp_path):
    figures = indicators(place(tmp_path), as_of=DAY)
    change = figures.changes["red_line"]
    # Lost 200 m by 1 km; gained 400 m by 1 km, and the piece of 10 ha across the border.
    assert change.lost_ha == pytest.approx(20.0, abs=1e-3)
    assert change.gained_ha == pytest.approx(40.0 + 10.0, abs=1e-3)
    told = {one.indicator.id: one for one in figures.figures}["red_line_kept"]
    assert told.value == pytest.approx(30.0, abs=2e-3)
    assert told.low < 30.0 < told.high
    assert told.met == "yes"


def test_a_red_line_that_shrank_is_told_and_the_same_one_twice_is_not(tmp_path):
    turned = (
        CATALOG.replace("layer: old", "layer: x").replace("layer: new", "layer: old").replace("layer: x", "layer: new")
    )
    shrunk = found(place(tmp_path / "a", turned))["red_line_kept"]
    assert (shrunk.met, round(shrunk.value)) == ("no", -30)
    same = found(place(tmp_path / "b", CATALOG.replace("layer: old", "layer: new")))["red_line_kept"]
    assert (same.met, same.value, same.low, same.high) == ("yes", 0, 0, 0)


def test_what_is_missing_is_named(tmp_path):
    told = found(place(tmp_path))
    assert told["wetland"].value is None
    assert "layer wetland (Wetlands) missing" in told["wetland"].method["en"]
    assert "缺图层 wetland" in told["wetland"].method["zh"]
    assert "park_green" in told["park_green"].method["en"]


LATER = """red_line: {path: v.gpkg, layer: new, accuracy_m: 5, covers: district, valid_from: 2020-12-31}
"""


def test_what_one_edition_cannot_tell_says_how_to_bring_in_the_former_and_that_works(tmp_path, fuling):
    space = place(tmp_path, CATALOG.split("red_line:", maxsplit=1)[0] + LATER)
    told = found(space)["red_line_kept"]
    assert told.value is None
    assert "compares two editions of a layer, and the workspace has one version only of red_line" in told.method["en"]
    assert "要比较前后两版图层，而工作区只有一版 red_line（生态保护红线）" in told.method["zh"]
    for words in told.method.values():
        (command,) = re.findall(r"fuling-gis (layers add \S+ --as red_line --to )\S+( --further-version)", words)
        assert [*command[0].split()[:2], *command[0].split()[3:]] == ["layers", "add", "--as", "red_line", "--to"]
    given = (tmp_path / "layers" / "v.gpkg", "--layer", "old", "--accuracy", "5", "--covers", "district", "--yes")
    added = fuling(
        "layers", "add", *given, "--as", "red_line", "--to", "2020-12-30", "--further-version", "-w", space.root
    )
    assert added.status == 0, added.err
    # Lost 20 ha, gained 40 ha and the piece of 10 ha across the border.
    assert round(found(open_workspace(space.root))["red_line_kept"].value) == 30


def test_every_row_of_the_table_of_figures_has_its_indicator():
    titles = {one.title["zh"].split("（")[0] for one in listed()}
    named = {
        "生态保护红线面积占比", "自然保护地面积占比", "森林覆盖率", "林地面积总量", "城市建成区绿化覆盖率",
        "人均公园绿地面积", "湿地面积保有量", "长江干支流自然岸线保有率", "水土流失治理", "废弃露天矿山生态修复",
        "城市绿地增量", "环境管控单元数", "水质断面", "乡镇集中式饮用水水源地", "城市建成区道路机械化清扫率",
        "受污染耕地安全利用率", "污染地块安全利用率", "自然保护地格局“两区五园”", "入河排污口", "岸线整治项目",
        "农村生活污水治理率", "生态保护红线面积不减少",
    }  # fmt: skip
    assert titles == named


def test_the_files_hold_the_figures_in_both_languages(tmp_path):
    figures = indicators(place(tmp_path), as_of=DAY)
    files = write_indicators(figures, tmp_path / "out" / "figures.csv", "zh")
    assert [file.name for file in files] == ["figures.csv", "figures.json", "figures.svg", "figures-red_line.svg"]
    rows = list(csv.DictReader(io.StringIO(files[0].read_text("utf-8-sig"))))
    assert len(rows) == len(listed())
    assert rows[0]["title"] == "生态保护红线面积占比"
    assert (rows[0]["value"], rows[0]["target"], rows[0]["met"]) == ("1.21", "≥ 9.3", "未达到")
    told = json.loads(files[1].read_text("utf-8"))
    assert told["indicators"][0]["title"]["en"] == "Share of the ecological red line"
    assert told["changes"]["red_line"]["lost_ha"] == pytest.approx(20.0, abs=1e-3)
    for picture in files[2:]:
        assert picture.read_text("utf-8").startswith("<svg ")
    assert "增加" in files[3].read_text("utf-8")


def test_the_command_prints_the_table_and_writes_beside_it(fuling, tmp_path):
    place(tmp_path)
    ran = fuling("indicators", "-w", tmp_path, "--as-of", "2024-06-01", "-o", tmp_path / "x")
    assert ran.status == 0
    assert "Share of protected areas" in ran.out
    assert "3.00 %" in ran.out
    assert (tmp_path / "x.svg").exists()
    as_data = json.loads(
        fuling("indicators", "-w", tmp_path, "--as-of", "2024-06-01", "-o", tmp_path / "x", "--json").out
    )
    assert [one["id"] for one in as_data["indicators"]] == [one.id for one in listed()]
    assert fuling("indicators", "-w", tmp_path, "--since", "yesterday").status == 2


def test_the_demonstration_has_the_figures_it_was_drawn_for():
    told = found(open_workspace(ROOT))
    for name, drawn in (
        ("red_line_share", 9.3), ("protected_share", 7.84), ("forest_cover", 55.0), ("green_cover", 43.0),
    ):  # fmt: skip
        assert told[name].value == pytest.approx(drawn, abs=0.02), name
        assert told[name].low < told[name].value < told[name].high
    counts = {"protected_pattern": 7, "management_units": 32, "outfalls": 393, "township_sources": 30, "sections": 9}
    assert {name: told[name].value for name in counts} == counts
    assert told["red_line_share"].indicative
