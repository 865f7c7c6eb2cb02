"""The cases of the rules hold, and no rule, exemption or date is without its cases.

The cases stand in tests/cases: `who` says whom rules bind, `place` where they hold, `dates` when, `verdicts` what they
make of a site together.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from fuling_gis.casebook import failures
from fuling_gis.casefile import Case, read_cases
from fuling_gis.rules.load import builtin_rules
from fuling_gis.rules.model import Party, questions

FOLDER = Path(__file__).parent / "cases"
RULES = builtin_rules()
FEWEST = 450
DAY = dt.timedelta(days=1)


@cache
def cases() -> tuple[Case, ...]:
    return read_cases(sorted(FOLDER.glob("*/*.yaml")), RULES)


def named(case: Case) -> str:
    return f"{Path(case.place).stem}:{case.place.rsplit(':', 1)[1]}-{case.rule}-{case.name}"


@pytest.mark.parametrize("case", [pytest.param(case, id=named(case)) for case in cases()])
def test_a_rule_says_what_was_reasoned(case):
    assert failures(case, RULES) == ()


def test_there_are_cases_enough():
    assert len(cases()) >= FEWEST


def lacking(rules, found):
    """Name the rules that want a hit, a miss or a maybe on a day on which they are in force."""
    answers = defaultdict(set)
    for case in found:
        if case.rule and rules.rule(case.rule).in_force(case.day):
            answers[case.rule].add(case.expected.get("answer"))
    # A rule that binds every project in the whole district is never missed and never in doubt.
    return {
        rule.id: missing
        for rule in rules.rules
        if (missing := {"yes"} - answers[rule.id] if rule.everywhere else {"yes", "no", "maybe"} - answers[rule.id])
    }


def test_every_rule_has_a_hit_a_miss_and_a_maybe():
    assert lacking(RULES, cases()) == {}


@pytest.mark.parametrize("answer", ["yes", "no", "maybe"])
def test_a_rule_without_one_of_the_three_is_named(answer):
    without = [c for c in cases() if (c.rule, c.expected.get("answer")) != ("FL-065", answer)]
    assert lacking(RULES, without) == {"FL-065": {answer}}


def test_every_rule_with_a_place_has_a_hit_a_miss_and_a_maybe_on_a_drawing():
    found = defaultdict(set)
    for case in cases():
        if case.rule and case.shape is not None:
            found[case.rule].add(case.expected.get("answer"))
    for rule in RULES.rules:
        if any(True for duty in rule.duties.values() for _ in questions(duty.where)):
            assert {"yes", "no", "maybe"} <= found[rule.id], rule.id


def test_every_rule_that_names_someone_has_a_case_of_who():
    asked = {case.rule for case in cases() if case.shape is None}
    for rule in RULES.rules:
        everyone = all(party == Party() for duty in rule.duties.values() for party in duty.who)
        assert everyone or rule.id in asked, rule.id


def test_every_exemption_has_a_case_in_which_it_lifts():
    lifted = {(case.rule, fact) for case in cases() for fact in case.expected.get("lifts", ())}
    for rule in RULES.rules:
        for entry in rule.unless:
            assert (rule.id, entry.fact) in lifted, f"{rule.id} {entry.fact}"


def test_every_value_of_a_reading_is_chosen_in_a_case_of_each_rule_that_hangs_on_it():
    chosen = {(case.rule, key, value) for case in cases() for key, value in case.readings.items()}
    asked = {case.rule for case in cases()}
    # A height model is a raster, which no drawing of rectangles can stand for; test_sight has it.
    without = {("visible_range", value) for value in ("viewshed_145", "first_ridge")}
    for key, reading in RULES.readings.items():
        values = {value for value in reading.values if value != reading.default and (key, value) not in without}
        hanging = [rule.id for rule in RULES.rules if key in rule.readings]
        assert hanging, f"no rule hangs on {key}"
        assert set(hanging) <= asked
        assert values <= {value for rule, said, value in chosen if said == key}, key


def test_every_day_on_which_a_rule_begins_or_ends_has_a_case_on_both_sides():
    found = defaultdict(set)
    for case in cases():
        if case.shape is None:
            found[case.rule, case.day, case.expected.get("answer")].add(frozenset(case.site.items()))
    for rule in RULES.rules:
        for day, beside in ((rule.valid_from, -DAY), (rule.valid_to, DAY)):
            if day is not None:
                # The same site is bound on the one day and not on the other.
                both = found[rule.id, day, "yes"] & found[rule.id, day + beside, "no"]
                assert both, f"{rule.id} {day}"


def test_a_rule_begins_with_the_plan_or_with_a_law_behind_it():
    issued = dt.date(2021, 10, 29)
    for rule in RULES.rules:
        laws = {basis.valid_from for basis in rule.basis}
        if not rule.id.startswith("FL-"):
            assert rule.valid_from in laws, rule.id
        elif rule.valid_from != issued:
            assert rule.valid_from < issued, rule.id
            assert rule.valid_from in laws, rule.id


def test_every_law_that_begins_or_ends_while_a_rule_is_in_force_has_a_case_on_both_sides():
    told = {(case.rule, case.day) for case in cases() if "basis" in case.expected}
    for rule in RULES.rules:
        for basis in rule.basis:
            days = [day for day in (basis.valid_from and basis.valid_from - DAY, basis.valid_from) if day]
            days += [day for day in (basis.valid_to, basis.valid_to and basis.valid_to + DAY) if day]
            # A pair of days counts where the rule is in force on both.
            for first, second in zip(days[::2], days[1::2], strict=True):
                if rule.in_force(first) and rule.in_force(second):
                    assert {(rule.id, first), (rule.id, second)} <= told, f"{rule.id} {basis.law} {second}"


def test_the_succession_of_the_code_and_of_the_reserve_regulations_is_told():
    told = {(case.day, one) for case in cases() for one in case.expected.get("succeeded_by", ())}
    assert (dt.date(2026, 8, 15), "生态环境法典（条号待核对）") in told
    assert all(day >= dt.date(2026, 8, 15) for day, law in told if law.startswith("生态环境法典"))
