"""Natures are read as the contract says."""

from __future__ import annotations

import pytest

from fuling_gis.answers import MAYBE, NO, YES
from fuling_gis.natures import answer, natures, read_natures


def test_the_natures_are_those_of_the_contract():
    assert list(natures()) == ["new", "alter", "expand", "upgrade", "change_use", "existing"]


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("新建", {"new"}),
        ("改建", {"alter"}),
        ("扩建", {"expand"}),
        ("改扩建", {"alter", "expand"}),
        ("改（扩）建", {"alter", "expand"}),
        ("迁建", {"new"}),
        ("技改", {"upgrade"}),
        ("技术改造", {"upgrade"}),
        ("改变用途", {"change_use"}),
        ("现有", {"existing"}),
        ("已建", {"existing"}),
        ("new;expand", {"new", "expand"}),
        ("新建、扩建", {"new", "expand"}),
        (" NEW ", {"new"}),
    ],
)
def test_a_text_states_natures(text, stated):
    reading = read_natures(text)
    assert reading.stated == stated
    assert not reading.doubtful


def test_the_best_answer_counts():
    assert answer(read_natures("改扩建"), ["expand"]) == YES
    assert answer(read_natures("改扩建"), ["new"]) == NO
    assert answer(read_natures(""), ["new"]) == MAYBE
    assert answer(read_natures("待定"), ["new"]) == MAYBE
    assert answer(read_natures("扩建；待定"), ["new"]) == MAYBE
    assert answer(read_natures("扩建；待定"), ["expand"]) == YES
    assert answer(read_natures(""), []) == YES


@pytest.mark.parametrize("text", ["新建/扩建", "新建，扩建", "新建,扩建", "新建、扩建", "新建+扩建"])
def test_two_natures_may_stand_in_one_cell_in_many_ways(text):
    assert read_natures(text).stated == {"new", "expand"}
    assert read_natures(text).unknown == ()
