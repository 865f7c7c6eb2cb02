"""A grid over an outline that knows, at the middle of each cell, how far the outline is and which features one is in.

Distance cannot change faster than one moves, so what holds at a cell's middle bounds it everywhere in the cell, and
over every site about it. And from a place to its cell's middle it is a short walk: the few segments crossed on it
tell in which features the place lies. Metres of the working CRS.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fuling_gis.overlay.compiled.compiling import maker, step
from fuling_gis.overlay.compiled.outline import Numbers, Tree
from fuling_gis.overlay.compiled.search import box_gap, nearest_to_point, odd, room_for, toggled, walk

# Edge of a cell: at least so many metres, more where there would be more than so many cells along a side.
CELL_M: Final = 100.0
MOST_CELLS: Final = 480
# And more again where the outline has few segments, which are soon asked: so many cells along a side at least, and no
# more in all than so many for each segment.
LEAST_CELLS: Final = 160
CELLS_PER_SEGMENT: Final = 60
# Larger too where features overlap so much that the lists of all cells would have more than about so many entries.
MOST_HELD: Final = 20_000_000
# Measuring begins with blocks of two to this power cells along a side.
COARSEST: Final = 4
# A block is cut in four while its corners are farther from its middle than this part of the outline's distance.
PRECISION: Final = 0.15
# How far the cells reach beyond the outline.
AROUND_M: Final = 5_000.0
# How far about a cell the leaves are that it lists.
REACH_M: Final = 25.0
# Rounding of coordinates, and of distances kept in single precision up to some 80 km, more than there is.
SLACK_M: Final = 0.01
# And the part of a longer distance by which it is rounded there.
SINGLE: Final = 1.2e-7
# A middle nearer than this to the outline is on neither side of it for certain; another grid is laid then.
_TOO_CLOSE_M: Final = 1e-5
# How far a corner is from the middle, for half an edge of 1.
CORNER: Final = 1.4142135623730951
# Parts of a cell by which the grid is shifted from round coordinates, on which outlines like to lie.
_SHIFTS: Final = tuple(n * 0.6180339887 % 1.0 for n in range(1, 13))


class Field(NamedTuple):
    """The grid. Cells are numbered along x, then along y.

    Far from the outline a block of cells shares one middle: a rough bound is enough there.
    """

    # Lower left corner, edge of a cell, and cells along x and y.
    x0: float
    y0: float
    cell_m: float
    nx: int
    ny: int
    # How often a cell's edge must be doubled to give that of its block; shape (nx * ny,).
    doublings: NDArray[np.uint8]
    # Signed distance from the middle of each cell's block to the outline, negative inside; shape (nx * ny,).
    signed: NDArray[np.float32]
    # The number of the list of features that the middle lies in, 0 for none; shape (nx * ny,).
    inside: Numbers
    # First place of each list in `held`; shape (lists + 1,).
    first: Numbers
    # The lists, one after the other.
    held: Numbers
    # First place of each cell's leaves in `leaf`; shape (nx * ny + 1,).
    begins: Numbers
    # The leaves with a segment within REACH_M of the cells.
    leaf: Numbers


def field_of(tree: Tree) -> Field:
    """Measure the field of a tree, on all processors. A tree without segments has a field without cells."""
    if not len(tree.ring):
        none, start = np.zeros(0, np.int32), np.zeros(1, np.int32)
        grid = np.zeros(0, np.uint8), np.zeros(0, np.float32), none
        return Field(0.0, 0.0, CELL_M, 0, 0, *grid, start, none, start, none)
    block = 1 << COARSEST
    x0, y0, x1, y1 = tree.box[-1] + AROUND_M * np.array([-1.0, -1.0, 1.0, 1.0])
    most = min(MOST_CELLS, max(LEAST_CELLS, np.sqrt(CELLS_PER_SEGMENT * len(tree.segment))))
    cell = max(CELL_M, max(x1 - x0, y1 - y0) / most, np.sqrt(_ground(tree) / MOST_HELD))
    nx, ny = (block * (int((side / cell) // block) + 2) for side in (x1 - x0, y1 - y0))
    for shift in _SHIFTS:
        corner = (float(x0 - shift * cell), float(y0 - shift * cell))
        bands = _bands(tree, corner, cell, nx, ny)
        if min(band[-1] for band in bands) > _TOO_CLOSE_M:
            break
    doublings, gap, inside, count, held = (np.concatenate(each) for each in list(zip(*bands, strict=True))[:-1])
    # Lists are numbered on from band to band.
    for band, before in zip(bands, np.cumsum([0, *(len(band[3]) for band in bands)]), strict=False):
        band[2][band[2] > 0] += before
    inside = np.concatenate([band[2] for band in bands])
    first = np.concatenate([[0, 0], np.cumsum(count)]).astype(np.int32)
    begins, leaf = _leaves_of_cells(tree, corner, float(cell), nx, ny)
    signed = np.where(inside > 0, -gap, gap)
    return Field(*corner, float(cell), nx, ny, doublings, signed, inside, first, held, begins, leaf)


def _ground(tree: Tree) -> float:
    """Give the sum of the areas of the features' boxes."""
    leaves = len(tree.ring)
    first = np.flatnonzero(np.diff(tree.owner[:leaves], prepend=-1))
    low = np.minimum.reduceat(tree.box[:leaves, :2], first)
    high = np.maximum.reduceat(tree.box[:leaves, 2:], first)
    return float((high - low).prod(axis=1).sum())


def _bands(tree: Tree, corner: tuple[float, float], cell: float, nx: int, ny: int) -> Sequence[tuple[Any, ...]]:
    """Measure bands of rows of blocks, on all processors."""
    anyone = tree._replace(owner=np.zeros_like(tree.owner), features=1)
    workers = os.cpu_count() or 1
    rows = np.unique(np.linspace(0, ny >> COARSEST, 2 * workers + 1).astype(int)) << COARSEST

    def band(number: int) -> tuple[Any, ...]:
        return _band(tree, anyone, room_for(tree), corner, cell, nx, rows[number : number + 2])

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(band, range(len(rows) - 1)))


@maker
def _band(tree: Any, anyone: Any, room: Any, corner: Any, cell: float, nx: int, rows: Any) -> Any:
    """Measure the rows from the first to below the last, block by block, a block in quarters where that is too rough.

    anyone: the same tree as a single feature. Gives for each cell doublings, gap and the number of its list, counted
    from 1; how many features each list has; the lists; and how near the nearest middle walked from is to the outline.
    """
    low, high, closest = rows[0], rows[1], np.inf
    cells = (high - low) * nx
    doublings, gap, inside = np.empty(cells, np.uint8), np.empty(cells, np.float32), np.zeros(cells, np.int32)
    counts, lists = np.empty(64, np.int32), 0
    listed, stored = np.empty(64, np.int32), 0
    # The middle last measured on each level, and above the highest the one of the block before: where, how far from the
    # outline, in which features.
    x, y = np.empty(COARSEST + 2), np.empty(COARSEST + 2)
    away, count = np.full(COARSEST + 2, np.inf), np.zeros(COARSEST + 2, np.int32)
    held = np.empty((COARSEST + 2, tree.features + 1), np.int32)
    todo = np.empty((4 * COARSEST + 4, 3), np.int64)
    for block in range(((high - low) >> COARSEST) * (nx >> COARSEST)):
        row, column = divmod(block, nx >> COARSEST)
        if column == 0:
            # Each row begins at the edge of the grid, beyond all features.
            above = COARSEST + 1
            x[above], y[above], count[above] = corner[0], corner[1] + (low + (row << COARSEST)) * cell, 0
            away[above] = np.sqrt(nearest_to_point(anyone, room, x[above], y[above], np.inf))
        todo[0, 0], todo[0, 1], todo[0, 2] = column << COARSEST, row << COARSEST, COARSEST
        waiting = 1
        while waiting > 0:
            waiting -= 1
            i, j, level = todo[waiting, 0], todo[waiting, 1], todo[waiting, 2]
            half, above = 0.5 * (1 << level), level + 1
            x[level], y[level] = corner[0] + (i + half) * cell, corner[1] + (low + j + half) * cell
            dx, dy = x[level] - x[above], y[level] - y[above]
            way = np.sqrt(dx * dx + dy * dy)
            most = (away[above] + way) ** 2 * (1 + 1e-9)
            away[level] = np.sqrt(nearest_to_point(anyone, room, x[level], y[level], most))
            closest = min(closest, away[level])
            count[level] = count[above]
            held[level, : count[level]] = held[above, : count[level]]
            if away[above] <= way:
                count[level] = walk(tree, room, x[above], y[above], x[level], y[level], held[level], count[level])
            if level == COARSEST:
                # The next block walks from here.
                x[above], y[above], away[above], count[above] = x[level], y[level], away[level], count[level]
                held[above, : count[level]] = held[level, : count[level]]
            if level > 0 and half * cell * CORNER > PRECISION * away[level]:
                for part in range(4):
                    todo[waiting, 0] = i + (part & 1) * (1 << (level - 1))
                    todo[waiting, 1] = j + (part >> 1) * (1 << (level - 1))
                    todo[waiting, 2] = level - 1
                    waiting += 1
                continue
            number = 0
            if count[level] > 0:
                many = count[level]
                if lists == 0 or not _same(held[level], many, listed, stored, counts[lists - 1]):
                    if lists == len(counts):
                        counts = np.append(counts, counts)
                    while stored + many > len(listed):
                        listed = np.append(listed, listed)
                    counts[lists] = many
                    listed[stored : stored + many] = held[level, :many]
                    stored += many
                    lists += 1
                number = lists
            for r in range(j, j + (1 << level)):
                for c in range(i, i + (1 << level)):
                    doublings[r * nx + c], gap[r * nx + c], inside[r * nx + c] = level, away[level], number
    return doublings, gap, inside, counts[:lists].copy(), listed[:stored].copy(), closest


@step
def _same(held: Any, count: int, listed: Any, stored: int, before: int) -> bool:
    """Tell whether a list is the one stored last."""
    if count != before:
        return False
    for k in range(count):
        if held[k] != listed[stored - count + k]:
            return False
    return True


@maker
def _leaves_of_cells(tree: Any, corner: Any, cell: float, nx: int, ny: int) -> Any:
    """List for each cell the leaves with a segment that comes within REACH_M of it."""
    begins, reach = np.zeros(nx * ny + 1, np.int32), REACH_M + SLACK_M
    listed, last = np.empty(0, np.int32), np.empty(nx * ny, np.int32)
    # Counted first, then written.
    for writing in (False, True):
        last[:] = -1
        if writing:
            begins[1:] = np.cumsum(begins[1:])
            listed = np.empty(begins[-1], np.int32)
        for leaf in range(len(tree.ring)):
            for k in range(tree.first[leaf], tree.first[leaf + 1]):
                # From the lower end to the upper one, row by row.
                low, high = (0, 2) if tree.segment[k, 1] <= tree.segment[k, 3] else (2, 0)
                ax, ay = tree.segment[k, low] - corner[0], tree.segment[k, low + 1] - corner[1]
                bx, by = tree.segment[k, high] - corner[0], tree.segment[k, high + 1] - corner[1]
                for j in range(int((ay - reach) / cell), int((by + reach) / cell) + 1):
                    start = min(by, max(ay, j * cell - reach))
                    stop = max(ay, min(by, (j + 1) * cell + reach))
                    left = ax if start <= ay else ax + (start - ay) / (by - ay) * (bx - ax)
                    right = bx if stop >= by else ax + (stop - ay) / (by - ay) * (bx - ax)
                    for i in range(int((min(left, right) - reach) / cell), int((max(left, right) + reach) / cell) + 1):
                        c = j * nx + i
                        if last[c] == leaf:
                            continue
                        last[c] = leaf
                        if writing:
                            # Filled from behind, so that each cell's end becomes its beginning.
                            begins[c + 1] -= 1
                            listed[begins[c + 1]] = leaf
                        else:
                            begins[c + 1] += 1
    begins[:-1] = begins[1:]
    begins[-1] = len(listed)
    return begins, listed


@step
def cell_at(field: Any, x: float, y: float) -> tuple[int, float]:
    """Give the number of the cell that a place lies in, and how far its middle is; -1 off the grid."""
    u, v = (x - field.x0) / field.cell_m, (y - field.y0) / field.cell_m
    if not (0.0 <= u < field.nx and 0.0 <= v < field.ny):
        return -1, np.inf
    i, j = int(u), int(v)
    cell = j * field.nx + i
    level = field.doublings[cell]
    half = 0.5 * (1 << level)
    dx, dy = u - ((i >> level) << level) - half, v - ((j >> level) << level) - half
    return cell, field.cell_m * np.sqrt(dx * dx + dy * dy)


@step
def bounds_of_cell(field: Any, cell: int) -> tuple[float, float]:
    """Give the least and the greatest signed distance of any place in a cell.

    They say less than the middle does of one place, but hardly anything need be read or reckoned for them.
    """
    value = field.signed[cell]
    reach = 0.5 * CORNER * field.cell_m * (1 << field.doublings[cell]) + SLACK_M + SINGLE * abs(value)
    return value - reach, value + reach


@step
def cell_apart(field: Any, x0: float, y0: float, x1: float, y1: float) -> tuple[int, float]:
    """Give the cell that a box's middle lies in, -1 off the grid, and how far any place of the box is from the cell."""
    per, dx, dy = 1.0 / field.cell_m, x1 - x0, y1 - y0
    u, v = (x0 + 0.5 * dx - field.x0) * per, (y0 + 0.5 * dy - field.y0) * per
    if not (0.0 <= u < field.nx and 0.0 <= v < field.ny):
        return -1, np.inf
    return int(v) * field.nx + int(u), 0.5 * np.sqrt(dx * dx + dy * dy)


@step
def cell_of_box(field: Any, x0: float, y0: float, x1: float, y1: float) -> tuple[int, float]:
    """Give the cell that a box's middle lies in, and how far any place of the box can be from the cell's middle."""
    cell, way = cell_at(field, 0.5 * (x0 + x1), 0.5 * (y0 + y1))
    if cell < 0:
        return cell, way
    dx, dy = x1 - x0, y1 - y0
    return cell, way + 0.5 * np.sqrt(dx * dx + dy * dy) + SLACK_M + SINGLE * abs(field.signed[cell])


@step
def features_at(field: Any, tree: Any, room: Any, x: float, y: float) -> int:
    """List the features that a place lies in, in the first places of the room's `held`, and give how many they are.

    A place within a nanometre or so of an outline may be told to lie on either side of it.
    """
    cell, way = cell_at(field, x, y)
    if cell < 0:
        return 0
    begin = field.first[field.inside[cell]]
    count = field.first[field.inside[cell] + 1] - begin
    for i in range(count):
        room.held[i] = field.held[begin + i]
    if abs(field.signed[cell]) > way + SLACK_M:
        return count
    mx = field.x0 + (cell % field.nx + 0.5) * field.cell_m
    my = field.y0 + (cell // field.nx + 0.5) * field.cell_m
    # Only a cell of its own comes this near. The way lies in the cell, and so do all segments that it can cross.
    x0, x1, y0, y1 = min(x, mx), max(x, mx), min(y, my), max(y, my)
    for i in range(field.begins[cell], field.begins[cell + 1]):
        leaf = field.leaf[i]
        if tree.ring[leaf] and box_gap(tree.box, leaf, x0, y0, x1, y1) == 0.0 and odd(tree, leaf, mx, my, x, y):
            count = toggled(room.held, count, tree.owner[leaf])
    return count
