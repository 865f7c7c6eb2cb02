"""The lie of the land as a height model: valleys along the rivers as they are drawn, ridges where the mountains stand.

Invented, but for how high how much of the ground is: that follows the district's own shares of heights
(facts/heights.csv, read off a public model of 1 km). Cells of 30 m over the district and as
far around as anyone looks from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from fuling_gis.demo import places
from fuling_gis.demo.contours import Nodes
from fuling_gis.demo.ground import ridges
from fuling_gis.demo.noise import fractal_field
from fuling_gis.demo.table import Table
from fuling_gis.grid import Grid, read_between
from fuling_gis.readers.raster import burnt, write_geotiff

Floats = NDArray[np.float64]

CELL_M: Final = 30.0
# As far around the district as the longest view, the last cells having neighbours (rules/views.yaml).
AROUND_M: Final = 5_340.0
# Where the field of heights is thought out; between its nodes it is read.
_STEP_M: Final = 90.0
# The bed of the two great rivers, metres above the sea: under the water of the reservoir at any level.
_BED_M: Final = 130.0
# A tributary's water lies so far below its banks.
_BANK_M: Final = 4.0
# The folds run this way, degrees from east; roughness is drawn out along them.
_FOLD_DEG: Final = 48.0
_STRETCH: Final = 2.4
# Ground so near a great river rises steeply from its banks, metres.
_VALLEY_M: Final = 2_600.0
_GULLY_M: Final = 420.0


def working_grid(district: Any) -> Grid:
    """Lay the grid over the district and its surroundings, on whole multiples of the cell."""
    left, bottom, right, top = district.bounds
    west, south = (np.floor((edge - AROUND_M) / CELL_M) * CELL_M for edge in (left, bottom))
    east, north = (np.ceil((edge + AROUND_M) / CELL_M) * CELL_M for edge in (right, top))
    nx, ny = round((east - west) / CELL_M), round((north - south) / CELL_M)
    return Grid(float(west), float(north), CELL_M, CELL_M, nx, ny, places.CRS)


def heights(district: Any, river: Table) -> tuple[NDArray[np.int16], Grid]:
    """Invent the heights, whole metres."""
    grid = working_grid(district)
    names = np.array(river.fields["river"])
    great = np.isin(names, ["长江", "乌江"])
    nodes = Nodes(
        grid.left,
        grid.top - grid.ny * CELL_M,
        _STEP_M,
        int(grid.nx * CELL_M / _STEP_M) + 3,
        int(grid.ny * CELL_M / _STEP_M) + 3,
    )
    shape = _shape(nodes, river, great)
    inside = nodes.inside(district)
    height = _by_share(shape, inside)
    row = np.arange(grid.ny)[:, None] * np.ones((1, grid.nx))
    column = np.arange(grid.nx)[None, :] * np.ones((grid.ny, 1))
    # Nodes count from the south, cells from the north.
    up = (grid.ny - 1 - row + 0.5) * CELL_M / _STEP_M
    across = (column + 0.5) * CELL_M / _STEP_M
    fine = read_between(height, up, across)
    fine = np.where(burnt(river.geometry[~great], grid), fine - _BANK_M, fine)
    fine = np.where(burnt(river.geometry[great], grid), _BED_M, fine)
    return np.rint(fine).astype(np.int16), grid


def _shape(nodes: Nodes, river: Table, great: NDArray[np.bool_]) -> Floats:
    """Give a field that is 0 on the great rivers' banks and rises away from them, with folds, ridges and gullies."""
    to_great = nodes.distance_to(shapely.union_all(river.geometry[great]))
    to_small = nodes.distance_to(shapely.union_all(river.geometry[~great]))
    turn = np.deg2rad(_FOLD_DEG)
    x, y = nodes.x, nodes.y
    along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    rough = fractal_field(along / _STRETCH, across, seed=301, longest_m=7_000.0, shortest_m=450.0)
    crests = 1.0 - np.abs(fractal_field(along / _STRETCH, across, seed=302, longest_m=4_200.0, shortest_m=900.0))
    away = 1.0 - np.exp(-to_great / _VALLEY_M)
    hills = away * (0.62 + 0.30 * rough + 0.42 * crests)
    mountain = np.zeros_like(hills)
    for _, height, half_width_m, line in ridges():
        near = np.exp(-((nodes.distance_to(line) / half_width_m) ** 2))
        mountain = np.maximum(mountain, (0.35 + 1.75 * height) * near)
    gully = 1.0 - 0.45 * np.exp(-((to_small / _GULLY_M) ** 2)) * np.exp(-mountain)
    return np.asarray(np.maximum(hills + mountain * away, 0.0) * gully + 0.03 * away)


def _by_share(shape: Floats, inside: NDArray[np.bool_]) -> Floats:
    """Give the field the heights that the district has, share by share; what lies outside follows the same curve."""
    rows: tuple[Mapping[str, str], ...] = places.rows("heights")
    share = np.array([float(row["share"]) for row in rows])
    metres = np.array([float(row["height_m"]) for row in rows])
    land = np.sort(shape[inside & (shape > 0)])
    known = np.interp(share, np.linspace(0.0, 1.0, len(land)), land)
    return np.asarray(np.interp(shape, known, metres))


def write_heights(path: Path, values: NDArray[np.int16], grid: Grid) -> None:
    """Write the model; it says of itself that it is invented."""
    tags = {"TITLE": "Fuling demonstration height model", "COMMENT": "indicative: invented, decides nothing"}
    write_geotiff(path, values, grid, nodata=-32768.0, tags=tags, unit="m")
