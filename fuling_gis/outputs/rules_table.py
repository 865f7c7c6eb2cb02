"""The rules of a run as one table: what each says, on what basis, since when, and for how many sites it answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import pyarrow as pa

from fuling_gis.labels import Lang, label
from fuling_gis.outputs.columns import RULE_COLUMNS
from fuling_gis.outputs.part import schema
from fuling_gis.outputs.tally import Tally
from fuling_gis.overlay.result import Run
from fuling_gis.overlay.texts import rule_texts
from fuling_gis.rules.model import Basis, Rule
from fuling_gis.verdicts import LEVELS


def rules_table(run: Run, tally: Tally) -> pa.Table:
    """Give one row with RULE_COLUMNS for each rule in force, in the order of the rule files."""
    rows = [_row(rule, run, tally) for rule in run.rules]
    return pa.Table.from_pylist(rows, schema(RULE_COLUMNS))


def laws(basis: Iterable[Basis], lang: Lang) -> str:
    """Write every law behind a rule on one line, with its dates, whether it is in force on the day or not."""
    return "; ".join(_law(one, lang) for one in basis)


def _row(rule: Rule, run: Run, tally: Tally) -> dict[str, object]:
    # The same words as in findings, which may refer the reader to this table.
    texts = rule_texts(rule, run.lang, run.as_of)
    return {
        "rule_id": rule.id,
        "effect": rule.effect,
        "level": LEVELS[rule.effect],
        "title": texts.title,
        "clause": texts.clause,
        "quote": texts.quote,
        "basis": texts.basis,
        "laws": laws(rule.basis, run.lang),
        "valid_from": _day(rule.valid_from),
        "valid_to": _day(rule.valid_to),
        "everywhere": "yes" if rule.id in run.everywhere else "no",
        **{f"sites_{answer}": tally.sites_of(rule.id, answer) for answer in ("yes", "maybe", "lifted", "unchecked")},
        "readings": ";".join(f"{key}={run.readings[key]}" for key in rule.readings if key in run.readings),
    }


def _law(basis: Basis, lang: Lang) -> str:
    marks = []
    if basis.valid_from:
        marks.append(label("outputs.basis_from", lang, day=basis.valid_from))
    if basis.valid_to:
        marks.append(label("outputs.basis_to", lang, day=basis.valid_to))
    if basis.succeeded_by:
        marks.append(label("outputs.basis_succeeded", lang, law=basis.succeeded_by))
    if not basis.confirmed:
        marks.append(label("outputs.basis_unconfirmed", lang))
    named = f"{basis.law} {basis.article}".strip()
    return f"{named} ({'; '.join(marks)})" if marks else named


def _day(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None
