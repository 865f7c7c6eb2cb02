"""What is protected for nature's sake: reserves and parks, and the red line about mountains, gorges and reserves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from fuling_gis.demo import places
from fuling_gis.demo.contours import above, level_for
from fuling_gis.demo.ground import Ground, areas, ridges
from fuling_gis.demo.lines import on_grid
from fuling_gis.demo.table import Columns, Table

# Shares of the district, percent: the plan, Table 2.
RED_LINE_PERCENT: Final = 9.3
RESERVES_PERCENT: Final = 7.84
# How exactly these shares are met, as a share of themselves.
_WITHIN: Final = 2e-4

_KINDS: Final = ("生物多样性维护", "水土保持", "水源涵养")


@dataclass(frozen=True)
class Worth:
    """How much nature there is at the nodes, smooth and with all its grain."""

    calm: NDArray[np.float64]
    rough: NDArray[np.float64]


def reserves(ground: Ground) -> Table:
    """Draw the protected areas: two reserves with a core, five parks."""
    rows = places.rows("reserves")
    grain = 0.30 * ground.grain(41, longest_m=3500.0, shortest_m=250.0)
    # Nearness to each: 1 at the centre, 0 at its reach.
    near = [
        1 - ground.nodes.distance_to(shapely.Point(centre)) / float(row["reach_m"]) + 0.25 * ground.heights + grain
        for row, centre in zip(rows, places.points("reserves"), strict=True)
    ]
    off_limits = 3.0 * (ground.to_water["长江"] < 700.0) + np.exp(-((ground.to_seat / 900.0) ** 2))  # noqa: PLR2004
    fields_of = [_own(near, i) - off_limits for i in range(len(rows))]
    whole = level_for(
        ground.nodes,
        np.where(ground.within, np.maximum.reduce(fields_of), -np.inf),
        lambda level: shapely.union_all([_patch(ground, field, level) for field in fields_of]),
        area_m2=ground.district.area * RESERVES_PERCENT / 100,
        within=_WITHIN,
    )
    owners = np.stack(fields_of)
    geometry: list[Any] = []
    fields: dict[str, list[Any]] = {name: [] for name in ("BHDBM", "BHDMC", "BHDLX", "BHDJB", "BHDFQ")}
    for part in shapely.get_parts(whole):
        # Parts are few; each is cut by itself.
        x, y = (np.array(v) for v in (part.representative_point().x, part.representative_point().y))
        i = int(np.argmax([ground.nodes.read(field, x, y) for field in owners]))
        for zone, piece in _zones(ground, part, near[i], kind=rows[i]["kind"]):
            geometry.append(piece)
            row = (f"NR{i + 1:02d}", rows[i]["name"], rows[i]["kind"], rows[i]["level"], zone)
            for name, value in zip(fields, row, strict=True):
                fields[name].append(value)
    order = sorted(
        range(len(geometry)), key=lambda k: (fields["BHDBM"][k], fields["BHDFQ"][k] or "", -geometry[k].area)
    )
    numbered = {name: [values[k] for k in order] for name, values in fields.items()}
    numbered["BHDBM"] = [f"{code}-{k + 1:02d}" for k, code in enumerate(numbered["BHDBM"])]
    return Table.of(np.array([geometry[k] for k in order], dtype=object), numbered)


def worth(ground: Ground, reserve: Table) -> Worth:
    """Invent how much nature there is everywhere: on the ridges, in the gorge of the Wu, in reserves, not in town."""
    held = ground.nodes.inside(reserve.whole).astype(float)
    gorge = np.exp(-((ground.to_water["乌江"] / 900.0) ** 2)) * (ground.nodes.y < places.seat("白涛街道")[1] + 4000.0)
    streams = 0.25 * np.exp(-((ground.to_water["tributary"] / 500.0) ** 2))
    people = 1.3 * np.exp(-((ground.to_seat / 1700.0) ** 2)) + 1.6 * np.exp(-((ground.to_city / 6000.0) ** 2))
    parks = 1.2 * np.exp(-((ground.to_park / 700.0) ** 2))
    calm = ground.heights + 0.35 * held + 0.5 * gorge + streams - people - parks
    calm = calm + 0.24 * ground.grain(51, longest_m=6000.0, shortest_m=1200.0)
    return Worth(calm, calm + 0.26 * ground.grain(52, longest_m=1500.0, shortest_m=250.0))


def red_line(ground: Ground, nature: Worth) -> Table:
    """Draw the ecological red line: the ground of highest worth."""
    parts = shapely.get_parts(ground.share(nature.rough, RED_LINE_PERCENT, least_ha=6.0, within=_WITHIN))
    parts = parts[np.argsort(-shapely.area(parts), kind="stable")]
    nearest = _nearest_ridge(parts)
    fields: Columns = {
        "BSM": [f"50010214{i + 1:04d}" for i in range(len(parts))],
        "HXBM": [f"500102HX{i + 1:03d}" for i in range(len(parts))],
        "HXMC": [f"{name}{_KINDS[len(name) % 3]}生态保护红线" for name in nearest],
        "HXLX": [_KINDS[len(name) % 3] for name in nearest],
    }
    return Table.of(parts, fields)


def _zones(ground: Ground, part: Any, near: NDArray[np.float64], *, kind: str) -> list[tuple[str | None, Any]]:
    """Split a reserve into core and general zone; a park is general throughout, a wetland's zone is not stated."""
    if kind == "湿地公园":
        return [(None, part)]
    if kind != "自然保护区":
        return [("general", part)]
    core = on_grid(areas(shapely.intersection(above(ground.nodes, near, 0.62, least_ha=50.0), part, grid_size=0.01)))
    rest = on_grid(areas(shapely.difference(part, core, grid_size=0.01)))
    return [(zone, piece) for zone, piece in (("core", core), ("general", rest)) if not shapely.is_empty(piece)]


def _own(near: list[NDArray[np.float64]], i: int) -> NDArray[np.float64]:
    """Give the nearness to one reserve, and little where another is nearer, so that two never touch."""
    others = np.maximum.reduce([field for k, field in enumerate(near) if k != i])
    return np.where(near[i] - others > 0.06, near[i], -1.0)  # noqa: PLR2004  a strip of some hundred metres


def _patch(ground: Ground, field: NDArray[np.float64], level: float) -> Any:
    drawn = above(ground.nodes, field, level, least_ha=150.0)
    return on_grid(areas(shapely.intersection(drawn, ground.district, grid_size=0.01)))


def _nearest_ridge(parts: NDArray[np.object_]) -> list[str]:
    lines = np.array([line for *_, line in ridges()], dtype=object)
    names = [name for name, *_ in ridges()]
    nearest = np.argmin(shapely.distance(shapely.centroid(parts)[:, None], lines[None, :]), axis=1)
    return [names[i] for i in nearest]
