"""What lines of sight are drawn in: heights at both ends of the model's error, the water at its level, the lookouts.

The error is against seeing where all ground is higher by it and what is looked at lower, and in favour the other way
round; the surface of the water is known. Ground without a height hides everything in the one case, nothing in the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from fuling_gis.grid import Grid, read_between
from fuling_gis.overlay.lookouts import lookouts
from fuling_gis.overlay.pieces import Geometries
from fuling_gis.rules.views import View, demands

Floats = NDArray[np.float64]
Heights = NDArray[np.float32]

# Stands for ground that hides everything, and, below zero, for ground that hides nothing.
VOID_M: Final = 1e9
# A tile of so many cells along a side knows how much its surface is twisted.
TILE: Final = 16
# The largest error in every hundred is what a coarse model is charged with.
_PERCENTILE: Final = 95


@dataclass(frozen=True)
class Scene:
    """Ground and lookouts."""

    grid: Grid
    view: View
    # Heights with the error against being seen through, and in favour, metres; shape of the grid.
    high: Heights
    low: Heights
    # Column and row of each lookout between the middles of cells, and the height of the eye, metres; shape (n,).
    column: Floats
    row: Floats
    eye: Floats

    @property
    def reach(self) -> float:
        """How far one looks, in cells."""
        return self.view.range_m / self.grid.cell_m

    @cached_property
    def twist(self) -> NDArray[np.float64]:
        """How far the surface can bulge over a straight line within a cell, at the most; by tiles of cells."""
        most: Floats = np.zeros((-(-self.grid.ny // TILE), -(-self.grid.nx // TILE)))
        for heights in (self.high, self.low):
            z = heights.astype(np.float64)
            twist = np.abs(z[:-1, :-1] - z[1:, :-1] - z[:-1, 1:] + z[1:, 1:])
            padded = np.pad(twist, ((0, -len(twist) % TILE), (0, -twist.shape[1] % TILE)))
            tiles = padded.reshape(padded.shape[0] // TILE, TILE, padded.shape[1] // TILE, TILE).max(axis=(1, 3))
            most[: len(tiles), : tiles.shape[1]] = np.maximum(most[: len(tiles), : tiles.shape[1]], tiles)
        # What is looked at may itself be at the other end of the error; and rounding must not matter.
        error = float((self.high - self.low).max(initial=0.0, where=np.abs(self.high) < VOID_M))
        return np.asarray((most + 2.0 * error) * 0.2501 + 1e-3)


def make_scene(heights: Heights, grid: Grid, error_m: float, water: Geometries, view: View, places: Floats) -> Scene:
    """Set a scene.

    heights: not a number where there is none. water: areas whose surface is at the view's level. places: to look from,
    shape (n, 2).
    """
    from fuling_gis.readers.raster import burnt

    level = np.float32(view.water_level_m)
    areas = water[shapely.get_dimensions(water) == 2]  # noqa: PLR2004  the dimension of an area
    wet = burnt(areas, grid) & ~(heights > level)
    z = np.where(wet, level, heights).astype(np.float32)
    error = np.where(wet, np.float32(0.0), np.float32(error_m))
    void = np.isnan(z)
    high = np.where(void, np.float32(VOID_M), z + error)
    low = np.where(void, np.float32(-VOID_M), z - error)
    column, row = grid.column(places[:, 0]), grid.row(places[:, 1])
    eye = _eyes(z, row, column, view)
    kept = np.isfinite(eye) & (row >= 0) & (column >= 0) & (row <= grid.ny - 1) & (column <= grid.nx - 1)
    return Scene(grid, view, high, low, column[kept], row[kept], eye[kept])


def _eyes(z: Heights, row: Floats, column: Floats, view: View) -> Floats:
    """Give the height of each eye: over the water, or over the ground where that is higher; NaN where it is not known."""
    ground = read_between(z, row, column)
    return np.asarray(np.where(np.isnan(ground), np.nan, np.maximum(ground, view.water_level_m)) + view.eye_m)


def places_of(water: Geometries, view: View, grid: Grid) -> Floats:
    """Give the places to look from that lie on a grid."""
    return lookouts(water, view.spacing_m, grid.bounds)


def gap_m(heights: Heights, grid: Grid, places: Floats, view: View) -> float:
    """Tell how far a model lies above the water level at most lookouts, metres; 0 where nobody can say."""
    if not len(places):
        return 0.0
    ground = read_between(heights, grid.row(places[:, 1]), grid.column(places[:, 0]))
    known = ground[np.isfinite(ground)]
    return float(np.median(known)) - view.water_level_m if len(known) else 0.0


def error_of(heights: Heights, grid: Grid, stated_m: float) -> float:
    """Give the error to reckon with: the stated one, or more where cells are too coarse for the shape of the ground."""
    if grid.cell_m <= demands().coarse_cell_m:
        return stated_m
    return max(stated_m, roughness_m(heights))


def roughness_m(heights: Heights) -> float:
    """Tell how far heights between cells can be off: how much a height differs from the mean of its neighbours."""
    z = heights.astype(np.float64)
    off = [np.abs(z[1:-1] - (z[:-2] + z[2:]) / 2).ravel(), np.abs(z[:, 1:-1] - (z[:, :-2] + z[:, 2:]) / 2).ravel()]
    known = np.concatenate(off)
    known = known[np.isfinite(known)]
    return float(np.percentile(known, _PERCENTILE)) if len(known) else 0.0
