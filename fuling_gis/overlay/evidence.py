"""Measures what stands behind an answer: which features, how much of the site, how far.

Features are those of the layers themselves, not of the dissolved ground, so that a finding can name them. Areas in
square metres and distances in metres of the working CRS.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import shapely

from fuling_gis.layers.model import Layer
from fuling_gis.overlay.pieces import LINE, POLYGON, RING, Geometries, Indices, cut_areas, cut_lines, parts
from fuling_gis.overlay.predicates import intersection
from fuling_gis.overlay.shapes import RESOLUTION_M, Floats, nearest, prepared_copy

# CONTRACT section 5: at most so many features for each predicate of a finding.
MOST_FEATURES: Final = 5


@dataclass(frozen=True)
class Evidence:
    """Pairs of site and feature, sorted by site, then largest overlap, then distance."""

    site: Indices
    feature: Indices
    # Square metres of the site within the feature; 0 for sites and features without area.
    overlap_m2: Floats
    distance_m: Floats


@dataclass(frozen=True)
class _Local:
    """One thread's prepared copies of a layer's features."""

    features: Geometries
    pieces: Geometries


@dataclass(frozen=True)
class FeatureBook:
    """The features of one layer, cut up for measuring."""

    geometry: Geometries
    # Pieces of the areas and the feature of each.
    pieces: Geometries
    piece_of: Indices
    # Runs of all outlines, lines, and points, sorted by feature.
    edges: Geometries
    edge_of: Indices
    _threads: threading.local = field(default_factory=threading.local, repr=False, compare=False)

    @property
    def local(self) -> _Local:
        """This thread's prepared copies."""
        found: _Local | None = getattr(self._threads, "local", None)
        if found is None:
            found = _Local(prepared_copy(self.geometry), prepared_copy(self.pieces))
            self._threads.local = found
        return found

    def near(self, sites: Geometries, features: Indices, within_m: Floats) -> Evidence:
        """Give every pair of a site and one of the features that lie within the site's distance.

        within_m: metres, one for each site.
        """
        if not len(sites) or not len(features):
            return _nothing()
        tree = shapely.STRtree(sites)
        chosen = self.local.features[features]
        limit = float(within_m.max()) + RESOLUTION_M
        position, site = tree.query(chosen, predicate="dwithin", distance=limit)
        feature = features[position]
        distance = self._distances(sites, site, feature, limit)
        close = distance <= within_m[site] + RESOLUTION_M
        site, feature, distance = site[close], feature[close], distance[close]
        overlap = self._overlaps(tree, sites, site, feature)
        order = np.lexsort((feature, distance, -overlap, site))
        return Evidence(site[order], feature[order], overlap[order], distance[order])

    def nearest(self, sites: Geometries, features: Indices) -> Evidence:
        """Give each site the nearest of the features."""
        if not len(sites) or not len(features):
            return _nothing()
        tree = shapely.STRtree(self.geometry[features])
        (site, position), distance = tree.query_nearest(sites, return_distance=True, all_matches=False)
        feature = features[position]
        overlap = self._overlaps(shapely.STRtree(sites), sites, site, feature)
        return Evidence(site.astype(np.int64), feature, overlap, distance)

    def _distances(self, sites: Geometries, site: Indices, feature: Indices, limit: float) -> Floats:
        """Measure pairs, feature by feature: a layer has few features that come near."""
        out = np.zeros(len(site))
        apart = np.ones(len(site), bool)
        areal = shapely.get_dimensions(self.geometry[feature]) > 1
        apart[areal] = ~shapely.intersects(self.local.features[feature[areal]], sites[site[areal]])
        for one in np.unique(feature[apart]):
            rows = np.flatnonzero(apart & (feature == one))
            first, last = np.searchsorted(self.edge_of, [one, one + 1])
            out[rows] = nearest(shapely.STRtree(self.edges[first:last]), sites[site[rows]], limit)
        return out

    def _overlaps(self, tree: shapely.STRtree, sites: Geometries, site: Indices, feature: Indices) -> Floats:
        """Measure the area of each site within each feature of the pairs."""
        out = np.zeros(len(site))
        areal = shapely.get_dimensions(sites) > 1
        wanted = np.zeros(len(self.geometry), bool)
        wanted[feature] = True
        mine = np.flatnonzero(wanted[self.piece_of])
        if not areal.any() or not len(mine):
            return out
        position, of = tree.query(self.local.pieces[mine], predicate="intersects")
        piece = mine[position]
        keep = areal[of]
        piece, of = piece[keep], of[keep]
        area = shapely.area(intersection(sites[of], self.pieces[piece]))
        n = len(self.geometry)
        keys, inverse = np.unique(of * n + self.piece_of[piece], return_inverse=True)
        total = np.bincount(inverse, weights=area, minlength=len(keys))
        pair = site * n + feature
        found = np.searchsorted(keys, pair)
        known = found < len(keys)
        known[known] = keys[found[known]] == pair[known]
        out[known] = total[found[known]]
        return out


def feature_book(layer: Layer) -> FeatureBook:
    """Cut the features of a layer up for measuring."""
    flat, owner = parts(layer.geometry)
    kind = shapely.get_type_id(flat)
    area, line = kind == POLYGON, (kind == LINE) | (kind == RING)
    pieces, piece_of = cut_areas(flat[area], owner[area])
    rings, ring_of = shapely.get_rings(flat[area], return_index=True)
    runs, run_of = cut_lines(np.concatenate([rings, flat[line]]), np.concatenate([owner[area][ring_of], owner[line]]))
    point = ~area & ~line
    edges, edge_of = np.concatenate([runs, flat[point]]), np.concatenate([run_of, owner[point]])
    order = np.argsort(edge_of, kind="stable")
    return FeatureBook(layer.geometry, pieces, piece_of, edges[order], edge_of[order])


def _nothing() -> Evidence:
    none = np.zeros(0, np.int64)
    return Evidence(none, none, np.zeros(0), np.zeros(0))


