"""Compiled search for a point that lies deep enough in a zone, or far enough outside it, and in a site.

Signed distance, negative inside, cannot change faster than one moves. A square whose middle misses both conditions by
more than its corners are away holds no such point; a square that may is cut in four, and the most promising quarter is
looked at next. That ends soon, unless the deepest point misses by next to nothing; such sites are left open, for GEOS
to decide.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from fuling_gis.overlay.compiled.compiling import step
from fuling_gis.overlay.compiled.field import features_at
from fuling_gis.overlay.compiled.measure import holds
from fuling_gis.overlay.compiled.search import nearest_to_point, point_to_way

# Squares that are looked at for one site, edges of the site that this may cost, and squares that wait at once.
_MOST_SQUARES: Final = 4_000
_MOST_EDGES: Final = 2_000_000
WAITING: Final = 128
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
def reaches(
    tree: Any, field: Any, room: Any, flat: Any, rows: Any, side: float, margin: Any, square: Any, out: Any
) -> None:
    """Fill in for polygons whether some point lies deep enough in zone and site: 1 yes, 0 no, -1 left open.

    margin: metres, for each site two: deep enough is more than the first inside the first feature (side 1) or outside
    it (side -1), and more than the second inside the site. square: room for squares that wait: middle, half an edge,
    and by how much the middle misses; shape (n, 4).
    """
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
                # The most promising one ends on top.
                at = waiting
                while at > bottom and square[at - 1, 3] < miss:
                    for column in range(4):
                        square[at, column] = square[at - 1, column]
                    at -= 1
                square[at, 0], square[at, 1], square[at, 2], square[at, 3] = mx, my, half, miss
                waiting += 1
