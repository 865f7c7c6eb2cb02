"""CSV as bytes: numbers, quoting, and text that a spreadsheet would run."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from outputs_made import frame

from fuling_gis.outputs.csvfile import CsvFile, lines
from fuling_gis.outputs.harmless import harmless
from fuling_gis.outputs.part import table
from fuling_gis.overlay.result import Columns


def cells(*texts):
    return harmless(pa.array(texts, pa.string())).to_pylist()


@pytest.mark.parametrize("operator", ["=", "+", "-", "@", "＝", "＋", "－", "＠"])
@pytest.mark.parametrize("before", ["", " ", "\u3000", "\u00a0", "\ufeff", "\u200b", " \u3000 "])
def test_text_that_begins_with_an_operator_gets_an_apostrophe(operator, before):
    text = f"{before}{operator}1+1"
    assert cells(text) == [f"'{text}"]


@pytest.mark.parametrize("blank", ["\t", "\r", "\n"])
def test_a_tab_or_line_break_at_the_start_is_made_a_blank_behind_an_apostrophe(blank):
    assert cells(f"{blank}=A1", f"{blank}plain") == ["' =A1", "' plain"]


def test_line_breaks_inside_a_cell_become_blanks():
    assert cells("a\nb\rc\r\nd\u2028e\u0085f\x00g\x1bh") == ["a b c  d e f g h"]


def test_marks_that_turn_the_direction_are_left_out_and_hide_no_operator():
    assert cells("厂\u202egnp.exe\u2066址\u200f", "\u202e=1+1", "a;\u2067@y") == ["厂gnp.exe址", "'=1+1", "a;'@y"]


def test_a_formula_behind_a_semicolon_is_stopped_too_for_spreadsheets_that_split_there():
    assert cells("x;=1+1", "x; @y", "FL-001;FL-032") == ["x;'=1+1", "x; '@y", "FL-001;FL-032"]


def test_ordinary_text_stays_as_it_is():
    texts = ["涪陵", "3-5号地块", "a=b", "#1", "'quoted", "100%", "", "𠀀㐀䶮", "{{ 7*7 }}", "<b>", "C:\\x"]
    assert cells(*texts) == texts
    assert cells(None) == [None]


def test_a_file_begins_with_a_byte_order_mark_and_its_header(tmp_path):
    file = CsvFile(tmp_path / "x.csv", ["row", "code"])
    file.close()
    assert (tmp_path / "x.csv").read_bytes() == b"\xef\xbb\xbfrow,code\n"


def written(columns, *lines_):
    return bytes(lines(table(Columns.of(frame(columns, lines_)), columns))).decode()


def test_numbers_have_fixed_decimals_and_none_is_empty():
    columns = ["row", "area_m2", "inside_share", "more_features", "name"]
    assert (
        written(
            columns,
            {"row": 0, "area_m2": 1234567.891, "inside_share": 0.5, "more_features": 3, "name": "a"},
            {"row": 1, "area_m2": np.nan, "inside_share": np.nan},
            {"row": 2, "area_m2": np.inf, "inside_share": 1 / 3, "more_features": 0},
            {"row": 3, "area_m2": 1e16, "inside_share": 1e-9, "more_features": 1_000_000},
        )
        == "0,1234567.89,0.500000,3,a\n"
        "1,,,,\n"
        "2,,0.333333,0,\n"
        "3,10000000000000000.00,0.000000,1000000,\n"
    )


def test_a_negative_number_stays_a_number():
    assert written(["row", "margin_m"], {"row": 0, "margin_m": -12.345678}, {"row": 1, "margin_m": -0.001}) == (
        "0,-12.35\n1,0.00\n"
    )


def test_a_negative_number_in_a_text_column_is_text():
    assert written(["row", "site_id"], {"row": 0, "site_id": "-5"}) == "0,'-5\n"


def test_commas_and_quotes_are_quoted_and_doubled():
    assert written(["name", "code"], {"name": 'a "b", c', "code": '"'}) == '"a ""b"", c",""""\n'
    assert written(["name", "code"], {"name": "=x,\ny", "code": "z"}) == '"\'=x, y",z\n'


@pytest.mark.parametrize("dtype", [object, "str", "category"])
def test_text_is_written_the_same_whatever_the_frame_holds_it_in(dtype):
    made = pd.DataFrame({"name": pd.Series(["=a", "", "b", "=a", None], dtype=dtype)})
    assert bytes(lines(table(Columns.of(made), ["name"]))) == b"'=a\n\nb\n'=a\n\n"


def test_what_no_file_can_hold_is_mended():
    made = pd.DataFrame({"name": pd.Series(["a\x00b", "c\udce9d", 7, None, np.nan], dtype=object)})
    assert table(Columns.of(made), ["name"])["name"].to_pylist() == ["ab", "c?d", "7", None, None]


def test_an_empty_frame_gives_no_line():
    assert written(["row", "name"]) == ""
    empty = pd.DataFrame(columns=["row", "name"])
    assert bytes(lines(table(Columns.of(empty), ["row", "name"]))) == b""


def test_more_rows_than_one_piece_come_out_in_order(tmp_path):
    n = 150_000
    made = pd.DataFrame({"row": np.arange(n), "name": np.where(np.arange(n) % 2, "x", "=y")})
    file = CsvFile(tmp_path / "x.csv", ["row", "name"])
    file.add(table(Columns.of(made), ["row", "name"]))
    file.close()
    got = (tmp_path / "x.csv").read_text("utf-8-sig").splitlines()
    assert len(got) == n + 1
    assert got[1:3] == ["0,'=y", "1,x"]
    assert got[65_537] == "65536,'=y"
    assert got[-1] == "149999,x"
