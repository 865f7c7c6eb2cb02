"""Which file and which of its layers `PATH::LAYER` means, where either may have the sign in its name."""

from __future__ import annotations

import os

import pytest

from fuling_gis.errors import FileError
from fuling_gis.readers.naming import named


@pytest.mark.parametrize(
    "layer", ["east", "a::b", "::", "a::", "::a", "a//b", "a/./b", "../b", " a ", "a\nb", "界" * 300]
)
def test_behind_a_file_that_is_there_everything_is_the_name_of_a_layer(tmp_path, layer):
    file = tmp_path / "a.gpkg"
    file.touch()
    assert named(f"{file}::{layer}") == (file, layer)
    assert named(file) == (file, None)


@pytest.mark.skipif(os.name == "nt", reason="no file is called so on Windows")
def test_a_file_that_is_really_called_so_is_itself_and_may_have_layers(tmp_path):
    for name in ("a.gpkg", "a.gpkg::b", "c::d.gpkg"):
        (tmp_path / name).touch()
    assert named(tmp_path / "a.gpkg::b") == (tmp_path / "a.gpkg::b", None)
    assert named(f"{tmp_path}/a.gpkg::b::x") == (tmp_path / "a.gpkg::b", "x")
    assert named(f"{tmp_path}/a.gpkg::x::b") == (tmp_path / "a.gpkg", "x::b")
    assert named(f"{tmp_path}/c::d.gpkg::x::y") == (tmp_path / "c::d.gpkg", "x::y")


def test_of_a_file_that_is_not_there_the_last_sign_counts(tmp_path):
    assert named(f"{tmp_path}/a.gpkg::b") == (tmp_path / "a.gpkg", "b")
    assert named(f"{tmp_path}/a.gpkg") == (tmp_path / "a.gpkg", None)


def test_a_path_that_no_system_takes_is_told_in_a_sentence(tmp_path):
    with pytest.raises(FileError, match="cannot be read"):
        named(tmp_path / ("x" * 5000))
