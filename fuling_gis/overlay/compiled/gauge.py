"""Measures many sites against outlines at once: the compiled way, beside the way through GEOS trees for few sites.

A gauge is a tree of outlines with its field. It gives what `shapes` and `evidence` also get from GEOS, and the tests
hold the two together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fuling_gis.answers import Ternary
from fuling_gis.cache import NOWHERE, Cache
from fuling_gis.overlay.compiled.decide import PREDICATES, decide, decide_by_cell
from fuling_gis.overlay.compiled.depth import CORNERS, WAITING, reaches
from fuling_gis.overlay.compiled.field import Field, field_of
from fuling_gis.overlay.compiled.keeping import as_arrays, key_for, taken
from fuling_gis.overlay.compiled.measure import any_vertex, begins_inside, nearest_feature, outline_gaps, pairs
from fuling_gis.overlay.compiled.outline import Floats, Tree, tree_of
from fuling_gis.overlay.compiled.search import room_for
from fuling_gis.overlay.pieces import Geometries, Indices
from fuling_gis.overlay.sitetree import Bools, SiteTree


@dataclass(frozen=True)
class Gauge:
    """Outlines of numbered features, ready to be measured against. Metres of the working CRS."""

    tree: Tree
    field: Field

    def decide(self, sites: SiteTree, predicate: str, within_m: float, tolerance_m: Floats, same_m: float) -> Ternary:
        """Answer a predicate for sites and the first feature; OPEN where it takes more than distances to tell.

        same_m: two places nearer than that are one.
        """
        out = np.empty(len(sites), np.int8)
        room, rows, asked = room_for(self.tree), sites.rows, (PREDICATES[predicate], float(within_m), same_m)
        if not sites.pointlike:
            decide(self.tree, self.field, room, sites.flat, rows, *asked, tolerance_m, out)
            return out
        left = np.empty(len(rows), np.int64)
        rest = left[: decide_by_cell(self.field, sites.flat.xy, rows, *asked, tolerance_m, out, left)]
        answers = np.empty(len(rest), np.int8)
        decide(self.tree, self.field, room, sites.flat, rows[rest], *asked, tolerance_m[rest], answers)
        out[rest] = answers
        return out

    def gaps(self, sites: SiteTree, limit_m: Floats) -> Floats:
        """Give each site's distance to the outline of the first feature; inf beyond the site's limit."""
        out, least = np.empty(len(sites)), np.full(len(sites), -1.0)
        outline_gaps(self.tree, self.field, room_for(self.tree), sites.flat, sites.rows, limit_m, least, out)
        return out

    def near(self, sites: SiteTree, within_m: Floats) -> Bools:
        """Tell which sites lie within a distance, one for each site, of the outline of the first feature."""
        out = np.empty(len(sites))
        outline_gaps(self.tree, self.field, room_for(self.tree), sites.flat, sites.rows, within_m, within_m, out)
        return out <= within_m

    def begins_inside(self, sites: SiteTree) -> Bools:
        """Tell whether the first vertex of each site lies in the first feature."""
        out = np.empty(len(sites), bool)
        begins_inside(self.tree, self.field, room_for(self.tree), sites.flat, sites.rows, out)
        return out

    def any_vertex(self, sites: SiteTree, beyond_m: Floats, *, inside: bool) -> Bools:
        """Tell which sites have a vertex inside, or outside, the first feature, farther from its outline than asked."""
        out = np.zeros(len(sites), bool)
        any_vertex(self.tree, self.field, room_for(self.tree), sites.flat, sites.rows, beyond_m, inside, out)
        return out

    def reaches(self, sites: SiteTree, side: int, zone_m: Floats, site_m: Floats) -> NDArray[np.int8]:
        """Tell for polygons whether some point lies deep enough in the first feature and in the site.

        Deep enough is more than `zone_m` inside the feature (side 1) or outside it (side -1), and more than `site_m`
        inside the site. 1 is yes, 0 no, -1 left open.
        """
        out, square, corner = np.empty(len(sites), np.int8), np.empty((WAITING, 4)), np.empty((2, CORNERS, 2))
        margin = np.stack([zone_m, site_m], axis=1)
        room = room_for(self.tree)
        reaches(self.tree, self.field, room, sites.flat, sites.rows, float(side), margin, square, corner, out)
        return out

    def nearest(self, sites: SiteTree, chosen: Bools) -> tuple[Indices, Floats]:
        """Give each site the nearest chosen feature, of several the first, and how far it is."""
        feature, distance = np.empty(len(sites), np.int64), np.empty(len(sites))
        room = room_for(self.tree, chosen)
        nearest_feature(self.tree, self.field, room, sites.flat, sites.rows, feature, distance)
        return feature, distance

    def pairs(
        self, sites: SiteTree, chosen: Bools, within_m: Floats, *, overlaps: bool
    ) -> tuple[Indices, Indices, Floats, Floats]:
        """Give every pair of a site and a chosen feature within the site's distance: site, feature, distance, overlap.

        Sorted by site, then largest overlap, then distance, then feature. An overlap is NaN where it could not be told.
        """
        room, site = room_for(self.tree, chosen), 0
        turns: list[tuple[Indices, Indices, Floats, Floats]] = []
        while site < len(sites) or not turns:
            # Most often one turn is enough; each has room for all the features of one site.
            n = max(len(sites) + len(sites) // 8 + 16, self.tree.features)
            whose, which, gap, size = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n), np.empty(n)
            site, found = pairs(
                self.tree,
                self.field,
                room,
                sites.flat,
                sites.rows,
                within_m,
                overlaps,
                site,
                whose,
                which,
                gap,
                size,
            )
            turns.append((whose[:found], which[:found], gap[:found], size[:found]))
        if len(turns) == 1:
            return turns[0]
        whose, which, gap, size = (np.concatenate(each) for each in zip(*turns, strict=True))
        return whose, which, gap, size


def gauge_of(geometry: Geometries, kept: Cache = NOWHERE) -> Gauge:
    """Make a gauge of features of any kind; the areas of one feature must not overlap each other.

    kept: where gauges are kept by what they were made from, to be taken from there the next time.
    """
    if kept.folder is None:
        tree = tree_of(geometry)
        return Gauge(tree, field_of(tree))
    key = key_for(geometry)
    if (found := taken(kept.get(key), len(geometry))) is not None:
        return Gauge(*found)
    tree = tree_of(geometry)
    field = field_of(tree)
    kept.put(key, as_arrays(tree, field))
    return Gauge(tree, field)
