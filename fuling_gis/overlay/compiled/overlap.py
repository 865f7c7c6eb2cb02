"""Compiled area of the common ground of a site and a feature, by adding up strips under their outlines.

A polygon is the sum of the strips under its edges, those of one direction added and those of the other taken away;
the common ground of two polygons is therefore the sum, over all pairs of an edge of each, of the common part of two
strips. No corner is searched and no outline is traced, so that shared edges, contact and spikes need no care. Of the
feature only the segments about the site are looked at: what lies above the site's box is told by whether the box's
upper edge lies in the feature, which changes where a segment crosses it.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from fuling_gis.overlay.compiled.compiling import step
from fuling_gis.overlay.compiled.field import features_at
from fuling_gis.overlay.compiled.search import begin, next_leaf, point_to_segment

# How far the box about a site reaches beyond it: uneven, so that outlines on round coordinates do not meet its corner.
_LEFT_M: Final = 0.0713579
_UP_M: Final = 0.0431717
# A corner nearer than this (its square) to an outline may be on either side of it.
_TOO_CLOSE: Final = 1e-12
# More pairs of edges than this are left to GEOS, which is then as fast.
_MOST_PAIRS: Final = 400_000


@step
def area_of(flat: Any, site: int) -> float:
    """Give the area of a site; 0 for points and lines."""
    return _area_beyond(flat, site, -np.inf, flat.box[site, 0], flat.box[site, 1])


@step
def _area_beyond(flat: Any, site: int, x: float, x0: float, y0: float) -> float:
    """Give the area of that part of a site that lies right of x, which counts from x0; y0: lower end of the strips."""
    total = 0.0
    for chain in range(flat.chain[site], flat.chain[site + 1]):
        turn = flat.turn[chain]
        if turn == 0:
            continue
        for v in range(flat.first[chain], flat.first[chain + 1] - 1):
            ax, ay = flat.xy[v, 0] - x0, flat.xy[v, 1] - y0
            bx, by = flat.xy[v + 1, 0] - x0, flat.xy[v + 1, 1] - y0
            if ax <= x and bx <= x:
                continue
            if ax < x:
                ax, ay = x, ay + (x - ax) * (by - ay) / (bx - ax)
            elif bx < x:
                bx, by = x, by + (x - bx) * (ay - by) / (ax - bx)
            total += turn * (ax - bx) * (ay + by) * 0.5
    return total


@step
def _strip(xl: float, yl: float, xr: float, yr: float, flat: Any, site: int, x0: float, y0: float) -> float:
    """Give the area of that part of a site that lies under a segment, which runs from left to right within its box."""
    total = 0.0
    for chain in range(flat.chain[site], flat.chain[site + 1]):
        turn = flat.turn[chain]
        if turn == 0:
            continue
        for v in range(flat.first[chain], flat.first[chain + 1] - 1):
            ax, bx = flat.xy[v, 0] - x0, flat.xy[v + 1, 0] - x0
            left, right = max(xl, min(ax, bx)), min(xr, max(ax, bx))
            if right <= left:
                continue
            ay, by = flat.xy[v, 1] - y0, flat.xy[v + 1, 1] - y0
            rise, slope = (by - ay) / (bx - ax), (yr - yl) / (xr - xl)
            own_l, own_r = ay + (left - ax) * rise, ay + (right - ax) * rise
            cut_l, cut_r = yl + (left - xl) * slope, yl + (right - xl) * slope
            common = _under_both(right - left, own_l, own_r, cut_l, cut_r)
            total += turn * common if bx < ax else -turn * common
    return total


@step
def _under_both(width: float, al: float, ar: float, bl: float, br: float) -> float:
    """Give the area under two lines, of which the lower one counts, from their heights at both ends of a strip."""
    left, right = al - bl, ar - br
    if left <= 0.0 and right <= 0.0:
        return 0.5 * width * (al + ar)
    if left >= 0.0 and right >= 0.0:
        return 0.5 * width * (bl + br)
    part = left / (left - right)
    height = al + part * (ar - al)
    first_l, last_r = min(al, bl), min(ar, br)
    return 0.5 * width * (part * (first_l + height) + (1.0 - part) * (height + last_r))


@step
def overlap(tree: Any, field: Any, room: Any, feature: int, flat: Any, site: int) -> float:
    """Give the area that a site and a feature have in common; NaN where it cannot be told."""
    x0, y0 = flat.box[site, 0] - _LEFT_M, flat.box[site, 1] - _UP_M
    x1, y1 = flat.box[site, 2] + _LEFT_M, flat.box[site, 3] + _UP_M
    width, height = x1 - x0, y1 - y0
    count = features_at(field, tree, room, x0, y1)
    total = 0.0
    for i in range(count):
        if room.held[i] == feature:
            total = _area_beyond(flat, site, -np.inf, x0, y0)
    edges = flat.first[flat.chain[site + 1]] - flat.first[flat.chain[site]]
    work = 0
    room.only[feature] = 0.0
    top = begin(tree, room)
    while True:
        leaf, top = next_leaf(tree, room, room.only, 0.0, top, x0, y0, x1, y1)
        if leaf < 0:
            break
        if not tree.ring[leaf]:
            continue
        for k in range(tree.first[leaf], tree.first[leaf + 1]):
            work += edges
            if work > _MOST_PAIRS or point_to_segment(x0, y1, tree.segment, k) < _TOO_CLOSE:
                room.only[feature] = -1.0
                return np.nan
            total += _share_of(tree.segment, k, flat, site, x0, y0, width, height)
    room.only[feature] = -1.0
    return max(total, 0.0)


@step
def _share_of(segment: Any, k: int, flat: Any, site: int, x0: float, y0: float, width: float, height: float) -> float:
    """Give what one segment of the feature adds to the common area: the strip under it, and what it changes above."""
    ax, ay, bx, by = segment[k, 0] - x0, segment[k, 1] - y0, segment[k, 2] - x0, segment[k, 3] - y0
    if max(ax, bx) <= 0.0 or min(ax, bx) >= width or max(ay, by) <= 0.0:
        return 0.0
    share = 0.0
    if (ay > height) != (by > height):
        x = ax + (height - ay) * (bx - ax) / (by - ay)
        if 0.0 < x < width:
            beyond = _area_beyond(flat, site, x, x0, y0)
            share = -beyond if by > ay else beyond
        # Only what lies below the upper edge is left.
        if ay > height:
            ax, ay = x, height
        else:
            bx, by = x, height
    elif ay > height:
        return 0.0
    sign = 1.0 if bx < ax else -1.0
    if bx < ax:
        ax, ay, bx, by = bx, by, ax, ay
    return share + sign * _clipped(ax, ay, bx, by, flat, site, x0, y0, width)


@step
def _clipped(
    ax: float, ay: float, bx: float, by: float, flat: Any, site: int, x0: float, y0: float, width: float
) -> float:
    """Give the strip under a segment from left to right, of which only what lies over the box's lower edge counts."""
    if bx <= ax or bx <= 0.0 or ax >= width or (ay <= 0.0 and by <= 0.0):
        return 0.0
    slope = (by - ay) / (bx - ax)
    left, right = max(ax, 0.0), min(bx, width)
    yl, yr = ay + (left - ax) * slope, ay + (right - ax) * slope
    if yl < 0.0 < yr:
        left, yl = left - yl / slope, 0.0
    elif yr < 0.0 < yl:
        right, yr = left - yl / slope, 0.0
    if right <= left or (yl <= 0.0 and yr <= 0.0):
        return 0.0
    return _strip(left, yl, right, yr, flat, site, x0, y0)
