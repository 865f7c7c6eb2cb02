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
