"""How map.html opens and moves with many sites, in the Chromium of this machine, from the disk with the network cut.

    python benchmarks/map_opening.py [--workspace maps/demo] [--points 5000] [--polygons 5000] [--map FILE]

Sites are drawn by flow_sites.py inside the workspace's jurisdiction, checked by `fuling-gis check`, and their map is
opened three times. Told are the file's size, the time from opening to the first picture of list and map, the time
between two frames while the mouse drags the map and while the list scrolls, the time to draw the map again after a
move, and the time of a search. `--map` measures a map that is there.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_DRAWN = Path(__file__).with_name("flow_sites.py")
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
_OPENS = 3
# Frames that a hand would notice, milliseconds.
_FELT_MS = 50
_START_FRAMES = """() => {
  window.frames_ = [];
  let last = performance.now();
  const step = (now) => { window.frames_.push(now - last); last = now; window.asked_ = requestAnimationFrame(step); };
  window.asked_ = requestAnimationFrame(step);
}"""
_END_FRAMES = "() => { cancelAnimationFrame(window.asked_); return window.frames_.slice(2); }"
_OPENED = """() => new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now()))))"""
_REDRAW = """() => {
  const start = performance.now();
  fulingPage.zones.pane._update();
  fulingPage.layer.pane._update();
  // What is drawn is counted only once it is read.
  fulingPage.layer.pane._brush.getImageData(0, 0, 1, 1);
  return performance.now() - start;
}"""
_SEARCH = """(words) => {
  const start = performance.now();
  fulingPage.search.value = words;
  fulingPage.refilter();
  return performance.now() - start;
}"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the map unless there is one, and print what opening and moving it takes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path, default=Path("maps/demo"))
    parser.add_argument("--points", type=int, default=5_000)
    parser.add_argument("--polygons", type=int, default=5_000)
    parser.add_argument("--map", type=Path)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        path = asked.map or _made(Path(folder), asked.workspace, asked.points, asked.polygons)
        print(f"{path.stat().st_size / 1e6:.1f} MB")
        print(json.dumps(_measured(path.resolve()), indent=2))


def _made(folder: Path, workspace: Path, points: int, polygons: int) -> Path:
    subprocess.run([sys.executable, _DRAWN, str(folder), str(workspace), str(points), str(polygons)], check=True)
    files = [str(folder / name) for name in ("points.csv", "polygons.shp")]
    options = ["--crs", "EPSG:4545", "--as-of", "2024-06-01", "--outputs", "map", "-o", str(folder / "out")]
    command = [sys.executable, "-m", "fuling_gis", "check", *files, "-w", str(workspace), *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    told = json.loads((folder / "out" / "run.json").read_text("utf-8"))
    print(f"{told['counts']['rows']} sites; writing the map: {told['timings']['seconds']['map.html']} s")
    return folder / "out" / "map.html"


def _measured(path: Path) -> dict[str, Any]:
    from playwright.sync_api import sync_playwright

    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as started:
        opened = started.chromium.launch(executable_path=found, args=list(_FLAGS))
        page = opened.new_context(offline=True, viewport={"width": 1440, "height": 900}).new_page()
        opening = [_opened(page, path) for _ in range(_OPENS)]
        told = {
            "sites in the page": page.evaluate("() => fulingPage.sites.total"),
            "sites in all": page.evaluate("() => fulingPage.run.total"),
            "opened after s": [round(one / 1000, 2) for one in opening],
            "redraw ms": round(statistics.median(page.evaluate(_REDRAW) for _ in range(9)), 1),
            "drag": _dragged(page),
            "scroll": _scrolled(page),
            "search ms": [round(page.evaluate(_SEARCH, words), 1) for words in ("项目12", "S00000001", "")],
        }
        opened.close()
    return told


def _opened(page: Any, path: Path) -> float:
    """Open the map and give the milliseconds until list and map stand there."""
    page.goto(path.as_uri())
    page.wait_for_selector(".fg-row")
    return float(page.evaluate(_OPENED))


def _dragged(page: Any) -> dict[str, float]:
    """Drag the map to and fro, eight times from rest to rest."""
    page.evaluate(_START_FRAMES)
    for turn in range(8):
        page.mouse.move(900, 450)
        page.mouse.down()
        for step in range(20):
            page.mouse.move(900 + (12 if turn % 2 else -12) * step, 450 + 4 * step)
        page.mouse.up()
        page.wait_for_timeout(150)
    return _frames(page.evaluate(_END_FRAMES))


def _scrolled(page: Any) -> dict[str, float]:
    """Scroll the list by the wheel."""
    page.mouse.move(150, 700)
    page.evaluate(_START_FRAMES)
    for _ in range(60):
        page.mouse.wheel(0, 240)
    page.wait_for_timeout(300)
    return _frames(page.evaluate(_END_FRAMES))


def _frames(lengths: list[float]) -> dict[str, float]:
    ordered = sorted(lengths)
    return {
        "frames": len(ordered),
        "median ms": round(statistics.median(ordered), 1),
        "95th ms": round(ordered[int(0.95 * (len(ordered) - 1))], 1),
        "longest ms": round(ordered[-1], 1),
        f"over {_FELT_MS} ms": sum(one > _FELT_MS for one in ordered),
    }


if __name__ == "__main__":
    main()
