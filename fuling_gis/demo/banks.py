"""What lies along the banks: shoreline zones, the drawdown strip, the barrier zone, wetlands, aquaculture."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import shapely

from fuling_gis.demo import places
from fuling_gis.demo.contours import above
from fuling_gis.demo.ground import Ground, areas
from fuling_gis.demo.lines import curve, on_grid
from fuling_gis.demo.patches import cut, scattered, without
from fuling_gis.demo.table import Columns, Table

# The shoreline reaches this far landward of the bank, and this far into the water.
_LANDWARD_M: Final = 120.0
_INTO_WATER_M: Final = 40.0
# Length of one shoreline zone.
_STRETCH_M: Final = 5500.0
_KINDS: Final = ("control", "reserve", "develop", "protect", "control", "develop")
_KIND_NAMES: Final = {
    "protect": "保护区",
    "reserve": "保留区",
    "control": "控制利用区",
    "develop": "开发利用区",
    None: "待定区",
}


def shoreline(ground: Ground, river: Table) -> Table:
    """Draw the shoreline zones along both great rivers, one after the other downstream; one has no kind."""
    held: list[Any] = []
    names: list[str] = []
    kinds: list[str | None] = []
    for k, name in enumerate(("长江", "乌江")):
        water = river.geometry[list(river.fields["river"]).index(name)]
        strip = shapely.difference(
            shapely.simplify(shapely.buffer(water, _LANDWARD_M, quad_segs=6), 2.0),
            shapely.simplify(shapely.buffer(water, -_INTO_WATER_M, quad_segs=6), 2.0),
        )
        line = shapely.LineString(curve(places.waypoints(name)[0], 100.0)[0])
        marks = shapely.line_interpolate_point(line, np.arange(_STRETCH_M / 2, line.length, _STRETCH_M))
        cells = shapely.get_parts(
            shapely.voronoi_polygons(shapely.multipoints(marks), extend_to=shapely.box(*water.bounds))
        )
        cells = cells[np.argmax(shapely.contains(cells[None, :], marks[:, None]), axis=1)]
        pieces = cut(shapely.intersection(cells, strip), ground.district)
        held += list(pieces)
        kinds += [_KINDS[(i + 2 * k) % len(_KINDS)] for i in range(len(pieces))]
        names += [f"{name}岸线{i + 1}" for i in range(len(pieces))]
    kinds[4] = None
    fields: Columns = {
        "GNQBM": [f"SH{i + 1:03d}" for i in range(len(held))],
        "GNQMC": [f"{name}{_KIND_NAMES[kind]}" for name, kind in zip(names, kinds, strict=True)],
        "GNQLX": kinds,
    }
    return Table.of(np.array(held, dtype=object), fields)


def drawdown(ground: Ground, river: Table) -> Table:
    """Draw the strip along the Yangtze that falls dry when the reservoir is low."""
    water = river.geometry[list(river.fields["river"]).index("长江")]
    inner = shapely.simplify(shapely.buffer(water, -45.0, quad_segs=4), 4.0)
    strip = shapely.get_parts(
        cut(np.array([without(shapely.simplify(water, 3.0), inner)], dtype=object), ground.district)[0]
    )
    strip = strip[shapely.area(strip) > 1e4]  # noqa: PLR2004  a hectare
    return _named(strip, "XL", "消落带")


def barrier_zone(ground: Ground, great_water: Any) -> Table:
    """Draw the barrier zone of the Three Gorges reservoir: some hundred metres up from the banks of the Yangtze."""
    field = -ground.to_water["长江"] / 650.0 + 1.0 + 0.22 * ground.grain(81, longest_m=2500.0, shortest_m=400.0)
    drawn = without(areas(shapely.simplify(above(ground.nodes, field, least_ha=50.0), 10.0)), great_water)
    parts = shapely.get_parts(cut(np.array([drawn], dtype=object), ground.district)[0])
    return _named(parts[shapely.area(parts) > 5e4], "TS", "生态屏障区")  # noqa: PLR2004  five hectares


def wetlands(ground: Ground, river: Table, ponds: Table) -> Table:
    """Draw the wetlands: the rivers, the reservoirs, and ponds in the valleys."""
    waters = shapely.simplify(np.concatenate([river.geometry, ponds.geometry]), 6.0)
    names = [f"{name}湿地" for name in (*river.fields["river"], *ponds.fields["SKMC"])]
    met = shapely.intersects(waters, ground.district)
    low = ground.within & (ground.heights < 0.1) & (ground.to_seat > 1800.0)  # noqa: PLR2004  in the valleys, off town
    small = scattered(ground, low, 24, seed=1400, hectares=(3.0, 30.0), apart_m=3000.0)
    held = np.concatenate([cut(waters[met], ground.district), small])
    named = [name for name, here in zip(names, met, strict=True) if here] + [f"山坪塘湿地{i + 1}" for i in range(24)]
    return Table.of(held, {"SDBM": [f"WE{i + 1:03d}" for i in range(len(held))], "SDMC": named})


def aquaculture(ground: Ground, river: Table, ponds: Table) -> Table:
    """Draw the aquaculture zones: rivers banned, reservoirs limited, ponds allowed; one pond's kind is not recorded."""
    great = np.isin(np.array(river.fields["river"]), ["长江", "乌江", "渠溪河", "黎香溪"])
    banned = cut(shapely.simplify(river.geometry[great], 6.0), ground.district)
    low = ground.within & (ground.heights < 0.1) & (ground.to_seat > 1300.0)  # noqa: PLR2004  in the valleys, off town
    low &= (ground.to_water["tributary"] > 900.0) & (ground.to_water["长江"] > 1800.0)  # noqa: PLR2004
    free = scattered(ground, low, 16, seed=1500, hectares=(10.0, 45.0), apart_m=3500.0)
    kinds: list[str | None] = [*["banned"] * len(banned), *["limited"] * len(ponds.geometry), *["allowed"] * len(free)]
    kinds[-1] = None
    held = np.concatenate([banned, ponds.geometry, free])
    fields: Columns = {
        "BM": [f"AZ{i + 1:02d}" for i in range(len(held))],
        "MC": [f"养殖水域{i + 1}" for i in range(len(held))],
        "LX": kinds,
    }
    return Table.of(on_grid(held), fields)


def _named(parts: Any, code: str, name: str) -> Table:
    fields: Columns = {
        "BM": [f"{code}{i + 1:03d}" for i in range(len(parts))],
        "MC": [f"{name}{i + 1}" for i in range(len(parts))],
    }
    return Table.of(parts, fields)
