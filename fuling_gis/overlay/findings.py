"""Writes the findings table: one row for each site, rule and contributing part.

CONTRACT section 5 says which parts count and which features are named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fuling_gis.answers import MAYBE, NO, YES, Answers, Mask, not_
from fuling_gis.overlay.evidence import MOST_FEATURES, Evidence, FeatureBook
from fuling_gis.overlay.judging import ANSWER_WORDS, Judged, Opinion
from fuling_gis.overlay.lists import Texts, constant, joined_names, stacked
from fuling_gis.overlay.pieces import Indices
from fuling_gis.overlay.questions import Desk
from fuling_gis.overlay.result import FINDING_COLUMNS
from fuling_gis.overlay.shapes import RESOLUTION_M, Floats
from fuling_gis.overlay.texts import RuleTexts
from fuling_gis.overlay.zones import Leaf
from fuling_gis.rules.model import AllOf, AnyOf, Ask, Not, Where, Zone
from fuling_gis.verdicts import LEVELS

_TEXTS = (
    "rule_id", "effect", "answer", "cause", "predicate", "part_answer", "layer", "feature_id", "feature_name",
    "readings", "title", "clause", "quote", "basis", "exemption",
)  # fmt: skip
_MEASURES = ("overlap_m2", "overlap_share", "distance_m", "threshold_m", "margin_m", "tolerance_m")

# Rows of a table while it is made: text columns as numbered texts, the rest as arrays; `site` counts judged sites.
Table: TypeAlias = dict[str, Texts | NDArray[Any]]


@dataclass(frozen=True)
class Part:
    """One question of a rule, or its negation."""

    question: Ask
    negated: bool

    @property
    def predicate(self) -> str:
        """The predicate's name, with `not` before it where it is negated."""
        return f"not {self.question.predicate}" if self.negated else self.question.predicate

    @property
    def lists_features(self) -> bool:
        """Whether the features near the site are the evidence; else the nearest one is."""
        return self.question.predicate in ("in", "near", "visible_from") and not self.negated


def parts_of(where: Where | None, *, negated: bool = False) -> Iterator[Part]:
    """Walk the questions of a place expression with their negations."""
    if isinstance(where, Ask):
        yield Part(where, negated)
    elif isinstance(where, Not):
        yield from parts_of(where.member, negated=not negated)
    elif isinstance(where, AllOf | AnyOf):
        for member in where.members:
            yield from parts_of(member, negated=negated)


@dataclass(frozen=True)
class Clerk:
    """Writes the findings of one batch."""

    desk: Desk
    # Row number and id of each judged site, and its area, shape (n,).
    row: NDArray[np.int64]
    site_id: NDArray[np.object_]
    size_m2: Floats
    books: Callable[[str], FeatureBook]
    texts: Callable[[str], RuleTexts]
    _near: dict[tuple[Zone, str], tuple[float, Indices, Evidence]] = field(default_factory=dict, repr=False)

    def findings(self, judged: Sequence[Judged]) -> pd.DataFrame:
        """Give the findings of all rules, ordered by row, level (worst first), rule and distance."""
        tables = [table for order, one in enumerate(judged) for table in self._of_rule(order, one)]
        site = _column(tables, "site").astype(np.int64)
        distance = _column(tables, "distance_m")
        part, order, level = (_column(tables, name) for name in ("_part", "_order", "_level"))
        sorted_ = np.lexsort((part, distance, order, -level, site))
        found: dict[str, Any] = {"row": self.row[site[sorted_]]}
        found["site_id"] = pd.array(self.site_id, dtype="str").take(site[sorted_])
        for name in _TEXTS:
            found[name] = stacked([_texts(table[name]) for table in tables]).take(sorted_).column
        for name in _MEASURES:
            found[name] = _column(tables, name)[sorted_]
        found["more_features"] = _column(tables, "more_features")[sorted_].astype(np.int64)
        return pd.DataFrame(found, columns=[*FINDING_COLUMNS])

    def _of_rule(self, order: int, one: Judged) -> Iterator[Table]:
        value = one.counted.value
        for number, opinion in enumerate(one.opinions):
            rows = np.flatnonzero((value > NO) & (one.told_by == number))
            if not len(rows):
                continue
            parts = list(dict.fromkeys(parts_of(opinion.duty.where)))
            tables = [self._of_part(one, opinion, part, rows) for part in parts] or [self._placeless(one, opinion, rows)]
            for position, table in enumerate(tables):
                n = len(table["site"])
                if n:
                    same: Table = {"_order": np.full(n, order), "_part": np.full(n, position)}
                    yield {**table, **self._signed(table["site"], one), **same}

    def _of_part(self, one: Judged, opinion: Opinion, part: Part, rows: Indices) -> Table:
        """Give the rows of one part: those that are yes where the rule is yes, else those that are yes or maybe."""
        plain = self.desk.answer(part.question)
        told = not_(plain) if part.negated else plain
        value = one.counted.value[rows]
        rows = rows[told.value[rows] >= np.where(value == YES, YES, MAYBE)]
        zone = self.desk.book.zone(part.question.zone)
        tolerance = self.desk.asked.accuracy_m[rows] + zone.accuracy_m
        tables = [_best([self._measured(leaf, part, rows, tolerance) for leaf in zone.leaves])] if zone.leaves else []
        named = tables[0]["site"] if tables else rows[:0]
        bare = np.setdiff1d(rows, named)
        if len(bare):
            tables.append(_featureless(bare, zone.leaves[0].layer.id if zone.leaves else ""))
        table = _stacked(tables or [_featureless(bare, "")])
        site = table["site"]
        within = part.question.within_m if part.question.predicate == "near" else np.nan
        areal = self.size_m2[site] > 0
        overlap = np.where(areal, table["overlap_m2"], np.nan)
        return {
            **table,
            "overlap_m2": overlap,
            "overlap_share": np.minimum(overlap / np.where(areal, self.size_m2[site], np.nan), 1.0),
            "predicate": constant(part.predicate, len(site)),
            "part_answer": Texts(told.value[site].astype(np.int64), ANSWER_WORDS),
            "cause": _causes(one, opinion, told).take(site),
            "threshold_m": np.full(len(site), within),
            "margin_m": within - table["distance_m"],
            "tolerance_m": self.desk.asked.accuracy_m[site] + zone.accuracy_m,
        }

    def _placeless(self, one: Judged, opinion: Opinion, rows: Indices) -> Table:
        """Give the rows of a rule that asks of no place."""
        no_part = Answers(np.full(len(self.row), YES, np.int8))
        nothing: Table = {name: np.full(len(rows), np.nan) for name in _MEASURES}
        return {
            **nothing,
            **_featureless(rows, ""),
            "predicate": constant("", len(rows)),
            "part_answer": Texts(one.counted.value[rows].astype(np.int64), ANSWER_WORDS),
            "cause": _causes(one, opinion, no_part).take(rows),
        }

    def _measured(self, leaf: Leaf, part: Part, rows: Indices, tolerance: Floats) -> Table:
        """Measure the features of one layer that stand behind a part."""
        book, question = self.books(leaf.layer.id), part.question
        if part.lists_features:
            found = self._features_near(book, leaf, question, rows, question.within_m + tolerance)
        else:
            found = book.nearest(self.desk.asked.geometry[rows], leaf.features)
        names = {column: _names(leaf.layer.fields[column]) for column in ("id", "name")}
        return {
            "site": rows[found.site],
            "layer": constant(leaf.layer.id, len(found.site)),
            "feature_id": names["id"].take(found.feature),
            "feature_name": names["name"].take(found.feature),
            "overlap_m2": found.overlap_m2,
            "distance_m": found.distance_m,
        }

    def _features_near(
        self, book: FeatureBook, leaf: Leaf, question: Ask, rows: Indices, within_m: Floats
    ) -> Evidence:
        """Give the features near the sites; rules about the same zone measure each site once."""
        key = (question.zone, leaf.layer.id)
        known = self._near.get(key)
        if known is None or known[0] < question.within_m or not np.isin(rows, known[1]).all():
            found = book.near(self.desk.asked.geometry[rows], leaf.features, within_m)
            self._near[key] = (question.within_m, rows, found)
            return found
        _, measured, found = known
        limit = np.full(len(self.row), -np.inf)
        limit[rows] = within_m + RESOLUTION_M
        site = measured[found.site]
        kept = found.distance_m <= limit[site]
        place = np.searchsorted(rows, site[kept])
        return Evidence(place, found.feature[kept], found.overlap_m2[kept], found.distance_m[kept])

    def _signed(self, site: Indices, one: Judged) -> Table:
        """Give what is the same for all parts of a rule."""
        n, texts = len(site), self.texts(one.rule.id)
        lifted = (one.claimed & (one.counted.value == YES))[site]
        level = np.where(one.claimed[site], LEVELS["lifted"], LEVELS[one.rule.effect])
        same = {name: getattr(texts, name) for name in ("title", "clause", "quote", "basis")}
        exemptions = (texts.claimable, texts.claimed)
        return {
            **{name: constant(text, n) for name, text in same.items()},
            "rule_id": constant(one.rule.id, n),
            "effect": constant(one.rule.effect, n),
            "answer": Texts(np.where(lifted, 3, one.counted.value[site]).astype(np.int64), (*ANSWER_WORDS, "lifted")),
            "readings": joined_names(one.depends, len(self.row)).take(site),
            "exemption": stacked([Texts(one.claimed[site].astype(np.int64), exemptions)])
            if exemptions[0] != exemptions[1]
            else constant(exemptions[0], n),
            "_level": level,
        }


def _causes(one: Judged, opinion: Opinion, part: Answers) -> Texts:
    """Give the causes of a part of a maybe: its own, those of who is bound, and the readings."""
    maybe = one.counted.value == MAYBE
    masks: dict[str, Mask] = {}
    readings = {name: mask for name, mask in one.counted.causes.items() if name.startswith("reading:")}
    for causes in (part.causes, opinion.who.causes, readings):
        for name, mask in causes.items():
            masks[name] = masks[name] | (mask & maybe) if name in masks else mask & maybe
    return joined_names(dict(sorted(masks.items())), len(maybe))


def _names(values: NDArray[np.object_]) -> Texts:
    """Number the texts of a layer's field."""
    number: dict[str, int] = {}
    codes = [number.setdefault(_word(value), len(number)) for value in values]
    return Texts(np.array(codes, np.int64), tuple(number))


def _word(value: object) -> str:
    if value is None or value != value:  # noqa: PLR0124 - NaN differs from itself
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _featureless(rows: Indices, layer: str) -> Table:
    """Give rows that name no feature."""
    n, blank = len(rows), constant("", len(rows))
    nan = np.full(n, np.nan)
    names: Table = {"layer": constant(layer, n), "feature_id": blank, "feature_name": blank}
    return {"site": rows, **names, "overlap_m2": nan, "distance_m": nan, "more_features": np.zeros(n)}


def _best(tables: Sequence[Table]) -> Table:
    """Keep the five best features of each site, largest overlap first, then nearest, and count the rest."""
    table = _stacked(tables)
    site, overlap, distance = table["site"], table["overlap_m2"], table["distance_m"]
    order = np.lexsort((distance, -overlap, site))
    site = site[order]
    start = np.flatnonzero(np.r_[True, site[1:] != site[:-1]]) if len(site) else np.zeros(0, np.int64)
    size = np.diff(np.r_[start, len(site)])
    nth = np.arange(len(site)) - np.repeat(start, size)
    kept = nth < MOST_FEATURES
    more = np.repeat(np.maximum(size - MOST_FEATURES, 0), size)[kept]
    out: Table = {name: _taken(column, order[kept]) for name, column in table.items()}
    return {**out, "more_features": more.astype(np.float64)}


def _stacked(tables: Sequence[Table]) -> Table:
    out: Table = {}
    for name, first in tables[0].items():
        if isinstance(first, Texts):
            out[name] = stacked([_texts(table[name]) for table in tables])
        else:
            out[name] = np.concatenate([table[name] for table in tables])
    return out


def _taken(column: Texts | NDArray[Any], rows: Indices) -> Texts | NDArray[Any]:
    return column.take(rows) if isinstance(column, Texts) else column[rows]


def _texts(column: Texts | NDArray[Any]) -> Texts:
    if not isinstance(column, Texts):
        msg = "a text column was expected"
        raise TypeError(msg)
    return column


def _column(tables: Sequence[Table], name: str) -> NDArray[Any]:
    arrays = [array for table in tables if not isinstance(array := table[name], Texts)]
    return np.concatenate(arrays) if arrays else np.zeros(0)
