"""Whom each rule binds: cases that a jurist can read, and the algebra behind them."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuling_gis.answers import MAYBE, NO, YES
from fuling_gis.rules.load import builtin_rules
from fuling_gis.rules.model import FactTest, Party
from fuling_gis.rules.who import bound_natures, claimed, fact_names, person, who_answer
from fuling_gis.yamlfile import read_yaml

FOLDER = Path(__file__).parent / "cases" / "who"
ANSWERS = {"yes": YES, "maybe": MAYBE, "no": NO}
CASES = [(path.stem, case) for path in sorted(FOLDER.glob("*.yaml")) for case in read_yaml(path).value]
COLUMNS = ("activity", "industry_code", "nature")


def someone(site):
    cells = {key: str(value) for key, value in site.items() if key not in COLUMNS}
    return person(*(site.get(key, "") for key in COLUMNS), cells)


@pytest.mark.parametrize("case", [pytest.param(c, id=f"{c['rule']}-{c['name']}") for _, c in CASES])
def test_a_rule_binds_whom_the_plan_names(case):
    rules = builtin_rules()
    rule = rules.rule(case["rule"])
    chosen = {key: reading.default for key, reading in rules.readings.items()} | case.get("readings", {})
    duty = rule.duty(chosen)
    site = someone(case["site"])
    answer, causes = who_answer(duty.who, site)
    assert (answer, list(causes)) == (ANSWERS[case["answer"]], case.get("causes", []))
    lifts = [entry.fact for entry in rule.unless if claimed(entry, site, bound_natures(duty))]
    assert lifts == case.get("lifts", [])


def test_every_exemption_has_a_case_in_which_it_lifts():
    lifted = {(case["rule"], fact) for _, case in CASES for fact in case.get("lifts", ())}
    for rule in builtin_rules().rules:
        for entry in rule.unless:
            assert (rule.id, entry.fact) in lifted


def test_every_rule_that_names_someone_has_a_case():
    named = {case["rule"] for _, case in CASES}
    for rule in builtin_rules().rules:
        everyone = all(party == Party() for duty in rule.duties.values() for party in duty.who)
        assert everyone or rule.id in named, rule.id


@pytest.mark.parametrize(
    ("test", "text", "expected"),
    [
        (FactTest("boiler_tph", minimum=10), "10", YES),
        (FactTest("boiler_tph", minimum=10, open_minimum=True), "10", NO),
        (FactTest("boiler_tph", maximum=10, open_maximum=True), "10", NO),
        (FactTest("boiler_tph", maximum=10, open_maximum=True), "9.9", YES),
        (FactTest("noisy", equals=False), "否", YES),
        (FactTest("noisy", equals=False), "", MAYBE),
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
