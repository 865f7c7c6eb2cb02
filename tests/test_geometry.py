"""Repair says what it did; gaps between neighbours are found and closed."""

from __future__ import annotations

import time

import numpy as np
import pytest
import shapely
from shapely import Point, Polygon, box

from fuling_gis.geometry import close_gaps, repair

E, N = 500_000.0, 3_280_000.0


def shapes(*texts):
    return np.array([shapely.from_wkt(text) if isinstance(text, str) else text for text in texts], dtype=object)


def test_what_is_sound_stays_as_it_is():
    given = shapes("POINT (1 2)", "POLYGON ((0 0, 1 0, 1 1, 0 0))", "LINESTRING (0 0, 1 1)")
    found = repair(given)
    assert shapely.equals_exact(found.geometry, given).all()
    assert not found.changed.any()
    assert np.isnan(found.area_before).all()


def test_a_bow_tie_keeps_both_wings():
    # Two triangles of base 2 and height 1; as drawn, one turns left and one right.
    found = repair(shapes("POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))"))
    assert found.reason[0] == "invalid"
    assert found.fault[0] == "Self-intersection"
    assert found.area_before[0] == 0.0
    assert found.area_after[0] == 2.0


def test_overlapping_parts_are_joined_and_not_cut_out():
    # Two squares of 4 that share 2: as drawn 8, on the ground 6.
    found = repair(shapes("MULTIPOLYGON (((0 0, 2 0, 2 2, 0 2, 0 0)), ((1 0, 3 0, 3 2, 1 2, 1 0)))"))
    assert (found.area_before[0], found.area_after[0]) == (8.0, 6.0)


def test_of_a_mixed_collection_the_areas_stay_and_the_rest_is_counted():
    found = repair(shapes("GEOMETRYCOLLECTION (POLYGON ((0 0, 1 0, 1 1, 0 0)), LINESTRING (0 0, 5 5), POINT (9 9))"))
    assert found.geometry[0].geom_type == "Polygon"
    assert found.reason[0] == "mixed"
    assert found.aside[0] == 2


def test_of_a_collection_without_areas_the_lines_stay():
    found = repair(shapes("GEOMETRYCOLLECTION (LINESTRING (0 0, 5 5), POINT (9 9))"))
    assert found.geometry[0].geom_type == "LineString"
    assert found.aside[0] == 1


def test_a_nested_collection_of_one_kind_is_only_gathered():
    inner = "GEOMETRYCOLLECTION (POLYGON ((0 0, 1 0, 1 1, 0 0)))"
    found = repair(shapes(f"GEOMETRYCOLLECTION ({inner}, POLYGON ((5 5, 6 5, 6 6, 5 5)))"))
    assert found.geometry[0].geom_type == "MultiPolygon"
    assert shapely.area(found.geometry[0]) == 1.0
    assert not found.changed[0]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (None, "missing"),
        ("POINT EMPTY", "empty"),
        ("GEOMETRYCOLLECTION EMPTY", "empty"),
        (Point(float("nan"), 1.0), "not_finite"),
        (Point(float("inf"), 1.0), "not_finite"),
        (Polygon([(0, 0), (1, float("inf")), (1, 1)]), "not_finite"),
        ("POLYGON ((0 0, 1 0, 0 0, 0 0))", "collapsed"),
        ("LINESTRING (3 3, 3 3)", "collapsed"),
    ],
)
def test_what_covers_nothing_becomes_none_with_its_reason(given, reason):
    found = repair(shapes(given, "POINT (1 1)"))
    assert found.geometry[0] is None
    assert found.reason[0] == reason
    assert found.geometry[1].equals(Point(1, 1))


def test_heights_are_dropped_and_are_no_change():
    found = repair(shapes("POLYGON Z ((0 0 7, 1 0 7, 1 1 7, 0 0 7))", "POINT M (1 2 3)"))
    assert not shapely.has_z(found.geometry).any()
    assert not shapely.has_m(found.geometry).any()
    assert not found.changed.any()


def test_a_hole_outside_its_shell_is_told():
    found = repair(shapes("POLYGON ((0 0, 1 0, 1 1, 0 1, 0 0), (5 5, 6 5, 6 6, 5 6, 5 5))"))
    assert found.fault[0] == "Hole lies outside shell"
    assert shapely.is_valid(found.geometry[0])


def test_the_array_given_is_not_touched():
    given = shapes("POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))", None)
    before = given.copy()
    repair(given)
    assert (given == before).all()


def test_repair_of_nothing_is_nothing():
    assert len(repair(np.array([], dtype=object)).geometry) == 0


@pytest.mark.parametrize("gap", [0.0005, 0.001, 0.0019])
def test_a_gap_under_two_millimetres_is_closed(gap):
    left, right = box(E, N, E + 1000, N + 1000), box(E + 1000 + gap, N, E + 2000, N + 1000)
    given = np.array([left, right], dtype=object)
    joined = shapely.union_all([*given, *close_gaps(given)])
    assert joined.geom_type == "Polygon"
    assert len(joined.interiors) == 0
    # What was filled is the gap: its width by the common length.
    assert joined.area - shapely.area(given).sum() == pytest.approx(gap * 1000, abs=0.01)


def test_a_sliver_between_different_vertices_is_closed():
    left = box(E, N, E + 1000, N + 1000)
    corners = [(E + 1000, N), (E + 2000, N), (E + 2000, N + 1000), (E + 1000, N + 1000), (E + 1000.001, N + 500)]
    given = np.array([left, Polygon(corners)], dtype=object)
    # They meet in two corners only.
    assert shapely.union_all(given).geom_type == "MultiPolygon"
    joined = shapely.union_all([*given, *close_gaps(given)])
    assert joined.geom_type == "Polygon"
    assert len(joined.interiors) == 0


def test_a_gap_beside_a_corner_that_two_others_share_is_closed():
    # Two boxes share the corner (E + 1000, N + 500), one millimetre from the straight side of a third.
    lower, upper = box(E, N, E + 1000, N + 500), box(E, N + 500, E + 1000, N + 1000)
    given = np.array([lower, upper, box(E + 1000.001, N, E + 2000, N + 1000)], dtype=object)
    assert shapely.union_all([*given, *close_gaps(given)]).geom_type == "Polygon"


def test_sharp_notches_beside_a_gap_are_no_gaps():
    # A wedge that ends in a point is narrower than any gap there, and is meant so.
    notched = Polygon([(E, N), (E + 1000, N), (E + 1000, N + 1000), (E + 500.5, N + 1000), (E + 500, N + 400),
                       (E + 499.5, N + 1000), (E, N + 1000)])  # fmt: skip
    given = np.array([notched, box(E + 1000.001, N, E + 2000, N + 1000)], dtype=object)
    (patch,) = close_gaps(given)
    assert patch.bounds[0] > E + 999


def test_a_gap_of_more_than_two_millimetres_is_a_gap():
    given = np.array([box(E, N, E + 1000, N + 1000), box(E + 1000.0021, N, E + 2000, N + 1000)], dtype=object)
    assert len(close_gaps(given)) == 0


def test_neighbours_that_share_their_border_need_no_patch():
    given = np.array([box(E, N, E + 10, N + 10), box(E + 10, N, E + 20, N + 10), Point(E, N)], dtype=object)
    assert len(close_gaps(given)) == 0


def test_close_gaps_is_quick_where_nothing_is_to_do():
    tiles = _ragged_tiles(20, 250)
    assert shapely.get_num_coordinates(tiles).sum() > 400_000
    start = time.process_time()
    assert len(close_gaps(tiles)) == 0
    assert time.process_time() - start < 1.5


def _ragged_tiles(n, points):
    """Tile a square with n by n polygons whose common borders are ragged and the same on both sides."""
    rng = np.random.default_rng(7)
    size, t = 1000.0, np.linspace(0, 1, points + 1)

    def offsets():
        off = rng.normal(0, 1.0, points + 1)
        off[[0, -1]] = 0
        return off

    flat = {(i, j): np.c_[(j + t) * size, i * size + offsets()] for i in range(n + 1) for j in range(n)}
    tall = {(i, j): np.c_[i * size + offsets(), (j + t) * size] for i in range(n + 1) for j in range(n)}
    rings = [
        np.vstack([flat[i, j][:-1], tall[j + 1, i][:-1], flat[i + 1, j][::-1][:-1], tall[j, i][::-1]])
        for i in range(n)
        for j in range(n)
    ]
    return np.array([Polygon(ring) for ring in rings], dtype=object)
