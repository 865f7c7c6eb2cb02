"""Searches in a tree of outlines: how far a feature is, and what lies between two places.

Distances are kept squared until they are told.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fuling_gis.overlay.compiled.compiling import step
from fuling_gis.overlay.compiled.outline import Floats, Numbers, Tree
from fuling_gis.overlay.pieces import Indices

# More nodes than ever wait at once: the other members on each level of a tree of four billion leaves.
_DEPTH: Final = 64


class Room(NamedTuple):
    """Room to work in, made once for many sites, so that nothing is made on the way. See `room_for`."""

    # For each feature the square of the distance beyond which it is of no interest: infinite to begin with, below 0 for
    # one that is not asked for; and infinite for nodes of several features.
    best: Floats
    # 0 for each feature and for nodes of several.
    none: Floats
    # Below 0 for each feature, 0 for nodes of several.
    only: Floats
    # The features that a place lies in.
    held: Numbers
    # The features found near a site.
    seen: Indices
    # For each feature a segment that was near to a site before, -1 without.
    last: Indices
    # Nodes that wait, and the squares of their distances.
    stack: Indices
    gap: Floats


def room_for(tree: Tree, chosen: NDArray[np.bool_] | None = None) -> Room:
    """Make room to work in. chosen: the features that are asked for; None for all."""
    n = tree.features
    best = np.full(n + 1, np.inf)
    if chosen is not None:
        best[:n][~chosen] = -1.0
    only = np.full(n + 1, -1.0)
    only[n] = 0.0
    held, seen, last = np.zeros(n + 1, np.int32), np.zeros(n + 1, np.int64), np.full(n + 1, -1, np.int64)
    return Room(best, np.zeros(n + 1), only, held, seen, last, np.zeros(_DEPTH, np.int64), np.zeros(_DEPTH))


@step
def point_to_way(px: float, py: float, ax: float, ay: float, bx: float, by: float) -> float:
    """Give the square of the distance from a point to the segment a, b."""
    dx, dy = bx - ax, by - ay
    ux, uy = px - ax, py - ay
    along = ux * dx + uy * dy
    length2 = dx * dx + dy * dy
    if along <= 0.0:
        return ux * ux + uy * uy
    if along >= length2:
        ux, uy = px - bx, py - by
        return ux * ux + uy * uy
    across = dx * uy - dy * ux
    return across * across / length2


@step
def point_to_segment(px: float, py: float, segment: Any, k: int) -> float:
    """Give the square of the distance from a point to segment k."""
    return point_to_way(px, py, segment[k, 0], segment[k, 1], segment[k, 2], segment[k, 3])


@step
def left_of(ax: float, ay: float, bx: float, by: float, px: float, py: float) -> float:
    """Give twice the signed area of the triangle a, b, p; positive where p lies left of the way from a to b."""
    return (bx - ax) * (py - ay) - (by - ay) * (px - ax)


@step
def crosses(segment: Any, k: int, ax: float, ay: float, bx: float, by: float) -> bool:
    """Tell whether the way from a to b crosses segment k.

    Each vertex counts as lying on one side of the way, whichever segment it is asked for, so that a ring is crossed an
    even or an odd number of times as it should be, unless a or b lie on the outline itself.
    """
    cx, cy, dx, dy = segment[k, 0], segment[k, 1], segment[k, 2], segment[k, 3]
    if (left_of(ax, ay, bx, by, cx, cy) > 0.0) == (left_of(ax, ay, bx, by, dx, dy) > 0.0):
        return False
    return (left_of(cx, cy, dx, dy, ax, ay) > 0.0) != (left_of(cx, cy, dx, dy, bx, by) > 0.0)


@step
def way_to_segment(ax: float, ay: float, bx: float, by: float, segment: Any, k: int) -> float:
    """Give the square of the distance from the segment a, b to segment k; 0 where they cross."""
    if crosses(segment, k, ax, ay, bx, by):
        return 0.0
    ends = min(point_to_segment(ax, ay, segment, k), point_to_segment(bx, by, segment, k))
    return min(
        ends,
        point_to_way(segment[k, 0], segment[k, 1], ax, ay, bx, by),
        point_to_way(segment[k, 2], segment[k, 3], ax, ay, bx, by),
    )


@step
def box_gap(box: Any, node: int, x0: float, y0: float, x1: float, y1: float) -> float:
    """Give the square of the distance from a box to that of a node; 0 where they touch."""
    dx = max(0.0, box[node, 0] - x1, x0 - box[node, 2])
    dy = max(0.0, box[node, 1] - y1, y0 - box[node, 3])
    return dx * dx + dy * dy


@step
def begin(tree: Any, room: Any) -> int:
    """Let the root wait, and give how many nodes wait."""
    if len(tree.owner) == 0:
        return 0
    room.stack[0], room.gap[0] = len(tree.owner) - 1, 0.0
    return 1


@step
def next_leaf(
    tree: Any, room: Any, best: Any, most: float, top: int, x0: float, y0: float, x1: float, y1: float
) -> tuple[int, int]:
    """Give the next leaf that lies near enough to a box, and how many nodes wait then; near ones come first.

    Near enough is no farther than its feature's best and than `most`. -1 when none is left.
    """
    leaves = len(tree.first) - 1
    while top > 0:
        top -= 1
        node, gap = room.stack[top], room.gap[top]
        if gap > most or gap > best[tree.owner[node]]:
            continue
        if node < leaves:
            return node, top
        bottom = top
        for member in range(tree.child[node], tree.child[node + 1]):
            gap = box_gap(tree.box, member, x0, y0, x1, y1)
            if gap > most or gap > best[tree.owner[member]]:
                continue
            # The nearest ends on top.
            at = top
            while at > bottom and room.gap[at - 1] < gap:
                room.stack[at], room.gap[at] = room.stack[at - 1], room.gap[at - 1]
                at -= 1
            room.stack[at], room.gap[at] = member, gap
            top += 1
    return -1, 0


@step
def nearest_to_point(tree: Any, room: Any, x: float, y: float, most: float) -> float:
    """Give the square of the distance from a point to the first feature; anything above `most` where it is more."""
    room.best[0] = np.inf
    top = begin(tree, room)
    while True:
        leaf, top = next_leaf(tree, room, room.best, most, top, x, y, x, y)
        if leaf < 0:
            least = room.best[0]
            room.best[0] = np.inf
            return least
        for k in range(tree.first[leaf], tree.first[leaf + 1]):
            room.best[0] = min(room.best[0], point_to_segment(x, y, tree.segment, k))


@step
def nearest_segment(tree: Any, room: Any, x: float, y: float, most: float) -> float:
    """Give the square of the distance from a point to an outline of one feature; `most` where it is no less.

    Begins with the segment that was nearest to the point before, which the room keeps: where neighbours follow one
    another it is near to this one too, and much of the search falls away.
    """
    k = room.last[0]
    least = most if k < 0 else min(most, point_to_segment(x, y, tree.segment, k))
    leaves = len(tree.first) - 1
    top = begin(tree, room)
    while top > 0:
        top -= 1
        node = room.stack[top]
        if room.gap[top] >= least:
            continue
        if node < leaves:
            for k in range(tree.first[node], tree.first[node + 1]):
                away = point_to_segment(x, y, tree.segment, k)
                if away < least:
                    least, room.last[0] = away, k
            continue
        for member in range(tree.child[node], tree.child[node + 1]):
            dx = max(0.0, tree.box[member, 0] - x, x - tree.box[member, 2])
            dy = max(0.0, tree.box[member, 1] - y, y - tree.box[member, 3])
            gap = dx * dx + dy * dy
            if gap < least:
                room.stack[top], room.gap[top] = member, gap
                top += 1
    return least


@step
def near_enough(tree: Any, room: Any, x: float, y: float, most: float, enough: float) -> float:
    """Give the square of a distance from a point to the first feature that decides: the least, or one within `enough`.

    Anything above `most` where the least is more.
    """
    room.best[0] = np.inf
    top = begin(tree, room)
    while True:
        leaf, top = next_leaf(tree, room, room.best, most, top, x, y, x, y)
        if leaf < 0 or room.best[0] <= enough:
            least = room.best[0]
            room.best[0] = np.inf
            return least
        for k in range(tree.first[leaf], tree.first[leaf + 1]):
            room.best[0] = min(room.best[0], point_to_segment(x, y, tree.segment, k))


@step
def walk(tree: Any, room: Any, ax: float, ay: float, bx: float, by: float, held: Any, count: int) -> int:
    """Walk from a to b and keep the list of features one is in, the first `count` of `held`. Gives the count."""
    x0, x1, y0, y1 = min(ax, bx), max(ax, bx), min(ay, by), max(ay, by)
    top = begin(tree, room)
    while True:
        leaf, top = next_leaf(tree, room, room.none, 0.0, top, x0, y0, x1, y1)
        if leaf < 0:
            return count
        if tree.ring[leaf] and odd(tree, leaf, ax, ay, bx, by):
            count = toggled(held, count, tree.owner[leaf])


@step
def odd(tree: Any, leaf: int, ax: float, ay: float, bx: float, by: float) -> bool:
    """Tell whether the way from a to b crosses the segments of a leaf an odd number of times."""
    found = False
    for k in range(tree.first[leaf], tree.first[leaf + 1]):
        if crosses(tree.segment, k, ax, ay, bx, by):
            found = not found
    return found


@step
def toggled(held: Any, count: int, feature: int) -> int:
    """Take a feature out of the first `count` of `held`, or add it after them; gives the new count."""
    for i in range(count):
        if held[i] == feature:
            held[i] = held[count - 1]
            return count - 1
    held[count] = feature
    return count + 1
