"""Whom a rule binds: the algebra behind the cases."""

from __future__ import annotations

import pytest

from fuling_gis.answers import MAYBE, NO, YES
from fuling_gis.rules.load import builtin_rules
from fuling_gis.rules.model import FactTest, Party
from fuling_gis.rules.who import fact_names, person, who_answer


@pytest.mark.parametrize(
    ("test", "text", "expected"),
    [
        (FactTest("boiler_tph", minimum=10), "10", YES),
        (FactTest("boiler_tph", minimum=10, open_minimum=True), "10", NO),
        (FactTest("boiler_tph", maximum=10, open_maximum=True), "10", NO),
        (FactTest("boiler_tph", maximum=10, open_maximum=True), "9.9", YES),
        (FactTest("noisy", equals=False), "否", YES),
        (FactTest("noisy", equals=False), "", MAYBE),
        (FactTest("fuel", values=("coal", "oil")), "oil", YES),
        (FactTest("fuel", values=("coal", "oil")), "gas", NO),
        (FactTest("fuel", values=("coal", "oil")), "", MAYBE),
    ],
)
def test_the_ends_of_a_fact_are_open_or_closed_as_said(test, text, expected):
    assert who_answer((Party(facts=(test,)),), person("燃煤锅炉", cells={test.name: text}))[0] == expected


def test_a_filled_fact_counts_also_where_the_activity_would_not_have_it():
    party = Party(facts=(FactTest("heavy_metals", equals=True),))
    assert who_answer((party,), person("住宅"))[0] == NO
    assert who_answer((party,), person("住宅", cells={"heavy_metals": "是"}))[0] == YES


def test_a_party_that_says_no_gives_no_causes():
    parties = (Party(activities=("fishing",)), Party(natures=("new",)))
    assert who_answer(parties, person("住宅")) == (MAYBE, ("fact:nature",))


def test_the_facts_that_rules_ask_for_can_be_listed():
    names = fact_names(builtin_rules().rules)
    assert {"boiler_tph", "heavy_metals", "approved_redline"} <= set(names)
    assert list(names) == sorted(names)
