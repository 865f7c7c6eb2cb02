"""The texts of drawings until AutoCAD 2004, and drawings that are inserted from other files."""

from __future__ import annotations

import ezdxf
import pytest

from fuling_gis.errors import FileError
from fuling_gis.readers import open_table

RING = [(448_000, 3_287_000), (448_100, 3_287_000), (448_100, 3_287_100)]
MARK = "PLOTNAME"


def drawing(path, name, page="ANSI_936"):
    """Make a drawing with a plot, its name and a layer of the name; bytes stand as given."""
    document = ezdxf.new("R2000")
    document.modelspace().add_lwpolyline(RING, close=True, dxfattribs={"layer": MARK})
    document.modelspace().add_text(MARK).set_placement((448_080, 3_287_030))
    document.saveas(path)
    raw = path.read_bytes().replace(b"ANSI_1252", page.encode())
    path.write_bytes(raw.replace(MARK.encode(), name))
    return path


def test_escapes_of_characters_are_characters(tmp_path):
    path = drawing(tmp_path / "a.dxf", rb"\U+7532\U+5730\U+5757")
    row = open_table(path).read().arrow.to_pylist()[0]
    assert (row["name"], row["layer"]) == ("甲地块", "甲地块")
    assert len(open_table(path, layer="甲地块").read()) == 1


@pytest.mark.parametrize(
    ("encoding", "page", "told"),
    [("gbk", "ANSI_936", False), ("gbk", "ANSI_1252", True), ("utf-8", "ANSI_936", True)],
)
def test_a_false_code_page_is_found_and_told(tmp_path, encoding, page, told):
    source = open_table(drawing(tmp_path / "a.dxf", "甲地块".encode(encoding), page))
    row = source.read().arrow.to_pylist()[0]
    assert (row["name"], row["layer"]) == ("甲地块", "甲地块")
    assert any("bytes" in note["en"] for note in source.notes) == told


def test_letters_of_the_west_are_what_the_drawing_says(tmp_path):
    source = open_table(drawing(tmp_path / "a.dxf", "Straße 1, Köln".encode("cp1252"), "ANSI_1252"))
    assert source.read().arrow.to_pylist()[0]["name"] == "Straße 1, Köln"
    assert not any("bytes" in note["en"] for note in source.notes)


def with_others(path, *names, own):
    document = ezdxf.new("R2010")
    if own:
        document.modelspace().add_lwpolyline(RING, close=True)
    for name in names:
        document.add_xref_def(f"{name}.dwg", name)
        document.modelspace().add_blockref(name, (0, 0))
    document.saveas(path)
    return path


def test_drawings_that_stand_in_other_files_are_told(tmp_path):
    source = open_table(with_others(tmp_path / "a.dxf", "底图", "红线", own=True))
    assert len(source.read()) == 1
    told = next(note["en"] for note in source.notes if "XREF" in note["en"])
    assert told.startswith("2 insertions")
    assert "'底图'" in told
    assert "'红线'" in told


def test_a_drawing_of_nothing_but_others_says_which(tmp_path):
    with pytest.raises(FileError, match="XREF: '底图'"):
        open_table(with_others(tmp_path / "a.dxf", "底图", own=False))
