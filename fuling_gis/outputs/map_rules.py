"""The law as the map shows it: title, clause, quote and basis of each rule named, readings, access lists."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from fuling_gis.overlay.result import Run
from fuling_gis.rules.model import Basis, Rule
from fuling_gis.verdicts import LEVELS

_COLUMNS = ("rule_id", "effect", "title", "clause", "quote", "basis")


@dataclass(frozen=True)
class RuleText:
    """What a finding says about its rule, in the language of the run; used where the run does not hold the rule."""

    effect: str
    title: str
    clause: str
    quote: str
    basis: str

    @staticmethod
    def collect(findings: pd.DataFrame) -> dict[str, RuleText]:
        """Give the text of each rule named, by its id."""
        once = findings.drop_duplicates("rule_id")
        columns = [once[name].astype(object).fillna("").map(str) for name in _COLUMNS if name in once]
        # A few rules, not rows.
        return {rule_id: RuleText(*rest) for rule_id, *rest in zip(*columns, strict=True)}


def rule_entries(run: Run, named: dict[str, RuleText]) -> dict[str, dict[str, Any]]:
    """Give every rule that a finding, an unchecked or an everywhere rule names, by id."""
    known = {rule.id: rule for rule in run.rules}
    entries = {i: _known_entry(known[i], run.as_of) for i in {*run.unchecked, *run.everywhere, *named} if i in known}
    for i, text in named.items():
        entries.setdefault(i, _plain_entry(text))
    return dict(sorted(entries.items()))


def _known_entry(rule: Rule, as_of: dt.date) -> dict[str, Any]:
    return {
        "title": dict(rule.title),
        "effect": rule.effect,
        "level": LEVELS[rule.effect],
        "clause": rule.clause,
        "quote": rule.source.quote,
        "basis": [_basis_entry(basis, as_of) for basis in rule.basis if _stands(basis, as_of)],
        "unless": [
            {"fact": e.fact, "title": dict(e.title), "source": e.source, "prove": dict(e.prove)} for e in rule.unless
        ],
        "note": dict(rule.note),
        "valid_from": _day(rule.valid_from),
        "valid_to": _day(rule.valid_to),
    }


def _plain_entry(text: RuleText) -> dict[str, Any]:
    return {
        "title": {"zh": text.title, "en": text.title},
        "effect": text.effect,
        "level": LEVELS.get(text.effect, 0),
        "clause": text.clause,
        "quote": text.quote,
        "basis": [{"law": text.basis, "article": "", "quote": "", "confirmed": True}] if text.basis else [],
        "unless": [],
        "note": {},
    }


def _stands(basis: Basis, day: dt.date) -> bool:
    """Tell whether a law is in force on a day, or ended before it and is carried on by another."""
    begun = basis.valid_from is None or basis.valid_from <= day
    return begun and (not _ended(basis, day) or bool(basis.succeeded_by))


def _ended(basis: Basis, day: dt.date) -> bool:
    return basis.valid_to is not None and day > basis.valid_to


def _basis_entry(basis: Basis, day: dt.date) -> dict[str, Any]:
    return {
        "law": basis.law,
        "article": basis.article,
        "quote": basis.quote,
        "valid_from": _day(basis.valid_from),
        "valid_to": _day(basis.valid_to),
        "succeeded_by": basis.succeeded_by if _ended(basis, day) else "",
        "confirmed": basis.confirmed,
    }


def _day(day: object) -> str | None:
    return None if day is None else str(day)


def reading_entries(run: Run) -> dict[str, dict[str, Any]]:
    """Give every reading that the rules declare: its question, its values and the one in force."""
    return {
        key: {
            "question": dict(reading.question),
            "values": {value: dict(said.title) for value, said in reading.values.items()},
            "in_force": run.readings.get(key, reading.default),
        }
        for key, reading in run.reading_terms.items()
    }


def unit_entries(units: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Give each management unit's category and access list, by its code: dimension to items."""
    found: dict[str, dict[str, Any]] = {}
    for code, category, dimension, item in _rows(units, ("code", "category", "dimension", "item")):
        unit = found.setdefault(code, {"category": category, "items": {}})
        if item:
            unit["items"].setdefault(dimension, []).append(item)
    return found


def _rows(frame: pd.DataFrame, columns: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    """Walk the rows as text: some dozens of units with their list items, each once."""
    if frame.empty:
        return []
    return zip(*(frame[name].astype(object).fillna("").map(str) for name in columns), strict=True)
