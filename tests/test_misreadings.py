"""Files that could be read at another place than they mean, or a site less: each is read rightly, refused or told."""

from __future__ import annotations

import time

import pytest

from fuling_gis.readers import read_table
from fuling_gis.readers.pairs import Spot, read_line
from fuling_gis.readers.place import plain_name


@pytest.mark.parametrize(
    ("line", "x", "y"),
    [
        ("30 107.4 29.7", 107.4, 29.7),
        ("80 29.7 107.4", 107.4, 29.7),
        ("80,29.7,107.4", 107.4, 29.7),
        ("29.7 107.4 80", 107.4, 29.7),
        ("107.4 29.7 80.5", 107.4, 29.7),
    ],
)
def test_an_ordinal_that_could_be_degrees_is_an_ordinal(line, x, y):
    spot = read_line(line)
    assert spot is not None
    assert (spot.x, spot.y) == (x, y)


def test_a_line_that_may_be_two_places_is_none():
    assert read_line("30 107 29") is None
    assert read_line("1 107 29") == Spot("1", 107.0, 29.0)


def test_a_numbered_list_stays_in_its_place_beyond_the_seventieth_line(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("\n".join(f"{n} 29.7{n:03d} 107.4{n:03d}" for n in range(1, 101)), "utf-8")
    table = read_table(path)
    assert [shape.x for shape in table.geometry] == [float(f"107.4{n:03d}") for n in range(1, 101)]
    assert table.text("name").tolist() == [str(n) for n in range(1, 101)]


def test_the_name_of_a_column_of_endless_brackets_is_looked_at_in_no_time():
    begin = time.perf_counter()
    plain_name("(" * 300_000)
    assert time.perf_counter() - begin < 1.0
