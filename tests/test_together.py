"""Runs of points are put together, and nothing is lost, doubled or moved by it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
import toy

from fuling_gis.sites.together import points_together

POINT, BOX = shapely.Point(1, 2), shapely.box(0, 0, 9, 9)


def batch(first, *shapes, notices=(), **facts):
    sites = toy.sites(*shapes)
    columns = {name: np.array([text] * len(shapes), dtype=object) for name, text in facts.items()}
    return replace(sites, row=sites.row + first, facts=columns, notices=tuple(notices))


@pytest.mark.parametrize(
    ("shapes", "sizes"),
    [
        ([[POINT] * 2, [POINT] * 2, [POINT] * 2], [4, 2]),
        ([[POINT] * 2, [POINT, BOX], [POINT], [POINT]], [2, 2, 2]),
        ([[BOX], [BOX], [POINT] * 3], [1, 1, 3]),
        ([[POINT] * 9, [POINT]], [9, 1]),
        ([[POINT] * 3, [POINT], [POINT]], [4, 1]),
        ([[POINT, None], [None], [POINT]], [4]),
        ([], []),
    ],
)
def test_only_runs_of_points_are_put_together_and_no_larger_than_asked(shapes, sizes):
    starts = np.cumsum([0, *map(len, shapes)])
    given = [batch(start, *some) for start, some in zip(starts[:-1], shapes, strict=True)]
    out = list(points_together(given, 4))
    assert [len(one) for one in out] == sizes
    assert [row for one in out for row in one.row.tolist()] == list(range(starts[-1]))
    assert [shape for one in out for shape in one.geometry] == [shape for some in shapes for shape in some]


def test_a_fact_of_one_batch_is_empty_in_the_other_and_notices_stand_once():
    both, first, second = ({"zh": text, "en": text} for text in ("both", "first", "second"))
    a = batch(0, POINT, notices=[both, first], waste="yes")
    b = batch(1, POINT, notices=[both, second], depth="3")
    (one,) = points_together([a, b], 8)
    assert {name: column.tolist() for name, column in one.facts.items()} == {"waste": ["yes", ""], "depth": ["", "3"]}
    assert one.notices == (both, first, second)
