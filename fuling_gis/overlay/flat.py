"""Sites as plain arrays of coordinates, which compiled loops read."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from fuling_gis.overlay.outline import Floats
from fuling_gis.overlay.pieces import POINT, POLYGON, Geometries, Indices


class Flat(NamedTuple):
    """Single points, lines and polygons, taken apart into chains: places, lines, rings."""

    # x and y of all vertices; shape (vertices, 2).
    xy: Floats
    # First vertex of each chain; shape (chains + 1,).
    first: Indices
    # 1 where the chain's ring runs as it should (shells against the clock, holes with it), -1 where it runs the other
    # way about, 0 where it is no ring; shape (chains,).
    turn: NDArray[np.int8]
    # First chain of each site; shape (n + 1,).
    chain: Indices
    # Least x, least y, greatest x, greatest y of each site; shape (n, 4).
    box: Floats


def flat_of(geometry: Geometries) -> Flat:
    """Take sites apart. geometry: single points, lines and polygons, none empty."""
    kind = shapely.get_type_id(geometry)
    n = len(geometry)
    if (kind == POINT).all():
        xy = shapely.get_coordinates(geometry)
        each = np.arange(n + 1)
        return Flat(xy, each, np.zeros(n, np.int8), each, np.concatenate([xy, xy], axis=1))
    area = np.flatnonzero(kind == POLYGON)
    other = np.flatnonzero(kind != POLYGON)
    rings, of = shapely.get_rings(geometry[area], return_index=True)
    owner = np.concatenate([area[of], other])
    order = np.argsort(owner, kind="stable")
    chains = np.concatenate([rings, geometry[other]])[order]
    shell = np.concatenate([[True], of[1:] != of[:-1]])[: len(of)]
    wanted = np.concatenate([np.where(shell, 1, -1), np.zeros(len(other))]).astype(np.int8)[order]
    xy, chain_of = shapely.get_coordinates(chains, return_index=True)
    first = np.searchsorted(chain_of, np.arange(len(chains) + 1))
    against = np.where(shapely.is_ccw(chains), 1, -1).astype(np.int8)
    chain = np.searchsorted(owner[order], np.arange(n + 1))
    return Flat(xy, first, wanted * against, chain, shapely.bounds(geometry))
