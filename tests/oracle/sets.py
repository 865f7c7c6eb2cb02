"""Geometries as sets of points: common ground and remainder, also where polygons, lines and points are mixed.

GEOS does not intersect or subtract mixed collections, so their parts of each dimension are taken in turn.
"""

from __future__ import annotations

from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry


def simple_parts(geometry: BaseGeometry) -> list[Any]:
    """Give the points, lines and polygons that a geometry is made of, at any depth of nesting."""
    if geometry.geom_type in {"Polygon", "LineString", "LinearRing", "Point"}:
        return [] if geometry.is_empty else [geometry]
    return [part for member in shapely.get_parts(geometry) for part in simple_parts(member)]


def by_dimension(geometry: BaseGeometry) -> list[BaseGeometry]:
    """Give the points as one geometry, the lines as one, the polygons as one; only those that there are."""
    parts = simple_parts(geometry)
    of_dimension = [[p for p in parts if shapely.get_dimensions(p) == d] for d in (0, 1, 2)]
    return [shapely.union_all(some) for some in of_dimension if some]


def polygons(geometry: BaseGeometry) -> BaseGeometry:
    """Give the parts that have an area, as one geometry."""
    return shapely.union_all([p for p in simple_parts(geometry) if p.geom_type == "Polygon"])


def common(one: BaseGeometry, other: BaseGeometry) -> BaseGeometry:
    """Give the points that two geometries share."""
    return shapely.union_all([shapely.intersection(a, b) for a in by_dimension(one) for b in by_dimension(other)])


def without(one: BaseGeometry, other: BaseGeometry) -> BaseGeometry:
    """Give the points of one geometry that the other does not have."""
    kept = by_dimension(one)
    for taken in by_dimension(other):
        kept = [shapely.difference(part, taken) for part in kept]
    return shapely.union_all(kept)


def contains(ground: BaseGeometry, body: BaseGeometry) -> bool:
    """Tell whether every point of a body lies on the ground, its border included."""
    alike = by_dimension(ground)
    if any(shapely.covers(part, body) for part in alike):
        return True
    # Only where the ground is mixed can several dimensions cover a body together.
    return len(alike) > 1 and without(body, ground).is_empty
