"""What it is worth to keep fields and seen ground: a check with all of it kept, beside one without.

    python benchmarks/kept.py [--workspace maps/demo] [--points 100000] [--rounds 3]

A copy of the workspace is checked in turn with nothing kept (heights are warped, visible ranges computed and drawn,
fields measured, and all of it is written), without the fields alone, and with everything kept. Every check is a process
of its own, as a user starts it; told are seconds of the clock, seconds of processors and the most memory.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from flow import DAY, Spent, middle, run

_DRAWN = Path(__file__).with_name("flow_sites.py")


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw the sites, check them in all states and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path, default=Path("maps/demo"))
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        data, place = Path(folder), Path(folder) / "workspace"
        shutil.copytree(asked.workspace, place, ignore=shutil.ignore_patterns(".cache", "maps"))
        subprocess.run([sys.executable, _DRAWN, str(data), str(place), str(asked.points), "1"], check=True)
        sites, out = str(data / "points.parquet"), str(data / "out")
        options = ["-w", str(place), "-o", out, "--as-of", DAY, "--outputs", "parquet", "--force", "--quiet"]
        command = [sys.executable, "-m", "fuling_gis", "check", sites, *options]
        # Compiled loops are made once in the life of an installation.
        run(command, told=False)
        taken: dict[str, list[Spent]] = {"nothing kept": [], "fields not kept": [], "all kept": []}
        for turn in range(asked.rounds):
            for name, gone in zip(taken, (".cache", ".cache/fields", ""), strict=True):
                if gone:
                    shutil.rmtree(place / gone)
                taken[name].append(run(command, told=False))
                print(f"{turn + 1} {name:20} {taken[name][-1]}", flush=True)
        size = sum(file.stat().st_size for file in (place / ".cache").rglob("*") if file.is_file())
    print(f"\n{asked.points} points; medians of {asked.rounds}: clock, processors, memory")
    for name, spent in taken.items():
        print(f"  {name:20} {middle(spent)}")
    without, kept = middle(taken["fields not kept"]), middle(taken["all kept"])
    print(f"  fields not kept / kept: {without.clock / kept.clock:.2f} by the clock, "
          f"{without.processors / kept.processors:.2f} by processors; {size / 1e6:.0f} MB are kept")  # fmt: skip


if __name__ == "__main__":
    main()
