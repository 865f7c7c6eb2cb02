"""Writes the findings table: one row for each site, rule and contributing part.

CONTRACT section 5 says which parts count and which features are named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fuling_gis.answers import MAYBE, NO, YES, Answers, Mask, always, not_
from fuling_gis.overlay.evidence import MOST_FEATURES, Evidence, FeatureBook
from fuling_gis.overlay.judging import ANSWER_WORDS, Judged, Opinion
from fuling_gis.overlay.lists import Strings, Texts, constant, in_order, joined_names
from fuling_gis.overlay.pieces import Indices
from fuling_gis.overlay.questions import Asked
from fuling_gis.overlay.result import FINDING_COLUMNS, Column, Columns
from fuling_gis.overlay.shapes import RESOLUTION_M, Floats
from fuling_gis.overlay.table import Table, blank, piled
from fuling_gis.overlay.texts import RuleTexts
from fuling_gis.overlay.zones import Leaf, ZoneBook, ZoneGround
from fuling_gis.rules.model import AllOf, AnyOf, Ask, Not, Where, Zone, hashed_once
from fuling_gis.verdicts import LEVELS

# What a rule's part says of all sites alike, and what differs from site to site.
_ALIKE = ("rule_id", "effect", "predicate", "title", "clause", "quote", "basis")
_TEXTS = ("answer", "cause", "part_answer", "layer", "feature_id", "feature_name", "readings", "exemption")
_MEASURES = ("overlap_m2", "overlap_share", "distance_m", "threshold_m", "margin_m", "tolerance_m", "more_features")
# More rules, and more places in the order of rules and levels, than there are.
_RULES: Final = 1 << 12
_RANKS: Final = 1 << 16
# What a feature is named and measured by.
_NAMED = ("layer", "feature_id", "feature_name")
# The place of the feature in its layer settles ties.
_SIZED = ("overlap_m2", "distance_m", "more_features", "_place")


@hashed_once
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

    asked: Asked
    book: ZoneBook
    # Row number of each judged site, its place among all sites of the batch, and its area, shape (n,).
    row: NDArray[np.int64]
    place: Indices
    # The ids of all sites of the batch.
    site_id: Strings
    size_m2: Floats
    books: Callable[[str], FeatureBook]
    texts: Callable[[str], RuleTexts]
    # The texts of a layer's field.
    names: Callable[[str, str], Texts]
    _near: dict[tuple[Zone, str], _Measured] = field(default_factory=dict, repr=False)
    # For each part of each rule the texts that are alike; rows name it by its place here.
    _kinds: list[tuple[str, ...]] = field(default_factory=list, repr=False)

    def findings(self, judged: Sequence[Judged]) -> Columns:
        """Give the findings of all rules, ordered by row, level (worst first), rule and distance."""
        empty = blank(np.zeros(0, np.int64), _TEXTS, (*_MEASURES, "_rank", "_kind"))
        found = piled([empty, *(table for order, one in enumerate(judged) for table in self._of_rule(order, one))])
        number = np.empty(len(self.row), np.int64)
        number[in_order(self.row)] = np.arange(len(self.row))
        # Parts of a rule are numbered on, so that their kinds keep their order.
        key = number[found.site] * _RANKS + found.numbers["_rank"].astype(np.int64)
        order = _in_order(key, found.numbers["distance_m"], found.numbers["_kind"])
        del key
        site, texts, numbers = found.site.take(order), dict(found.texts), dict(found.numbers)
        del found
        # Column by column, so that each is held in both orders for a moment only.
        columns: dict[str, Column] = {name: texts.pop(name).take(order) for name in _TEXTS}
        columns.update(self._alike(numbers.pop("_kind").take(order).astype(np.int64)))
        more = np.nan_to_num(numbers.pop("more_features").take(order)).astype(np.int64)
        columns.update({name: numbers.pop(name).take(order) for name in _MEASURES if name in numbers})
        columns["row"] = self.row[site]
        columns["site_id"] = self.site_id.take(self.place[site])
        columns["more_features"] = more
        return Columns({name: columns[name] for name in FINDING_COLUMNS})

    def _alike(self, kind: Indices) -> Iterator[tuple[str, Texts]]:
        """Give the columns that a rule's part says of all sites alike. kind: of each row."""
        for place, name in enumerate(_ALIKE):
            texts = [texts[place] for texts in self._kinds]
            words = tuple(dict.fromkeys(texts))
            code = np.array([words.index(text) for text in texts], np.int32)
            yield name, Texts(code[kind], words)

    def _of_rule(self, order: int, one: Judged) -> Iterator[Table]:
        told = one.counted.value > NO
        of_site = np.empty(len(self.row), np.int64)
        of_site[one.rows] = one.case
        for number, opinion in enumerate(one.opinions):
            cases = told & (one.told_by == number)
            if not cases.any():
                continue
            parts = one.once(("parts", number), lambda: list(dict.fromkeys(parts_of(opinion.duty.where))))  # noqa: B023
            if not parts:
                yield self._signed(self._placeless(one, number, cases), one, of_site, order, "")
            for part in parts:
                yield self._signed(
                    self._of_part(one, number, part, cases, of_site), one, of_site, order, part.predicate
                )

    def _of_part(self, one: Judged, number: int, part: Part, cases: Mask, of_site: Indices) -> Table:
        """Give the rows of one part: those that are yes where the rule is yes, else those that are yes or maybe.

        cases: those to be told. of_site: the case of each site of the rule.
        """
        answer, cause = one.once(("part", number, part), lambda: _part_told(one, number, part))
        least = np.where(one.counted.value == YES, np.int8(YES), np.int8(MAYBE))
        rows = one.where(cases & (answer.codes >= least))
        zone = self.book.zone(part.question.zone)
        table = self._with_features(part, zone, rows)
        site, distance = table.site, table.numbers["distance_m"]
        case = of_site.take(site)
        within = part.question.within_m if part.question.predicate == "near" else np.nan
        areal = self.size_m2[site] > 0
        overlap = np.where(areal, table.numbers["overlap_m2"], np.nan)
        return table.adding(
            {"part_answer": answer.take(case), "cause": cause.take(case)},
            {
                "overlap_m2": overlap,
                "overlap_share": np.minimum(overlap / np.where(areal, self.size_m2[site], np.nan), 1.0),
                "threshold_m": np.full(len(site), within),
                "margin_m": within - distance,
                "tolerance_m": self.asked.accuracy_m[site] + zone.accuracy_m,
            },
        )

    def _with_features(self, part: Part, zone: ZoneGround, rows: Indices) -> Table:
        """Name the features behind a part; a site that has none gets a row without."""
        tolerance = self.asked.accuracy_m[rows] + zone.accuracy_m
        found = [self._measured(leaf, part, rows, tolerance) for leaf in zone.leaves]
        best = _best(piled(found or [blank(rows[:0], _NAMED, _SIZED)]))
        named = np.zeros(len(self.row), bool)
        named[best.site] = True
        if named[rows].all():
            return best
        bare = blank(rows[~named[rows]], _NAMED, _SIZED)
        layer = zone.leaves[0].layer.id if zone.leaves else ""
        return piled([best, bare.adding({"layer": constant(layer, len(bare))}, {})])

    def _placeless(self, one: Judged, number: int, cases: Mask) -> Table:
        """Give the rows of a rule that asks of no place."""
        rows = one.where(cases)
        case = one.case if rows is one.rows else one.case[np.flatnonzero(cases[one.case])]
        no_part = always(YES, len(one.claimed))
        answer = Texts(one.counted.value.astype(np.int32), ANSWER_WORDS)
        cause = one.once(("placeless", number), lambda: _causes(one, one.opinions[number], no_part))
        texts = {"part_answer": answer.take(case), "cause": cause.take(case)}
        return blank(rows, _NAMED, _MEASURES).adding(texts, {})

    def _measured(self, leaf: Leaf, part: Part, rows: Indices, tolerance: Floats) -> Table:
        """Measure the features of one layer that stand behind a part."""
        book, question = self.books(leaf.layer.id), part.question
        if part.lists_features:
            found = self._features_near(book, leaf, question, rows, question.within_m + tolerance)
        else:
            found = book.nearest(self.asked.take(rows), leaf.features)
        names = {f"feature_{name}": self.names(leaf.layer.id, name).take(found.feature) for name in ("id", "name")}
        numbers = {"overlap_m2": found.overlap_m2, "distance_m": found.distance_m}
        texts = {"layer": constant(leaf.layer.id, len(found.site)), **names}
        numbers |= {"more_features": np.zeros(len(found.site)), "_place": found.feature.astype(np.float64)}
        return Table(rows[found.site], texts, numbers)

    def _features_near(self, book: FeatureBook, leaf: Leaf, question: Ask, rows: Indices, within_m: Floats) -> Evidence:
        """Give the features near the sites, or near their centres where the question is put to these."""
        whole = self._near_whole(book, leaf, question, rows, within_m)
        if question.measured == "edge" or self.asked.pointlike[rows].all():
            return whole
        centres = self.asked.take(rows).centres()
        return whole.farther(book.near(centres, leaf.features, within_m, overlaps=False))

    def _near_whole(self, book: FeatureBook, leaf: Leaf, question: Ask, rows: Indices, within_m: Floats) -> Evidence:
        """Give the features near the sites; rules about the same zone measure each site once."""
        key = (question.zone, leaf.layer.id)
        known = self._near.get(key)
        if known is None or known.within_m < question.within_m or not np.isin(rows, known.rows).all():
            known = _Measured(question.within_m, rows, book.near(self.asked.take(rows), leaf.features, within_m))
            self._near[key] = known
            return known.evidence
        limit = np.full(len(self.row), -np.inf)
        limit[rows] = within_m + RESOLUTION_M
        site = known.rows[known.evidence.site]
        kept = np.flatnonzero(known.evidence.distance_m <= limit[site])
        return known.evidence.take(kept, np.searchsorted(rows, site[kept]))

    def _signed(self, table: Table, one: Judged, of_site: Indices, order: int, predicate: str) -> Table:
        """Add what a rule says of each site, and what it says of all alike. of_site: the case of each site."""
        texts = self.texts(one.rule.id)
        self._kinds.append(
            (one.rule.id, one.rule.effect, predicate, texts.title, texts.clause, texts.quote, texts.basis)
        )
        said, level = one.once("said", lambda: _said(one, texts))
        case = of_site.take(table.site)
        return table.adding(
            {name: each.take(case) for name, each in said.items()},
            {
                "_rank": level.take(case) + float(order),
                "_kind": np.full(len(table), float(len(self._kinds) - 1)),
            },
        )


@dataclass(frozen=True)
class _Measured:
    """What was measured about one zone already."""

    # The distance asked, and the judged sites measured, sorted.
    within_m: float
    rows: Indices
    evidence: Evidence


def _said(one: Judged, texts: RuleTexts) -> tuple[dict[str, Texts], Floats]:
    """Give what a rule says in each case, and the place of its level in the order of findings."""
    value = one.counted.value
    answer = np.where(one.claimed & (value == YES), len(ANSWER_WORDS), value).astype(np.int32)
    level = np.where(one.claimed, LEVELS["lifted"], LEVELS[one.rule.effect])
    said = {
        "answer": Texts(answer, (*ANSWER_WORDS, "lifted")),
        "readings": joined_names(one.depends, len(value)),
        "exemption": Texts(one.claimed.astype(np.int32), (texts.claimable, texts.claimed)),
    }
    return said, (max(LEVELS.values()) - level) * float(_RULES)


def _part_told(one: Judged, number: int, part: Part) -> tuple[Texts, Texts]:
    """Give the answer of a part in each case, and its causes."""
    plain = one.places[part.question]
    told = not_(plain) if part.negated else plain
    return Texts(told.value.astype(np.int32), ANSWER_WORDS), _causes(one, one.opinions[number], told)


def _causes(one: Judged, opinion: Opinion, part: Answers) -> Texts:
    """Give for each case the causes of a part of a maybe: its own, those of who is bound, and the readings."""
    maybe = one.counted.value == MAYBE
    readings = {name: mask for name, mask in one.counted.causes.items() if name.startswith("reading:")}
    masks: dict[str, Mask] = {}
    for causes in (part.causes, opinion.who.causes, readings):
        for name, mask in causes.items():
            masks[name] = masks[name] | mask & maybe if name in masks else mask & maybe
    return joined_names(dict(sorted(masks.items())), len(maybe))


def _in_order(key: Indices, distance: Floats, kind: Floats) -> Indices:
    """Order rows by key, then distance, then kind; only a few rows share their key with another."""
    order = in_order(key)
    same = np.diff(key[order]) == 0
    if same.any():
        shared = np.append(same, False)
        shared[1:] |= same
        at = np.flatnonzero(shared)
        rows = order[at]
        order[at] = rows[np.lexsort((kind[rows], distance[rows], key[rows]))]
    return order


def _shown(measure: Floats) -> Floats:
    """Give measures as they are shown: what rounding alone tells apart keeps the order of the layer."""
    return np.round(measure, 2)


def _best(table: Table) -> Table:
    """Keep the five best features of each site, largest overlap first, then nearest, and count the rest."""
    if (np.diff(table.site) > 0).all():
        return table
    overlap, distance = _shown(table.numbers["overlap_m2"]), _shown(table.numbers["distance_m"])
    table = table.take(np.lexsort((table.numbers["_place"], distance, -overlap, table.site)))
    _, start, size = np.unique(table.site, return_index=True, return_counts=True)
    nth = np.arange(len(table)) - np.repeat(start, size)
    more = np.repeat(np.maximum(size - MOST_FEATURES, 0), size).astype(np.float64)
    return table.adding({}, {"more_features": more}).take(np.flatnonzero(nth < MOST_FEATURES))
