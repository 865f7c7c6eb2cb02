"""Geometry as files give it, made fit for measuring: flat, valid, of one kind, never changed without a word.

Every function takes an array of shapely geometries and gives a fresh one. Heights are dropped unsaid, for no rule asks
for them. Coordinate systems and the words for people are left to others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

# Gaps between neighbours that are narrower than this are closed at load (CONTRACT section 1), metres.
GAP_M: Final = 0.002

_COLLECTION: Final = shapely.GeometryType.GEOMETRYCOLLECTION
_POLYGONS: Final = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


@dataclass(frozen=True)
class Repaired:
    """What became of n geometries, one entry for each."""

    # 2D, valid and non-empty; None where nothing usable is left.
    geometry: NDArray[np.object_]
    # True where the geometry covers something else than was given, or is drawn otherwise; a dropped height and a
    # collection gathered into a multi-geometry do not count.
    changed: NDArray[np.bool_]
    # Why, "" where unchanged: `missing`, `empty`, `not_finite`, `collapsed` (all of them: nothing is left), `invalid`
    # (made valid), `mixed` (parts of a lower dimension left aside), `invalid;mixed`.
    reason: NDArray[np.object_]
    # What made it invalid, as GEOS words it without the place ("Self-intersection"); "" elsewhere.
    fault: NDArray[np.object_]
    # Area before and after in the square of the coordinates' unit; NaN where unchanged.
    area_before: NDArray[np.float64]
    area_after: NDArray[np.float64]
    # How many parts of a lower dimension were left aside.
    aside: NDArray[np.int64]


def repair(geometry: NDArray[np.object_]) -> Repaired:
    """Make geometries flat and valid, and keep one kind of part in each: areas if any, else lines, else points.

    Overlapping parts are joined, an outline that crosses itself is split at the crossing. The area before is that of
    the outline as it was drawn. None, empty, not finite or collapsed geometries become None.
    """
    out = flat(geometry)
    reason = np.full(len(out), "", dtype=object)
    fault = np.full(len(out), "", dtype=object)
    aside = np.zeros(len(out), np.int64)
    missing = shapely.is_missing(out)
    empty = shapely.is_empty(out) & ~missing
    reason[missing], reason[empty] = "missing", "empty"
    # What is not finite is not valid either, so only few are looked at closely.
    suspects = np.flatnonzero((reason == "") & (~shapely.is_valid(out) | (shapely.get_type_id(out) == _COLLECTION)))
    reason[suspects[~finite(out[suspects])]] = "not_finite"
    suspects = suspects[reason[suspects] == ""]
    out[reason != ""] = None
    before, after = np.full(len(out), np.nan), np.full(len(out), np.nan)
    if len(suspects):
        drawn = out[suspects]
        before[suspects] = drawn_area(drawn)
        pure, aside[suspects] = _of_one_kind(drawn)
        invalid = ~shapely.is_valid(pure) | ~shapely.is_valid(drawn)
        fault[suspects[invalid]] = _faults(drawn[invalid], pure[invalid])
        pure[invalid] = _made_valid(pure[invalid])
        reason[suspects] = [_reason(bad, left > 0) for bad, left in zip(invalid, aside[suspects], strict=True)]
        gone = shapely.is_empty(pure) | shapely.is_missing(pure)
        pure[gone] = None
        reason[suspects[gone]] = "collapsed"
        out[suspects] = pure
        after[suspects] = np.where(gone, 0.0, shapely.area(pure))
        before[reason == ""] = after[reason == ""] = np.nan
    return Repaired(out, reason != "", reason, fault, before, after, aside)


def flat(geometry: NDArray[np.object_]) -> NDArray[np.object_]:
    """Give a copy without heights and measures."""
    out = np.array(geometry, dtype=object)
    tall = shapely.has_z(out) | shapely.has_m(out)
    if tall.any():
        out[tall] = shapely.force_2d(out[tall])
    return out


def finite(geometry: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Tell which geometries have finite x and y throughout; an empty or missing one has."""
    coordinates, owner = shapely.get_coordinates(geometry, return_index=True)
    bad = ~np.isfinite(coordinates).all(axis=1)
    out = np.ones(len(geometry), bool)
    out[owner[bad]] = False
    return out


def _reason(invalid: bool, mixed: bool) -> str:  # noqa: FBT001  two facts, one word
    return ";".join(word for word, holds in (("invalid", invalid), ("mixed", mixed)) if holds)


def _faults(drawn: NDArray[np.object_], pure: NDArray[np.object_]) -> NDArray[np.object_]:
    told = np.where(shapely.is_valid(drawn), shapely.is_valid_reason(pure), shapely.is_valid_reason(drawn))
    # The invalid ones are few, and GEOS writes the place into the text.
    return np.array([str(text).partition("[")[0].strip() for text in told], dtype=object)


def drawn_area(geometry: NDArray[np.object_]) -> NDArray[np.float64]:
    """Add up the areas of all parts as drawn; a part that overlaps another counts again."""
    parts, owner = _leaves(geometry)
    return np.bincount(owner, shapely.area(parts), minlength=len(geometry)).astype(np.float64)


def _leaves(geometry: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Take geometries apart down to single ones, each with the position of its whole; empty ones drop out."""
    parts = np.asarray(geometry, dtype=object)
    owner = np.arange(len(parts))
    # One turn for each level of nesting, over all geometries at once.
    while (shapely.get_type_id(parts) >= shapely.GeometryType.MULTIPOINT).any():
        parts, index = shapely.get_parts(parts, return_index=True)
        owner = owner[index]
    kept = ~shapely.is_empty(parts) & ~shapely.is_missing(parts)
    return parts[kept], owner[kept]


def _of_one_kind(geometry: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Keep of each collection the parts of the highest dimension, as one multi-geometry, and count what is left."""
    out = geometry.copy()
    aside = np.zeros(len(geometry), np.int64)
    mixed = np.flatnonzero(shapely.get_type_id(geometry) == _COLLECTION)
    if not len(mixed):
        return out, aside
    parts, owner = _leaves(geometry[mixed])
    dimension = shapely.get_dimensions(parts)
    highest = np.full(len(mixed), -1)
    np.maximum.at(highest, owner, dimension)
    kept = dimension == highest[owner]
    aside[mixed] = np.bincount(owner[~kept], minlength=len(mixed))
    out[mixed] = None
    makers = {0: shapely.multipoints, 1: shapely.multilinestrings, 2: shapely.multipolygons}
    for level, make in makers.items():
        here = kept & (dimension == level)
        if here.any():
            wholes, index = np.unique(owner[here], return_inverse=True)
            out[mixed[wholes]] = make(parts[here], indices=index)
    single = (shapely.get_num_geometries(out[mixed]) == 1) & ~shapely.is_missing(out[mixed])
    out[mixed[single]] = shapely.get_geometry(out[mixed[single]], 0)
    return out, aside


def _made_valid(geometry: NDArray[np.object_]) -> NDArray[np.object_]:
    """Make geometries valid and of one kind; collapsed parts vanish."""
    valid = shapely.make_valid(geometry, method="structure", keep_collapsed=False)
    pure, _ = _of_one_kind(valid)
    return pure


def close_gaps(geometry: NDArray[np.object_], gap_m: float = GAP_M) -> NDArray[np.object_]:
    """Give the patches that close the gaps between outlines that nearly meet; usually none.

    geometry: valid polygons in metres; others are passed over. Two outlines nearly meet where a vertex of one lies
    within `gap_m` of another feature's outline without lying on it. A patch may cover ground of the features too:
    joined to the union of them it leaves no gap.
    """
    areas = geometry[np.isin(shapely.get_type_id(geometry), _POLYGONS)]
    if len(areas) < 2:  # noqa: PLR2004  a gap is between two
        return np.array([], dtype=object)
    members, places = _near_vertices(areas, gap_m)
    if not len(members):
        return np.array([], dtype=object)
    return _patches(areas[members], places, gap_m)


# Edges of an outline that are asked together; longer runs make wide boxes, shorter ones many.
_RUN: Final = 16


def _near_vertices(areas: NDArray[np.object_], gap_m: float) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """Find vertices that lie near an outline without lying on it, and the positions in `areas` that they concern.

    A border that two features share edge for edge cannot be beside a gap, so only edges that stand once are asked.
    """
    lines, owner = _lonely_runs(areas)
    if not len(lines):
        return np.array([], np.int64), np.array([], dtype=object)
    coordinates, line_of = shapely.get_coordinates(lines, return_index=True)
    vertices = shapely.points(coordinates)
    vertex, line = shapely.STRtree(lines).query(vertices, predicate="dwithin", distance=gap_m)
    foreign = line != line_of[vertex]
    vertex, line = vertex[foreign], line[foreign]
    distance = shapely.distance(vertices[vertex], lines[line])
    near = (distance > 0) & (distance < gap_m)
    members = np.unique(np.concatenate([owner[line_of[vertex[near]]], owner[line[near]]]))
    return members, vertices[np.unique(vertex[near])]


def _lonely_runs(areas: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Give the edges that no other outline repeats, joined into runs, with the position of the area each is of."""
    rings, area_of = _rings(areas)
    coordinates, ring_of = shapely.get_coordinates(rings, return_index=True)
    inner = ring_of[1:] == ring_of[:-1]
    start = np.flatnonzero(inner)
    ends = coordinates.view(np.complex128).ravel()
    first, second = ends[start], ends[start + 1]
    swap = (first.real > second.real) | ((first.real == second.real) & (first.imag > second.imag))
    edge = np.column_stack([np.where(swap, second, first), np.where(swap, first, second)])
    order = np.lexsort((edge[:, 1].imag, edge[:, 1].real, edge[:, 0].imag, edge[:, 0].real))
    equal = (edge[order][1:] == edge[order][:-1]).all(axis=1)
    lonely = np.ones(len(start), bool)
    lonely[order[1:][equal]] = False
    lonely[order[:-1][equal]] = False
    start = start[lonely]
    if not len(start):
        return np.array([], dtype=object), np.array([], np.int64)
    return _runs(start, coordinates, area_of[ring_of])


def _rings(areas: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    parts, area_of = shapely.get_parts(areas, return_index=True)
    rings, part_of = shapely.get_rings(parts, return_index=True)
    return rings, area_of[part_of]


def _runs(
    start: NDArray[np.int64], coordinates: NDArray[np.float64], area_of: NDArray[np.int64]
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Join edges, given by the position of their first vertex, into lines of at most `_RUN` edges."""
    fresh = np.ones(len(start), bool)
    fresh[1:] = start[1:] != start[:-1] + 1
    group = np.cumsum(fresh) - 1
    within = np.arange(len(start)) - np.flatnonzero(fresh)[group]
    run = np.cumsum(fresh | (within % _RUN == 0)) - 1
    count = np.bincount(run)
    # Every run has one vertex more than edges: its last edge's end is put after it.
    last = np.cumsum(count) - 1
    position = np.insert(start, last + 1, start[last] + 1)
    index = np.repeat(np.arange(len(count)), count + 1)
    return shapely.linestrings(coordinates[position], indices=index), area_of[start[last]]


def _patches(areas: NDArray[np.object_], places: NDArray[np.object_], gap_m: float) -> NDArray[np.object_]:
    """Grow the areas that nearly meet by half a gap and shrink them again: what is then new was a gap.

    What fills the point of a sharp notch elsewhere is no gap: only what lies by one of `places` counts. Each patch
    overlaps its neighbours by half a gap, so that joining them leaves no hair between.
    """
    half = gap_m / 2
    whole = shapely.union_all(areas)
    grown = shapely.buffer(whole, half, join_style="mitre", mitre_limit=2.0)
    closed = shapely.buffer(grown, -half, join_style="mitre", mitre_limit=2.0)
    new = shapely.get_parts(shapely.difference(closed, whole))
    new = new[shapely.area(new) > 0]
    new = new[np.unique(shapely.STRtree(new).query(places, predicate="dwithin", distance=gap_m)[1])]
    overlapping = shapely.intersection(shapely.buffer(new, half, join_style="mitre", mitre_limit=2.0), closed)
    patches, _ = _of_one_kind(overlapping)
    patches = patches[np.isin(shapely.get_type_id(patches), _POLYGONS)]
    kept: NDArray[np.object_] = patches[~shapely.is_empty(patches)]
    return kept
