"""Writes the findings table: one row for each site, rule and contributing part.

CONTRACT section 5 says which parts count and which features are named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fuling_gis.answers import MAYBE, NO, YES, Answers, Mask, not_
from fuling_gis.overlay.evidence import MOST_FEATURES, Evidence, FeatureBook
from fuling_gis.overlay.judging import ANSWER_WORDS, Judged, Opinion
from fuling_gis.overlay.lists import joined_names
from fuling_gis.overlay.pieces import Indices
from fuling_gis.overlay.questions import Desk
from fuling_gis.overlay.result import FINDING_COLUMNS
from fuling_gis.overlay.shapes import Floats
from fuling_gis.overlay.texts import RuleTexts
from fuling_gis.rules.model import AllOf, AnyOf, Ask, Not, Where
from fuling_gis.verdicts import LEVELS

_MEASURES = ("overlap_m2", "overlap_share", "distance_m", "threshold_m", "margin_m", "tolerance_m", "more_features")


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

    def findings(self, judged: Sequence[Judged]) -> pd.DataFrame:
        """Give the findings of all rules, ordered by row, level (worst first), rule and distance."""
        tables = [table for order, one in enumerate(judged) for table in self._of_rule(order, one)]
        if not tables:
            return _framed(pd.DataFrame(columns=[*FINDING_COLUMNS]))
        found = pd.concat(tables, ignore_index=True)
        keys = ["row", "_level", "_order", "distance_m", "_part"]
        found = found.sort_values(keys, ascending=[True, False, True, True, True], kind="stable", na_position="last")
        return _framed(found.reset_index(drop=True))

    def _of_rule(self, order: int, one: Judged) -> Iterator[pd.DataFrame]:
        value = one.counted.value
        for number, opinion in enumerate(one.opinions):
            rows = np.flatnonzero((value > NO) & (one.told_by == number))
            if not len(rows):
                continue
            parts = list(dict.fromkeys(parts_of(opinion.duty.where)))
            tables = [self._of_part(one, opinion, part, rows) for part in parts] or [self._placeless(one, opinion, rows)]
            for position, table in enumerate(tables):
                if len(table):
                    yield self._signed(table, one).assign(_order=order, _part=position)

    def _of_part(self, one: Judged, opinion: Opinion, part: Part, rows: Indices) -> pd.DataFrame:
        """Give the rows of one part: those that are yes where the rule is yes, else those that are yes or maybe."""
        plain = self.desk.answer(part.question)
        told = not_(plain) if part.negated else plain
        value = one.counted.value[rows]
        rows = rows[told.value[rows] >= np.where(value == YES, YES, MAYBE)]
        zone = self.desk.book.zone(part.question.zone)
        tolerance = self.desk.asked.accuracy_m[rows] + zone.accuracy_m
        tables = []
        for leaf in zone.leaves:
            found = self._measured(leaf.layer.id, leaf.features, part, rows, tolerance)
            tables.append(_named(found, leaf.layer.id, leaf.layer.fields, rows))
        evidence = _best(pd.concat(tables, ignore_index=True)) if tables else _named_nothing()
        bare = np.setdiff1d(rows, evidence["_site"].to_numpy(np.int64))
        layer = zone.leaves[0].layer.id if zone.leaves else ""
        blank = pd.DataFrame({"_site": bare, "layer": layer, "feature_id": "", "feature_name": "", "more_features": 0.0})
        table = pd.concat([evidence, blank], ignore_index=True) if len(bare) else evidence
        site = table["_site"].to_numpy(np.int64)
        within = part.question.within_m if part.question.predicate == "near" else np.nan
        areal = self.size_m2[site] > 0
        return table.assign(
            overlap_m2=np.where(areal, table["overlap_m2"].astype(float), np.nan),
            predicate=part.predicate,
            part_answer=np.array(ANSWER_WORDS, dtype=object)[told.value[site]],
            cause=_causes(one, opinion, told)[site],
            overlap_share=_share(table["overlap_m2"].to_numpy(float), self.size_m2[site]),
            threshold_m=within,
            margin_m=within - table["distance_m"].astype(float),
            tolerance_m=self.desk.asked.accuracy_m[site] + zone.accuracy_m,
        )

    def _placeless(self, one: Judged, opinion: Opinion, rows: Indices) -> pd.DataFrame:
        """Give the rows of a rule that asks of no place."""
        none = Answers(np.full(len(self.row), YES, np.int8))
        words = np.array(ANSWER_WORDS, dtype=object)[one.counted.value[rows]]
        texts = {"layer": "", "feature_id": "", "feature_name": "", "predicate": ""}
        table = pd.DataFrame({"_site": rows, "part_answer": words, "cause": _causes(one, opinion, none)[rows]})
        return table.assign(**texts, **dict.fromkeys(_MEASURES, np.nan)).assign(more_features=0.0)

    def _measured(self, layer: str, features: Indices, part: Part, rows: Indices, tolerance: Floats) -> Evidence:
        book, sites = self.books(layer), self.desk.asked.geometry[rows]
        if part.lists_features:
            return book.near(sites, features, part.question.within_m + tolerance)
        return book.nearest(sites, features)

    def _signed(self, table: pd.DataFrame, one: Judged) -> pd.DataFrame:
        """Add what is the same for all parts of a rule."""
        site = table["_site"].to_numpy(np.int64)
        lifted = one.claimed & (one.counted.value == YES)
        answer = np.array(ANSWER_WORDS, dtype=object)[one.counted.value]
        answer[lifted] = "lifted"
        texts = self.texts(one.rule.id)
        exemption = np.where(one.claimed, texts.claimed, texts.claimable).astype(object)
        level = np.where(one.claimed, LEVELS["lifted"], LEVELS[one.rule.effect])
        return table.assign(
            row=self.row[site],
            site_id=self.site_id[site],
            rule_id=one.rule.id,
            effect=one.rule.effect,
            answer=answer[site],
            readings=joined_names(one.depends, len(self.row))[site],
            title=texts.title,
            clause=texts.clause,
            quote=texts.quote,
            basis=texts.basis,
            exemption=exemption[site],
            _level=level[site],
        )


def _causes(one: Judged, opinion: Opinion, part: Answers) -> NDArray[np.object_]:
    """Give the causes of a part of a maybe: its own, those of who is bound, and the readings."""
    maybe = one.counted.value == MAYBE
    masks: dict[str, Mask] = {}
    readings = {name: mask for name, mask in one.counted.causes.items() if name.startswith("reading:")}
    for causes in (part.causes, opinion.who.causes, readings):
        for name, mask in causes.items():
            masks[name] = masks[name] | (mask & maybe) if name in masks else mask & maybe
    return joined_names(dict(sorted(masks.items())), len(maybe))


def _named(found: Evidence, layer: str, fields: Mapping[str, NDArray[np.object_]], rows: Indices) -> pd.DataFrame:
    """Name the features of a measurement; `_site` counts the judged sites of the batch."""
    return pd.DataFrame(
        {
            "_site": rows[found.site],
            "layer": layer,
            "feature_id": _words(fields["id"][found.feature]),
            "feature_name": _words(fields["name"][found.feature]),
            "overlap_m2": found.overlap_m2,
            "distance_m": found.distance_m,
        }
    )


def _named_nothing() -> pd.DataFrame:
    columns = ["_site", "layer", "feature_id", "feature_name", "overlap_m2", "distance_m", "more_features"]
    return pd.DataFrame({name: pd.Series(dtype=object) for name in columns}).astype(
        {"_site": np.int64, "overlap_m2": float, "distance_m": float, "more_features": float}
    )


def _words(values: NDArray[np.object_]) -> NDArray[np.object_]:
    return np.array(["" if v is None or v != v else f"{v:g}" if isinstance(v, float) else str(v) for v in values], object)


def _best(table: pd.DataFrame) -> pd.DataFrame:
    """Keep the five best features of each site, largest overlap first, then nearest, and count the rest."""
    if not len(table):
        return _named_nothing()
    table = table.sort_values(["_site", "overlap_m2", "distance_m"], ascending=[True, False, True], kind="stable")
    group = table.groupby("_site", sort=False)
    more = (group["layer"].transform("size") - MOST_FEATURES).clip(lower=0)
    kept = group.cumcount() < MOST_FEATURES
    return table[kept].assign(more_features=more[kept].astype(float)).reset_index(drop=True)


def _framed(found: pd.DataFrame) -> pd.DataFrame:
    """Bring a table to the contract's columns and types."""
    out = found.reindex(columns=[*FINDING_COLUMNS])
    for name in FINDING_COLUMNS:
        if name in _MEASURES:
            out[name] = out[name].astype(float)
        elif name == "row":
            out[name] = out[name].astype(np.int64)
        else:
            out[name] = out[name].fillna("").astype(object)
    out["more_features"] = out["more_features"].fillna(0).astype(np.int64)
    return out


def _share(part: Floats, whole: Floats) -> Floats:
    out = np.full(len(part), np.nan)
    areal = whole > 0
    out[areal] = np.minimum(part[areal] / whole[areal], 1.0)
    return out
