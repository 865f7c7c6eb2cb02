"""Puts one question of place to the sites of a batch: predicate, tolerance, coverage and doubts, with causes.

Everything that CONTRACT section 1 says of a single question is done here; `judging` combines questions to rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import numpy as np
import shapely

from fuling_gis.answers import MAYBE, NO, YES, Answers, Mask, Ternary, all_of, always, any_of, gathered, not_
from fuling_gis.overlay.pieces import POINT, POLYGON, Geometries, Indices, parts
from fuling_gis.overlay.predicates import covered, intersection, is_in, is_near, is_outside, joined
from fuling_gis.overlay.shapes import RESOLUTION_M, Floats, Shape
from fuling_gis.overlay.sight import accuracy_m, seen_ground
from fuling_gis.overlay.sitetree import Bools, SiteTree, kinds_and_places, picked, sites_of
from fuling_gis.overlay.zones import Cover, ZoneBook, ZoneGround
from fuling_gis.rules.model import AllOf, Ask, Not, Where

# Of so few sites all grounds are looked at together for those that are far away.
_FEW_SITES: Final = 16


@dataclass(frozen=True)
class Asked:
    """The sites of a batch as questions see them: the part inside the jurisdiction, taken apart. See `asked_of`."""

    # Geometries of any kind, none empty, and which of them are asked, shape (n,).
    _all: Geometries = field(repr=False)
    _rows: Indices = field(repr=False)
    # Metres, shape (n,).
    accuracy_m: Floats
    # Whether the site was cut to the jurisdiction, and so lies in it for certain.
    clipped: Bools
    # Single points, lines and polygons, and which site each belongs to (sorted).
    tree: SiteTree = field(repr=False)
    owner: Indices = field(repr=False)

    def __len__(self) -> int:
        return len(self._rows)

    @cached_property
    def geometry(self) -> Geometries:
        """The sites as they are asked, shape (n,)."""
        return self._all[self._rows]

    @cached_property
    def _alike(self) -> bool:
        """Whether all sites are as accurate, as most often."""
        return bool((self.accuracy_m == self.accuracy_m[:1]).all())

    @property
    def whole(self) -> bool:
        """Whether each site is of one part."""
        return len(self.tree) == len(self._rows)

    def take(self, rows: Bools | Indices) -> Asked:
        """Give some of the sites, in any order; the same object where all are meant."""
        if rows.dtype == bool:
            if rows.all():
                return self
            rows = np.flatnonzero(rows)
        if self.whole:
            tree, owner = self.tree.take(rows), np.arange(len(rows))
        else:
            first, stop = (np.searchsorted(self.owner, rows, side=side) for side in ("left", "right"))
            owner = np.repeat(np.arange(len(rows)), stop - first)
            nth = np.arange(len(owner)) - np.repeat(np.cumsum(stop - first) - (stop - first), stop - first)
            tree = self.tree.take(first[owner] + nth)
        accuracy_m = (
            self.accuracy_m[: len(rows)] if self._alike and len(rows) <= len(self) else self.accuracy_m.take(rows)
        )
        return Asked(self._all, self._rows.take(rows), accuracy_m, self.clipped.take(rows), tree, owner)

    @property
    def bounds(self) -> Floats:
        """Least x, least y, greatest x, greatest y of each site; shape (n, 4)."""
        return self.tree.bounds if self.whole else np.asarray(shapely.bounds(self.geometry), dtype=np.float64)

    @property
    def middle(self) -> Floats:
        """The middle of the box of each site; shape (n, 2)."""
        return self.tree.middle if self.whole else 0.5 * (self.bounds[:, :2] + self.bounds[:, 2:])

    def arranged(self, rows: Indices) -> Asked:
        """Give the sites in another order, in which they will be asked again and again."""
        if not self.whole:
            return self.take(rows)
        # The owners of single parts are their own numbers.
        mine = rows if self._rows is self.owner else self._rows.take(rows)
        accuracy_m, clipped = picked(self.accuracy_m, rows), picked(self.clipped, rows)
        return Asked(self._all, mine, accuracy_m, clipped, self.tree.arranged(rows), np.arange(len(rows)))

    @cached_property
    def pointlike(self) -> Bools:
        """Whether each site is one point, which is its own centre."""
        if self.whole and self.tree.pointlike:
            return np.ones(len(self), bool)
        return np.asarray(shapely.get_type_id(self.geometry) == POINT)

    @cached_property
    def area_m2(self) -> Floats:
        """The area of each site, 0 for points and lines; shape (n,)."""
        if self.whole and self.tree.pointlike:
            return np.zeros(len(self))
        return np.asarray(shapely.area(self.geometry), dtype=np.float64)

    def centres(self) -> Asked:
        """Give the centroids of the sites as sites; the same object where all are points."""
        if self.pointlike.all():
            return self
        middle = np.asarray(shapely.centroid(self.geometry), dtype=object)
        n = np.arange(len(self))
        # A centroid may lie in a bay of its site, and so beyond the jurisdiction.
        clipped = self.clipped & self.pointlike
        return Asked(middle, n, self.accuracy_m, clipped, sites_of(middle, many=self.tree.many), n)

    def of_parts(self, of_site: Floats) -> Floats:
        """Give each part what its site has."""
        return of_site if self.whole else of_site[self.owner]

    def best(self, of_part: Ternary) -> Ternary:
        """Give each site the best answer of its parts."""
        if self.whole:
            return of_part
        out = np.full(len(self), NO, np.int8)
        np.maximum.at(out, self.owner, of_part)
        return out

    def least(self, of_part: Floats) -> Floats:
        """Give each site the least measure of its parts."""
        if self.whole:
            return of_part
        out = np.full(len(self), np.inf)
        np.minimum.at(out, self.owner, of_part)
        return out

    def replaced(self, rows: Bools, geometry: Geometries, clipped: Bools) -> Asked:
        """Give the same sites with the geometries of some of them, those where `rows` is True, replaced."""
        if not rows.any():
            return replace(self, clipped=clipped)
        flat, of = parts(geometry)
        kept = np.flatnonzero(~rows[self.owner])
        tree = self.tree.take(kept).plus(flat)
        owner = np.concatenate([self.owner[kept], np.flatnonzero(rows)[of]])
        order = np.argsort(owner, kind="stable")
        number = self._rows.copy()
        number[rows] = len(self._all) + np.arange(len(geometry))
        everything = np.concatenate([self._all, geometry])
        return Asked(everything, number, self.accuracy_m, clipped, tree.take(order), owner[order])


def asked_of(
    geometry: Geometries, accuracy_m: Floats, clipped: Bools | None = None, *, least: int | None = None
) -> Asked:
    """Take sites apart, ready to be asked. geometry: of any kind, none empty. least: as in `sites_of`."""
    n = np.arange(len(geometry))
    kind, xy = kinds_and_places(geometry)
    if clipped is None:
        clipped = np.zeros(len(geometry), bool)
    # Most often each site is one part.
    if (kind <= POLYGON).all():
        return Asked(geometry, n, accuracy_m, clipped, sites_of(geometry, kind, xy, least=least), n)
    flat, owner = parts(geometry)
    return Asked(geometry, n, accuracy_m, clipped, sites_of(flat, least=least), owner)


@dataclass(frozen=True)
class Desk:
    """Answers questions about one batch, each only once."""

    asked: Asked
    book: ZoneBook
    # Question to the sites whose verdict it can change, shape (n,) each.
    needed: Mapping[Ask, Mask]
    _answers: dict[Ask, Answers] = field(default_factory=dict, repr=False)

    def answer(self, question: Ask) -> Answers:
        """Answer a question; sites that do not need it get an answer that nobody looks at."""
        if question not in self._answers:
            needed = self.needed[question]
            if self._far(question):
                self._answers[question] = self._no
            else:
                answer = self._asked_of_centres if question.measured == "centre" else self._asked
                self._answers[question] = answer(question, needed)
        return self._answers[question]

    def _far(self, question: Ask) -> bool:
        """Tell whether a few sites are all too far from a zone to lie in it, where nothing else could matter."""
        if question.predicate != "in" or question.measured != "edge" or not self._spare:
            return False
        zone = self.book.zone(question.zone)
        # Where they are far from both ends of what is unknown of a zone, it does not matter.
        reach, spare = zone.accuracy_m + 2 * RESOLUTION_M, self._spare
        far = spare.get(id(zone.low), 0.0) > reach and spare.get(id(zone.high), 0.0) > reach
        return far and zone.covered_everywhere

    def _asked_of_centres(self, question: Ask, needed: Mask) -> Answers:
        """Answer for the centres of sites: the distance of the centroid counts, or of the whole site if that is more.

        So a centroid in a bay of its site is never nearer than the site. What the whole site answers stands for points
        and for sites that are not near; only the others are asked again.
        """
        edge = replace(question, measured="edge")
        shared = edge in self.needed and not (needed & ~self.needed[edge]).any()
        whole = self.answer(edge) if shared else self._asked(edge, needed)
        again = needed & (whole.value > NO) & ~self.asked.pointlike
        if not again.any():
            return whole
        centre = self._asked(question, again)
        value = np.where(again, np.minimum(whole.value, centre.value), whole.value)
        return gathered(value, [whole, centre])

    def _asked(self, question: Ask, needed: Mask) -> Answers:
        n, rows = len(self.asked), np.flatnonzero(needed)
        if not len(rows):
            return Answers(np.full(n, NO, np.int8))
        some = self.asked if len(rows) == n else self.asked.take(rows)
        if question.measured == "centre":
            some = some.centres()
        zone = self._seen(question, some) if question.predicate == "visible_from" else self.book.zone(question.zone)
        plain = _Plain(some, question, some.accuracy_m + zone.accuracy_m)
        told = _with_coverage(_with_doubts(zone, plain.answer), zone, plain)
        if len(some) == n:
            return told
        value = np.full(n, NO, np.int8)
        value[rows] = told.value
        return Answers(value, {name: _spread(mask, rows, n) for name, mask in told.causes.items()})

    @cached_property
    def _no(self) -> Answers:
        return always(NO, len(self.asked))

    @cached_property
    def _spare(self) -> Mapping[int, float]:
        """How far a few sites, grown by their accuracy, are at least from each ground, by its `id`.

        Nothing of many, or where some reach out.
        """
        asked = self.asked
        few = 0 < len(asked) <= _FEW_SITES and asked.whole and not asked.tree.many
        return self.book.box_gaps(asked.bounds, asked.accuracy_m) if few and asked.clipped.all() else {}

    def _seen(self, question: Ask, some: Asked) -> ZoneGround:
        """Give the visible range as a zone, as far as some sites hang on it."""
        reach_m = some.accuracy_m + accuracy_m(question, self.book)
        return seen_ground(question, some.geometry, reach_m, self.book, many=some.tree.many)


def expressed(where: Where, answers: Mapping[Ask, Answers]) -> Answers:
    """Answer a place expression from the answers to its questions."""
    if isinstance(where, Ask):
        return answers[where]
    if isinstance(where, Not):
        return not_(expressed(where.member, answers))
    members = [expressed(member, answers) for member in where.members]
    return all_of(members) if isinstance(where, AllOf) else any_of(members)


def _spread(mask: Mask, rows: Indices, n: int) -> Mask:
    out = np.zeros(n, bool)
    out[rows] = mask
    return out


@dataclass(frozen=True)
class _Plain:
    """A question in plain geometry, with the tolerance of each site."""

    asked: Asked
    question: Ask
    tolerance_m: Floats
    _told: dict[int, Ternary] = field(default_factory=dict)

    def answer(self, shape: Shape | None) -> Ternary:
        """Answer for one ground; None is everything there is."""
        key = id(shape)
        if key not in self._told:
            self._told[key] = self._answer(shape)
        return self._told[key]

    def _answer(self, shape: Shape | None) -> Ternary:
        n, predicate = len(self.asked), self.question.predicate
        if shape is None:
            return np.full(n, NO if predicate == "outside" else YES, np.int8)
        tree, of_part = self.asked.tree, self.asked.of_parts(self.tolerance_m)
        if predicate in ("in", "visible_from"):
            return self.asked.best(is_in(tree, shape, of_part))
        if predicate == "outside":
            return self.asked.best(is_outside(tree, shape, of_part))
        return self.asked.best(is_near(tree, shape, self.question.within_m, of_part))


def _with_doubts(zone: ZoneGround, answer: Callable[[Shape | None], Ternary]) -> Answers:
    """Join the answers at both ends of what is unknown about a zone."""
    low = answer(zone.low)
    maybe = low == MAYBE
    if zone.high is zone.low:
        return Answers(low, {"tolerance": maybe} if maybe.any() else {})
    high = answer(zone.high)
    value = np.where(low == high, low, np.int8(MAYBE)).astype(np.int8)
    causes = {"tolerance": (maybe | (high == MAYBE)) & (value == MAYBE)}
    for doubt in zone.doubts:
        differ = np.logical_or.reduce([answer(a) != answer(b) for a, b in doubt.ends])
        causes[doubt.cause] = differ & (value == MAYBE)
    # Two unknowns that matter only together: name both rather than none.
    nameless = (value == MAYBE) & ~np.logical_or.reduce(list(causes.values()))
    if nameless.any():
        for doubt in zone.doubts:
            causes[doubt.cause] |= nameless
    return Answers(value, {name: mask for name, mask in causes.items() if mask.any()})


def _with_coverage(answers: Answers, zone: ZoneGround, plain: _Plain) -> Answers:
    """Turn answers that rest on ground no layer covers into maybes."""
    question = plain.question
    margin = question.within_m + plain.tolerance_m if question.predicate in ("near", "visible_from") else None
    bare = {cover.layer: _uncovered(plain.asked, cover, margin) for cover in zone.covers}
    bare = {layer: mask for layer, mask in bare.items() if mask.any()}
    if not bare:
        return answers
    value, causes = answers.value, dict(answers.causes)
    any_bare = np.logical_or.reduce(list(bare.values()))
    if question.predicate == "outside":
        overthrown = any_bare & (value == YES)
        overthrown[overthrown] = ~_outside_within_cover(plain, zone, np.flatnonzero(overthrown))
        stands = (value == NO) | ((value == YES) & ~overthrown)
    else:
        stands = value == YES
    hit = any_bare & ~stands
    value = np.where(hit, np.int8(MAYBE), value).astype(np.int8)
    for layer, mask in bare.items():
        if (mask & hit).any():
            causes[f"coverage:{layer}"] = mask & hit
    return Answers(value, causes)


def _uncovered(asked: Asked, cover: Cover, margin: Floats | None) -> Bools:
    """Tell which sites, grown by the margin if there is one, leave the area that a layer covers."""
    if cover.shape is None:
        return np.ones(len(asked), bool)
    if cover.jurisdiction and (margin is None or not margin.any()):
        out = ~asked.clipped
        if out.any():
            left = asked.take(out)
            out[out] = _leaves(left, cover.shape, np.zeros(len(left)))
        return out
    return _leaves(asked, cover.shape, np.zeros(len(asked)) if margin is None else margin)


def _leaves(asked: Asked, cover: Shape, margin: Floats) -> Bools:
    if not len(asked):
        return np.zeros(0, bool)
    within = covered(asked.tree, cover, asked.of_parts(margin))
    leaves: Bools = asked.best(np.where(within, NO, YES).astype(np.int8)) == YES
    return leaves


def _outside_within_cover(plain: _Plain, zone: ZoneGround, rows: Indices) -> Bools:
    """Tell which sites have a point outside the zone, by more than the tolerance, that every layer covers."""
    part = plain.asked.geometry[rows]
    for cover in zone.covers:
        if cover.shape is None:
            return np.zeros(len(rows), bool)
        piece, site = shapely.STRtree(part).query(cover.shape.pieces, predicate="intersects")
        order = np.argsort(site, kind="stable")
        part = intersection(part, joined(cover.shape.pieces[piece[order]], site[order], len(part)))
    out = np.zeros(len(rows), bool)
    full = np.flatnonzero(~shapely.is_empty(part))
    if len(full):
        some = asked_of(part[full], plain.asked.accuracy_m[rows[full]], plain.asked.clipped[rows[full]])
        inner = _Plain(some, plain.question, plain.tolerance_m[rows[full]])
        low, high = inner.answer(zone.low), inner.answer(zone.high)
        out[full] = (low == YES) & (high == YES)
    return out
