"""Cuts sites to the jurisdiction: what lies beyond the district is told and not judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from fuling_gis.answers import NO, YES
from fuling_gis.layers.model import Layer
from fuling_gis.overlay.pieces import Geometries, parts
from fuling_gis.overlay.predicates import intersection, is_in, is_outside, joined, left_pairs
from fuling_gis.overlay.questions import Asked, asked_of
from fuling_gis.overlay.shapes import Floats, Shape
from fuling_gis.overlay.sitetree import Bools
from fuling_gis.overlay.zones import ZoneBook

# What is judged is some share of its site; far less than is written.
_LEAST_SHARE: Final = 1e-9


@dataclass(frozen=True)
class Inside:
    """What of each site is judged."""

    # The part inside, or the whole site where it is judged whole; `clipped` where the judged part lies in the
    # jurisdiction by construction. Shape (n,).
    asked: Asked
    # The site does not meet the jurisdiction, nor comes within its tolerance.
    outside: Bools
    # Share of the site inside: of area, length, or points; NaN without a jurisdiction.
    share: Floats


def cut_to(asked: Asked, district: Shape | None, tolerance_m: Floats) -> Inside:
    """Cut sites to the jurisdiction.

    A site that only touches it, or lies within the tolerance of it, is judged whole. Without a jurisdiction every
    site is. asked: in the working CRS. tolerance_m: metres, shape (n,).
    """
    n = len(asked)
    if district is None:
        return Inside(asked, np.zeros(n, bool), np.full(n, np.nan))
    if district.empty or not n:
        return Inside(asked, np.ones(n, bool), np.zeros(n))
    # Where no part of a site comes near the border there is nothing to cut.
    told = district.told(asked.tree, "outside", 0.0, asked.of_parts(tolerance_m))
    rest = np.flatnonzero(asked.best(np.where(told == NO, NO, YES).astype(np.int8)) == YES)
    near = _cut(asked.take(rest), district, tolerance_m[rest])
    cut = np.zeros(n, bool)
    cut[rest] = near.cut
    outside, share, clipped = np.zeros(n, bool), np.ones(n), np.ones(n, bool)
    outside[rest], share[rest], clipped[rest] = near.outside, near.share, near.clipped
    return Inside(asked.replaced(cut, near.judged[near.cut], clipped), outside, share)


def judged_of(geometry: Geometries, district: Shape | None) -> Geometries:
    """Give what is judged of some sites, from which all is measured: the parts inside, or whole sites as in `cut_to`.

    geometry: in the working CRS, none empty.
    """
    sharp = np.zeros(len(geometry))
    return cut_to(asked_of(geometry, sharp), district, sharp).asked.geometry


def bounds_of(layers: Mapping[str, Layer], jurisdiction: str) -> Shape | None:
    """Give the ground of the jurisdiction as sites are cut to it; None where there is no such layer."""
    return ZoneBook({jurisdiction: layers.get(jurisdiction)}, jurisdiction).area(jurisdiction)


@dataclass(frozen=True)
class _Near:
    """The same for the sites that may reach out."""

    judged: Geometries
    # Whether the site's geometry is another than before.
    cut: Bools
    clipped: Bools
    outside: Bools
    share: Floats


def _cut(asked: Asked, district: Shape, tolerance_m: Floats) -> _Near:
    n, tree, owner = len(asked), asked.tree, asked.owner
    sharp = np.zeros(len(tree))
    reaches_out = is_outside(tree, district, sharp)
    whole = asked.best(reaches_out) == NO
    if whole.all():
        nothing = np.zeros(n, bool)
        return _Near(asked.geometry, nothing, whole, nothing, np.ones(n))
    # A point has no inside: on the border it is in the jurisdiction as long as the border is.
    meets = np.where(tree.points, np.where(reaches_out == NO, YES, NO), is_in(tree, district, sharp)).astype(np.int8)
    across = (asked.best(meets) == YES) & ~whole
    reached = asked.best(is_in(tree, district, asked.of_parts(tolerance_m))) > NO
    share = np.where(whole, 1.0, 0.0)
    judged = asked.geometry.copy()
    scattered = across & (shapely.get_dimensions(judged) == 0)
    if scattered.any():
        inner = np.flatnonzero(tree.points & (meets == YES))
        judged[scattered] = joined(tree.geometry[inner], owner[inner], n)[scattered]
    lines = np.flatnonzero(across & ~scattered)
    if len(lines):
        judged[lines] = _part_inside(judged[lines], district)
    # Of a site of several kinds only a point may be inside: no share of its area, and yet a part that is judged.
    share[across] = np.maximum(_share(judged[across], asked.geometry[across]), _LEAST_SHARE)
    return _Near(judged, across, whole | across, ~reached & ~across & ~whole, share)


def _part_inside(geometry: Geometries, district: Shape) -> Geometries:
    """Intersect sites with the jurisdiction, of each part of a site only what has the part's own dimension."""
    part, owner = parts(geometry)
    piece, which = shapely.STRtree(part).query(district.pieces, predicate="intersects")
    which, piece = left_pairs((which, piece))
    common = intersection(part[which], district.pieces[piece])
    flat, source = parts(common)
    same = shapely.get_dimensions(flat) == shapely.get_dimensions(part)[which[source]]
    return joined(flat[same], owner[which[source[same]]], len(geometry))


def _share(part: Geometries, whole: Geometries) -> Floats:
    dimension = shapely.get_dimensions(whole)
    measures = (shapely.get_num_geometries, shapely.length, shapely.area)
    out = np.zeros(len(whole))
    for size, measure in enumerate(measures):
        rows = dimension == size
        out[rows] = measure(part[rows]) / measure(whole[rows])
    return np.minimum(out, 1.0)
