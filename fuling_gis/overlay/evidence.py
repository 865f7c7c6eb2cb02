"""Measures what stands behind an answer: which features, how much of the site, how far.

Features are those of the layers themselves, not of the dissolved ground, so that a finding can name them. Areas in
square metres and distances in metres of the working CRS.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from fuling_gis.cache import NOWHERE, Cache
from fuling_gis.overlay.pieces import LINE, POLYGON, RING, Geometries, Indices, cut_areas, cut_lines, parts
from fuling_gis.overlay.predicates import intersection
from fuling_gis.overlay.questions import Asked
from fuling_gis.overlay.shapes import FEW_AMONG, RESOLUTION_M, SHORT_M, Floats, nearest, prepared_copy
from fuling_gis.overlay.sitetree import Bools

if TYPE_CHECKING:
    from fuling_gis.overlay.compiled.gauge import Gauge

# CONTRACT section 5: at most so many features for each predicate of a finding.
MOST_FEATURES: Final = 5
# Runs of an outline that are looked at together, to tell features that are too far away.
_STRETCH: Final = 16


@dataclass(frozen=True)
class Evidence:
    """Pairs of site and feature, sorted by site, then largest overlap, then distance."""

    site: Indices
    feature: Indices
    # Square metres of the site within the feature; 0 for sites and features without area.
    overlap_m2: Floats
    distance_m: Floats

    def farther(self, centres: Evidence) -> Evidence:
        """Give the pairs that the centres of the sites have too, each with the greater of both distances.

        The overlaps are those found here, of the whole sites.
        """
        n = 1 + int(max(self.feature.max(initial=0), centres.feature.max(initial=0)))
        mine, theirs = (pairs.site * n + pairs.feature for pairs in (self, centres))
        _, here, there = np.intersect1d(mine, theirs, assume_unique=True, return_indices=True)
        distance = np.maximum(self.distance_m[here], centres.distance_m[there])
        return _sorted(self.site[here], self.feature[here], self.overlap_m2[here], distance)

    def take(self, pairs: Indices, site: Indices) -> Evidence:
        """Give some of the pairs, with other numbers for their sites."""
        return Evidence(site, self.feature[pairs], self.overlap_m2[pairs], self.distance_m[pairs])


@dataclass(frozen=True)
class _Local:
    """One thread's prepared copies of a layer's features."""

    features: Geometries
    pieces: Geometries
    edges: Geometries

    @cached_property
    def piece_tree(self) -> shapely.STRtree:
        """The pieces, under a tree."""
        return shapely.STRtree(self.pieces)

    @cached_property
    def edge_tree(self) -> shapely.STRtree:
        """The runs of outlines, lines and points, under a tree."""
        return shapely.STRtree(self.edges)


@dataclass(frozen=True)
class _Cut:
    """The features of one layer, cut up."""

    # Pieces of the areas and the feature of each.
    pieces: Geometries
    piece_of: Indices
    # Runs of all outlines, lines, and points, sorted by feature.
    edges: Geometries
    edge_of: Indices


@dataclass(frozen=True)
class FeatureBook:
    """The features of one layer, for measuring."""

    geometry: Geometries
    # Where its field is kept.
    kept: Cache = NOWHERE
    _threads: threading.local = field(default_factory=threading.local, repr=False, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)
    _gauges: list[Gauge] = field(default_factory=list, repr=False, compare=False)

    @property
    def local(self) -> _Local:
        """The prepared copies of the thread that asks."""
        found: _Local | None = getattr(self._threads, "local", None)
        if found is None:
            found = _Local(*(prepared_copy(g) for g in (self.geometry, self._cut.pieces, self._cut.edges)))
            self._threads.local = found
        return found

    @cached_property
    def _cut(self) -> _Cut:
        """The features cut up; many sites hardly ever need them so."""
        flat, owner = parts(self.geometry)
        kind = shapely.get_type_id(flat)
        area, line = kind == POLYGON, (kind == LINE) | (kind == RING)
        pieces, piece_of = cut_areas(flat[area], owner[area])
        rings, ring_of = shapely.get_rings(flat[area], return_index=True)
        lines, line_of = np.concatenate([rings, flat[line]]), np.concatenate([owner[area][ring_of], owner[line]])
        runs, run_of = cut_lines(lines, line_of)
        point = ~area & ~line
        edges, edge_of = np.concatenate([runs, flat[point]]), np.concatenate([run_of, owner[point]])
        order = np.argsort(edge_of, kind="stable")
        return _Cut(pieces, piece_of, edges[order], edge_of[order])

    @cached_property
    def areal(self) -> Bools:
        """Whether each feature has an area."""
        return np.asarray(shapely.get_dimensions(self.geometry) > 1)

    @property
    def gauge(self) -> Gauge:
        """The compiled measure of the features."""
        from fuling_gis.overlay.compiled.gauge import gauge_of

        with self._lock:
            if not self._gauges:
                self._gauges.append(gauge_of(self.geometry, self.kept))
            return self._gauges[0]

    def near(self, asked: Asked, features: Indices, within_m: Floats, *, overlaps: bool = True) -> Evidence:
        """Give every pair of a site and one of the features that lie within the site's distance.

        within_m: metres, one for each site. overlaps: whether areas are wanted; 0 without.
        """
        if not len(asked) or not len(features):
            return _nothing()
        chosen = np.zeros(len(self.geometry), bool)
        chosen[features] = True
        if asked.tree.many:
            return self._gauged(asked, chosen, within_m + RESOLUTION_M, overlaps=overlaps)
        sites = asked.geometry
        tree = asked.tree.tree if asked.whole else shapely.STRtree(sites)
        limit = float(within_m.max()) + RESOLUTION_M
        touching = self._touching(tree, sites, chosen)
        site, feature, distance = self._reached(tree, sites, chosen, limit, touching)
        close = distance <= within_m[site] + RESOLUTION_M
        site, feature, distance = site[close], feature[close], distance[close]
        overlap = self._overlaps(tree, sites, site, feature, touching) if overlaps else np.zeros(len(site))
        return _sorted(site, feature, overlap, distance)

    def _gauged(self, asked: Asked, chosen: Bools, within_m: Floats, *, overlaps: bool) -> Evidence:
        """Measure many sites the compiled way; areas that it cannot tell are left to GEOS."""
        part, feature, distance, overlap = self.gauge.pairs(
            asked.tree, chosen, asked.of_parts(within_m), overlaps=overlaps
        )
        untold = np.flatnonzero(np.isnan(overlap))
        if len(untold):
            common = intersection(asked.tree.geometry[part[untold]], self.geometry[feature[untold]])
            overlap[untold] = shapely.area(common)
        if asked.whole and not len(untold):
            return Evidence(part, feature, overlap, distance)
        key = asked.owner[part] * len(self.geometry) + feature
        pair, which = np.unique(key, return_inverse=True)
        least = np.full(len(pair), np.inf)
        np.minimum.at(least, which, distance)
        total = np.bincount(which, weights=overlap, minlength=len(pair)).astype(np.float64)
        return _sorted(pair // len(self.geometry), pair % len(self.geometry), total, least)

    def nearest(self, asked: Asked, features: Indices) -> Evidence:
        """Give each site the nearest of the features, of several the first."""
        if not len(asked) or not len(features):
            return _nothing()
        if asked.tree.many:
            chosen = np.zeros(len(self.geometry), bool)
            chosen[features] = True
            feature, distance = self.gauge.nearest(asked.tree, chosen)
            site = np.arange(len(asked))
            if not asked.whole:
                order = np.lexsort((feature, distance, asked.owner))
                first = order[np.searchsorted(asked.owner, site)]
                feature, distance = feature[first], distance[first]
        else:
            tree = shapely.STRtree(self.geometry[features])
            (site, position), distance = tree.query_nearest(asked.geometry, return_distance=True)
            order = np.lexsort((features[position], site))
            first = order[np.flatnonzero(np.diff(site[order], prepend=-1))]
            site, feature, distance = site[first].astype(np.int64), features[position[first]], distance[first]
        areal = np.zeros(len(asked), bool)
        areal[asked.owner[asked.tree.areal]] = True
        overlap = np.zeros(len(site))
        both = np.flatnonzero(areal[site] & self.areal[feature])
        if len(both):
            sites = asked.geometry
            overlap[both] = self._overlaps(shapely.STRtree(sites), sites, site[both], feature[both])
        return Evidence(site, feature, overlap, distance)

    def _reached(
        self, tree: shapely.STRtree, sites: Geometries, chosen: Bools, limit: float, touching: tuple[Indices, Indices]
    ) -> tuple[Indices, Indices, Floats]:
        """Give the pairs of a site and a chosen feature within the limit, each once, with their distance.

        touching: the pairs of a site and a piece of a chosen feature that share a point.
        """
        inside, piece = touching
        by_edge = self._by_edge if limit < SHORT_M else self._by_feature
        site, feature, distance = by_edge(tree, sites, chosen, limit)
        site = np.concatenate([inside, site])
        feature = np.concatenate([self._cut.piece_of[piece], feature])
        distance = np.concatenate([np.zeros(len(inside)), distance])
        order = np.lexsort((distance, feature, site))
        site, feature, distance = site[order], feature[order], distance[order]
        first = np.ones(len(site), bool)
        first[1:] = (site[1:] != site[:-1]) | (feature[1:] != feature[:-1])
        return site[first], feature[first], distance[first]

    def _touching(self, tree: shapely.STRtree, sites: Geometries, chosen: Bools) -> tuple[Indices, Indices]:
        """Give the pairs of a site and a piece of a chosen feature that share at least a point."""
        if len(sites) * FEW_AMONG < len(self._cut.pieces):
            site, piece = self.local.piece_tree.query(sites, predicate="intersects")
            mine = chosen[self._cut.piece_of[piece]]
            return site[mine], piece[mine]
        some = np.flatnonzero(chosen[self._cut.piece_of])
        piece, site = tree.query(self.local.pieces[some], predicate="intersects")
        return site, some[piece]

    def _by_edge(
        self, tree: shapely.STRtree, sites: Geometries, chosen: Bools, limit: float
    ) -> tuple[Indices, Indices, Floats]:
        """Measure every site against every run that comes near it: for short distances."""
        if len(sites) * FEW_AMONG < len(self._cut.edges):
            site, run = self.local.edge_tree.query(sites, predicate="dwithin", distance=limit)
            mine = chosen[self._cut.edge_of[run]]
            site, run = site[mine], run[mine]
        else:
            edge = np.flatnonzero(chosen[self._cut.edge_of])
            run, site = tree.query(self.local.edges[edge], predicate="dwithin", distance=limit)
            run = edge[run]
        distance = shapely.distance(self._cut.edges[run], sites[site])
        return site, self._cut.edge_of[run], np.asarray(distance, dtype=np.float64)

    def _by_feature(
        self, tree: shapely.STRtree, sites: Geometries, chosen: Bools, limit: float
    ) -> tuple[Indices, Indices, Floats]:
        """Measure feature by feature, each with a tree over its own runs: for long distances."""
        edge = np.flatnonzero(chosen[self._cut.edge_of])
        site, feature = self._candidates(tree, edge, limit)
        distance = np.full(len(site), np.inf)
        for one in np.unique(feature):
            rows = np.flatnonzero(feature == one)
            first, last = np.searchsorted(self._cut.edge_of, [one, one + 1])
            distance[rows] = nearest(shapely.STRtree(self._cut.edges[first:last]), sites[site[rows]], limit)
        near = np.isfinite(distance)
        return site[near], feature[near], distance[near]

    def _candidates(self, tree: shapely.STRtree, edge: Indices, limit: float) -> tuple[Indices, Indices]:
        """Give the pairs of a site and a feature one of whose stretches of outline may come within the limit."""
        feature = self._cut.edge_of[edge]
        start = np.flatnonzero(np.r_[True, (feature[1:] != feature[:-1]) | (np.arange(1, len(edge)) % _STRETCH == 0)])
        corners = shapely.bounds(self._cut.edges[edge])
        low, high = (ufunc.reduceat(corners, start, axis=0) for ufunc in (np.minimum, np.maximum))
        box = shapely.box(low[:, 0] - limit, low[:, 1] - limit, high[:, 2] + limit, high[:, 3] + limit)
        stretch, site = tree.query(box)
        n = len(self.geometry)
        pair = np.unique(site * n + feature[start[stretch]])
        return pair // n, pair % n

    def _overlaps(
        self,
        tree: shapely.STRtree,
        sites: Geometries,
        site: Indices,
        feature: Indices,
        touching: tuple[Indices, Indices] | None = None,
    ) -> Floats:
        """Measure the area of each site within each feature of the pairs.

        touching: the pairs of a site and a piece of these features that share a point, others too; None: not known.
        """
        out = np.zeros(len(site))
        areal = shapely.get_dimensions(sites) > 1
        open_ = np.flatnonzero(areal[site] & self.areal[feature])
        inside = shapely.contains_properly(self.local.features[feature[open_]], sites[site[open_]])
        out[open_[inside]] = shapely.area(sites[site[open_[inside]]])
        open_ = open_[~inside]
        if not len(open_):
            return out
        n = len(self.geometry)
        wanted = np.unique(site[open_] * n + feature[open_])
        if touching is None:
            chosen = np.zeros(n, bool)
            chosen[feature[open_]] = True
            touching = self._touching(tree, sites, chosen)
        of, piece = touching
        pair = of * n + self._cut.piece_of[piece]
        place = np.minimum(np.searchsorted(wanted, pair), len(wanted) - 1)
        kept = wanted[place] == pair
        area = shapely.area(intersection(sites[of[kept]], self._cut.pieces[piece[kept]]))
        total = np.bincount(place[kept], weights=area, minlength=len(wanted))
        out[open_] = total[np.searchsorted(wanted, site[open_] * n + feature[open_])]
        return out


def _sorted(site: Indices, feature: Indices, overlap: Floats, distance: Floats) -> Evidence:
    order = np.lexsort((feature, distance, -overlap, site))
    return Evidence(site[order], feature[order], overlap[order], distance[order])


def _nothing() -> Evidence:
    none = np.zeros(0, np.int64)
    return Evidence(none, none, np.zeros(0), np.zeros(0))
