"""What a workspace lacks is told in figures that a reader can work out: a district of 10 km by 10 km, 100 km2."""

from __future__ import annotations

import datetime as dt
import shutil
from math import pi

import pytest
from layers_made import AROUND, RIVER, SQUARE, box, workspace, write

from fuling_gis.checkup import check_workspace, list_layers, report_layer
from fuling_gis.layers.bank import bank_differences

DAY = dt.date(2024, 6, 1)
TOY = """\
district: {path: a.gpkg, layer: district, covers: own, accuracy_m: 0}
river: {path: a.gpkg, layer: river, covers: COVER, accuracy_m: ACCURACY, fields: {id: BM, grade: JB}}
river_extent: {path: a.gpkg, layer: extent, covers: own, accuracy_m: 0}
"""


@pytest.fixture(scope="module")
def toy_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("toy") / "a.gpkg"
    write(path, SQUARE, layer="district")
    # The river, and a pond of a square kilometre in the north.
    write(path, RIVER, box(0, 3000, 1000, 4000), layer="river", BM=["r", "r"], JB=["长江", ""])
    return write(path, AROUND, layer="extent")


@pytest.fixture
def toy(tmp_path, toy_file):
    (tmp_path / "layers").mkdir()
    shutil.copy(toy_file, tmp_path / "layers")

    def opened(cover="river_extent", more="", accuracy_m=0):
        text = TOY.replace("COVER", cover).replace("ACCURACY", str(accuracy_m))
        return workspace(tmp_path, text + more)

    return opened


def near(checkup, rule):
    return next(cost for cost in checkup.near if cost.rule == rule and cost.in_force)


def test_a_layer_is_reported_with_its_size_and_values(toy):
    report = report_layer(toy(), "river", DAY)
    # 20 km by 0.3 km, and 1 km2; two rectangles of five stored vertices.
    assert (report.state, report.features, report.vertices) == ("ready", 2, 10)
    assert report.area_km2 == pytest.approx(7.0)
    assert report.length_km == 0.0
    assert report.repeated_ids == 2
    assert report.values == {"grade": (("", 1), ("main", 1))}
    assert set(report.unmapped) == {"name", "river", "order", "basin_km2", "bank_basis"}
    assert "FL-140" in report.rules


def test_a_field_that_rules_select_by_is_told_where_it_leaves_features_in_doubt(toy):
    (doubt,) = [doubt for doubt in report_layer(toy(), "river", DAY).doubts if doubt.field == "grade"]
    assert (doubt.unmapped, doubt.features) == (False, 1)
    assert "FL-140" in doubt.rules
    assert "FL-043" not in doubt.rules


def test_a_field_without_a_column_leaves_all_features_in_doubt(tmp_path):
    write(tmp_path / "layers" / "a.gpkg", box(0, 0, 10, 10), box(20, 0, 30, 10))
    (doubt,) = report_layer(workspace(tmp_path, "livestock_zone: {path: a.gpkg}"), "livestock_zone", DAY).doubts
    assert (doubt.field, doubt.unmapped, doubt.features) == ("kind", True, 2)


def test_layers_are_listed_in_the_order_of_the_contract_with_what_is_wrong(toy):
    more = "red_line: {path: none.shp}\noutfall: {path: a.gpkg, layer: x, valid_from: 2025-01-01}\n"
    reports = {report.id: report for report in list_layers(toy(more=more), DAY)}
    assert list(reports) == ["district", "red_line", "river", "river_extent", "outfall"]
    assert reports["red_line"].state == "broken"
    assert "there is no file" in reports["red_line"].fault
    assert reports["outfall"].state == "absent"
    assert "2025-01-01 to any day after" in reports["outfall"].reason["en"]


def test_a_broken_layer_makes_the_workspace_unsound_and_counts_as_missing(toy):
    checkup = check_workspace(toy(more="red_line: {path: none.shp}\n"), DAY)
    assert not checkup.sound
    (missing,) = [layer for layer in checkup.missing if layer.id == "red_line"]
    assert "there is no file" in missing.reason["en"]
    assert "FL-008" in missing.unasked


def test_a_sound_workspace_tells_its_area_and_what_rules_lack(toy):
    checkup = check_workspace(toy(), DAY)
    assert checkup.sound
    assert checkup.district_km2 == pytest.approx(100.0)
    missing = {layer.id: layer for layer in checkup.missing}
    assert missing["red_line"].reason["en"] == "the catalogue does not list it"
    assert "river" not in missing
    # Channel works in rivers within the red line, reserves and habitats: rivers are there, the rest is not.
    assert "FL-044" in missing["red_line"].partly
    # Without given bank zones the computed ones are in force, so that nothing is lost.
    assert missing["bank_zone"].unasked == ()
    assert "FL-056" in missing["bank_zone"].other_readings


def test_rivers_known_five_kilometres_around_leave_nothing_undecided(toy):
    cost = near(check_workspace(toy(), DAY), "FL-056")
    assert (cost.layers, cost.within_m, cost.in_force) == (("river",), 1000.0, True)
    assert cost.undecided_share == pytest.approx(0.0, abs=1e-12)


def test_rivers_known_up_to_the_border_leave_a_rim_as_wide_as_the_distance(toy):
    checkup = check_workspace(toy("district"), DAY)
    # A rim of 1 km leaves 8 km by 8 km, one of 3 km 4 km by 4 km.
    assert near(checkup, "FL-056").undecided_km2 == pytest.approx(100 - 64)
    assert near(checkup, "FL-140").undecided_share == pytest.approx(1 - 0.16)


def test_the_layers_accuracy_widens_the_rim(toy):
    checkup = check_workspace(toy("district", accuracy_m=500), DAY)
    # 1 km and 500 m: 7 km by 7 km stay decided.
    assert near(checkup, "FL-056").undecided_km2 == pytest.approx(100 - 49)


def test_rivers_that_cover_nothing_leave_the_whole_district_undecided(toy):
    assert near(check_workspace(toy("null"), DAY), "FL-056").undecided_share == pytest.approx(1.0)


def test_without_a_district_no_share_can_be_told(tmp_path):
    write(tmp_path / "layers" / "a.gpkg", RIVER)
    checkup = check_workspace(workspace(tmp_path, "river: {path: a.gpkg}"), DAY)
    assert (checkup.district_km2, checkup.near) == (None, ())
    assert "district" not in {layer.id for layer in checkup.layers}


def test_given_bank_zones_are_compared_with_the_computed_ones(toy, tmp_path):
    # Given: the northern bank alone, 800 m wide; in the district 10 km by 0.8 km.
    write(tmp_path / "layers" / "a.gpkg", box(-6000, 0, 6000, 800), layer="bank", JB=["长江"], JL=["1公里"])
    space = toy(more="bank_zone: {path: a.gpkg, layer: bank, fields: {grade: JB, within_m: JL}}\n")
    (found,) = check_workspace(space, DAY).bank
    assert (found.grade, found.within_m) == ("main", 1000.0)
    assert found.given_km2 == pytest.approx(8.0)
    # 1 km to the north, the river itself, 1 km to the south: 2.3 km by 10 km.
    assert found.computed_km2 == pytest.approx(23.0)
    assert found.only_given_km2 == pytest.approx(0.0, abs=1e-9)
    assert found.only_computed_km2 == pytest.approx(15.0)
    assert found.only_computed_water_km2 == pytest.approx(3.0)
    assert found.only_computed_share == pytest.approx(15 / 23)


def test_zones_that_name_no_grade_are_compared_with_all_rivers(toy, tmp_path):
    write(tmp_path / "layers" / "a.gpkg", box(-6000, -1300, 6000, 1000), layer="bank")
    space = toy(more="bank_zone: {path: a.gpkg, layer: bank}\n")
    layers = {one: space.layer(one, DAY) for one in ("bank_zone", "river")}
    (found,) = bank_differences(layers["bank_zone"], layers["river"], SQUARE)
    assert (found.grade, found.within_m) == ("", 1000.0)
    # The pond of 1 km2 with 1 km around it, all of it in the district and away from the river's zone (y < 1 km):
    # a square of 1 km, four strips of 1 km2, and four quarters of a circle of 1 km.
    assert found.only_computed_km2 == pytest.approx(5 + pi, rel=1e-3)
    assert found.only_computed_water_km2 == pytest.approx(1.0)


def test_without_rivers_or_given_zones_there_is_nothing_to_compare(toy):
    assert check_workspace(toy(), DAY).bank == ()
