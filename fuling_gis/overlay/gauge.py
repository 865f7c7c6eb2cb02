"""Measures many sites against outlines at once: the compiled way, beside the way through GEOS trees for few sites.

A gauge is a tree of outlines with its field. It gives what `shapes` and `evidence` also get from GEOS, and the tests hold
the two together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fuling_gis.overlay.depth import reaches
from fuling_gis.overlay.field import Field, bound, field_of
from fuling_gis.overlay.measure import any_vertex, begins_inside, outline_gaps, pairs
from fuling_gis.overlay.outline import Floats, Tree, tree_of
from fuling_gis.overlay.pieces import Geometries, Indices
from fuling_gis.overlay.sitetree import Bools, SiteTree


@dataclass(frozen=True)
class Gauge:
    """Outlines of numbered features, ready to be measured against. Metres of the working CRS."""

    tree: Tree
    field: Field

    def bounds(self, sites: SiteTree) -> tuple[Floats, Floats]:
        """Bound the signed distance to the first feature over all points of each site."""
        low, high = np.empty(len(sites)), np.empty(len(sites))
        bound(self.field, sites.flat.box, sites.rows, low, high)
        return low, high

    def gaps(self, sites: SiteTree, limit_m: Floats) -> Floats:
        """Give each site's distance to the outline of the first feature; inf beyond the site's limit."""
        gaps: Floats = outline_gaps(self.tree, self.field, sites.flat, sites.rows, limit_m)
        return gaps

    def begins_inside(self, sites: SiteTree) -> Bools:
        """Tell whether the first vertex of each site lies in the first feature."""
        inside: Bools = begins_inside(self.tree, self.field, sites.flat, sites.rows)
        return inside

    def any_vertex(self, sites: SiteTree, beyond_m: Floats, *, inside: bool) -> Bools:
        """Tell which sites have a vertex inside, or outside, the first feature, farther from its outline than asked."""
        found: Bools = any_vertex(self.tree, self.field, sites.flat, sites.rows, beyond_m, inside)
        return found

    def reaches(self, sites: SiteTree, side: int, zone_m: Floats, site_m: Floats) -> NDArray[np.int8]:
        """Tell for polygons whether some point lies deep enough in the first feature and in the site.

        Deep enough is more than `zone_m` inside the feature (side 1) or outside it (side -1), and more than `site_m` inside
        the site. 1 is yes, 0 no, -1 left open.
        """
        told: NDArray[np.int8] = reaches(self.tree, self.field, sites.flat, sites.rows, float(side), zone_m, site_m)
        return told

    def pairs(
        self, sites: SiteTree, chosen: Bools, within_m: Floats, *, overlaps: bool
    ) -> tuple[Indices, Indices, Floats, Floats]:
        """Give every pair of a site and a chosen feature within the site's distance: site, feature, distance, overlap.

        Sorted by site, then largest overlap, then distance, then feature. An overlap is NaN where it could not be told.
        """
        found: tuple[Indices, Indices, Floats, Floats] = pairs(
            self.tree, self.field, sites.flat, sites.rows, within_m, chosen, overlaps
        )
        return found


def gauge_of(geometry: Geometries) -> Gauge:
    """Make a gauge of features of any kind. They must have at least one segment among them."""
    tree = tree_of(geometry)
    return Gauge(tree, field_of(tree))
