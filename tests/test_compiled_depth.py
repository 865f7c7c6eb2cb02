"""Whether some point lies deep enough in a zone and a site, told by squares."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from fuling_gis.overlay.compiled.depth import CORNERS, all_near
from fuling_gis.overlay.compiled.gauge import gauge_of
from fuling_gis.overlay.compiled.outline import tree_of
from fuling_gis.overlay.compiled.search import room_for
from fuling_gis.overlay.sitetree import sites_of

SQUARE = shapely.box(0, 0, 100, 100)


def told(zone: Any, site: Any, *, side: int = 1, zone_m: float = 0.0, site_m: float = 0.0) -> int:
    """Ask for one zone and one site."""
    gauge = gauge_of(np.array([zone], dtype=object))
    found = gauge.reaches(sites_of(np.array([site], dtype=object)), side, np.array([zone_m]), np.array([site_m]))
    return int(found[0])


@pytest.mark.parametrize(
    ("zone_m", "expected"),
    # The middle of the square is 50 m deep, and nothing is deeper.
    [(0.0, 1), (49.0, 1), (49.99, 1), (50.01, 0), (51.0, 0), (1e4, 0)],
)
def test_a_site_around_the_zone_reaches_as_deep_as_the_zone_is(zone_m, expected):
    assert told(SQUARE, shapely.box(-500, -500, 500, 500), zone_m=zone_m) == expected


@pytest.mark.parametrize(
    ("zone_m", "site_m", "expected"),
    # Of the site 30 m lie in the zone: what is deeper than a in the zone and b in the site needs a + b below 30.
    [(29.9, 0.0, 1), (30.1, 0.0, 0), (0.0, 29.9, 1), (0.0, 40.0, 0), (20.0, 9.9, 1), (20.0, 10.1, 0)],
)
def test_depths_in_zone_and_site_are_asked_of_the_same_point(zone_m, site_m, expected):
    assert told(SQUARE, shapely.box(70, -400, 900, 400), zone_m=zone_m, site_m=site_m) == expected


@pytest.mark.parametrize(("zone_m", "expected"), [(0.0, 1), (799.9, 1), (800.1, 1), (1100.0, 1), (1132.0, 0)])
def test_outside_is_measured_to_the_farthest_corner(zone_m, expected):
    # The far corner (900, 900) is 800 m from the square in x and in y: 1131.37 m.
    assert told(SQUARE, shapely.box(50, 50, 900, 900), side=-1, zone_m=zone_m) == expected


def test_a_hole_is_outside():
    ring = shapely.box(0, 0, 100, 100).difference(shapely.box(40, 40, 60, 60))
    assert told(ring, shapely.box(45, 45, 55, 55)) == 0
    assert told(ring, shapely.box(45, 45, 55, 55), side=-1, zone_m=9.9) == 1
    assert told(ring, shapely.box(45, 45, 55, 55), side=-1, zone_m=10.1) == 0
    # A hole of the site is no part of it.
    assert told(SQUARE, shapely.box(-50, -50, 150, 150).difference(shapely.box(-10, -10, 110, 110))) == 0


def test_a_site_that_shares_an_edge_is_left_open_and_not_guessed():
    assert told(SQUARE, shapely.box(100, 0, 200, 100), zone_m=1e-4) in {-1, 0}


@pytest.mark.parametrize(("longest_m", "expected"), [(1000.0, 0), (0.1, -1)])
def test_a_site_of_very_many_edges_is_left_open_sooner(longest_m, expected):
    # Half a metre is missing along 100 m of the square's edge: some hundreds of squares must be looked at.
    site = shapely.segmentize(shapely.box(70, -400, 900, 400), longest_m)
    assert told(SQUARE, site, site_m=30.5) == expected


def test_the_most_promising_square_comes_first():
    # Boxes whose edges lie on those of the squares, where a search without sense of direction follows the edges.
    for x in range(0, 100, 5):
        assert told(SQUARE, shapely.box(x, 0, x + 5, 10), zone_m=1e-4) == 1


def near(outline: Any, x: float, y: float, half: float, most: float) -> bool:
    """Ask whether all of a square is within a distance of an outline."""
    tree = tree_of(np.array([outline], dtype=object))
    return bool(all_near(tree, room_for(tree), x, y, half, most, np.empty((2, CORNERS, 2))))


@pytest.mark.parametrize(
    ("half", "most", "expected"),
    # Two banks 30 m apart: whatever lies between them is within 15 m of one of them, and nothing less will do. A square
    # of 62 m stands out by 16 m.
    [(5.0, 15.001, True), (5.0, 14.999, False), (14.0, 15.001, True), (31.0, 15.001, False), (31.0, 16.001, True)],
)
def test_a_square_between_two_banks_is_near_to_one_or_the_other(half, most, expected):
    banks = shapely.MultiLineString([[(-500, 0), (500, 0)], [(-500, 30), (500, 30)]])
    assert near(banks, 0.0, 15.0, half, most) is expected
    # The banks need not run along the axes. Turned by 45 degrees, the corners stand out by sqrt(2) times half an edge.
    turned = shapely.affinity.rotate(banks, 45, origin=(0, 15))
    assert near(turned, 0.0, 15.0, half / 2, most) or not expected


def test_a_square_is_near_to_a_single_segment_or_to_none():
    bank = shapely.LineString([(-500, 0), (500, 0)])
    # The farthest corners are 20 m away.
    assert near(bank, 0.0, 10.0, 10.0, 20.001)
    assert not near(bank, 0.0, 10.0, 10.0, 19.999)
    # Beyond the end of the segment the farthest corner is 3 m on and 4 m across.
    assert near(bank, 502.0, 3.0, 1.0, 5.001)
    assert not near(bank, 502.0, 3.0, 1.0, 4.999)
    assert not near(shapely.Point(0, 0), 0.0, 0.0, 1.0, 100.0)


def test_squares_told_to_be_near_are_near_everywhere():
    rng, said = np.random.default_rng(5), 0
    for _ in range(400):
        line = shapely.LineString(rng.uniform(0, 100, (int(rng.integers(2, 9)), 2)))
        outline = line.buffer(float(rng.uniform(1, 20)), quad_segs=int(rng.integers(1, 9)))
        half, most = float(rng.uniform(0.5, 12)), float(rng.uniform(1, 25))
        x, y = rng.uniform(0, 100, 2)
        if not near(outline, x, y, half, most):
            continue
        said += 1
        places = np.stack(np.meshgrid(*(c + np.linspace(-half, half, 25) for c in (x, y))), axis=-1).reshape(-1, 2)
        assert shapely.distance(shapely.points(places), outline.boundary).max() <= most
    # Often enough for that to be a test.
    assert said > 50


@pytest.mark.parametrize(("zone_m", "expected"), [(15.0001, 0), (14.999, 1)])
def test_a_strip_just_as_wide_as_twice_the_depth_is_told(zone_m, expected):
    # 30 m wide, askew, of many short segments: nothing in it is deeper than 15 m, and all along its middle is as deep.
    strip = shapely.segmentize(shapely.LineString([(0, 0), (1200, 480)]).buffer(15, cap_style="flat"), 40)
    assert told(strip, shapely.box(100, -200, 900, 300), zone_m=zone_m) == expected


def test_sites_are_told_one_by_one():
    gauge = gauge_of(np.array([SQUARE], dtype=object))
    sites = [shapely.box(10, 10, 20, 20), shapely.box(500, 500, 510, 510), shapely.box(90, 90, 110, 110)]
    some = sites_of(np.array(sites, dtype=object))
    zone_m = np.array([19.9, 0.0, 9.9])
    assert gauge.reaches(some, 1, zone_m, np.zeros(3)).tolist() == [1, 0, 1]
    taken = some.take(np.array([2, 0]))
    assert gauge.reaches(taken, 1, np.array([10.1, 19.9]), np.zeros(2)).tolist() == [0, 1]


corner = st.integers(-30, 130)
length = st.integers(1, 160)


@given(x=corner, y=corner, wide=length, tall=length, zone_m=st.integers(0, 60), site_m=st.integers(0, 60))
@settings(max_examples=200, deadline=None)
def test_boxes_reach_as_the_boxes_shrunk_by_the_depths_overlap(x, y, wide, tall, zone_m, site_m):
    # Half a centimetre keeps away from contact, which may be left open.
    zone = shapely.box(zone_m + 0.005, zone_m + 0.005, 99.995 - zone_m, 99.995 - zone_m)
    site = (x + site_m, y + site_m, x + wide - site_m, y + tall - site_m)
    deep = zone_m < 50 and site_m * 2 < min(wide, tall) and zone.intersection(shapely.box(*site)).area > 0
    found = told(SQUARE, shapely.box(x, y, x + wide, y + tall), zone_m=zone_m + 0.005, site_m=float(site_m))
    assert found in ({1} if deep else {0, -1})
