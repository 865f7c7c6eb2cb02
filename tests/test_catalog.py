"""The catalogue is read whole, and every fault of it is told with its line."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import random
import textwrap
from pathlib import Path

import pytest

from fuling_gis.errors import CatalogError, FulingError
from fuling_gis.layers.catalog import Catalog, parse_catalog, read_catalog
from fuling_gis.layers.entries import TOP_KEYS, VERSION_KEYS
from fuling_gis.layers.paths import path_fault, shown
from fuling_gis.yamlfile import parse_yaml


def read(text: str) -> Catalog:
    return parse_catalog(parse_yaml(textwrap.dedent(text), Path("layers/catalog.yaml")))


def faults(text: str) -> list[str]:
    with pytest.raises(FulingError) as caught:
        read(text)
    return str(caught.value).splitlines()


CONTRACT = """\
    name: fuling-demo
    crs: EPSG:4545
    jurisdiction: district
    layers:
      red_line:
        path: demo.gpkg
        layer: red_line
        title: {zh: 生态保护红线, en: Ecological red line}
        fields: {id: BSM, name: HXMC}
        accuracy_m: 5
        covers: district
        valid_from: 2020-12-31
        valid_to: null
        encoding: GB18030
        crs: EPSG:4490
        source: where it came from
        indicative: true
      management_unit:
        title: {zh: 环境管控单元, en: Environmental management units}
        versions:
          - {path: demo.gpkg, layer: management_unit_2023, valid_from: 2024-03-19, accuracy_m: 5}
          - {path: demo.gpkg, layer: management_unit_2020, valid_to: 2024-03-18, accuracy_m: 5}
    """


def test_everything_a_catalogue_says_is_read():
    catalog = read(CONTRACT)
    assert (catalog.name, catalog.crs, catalog.jurisdiction) == ("fuling-demo", "EPSG:4545", "district")
    (red_line,) = catalog.layers["red_line"]
    assert (red_line.path, red_line.layer, red_line.accuracy_m) == ("demo.gpkg", "red_line", 5.0)
    assert dict(red_line.fields) == {"id": "BSM", "name": "HXMC"}
    assert (red_line.valid_from, red_line.valid_to) == (dt.date(2020, 12, 31), None)
    assert (red_line.encoding, red_line.crs, red_line.covers) == ("GB18030", "EPSG:4490", "district")
    assert red_line.indicative
    assert red_line.place == "layers/catalog.yaml:5"
    assert catalog.file(red_line) == Path("layers/demo.gpkg")


@pytest.mark.parametrize(
    ("day", "layer"),
    [("2024-03-18", "management_unit_2020"), ("2024-03-19", "management_unit_2023")],
)
def test_the_date_asked_picks_the_version_both_ends_included(day, layer):
    entry = read(CONTRACT).entry("management_unit", dt.date.fromisoformat(day))
    assert entry is not None
    assert entry.layer == layer
    assert entry.title["en"] == "Environmental management units"


def test_a_layer_has_no_version_before_its_first_day():
    catalog = read(CONTRACT)
    assert catalog.entry("red_line", dt.date(2020, 12, 30)) is None
    assert catalog.entry("red_line", dt.date(2020, 12, 31)) is not None


def test_what_is_not_said_has_the_contracts_defaults():
    catalog = read("layers: {red_line: {path: a.shp}}")
    (entry,) = catalog.layers["red_line"]
    assert (catalog.crs, catalog.jurisdiction) == ("EPSG:4545", "district")
    assert entry.accuracy_m is None
    assert entry.title == {"zh": "生态保护红线", "en": "Ecological red line"}
    assert (entry.covers, entry.valid_from, entry.valid_to, entry.indicative) == ("", None, None, False)


def test_an_empty_catalogue_is_a_workspace_without_layers():
    assert read("name: x\nlayers:\n").layers == {}


def test_all_faults_are_told_in_one_go_in_the_order_of_the_file():
    told = faults("""\
        jursdiction: district
        layers:
          red_line:
            path: a.shp
            colour: red
            accuracy_m: -1
          river: {path: b.shp, valid_from: 2024-02-30}
        """)
    assert [line.split(": ")[0] for line in told] == [f"layers/catalog.yaml:{n}" for n in (1, 5, 6, 7)]
    assert "perhaps 'jurisdiction' is meant" in told[0]
    assert "'colour' is not known; allowed are path, layer, title" in told[1]


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("{fields: {id: A}}", "path is missing"),
        ("{path: a.shp, path: b.shp}", "key 'path' stands twice"),
        ("{path: a.shp, fields: {nam: B}}", "perhaps 'name' is meant; allowed are id, name, kind"),
        ("{path: a.shp, covers: distrct}", "perhaps 'district' is meant"),
        ("{path: a.shp, covers: port}", "neither `own` nor a layer of areas"),
        ("{path: a.shp, covers: red_line}", "is the layer itself; write `covers: own`"),
        ("{path: a.shp, valid_from: 20200101}", "is no date; write it as 2024-03-19"),
        ("{path: a.shp, valid_from: 2024-1-5}", "is no date"),
        ("{path: a.shp, valid_from: 2024-01-02, valid_to: 2024-01-01}", "lies before valid_from"),
        ("{path: a.shp, accuracy_m: 5 m}", "must be a number of metres"),
        ("{path: a.shp, accuracy_m: true}", "must be a number of metres"),
        ("{path: a.shp, indicative: yes}", "must be true or false"),
        ("{path: a.shp, encoding: gbk99}", "is no encoding"),
        ("{path: a.shp, crs: gcj02}", "crs is not usable"),
        ("{path: a.shp, error_m: 5}", "error_m is for height models"),
        ("{path: a.shp, values: {kind: 3}}", "write it as {FIELD: {text in the file: value}}"),
        ("{path: http://example.com/a.shp}", "no address is fetched"),
        ("{path: /vsicurl/a.shp}", "is not the path of a file"),
        ("{path: ../a.shp}", "leaves the folder of the catalogue"),
        ("{path: 12}", "name the layer's file"),
        ("{title: 3, path: a.shp}", "write it as {zh: 生态保护红线, en: Ecological red line}"),
        ("[a.shp]", "must be a list of `key: value`"),
        ("{versions: []}", "must be a list of entries"),
        ("{path: a.shp, versions: [{path: b.shp}]}", "path stands beside `versions`"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_mend(entry, says):
    (told,) = faults(f"layers:\n  red_line: {entry}\n")
    assert says in told
    assert told.startswith("layers/catalog.yaml:2: ")


def test_an_unknown_layer_is_refused_with_the_nearest_names():
    (told,) = faults("layers: {redline: {path: a.shp}}")
    assert "layer 'redline' is not known; perhaps 'red_line'" in told


def test_a_working_crs_must_measure_in_metres():
    (told,) = faults("crs: EPSG:4490\nlayers:\n")
    assert "does not measure in metres" in told


def test_the_jurisdiction_must_be_a_layer_of_areas():
    (told,) = faults("jurisdiction: outfall\nlayers:\n")
    assert "jurisdiction 'outfall' is no layer of areas" in told


def test_versions_that_share_a_day_are_refused():
    (told,) = faults("""\
        layers:
          red_line:
            versions:
              - {path: a.shp, valid_to: 2024-03-18}
              - {path: b.shp, valid_from: 2024-03-18}
        """)
    assert told.startswith("layers/catalog.yaml:5: ")
    assert "both valid from 2024-03-18 to 2024-03-18" in told


def test_versions_that_follow_day_on_day_are_no_overlap():
    catalog = read("""\
        layers:
          red_line:
            versions:
              - {path: b.shp, valid_from: 2024-03-19}
              - {path: a.shp, valid_to: 2024-03-18}
        """)
    assert [entry.path for entry in catalog.layers["red_line"]] == ["a.shp", "b.shp"]


def test_what_stands_above_the_versions_holds_for_each_and_keeps_its_line():
    catalog = read("""\
        layers:
          red_line:
            accuracy_m: 5
            versions:
              - {path: a.shp, valid_to: 2024-03-18}
              - {path: b.shp, valid_from: 2024-03-19, accuracy_m: 2}
        """)
    assert [entry.accuracy_m for entry in catalog.layers["red_line"]] == [5.0, 2.0]


def test_covers_that_go_round_in_a_circle_are_refused_once():
    (told,) = faults("""\
        layers:
          river: {path: a.shp, covers: river_extent}
          river_extent: {path: b.shp, covers: district}
          district: {path: c.shp, covers: river_extent}
        """)
    assert "river_extent -> district -> river_extent" in told


def test_a_layer_may_cover_one_that_the_workspace_lacks():
    assert read("layers: {red_line: {path: a.shp, covers: district}}").layers["red_line"][0].covers == "district"


def test_values_of_the_file_must_mean_values_of_the_schema():
    (told,) = faults("layers:\n  river: {path: a.shp, values: {grade: {支流: tributry}}}\n")
    assert "says that '支流' is 'tributry', which is no value of grade; perhaps 'tributary' is meant" in told


@pytest.mark.parametrize("path", ["a.shp", "sub/a.shp", r"sub\a.shp", "/data/a.shp", r"D:\gis\a.shp", "红线.gdb"])
def test_a_path_beside_the_catalogue_or_absolute_is_taken(path):
    assert path_fault(path) is None


def test_a_database_must_be_named_whole_and_its_password_is_never_shown():
    assert "names no database" in (path_fault("postgresql://gis@host") or {})["en"]
    assert path_fault("postgresql://gis:secret@host/plan") is None
    assert shown("postgresql://gis:se@cr/et@host/plan") == "postgresql://gis:***@host/plan"
    assert "secret" not in faults("layers: {red_line: {path: 'postgresql://gis:secret@host'}}")[0]
    assert shown("postgresql://gis:secret@host/plan") == "postgresql://gis:***@host/plan"
    assert (
        shown("postgresql://host/plan?user=gis&password=secret&x=1")
        == "postgresql://host/plan?user=gis&password=***&x=1"
    )


SCRAPS = [None, True, 3, -1.5, "", "x", "own", "district", "2024-01-01", "a.shp", "http://x", "EPSG:4545", "\0", [], {}]
KEYS = [*VERSION_KEYS, *TOP_KEYS, "versions", "red_line", "district", "dem", "zh", "id"]


def scrap(rng: random.Random, depth: int = 0) -> object:
    if depth > 3 or rng.random() < 0.35:
        return rng.choice(SCRAPS)
    if rng.random() < 0.2:
        return [scrap(rng, depth + 1) for _ in range(rng.randint(0, 3))]
    return {rng.choice(KEYS): scrap(rng, depth + 1) for _ in range(rng.randint(0, 6))}


def test_a_catalogue_of_any_shape_is_told_its_faults_and_never_a_traceback():
    rng = random.Random(7)  # noqa: S311  nothing is secret
    for _ in range(400):
        entry = {key: scrap(rng, 2) for key in rng.sample([*VERSION_KEYS, "versions"], 5)}
        text = json.dumps({"layers": {"red_line": entry, "district": scrap(rng)}, rng.choice(TOP_KEYS): scrap(rng)})
        with contextlib.suppress(FulingError):
            read(text)


def test_a_file_that_is_no_yaml_is_a_fault_of_the_catalogue(tmp_path):
    path = tmp_path / "catalog.yaml"
    path.write_text("layers: [", "utf-8")
    with pytest.raises(CatalogError, match="is not YAML"):
        read_catalog(path)


def test_gbk_is_read_as_gb18030_which_loses_no_character():
    (entry,) = read("layers: {red_line: {path: a.shp, encoding: GBK}}").layers["red_line"]
    assert entry.encoding == "gb18030"
