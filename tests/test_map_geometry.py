"""Shapes in the map's file: six decimals, as differences, every part of every kind."""

from __future__ import annotations

import numpy as np
import shapely
from map_made import decoded

from fuling_gis.outputs.map_geometry import deltas, encode


def geometries(*shapes):
    made = np.empty(len(shapes), object)
    made[:] = shapes
    return made


def test_coordinates_are_differences_of_millionths_of_a_degree():
    assert deltas(np.array([[107.5, 29.75], [107.500001, 29.75], [107.4, 29.8]])) == [
        107_500_000, 29_750_000, 1, 0, -100_001, 50_000,
    ]  # fmt: skip


def test_a_seventh_decimal_is_rounded_away():
    assert deltas(np.array([[107.1234564, 29.0000006]])) == [107_123_456, 29_000_001]


def test_rounding_does_not_add_up_along_a_line():
    lonlat = np.stack([107 + np.arange(1000) * 3.3e-7, np.full(1000, 29.0)], axis=1)
    assert abs(decoded(deltas(lonlat)) - lonlat).max() <= 0.5e-6 + 1e-12


def test_points_lines_and_polygons_are_rings_of_their_owner():
    made = encode(geometries(shapely.Point(1, 2), shapely.LineString([(0, 0), (1, 1)]), shapely.box(0, 0, 1, 1)))
    assert made["owner"] == [0, 1, 2]
    assert made["kind"] == [0, 1, 2]
    assert made["size"] == [1, 2, 5]
    assert len(made["xy"]) == 2 * (1 + 2 + 5)


def test_a_hole_and_a_second_part_are_rings_of_the_same_owner():
    with_hole = shapely.box(0, 0, 9, 9).difference(shapely.box(3, 3, 4, 4))
    two = shapely.MultiPolygon([with_hole, shapely.box(20, 20, 21, 21)])
    made = encode(geometries(two))
    assert made["owner"] == [0, 0, 0]
    assert made["kind"] == [2, 2, 2]


def test_nested_collections_come_apart():
    inner = shapely.GeometryCollection([shapely.Point(5, 5), shapely.MultiPoint([(6, 6), (7, 7)])])
    outer = shapely.GeometryCollection([inner, shapely.LineString([(0, 0), (1, 0)])])
    made = encode(geometries(shapely.box(0, 0, 1, 1), outer))
    assert made["owner"] == [0, 1, 1, 1, 1]
    assert sorted(made["kind"][1:]) == [0, 0, 0, 1]


def test_nothing_is_written_for_no_shape_and_for_an_empty_one():
    made = encode(geometries(None, shapely.Polygon(), shapely.Point(1, 1), shapely.GeometryCollection()))
    assert made["owner"] == [2]
    assert encode(np.empty(0, object)) == {"owner": [], "kind": [], "size": [], "xy": []}
