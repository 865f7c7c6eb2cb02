"""From lists of boundary points to areas: where a ring ends, and what is ground and what is a hole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

# Fewer different points make no area.
_LEAST = 3


def split(points: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    """Cut a run of points, shape (n, 2), into rings: each ends where its first point comes again.

    >>> [len(ring) for ring in split(np.array([[0, 0], [1, 0], [1, 1], [0, 0], [5, 5], [6, 5], [6, 6]]))]
    [4, 3]
    """
    start = 0
    for at in range(1, len(points)):
        # Where a ring ends hangs on where it began.
        if at > start and (points[at] == points[start]).all():
            yield points[start : at + 1]
            start = at + 1
    if start < len(points):
        yield points[start:]


def area_of(rings: Sequence[NDArray[np.float64]]) -> shapely.Geometry | None:
    """Make a polygon of rings, or several: what lies in an odd number of rings is ground, the rest is not.

    Rings may be open, and in any order and direction. Those with fewer than three different points are left out; None
    where none is left.
    """
    closed = [_closed(ring) for ring in rings if len(np.unique(ring, axis=0)) >= _LEAST]
    if not closed:
        return None
    shapes = np.array([shapely.Polygon(ring) for ring in closed], dtype=object)
    if len(shapes) == 1:
        only: shapely.Geometry = shapes[0]
        return only
    around = _around(shapes)
    depth = np.array([len(outer) for outer in around])
    holes: dict[int, list[NDArray[np.float64]]] = {at: [] for at in np.flatnonzero(depth % 2 == 0).tolist()}
    for at in np.flatnonzero(depth % 2 == 1).tolist():
        # The shell of a hole is the innermost ring around it; rings that cross one another may have none.
        shells = [outer for outer in around[at] if outer in holes]
        if shells:
            holes[max(shells, key=lambda outer: int(depth[outer]))].append(closed[at])
        else:
            holes[at] = []
    parts = [shapely.Polygon(closed[at], inner) for at, inner in holes.items()]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _closed(ring: NDArray[np.float64]) -> NDArray[np.float64]:
    return ring if (ring[0] == ring[-1]).all() else np.vstack([ring, ring[:1]])


def _around(shapes: NDArray[np.object_]) -> list[list[int]]:
    """List for each ring the rings around it; most of its points decide, for rings may touch."""
    sizes = shapely.area(shapes)
    inner, outer = shapely.STRtree(shapes).query(shapes)
    found: list[list[int]] = [[] for _ in shapes]
    for one, other in zip(inner.tolist(), outer.tolist(), strict=True):
        if sizes[other] <= sizes[one]:
            continue
        points = shapely.get_coordinates(shapes[one])
        if shapely.contains_xy(shapes[other], points[:, 0], points[:, 1]).mean() > 0.5:  # noqa: PLR2004  most
            found[one].append(other)
    return found
