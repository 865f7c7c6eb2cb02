"""Makes the yardstick's layers and sites: the shape of a real district, drawn from seeded noise.

EPSG:4545, metres: a district of some 2,900 km2; a red line of 400 polygons with 400,000 vertices; 7 reserves; 33 units
that tile; 10 parks; the banks of two rivers; points and polygons of 1-20 ha all over it. Nothing here is a real place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

Geometries = NDArray[np.object_]

CRS = "EPSG:4545"
CENTRE = np.array([430_000.0, 3_290_000.0])
HALF_SIDE_M = 27_000.0


@dataclass(frozen=True)
class Yardstick:
    """Layers of the yardstick by name, and the sites to be put to them."""

    layers: dict[str, Geometries]
    points: Geometries
    polygons: Geometries


def blob(rng: np.random.Generator, centre: NDArray[np.float64], radius: float, vertices: int, rough: float) -> object:
    """Draw a star-shaped polygon with a rough outline."""
    angle = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    wave = np.arange(2, max(3, vertices // 3))
    amplitude = rough * wave**-1.5 * rng.normal(size=len(wave))
    shape = np.zeros(vertices)
    for k, a in zip(wave, amplitude, strict=True):
        shape += a * np.cos(k * angle + rng.uniform(0, 2 * np.pi))
    distance = radius * np.exp(np.clip(shape, -1, 1))
    return shapely.Polygon(centre + np.c_[distance * np.cos(angle), distance * np.sin(angle)])


def scattered(seed: int, n: int, share: float, vertices: int, rough: float) -> Geometries:
    """Draw n blobs that together hold about a share of the district, lognormal in size."""
    rng = np.random.default_rng(seed)
    size = np.exp(rng.normal(0, 1.0, n))
    radius = np.sqrt(size / size.sum() * share * (2 * HALF_SIDE_M) ** 2 / np.pi)
    centre = CENTRE + rng.uniform(-HALF_SIDE_M * 0.92, HALF_SIDE_M * 0.92, (n, 2))
    each = np.maximum(60, vertices * radius / radius.sum()).astype(int)
    drawn = [blob(rng, c, r, k, rough) for c, r, k in zip(centre, radius, each, strict=True)]
    return np.asarray(shapely.make_valid(np.array(drawn, dtype=object), method="structure", keep_collapsed=False))


def tiling(seed: int, n: int, vertices: int) -> Geometries:
    """Tile the square with n cells whose shared borders are rough."""
    rng = np.random.default_rng(seed)
    seeds = shapely.MultiPoint(CENTRE + rng.uniform(-HALF_SIDE_M, HALF_SIDE_M, (n, 2)))
    square = shapely.box(*(CENTRE - HALF_SIDE_M), *(CENTRE + HALF_SIDE_M))
    cells = shapely.get_parts(shapely.intersection(shapely.get_parts(shapely.voronoi_polygons(seeds)), square))
    step = shapely.length(cells).sum() / vertices
    fine = shapely.segmentize(cells, step)
    return np.asarray(shapely.transform(fine, _shaken), dtype=object)


def _shaken(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Move every place by smooth noise, the same for all who share it."""
    out = xy.copy()
    for k in range(1, 9):
        period = HALF_SIDE_M / 2**k
        out[:, 0] += 0.02 * period * np.sin(2 * np.pi * xy[:, 1] / period + k)
        out[:, 1] += 0.02 * period * np.sin(2 * np.pi * xy[:, 0] / period + 2 * k)
    return out


def banks(seed: int, vertices: int) -> Geometries:
    """Draw the two banks of a wide river across the district and of a narrower one into it."""
    rng = np.random.default_rng(seed)
    t = np.linspace(0, 1, vertices)
    bends = sum(2500 / k * rng.normal() * np.sin(np.pi * k * t + rng.uniform(0, 6)) for k in range(1, 60))
    west, east = CENTRE[0] - HALF_SIDE_M, CENTRE[0] + HALF_SIDE_M
    wide = np.c_[west + t * (east - west), CENTRE[1] + bends]
    narrow = np.c_[CENTRE[0] + bends[::-1] / 2, CENTRE[1] - HALF_SIDE_M + t * HALF_SIDE_M]
    side_wide, side_narrow = np.array([0.0, 450.0]), np.array([160.0, 0.0])
    lines = [wide + side_wide, wide - side_wide, narrow + side_narrow, narrow - side_narrow]
    return np.array([shapely.LineString(line) for line in lines], dtype=object)


def plots(seed: int, n: int) -> Geometries:
    """Draw n polygons of 1-20 ha with 40 vertices each."""
    rng = np.random.default_rng(seed)
    count = 40
    angle = (np.arange(count) + rng.uniform(0.1, 0.9, (n, count))) / count * 2 * np.pi
    radius = np.sqrt(np.exp(rng.uniform(np.log(1e4), np.log(2e5), (n, 1))) / np.pi)
    radius = radius * np.exp(rng.normal(0, 0.1, (n, count)))
    centre = CENTRE + rng.uniform(-HALF_SIDE_M * 0.95, HALF_SIDE_M * 0.95, (n, 1, 2))
    ring = centre + np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=2)
    return np.asarray(shapely.polygons(ring), dtype=object)


def yardstick(points: int = 1_000_000, polygons: int = 100_000) -> Yardstick:
    """Make layers and sites; the same for the same numbers."""
    rng = np.random.default_rng(61)
    layers = {
        "red_line": scattered(11, 400, 0.093, 400_000, 0.35),
        "nature_reserve": scattered(31, 7, 0.078, 60_000, 0.3),
        "management_unit": tiling(21, 33, 138_000),
        "industrial_park": scattered(41, 10, 0.015, 3_000, 0.15),
        "river": banks(51, 5_000),
    }
    spread = CENTRE + rng.uniform(-HALF_SIDE_M * 0.98, HALF_SIDE_M * 0.98, (points, 2))
    return Yardstick(layers, np.asarray(shapely.points(spread), dtype=object), plots(63, polygons))
