"""The way in and out: `fuling-gis check` from file to file beside what geopandas needs to read and write the same rows.

    python benchmarks/flow.py [--workspace maps/demo] [--points 1000000] [--polygons 100000] [--rounds 3]

Sites are drawn by flow_sites.py inside the workspace's jurisdiction. Every task is a process of its own, as a user
starts it; told are seconds of the clock, seconds of processors, and the most memory. The processors' seconds are what
compares on a machine that others use too.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

DAY = "2024-06-01"
_DRAWN = Path(__file__).with_name("flow_sites.py")
# What geopandas does for the comparison: the rows in, the same rows out, timed without the start of Python.
GEOPANDAS = """
import sys, time, geopandas
start, used = time.perf_counter(), time.process_time()
{read}.to_parquet(sys.argv[2])
print(time.perf_counter() - start, time.process_time() - used)
"""
# The same with the rows that check writes, which were read beforehand: sites with their columns, and their findings.
WRITTEN = """
import sys, time, geopandas
rows = [geopandas.read_parquet(f"{sys.argv[2]}/{name}.parquet") for name in ("sites", "findings")]
start, used = time.perf_counter(), time.process_time()
geopandas.read_parquet(sys.argv[1])
for number, each in enumerate(rows): each.to_parquet(f"{sys.argv[3]}.{number}")
print(time.perf_counter() - start, time.process_time() - used)
"""
READING = """
import sys, time
{prepare}
start, used = time.perf_counter(), time.process_time()
{read}
print(time.perf_counter() - start, time.process_time() - used)
"""
OURS = """options = SiteOptions(crs="EPSG:4545")
for batch in open_sites(sys.argv[1], target="EPSG:4545", options=options).batches(16384): pass"""


@dataclass(frozen=True)
class Spent:
    """What a task took: seconds of the clock and of processors, and megabytes of memory."""

    clock: float
    processors: float
    peak_mb: float

    def __str__(self) -> str:
        """Give the figures as cells of a table."""
        return f"{self.clock:8.2f} s {self.processors:8.2f} s {self.peak_mb:7.0f} MB"


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw the sites, run every task and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path, default=Path("maps/demo"))
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--polygons", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        sizes = [str(asked.points), str(asked.polygons)]
        # A child's memory is counted from its parent's: this process stays small.
        subprocess.run([sys.executable, _DRAWN, str(data), str(asked.workspace), *sizes], check=True)
        jobs = _jobs(data, asked.workspace)
        taken: dict[str, list[Spent]] = {name: [] for name in jobs}
        for turn in range(asked.rounds):
            # In turn, so that what else the machine does falls on all alike.
            for name, (command, told) in jobs.items():
                taken[name].append(run(command, told=told))
                print(f"{turn + 1} {name:52} {taken[name][-1]}", flush=True)
    print(f"\n{asked.points} points, {asked.polygons} polygons; medians of {asked.rounds}: clock, processors, memory")
    medians = {name: middle(each) for name, each in taken.items()}
    for name, spent in medians.items():
        print(f"  {name:52} {spent}")
    for ours, theirs in _PAIRS:
        clock = medians[ours].clock / medians[theirs].clock
        processors = medians[ours].processors / medians[theirs].processors
        print(f"  {ours} / {theirs}: {clock:.2f} by the clock, {processors:.2f} by processors")


_PAIRS = (
    ("check points", "geopandas points"),
    ("check points", "geopandas points, rows that check writes"),
    ("check polygons of .shp", "geopandas polygons of .shp"),
    ("read polygons of .shp", "pyogrio read_dataframe of .shp"),
    ("read polygons of .shp", "pyogrio read_arrow of .shp"),
)


def _jobs(data: Path, workspace: Path) -> dict[str, tuple[list[str], bool]]:
    """Give each task's command, and whether it tells its own time."""
    prepare = "from fuling_gis.sites.read import SiteOptions, open_sites"
    points, table, shapes = data / "points.parquet", data / "points.csv", data / "polygons.shp"
    jobs = {}
    for name, sites, out in (("check points", points, "out"), ("check polygons of .shp", shapes, "out_polygons")):
        options = ["-w", str(workspace), "-o", str(data / out), "--as-of", DAY, "--outputs", "parquet"]
        jobs[name] = ([sys.executable, "-m", "fuling_gis", "check", str(sites), *options, "--force", "--quiet"], False)
    for name, sites, read in (
        ("geopandas points", points, "geopandas.read_parquet(sys.argv[1])"),
        ("geopandas polygons of .shp", shapes, "geopandas.read_file(sys.argv[1])"),
    ):
        jobs[name] = (_python(GEOPANDAS.format(read=read), sites, data / "copy.parquet"), True)
    # What check has written before it in the round.
    name = "geopandas points, rows that check writes"
    jobs[name] = (_python(WRITTEN, points, data / "out", data / "copy.parquet"), True)
    for name, sites, ready, read in (
        ("read points of .csv", table, prepare, OURS),
        ("read points of .parquet", points, prepare, OURS),
        ("read polygons of .shp", shapes, prepare, OURS),
        ("pyogrio read_dataframe of .shp", shapes, "import pyogrio, geopandas", "pyogrio.read_dataframe(sys.argv[1])"),
        ("pyogrio read_arrow of .shp", shapes, "import pyogrio", "pyogrio.read_arrow(sys.argv[1])"),
    ):
        jobs[name] = (_python(READING.format(prepare=ready, read=read), sites), True)
    return jobs


def _python(program: str, *arguments: Path) -> list[str]:
    return [sys.executable, "-c", program, *map(str, arguments)]


def run(command: list[str], *, told: bool) -> Spent:
    """Run a command and give what it took; told: it prints the seconds of its own task."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    said = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    clock, processors = time.perf_counter() - start, usage.ru_utime + usage.ru_stime
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    if told:
        clock, processors = map(float, said.split()[-2:])
    return Spent(clock, processors, usage.ru_maxrss / 1024)


def middle(spent: list[Spent]) -> Spent:
    """Give the medians of some tasks."""
    columns = zip(*((one.clock, one.processors, one.peak_mb) for one in spent), strict=True)
    return Spent(*map(statistics.median, columns))


if __name__ == "__main__":
    main()
