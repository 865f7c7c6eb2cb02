"""Sites as plain arrays of coordinates, which compiled loops read."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from fuling_gis.overlay.compiled.compiling import maker, step
from fuling_gis.overlay.compiled.outline import Floats
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


def flat_of(geometry: Geometries, kind: NDArray[np.int32]) -> Flat:
    """Take sites apart. geometry: single points, lines and polygons, none empty. kind: their GEOS type numbers."""
    n = len(geometry)
    each = np.arange(n + 1)
    if (kind == POINT).all():
        return flat_points(shapely.get_coordinates(geometry))
    box = shapely.bounds(geometry)
    if not shapely.get_num_interior_rings(geometry).any():
        first = np.concatenate([[0], np.cumsum(shapely.get_num_coordinates(geometry))])
        xy = shapely.get_coordinates(geometry)
        return Flat(xy, first, _turns(xy, first, each, kind == POLYGON), each, box)
    area = np.flatnonzero(kind == POLYGON)
    other = np.flatnonzero(kind != POLYGON)
    rings, of = shapely.get_rings(geometry[area], return_index=True)
    owner = np.concatenate([area[of], other])
    order = np.argsort(owner, kind="stable")
    xy, chain_of = shapely.get_coordinates(np.concatenate([rings, geometry[other]])[order], return_index=True)
    first = np.searchsorted(chain_of, np.arange(len(order) + 1))
    chain = np.searchsorted(owner[order], each)
    return Flat(xy, first, _turns(xy, first, chain, kind == POLYGON), chain, box)


def flat_points(xy: Floats) -> Flat:
    """Give points, from their x and y; shape (n, 2)."""
    each = np.arange(len(xy) + 1)
    return Flat(xy, each, np.zeros(len(xy), np.int8), each, np.concatenate([xy, xy], axis=1))


def beside(a: Flat, b: Flat) -> Flat:
    """Put the sites of one after those of another."""
    return Flat(
        np.concatenate([a.xy, b.xy]),
        np.concatenate([a.first[:-1], b.first + len(a.xy)]),
        np.concatenate([a.turn, b.turn]),
        np.concatenate([a.chain[:-1], b.chain + len(a.turn)]),
        np.concatenate([a.box, b.box]),
    )


@step
def along_curve(middle: Any, corner: Any, per: float, out: Any) -> None:
    """Number places along a Z-shaped curve through a grid of 256 x 256: what is near by number is near in the plane.

    middle: x and y, shape (n, 2). corner: the least x and y. per: cells for each metre. out: numbers of 16 bits.
    """
    for i in range(len(middle)):
        number = 0
        for axis in range(2):
            place = int((middle[i, axis] - corner[axis]) * per)
            # Each bit moves apart from the next, so that one of the other axis fits between.
            place = (place | place << 4) & 0x0F0F
            place = (place | place << 2) & 0x3333
            place = (place | place << 1) & 0x5555
            number |= place << axis
        out[i] = number


@maker
def _turns(xy: Any, first: Any, chain: Any, areal: Any) -> Any:
    """Tell how each chain turns; of an areal site the first chain is the shell, others are holes."""
    turn = np.zeros(len(first) - 1, np.int8)
    for site in range(len(areal)):
        if not areal[site]:
            continue
        for c in range(chain[site], chain[site + 1]):
            x0, y0 = xy[first[c], 0], xy[first[c], 1]
            twice = 0.0
            for v in range(first[c], first[c + 1] - 1):
                twice += (xy[v, 0] - x0) * (xy[v + 1, 1] - y0) - (xy[v + 1, 0] - x0) * (xy[v, 1] - y0)
            turn[c] = 1 if (twice > 0.0) == (c == chain[site]) else -1
    return turn
