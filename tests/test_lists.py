"""Columns of few texts, and the order of many numbers."""

from __future__ import annotations

import numpy as np
import pytest

from fuling_gis.overlay.lists import Texts, in_order, stacked


@pytest.mark.parametrize("greatest", [3, 1 << 20, 1 << 58])
def test_equal_numbers_keep_the_order_they_stand_in(greatest):
    key = np.array([2, greatest, 0, 2, greatest, 1, 0], np.int64)
    assert in_order(key).tolist() == [2, 6, 5, 0, 3, 1, 4]


def test_no_numbers_have_no_order():
    assert in_order(np.zeros(0, np.int64)).tolist() == []


@pytest.mark.parametrize("rows", [0, 1, 100, 4095, 4096, 20_000])
@pytest.mark.parametrize("greatest", [1, 50, 1 << 16, 1 << 17, 1 << 34, 1 << 62])
def test_numbers_of_any_length_are_ordered_as_a_stable_sort_does(rows, greatest):
    rng = np.random.default_rng(3)
    # Half of them small: of the last digits alone many are the same.
    key = np.where(rng.random(rows) < 0.5, rng.integers(0, greatest, rows), rng.integers(0, 2, rows) << 20)
    assert in_order(key).tolist() == sorted(range(rows), key=lambda i: key[i])


@pytest.mark.parametrize("kind", [np.int32, np.int64])
def test_what_is_equal_by_the_first_number_is_ordered_by_the_next(kind):
    rng = np.random.default_rng(4)
    first, then = rng.integers(0, 80_000, 30_000).astype(kind), rng.integers(0, 5, 30_000)
    first[::3] = 70_000
    wanted = sorted(range(30_000), key=lambda i: (first[i], then[i]))
    assert in_order(first, then).tolist() == wanted
    assert in_order(first[:99], then[:99]).tolist() == [i for i in wanted if i < 99]


def test_columns_below_one_another_keep_each_text():
    first, second = ("a", "b"), ("b", "c", "a")
    long = np.arange(40) % 2
    other = np.arange(60) % 3
    both = stacked([Texts(long.astype(np.int32), first), Texts(other.astype(np.int32), second)])
    texts = [both.words[code] for code in both.codes]
    assert texts == [first[i] for i in long] + [second[i] for i in other]
