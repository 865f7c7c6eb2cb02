"""Zones of the towns: bans on fuel and fireworks, quiet quarters, dense housing, buildings, green land, old plots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from fuling_gis.demo.ground import Ground
from fuling_gis.demo.lines import on_grid
from fuling_gis.demo.patches import cut, scattered, spots, without
from fuling_gis.demo.table import Columns, Table

_BUILDINGS: Final = 72
# Open country begins this far from a seat.
_OFF_TOWN_M: Final = 1500.0
# Length and width of a building, metres.
_BUILDING_M: Final = (46.0, 16.0)


def fuel_ban(city: Any, water: Any) -> Table:
    """Draw the zone where no polluting fuel is burnt: the city but for its fringe."""
    return _whole(
        without(shapely.simplify(shapely.buffer(city, -90.0, quad_segs=4), 15.0), water), "HF", "高污染燃料禁燃区"
    )


def firework_ban(city: Any, ground: Ground) -> Table:
    """Draw the zone where fireworks are banned: the city and its surroundings."""
    wide = shapely.simplify(shapely.buffer(city, 450.0, quad_segs=4), 25.0)
    return _whole(cut(np.array([wide], dtype=object), ground.district)[0], "FC", "烟花爆竹禁放区")


def traffic_limit(city: Any, ground: Ground) -> Table:
    """Draw the zone that trucks keep out of: the heart of the city."""
    heart = shapely.simplify(shapely.buffer(city, -420.0, quad_segs=4), 20.0)
    return _whole(cut(np.array([heart], dtype=object), ground.district)[0], "TR", "货车限行区")


def noise_sensitive(ground: Ground, built_up: Table) -> Table:
    """Draw the quarters of homes, schools and hospitals that the district declares quiet."""
    inner = ground.nodes.inside(shapely.buffer(built_up.whole, -160.0))
    return _patches(ground, inner, _Many("NB", "噪声敏感建筑物集中区域", 20, (3.0, 11.0), 700.0, 1600), built_up.whole)


def population(ground: Ground, built_up: Table) -> Table:
    """Draw where many people live."""
    inner = ground.nodes.inside(shapely.buffer(built_up.whole, -60.0))
    return _patches(ground, inner, _Many("PO", "人口聚集区", 34, (8.0, 34.0), 900.0, 1700), built_up.whole)


def sensitive_areas(ground: Ground, taken: Any) -> Table:
    """Draw what the classified list of projects calls sensitive: scenery, relics, spawning grounds."""
    free = ground.within & ~ground.nodes.inside(taken) & (ground.to_seat > _OFF_TOWN_M)
    return _patches(ground, free, _Many("EE", "环境敏感区", 16, (12.0, 90.0), 4500.0, 1800), ground.district)


def green_line(ground: Ground, city: Any) -> Table:
    """Draw the green land that the urban green line keeps."""
    inner = ground.nodes.inside(shapely.buffer(city, -100.0))
    return _patches(ground, inner, _Many("GL", "城市绿线", 18, (2.0, 16.0), 800.0, 1900), city)


def contaminated_land(ground: Ground, parks: Any) -> Table:
    """Draw plots that old factories left, in and about the parks."""
    near = ground.nodes.inside(shapely.buffer(parks, -250.0))
    return _patches(ground, near, _Many("SC", "遗留地块", 10, (1.5, 8.0), 900.0, 2000), ground.district)


def buildings(ground: Ground, city: Any) -> Table:
    """Draw some homes and mixed buildings of the city; of some the use or the flue is not recorded."""
    inner = ground.nodes.inside(shapely.buffer(city, -200.0))
    centres = spots(ground, inner, _BUILDINGS, seed=2100, apart_m=280.0)
    turn = np.random.default_rng(2101).uniform(0.0, np.pi, _BUILDINGS)
    long, wide = _BUILDING_M
    corners = np.array([(-long, -wide), (long, -wide), (long, wide), (-long, wide)]) / 2
    cos, sin = np.cos(turn)[:, None], np.sin(turn)[:, None]
    x = centres[:, :1] + corners[:, 0] * cos - corners[:, 1] * sin
    y = centres[:, 1:] + corners[:, 0] * sin + corners[:, 1] * cos
    held = on_grid(shapely.polygons(np.round(np.stack([x, y], axis=-1), 2)))
    uses: list[str | None] = [("residential", "mixed", "mixed", "other")[i % 4] for i in range(_BUILDINGS)]
    flues: list[str | None] = [("no", "yes", "no")[i % 3] if use == "mixed" else "no" for i, use in enumerate(uses)]
    # Every eleventh flue and every nineteenth use was not recorded.
    flues[5::11] = [None] * len(flues[5::11])
    uses[7::19] = [None] * len(uses[7::19])
    fields: Columns = {
        "BM": [f"RB{i + 1:03d}" for i in range(_BUILDINGS)],
        "MC": [f"示意楼栋{i + 1}" for i in range(_BUILDINGS)],
        "JZYT": uses,
        "YD": flues,
    }
    return Table.of(held, fields)


@dataclass(frozen=True)
class _Many:
    """How many patches of which size a layer has."""

    # Beginning of the ids and of the names.
    code: str
    name: str
    count: int
    # Least and greatest size.
    hectares: tuple[float, float]
    apart_m: float
    seed: int


def _patches(ground: Ground, where: NDArray[np.bool_], many: _Many, by: Any) -> Table:
    drawn = scattered(ground, where, many.count, seed=many.seed, hectares=many.hectares, apart_m=many.apart_m)
    held = cut(drawn, by)
    fields: Columns = {
        "BM": [f"{many.code}{i + 1:02d}" for i in range(len(held))],
        "MC": [f"{many.name}{i + 1}" for i in range(len(held))],
    }
    return Table.of(held, fields)


def _whole(area: Any, code: str, name: str) -> Table:
    parts = shapely.get_parts(on_grid(area))
    parts = parts[shapely.area(parts) > 1e4]  # noqa: PLR2004  a hectare
    fields: Columns = {
        "BM": [f"{code}{i + 1:02d}" for i in range(len(parts))],
        "MC": [f"{name}{i + 1}" for i in range(len(parts))],
    }
    return Table.of(parts, fields)
