"""The two jobs done by hand with the best-known means of shapely, and as the documentation of geopandas would.

J1: for each point the red line, reserve, unit and park it meets, and the distance to the bank where it is within
3 km. J2: the same for polygons, with the area of overlap with red line, reserve and unit.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from data import CRS, Geometries, Yardstick
from shapely import STRtree

ZONES = ("red_line", "nature_reserve", "management_unit", "industrial_park")
THREADS = 2
NEAR_M, FAR_M = 1000.0, 3000.0


def own_copy(geometry: Geometries) -> Geometries:
    """Copy and prepare: prepared geometries are not safe to share between threads."""
    out = np.asarray(shapely.from_wkb(shapely.to_wkb(geometry)), dtype=object)
    shapely.prepare(out)
    return out


def cut(lines: Geometries, segments: int = 32) -> Geometries:
    """Cut lines into short runs, so that a tree can prune."""
    runs = []
    for line in lines:
        xy = shapely.get_coordinates(line)
        runs += [shapely.LineString(xy[i : i + segments + 1]) for i in range(0, len(xy) - 1, segments)]
    return np.array(runs, dtype=object)


class ByHand:
    """shapely, by someone who knows it: trees over the sites, prepared zones, a copy per thread, cut banks."""

    def __init__(self, yardstick: Yardstick) -> None:
        self.yardstick = yardstick
        banks = cut(yardstick.layers["river"])
        self.zones = [{name: own_copy(yardstick.layers[name]) for name in ZONES} for _ in range(THREADS)]
        self.banks = [STRtree(banks.copy()) for _ in range(THREADS)]

    def j1(self) -> dict[str, Any]:
        """Points."""
        return self._halves(self._j1, self.yardstick.points)

    def j2(self) -> dict[str, Any]:
        """Polygons."""
        return self._halves(self._j2, self.yardstick.polygons)

    def _halves(self, job: Any, sites: Geometries) -> dict[str, Any]:
        middle = len(sites) // THREADS
        with ThreadPoolExecutor(THREADS) as pool:
            found = list(pool.map(job, (sites[:middle], sites[middle:]), range(THREADS)))
        return {key: sum(part[key] for part in found) for key in found[0]}

    def _near(self, sites: Geometries, thread: int) -> dict[str, Any]:
        _, d = self.banks[thread].query_nearest(sites, max_distance=FAR_M, return_distance=True, all_matches=False)
        return {"within_1km": int((d <= NEAR_M).sum()), "within_3km": len(d), "sum_m": float(d.sum())}

    def _j1(self, sites: Geometries, thread: int) -> dict[str, Any]:
        tree = STRtree(sites)
        out: dict[str, Any] = {
            name: tree.query(self.zones[thread][name], predicate="intersects").shape[1] for name in ZONES
        }
        return {**out, **self._near(sites, thread)}

    def _j2(self, sites: Geometries, thread: int) -> dict[str, Any]:
        tree = STRtree(sites)
        out: dict[str, Any] = {}
        for name in ZONES:
            zone, site = tree.query(self.zones[thread][name], predicate="intersects")
            out[name] = len(site)
            if name != "industrial_park":
                a, b = sites[site], self.zones[thread][name][zone]
                inside = shapely.contains_properly(b, a)
                area = np.where(inside, shapely.area(a), 0.0)
                area[~inside] = shapely.area(shapely.intersection(a[~inside], b[~inside]))
                out[name + "_m2"] = float(area.sum())
        return {**out, **self._near(sites, thread)}


class Geopandas:
    """geopandas, by a user who knows to put the zones on the left and to cut the banks."""

    def __init__(self, yardstick: Yardstick) -> None:
        self.layers = {name: frame(geometry) for name, geometry in yardstick.layers.items()}
        self.layers["river"] = frame(cut(yardstick.layers["river"]))
        self.points, self.polygons = frame(yardstick.points), frame(yardstick.polygons)

    def j1(self) -> dict[str, Any]:
        """Points."""
        out: dict[str, Any] = {
            name: len(gpd.sjoin(self.layers[name], self.points, predicate="intersects")) for name in ZONES
        }
        return {**out, **self._near(self.points)}

    def j2(self) -> dict[str, Any]:
        """Polygons."""
        out: dict[str, Any] = {}
        for name in ZONES:
            if name == "industrial_park":
                out[name] = len(gpd.sjoin(self.layers[name], self.polygons, predicate="intersects"))
                continue
            both = gpd.overlay(self.polygons, self.layers[name], how="intersection", keep_geom_type=True)
            out[name], out[name + "_m2"] = len(both), float(both.geometry.area.sum())
        return {**out, **self._near(self.polygons)}

    def _near(self, sites: gpd.GeoDataFrame) -> dict[str, Any]:
        joined = gpd.sjoin_nearest(sites, self.layers["river"], max_distance=FAR_M, distance_col="d")
        d = joined.groupby(level=0)["d"].min()
        return {"within_1km": int((d <= NEAR_M).sum()), "within_3km": len(d), "sum_m": float(d.sum())}


def frame(geometry: Geometries) -> gpd.GeoDataFrame:
    """Wrap geometries with an id."""
    return gpd.GeoDataFrame({"id": np.arange(len(geometry))}, geometry=geometry, crs=CRS)
