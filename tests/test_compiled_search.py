"""Searches in a tree: distances, crossings, walks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from fuling_gis.overlay.compiled import search
from fuling_gis.overlay.compiled.outline import tree_of
from fuling_gis.overlay.compiled.search import room_for

# A square from 0 to 10, an L-shaped neighbour that shares an edge with it, and a point.
FEATURES = np.array(
    [
        shapely.box(0, 0, 10, 10),
        shapely.Polygon([(10, 0), (20, 0), (20, 20), (0, 20), (0, 10), (10, 10)]),
        shapely.Point(30, 5),
    ],
    dtype=object,
)
TREE = tree_of(FEATURES)


@pytest.mark.parametrize(
    ("x", "y", "square"),
    # The segment runs from (0, 0) to (4, 3), 5 m long; (-3, 4) is across its end, (1, 7) across its inside.
    [(-3, -4, 25), (-3, 4, 25), (7, 7, 25), (1, 7, 25), (4, 3, 0), (2, 1.5, 0)],
)
def test_distance_to_a_segment(x, y, square):
    assert search.point_to_way(float(x), float(y), 0.0, 0.0, 4.0, 3.0) == pytest.approx(square)
    assert search.point_to_way(float(x), float(y), 4.0, 3.0, 0.0, 0.0) == pytest.approx(square)


def test_distance_to_a_segment_of_no_length():
    assert search.point_to_way(3.0, 4.0, 0.0, 0.0, 0.0, 0.0) == 25.0


@pytest.mark.parametrize(
    ("way", "crossed", "square"),
    [
        ((5, -5, 5, 5), True, 0),  # through its middle
        ((5, 1, 5, 5), False, 1),  # ends above it
        ((12, -5, 12, 5), False, 4),  # passes beyond its end
        ((0, 3, 10, 3), False, 9),  # side by side
        ((13, 4, 20, 9), False, 25),  # beyond its corner
    ],
)
def test_ways_and_a_segment_along_the_axis(way, crossed, square):
    segment = np.array([[0.0, 0.0, 10.0, 0.0]])
    for a, b in ((way[:2], way[2:]), (way[2:], way[:2])):
        ends = *(float(v) for v in a), *(float(v) for v in b)
        assert search.crosses(segment, 0, *ends) is crossed
        assert search.way_to_segment(*ends, segment, 0) == pytest.approx(square)


def test_a_way_through_a_corner_crosses_one_of_its_two_segments():
    # From outside to inside exactly through the shared corner (0, 0) of two segments of a square.
    corner = np.array([[0.0, 10.0, 0.0, 0.0], [0.0, 0.0, 10.0, 0.0]])
    assert sum(search.crosses(corner, k, -1.0, -1.0, 1.0, 1.0) for k in (0, 1)) == 1
    # Past it, touching it from outside: none or both.
    assert sum(search.crosses(corner, k, -1.0, 1.0, 1.0, -1.0) for k in (0, 1)) in {0, 2}


def test_nearest_is_found_up_to_the_limit():
    tree = tree_of(FEATURES[2:])
    room = room_for(tree)
    assert search.nearest_to_point(tree, room, 33.0, 9.0, np.inf) == 25.0
    assert search.nearest_to_point(tree, room, 33.0, 9.0, 25.0) == 25.0
    assert search.nearest_to_point(tree, room, 33.0, 9.0, 24.9) > 24.9
    # What was found is not remembered.
    assert room.best[0] == np.inf


def test_the_nearest_segment_of_one_outline_is_found_from_wherever_the_search_begins():
    # Two segments of 10 m along y = 0 and along y = 100: 3 m below the first, 4 m above the second, beyond its end.
    tree = tree_of(np.array([shapely.MultiLineString([[(0, 0), (10, 0)], [(0, 100), (10, 100)]])], dtype=object))
    for last in (-1, 0, 1):
        for x, y, square in ((5.0, -3.0, 9.0), (13.0, 104.0, 25.0), (5.0, 49.0, 49.0**2)):
            room = room_for(tree)
            room.last[0] = last
            assert search.nearest_segment(tree, room, x, y, np.inf) == square
            # What is no nearer than asked is not told apart from what is farther.
            room.last[0] = last
            assert search.nearest_segment(tree, room, x, y, square) == square
            assert search.nearest_segment(tree, room, x, y, 1.0) == 1.0


def test_the_nearest_segment_of_nothing_is_as_far_as_asked():
    tree = tree_of(np.array([shapely.Polygon()], dtype=object))
    assert search.nearest_segment(tree, room_for(tree), 0.0, 0.0, np.inf) == np.inf


def test_what_is_near_enough_ends_the_search_and_what_is_not_is_measured_exactly():
    # Twenty segments in a row, 10 m long each, along y = 0; the place is 3 m above the middle of the first.
    row = shapely.MultiLineString([[(20 * i, 0), (20 * i + 10, 0)] for i in range(20)])
    tree = tree_of(np.array([row], dtype=object))
    room = room_for(tree)
    # Nothing is within 2 m: the least is given.
    assert search.near_enough(tree, room, 5.0, 3.0, np.inf, 4.0) == 9.0
    # Within 100 m anything may be given that is: at least the least, at most that far.
    assert 9.0 <= search.near_enough(tree, room, 5.0, 3.0, np.inf, 1e4) <= 1e4
    assert search.near_enough(tree, room, 5.0, 3.0, 8.9, 4.0) > 8.9
    assert room.best[0] == np.inf


def test_an_empty_tree_is_infinitely_far():
    tree = tree_of(np.array([shapely.Polygon()], dtype=object))
    assert search.nearest_to_point(tree, room_for(tree), 0.0, 0.0, np.inf) == np.inf


@pytest.mark.parametrize(
    ("way", "held"),
    [
        ([(-5, 5), (5, 5)], {0}),
        ([(-5, 5), (5, 5), (15, 5)], {1}),
        ([(-5, 5), (15, 5)], {1}),
        ([(-5, 5), (25, 5)], set()),
        ([(-5, 5), (35, 5)], set()),
        ([(-5, -5), (5, 5), (15, 15), (5, 15), (5, -3)], set()),
    ],
)
def test_a_walk_keeps_the_list_of_where_one_is(way, held):
    room, listed, count = room_for(TREE), np.zeros(4, np.int32), 0
    for (ax, ay), (bx, by) in pairwise(way):
        count = search.walk(TREE, room, float(ax), float(ay), float(bx), float(by), listed, count)
    assert set(listed[:count].tolist()) == held
    assert count == len(held)


def test_a_feature_that_is_listed_is_taken_out_and_another_added():
    listed = np.array([4, 7, 9, 0], np.int32)
    assert search.toggled(listed, 3, 4) == 2
    assert set(listed[:2].tolist()) == {7, 9}
    assert search.toggled(listed, 2, 5) == 3
    assert set(listed[:3].tolist()) == {5, 7, 9}


def test_features_that_are_not_asked_for_are_not_searched():
    room = room_for(TREE, np.array([False, True, False]))
    found = set()
    top = search.begin(TREE, room)
    while True:
        leaf, top = search.next_leaf(TREE, room, room.best, np.inf, top, 5.0, 5.0, 5.0, 5.0)
        if leaf < 0:
            break
        found.add(int(TREE.owner[leaf]))
    assert found == {1}


grid = st.integers(-4, 4).map(float)
places = st.tuples(grid, grid)


@given(a=places, b=places, c=places, d=places)
@settings(max_examples=300, deadline=None)
def test_distances_between_segments_are_those_of_shapely(a, b, c, d):
    found = search.way_to_segment(*a, *b, np.array([[*c, *d]]), 0)
    assert np.sqrt(found) == pytest.approx(shapely.LineString([a, b]).distance(shapely.LineString([c, d])), abs=1e-9)


@given(st.lists(places, min_size=2, max_size=6), places)
@settings(max_examples=200, deadline=None)
def test_the_nearest_is_that_of_shapely(line, place):
    tree = tree_of(np.array([shapely.LineString(line)], dtype=object))
    found = search.nearest_to_point(tree, room_for(tree), *place, np.inf)
    assert np.sqrt(found) == pytest.approx(shapely.LineString(line).distance(shapely.Point(place)), abs=1e-9)
