"""Puts one rule to the sites of a batch: who, where, readings, exemptions.

Most rules say nothing of most sites: what is told of a rule is kept for the others alone.

The rule is judged under the readings in force; every other assignment of its own readings is tried beside it, and an
answer that another one would raise becomes a maybe that names it (CONTRACT section 7).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fuling_gis.answers import MAYBE, NO, YES, Answers, Mask, all_of, always
from fuling_gis.overlay.persons import Crowd, Persons
from fuling_gis.overlay.pieces import Indices
from fuling_gis.overlay.questions import Desk, expressed
from fuling_gis.rules.model import Ask, Duty, Party, Rule, questions
from fuling_gis.verdicts import LEVELS

Known = TypeVar("Known")

ANSWER_WORDS = ("no", "maybe", "yes")
# So many numbers of cases are looked up in a table, and as many as there are sites.
_FEW_CASES: Final = 1024


@dataclass(frozen=True)
class Choice:
    """One assignment of a rule's readings, and what it changes against the readings in force."""

    assignment: Mapping[str, str] = field(compare=False)
    # (key, value) of each reading that differs; empty for the readings in force.
    changes: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        """`A=x`, or `A=x+B=y`."""
        return "+".join(f"{key}={value}" for key, value in self.changes)


@dataclass(frozen=True, eq=False)
class Brief:
    """What a rule asks under all of its readings, worked out once for a run."""

    rule: Rule
    # The readings in force first, then by number of changes, and the duty under each.
    choices: tuple[Choice, ...]
    duties: tuple[Duty, ...]
    # Whom the duties bind, and what they ask of places, each once.
    whos: tuple[tuple[Party, ...], ...]
    asked: tuple[Ask, ...]

    @classmethod
    def of(cls, rule: Rule, choices: tuple[Choice, ...]) -> Brief:
        """Collect what a rule asks."""
        duties = tuple(rule.duty(choice.assignment) for choice in choices)
        asked = dict.fromkeys(question for duty in duties for question in questions(duty.where))
        return cls(rule, choices, duties, tuple(dict.fromkeys(duty.who for duty in duties)), tuple(asked))

    def binds(self, people: Persons) -> bool:
        """Tell whether the rule binds any of some people, under any reading: of the others there is nothing to ask."""
        return any(people.binds(who) for who in self.whos)


@dataclass(frozen=True)
class Opinion:
    """A rule's answer under one assignment."""

    choice: Choice
    duty: Duty
    who: Answers
    where: Answers
    answer: Answers

    def take(self, rows: Indices) -> Opinion:
        """Give what it says of some of its sites."""
        who, where, answer = (one.take(rows) for one in (self.who, self.where, self.answer))
        return Opinion(self.choice, self.duty, who, where, answer)


@dataclass(frozen=True)
class Judged:
    """What became of one rule at the sites of a batch.

    Sites that are the same to a rule - the same person, with the same answers of place - are one case, judged once.
    """

    rule: Rule
    # The sites of which the rule says yes or maybe under some reading, ascending; of all others it says no. Shape
    # (rows,).
    rows: Indices
    # Of each of them its case: the place in all that follows, which is of shape (cases,).
    case: Indices
    # Under the readings in force first.
    opinions: tuple[Opinion, ...]
    # The rule's answer with all causes; a claimed exemption has not changed it.
    answer: Answers
    # Where an exemption is claimed that lifts the rule.
    claimed: Mask
    # Where the rule could not be asked for want of layers.
    unchecked: Mask
    # Layer id to the cases where it was wanting for an unchecked rule.
    wanting: Mapping[str, Mask]
    # `KEY=VALUE>answer` to the cases where that reading would give another answer.
    depends: Mapping[str, Mask]
    # Which opinion the parts of the rule are taken from.
    told_by: np.ndarray
    # What the questions of the rule are answered.
    places: Mapping[Ask, Answers]
    _known: dict[object, Any] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def counted(self) -> Answers:
        """The answer, with a no where the rule is unchecked."""
        value = np.where(self.unchecked, np.int8(NO), self.answer.value).astype(np.int8)
        return Answers(value, {name: mask & ~self.unchecked for name, mask in self.answer.causes.items()})

    def where(self, cases: Mask) -> Indices:
        """Give the sites of some cases, ascending."""
        return self.rows if cases.all() else self.rows[np.flatnonzero(cases[self.case])]

    def once(self, key: object, ask: Callable[[], Known]) -> Known:
        """Give what hangs on the cases alone; of a site that comes by itself they are known from others."""
        if key not in self._known:
            self._known[key] = ask()
        known: Known = self._known[key]
        return known


def judge(brief: Brief, desk: Desk, crowd: Crowd) -> Judged:
    """Judge one rule at all sites of a batch."""
    people = crowd.people
    bound = crowd.once(brief, lambda: _bound(brief, crowd))
    found = [desk.answer(question) for question in brief.asked]

    def judged() -> Judged:
        n = len(crowd.kind)
        kind = crowd.kind if len(bound.rows) == n else crowd.kind.take(bound.rows)
        case, first = _cases(bound.said.take(kind), bound.different, found, bound.rows)
        site, kinds = bound.rows[first], kind[first]
        parties = {who: answer.take(kinds) for who, answer in zip(brief.whos, bound.answers, strict=True)}
        places = {question: answer.of(site) for question, answer in zip(brief.asked, found, strict=True)}
        pairs = zip(brief.choices, brief.duties, strict=True)
        opinions = tuple(_opinion(choice, duty, parties[duty.who], places) for choice, duty in pairs)
        return _of_cases(brief.rule, bound.rows, case, opinions, bound.claimed[kinds], places)

    if bound.alone:
        # Of a site that comes alone it may be known what the rule says of such answers.
        return people.register.remembered((bound.alone, *(answer.first for answer in found)), judged)
    return judged()


@dataclass(frozen=True)
class _Bound:
    """Which sites of a batch a rule binds, as far as their persons tell."""

    # Those bound for certain or perhaps, under any reading, ascending.
    rows: Indices
    # Of each kind of persons where an exemption is claimed that lifts the rule, and whether it is of each of the
    # parties.
    claimed: Mask
    answers: tuple[Answers, ...]
    # Numbers the kinds by all of these, and a bound of the numbers.
    said: Indices
    different: int
    # Of a site that comes alone: the rule, and these answers, as a key; else nothing.
    alone: tuple[object, ...]


def _bound(brief: Brief, crowd: Crowd) -> _Bound:
    """Put to the persons of a batch whom a rule binds."""
    people = crowd.people
    # Many rules bind the same people.
    rows = crowd.once(("sites", brief.whos), lambda: crowd.sites(people.bound_by_any(brief.whos)))
    claimed = people.claimed(brief.rule.unless, brief.duties[0])
    answers = tuple(people.bound(who) for who in brief.whos)
    said, different = claimed.astype(np.int64), 2
    for answer in answers:
        said, different = _together(said, different, *answer.kinds)
    alone = len(rows) == len(crowd.kind) == 1
    key = (brief.rule.id, bool(claimed[0]), *(answer.first for answer in answers)) if alone else ()
    return _Bound(rows, claimed, answers, said, different, key)


def _together(key: Indices, bound: int, number: NDArray[np.integer[Any]], kinds: int) -> tuple[Indices, int]:
    """Number rows by two numbers of each; give the numbers, and a bound of them that is not far above the rows."""
    key, bound = key * kinds + number, bound * kinds
    if bound > max(_FEW_CASES, len(key)):
        key, distinct = pd.factorize(key)
        bound = len(distinct)
    return key, bound


def _cases(key: Indices, bound: int, answers: Sequence[Answers], rows: Indices) -> tuple[Indices, Indices]:
    """Number some sites by all that is answered; give the number of each, and the first of each number, ascending.

    key: the number of each of them by who it is, each below `bound`. answers: of all sites.
    """
    n = len(rows)
    for answer in answers:
        number, kinds = answer.kinds
        key, bound = _together(key, bound, number if len(number) == n else number[rows], kinds)
    place = np.full(bound, -1)
    # Written backwards, so that of several sites the first one stays.
    place[key[::-1]] = np.arange(n - 1, -1, -1)
    first = np.sort(place[place >= 0])
    place[key[first]] = np.arange(len(first))
    return place[key], first


def _of_cases(
    rule: Rule,
    rows: Indices,
    case: Indices,
    opinions: tuple[Opinion, ...],
    claimed: Mask,
    places: Mapping[Ask, Answers],
) -> Judged:
    """Judge the cases, and leave out those of which the rule says no however it is read."""
    told = np.logical_or.reduce([opinion.answer.value > NO for opinion in opinions])
    if not told.all():
        some, kept = np.flatnonzero(told), np.flatnonzero(told[case])
        rows, case = rows[kept], (np.cumsum(told) - 1)[case[kept]]
        opinions, claimed = tuple(opinion.take(some) for opinion in opinions), claimed[some]
        places = {question: answer.take(some) for question, answer in places.items()}
    base, n = opinions[0], len(claimed)
    if not n:
        nowhere = np.zeros(0, bool)
        return Judged(rule, rows, case, opinions, base.answer, nowhere, nowhere, {}, {}, np.zeros(0, np.int64), places)
    raises = {o.choice: o.answer.value > base.answer.value for o in opinions[1:]}
    first = _first_raise(opinions[1:], raises, n)
    causes, wanting = dict(base.answer.causes), _layers(base.where, np.ones(n, bool))
    sound = np.zeros(n, bool)
    for opinion in opinions[1:]:
        new = _minimal(opinion.choice, raises)
        bare = new & _layers_only(opinion.where) & (opinion.answer.value == MAYBE)
        _add(causes, f"reading:{opinion.choice.name}", new)
        for layer, mask in _layers(opinion.where, bare).items():
            _add(causes, f"layer:{layer}", mask)
            _add(wanting, layer, mask)
        sound |= new & ~bare
    raised = np.logical_or.reduce([np.zeros(n, bool), *raises.values()])
    value = np.where(raised & (base.answer.value == NO), np.int8(MAYBE), base.answer.value).astype(np.int8)
    only_layers = np.where(base.answer.value == MAYBE, _layers_only(base.where), raised)
    unchecked = (value == MAYBE) & only_layers & ~sound & bool(LEVELS[rule.effect])
    return Judged(
        rule=rule,
        rows=rows,
        case=case,
        opinions=opinions,
        answer=Answers(value, {name: mask & (value == MAYBE) for name, mask in causes.items()}),
        claimed=claimed,
        unchecked=unchecked,
        wanting={layer: mask & unchecked for layer, mask in wanting.items()},
        depends=_depends(opinions, raises),
        told_by=np.where(base.answer.value > NO, 0, first),
        places=places,
    )


def _opinion(choice: Choice, duty: Duty, who: Answers, places: Mapping[Ask, Answers]) -> Opinion:
    """Give a rule's answer in each case."""
    where = expressed(duty.where, places) if duty.where is not None else always(YES, len(who))
    return Opinion(choice, duty, who, where, all_of([who, where]))


def _first_raise(opinions: Sequence[Opinion], raises: Mapping[Choice, Mask], n: int) -> np.ndarray:
    """Number, from 1, the first opinion that raises each site's answer; 0 where none does."""
    first = np.zeros(n, np.int64)
    for number, opinion in enumerate(opinions, start=1):
        first[(first == 0) & raises[opinion.choice]] = number
    return first


def _minimal(choice: Choice, raises: Mapping[Choice, Mask]) -> Mask:
    """Tell where a choice raises the answer and no part of its changes alone does."""
    own = raises[choice]
    for other, mask in raises.items():
        if set(other.changes) < set(choice.changes):
            own = own & ~mask
    return own


def _layers_only(where: Answers) -> Mask:
    """Tell where the place is a maybe for want of layers and for no other cause."""
    out: Mask = where.value == MAYBE
    for name, mask in where.causes.items():
        if not name.startswith("layer:"):
            out = out & ~mask
    return out


def _layers(where: Answers, sites: Mask) -> dict[str, Mask]:
    return {
        name.removeprefix("layer:"): mask & sites for name, mask in where.causes.items() if name.startswith("layer:")
    }


def _add(masks: dict[str, Mask], name: str, mask: Mask) -> None:
    if mask.any():
        masks[name] = masks[name] | mask if name in masks else mask


def _depends(opinions: Sequence[Opinion], raises: Mapping[Choice, Mask]) -> dict[str, Mask]:
    """Tell which readings, alone or together, would give another answer, and which."""
    base = opinions[0].answer.value
    differ = {o.choice: o.answer.value != base for o in opinions[1:]}
    out: dict[str, Mask] = {}
    for opinion in opinions[1:]:
        minimal = _minimal(opinion.choice, differ) | _minimal(opinion.choice, raises)
        for value, word in enumerate(ANSWER_WORDS):
            _add(out, f"{opinion.choice.name}>{word}", minimal & (opinion.answer.value == value))
    return out
