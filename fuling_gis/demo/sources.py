"""Drinking-water sources: thirty of townships, a few of villages, each with its protection zones."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from fuling_gis.demo import places
from fuling_gis.demo.ground import Ground, areas
from fuling_gis.demo.lines import on_grid
from fuling_gis.demo.rivers import pond
from fuling_gis.demo.table import Table

# The plan, 5.2: centralised sources of thirty towns and townships.
TOWNSHIP_SOURCES: Final = 30
_RURAL_SOURCES: Final = 3
# Seats without a source of their own: the inner city drinks from the Yangtze.
_NONE: Final = frozenset({"敦仁街道", "崇义街道", "荔枝街道", "江北街道"})
# The source whose zone nobody has classed: the demonstration needs such a feature.
_UNCLASSED: Final = "马武镇"
# How far a source keeps from towns and parks, and from the great rivers, metres.
_FROM_TOWNS_M: Final = 700.0
_FROM_GREAT_M: Final = 1900.0
_APART_M: Final = 2600.0


def water_sources(ground: Ground, built_up: Table, park: Table) -> Table:
    """Draw first-tier and second-tier zones about each source, and quasi zones about every fourth."""
    towns = [row["name"] for row in places.rows("townships") if row["name"] not in _NONE]
    first = list(zip(towns, ["township"] * len(towns), strict=True))
    second = [(name, "township") for name in towns[2::3][: TOWNSHIP_SOURCES - len(towns)]]
    rural = [(name, "rural") for name in towns[1::8][:_RURAL_SOURCES]]
    seats = [(name, use, turn) for turn, group in enumerate((first, second, rural)) for name, use in group]
    centres = _centres(ground, [name for name, *_ in seats], _taken(built_up, park))
    geometry: list[Any] = []
    fields: dict[str, list[Any]] = {name: [] for name in ("SYDBM", "SYDMC", "BHQJB", "SYDLX")}
    for i, ((town, use, turn), centre) in enumerate(zip(seats, centres, strict=True)):
        name = f"{town}{('', '第二', '村级')[turn]}水源地"
        unclassed = town == _UNCLASSED and turn == 0
        for tier, piece in _zones(ground, centre, i, unclassed=unclassed):
            geometry.append(piece)
            row = (f"WS{i + 1:02d}-{tier or 'x'}", name, tier, use)
            for key, value in zip(fields, row, strict=True):
                fields[key].append(value)
    return Table.of(np.array(geometry, dtype=object), fields)


def _taken(built_up: Table, park: Table) -> Any:
    return shapely.union_all(np.concatenate([built_up.geometry, park.geometry]))


def _centres(ground: Ground, towns: list[str], taken: Any) -> NDArray[np.float64]:
    """Find ground for each source, the nearest to its seat that is free; one after the other, for each takes room."""
    deep = ground.district.buffer(-2200.0)
    shapely.prepare(deep)
    nodes = ground.nodes
    free = ground.within & (np.minimum(ground.to_water["长江"], ground.to_water["乌江"]) > _FROM_GREAT_M)
    free &= (nodes.distance_to(taken) > _FROM_TOWNS_M) & nodes.inside(deep)
    x, y = nodes.x[free][::5], nodes.y[free][::5]
    lure = ground.to_water["tributary"][free][::5]
    out: list[tuple[float, float]] = []
    for town in towns:
        sx, sy = places.seat(town)
        cost = np.hypot(x - sx, y - sy) + 1.5 * np.abs(lure - 500.0)
        for px, py in out:
            cost = np.where(np.hypot(x - px, y - py) < _APART_M, np.inf, cost)
        best = int(np.argmin(cost))
        out.append((float(x[best]), float(y[best])))
    return np.array(out)


def _zones(ground: Ground, centre: NDArray[np.float64], i: int, *, unclassed: bool) -> list[tuple[str | None, Any]]:
    first = pond(centre, 7.0 + i % 5, seed=800 + i, ragged=0.2, n=48)
    second = shapely.union(pond(centre, 85.0 + 9 * (i % 7), seed=900 + i, ragged=0.25, n=72), first)
    if unclassed:
        return [(None, _cut(ground, second))]
    out = [("1", _cut(ground, first)), ("2", _cut(ground, shapely.difference(second, first)))]
    if i % 4 == 0:
        quasi = shapely.union(pond(centre, 260.0, seed=1000 + i, ragged=0.2, n=72), second)
        out.append(("quasi", _cut(ground, shapely.difference(quasi, second))))
    return list(out)


def _cut(ground: Ground, area: Any) -> Any:
    return on_grid(areas(shapely.intersection(area, ground.district, grid_size=0.01)))
