"""`fuling-gis demo`: the checkout's own layers, every verdict, and a map to open."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from fuling_gis import demo
from fuling_gis.verdicts import VERDICTS

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def built_before(monkeypatch):
    """Take the layers of the checkout, which are what the demonstration builds, in place of drawing them anew."""

    def copied(folder):
        shutil.copytree(ROOT / "layers", Path(folder) / "layers", dirs_exist_ok=True)

    monkeypatch.setattr(demo, "build", copied)


def test_the_demonstration_shows_every_verdict_and_says_where_the_map_is(fuling, tmp_path):
    folder = tmp_path / "示范"
    said = json.loads(fuling("demo", folder, "--as-of", "2024-06-01", "--json").out)
    assert [verdict for verdict in VERDICTS if not said["verdicts"][verdict]] == []
    assert Path(said["out"]) / "map.html" in [Path(path) for path in said["files"]]
    again = fuling("demo", folder, "--as-of", "2024-06-01", "--lang", "zh")
    assert again.status == 0
    assert str(folder / "maps" / "samples" / "map.html") in again.out
    assert "不代表任何真实地点" in again.out


def test_another_workspace_is_never_written_over(fuling, tmp_path):
    fuling("init", tmp_path / "mine")
    before = (tmp_path / "mine" / "layers" / "catalog.yaml").read_bytes()
    ran = fuling("demo", tmp_path / "mine")
    assert ran.status == 1
    assert "holds another workspace" in ran.err
    assert (tmp_path / "mine" / "layers" / "catalog.yaml").read_bytes() == before
