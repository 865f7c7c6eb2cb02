"""Where people live and work: parks, the built-up area, the urban boundary."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import shapely

from fuling_gis.demo import places
from fuling_gis.demo.contours import above
from fuling_gis.demo.ground import Ground, areas
from fuling_gis.demo.lines import on_grid
from fuling_gis.demo.rivers import pond
from fuling_gis.demo.table import Columns, Table

# Inner-city street offices: one built-up area together.
_CITY: Final = ("敦仁街道", "崇义街道", "荔枝街道", "江北街道", "江东街道")
_CITY_HA: Final = 4200.0
# Smaller pieces of the urban boundary are left out, square metres.
_SPECK_M2: Final = 2e4
# Parks keep away from the banks by this much.
_BANK_M: Final = 60.0


def parks(great_water: Any) -> Table:
    """Draw the parks that the plan names, at their towns, landward of the banks."""
    rows = places.rows("parks")
    off = shapely.buffer(great_water, _BANK_M, quad_segs=4)
    drawn = []
    for i, (row, centre) in enumerate(zip(rows, places.points("parks"), strict=True)):
        drawn.append(_largest(shapely.difference(pond(centre, float(row["area_ha"]), seed=500 + i, ragged=0.32), off)))
    fields: Columns = {
        "YQBM": [f"IP{i + 1:02d}" for i in range(len(rows))],
        "YQMC": [row["name"] for row in rows],
        "HGYQ": [row["chemical_park"] or None for row in rows],
    }
    return Table.of(on_grid(np.array(drawn, dtype=object)), fields)


def built_up(ground: Ground) -> Table:
    """Draw the built-up area: the city on both sides of the confluence, and a patch about each other seat."""
    water = shapely.buffer(ground.great_water, 25.0, quad_segs=4)
    banks = np.minimum(ground.to_water["长江"], ground.to_water["乌江"]) / 1000
    reach = (
        -ground.to_city / 1000
        - 0.9 * banks
        - 5.0 * ground.heights
        + 1.1 * ground.grain(31, longest_m=2200.0, shortest_m=300.0)
    )
    near = np.sort(reach, axis=None)[::-1][int(_CITY_HA * 1.25)]
    city = shapely.difference(above(ground.nodes, reach, float(near), least_ha=20.0), water)
    names, drawn = ["涪陵城区"], [areas(city)]
    for i, (row, centre) in enumerate(zip(places.rows("townships"), places.points("townships"), strict=True)):
        if row["name"] in _CITY:
            continue
        size = 620.0 if row["name"] in {"李渡街道", "马鞍街道"} else 70.0 + 6.0 * (i * 7 % 13)
        patch = shapely.difference(pond(centre, size, seed=600 + i, ragged=0.38), water)
        names.append(row["name"].removesuffix("街道").removesuffix("镇").removesuffix("乡") + "建成区")
        drawn.append(shapely.difference(areas(patch), drawn[0]))
    fields: Columns = {"JCBM": [f"BU{i + 1:02d}" for i in range(len(names))], "JCMC": names, "NF": [2023] * len(names)}
    cut = shapely.intersection(np.array(drawn, dtype=object), ground.district, grid_size=0.01)
    return Table.of(on_grid(cut), fields)


def urban_boundary(ground: Ground, built: Table, park: Table) -> Table:
    """Draw the urban development boundary: towns and parks with room to grow, landward of the banks."""
    grown = shapely.buffer(shapely.union_all(np.concatenate([built.geometry, park.geometry])), 280.0, quad_segs=4)
    shrunk = shapely.simplify(shapely.buffer(grown, -120.0, quad_segs=4), 12.0)
    cut = shapely.intersection(shapely.difference(shrunk, ground.great_water), ground.district, grid_size=0.01)
    parts = shapely.get_parts(on_grid(areas(cut)))
    parts = parts[shapely.area(parts) > _SPECK_M2]
    fields: Columns = {
        "KFBM": [f"UB{i + 1:03d}" for i in range(len(parts))],
        "KFMC": [f"城镇开发边界{i + 1}" for i in range(len(parts))],
    }
    return Table.of(parts, fields)


def _largest(area: Any) -> Any:
    parts = shapely.get_parts(area)
    return parts[np.argmax(shapely.area(parts))]
