"""Sites against features: how far, in which, how much."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from fuling_gis.overlay.compiled.gauge import Gauge, gauge_of
from fuling_gis.overlay.compiled.measure import holds
from fuling_gis.overlay.sitetree import SiteTree, sites_of

SQUARE = shapely.box(0, 0, 100, 100)
RING = SQUARE.difference(shapely.box(40, 40, 60, 60))


def column(*geometry: Any) -> Any:
    return np.array(geometry, dtype=object)


def gauge(*geometry: Any) -> Gauge:
    return gauge_of(column(*geometry))


def sites(*geometry: Any) -> SiteTree:
    return sites_of(column(*geometry))


def found(
    ground: Gauge, some: SiteTree, within_m: float, *, chosen: Any = None, overlaps: bool = True
) -> list[tuple[int, int, float, float]]:
    """Give the pairs as site, feature, distance, area, rounded to a micrometre."""
    mask = np.ones(ground.tree.features, bool) if chosen is None else np.array(chosen)
    given_ = ground.pairs(some, mask, np.full(len(some), within_m), overlaps=overlaps)
    return [(int(s), int(f), round(float(d), 6), round(float(a), 6)) for s, f, d, a in zip(*given_, strict=True)]


@pytest.mark.parametrize(
    ("site", "distance"),
    [
        (shapely.Point(103, 104), 5.0),
        (shapely.Point(50, 50), 50.0),  # inside: to the outline
        (shapely.Point(100, 50), 0.0),
        (shapely.Point(-20_000, 50), 20_000.0),  # off the grid
        (shapely.LineString([(103, 104), (200, 300)]), 5.0),
        (shapely.LineString([(-5, 50), (5, 50)]), 0.0),
        (shapely.box(110, 0, 120, 10), 10.0),
        (shapely.box(10, 20, 90, 70), 10.0),
        (shapely.box(-10, -10, 110, 110), 0.0),  # the outline lies in the site
        (shapely.box(-10, -10, 110, 110).difference(shapely.box(-4, -3, 104, 104)), 3.0),  # in its hole
    ],
)
def test_distance_to_the_outline(site, distance):
    ground, one = gauge(SQUARE), sites(site)
    assert ground.gaps(one, np.array([np.inf]))[0] == pytest.approx(distance)
    assert ground.gaps(one, np.array([distance]))[0] == pytest.approx(distance)
    assert distance == 0 or ground.gaps(one, np.array([distance - 0.001]))[0] == np.inf
    assert ground.near(one, np.array([distance + 0.001]))[0]
    assert ground.near(one, np.array([np.inf]))[0]
    assert not ground.near(one, np.array([distance - 0.001]))[0]


def test_no_distance_is_within_less_than_none():
    assert gauge(SQUARE).gaps(sites(shapely.Point(0, 0)), np.array([-1.0]))[0] == np.inf
    assert not gauge(SQUARE).near(sites(shapely.Point(0, 0)), np.array([-1.0]))[0]


def test_what_was_near_to_one_site_does_not_stay_near_to_the_next():
    places = [shapely.Point(103, 50), shapely.Point(150, 50), shapely.Point(50, 98), shapely.Point(-40, 50)]
    assert gauge(SQUARE).gaps(sites(*places), np.full(4, 1000.0)).tolist() == pytest.approx([3, 50, 2, 40])


def test_where_a_site_begins():
    some = sites(shapely.Point(20, 20), shapely.Point(50, 50), shapely.LineString([(20, 20), (900, 900)]))
    assert gauge(RING).begins_inside(some).tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("beyond", "inside", "outside"),
    # The corners of the site are 10 m inside the square and 30 m outside it.
    [(0.5, True, True), (9.9, True, True), (10.1, False, True), (29.9, False, True), (30.1, False, False)],
)
def test_vertices_deep_inside_and_far_outside(beyond, inside, outside):
    one, limit = sites(shapely.box(90, 40, 130, 60)), np.array([beyond])
    assert gauge(SQUARE).any_vertex(one, limit, inside=True).tolist() == [inside]
    assert gauge(SQUARE).any_vertex(one, limit, inside=False).tolist() == [outside]


def test_a_site_holds_what_lies_between_its_rings():
    flat = sites(RING, shapely.LineString([(0, 0), (9, 9)]), shapely.Point(5, 5)).flat
    assert holds(flat, 0, 20.0, 20.0)
    assert not holds(flat, 0, 50.0, 50.0)
    assert not holds(flat, 0, 101.0, 50.0)
    assert not holds(flat, 1, 5.0, 5.0)
    assert not holds(flat, 2, 5.0, 5.0)


def test_pairs_of_sites_and_features():
    ground = gauge(
        SQUARE, shapely.box(50, 0, 300, 100), shapely.LineString([(0, 120), (100, 120)]), shapely.Point(9, 9)
    )
    some = sites(shapely.box(90, 90, 110, 110), shapely.Point(20, 20), shapely.box(900, 900, 901, 901))
    # The first site is 10 x 10 m in the square, 20 x 10 in the box beside it, and 10 m from the line; the second lies
    # in the square, 15.556 m from the point and 30 from the box.
    assert found(ground, some, 30.0) == [
        (0, 1, 0.0, 200.0),
        (0, 0, 0.0, 100.0),
        (0, 2, 10.0, 0.0),
        (1, 0, 0.0, 0.0),
        (1, 3, 15.556349, 0.0),
        (1, 1, 30.0, 0.0),
    ]
    assert found(ground, some, 29.999)[-1] == (1, 3, 15.556349, 0.0)
    assert found(ground, some, 0.0) == [(0, 1, 0.0, 200.0), (0, 0, 0.0, 100.0), (1, 0, 0.0, 0.0)]
    assert found(ground, some, 0.0, overlaps=False) == [(0, 0, 0.0, 0.0), (0, 1, 0.0, 0.0), (1, 0, 0.0, 0.0)]


def test_only_features_that_are_asked_for_are_found():
    ground = gauge(SQUARE, shapely.box(-10, -10, 110, 110), shapely.box(20, 0, 80, 100))
    one = sites(shapely.box(40, 40, 60, 60))
    assert found(ground, one, 5.0, chosen=[False, True, False]) == [(0, 1, 0.0, 400.0)]
    assert found(ground, one, 5.0, chosen=[False, False, False]) == []


def test_a_site_around_a_feature_holds_all_of_it():
    around = sites(shapely.box(-1000, -1000, 1000, 1000))
    assert found(gauge(RING, shapely.Point(0, 0)), around, 1.0) == [(0, 0, 0.0, 9600.0), (0, 1, 0.0, 0.0)]
    # But not what lies in its own hole.
    hollow = sites(shapely.box(-1000, -1000, 1000, 1000).difference(shapely.box(-5, -5, 105, 105)))
    assert found(gauge(SQUARE), hollow, 4.9) == []
    assert found(gauge(SQUARE), hollow, 5.0) == [(0, 0, 5.0, 0.0)]


def test_sites_in_more_features_than_there_are_sites_are_told_in_several_turns():
    # Each of 50 sites lies in each of 300 squares; one turn has room for 300 pairs.
    ground = gauge(*[shapely.box(-i, -i, 100 + i, 100 + i) for i in range(300)])
    some = sites(*[shapely.Point(50 + i, 50) for i in range(49)], shapely.Point(5000, 5000))
    pairs = found(ground, some, 0.0)
    assert pairs == [(s, f, 0.0, 0.0) for s in range(49) for f in range(300)]


def test_no_sites_have_no_pairs():
    assert found(gauge(SQUARE), sites(shapely.Point(0, 0)).take(np.zeros(0, np.int64)), 5.0) == []


number = st.integers(-8, 8).map(float)
place = st.tuples(number, number)
areas = st.lists(place, min_size=3, max_size=7).map(shapely.Polygon).filter(lambda p: p.is_valid and p.area > 0)
lines = st.lists(place, min_size=2, max_size=5).map(shapely.LineString)
points = place.map(shapely.Point)


@given(feature=areas | lines, some=st.lists(areas | lines | points, min_size=1, max_size=12), within=st.integers(0, 12))
@settings(max_examples=300, deadline=None)
def test_sites_one_after_the_other_are_near_where_shapely_says_so(feature, some, within):
    # What is found near to one site is where the next one begins, and must not lead it astray.
    ground, outline = gauge(feature), feature.boundary if feature.geom_type == "Polygon" else feature
    asked, limit = sites(*some), np.full(len(some), within + 0.25)
    distance = np.array([site.distance(outline) for site in some])
    # Never a tie: such a distance is k / n, n squared a sum of two coprime squares, which four does not divide.
    assert ground.near(asked, limit).tolist() == (distance <= limit).tolist()
    assert ground.near(asked, limit).tolist() == (ground.gaps(asked, limit) <= limit).tolist()
    assert ground.gaps(asked, np.full(len(some), np.inf)) == pytest.approx(distance, abs=1e-9)


@given(features=st.lists(areas | lines | points, min_size=1, max_size=4), site=areas | lines | points)
@settings(max_examples=300, deadline=None)
def test_pairs_are_those_of_shapely(features, site):
    # Whole coordinates: edges are shared, corners touch, lines run along outlines.
    ground = gauge(*features)
    got = {f: (d, a) for _, f, d, a in found(ground, sites(site), 3.0)}
    for i, feature in enumerate(features):
        distance = site.distance(feature)
        assert (i in got) == (distance <= 3.0 + 1e-9)
        if i in got:
            assert got[i][0] == pytest.approx(distance, abs=1e-6)
            assert got[i][1] == pytest.approx(site.intersection(feature).area, abs=1e-5)
