"""What may be uploaded is what the readers read."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from fuling_gis.readers.archive import _SINGLE
from fuling_gis.serve.uploads import SUFFIXES


@pytest.mark.parametrize("suffix", [*_SINGLE, ".shp", ".mif", ".tab"])
def test_every_file_that_is_read_in_a_zip_may_be_uploaded(suffix):
    assert suffix in SUFFIXES


def test_the_page_offers_the_same_files():
    page = files("fuling_gis.serve").joinpath("page/index.html").read_text("utf-8")
    offered = re.search(r'id="file"[^>]*accept="([^"]*)"', page)
    assert offered is not None
    assert set(offered[1].split(",")) == SUFFIXES
