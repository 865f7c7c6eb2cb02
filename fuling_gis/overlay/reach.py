"""Tells whether a region reaches farther than a distance from some edges: no GEOS primitive answers that.

`in` asks it of the common ground of site and zone and the zone's outline, `outside` of the ground beyond the zone.
Sample points decide nearly always; what they leave open is decided by taking capsules of the distance around every
single segment away from the region. GEOS buffers of whole lines would not do: they leave out shallow bends by up to
a hundredth of the distance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import shapely

from fuling_gis.overlay.pieces import LINE, RING, Geometries, Indices, outlines, segments_of
from fuling_gis.overlay.shapes import RESOLUTION_M, Floats, nearest
from fuling_gis.overlay.sitetree import Bools

# Segments of a quarter circle for the first, coarse capsules.
_COARSE: Final = 16


class Edges(Protocol):
    """What the distance is measured from; each region may have its own."""

    def distance(self, points: Geometries, region: Indices, limit_m: float) -> Floats:
        """Give the distance from each point to the edges of its region; inf beyond the limit."""

    def near(self, region: int, geometry: shapely.Geometry, within_m: float) -> Geometries:
        """Give the edges of a region that come within a distance of a geometry, as lines and points."""


@dataclass(frozen=True)
class ZoneEdges:
    """The same edges for all regions: trees over the runs of an outline and over thin parts."""

    trees: tuple[shapely.STRtree, ...]

    def distance(self, points: Geometries, region: Indices, limit_m: float) -> Floats:
        """Give the distance to the nearest member of any tree."""
        del region
        least: Floats = np.minimum.reduce([nearest(tree, points, limit_m) for tree in self.trees])
        return least

    def near(self, region: int, geometry: shapely.Geometry, within_m: float) -> Geometries:
        """Give the runs and points within the distance."""
        del region
        found = [t.geometries[t.query(geometry, predicate="dwithin", distance=within_m)] for t in self.trees]
        return np.concatenate(found)


@dataclass(frozen=True)
class OwnOutline:
    """For each region the outline of its own polygon."""

    polygons: Geometries

    def distance(self, points: Geometries, region: Indices, limit_m: float) -> Floats:
        """Give the distance from each point to the outline of its region's polygon."""
        del limit_m
        return np.asarray(shapely.distance(points, shapely.boundary(self.polygons[region])), dtype=np.float64)

    def near(self, region: int, geometry: shapely.Geometry, within_m: float) -> Geometries:
        """Give the rings of the region's polygon."""
        del geometry, within_m
        return outlines(self.polygons[region : region + 1])


def reaches(region: Geometries, edges: Edges, beyond_m: Floats) -> Bools:
    """Tell which regions hold a point that is farther than `beyond_m` from the edges.

    region: geometries of any kind, empty ones hold no point; shape (n,). beyond_m: metres, above 0, shape (n,).
    """
    out = np.zeros(len(region), bool)
    todo = np.flatnonzero(~shapely.is_empty(region))
    if not len(todo):
        return out
    limit = float(beyond_m[todo].max())
    middle = np.asarray(shapely.point_on_surface(region[todo]), dtype=object)
    far = edges.distance(middle, todo, limit)
    out[todo] = far > beyond_m[todo]
    # No point of the region is farther from the edges than its middle and the way from there.
    hopeless = far + _radius(middle, region[todo]) <= beyond_m[todo]
    todo = todo[~out[todo] & ~hopeless]
    vertex, of = shapely.get_coordinates(region[todo], return_index=True)
    owner = todo[of]
    beyond = edges.distance(np.asarray(shapely.points(vertex), dtype=object), owner, limit) > beyond_m[owner]
    out[owner[beyond]] = True
    # One by one: each has its own few segments, and hardly any region comes this far.
    for i in todo[~out[todo]]:
        out[i] = _reaches_exactly(region[i], edges, int(i), float(beyond_m[i]))
    return out


def _radius(middle: Geometries, region: Geometries) -> Floats:
    """Give the distance from a point to the farthest corner of a region's bounding box."""
    x0, y0, x1, y1 = shapely.bounds(region).T
    x, y = shapely.get_x(middle), shapely.get_y(middle)
    farthest: Floats = np.hypot(np.maximum(x - x0, x1 - x), np.maximum(y - y0, y1 - y))
    return farthest


def _reaches_exactly(region: shapely.Geometry, edges: Edges, index: int, beyond_m: float) -> bool:
    """Take the capsules around all near segments away and look whether anything is left.

    Capsules with coarse arcs lie inside the true ones; swollen by their sagitta they contain them. Only what lies
    between the two is looked at with arcs that deviate by less than RESOLUTION_M.
    """
    swollen = beyond_m / math.cos(math.pi / (4 * _COARSE))
    single = _single(edges.near(index, region, swollen))
    left = _without(region, single, beyond_m, _COARSE)
    if shapely.is_empty(left):
        return False
    if swollen - beyond_m < RESOLUTION_M:
        return _lies_beyond(left, edges, index, beyond_m)
    if _lies_beyond(_without(left, single, swollen, _COARSE), edges, index, beyond_m):
        return True
    quarter = math.ceil(math.pi / 4 / math.acos(1 - RESOLUTION_M / beyond_m))
    close = single[shapely.dwithin(single, left, swollen)]
    return _lies_beyond(_without(left, close, beyond_m, quarter), edges, index, beyond_m)


def _lies_beyond(left: shapely.Geometry, edges: Edges, index: int, beyond_m: float) -> bool:
    """Tell whether what is left is truly that far: GEOS may leave crumbs of regions of mixed kind, a nanometre long."""
    vertex = np.asarray(shapely.points(shapely.get_coordinates(left)), dtype=object)
    away = edges.distance(vertex, np.full(len(vertex), index), 2 * beyond_m)
    return bool((away > beyond_m - RESOLUTION_M).any())


def _single(edges: Geometries) -> Geometries:
    kind = shapely.get_type_id(edges)
    line = (kind == LINE) | (kind == RING)
    return np.concatenate([segments_of(edges[line]), edges[~line]])


def _without(region: shapely.Geometry, single: Geometries, distance_m: float, quarter: int) -> shapely.Geometry:
    capsules = shapely.buffer(single, distance_m, quad_segs=quarter)
    return shapely.difference(region, shapely.union_all(capsules))
