"""Sites as coordinates: chains, and which way their rings turn."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from fuling_gis.overlay.compiled.flat import Flat, along_curve, beside, flat_of

SQUARE = shapely.Polygon([(0, 0), (4, 0), (4, 4), (0, 4)])
HOLED = shapely.Polygon(SQUARE.exterior.coords, [[(1, 1), (2, 1), (2, 2), (1, 2)]])


def made(*geometry: Any) -> Flat:
    column = np.array(geometry, dtype=object)
    return flat_of(column, shapely.get_type_id(column))


def chains(flat: Flat, site: int) -> list[list[list[float]]]:
    """Give the coordinates of each chain of a site."""
    of = range(flat.chain[site], flat.chain[site + 1])
    return [flat.xy[flat.first[c] : flat.first[c + 1]].tolist() for c in of]


def test_points_alone():
    flat = made(shapely.Point(1, 2), shapely.Point(3, 4, 99))
    assert [chains(flat, i) for i in (0, 1)] == [[[[1, 2]]], [[[3, 4]]]]
    assert flat.turn.tolist() == [0, 0]
    assert flat.box.tolist() == [[1, 2, 1, 2], [3, 4, 3, 4]]


def test_sites_of_all_kinds_with_and_without_a_hole():
    line = shapely.LineString([(5, 5), (6, 7)])
    for area in (SQUARE, HOLED):
        flat = made(shapely.Point(9, 9), area, line, shapely.LinearRing([(0, 0), (1, 0), (1, 1)]))
        assert chains(flat, 0) == [[[9, 9]]]
        assert chains(flat, 1)[0] == [list(xy) for xy in SQUARE.exterior.coords]
        assert len(chains(flat, 1)) == 1 + len(area.interiors)
        assert chains(flat, 2) == [[[5, 5], [6, 7]]]
        assert len(chains(flat, 3)[0]) == 4
        assert flat.box.tolist() == [[9, 9, 9, 9], [0, 0, 4, 4], [5, 5, 6, 7], [0, 0, 1, 1]]


def test_shells_against_the_clock_and_holes_with_it_turn_as_they_should():
    # The hole of HOLED is drawn against the clock, which is the wrong way about for a hole.
    assert made(HOLED).turn.tolist() == [1, -1]
    assert made(shapely.orient_polygons(HOLED)).turn.tolist() == [1, 1]
    assert made(SQUARE).turn.tolist() == [1]
    assert made(SQUARE.reverse()).turn.tolist() == [-1]
    assert made(shapely.LinearRing(SQUARE.exterior.coords)).turn.tolist() == [0]


def test_sites_put_after_others_are_as_they_were():
    both = beside(made(HOLED, shapely.Point(7, 7)), made(shapely.LineString([(1, 1), (2, 3)]), SQUARE))
    assert [len(chains(both, i)) for i in range(4)] == [2, 1, 1, 1]
    assert chains(both, 2) == [[[1, 1], [2, 3]]]
    assert chains(both, 3)[0][2] == [4, 4]
    assert both.turn.tolist() == [1, -1, 0, 0, 1]
    assert both.box[3].tolist() == [0, 0, 4, 4]


def test_places_are_numbered_along_a_z_shaped_curve():
    # A grid of unit cells from (10, 20): the numbers of its first cells, row by row, drawn by hand.
    middle = np.array([[10.5 + x, 20.5 + y] for y in range(4) for x in range(4)])
    number = np.empty(16, np.uint16)
    along_curve(middle, (10.0, 20.0), 1.0, number)
    assert number.tolist() == [0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15]


def test_the_last_cell_of_the_curve_is_the_upper_right_one():
    number = np.empty(2, np.uint16)
    along_curve(np.array([[255.9, 255.9], [255.9, 0.0]]), (0.0, 0.0), 1.0, number)
    assert number.tolist() == [0xFFFF, 0x5555]
