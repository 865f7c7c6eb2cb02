"""The demonstration's layers as they lie in the checkout: the figures, the tilings, what is doubtful on purpose."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
import shapely
from demo_made import GPKG, LAYERS, held, names, whole

from fuling_gis.demo import places
from fuling_gis.layers.schema import kinds
from fuling_gis.yamlfile import read_yaml

MISSING = {"visible_range", "aquatic_habitat", "no_honk"}
RASTERS = {"dem", "land_cover"}
CATALOG = read_yaml(LAYERS / "catalog.yaml").value


def entries():
    for layer_id, entry in CATALOG["layers"].items():
        for version in entry.get("versions", [entry]):
            yield layer_id, version


def percent(area):
    return 100 * area / whole("district").area


def test_every_layer_of_the_contract_is_there_but_three():
    assert set(kinds()) - set(CATALOG["layers"]) == MISSING
    assert {version["layer"] for layer, version in entries() if layer not in RASTERS} == set(names())
    assert [(LAYERS / version["path"]).is_file() for layer, version in entries() if layer in RASTERS] == [True, True]


def test_every_entry_says_that_it_is_indicative_how_accurate_it_is_and_what_it_covers():
    assert [layer for layer, version in entries() if version["indicative"] is not True] == []
    assert [layer for layer, version in entries() if not 0 < version["accuracy_m"] <= 50] == []
    assert {
        layer: version["covers"] for layer, version in entries() if version["covers"] not in ("district", "own")
    } == {
        "river": "river_extent",
        "farmland_class": "farmland",
        "karst": "erosion_area",
        "building": "built_up",
    }


def test_the_file_is_small_and_its_coordinates_are_whole_centimetres():
    assert GPKG.stat().st_size < 6_000_000
    coordinates = [shapely.get_coordinates(held(name).geometry) for name in names()]
    assert sum(len(xy) for xy in coordinates) <= 200_000
    every = np.concatenate(coordinates)
    assert np.abs(every * 100 - np.round(every * 100)).max() < 1e-4


@pytest.mark.parametrize("name", names())
def test_geometries_are_valid_and_none_is_empty(name):
    geometry = held(name).geometry
    assert shapely.is_valid(geometry).all()
    assert not shapely.is_empty(geometry).any()


def test_the_district_has_the_area_of_the_plan():
    assert whole("district").area == pytest.approx(2942e6, rel=0.01)


def test_the_rivers_cross_the_border_where_they_do():
    border = shapely.boundary(whole("district"))
    crossings = places.points("outline")[[row["kind"] == "river" for row in places.rows("outline")]]
    assert shapely.distance(border, shapely.points(crossings)).max() < 60.0


def test_red_line_and_protected_areas_have_their_shares():
    district = whole("district")
    assert percent(shapely.intersection(whole("red_line"), district).area) == pytest.approx(9.3, abs=0.02)
    assert percent(shapely.intersection(whole("nature_reserve"), district).area) == pytest.approx(7.84, abs=0.02)


def test_there_are_two_reserves_and_five_parks():
    reserve = held("nature_reserve")
    kind = dict(zip(reserve.fields["BHDMC"], reserve.fields["BHDLX"], strict=True))
    assert sorted(kind.values()).count("自然保护区") == 2
    assert len(kind) == 7


def test_the_red_line_keeps_out_of_the_built_up_area():
    assert shapely.intersection(whole("red_line"), whole("built_up")).area < 0.001 * whole("built_up").area


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("management_unit_2020", {"priority": 15, "key": 11, "general": 7}),
        ("management_unit_2023", {"priority": 15, "key": 10, "general": 7}),
    ],
)
def test_units_have_their_numbers_and_shares_and_tile_the_district(name, numbers):
    unit = held(name)
    assert shapely.coverage_is_valid(unit.geometry)
    joined = shapely.coverage_union_all(unit.geometry)
    assert shapely.equals(joined, whole("district"))
    shares = {"priority": 18.2, "key": 29.0, "general": 52.8}
    for category, number in numbers.items():
        mine = unit.where(ZHGKDYFL=category)
        assert len(mine) == number
        assert percent(shapely.area(mine).sum()) == pytest.approx(shares[category], abs=0.3)


def test_units_have_codes_of_the_district_and_four_lists_each():
    for name in ("management_unit_2020", "management_unit_2023"):
        fields = held(name).fields
        codes = list(fields["HJGKDYBM"])
        assert len(set(codes)) == len(codes)
        assert all(code.startswith("ZH500102") and len(code) == 13 and code[8:].isdigit() for code in codes)
        for column in ("KJBJYS", "WRWPFGK", "HJFXFK", "ZYLYXL"):
            assert all(item.startswith("示意：") for text in fields[column] for item in text.split("；"))


def test_units_change_on_the_day_of_the_notice():
    old, new = CATALOG["layers"]["management_unit"]["versions"]
    assert dt.date.fromisoformat(old["valid_to"]) + dt.timedelta(days=1) == dt.date.fromisoformat(new["valid_from"])
    assert new["valid_from"] == "2024-03-19"


@pytest.mark.parametrize("name", ["function_zone", "livestock_zone"])
def test_other_tilings_are_exact_too(name):
    assert shapely.coverage_is_valid(held(name).geometry)
    joined = shapely.coverage_union_all(held(name).geometry)
    # A border that meets the outline sets a vertex there, which may draw the outline aside by half a centimetre.
    assert shapely.hausdorff_distance(shapely.boundary(joined), shapely.boundary(whole("district"))) < 0.01


def test_rivers_are_drawn_to_the_end_of_their_extent_five_kilometres_out():
    extent, district = whole("river_extent"), whole("district")
    assert shapely.covers(extent, district)
    assert shapely.distance(shapely.boundary(extent), district) >= 5000.0
    for grade in ("main", "wu"):
        water = shapely.union_all(held("river").where(grade=grade))
        # The water touches the end of the extent twice where it passes, once where the Wu only comes in.
        ends = shapely.intersection(shapely.boundary(extent), water)
        assert shapely.get_num_geometries(shapely.line_merge(ends)) == {"main": 2, "wu": 1}[grade]


@pytest.mark.parametrize(("river", "grade"), [("长江", "main"), ("乌江", "wu")])
def test_the_great_rivers_run_along_their_waypoints(river, grade):
    xy, _ = places.waypoints(river)
    known = [row["kind"] == "measured" for row in places.rows("main_rivers") if row["river"] == river]
    points = shapely.points(xy[known])
    points = points[shapely.covers(whole("river_extent"), points)]
    assert len(points) > 35
    water = shapely.union_all(held("river").where(grade=grade))
    assert shapely.distance(water, points).max() < 60.0


def test_the_yangtze_is_as_wide_as_it_was_measured():
    measured = [
        float(r["width_m"]) for r in places.rows("main_rivers") if r["river"] == "长江" and r["kind"] == "measured"
    ]
    water = shapely.intersection(shapely.union_all(held("river").where(grade="main")), whole("district"))
    # Some 75 km of river lie within the district.
    assert water.area / 75_000 == pytest.approx(np.mean(measured), rel=0.12)


def test_there_are_some_twenty_tributaries_with_plausible_basins():
    river = held("river")
    basins = dict(zip(river.fields["river"], river.fields["basin_km2"], strict=True))
    assert len(river.where(grade="tributary")) >= 20
    assert basins["长江"] > 10 * basins["乌江"] > 100 * basins["渠溪河"]
    assert {"渠溪河", "袁家溪", "上桥河", "龙塘河", "黎香溪", "清溪河", "碧溪河", "麻溪河", "新河"} <= set(basins)


def test_the_given_bank_zone_and_the_computed_one_differ_by_little_and_by_more_than_nothing():
    river, zone = held("river"), held("bank_zone")
    for grade in ("main", "wu"):
        given = shapely.union_all(zone.where(grade=grade))
        computed = shapely.intersection(
            shapely.buffer(shapely.union_all(river.where(grade=grade)), 1000.0, quad_segs=64), whole("district")
        )
        apart = shapely.symmetric_difference(given, computed)
        assert 0 < apart.area < 1.0 * given.length
        assert shapely.is_empty(shapely.buffer(apart, -1.05))


def test_thirty_township_sources_have_a_first_and_a_second_tier():
    source = held("water_source")
    tiers = {}
    for name, use, tier in zip(*(source.fields[c] for c in ("SYDMC", "SYDLX", "BHQJB")), strict=True):
        if use == "township":
            tiers.setdefault(name, set()).add(tier)
    assert len(tiers) == 30
    assert [name for name, held_tiers in tiers.items() if not {"1", "2"} <= held_tiers] == ["马武镇水源地"]
    assert tiers["马武镇水源地"] == {None}
    assert "江东街道水源地" in tiers


def test_parks_stand_at_their_towns():
    park = held("industrial_park")
    by_name = dict(zip(park.fields["YQMC"], park.geometry, strict=True))
    for name, town in {
        "白涛园区": "白涛街道",
        "清溪园区": "清溪镇",
        "临港经济区": "龙桥街道",
        "涪陵工业园区": "李渡街道",
    }.items():
        assert shapely.distance(by_name[name], shapely.Point(places.seat(town))) < 3500.0
    for grade in ("main", "wu"):
        assert not shapely.intersects(whole("industrial_park"), shapely.union_all(held("river").where(grade=grade)))


DOUBTFUL = {
    ("river", "grade"),
    ("nature_reserve", "BHDFQ"),
    ("water_source", "BHQJB"),
    ("forest", "BHDJ"),
    ("karst", "LX"),
    ("shoreline_zone", "GNQLX"),
    ("aquaculture_zone", "LX"),
    ("livestock_zone", "LX"),
    ("building", "JZYT"),
    ("building", "YD"),
    ("mine", "KSZT"),
    ("erosion_area", "MC"),
    ("industrial_park", "HGYQ"),
}


@pytest.mark.parametrize(("layer", "column"), sorted(DOUBTFUL))
def test_some_features_leave_the_field_empty_that_selects_them(layer, column):
    empty = len(held(layer).where(**{column: None}))
    assert 0 < empty < len(held(layer).geometry) / 4 + 1


def test_listed_values_are_written_as_the_contract_writes_them():
    for layer_id, version in entries():
        if layer_id in RASTERS:
            continue
        fields = held(version["layer"]).fields
        for name, field in kinds()[layer_id].fields.items():
            column = version["fields"].get(name)
            allowed = set(getattr(field, "values", None) or ())
            if column and allowed and name != "level":
                meant = version.get("values", {}).get(name, {})
                assert {meant.get(v, v) for v in fields[column] if v is not None} <= allowed, (layer_id, name)


@pytest.mark.parametrize(("layer", "count"), [("outfall", 393), ("section", 9)])
def test_points_are_as_many_as_the_plan_counts(layer, count):
    assert len(held(layer).geometry) == count
