"""Draws the sites of flow.py, from seeded noise inside a workspace's jurisdiction."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from fuling_gis.activities import activities
from fuling_gis.api import open_workspace
from fuling_gis.layers.loader import area_of

NATURES = ("new", "alter", "expand", "upgrade", "existing", "alter;expand", "")


def draw(data: Path, workspace: Path, points: int, polygons: int) -> None:
    """Draw the sites into a folder."""
    opened = open_workspace(workspace)
    layer = opened.layer(opened.jurisdiction, dt.date(2024, 6, 1))
    if layer is None:
        sys.exit(f"{workspace} has no jurisdiction")
    rng = np.random.default_rng(7)
    ground = area_of(layer)
    places = _scattered(rng, ground, points)
    sites = gpd.GeoDataFrame(_words(rng, points), geometry=shapely.points(places), crs=opened.crs)
    sites.to_parquet(data / "points.parquet")
    table = sites.drop(columns="geometry").assign(x=places[:, 0].round(2), y=places[:, 1].round(2))
    table.to_csv(data / "points.csv", index=False)
    shapes = _blobs(rng, _scattered(rng, ground, polygons))
    gpd.GeoDataFrame(_words(rng, polygons), geometry=shapes, crs=opened.crs).to_file(data / "polygons.shp")


def _scattered(rng: np.random.Generator, ground: object, n: int) -> NDArray[np.float64]:
    shapely.prepare(ground)
    west, south, east, north = shapely.bounds(ground)
    found = np.empty((0, 2))
    while len(found) < n:
        more = np.column_stack([rng.uniform(west, east, n), rng.uniform(south, north, n)])
        found = np.concatenate([found, more[shapely.contains_xy(ground, more)]])
    return found[:n]


def _blobs(rng: np.random.Generator, centres: NDArray[np.float64], corners: int = 40) -> NDArray[np.object_]:
    """Draw a plot of 1 to 20 ha around each centre."""
    n = len(centres)
    radius = np.sqrt(np.exp(rng.uniform(np.log(1e4), np.log(2e5), n)) / np.pi)
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    reach = radius[:, None] * rng.uniform(0.8, 1.2, (n, corners))
    ring = centres[:, None, :] + reach[:, :, None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    return np.asarray(shapely.polygons(np.concatenate([ring, ring[:, :1]], axis=1)), dtype=object)


def _words(rng: np.random.Generator, n: int) -> dict[str, NDArray[np.object_]]:
    return {
        "site_id": np.array([f"S{i:08d}" for i in range(n)], dtype=object),
        "name": np.array([f"项目{i % 5000}" for i in range(n)], dtype=object),
        "activity": rng.choice(np.array(list(activities()), dtype=object), n),
        "nature": rng.choice(np.array(NATURES, dtype=object), n),
    }


if __name__ == "__main__":
    draw(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
