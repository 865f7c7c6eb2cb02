"""Geometry as binary: what goes in comes out, and it is the binary of everybody else."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import shapely
from shapely import MultiPoint, Point, Polygon, box

from fuling_gis.wkb import as_wkb, from_wkb

SETS = {
    "points": [Point(450_000.25, 3_280_000.5), Point(-0.0, 1e-300)],
    "a missing one": [Point(1, 2), None],
    "an empty one": [Point(1, 2), Point()],
    "heights": [Point(1, 2, 3), Point(4, 5, 6)],
    "not finite": [Point(1, 2), Point(np.inf, 2)],
    "areas": [box(0, 0, 1, 1), Polygon([(0, 0), (2, 0), (1, 1)])],
    "kinds": [Point(1, 2), box(0, 0, 1, 1), MultiPoint([(1, 1), (2, 2)])],
    "a single kind of the length of a point": [None, None],
    "none at all": [],
}


def array(shapes):
    out = np.empty(len(shapes), dtype=object)
    out[:] = shapes
    return out


@pytest.mark.parametrize("name", SETS)
def test_binary_is_what_shapely_writes(name):
    given = array(SETS[name])
    assert as_wkb(given).to_pylist() == list(shapely.to_wkb(given))


@pytest.mark.parametrize("name", SETS)
def test_what_is_read_is_what_was_written(name):
    given = array(SETS[name])
    assert [repr(shape) for shape in from_wkb(as_wkb(given))] == [repr(shape) for shape in given]


def test_a_part_of_a_column_is_read_and_so_are_pieces():
    column = as_wkb(array([Point(i, -i) for i in range(6)]))
    assert [point.x for point in from_wkb(column[2:5])] == [2, 3, 4]
    assert [point.x for point in from_wkb(pa.chunked_array([column[4:], column[:1]]))] == [4, 5, 0]


def test_points_in_the_other_byte_order_are_read():
    column = pa.array(shapely.to_wkb(array([Point(1, 2), Point(3, 4)]), byte_order=0), pa.binary())
    assert [(point.x, point.y) for point in from_wkb(column)] == [(1, 2), (3, 4)]


def test_what_is_no_geometry_is_refused():
    with pytest.raises(shapely.errors.GEOSException):
        from_wkb(pa.array([b"\1\1\0\0\0" + b"\0" * 15], pa.binary()))
