"""A short form of `benchmarks/agreement.py`: the compiled way and GEOS say the same of awkward sites."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
PLACE = np.array([430_000.0, 3_290_000.0])
KINDS = (
    "on a vertex",
    "a rounding from a vertex",
    "on an edge",
    "a rounding from an edge",
    "a nanometre to a kilometre away",
    "at a distance asked",
    "on lines and corners of cells",
    "on middles of cells",
    "far away",
    "boxes at awkward places",
    "boxes of whole cells",
    "boxes with a hole",
    "two boxes",
    "stars",
    "slivers",
    "triangles of vertices",
    "lines along edges",
    "lines",
    "three points",
    "giants",
    "features",
)


@pytest.fixture
def benchmark(monkeypatch) -> Any:
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module("agreement"), importlib.import_module("adversary")


def column(*geometry: Any) -> Any:
    return np.array(geometry, dtype=object)


def layers() -> dict[str, Any]:
    """Draw five layers of few vertices: overlapping stars, a ring with an island, tiles, a box, four lines."""
    rng = np.random.default_rng(7)
    angle = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    stars = [
        shapely.Polygon(
            PLACE + rng.uniform(-4000, 4000, 2) + 900 * (radius * np.array([np.cos(angle), np.sin(angle)])).T
        )
        for radius in rng.uniform(0.6, 1.4, (12, 90))
    ]
    ring = shapely.Point(PLACE).buffer(2500).difference(shapely.Point(PLACE).buffer(2000, quad_segs=5))
    island = shapely.box(*(PLACE - 300), *(PLACE + 300))
    tiles = [
        shapely.box(*(PLACE + 4000 * np.array([i, j])), *(PLACE + 4000 * np.array([i + 1, j + 1])))
        for i in (-2, -1, 0, 1)
        for j in (-2, -1, 0, 1)
    ]
    lines = [shapely.LineString(PLACE + rng.uniform(-7000, 7000, (9, 2))) for _ in range(4)]
    return {
        "red_line": column(*stars),
        "nature_reserve": column(ring, island),
        "management_unit": column(*tiles),
        "industrial_park": column(shapely.box(*(PLACE + 1000), *(PLACE + 1500))),
        "river": column(*lines),
    }


def test_the_kinds_are_those_of_the_benchmark(benchmark):
    _, adversary = benchmark
    assert tuple(adversary.KINDS) == KINDS


@pytest.mark.parametrize("half", [0, 1])
def test_the_compiled_way_says_what_geos_says_of_awkward_sites(benchmark, half):
    agreement, adversary = benchmark
    found = agreement.Comparison(layers(), seed=5)
    for number, (kind, sites) in enumerate(adversary.adversaries(layers(), 2000, seed=5)):
        if number % 2 == half:
            found.compare(kind, sites)
    assert not found.disagreements, "\n".join(found.report())
    assert sum(tally.pairs for tally in found.kinds.values()) > 1000


def test_a_disagreement_would_be_seen(benchmark, monkeypatch):
    agreement, adversary = benchmark
    from fuling_gis.overlay.compiled import gauge

    found = agreement.Comparison(layers(), seed=5)
    right = gauge.pairs

    def wrong(*given):
        site, pairs = right(*given)
        given[-1][:pairs] += 0.01
        return site, pairs

    monkeypatch.setattr(gauge, "pairs", wrong)
    sites = adversary.KINDS["boxes at awkward places"](adversary.ground_of(layers()["red_line"], 3), 50)
    found.compare("boxes", sites)
    assert found.kinds["boxes"].wrong["area"] > 10
