"""`fuling-gis layers`: what is there, what is missing, and what that costs."""

from __future__ import annotations

import io
import json

import geopandas as gpd
import pytest
from small_workspace import CRS, box, make_workspace

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
    (line,) = [line for line in ran.out.splitlines() if line.startswith("  built_up ")]
    assert "FL-065" in line


def test_check_as_json_measures_what_distance_rules_leave_open(layers):
    said = json.loads(layers("check", "--json").out)
    assert said["sound"] is True
    (cost,) = [cost for cost in said["near"] if cost["rule"] == "FL-056"]
    # The river layer covers the square of 10 km; all but the inner square of 8 km is nearer than 1 km to its end.
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


@pytest.fixture
def red_file(tmp_path):
    """Make a shapefile as an authority sends it: GBK, columns of the national standard."""
    path = tmp_path / "红线.shp"
    rows = {"HXBM": ["H1"], "HXMC": ["红线一"], "HXLX": ["水源涵养"], "geometry": [box(2000, 2000, 3000, 3000)]}
    gpd.GeoDataFrame(rows, crs=CRS).to_file(path, encoding="gb18030")
    return path


@pytest.fixture
def bare(fuling, tmp_path):
    """Make a workspace that has nothing but its district."""
    place = make_workspace(tmp_path / "bare")
    catalog = place / "layers" / "catalog.yaml"
    catalog.write_text(catalog.read_text("utf-8").split("  river:")[0], "utf-8")
    return place


class Person(io.StringIO):
    """Somebody at a terminal who types these lines."""

    def isatty(self):
        return True


def test_a_file_becomes_a_layer_by_options_alone(fuling, bare, red_file):
    said = ("--accuracy", "5", "--covers", "district", "--from", "2020-12-31")
    ran = fuling("layers", "add", red_file, "--as", "red_line", "-w", bare, *said)
    assert (ran.status, ran.err) == (0, "")
    listed = json.loads(fuling("layers", "list", "--json", "-w", bare, "--as-of", DAY).out)["layers"]["red_line"]
    assert listed["fields"] == {"id": "HXBM", "name": "HXMC", "kind": "HXLX"}
    assert (listed["accuracy_m"], listed["covers"], listed["valid_from"]) == (5, "district", "2020-12-31")
    assert "1.00 km2" in fuling("layers", "show", "red_line", "-w", bare).out


def test_what_is_not_said_must_be_said_where_nobody_can_be_asked(fuling, bare, red_file):
    before = (bare / "layers" / "catalog.yaml").read_bytes()
    ran = fuling("layers", "add", red_file, "--as", "red_line", "-w", bare)
    assert ran.status == 2
    assert "--accuracy, --covers" in ran.err
    assert "coordinate system" not in ran.err
    assert (bare / "layers" / "catalog.yaml").read_bytes() == before


def test_a_file_without_a_coordinate_system_is_not_taken_on_a_guess(fuling, bare, red_file):
    red_file.with_suffix(".prj").unlink()
    ran = fuling("layers", "add", red_file, "--as", "red_line", "-w", bare, "--yes")
    assert ran.status == 2
    assert "say --crs;" in ran.err
    assert "EPSG:4545" in ran.err


def test_what_is_proposed_can_be_taken_whole(fuling, bare, red_file):
    assert fuling("layers", "add", red_file, "--as", "red_line", "-w", bare, "--yes").status == 0
    listed = json.loads(fuling("layers", "list", "--json", "-w", bare).out)["layers"]["red_line"]
    # Nobody said how accurate it is, and nobody invents it.
    assert (listed["accuracy_m"], listed["covers"]) == (None, "district")


def test_a_person_is_asked_what_only_a_person_knows(fuling, bare, red_file, monkeypatch):
    # The columns as proposed, but no kind; 5 m after a slip; from a day; its cover as proposed.
    monkeypatch.setattr("sys.stdin", Person("\n\n-\nfive\n5\n2020-12-31\n\n"))
    ran = fuling("layers", "add", red_file, "--as", "red_line", "-w", bare)
    assert ran.status == 0
    assert "five will not do" in ran.err
    listed = json.loads(fuling("layers", "list", "--json", "-w", bare, "--as-of", DAY).out)["layers"]["red_line"]
    assert listed["fields"] == {"id": "HXBM", "name": "HXMC"}
    assert (listed["accuracy_m"], listed["covers"], listed["valid_from"]) == (5, "district", "2020-12-31")


def test_a_person_who_leaves_changes_nothing(fuling, bare, red_file, monkeypatch):
    before = (bare / "layers" / "catalog.yaml").read_bytes()
    monkeypatch.setattr("sys.stdin", Person("\n"))
    assert fuling("layers", "add", red_file, "--as", "red_line", "-w", bare).status == 130
    assert (bare / "layers" / "catalog.yaml").read_bytes() == before


def test_which_layer_of_a_file_is_meant_must_be_said(fuling, bare):
    ran = fuling("layers", "add", bare / "layers" / "small.gpkg", "--as", "red_line", "-w", bare, "--yes")
    assert ran.status == 2
    assert "--layer" in ran.err
    assert "red_line" in ran.err


def test_a_layer_that_is_there_already_is_not_written_over(fuling, bare, red_file):
    assert fuling("layers", "add", red_file, "--as", "red_line", "-w", bare, "--yes").status == 0
    again = fuling("layers", "add", red_file, "--as", "red_line", "-w", bare, "--yes")
    assert again.status == 1
    assert "there already" in again.err


def test_a_layer_that_is_there_already_is_told_before_anybody_is_asked(fuling, bare, red_file, monkeypatch):
    assert fuling("layers", "add", red_file, "--as", "red_line", "-w", bare, "--yes").status == 0
    monkeypatch.setattr("sys.stdin", Person(""))
    again = fuling("layers", "add", red_file, "--as", "red_line", "-w", bare)
    assert again.status == 1
    assert "--replace" in again.err


def test_a_layer_is_replaced_when_that_is_said(fuling, bare, red_file, tmp_path):
    assert fuling("layers", "add", red_file, "--as", "red_line", "-w", bare, "--yes").status == 0
    moved = tmp_path / "更正.shp"
    rows = {"HXBM": ["H9"], "HXMC": ["红线九"], "geometry": [box(0, 2000, 2000, 3000)]}
    gpd.GeoDataFrame(rows, crs=CRS).to_file(moved, encoding="gb18030")
    said = ("--accuracy", "3", "--covers", "district")
    assert fuling("layers", "add", moved, "--as", "red_line", "-w", bare, *said, "--replace").status == 0
    listed = json.loads(fuling("layers", "list", "--json", "-w", bare).out)["layers"]["red_line"]
    assert (listed["accuracy_m"], listed["fields"]) == (3, {"id": "HXBM", "name": "HXMC"})
    assert "2.00 km2" in fuling("layers", "show", "red_line", "-w", bare).out
    both = fuling("layers", "add", moved, "--as", "red_line", "-w", bare, *said, "--replace", "--further-version")
    assert (both.status, "exclude" in both.err) == (2, True)


@pytest.mark.parametrize("metres", ["-5", "nan", "inf"])
def test_a_person_is_asked_again_for_an_accuracy_that_cannot_be(fuling, bare, red_file, monkeypatch, metres):
    monkeypatch.setattr("sys.stdin", Person(f"\n\n\n{metres}\n5\n\n\n"))
    ran = fuling("layers", "add", red_file, "--as", "red_line", "-w", bare)
    assert ran.status == 0
    assert f"{metres} will not do" in ran.err


def test_an_id_that_no_rule_knows_is_refused(fuling, bare, red_file):
    ran = fuling("layers", "add", red_file, "--as", "pink_line", "-w", bare, "--yes")
    assert ran.status == 2
    assert "pink_line" in ran.err
