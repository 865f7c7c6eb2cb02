"""Cuts large geometries into small pieces, so that a tree over them can prune.

A piece of an area has at most some 100 vertices, a piece of a line 8 segments. Cutting adds vertices that lie within
1e-9 m of the original outline, far below `shapes.RESOLUTION_M`.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

Geometries: TypeAlias = NDArray[np.object_]
Indices: TypeAlias = NDArray[np.int64]

AREA_VERTICES: Final = 512
LINE_SEGMENTS: Final = 8

# GEOS type numbers.
POINT, LINE, RING, POLYGON = 0, 1, 2, 3


def parts(geometry: Geometries) -> tuple[Geometries, Indices]:
    """Take collections apart down to points, lines and polygons, without the empty ones.

    Gives the parts and, for each, the position of the geometry it comes from.
    """
    if (shapely.get_type_id(geometry) <= POLYGON).all() and not shapely.is_empty(geometry).any():
        return geometry, np.arange(len(geometry))
    flat, owner = shapely.get_parts(geometry, return_index=True)
    while (shapely.get_type_id(flat) > POLYGON).any():
        flat, again = shapely.get_parts(flat, return_index=True)
        owner = owner[again]
    full = ~shapely.is_empty(flat)
    return flat[full], owner[full].astype(np.int64)


def along_curve(bounds: NDArray[np.float64]) -> NDArray[np.uint32]:
    """Number boxes along a Z-shaped curve through the plane: what is near in the plane is near in the numbers.

    The upper half of a number is the curve through a coarser grid. bounds: as of `shapely.bounds`, shape (n, 4).
    """
    if not len(bounds):
        return np.zeros(0, np.uint32)
    x0, y0, x1, y1 = bounds.T
    x, y = x0 + x1, y0 + y1
    scale = 65_535 / max(float(np.ptp(x)), float(np.ptp(y)), 1e-9)
    column, row = (((axis - axis.min()) * scale).astype(np.uint16) for axis in (x, y))
    return _spread(column) | _spread(row) << np.uint32(1)


# Each byte with a zero after each of its bits.
_BYTE: Final = np.arange(256, dtype=np.uint32)
_APART: Final[NDArray[np.uint32]] = np.bitwise_or.reduce([(_BYTE >> bit & 1) << (2 * bit) for bit in range(8)])


def _spread(number: NDArray[np.uint16]) -> NDArray[np.uint32]:
    """Put a zero after each bit."""
    spread: NDArray[np.uint32] = _APART[number & 255] | _APART[number >> 8] << np.uint32(16)
    return spread


def cut_areas(polygons: Geometries, owner: Indices) -> tuple[Geometries, Indices]:
    """Cut polygons into pieces of at most AREA_VERTICES vertices that together cover the same ground.

    owner: what each polygon belongs to; given back for each piece.
    """
    done: list[tuple[Geometries, Indices]] = []
    while len(polygons):
        large = shapely.get_num_coordinates(polygons) > AREA_VERTICES
        done.append((polygons[~large], owner[~large]))
        halves = [_halves(polygons[large], side) for side in (0, 1)]
        cut = np.concatenate(halves) if large.any() else polygons[:0]
        flat, source = parts(cut)
        area = shapely.get_type_id(flat) == POLYGON
        polygons = flat[area]
        owner = np.tile(owner[large], 2)[source[area]]
    if not done:
        return polygons, owner
    return np.concatenate([p for p, _ in done]), np.concatenate([o for _, o in done])


def _halves(polygons: Geometries, side: int) -> Geometries:
    """Cut each polygon's bounding box across its longer side and keep one half of the polygon."""
    x0, y0, x1, y1 = shapely.bounds(polygons).T
    wide = (x1 - x0) >= (y1 - y0)
    middle = np.where(wide, (x0 + x1) / 2, (y0 + y1) / 2)
    if side == 0:
        box = shapely.box(x0, y0, np.where(wide, middle, x1), np.where(wide, y1, middle))
    else:
        box = shapely.box(np.where(wide, middle, x0), np.where(wide, y0, middle), x1, y1)
    return np.asarray(shapely.intersection(polygons, box), dtype=object)


def cut_lines(lines: Geometries, owner: Indices, *, segments: int = LINE_SEGMENTS) -> tuple[Geometries, Indices]:
    """Cut lines and rings into runs of at most `segments` segments."""
    if not len(lines):
        return lines, owner
    xy, line = shapely.get_coordinates(lines, return_index=True)
    count = np.bincount(line, minlength=len(lines))
    first = np.cumsum(count) - count
    runs = np.maximum(1, -(-(count - 1) // segments))
    run_line = np.repeat(np.arange(len(lines)), runs)
    run_number = np.arange(len(run_line)) - np.repeat(np.cumsum(runs) - runs, runs)
    start = first[run_line] + run_number * segments
    length = np.minimum(segments + 1, first[run_line] + count[run_line] - start)
    run = np.repeat(np.arange(len(run_line)), length)
    offset = np.arange(len(run)) - np.repeat(np.cumsum(length) - length, length)
    return np.asarray(shapely.linestrings(xy[start[run] + offset], indices=run), dtype=object), owner[run_line]


def outlines(polygons: Geometries) -> Geometries:
    """Give all rings of polygons, shells and holes, as lines."""
    return np.asarray(shapely.get_rings(polygons), dtype=object)


def segments_of(lines: Geometries) -> Geometries:
    """Cut lines into single segments, without those of no length."""
    single, _ = cut_lines(lines, np.zeros(len(lines), np.int64), segments=1)
    long: NDArray[np.bool_] = shapely.length(single) > 0
    return single[long]
