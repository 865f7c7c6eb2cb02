"""How the cost grows: with sites, with the detail of the layers, with layers, with rules.

    python benchmarks/growth.py                 writes growth.json and docs/performance-growth.svg, some minutes
    python benchmarks/growth.py --most 100000 --rounds 1     to see that it works, written nowhere

The first three curves are job J1 of the yardstick, ours beside shapely by hand; the fourth is screening 100,000 points
of the demonstration with part of the rules. Figures are medians of seconds by the clock on all processors.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from data import Yardstick, yardstick
from ours import Ours
from peers import ByHand

import rules as of_rules
from fuling_gis.api import plan_for
from fuling_gis.overlay.inquiry import inquire
from fuling_gis.overlay.plan import compile_plan
from fuling_gis.overlay.stream import Stream
from fuling_gis.rules.model import Ask, RuleSet, Selection
from fuling_gis.workspace import open_workspace

HERE = Path(__file__).parent
PICTURE = HERE.parent / "docs" / "performance-growth.svg"
SITES = (10_000, 100_000, 1_000_000, 10_000_000)
DETAIL = (1, 2, 4, 8, 16)
LAYERS = (1, 2, 4, 8, 16)
RULES = (10, 20, 40, 80, 155)
# The clock of one machine; the curves' shape is what is told.
Curve = dict[str, dict[str, float]]


def main() -> None:
    """Measure the four curves, and draw them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--most", type=int, default=SITES[-1], help="the largest number of sites")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    some = min(1_000_000, asked.most)
    curves = {
        "sites": by_sites([n for n in SITES if n <= asked.most], asked.rounds),
        "vertices": by_detail(some, asked.rounds),
        "layers": by_layers(some, asked.rounds),
        "rules": by_rules(min(100_000, some), asked.rounds),
    }
    print(json.dumps(curves, indent=2))
    if asked.most == SITES[-1]:
        (HERE / "growth.json").write_text(json.dumps(curves, indent=2) + "\n", "utf-8")
        draw(curves, PICTURE)


def median(job: Callable[[], Any], rounds: int) -> float:
    """Give the median seconds of a job, after one that does not count."""
    job()
    took = []
    for _ in range(rounds):
        begun = time.perf_counter()
        job()
        took.append(time.perf_counter() - begun)
    return round(statistics.median(took), 4)


def by_sites(numbers: list[int], rounds: int) -> Curve:
    """J1 for ever more points."""
    curve: Curve = {}
    for number in numbers:
        sites = yardstick(number, 10)
        curve[str(number)] = {"fuling_gis": median(Ours(sites).j1, rounds)}
        if number <= numbers[-1] // 10 or number < SITES[-1]:
            curve[str(number)]["shapely by hand"] = median(ByHand(sites).j1, rounds)
    return curve


def by_detail(number: int, rounds: int) -> Curve:
    """J1 with every edge of every layer cut into ever more, moved by a centimetre so that none lies straight."""
    sites, curve = yardstick(number, 10), {}
    for times in DETAIL:
        finer = replace(sites, layers={name: _finer(g, times) for name, g in sites.layers.items()})
        vertices = sum(int(shapely.get_num_coordinates(g).sum()) for g in finer.layers.values())
        took = {"vertices": float(vertices), "fuling_gis": median(Ours(finer).j1, rounds)}
        curve[str(times)] = {**took, "shapely by hand": median(ByHand(finer).j1, rounds)}
    return curve


def _finer(geometry: np.ndarray, times: int) -> np.ndarray:
    if times == 1:
        return geometry
    edges = shapely.get_num_coordinates(geometry).sum()
    fine = shapely.segmentize(geometry, shapely.length(geometry).sum() / (edges * times))

    def shaken(xy: np.ndarray) -> np.ndarray:
        # The same for every vertex at the same place, so that shared borders stay shared.
        return xy + 0.01 * np.sin(xy[:, ::-1] * 12.9898)

    return np.asarray(shapely.make_valid(shapely.transform(fine, shaken), method="structure", keep_collapsed=False))


def by_layers(number: int, rounds: int) -> Curve:
    """The question `in` to ever more layers, each the reserves moved by some kilometres."""
    sites, curve = yardstick(number, 10), {}
    for count in LAYERS:
        moved = {f"layer{i}": _moved(sites, 1500.0 * i) for i in range(count)}
        ours = Ours(replace(sites, layers={**sites.layers, **moved}))
        asks = tuple(Ask("in", Selection(name)) for name in moved)
        none = np.zeros(number)
        plan = ours.plan

        def ask(plan: Any = plan, asks: Any = asks, none: Any = none) -> None:
            for start in range(0, number, 65_536):
                part = slice(start, start + 65_536)
                inquire(sites.points[part], none[part], asks, plan.book, plan.features)

        curve[str(count)] = {"fuling_gis": median(ask, rounds)}
    return curve


def _moved(sites: Yardstick, metres: float) -> np.ndarray:
    return np.asarray(shapely.transform(sites.layers["nature_reserve"], lambda xy: xy + metres))


def by_rules(number: int, rounds: int) -> Curve:
    """Screening with ever more of the rules, findings included, layers of the demonstration."""
    workspace = open_workspace()
    whole = workspace.rules()
    layers = plan_for(workspace, as_of=of_rules.DAY).book.layers
    some, curve = of_rules.sites(number, workspace), {}
    in_force = [rule for rule in whole.rules if rule.in_force(of_rules.DAY)]
    order = np.random.default_rng(5).permutation(len(in_force))
    for count in RULES:
        chosen = tuple(in_force[i] for i in sorted(order[:count]))
        plan = compile_plan(RuleSet(chosen, whole.readings), layers, as_of=of_rules.DAY)

        def screen(plan: Any = plan) -> int:
            parts = (some[i : i + 65_536] for i in range(0, number, 65_536))
            return sum(len(batch.findings) for batch in Stream(plan, parts))

        curve[str(count)] = {"fuling_gis": median(screen, rounds)}
    return curve


def draw(curves: dict[str, Curve], path: Path) -> None:
    """Draw the four curves side by side."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "growth", "svg.fonttype": "none", "font.size": 9})
    from matplotlib import pyplot as plt

    titles = {
        "sites": "sites (J1)",
        "vertices": "vertices of the layers, times (J1, 1,000,000 points)",
        "layers": "layers asked (1,000,000 points)",
        "rules": "rules (100,000 points, findings included)",
    }
    figure, axes = plt.subplots(2, 2, figsize=(9, 6.4), layout="constrained")
    for axis, (name, curve) in zip(axes.flat, curves.items(), strict=True):
        for engine, colour, mark in (("fuling_gis", "#0072b2", "o"), ("shapely by hand", "#d55e00", "s")):
            xy = [(float(x), told[engine]) for x, told in curve.items() if engine in told]
            if xy:
                axis.plot(*zip(*xy, strict=True), color=colour, marker=mark, label=engine)
        axis.set(xscale="log", yscale="log" if name in {"sites", "vertices"} else "linear", xlabel=titles[name])
        axis.set_ylabel("seconds")
        if name in {"layers", "rules"}:
            axis.set_ylim(bottom=0)
        axis.set_xticks([float(x) for x in curve], [f"{int(x):,}" for x in curve])
        axis.minorticks_off()
        axis.grid(visible=True, color="#dddddd", linewidth=0.6)
        axis.legend(frameon=False)
    figure.savefig(path, metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    main()
