"""The dissolved ground of a zone, and what can be asked of it fast.

A `Shape` answers in plain geometry: what touches it, how far it is, what lies within a distance of its outline.
Tolerance, coverage and causes are left to `predicates` and `questions`. Everything is in metres of one working CRS.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from fuling_gis.answers import NO, YES, Ternary
from fuling_gis.cache import NOWHERE, Cache
from fuling_gis.overlay.pieces import (
    LINE,
    POINT,
    POLYGON,
    RING,
    Geometries,
    Indices,
    cut_areas,
    cut_lines,
    outlines,
    parts,
)
from fuling_gis.overlay.sitetree import Bools, SiteTree

if TYPE_CHECKING:
    from fuling_gis.overlay.compiled.gauge import Gauge

Floats = NDArray[np.float64]

# No answer yet.
OPEN: Final = -1

# Two places nearer than this are one place: a tenth of a millimetre, far below any survey, far above rounding.
RESOLUTION_M: Final = 1e-4


class Local:
    """One thread's own prepared copies: they build their index at first use, which is not thread safe."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape

    @cached_property
    def pieces(self) -> Geometries:
        """The pieces of the areas."""
        return prepared_copy(self._shape.pieces)

    @cached_property
    def piece_tree(self) -> shapely.STRtree:
        """The pieces of the areas, under a tree."""
        return shapely.STRtree(self.pieces)

    @cached_property
    def rims(self) -> shapely.STRtree:
        """The runs of the outline of the areas, under a tree."""
        return shapely.STRtree(prepared_copy(self._shape.rims))

    @cached_property
    def thin(self) -> shapely.STRtree:
        """The thin parts, under a tree."""
        return shapely.STRtree(prepared_copy(self._shape.thin))


@dataclass(frozen=True)
class Shape:
    """Dissolved ground: areas, and lines and points beside them. See `shape_of`."""

    # Single polygons.
    areas: Geometries
    # Lines (cut) and points that are not part of an area.
    thin: Geometries
    # Whether it is asked so often that the compiled way pays.
    lasting: bool = True
    # Where its fields are kept.
    kept: Cache = NOWHERE
    _threads: threading.local = field(default_factory=threading.local, repr=False, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)
    _gauges: dict[str, Gauge | None] = field(default_factory=dict, repr=False, compare=False)

    @property
    def empty(self) -> bool:
        """Whether there is no ground at all; it is then infinitely far from everything."""
        return not len(self.areas) and not len(self.thin)

    @cached_property
    def pieces(self) -> Geometries:
        """Pieces of the areas; their inner cuts are no boundary. Many sites hardly ever need them."""
        return cut_areas(self.areas, np.zeros(len(self.areas), np.int64))[0]

    @cached_property
    def rims(self) -> Geometries:
        """Runs of the outline of the areas."""
        rings = outlines(self.areas)
        return cut_lines(rings, np.zeros(len(rings), np.int64))[0]

    @cached_property
    def _boxes(self) -> shapely.STRtree:
        """The pieces and the thin parts, under a tree that all threads ask for boxes alone."""
        return shapely.STRtree(np.concatenate([self.pieces, self.thin]))

    @property
    def local(self) -> Local:
        """The prepared copies of the thread that asks, made when first asked for."""
        found: Local | None = getattr(self._threads, "local", None)
        if found is None:
            found = Local(self)
            self._threads.local = found
        return found

    def gauge(self, name: str) -> Gauge | None:
        """The compiled measure of the areas ("areas") or of the thin parts ("thin"); None where there are none."""
        from fuling_gis.overlay.compiled.gauge import gauge_of

        with self._lock:
            if name not in self._gauges:
                ground = self.areas if name == "areas" else self.thin
                whole = np.array([shapely.geometrycollections(ground)], dtype=object)
                self._gauges[name] = gauge_of(whole, self.kept) if len(ground) else None
            return self._gauges[name]

    def _compiled(self, sites: SiteTree) -> bool:
        return sites.many and self.lasting

    def told(self, sites: SiteTree, predicate: str, within_m: float, tolerance_m: Floats) -> Ternary:
        """Answer a predicate for those sites for which distances alone tell; OPEN for the others.

        Of few sites all are open that the box of a piece comes near, as where the ground is of areas and of thin parts.
        """
        gauge = self.gauge("thin" if len(self.thin) else "areas") if self._compiled(sites) else None
        if gauge is None or (len(self.thin) and len(self.areas)):
            close = self._boxes.query(sites.grown(within_m + tolerance_m + 2 * RESOLUTION_M))[0]
            out = np.full(len(sites), YES if predicate == "outside" else NO, np.int8)
            out[close] = OPEN
            return out
        return gauge.decide(sites, predicate, within_m, tolerance_m, RESOLUTION_M)

    def touched(self, sites: SiteTree) -> Bools:
        """Tell which sites share at least a point with the areas; thin parts do not count."""
        hit = np.zeros(len(sites), bool)
        if not len(sites) or not len(self.areas):
            return hit
        if self._compiled(sites) and (gauge := self.gauge("areas")) is not None:
            hit = gauge.begins_inside(sites)
            other = np.flatnonzero(~hit & ~sites.points)
            hit[other] = np.isfinite(gauge.gaps(sites.take(other), np.zeros(len(other))))
            return hit
        hit[self.touching_pieces(sites)[0]] = True
        return hit

    def vertex_inside(self, sites: SiteTree, beyond_m: Floats) -> Bools:
        """Tell which sites have a vertex in the areas, farther from their outline than asked."""
        if self._compiled(sites) and (gauge := self.gauge("areas")) is not None:
            return gauge.any_vertex(sites, beyond_m, inside=True)
        vertex, owner = sites.vertices
        inside = self.touched(vertex)
        inside[inside] = ~self.near_rim(vertex.take(inside), beyond_m[owner[inside]])
        return _any(owner[inside], len(sites))

    def vertex_outside(self, sites: SiteTree, beyond_m: Floats) -> Bools:
        """Tell which sites have a vertex farther from the ground, thin parts too, than asked."""
        if self._compiled(sites) and not len(self.thin) and (gauge := self.gauge("areas")) is not None:
            return gauge.any_vertex(sites, beyond_m, inside=False)
        vertex, owner = sites.vertices
        far = ~self.touched(vertex)
        for near in (self.near_rim, self.near_thin):
            far[far] = ~near(vertex.take(far), beyond_m[owner[far]])
        return _any(owner[far], len(sites))

    def settled(
        self, sites: SiteTree, side: int, zone_m: Floats, site_m: Floats, found: Bools, *, leave: Bools | None = None
    ) -> Indices:
        """Look for a point deep enough in both zone and site, where the compiled way can tell; give the rows left open.

        side, zone_m, site_m: as in `Gauge.reaches`. found: set to True where there is such a point; rows that are True
        already, or to be left alone, are not looked at and not given.
        """
        open_ = np.flatnonzero(~found if leave is None else ~found & ~leave)
        gauge = None if len(self.thin) or not self._compiled(sites) else self.gauge("areas")
        if gauge is None:
            return open_
        areal = open_[sites.areal[open_]]
        told = gauge.reaches(sites.take(areal), side, zone_m[areal], site_m[areal])
        found[areal[told > 0]] = True
        return np.setdiff1d(open_, areal[told >= 0], assume_unique=True)

    def touching_pieces(self, sites: SiteTree) -> tuple[Indices, Indices]:
        """Give the pairs (site, piece) that share at least a point."""
        if len(sites) * FEW_AMONG < len(self.pieces):
            site, piece = self.local.piece_tree.query(sites.geometry, predicate="intersects")
            return site, piece
        piece, site = sites.tree.query(self.local.pieces, predicate="intersects")
        return site, piece

    def touching_thin(self, sites: SiteTree) -> tuple[Indices, Indices]:
        """Give the pairs (site, thin part) that share at least a point."""
        thin, site = sites.tree.query(self.local.thin.geometries, predicate="intersects")
        return site, thin

    def near_rim(self, sites: SiteTree, within_m: Floats) -> Bools:
        """Tell which sites lie within a distance, one for each site, of the outline of the areas."""
        if self._compiled(sites) and len(sites):
            gauge = self.gauge("areas")
            return gauge.near(sites, within_m) if gauge is not None else np.zeros(len(sites), bool)
        return _near(sites, self.local.rims, within_m)

    def near_thin(self, sites: SiteTree, within_m: Floats) -> Bools:
        """Tell which sites lie within a distance, one for each site, of a thin part."""
        if self._compiled(sites) and len(sites):
            gauge = self.gauge("thin")
            return gauge.near(sites, within_m) if gauge is not None else np.zeros(len(sites), bool)
        return _near(sites, self.local.thin, within_m)

    def distance(self, sites: SiteTree, limit_m: float) -> Floats:
        """Give the distance to the ground, 0 inside; inf beyond the limit."""
        touched = self.touched(sites)
        out = np.where(touched, 0.0, np.inf)
        away = np.flatnonzero(~touched)
        if self._compiled(sites):
            some, limit = sites.take(away), np.full(len(away), limit_m)
            for gauge in (self.gauge("areas"), self.gauge("thin")):
                if gauge is not None:
                    out[away] = np.minimum(out[away], gauge.gaps(some, limit))
            return out
        for tree in (self.local.rims, self.local.thin):
            out[away] = np.minimum(out[away], _measured(sites.take(away), tree, limit_m))
        return out


def _any(owner: Indices, n: int) -> Bools:
    out = np.zeros(n, bool)
    out[owner] = True
    return out


# Up to this distance it is faster to ask which sites each run of the outline reaches than the other way about.
SHORT_M: Final = 250.0
# But for so many runs a site it is the other way about again.
FEW_AMONG: Final = 16


def _near(sites: SiteTree, tree: shapely.STRtree, within_m: Floats) -> Bools:
    """Tell which sites lie within a distance, one for each site, of a member of the tree."""
    if not len(tree.geometries) or not len(sites):
        return np.zeros(len(sites), bool)
    most = float(within_m.max())
    if most > SHORT_M:
        return _measured(sites, tree, most) <= within_m
    if len(sites) < len(tree.geometries) // FEW_AMONG:
        site, edge = tree.query(sites.geometry, predicate="dwithin", distance=most)
    else:
        edge, site = sites.tree.query(tree.geometries, predicate="dwithin", distance=most)
    if (within_m < most).any():
        close = shapely.dwithin(tree.geometries[edge], sites.geometry[site], within_m[site])
        site = site[close]
    hit = np.zeros(len(sites), bool)
    hit[site] = True
    return hit


def _measured(sites: SiteTree, tree: shapely.STRtree, limit_m: float) -> Floats:
    """Give the distance from each site to the nearest member of a tree; inf beyond the limit.

    Sites that no member's box comes near are not searched from: nothing is as slow to find as what is far away.
    """
    if not np.isfinite(limit_m):
        return nearest(tree, sites.geometry, limit_m)
    few = len(sites) < len(tree.geometries)
    x0, y0, x1, y1 = shapely.bounds(sites.geometry if few else tree.geometries).T
    grown = shapely.box(x0 - limit_m, y0 - limit_m, x1 + limit_m, y1 + limit_m)
    close = np.zeros(len(sites), bool)
    close[tree.query(grown)[0] if few else sites.tree.query(grown)[1]] = True
    out = np.full(len(sites), np.inf)
    out[close] = nearest(tree, sites.geometry[close], limit_m)
    return out


def nearest(tree: shapely.STRtree, geometry: Geometries, limit_m: float) -> Floats:
    """Give the distance from each geometry to the nearest member of a tree; inf beyond the limit."""
    out = np.full(len(geometry), np.inf)
    if not len(geometry) or not len(tree.geometries):
        return out
    # A wide limit prunes nothing and costs a search of its own.
    limit = limit_m if limit_m <= SHORT_M else None
    (site, _), found = tree.query_nearest(geometry, max_distance=limit, return_distance=True, all_matches=False)
    out[site] = np.where(found <= limit_m, found, np.inf)
    return out


def dissolved(geometry: Geometries) -> Geometries:
    """Dissolve geometries of any kind: areas without inner borders, then lines, then points, each a single part."""
    flat, _ = parts(geometry)
    kind = shapely.get_type_id(flat)
    return np.concatenate([_union(flat[kind == POLYGON]), flat[(kind == LINE) | (kind == RING)], flat[kind == POINT]])


def shape_of(ground: Geometries, *, lasting: bool = True, kept: Cache = NOWHERE) -> Shape:
    """Make dissolved ground ready to be asked. Lines that run inside areas count for nothing there.

    lasting: it will be asked of many sites, or again and again. kept: where its fields are kept.
    """
    kind = shapely.get_type_id(ground)
    areas, lines, points = ground[kind == POLYGON], ground[(kind == LINE) | (kind == RING)], ground[kind == POINT]
    runs, _ = cut_lines(lines, np.zeros(len(lines), np.int64))
    return Shape(areas, np.concatenate([runs, points]), lasting, kept)


def _union(polygons: Geometries) -> Geometries:
    """Dissolve polygons; disjoint ones are not put through an overlay."""
    if len(polygons) < 2:  # noqa: PLR2004  one polygon is its own union
        return _without_seams(polygons)
    joined, _ = parts(np.array([shapely.disjoint_subset_union_all(polygons)], dtype=object))
    return _without_seams(joined[shapely.get_type_id(joined) == POLYGON])


def _without_seams(polygons: Geometries) -> Geometries:
    """Fill holes that are nowhere wider than nothing: seams that rounding leaves between neighbours."""
    if not shapely.get_num_interior_rings(polygons).any():
        return polygons
    rings, owner = shapely.get_rings(polygons, return_index=True)
    shell = np.concatenate([[True], owner[1:] != owner[:-1]])
    ground = np.asarray(shapely.polygons(rings), dtype=object)
    seam = ~shell & (shapely.area(ground) < RESOLUTION_M * shapely.length(ground))
    seam[seam] = shapely.is_empty(shapely.buffer(ground[seam], -RESOLUTION_M / 2))
    if not seam.any():
        return polygons
    out = polygons.copy()
    # One by one: hardly any polygon has a seam.
    for i in np.unique(owner[seam]):
        kept = rings[(owner == i) & ~shell & ~seam]
        out[i] = shapely.Polygon(rings[(owner == i) & shell][0], list(kept))
    return out


def prepared_copy(geometry: Geometries) -> Geometries:
    """Copy geometries and prepare the copies, for the use of one thread."""
    own = np.asarray(shapely.from_wkb(shapely.to_wkb(geometry)), dtype=object)
    shapely.prepare(own)
    return own


EMPTY: Final = shape_of(np.array([], dtype=object))
