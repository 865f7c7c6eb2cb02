"""Sites as the engine asks them: kinds and places read in blocks, many sites brought into an order in space."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
import toy

from fuling_gis.overlay import sitetree
from fuling_gis.overlay.sitetree import in_space, kinds_and_places, sites_of


@pytest.mark.parametrize("n", [0, 1, 4_095, 4_096, 4_097, 9_000])
def test_points_give_their_kinds_and_places_whatever_the_blocks(n):
    xy = np.column_stack([np.arange(n) + 0.25, -np.arange(n) - 0.5])
    kind, found = kinds_and_places(np.asarray(shapely.points(xy), dtype=object))
    assert kind.tolist() == [0] * n
    assert found.tolist() == xy.tolist()


@pytest.mark.parametrize("at", [0, 4_095, 4_096, 8_999])
def test_one_area_among_points_gives_all_kinds_and_no_places(at):
    geometry = np.asarray(shapely.points(np.zeros((9_000, 2))), dtype=object)
    geometry[at] = shapely.box(0, 0, 1, 1)
    kind, found = kinds_and_places(geometry)
    assert np.flatnonzero(kind).tolist() == [at]
    assert kind[at] == 3
    assert found.shape == (0, 2)


def test_few_sites_keep_their_order_and_many_follow_one_another_in_space():
    # Four heaps in the corners of a square, told in turn.
    corner = np.array([[0.0, 0.0], [900.0, 900.0], [0.0, 900.0], [900.0, 0.0]])
    few = np.tile(corner, (10, 1))
    assert in_space(few).tolist() == list(range(40))
    many = np.tile(corner, (sitetree.MANY_SITES, 1))
    order = in_space(many)
    assert sorted(order.tolist()) == list(range(len(many)))
    heap = order % 4
    # Lower left, lower right, upper left, upper right, each heap in the order of its sites.
    assert heap[np.flatnonzero(np.diff(heap, prepend=-1))].tolist() == [0, 3, 2, 1]
    assert all((np.diff(order[heap == one]) > 0).all() for one in range(4))


@pytest.mark.parametrize("many", [True, False])
def test_no_sites_have_an_order(many):
    with toy.many(sites=many):
        assert in_space(np.zeros((0, 2))).tolist() == []


def test_sites_all_in_one_place_are_put_in_some_order():
    many = np.full((sitetree.MANY_SITES, 2), 5.0)
    assert in_space(many).tolist() == list(range(len(many)))


def test_arranged_points_keep_their_geometry_and_their_coordinates_together():
    rng = np.random.default_rng(3)
    xy = rng.uniform(0, 1000, (50, 2))
    tree = sites_of(np.asarray(shapely.points(xy), dtype=object), many=True)
    rows = rng.permutation(50)[:20]
    for some in (tree.arranged(rows), tree.take(rows), tree.arranged(rows).take(np.arange(20))):
        assert shapely.get_coordinates(some.geometry).tolist() == xy[rows].tolist()
        assert some.flat.xy[some.rows].tolist() == xy[rows].tolist()
        assert some.middle.tolist() == xy[rows].tolist()
        assert some.bounds.tolist() == np.concatenate([xy[rows], xy[rows]], axis=1).tolist()


def test_the_middle_of_areas_is_that_of_their_boxes():
    tree = sites_of(np.array([shapely.box(0, 10, 4, 30), shapely.Point(7, 8)], dtype=object))
    assert tree.middle.tolist() == [[2.0, 20.0], [7.0, 8.0]]
