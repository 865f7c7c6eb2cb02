"""kinds.yaml holds every layer of the contract, and reads the values that official data have."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fuling_gis.layers.entries import TOP_KEYS, VERSION_KEYS
from fuling_gis.layers.schema import DIMENSIONS, kinds, known_layers, plain

PAGE = Path(__file__).parents[1] / "docs" / "layers.md"
CONTRACT = Path(__file__).parents[2] / "shared" / "CONTRACT.md"

LAYERS = """
district red_line nature_reserve management_unit river river_extent bank_zone reservoir industrial_park
built_up urban_boundary farmland forest vegetation water_source ecological_space function_zone framework
wetland aquatic_habitat shoreline_zone drawdown barrier_zone visible_range dem erosion_area karst mine
tailings shale_gas fuel_ban firework_ban traffic_limit no_honk noise_sensitive population sensitive_area
building livestock_zone aquaculture_zone contaminated_land farmland_class green_line outfall section
waste_facility port hydropower
""".split()  # noqa: SIM905  a list of words is read more easily


# What the contract does not name and the figures of the plan need.
BESIDE = ["land_cover"]


def test_every_layer_of_the_contract_is_known_and_no_other():
    assert list(kinds()) == [*LAYERS, *BESIDE]


def test_the_contract_names_the_same_layers():
    if not CONTRACT.is_file():
        pytest.skip("the contract's text is not beside the repository")
    table = CONTRACT.read_text("utf-8").split("| code | layer id | further fields |")[1].split("## 4")[0]
    rows = [
        re.split(r"(?<!\\)\|", line)[2] for line in table.splitlines() if line.startswith("|") and "---" not in line
    ]
    named = [name for row in rows for name in re.findall(r"`([a-z_]+)`", re.sub(r"\([^()]*\)", "", row))]
    assert set(named) == set(LAYERS)


@pytest.mark.parametrize("kind", kinds().values(), ids=lambda kind: kind.id)
def test_a_kind_says_all_it_must(kind):
    assert kind.title["zh"]
    assert kind.title["en"]
    assert kind.raster or set(kind.geometry) <= set(DIMENSIONS)
    assert kind.raster or list(kind.fields)[:2] == ["id", "name"]
    for field in kind.fields.values():
        assert field.columns, field.name
        assert set(field.former.values()) <= set(field.values)
        words = [word for value, others in field.values.items() for word in {plain(w) for w in (value, *others)}]
        words += [plain(word) for word in field.former]
        assert len(words) == len(set(words)), f"{field.name}: one word means two values"
        assert all(field.meaning(value).value == value for value in field.values)


@pytest.mark.parametrize(
    ("layer", "field", "text", "value"),
    [
        ("management_unit", "category", "优先保护单元", "priority"),
        ("management_unit", "category", "重点管控单元", "key"),
        ("management_unit", "category", "一般管控单元", "general"),
        ("water_source", "tier", "一级保护区", "1"),
        ("water_source", "tier", "准保护区", "quasi"),
        ("water_source", "tier", "1", "1"),
        ("shoreline_zone", "kind", "控制利用区", "control"),
        ("river", "grade", "长江", "main"),
        ("river", "grade", "乌江", "wu"),
        ("forest", "class", "Ⅱ级", "II"),
        ("forest", "class", "ii", "II"),
        ("industrial_park", "chemical_park", "是", "yes"),
        ("livestock_zone", "kind", " 禁养区 ", "banned"),
        ("bank_zone", "within_m", "１公里", 1000.0),
        ("river", "basin_km2", "12.5", 12.5),
        ("river", "river", "黎香溪", "黎香溪"),
    ],
)
def test_official_values_are_read_as_the_contracts(layer, field, text, value):
    meaning = kinds()[layer].fields[field].meaning(text)
    assert meaning is not None
    assert (meaning.value, meaning.former) == (value, False)


@pytest.mark.parametrize(("text", "value"), [("核心区", "core"), ("缓冲区", "core"), ("实验区", "general")])
def test_the_former_three_zones_are_read_as_the_two_of_today_and_marked(text, value):
    meaning = kinds()["nature_reserve"].fields["zone"].meaning(text)
    assert meaning is not None
    assert (meaning.value, meaning.former) == (value, True)


@pytest.mark.parametrize("text", ["支流", "干流", "一级支流", "", "river"])
def test_a_word_that_could_also_be_the_wujiang_is_no_grade(text):
    assert kinds()["river"].fields["grade"].meaning(text) is None


@pytest.mark.parametrize("text", ["many", "", "nan", "inf", "1e999"])
def test_what_is_no_number_is_no_value_of_a_number(text):
    assert kinds()["river"].fields["order"].meaning(text) is None


def described(field):
    if field.values:
        return f"{field.name}: {' / '.join(field.allowed)}"
    return f"{field.name} (number)" if field.number else field.name


@pytest.mark.parametrize("kind", kinds().values(), ids=lambda kind: kind.id)
def test_the_page_about_layers_has_each_kind_with_its_fields(kind):
    further = [described(field) for name, field in kind.fields.items() if name not in ("id", "name")]
    title = f"{kind.title['zh']}<br>{kind.title['en']}"
    row = f"| `{kind.id}` | {title} | {', '.join(kind.geometry)} | {'; '.join(further)} |"
    assert row in PAGE.read_text("utf-8").splitlines()


@pytest.mark.parametrize("key", [*VERSION_KEYS, *TOP_KEYS])
def test_the_page_about_layers_names_each_key_of_the_catalogue(key):
    assert re.search(rf"`{key}`|^ *{key}:", PAGE.read_text("utf-8"), re.MULTILINE)


def test_rules_are_told_the_fields_and_the_values_allowed():
    known = known_layers()
    assert known["nature_reserve"]["zone"] == ("core", "general")
    assert known["red_line"] == {"id": (), "name": (), "kind": ()}
    assert known["dem"] == {}
