"""Works out once what a run asks: rules in force, readings, zones, and what is wanting.

A plan knows layers and rules, no sites; every batch of sites is put to the same plan, in any thread.
"""

from __future__ import annotations

import datetime as dt
import itertools
import threading
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from fuling_gis.cache import NOWHERE, Cache
from fuling_gis.errors import CrsError, UsageError, joined
from fuling_gis.labels import Lang, sentence
from fuling_gis.layers.model import Layer
from fuling_gis.overlay.evidence import FeatureBook
from fuling_gis.overlay.judging import Brief, Choice
from fuling_gis.overlay.lists import Texts, words_of
from fuling_gis.overlay.notices import fallback_notice, layer_notices, wins_notice
from fuling_gis.overlay.persons import Register
from fuling_gis.overlay.range_notices import range_notices
from fuling_gis.overlay.texts import RuleTexts, rule_texts
from fuling_gis.overlay.units import UNIT_LAYER, UnitBook, unit_book
from fuling_gis.overlay.zones import ZoneBook, pick
from fuling_gis.rules.model import Ask, Reading, Rule, RuleSet, questions, selections
from fuling_gis.rules.who import fact_names

Known = TypeVar("Known")


@dataclass(frozen=True)
class Plan:
    """What a run asks of every site."""

    rules: tuple[Rule, ...]
    # Rule id to its assignments of readings, the ones in force first.
    choices: Mapping[str, tuple[Choice, ...]]
    readings: Mapping[str, str]
    terms: Mapping[str, Reading]
    book: ZoneBook
    as_of: dt.date
    lang: Lang
    crs: str
    notices: tuple[Mapping[str, str], ...]
    # Whether the river distances of sites.csv are measured; the answers do not hang on them.
    measures: bool = True
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False, compare=False)
    _books: dict[str, FeatureBook] = field(default_factory=dict, repr=False, compare=False)
    _known: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)
    _registers: list[Register] = field(default_factory=list, repr=False, compare=False)
    _names: dict[tuple[str, str], Texts] = field(default_factory=dict, repr=False, compare=False)
    _texts: dict[str, RuleTexts] = field(default_factory=dict, repr=False, compare=False)

    def known(self, key: Hashable, ask: Callable[[], Known | None]) -> Known | None:
        """Give what is known for a key; what is not known yet is asked again the next time."""
        with self._lock:
            if key not in self._known:
                found = ask()
                if found is None:
                    return None
                self._known[key] = found
            known: Known = self._known[key]
            return known

    def register(self) -> Register:
        """Give the register of the persons that sites of this run are."""
        with self._lock:
            if not self._registers or self._registers[-1].full:
                self._registers[:] = [Register()]
            return self._registers[-1]

    def names(self, layer_id: str, field: str) -> Texts:
        """Give the texts of a field of a layer's features, numbered once."""
        with self._lock:
            key = (layer_id, field)
            if key not in self._names:
                layer = self.book.layers[layer_id]
                if layer is None:
                    raise KeyError(layer_id)
                self._names[key] = words_of(layer.fields[field])
            return self._names[key]

    @cached_property
    def layers_named(self) -> dict[str, tuple[str, ...]]:
        """The layers that the rules in force ask for, under any reading, with the ids of the rules."""
        return layers_asked(self.rules)

    @cached_property
    def asked(self) -> tuple[Rule, ...]:
        """The rules that are put to each site: those in force that do not bind everywhere."""
        return tuple(rule for rule in self.rules if not rule.everywhere)

    @cached_property
    def briefs(self) -> tuple[Brief, ...]:
        """What each of them asks under all of its readings."""
        return tuple(Brief.of(rule, self.choices[rule.id]) for rule in self.asked)

    @cached_property
    def facts(self) -> tuple[str, ...]:
        """The facts of a site that they ask for, and those that tell an activity."""
        return fact_names(self.asked)

    def features(self, layer_id: str) -> FeatureBook:
        """Give the features of a layer, measured or cut up once."""
        with self._lock:
            if layer_id not in self._books:
                layer = self.book.layers[layer_id]
                if layer is None:
                    raise KeyError(layer_id)
                self._books[layer_id] = FeatureBook(layer.geometry, self.book.kept)
            return self._books[layer_id]

    def texts(self, rule_id: str) -> RuleTexts:
        """Give the texts of a rule."""
        if rule_id not in self._texts:
            rule = next(rule for rule in self.rules if rule.id == rule_id)
            self._texts[rule_id] = rule_texts(rule, self.lang, self.as_of)
        return self._texts[rule_id]

    @cached_property
    def units(self) -> UnitBook | None:
        """The management units, None where the workspace has none on the day."""
        layer = self.book.layers.get(UNIT_LAYER)
        with self._lock:
            return unit_book(layer, self.features(UNIT_LAYER), self.book.kept) if layer is not None else None


def compile_plan(  # noqa: PLR0913 - what a run is made of, each by name
    rules: RuleSet,
    layers: Mapping[str, Layer | None],
    *,
    as_of: dt.date,
    readings: Mapping[str, str] | None = None,
    lang: Lang = "zh",
    jurisdiction: str = "district",
    measures: bool = True,
    kept: Cache = NOWHERE,
) -> Plan:
    """Work out what a run asks.

    layers: by id, in one CRS; an id that is absent or None is a layer the workspace does not have on the day.
    kept: where what many sites take long to be asked of is kept, to be taken from there by the next run.
    readings: choices that differ from the defaults. Raises UsageError for a reading that is unknown or that no feature
    of the layer answers to, CrsError where layers are of different CRSs.
    """
    present = {layer_id: layer for layer_id, layer in layers.items() if layer is not None}
    crs = _one_crs(present)
    chosen, fallbacks = _readings_in_force(rules.readings, readings or {}, present)
    in_force = tuple(rule for rule in rules.rules if rule.in_force(as_of))
    choices = {rule.id: _choices(rule, rules.readings, chosen, present) for rule in in_force}
    dated = (dated.text for dated in rules.notices if dated.after < as_of)
    layered = layer_notices(present, layers_asked(in_force), jurisdiction, as_of=as_of, rules_in_force=bool(in_force))
    book = ZoneBook(layers, jurisdiction, kept.fields)
    notices = [*dated, *fallbacks, *layered, *range_notices(_looks(in_force, chosen), book)]
    return Plan(in_force, choices, chosen, rules.readings, book, as_of, lang, crs, tuple(notices), measures)


def _looks(rules: Iterable[Rule], readings: Mapping[str, str]) -> list[Ask]:
    """Give the questions about visible ranges that rules ask under the readings in force, each once."""
    asked = (one for rule in rules if not rule.everywhere for one in questions(rule.duty(readings).where))
    return list(dict.fromkeys(one for one in asked if one.predicate == "visible_from"))


def layers_asked(rules: Iterable[Rule]) -> dict[str, tuple[str, ...]]:
    """Give every layer that rules ask for, under any reading, with the ids of the rules."""
    found: dict[str, dict[str, None]] = {}
    for rule in rules:
        for duty in rule.duties.values():
            for question in questions(duty.where):
                for selection in _selections(question):
                    found.setdefault(selection, {})[rule.id] = None
    return {layer: tuple(ids) for layer, ids in sorted(found.items())}


def _selections(question: Ask) -> list[str]:
    asked = [selection.layer for selection in selections(question.zone)]
    return ["dem", *asked] if question.predicate == "visible_from" else asked


def _one_crs(layers: Mapping[str, Layer]) -> str:
    found: dict[str, str] = {}
    for layer in layers.values():
        found.setdefault(layer.crs, layer.id)
    if len(found) > 1:
        each = [sentence("errors_run.layer_is_in", layer=layer, crs=crs) for crs, layer in found.items()]
        systems = joined(each, sentence("errors_run.comma"))
        raise CrsError(sentence("errors_run.many_systems", layers=systems))
    return next(iter(found), "")


def _readings_in_force(
    terms: Mapping[str, Reading], wanted: Mapping[str, str], layers: Mapping[str, Layer]
) -> tuple[dict[str, str], list[dict[str, str]]]:
    """Give the value of every reading, with a notice where a layer that the default needs is missing."""
    for key, value in wanted.items():
        if key not in terms:
            raise UsageError(sentence("errors_run.no_reading", key=key, value=value, known=", ".join(sorted(terms))))
        if value not in terms[key].values:
            raise UsageError(
                sentence("errors_run.no_reading_value", key=key, value=value, known=", ".join(terms[key].values))
            )
        needed = terms[key].values[value]
        if needed.requires in layers and not _possible(terms[key], value, layers):
            fields = [(test.field, "/".join(test.values)) for test in needed.having]
            each = [
                sentence("errors_run.a_test", field=name, values=values or sentence("errors_run.known"))
                for name, values in fields
            ]
            tests = joined(each, sentence("errors_run.comma"))
            raise UsageError(
                sentence("errors_run.empty_reading", key=key, value=value, layer=needed.requires, tests=tests)
            )
    chosen, notices = {}, []
    for key, term in terms.items():
        value = wanted.get(key, term.default)
        if key not in wanted and term.wins and _possible(term, term.wins, layers):
            value = term.wins
            notices.append(wins_notice(term, value))
        elif key not in wanted and not term.stays and not _possible(term, value, layers):
            used = next((v for v in term.values if _possible(term, v, layers)), value)
            if used != value:
                notices.append(fallback_notice(term, value, used))
            value = used
        chosen[key] = value
    return chosen, notices


def _possible(term: Reading, value: str, layers: Mapping[str, Layer]) -> bool:
    """Tell whether a way of reading can be tried: the layer that it needs is there, with a feature that it means."""
    needed = term.values[value]
    layer = layers.get(needed.requires)
    if not needed.requires or layer is None or not needed.having:
        return not needed.requires or layer is not None
    return bool(pick(layer, needed.having).sure.any())


def _choices(
    rule: Rule, terms: Mapping[str, Reading], chosen: Mapping[str, str], layers: Mapping[str, Layer]
) -> tuple[Choice, ...]:
    """Give all assignments of a rule's readings that the workspace can try, fewest changes first."""
    options = [
        [chosen[key], *(v for v in terms[key].values if v != chosen[key] and _possible(terms[key], v, layers))]
        for key in rule.readings
    ]
    found = []
    for values in itertools.product(*options):
        assignment = dict(zip(rule.readings, values, strict=True))
        changes = tuple((key, value) for key, value in assignment.items() if value != chosen[key])
        found.append(Choice(assignment, changes))
    return tuple(sorted(found, key=lambda choice: len(choice.changes)))
