"""A rule whose names are all known can still be senseless: it can never bind anyone, never hold, never be in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import permutations, product

from fuling_gis import activities
from fuling_gis.answers import NO
from fuling_gis.errors import Words, once
from fuling_gis.facts import facts
from fuling_gis.labels import sentence
from fuling_gis.rules.model import (
    AllOf,
    Ask,
    Duty,
    Exemption,
    FactTest,
    FieldTest,
    Not,
    Party,
    Rule,
    Selection,
    Where,
    Zone,
    questions,
    selections,
)

# A rule hangs on at most this many readings (CONTRACT section 7).
MOST_READINGS = 3
# Questions of one expression whose answers are tried in all combinations.
_MOST_TRIED = 10


def sense_faults(rule: Rule) -> list[Words]:
    """Tell everything about a rule that cannot be meant, as sentences with its file and line."""
    faults = [*_force(rule), *_readings(rule)]
    for duty in rule.duties.values():
        faults += [*_binds(duty), *_holds(duty), *_lifts(rule, duty)]
    return [sentence("errors_rules.of_rule", place=rule.place, rule=rule.id, fault=fault) for fault in once(faults)]


def _force(rule: Rule) -> Iterator[Words]:
    spans = [(sentence("errors_rules.the_rule"), rule.valid_from, rule.valid_to)]
    spans += [
        (sentence("errors_rules.the_basis", basis=f"{b.law} {b.article}".rstrip()), b.valid_from, b.valid_to)
        for b in rule.basis
    ]
    for what, first, last in spans:
        if first and last and first > last:
            yield sentence("errors_rules.never_in_force", what=what, first=first, last=last)
    for basis in rule.basis:
        if basis.article and not basis.confirmed:
            yield sentence("errors_rules.unconfirmed_number", law=basis.law, article=basis.article)
    if rule.everywhere and any(duty.where is not None for duty in rule.duties.values()):
        yield sentence("errors_rules.everywhere_and_place")


def _readings(rule: Rule) -> Iterator[Words]:
    if len(rule.readings) > MOST_READINGS:
        named = ", ".join(rule.readings)
        yield sentence("errors_rules.many_readings", n=len(rule.readings), readings=named, most=MOST_READINGS)


def _binds(duty: Duty) -> Iterator[Words]:
    for party in duty.who:
        for test in party.facts:
            if not _possible(test):
                yield sentence("errors_rules.binds_nobody_range", fact=test.name)
            elif _impossible_for(party, test.name):
                named = ", ".join(party.activities)
                yield sentence("errors_rules.binds_nobody_fact", fact=test.name, activities=named)


def _possible(test: FactTest | FieldTest) -> bool:
    if test.minimum is None or test.maximum is None:
        return True
    open_ended = isinstance(test, FactTest) and (test.open_minimum or test.open_maximum)
    return test.minimum < test.maximum or (test.minimum == test.maximum and not open_ended)


def _impossible_for(party: Party, fact: str) -> bool:
    """Tell whether no activity of a party can have a fact."""
    can = facts()[fact].activities if fact in facts() else ()
    if not can or not party.activities:
        return False
    readings = [activities.read_activities(key) for key in party.activities]
    return all(activities.answer(reading, can) == NO for reading in readings)


def _holds(duty: Duty) -> Iterator[Words]:
    for ask in questions(duty.where):
        for selection in selections(ask.zone):
            for test in selection.tests:
                if not _possible(test):
                    yield sentence("errors_rules.never_holds_range", field=test.field, layer=selection.layer)
    if duty.where is not None and _contradicts(duty.where):
        yield sentence("errors_rules.never_holds")


def _contradicts(where: Where) -> bool:
    """Tell whether no answers to its questions can make an expression hold.

    Every yes and no is tried, but for those that cannot stand together: who lies in a zone is near it and in any wider
    one, who is near it is not farther away, and whose centre is near it is near it too. An expression with more
    questions than can be tried is taken as sound.
    """
    asks = list(dict.fromkeys(questions(where)))
    if len(asks) > _MOST_TRIED:
        return False
    implied = [(a, b) for a, b in permutations(asks, 2) if _implies(a, b)]
    tried = (dict(zip(asks, told, strict=True)) for told in product((True, False), repeat=len(asks)))
    return not any(_true(where, told) for told in tried if not any(told[a] and not told[b] for a, b in implied))


def _implies(one: Ask, other: Ask) -> bool:
    if one.predicate not in ("in", "near") or not _within(one.zone, other.zone):
        return False
    if other.predicate == "in":
        return one.predicate == "in"
    if other.measured == "centre" and one.measured != "centre":
        return False
    return other.predicate == "near" and one.within_m <= other.within_m


def _within(one: Zone, other: Zone) -> bool:
    """Tell whether a zone is surely a part of another: the same, or some of the features that the other has all of."""
    return one == other or (isinstance(one, Selection) and other == Selection(one.layer))


def _true(where: Where, told: Mapping[Ask, bool]) -> bool:
    if isinstance(where, Ask):
        return told[where]
    if isinstance(where, Not):
        return not _true(where.member, told)
    truths = (_true(member, told) for member in where.members)
    return all(truths) if isinstance(where, AllOf) else any(truths)


def _lifts(rule: Rule, duty: Duty) -> Iterator[Words]:
    for exemption in rule.unless:
        if exemption.natures and not _meets(exemption, duty):
            natures = ", ".join(exemption.natures)
            yield sentence("errors_rules.never_lifts", fact=exemption.fact, natures=natures)


def _meets(exemption: Exemption, duty: Duty) -> bool:
    return any(not party.natures or set(party.natures) & set(exemption.natures) for party in duty.who)
