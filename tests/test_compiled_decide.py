"""Answers by signed distance: what bounds decide, what a point's own distance decides, what stays open."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely

from fuling_gis.overlay.compiled.decide import OPEN, PREDICATES, decide, decide_by_cell
from fuling_gis.overlay.compiled.gauge import gauge_of
from fuling_gis.overlay.compiled.search import room_for
from fuling_gis.overlay.sitetree import sites_of

SQUARE = shapely.box(0, 0, 1000, 1000)
NO, MAYBE, YES = 0, 1, 2


def told(predicate: str, site: Any, *, within: float = 0.0, t: float = 0.0) -> int:
    """Ask one predicate of one site about the square; places nearer than 0.1 mm are one."""
    gauge, some = gauge_of(np.array([SQUARE], dtype=object)), sites_of(np.array([site], dtype=object))
    out, number = np.full(1, 99, np.int8), PREDICATES[predicate]
    decide(
        gauge.tree, gauge.field, room_for(gauge.tree), some.flat, some.rows, number, within, 1e-4, np.array([t]), out
    )
    return int(out[0])


@pytest.mark.parametrize(
    ("x", "t", "inside", "outside"),
    # A point x metres right of the left edge, halfway up.
    [
        (500, 0, YES, NO),
        (0.001, 0, YES, NO),
        (0, 0, MAYBE, NO),
        (-0.001, 0, NO, YES),
        (-4000, 0, NO, YES),
        (-90_000, 0, NO, YES),
        (20.01, 20, YES, NO),
        (19.99, 20, MAYBE, MAYBE),
        (-19.99, 20, MAYBE, MAYBE),
        (-20.01, 20, NO, YES),
        (300, 600, MAYBE, MAYBE),
        (-7000, 8000, MAYBE, MAYBE),
        (-4000, 4500, MAYBE, MAYBE),
    ],
)
def test_points_inside_and_outside(x, t, inside, outside):
    assert told("in", shapely.Point(x, 500), t=float(t)) == inside
    assert told("outside", shapely.Point(x, 500), t=float(t)) == outside


@pytest.mark.parametrize(
    ("x", "within", "t", "expected"),
    [
        (-100, 100, 0, YES),  # exactly at it is within
        (-100.01, 100, 0, NO),
        (-90, 100, 9.99, YES),
        (-90, 100, 10.01, MAYBE),
        (-110, 100, 9.99, NO),
        (-110, 100, 10.01, MAYBE),
        (500, 0, 0, YES),
        (500, 5, 10, MAYBE),  # distance 0 is not below a distance that the tolerance eats up
        (-60_000, 59_000, 0, NO),
        (-60_000, 61_000, 0, YES),
    ],
)
def test_points_near(x, within, t, expected):
    assert told("near", shapely.Point(x, 500), within=float(within), t=float(t)) == expected


@pytest.mark.parametrize(
    ("site", "inside", "outside"),
    [
        (shapely.box(450, 450, 550, 550), YES, NO),
        (shapely.box(-3000, 450, -2900, 550), NO, YES),
        (shapely.box(-10, 450, 10, 550), OPEN, OPEN),
        (shapely.LineString([(450, 450), (550, 550)]), YES, NO),
        (shapely.box(-2e6, -2e6, 2e6, 2e6), OPEN, OPEN),
        (shapely.box(8e6, 0, 9e6, 9), OPEN, OPEN),  # off the grid
    ],
)
def test_lines_and_polygons_are_decided_by_bounds_or_left_open(site, inside, outside):
    assert told("in", site) == inside
    assert told("outside", site) == outside


def told_by_cell(predicate: str, xy: Any, *, within: float = 0.0, t: float = 0.0) -> tuple[list[int], list[int]]:
    """Ask points of the square what their cells alone tell; gives the answers, and the places of those left."""
    gauge, rows = gauge_of(np.array([SQUARE], dtype=object)), np.arange(len(xy))
    out, left = np.full(len(xy), 99, np.int8), np.full(len(xy), -9)
    number, tolerance = PREDICATES[predicate], np.full(len(xy), t)
    count = decide_by_cell(gauge.field, np.array(xy, float), rows, number, within, 1e-4, tolerance, out, left)
    return out.tolist(), left[:count].tolist()


def test_the_cell_alone_decides_far_from_the_outline_and_leaves_what_is_near_or_off_the_grid():
    # Deep inside, far outside, on the outline, and beyond the field's five kilometres.
    xy = [(500, 500), (-2000, 500), (0, 500), (9e6, 0)]
    assert told_by_cell("in", xy) == ([YES, NO, OPEN, OPEN], [2, 3])
    assert told_by_cell("outside", xy) == ([NO, YES, OPEN, OPEN], [2, 3])
    # The middle of the cell on the outline is at most 71 m away, which is near enough whatever it is.
    assert told_by_cell("near", xy, within=1000.0) == ([YES, NO, YES, OPEN], [3])


def test_a_tolerance_larger_than_the_cell_tells_maybe_without_measuring():
    assert told_by_cell("in", [(500, 500), (-100, 500)], t=3000.0) == ([MAYBE, MAYBE], [])
    assert told_by_cell("outside", [(500, 500), (-100, 500)], t=3000.0) == ([MAYBE, MAYBE], [])
    # 2000 m away, 1500 m asked for, 1200 m uncertain; the middle of its block is within 300 m.
    assert told_by_cell("near", [(-2000, 500)], within=1500.0, t=1200.0) == ([MAYBE], [])


@pytest.mark.parametrize("predicate", ["in", "outside", "near"])
@pytest.mark.parametrize("t", [0.0, 30.0, 700.0])
def test_what_a_cell_tells_is_what_the_point_itself_tells(predicate, t):
    rng = np.random.default_rng(8)
    xy = rng.uniform(-5200, 6200, (400, 2))
    answers, left = told_by_cell(predicate, xy, within=800.0, t=t)
    given = [told(predicate, shapely.Point(*one), within=800.0, t=t) for one in xy]
    kept = sorted({*range(len(xy))} - {*left})
    # Not many are left to be measured, and none is told otherwise.
    assert len(kept) > len(xy) // 2
    assert [answers[i] for i in kept] == [given[i] for i in kept]
