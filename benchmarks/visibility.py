"""Lines of sight beside gdal_viewshed and xarray-spatial, in one run: seconds, ratios, and how many cells agree.

    python3 benchmarks/visibility.py                        1,000 lookouts, 5 km, 30 m cells
    python3 benchmarks/visibility.py --peer PYTHON          with xarray-spatial from another environment's Python
    python3 benchmarks/visibility.py --size 600 --lookouts 50 --some 5      to see that it works

gdal_viewshed is found on the PATH (Debian: gdal-bin). Both peers look from one place at a time, so they are run for
some of the lookouts, and their seconds are those of one lookout times the number of lookouts. Ground and settings are
the same for all: cells' middles, no bent Earth, no error. Agreement is with an exact ray for every cell. Writes
visibility.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import rasterio

from fuling_gis.grid import Grid
from fuling_gis.overlay.scene import Land, Scene, make_land, make_scene
from fuling_gis.overlay.visibility import visible_range
from fuling_gis.readers.raster import write_geotiff
from fuling_gis.rules.views import views

CELL_M = 30.0
RANGE_M = 5_000.0
EYE_M = 5.0
TARGET_M = 5.0
# Half the width of the river.
RIVER_M = 300.0
# What xarray-spatial does for one place after another; the first one compiles and is not timed.
PEER = """
import sys, time
import numpy as np, xarray
from xrspatial import viewshed
z = np.load(sys.argv[1]); places = np.load(sys.argv[2]); reach = int(sys.argv[3]); cell = float(sys.argv[4])
eye, target, most = (float(word) for word in sys.argv[5:8])
out, seconds = [], []
for n, (i, j) in enumerate([places[0], *places]):
    top, left = max(i - reach, 0), max(j - reach, 0)
    part = z[top : i + reach + 1, left : j + reach + 1].astype(float)
    rows, columns = part.shape
    y, x = -cell * np.arange(rows), cell * np.arange(columns)
    raster = xarray.DataArray(part, coords={"y": y, "x": x}, dims=("y", "x"))
    begun = time.perf_counter()
    seen = viewshed(raster, x=x[j - left], y=y[i - top], observer_elev=eye, target_elev=target)
    if n:
        seconds.append(time.perf_counter() - begun)
        far = np.hypot(np.arange(rows)[:, None] - (i - top), np.arange(columns)[None, :] - (j - left)) * cell
        out.append(((seen.values >= 0) & (far <= most)).astype(np.uint8))
np.savez(sys.argv[8], *out, seconds=seconds)
"""


def terrain(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Make a winding valley in rough ground, and the row of its river in each column."""
    f = np.fft.fftfreq(size)
    k = np.hypot(f[:, None], f[None, :])
    k[0, 0] = 1.0
    rough = np.fft.ifft2(np.fft.fft2(np.random.default_rng(0).normal(size=(size, size))) / k**1.8).real
    rough = 500.0 + 150.0 * (rough - rough.mean()) / rough.std()
    river = size / 2 + size / 8 * np.sin(np.arange(size) / 150.0)
    away = np.abs(np.arange(size)[:, None] - river[None, :]) * CELL_M
    height = 175.0 + (rough + 130.0) * np.clip((away - RIVER_M) / 4_000.0, 0.0, 1.0)
    return np.where(away < RIVER_M, 170.0, np.maximum(height, 170.0)).astype(np.float32), river


VIEW = replace(
    views()["level_175"], water_level_m=-400.0, eye_m=EYE_M, target_m=TARGET_M, range_m=RANGE_M, refraction=1.0
)


def land_of(heights: np.ndarray) -> Land:
    """Give the ground without any error, on a flat Earth."""
    on = Grid(0.0, len(heights) * CELL_M, CELL_M, CELL_M, heights.shape[1], heights.shape[0], "EPSG:4545")
    return make_land(heights, on, 0.0, np.array([], np.int64), VIEW.water_level_m)


def scene(land: Land, places: np.ndarray) -> Scene:
    """Put people into the middles of cells."""
    return make_scene(land, VIEW, np.stack([land.grid.x(places[:, 1]), land.grid.y(places[:, 0])], axis=1))


def ours(heights: np.ndarray, places: np.ndarray, rounds: int) -> float:
    """Time all lookouts together, after a first round that compiles."""
    seconds = []
    for turn in range(rounds + 1):
        begun = time.perf_counter()
        visible_range(scene(land_of(heights), places))
        if turn:
            seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds)


def exact(land: Land, place: np.ndarray) -> np.ndarray:
    """Give what one lookout sees, every cell by its own ray."""
    return visible_range(scene(land, place[None]))[window(land.mean, place)] == 2  # noqa: PLR2004  surely seen


def window(heights: np.ndarray, place: np.ndarray) -> tuple[slice, slice]:
    """Give the cells within reach of a place."""
    reach = int(RANGE_M / CELL_M)
    rows, columns = (
        slice(max(int(at) - reach, 0), min(int(at) + reach + 1, n)) for at, n in zip(place, heights.shape, strict=True)
    )
    return rows, columns


def gdal(folder: Path, heights: np.ndarray, places: np.ndarray) -> tuple[list[float], list[np.ndarray]]:
    """Run gdal_viewshed from some places; each run reads and writes a file, which is how it is used."""
    on = Grid(0.0, len(heights) * CELL_M, CELL_M, CELL_M, heights.shape[1], heights.shape[0], "EPSG:4545")
    write_geotiff(folder / "ground.tif", heights, on, nodata=None, tags={})
    seconds, seen = [], []
    for place in places:
        x, y = float(on.x(place[1:])[0]), float(on.y(place[:1])[0])
        words = ["gdal_viewshed", "-q", "-md", RANGE_M, "-ox", x, "-oy", y, "-oz", EYE_M, "-tz", TARGET_M]
        words += ["-cc", 0, "-vv", 1, "-iv", 0, "-ov", 0]
        begun = time.perf_counter()
        subprocess.run([*map(str, words), "ground.tif", "seen.tif"], cwd=folder, check=True)
        seconds.append(time.perf_counter() - begun)
        with rasterio.open(folder / "seen.tif") as source:
            left, top = round(source.transform.c / CELL_M), round((on.top - source.transform.f) / CELL_M)
            whole = np.zeros(heights.shape, bool)
            whole[top : top + source.height, left : left + source.width] = source.read(1) == 1
        seen.append(whole[window(heights, place)])
    return seconds, seen


def xarray_spatial(
    folder: Path, heights: np.ndarray, places: np.ndarray, python: str
) -> tuple[list[float], list[np.ndarray]]:
    """Run xarray-spatial from some places in an environment of its own."""
    np.save(folder / "z.npy", heights)
    np.save(folder / "places.npy", places)
    reach = int(RANGE_M / CELL_M)
    words = [folder / "z.npy", folder / "places.npy", reach, CELL_M, EYE_M, TARGET_M, RANGE_M, folder / "seen.npz"]
    subprocess.run([python, "-c", PEER, *map(str, words)], check=True)
    with np.load(folder / "seen.npz") as kept:
        return kept["seconds"].tolist(), [kept[name].astype(bool) for name in kept.files if name != "seconds"]


def agreement(heights: np.ndarray, places: np.ndarray, seen: list[np.ndarray]) -> dict[str, float]:
    """Tell in how many of the cells within range a peer agrees with exact rays, percent: in all and at the worst."""
    shares = []
    land = land_of(heights)
    for place, theirs in zip(places, seen, strict=True):
        rows, columns = window(heights, place)
        i, j = np.mgrid[rows, columns]
        near = np.hypot(i - place[0], j - place[1]) * CELL_M <= RANGE_M
        shares.append(100.0 * float((theirs[near] == exact(land, place)[near]).mean()))
    return {"mean": round(statistics.mean(shares), 2), "worst": round(min(shares), 2)}


def main() -> None:
    """Run everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=2400, help="cells along a side")
    parser.add_argument("--lookouts", type=int, default=1000)
    parser.add_argument("--some", type=int, default=40, help="lookouts that the peers look from")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer", default="", help="Python that has xarray-spatial")
    options = parser.parse_args()
    heights, river = terrain(options.size)
    column = np.linspace(2, options.size - 3, options.lookouts).round().astype(np.int64)
    places = np.stack([river[column].round().astype(np.int64), column], axis=1)
    took = ours(heights, places, options.rounds)
    some = places[np.linspace(0, len(places) - 1, options.some).astype(np.int64)]
    land = land_of(heights)
    exact(land, some[0])
    begun = time.perf_counter()
    for place in some:
        exact(land, place)
    single = (time.perf_counter() - begun) / len(some)
    found: dict[str, Any] = {"fuling_gis": {"seconds": round(took, 2), "agreement": {"mean": 100.0, "worst": 100.0}}}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if shutil.which("gdal_viewshed"):
            seconds, seen = gdal(folder, heights, some)
            found["gdal_viewshed"] = _peer(seconds, agreement(heights, some, seen), options.lookouts, took)
        if options.peer:
            seconds, seen = xarray_spatial(folder, heights, some, options.peer)
            found["xarray-spatial"] = _peer(seconds, agreement(heights, some, seen), options.lookouts, took)
    size = f"{options.size} x {options.size} cells of {CELL_M:g} m"
    print(f"{options.lookouts} lookouts, {RANGE_M:g} m, {size}, {os.cpu_count()} processors")
    for engine, one in found.items():
        agrees = f"agrees {one['agreement']['mean']} % (worst {one['agreement']['worst']} %)"
        print(f"{engine:16} {one['seconds']:9.2f} s  {one.get('times', 1):7.1f} times ours  {agrees}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"one lookout alone, exact: {1000 * single:.0f} ms; peak memory {peak:.0f} MB")
    setting = {"lookouts": options.lookouts, "some": options.some, "size": options.size, "system": platform.machine()}
    result = {"setting": setting, "engines": found, "one_lookout_ms": round(1000 * single, 1), "peak_mb": round(peak)}
    (Path(__file__).parent / "visibility.json").write_text(json.dumps(result, indent=2) + "\n", "utf-8")


def _peer(seconds: list[float], agrees: dict[str, float], lookouts: int, ours_s: float) -> dict[str, Any]:
    whole = statistics.median(seconds) * lookouts
    return {"seconds": round(whole, 1), "times": round(whole / ours_s, 1), "agreement": agrees}


if __name__ == "__main__":
    main()
