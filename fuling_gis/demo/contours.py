"""Areas from fields: where a field over a grid of nodes is above a level, as polygons on the centimetre grid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

# Coordinates of the demonstration are whole centimetres.
GRID_M: Final = 0.01
# A crossing stays this far (as a share of the cell) from the nodes, so that no two of them fall together.
_MARGIN: Final = 0.02

# For each pattern of nodes above the level (1 bottom left, 2 bottom right, 4 top right, 8 top left) the pairs of cell
# edges (0 bottom, 1 right, 2 top, 3 left) that the outline joins.
_CASES: Final = {
    1: ((3, 0),),
    2: ((0, 1),),
    3: ((3, 1),),
    4: ((1, 2),),
    5: ((3, 0), (1, 2)),
    6: ((0, 2),),
    7: ((3, 2),),
    8: ((2, 3),),
    9: ((2, 0),),
    10: ((0, 1), (2, 3)),
    11: ((2, 1),),
    12: ((1, 3),),
    13: ((1, 0),),
    14: ((0, 3),),
}


@dataclass(frozen=True)
class Nodes:
    """A grid of nodes over the demonstration's ground; fields are arrays of shape (ny, nx), south first."""

    left: float
    bottom: float
    step_m: float
    nx: int
    ny: int

    @property
    def x(self) -> NDArray[np.float64]:
        """Give the easting of every node."""
        return np.broadcast_to(self.left + self.step_m * np.arange(self.nx), (self.ny, self.nx)).copy()

    @property
    def y(self) -> NDArray[np.float64]:
        """Give the northing of every node."""
        return np.broadcast_to((self.bottom + self.step_m * np.arange(self.ny))[:, None], (self.ny, self.nx)).copy()

    def coarser(self, times: int) -> Nodes:
        """Give a grid with steps so many times as long that reaches over this one."""
        return Nodes(self.left, self.bottom, self.step_m * times, -(-self.nx // times) + 2, -(-self.ny // times) + 2)

    def distance_to(self, geometry: Any) -> NDArray[np.float64]:
        """Measure the distance from every node to a geometry, metres; read between nodes four steps apart."""
        coarse = self.coarser(4)
        far = shapely.distance(shapely.simplify(geometry, 15.0), shapely.points(coarse.x, coarse.y))
        return coarse.read(far, self.x, self.y)

    def inside(self, geometry: Any) -> NDArray[np.bool_]:
        """Tell which nodes lie within a polygon."""
        shapely.prepare(geometry)
        x, y = self.x, self.y
        left, bottom, right, top = shapely.bounds(geometry)
        near = (x >= left) & (x <= right) & (y >= bottom) & (y <= top)
        near[near] = shapely.contains_xy(geometry, x[near], y[near])
        return np.asarray(near)

    def read(self, field: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Read a field between its nodes."""
        u, v = (x - self.left) / self.step_m, (y - self.bottom) / self.step_m
        i = np.clip(u.astype(np.int64), 0, self.nx - 2)
        j = np.clip(v.astype(np.int64), 0, self.ny - 2)
        a, b = u - i, v - j
        low = field[j, i] * (1 - a) + field[j, i + 1] * a
        high = field[j + 1, i] * (1 - a) + field[j + 1, i + 1] * a
        return np.asarray(low * (1 - b) + high * b)


def above(nodes: Nodes, field: NDArray[np.float64], level: float = 0.0, *, least_ha: float = 0.0) -> Any:
    """Draw where a field is above a level.

    least_ha: parts and holes smaller than this are left out. Gives one polygon or multipolygon, valid, perhaps empty.
    """
    lines = _outline(nodes, field, level)
    area = shapely.build_area(shapely.multilinestrings(lines)) if len(lines) else shapely.Polygon()
    return without_small(area, least_ha) if least_ha else area


def without_small(area: Any, least_ha: float) -> Any:
    """Leave out parts and holes smaller than so many hectares."""
    parts = shapely.get_parts(area)
    parts = parts[shapely.area(parts) >= least_ha * 1e4]
    # Polygons differ in their number of holes, so each is rebuilt by itself.
    whole = [
        shapely.Polygon(p.exterior, [r for r in p.interiors if shapely.Polygon(r).area >= least_ha * 1e4])
        for p in parts
    ]
    return shapely.union_all(whole) if len(whole) != 1 else whole[0]


def _outline(nodes: Nodes, field: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    """Give the segments of the outline, shape (n, 2, 2)."""
    z = np.pad(field - level, 1, constant_values=-1.0)
    z = np.where(z == 0.0, 1e-9, z)
    left, bottom = nodes.left - nodes.step_m, nodes.bottom - nodes.step_m
    up = z > 0
    case = up[:-1, :-1] * 1 + up[:-1, 1:] * 2 + up[1:, 1:] * 4 + up[1:, :-1] * 8
    parts = []
    for pattern, pairs in _CASES.items():
        j, i = np.nonzero(case == pattern)
        parts += [np.stack([_crossing(z, j, i, edge) for edge in pair], axis=1) for pair in pairs]
    cells = np.concatenate(parts)
    xy = cells * nodes.step_m + (left, bottom)
    return np.asarray(np.round(xy / GRID_M) * GRID_M).round(2)


def _crossing(z: NDArray[np.float64], j: NDArray[np.int64], i: NDArray[np.int64], edge: int) -> NDArray[np.float64]:
    """Find where the level crosses one edge of some cells, in cells from the corner."""
    dj, di, along_x = {0: (0, 0, True), 1: (0, 1, False), 2: (1, 0, True), 3: (0, 0, False)}[edge]
    j0, i0 = j + dj, i + di
    j1, i1 = (j0, i0 + 1) if along_x else (j0 + 1, i0)
    a, b = z[j0, i0], z[j1, i1]
    share = np.clip(a / (a - b), _MARGIN, 1 - _MARGIN)
    return np.stack([i0 + share, j0 + 0.0] if along_x else [i0 + 0.0, j0 + share], axis=1)


def level_for(
    nodes: Nodes, field: NDArray[np.float64], draw: Callable[[float], Any], *, area_m2: float, within: float
) -> Any:
    """Find the level above which a drawing has the area wanted, and give the drawing.

    draw: makes the final geometry from a level. within: how far the area may be off, as a share of itself.
    """
    values = np.sort(field[np.isfinite(field)], axis=None)[::-1]
    place = int(area_m2 / nodes.step_m**2)
    low, high = 0, len(values) - 1
    drawn = None
    # Each drawing tells how many nodes too few or too many were taken: a search, one step after the other.
    for _ in range(12):
        place = min(max(place, low), high)
        drawn = draw(float(values[place]))
        off = area_m2 - drawn.area
        if abs(off) <= within * area_m2:
            break
        low, high = (place, high) if off > 0 else (low, place)
        step = int(off / nodes.step_m**2)
        if step == 0:
            break
        place += step
    return drawn
