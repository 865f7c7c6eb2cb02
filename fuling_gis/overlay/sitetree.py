"""Sites as the engine asks them: single points, lines and polygons, as GEOS geometries and as plain coordinates.

Few sites are asked through GEOS, many through compiled loops over their coordinates; either form is made when it is
first needed, and once for all the subsets that are taken.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from fuling_gis.overlay.pieces import POINT, POLYGON, Geometries, Indices

if TYPE_CHECKING:
    from fuling_gis.overlay.compiled.flat import Flat

Bools = NDArray[np.bool_]

# From so many sites at a time on it pays to measure fields and to load compiled loops.
MANY_SITES = 8_192
# Sites of more vertices are left to GEOS, whose trees are made for them.
MOST_VERTICES: Final = 20_000
# Points that are read twice while they are at hand.
_AT_HAND: Final = 4_096


@dataclass(frozen=True)
class _Pool:
    """What all subsets of some sites share."""

    _geometry: Geometries
    # Where each site stands there: to bring many geometries into another order takes longer than to ask of them.
    number: Indices
    # The GEOS type number of each.
    kind: NDArray[np.int32]
    # Whether they stand there in the same order.
    fresh: bool = False

    def __len__(self) -> int:
        return len(self.kind)

    def geometry(self, rows: Indices) -> Geometries:
        """The geometries of some sites."""
        number = self.number[rows]
        whole = len(number) == len(self._geometry) and (len(number) == 1 or bool((np.diff(number) == 1).all()))
        return self._geometry if whole else self._geometry[number]

    @cached_property
    def points(self) -> bool:
        """Whether all sites are points."""
        return bool((self.kind == POINT).all())

    @cached_property
    def xy(self) -> NDArray[np.float64]:
        """Where the sites are, all of them points; shape (n, 2)."""
        return kinds_and_places(self.geometry(np.arange(len(self))))[1]

    @cached_property
    def flat(self) -> Flat:
        """The coordinates."""
        from fuling_gis.overlay.compiled.flat import flat_of, flat_points

        return flat_points(self.xy) if self.points else flat_of(self.geometry(np.arange(len(self))), self.kind)

    def arranged(self, rows: Indices) -> _Pool:
        """Give some sites, all of them points, with their coordinates in that order."""
        pool = _Pool(self._geometry, rows if self.fresh else self.number.take(rows), self.kind[: len(rows)])
        for name, known in (("points", True), ("xy", self.xy.take(rows, axis=0))):
            object.__setattr__(pool, name, known)
        return pool

    def plus(self, more: Geometries) -> _Pool:
        """Give a pool with more geometries after these; coordinates that are known are kept."""
        kind = shapely.get_type_id(more)
        number = np.concatenate([self.number, len(self._geometry) + np.arange(len(more))])
        pool = _Pool(np.concatenate([self._geometry, more]), number, np.concatenate([self.kind, kind]))
        if "flat" in self.__dict__:
            from fuling_gis.overlay.compiled.flat import beside, flat_of

            object.__setattr__(pool, "flat", beside(self.flat, flat_of(more, kind)))
        return pool


def _pool_of(geometry: Geometries, kind: NDArray[np.int32]) -> _Pool:
    return _Pool(geometry, np.arange(len(geometry)), kind, fresh=True)


@dataclass(frozen=True)
class SiteTree:
    """Some sites, each a single point, line or polygon, none empty; for one thread. See `sites_of`."""

    _pool: _Pool = field(repr=False)
    # The number of each site in `flat`.
    rows: Indices
    # Whether the compiled way is taken: they are many, or were taken from many.
    many: bool

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def geometry(self) -> Geometries:
        """The geometries themselves."""
        return self._pool.geometry(self.rows)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """The tree over the sites."""
        return shapely.STRtree(self.geometry)

    @property
    def flat(self) -> Flat:
        """The coordinates that `rows` counts in."""
        return self._pool.flat

    @cached_property
    def vertices(self) -> tuple[SiteTree, Indices]:
        """The vertices of each site and one point inside it, and whose they are."""
        xy, owner = shapely.get_coordinates(self.geometry, return_index=True)
        inner = np.asarray(shapely.point_on_surface(self.geometry), dtype=object)
        points = np.concatenate([np.asarray(shapely.points(xy), dtype=object), inner])
        pool = _pool_of(points, np.zeros(len(points), np.int32))
        return SiteTree(pool, np.arange(len(points)), self.many), np.concatenate([owner, np.arange(len(self))])

    @property
    def pointlike(self) -> bool:
        """Whether these sites, and all they were taken from, are points."""
        return self._pool.points

    @cached_property
    def bounds(self) -> NDArray[np.float64]:
        """Least x, least y, greatest x, greatest y of each site; shape (n, 4)."""
        if self.many:
            box = self.flat.box
            return box if len(box) == len(self.rows) and self.in_order else box[self.rows]
        return np.asarray(shapely.bounds(self.geometry), dtype=np.float64)

    @property
    def middle(self) -> NDArray[np.float64]:
        """The middle of the box of each site; shape (n, 2)."""
        if self.many and self.pointlike:
            return self._pool.xy if self.in_order and len(self.rows) == len(self._pool) else self._pool.xy[self.rows]
        return 0.5 * (self.bounds[:, :2] + self.bounds[:, 2:])

    @cached_property
    def in_order(self) -> bool:
        """Whether the sites stand as they do in `flat`, from the first on."""
        return bool((np.diff(self.rows, prepend=-1) == 1).all())

    def grown(self, by_m: NDArray[np.float64]) -> Geometries:
        """Give the box of each site, larger by so many metres on each side; shape (n,)."""
        x0, y0, x1, y1 = self.bounds.T
        return np.asarray(shapely.box(x0 - by_m, y0 - by_m, x1 + by_m, y1 + by_m), dtype=object)

    @cached_property
    def points(self) -> Bools:
        """Whether each site is a single point."""
        return np.asarray(self._pool.kind[self.rows] == POINT)

    @cached_property
    def areal(self) -> Bools:
        """Whether each site has an area."""
        return np.asarray(self._pool.kind[self.rows] == POLYGON)

    def take(self, rows: Bools | Indices) -> SiteTree:
        """Give some of the sites; the same object where all are meant."""
        # One of one is the same one, whose tree is there already.
        if (rows.dtype == bool and rows.all()) or (rows.dtype != bool and len(rows) == len(self) == 1):
            return self
        chosen: Indices = np.flatnonzero(rows) if rows.dtype == bool else rows.astype(np.int64, copy=False)
        return SiteTree(self._pool, chosen if self.in_order else self.rows.take(chosen), self.many)

    def arranged(self, rows: Indices) -> SiteTree:
        """Give some of the sites as `take` does; of many points also the coordinates are brought into that order.

        What follows one another is then read from memory that follows one another.
        """
        if not self.many or not self.pointlike:
            return self.take(rows)
        mine = rows if self.rows is self._pool.number else self.rows[rows]
        return SiteTree(self._pool.arranged(mine), np.arange(len(rows)), many=True)

    def plus(self, more: Geometries) -> SiteTree:
        """Give these sites with more after them."""
        pool = self._pool.plus(more)
        added = np.arange(len(self._pool), len(pool))
        return SiteTree(pool, np.concatenate([self.rows, added]), self.many)


def picked(values: NDArray[Any], rows: Indices) -> NDArray[Any]:
    """Give what stands at some rows; of values that are all the same, as most often, so many of them."""
    if len(rows) <= len(values) and len(values) and (values == values[0]).all():
        return values[: len(rows)]
    return values.take(rows)


def in_space(middle: NDArray[np.float64]) -> Indices:
    """Order many sites so that neighbours follow one another, and what one needs is at hand for the next.

    Few sites are left in their order. middle: x and y of some place of each site, shape (n, 2).
    """
    if len(middle) < max(MANY_SITES, 1):
        return np.arange(len(middle))
    from fuling_gis.overlay.compiled.flat import along_curve

    (x0, x1), (y0, y1) = ((float(axis.min()), float(axis.max())) for axis in middle.T)
    number = np.empty(len(middle), np.uint16)
    along_curve(middle, (x0, y0), 255.99 / max(x1 - x0, y1 - y0, 1e-9), number)
    # Numbers of 16 bits are sorted by counting.
    return np.argsort(number, kind="stable")


def kinds_and_places(geometry: Geometries) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Give the GEOS type numbers, shape (n,), and x and y where all are points, shape (n, 2), else (0, 2).

    Each point is read while it is at hand, and other threads run meanwhile, which `get_coordinates` does not let them.
    """
    xy = np.empty((len(geometry), 2))
    for first in range(0, len(xy), _AT_HAND):
        part = slice(first, first + _AT_HAND)
        # What is no point has no x.
        if np.isnan(shapely.get_x(geometry[part], out=xy[part, 0])).any():
            return np.asarray(shapely.get_type_id(geometry), dtype=np.int32), xy[:0]
        shapely.get_y(geometry[part], out=xy[part, 1])
    return np.full(len(xy), POINT, np.int32), xy


def sites_of(
    geometry: Geometries,
    kind: NDArray[np.int32] | None = None,
    xy: NDArray[np.float64] | None = None,
    *,
    many: bool | None = None,
    least: int | None = None,
) -> SiteTree:
    """Make sites ready to be asked: the compiled way where they are many and none of them is huge.

    kind, xy: their GEOS type numbers, and where they are, all of them points; where they are known. many: the way that
    is to be taken, whatever they are. least: how many are many; None for MANY_SITES.
    """
    if kind is None:
        kind = shapely.get_type_id(geometry)
    pool = _pool_of(geometry, kind)
    if xy is not None and len(xy):
        object.__setattr__(pool, "xy", xy)
    if many is None:
        many = len(geometry) >= (MANY_SITES if least is None else least)
        if many and not pool.points:
            many = int(shapely.get_num_coordinates(geometry).max()) <= MOST_VERTICES
    return SiteTree(pool, pool.number, many)
