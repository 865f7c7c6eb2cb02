"""Bounds on the signed distance to a zone, cell by cell: what decides nearly all sites without looking at an outline.

Signed distance is negative inside the areas of a zone. It cannot change faster than one moves, so its value at the
middle of a cell bounds it everywhere in the cell, and at every point of a site about it. Cells are fine near the
outline and coarse far away, where a rough bound is enough. Metres of the working CRS.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Edge of the finest cell is about so many metres, and there are at most so many cells along a side.
FINEST_M: Final = 200.0
MOST_CELLS: Final = 256
# A cell is cut in four while its radius is more than this part of the distance at its middle.
PRECISION: Final = 0.15
# How far the cells reach beyond the zone.
AROUND_M: Final = 5_000.0
# The grid begins with two to this power cells along a side.
COARSEST: Final = 3
# Rounding of coordinates and of distances kept in single precision, more than there is.
SLACK_M: Final = 0.01


@dataclass(frozen=True)
class Field:
    """A grid of bounds over a zone and its surroundings.

    A coarse cell fills all the finest cells it takes up, each of which knows how coarse it was.
    """

    # Lower left corner, and edge of a finest cell.
    x0: float
    y0: float
    cell_m: float
    # Signed distance at the middle of each cell's own, perhaps coarser cell; shape (n, n), first index along x.
    value: NDArray[np.float32]
    # How often the finest edge must be doubled to give that of the cell's own.
    doublings: NDArray[np.uint8]

    def bounds(self, x: Floats, y: Floats, radius_m: Floats) -> tuple[Floats, Floats]:
        """Bound the signed distance over all points within a radius of places; shape (n,) each.

        A place beyond the grid is not bounded.
        """
        x, y = x - self.x0, y - self.y0
        size = len(self.value)
        i, j = (np.floor(c / self.cell_m) for c in (x, y))
        on = (i >= 0) & (i < size) & (j >= 0) & (j < size)
        i, j = (np.where(on, k, 0).astype(np.int64) for k in (i, j))
        doublings = self.doublings[i, j]
        edge = self.cell_m * (1 << doublings.astype(np.int64))
        way = np.hypot(x - ((i >> doublings) + 0.5) * edge, y - ((j >> doublings) + 0.5) * edge)
        reach = np.where(on, way + radius_m + SLACK_M, np.inf)
        value = self.value[i, j].astype(np.float64)
        return value - reach, value + reach


def make_field(bounds: Floats, signed_distance: Callable[[NDArray[np.object_]], Floats]) -> Field:
    """Measure a field.

    bounds: of the zone: x and y of two corners. signed_distance: measures points.
    """
    x0, y0, x1, y1 = bounds + np.array([-AROUND_M, -AROUND_M, AROUND_M, AROUND_M])
    side = max(x1 - x0, y1 - y0)
    finest = int(np.clip(np.round(np.log2(side / FINEST_M)), COARSEST, np.log2(MOST_CELLS)))
    value = np.zeros((2**COARSEST, 2**COARSEST), np.float32)
    doublings = np.zeros(value.shape, np.uint8)
    open_ = np.ones(value.shape, bool)
    for level in range(COARSEST, finest + 1):
        cell = side / 2**level
        i, j = np.nonzero(open_)
        middle = shapely.points(x0 + (i + 0.5) * cell, y0 + (j + 0.5) * cell)
        measured = signed_distance(np.asarray(middle, dtype=object))
        value[i, j], doublings[i, j] = measured, finest - level
        if level < finest:
            rough = np.zeros_like(open_)
            rough[i, j] = cell * np.sqrt(0.5) > PRECISION * np.abs(measured)
            value, doublings, open_ = _quartered(value), _quartered(doublings), _quartered(rough)
    return Field(x0, y0, side / 2**finest, value, doublings)


def _quartered(a: NDArray[Any]) -> NDArray[Any]:
    return np.repeat(np.repeat(a, 2, axis=0), 2, axis=1)
