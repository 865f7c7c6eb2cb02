"""How long files of sites take to be read, beside pyogrio's own reading of the same file: processor time, medians.

Two jobs: 100,000 polygons of the yardstick from a shapefile in GBK, and 1,000,000 points from a CSV, which pyogrio does
not read as points without help. *rows* is what the readers give, *sites* all of it: encoding found in every cell,
outlines checked, ids compared, overlaps looked for.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
from data import CRS, plots

from fuling_gis.readers import open_table
from fuling_gis.sites.read import SiteOptions, open_sites


def shapefile(folder: Path, polygons: int) -> Path:
    """Write polygons with the columns that an office's list has."""
    geometry = plots(63, polygons)
    number = np.arange(len(geometry))
    columns = {
        "项目编号": [f"P{k:06d}" for k in number],
        "项目名称": [f"涪陵区第{k}号项目" for k in number],
        "项目类型": np.array(["化工", "港口", "养殖", "采砂"])[number % 4],
        "建设性质": np.array(["新建", "改建"])[number % 2],
    }
    path = folder / "polygons.shp"
    pyogrio.write_dataframe(gpd.GeoDataFrame(columns, geometry=geometry, crs=CRS), path, encoding="gb18030")
    path.with_suffix(".cpg").unlink(missing_ok=True)
    return path


def table(folder: Path, points: int) -> Path:
    """Write points as longitude and latitude."""
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(107.0, 107.7, points), rng.uniform(29.4, 30.0, points)
    path = folder / "points.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("编号,名称,项目类型,经度,纬度\n")
        file.writelines(f"P{k},项目{k},化工,{x:.6f},{y:.6f}\n" for k, (x, y) in enumerate(zip(lon, lat, strict=True)))
    return path


def seconds(job: Callable[[], object], rounds: int) -> float:
    """Give the median processor time of some rounds, after one that does not count."""
    taken = []
    for _ in range(rounds + 1):
        start = time.process_time()
        job()
        taken.append(time.process_time() - start)
    return statistics.median(taken[1:])


def rows(path: Path) -> int:
    """Read all rows as the readers give them."""
    return sum(len(batch) for batch in open_table(path).batches())


def sites(path: Path, crs: str | None = None) -> int:
    """Read all rows as sites."""
    return len(open_sites(path, target=CRS, options=SiteOptions(crs=crs)).read())


def main() -> None:
    """Print times and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--polygons", type=int, default=100_000)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = shapefile(Path(folder), asked.polygons)
        own = seconds(lambda: pyogrio.read_dataframe(path, encoding="gb18030"), asked.rounds)
        print(f"{asked.polygons:,} polygons, shapefile: pyogrio {own:.2f} s")
        for name, job in (("rows", rows), ("sites", sites)):
            ours = seconds(lambda job=job: job(path), asked.rounds)
            print(f"  {name}: {ours:.2f} s, {ours / own:.2f} times")
        path = table(Path(folder), asked.points)
        print(f"{asked.points:,} points, CSV")
        for name, job in (("rows", rows), ("sites", lambda given: sites(given, "EPSG:4490"))):
            print(f"  {name}: {seconds(lambda job=job: job(path), asked.rounds):.2f} s")


if __name__ == "__main__":
    main()
