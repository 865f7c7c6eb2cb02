"""What all rules together say of one site: the jurisdiction, each rule's outcome, verdict and possible."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import combinations, product
from typing import TypeAlias

import shapely
from shapely.geometry.base import BaseGeometry

from fuling_gis.layers.model import Layer
from fuling_gis.rules.model import Ask, Assignment, Rule, RuleSet
from oracle.answer import MAYBE, NO, YES, Answer, least
from oracle.depth import MILLIMETRE, TooClose
from oracle.place import Place, where_
from oracle.who import Who, bound, lifts

LEVELS = {"prohibit": 4, "exit": 3, "restrict": 2, "condition": 1, "advise": 1, "monitor": 1, "encourage": 0}
VERDICTS = {4: "prohibited", 3: "exit", 2: "restricted", 1: "advised"}
LIFTED = 2
# The questions of a place, each with its own answer.
Parts: TypeAlias = list[tuple[Ask, Answer]]


@dataclass(frozen=True)
class Outcome:
    """What one rule says of one site."""

    # yes, maybe, lifted, unchecked or no
    kind: str
    causes: frozenset[str] = frozenset()
    # Further causes that may be named: those of an answer that another reading gives.
    also: frozenset[str] = frozenset()
    # The questions of the rule under the readings in force, each with its own answer.
    parts: tuple[tuple[Ask, Answer], ...] = ()
    # The causes of a maybe of whom it binds; every part repeats them.
    of_who: frozenset[str] = frozenset()
    # The level it counts with in `possible`.
    level: int = 0


@dataclass(frozen=True)
class Judgement:
    """What all rules say; None where it is too close to call."""

    verdict: str | None
    possible: str | None
    # The outcome of each rule in force that does not bind everywhere.
    outcomes: Mapping[str, Outcome | None] = field(default_factory=dict)


def judge(
    site: BaseGeometry,
    accuracy_m: float,
    who: Who,
    rules: RuleSet,
    layers: Mapping[str, Layer | None],
    readings: Mapping[str, str] | None = None,
) -> Judgement:
    """Judge one site by all rules, which are taken to be in force."""
    try:
        body = part_inside(site, accuracy_m, layers.get("district"))
    except TooClose:
        return Judgement(None, None, {rule.id: None for rule in rules.rules if not rule.everywhere})
    if body is None:
        return Judgement("outside", "outside", {})
    place = Place(body, accuracy_m, layers)
    chosen = {key: term.default for key, term in rules.readings.items()} | dict(readings or {})
    outcomes: dict[str, Outcome | None] = {}
    for rule in rules.rules:
        if rule.everywhere:
            continue
        try:
            outcomes[rule.id] = _outcome(rule, place, who, rules, chosen)
        except TooClose:
            outcomes[rule.id] = None
    # What a site is where every rule in force is of level 0, the contract does not say.
    counted = any(LEVELS[rule.effect] >= 1 for rule in rules.rules if not rule.everywhere)
    if None in outcomes.values() or not counted:
        return Judgement(None, None, outcomes)
    known = {rule.id: rule for rule in rules.rules}
    found = [(known[name], outcome) for name, outcome in outcomes.items() if outcome is not None]
    return Judgement(*verdicts(found), outcomes)


def part_inside(site: BaseGeometry, accuracy_m: float, district: Layer | None) -> BaseGeometry | None:
    """Give the part of a site that is judged; None for a site that is outside."""
    if district is None:
        return site
    ground = shapely.union_all(district.geometry)
    if not shapely.intersects(site, ground):
        t = district.accuracy_m + accuracy_m
        away = float(shapely.distance(site, ground))
        if abs(away - t) < MILLIMETRE:
            raise TooClose
        return site if away < t else None
    if shapely.covers(ground, site):
        return site
    inside = shapely.intersection(site, ground)
    # The contract does not say what a mere contact with the border counts for.
    dimensions = {shapely.get_dimensions(part) for part in shapely.get_parts(inside)}
    if dimensions != {shapely.get_dimensions(site)}:
        raise TooClose
    # Nor what it counts to reach in by less than a tenth of a millimetre: such a site touches the border.
    if not shapely.intersects(site, shapely.buffer(ground, -MILLIMETRE)):
        raise TooClose
    return inside


def _outcome(rule: Rule, place: Place, who: Who, rules: RuleSet, chosen: Mapping[str, str]) -> Outcome:
    parts: Parts = []
    duty = rule.duty(chosen)
    ground = where_(duty.where, place, parts)
    persons = bound(duty.who, who)
    answer = least([persons, ground])
    causes, also, of_ground = set(answer.causes), set[str](), set[str]()
    if answer.value != NO:
        of_ground |= ground.causes
    for changed, other, other_ground, other_parts in _raised(rule, place, who, rules, chosen, answer):
        causes |= {changed}
        # Where another reading only reaches a missing layer, that layer is what the place hangs on, not the reading.
        layer = other.value == MAYBE and _layers_only(other_ground.causes)
        of_ground |= other_ground.causes if layer else {changed}
        also |= other.causes.union(*(part.causes for _, part in other_parts))
    value = max(answer.value, MAYBE) if causes else answer.value
    level = LEVELS[rule.effect]
    if value == NO:
        return Outcome("no")
    claimed = any(lifts(exemption, duty.who, who) for exemption in rule.unless)
    if value == YES:
        return Outcome("lifted" if claimed else "yes", level=LIFTED if claimed else level, parts=tuple(parts))
    kind = "unchecked" if level >= 1 and _layers_only(of_ground) else "maybe"
    counts = LIFTED if claimed and kind == "maybe" else level
    return Outcome(kind, frozenset(causes), frozenset(also), tuple(parts), persons.causes, counts)


def _layers_only(causes: Collection[str]) -> bool:
    return bool(causes) and all(cause.startswith("layer:") for cause in causes)


def _raised(
    rule: Rule, place: Place, who: Who, rules: RuleSet, chosen: Mapping[str, str], answer: Answer
) -> list[tuple[str, Answer, Answer, Parts]]:
    """Find the smallest changes of readings that raise an answer: the cause, the answer, its place's and its parts."""
    others = {key: _tried(key, rules, place, chosen[key]) for key in rule.readings}
    for size in range(1, len(rule.readings) + 1):
        found = []
        for keys in combinations(rule.readings, size):
            for values in product(*(others[key] for key in keys)):
                change: Assignment = tuple(zip(keys, values, strict=True))
                duty = rule.duty({**chosen, **dict(change)})
                parts: Parts = []
                ground = where_(duty.where, place, parts)
                other = least([bound(duty.who, who), ground])
                if other.value > answer.value:
                    found.append(("reading:" + "+".join(f"{k}={v}" for k, v in change), other, ground, parts))
        if found:
            return found
    return []


def _tried(key: str, rules: RuleSet, place: Place, now: str) -> list[str]:
    """List the other values of a reading whose layer, if they need one, the workspace has."""
    values = rules.readings[key].values
    return [v for v, term in values.items() if v != now and (not term.requires or place.layers.get(term.requires))]


def verdicts(found: list[tuple[Rule, Outcome]]) -> tuple[str, str]:
    """Give verdict and possible from the outcomes of all rules (CONTRACT section 2)."""
    counted = [(rule, outcome) for rule, outcome in found if LEVELS[rule.effect] >= 1]
    hit = max((o.level for _, o in counted if o.kind in {"yes", "lifted"}), default=0)
    may = max((o.level for _, o in counted if o.kind in {"yes", "lifted", "maybe"}), default=0)
    unchecked = any(o.kind == "unchecked" for _, o in counted)
    verdict = VERDICTS[hit] if hit else "undecided" if may or unchecked else "clear"
    possible = "undecided" if unchecked and may < LIFTED else VERDICTS[may] if may else "clear"
    return verdict, possible
