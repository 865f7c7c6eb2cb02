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
# Rounding of coordinates and distances, far more than there is.
SLACK_M: Final = 1e-6


@dataclass(frozen=True)
class Field:
    """A grid of bounds over a zone and its surroundings."""

    # Lower left corner and edge of a cell.
    x0: float
    y0: float
    cell_m: float
    # Bounds of the signed distance in each cell; shape (n, n), first index along x.
    low: NDArray[np.float32]
    high: NDArray[np.float32]

    def bounds(self, geometry: NDArray[np.object_]) -> tuple[Floats, Floats]:
        """Bound the signed distance over all points of each geometry; shape (n,) each.

        A geometry whose middle lies beyond the grid is not bounded.
        """
        x0, y0, x1, y1 = shapely.bounds(geometry).T
        x, y = (x0 + x1) / 2, (y0 + y1) / 2
        radius = np.hypot(x1 - x0, y1 - y0) / 2 + SLACK_M
        i, j = np.floor((x - self.x0) / self.cell_m), np.floor((y - self.y0) / self.cell_m)
        size = len(self.low)
        on = (i >= 0) & (i < size) & (j >= 0) & (j < size)
        i, j = np.where(on, i, 0).astype(np.int64), np.where(on, j, 0).astype(np.int64)
        return np.where(on, self.low[i, j] - radius, -np.inf), np.where(on, self.high[i, j] + radius, np.inf)


def make_field(bounds: Floats, signed_distance: Callable[[NDArray[np.object_]], Floats]) -> Field:
    """Measure a field.

    bounds: of the zone: x and y of two corners. signed_distance: measures points.
    """
    x0, y0, x1, y1 = bounds + np.array([-AROUND_M, -AROUND_M, AROUND_M, AROUND_M])
    side = max(x1 - x0, y1 - y0)
    levels = int(np.clip(np.round(np.log2(side / FINEST_M)), 3, np.log2(MOST_CELLS)))
    count = 8
    low, high = (np.full((count, count), end, np.float32) for end in (-np.inf, np.inf))
    open_ = np.ones((count, count), bool)
    while True:
        cell = side / count
        i, j = np.nonzero(open_)
        middle = shapely.points(x0 + (i + 0.5) * cell, y0 + (j + 0.5) * cell)
        value, radius = signed_distance(np.asarray(middle, dtype=object)), cell * np.sqrt(0.5) + SLACK_M
        # Rounded outwards, so that the bounds stay bounds.
        low[i, j] = np.nextafter((value - radius).astype(np.float32), np.float32(-np.inf))
        high[i, j] = np.nextafter((value + radius).astype(np.float32), np.float32(np.inf))
        if count >= 2**levels:
            return Field(x0, y0, cell, low, high)
        rough = np.zeros_like(open_)
        rough[i, j] = radius > PRECISION * np.abs(value)
        low, high, open_ = _quartered(low), _quartered(high), _quartered(rough)
        count *= 2


def _quartered(a: NDArray[Any]) -> NDArray[Any]:
    return np.repeat(np.repeat(a, 2, axis=0), 2, axis=1)
