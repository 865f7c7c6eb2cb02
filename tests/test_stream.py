"""Batches one after the other: what comes after many sites is answered the way that is ready, and says the same."""

from __future__ import annotations

from typing import Any

import pytest
import shapely
import toy

from fuling_gis.overlay import stream
from fuling_gis.overlay.sitetree import MANY_SITES

HOLE = shapely.box(0, 0, 900, 900).difference(shapely.box(300, 300, 600, 600))
# In the zone, in its hole, across its outline, on it, 40 m, 48 m and 60 m away; a line, and a site in two parts.
FEW = [
    shapely.Point(100, 100),
    shapely.Point(450, 450),
    shapely.box(880, 400, 940, 460),
    shapely.Point(900, 450),
    shapely.Point(940, 450),
    shapely.Point(948, 450),
    shapely.Point(960, 450),
    shapely.LineString([(310, 310), (590, 590)]),
    shapely.MultiPoint([(450, 450), (930, 10)]),
]
# The zone has a tolerance of 5 m, and is asked for within 50 m.
EXPECTED = ["yes", "no", "yes", "yes", "yes", "maybe", "no", "yes", "yes"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_few_sites_after_many_are_answered_the_way_that_is_ready_and_alike(monkeypatch, jobs):
    plan = toy.plan(toy.near("red_line", 50.0), toy.layers(toy.layer("red_line", HOLE, accuracy_m=5.0)))
    ways: list[bool] = []
    screen_batch = stream.screen_batch

    def noting(plan_: Any, sites: Any, *, after_many: bool = False) -> Any:
        ways.append(after_many)
        return screen_batch(plan_, sites, after_many=after_many)

    monkeypatch.setattr(stream, "screen_batch", noting)
    few, many = toy.sites(*FEW), toy.sites(*[shapely.Point(2000, 2000)] * MANY_SITES)
    alone = [toy.answers(batch) for batch in stream.Stream(plan, [few], jobs)]
    after = [toy.answers(batch) for batch in stream.Stream(plan, [few, many, few], jobs)]
    assert alone == [EXPECTED]
    assert [after[0], after[2]] == [EXPECTED, EXPECTED]
    assert set(after[1]) == {"no"}
    assert ways == [False, False, False, True]


@pytest.mark.parametrize(("most", "together"), [(1, 1), (9, 1), (18, 2), (27, 3), (1000, 8)])
def test_few_rows_are_under_way_however_many_threads_there_are(monkeypatch, most, together):
    """A batch is asked for when those before it, which nobody has taken, are few; and all come, in their order."""
    plan = toy.plan(toy.near("red_line", 50.0), toy.layers(toy.layer("red_line", HOLE, accuracy_m=5.0)))
    monkeypatch.setattr(stream, "ROWS_UNDER_WAY", most)
    begun: list[int] = []
    screen_batch = stream.screen_batch

    def noting(plan_: Any, sites: Any, *, after_many: bool = False) -> Any:
        begun.append(len(taken))
        return screen_batch(plan_, sites, after_many=after_many)

    monkeypatch.setattr(stream, "screen_batch", noting)
    few, taken = toy.sites(*FEW), []
    for batch in stream.Stream(plan, [few] * 12, 8):
        taken.append(toy.answers(batch))  # noqa: PERF401  how many they are is looked at meanwhile
    assert taken == [EXPECTED] * 12
    # How many were begun before the first was taken, and never more than so many beyond those that were.
    assert begun.count(0) <= together
    assert all(number - done < together for number, done in enumerate(begun))
