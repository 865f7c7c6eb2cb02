"""A way of reading is tried only where the workspace has what it needs, and never turns want of data into a no."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import shapely
import toy

from fuling_gis.errors import UsageError
from fuling_gis.rules.load import builtin_rules
from fuling_gis.rules.model import RuleSet

RULES = builtin_rules()
CHEMICAL = {"activity": ["chemical"], "nature": ["existing"]}


def only(rule_id):
    rule = RULES.rule(rule_id)
    return RuleSet((rule,), {key: RULES.readings[key] for key in rule.readings})


def river(*bases):
    return toy.layers(toy.layer("river", *[toy.RIVER] * len(bases), grade=["main"] * len(bases), bank_basis=bases))


@pytest.mark.parametrize("bases", [("management_line",), (None,), ("water_line", None)])
def test_a_line_that_no_river_is_surely_drawn_by_is_not_tried(bases):
    tried = toy.plan(only("FL-147"), river(*bases)).choices["FL-147"]
    assert "bank_basis=line_175" not in {choice.name for choice in tried}


def test_a_line_that_no_river_is_drawn_by_is_refused_when_chosen():
    with pytest.raises(UsageError, match="layer river has no feature with bank_basis line_175"):
        toy.plan(only("FL-147"), river("water_line"), readings={"bank_basis": "line_175"})


def test_a_line_chosen_without_any_river_leaves_the_rule_unchecked():
    batch = toy.screen(
        only("FL-147"), toy.layers(), toy.sites(shapely.Point(0, 0), **CHEMICAL), readings={"bank_basis": "line_175"}
    )
    assert toy.answer(batch, 0, "FL-147") == "unchecked"


def test_without_a_published_zone_the_distance_is_in_force_and_told():
    plan = toy.plan(only("FL-147"), river("management_line"))
    assert plan.readings["bank_basis"] == "management_line"
    assert any("bank_basis=management_line" in notice["en"] for notice in plan.notices)


def test_every_reading_has_two_values_a_default_among_them_and_someone_who_argues_each():
    for reading in RULES.readings.values():
        assert len(reading.values) > 1
        assert reading.default in reading.values
        for value in reading.values.values():
            assert set(value.title) == set(value.argued_by) == {"zh", "en"}


def test_no_rule_hangs_on_more_than_three_readings():
    assert max(len(rule.readings) for rule in RULES.rules) <= 3


def test_every_reading_that_a_page_names_can_be_chosen():
    root = Path(__file__).parents[1]
    named = {
        (path.name, *pair)
        for path in [*root.glob("*.md"), *(root / "docs").glob("*.md")]
        for pair in re.findall(r"`([a-z_0-9]+)=([a-z_0-9]+)`", path.read_text("utf-8"))
    }
    assert {page for page, _, _ in named} >= {"demo.md"}
    known = {(key, value) for key, term in RULES.readings.items() for value in term.values}
    assert [one for one in named if one[1:] not in known] == []
