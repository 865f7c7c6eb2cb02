"""Rows and cells are what Python's own reader of such tables says, whichever way a block is taken."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuling_gis.errors import FileError
from fuling_gis.readers import cells
from fuling_gis.readers.cells import Sheet, first_row, pieces

# Short cells of the signs that matter, and words that no table would hold.
CELLS = st.text(alphabet='ab ,;"\r\n\ufeff\u2028涪-=\x00\t', max_size=5)
RAW = st.text(alphabet='a,"\n\r涪 ', max_size=40)


def sheet(path, text, fields):
    path.write_bytes(text.encode())
    return Sheet(path, "utf-8", ",", 0, fields, fields)


def expected(text, width):
    """Give the rows below the first as `csv` has them, filled up to a width; None where one is too wide."""
    rows = [row for row in list(csv.reader(io.StringIO(text, newline="")))[1:] if row]
    if any(cell.strip() for row in rows for cell in row[width:]):
        return None
    return [[*row, *[""] * width][:width] for row in rows]


def swallows(text):
    """Tell, sign by sign, whether a quotation is never closed, or ends in a cell of a row of several lines."""
    state, lines, stray = "start", 1, False
    for sign in text:
        if state == "quoted":
            lines += sign in "\r\n"
            state = "closing" if sign == '"' else "quoted"
        elif sign in "\r\n":
            if lines > 1 and stray:
                return True
            state, lines, stray = "start", 1, False
        elif sign == ",":
            state = "start"
        elif sign == '"' and state in ("start", "closing"):
            state = "quoted"
        else:
            stray |= state == "closing"
            state = "plain"
    return state == "quoted" or (lines > 1 and stray)


def found(one, size=3):
    return [list(row.values()) for table in pieces(one, size) for row in table.to_pylist()]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.csv"


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=8), block=st.integers(1, 40), quoting=st.booleans())
def test_what_a_program_wrote_is_read_back(path, monkeypatch, rows, block, quoting):
    monkeypatch.setattr(cells, "_BLOCK", block)
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL if quoting else csv.QUOTE_MINIMAL)
    writer.writerows([("x", "y", "z"), *rows])
    assert found(sheet(path, out.getvalue(), ("x", "y", "z"))) == [list(row) for row in rows]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=RAW, block=st.integers(1, 12))
def test_any_text_has_the_rows_that_csv_sees(path, monkeypatch, text, block):
    monkeypatch.setattr(cells, "_BLOCK", block)
    whole = "x,y\n" + text
    try:
        wanted = None if swallows(whole) else expected(whole, 2)
    except csv.Error:
        wanted = None
    one = sheet(path, whole, ("x", "y"))
    if wanted is None:
        with pytest.raises(FileError):
            found(one)
    else:
        assert found(one) == wanted


@pytest.mark.parametrize("block", [5, 1 << 22])
@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('x,y\n1,2\n3,"4\n5,6\n7,8\n', 3),
        ('x,y\n1,"a\nb"\n"2,3\n4,5\n', 4),
        ('x,y\n1,2\n3,"', 3),
        ('x,y\n1,"2""', 2),
        ('x,"y\n1,2\n', 1),
    ],
)
def test_a_quotation_that_is_never_closed_swallows_no_rows(path, monkeypatch, block, text, line):
    monkeypatch.setattr(cells, "_BLOCK", block)
    with pytest.raises(FileError, match=f"line {line} a quotation"):
        found(sheet(path, text, ("x", "y")))


@pytest.mark.parametrize("block", [5, 1 << 22])
@pytest.mark.parametrize(
    ("text", "lines"),
    [
        # Two stray marks: rows 1 and 3 were one, and row 2 was lost.
        ('x,y,z\n1,"2,3\n4,5,6\n7,"8,9\n', "2 to 4"),
        ('x,y,z\n"1,2,3\n4,5,6\n"7,8,9\n', "2 to 4"),
        # The second mark happens to end a cell.
        ('x,y,z\n0,0,0\n1,"2,3\n4,5,6\n",8,9\n', "3 to 5"),
        ('x,y,z\n1,2,"3\n4,5,6"\n', "2 to 3"),
        ('x,y,z\r\n1,2,"3\r\n4,5,6\r\n"\r\n', "2 to 4"),
    ],
)
def test_stray_quotation_marks_swallow_no_rows(path, monkeypatch, block, text, lines):
    monkeypatch.setattr(cells, "_BLOCK", block)
    with pytest.raises(FileError, match=f"one row of lines {lines}, but"):
        found(sheet(path, text, ("x", "y", "z")))


@pytest.mark.parametrize("block", [5, 1 << 22])
def test_cells_of_several_lines_and_marks_of_inches_are_read(path, monkeypatch, block):
    monkeypatch.setattr(cells, "_BLOCK", block)
    text = 'x,y,z\n1,"a, b, c\nd ""e"", f, g\n",3\n4,"6" pipe,5\n6,2" pipe,7\n'
    text += '8,"POLYGON((1 2,3 4,\n5 6,7 8,\n9 9,1 2))",9\n'
    wanted = [
        ["1", 'a, b, c\nd "e", f, g\n', "3"],
        ["4", "6 pipe", "5"],
        ["6", '2" pipe', "7"],
        ["8", "POLYGON((1 2,3 4,\n5 6,7 8,\n9 9,1 2))", "9"],
    ]
    assert found(sheet(path, text, ("x", "y", "z"))) == wanted


def test_no_cells_end_a_table(path):
    text = "x,y\n1,2\n\ue000\ue001\ue000,\ue000\ue001\ue000\n\n5,6\n"
    assert found(sheet(path, text, ("x", "y"))) == [["1", "2"], ["\ue000\ue001\ue000"] * 2, ["5", "6"]]


def test_pieces_are_full_but_for_the_last(path, monkeypatch):
    monkeypatch.setattr(cells, "_BLOCK", 16)
    one = sheet(path, "x,y\n" + "".join(f"{i},b\n" for i in range(10)), ("x", "y"))
    assert [len(table) for table in pieces(one, 4)] == [4, 4, 2]
    assert [row["x"] for table in pieces(one, 4, ("x",)) for row in table.to_pylist()] == [str(i) for i in range(10)]


def test_lines_before_the_names_are_passed_over(path):
    path.write_text("sep=;\nx;y\n1;2\n", "utf-8")
    assert first_row(path, "utf-8", ";", 1) == ["x", "y"]
    assert found(Sheet(path, "utf-8", ";", 1, ("x", "y"), ("x", "y"))) == [["1", "2"]]


def test_a_delimiter_that_arrow_does_not_know_is_none_the_less_one(path):
    path.write_text("x，y\n1，2\n", "utf-8")
    assert found(Sheet(path, "utf-8", "，", 0, ("x", "y"), ("x", "y"))) == [["1", "2"]]
