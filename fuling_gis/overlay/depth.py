"""Compiled search for a point that lies deep enough in a zone, or far enough outside it, and in a site.

Signed distance, negative inside, cannot change faster than one moves. A square whose middle misses both conditions by more
than its corners are away holds no such point; a square that may is cut in four. That ends soon, unless the deepest point
misses by next to nothing; such sites are left open, for GEOS to decide.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from fuling_gis.overlay.compiled import compiled, step
from fuling_gis.overlay.field import features_at
from fuling_gis.overlay.measure import holds
from fuling_gis.overlay.search import DEPTH, nearest_to_point, point_to_way

# Squares that are looked at for one site, and that wait at once.
_MOST_SQUARES: Final = 4_000
_WAITING: Final = 128
# How far a corner is from the middle, for half an edge of 1.
_CORNER: Final = 1.4142135623730951


@step
def _to_site(flat: Any, site: int, x: float, y: float) -> float:
    """Give the signed distance from a place to a polygon."""
    least = np.inf
    for chain in range(flat.chain[site], flat.chain[site + 1]):
        for v in range(flat.first[chain], flat.first[chain + 1] - 1):
            least = min(
                least, point_to_way(x, y, flat.xy[v, 0], flat.xy[v, 1], flat.xy[v + 1, 0], flat.xy[v + 1, 1])
            )
    return -np.sqrt(least) if holds(flat, site, x, y) else np.sqrt(least)


@step
def _to_zone(
    tree: Any, field: Any, x: float, y: float, most: float, best: Any, held: Any, stack: Any, gaps: Any
) -> float:
    """Give the signed distance from a place to the first feature; what is more than `most` away counts as that much."""
    best[0] = np.inf
    nearest_to_point(tree, x, y, best, most * most, stack, gaps)
    away = min(np.sqrt(best[0]), most)
    return -away if features_at(field, tree, x, y, held) > 0 else away


@compiled
def reaches(tree: Any, field: Any, flat: Any, rows: Any, side: float, zone_m: Any, site_m: Any) -> Any:
    """Tell for polygons whether some point lies deep enough in zone and site: 1 yes, 0 no, -1 left open.

    Deep enough is more than `zone_m` inside the first feature (side 1) or outside it (side -1), and more than `site_m`
    inside the site; metres, one for each site.
    """
    out = np.zeros(len(rows), np.int8)
    best, held = np.full(tree.features + 1, np.inf), np.empty(tree.features + 1, np.int32)
    stack, gaps = np.empty(DEPTH, np.int64), np.empty(DEPTH)
    square = np.empty((_WAITING, 3))
    for i in range(len(rows)):
        site = rows[i]
        x0, y0, x1, y1 = flat.box[site, 0], flat.box[site, 1], flat.box[site, 2], flat.box[site, 3]
        square[0, 0], square[0, 1] = 0.5 * (x0 + x1), 0.5 * (y0 + y1)
        square[0, 2] = 0.5 * max(x1 - x0, y1 - y0)
        waiting, looked = 1, 0
        while waiting > 0:
            looked += 1
            if looked > _MOST_SQUARES or waiting + 3 > _WAITING:
                out[i] = -1
                break
            waiting -= 1
            x, y, half = square[waiting, 0], square[waiting, 1], square[waiting, 2]
            corner = half * _CORNER
            in_site = _to_site(flat, site, x, y) + site_m[i]
            if in_site > corner:
                continue
            most = corner + zone_m[i] + 1.0
            in_zone = side * _to_zone(tree, field, x, y, most, best, held, stack, gaps) + zone_m[i]
            if in_zone > corner:
                continue
            if in_site < 0.0 and in_zone < 0.0:
                out[i] = 1
                break
            half *= 0.5
            for part in range(4):
                square[waiting, 0] = x + (half if part & 1 else -half)
                square[waiting, 1] = y + (half if part & 2 else -half)
                square[waiting, 2] = half
                waiting += 1
    return out
