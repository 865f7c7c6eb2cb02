"""The names of the columns of a text table: in any of the first rows, below titles, in one row or two."""

from __future__ import annotations

import pytest

from fuling_gis.errors import FileError
from fuling_gis.readers import open_table, read_table


def table(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_titles_above_the_names_are_no_rows(tmp_path, end, encoding):
    lines = [
        "涪陵区项目表",
        "",
        "填报单位：甲局,,填报日期：2024年",
        "编号,经度,纬度",
        "007,107.4,29.7",
        "008,107.5,29.8",
        "",
    ]
    source = open_table(table(tmp_path / "a.csv", end.join(lines), encoding))
    read = source.read()
    assert read.text("编号").tolist() == ["007", "008"]
    assert [(shape.x, shape.y) for shape in read.geometry] == [(107.4, 29.7), (107.5, 29.8)]
    told = " ".join(note["en"] for note in source.notes)
    assert "line 4" in told
    assert "涪陵区项目表" in told


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_that_of_the_names_and_not_of_the_title(tmp_path, delimiter):
    lines = ["甲,乙;丙,丁|戊项目点位", delimiter.join(["编号", "经度", "纬度"]), delimiter.join(["1", "107.4", "29.7"])]
    assert read_table(table(tmp_path / "a.csv", "\n".join(lines))).text("编号").tolist() == ["1"]


def test_a_heading_of_two_rows_has_the_names_of_both(tmp_path):
    text = "编号,名称,坐标,,面积\n,,经度,纬度,\n1,甲,107.4,29.7,3\n"
    read = read_table(table(tmp_path / "a.csv", text))
    assert read.arrow.column_names == ["编号", "名称", "经度", "纬度", "面积"]
    assert len(read) == 1


def test_a_title_of_several_lines_in_quotes_is_one_row(tmp_path):
    path = table(tmp_path / "a.csv", '"项目表\n（涪陵）",,\n编号,经度,纬度\n1,107.4,29.7\n2,107.4,29.7,沿江,甲\n')
    with pytest.raises(FileError, match="row 5"):
        read_table(path)


def test_a_row_with_the_letters_of_directions_is_no_heading(tmp_path):
    with pytest.raises(FileError, match="坐标一"):
        open_table(table(tmp_path / "a.csv", "坐标一,向,坐标二,向\n107.4,E,29.7,N\n107.5,E,29.8,N\n"))


def test_names_below_the_thirtieth_row_are_not_looked_for(tmp_path):
    with pytest.raises(FileError, match="--field"):
        open_table(table(tmp_path / "a.csv", "说明\n" * 30 + "编号,经度,纬度\n1,107.4,29.7\n"))


def test_a_title_that_opens_a_quotation_does_no_harm(tmp_path):
    with pytest.raises(FileError):
        open_table(table(tmp_path / "a.csv", '"项目表\n编号,经度,纬度\n' + "1,107.4,29.7\n" * 100))


def test_columns_that_the_user_names_show_the_row(tmp_path):
    path = table(tmp_path / "a.csv", "项目表\n编号,东,西\n1,107.4,29.7\n")
    read = open_table(path, place={"lon": "东", "lat": "西"}).read()
    assert (read.geometry[0].x, read.geometry[0].y) == (107.4, 29.7)


def test_the_names_after_a_word_on_the_delimiter_may_have_a_title(tmp_path):
    assert len(read_table(table(tmp_path / "a.csv", "sep=;\n项目表\n编号;经度;纬度\n1;107.4;29.7\n"))) == 1
