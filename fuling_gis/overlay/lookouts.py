"""Places to look from: along the banks of a water at a stated spacing, and along its middle.

The middle of the water lies halfway between a place on one bank and the bank across from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from fuling_gis.grid import Bounds
from fuling_gis.overlay.pieces import Geometries

Floats = NDArray[np.float64]

# Along an outline, this far to both sides: its direction there.
_BESIDE_M: Final = 5.0
# A river is not wider than this.
_WIDEST_M: Final = 6_000.0
# The bank that one stands on is not the one across.
_OWN_BANK_M: Final = 0.5


def lookouts(water: Geometries, spacing_m: float, within: Bounds) -> Floats:
    """Give places along banks and middles, shape (n, 2), metres; lines have no middle, and points stand for themselves.

    within: west, south, east, north; water beyond is not looked from.
    """
    cut = shapely.get_parts(np.asarray(shapely.intersection(water, shapely.box(*within)), dtype=object))
    cut = cut[~shapely.is_empty(cut)]
    areas = cut[shapely.get_dimensions(cut) == 2]  # noqa: PLR2004  the dimension of an area
    lines = np.concatenate([shapely.get_rings(areas), cut[shapely.get_dimensions(cut) == 1]])
    banks, way = _along(lines, spacing_m)
    points = shapely.get_coordinates(cut[shapely.get_dimensions(cut) == 0])
    middle = _thinned(_middles(areas, banks, way), spacing_m / 2)
    return np.concatenate([banks, middle, points])


def _along(lines: Geometries, spacing_m: float) -> tuple[Floats, Floats]:
    """Give places along lines and the direction of the line at each."""
    length = shapely.length(lines)
    count = np.maximum(np.ceil(length / spacing_m).astype(np.int64), 1)
    line = np.repeat(np.arange(len(lines)), count)
    nth = np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count)
    at = length[line] * nth / count[line]
    reached = _Ways.of(lines)
    here = reached.at(line, at)
    before, after = (reached.at(line, np.clip(at + step, 0.0, length[line])) for step in (-_BESIDE_M, _BESIDE_M))
    return here, after - before


@dataclass(frozen=True)
class _Ways:
    """The vertices of some lines, and how far along all of them together each lies.

    GEOS walks a line from its beginning for each place on it, which takes long on a bank of many vertices.
    """

    xy: Floats
    gone: Floats
    # Of each line its first and its last vertex.
    first: NDArray[np.int64]
    last: NDArray[np.int64]

    @classmethod
    def of(cls, lines: Geometries) -> _Ways:
        """Measure lines, none of them empty."""
        xy, line = shapely.get_coordinates(lines, return_index=True)
        step = np.hypot(*np.diff(xy, axis=0, prepend=xy[:1]).T)
        fresh = np.diff(line, prepend=-1) > 0
        step[fresh] = 0.0
        first = np.flatnonzero(fresh)
        return cls(xy, np.cumsum(step), first, np.append(first[1:], len(xy)) - 1)

    def at(self, line: NDArray[np.int64], along_m: Floats) -> Floats:
        """Give the places so far along their lines; shape (n, 2)."""
        if not len(line):
            return np.zeros((0, 2))
        gone = self.gone[self.first[line]] + along_m
        found = np.searchsorted(self.gone, gone, side="right") - 1
        start = np.clip(found, self.first[line], self.last[line] - 1)
        wide = self.gone[start + 1] - self.gone[start]
        share = np.clip((gone - self.gone[start]) / np.where(wide > 0, wide, 1.0), 0.0, 1.0)[:, None]
        return np.asarray(self.xy[start] * (1 - share) + self.xy[start + 1] * share)


def _middles(areas: Geometries, banks: Floats, way: Floats) -> Floats:
    """Give the points halfway across the water from places on the banks."""
    if not len(areas) or not len(banks):
        return np.zeros((0, 2))
    size = np.hypot(way[:, 0], way[:, 1])
    turned = np.stack([-way[:, 1], way[:, 0]], axis=1) / np.where(size > 0, size, 1.0)[:, None]
    start = np.concatenate([banks, banks])
    across = np.concatenate([turned, -turned])
    far = _first_hit(shapely.get_rings(areas), start, across)
    reached = np.flatnonzero(np.isfinite(far))
    middle = start[reached] + across[reached] * (far[reached] / 2)[:, None]
    tree = shapely.STRtree(areas)
    inside = np.zeros(len(middle), bool)
    inside[tree.query(shapely.points(middle), predicate="within")[0]] = True
    return middle[inside]


def _first_hit(rings: Geometries, start: Floats, across: Floats) -> Floats:
    """Measure along rays how far the nearest outline is, but for the one they start on; inf where none is."""
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    joined = np.flatnonzero(ring[:-1] == ring[1:])
    a, b = xy[joined], xy[joined + 1]
    rays = shapely.linestrings(np.stack([start, start + across * _WIDEST_M], axis=1))
    edges = shapely.linestrings(np.stack([a, b], axis=1))
    edge, ray = shapely.STRtree(rays).query(edges, predicate="intersects")
    along, to = b[edge] - a[edge], a[edge] - start[ray]
    d = across[ray]
    cross = d[:, 0] * along[:, 1] - d[:, 1] * along[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (to[:, 0] * along[:, 1] - to[:, 1] * along[:, 0]) / cross
    t = np.where(np.isfinite(t) & (t > _OWN_BANK_M), t, np.inf)
    out = np.full(len(start), np.inf)
    np.minimum.at(out, ray, t)
    return out


def _thinned(points: Floats, cell_m: float) -> Floats:
    """Keep the first point of each square."""
    square = np.floor(points / cell_m).astype(np.int64)
    _, first = np.unique(square, axis=0, return_index=True)
    return points[np.sort(first)]
