"""Site files become sites: every row comes out, in the right place, with what was wrong with it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from shapely import Point

from fuling_gis import crs, gcj02
from fuling_gis.errors import CrsError, FulingError, SiteError
from fuling_gis.sites.columns import aliases, canonical, match
from fuling_gis.sites.inspect import inspect
from fuling_gis.sites.read import SiteOptions, open_sites

TARGET = "EPSG:4545"
# Central meridian 108 E: these are some 3,280 km from the equator and 52 km west of the meridian.
E, N = 448_000.0, 3_280_000.0


def read(path, **options):
    options.setdefault("lang", "en")
    return open_sites(path, target=TARGET, options=SiteOptions(**options)).read()


def notices(path, **options):
    source = open_sites(path, target=TARGET, options=SiteOptions(**options))
    return " ".join(notice["en"] for notice in source.notices)


@pytest.fixture
def sheet(tmp_path):
    def write(text, name="sites.csv"):
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return path

    return write


@pytest.fixture
def layer(tmp_path):
    def write(columns, geometry, name="sites.gpkg", system=4545, **options):
        frame = gpd.GeoDataFrame(columns, geometry=geometry, crs=system)
        pyogrio.write_dataframe(frame, tmp_path / name, **options)
        return tmp_path / name

    return write


def test_every_column_of_the_contract_is_found_by_its_alias(sheet):
    head = "项目编号,项目名称,行业类别,行业代码,建设性质,精度,锅炉吨位,备注,x,y"
    sites = read(sheet(f"{head}\n07,甲厂,化工,0610,新建,5,20,靠江,{E},{N}\n"), crs=TARGET)
    assert (sites.site_id[0], sites.name[0], sites.activity[0]) == ("07", "甲厂", "化工")
    assert (sites.industry_code[0], sites.nature[0], sites.accuracy_m[0]) == ("0610", "新建", 5.0)
    assert sites.facts["boiler_tph"][0] == "20"
    assert sites.facts["备注"][0] == "靠江"
    assert sites.geometry[0].equals(Point(E, N))
    assert (sites.status[0], sites.problem[0], sites.crs) == ("ok", "", TARGET)


def test_case_blanks_and_units_in_names_do_not_matter():
    found = match("f", ["SITE_ID", "Name", "Accuracy_M", "Industry Code", "NATURE", "activity"], {})
    assert set(found.known) == {"site_id", "name", "accuracy_m", "industry_code", "nature", "activity"}
    assert canonical("精度（米）") == "accuracy_m"


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_every_alias_is_found_when_a_shapefile_has_cut_it(encoding):
    taken = {}
    for column, names in aliases().items():
        for alias in names:
            cut = alias.encode(encoding)[:10].decode(encoding, "ignore")
            known = match("f", [cut], {}).known
            # A cut that two columns share may stand for either; it must not be lost.
            assert len(known) == 1, cut
            taken.setdefault(cut, set()).update({column, *known})
    assert match("f", ["industry_c"], {}).known == {"industry_code": "industry_c"}
    assert match("f", ["项目编", "项目名", "项目类"], {}).known == {
        "site_id": "项目编", "name": "项目名", "activity": "项目类"}  # fmt: skip


def test_the_page_lists_every_alias():
    page = (Path(__file__).parents[1] / "docs" / "sites.md").read_text("utf-8")
    for column, names in aliases().items():
        assert f"| `{column}` | {', '.join(names[1:])} |" in page


def test_a_full_name_wins_over_a_cut_one_and_no_column_is_lost(sheet):
    sites = read(sheet(f"编号,项目编号,名称,name,x,y\n1,2,甲,乙,{E},{N}\n"), crs=TARGET)
    assert sites.site_id[0] == "1"
    assert sites.facts["项目编号"][0] == "2"
    assert {sites.name[0], sites.facts["名称" if sites.name[0] == "乙" else "name"][0]} == {"甲", "乙"}


def test_numbers_as_ids_stay_text_without_a_point(layer):
    path = layer({"编号": [1.0, 2.0, 20250001.0]}, [Point(E, N)] * 3)
    assert list(read(path).site_id) == ["1", "2", "20250001"]


def test_industry_codes_stay_text_and_lost_zeros_are_feared(layer):
    path = layer({"行业代码": ["0610", "2614"]}, [Point(E, N)] * 2)
    assert list(read(path).industry_code) == ["0610", "2614"]
    assert "leading 0" in notices(layer({"行业代码": [610, 2614]}, [Point(E, N)] * 2, "b.gpkg"))


def test_missing_and_repeated_ids_are_told_and_the_row_number_stays(sheet):
    sites = read(sheet(f"编号,x,y\nA,{E},{N}\n,{E},{N}\nA,{E},{N}\nB,{E},{N}\n"), crs=TARGET)
    assert list(sites.row) == [0, 1, 2, 3]
    assert ["more than once" in text for text in sites.problem] == [True, False, True, False]
    assert "no id" in sites.problem[1]
    assert list(sites.status) == ["ok"] * 4


def test_a_file_without_ids_is_told_once(sheet):
    path = sheet(f"x,y\n{E},{N}\n")
    assert "no column of ids" in notices(path, crs=TARGET)
    assert read(path, crs=TARGET).problem[0] == ""


def test_rows_run_on_over_several_files_and_ids_are_compared_across(sheet):
    paths = [sheet(f"编号,x,y\nA,{E},{N}\n", "a.csv"), sheet(f"编号,油烟,x,y\nA,是,{E},{N}\nB,否,{E},{N}\n", "b.csv")]
    sites = read(paths, crs=TARGET)
    assert list(sites.row) == [0, 1, 2]
    assert list(sites.source) == ["a.csv", "b.csv", "b.csv"]
    assert list(sites.facts["fume"]) == ["", "是", "否"]
    assert "more than once" in sites.problem[0]
    assert "more than once" in sites.problem[1]


def test_set_fills_only_empty_cells_and_is_told(sheet):
    path = sheet(f"编号,建设性质,x,y\n1,new,{E},{N}\n2,,{E},{N}\n")
    sites = read(path, crs=TARGET, fill={"建设性质": "existing", "activity": "chemical", "重金属": "是", "精度": "3"})
    assert list(sites.nature) == ["new", "existing"]
    assert list(sites.activity) == ["chemical", "chemical"]
    assert list(sites.facts["heavy_metals"]) == ["是", "是"]
    assert list(sites.accuracy_m) == [3.0, 3.0]
    assert "nature" in notices(path, crs=TARGET, fill={"建设性质": "existing"})


def test_field_says_which_column_is_meant(sheet):
    path = sheet(f"MC,XZ,A,B\n甲,new,{E},{N}\n")
    sites = read(path, crs=TARGET, fields={"name": "MC", "建设性质": "xz", "x": "A", "y": "B"})
    assert (sites.name[0], sites.nature[0]) == ("甲", "new")
    assert sites.geometry[0].equals(Point(E, N))
    with pytest.raises(SiteError, match=r"'QQ'.*'MC'"):
        read(path, crs=TARGET, fields={"name": "QQ", "x": "A", "y": "B"})


@pytest.mark.parametrize(("given", "used"), [("1e308", 2e7), ("2e7", 2e7), ("19999999", 19_999_999.0)])
def test_an_accuracy_without_end_is_no_more_than_the_earth(sheet, given, used):
    path = sheet(f"id,x,y,精度\na,500000,3290000,{given}\nb,500000,3290000,\n")
    assert list(read(path, crs=TARGET, site_accuracy=1e300).accuracy_m) == [used, 2e7]


def test_accuracy_is_the_rows_own_then_the_one_for_all_then_nothing(sheet):
    path = sheet(f"编号,精度,x,y\n1,5,{E},{N}\n2,,{E},{N}\n3,about 10,{E},{N}\n4,±2.5 米,{E},{N}\n5,-1,{E},{N}\n")
    assert list(read(path, crs=TARGET).accuracy_m) == [5.0, 0.0, 0.0, 2.5, 0.0]
    sites = read(path, crs=TARGET, site_accuracy=8.0)
    assert list(sites.accuracy_m) == [5.0, 8.0, 8.0, 2.5, 8.0]
    assert "'about 10'" in sites.problem[2]
    assert "8 m" in sites.problem[4]
    assert sites.problem[3] == ""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("107.4,29.7", "EPSG:4490.*gcj02.*bd09"),
        ("29.7,107.4", "exchange"),
        (f"{E},{N}", "EPSG:4545"),
        (f"{36e6 + E},{N}", "EPSG:4524"),
        ("1,2", "fit no system"),
        ("abc,def", "none of its first rows has a position"),
    ],
)
def test_a_file_without_a_system_is_refused_with_an_offer(sheet, text, told):
    with pytest.raises(CrsError, match=told):
        read(sheet(f"x,y\n{text}\n"))


def test_auto_accepts_the_one_thing_that_coordinates_suggest(sheet):
    path = sheet(f"编号,东坐标,北坐标\n1,{36e6 + E},{N}\n")
    assert read(path, crs="auto").geometry[0].distance(Point(E, N)) < 1e-3
    assert "EPSG:4524" in notices(path, crs="auto")
    with pytest.raises(CrsError, match="central meridian"):
        read(sheet(f"x,y\n{E},{N}\n", "b.csv"), crs="auto")


def test_a_survey_sheet_with_x_north_lands_where_it_belongs(sheet):
    sites = read(sheet(f"点号,X,Y\n1,{N},{36e6 + E}\n"), crs="EPSG:4524")
    assert sites.geometry[0].distance(Point(E, N)) < 1e-3


@pytest.mark.parametrize(("word", "there"), [("gcj02", gcj02.wgs84_to_gcj02), ("bd09", None)])
def test_a_phone_maps_shift_is_undone_and_costs_accuracy(sheet, word, there):
    lon, lat = np.array([107.39]), np.array([29.70])
    shifted = gcj02.wgs84_to_gcj02(lon, lat)
    if there is None:
        shifted = gcj02.gcj02_to_bd09(*shifted)
    path = sheet(f"编号,经度,纬度,精度\n1,{shifted[0][0]:.12f},{shifted[1][0]:.12f},3\n")
    sites = read(path, crs=word)
    true = crs.transform(shapely.points(lon, lat), 4326, TARGET)[0]
    assert sites.geometry[0].distance(true) < 0.001
    assert sites.accuracy_m[0] == 8.0
    assert "5 m" in notices(path, crs=word)


def test_a_shift_is_no_matter_of_metres(layer):
    with pytest.raises(CrsError, match="gcj02 is a shift"):
        read(layer({"编号": ["1"]}, [Point(E, N)]), crs="gcj02")


def test_a_system_that_is_said_overrules_the_files_own_and_is_told(layer):
    # 36 448 000 in zone 36 is 448 000 without its number.
    path = layer({"编号": ["1"]}, [Point(36e6 + E, N)], system=4326)
    with pytest.raises(SiteError, match="no degrees"):
        read(path)
    assert read(path, crs="EPSG:4524").geometry[0].distance(Point(E, N)) < 1e-3
    assert "EPSG:4326" in notices(path, crs="EPSG:4524")


def test_geojson_says_that_its_system_was_assumed(sheet):
    path = sheet(json.dumps({"type": "Point", "coordinates": [107.4, 29.7]}), "a.geojson")
    assert "gcj02" in notices(path)


@pytest.mark.parametrize(
    ("system", "text", "told"),
    [
        ("EPSG:4490", "29.7,107.4", "before longitude"),
        ("EPSG:4490", f"{E},{N}", "no degrees"),
        ("EPSG:4490", "-122.0,37.0", "not in China"),
        (TARGET, f"{36e6 + E},{N}", "zone number"),
        ("EPSG:4524", f"{E},{N}", "no zone number"),
        # Degrees that are said to be metres, or a drawing that was not put in its place.
        (TARGET, "107.4,29.7", "not in China"),
        (TARGET, f"{E},6100000", "not in China"),
        ("EPSG:4525", f"{36e6 + E},{N}", "zone number"),
        ("EPSG:3857", f"{E},{N}", "far outside"),
    ],
)
def test_a_file_that_cannot_be_where_it_says_is_refused(sheet, system, text, told):
    path = sheet(f"东坐标,北坐标\n{text}\n")
    with pytest.raises(SiteError, match=told):
        read(path, crs=system)


def test_a_row_of_zeros_and_an_outline_that_runs_to_the_origin_are_rejected(sheet):
    far = f"POLYGON(({E} {N},{E + 100} {N},0 0,{E} {N}))"
    sites = read(sheet(f"编号;wkt\nA;POINT({E} {N})\nB;POINT(0 0)\nC;{far}\n"), crs=TARGET, lang="en")
    assert sites.status.tolist() == ["ok", "rejected", "rejected"]
    assert ["not in China" in text for text in sites.problem] == [False, True, True]


@pytest.mark.parametrize("degrees", ["87.0,49.17", "135.05,48.4", "109.6,18.16", "123.3,53.5", "114.2,22.2"])
def test_the_ends_of_china_are_in_china_in_the_grids_of_their_zones(sheet, degrees):
    lon, lat = map(float, degrees.split(","))
    zone = 4534 + round(lon / 3) - 25
    there = crs.transform(np.array([Point(lon, lat)], dtype=object), 4490, zone)[0]
    sites = read(sheet(f"东坐标,北坐标\n{there.x},{there.y}\n"), crs=f"EPSG:{zone}")
    assert sites.status.tolist() == ["ok"]


def test_exchanged_northings_and_eastings_under_plain_names_are_refused(sheet):
    with pytest.raises(SiteError, match="northing stands before"):
        read(sheet(f"横坐标,纵坐标\n{N},{E}\n"), crs=TARGET)


def test_single_rows_in_the_wrong_place_are_rejected_and_the_rest_is_read(sheet):
    rows = ["107.4,29.7", "29.7,107.4", "7.4,29.7", "500,29.7", ",", "nan,29.7", "x,29.7"]
    sites = read(sheet("lon,lat\n" + "\n".join(rows) + "\n"), crs="EPSG:4490")
    assert list(sites.status) == ["ok"] + ["rejected"] * 6
    assert [shape is None for shape in sites.geometry] == [False] + [True] * 6
    for row, told in enumerate(
        ["", "exchanged", "not in China", "no degrees", "cannot be read", "cannot be read", "'x'"]
    ):
        assert told in sites.problem[row]
    assert "x=500, y=29.7" in sites.problem[3]


def test_xian80_and_beijing54_are_refused(layer):
    for code in (2381, 2433):
        path = layer({"编号": ["1"]}, [Point(E, N)], f"{code}.gpkg", system=code)
        with pytest.raises(CrsError, match="local parameters"):
            read(path)
    with pytest.raises(CrsError, match="local parameters"):
        read(layer({"编号": ["1"]}, [Point(E, N)], "c.gpkg"), crs="EPSG:2381")


def test_broken_shapes_are_repaired_and_say_so_with_areas(layer):
    # Two triangles of 200 m base and 100 m height: 20,000 m2.
    bow = shapely.Polygon([(E, N), (E + 200, N + 200), (E + 200, N), (E, N + 200)])
    mixed = shapely.GeometryCollection([shapely.box(E, N, E + 10, N + 10), Point(E, N), Point(E + 1, N)])
    path = layer({"编号": ["1", "2", "3"]}, [bow, mixed, shapely.box(E, N, E + 10, N + 10)], geometry_type="Unknown")
    sites = read(path)
    assert list(sites.status) == ["repaired", "repaired", "ok"]
    assert "0.00 -> 20000.00 m2" in sites.problem[0]
    assert "2 parts" in sites.problem[1]
    assert shapely.area(sites.geometry).tolist() == pytest.approx([20_000.0, 100.0, 100.0])


def test_a_fault_that_a_transformation_would_hide_is_still_told(layer):
    # The outline touches itself in a vertex that lies in the middle of its own edge.
    ring = [(107.4, 29.7), (107.5, 29.7), (107.5, 29.8), (107.45, 29.7), (107.4, 29.8)]
    path = layer({"编号": ["1"]}, [shapely.Polygon(ring)], system=4490)
    sites = read(path)
    assert sites.status[0] == "repaired"
    assert shapely.is_valid(sites.geometry[0])


def test_rows_without_shape_are_rejected_and_counted(layer):
    path = layer({"编号": ["1", "2", "3"]}, [Point(E, N), None, shapely.Point()], geometry_type="Point")
    sites = read(path)
    assert list(sites.status) == ["ok", "rejected", "rejected"]
    assert all("no geometry" in text for text in sites.problem[1:])


def test_a_site_beyond_the_working_system_is_rejected(layer):
    path = layer({"编号": ["1", "2"]}, [Point(107.4, 29.7), Point(107.4, 95.0)], system=4490)
    assert list(read(path).status) == ["ok", "rejected"]


def test_problems_are_told_in_the_language_of_the_run(sheet):
    path = sheet("lon,lat\n107.4,29.7\n,\n")
    assert "坐标无法识别" in read(path, crs="EPSG:4490", lang="zh").problem[1]


def test_batches_and_read_agree(sheet):
    path = sheet("编号,x,y\n" + "".join(f"{i},{E + i},{N}\n" for i in range(25)))
    source = open_sites(path, target=TARGET, options=SiteOptions(crs=TARGET))
    batches = list(source.batches(10))
    assert [len(batch) for batch in batches] == [10, 10, 5]
    assert [int(row) for batch in batches for row in batch.row] == list(range(25))
    whole = source.read()
    assert list(whole.site_id) == [i for batch in batches for i in batch.site_id]
    assert len(whole[5:8]) == 3


def test_inputs_say_what_was_read(sheet, layer):
    path = sheet(f"编号,x,y\n1,{E},{N}\n")
    (told,) = open_sites(path, target=TARGET, options=SiteOptions(crs=TARGET)).inputs
    assert told["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (told["rows"], told["crs"], told["encoding"], told["driver"]) == (1, TARGET, "utf-8", "CSV")
    shape = layer({"id": ["1"]}, [Point(E, N)], "a.shp")
    (told,) = open_sites(shape, target=TARGET).inputs
    assert set(told["parts"]) == {"a.shx", "a.dbf", "a.prj", "a.cpg"}


def test_a_layer_is_named_behind_two_colons(layer):
    layer({"编号": ["1"]}, [Point(E, N)], layer="甲")
    path = layer({"编号": ["2"]}, [Point(E, N)], layer="乙", append=True)
    with pytest.raises(FulingError, match="::甲"):
        read(path)
    assert read(f"{path}::乙").site_id[0] == "2"


def test_a_file_without_rows_is_refused(sheet):
    with pytest.raises(FulingError, match="no rows"):
        read(sheet("编号,x,y\n"), crs=TARGET)
    with pytest.raises(SiteError, match="at least one"):
        open_sites([], target=TARGET)


def test_columns_of_wkt_are_no_facts(sheet):
    sites = read(sheet(f"编号;WKT\n1;POINT ({E} {N})\n"), crs=TARGET)
    assert "WKT" not in sites.facts
    assert sites.geometry[0].equals(Point(E, N))


def test_inspect_tells_what_every_column_was_taken_for(layer):
    path = layer({"编号": ["1"], "锅炉吨位": [20.0], "备注": ["x"]}, [Point(E, N)])
    told = "\n".join(f"{line.head} {line.text}" for line in inspect(path, options=SiteOptions(lang="en")))
    for words in ("GPKG", "EPSG:4545", "taken for site_id", "taken for boiler_tph", "kept under its own name", "ok 1"):
        assert words in told


def test_inspect_tells_what_would_refuse_a_file(sheet):
    lines = inspect(sheet("编号,经度,纬度\n1,107.4,29.7\n"), options=SiteOptions(lang="en"))
    assert "--crs" in lines[-2].text
    assert lines[-2].head == "Cannot be used as it is"
    assert lines[-1].head == "Try"
    assert lines[-1].text.endswith("sites.csv --crs EPSG:4490")
    told = {line.head: line.text for line in lines}
    assert told["Rows"] == "1"
    assert "coordinates" in told["Column 经度"]


@pytest.mark.parametrize(("lang", "words"), [
    ("zh", ["识别为 site_id（编号）", "缺少的列", "nature（建设性质）", "正常 1", "点, x 448000.00 y 3280000.00"]),
    ("en", ["taken for site_id (id of the site)", "Columns not found", "ok 1", "point, x 448000.00 y 3280000.00"]),
])  # fmt: skip
def test_inspect_speaks_of_columns_places_and_what_is_wanting_in_both_languages(sheet, lang, words):
    path = sheet(f"编号,项目类型,x,y\n1,化工,{E},{N}\n")
    lines = inspect(path, options=SiteOptions(crs=TARGET, lang=lang))
    told = "\n".join(f"{line.head} {line.text}" for line in lines)
    for word in words:
        assert word in told


def test_inspect_ends_with_the_command_to_go_on_with_and_repeats_what_was_said(sheet):
    path = sheet(f"编号,MC,x,y\n1,甲,{E},{N}\n", "my sites;.csv")
    said = SiteOptions(crs=TARGET, site_accuracy=5, fill={"nature": "new"}, fields={"name": "MC"}, lang="en")
    last = inspect(path, options=said, told=["-w", "demo"])[-1]
    assert last.head == "Go on with"
    # A name is one word for a shell, whatever stands in it.
    assert last.text == (
        f"fuling-gis check '{path}' -w demo --crs {TARGET} --site-accuracy 5 --set nature=new --field name=MC"
    )


def test_inspect_points_to_one_layer_where_there_are_several(layer):
    path = layer({"编号": ["1"]}, [Point(E, N)], layer="甲")
    pyogrio.write_dataframe(
        gpd.GeoDataFrame({"编号": ["2"]}, geometry=[Point(E, N)], crs=4545), path, layer="乙", append=True
    )
    lines = inspect(path, options=SiteOptions(lang="en"))
    assert (lines[-1].head, lines[-1].text) == ("Try", f"fuling-gis inspect '{path}::甲'")


def test_a_grid_of_boxes_is_read_without_a_loop_over_rows(layer):
    x, y = np.meshgrid(np.arange(100) * 20.0, np.arange(100) * 20.0)
    boxes = shapely.box(E + x.ravel(), N + y.ravel(), E + x.ravel() + 10, N + y.ravel() + 10)
    sites = read(layer({"编号": np.arange(10_000)}, boxes))
    assert (sites.status == "ok").all()
    assert shapely.area(sites.geometry).sum() == pytest.approx(1e6)


# 107.5 E, 29.7 N lies half a degree west of 108 E: 0.5 * 111.32 km * cos(29.7) = 48.35 km, so its easting is some
# 451.65 km; its northing is that of 29.7 N, 3,287.0 km.
TWICE_E, TWICE_N = 451_650, 3_287_000


def twice(*rows):
    return "id,lon,lat,x,y\n" + "".join(f"{at},107.5,29.7,{x},{y}\n" for at, (x, y) in enumerate(rows))


@pytest.mark.parametrize("prefix", [0, 36_000_000])
def test_degrees_and_metres_of_one_place_are_no_matter(sheet, prefix):
    path = sheet(twice((TWICE_E + prefix, TWICE_N)))
    assert list(read(path, crs="EPSG:4490").problem) == [""]
    # X of a survey sheet is the northing.
    path = sheet(twice((TWICE_N, TWICE_E + prefix)))
    assert list(read(path, crs="EPSG:4490").problem) == [""]
    assert "different places" not in notices(path, crs="EPSG:4490")


def test_a_row_whose_metres_say_another_place_than_its_degrees_is_told(sheet):
    path = sheet(twice((TWICE_E, TWICE_N), (TWICE_E, TWICE_N + 9_000), ("", "")))
    sites = read(path, crs="EPSG:4490")
    assert sites.problem[0] == sites.problem[2] == ""
    metres = sites.problem[1].removeprefix("columns x, y say a place ").removesuffix(" m away, which is not used")
    assert float(metres.replace(",", "")) == pytest.approx(9_000, abs=100)
    assert list(sites.status) == ["ok"] * 3
    (told,) = [text for text in notices(path, crs="EPSG:4490").split("sites.csv: ") if "different places" in text]
    assert "in 1 of its first rows" in told
    assert "in row 1 " in told
    shown = [line.text for line in inspect(path, options=SiteOptions(crs="EPSG:4490", lang="en"))]
    assert any("different places" in text for text in shown)


def test_a_sheet_whose_positions_all_contradict_each_other_is_refused_until_one_is_named(sheet):
    path = sheet(twice((TWICE_E, TWICE_N + 9_000), (TWICE_E + 5_000, TWICE_N)))
    with pytest.raises(SiteError, match="--field lon=lon --field lat=lat or --field x=x --field y=y"):
        read(path, crs="EPSG:4490")
    by_degrees = read(path, crs="EPSG:4490", fields={"lon": "lon", "lat": "lat"})
    assert all("not used" in text for text in by_degrees.problem)
    by_metres = read(path, crs="EPSG:4545", fields={"x": "x", "y": "y"})
    assert all("columns lon, lat" in text for text in by_metres.problem)
    assert by_metres.geometry[0].equals(Point(TWICE_E, TWICE_N + 9_000))


def test_degrees_of_a_phone_map_beside_true_metres_are_found_out(sheet):
    lon, lat = gcj02.wgs84_to_gcj02(np.array([107.5]), np.array([29.7]))
    path = sheet(f"id,lon,lat,x,y\n1,{lon[0]},{lat[0]},{TWICE_E},{TWICE_N}\n")
    with pytest.raises(SiteError, match="gcj02"):
        read(path, crs="EPSG:4490")
    assert list(read(path, crs="gcj02").problem) == [""]
