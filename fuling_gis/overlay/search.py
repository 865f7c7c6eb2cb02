"""Compiled searches in a tree of outlines: how far a feature is, and what lies between two places.

Distances are kept squared until they are told. The caller gives scratch space, so that nothing is allocated on the way:
`best` holds, for each feature, the square of the distance beyond which it is of no interest - infinite to begin with,
below 0 for a feature that is not asked for - and one more, infinite, for nodes of several features.
"""

from __future__ import annotations

from typing import Any, Final

from fuling_gis.overlay.compiled import step

# More nodes than ever wait at once: the other members on each level of a tree of four billion leaves.
DEPTH: Final = 64


@step
def point_to_segment(px: float, py: float, segment: Any, k: int) -> float:
    """Give the square of the distance from a point to segment k."""
    ax, ay = segment[k, 0], segment[k, 1]
    dx, dy = segment[k, 2] - ax, segment[k, 3] - ay
    ux, uy = px - ax, py - ay
    along = ux * dx + uy * dy
    length2 = dx * dx + dy * dy
    if along <= 0.0:
        return ux * ux + uy * uy
    if along >= length2:
        ux, uy = px - segment[k, 2], py - segment[k, 3]
        return ux * ux + uy * uy
    across = dx * uy - dy * ux
    return across * across / length2


@step
def left_of(ax: float, ay: float, bx: float, by: float, px: float, py: float) -> float:
    """Give twice the signed area of the triangle a, b, p; positive where p lies left of the way from a to b."""
    return (bx - ax) * (py - ay) - (by - ay) * (px - ax)


@step
def segment_to_segment(ax: float, ay: float, bx: float, by: float, segment: Any, k: int) -> float:
    """Give the square of the distance from the segment a, b to segment k; 0 where they cross."""
    cx, cy, dx, dy = segment[k, 0], segment[k, 1], segment[k, 2], segment[k, 3]
    if (left_of(ax, ay, bx, by, cx, cy) > 0.0) != (left_of(ax, ay, bx, by, dx, dy) > 0.0) and (
        left_of(cx, cy, dx, dy, ax, ay) > 0.0
    ) != (left_of(cx, cy, dx, dy, bx, by) > 0.0):
        return 0.0
    return min(
        min(point_to_segment(ax, ay, segment, k), point_to_segment(bx, by, segment, k)),
        min(point_to_way(cx, cy, ax, ay, bx, by), point_to_way(dx, dy, ax, ay, bx, by)),
    )


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
def box_gap(box: Any, node: int, x0: float, y0: float, x1: float, y1: float) -> float:
    """Give the square of the distance from a box to that of a node; 0 where they touch."""
    dx = max(0.0, max(box[node, 0] - x1, x0 - box[node, 2]))
    dy = max(0.0, max(box[node, 1] - y1, y0 - box[node, 3]))
    return dx * dx + dy * dy


@step
def next_leaf(
    tree: Any, best: Any, most: float, stack: Any, gaps: Any, top: int, x0: float, y0: float, x1: float, y1: float
) -> tuple[int, int]:
    """Take the next leaf off the stack that lies near enough to a box; near ones come first.

    Near enough is no farther than its feature's best and than `most`. Gives the leaf and the new height of the stack; -1
    when none is left.
    """
    leaves = len(tree.first) - 1
    while top > 0:
        top -= 1
        node, gap = stack[top], gaps[top]
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
            while at > bottom and gaps[at - 1] < gap:
                stack[at], gaps[at] = stack[at - 1], gaps[at - 1]
                at -= 1
            stack[at], gaps[at] = member, gap
            top += 1
    return -1, 0


@step
def begin(tree: Any, stack: Any, gaps: Any) -> int:
    """Put the root on the stack and give its height."""
    if len(tree.owner) == 0:
        return 0
    stack[0], gaps[0] = len(tree.owner) - 1, 0.0
    return 1


@step
def nearest_to_point(tree: Any, x: float, y: float, best: Any, most: float, stack: Any, gaps: Any) -> None:
    """Lower each feature's best to the square of its distance from a point, where that is less than `most`, a square."""
    top = begin(tree, stack, gaps)
    while True:
        leaf, top = next_leaf(tree, best, most, stack, gaps, top, x, y, x, y)
        if leaf < 0:
            return
        feature = tree.owner[leaf]
        for k in range(tree.first[leaf], tree.first[leaf + 1]):
            best[feature] = min(best[feature], point_to_segment(x, y, tree.segment, k))


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
def walk(
    tree: Any, ax: float, ay: float, bx: float, by: float, held: Any, count: int, none: Any, stack: Any, gaps: Any
) -> int:
    """Walk from a to b and keep the list of the features one is in: the first `count` of `held`.

    none: zeros, one for each feature and one more. Gives the new count.
    """
    x0, x1, y0, y1 = min(ax, bx), max(ax, bx), min(ay, by), max(ay, by)
    top = begin(tree, stack, gaps)
    while True:
        leaf, top = next_leaf(tree, none, 0.0, stack, gaps, top, x0, y0, x1, y1)
        if leaf < 0:
            return count
        if not tree.ring[leaf]:
            continue
        if odd(tree, leaf, ax, ay, bx, by):
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
