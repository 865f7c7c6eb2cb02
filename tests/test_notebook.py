"""A result shows itself in a notebook, and the example notebook runs."""

from __future__ import annotations

import json
import re
import runpy
from html import unescape
from pathlib import Path

import geopandas as gpd
import nbformat
import numpy as np
import pytest
import shapely
from nbclient import NotebookClient
from outputs_made import layer, run, site

from fuling_gis.demo.assembly import make
from fuling_gis.labels import LANGS
from fuling_gis.outputs import notebook
from fuling_gis.outputs.limits import limits
from fuling_gis.overlay.result import SITE_COLUMNS

ROOT = Path(__file__).parents[1]
HOSTILE = "<script>alert(1)</script>\"'&{{7*7}}"


def made(rows, shapes):
    blank = dict.fromkeys(SITE_COLUMNS, "")
    return gpd.GeoDataFrame([{**blank, **row} for row in rows], geometry=shapes, crs="EPSG:4545")


@pytest.mark.parametrize("lang", LANGS)
def test_counts_worst_sites_and_limits_are_shown(lang):
    rows = [site(0, "clear", "undecided", site_id="A"), site(1, "prohibited", site_id="B", prohibited_by="FL-001")]
    shown = notebook.html(made(rows, [shapely.Point(1, 1), shapely.Point(2, 2)]), 3, run(lang=lang))
    assert limits()[lang] in unescape(shown)
    assert shown.index(">B<") < shown.index(">A<")
    assert "FL-001" in shown
    assert shown.count("<circle") == 2


def test_text_is_escaped_and_nothing_is_asked_for():
    shown = notebook.html(
        made([site(0, "clear", site_id=HOSTILE, name=HOSTILE, problem=HOSTILE)], [shapely.Point(1, 1)]), 0, run()
    )
    assert "<script" not in shown
    assert not re.search(r"(?:src|href)\s*=|url\(|https?:", shown)


def test_rejected_sites_and_no_sites_at_all_can_be_shown():
    assert "<circle" not in notebook.html(made([site(0, "rejected")], [None]), 0, run())
    assert limits()["zh"] in notebook.html(made([site(0)], [None]).iloc[:0], 0, run())


def test_a_large_result_stays_small():
    n = 20_000
    rows = made([site(0, "prohibited", site_id="x")], [shapely.Point(0, 0)])
    many = gpd.GeoDataFrame(
        rows.iloc[np.zeros(n, int)].reset_index(drop=True), geometry=shapely.points(np.arange(n), 0), crs=rows.crs
    )
    district = layer("district", geometry=np.array([shapely.box(0, -9e3, 2e4, 9e3)], object))
    assert len(notebook.html(many, n, run(layers={"district": district}))) < 400_000


def test_the_line_says_that_it_is_no_approval():
    line = notebook.line(made([site(0, "clear"), site(1, "clear")], [None, None]), 0, run())
    assert "clear 2" in line
    assert "not an approval" in line


def test_the_example_is_what_its_script_writes_and_has_no_outputs():
    scripted = runpy.run_path(str(ROOT / "scripts" / "build_example_notebook.py"))["notebook"]()
    kept = nbformat.read(ROOT / "docs" / "example.ipynb", as_version=4)
    assert json.loads(nbformat.writes(scripted)) == json.loads(nbformat.writes(kept))
    assert all(not cell.get("outputs") for cell in kept.cells)


def test_the_example_runs_and_shows_the_verdicts(tmp_path):
    make(tmp_path / "demo")
    book = nbformat.read(ROOT / "docs" / "example.ipynb", as_version=4)
    done = NotebookClient(book, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [
        output for cell in done.cells for output in cell.get("outputs", ()) if "text/html" in output.get("data", {})
    ]
    assert limits()["zh"] in shown[0]["data"]["text/html"]
    assert "FL-" in shown[1]["data"]["text/html"]
    assert (tmp_path / "out" / "report.docx").exists()
