"""`fuling-gis layers`: what is there, what is missing, and what that costs."""

from __future__ import annotations

import json

import pytest
from small_workspace import make_workspace

DAY = "2024-06-01"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return make_workspace(tmp_path_factory.mktemp("small"))


@pytest.fixture
def layers(fuling, place):
    def run(*words):
        return fuling("layers", *words, "-w", place, "--as-of", DAY)

    return run


def test_layers_alone_lists_what_is_there_and_what_is_not(layers):
    ran = layers()
    assert ran.status == 0
    assert ran.out == layers("list").out
    there, missing = ran.out.split("Layers that are not there")
    assert "red_line" in there
    assert "red_line" not in missing
    assert "bank_zone" in missing


def test_the_list_as_json_names_layers_and_reasons(layers):
    said = json.loads(layers("list", "--json").out)
    assert list(said["layers"]) == ["district", "red_line", "river"]
    assert said["layers"]["red_line"]["accuracy_m"] == 5
    assert set(said["missing"]["bank_zone"]) == {"zh", "en"}


def test_a_layer_is_shown_with_its_fields_and_its_size(layers):
    said = layers("show", "red_line").out
    # The square of a kilometre.
    assert "1.00 km2" in said
    assert "FL-007" in said
    assert "indicative" in said


def test_a_missing_layer_can_be_shown_too(layers):
    ran = layers("show", "bank_zone", "--lang", "zh")
    assert ran.status == 0
    assert "没有" in ran.out


def test_an_unknown_layer_is_wrong_usage_and_names_the_nearest(layers):
    ran = layers("show", "redline")
    assert ran.status == 2
    assert "red_line" in ran.err


def test_check_tells_what_missing_layers_cost(layers):
    ran = layers("check")
    assert (ran.status, ran.err) == (0, "")
    assert "The district has 100.00 km2" in ran.out
    (line,) = [line for line in ran.out.splitlines() if line.startswith("  management_unit ")]
    assert "FL-001" in line


def test_check_as_json_measures_what_distance_rules_leave_open(layers):
    said = json.loads(layers("check", "--json").out)
    assert said["sound"] is True
    (cost,) = [cost for cost in said["near"] if cost["rule"] == "FL-056"]
    # The river layer covers the square of 10 km, of which all but the inner square of 8 km is nearer than 1 km to its end.
    assert cost["within_m"] == 1000
    assert cost["undecided_km2"] == pytest.approx(100 - 64, abs=0.01)


def test_a_layer_that_cannot_be_read_is_named_and_ends_with_1(fuling, tmp_path):
    place = make_workspace(tmp_path)
    catalog = place / "layers" / "catalog.yaml"
    catalog.write_text(catalog.read_text("utf-8").replace("layer: red_line", "layer: pink_line"), "utf-8")
    ran = fuling("layers", "check", "-w", place, "--as-of", DAY)
    assert ran.status == 1
    assert "red_line" in ran.err
    assert "pink_line" in ran.err
    assert "Layers that rules ask for and that are not there" in ran.out


def test_a_wrong_catalogue_is_refused_with_every_line(fuling, tmp_path):
    place = make_workspace(tmp_path)
    catalog = place / "layers" / "catalog.yaml"
    text = catalog.read_text("utf-8").replace("accuracy_m: 5", "acuracy_m: 5").replace("covers: own", "covers: moon")
    catalog.write_text(text, "utf-8")
    ran = fuling("layers", "-w", place)
    assert ran.status == 1
    assert len(ran.err.splitlines()) == 2
    assert "acuracy_m" in ran.err
    assert "moon" in ran.err
