"""Measures the Word report: its seconds for some numbers of sites, and those of a single site made anew.

    python benchmarks/report.py [--workspace maps/demo] [--sites 1 500 5000]

Sites are those of flow_sites.py, polygons of 40 corners. Told is what run.json notes for report.docx alone.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd

from fuling_gis import api

DAY = "2024-06-01"
_DRAWN = Path(__file__).with_name("flow_sites.py")


def main() -> None:
    """Draw the sites, check them, and print a line for each number of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path, default=Path("maps/demo"))
    parser.add_argument("--sites", type=int, nargs="+", default=[1, 500, 5000])
    asked = parser.parse_args()
    workspace = api.open_workspace(asked.workspace)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        command = [sys.executable, _DRAWN, str(data), str(asked.workspace), "10", str(max(asked.sites))]
        subprocess.run(command, check=True)
        every = gpd.read_file(data / "polygons.shp", encoding="utf-8")
        for number in asked.sites:
            file, out = data / f"{number}.geojson", data / f"out{number}"
            every.iloc[:number].to_crs("EPSG:4490").to_file(file, driver="GeoJSON")
            api.check(file, workspace, out, as_of=DAY, crs="EPSG:4490", outputs=["geo", "report"])
            took = json.loads((out / "run.json").read_text("utf-8"))["timings"]["seconds"]["report.docx"]
            size = (out / "report.docx").stat().st_size / 1e6
            begun = time.perf_counter()
            api.report(out, sites=["#0"], workspace=workspace)
            alone = time.perf_counter() - begun
            print(f"{number:7,} sites: report.docx {took:6.1f} s, {size:.1f} MB; one of them anew {alone:.1f} s")


if __name__ == "__main__":
    main()
