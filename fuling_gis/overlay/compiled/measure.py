"""Measures sites against the features of an outline: how far, in which, and how much of the site in each.

Distances and areas are of the site itself, which a polygon fills.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from fuling_gis.overlay.compiled.compiling import step
from fuling_gis.overlay.compiled.field import (
    REACH_M,
    SINGLE,
    SLACK_M,
    bounds_of_cell,
    cell_apart,
    cell_at,
    cell_of_box,
    features_at,
)
from fuling_gis.overlay.compiled.overlap import area_of, overlap
from fuling_gis.overlay.compiled.search import (
    begin,
    box_gap,
    near_enough,
    nearest_segment,
    nearest_to_point,
    next_leaf,
    point_to_segment,
    way_to_segment,
)

# Squares of distances: what rounding makes of contact, and what is near enough to ask for common ground.
_CONTACT: Final = 1e-18
_TOUCH: Final = 1e-12
# So few features are each worth a guess where they are.
_FEW_FEATURES: Final = 4


@step
def _leaf_to_point(tree: Any, leaf: int, x: float, y: float, least: float) -> float:
    """Give the square of the distance from a leaf to a point, or `least` if that is less."""
    for k in range(tree.first[leaf], tree.first[leaf + 1]):
        least = min(least, point_to_segment(x, y, tree.segment, k))
    return least


@step
def _leaf_to_site(tree: Any, leaf: int, flat: Any, site: int, least: float) -> tuple[float, int]:
    """Give the square of the distance from a leaf to the outline of a site, or `least` if that is less.

    And the segment of the leaf that is as near, the first where none is.
    """
    near = tree.first[leaf]
    for chain in range(flat.chain[site], flat.chain[site + 1]):
        start, stop = flat.first[chain], flat.first[chain + 1]
        if stop - start == 1:
            least = _leaf_to_point(tree, leaf, flat.xy[start, 0], flat.xy[start, 1], least)
        for v in range(start, stop - 1):
            ax, ay, bx, by = flat.xy[v, 0], flat.xy[v, 1], flat.xy[v + 1, 0], flat.xy[v + 1, 1]
            x0, x1, y0, y1 = min(ax, bx), max(ax, bx), min(ay, by), max(ay, by)
            if box_gap(tree.box, leaf, x0, y0, x1, y1) > least:
                continue
            for k in range(tree.first[leaf], tree.first[leaf + 1]):
                if _segment_gap(tree.segment, k, x0, y0, x1, y1) <= least:
                    away = way_to_segment(ax, ay, bx, by, tree.segment, k)
                    if away < least:
                        least, near = away, k
            if least == 0.0:
                return 0.0, near
    return least, near


@step
def _segment_gap(segment: Any, k: int, x0: float, y0: float, x1: float, y1: float) -> float:
    """Give the square of the distance from a box to that of segment k."""
    cx, cy, dx, dy = segment[k, 0], segment[k, 1], segment[k, 2], segment[k, 3]
    gx = max(0.0, min(cx, dx) - x1, x0 - max(cx, dx))
    gy = max(0.0, min(cy, dy) - y1, y0 - max(cy, dy))
    return gx * gx + gy * gy


@step
def holds(flat: Any, site: int, x: float, y: float) -> bool:
    """Tell whether a site holds a place; of places on its outline it may say either."""
    inside = False
    for chain in range(flat.chain[site], flat.chain[site + 1]):
        if flat.turn[chain] == 0:
            continue
        for v in range(flat.first[chain], flat.first[chain + 1] - 1):
            ax, ay, bx, by = flat.xy[v, 0], flat.xy[v, 1], flat.xy[v + 1, 0], flat.xy[v + 1, 1]
            if (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
                inside = not inside
    return inside


@step
def _listed(room: Any, count: int, feature: int, best: float) -> int:
    """Lower a feature's best and list it among the first `count` that were seen; gives the new count."""
    room.best[feature] = best
    for i in range(count):
        if room.seen[i] == feature:
            return count
    room.seen[count] = feature
    return count + 1


@step
def _nearest_to_site(tree: Any, room: Any, flat: Any, site: int, limit: float, enough: float, count: int) -> int:
    """Lower each feature's best to the square of its outline's distance from a site; 0 where it lies in the site.

    Features at 0 already are left alone. Stops when one is found whose square is no more than `enough`. Lists the
    features found in the room's `seen`, after the first `count`, and gives how many there are then.
    """
    x0, y0, x1, y1 = flat.box[site, 0], flat.box[site, 1], flat.box[site, 2], flat.box[site, 3]
    areal = flat.turn[flat.chain[site]] != 0
    # A little more, so that what lies exactly at the limit is found.
    most = limit * limit * (1 + 1e-9) + _CONTACT
    top = begin(tree, room)
    while True:
        leaf, top = next_leaf(tree, room, room.best, most, top, x0, y0, x1, y1)
        if leaf < 0:
            return count
        feature = tree.owner[leaf]
        if room.best[feature] == 0.0:
            continue
        start = min(room.best[feature], most)
        least, near = _leaf_to_site(tree, leaf, flat, site, start)
        if areal and least > 0.0 and box_gap(tree.box, leaf, x0, y0, x1, y1) == 0.0:
            k = tree.first[leaf]
            if holds(flat, site, tree.segment[k, 0], tree.segment[k, 1]):
                least = 0.0
        if least < start:
            count = _listed(room, count, feature, least)
            room.last[feature] = near
            if least <= enough:
                return count


@step
def _nearest_in_cell(tree: Any, field: Any, room: Any, cell: int, x: float, y: float, limit: float, count: int) -> int:
    """Do the same for a point in a cell, whose leaves are all there are within REACH_M."""
    most = limit * limit * (1 + 1e-9) + _CONTACT
    for i in range(field.begins[cell], field.begins[cell + 1]):
        leaf = field.leaf[i]
        feature = tree.owner[leaf]
        start = min(room.best[feature], most)
        if start <= 0.0 or box_gap(tree.box, leaf, x, y, x, y) > start:
            continue
        least = _leaf_to_point(tree, leaf, x, y, start)
        if least < start:
            count = _listed(room, count, feature, least)
    return count


@step
def _nearest(tree: Any, field: Any, room: Any, flat: Any, site: int, limit: float, enough: float, count: int) -> int:
    """Do the same by the shorter of the two ways."""
    v = flat.first[flat.chain[site]]
    if limit <= REACH_M and flat.first[flat.chain[site + 1]] == v + 1:
        x, y = flat.xy[v, 0], flat.xy[v, 1]
        cell, _ = cell_at(field, x, y)
        if cell >= 0:
            return _nearest_in_cell(tree, field, room, cell, x, y, limit, count)
    return _nearest_to_site(tree, room, flat, site, limit, enough, count)


@step
def _way_before(tree: Any, room: Any, flat: Any, site: int, feature: int) -> float:
    """Give the square of the distance from the vertices of a site to a segment that was near to the site before.

    Infinite where none was. Vertices of a polygon's holes are left out.
    """
    k, least = room.last[feature], np.inf
    if k >= 0:
        chain = flat.chain[site]
        for v in range(flat.first[chain], flat.first[chain + 1]):
            least = min(least, point_to_segment(flat.xy[v, 0], flat.xy[v, 1], tree.segment, k))
    return least


@step
def _guess(tree: Any, room: Any, flat: Any, site: int, limit: float) -> None:
    """Begin for each feature with the distance from a segment that was near to the site before.

    Where neighbours follow one another it is near to this one too, and much of the search falls away.
    """
    for feature in range(tree.features):
        if room.best[feature] > 0.0:
            # A little more than it is, so that the segment itself is found.
            away = _way_before(tree, room, flat, site, feature) * (1 + 1e-9) + _CONTACT
            if away <= limit * limit:
                room.best[feature] = away


@step
def nearest_of_point(tree: Any, field: Any, room: Any, x: float, y: float, limit: float, enough: float) -> float:
    """Give the distance from a point to the outline of the first feature; infinite beyond the limit.

    Where some of the outline is within `enough`, what is given may be more than the least, but no more than that.
    """
    cell, way = cell_at(field, x, y)
    if cell < 0 or limit > REACH_M:
        if cell >= 0:
            # The outline is no farther than from here to the middle, and on from there.
            limit = min(limit, abs(field.signed[cell]) * (1 + SINGLE) + way + SLACK_M)
        return np.sqrt(near_enough(tree, room, x, y, limit * limit, max(enough, 0.0) ** 2))
    found = _nearest_in_cell(tree, field, room, cell, x, y, limit, 0)
    away = np.sqrt(room.best[0]) if found > 0 else np.inf
    room.best[0] = np.inf
    return away


@step
def outline_gaps(tree: Any, field: Any, room: Any, flat: Any, rows: Any, limit: Any, enough: Any, out: Any) -> None:
    """Fill in the distance from sites to the outline of the first feature; inf beyond each site's limit.

    Where some of the outline is within `enough`, what is given may be more than the least, but no more than that.
    """
    for i in range(len(rows)):
        site = rows[i]
        out[i] = np.inf
        if limit[i] < 0.0:
            continue
        v = flat.first[flat.chain[site]]
        if limit[i] > REACH_M and tree.features == 1 and flat.first[flat.chain[site + 1]] == v + 1:
            square = limit[i] * limit[i] * (1 + 1e-9) + _CONTACT
            away = nearest_segment(tree, room, flat.xy[v, 0], flat.xy[v, 1], square)
            if away < square:
                out[i] = np.sqrt(away)
            continue
        if _clear_of(field, flat, site, limit[i]) >= 0:
            continue
        square = enough[i] * enough[i] if enough[i] >= 0.0 else -1.0
        if square >= 0.0 and _way_before(tree, room, flat, site, 0) <= square:
            out[i] = enough[i]
            continue
        _guess(tree, room, flat, site, limit[i])
        if _nearest(tree, field, room, flat, site, limit[i], square, 0) > 0:
            out[i] = np.sqrt(room.best[0])
        room.best[0] = np.inf


@step
def begins_inside(tree: Any, field: Any, room: Any, flat: Any, rows: Any, out: Any) -> None:
    """Fill in whether the first vertex of each site lies in the first feature."""
    for i in range(len(rows)):
        v = flat.first[flat.chain[rows[i]]]
        out[i] = features_at(field, tree, room, flat.xy[v, 0], flat.xy[v, 1]) > 0


@step
def any_vertex(tree: Any, field: Any, room: Any, flat: Any, rows: Any, beyond: Any, inside: bool, out: Any) -> None:
    """Fill in which sites have a vertex inside (or outside) the first feature, farther from its outline than `beyond`.

    out: False for each site.
    """
    for i in range(len(rows)):
        for v in range(flat.first[flat.chain[rows[i]]], flat.first[flat.chain[rows[i] + 1]]):
            x, y = flat.xy[v, 0], flat.xy[v, 1]
            if (features_at(field, tree, room, x, y) > 0) != inside:
                continue
            square = beyond[i] * beyond[i]
            if nearest_to_point(tree, room, x, y, square) > square:
                out[i] = True
                break


@step
def _clear_of(field: Any, flat: Any, site: int, limit: float) -> int:
    """Give a site's cell if no outline comes within a distance of the site, else -1."""
    x0, y0, x1, y1 = flat.box[site, 0], flat.box[site, 1], flat.box[site, 2], flat.box[site, 3]
    cell, apart = cell_apart(field, x0, y0, x1, y1)
    if cell < 0:
        return -1
    low, high = bounds_of_cell(field, cell)
    if low > apart + limit or high < -apart - limit:
        return cell
    cell, reach = cell_of_box(field, x0, y0, x1, y1)
    return cell if abs(field.signed[cell]) > reach + limit else -1


@step
def _holders(tree: Any, field: Any, room: Any, flat: Any, site: int, cell: int) -> int:
    """List the features asked for that a site begins in, at distance 0, and give how many there are.

    cell: the site's, if no outline comes near; else -1.
    """
    if cell >= 0:
        first = field.first[field.inside[cell]]
        inside = field.first[field.inside[cell] + 1] - first
        for h in range(inside):
            room.held[h] = field.held[first + h]
    else:
        v = flat.first[flat.chain[site]]
        inside = features_at(field, tree, room, flat.xy[v, 0], flat.xy[v, 1])
    count = 0
    for h in range(inside):
        if room.best[room.held[h]] >= 0.0:
            room.seen[count] = room.held[h]
            room.best[room.held[h]] = 0.0
            count += 1
    return count


@step
def pairs(
    tree: Any,
    field: Any,
    room: Any,
    flat: Any,
    rows: Any,
    limit: Any,
    overlaps: bool,
    i: int,
    whose: Any,
    which: Any,
    gap: Any,
    size: Any,
) -> tuple[int, int]:
    """Fill in the pairs of a site and a feature asked for within its limit: site and feature, distance and overlap.

    Begins at site i, and stops where there is no room for the pairs of another site; gives the next site and how many
    pairs there are. Pairs stand in the order of the sites; those of a site by overlap, largest first, then distance,
    then feature. An overlap is NaN where it could not be told here. whose, which, gap, size: site, feature, distance
    and overlap, shape (pairs,) each.
    """
    n = 0
    while i < len(rows):
        site = rows[i]
        areal = overlaps and flat.turn[flat.chain[site]] != 0
        cell = _clear_of(field, flat, site, limit[i])
        count = _holders(tree, field, room, flat, site, cell)
        if cell < 0:
            if tree.features <= _FEW_FEATURES and limit[i] > REACH_M:
                _guess(tree, room, flat, site, limit[i])
            count = _nearest(tree, field, room, flat, site, limit[i], -1.0, count)
        fits = n + count <= len(whose)
        start = n
        for s in range(count):
            feature = room.seen[s]
            if fits:
                whose[n], which[n], gap[n], size[n] = i, feature, np.sqrt(room.best[feature]), 0.0
                if areal and room.best[feature] <= _TOUCH:
                    size[n] = area_of(flat, site) if cell >= 0 else overlap(tree, field, room, feature, flat, site)
                n += 1
                if s > 0:
                    _settle(which, gap, size, start, n - 1)
            room.best[feature] = np.inf
        if not fits:
            break
        i += 1
    return i, n


@step
def nearest_feature(tree: Any, field: Any, room: Any, flat: Any, rows: Any, feature: Any, distance: Any) -> None:
    """Fill in the nearest feature asked for and its distance, for each site; of several the first."""
    for i in range(len(rows)):
        site = rows[i]
        cell = _clear_of(field, flat, site, 0.0)
        count = _holders(tree, field, room, flat, site, cell)
        best, least = tree.features, np.inf
        for s in range(count):
            best, least = min(best, room.seen[s]), 0.0
            room.best[room.seen[s]] = np.inf
        x0, y0, x1, y1 = flat.box[site, 0], flat.box[site, 1], flat.box[site, 2], flat.box[site, 3]
        areal = flat.turn[flat.chain[site]] != 0
        # A site that outlines do not come near lies in those features and touches no other.
        top = begin(tree, room) if count == 0 or cell < 0 else 0
        while True:
            # A little more than the least, so that another feature as near is seen.
            most = least * (1 + 1e-9) + _CONTACT
            leaf, top = next_leaf(tree, room, room.best, most, top, x0, y0, x1, y1)
            if leaf < 0:
                break
            found, _ = _leaf_to_site(tree, leaf, flat, site, most)
            k = tree.first[leaf]
            if areal and found > 0.0 and holds(flat, site, tree.segment[k, 0], tree.segment[k, 1]):
                found = 0.0
            if found < least * (1 - 1e-9) - _CONTACT or (found < most and tree.owner[leaf] < best):
                best, least = tree.owner[leaf], min(found, least)
        feature[i], distance[i] = best, np.sqrt(least)


@step
def _settle(which: Any, gap: Any, size: Any, start: int, at: int) -> None:
    """Move a pair up among those of its site, from `start` on, to where it belongs."""
    while at > start and _before(which, gap, size, at, at - 1):
        which[at], which[at - 1] = which[at - 1], which[at]
        gap[at], gap[at - 1] = gap[at - 1], gap[at]
        size[at], size[at - 1] = size[at - 1], size[at]
        at -= 1


@step
def _before(which: Any, gap: Any, size: Any, a: int, b: int) -> bool:
    """Tell whether pair a stands before pair b of the same site."""
    if size[a] != size[b]:
        return size[a] > size[b]
    if gap[a] != gap[b]:
        return gap[a] < gap[b]
    return which[a] < which[b]
