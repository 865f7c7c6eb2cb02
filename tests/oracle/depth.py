"""How deep one geometry reaches into another, found by sampling that proves its result.

Depth and distance change by at most a metre when one moves by a metre. So a sample at the middle of a cell bounds the
whole cell, and cells that cannot matter are dropped; the others are cut in four and sampled again.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from oracle.sets import polygons, simple_parts

# The contract lets an answer differ from the exact one within a millimetre of a threshold.
MILLIMETRE = 0.001
# Coordinates that were computed may be off by this, metres: far more than rounding, far less than a millimetre.
ROUNDING = 1e-6
# A search that must look at more cells than this at once is given up as too close to call.
CELLS = 6000

Height = Callable[[NDArray[np.float64]], NDArray[np.float64]]


class TooClose(Exception):  # noqa: N818 - no error but a result: the contract allows two answers here
    """The exact answer lies within a millimetre of a threshold, or the contract does not settle the case."""


def depth_in(zone: BaseGeometry) -> Height:
    """Give the function that tells how deep points lie inside a zone; negative outside it."""
    ground = polygons(zone)
    edge = shapely.boundary(ground)
    shapely.prepare(ground)

    def depth(points: NDArray[np.float64]) -> NDArray[np.float64]:
        there = shapely.points(points)
        distance = shapely.distance(there, edge)
        signed: NDArray[np.float64] = np.where(shapely.intersects(ground, there), distance, -distance)
        return signed

    return depth


def distance_from(zone: BaseGeometry) -> Height:
    """Give the function that tells how far points are from a zone; 0 inside it."""

    def distance(points: NDArray[np.float64]) -> NDArray[np.float64]:
        found: NDArray[np.float64] = shapely.distance(shapely.points(points), zone)
        return found

    return distance


def rises_above(body: BaseGeometry, height: Height, limit: float) -> bool:
    """Tell whether a height is above a limit somewhere on a body; TooClose within a millimetre of it."""
    parts = simple_parts(body)
    if not parts:
        return False
    seen = height(shapely.get_coordinates([*parts, *shapely.point_on_surface(parts)]))
    if seen.max() > limit + MILLIMETRE:
        return True
    close = bool(seen.max() > limit - MILLIMETRE)
    for part in parts:
        if part.geom_type == "Point":
            continue
        outline = shapely.boundary(part) if part.geom_type == "Polygon" else part
        found = _along(shapely.get_parts(outline), height, limit)
        if found is True:
            return True
        close = close or found is None
        if part.geom_type == "Polygon":
            found = _across(part, height, limit)
            if found is True:
                return True
            close = close or found is None
    if close:
        raise TooClose
    return False


def _along(lines: NDArray[np.object_], height: Height, limit: float) -> bool | None:
    """Search lines by halving their segments; None is too close to call."""
    runs = [shapely.get_coordinates(line) for line in lines]
    starts, ends = np.vstack([r[:-1] for r in runs]), np.vstack([r[1:] for r in runs])
    while len(starts):
        middle = (starts + ends) / 2
        half = np.hypot(*(ends - starts).T) / 2
        seen = height(middle)
        if seen.max() > limit + MILLIMETRE:
            return True
        open_ = seen + half > limit - MILLIMETRE
        if open_.sum() > CELLS or half[open_].max(initial=1.0) < MILLIMETRE / 4:
            return None
        starts, middle, ends = starts[open_], middle[open_], ends[open_]
        starts, ends = np.vstack([starts, middle]), np.vstack([middle, ends])
    return False


def _across(polygon: BaseGeometry, height: Height, limit: float) -> bool | None:
    """Search a polygon by quartering a square about it; None is too close to call."""
    shapely.prepare(polygon)
    west, south, east, north = polygon.bounds
    half = max(east - west, north - south) / 2
    middle = np.array([[(west + east) / 2, (south + north) / 2]])
    while len(middle):
        seen = height(middle)
        within = shapely.intersects_xy(polygon, middle[:, 0], middle[:, 1])
        if seen[within].max(initial=-np.inf) > limit + MILLIMETRE:
            return True
        open_ = seen + half * np.sqrt(2) > limit - MILLIMETRE
        x, y = middle[open_].T
        touched = shapely.intersects(polygon, shapely.box(x - half, y - half, x + half, y + half))
        middle = middle[open_][touched]
        if len(middle) > CELLS or (len(middle) and half < MILLIMETRE / 4):
            return None
        half /= 2
        steps = np.array([[-half, -half], [-half, half], [half, -half], [half, half]])
        middle = (middle[:, None, :] + steps[None, :, :]).reshape(-1, 2)
    return False
