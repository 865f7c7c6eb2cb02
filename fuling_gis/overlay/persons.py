"""Asks of each site whom a rule binds. Sites with the same words are asked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray

from fuling_gis.activities import activities, read_activities
from fuling_gis.answers import Answers, Mask
from fuling_gis.facts import facts as fact_list
from fuling_gis.labels import Lang, label
from fuling_gis.natures import read_natures
from fuling_gis.overlay.lists import Texts, factorised
from fuling_gis.rules.model import Duty, Exemption, Party
from fuling_gis.rules.who import Person, bound_natures, claimed, person, who_answer


@cache
def _telling() -> frozenset[str]:
    """Give the facts that only one activity can have: filled, they say something of the activity."""
    return frozenset(fact.name for fact in fact_list().values() if len(fact.activities) == 1)


@dataclass(frozen=True)
class Persons:
    """What the judged sites of a batch say of themselves; text columns of shape (n,)."""

    activity: NDArray[np.object_]
    industry_code: NDArray[np.object_]
    nature: NDArray[np.object_]
    # Fact name to texts.
    facts: Mapping[str, NDArray[np.object_]]
    _bound: dict[tuple[Party, ...], Answers] = field(default_factory=dict, repr=False)
    _numbered: dict[tuple[str, ...], tuple[NDArray[np.int64], list[Person]]] = field(default_factory=dict, repr=False)

    def bound(self, who: tuple[Party, ...]) -> Answers:
        """Tell which sites a rule binds."""
        if who not in self._bound:
            self._bound[who] = self._asked(who)
        return self._bound[who]

    def claimed(self, unless: tuple[Exemption, ...], duty: Duty) -> Mask:
        """Tell which sites claim an exemption that lifts the duty."""
        n = len(self.activity)
        if not any(one.fact in self.facts for one in unless):
            return np.zeros(n, bool)
        code, persons = self._kinds({one.fact for one in unless})
        natures = bound_natures(duty)
        told = [any(claimed(one, someone, natures) for one in unless) for someone in persons]
        return np.array(told, bool)[code]

    def unknown_words(self, lang: Lang) -> Texts:
        """Say of each site what of its activity and nature is not known, so that rules about them are a maybe."""
        code, first = factorised([self.activity, self.industry_code, self.nature], len(self.activity))
        told = [
            "; ".join(
                filter(None, (_unknown(self.activity[i], self.industry_code[i], lang), _strange(self.nature[i], lang)))
            )
            for i in first
        ]
        number = {text: n for n, text in enumerate(dict.fromkeys(("", *told)))}
        return Texts(np.array([number[text] for text in told], np.int64)[code], tuple(number))

    def _asked(self, who: tuple[Party, ...]) -> Answers:
        code, persons = self._kinds({test.name for party in who for test in party.facts})
        told = [who_answer(who, someone) for someone in persons]
        value = np.array([answer for answer, _ in told], np.int8)[code]
        causes = {}
        for name in sorted({cause for _, found in told for cause in found}):
            causes[name] = np.array([name in found for _, found in told], bool)[code]
        return Answers(value, causes)

    def _kinds(self, names: set[str]) -> tuple[NDArray[np.int64], list[Person]]:
        """Number the sites by what they say of the facts named, and give one person for each number."""
        used = tuple(sorted(name for name in names | _telling() if name in self.facts))
        if used not in self._numbered:
            self._numbered[used] = self._kinds_by(used)
        return self._numbered[used]

    def _kinds_by(self, used: tuple[str, ...]) -> tuple[NDArray[np.int64], list[Person]]:
        columns = [self.activity, self.industry_code, self.nature, *(self.facts[name] for name in used)]
        code, first = factorised(columns, len(self.activity))
        persons = [
            person(
                self.activity[i], self.industry_code[i], self.nature[i], {name: self.facts[name][i] for name in used}
            )
            for i in first
        ]
        return code, persons


def _unknown(activity: str, industry_code: str, lang: Lang) -> str:
    """Say what of an activity is not known; "" where all of it is."""
    reading = read_activities(activity, industry_code)
    if not reading.doubtful:
        return ""
    if not reading.unknown:
        return label("engine.activity_empty", lang)
    text = label("engine.activity_unknown", lang, text="; ".join(reading.unknown))
    if not reading.candidates:
        return text
    names = ", ".join(activities()[key].name[lang] for key in reading.candidates)
    return text + label("engine.activity_candidates", lang, names=names)


def _strange(nature: str, lang: Lang) -> str:
    """Say what of a nature is not known; "" where all of it is, and where there is none."""
    unknown = read_natures(nature).unknown
    return label("engine.nature_unknown", lang, text="; ".join(unknown)) if unknown else ""
