"""The grid of bounds: which cell, how far its middle is from the outline, in which features a place lies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely

from fuling_gis.overlay.compiled import field as fields
from fuling_gis.overlay.compiled.field import features_at, field_of
from fuling_gis.overlay.compiled.outline import tree_of
from fuling_gis.overlay.compiled.search import room_for


def made(*geometry: Any) -> tuple[Any, Any, Any]:
    """Make the tree, the field and the room of features."""
    tree = tree_of(np.array(geometry, dtype=object))
    return tree, field_of(tree), room_for(tree)


def held_at(ground: tuple[Any, Any, Any], x: float, y: float) -> set[int]:
    """Tell the features that a place lies in."""
    tree, field, room = ground
    count = features_at(field, tree, room, x, y)
    return {int(feature) for feature in room.held[:count]}


@pytest.mark.parametrize("side", [1.0, 100_000.0, 400_000.0, 10_000_000.0])
def test_a_square_of_any_size_holds_its_middle_and_nothing_beside_it(side):
    ground = made(shapely.box(0, 0, side, side))
    inner, outer = np.array([0.001, 0.3, 0.5, 0.999]) * side, np.array([-0.01, 1.01]) * side
    assert all(held_at(ground, x, y) == {0} for x in inner for y in inner)
    assert not any(held_at(ground, x, y) for x in outer for y in inner)
    assert not any(held_at(ground, x, y) for x in inner for y in outer)


@pytest.mark.parametrize("cells", [8, 12, 14, 15, 15.5])
def test_a_corner_on_the_middle_of_a_block_turns_no_block_inside_out(cells):
    # The grid begins at the first shift unless a middle lies on the outline; its cells are 100 m.
    corner = -fields.AROUND_M - fields._SHIFTS[0] * 100.0
    at = corner + (48 + cells) * 100.0
    # An L whose inner corner lies on the middle of a block of that grid.
    ground = made(shapely.Polygon([(0, 0), (3000, 0), (3000, at), (at, at), (at, 3000), (0, 3000)]))
    rng = np.random.default_rng(1)
    for x, y in rng.uniform(-400, 3400, (400, 2)):
        inside = 0 < x < 3000 and 0 < y < 3000 and (x < at or y < at)
        assert held_at(ground, x, y) == ({0} if inside else set())


def test_cells_are_a_hundred_metres_and_reach_five_kilometres_beyond_the_outline():
    _, field, _ = made(shapely.box(0, 0, 1000, 1000))
    assert field.cell_m == 100.0
    # The lower left corner is shifted by less than a cell, and there is room for 1000 m and 5000 m to either side.
    assert -5100 < field.x0 <= -5000
    assert -5100 < field.y0 <= -5000
    assert field.x0 + field.nx * 100 > 6000
    assert field.y0 + field.ny * 100 > 6000


def test_large_ground_has_larger_cells_so_that_there_are_not_more_of_them():
    ground = shapely.box(0, 0, 470_000, 10)
    # 480 km along x in 480 cells; blocks of 16 cells round up, and the shift needs one more.
    _, field, _ = made(ground.segmentize(200.0))
    assert field.cell_m == 1000.0
    assert 480 <= field.nx <= 512


def test_few_segments_have_larger_cells_so_that_a_simple_outline_takes_little_memory():
    ground = shapely.box(0, 0, 470_000, 10)
    # 4 segments: 160 cells along 480 km.
    assert made(ground)[1].cell_m == 3000.0
    # 470 along each long side and one at each end: 60 * 942 cells in all.
    assert made(ground.segmentize(1000.0))[1].cell_m == pytest.approx(480_000 / (60 * 942) ** 0.5)


def test_features_that_overlap_a_lot_have_larger_cells():
    _, field, _ = made(*[shapely.box(0, 0, 1000, 1000)] * 40)
    assert field.cell_m == 100.0
    # 1,000 squares of 2.5e9 m2 and 2e7 entries: each entry stands for 1.25e5 m2, a cell of 353.55 m.
    _, field, _ = made(*[shapely.box(0, 0, 50_000, 50_000)] * 1000)
    assert field.cell_m == pytest.approx((1000 * 2.5e9 / 2e7) ** 0.5)


def cell(field: Any, x: float, y: float) -> tuple[int, float]:
    return fields.cell_at(field, x, y)


def test_a_place_is_in_its_cell_and_as_far_from_the_middle_as_it_looks():
    _, field, _ = made(shapely.box(0, 0, 1000, 1000))
    # Close to the outline each cell has its own middle.
    i, j = int(-field.x0 / 100), int(-field.y0 / 100)
    mx, my = field.x0 + (i + 0.5) * 100, field.y0 + (j + 0.5) * 100
    assert cell(field, mx, my) == (j * field.nx + i, pytest.approx(0.0, abs=1e-9))
    assert cell(field, mx + 30, my - 40) == (j * field.nx + i, pytest.approx(50.0))
    # Beyond its upper edge lies the cell of the next row.
    assert cell(field, mx, my + 51)[0] == (j + 1) * field.nx + i


@pytest.mark.parametrize(("x", "y"), [(-1e-6, 50.0), (50.0, -1e-6), (1e9, 50.0), (50.0, 1e9), (-1e9, -1e9)])
def test_a_place_off_the_grid_is_in_no_cell(x, y):
    _, field, _ = made(shapely.box(0, 0, 1000, 1000))
    assert cell(field, field.x0 + x, field.y0 + y) == (-1, np.inf)


def test_far_from_the_outline_many_cells_share_a_middle():
    _, field, _ = made(shapely.box(0, 0, 1000, 1000))
    far, _ = cell(field, -4500, -4500)
    near, _ = cell(field, 0, 500)
    assert field.doublings[near] == 0
    assert field.doublings[far] > 0
    # The middle's distance is told, to single precision: at most 1 cm off here.
    level = int(field.doublings[far])
    i, j = far % field.nx >> level << level, far // field.nx >> level << level
    mx, my = field.x0 + 100 * (i + 2**level / 2), field.y0 + 100 * (j + 2**level / 2)
    assert field.signed[far] == pytest.approx(np.hypot(mx, my), abs=0.01)


def bounds(field: Any, boxes: Any) -> tuple[Any, Any]:
    """Bound the signed distance over each box, as answers are told by."""
    low, high = np.full(len(boxes), -np.inf), np.full(len(boxes), np.inf)
    for i, box in enumerate(boxes):
        number, reach = fields.cell_of_box(field, *box)
        if number >= 0:
            low[i], high[i] = field.signed[number] - reach, field.signed[number] + reach
    return low, high


def test_the_bounds_of_a_point_hold_its_signed_distance():
    _, field, _ = made(shapely.box(0, 0, 1000, 1000))
    rng = np.random.default_rng(2)
    xy = rng.uniform(-4900, 5900, (500, 2))
    low, high = bounds(field, np.concatenate([xy, xy], axis=1))
    # Signed distance to the square, by hand.
    out = np.maximum(np.abs(xy - 500) - 500, 0)
    inner = (500 - np.abs(xy - 500)).min(axis=1)
    signed = np.where(inner > 0, -inner, np.hypot(out[:, 0], out[:, 1]))
    assert (low <= signed).all()
    assert (signed <= high).all()
    # And they are of use: never wider than twice the way to the middle of a cell, or 0.3 of the distance.
    assert (high - low <= np.maximum(142, 0.4 * np.abs(signed) + 1)).all()


def test_the_bounds_of_a_cell_hold_for_its_corners():
    _, field, _ = made(shapely.box(0, 0, 1000, 1000))
    number = np.arange(field.nx * field.ny)
    low, high = np.array([fields.bounds_of_cell(field, cell) for cell in number]).T
    for right, up in ((0, 0), (0, 1), (1, 0), (1, 1), (0.5, 0.5)):
        x, y = field.x0 + (number % field.nx + right) * 100, field.y0 + (number // field.nx + up) * 100
        out = np.maximum(np.abs(np.stack([x, y]) - 500) - 500, 0)
        inner = (500 - np.abs(np.stack([x, y]) - 500)).min(axis=0)
        signed = np.where(inner > 0, -inner, np.hypot(*out))
        assert (low <= signed).all()
        assert (signed <= high).all()
    # A cell of its own is bounded by half a diagonal to each side of its middle, and next to nothing more.
    assert (high - low)[field.doublings == 0].max() < 142


def test_a_box_lies_apart_from_the_cell_of_its_middle_by_half_its_diagonal():
    _, field, _ = made(shapely.box(0, 0, 1000, 1000))
    x, y = field.x0 + 1250, field.y0 + 2350
    assert fields.cell_apart(field, x - 30, y - 40, x + 30, y + 40) == (23 * field.nx + 12, pytest.approx(50))
    assert fields.cell_apart(field, x, y, x, y) == (23 * field.nx + 12, 0.0)
    assert fields.cell_apart(field, x - 1e6, y, x - 1e6, y) == (-1, np.inf)


def test_bounds_of_a_box_hold_for_all_of_it_and_there_are_none_off_the_grid():
    _, field, _ = made(shapely.box(0, 0, 1000, 1000))
    low, high = bounds(field, np.array([[400.0, 400, 2000, 600], [9e5, 0, 9e5, 0]]))
    # From 400 m deep, in its middle row 500 m, to 1000 m outside.
    assert low[0] <= -500
    assert high[0] >= 1000
    assert (low[1], high[1]) == (-np.inf, np.inf)


def test_distances_of_thousands_of_kilometres_stay_within_the_bounds():
    # Single precision knows 4,000 km only to a quarter of a metre; from the middle of a block there is no way to go.
    _, field, _ = made(shapely.box(0, 0, 1e7, 1e7).segmentize(1e4))
    i, j = (n.ravel() for n in np.meshgrid(np.arange(16 * 8, 16 * 20), np.arange(16 * 8, 16 * 20)))
    level = field.doublings[j * field.nx + i]
    xy = np.stack([(n >> level << level) + 0.5 * (1 << level.astype(int)) for n in (i, j)], axis=1) * field.cell_m
    xy = np.unique(xy + np.array([field.x0, field.y0]), axis=0)
    assert len(xy) > 50
    low, high = bounds(field, np.concatenate([xy, xy], axis=1))
    signed = -np.minimum(xy, 1e7 - xy).min(axis=1)
    assert (low <= signed).all()
    assert (signed <= high).all()


def test_a_place_is_in_each_feature_that_holds_it():
    # A hole from 400 to 600 in the first square; the second overlaps it; the third is an island in the hole.
    first = shapely.box(0, 0, 1000, 1000).difference(shapely.box(400, 400, 600, 600))
    ground = made(first, shapely.box(300, 300, 450, 2000), shapely.box(500, 500, 550, 550), shapely.Point(700, 700))
    assert held_at(ground, 100, 100) == {0}
    assert held_at(ground, 350, 350) == {0, 1}
    assert held_at(ground, 420, 420) == {1}
    assert held_at(ground, 470, 470) == set()
    assert held_at(ground, 525, 525) == {2}
    assert held_at(ground, 400, 1500) == {1}
    assert held_at(ground, 700, 700) == {0}
    assert held_at(ground, 1001, 500) == set()
    assert held_at(ground, 1e6, 1e6) == set()


def test_lines_and_points_hold_no_place():
    ground = made(shapely.LineString([(0, 0), (100, 0), (100, 100), (0, 0)]), shapely.Point(70, 30))
    assert held_at(ground, 70, 30) == set()


def leaves_at(ground: tuple[Any, Any, Any], x: float, y: float) -> set[int]:
    tree, field, _ = ground
    number, _ = cell(field, x, y)
    leaves = field.leaf[field.begins[number] : field.begins[number + 1]]
    assert len(set(leaves.tolist())) == len(leaves), "a leaf is listed twice"
    return {int(tree.owner[leaf]) for leaf in leaves}


def test_a_cell_lists_what_comes_near_it_and_nothing_that_only_has_a_large_box():
    # A long line across, and a square all around whose single leaf has a box as large as the grid's inner part.
    ground = made(shapely.LineString([(0, 0), (3000, 3000)]), shapely.box(-1000, -1000, 4000, 4000))
    assert leaves_at(ground, 1500, 1500) == {0}
    assert leaves_at(ground, 3000, 100) == set()
    assert leaves_at(ground, 4000, 1000) == {1}
    assert leaves_at(ground, -1000, -1000) == {1}


def test_a_segment_is_listed_by_all_cells_within_reach_of_it():
    rng = np.random.default_rng(4)
    lines = [shapely.LineString(rng.uniform(0, 900, (2, 2))) for _ in range(12)]
    lines += [shapely.LineString([(0, 500), (900, 500)]), shapely.LineString([(500, 0), (500, 900)])]
    lines += [shapely.Point(333, 333), shapely.LineString([(0, 100), (900, np.nextafter(100, 101))])]
    ground = made(*lines)
    _, field, _ = ground
    for i in range(45, 65):
        for j in range(45, 65):
            x, y = field.x0 + i * 100, field.y0 + j * 100
            square = shapely.box(x, y, x + 100, y + 100)
            near = {n for n, line in enumerate(lines) if shapely.distance(line, square) <= fields.REACH_M}
            assert near <= leaves_at(ground, x + 50, y + 50)


@pytest.mark.parametrize("geometry", [[], [shapely.Polygon()], [shapely.GeometryCollection(), shapely.Point()]])
def test_without_an_outline_every_place_is_off_the_grid_and_in_nothing(geometry):
    tree = tree_of(np.array(geometry, dtype=object))
    field = field_of(tree)
    assert cell(field, 0.0, 0.0) == (-1, np.inf)
    assert features_at(field, tree, room_for(tree), 0.0, 0.0) == 0
