"""Environmental management units: they tile the district without gap or overlap, in two versions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from fuling_gis.demo import places
from fuling_gis.demo.access import access_lists
from fuling_gis.demo.contours import without_small
from fuling_gis.demo.ground import Ground, areas
from fuling_gis.demo.lines import along, on_grid, roughened
from fuling_gis.demo.nature import Worth
from fuling_gis.demo.noise import fractal_line
from fuling_gis.demo.table import Table

# Category: digit in the code, number of units, share of the district in percent (2023 adjustment, notice of
# 2024-03-19).
SHARES_2023: Final = {"priority": (1, 15, 18.2), "key": (2, 10, 29.0), "general": (3, 7, 52.8)}
# Before it there was one unit more; which, nobody has published: here the key units were divided otherwise.
_KEY_2020: Final = 11
_NAMES: Final = {"priority": "优先保护单元", "key": "重点管控单元", "general": "一般管控单元"}
_THIN_M: Final = 12.0
# What rough borders cut off at their crossings, at most this large, is no cell, square metres.
_SPECK_M2: Final = 1e6
# Faces smaller than this belong to a neighbour, square metres.
_SLIVER_M2: Final = 40_000.0


@dataclass(frozen=True)
class Units:
    """Both versions, and the district with every vertex that a unit has on its outline."""

    of_2020: Table
    of_2023: Table
    district: Any


def management_units(ground: Ground, nature: Worth) -> Units:
    """Draw the units: the highest worth is priority, towns and parks and the Yangtze are key, the rest is general."""
    priority = _thin(ground.share(nature.calm, SHARES_2023["priority"][2], least_ha=60.0))
    key = ground.share(_busyness(ground), SHARES_2023["key"][2], least_ha=120.0, minus=priority)
    classes = {"priority": priority, "key": without_small(_thin(key), 40.0)}
    cells = {}
    for i, (name, (_, count, _)) in enumerate(SHARES_2023.items()):
        cells[name] = _cells(ground, _mask(ground, classes, name), count, seed=700 + 40 * i)
    former = {**cells, "key": _cells(ground, _mask(ground, classes, "key"), _KEY_2020, seed=860)}
    faces, category = _faces(ground, classes, cells, former["key"])
    new, old = (_cell_of(faces, category, divided) for divided in (cells, former))
    category, new, old = _joined(faces, category, new, old)
    district = shapely.coverage_union_all(faces)
    return Units(_table(faces, category, old), _table(faces, category, new), district)


def _thin(area: Any) -> Any:
    """Leave out the vertices that do not show: a unit's outline is no survey."""
    return on_grid(shapely.simplify(area, _THIN_M))


def _busyness(ground: Ground) -> NDArray[np.float64]:
    parks = 1.6 * np.exp(-((ground.to_park / 2600.0) ** 2))
    seats = 0.9 * np.exp(-((ground.to_seat / 2600.0) ** 2))
    river = 0.9 * np.exp(-((ground.to_water["长江"] / 2400.0) ** 2))
    city = 1.8 * np.exp(-((ground.to_city / 6500.0) ** 2))
    return parks + seats + river + city + 0.34 * ground.grain(61, longest_m=5000.0, shortest_m=600.0)


def _mask(ground: Ground, classes: dict[str, Any], category: str) -> NDArray[np.bool_]:
    if category == "general":
        taken = ground.nodes.inside(classes["priority"]) | ground.nodes.inside(classes["key"])
        return ground.within & ~taken
    return ground.within & ground.nodes.inside(classes[category])


def _cells(ground: Ground, mask: NDArray[np.bool_], count: int, *, seed: int) -> NDArray[np.object_]:
    """Divide the plane among centres that lie evenly over a mask; the borders between them are rough."""
    xy = np.stack([ground.nodes.x[mask], ground.nodes.y[mask]], axis=1)[::7]
    rng = np.random.default_rng(seed)
    centres = xy[rng.choice(len(xy), count, replace=False)]
    for _ in range(25):
        nearest = np.argmin(((xy[:, None] - centres) ** 2).sum(axis=2), axis=1)
        sums = np.stack([np.bincount(nearest, xy[:, k], count) for k in (0, 1)], axis=1)
        centres = sums / np.maximum(np.bincount(nearest, minlength=count), 1)[:, None]
    box = shapely.box(*ground.district.buffer(9000.0).bounds)
    net = shapely.voronoi_polygons(shapely.MultiPoint(centres), extend_to=box, only_edges=True)
    edges = shapely.get_parts(shapely.intersection(shapely.node(net), box))
    rough = [_rough(np.array(edge.coords), seed=seed + 1 + i) for i, edge in enumerate(edges)]
    lines = shapely.union_all([*rough, box.exterior], grid_size=0.01)
    drawn = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    # Slivers where rough borders cross go with no centre of their own.
    return np.asarray(drawn[shapely.area(drawn) > _SPECK_M2])


def _rough(xy: NDArray[np.float64], *, seed: int) -> Any:
    line = np.array(shapely.segmentize(shapely.LineString(xy), 150.0).coords)
    far = along(line)
    calm = np.clip(np.minimum(far, far[-1] - far) / 1500.0, 0.0, 1.0)
    rough = fractal_line(far, seed=seed, longest_m=4000.0, shortest_m=300.0)
    return shapely.LineString(roughened(line, 330.0 * rough * calm) if len(line) > 2 else line)  # noqa: PLR2004


def _faces(
    ground: Ground, classes: dict[str, Any], cells: dict[str, NDArray[np.object_]], more: NDArray[np.object_]
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Cut the district along all borders, those of `more` within the key units too, and tell each face's category."""
    general = areas(shapely.difference(ground.district, shapely.union_all(list(classes.values())), grid_size=0.01))
    lines = [shapely.boundary(ground.district), _net(more, classes["key"])]
    for name, area in {**classes, "general": general}.items():
        lines += [shapely.boundary(area), _net(cells[name], area)]
    noded = shapely.union_all(np.array(lines, dtype=object), grid_size=0.01)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    inside = shapely.point_on_surface(faces)
    kept = shapely.covers(ground.district.buffer(0.05), inside)
    faces, inside = faces[kept], inside[kept]
    category = np.full(len(faces), "general", dtype=object)
    for name, area in reversed(classes.items()):
        category[shapely.covers(area, inside)] = name
    return faces, category


def _net(cells: NDArray[np.object_], area: Any) -> Any:
    return shapely.intersection(shapely.union_all(shapely.boundary(cells)), area)


def _cell_of(
    faces: NDArray[np.object_], category: NDArray[np.object_], cells: dict[str, NDArray[np.object_]]
) -> NDArray[np.int64]:
    """Tell in which cell of its category each face lies."""
    inside = shapely.point_on_surface(faces)
    out = np.zeros(len(faces), np.int64)
    for name in SHARES_2023:
        mine = np.flatnonzero(category == name)
        out[mine] = np.argmin(shapely.distance(inside[mine][:, None], cells[name][None, :]), axis=1)
    return out


def _joined(
    faces: NDArray[np.object_], category: NDArray[np.object_], new: NDArray[np.int64], old: NDArray[np.int64]
) -> tuple[NDArray[np.object_], NDArray[np.int64], NDArray[np.int64]]:
    """Count each small face to the neighbour with whom it shares most border, in both versions."""
    category, new, old = category.copy(), new.copy(), old.copy()
    tree = shapely.STRtree(faces)
    # Smallest first, one after the other: a face may be joined to one that was joined before.
    for i in np.argsort(shapely.area(faces), kind="stable"):
        if faces[i].area >= _SLIVER_M2:
            break
        others = tree.query(faces[i], predicate="intersects")
        others = np.sort(others[others != i])
        shared = shapely.length(shapely.intersection(faces[i].boundary, shapely.boundary(faces[others])))
        big = others[np.argmax(shared)]
        category[i], new[i], old[i] = category[big], new[big], old[big]
    return category, new, old


def _town(unit: Any) -> str:
    """Name the seat nearest to the middle of a unit's largest part."""
    parts = shapely.get_parts(unit)
    middle = parts[np.argmax(shapely.area(parts))].representative_point()
    far = shapely.distance(shapely.points(places.points("townships")), middle)
    return (
        places.rows("townships")[int(np.argmin(far))]["name"].removesuffix("街道").removesuffix("镇").removesuffix("乡")
    )


def _table(faces: NDArray[np.object_], category: NDArray[np.object_], cell: NDArray[np.int64]) -> Table:
    geometry: list[Any] = []
    fields: dict[str, list[Any]] = {
        name: [] for name in ("HJGKDYBM", "HJGKDYMC", "ZHGKDYFL", "KJBJYS", "WRWPFGK", "HJFXFK", "ZYLYXL")
    }
    for name, (digit, _, _) in SHARES_2023.items():
        for serial, unit in enumerate(np.unique(cell[category == name])):
            geometry.append(shapely.coverage_union_all(faces[(category == name) & (cell == unit)]))
            code = f"ZH500102{digit}{serial + 1:04d}"
            row = (
                code,
                f"涪陵区{_NAMES[name]}{serial + 1}-{_town(geometry[-1])}片区",
                name,
                *access_lists(name, serial),
            )
            for key, value in zip(fields, row, strict=True):
                fields[key].append(value)
    return Table.of(np.array(geometry, dtype=object), fields)
