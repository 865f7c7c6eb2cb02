"""Asks of each site whom a rule binds. Sites with the same words are asked once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from threading import RLock
from typing import Any, Final, TypeAlias, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fuling_gis import activities as activities_of
from fuling_gis import natures as natures_of
from fuling_gis.activities import activities, read_activities
from fuling_gis.answers import MAYBE, NO, YES, Answers, Mask, Ternary, all_of, always, answered, any_of
from fuling_gis.facts import facts as fact_list
from fuling_gis.labels import Lang, label
from fuling_gis.natures import read_natures
from fuling_gis.overlay.lists import Texts, numbered
from fuling_gis.rules.model import Duty, Exemption, FactTest, Party
from fuling_gis.rules.who import (
    ACTIVITY_CAUSE,
    NATURE_CAUSE,
    Person,
    bound_natures,
    claimed,
    fact_activities,
    fact_says,
    person,
)
from fuling_gis.sites.unsaid import Said

Known = TypeVar("Known")

# A number for each row, or for each kind its first row.
Codes: TypeAlias = NDArray[np.int64]


@cache
def _telling() -> frozenset[str]:
    """Give the facts that only one activity can have: filled, they say something of the activity."""
    return frozenset(fact.name for fact in fact_list().values() if len(fact.activities) == 1)


# So many of those that came alone, with all that was told of them.
MOST_ALONE: Final = 256
# So many answers of rules to single sites are remembered.
MOST_REMEMBERED: Final = 4096
# So many different persons are remembered at the most.
MOST_PERSONS: Final = 50_000


@dataclass(frozen=True)
class _Alone:
    """What rules say of a single person: whom they bind, and whether they do."""

    bound: dict[tuple[Party, ...], Answers] = field(default_factory=dict)
    any: dict[tuple[Party, ...], bool] = field(default_factory=dict)
    # What others worked out of it alone.
    more: dict[object, Any] = field(default_factory=dict)


@dataclass
class Register:
    """Persons that sites were before, each read once, and what was told of them; shared by batches and threads."""

    _number: dict[tuple[str, ...], int] = field(default_factory=dict, repr=False)
    _persons: list[Person] = field(default_factory=list, repr=False)
    _told: dict[object, Ternary] = field(default_factory=dict, repr=False)
    _alone: dict[tuple[object, ...], _Alone] = field(default_factory=dict, repr=False)
    _latest: dict[object, Any] = field(default_factory=dict, repr=False)
    _lock: RLock = field(default_factory=RLock, repr=False)

    def remembered(self, key: object, ask: Callable[[], Known]) -> Known:
        """Give what a rule says of a site that came alone, by all that was answered of it; the latest are kept."""
        with self._lock:
            if key in self._latest:
                # What was asked for last stands last, and is the last to go.
                self._latest[key] = found = self._latest.pop(key)
                known: Known = found
                return known
        known = ask()
        with self._lock:
            self._latest[key] = known
            while len(self._latest) > MOST_REMEMBERED:
                del self._latest[next(iter(self._latest))]
        return known

    def alone(self, key: tuple[object, ...]) -> _Alone:
        """Give what was told of a person that came alone, by all that it says of itself; the latest ones are kept."""
        with self._lock:
            found = self._alone.pop(key, None) or _Alone()
            self._alone[key] = found
            while len(self._alone) > MOST_ALONE:
                del self._alone[next(iter(self._alone))]
            return found

    @property
    def full(self) -> bool:
        """Whether so many persons are in it that a new one should be begun."""
        return len(self._persons) > MOST_PERSONS

    def numbers(self, texts: Sequence[tuple[str, ...]], telling: tuple[str, ...]) -> Codes:
        """Give each person's number. texts: activity, industry code, nature, and the facts `telling` of each."""
        with self._lock:
            return np.array([self._numbered((*telling, *one), one, telling) for one in texts], np.int64)

    def persons(self, numbers: Codes) -> list[Person]:
        """Give the persons of some numbers."""
        return [self._persons[number] for number in numbers]

    def told(self, key: object, ask: Callable[[Person], int], numbers: Codes) -> Ternary:
        """Give the answers of some persons to what `key` names; each person is asked once."""
        with self._lock:
            known = self._told.get(key, np.empty(0, np.int8))
            if len(known) < len(self._persons):
                more = np.array([ask(someone) for someone in self._persons[len(known) :]], np.int8)
                known = self._told[key] = np.concatenate([known, more])
            return known[numbers]

    def _numbered(self, key: tuple[str, ...], texts: tuple[str, ...], telling: tuple[str, ...]) -> int:
        if key not in self._number:
            activity, industry_code, nature, *facts = texts
            self._number[key] = len(self._persons)
            self._persons.append(person(activity, industry_code, nature, dict(zip(telling, facts, strict=True))))
        return self._number[key]


@dataclass(frozen=True)
class Persons:
    """What the judged sites of a batch say of themselves; columns of n texts."""

    activity: Texts
    industry_code: Texts
    nature: Texts
    # Fact name to texts, shape (n,).
    facts: Mapping[str, NDArray[np.object_]]
    register: Register = field(default_factory=Register, repr=False)
    _bound: dict[tuple[Party, ...], Answers] = field(default_factory=dict, repr=False)
    _any: dict[tuple[Party, ...], bool] = field(default_factory=dict, repr=False)
    _more: dict[object, Any] = field(default_factory=dict, repr=False)
    _single: dict[object, Ternary] = field(default_factory=dict, repr=False)
    _known: dict[tuple[str, ...], _Kinds] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Take up what is known of a person that comes alone: one site is asked about again and again."""
        if len(self.activity) == 1:
            said = sorted((name, values[0]) for name, values in self.facts.items())
            known = self.register.alone((self.activity[0], self.industry_code[0], self.nature[0], *said))
            object.__setattr__(self, "_bound", known.bound)
            object.__setattr__(self, "_any", known.any)
            object.__setattr__(self, "_more", known.more)

    def once(self, key: object, ask: Callable[[], Known]) -> Known:
        """Give what hangs on nothing but these persons and the run; of a person that comes alone it is kept."""
        if key not in self._more:
            self._more[key] = ask()
        known: Known = self._more[key]
        return known

    def bound(self, who: tuple[Party, ...]) -> Answers:
        """Tell which sites a rule binds."""
        if who not in self._bound:
            self._bound[who] = any_of([self._party(party) for party in who])
        return self._bound[who]

    def bound_by_any(self, whos: tuple[tuple[Party, ...], ...]) -> Mask:
        """Tell which sites are bound for certain or perhaps, as one or another says who is."""
        return self.once(("any", whos), lambda: np.logical_or.reduce([self.bound(who).value > NO for who in whos]))

    def binds(self, who: tuple[Party, ...]) -> bool:
        """Tell whether a rule binds any site."""
        if who not in self._any:
            self._any[who] = bool((self.bound(who).value > NO).any())
        return self._any[who]

    def claimed(self, unless: tuple[Exemption, ...], duty: Duty) -> Mask:
        """Tell which sites claim an exemption that lifts the duty."""
        n = len(self.activity)
        if not any(one.fact in self.facts for one in unless):
            return np.zeros(n, bool)
        kinds = self._kinds({one.fact for one in unless})
        natures = bound_natures(duty)
        told = [any(claimed(one, someone, natures) for one in unless) for someone in kinds.persons]
        return np.array(told, bool)[kinds.code]

    def unknown_words(self, lang: Lang) -> Texts:
        """Say of each site what of its activity and nature is not known, so that rules about them are a maybe."""
        return self.once(("unknown", lang), lambda: self._unknown_words(lang))

    def words_said(self) -> tuple[Codes, Codes]:
        """Number the sites by what they say of activity and nature, and give the first of each number."""
        kinds = self._kinds(set())
        return kinds.code, kinds.first

    def _unknown_words(self, lang: Lang) -> Texts:
        kinds = self._kinds(set())
        told = [
            "; ".join(
                filter(None, (_unknown(self.activity[i], self.industry_code[i], lang), _strange(self.nature[i], lang)))
            )
            for i in kinds.first
        ]
        number = {text: n for n, text in enumerate(dict.fromkeys(("", *told)))}
        return Texts(np.array([number[text] for text in told], np.int32)[kinds.code], tuple(number))

    def _party(self, party: Party) -> Answers:
        """Tell which sites are a party: the least of what activity, nature and facts say, as `who_answer` has it."""
        parts = [answered(self._fact(test), f"fact:{test.name}") for test in party.facts]
        if party.activities:
            parts.append(answered(self._activity(party.activities), ACTIVITY_CAUSE))
        if party.natures:
            parts.append(answered(self._nature(party.natures), NATURE_CAUSE))
        return all_of(parts) if parts else always(YES, len(self.activity))

    def _activity(self, wanted: tuple[str, ...]) -> Ternary:
        return self._told(("activity", wanted), lambda someone: activities_of.answer(someone.activities, wanted))

    def _nature(self, wanted: tuple[str, ...]) -> Ternary:
        return self._told(("nature", wanted), lambda someone: natures_of.answer(someone.natures, wanted))

    def _told(self, key: object, ask: Callable[[Person], int]) -> Ternary:
        kinds = self._kinds(set())
        return self._known_answer(key, lambda: self.register.told(key, ask, kinds.number)[kinds.code])

    def _fact(self, test: FactTest) -> Ternary:
        return self._known_answer(test, lambda: self._fact_asked(test))

    def _fact_asked(self, test: FactTest) -> Ternary:
        """Answer a fact: missing is a maybe, but no where the site's activity cannot have it."""
        can = fact_activities(test.name)
        missing = np.full(len(self.activity), MAYBE, np.int8)
        if can:
            missing[self._activity(can) == NO] = NO
        column = self.facts.get(test.name)
        if column is None:
            return missing
        code, texts = pd.factorize(column)
        said = [fact_says(test, text) for text in texts]
        told = np.array([MAYBE if one is None else one for one in said], np.int8)[code]
        silent = np.array([one is None for one in said], bool)[code]
        return np.where(silent, missing, told).astype(np.int8)

    def _known_answer(self, key: object, ask: Callable[[], Ternary]) -> Ternary:
        if key not in self._single:
            self._single[key] = ask()
        return self._single[key]

    def _kinds(self, names: set[str]) -> _Kinds:
        """Number the sites by what they say of the facts named, and give one person for each number.

        Activity, nature and the facts that tell an activity are read once for a batch, whatever rules ask besides.
        """
        telling = tuple(sorted(name for name in _telling() if name in self.facts))
        more = tuple(sorted(name for name in names if name in self.facts and name not in telling))
        if more in self._known:
            return self._known[more]
        if more:
            known = self._kinds(set())
            code, first = _numbered([known.code, *(numbered(self.facts[name]).codes.astype(np.int64) for name in more)])
            number = known.number[known.code[first]]
            told = [known.persons[known.code[i]] for i in first]
            persons = [
                Person(one.activities, one.natures, {**one.facts, **{name: self.facts[name][i] for name in more}})
                for one, i in zip(told, first, strict=True)
            ]
        else:
            facts = [numbered(self.facts[name]) for name in telling]
            columns = [self.activity, self.industry_code, self.nature, *facts]
            code, first = _numbered([column.codes.astype(np.int64) for column in columns])
            number = self.register.numbers([tuple(column[i] for column in columns) for i in first], telling)
            persons = self.register.persons(number)
        self._known[more] = _Kinds(code, first, persons, number)
        return self._known[more]


@dataclass(frozen=True)
class Crowd:
    """The judged sites of a batch by who they are: those that say the same of themselves are of one kind."""

    # One of each kind.
    people: Persons
    # The kind of each site, shape (n,).
    kind: Codes
    _more: dict[object, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, persons: Persons) -> Crowd:
        """Put together those who say the same."""
        if len(persons.activity) <= 1:
            # Of a site that comes alone all is kept that is kept of its person; many of one kind are not that.
            return cls(persons, np.zeros(len(persons.activity), np.int64), persons._more)  # noqa: SLF001
        texts = (persons.activity, persons.industry_code, persons.nature, *map(numbered, persons.facts.values()))
        kind, first = _numbered([column.codes.astype(np.int64) for column in texts])
        activity, industry_code, nature = (column.take(first) for column in texts[:3])
        facts = {name: column[first] for name, column in persons.facts.items()}
        return cls(Persons(activity, industry_code, nature, facts, persons.register), kind)

    def unknown_words(self, lang: Lang) -> Texts:
        """Say of each site what of its activity and nature is not known, so that rules about them are a maybe."""
        return self.people.unknown_words(lang).take(self.kind)

    def said(self) -> tuple[Said, ...]:
        """Give what the sites say of activity and nature, with how many of them say just that."""
        code, first = self.people.words_said()
        many = np.bincount(code, np.bincount(self.kind, minlength=len(code)), len(first)).astype(np.int64)
        texts = (self.people.activity, self.people.industry_code, self.people.nature)
        return tuple((*(column[i] for column in texts), n) for i, n in zip(first.tolist(), many.tolist(), strict=True))

    def once(self, key: object, ask: Callable[[], Known]) -> Known:
        """Give what hangs on nothing but these sites' persons and the run; of a site that comes alone it is kept."""
        if key not in self._more:
            self._more[key] = ask()
        known: Known = self._more[key]
        return known

    def sites(self, there: Mask) -> Codes:
        """Give the sites, ascending, of some kinds. there: whether a kind is meant."""
        return np.flatnonzero(there.take(self.kind))


@dataclass(frozen=True)
class _Kinds:
    """The sites of a batch by what they say of themselves."""

    # The number of each site's kind, shape (n,), and for each kind the first site of it.
    code: Codes
    first: Codes
    persons: list[Person]
    # Their numbers in the register, as far as activity, nature and telling facts go.
    number: Codes


def _numbered(columns: list[Codes]) -> tuple[Codes, Codes]:
    """Number the distinct combinations of some numbered columns, and give the first row of each."""
    code = columns[0]
    for column in columns[1:]:
        code = np.asarray(pd.factorize(code * (int(column.max(initial=0)) + 1) + column)[0], np.int64)
    first = np.zeros(int(code.max(initial=-1)) + 1, np.int64)
    # Written backwards, so that of several rows the first one stays.
    first[code[::-1]] = np.arange(len(code))[::-1]
    return code, first


def _unknown(activity: str, industry_code: str, lang: Lang) -> str:
    """Say what of an activity is not known; "" where all of it is."""
    reading = read_activities(activity, industry_code)
    if not reading.doubtful:
        return ""
    if not reading.unknown:
        return label("engine.activity_empty", lang)
    entry = "engine.activity_partly" if reading.certain else "engine.activity_unknown"
    text = label(entry, lang, text="; ".join(reading.unknown))
    if not reading.candidates:
        return text
    names = ", ".join(activities()[key].name[lang] for key in reading.candidates)
    return text + label("engine.activity_candidates", lang, names=names)


def _strange(nature: str, lang: Lang) -> str:
    """Say what of a nature is not known; "" where all of it is, and where there is none."""
    reading = read_natures(nature)
    entry = "engine.nature_partly" if reading.stated else "engine.nature_unknown"
    return label(entry, lang, text="; ".join(reading.unknown)) if reading.unknown else ""
