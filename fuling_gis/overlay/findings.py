"""Writes the findings table: one row for each site, rule and contributing part.

CONTRACT section 5 says which parts count and which features are named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fuling_gis.answers import MAYBE, NO, YES, Answers, Mask, always, not_
from fuling_gis.overlay.evidence import MOST_FEATURES, Evidence, FeatureBook
from fuling_gis.overlay.judging import ANSWER_WORDS, Judged, Opinion
from fuling_gis.overlay.lists import Strings, Texts, in_order, joined_names
from fuling_gis.overlay.pieces import Indices
from fuling_gis.overlay.questions import Asked
from fuling_gis.overlay.result import FINDING_COLUMNS, Column, Columns
from fuling_gis.overlay.shapes import RESOLUTION_M, Floats
from fuling_gis.overlay.table import Kinds, Names, Rows, Said, bare, piled
from fuling_gis.overlay.texts import RuleTexts
from fuling_gis.overlay.zones import Leaf, ZoneBook, ZoneGround
from fuling_gis.rules.model import AllOf, AnyOf, Ask, Not, Where, Zone, hashed_once
from fuling_gis.verdicts import LEVELS

# What a rule's part says of all sites alike, and in each case.
_ALIKE = ("rule_id", "effect", "predicate", "title", "clause", "quote", "basis")
_TEXTS = ("answer", "cause", "part_answer", "readings", "exemption")
# More rules than there are.
_RULES: Final = 1 << 12


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
    # What rows say by number, as far as rows were made.
    _kinds: Kinds = field(default_factory=Kinds, repr=False)

    @cached_property
    def _names(self) -> Names:
        return Names(self.names)

    def findings(self, judged: Sequence[Judged]) -> Columns:
        """Give the findings of all rules, ordered by row, level (worst first), rule and distance."""
        made = [each for order, one in enumerate(judged) for each in self._of_rule(order, one)]
        rows = piled([bare(np.zeros(0, np.int64), 0), *(rows for rows, _ in made)])
        kind = np.concatenate([np.zeros(0, np.int64), *(kinds for _, kinds in made)])
        del made
        number = np.empty(len(self.row), np.int32)
        number[in_order(self.row)] = np.arange(len(self.row))
        # Parts of a rule are numbered on, so that their kinds keep their order.
        order = _in_order(number.take(rows.site), self._kinds.rank.take(kind), rows.distance_m, kind)
        rows, kind = rows.take(order), kind.take(order)
        size = self.size_m2[rows.site]
        overlap = np.where(size > 0, rows.overlap_m2, np.nan)
        threshold = self._kinds.metres("threshold_m").take(kind)
        columns: dict[str, Column] = {
            "row": self.row[rows.site],
            "site_id": self.site_id.take(self.place[rows.site]),
            **self._kinds.columns(kind, _TEXTS, _ALIKE),
            **self._names.columns(rows.name),
            "overlap_m2": overlap,
            "overlap_share": np.minimum(overlap / np.where(size > 0, size, np.nan), 1.0),
            "distance_m": rows.distance_m,
            "threshold_m": threshold,
            "margin_m": threshold - rows.distance_m,
            "tolerance_m": self.asked.accuracy_m[rows.site] + self._kinds.metres("accuracy_m").take(kind),
            "more_features": rows.more,
        }
        return Columns({name: columns[name] for name in FINDING_COLUMNS})

    def _of_rule(self, order: int, one: Judged) -> Iterator[tuple[Rows, Indices]]:
        """Give the rows of a rule, part by part, and the kind of each. order: of the rule among the others."""
        told = one.counted.value > NO
        of_site = np.empty(len(self.row), np.int64)
        of_site[one.rows] = one.case
        texts = self.texts(one.rule.id)
        said, level = one.once("said", lambda: _said(one, texts))
        for number, opinion in enumerate(one.opinions):
            cases = told & (one.told_by == number)
            if not cases.any():
                continue
            parts: list[Part | None] = one.once(("parts", number), lambda: _parts(opinion))  # noqa: B023
            told_before: dict[tuple[str, ...], list[_Told]] = {}
            for part in parts:
                key = ("part", number, part)
                answer, cause = one.once(key, lambda: _part_told(one, number, part))  # noqa: B023
                rows, threshold_m, accuracy_m = self._of_part(one, part, cases, answer)
                told_alike = (one.rule.id, one.rule.effect, part.predicate if part else "")
                alike = dict(
                    zip(_ALIKE, (*told_alike, texts.title, texts.clause, texts.quote, texts.basis), strict=True)
                )
                # Parts that ask alike of one layer, as for two kinds of buildings, may say the same of a feature.
                layers = [leaf.layer.id for leaf in self.book.zone(part.question.zone).leaves] if part else []
                alike_so_far = told_before.setdefault((told_alike[2], repr(threshold_m), *layers), [])
                for other in alike_so_far:
                    rows = other.left_of(rows, answer, cause, of_site)
                alike_so_far.append(_Told(rows, answer, cause))
                of_case = {**said, "part_answer": answer, "cause": cause}
                first = self._kinds.add(Said(level + order, of_case, alike, threshold_m, accuracy_m))
                yield rows, first + of_site.take(rows.site)

    def _of_part(self, one: Judged, part: Part | None, cases: Mask, answer: Texts) -> tuple[Rows, float, float]:
        """Give the rows of one part: those that are yes where the rule is yes, else those that are yes or maybe.

        part: None for a rule that asks of no place. cases: those to be told. answer: of the part in each case. Gives
        also the distance it asks and the accuracy of its zone, metres; NaN for none.
        """
        if part is None:
            return bare(one.where(cases), 0), np.nan, np.nan
        least = np.where(one.counted.value == YES, np.int8(YES), np.int8(MAYBE))
        zone = self.book.zone(part.question.zone)
        rows = self._with_features(part, zone, one.where(cases & (answer.codes >= least)))
        return rows, part.question.within_m if part.question.predicate == "near" else np.nan, zone.accuracy_m

    def _with_features(self, part: Part, zone: ZoneGround, rows: Indices) -> Rows:
        """Name the features behind a part; a site that has none gets a row without."""
        tolerance = self.asked.accuracy_m[rows] + zone.accuracy_m
        found = [self._measured(leaf, part, rows, tolerance) for leaf in zone.leaves]
        best = _best(piled([each for each, _ in found] or [bare(rows[:0], 0)]), [place for _, place in found])
        named = np.zeros(len(self.row), bool)
        named[best.site] = True
        without = np.flatnonzero(~named[rows])
        if not len(without):
            return best
        layer = self._name_of(zone.leaves[0]) if zone.leaves else 0
        return piled([best, bare(rows[without], layer)])

    def _name_of(self, leaf: Leaf) -> int:
        """Give the number of a layer among what rows name."""
        return self._names.layer(leaf.layer.id, len(leaf.layer.geometry))

    def _measured(self, leaf: Leaf, part: Part, rows: Indices, tolerance: Floats) -> tuple[Rows, Indices]:
        """Measure the features of one layer that stand behind a part; gives also their places in the layer."""
        book, question = self.books(leaf.layer.id), part.question
        if part.lists_features:
            found = self._features_near(book, leaf, question, rows, question.within_m + tolerance)
        else:
            found = book.nearest(self.asked.take(rows), leaf.features)
        name = found.feature + (self._name_of(leaf) + 1)
        more = np.zeros(len(name), np.int64)
        return Rows(rows[found.site], name, found.overlap_m2, found.distance_m, more), found.feature

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
        if known is None or known.within_m < question.within_m or not known.there[rows].all():
            there = np.zeros(len(self.row), bool)
            there[rows] = True
            evidence = book.near(self.asked.take(rows), leaf.features, within_m)
            self._near[key] = _Measured(question.within_m, rows, there, evidence)
            return evidence
        limit = np.full(len(self.row), -np.inf)
        limit[rows] = within_m + RESOLUTION_M
        site = known.rows[known.evidence.site]
        kept = np.flatnonzero(known.evidence.distance_m <= limit[site])
        return known.evidence.take(kept, np.searchsorted(rows, site[kept]))


@dataclass(frozen=True)
class _Measured:
    """What was measured about one zone already."""

    # The distance asked, the judged sites measured, sorted, and whether each of all of them was.
    within_m: float
    rows: Indices
    there: Mask
    evidence: Evidence


@dataclass(frozen=True)
class _Told:
    """What one part of a rule has told: its rows, and its answer and their causes in each case."""

    rows: Rows
    answer: Texts
    cause: Texts

    def left_of(self, rows: Rows, answer: Texts, cause: Texts, of_site: Indices) -> Rows:
        """Give those of another part's rows that do not say the same again. of_site: the case of each site."""
        if not len(self.rows) or not len(rows):
            return rows
        same = np.array([self.answer[i] == answer[i] and self.cause[i] == cause[i] for i in range(len(answer))])
        names = 1 + max(int(self.rows.name.max()), int(rows.name.max()))
        known, asked = (each.site * names + each.name for each in (self.rows, rows))
        order = np.argsort(known)
        place = order[np.minimum(np.searchsorted(known, asked, sorter=order), len(known) - 1)]
        mine = self.rows.take(place)
        again = (known[place] == asked) & (mine.more == rows.more) & same[of_site.take(rows.site)]
        for a, b in ((mine.distance_m, rows.distance_m), (mine.overlap_m2, rows.overlap_m2)):
            again &= (a == b) | (np.isnan(a) & np.isnan(b))
        return rows.take(np.flatnonzero(~again)) if again.any() else rows


def _parts(opinion: Opinion) -> list[Part | None]:
    """Give the parts of a rule, each once; None where it asks of no place."""
    return list(dict.fromkeys(parts_of(opinion.duty.where))) or [None]


def _said(one: Judged, texts: RuleTexts) -> tuple[dict[str, Texts], Indices]:
    """Give what a rule says in each case, and the place of its level in the order of findings."""
    value = one.counted.value
    answer = np.where(one.claimed & (value == YES), len(ANSWER_WORDS), value).astype(np.int32)
    level = np.where(one.claimed, LEVELS["lifted"], LEVELS[one.rule.effect])
    said = {
        "answer": Texts(answer, (*ANSWER_WORDS, "lifted")),
        "readings": joined_names(one.depends, len(value)),
        "exemption": Texts(one.claimed.astype(np.int32), (texts.claimable, texts.claimed)),
    }
    return said, (max(LEVELS.values()) - level).astype(np.int64) * _RULES


def _part_told(one: Judged, number: int, part: Part | None) -> tuple[Texts, Texts]:
    """Give the answer of a part in each case, and its causes; those of the rule itself where it asks of no place."""
    if part is None:
        answer = Texts(one.counted.value.astype(np.int32), ANSWER_WORDS)
        return answer, _causes(one, one.opinions[number], always(YES, len(one.claimed)))
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


def _in_order(site: NDArray[np.int32], rank: Indices, distance: Floats, kind: Indices) -> Indices:
    """Order rows by site, rank, distance and kind; only a few share site and rank with another."""
    order = in_order(site, rank)
    by_site, by_rank = site.take(order), rank.take(order)
    same = (by_site[1:] == by_site[:-1]) & (by_rank[1:] == by_rank[:-1])
    if same.any():
        shared = np.append(same, False)
        shared[1:] |= same
        at = np.flatnonzero(shared)
        rows = order[at]
        order[at] = rows[np.lexsort((kind[rows], distance[rows], rank[rows], site[rows]))]
    return order


def _shown(measure: Floats) -> Floats:
    """Give measures as they are shown: what rounding alone tells apart keeps the order of the layer."""
    return np.round(measure, 2)


def _best(rows: Rows, places: Sequence[Indices]) -> Rows:
    """Keep the five best features of each site, largest overlap first, then nearest, and count the rest.

    places: of the features in their layers, one run after the other.
    """
    if (np.diff(rows.site) > 0).all():
        return rows
    overlap, distance = _shown(rows.overlap_m2), _shown(rows.distance_m)
    rows = rows.take(np.lexsort((np.concatenate(places), distance, -overlap, rows.site)))
    start = np.flatnonzero(np.diff(rows.site, prepend=-1))
    size = np.diff(start, append=len(rows))
    nth = np.arange(len(rows)) - np.repeat(start, size)
    more = np.repeat(np.maximum(size - MOST_FEATURES, 0), size)
    return replace(rows, more=more).take(np.flatnonzero(nth < MOST_FEATURES))
