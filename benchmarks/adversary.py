"""Makes sites that are hard to place: on corners and edges, a rounding beside them, on the lines of a grid, and larger.

Each kind is a function of the ground and a number; it gives about so many sites, none empty or invalid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from data import Geometries
from numpy.typing import NDArray

from fuling_gis.overlay.compiled.field import Field, field_of
from fuling_gis.overlay.compiled.outline import tree_of

Places = NDArray[np.float64]
# Distances that are asked, and those that the compiled way has limits at.
DISTANCES = (1e-4, 1e-3, 1.0, 5.0, 25.0, 40.0, 100.0, 1000.0, 3000.0)


@dataclass(frozen=True)
class Ground:
    """One layer's outlines, and the grid that the compiled way lays over them."""

    rng: np.random.Generator
    geometry: Geometries
    # Both ends of each segment; shape (n, 2).
    start: Places
    end: Places
    field: Field

    def vertices(self, n: int) -> Places:
        """Give n vertices by chance."""
        return self.start[self.rng.integers(0, len(self.start), n)]

    def on_edges(self, n: int) -> Places:
        """Give n places on edges, as near as numbers come."""
        k, part = self.rng.integers(0, len(self.start), n), self.rng.uniform(0, 1, (n, 1))
        return self.start[k] * (1 - part) + self.end[k] * part

    def on_grid(self, n: int, step: float) -> Places:
        """Give n places near vertices whose cell coordinates are whole multiples of a step."""
        origin, cell = np.array([self.field.x0, self.field.y0]), self.field.cell_m
        return origin + np.round((self.vertices(n) - origin) / cell / step) * step * cell

    def any_place(self, n: int) -> Places:
        """Give n places of which each is awkward in some way."""
        each = -(-n // 4)
        made = [self.vertices(each), self.on_edges(each), self.on_grid(each, 0.5), self.scattered(each)]
        return self.rng.permutation(np.concatenate(made))[:n]

    def scattered(self, n: int) -> Places:
        """Give n places around vertices, from a nanometre to a kilometre away."""
        away = 10.0 ** self.rng.uniform(-9, 3, (n, 1))
        return self.vertices(n) + self.rng.normal(0, 1, (n, 2)) * away

    def sizes(self, n: int, low: float, high: float) -> Places:
        """Give n sizes between two powers of ten, in a column."""
        return 10.0 ** self.rng.uniform(low, high, (n, 1))


def ground_of(geometry: Geometries, seed: int) -> Ground:
    """Take a layer's outlines apart."""
    tree = tree_of(geometry)
    segment = tree.segment
    return Ground(np.random.default_rng(seed), geometry, segment[:, :2], segment[:, 2:], field_of(tree))


def beside(ground: Ground, xy: Places) -> Places:
    """Move places by one unit in the last place, in x, in y, or in both."""
    toward = ground.rng.choice([-np.inf, np.inf], xy.shape)
    return np.where(ground.rng.random(xy.shape) < 0.7, np.nextafter(xy, toward), xy)  # noqa: PLR2004  most of them


def points(xy: Places) -> Geometries:
    """Make points."""
    return np.asarray(shapely.points(xy), dtype=object)


def at_distances(ground: Ground, n: int) -> Geometries:
    """Make points right of, left of, above or below vertices, at distances that are asked or a little beside."""
    away = ground.rng.choice(DISTANCES, (n, 1)) + ground.rng.choice([0, 0, 2e-3, -2e-3, 5e-2], (n, 1))
    way = np.array([(1, 0), (-1, 0), (0, 1), (0, -1), (0.6, 0.8)])[ground.rng.integers(0, 5, n)]
    return points(ground.vertices(n) + way * away)


def boxes(xy: Places, size: Places) -> Geometries:
    """Make boxes whose lower left corners and sizes are given."""
    made = shapely.box(xy[:, 0], xy[:, 1], xy[:, 0] + size[:, 0], xy[:, 1] + size[:, -1])
    return np.asarray(made, dtype=object)


def holed(ground: Ground, n: int) -> Geometries:
    """Make boxes around awkward places with a hole around the same place."""
    xy, size = ground.any_place(n), ground.sizes(n, -2, 3)
    return np.asarray(shapely.difference(boxes(xy - size, 2 * size), boxes(xy - size / 2, size)), dtype=object)


def pairs_of(ground: Ground, n: int) -> Geometries:
    """Make multipolygons of two boxes apart."""
    xy, size = ground.any_place(n), ground.sizes(n, -2, 3)
    both = np.stack([boxes(xy, size), boxes(xy + 2 * size, size)], axis=1)
    return np.asarray(shapely.multipolygons(both), dtype=object)


def stars(ground: Ground, n: int) -> Geometries:
    """Make polygons of twelve uneven corners around awkward places, some with a corner twice."""
    angle = (np.arange(12) + ground.rng.uniform(0.1, 0.9, (n, 12))) * np.pi / 6
    radius = ground.sizes(n, -2, 3.5) * ground.rng.uniform(0.3, 1, (n, 12))
    ring = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=2) + ground.any_place(n)[:, None]
    ring[::3, 5] = ring[::3, 4]
    return np.asarray(shapely.polygons(ring), dtype=object)


def slivers(ground: Ground, n: int) -> Geometries:
    """Make triangles that are long and next to nothing high, down to a billionth of a square metre."""
    xy, long = ground.any_place(n), ground.sizes(n, -1, 3)[:, 0]
    high = ground.sizes(n, -9, -1)[:, 0]
    corners = [xy, xy + np.c_[long, 0 * long], xy + np.c_[long / 2, high]]
    return np.asarray(shapely.polygons(np.stack(corners, axis=1)), dtype=object)


def of_vertices(ground: Ground, n: int) -> Geometries:
    """Make triangles whose corners are vertices near one another, so that edges are often shared."""
    k = ground.rng.integers(0, max(1, len(ground.start) - 8), n)
    corners = [ground.start[np.minimum(k + i, len(ground.start) - 1)] for i in (0, 1, 4)]
    return np.asarray(shapely.polygons(np.stack(corners, axis=1)), dtype=object)


def along_edges(ground: Ground, n: int) -> Geometries:
    """Make lines along one, two or three edges of the outline."""
    k = ground.rng.integers(0, max(1, len(ground.start) - 4), n)
    ends = [ground.start[np.minimum(k + i, len(ground.start) - 1)] for i in range(3)]
    return np.asarray(shapely.linestrings(np.stack(ends, axis=1)), dtype=object)


def lines(ground: Ground, n: int) -> Geometries:
    """Make lines from awkward places, from a centimetre to ten kilometres long."""
    xy = ground.any_place(n)
    return np.asarray(
        shapely.linestrings(np.stack([xy, xy + ground.rng.normal(0, 1, (n, 2)) * ground.sizes(n, -2, 4)], axis=1)),
        dtype=object,
    )


def several_points(ground: Ground, n: int) -> Geometries:
    """Make multipoints of three awkward places."""
    return np.asarray(shapely.multipoints(ground.any_place(3 * n).reshape(n, 3, 2)), dtype=object)


def giants(ground: Ground, n: int) -> Geometries:
    """Make boxes from 10 to 2000 km wide; they cost seconds, so that there is one in two thousand."""
    few = max(2, n // 2000)
    size = ground.sizes(few, 4, 6.3)
    return boxes(ground.vertices(few) - size * ground.rng.uniform(0, 1, (few, 2)), size)


def features(ground: Ground, n: int) -> Geometries:
    """Make sites of the features themselves, as they are and a little grown or shrunk; never many."""
    some = ground.rng.choice(ground.geometry, min(len(ground.geometry), max(2, n // 400)), replace=False)
    some = some[shapely.get_num_coordinates(some) < 4000]  # noqa: PLR2004  larger ones only cost time
    grown = [shapely.buffer(some, by, join_style="mitre") for by in (-1.0, -1e-3, 1e-3, 1.0)]
    return np.concatenate([some, *grown])


KINDS: dict[str, Callable[[Ground, int], Geometries]] = {
    "on a vertex": lambda g, n: points(g.vertices(n)),
    "a rounding from a vertex": lambda g, n: points(beside(g, g.vertices(n))),
    "on an edge": lambda g, n: points(g.on_edges(n)),
    "a rounding from an edge": lambda g, n: points(beside(g, g.on_edges(n))),
    "a nanometre to a kilometre away": lambda g, n: points(g.scattered(n)),
    "at a distance asked": at_distances,
    "on lines and corners of cells": lambda g, n: points(beside(g, g.on_grid(n, 1.0))),
    "on middles of cells": lambda g, n: points(g.on_grid(n, 0.5)),
    "far away": lambda g, n: points(g.vertices(n) + g.rng.normal(0, 1, (n, 2)) * g.sizes(n, 3, 7)),
    "boxes at awkward places": lambda g, n: boxes(g.any_place(n), g.sizes(n, -4, 3.5) * g.rng.uniform(0.1, 1, (n, 2))),
    "boxes of whole cells": lambda g, n: boxes(g.on_grid(n, 0.5), g.field.cell_m * g.rng.integers(1, 9, (n, 2))),
    "boxes with a hole": holed,
    "two boxes": pairs_of,
    "stars": stars,
    "slivers": slivers,
    "triangles of vertices": of_vertices,
    "lines along edges": along_edges,
    "lines": lines,
    "three points": several_points,
    "giants": giants,
    "features": features,
}


def adversaries(layers: dict[str, Geometries], n: int, seed: int) -> Iterator[tuple[str, Geometries]]:
    """Give about n sites, kind by kind, about the outlines of all layers in equal parts."""
    each = max(1, n // (len(KINDS) * len(layers)))
    for number, geometry in enumerate(layers.values()):
        ground = ground_of(geometry, seed + number)
        for kind, make in KINDS.items():
            made = make(ground, each)
            yield kind, made[shapely.is_valid(made) & ~shapely.is_empty(made)]
