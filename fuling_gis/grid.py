"""A grid of equal cells with its north up: where its cells are, in the units of one coordinate system.

What the cells hold is left to others. Heights belong to the middles of cells; between them they are read bilinearly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# West, south, east, north (or left, bottom, right, top).
Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Grid:
    """Cells in rows from north to south and columns from west to east."""

    # Upper left corner of the upper left cell, and the edges of a cell, in units of the CRS.
    left: float
    top: float
    step_x: float
    step_y: float
    nx: int
    ny: int
    # As `EPSG:n` or WKT.
    crs: str

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.ny, self.nx

    @property
    def cell_m(self) -> float:
        """Edge of a cell of a square, metric grid, metres."""
        return self.step_x

    @property
    def bounds(self) -> Bounds:
        """West, south, east, north."""
        return (
            self.left,
            self.top - self.ny * self.step_y,
            self.left + self.nx * self.step_x,
            self.top,
        )

    def column(self, x: Floats) -> Floats:
        """Give how many cells a place lies east of the middle of the first column; fractions between middles."""
        return (x - self.left) / self.step_x - 0.5

    def row(self, y: Floats) -> Floats:
        """Give how many cells a place lies south of the middle of the first row."""
        return (self.top - y) / self.step_y - 0.5

    def x(self, column: Floats | NDArray[np.int64]) -> Floats:
        """Give the easting of the middle of columns."""
        return np.asarray(self.left + (np.asarray(column, np.float64) + 0.5) * self.step_x)

    def y(self, row: Floats | NDArray[np.int64]) -> Floats:
        """Give the northing of the middle of rows."""
        return np.asarray(self.top - (np.asarray(row, np.float64) + 0.5) * self.step_y)

    def cell_of(self, x: float, y: float) -> tuple[int, int]:
        """Give the row and column of the cell whose middle is nearest to a place."""
        return round((self.top - y) / self.step_y - 0.5), round((x - self.left) / self.step_x - 0.5)

    def window(self, area: Bounds, margin: int = 0) -> tuple[slice, slice]:
        """Give the rows and columns that an area touches, and so many more on each side; clipped to the grid."""
        west, south, east, north = area
        rows = _span((self.top - north) / self.step_y, (self.top - south) / self.step_y, self.ny, margin)
        columns = _span((west - self.left) / self.step_x, (east - self.left) / self.step_x, self.nx, margin)
        return rows, columns

    def part(self, rows: slice, columns: slice) -> Grid:
        """Give the grid of some rows and columns."""
        return Grid(
            self.left + columns.start * self.step_x,
            self.top - rows.start * self.step_y,
            self.step_x,
            self.step_y,
            columns.stop - columns.start,
            rows.stop - rows.start,
            self.crs,
        )


def _span(first: float, last: float, n: int, margin: int) -> slice:
    start = min(max(math.floor(first) - margin, 0), n)
    return slice(start, max(min(math.ceil(last) + margin, n), start))


def read_between(values: NDArray[np.floating], row: Floats, column: Floats) -> Floats:
    """Read a field between the middles of cells, bilinearly; beyond the outermost ones it goes on as at the edge."""
    i = np.clip(np.floor(row).astype(np.int64), 0, values.shape[0] - 2)
    j = np.clip(np.floor(column).astype(np.int64), 0, values.shape[1] - 2)
    f, g = column - j, row - i
    a, b, c, d = (values[i + k, j + m].astype(np.float64) for k in (0, 1) for m in (0, 1))
    low, high = a * (1.0 - f) + b * f, c * (1.0 - f) + d * f
    return np.asarray(low * (1.0 - g) + high * g)
