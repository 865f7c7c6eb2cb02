"""How much of each cell of a raster lies in an area: exact shares, so that nothing depends on where cell edges fall."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from fuling_gis.grid import Grid

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

# The area is first cut into squares of so many cells; within each only a few of its edges are left.
_BLOCK: Final = 32


@dataclass(frozen=True)
class Shares:
    """The cells that an area touches, and the share of each that lies in it; shape (n,) each, no cell twice."""

    row: Indices
    column: Indices
    share: Floats


def shares(area: Any, grid: Grid) -> Shares:
    """Measure the share of each cell in an area.

    area: one polygon or multipolygon, valid, in the grid's CRS.
    """
    parts: list[tuple[Indices, Indices, Floats]] = []
    rows, columns = grid.window(area.bounds) if not area.is_empty else (slice(0, 0), slice(0, 0))
    for top in range(rows.start, rows.stop, _BLOCK):
        bottom = min(top + _BLOCK, rows.stop)
        lefts = np.arange(columns.start, columns.stop, _BLOCK)
        rights = np.minimum(lefts + _BLOCK, columns.stop)
        squares = _boxes(grid, np.full(len(lefts), top), np.full(len(lefts), bottom), lefts, rights)
        shapely.prepare(area)
        whole = shapely.contains_properly(area, squares)
        some = shapely.intersects(area, squares) & ~whole
        for n in np.flatnonzero(whole | some):
            i, j = (a.ravel() for a in np.mgrid[top:bottom, lefts[n] : rights[n]])
            share = np.ones(len(i)) if whole[n] else _within(shapely.intersection(area, squares[n]), grid, i, j)
            parts.append((i[share > 0], j[share > 0], share[share > 0]))
    if not parts:
        return Shares(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
    row, column, share = (np.concatenate(list(one)) for one in zip(*parts, strict=True))
    return Shares(row, column, share)


def _within(piece: Any, grid: Grid, row: Indices, column: Indices) -> Floats:
    cells = _boxes(grid, row, row + 1, column, column + 1)
    shapely.prepare(piece)
    out = np.where(shapely.contains_properly(piece, cells), 1.0, 0.0)
    cut = np.flatnonzero((out == 0) & shapely.intersects(piece, cells))
    out[cut] = shapely.area(shapely.intersection(piece, cells[cut])) / (grid.step_x * grid.step_y)
    return out


def _boxes(grid: Grid, top: Indices, bottom: Indices, left: Indices, right: Indices) -> NDArray[np.object_]:
    west, east = grid.left + left * grid.step_x, grid.left + right * grid.step_x
    north, south = grid.top - top * grid.step_y, grid.top - bottom * grid.step_y
    return np.asarray(shapely.box(west, south, east, north), dtype=object)
