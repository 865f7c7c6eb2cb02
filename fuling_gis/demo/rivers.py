"""The waters: both great rivers along their waypoints, the tributaries as sketched, bank zones, reservoirs."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from fuling_gis.demo import places
from fuling_gis.demo.lines import along, channel, on_grid, wandering
from fuling_gis.demo.noise import fractal_line
from fuling_gis.demo.table import Columns, Table

# The rivers are complete this far around the district.
REACH_M: Final = 5000.0
BANK_M: Final = 1000.0
# The Wu's width was not measured: assumed.
_WU_WIDTH_M: Final = 300.0
_BASIS: Final = "示意：175米蓄水位水边线"
# Square kilometres at Fuling, to the nearest thousand: Qingxichang gauge on the Yangtze, the whole Wu.
_BASINS: Final = {"长江": 966_000.0, "乌江": 88_000.0}


def extent(district: Any) -> Any:
    """Draw the area for which the rivers are complete."""
    grown = shapely.buffer(shapely.simplify(district, 40.0), REACH_M + 60.0, quad_segs=8)
    return on_grid(shapely.simplify(grown, 20.0))


def rivers(district: Any) -> Table:
    """Draw every river within the river extent, one feature each."""
    reach = extent(district)
    names = ["长江", "乌江"]
    water = [_great("长江", seed=11), _great("乌江", seed=12)]
    orders: list[int] = [0, 1]
    basins: list[float | None] = [_BASINS["长江"], _BASINS["乌江"]]
    grades: list[str | None] = ["main", "wu"]
    for i, course in enumerate(places.tributaries()):
        names.append(course.name)
        water.append(_small(course.xy, course.basin_km2 or 10.0, seed=200 + i))
        orders.append(course.order)
        basins.append(course.basin_km2)
        # One stream of which nobody has said what it is: the demonstration needs such a feature.
        grades.append("tributary" if course.basin_km2 else None)
    inside = on_grid(shapely.intersection(np.array(water, dtype=object), reach, grid_size=0.01))
    fields: Columns = {
        "RVBM": [f"RV{i + 1:03d}" for i in range(len(names))],
        "HLMC": names,
        "river": names,
        "grade": grades,
        "order": orders,
        "basin_km2": basins,
        "bank_basis": [_BASIS] * len(names),
    }
    return Table.of(inside, fields)


def bank_zones(river: Table, district: Any) -> Table:
    """Draw the ground within a kilometre of each river, as an office would publish it: drawn fine, then thinned."""
    known = np.array([grade is not None for grade in river.fields["grade"]])
    grown = shapely.buffer(river.geometry[known], BANK_M, quad_segs=64)
    zone = on_grid(shapely.intersection(shapely.simplify(grown, 1.0), district, grid_size=0.01))
    met = ~shapely.is_empty(zone)
    names = np.array(river.fields["river"])[known][met]
    fields: Columns = {
        "BZBM": [f"BZ{i + 1:03d}" for i in range(len(names))],
        "BZMC": [f"{name}岸线1公里范围" for name in names],
        "river": list(names),
        "grade": list(np.array(river.fields["grade"], dtype=object)[known][met]),
        "within_m": [BANK_M] * len(names),
    }
    return Table.of(zone[met], fields)


def reservoirs() -> Table:
    """Draw the reservoirs that the plan names, as ragged ponds of about the right size."""
    rows = places.rows("reservoirs")
    ponds = []
    for i, (row, centre) in enumerate(zip(rows, places.points("reservoirs"), strict=True)):
        ponds.append(pond(centre, float(row["area_ha"]), seed=400 + i))
    fields: Columns = {"SKBM": [f"RE{i + 1:02d}" for i in range(len(rows))], "SKMC": [row["name"] for row in rows]}
    return Table.of(np.array(ponds, dtype=object), fields)


def pond(centre: NDArray[np.float64], area_ha: float, *, seed: int, ragged: float = 0.35, n: int = 120) -> Any:
    """Draw a ragged patch of so many hectares about a point."""
    angle = np.linspace(0.0, 2 * np.pi, n, endpoint=False)
    # The roughness is read along a circle three times over, so that it closes on itself.
    rough = sum(
        np.cos(k * angle + shift) * size / k**1.1
        for k, shift, size in zip(
            range(1, 16), *np.random.default_rng(seed).uniform(0, [[7.0], [1.0]], (2, 15)), strict=True
        )
    )
    radius = np.exp(ragged * rough)
    unit = shapely.Polygon(np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1))
    factor = np.sqrt(area_ha * 1e4 / unit.area)
    return on_grid(shapely.transform(unit, lambda xy: xy * factor + centre))


def _great(name: str, *, seed: int) -> Any:
    xy, width = places.waypoints(name)
    line = wandering(xy, step_m=45.0, amplitude_m=90.0, seed=seed, longest_m=2500.0)
    far = along(line)
    at = along(xy)
    known = np.where(np.isnan(width), _WU_WIDTH_M, width)
    wide = np.interp(far / far[-1], at / at[-1], known)
    rough = fractal_line(far, seed=seed + 50, longest_m=1600.0, shortest_m=100.0)
    return channel(line, wide / 2 * (1 + 0.10 * rough))


def _small(xy: NDArray[np.float64], basin_km2: float, *, seed: int) -> Any:
    line = wandering(xy, step_m=60.0, amplitude_m=380.0, seed=seed, longest_m=2400.0)
    far = along(line)
    mouth = 6.0 + 1.4 * np.sqrt(basin_km2)
    half = mouth * (0.3 + 0.7 * far / far[-1])
    # The backwater of the reservoir drowns the last kilometre.
    half = half * (1 + 1.2 * np.clip(1 - (far[-1] - far) / 1200.0, 0.0, 1.0))
    rough = fractal_line(far, seed=seed + 50, longest_m=800.0, shortest_m=120.0)
    return channel(line, half * (1 + 0.2 * rough))
