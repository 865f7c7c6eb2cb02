"""Lays the engine's tables beside the oracle's judgements and lists where they differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import toy

from fuling_gis.overlay.result import Batch
from fuling_gis.rules.model import Ask, Not, Party, Rule, Selection, Where, Zone
from oracle.judge import Judgement, Outcome, judge
from oracle.worlds import World

BY_EFFECT = {
    "prohibit": "prohibited_by",
    "exit": "exit_by",
    "restrict": "restricted_by",
    "condition": "advised_by",
    "advise": "advised_by",
    "monitor": "advised_by",
}
# Predicate, its answer, its causes.
Part: TypeAlias = tuple[str, str, Collection[str]]
ANSWERS = ("no", "maybe", "yes")


@dataclass
class Comparison:
    """What came out of comparing some worlds."""

    differences: list[str] = field(default_factory=list)
    # Answers of rules that were asked, and those of them that were too close to call.
    asked: int = 0
    uncalled: int = 0


def compare(world: World, name: str, into: Comparison) -> None:
    """Screen a world and judge it, and note the differences."""
    batch = toy.screen(world.rules, world.layers, world.sites)
    told = Told(batch)
    for i in range(len(world.sites)):
        judged = judge(
            world.sites.geometry[i], float(world.sites.accuracy_m[i]), world.who[i], world.rules, world.layers
        )
        into.asked += len(judged.outcomes)
        into.uncalled += sum(outcome is None for outcome in judged.outcomes.values())
        into.differences += [f"{name}, site {i}: {text}" for text in _site(told, i, judged, world)]


class Told:
    """The engine's tables by site and rule."""

    def __init__(self, batch: Batch) -> None:
        self.sites: list[dict[str, Any]] = batch.sites.to_dict("records")
        self.rows: dict[tuple[int, str], list[dict[str, Any]]] = defaultdict(list)
        for row in batch.findings.to_dict("records"):
            self.rows[int(row["row"]), str(row["rule_id"])].append(row)

    def listed(self, i: int, column: str) -> set[str]:
        return {word for word in str(self.sites[i][column]).split(";") if word}

    def kind(self, i: int, rule_id: str) -> str:
        if rule_id in self.listed(i, "unchecked_by"):
            return "unchecked"
        return "/".join(sorted({str(row["answer"]) for row in self.rows[i, rule_id]})) or "no"

    def causes(self, i: int, rule_id: str) -> set[str]:
        return {cause for row in self.rows[i, rule_id] for cause in str(row["cause"]).split(";") if cause}


def _site(told: Told, i: int, judged: Judgement, world: World) -> list[str]:
    found = []
    site = told.sites[i]
    for column, expected in (("verdict", judged.verdict), ("possible", judged.possible)):
        if expected is not None and site[column] != expected:
            found.append(f"{column} is {site[column]}, not {expected}")
    for rule in world.rules.rules:
        outcome = judged.outcomes.get(rule.id, Outcome("no"))
        if outcome is not None:
            found += [f"{rule.id}: {text}; {_told(rule)}" for text in _rule(told, i, rule, outcome)]
    return found


def _rule(told: Told, i: int, rule: Rule, outcome: Outcome) -> list[str]:
    kind = told.kind(i, rule.id)
    if kind != outcome.kind:
        return [f"is {kind}, not {outcome.kind} {sorted(outcome.causes)}"]
    found = []
    if kind == "maybe" and (rule.readings or not outcome.parts):
        told_causes = told.causes(i, rule.id)
        allowed = outcome.causes | outcome.also | {cause for _, answer in outcome.parts for cause in answer.causes}
        if not _agree(told_causes, outcome.causes, allowed):
            found.append(f"causes are {sorted(told_causes)}, not {sorted(outcome.causes)} and {sorted(outcome.also)}")
    column = {"yes": BY_EFFECT.get(rule.effect), "maybe": "maybe_by", "lifted": "lifted_by"}.get(kind)
    standing = {name for name in {*BY_EFFECT.values(), "maybe_by", "lifted_by"} if rule.id in told.listed(i, name)}
    if rule.effect != "encourage" and standing != ({column} if column else set()):
        found.append(f"stands in {sorted(standing)}, not in {column}")
    if kind in {"yes", "maybe", "lifted"} and not rule.readings and not _negated(rule):
        found += _parts(told, i, rule, outcome)
    return found


def _parts(told: Told, i: int, rule: Rule, outcome: Outcome) -> list[str]:
    """Compare the contributing parts: those that are yes if the rule is yes, else those that are yes or maybe."""
    least = 1 if outcome.kind == "maybe" else 2
    expected = [
        (question.predicate, ANSWERS[answer.value], outcome.of_who | answer.causes)
        for question, answer in outcome.parts
        if answer.value >= least
    ]
    got = {
        (str(row["predicate"]), str(row["part_answer"]), frozenset(c for c in str(row["cause"]).split(";") if c))
        for row in told.rows[i, rule.id]
    }
    if not outcome.parts:
        return [] if len(got) == 1 else [f"has rows {got} without a question of place"]
    matched = all(any(_same(one, other) for other in expected) for one in got)
    return (
        []
        if matched and all(any(_same(other, one) for other in got) for one in expected)
        else [f"has parts {_set(got)}, not {_set(set(expected))}"]
    )


def _same(told: Part, expected: Part) -> bool:
    return told[:2] == expected[:2] and _agree(told[2], expected[2], expected[2])


def _agree(told: Collection[str], required: Collection[str], allowed: Collection[str]) -> bool:
    """Tell whether the causes named are all allowed and none is left out.

    Where several fields select features, the engine may leave out those that make no difference at the site; one of
    the layer's fields must be named.
    """
    missing = {cause for cause in required if cause not in told}
    layers = {cause.split(".")[0] for cause in told if cause.startswith("attribute:")}
    return set(told) <= set(allowed) and all(cause.split(".")[0] in layers for cause in missing)


def _set(parts: set[Any]) -> str:
    return "; ".join(f"{predicate} {answer} {sorted(causes)}" for predicate, answer, causes in sorted(parts, key=str))


def _negated(rule: Rule) -> bool:
    return any(_has_not(duty.where) for duty in rule.duties.values())


def _has_not(where: Where | None) -> bool:
    return isinstance(where, Not) or any(_has_not(member) for member in getattr(where, "members", ()) if where)


def _told(rule: Rule) -> str:
    """Describe a rule shortly, for whoever reads a difference."""
    duties = [f"{dict(key)} {_who(duty.who)} {_where(duty.where)}" for key, duty in rule.duties.items()]
    return f"{rule.effect} {' | '.join(duties)} unless {[(one.fact, *one.natures) for one in rule.unless]}"


def _who(parties: tuple[Party, ...]) -> str:
    return str([(*p.activities, *p.natures, *(f"{f.name}={f.equals}" for f in p.facts)) for p in parties])


def _where(where: Where | None) -> str:
    if where is None:
        return "anywhere"
    if isinstance(where, Ask):
        return f"{where.predicate} {_zone(where.zone)} {where.within_m:g} {where.measured}"
    if isinstance(where, Not):
        return f"not({_where(where.member)})"
    return f"{type(where).__name__}({', '.join(_where(member) for member in where.members)})"


def _zone(zone: Zone) -> str:
    if isinstance(zone, Selection):
        tests = [f"{test.field}={test.values or (test.minimum, test.maximum)}" for test in zone.tests]
        return zone.layer + (str(tests) if tests else "")
    return f"{type(zone).__name__}({', '.join(_zone(member) for member in zone.members)})"
