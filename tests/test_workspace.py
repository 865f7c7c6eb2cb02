"""A workspace is found, opened, and hands out its layers by date."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
import yaml
from layers_made import SQUARE, box, workspace, write

from fuling_gis import workspace as module
from fuling_gis.errors import LayerError, OutputError, RuleError, UsageError
from fuling_gis.workspace import find_workspace, init_workspace, open_workspace

DAY = dt.date(2024, 6, 1)
UNITS = """\
    management_unit:
      versions:
        - {path: a.gpkg, layer: old, fields: {id: BM}, valid_to: 2024-03-18}
        - {path: a.gpkg, layer: new, fields: {id: BM}, valid_from: 2024-03-19}
    district: {path: a.gpkg, layer: district, covers: own, valid_from: 2000-01-01, valid_to: 2030-01-01}
    """


@pytest.fixture
def units(tmp_path):
    write(tmp_path / "layers" / "a.gpkg", SQUARE, layer="district")
    write(tmp_path / "layers" / "a.gpkg", box(0, 0, 10, 10), BM=["old"], layer="old")
    write(tmp_path / "layers" / "a.gpkg", box(0, 0, 10, 10), BM=["new"], layer="new")
    return workspace(tmp_path, UNITS)


def test_the_nearest_folder_upward_is_found(tmp_path, monkeypatch, units):
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert find_workspace(inner) == tmp_path.resolve()
    monkeypatch.chdir(inner)
    assert open_workspace().root == tmp_path.resolve()


def test_a_folder_that_is_no_workspace_is_refused_with_the_mend(tmp_path):
    with pytest.raises(UsageError, match=r"has no layers/catalog.yaml.*fuling-gis init"):
        open_workspace(tmp_path)
    with pytest.raises(UsageError, match="name a workspace with -w"):
        find_workspace(tmp_path)


@pytest.mark.parametrize(("day", "found"), [("2024-03-18", "old"), ("2024-03-19", "new")])
def test_the_day_picks_the_version(units, day, found):
    assert units.layer("management_unit", dt.date.fromisoformat(day)).fields["id"].tolist() == [found]


def test_a_version_is_loaded_once(units):
    first = units.layer("management_unit", DAY)
    assert units.layer("management_unit", DAY + dt.timedelta(days=100)) is first
    assert units.layer("management_unit", dt.date(2024, 3, 18)) is not first


def test_threads_that_ask_at_once_get_the_same_layer(units):
    found = []
    threads = [threading.Thread(target=lambda: found.append(units.layer("district", DAY))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(layer is found[0] for layer in found)


def test_missing_layers_are_told_with_the_reason(units):
    missing = units.missing(dt.date(2031, 1, 1))
    assert missing["red_line"] == {"zh": "目录中没有该图层", "en": "the catalogue does not list it"}
    assert missing["district"]["en"] == ("no version is valid on 2031-01-01 (there are: 2000-01-01 to 2030-01-01)")
    assert "district" not in units.missing(DAY)
    assert units.layer("district", dt.date(2031, 1, 1)) is None
    assert units.layer("red_line", DAY) is None


def test_a_height_model_that_is_not_there_is_told(tmp_path):
    space = workspace(tmp_path, "dem: {path: dem.tif, error_m: 10}")
    with pytest.raises(LayerError, match=r"layer dem: there is no file .*dem\.tif"):
        space.layer("dem", DAY)
    assert "dem" not in space.missing(DAY)


def test_rules_are_the_built_in_ones_read_once(units):
    rules = units.rules()
    assert rules.rule("FL-056").effect == "prohibit"
    assert units.rules() is rules


def test_a_rule_of_the_workspace_that_names_no_known_layer_is_refused(tmp_path, units):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "own.yaml").write_text(
        "rules:\n"
        "  - id: OWN-1\n"
        "    title: {zh: 甲, en: A}\n"
        "    effect: prohibit\n"
        "    where: {in: redline}\n"
        "    source: {quote: 甲}\n",
        "utf-8",
    )
    with pytest.raises(RuleError, match=r"own\.yaml:5: unknown layer 'redline'; perhaps 'red_line' is meant"):
        open_workspace(tmp_path).rules()


def test_a_new_workspace_opens_without_layers_and_explains_itself(tmp_path):
    space = init_workspace(tmp_path / '涪陵 "试点"')
    assert space.name == '涪陵 "试点"'
    assert (space.crs, space.jurisdiction, dict(space.catalog.layers)) == ("EPSG:4545", "district", {})
    text = (space.root / "layers" / "catalog.yaml").read_text("utf-8")
    assert "图层目录" in text
    assert "The layer catalogue" in text


def test_the_examples_in_a_new_catalogue_are_sound_when_their_comment_signs_are_taken_away(tmp_path):
    lines = (module._TEMPLATE).read_text("utf-8").partition("layers:\n")[2].splitlines()
    lines = [line.replace("  # ", "  ", 1) for line in lines if line.startswith("  # ") and ("：" not in line)]
    # What follows a blank-separated sign is a comment in YAML too, except in the plain sentence after `source:`.
    data = yaml.safe_load("\n".join(lines))
    assert set(data) == {"red_line", "management_unit"}
    assert set(data["red_line"]) >= {"path", "layer", "fields", "accuracy_m", "covers", "valid_from", "source"}


def test_a_workspace_is_never_made_over_another(tmp_path):
    init_workspace(tmp_path)
    with pytest.raises(OutputError, match="is there already"):
        init_workspace(tmp_path)
