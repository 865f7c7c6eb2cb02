"""How the land is covered, cell by cell: forest on the share of the district that the plan aims at, green in the towns.

The shares are met to within a cell, with the parts of cells on borders counted exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from fuling_gis.demo.noise import fractal_field
from fuling_gis.demo.table import Table
from fuling_gis.grid import Grid
from fuling_gis.indicators.fractions import Shares, shares
from fuling_gis.readers.raster import burnt, write_geotiff

# The plan, Table 2: shares of the district and of the built-up area, percent.
FOREST_PERCENT: Final = 55.0
GREEN_PERCENT: Final = 43.0
OTHER, FOREST, GREEN, NONE = 0, 1, 2, 255
# The folds run this way, degrees from east.
_FOLD_DEG: Final = 48.0
# Wider than the district by this much, so that no cell on the border is cut by the raster's edge.
_AROUND: Final = 8


def cover(grid: Grid, heights: NDArray[np.int16], tables: Mapping[str, Table]) -> tuple[NDArray[np.uint8], Grid]:
    """Draw the classes of land cover."""
    district = shapely.union_all(tables["district"].geometry)
    town = shapely.union_all(tables["built_up"].geometry)
    rows, columns = grid.window(district.bounds, _AROUND)
    part = grid.part(rows, columns)
    values = np.full(part.shape, OTHER, np.uint8)
    j, i = np.meshgrid(np.arange(float(part.nx)), np.arange(float(part.ny)))
    turn = np.deg2rad(_FOLD_DEG)
    x, y = np.float64(part.step_x) * j, np.float64(-part.step_y) * i
    along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    grain = fractal_field(along / 2.0, across, seed=351, longest_m=2_400.0, shortest_m=300.0)
    whole, built = shares(district, part), shares(town, part)
    woods = burnt(tables["forest"].geometry, part)
    water = burnt(tables["river"].geometry, part)
    wild = grain + 1.6 * woods + heights[rows, columns] / 900.0 - 9.0 * water
    in_town = np.zeros(part.shape, bool)
    in_town[built.row, built.column] = True
    wild[in_town] = -np.inf
    _fill(values, FOREST, wild, whole, FOREST_PERCENT)
    garden = fractal_field(x, y, seed=352, longest_m=900.0, shortest_m=120.0)
    _fill(values, GREEN, garden, built, GREEN_PERCENT)
    values[~_touched(whole, part)] = NONE
    return values, part


def _fill(values: NDArray[np.uint8], kind: int, field: Any, of: Shares, percent: float) -> None:
    """Give the cells of an area where a field is highest a class, until they make up a share of the area."""
    order = np.argsort(-field[of.row, of.column], kind="stable")
    share = np.cumsum(of.share[order])
    taken = order[: int(np.searchsorted(share, of.share.sum() * percent / 100)) + 1]
    values[of.row[taken], of.column[taken]] = kind


def _touched(of: Shares, grid: Grid) -> NDArray[np.bool_]:
    out = np.zeros(grid.shape, bool)
    out[of.row, of.column] = True
    return out


def write_cover(path: Path, values: NDArray[np.uint8], grid: Grid) -> None:
    """Write the raster; it says of itself that it is invented."""
    tags = {"TITLE": "Fuling demonstration land cover", "COMMENT": "indicative: invented, decides nothing"}
    write_geotiff(path, values, grid, nodata=float(NONE), tags=tags)
