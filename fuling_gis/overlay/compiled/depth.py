"""Compiled search for a point that lies deep enough in a zone, or far enough outside it, and in a site.

Signed distance, negative inside, cannot change faster than one moves. A square whose middle misses both conditions by
more than its corners are away holds no such point; a square that may is cut in four, and the most promising quarter is
looked at next. That ends soon, unless the deepest points miss by next to nothing, as along the middle of a strip that
is just as wide as twice the depth asked; a square there is out of the question when a few segments of the outline
have all of it within that depth. What is still not told is left open, for GEOS to decide.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from fuling_gis.overlay.compiled.compiling import step
from fuling_gis.overlay.compiled.field import features_at
from fuling_gis.overlay.compiled.measure import holds
from fuling_gis.overlay.compiled.search import (
    left_of,
    nearest_segment,
    nearest_to_point,
    point_to_segment,
    point_to_way,
)

# Squares that are looked at for one site, edges of the site that this may cost, and squares that wait at once.
_MOST_SQUARES: Final = 4_000
_MOST_EDGES: Final = 2_000_000
WAITING: Final = 128
# Segments that are put together to have all of a square near them, and room for its corners and those of what is left.
_MOST_SEGMENTS: Final = 6
CORNERS: Final = 4 + 2 * _MOST_SEGMENTS
# What rounding may add to a distance, metres.
_ROUNDING_M: Final = 1e-7
# How far a corner is from the middle, for half an edge of 1.
_CORNER: Final = 1.4142135623730951


@step
def _to_site(flat: Any, site: int, x: float, y: float) -> float:
    """Give the signed distance from a place to a polygon."""
    least = np.inf
    for chain in range(flat.chain[site], flat.chain[site + 1]):
        for v in range(flat.first[chain], flat.first[chain + 1] - 1):
            least = min(least, point_to_way(x, y, flat.xy[v, 0], flat.xy[v, 1], flat.xy[v + 1, 0], flat.xy[v + 1, 1]))
    return -np.sqrt(least) if holds(flat, site, x, y) else np.sqrt(least)


@step
def _to_zone(tree: Any, field: Any, room: Any, x: float, y: float, most: float) -> float:
    """Give the signed distance from a place to the first feature; what is more than `most` away counts as that much."""
    away = min(np.sqrt(nearest_to_point(tree, room, x, y, most * most)), most)
    return -away if features_at(field, tree, room, x, y) > 0 else away


@step
def _miss(
    tree: Any, field: Any, room: Any, flat: Any, site: int, side: float, margin: Any, x: float, y: float, corner: float
) -> float:
    """Give by how much a place misses the two conditions, below 0 if it meets them; more than `corner` may be rough."""
    in_site = _to_site(flat, site, x, y) + margin[1]
    if in_site > corner:
        return in_site
    most = corner + margin[0] + 1.0
    return max(in_site, side * _to_zone(tree, field, room, x, y, most) + margin[0])


@step
def all_near(tree: Any, room: Any, x: float, y: float, half: float, most: float, corner: Any) -> bool:
    """Tell whether all of a square is surely within a distance of the outline of one feature.

    Half-planes along near segments are cut off the square one after the other. Distance from a segment is a convex
    function, so that a piece lies within it when its corners do. x, y: the middle; half: half an edge. corner: room
    for corners, shape (2, CORNERS, 2).
    """
    n, least = 4, most - _ROUNDING_M
    for i in range(4):
        corner[0, i, 0] = x + (half if i in (1, 2) else -half)
        corner[0, i, 1] = y + (half if i in (2, 3) else -half)
    for turn in range(_MOST_SEGMENTS):
        now, then = corner[turn % 2], corner[1 - turn % 2]
        mx, my = 0.0, 0.0
        for i in range(n):
            mx, my = mx + now[i, 0] / n, my + now[i, 1] / n
        if nearest_segment(tree, room, mx, my, most * most) >= most * most:
            return False
        k = room.last[0]
        ax, ay, bx, by = tree.segment[k, 0], tree.segment[k, 1], tree.segment[k, 2], tree.segment[k, 3]
        length = np.sqrt((bx - ax) ** 2 + (by - ay) ** 2)
        if length == 0.0:
            return False
        side = 1.0 if left_of(ax, ay, bx, by, mx, my) > 0.0 else -1.0
        # How far corners stand beyond the line that runs along the segment at the distance, on the middle's side.
        kept, before = 0, n - 1
        beyond = side * left_of(ax, ay, bx, by, now[before, 0], now[before, 1]) / length - least
        for i in range(n):
            last, beyond = beyond, side * left_of(ax, ay, bx, by, now[i, 0], now[i, 1]) / length - least
            if (last > 0.0) != (beyond > 0.0):
                share = last / (last - beyond)
                cx = now[before, 0] + share * (now[i, 0] - now[before, 0])
                cy = now[before, 1] + share * (now[i, 1] - now[before, 1])
                if point_to_segment(cx, cy, tree.segment, k) > most * most:
                    return False
                then[kept, 0], then[kept, 1] = cx, cy
                kept += 1
            if beyond > 0.0:
                then[kept, 0], then[kept, 1] = now[i, 0], now[i, 1]
                kept += 1
            elif point_to_segment(now[i, 0], now[i, 1], tree.segment, k) > most * most:
                return False
            before = i
        if kept == 0:
            return True
        n = kept
    return False


@step
def reaches(
    tree: Any,
    field: Any,
    room: Any,
    flat: Any,
    rows: Any,
    side: float,
    margin: Any,
    square: Any,
    corner: Any,
    out: Any,
) -> None:
    """Fill in for polygons whether some point lies deep enough in zone and site: 1 yes, 0 no, -1 left open.

    margin: metres, for each site two: deep enough is more than the first inside the first feature (side 1) or outside
    it (side -1), and more than the second inside the site. square: room for squares that wait: middle, half an edge,
    and by how much the middle misses; shape (n, 4). corner: as in `all_near`.
    """
    near_by = tree.features == 1
    for i in range(len(rows)):
        site = rows[i]
        x0, y0, x1, y1 = flat.box[site, 0], flat.box[site, 1], flat.box[site, 2], flat.box[site, 3]
        square[0, 0], square[0, 1], square[0, 2] = 0.5 * (x0 + x1), 0.5 * (y0 + y1), 0.5 * max(x1 - x0, y1 - y0)
        edges = flat.first[flat.chain[site + 1]] - flat.first[flat.chain[site]]
        left = min(_MOST_SQUARES, max(4, _MOST_EDGES // edges))
        waiting, out[i] = 1, 0
        while waiting > 0 and out[i] == 0:
            waiting -= 1
            x, y, half = square[waiting, 0], square[waiting, 1], 0.5 * square[waiting, 2]
            left -= 4
            if left < 0 or waiting + 4 > len(square):
                out[i] = -1
                break
            bottom = waiting
            for part in range(4):
                mx, my = x + (half if part & 1 else -half), y + (half if part & 2 else -half)
                miss = _miss(tree, field, room, flat, site, side, margin[i], mx, my, half * _CORNER)
                if miss < 0.0:
                    out[i] = 1
                    break
                if miss > half * _CORNER:
                    continue
                if near_by and half < margin[i, 0] and all_near(tree, room, mx, my, half, margin[i, 0], corner):
                    continue
                # The most promising one ends on top.
                at = waiting
                while at > bottom and square[at - 1, 3] < miss:
                    for column in range(4):
                        square[at, column] = square[at - 1, column]
                    at -= 1
                square[at, 0], square[at, 1], square[at, 2], square[at, 3] = mx, my, half, miss
                waiting += 1
