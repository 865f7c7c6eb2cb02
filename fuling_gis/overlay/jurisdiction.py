"""Cuts sites to the jurisdiction: what lies beyond the district is told and not judged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from fuling_gis.answers import NO, YES, Ternary
from fuling_gis.overlay.pieces import Geometries, Indices, parts
from fuling_gis.overlay.predicates import intersection, is_in, is_outside, joined, left_pairs
from fuling_gis.overlay.shapes import Bools, Floats, Shape, sites_of


@dataclass(frozen=True)
class Inside:
    """What of each site is judged."""

    # The part inside, or the whole site where it is judged whole; shape (n,).
    geometry: Geometries
    # The site does not meet the jurisdiction, nor comes within its tolerance.
    outside: Bools
    # The judged part lies in the jurisdiction by construction.
    clipped: Bools
    # Share of the site inside: of area, length, or points; NaN without a jurisdiction.
    share: Floats


def cut_to(geometry: Geometries, district: Shape | None, tolerance_m: Floats) -> Inside:
    """Cut sites to the jurisdiction.

    A site that only touches it, or lies within the tolerance of it, is judged whole. Without a jurisdiction every
    site is. geometry: none empty, in the working CRS. tolerance_m: metres, shape (n,).
    """
    n = len(geometry)
    if district is None:
        return Inside(geometry, np.zeros(n, bool), np.zeros(n, bool), np.full(n, np.nan))
    flat, owner = parts(geometry)
    tree, sharp = sites_of(flat), np.zeros(len(flat))
    reaches_out = is_outside(tree, district, sharp)
    # A point has no inside: on the border it is in the jurisdiction as long as the border is.
    meets = np.where(tree.points, np.where(reaches_out == NO, YES, NO), is_in(tree, district, sharp))
    whole = _most(reaches_out, owner, n) == NO
    across = (_most(meets, owner, n) == YES) & ~whole
    reached = _most(is_in(tree, district, tolerance_m[owner]), owner, n) > NO
    share = np.where(whole, 1.0, 0.0)
    judged = geometry.copy()
    scattered = across & (shapely.get_dimensions(geometry) == 0)
    if scattered.any():
        inner = np.flatnonzero(tree.points & (meets == YES))
        judged[scattered] = joined(flat[inner], owner[inner], n)[scattered]
    lines = np.flatnonzero(across & ~scattered)
    if len(lines):
        judged[lines] = _part_inside(geometry[lines], district)
    share[across] = _share(judged[across], geometry[across])
    return Inside(judged, ~reached & ~across & ~whole, whole | across, share)


def _most(of_part: Ternary, owner: Indices, n: int) -> Ternary:
    out = np.full(n, NO, np.int8)
    np.maximum.at(out, owner, of_part)
    return out


def _part_inside(geometry: Geometries, district: Shape) -> Geometries:
    """Intersect sites with the jurisdiction, of each site only what has the site's own dimension."""
    piece, site = shapely.STRtree(geometry).query(district.pieces, predicate="intersects")
    site, piece = left_pairs((site, piece))
    common = intersection(geometry[site], district.pieces[piece])
    flat, source = parts(common)
    same = shapely.get_dimensions(flat) == shapely.get_dimensions(geometry)[site[source]]
    return joined(flat[same], site[source[same]], len(geometry))


def _share(part: Geometries, whole: Geometries) -> Floats:
    dimension = shapely.get_dimensions(whole)
    measures = (shapely.get_num_geometries, shapely.length, shapely.area)
    out = np.zeros(len(whole))
    for size, measure in enumerate(measures):
        rows = dimension == size
        out[rows] = measure(part[rows]) / measure(whole[rows])
    return np.minimum(out, 1.0)
