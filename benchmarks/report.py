"""Times the report: of many sites with their check, and of one site from the result that is left.

    python benchmarks/report.py --workspace . --sites 500

Draws plots of 1 to 20 ha inside the workspace's jurisdiction and calls the command line, as a planner does.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import flow_sites

DAY = "2025-06-01"


def timed(*words: object) -> float:
    """Run one command of the program and give its seconds."""
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "fuling_gis", *map(str, words), "--quiet"], check=True, stdout=subprocess.DEVNULL
    )
    return round(time.perf_counter() - began, 2)


def main() -> None:
    """Draw the sites, check them, make the reports, print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path, default=Path(__file__).parents[1])
    parser.add_argument("--sites", type=int, default=500)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data, out = Path(folder), Path(folder) / "out"
        flow_sites.draw(data, args.workspace, 1, args.sites)
        place = ("-w", args.workspace)
        check = ("check", data / "polygons.shp", *place, "-o", out, "--as-of", DAY, "--outputs", "geo,report")
        figures: dict[str, object] = {"sites": args.sites, "check_with_report_s": timed(*check)}
        told = json.loads((out / "run.json").read_text("utf-8"))
        figures["of_it_the_report_s"] = told["timings"]["seconds"]["report.docx"]
        figures["report_again_s"] = timed("report", out, "--force", *place)
        figures["one_site_s"] = timed("report", out, "--site", "#0", *place)
        figures["size_mb"] = round((out / "report.docx").stat().st_size / 1e6, 2)
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
