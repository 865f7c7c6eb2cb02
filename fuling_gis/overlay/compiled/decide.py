"""Decides the predicates by signed distance: negative inside, zero on the outline of a zone.

Bounds from the field decide for sites of any kind; a point that they leave open is measured. What is left open then are
lines and polygons that come near an outline.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from fuling_gis.overlay.compiled.compiling import step
from fuling_gis.overlay.compiled.field import bounds_of_cell, cell_of_box, features_at
from fuling_gis.overlay.compiled.measure import nearest_of_point

# Numbers of the predicates, as `decide` is told them.
PREDICATES: Final = {"in": 0, "near": 1, "outside": 2}
# The answers, and what is no answer yet.
_NO: Final = 0
_MAYBE: Final = 1
_YES: Final = 2
OPEN: Final = -1


@step
def decide_by_cell(
    field: Any, xy: Any, rows: Any, predicate: int, within: float, near: float, t: Any, out: Any, left: Any
) -> int:
    """Fill in the answers that are the same for all places of a point's cell; give how many points are left.

    Most points are far from any outline: the number of their cell is all that is worked out for them. xy: of all
    points, shape (m, 2). rows: which of them are asked. left: room for which of the rows are left. The rest as in
    `decide`.
    """
    per, count = 1.0 / field.cell_m, 0
    for i in range(len(rows)):
        answer = OPEN
        u, v = (xy[rows[i], 0] - field.x0) * per, (xy[rows[i], 1] - field.y0) * per
        if 0.0 <= u < field.nx and 0.0 <= v < field.ny:
            cell = int(v) * field.nx + int(u)
            low, high = bounds_of_cell(field, cell)
            answer = _point_by_bounds(predicate, low, high, within, near, t[i])
        out[i] = answer
        if answer == OPEN:
            left[count] = i
            count += 1
    return count


@step
def decide(
    tree: Any, field: Any, room: Any, flat: Any, rows: Any, predicate: int, within: float, near: float, t: Any, out: Any
) -> None:
    """Fill in the answers of one predicate for sites, OPEN where it takes more than distances to tell.

    within: metres asked of `near`. near: metres below which two places are one. t: tolerance of each site, metres.
    """
    for i in range(len(rows)):
        site = rows[i]
        cell, reach = cell_of_box(field, flat.box[site, 0], flat.box[site, 1], flat.box[site, 2], flat.box[site, 3])
        low, high = -np.inf, np.inf
        if cell >= 0:
            low, high = field.signed[cell] - reach, field.signed[cell] + reach
        out[i] = _by_bounds(predicate, low, high, within, near, t[i])
        v = flat.first[flat.chain[site]]
        if out[i] == OPEN and flat.first[flat.chain[site + 1]] == v + 1:
            out[i] = _point_by_bounds(predicate, low, high, within, near, t[i])
            if out[i] != OPEN:
                continue
            x, y = flat.xy[v, 0], flat.xy[v, 1]
            limit = within + t[i] + 2.0 * near
            # Nearer than this, the answer is the same however near.
            enough = (within - t[i] if predicate == 1 else t[i]) - near
            away = nearest_of_point(tree, field, room, x, y, limit, enough)
            inside = features_at(field, tree, room, x, y) > 0
            out[i] = _by_distance(predicate, -away if inside else away, within, near, t[i])


@step
def _by_bounds(predicate: int, low: float, high: float, within: float, near: float, t: float) -> int:
    """Answer for a site all of whose points lie between two signed distances."""
    if predicate == 1:
        if high <= within - t + near and within - t + near >= 0.0:
            return _YES
        return _NO if low > within + t + near else OPEN
    deep, far = high < -t - near, low > t + near
    if predicate == 0:
        return _YES if deep else (_NO if far else OPEN)
    return _YES if far else (_NO if deep else OPEN)


@step
def _point_by_bounds(predicate: int, low: float, high: float, within: float, near: float, t: float) -> int:
    """Answer for a point that lies between two signed distances: what holds at both ends holds between them."""
    answer = _by_distance(predicate, low, within, near, t)
    return answer if answer == _by_distance(predicate, high, within, near, t) else OPEN


@step
def _by_distance(predicate: int, s: float, within: float, near: float, t: float) -> int:
    """Answer for a point at a signed distance."""
    if predicate == 1:
        s = max(s, 0.0)
        return _YES if s <= within - t + near else (_NO if s > within + t + near else _MAYBE)
    if predicate == 0:
        return _YES if s < -t - near else (_NO if s > t + near else _MAYBE)
    if s > t + near:
        return _YES
    # Without a tolerance there is nothing between covered and not covered.
    return _NO if t <= near or s < near - t else _MAYBE
