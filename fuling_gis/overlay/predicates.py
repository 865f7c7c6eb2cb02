"""The predicates `in`, `near` and `outside` with a positional tolerance, in plain geometry.

CONTRACT section 1, table of predicates. Each function answers for single points, lines and polygons; of a site of
several parts the best answer counts, which `questions` sees to. What coverage and doubts add is left to it as well.
"""

from __future__ import annotations

import numpy as np
import shapely

from fuling_gis.answers import MAYBE, NO, YES, Ternary
from fuling_gis.overlay.pieces import Geometries, Indices, parts
from fuling_gis.overlay.reach import OwnOutline, ZoneEdges, reaches
from fuling_gis.overlay.shapes import OPEN, RESOLUTION_M, Floats, Shape
from fuling_gis.overlay.sitetree import Bools, SiteTree


def is_in(sites: SiteTree, zone: Shape, tolerance_m: Floats) -> Ternary:
    """Tell which sites lie in a zone, or hold a part of it, by more than the tolerance.

    Contact without overlap is a maybe. tolerance_m: metres, shape (n,).
    """
    if zone.empty or not len(sites):
        return np.full(len(sites), NO, np.int8)
    out = zone.told(sites, "in", 0.0, tolerance_m)
    open_ = np.flatnonzero(out == OPEN)
    if len(open_):
        out[open_] = _is_in(sites.take(open_), zone, tolerance_m[open_])
    return out


def is_near(sites: SiteTree, zone: Shape, within_m: float, tolerance_m: Floats) -> Ternary:
    """Tell which sites are within a distance of a zone, by more than the tolerance; exactly at it is within.

    within_m: metres. tolerance_m: metres, shape (n,).
    """
    if zone.empty or not len(sites):
        return np.full(len(sites), NO, np.int8)
    out = zone.told(sites, "near", within_m, tolerance_m)
    open_ = np.flatnonzero(out == OPEN)
    if len(open_):
        near, far = (within_m + sign * tolerance_m[open_] + RESOLUTION_M for sign in (-1, 1))
        distance = zone.distance(sites.take(open_), float(far.max()) + RESOLUTION_M)
        out[open_] = np.where(distance <= near, YES, np.where(distance > far, NO, MAYBE))
    return out


def is_outside(sites: SiteTree, zone: Shape, tolerance_m: Floats) -> Ternary:
    """Tell which sites reach out of a zone by more than the tolerance.

    No where they lie inside and keep that much from its outline.
    """
    if zone.empty or not len(sites):
        return np.full(len(sites), YES, np.int8)
    out = zone.told(sites, "outside", 0.0, tolerance_m)
    open_ = np.flatnonzero(out == OPEN)
    if len(open_):
        out[open_] = _is_outside(sites.take(open_), zone, tolerance_m[open_])
    return out


def _is_in(sites: SiteTree, zone: Shape, tolerance_m: Floats) -> Ternary:
    """Answer `in` from the outline itself."""
    out = np.full(len(sites), NO, np.int8)
    if not len(sites):
        return out
    margin = tolerance_m + RESOLUTION_M
    touched, rim = zone.touched(sites), zone.near_rim(sites, margin)
    out[touched | rim | zone.near_thin(sites, margin)] = MAYBE
    out[touched & ~rim] = YES
    if not (out == MAYBE).any():
        return out
    open_ = np.flatnonzero((out == MAYBE) & ~sites.points & touched)
    out[open_[_site_deep(sites.take(open_), zone, tolerance_m[open_])]] = YES
    open_ = np.flatnonzero((out == MAYBE) & sites.areal)
    out[open_[_zone_deep(sites.take(open_), zone, margin[open_])]] = YES
    return out


def _is_outside(sites: SiteTree, zone: Shape, tolerance_m: Floats) -> Ternary:
    """Answer `outside` from the outline itself."""
    out = np.full(len(sites), MAYBE, np.int8)
    if not len(sites):
        return out
    margin = tolerance_m + RESOLUTION_M
    touched, rim = zone.touched(sites), zone.near_rim(sites, margin)
    out[touched & ~rim] = NO
    out[~touched & ~rim & ~zone.near_thin(sites, margin)] = YES
    open_ = np.flatnonzero(out == MAYBE)
    out[open_] = _outside_near_rim(sites.take(open_), zone, tolerance_m[open_], touched[open_])
    return out


def covered(sites: SiteTree, cover: Shape, margin_m: Floats) -> Bools:
    """Tell which sites, grown by a margin, lie wholly within an area; its outline belongs to it."""
    if cover.empty or not len(sites):
        return np.zeros(len(sites), bool)
    told = cover.told(sites, "outside", 0.0, margin_m)
    out: Bools = told == NO
    open_ = told == OPEN
    if not open_.any():
        return out
    blunt = np.flatnonzero(open_ & (margin_m > RESOLUTION_M))
    some = sites.take(blunt)
    out[blunt] = cover.touched(some) & ~cover.near_rim(some, margin_m[blunt] - RESOLUTION_M)
    sharp = np.flatnonzero(open_ & (margin_m <= RESOLUTION_M))
    out[sharp] = _is_outside(sites.take(sharp), cover, margin_m[sharp]) == NO
    return out


def _site_deep(sites: SiteTree, zone: Shape, tolerance_m: Floats) -> Bools:
    """Tell which lines and polygons have a point deeper inside the zone than the tolerance."""
    margin = tolerance_m + RESOLUTION_M
    if not len(sites):
        return np.zeros(0, bool)
    out = zone.vertex_inside(sites, margin)
    rest = zone.settled(sites, 1, margin, np.zeros(len(sites)), out)
    left = sites.take(rest)
    if not len(left):
        return out
    site, piece = zone.touching_pieces(left)
    common = intersection(left.geometry[site], zone.pieces[piece])
    deep = reaches(common, ZoneEdges((zone.local.rims,)), margin[rest[site]])
    out[rest[site[deep]]] = True
    return out


def _zone_deep(sites: SiteTree, zone: Shape, margin: Floats) -> Bools:
    """Tell which polygons hold a point of the zone deeper inside them than the margin."""
    out = np.zeros(len(sites), bool)
    x0, y0, x1, y1 = shapely.bounds(sites.geometry).T if len(sites) else np.zeros((4, 0))
    narrow = np.minimum(x1 - x0, y1 - y0) <= 2 * margin
    wide = zone.settled(sites, 1, np.zeros(len(sites)), margin, out, leave=narrow)
    left = sites.take(wide)
    if not len(left):
        return out
    for (site, part), source in (
        (left_pairs(zone.touching_pieces(left)), zone.pieces),
        (left_pairs(zone.touching_thin(left)), zone.thin),
    ):
        common = intersection(source[part], left.geometry[site])
        deep = reaches(common, OwnOutline(left.geometry[site]), margin[wide[site]])
        out[wide[site[deep]]] = True
    return out


def left_pairs(pairs: tuple[Indices, Indices]) -> tuple[Indices, Indices]:
    """Sort pairs by their first member, so that results do not hang on the order of a tree."""
    order = np.lexsort((pairs[1], pairs[0]))
    return pairs[0][order], pairs[1][order]


def _outside_near_rim(sites: SiteTree, zone: Shape, tolerance_m: Floats, touched: Bools) -> Ternary:
    """Answer `outside` for sites that come near the zone's edges."""
    out = np.full(len(sites), MAYBE, np.int8)
    if not len(sites):
        return out
    margin = tolerance_m + RESOLUTION_M
    # Inside, and no nearer to the outline than the tolerance.
    blunt = tolerance_m > RESOLUTION_M
    out[touched & blunt & ~zone.near_rim(sites, np.maximum(tolerance_m - RESOLUTION_M, 0))] = NO
    out[zone.vertex_outside(sites, margin)] = YES
    beyond_rim = np.zeros(len(sites), bool)
    rest = zone.settled(sites, -1, margin, np.zeros(len(sites)), beyond_rim, leave=(out != MAYBE) | sites.points)
    out[beyond_rim] = YES
    if len(rest):
        beyond = _ground_beyond(sites.take(rest), zone)
        deep = reaches(beyond, ZoneEdges((zone.local.rims, zone.local.thin)), margin[rest])
        out[rest[deep]] = YES
    # Without a tolerance there is nothing between covered and not covered.
    out[(out == MAYBE) & ~blunt] = NO
    return out


def _ground_beyond(sites: SiteTree, zone: Shape) -> Geometries:
    """Give the part of each site that lies outside the areas of the zone."""
    site, piece = left_pairs(zone.touching_pieces(sites))
    ground = joined(zone.pieces[piece], site, len(sites))
    return difference(sites.geometry, ground)


def joined(geometry: Geometries, owner: Indices, n: int) -> Geometries:
    """Dissolve the geometries of each owner; empty where an owner has none. owner: sorted."""
    out = np.full(n, shapely.GeometryCollection(), dtype=object)
    if len(owner):
        owners, number = np.unique(owner, return_inverse=True)
        members = np.asarray(shapely.geometrycollections(geometry, indices=number), dtype=object)
        out[owners] = shapely.union_all(members.reshape(-1, 1), axis=1)
    return out


def intersection(a: Geometries, b: Geometries) -> Geometries:
    """Give the common ground of pairs; where GEOS finds no clean answer, on a grid of a tenth of a millimetre."""
    return _overlay(shapely.intersection, a, b)


def difference(a: Geometries, b: Geometries) -> Geometries:
    """Give the ground of the first less the second, of pairs; on a fine grid where GEOS finds no clean answer."""
    return _overlay(shapely.difference, a, b)


def _overlay(operation: np.ufunc, a: Geometries, b: Geometries) -> Geometries:
    try:
        return np.asarray(operation(a, b), dtype=object)
    except shapely.GEOSException:
        return _on_grid(operation, a, b)


def _on_grid(operation: np.ufunc, a: Geometries, b: Geometries) -> Geometries:
    """Overlay pairs on a fine grid; GEOS takes no collection of several kinds there, so such pairs are taken apart."""
    out = np.empty(len(a), dtype=object)
    apart = _of_several_kinds(a) | _of_several_kinds(b)
    out[~apart] = operation(a[~apart], b[~apart], grid_size=RESOLUTION_M)
    # GEOS seldom fails, and seldom on a collection: one pair at a time is enough.
    for pair in np.flatnonzero(apart):
        found, _ = parts(np.array(_kind_by_kind(operation, a[pair], b[pair]), dtype=object))
        out[pair] = shapely.GeometryCollection(list(found))
    return out


def _kind_by_kind(operation: np.ufunc, a: shapely.Geometry, b: shapely.Geometry) -> list[shapely.Geometry]:
    """Overlay what is of one dimension in one geometry with what is of one dimension in another."""
    others = _kinds(b)
    if operation is shapely.intersection:
        return [operation(one, other, grid_size=RESOLUTION_M) for one in _kinds(a) for other in others]
    left = _kinds(a)
    for other in others:
        left = [operation(one, other, grid_size=RESOLUTION_M) for one in left]
    return left


def _kinds(geometry: shapely.Geometry) -> list[shapely.Geometry]:
    """Dissolve the points, the lines and the areas of a geometry, each by themselves."""
    flat, _ = parts(np.array([geometry], dtype=object))
    kind = shapely.get_dimensions(flat)
    return [shapely.union_all(flat[kind == one], grid_size=RESOLUTION_M) for one in np.unique(kind)]


def _of_several_kinds(geometry: Geometries) -> Bools:
    flat, owner = parts(geometry)
    kind = shapely.get_dimensions(flat)
    least, most = np.full(len(geometry), 2), np.zeros(len(geometry), np.int64)
    np.minimum.at(least, owner, kind)
    np.maximum.at(most, owner, kind)
    several: Bools = most > least
    return several
