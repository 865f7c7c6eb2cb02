"""The compiled loops behind the visible range: an exact ray for each cell and lookout, walked from the cell to the eye.

Imported only when a whole range is computed: compiling takes seconds, and a few cells are quicker without
(`visibility_few`, which gives the same answers). Columns and rows count cells between their middles; heights in metres.
Rays are cut where they cross the lines between middles; there the ground is known from two heights, and between two
cuts it is a parabola, looked into only where it could bulge into the line of sight.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fuling_gis.overlay.compiled.compiling import loop

_SEEN, _PERHAPS = 2, 1
_TILE_SHIFT = 4
_VOID_FALL_M = 1e5


def _first_hidden(  # noqa: C901, PLR0912, PLR0913, PLR0915, PLR0917 - one walk, written out so that it compiles to one loop
    ground: Any,
    own: float,
    top: float,
    i: int,
    j: int,
    u: float,
    v: float,
    eye: float,
    bend: float,
    twist: Any,
    most: float,
) -> float:
    """Tell where the ground first hides an eye at column u, row v from the cell in row i, column j; -1 where nowhere.

    Places on the ray go from 0 at the eye to 1 at the cell. own: height of the ground at the cell, which replaces what
    `ground` says of it. top: height looked at, less the fall of the Earth at that distance. bend: that fall. twist:
    bulges by tiles, and the largest of all.
    """
    rows, columns = ground.shape
    du, dv, rise = j - u, i - v, top - eye
    column = row = column_step = row_step = columns_left = rows_left = 0
    if du > 0.0:
        column, column_step = j - 1, -1
        columns_left = column - math.ceil(u) + 1
    elif du < 0.0:
        column, column_step = j + 1, 1
        columns_left = math.floor(u) - column + 1
    if dv > 0.0:
        row, row_step = i - 1, -1
        rows_left = row - math.ceil(v) + 1
    elif dv < 0.0:
        row, row_step = i + 1, 1
        rows_left = math.floor(v) - row + 1
    at_column = (column - u) / du if columns_left > 0 else -1.0
    at_row = (row - v) / dv if rows_left > 0 else -1.0
    # At the cell itself the line ends above the ground by what is looked at.
    before, t_before = top + bend - own, 1.0
    while True:
        if columns_left > 0 and (rows_left <= 0 or at_column >= at_row):
            t = at_column
            y = v + t * dv
            r = min(int(y), rows - 2)
            f = y - r
            height = ground[r, column] * (1.0 - f) + ground[r + 1, column] * f
            column += column_step
            columns_left -= 1
            at_column = (column - u) / du
            last = False
        elif rows_left > 0:
            t = at_row
            x = u + t * du
            c = min(int(x), columns - 2)
            f = x - c
            height = ground[row, c] * (1.0 - f) + ground[row, c + 1] * f
            row += row_step
            rows_left -= 1
            at_row = (row - v) / dv
            last = False
        else:
            t = 0.0
            r, c = min(int(v), rows - 2), min(int(u), columns - 2)
            f, g = u - c, v - r
            north = ground[r, c] * (1.0 - f) + ground[r, c + 1] * f
            south = ground[r + 1, c] * (1.0 - f) + ground[r + 1, c + 1] * f
            height = north * (1.0 - g) + south * g
            last = True
        clear = eye + rise * t - height + bend * t * t
        if clear < 0.0:
            return t
        least = min(before, clear)
        if least < most:
            middle = 0.5 * (t_before + t)
            r, c = min(int(v + middle * dv), rows - 2), min(int(u + middle * du), columns - 2)
            if least < twist[r >> _TILE_SHIFT, c >> _TILE_SHIFT]:
                a, b, d, e = (
                    ground[r, c] * 1.0,
                    ground[r, c + 1] * 1.0,
                    ground[r + 1, c] * 1.0,
                    ground[r + 1, c + 1] * 1.0,
                )
                if i == r and j == c:
                    a = own
                elif i == r and j == c + 1:
                    b = own
                elif i == r + 1 and j == c:
                    d = own
                elif i == r + 1 and j == c + 1:
                    e = own
                step = t - t_before
                curve = bend * step * step - (a - b - d + e) * (step * du) * (step * dv)
                change = clear - before
                if curve > 0.0 and abs(change) < curve:
                    s = (curve - change) / (2.0 * curve)
                    if before - curve * s * s < 0.0:
                        return t
        if last:
            return -1.0
        before, t_before = clear, t


first_hidden = loop(_first_hidden)


def _is_hidden_near(  # noqa: PLR0913, PLR0917 - as above
    ground: Any, top: float, i: int, j: int, u: float, v: float, eye: float, bend: float, away: float
) -> bool:
    """Tell whether the ground hides an eye where the ray is cut about so many cells away from the cell.

    One cut is looked at, by the same figures as `first_hidden`: what it finds hidden is hidden.
    """
    rows, columns = ground.shape
    du, dv = j - u, i - v
    size = math.sqrt(du * du + dv * dv)
    if away >= size:
        return False
    if abs(du) >= abs(dv):
        step = math.floor(away * abs(du) / size)
        if step < 1:
            return False
        column = j - step if du > 0.0 else j + step
        t = (column - u) / du
        y = v + t * dv
        r = min(int(y), rows - 2)
        f = y - r
        height = ground[r, column] * (1.0 - f) + ground[r + 1, column] * f
    else:
        step = math.floor(away * abs(dv) / size)
        if step < 1:
            return False
        row = i - step if dv > 0.0 else i + step
        t = (row - v) / dv
        x = u + t * du
        c = min(int(x), columns - 2)
        f = x - c
        height = ground[row, c] * (1.0 - f) + ground[row, c + 1] * f
    if t < 0.0:
        return False
    return bool(eye + (top - eye) * t - height + bend * t * t < 0.0)


is_hidden_near = loop(_is_hidden_near)


def _look(  # noqa: C901, PLR0913, PLR0917 - arrays and figures of one scene, flat as compiled code wants them
    high: Any, low: Any, u: Any, v: Any, eye_low: Any, eye_high: Any, reach: float, fall: float, target: float,
    twist: Any, most: float, top: int, bottom: int, left: int, right: int, out: Any,
) -> None:  # fmt: skip
    """Answer for a block of cells: 2 seen with the error against it, 1 only with it in favour, 0 not even so.

    fall: fall of the Earth at a distance of one cell. reach: in cells. out: shape of the grid; what is 2 stays so.
    """
    n, first = len(u), 0
    # How many cells away the last ray was hidden: the next one, a little aside, is often hidden by the same ridge.
    away = 1.0
    for i in range(top, bottom):
        for j in range(left, right):
            state = out[i, j]
            # What was seen from one place is often seen from there in the next cell too: that place first.
            for turn in range(-1, n):
                if state == _SEEN:
                    break
                k = first if turn < 0 else turn
                far = (u[k] - j) * (u[k] - j) + (v[k] - i) * (v[k] - i)
                if far > reach * reach:
                    continue
                bend = fall * far
                # The ground in favour of seeing first: what is hidden then is hidden for good.
                own = float(high[i, j])
                summit = own + target - bend
                if is_hidden_near(low, summit, i, j, u[k], v[k], eye_high[k], bend, away):
                    continue
                if state == 0:
                    t = first_hidden(low, own, summit, i, j, u[k], v[k], eye_high[k], bend, twist, most)
                    if t >= 0.0:
                        away = (1.0 - t) * math.sqrt(far) + 0.5
                        continue
                    state = _PERHAPS
                own = float(low[i, j])
                summit = own + target - bend
                if is_hidden_near(high, summit, i, j, u[k], v[k], eye_low[k], bend, away):
                    continue
                t = first_hidden(high, own, summit, i, j, u[k], v[k], eye_low[k], bend, twist, most)
                if t < 0.0:
                    state, first = _SEEN, k
                else:
                    away = (1.0 - t) * math.sqrt(far) + 0.5
            out[i, j] = state


look = loop(_look)


def _fallen(ground: Any, i: int, j: int, u: float, v: float) -> float:  # noqa: PLR0915 - as above
    """Measure how far the ground falls below its highest point before, going from column u, row v to a cell."""
    rows, columns = ground.shape
    du, dv = j - u, i - v
    column = row = column_step = row_step = columns_left = rows_left = 0
    if du > 0.0:
        column, column_step = math.ceil(u), 1
        columns_left = j - column
    elif du < 0.0:
        column, column_step = math.floor(u), -1
        columns_left = column - j
    if dv > 0.0:
        row, row_step = math.ceil(v), 1
        rows_left = i - row
    elif dv < 0.0:
        row, row_step = math.floor(v), -1
        rows_left = row - i
    r, c = min(int(v), rows - 2), min(int(u), columns - 2)
    f, g = u - c, v - r
    north = ground[r, c] * (1.0 - f) + ground[r, c + 1] * f
    south = ground[r + 1, c] * (1.0 - f) + ground[r + 1, c + 1] * f
    before = north * (1.0 - g) + south * g
    t_before, highest, fall = 0.0, before, 0.0
    at_column = (column - u) / du if columns_left > 0 else 2.0
    at_row = (row - v) / dv if rows_left > 0 else 2.0
    last = False
    while not last:
        if columns_left > 0 and (rows_left <= 0 or at_column <= at_row):
            t = at_column
            y = v + t * dv
            r = min(int(y), rows - 2)
            f = y - r
            height = ground[r, column] * (1.0 - f) + ground[r + 1, column] * f
            column += column_step
            columns_left -= 1
            at_column = (column - u) / du
        elif rows_left > 0:
            t = at_row
            x = u + t * du
            c = min(int(x), columns - 2)
            f = x - c
            height = ground[row, c] * (1.0 - f) + ground[row, c + 1] * f
            row += row_step
            rows_left -= 1
            at_row = (row - v) / dv
        else:
            t, height, last = 1.0, ground[i, j] * 1.0, True
        middle = 0.5 * (t_before + t)
        r, c = min(int(v + middle * dv), rows - 2), min(int(u + middle * du), columns - 2)
        twist = ground[r, c] * 1.0 - ground[r, c + 1] - ground[r + 1, c] + ground[r + 1, c + 1]
        step = t - t_before
        curve = twist * (step * du) * (step * dv)
        change = height - before
        if abs(change) < abs(curve):
            s = (curve - change) / (2.0 * curve)
            turn = before - curve * s * s
            if curve < 0.0:
                highest = max(highest, turn)
            else:
                fall = max(fall, highest - turn)
        highest = max(highest, height)
        fall = max(fall, highest - height)
        before, t_before = height, t
    return fall


fallen = loop(_fallen)


def _walk(  # noqa: PLR0913, PLR0917 - as above
    ground: Any, u: Any, v: Any, reach: float, surely: float, perhaps: float,
    top: int, bottom: int, left: int, right: int, out: Any,
) -> None:  # fmt: skip
    """Answer for a block of cells whether the first ridge is not passed on the way from the nearest lookout.

    surely, perhaps: how far the ground may fall for a yes, and for a maybe.
    """
    for i in range(top, bottom):
        for j in range(left, right):
            best, near = -1, reach * reach
            for k in range(len(u)):
                far = (u[k] - j) * (u[k] - j) + (v[k] - i) * (v[k] - i)
                if far < near or (far == near and best < 0):
                    best, near = k, far
            if best < 0:
                continue
            fall = fallen(ground, i, j, u[best], v[best])
            # Nothing falls so far but ground without a height.
            unknown = fall > _VOID_FALL_M
            out[i, j] = _SEEN if fall <= surely else (_PERHAPS if fall <= perhaps or unknown else np.int8(0))


walk = loop(_walk)
