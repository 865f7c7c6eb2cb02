"""Whom a rule binds: one answer, with its causes, for one combination of activity, nature and facts.

Pure and small on purpose: whoever screens a million sites calls it once for each combination that occurs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from fuling_gis import activities, natures
from fuling_gis.activities import ActivityReading
from fuling_gis.answers import MAYBE, NO, YES
from fuling_gis.facts import facts, read_fact, says_something
from fuling_gis.natures import NatureReading
from fuling_gis.rules.model import Duty, Exemption, FactTest, Party, Rule

ACTIVITY_CAUSE = "fact:activity"
NATURE_CAUSE = "fact:nature"


@dataclass(frozen=True)
class Person:
    """What is known of a site besides its place."""

    activities: ActivityReading = field(default_factory=ActivityReading)
    natures: NatureReading = field(default_factory=NatureReading)
    # Fact name to the text of its cell; a fact that is not here is missing.
    facts: Mapping[str, str] = field(default_factory=dict)


def person(
    activity: str = "", industry_code: str = "", nature: str = "", cells: Mapping[str, str] | None = None
) -> Person:
    """Read the texts of a site. A filled fact that only one activity can have makes that activity possible."""
    filled = dict(cells or {})
    reading = activities.read_activities(activity, industry_code)
    return Person(activities.with_possible(reading, _betrayed(filled)), natures.read_natures(nature), filled)


def fact_names(rules: Iterable[Rule]) -> tuple[str, ...]:
    """Name the facts that rules ask for, in `who` or `unless`, and those that betray an activity; sorted."""
    asked = {test.name for rule in rules for duty in rule.duties.values() for party in duty.who for test in party.facts}
    asked |= {exemption.fact for rule in rules for exemption in rule.unless}
    return tuple(sorted(asked | {name for name, fact in facts().items() if len(fact.activities) == 1}))


def who_answer(who: Sequence[Party], someone: Person) -> tuple[int, tuple[str, ...]]:
    """Tell whether a rule binds a site: the answer, and the causes where it is a maybe, sorted.

    who: the parties of a duty; the site need be only one of them.
    """
    answers = [_party_answer(party, someone) for party in who]
    best = max(answer for answer, _ in answers)
    if best != MAYBE:
        return best, ()
    return MAYBE, tuple(sorted({cause for answer, causes in answers if answer == MAYBE for cause in causes}))


def claimed(exemption: Exemption, someone: Person, bound: Collection[str] = ()) -> bool:
    """Tell whether a site claims an exemption, and whether the exemption covers all its natures that the rule binds.

    bound: the natures that the rule binds; empty means all.
    """
    if read_fact(exemption.fact, someone.facts.get(exemption.fact, "")) is not True:
        return False
    if not exemption.natures:
        return True
    hit = set(someone.natures.stated)
    if someone.natures.doubtful:
        hit |= set(natures.natures())
    if bound:
        hit &= set(bound)
    return hit <= set(exemption.natures)


def bound_natures(duty: Duty) -> tuple[str, ...]:
    """Give the natures that a duty binds, over all its parties; empty means all."""
    if any(not party.natures for party in duty.who):
        return ()
    return tuple(dict.fromkeys(nature for party in duty.who for nature in party.natures))


def _party_answer(party: Party, someone: Person) -> tuple[int, tuple[str, ...]]:
    parts = [
        (activities.answer(someone.activities, party.activities), ACTIVITY_CAUSE),
        (natures.answer(someone.natures, party.natures), NATURE_CAUSE),
        *((_fact_answer(test, someone), f"fact:{test.name}") for test in party.facts),
    ]
    least = min(answer for answer, _ in parts)
    return least, tuple(cause for answer, cause in parts if answer == MAYBE) if least == MAYBE else ()


def _fact_answer(test: FactTest, someone: Person) -> int:
    """Tell whether a fact says what is asked; missing is a maybe, but no where the site's activity cannot have it."""
    said = fact_says(test, someone.facts.get(test.name, ""))
    if said is not None:
        return said
    can = fact_activities(test.name)
    return NO if can and activities.answer(someone.activities, can) == NO else MAYBE


def fact_says(test: FactTest, text: str) -> int | None:
    """Tell whether a cell says what is asked: yes or no; None where it says nothing."""
    value = read_fact(test.name, text)
    if value is None:
        return None
    return YES if _holds(test, value) else NO


def fact_activities(name: str) -> tuple[str, ...]:
    """Name the activities that a fact can be true of; none where these cannot be named."""
    fact = facts().get(name)
    return fact.activities if fact is not None else ()


def _holds(test: FactTest, value: bool | float | str) -> bool:  # noqa: FBT001 - a value of a cell, not a switch
    if test.equals is not None:
        return value is test.equals
    if test.values:
        return str(value) in test.values
    number = float(value)
    low = test.minimum is None or (number > test.minimum if test.open_minimum else number >= test.minimum)
    high = test.maximum is None or (number < test.maximum if test.open_maximum else number <= test.maximum)
    return low and high


def _betrayed(cells: Mapping[str, str]) -> tuple[str, ...]:
    """Name the activities that a filled fact gives away, because no other can have it."""
    return tuple(
        fact.activities[0]
        for name, fact in facts().items()
        if len(fact.activities) == 1 and name in cells and says_something(read_fact(name, cells[name]))
    )
