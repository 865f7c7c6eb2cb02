"""Measures screening in memory: the 39 rows of the plan that matter most, put to many sites, findings included.

    python benchmarks/core.py                       1,000,000 points and 100,000 polygons, three rounds
    python benchmarks/core.py --points 20000 --polygons 2000 --rounds 1      to see that it works

Layers are those of the demonstration; every site is new; four in ten have an activity that no rule names, the others
one of those that some rule names. Reading and writing are not in it.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import shapely
from data import CENTRE, HALF_SIDE_M, plots

from fuling_gis.activities import activities
from fuling_gis.api import plan_for, screen
from fuling_gis.overlay.plan import Plan, compile_plan
from fuling_gis.overlay.screening import screen_batch
from fuling_gis.overlay.stream import rows_at_once
from fuling_gis.rules.model import Rule, RuleSet
from fuling_gis.rules.register import clause_of
from fuling_gis.sites.model import Sites
from fuling_gis.workspace import Workspace, open_workspace
from rules import CORE, texts

DAY = dt.date(2024, 6, 1)
THREADS = os.cpu_count() or 1
# Of ten sites so many have an activity that rules name.
NAMED_OF_TEN = 6


def named(rules: tuple[Rule, ...]) -> set[str]:
    """Give the activities that some rule names, under any reading."""
    duties = (duty for rule in rules for duty in rule.duties.values())
    return {activity for duty in duties for party in duty.who for activity in party.activities}


def sites(geometry: np.ndarray, rules: tuple[Rule, ...], workspace: Workspace) -> Sites:
    """Make new projects of all places."""
    n, rng = len(geometry), np.random.default_rng(11)
    yes = named(rules)
    # What implies an activity that is named is bound too.
    free = [one.id for one in activities().values() if not ({one.id, *one.implies, *one.could_be} & yes)]
    activity = rng.choice(np.array(sorted(yes), dtype=object), n)
    other = rng.integers(0, 10, n) >= NAMED_OF_TEN
    activity[other] = rng.choice(np.array(free, dtype=object), int(other.sum()))
    return Sites(
        row=np.arange(n),
        source=texts(["bench"], n),
        site_id=texts([str(i) for i in range(n)], n),
        name=texts([""], n),
        activity=activity,
        industry_code=texts([""], n),
        nature=texts(["new"], n),
        accuracy_m=np.zeros(n),
        geometry=geometry,
        status=texts(["ok"], n),
        problem=texts([""], n),
        crs=workspace.crs,
    )


def screened(plan: Plan, some: Sites) -> tuple[float, int]:
    """Screen all sites as `fg.screen` does, on all processors; gives seconds and findings."""
    begun = time.perf_counter()
    size = rows_at_once(len(some))
    with ThreadPoolExecutor(THREADS) as pool:
        found = pool.map(
            lambda first: len(screen_batch(plan, some[first : first + size]).batch.findings), range(0, len(some), size)
        )
        count = sum(found)
    return time.perf_counter() - begun, count


def one_by_one(workspace: Workspace, some: Sites) -> tuple[float, float, float]:
    """Screen sites each by itself with all rules.

    Gives median seconds: of screening one after the other, of screening where tables were read before, and of screening
    and reading its tables. Tables are pandas', and push out of the processor's caches what screening needs.
    """
    plain, after_tables, tables = [], [], []
    # The first of them find things that are worked out once.
    half = len(some) // 2
    for n in range(len(some)):
        begun = time.perf_counter()
        screen(some[n : n + 1], workspace, as_of=DAY)
        plain.append(time.perf_counter() - begun)
    for n in range(half, len(some)):
        begun = time.perf_counter()
        result = screen(some[n : n + 1], workspace, as_of=DAY)
        after_tables.append(time.perf_counter() - begun)
        len(result.sites) + len(result.findings) + len(result.units)
        tables.append(time.perf_counter() - begun)
    return statistics.median(plain[half:]), statistics.median(after_tables), statistics.median(tables)


def main() -> None:
    """Run both kinds of sites and print a line each, and one for single sites."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--polygons", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    workspace = open_workspace()
    rules = workspace.rules()
    core = tuple(rule for rule in rules.rules if clause_of(rule.id) in CORE)
    layers = plan_for(workspace, as_of=DAY).book.layers
    plan = compile_plan(RuleSet(core, rules.readings), layers, as_of=DAY)
    rng = np.random.default_rng(7)
    spread = CENTRE + rng.uniform(-HALF_SIDE_M * 0.95, HALF_SIDE_M * 0.95, (asked.points, 2))
    points = np.asarray(shapely.points(spread), dtype=object)
    for name, geometry in (("points", points), ("polygons", plots(7, asked.polygons))):
        some = sites(geometry, core, workspace)
        screened(plan, some)
        busy = time.process_time()
        runs = [screened(plan, some) for _ in range(asked.rounds)]
        busy = (time.process_time() - busy) / asked.rounds
        took = statistics.median(seconds for seconds, _ in runs)
        print(f"{len(some):9,} {name:8} {took:6.2f} s  {busy:6.2f} s of processors  {runs[0][1]:,} findings")
    plain, after, read = (1000 * took for took in one_by_one(workspace, sites(plots(9, 200), core, workspace)))
    print(f"one polygon after the other: {plain:.1f} ms each; {after:.1f} ms after tables, {read:.1f} ms with its own")


if __name__ == "__main__":
    main()
