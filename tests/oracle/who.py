"""Whom a rule binds (CONTRACT sections 1 and 4), for the plain activities, natures and facts that the tests use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fuling_gis.rules.model import Exemption, FactTest, Party
from oracle.answer import NO, YES, Answer, greatest, least, maybe

IMPLIED_BY = {
    "industry": {
        "chemical",
        "chemical_park",
        "heavy_chemical",
        "pulp",
        "dyeing",
        "metalworking",
        "stone_processing",
        "wood_processing",
        "shipyard",
    },
    "chemical": {"heavy_chemical", "chemical_park"},
    "waste_facility": {"oil_cuttings"},
}
NATURES = ("new", "alter", "expand", "upgrade", "change_use", "existing")
TRUE = {"是", "true", "1"}
FALSE = {"否", "false", "0"}
# A word that no list knows.
UNKNOWN = "?"


@dataclass(frozen=True)
class Who:
    """What a site says of itself: ids, or `?` for a word that nobody knows; facts as written."""

    activities: tuple[str, ...] = ()
    natures: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)


def bound(parties: tuple[Party, ...], who: Who) -> Answer:
    """Answer whether a rule binds a site: any of the parties, each with all that it names."""
    return greatest([_is(party, who) for party in parties])


def _is(party: Party, who: Who) -> Answer:
    found = [_fact(test, who) for test in party.facts]
    if party.activities:
        said = who.activities or (UNKNOWN,)
        found += [greatest([_activity(one, meant) for one in said for meant in party.activities])]
    if party.natures:
        said = who.natures or (UNKNOWN,)
        found += [greatest([_nature(one, party.natures) for one in said])]
    return least([Answer(YES), *found])


def _activity(said: str, meant: str) -> Answer:
    if said == UNKNOWN:
        return maybe("fact:activity")
    if said == meant or said in IMPLIED_BY.get(meant, set()):
        return Answer(YES)
    if meant in IMPLIED_BY.get(said, set()):
        return maybe("fact:activity")
    return Answer(NO)


def _nature(said: str, meant: tuple[str, ...]) -> Answer:
    if said == UNKNOWN:
        return maybe("fact:nature")
    return Answer(YES if said in meant else NO)


def _fact(test: FactTest, who: Who) -> Answer:
    text = who.facts.get(test.name, "")
    unknown = maybe(f"fact:{test.name}")
    if test.equals is not None:
        if text not in TRUE | FALSE:
            return unknown
        return Answer(YES if (text in TRUE) == test.equals else NO)
    try:
        value = float(text)
    except ValueError:
        return unknown
    low = test.minimum is None or (value > test.minimum if test.open_minimum else value >= test.minimum)
    high = test.maximum is None or (value < test.maximum if test.open_maximum else value <= test.maximum)
    return Answer(YES if low and high else NO)


def lifts(exemption: Exemption, parties: tuple[Party, ...], who: Who) -> bool:
    """Tell whether an exemption is claimed and covers all natures of the site that the rule binds."""
    if who.facts.get(exemption.fact, "") not in TRUE:
        return False
    if not exemption.natures:
        return True
    said = who.natures or (UNKNOWN,)
    # A nature that is not known could be any.
    possible = NATURES if UNKNOWN in said else said
    return {nature for nature in possible if _binds(parties, nature)} <= set(exemption.natures)


def _binds(parties: tuple[Party, ...], nature: str) -> bool:
    return any(not party.natures or nature in party.natures for party in parties)
