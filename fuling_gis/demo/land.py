"""How the land is covered and zoned: forest, farmland, vegetation, ecological space, erosion, karst, the framework."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from fuling_gis.demo import places
from fuling_gis.demo.contours import above, without_small
from fuling_gis.demo.ground import Ground, areas, ridges
from fuling_gis.demo.lines import channel, on_grid, wandering
from fuling_gis.demo.nature import Worth
from fuling_gis.demo.patches import cut, scattered, tiled, without
from fuling_gis.demo.rivers import pond
from fuling_gis.demo.table import Columns, Table
from fuling_gis.demo.units import Units

# The plan: 141,000 ha of forest land.
FOREST_PERCENT: Final = 141_000 / 2_942
_FARMLAND_PERCENT: Final = 19.0
_VEGETATION_PERCENT: Final = 9.0
_SPACE_PERCENT: Final = 22.0
_CLASSES: Final = ("I", "II", "III", "IV")
_ZONES: Final = {"priority": "重点生态功能区", "key": "城市化地区", "general": "农产品主产区"}
_FUNCTIONS: Final = ("水源涵养", "水土保持", "生物多样性维护")
# Name, level, centre, hectares: the plan names the three areas, their ground is invented.
_EROSION: Final = (
    ("大木—武陵山", "国家级", "107.6150 29.6350", 14_500.0),
    ("江东", "市级", "107.4560 29.6850", 3_400.0),
    ("小溪", "区级", "107.3450 29.5950", 4_200.0),
    (None, "区级", "107.1300 29.5900", 1_600.0),
)


def forest(ground: Ground, nature: Worth, towns: Any) -> tuple[Table, Any]:
    """Draw the forest land by class of protection, the best on the ground of highest worth; and the forest as a whole.

    towns: what is no forest. One part has no class: the demonstration needs such a feature.
    """
    taken = 3.0 * ground.nodes.inside(towns) + 3.0 * (_to_great(ground) < 120.0)  # noqa: PLR2004  no forest in the water
    field = nature.calm + 0.30 * ground.grain(71, longest_m=2600.0, shortest_m=400.0) - taken
    whole = without(shapely.simplify(ground.share(field, FOREST_PERCENT, least_ha=8.0), 14.0), towns)
    levels = np.quantile(nature.calm[ground.nodes.inside(whole)], [0.93, 0.70, 0.35])
    claims = {
        name: shapely.simplify(without_small(areas(above(ground.nodes, nature.calm, float(level))), 15.0), 12.0)
        for name, level in zip(_CLASSES, levels, strict=False)
    }
    tiles = tiled(whole, claims)
    tiles[_CLASSES[-1]] = tiles.pop("")
    parts, classes = [], []
    for name, tile in tiles.items():
        pieces = shapely.get_parts(tile)
        pieces = pieces[shapely.area(pieces) > 3e4]  # noqa: PLR2004  slivers between classes
        parts.append(pieces)
        classes += [name] * len(pieces)
    held = np.concatenate(parts)
    known: list[str | None] = list(classes)
    known[int(np.argmin(np.abs(shapely.area(held) - 1.2e6)))] = None
    fields: Columns = {"XBH": [f"FO{i + 1:04d}" for i in range(len(held))], "MC": ["林地"] * len(held), "BHDJ": known}
    return Table.of(held, fields), shapely.union_all(held)


def farmland(ground: Ground, taken: Any) -> Table:
    """Draw the permanent basic farmland: the gentle ground that nothing else takes, in many pieces."""
    field = -ground.heights + 0.55 * ground.grain(72, longest_m=1800.0, shortest_m=350.0)
    field = field - 4.0 * ground.nodes.inside(taken)
    drawn = shapely.simplify(ground.share(field, _FARMLAND_PERCENT * 1.06, least_ha=6.0), 14.0)
    parts = shapely.get_parts(without(drawn, taken))
    parts = parts[shapely.area(parts) > 2e4]  # noqa: PLR2004  two hectares
    fields: Columns = {"TBBH": [f"PF{i + 1:04d}" for i in range(len(parts))], "MC": ["永久基本农田"] * len(parts)}
    return Table.of(parts, fields)


def vegetation(ground: Ground, woods: Any) -> Table:
    """Draw where vegetation is good: parts of the forest."""
    field = (
        ground.grain(73, longest_m=5000.0, shortest_m=600.0) + 0.3 * ground.heights - 5.0 * ~ground.nodes.inside(woods)
    )
    parts = shapely.get_parts(shapely.simplify(ground.share(field, _VEGETATION_PERCENT, least_ha=40.0), 15.0))
    return _named(parts, "VG", "植被良好区")


def ecological_space(ground: Ground, nature: Worth) -> Table:
    """Draw the ecological space: wider than the red line; the function of its smallest part is not known."""
    parts = shapely.get_parts(shapely.simplify(ground.share(nature.calm, _SPACE_PERCENT, least_ha=60.0), 15.0))
    parts = on_grid(parts[np.argsort(-shapely.area(parts), kind="stable")])
    table = _named(parts, "ES", "生态空间")
    functions: list[str | None] = [_FUNCTIONS[i % 3] for i in range(len(parts))]
    functions[-1] = None
    return Table.of(parts, {**table.fields, "ZDGN": functions})


def function_zones(unit: Units) -> Table:
    """Draw the main function zones: the units of one category together."""
    category = np.array(unit.of_2023.fields["ZHGKDYFL"])
    joined = [shapely.coverage_union_all(unit.of_2023.geometry[category == name]) for name in _ZONES]
    thin = shapely.coverage_simplify(np.array(joined, dtype=object), 60.0, simplify_boundary=False)
    fields: Columns = {"GNQBM": ["FZ1", "FZ2", "FZ3"], "GNQMC": list(_ZONES.values()), "GNQLX": list(_ZONES.values())}
    return Table.of(thin, fields)


def framework(ground: Ground, ponds: Table, great_water: Any) -> Table:
    """Draw the framework of two corridors, two rings and many points, none of which the plan gives a width."""
    names, drawn = ["长江乌江生态廊道"], [shapely.simplify(shapely.buffer(great_water, 260.0, quad_segs=4), 10.0)]
    for name, _, half_m, line in ridges():
        names.append(f"{name}生态屏障")
        xy = np.array(line.coords)
        drawn.append(channel(xy, np.full(len(xy), half_m * 0.35)))
    for name, water in zip(ponds.fields["SKMC"], ponds.geometry, strict=True):
        names.append(f"{name}生态节点")
        drawn.append(shapely.simplify(shapely.buffer(water, 150.0, quad_segs=4), 5.0))
    held = cut(np.array(drawn, dtype=object), ground.district)
    return Table.of(held, {"BM": [f"FW{i + 1:02d}" for i in range(len(held))], "MC": names})


def erosion_areas(ground: Ground) -> Table:
    """Draw the erosion-prevention areas: the three that the plan names, and one whose name is not recorded."""
    drawn = [
        pond(places.way(centre)[0], size, seed=1100 + i, ragged=0.24, n=240)
        for i, (_, _, centre, size) in enumerate(_EROSION)
    ]
    held = cut(np.array(drawn, dtype=object), ground.district)
    fields: Columns = {
        "BM": [f"SE{i + 1:02d}" for i in range(len(held))],
        "MC": [name for name, *_ in _EROSION],
        "JB": [level for _, level, *_ in _EROSION],
    }
    return Table.of(held, fields)


def karst(ground: Ground, surveyed: Any) -> Table:
    """Draw rocky desert, caves and underground rivers where it was surveyed; one cave's kind is not recorded."""
    inner = ground.nodes.inside(shapely.buffer(surveyed, -900.0))
    desert = scattered(ground, inner & (ground.to_seat > 1500.0), 9, seed=1200, hectares=(25.0, 140.0), apart_m=2200.0)  # noqa: PLR2004
    caves = scattered(ground, inner, 12, seed=1260, hectares=(2.0, 7.0), apart_m=1700.0)
    ways = ("107.5750 29.6600;107.5900 29.6700;107.6050 29.6850", "107.6250 29.6500;107.6350 29.6650;107.6450 29.6800")
    lines = [wandering(places.way(way), step_m=50.0, amplitude_m=160.0, seed=1290 + i) for i, way in enumerate(ways)]
    rivers = cut(np.array([channel(line, np.full(len(line), 25.0)) for line in lines], dtype=object), ground.district)
    counts = (("rocky_desert", desert), ("cave", caves), ("underground_river", rivers))
    kinds: list[str | None] = [kind for kind, drawn in counts for _ in drawn]
    kinds[len(desert) + len(caves) - 1] = None
    names = {"rocky_desert": "石漠化地块", "cave": "溶洞", "underground_river": "暗河", None: "待查岩溶点"}
    held = np.concatenate([desert, caves, rivers])
    fields: Columns = {
        "BM": [f"KA{i + 1:02d}" for i in range(len(held))],
        "MC": [f"{names[kind]}{i + 1}" for i, kind in enumerate(kinds)],
        "LX": kinds,
    }
    return Table.of(held, fields)


def _named(parts: NDArray[np.object_], code: str, name: str) -> Table:
    parts = on_grid(parts)
    fields: Columns = {
        "BM": [f"{code}{i + 1:03d}" for i in range(len(parts))],
        "MC": [f"{name}{i + 1}" for i in range(len(parts))],
    }
    return Table.of(parts, fields)


def _to_great(ground: Ground) -> NDArray[np.float64]:
    return np.minimum(ground.to_water["长江"], ground.to_water["乌江"])
