"""The items of two units are rules of the checkout's own, hold their cases, and come with the demonstration."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from fuling_gis.casebook import failures
from fuling_gis.casefile import read_cases
from fuling_gis.demo import make
from fuling_gis.overlay.units import DIMENSIONS
from fuling_gis.workspace import open_workspace

ROOT = Path(__file__).parents[1]
WORKSPACE = open_workspace(ROOT)
RULES = WORKSPACE.rules()
FILES = ("units.yaml", "cases/units.yaml")
OWN = [rule for rule in RULES.rules if rule.place.startswith(str(ROOT / "rules"))]


@pytest.mark.parametrize(
    "case", [pytest.param(c, id=f"{c.rule} {c.name}") for c in read_cases([ROOT / "rules" / FILES[1]], RULES)]
)
def test_an_item_of_a_unit_says_what_was_reasoned(case):
    assert failures(case, RULES) == ()


def test_two_units_are_worked_out():
    assert {rule.id for rule in OWN} == {"ZH50010230002-S1", "ZH50010220002-S1"}


@pytest.mark.parametrize("rule", OWN, ids=lambda rule: rule.id)
def test_the_quote_is_an_item_of_the_units_list_on_the_first_day(rule):
    layer = WORKSPACE.layer("management_unit", rule.valid_from)
    code, name = rule.id.rsplit("-", 1)[0], rule.source.chapter
    (unit,) = [i for i in range(len(layer.geometry)) if layer.fields["code"][i] == code]
    assert layer.fields["name"][unit] == name
    items = [item for dimension in DIMENSIONS for item in str(layer.fields[dimension][unit]).split("；")]
    assert rule.source.quote in items


def test_the_units_differ_on_the_two_sides_of_the_adjustment():
    last, first = dt.date(2024, 3, 18), dt.date(2024, 3, 19)
    assert [len(WORKSPACE.layer("management_unit", day).geometry) for day in (last, first)] == [33, 32]
    assert [sum(rule.in_force(day) for rule in OWN) for day in (last, first)] == [0, 2]


def test_the_demonstration_brings_the_rules_of_the_units(tmp_path):
    make(tmp_path)
    for name in FILES:
        assert (tmp_path / "rules" / name).read_bytes() == (ROOT / "rules" / name).read_bytes()
    assert {rule.id for rule in OWN} <= {rule.id for rule in open_workspace(tmp_path).rules().rules}
