"""A grid over an outline that knows, at the middle of each cell, how far the outline is and which features one is in.

Distance cannot change faster than one moves, so what holds at a cell's middle bounds it everywhere in the cell, and over
every site about it. And from a place to its cell's middle it is a short walk: the few segments crossed on it tell in
which features the place lies. Metres of the working CRS.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fuling_gis.overlay.compiled import compiled, step
from fuling_gis.overlay.outline import Floats, Numbers, Tree
from fuling_gis.overlay.search import DEPTH, box_gap, nearest_to_point, odd, toggled, walk

# Edge of a cell: at least so many metres, more where there would be more than so many cells along a side.
CELL_M: Final = 100.0
MOST_CELLS: Final = 480
# How far the cells reach beyond the outline.
AROUND_M: Final = 5_000.0
# How far about a cell the leaves are that it lists.
REACH_M: Final = 25.0
# Rounding of coordinates and of distances kept in single precision, more than there is.
SLACK_M: Final = 0.01
# A middle nearer than this to the outline is on neither side of it for certain; another grid is laid then.
_TOO_CLOSE_M: Final = 1e-5
# Parts of a cell by which the grid is shifted from round coordinates, on which outlines like to lie.
_SHIFTS: Final = (0.3819660113, 0.2360679775, 0.1458980338, 0.4721359550)


class Field(NamedTuple):
    """The grid. Cells are numbered along x, then along y."""

    # Lower left corner, edge of a cell, and cells along x and y.
    x0: float
    y0: float
    cell_m: float
    nx: int
    ny: int
    # Distance from each cell's middle to the outline; shape (nx * ny,).
    gap: NDArray[np.float32]
    # First place of each cell's features in `held`; shape (nx * ny + 1,).
    first: Numbers
    # The features that the middles lie in.
    held: Numbers
    # First place of each cell's leaves in `leaf`; shape (nx * ny + 1,).
    begins: Numbers
    # The leaves whose boxes come within REACH_M of the cells.
    leaf: Numbers


def field_of(tree: Tree) -> Field:
    """Measure the field of a tree that has segments, on all processors."""
    x0, y0, x1, y1 = tree.box[-1] + AROUND_M * np.array([-1.0, -1.0, 1.0, 1.0])
    cell = max(CELL_M, max(x1 - x0, y1 - y0) / MOST_CELLS)
    nx, ny = (int(np.ceil(side / cell)) + 1 for side in (x1 - x0, y1 - y0))
    for shift in _SHIFTS:
        corner = (float(x0 - shift * cell), float(y0 - shift * cell))
        bands = _bands(tree, corner, cell, nx, ny)
        if min(float(gap.min()) for gap, _, _ in bands) > _TOO_CLOSE_M:
            break
    gap, count, held = (np.concatenate(each) for each in zip(*bands, strict=True))
    first = np.zeros(len(gap) + 1, np.int32)
    np.cumsum(count, out=first[1:])
    begins, leaf = _leaves_of_cells(tree.box, len(tree.ring), corner, float(cell), nx, ny)
    return Field(*corner, float(cell), nx, ny, gap, first, held, begins, leaf)


def _bands(
    tree: Tree, corner: tuple[float, float], cell: float, nx: int, ny: int
) -> Sequence[tuple[NDArray[np.float32], Numbers, Numbers]]:
    """Measure bands of rows, on all processors."""
    anyone = tree._replace(owner=np.zeros_like(tree.owner), features=1)
    workers = os.cpu_count() or 1
    rows = np.linspace(0, ny, 2 * workers + 1).astype(int)

    def band(number: int) -> tuple[NDArray[np.float32], Numbers, Numbers]:
        return _band(tree, anyone, corner, cell, nx, int(rows[number]), int(rows[number + 1]))  # type: ignore[no-any-return]

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(band, range(2 * workers)))


@compiled
def _band(tree: Any, anyone: Any, corner: Any, cell: float, nx: int, low: int, high: int) -> Any:
    """Measure the rows from `low` to below `high`: gap, number of features, and the features, cell by cell."""
    gaps_of = np.empty((high - low) * nx, np.float32)
    counts = np.empty((high - low) * nx, np.int32)
    held_by = np.empty(max(16, (high - low) * nx), np.int32)
    stored = 0
    best, none = np.full(2, np.inf), np.zeros(tree.features + 1)
    stack, gaps = np.empty(DEPTH, np.int64), np.empty(DEPTH)
    held = np.empty(tree.features + 1, np.int32)
    at = 0
    for row in range(low, high):
        y = corner[1] + (row + 0.5) * cell
        # The first middle lies beyond all features.
        count, gap = 0, np.inf
        for column in range(nx):
            x = corner[0] + (column + 0.5) * cell
            before = gap
            best[0] = np.inf
            nearest_to_point(anyone, x, y, best, (before + cell) ** 2 * (1 + 1e-9), stack, gaps)
            gap = np.sqrt(best[0])
            if before <= cell:
                count = walk(tree, x - cell, y, x, y, held, count, none, stack, gaps)
            gaps_of[at], counts[at] = gap, count
            at += 1
            if stored + count > len(held_by):
                held_by = np.append(held_by, np.empty(len(held_by) + count, np.int32))
            held_by[stored : stored + count] = held[:count]
            stored += count
    return gaps_of, counts, held_by[:stored]


@compiled
def _leaves_of_cells(box: Any, leaves: int, corner: Any, cell: float, nx: int, ny: int) -> Any:
    """List the leaves about each cell."""
    begins = np.zeros(nx * ny + 1, np.int32)
    listed = np.empty(0, np.int32)
    # Counted first, then written.
    for writing in (False, True):
        if writing:
            begins[1:] = np.cumsum(begins[1:])
            listed = np.empty(begins[-1], np.int32)
        for leaf in range(leaves):
            i0 = int((box[leaf, 0] - REACH_M - corner[0]) / cell)
            i1 = int((box[leaf, 2] + REACH_M - corner[0]) / cell)
            j0 = int((box[leaf, 1] - REACH_M - corner[1]) / cell)
            j1 = int((box[leaf, 3] + REACH_M - corner[1]) / cell)
            for j in range(j0, j1 + 1):
                for i in range(i0, i1 + 1):
                    if writing:
                        # Filled from behind, so that each cell's end becomes its beginning.
                        begins[j * nx + i + 1] -= 1
                        listed[begins[j * nx + i + 1]] = leaf
                    else:
                        begins[j * nx + i + 1] += 1
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
    dx, dy = u - i - 0.5, v - j - 0.5
    return j * field.nx + i, field.cell_m * np.sqrt(dx * dx + dy * dy)


@step
def cell_of_box(field: Any, x0: float, y0: float, x1: float, y1: float) -> tuple[int, float]:
    """Give the cell that a box's middle lies in, and how far any place of the box can be from the cell's middle."""
    cell, way = cell_at(field, 0.5 * (x0 + x1), 0.5 * (y0 + y1))
    dx, dy = x1 - x0, y1 - y0
    return cell, way + 0.5 * np.sqrt(dx * dx + dy * dy) + SLACK_M


@step
def features_at(field: Any, tree: Any, x: float, y: float, held: Any) -> int:
    """List the features that a place lies in, in the first places of `held`, and give how many they are.

    A place within a nanometre or so of an outline may be told to lie on either side of it.
    """
    cell, way = cell_at(field, x, y)
    if cell < 0:
        return 0
    count = field.first[cell + 1] - field.first[cell]
    for i in range(count):
        held[i] = field.held[field.first[cell] + i]
    if field.gap[cell] > way + SLACK_M:
        return count
    mx = field.x0 + (cell % field.nx + 0.5) * field.cell_m
    my = field.y0 + (cell // field.nx + 0.5) * field.cell_m
    # The way lies in the cell, and so do all segments that it can cross.
    x0, x1, y0, y1 = min(x, mx), max(x, mx), min(y, my), max(y, my)
    for i in range(field.begins[cell], field.begins[cell + 1]):
        leaf = field.leaf[i]
        if tree.ring[leaf] and box_gap(tree.box, leaf, x0, y0, x1, y1) == 0.0 and odd(tree, leaf, mx, my, x, y):
            count = toggled(held, count, tree.owner[leaf])
    return count


@compiled
def bound(field: Any, box: Any, rows: Any, low: Any, high: Any) -> None:
    """Bound the signed distance to the first feature over all points of boxes.

    Signed distance is negative inside. rows: which boxes. low, high: filled; a box whose middle is off the grid is not
    bounded.
    """
    for i in range(len(rows)):
        k = rows[i]
        cell, reach = cell_of_box(field, box[k, 0], box[k, 1], box[k, 2], box[k, 3])
        if cell < 0:
            low[i], high[i] = -np.inf, np.inf
            continue
        value = field.gap[cell]
        if field.first[cell + 1] > field.first[cell]:
            value = -value
        low[i], high[i] = value - reach, value + reach
