"""Outlines as segments under a tree of boxes."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from fuling_gis.overlay.compiled.outline import BRANCHES, RUN, Tree, tree_of


def made(*geometry: Any) -> Tree:
    return tree_of(np.array(geometry, dtype=object))


def test_a_square_is_one_leaf_of_four_segments_with_the_area_to_their_left():
    tree = made(shapely.box(0, 0, 1, 2))
    assert tree.first.tolist() == [0, 4]
    assert tree.ring.tolist() == [True]
    assert tree.box.tolist() == [[0, 0, 1, 2]]
    assert tree.owner.tolist() == [0]
    ax, ay, bx, by = tree.segment.T
    # The middle (0.5, 1) lies left of each segment, whichever way the ring was drawn.
    assert ((bx - ax) * (1 - ay) - (by - ay) * (0.5 - ax) > 0).all()
    back = made(shapely.box(0, 0, 1, 2).reverse())
    assert {tuple(s) for s in back.segment.tolist()} == {tuple(s) for s in tree.segment.tolist()}


def test_a_hole_runs_the_other_way():
    tree = made(shapely.box(0, 0, 9, 9).difference(shapely.box(3, 3, 6, 6)))
    ax, ay, bx, by = tree.segment.T
    # Twice the area under the rings: 81 less 9.
    assert (ax * by - bx * ay).sum() == 2 * 72


def test_points_are_segments_of_no_length_and_lines_are_no_rings():
    tree = made(shapely.Point(5, 6), shapely.LineString([(0, 0), (1, 1), (1, 1)]))
    assert sorted(tree.segment.tolist()) == [[0, 0, 1, 1], [1, 1, 1, 1], [5, 6, 5, 6]]
    assert not tree.ring.any()
    assert sorted(tree.owner[:2].tolist()) == [0, 1]


def test_runs_are_leaves_and_never_of_two_features():
    line = shapely.LineString(np.c_[np.arange(RUN * 2 + 2), np.zeros(RUN * 2 + 2)])
    tree = made(line, shapely.LineString([(0, 5), (1, 5)]))
    # Seventeen segments are runs of eight, eight and one.
    assert sorted(np.diff(tree.first).tolist()) == [1, 1, RUN, RUN]
    assert len(tree.ring) == 4
    # One node above all four, of both features.
    assert tree.owner[-1] == 2
    assert tree.box[-1].tolist() == [0, 0, RUN * 2 + 1, 5]


def test_every_node_holds_its_members_and_every_leaf_has_one_way_up():
    rng = np.random.default_rng(1)
    tree = made(*[shapely.LineString(rng.uniform(0, 100, (40, 2))) for _ in range(30)], shapely.Polygon())
    leaves = len(tree.ring)
    members = []
    for node in range(leaves, len(tree.owner)):
        mine = np.arange(tree.child[node], tree.child[node + 1])
        assert 1 <= len(mine) <= BRANCHES
        members += mine.tolist()
        assert (tree.box[node, :2] == tree.box[mine, :2].min(axis=0)).all()
        assert (tree.box[node, 2:] == tree.box[mine, 2:].max(axis=0)).all()
        owners = set(tree.owner[mine].tolist())
        assert tree.owner[node] == (owners.pop() if len(owners) == 1 else tree.features)
    assert sorted(members) == list(range(len(tree.owner) - 1))
    assert tree.features == 31


def test_nothing_has_no_nodes():
    for tree in (made(), made(shapely.Polygon(), shapely.GeometryCollection())):
        assert not len(tree.segment)
        assert not len(tree.owner)
        assert tree.first.tolist() == [0]
