"""Patches scattered over the ground, and tilings in which the first claim wins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from fuling_gis.demo.ground import Ground, areas
from fuling_gis.demo.lines import on_grid
from fuling_gis.demo.rivers import pond


def spots(ground: Ground, where: NDArray[np.bool_], count: int, *, seed: int, apart_m: float) -> NDArray[np.float64]:
    """Choose places on the nodes where something holds, so far from one another; shape (count, 2).

    Raises ValueError where there is no room for so many.
    """
    rng = np.random.default_rng(seed)
    xy = np.stack([ground.nodes.x[where], ground.nodes.y[where]], axis=1)
    xy = xy[rng.permutation(len(xy))]
    out: list[NDArray[np.float64]] = []
    # Each choice depends on those before it.
    while len(xy) and len(out) < count:
        out.append(xy[0])
        xy = xy[np.hypot(*(xy - xy[0]).T) >= apart_m]
    if len(out) < count:
        msg = f"room for {len(out)} places only, not {count}"
        raise ValueError(msg)
    return np.array(out)


def scattered(
    ground: Ground, where: NDArray[np.bool_], count: int, *, seed: int, hectares: tuple[float, float], apart_m: float
) -> NDArray[np.object_]:
    """Scatter ragged patches of between so many hectares; they are cut by the district."""
    centres = spots(ground, where, count, seed=seed, apart_m=apart_m)
    sizes = np.random.default_rng(seed + 1).uniform(*hectares, count)
    drawn = [pond(xy, size, seed=seed + 2 + i, n=36) for i, (xy, size) in enumerate(zip(centres, sizes, strict=True))]
    return cut(np.array(drawn, dtype=object), ground.district)


def cut(drawn: NDArray[np.object_], by: Any) -> NDArray[np.object_]:
    """Cut patches by an area, and bring them to the grid."""
    pieces = shapely.intersection(drawn, by, grid_size=0.01)
    flat = np.array([areas(piece) for piece in pieces], dtype=object)
    return np.asarray(on_grid(flat[~shapely.is_empty(flat)]))


def without(drawn: Any, taken: Any) -> Any:
    """Take an area away from another one, and bring the rest to the grid."""
    return on_grid(areas(shapely.difference(drawn, taken, grid_size=0.01)))


def tiled(whole: Any, claims: Mapping[str, Any]) -> dict[str, Any]:
    """Divide an area among claims without gap or overlap: the first claim on a place wins.

    The claim None-like last of all need not be given: what nobody claims has the name "".
    """
    lines = [
        shapely.boundary(whole),
        *(shapely.intersection(shapely.boundary(area), whole) for area in claims.values()),
    ]
    noded = shapely.union_all(np.array(lines, dtype=object), grid_size=0.01)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    inside = shapely.point_on_surface(faces)
    kept = shapely.covers(shapely.buffer(whole, 0.05), inside)
    faces, inside = faces[kept], inside[kept]
    owner = np.full(len(faces), "", dtype=object)
    for name, area in reversed(list(claims.items())):
        shapely.prepare(area)
        owner[shapely.covers(area, inside)] = name
    return {name: shapely.coverage_union_all(faces[owner == name]) for name in dict.fromkeys([*claims, ""])}
