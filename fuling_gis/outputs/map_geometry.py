"""Shapes as the map's file holds them: degrees of EPSG:4326 to six decimals, in whole numbers, each from the last.

A shape is a list of rings: points, lines and rings of polygons alike, each a run of coordinates that belongs to one
owner. All rings of an owner are filled together by the even-odd rule, so shells and holes need no mark.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

# Six decimals of a degree, 0.1 m.
SCALE = 1_000_000
POINT, LINE, RING = 0, 1, 2


def encode(geometry: NDArray[np.object_]) -> dict[str, Any]:
    """Write geometries of EPSG:4326 as JSON values.

    `owner`, `kind` (0 point, 1 line, 2 ring) and `size` (vertices) have one entry per ring; `xy` holds all vertices
    in that order, longitude and latitude in turn, each as the difference from the one before it.
    """
    parts, owner = _single_parts(geometry)
    types = shapely.get_type_id(parts)
    polygons = types == shapely.GeometryType.POLYGON
    rings, of = shapely.get_rings(parts[polygons], return_index=True)
    pieces = np.concatenate([parts[~polygons], rings])
    kind = np.where(types[~polygons] == shapely.GeometryType.POINT, POINT, LINE)
    owners = np.concatenate([owner[~polygons], owner[polygons][of]])
    kinds = np.concatenate([kind, np.full(len(rings), RING)])
    order = np.argsort(owners, kind="stable")
    return {
        "owner": owners[order].tolist(),
        "kind": kinds[order].tolist(),
        "size": shapely.get_num_coordinates(pieces[order]).tolist(),
        "xy": deltas(shapely.get_coordinates(pieces[order])),
    }


def deltas(lonlat: NDArray[np.float64]) -> list[int]:
    """Write coordinates of shape (n, 2) as one flat list of differences in millionths of a degree."""
    whole = np.rint(lonlat * SCALE).astype(np.int64)
    found: list[int] = np.diff(whole, axis=0, prepend=np.zeros((1, 2), np.int64)).ravel().tolist()
    return found


def _single_parts(geometry: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Split collections, also nested ones, into points, lines and polygons with their owner; empty ones vanish."""
    parts, owner = shapely.get_parts(geometry, return_index=True)
    while (shapely.get_type_id(parts) >= shapely.GeometryType.MULTIPOINT).any():
        parts, of = shapely.get_parts(parts, return_index=True)
        owner = owner[of]
    there = ~shapely.is_empty(parts) & ~shapely.is_missing(parts)
    return parts[there], owner[there].astype(np.int64)
