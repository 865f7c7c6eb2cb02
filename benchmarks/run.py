"""Runs the two jobs of the yardstick: our engine and its peers, in turn, in one process.

Peers are shapely by hand, geopandas, and of DuckDB, SedonaDB and PostGIS those that are installed (`pip install -e
.[bench]`; PostGIS from the system's packages).

    python3 benchmarks/run.py                     one million points, 100,000 polygons, three rounds
    python3 benchmarks/run.py --points 20000 --polygons 2000 --rounds 1      to see that it works

Figures are medians; the ratio is taken within each round, so that a machine that slows down slows both. Also measures
the peak memory of `fuling-gis check` on the points, in a process of its own. Writes benchmarks/results.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import peers_sql
from data import CRS, Yardstick, yardstick
from ours import Ours
from peers import ByHand, Geopandas

HERE = Path(__file__).parent
ROOT = HERE.parent
# Counts must be equal; sums of areas and distances agree to this part.
CLOSE = 1e-6


def timed(job: Callable[[], dict[str, Any]]) -> tuple[float, dict[str, Any]]:
    """Run a job and give the seconds and what it found."""
    begun = time.perf_counter()
    found = job()
    return time.perf_counter() - begun, found


def compared(ours: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    """List where two engines found different things."""
    shared = sorted(ours.keys() & theirs.keys())
    return [key for key in shared if abs(ours[key] - theirs[key]) > CLOSE * max(1.0, abs(theirs[key]))]


def rounds(name: str, engines: dict[str, Any], count: int) -> dict[str, Any]:
    """Run one job with every engine in turn, some rounds, after one that does not count."""
    seconds: dict[str, list[float]] = {engine: [] for engine in engines}
    found: dict[str, dict[str, Any]] = {}
    for turn in range(count + 1):
        for engine, one in engines.items():
            took, found[engine] = timed(getattr(one, name))
            if turn:
                seconds[engine].append(took)
    ours = seconds["fuling_gis"]
    return {
        "seconds": {engine: round(statistics.median(took), 3) for engine, took in seconds.items()},
        "ratio_to_ours": {
            engine: round(statistics.median(t / o for t, o in zip(took, ours, strict=True)), 2)
            for engine, took in seconds.items()
            if engine != "fuling_gis"
        },
        "differences": {
            engine: compared(found["fuling_gis"], what) for engine, what in found.items() if engine != "fuling_gis"
        },
        "found": found["fuling_gis"],
    }


def check_memory(sites: Yardstick) -> dict[str, Any]:
    """Measure time and peak memory of `fuling-gis check` on the points, layers of the demonstration."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "points.parquet"
        n = len(sites.points)
        kinds = np.array(["chemical", "mining", "residential", "commerce", "transport"])[np.arange(n) % 5]
        columns = {"site_id": np.arange(n), "activity": kinds, "nature": "new"}
        table = gpd.GeoDataFrame(columns, geometry=sites.points, crs=CRS)
        table.to_parquet(path)
        del table
        # The peak of the process itself: what getrusage tells begins with the memory of whoever started it.
        code = (
            "import sys; from fuling_gis.cli import main\n"
            "try: main()\n"
            "finally: print(next(x for x in open('/proc/self/status') if x.startswith('VmHWM')), file=sys.stderr)"
        )
        command = [sys.executable, "-c", code, "check", str(path), "-w", str(ROOT), "-o", f"{folder}/out", "--quiet"]
        begun = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        took = time.perf_counter() - begun
        peak = [line.split()[1] for line in done.stderr.splitlines() if line.startswith("VmHWM")]
        if done.returncode or not peak:
            raise SystemExit(done.stderr)
        return {"rows": n, "seconds": round(took, 2), "peak_mb": round(int(peak[0]) / 1024)}


def main() -> None:
    """Run, print the table, and write results.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--polygons", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--without-geopandas", action="store_true", help="leave the slowest peer out")
    parser.add_argument("--without-databases", action="store_true", help="leave DuckDB, SedonaDB and PostGIS out")
    asked = parser.parse_args()
    sites = yardstick(asked.points, asked.polygons)
    engines: dict[str, Any] = {"fuling_gis": Ours(sites), "shapely by hand": ByHand(sites)}
    if not asked.without_geopandas:
        engines["geopandas"] = Geopandas(sites)
    databases: dict[str, Any] = {}
    if not asked.without_databases:
        databases, missing = peers_sql.engines(sites)
        engines.update(databases)
        for name, why in missing.items():
            print(f"{name} is left out: {why}")
    results = {
        "machine": {"processors": os.cpu_count(), "python": platform.python_version()},
        "points": asked.points,
        "polygons": asked.polygons,
        "rounds": asked.rounds,
        "J1": rounds("j1", engines, asked.rounds),
        "J2": rounds("j2", engines, asked.rounds),
        "check": check_memory(sites),
    }
    peers_sql.close(databases)
    (HERE / "results.json").write_text(json.dumps(results, indent=2) + "\n", "utf-8")
    for job in ("J1", "J2"):
        told = results[job]
        for engine, took in told["seconds"].items():
            ratio, differences = told["ratio_to_ours"].get(engine, 1.0), told["differences"].get(engine, "")
            print(f"{job}  {engine:16} {took:8.2f} s   {ratio:6.2f} x ours   {differences}")
    print(f"check  {results['check']}")


if __name__ == "__main__":
    main()
