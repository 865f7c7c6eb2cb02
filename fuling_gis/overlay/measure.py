"""Compiled measuring of sites against the features of an outline: how far, in which, and how much of the site in each.

Loops over sites, whose scratch space is made once. Distances and areas are of the site itself, which a polygon fills.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from fuling_gis.overlay.compiled import compiled, step
from fuling_gis.overlay.field import REACH_M, cell_at, cell_of_box, features_at
from fuling_gis.overlay.overlap import area_of, overlap
from fuling_gis.overlay.search import DEPTH, begin, box_gap, nearest_to_point, next_leaf, point_to_segment, segment_to_segment

# Squares of distances: what rounding makes of contact, and what is near enough to ask for common ground.
_CONTACT: Final = 1e-18
_TOUCH: Final = 1e-12


@step
def _leaf_to_site(tree: Any, leaf: int, flat: Any, site: int, least: float) -> float:
    """Give the square of the distance from the segments of a leaf to the outline of a site, or `least` if that is less."""
    for chain in range(flat.chain[site], flat.chain[site + 1]):
        start, stop = flat.first[chain], flat.first[chain + 1]
        if stop - start == 1:
            for k in range(tree.first[leaf], tree.first[leaf + 1]):
                least = min(least, point_to_segment(flat.xy[start, 0], flat.xy[start, 1], tree.segment, k))
        for v in range(start, stop - 1):
            ax, ay, bx, by = flat.xy[v, 0], flat.xy[v, 1], flat.xy[v + 1, 0], flat.xy[v + 1, 1]
            x0, x1, y0, y1 = min(ax, bx), max(ax, bx), min(ay, by), max(ay, by)
            if box_gap(tree.box, leaf, x0, y0, x1, y1) > least:
                continue
            for k in range(tree.first[leaf], tree.first[leaf + 1]):
                if _segment_gap(tree.segment, k, x0, y0, x1, y1) <= least:
                    least = min(least, segment_to_segment(ax, ay, bx, by, tree.segment, k))
            if least == 0.0:
                return 0.0
    return least


@step
def _segment_gap(segment: Any, k: int, x0: float, y0: float, x1: float, y1: float) -> float:
    """Give the square of the distance from a box to that of segment k."""
    cx, cy, dx, dy = segment[k, 0], segment[k, 1], segment[k, 2], segment[k, 3]
    gx = max(0.0, max(min(cx, dx) - x1, x0 - max(cx, dx)))
    gy = max(0.0, max(min(cy, dy) - y1, y0 - max(cy, dy)))
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
def _nearest_to_site(tree: Any, flat: Any, site: int, best: Any, most: float, seen: Any, stack: Any, gaps: Any) -> int:
    """Lower each feature's best to the square of its outline's distance from a site; 0 where it lies in the site.

    Features at 0 already are left alone. Lists those that were lowered, after the first `seen[-1]` of `seen`, and gives
    how many there are then.
    """
    x0, y0, x1, y1 = flat.box[site, 0], flat.box[site, 1], flat.box[site, 2], flat.box[site, 3]
    areal = flat.turn[flat.chain[site]] != 0
    count = seen[-1]
    # A little more than most, so that what lies exactly there is found.
    beyond = most * (1 + 1e-9) + _CONTACT
    top = begin(tree, stack, gaps)
    while True:
        leaf, top = next_leaf(tree, best, most, stack, gaps, top, x0, y0, x1, y1)
        if leaf < 0:
            return count
        feature = tree.owner[leaf]
        before = best[feature]
        if before == 0.0:
            continue
        start = min(before, beyond)
        least = _leaf_to_site(tree, leaf, flat, site, start)
        if areal and least > 0.0 and box_gap(tree.box, leaf, x0, y0, x1, y1) == 0.0:
            k = tree.first[leaf]
            if holds(flat, site, tree.segment[k, 0], tree.segment[k, 1]):
                least = 0.0
        if least < start:
            if before == np.inf:
                seen[count] = feature
                count += 1
            best[feature] = least


@step
def _nearest_in_cell(
    tree: Any, field: Any, cell: int, flat: Any, site: int, best: Any, most: float, seen: Any
) -> int:
    """Do the same for a point that lies in a cell, whose leaves are all there are within REACH_M."""
    v = flat.first[flat.chain[site]]
    x, y = flat.xy[v, 0], flat.xy[v, 1]
    count = seen[-1]
    beyond = most * (1 + 1e-9) + _CONTACT
    for i in range(field.begins[cell], field.begins[cell + 1]):
        leaf = field.leaf[i]
        feature = tree.owner[leaf]
        before = best[feature]
        least = min(before, beyond)
        if before <= 0.0 or box_gap(tree.box, leaf, x, y, x, y) > least:
            continue
        for k in range(tree.first[leaf], tree.first[leaf + 1]):
            least = min(least, point_to_segment(x, y, tree.segment, k))
        if least < min(before, beyond):
            if before == np.inf:
                seen[count] = feature
                count += 1
            best[feature] = least
    return count


@step
def _nearest(
    tree: Any, field: Any, flat: Any, site: int, best: Any, limit: float, seen: Any, stack: Any, gaps: Any
) -> int:
    """Do the same by the shorter of the two ways."""
    if limit <= REACH_M and flat.first[flat.chain[site + 1]] - flat.first[flat.chain[site]] == 1:
        cell, _ = cell_at(field, flat.box[site, 0], flat.box[site, 1])
        if cell >= 0:
            return _nearest_in_cell(tree, field, cell, flat, site, best, limit * limit, seen)
    return _nearest_to_site(tree, flat, site, best, limit * limit, seen, stack, gaps)


@compiled
def outline_gaps(tree: Any, field: Any, flat: Any, rows: Any, limit: Any) -> Any:
    """Give the distance from sites to the outline of the first feature; inf beyond each site's limit."""
    out = np.full(len(rows), np.inf)
    best, seen = np.full(tree.features + 1, np.inf), np.zeros(tree.features + 2, np.int64)
    stack, gaps = np.empty(DEPTH, np.int64), np.empty(DEPTH)
    for i in range(len(rows)):
        site = rows[i]
        if limit[i] < 0.0 or _clear_of(field, flat, site, limit[i]) >= 0:
            continue
        best[0] = np.inf
        _nearest(tree, field, flat, site, best, limit[i], seen, stack, gaps)
        out[i] = np.sqrt(best[0])
    return out


@compiled
def begins_inside(tree: Any, field: Any, flat: Any, rows: Any) -> Any:
    """Tell whether the first vertex of each site lies in the first feature."""
    out = np.zeros(len(rows), np.bool_)
    held = np.empty(tree.features + 1, np.int32)
    for i in range(len(rows)):
        v = flat.first[flat.chain[rows[i]]]
        out[i] = features_at(field, tree, flat.xy[v, 0], flat.xy[v, 1], held) > 0
    return out


@compiled
def any_vertex(tree: Any, field: Any, flat: Any, rows: Any, beyond: Any, inside: bool) -> Any:
    """Tell which sites have a vertex inside (or outside) the first feature, farther from its outline than `beyond`."""
    out = np.zeros(len(rows), np.bool_)
    best = np.full(tree.features + 1, np.inf)
    held = np.empty(tree.features + 1, np.int32)
    stack, gaps = np.empty(DEPTH, np.int64), np.empty(DEPTH)
    for i in range(len(rows)):
        for v in range(flat.first[flat.chain[rows[i]]], flat.first[flat.chain[rows[i] + 1]]):
            x, y = flat.xy[v, 0], flat.xy[v, 1]
            if (features_at(field, tree, x, y, held) > 0) != inside:
                continue
            best[0] = np.inf
            nearest_to_point(tree, x, y, best, beyond[i] * beyond[i], stack, gaps)
            if best[0] > beyond[i] * beyond[i]:
                out[i] = True
                break
    return out


@step
def _clear_of(field: Any, flat: Any, site: int, limit: float) -> int:
    """Give a site's cell if no outline comes within a distance of the site, else -1."""
    cell, reach = cell_of_box(field, flat.box[site, 0], flat.box[site, 1], flat.box[site, 2], flat.box[site, 3])
    return cell if cell >= 0 and field.gap[cell] > reach + limit else -1


@compiled
def pairs(tree: Any, field: Any, flat: Any, rows: Any, limit: Any, chosen: Any, overlaps: bool) -> Any:
    """Give every pair of a site and a chosen feature within the site's limit: position, feature, distance, overlap.

    Pairs stand in the order of the sites; those of a site by overlap, largest first, then distance, then feature. An
    overlap is NaN where it could not be told here.
    """
    room = len(rows) + 16
    site_of, feature_of = np.empty(room, np.int64), np.empty(room, np.int64)
    distance, area = np.empty(room), np.empty(room)
    n = 0
    features = tree.features
    best = np.full(features + 1, np.inf)
    only = np.full(features + 1, -1.0)
    only[features] = 0.0
    for feature in range(features):
        if not chosen[feature]:
            best[feature] = -1.0
    held, seen = np.empty(features + 1, np.int32), np.zeros(features + 2, np.int64)
    stack, gaps = np.empty(DEPTH, np.int64), np.empty(DEPTH)
    for i in range(len(rows)):
        site = rows[i]
        areal = overlaps and flat.turn[flat.chain[site]] != 0
        count = 0
        cell = _clear_of(field, flat, site, limit[i])
        if cell >= 0:
            for h in range(field.first[cell], field.first[cell + 1]):
                if chosen[field.held[h]]:
                    seen[count] = field.held[h]
                    best[seen[count]] = 0.0
                    count += 1
        else:
            v = flat.first[flat.chain[site]]
            inside = features_at(field, tree, flat.xy[v, 0], flat.xy[v, 1], held)
            for h in range(inside):
                if chosen[held[h]]:
                    seen[count] = held[h]
                    best[held[h]] = 0.0
                    count += 1
            seen[-1] = count
            count = _nearest(tree, field, flat, site, best, limit[i], seen, stack, gaps)
        if n + count > len(site_of):
            more = len(site_of) + count
            site_of, feature_of = np.append(site_of, site_of[:more]), np.append(feature_of, feature_of[:more])
            distance, area = np.append(distance, distance[:more]), np.append(area, area[:more])
        start = n
        for s in range(count):
            feature = seen[s]
            size = 0.0
            if areal and best[feature] <= _TOUCH:
                if cell >= 0:
                    size = area_of(flat, site)
                else:
                    size = overlap(tree, field, feature, flat, site, held, only, stack, gaps)
            gap = np.sqrt(best[feature])
            best[feature] = np.inf
            at = n
            while at > start and _before(size, gap, feature, area[at - 1], distance[at - 1], feature_of[at - 1]):
                site_of[at], feature_of[at] = site_of[at - 1], feature_of[at - 1]
                distance[at], area[at] = distance[at - 1], area[at - 1]
                at -= 1
            site_of[at], feature_of[at], distance[at], area[at] = i, feature, gap, size
            n += 1
    return site_of[:n], feature_of[:n], distance[:n], area[:n]


@step
def _before(size: float, gap: float, feature: int, other_size: float, other_gap: float, other: int) -> bool:
    """Tell whether a pair stands before another of the same site."""
    if size != other_size:
        return size > other_size
    if gap != other_gap:
        return gap < other_gap
    return feature < other
