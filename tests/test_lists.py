"""Columns of few texts, and the order of many numbers."""

from __future__ import annotations

import numpy as np
import pytest

from fuling_gis.overlay.lists import Texts, in_order, stacked


@pytest.mark.parametrize("greatest", [3, 1 << 20, 1 << 58])
def test_equal_numbers_keep_the_order_they_stand_in(greatest):
    # The third way holds numbers too long to be put before their places.
    key = np.array([2, greatest, 0, 2, greatest, 1, 0], np.int64)
    assert in_order(key).tolist() == [2, 6, 5, 0, 3, 1, 4]


def test_no_numbers_have_no_order():
    assert in_order(np.zeros(0, np.int64)).tolist() == []


def test_many_numbers_are_ordered_as_a_stable_sort_does():
    key = np.random.default_rng(3).integers(0, 50, 20_000)
    assert (in_order(key) == np.argsort(key, kind="stable")).all()


def test_columns_below_one_another_keep_each_text():
    first, second = ("a", "b"), ("b", "c", "a")
    long = np.arange(40) % 2
    other = np.arange(60) % 3
    both = stacked([Texts(long.astype(np.int32), first), Texts(other.astype(np.int32), second)])
    texts = [both.words[code] for code in both.codes]
    assert texts == [first[i] for i in long] + [second[i] for i in other]
