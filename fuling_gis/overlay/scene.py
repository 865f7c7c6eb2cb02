"""What lines of sight are drawn in: heights at both ends of the model's error, the water at its level, the lookouts.

The error is against seeing where all ground is higher by it and what is looked at lower, and in favour the other way
round; the surface of the water is known. Ground without a height hides everything in the one case and nothing in the
other.
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
class Land:
    """Heights at both ends of the error, with the water at one level; shared by all scenes that look over it."""

    grid: Grid
    # Metres; shape of the grid. Ground without a height is very low in `mean` and `low` and very high in `high`.
    mean: Heights
    high: Heights
    low: Heights
    error_m: float

    @cached_property
    def twist(self) -> Floats:
        """How far the surface can bulge over a straight line within a cell, at the most; by tiles of cells."""
        most: Floats = np.zeros((-(-self.grid.ny // TILE), -(-self.grid.nx // TILE)))
        for heights in (self.high, self.low):
            twist = np.abs(heights[:-1, :-1] - heights[1:, :-1] - heights[:-1, 1:] + heights[1:, 1:])
            padded = np.pad(twist, ((0, -len(twist) % TILE), (0, -twist.shape[1] % TILE)))
            tiles = padded.reshape(padded.shape[0] // TILE, TILE, padded.shape[1] // TILE, TILE).max(axis=(1, 3))
            most[: len(tiles), : tiles.shape[1]] = np.maximum(most[: len(tiles), : tiles.shape[1]], tiles)
        # What is looked at is at the other end of the error; and rounding must not matter.
        return np.asarray((most * 1.001 + 2.0 * self.error_m) * 0.25 + 1e-2)


@dataclass(frozen=True)
class Scene:
    """Land, and lookouts."""

    land: Land
    view: View
    # Column and row of each lookout between the middles of cells, and the height of the eye, metres; shape (n,).
    column: Floats
    row: Floats
    eye: Floats
    # The same with the error against seeing, and with it in favour: who stands on the water has none.
    eye_low: Floats
    eye_high: Floats

    @property
    def grid(self) -> Grid:
        """The cells."""
        return self.land.grid

    @property
    def reach(self) -> float:
        """How far one looks, in cells."""
        return self.view.range_m / self.grid.cell_m


def wet_cells(water: Geometries, grid: Grid) -> NDArray[np.int64]:
    """Number the cells whose middle lies in areas of water, row by row."""
    from fuling_gis.readers.raster import burnt

    areas = water[shapely.get_dimensions(water) == 2]  # noqa: PLR2004  the dimension of an area
    return np.flatnonzero(burnt(areas, grid))


def make_land(heights: Heights, grid: Grid, error_m: float, wet: NDArray[np.int64], level_m: float) -> Land:
    """Put the water at its level.

    heights: not a number where there is none. wet: cells of the water; where the model has them higher than the level,
    the model counts.
    """
    under = wet[~(heights.ravel()[wet] > level_m)]
    void = np.flatnonzero(np.isnan(heights))
    lands = []
    for error, nothing in ((0.0, -VOID_M), (error_m, VOID_M), (-error_m, -VOID_M)):
        made = heights + np.float32(error)
        made.ravel()[void] = nothing
        made.ravel()[under] = level_m
        lands.append(made)
    return Land(grid, lands[0], lands[1], lands[2], error_m)


def make_scene(land: Land, view: View, places: Floats) -> Scene:
    """Put people at places, shape (n, 2); those beyond the land, or where its height is not known, see nothing."""
    column, row = land.grid.column(places[:, 0]), land.grid.row(places[:, 1])
    ground = read_between(land.mean, row, column)
    on = (row >= 0) & (column >= 0) & (row <= land.grid.ny - 1) & (column <= land.grid.nx - 1)
    # Nothing is so low but ground without a height.
    kept = on & (ground > -VOID_M / 1e6)
    level, dry = view.water_level_m, ground > view.water_level_m
    eyes = [
        np.where(dry, np.maximum(ground + error, level), level)[kept] + view.eye_m
        for error in (0.0, -land.error_m, land.error_m)
    ]
    return Scene(land, view, column[kept], row[kept], *eyes)


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
