"""Measures what a rule costs: screening with all rules beside screening with the 39 rows that matter most.

    python benchmarks/rules.py                    100,000 points, five rounds
    python benchmarks/rules.py --sites 8000 --rounds 1      to see that it works

Rules share their zones: the time should grow with the number of *different* zones that are asked for, not with that of
rules. So the figure is seconds for each different zone, and the ratio of all rules to the 39 rows is taken within each
round. Layers are those of the demonstration, each point is one of a mix of projects, and every question, list of
features, table and river distance is worked out; nothing is written.
"""

from __future__ import annotations

import argparse
import datetime as dt
import statistics
import time

import numpy as np
import shapely
from data import CENTRE, HALF_SIDE_M

from fuling_gis.activities import activities
from fuling_gis.api import plan_for
from fuling_gis.natures import natures
from fuling_gis.overlay.plan import Plan, compile_plan
from fuling_gis.overlay.screening import BATCH_ROWS, screen_batch
from fuling_gis.rules.model import RuleSet, Zone, questions
from fuling_gis.rules.register import clause_of
from fuling_gis.sites.model import Sites
from fuling_gis.workspace import Workspace, open_workspace

DAY = dt.date(2024, 6, 1)
# The starred rows of the plan's table of sentences: the core of a screening.
CORE = frozenset(
    f"FL-{n:03}"
    for n in (
        *(1, 4, 5, 7, 8, 9, 11, 15, 26, 28, 30, 32, 33, 40, 41, 43, 44, 50, 53, 56, 65, 66, 73, 75, 82, 93, 98),
        *(102, 103, 112, 116, 121, 123, 132, 134, 140, 146, 147, 149),
    )
)


def texts(values: list[str], n: int) -> np.ndarray:
    """Repeat some texts over n rows."""
    out = np.empty(n, object)
    out[:] = [values[i % len(values)] for i in range(n)]
    return out


def sites(n: int, workspace: Workspace) -> Sites:
    """Scatter n points over the district: every activity, every nature, some of either left empty."""
    rng = np.random.default_rng(7)
    spread = CENTRE + rng.uniform(-HALF_SIDE_M * 0.95, HALF_SIDE_M * 0.95, (n, 2))
    return Sites(
        row=np.arange(n),
        source=texts(["bench"], n),
        site_id=texts([str(i) for i in range(n)], n),
        name=texts([""], n),
        activity=rng.choice(np.array([*activities(), ""], dtype=object), n),
        industry_code=texts([""], n),
        nature=rng.choice(np.array([*natures(), "new", "existing", ""], dtype=object), n),
        accuracy_m=np.zeros(n),
        geometry=np.asarray(shapely.points(spread), dtype=object),
        status=texts(["ok"], n),
        problem=texts([""], n),
        crs=workspace.crs,
    )


def zones(plan: Plan) -> set[Zone]:
    """Give the different zones that a plan asks for, under every reading that it can try."""
    return {
        ask.zone
        for rule in plan.asked
        for choice in plan.choices[rule.id]
        for ask in questions(rule.duty(choice.assignment).where)
    }


def seconds(plan: Plan, some: Sites) -> float:
    """Screen all sites, batch by batch, and give the time it took."""
    begun = time.perf_counter()
    for first in range(0, len(some), BATCH_ROWS):
        screen_batch(plan, some[first : first + BATCH_ROWS])
    return time.perf_counter() - begun


def main() -> None:
    """Run both rule sets in turn and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sites", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    workspace = open_workspace()
    rules = workspace.rules()
    core = tuple(rule for rule in rules.rules if clause_of(rule.id) in CORE)
    sets = {"the 39 rows": RuleSet(core, rules.readings), "all rules": rules}
    layers = plan_for(workspace, as_of=DAY).book.layers
    plans = {name: compile_plan(some, layers, as_of=DAY) for name, some in sets.items()}
    some = sites(asked.sites, workspace)
    took: dict[str, list[float]] = {name: [] for name in plans}
    for turn in range(asked.rounds + 1):
        for name, plan in plans.items():
            spent = seconds(plan, some)
            if turn:
                took[name].append(spent)
    counts = {name: len(zones(plan)) for name, plan in plans.items()}
    for name, plan in plans.items():
        median = statistics.median(took[name])
        each = 1000 * median / counts[name]
        print(f"{name:12} {len(plan.asked):4} rules {counts[name]:4} zones {median:7.2f} s {each:7.2f} ms a zone")
    ratios = [a / counts["all rules"] / (b / counts["the 39 rows"]) for b, a in zip(*took.values(), strict=True)]
    print(f"time for each zone, all rules to the 39 rows: {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
