"""`fuling-gis demo`: the checkout's own layers, every verdict, and a map to open."""

from __future__ import annotations

import json
from pathlib import Path

from fuling_gis.verdicts import VERDICTS


def test_the_demonstration_shows_every_verdict_and_says_where_the_map_is(fuling, tmp_path):
    folder = tmp_path / "示范"
    said = json.loads(fuling("demo", folder, "--as-of", "2024-06-01", "--json").out)
    assert [verdict for verdict in VERDICTS if not said["verdicts"][verdict]] == []
    assert Path(said["out"]) / "map.html" in [Path(path) for path in said["files"]]
    again = fuling("demo", folder, "--as-of", "2024-06-01", "--lang", "zh")
    assert again.status == 0
    assert str(folder / "maps" / "samples" / "map.html") in again.out
    assert "不代表任何真实地点" in again.out
    # The range is computed from the height model, so its polygons are not wanting.
    assert "缺少图层" in again.out
    assert "禁鸣区（FL-119）" in again.out
    assert "两江可视范围（" not in again.out


def test_another_workspace_is_never_written_over(fuling, tmp_path):
    fuling("init", tmp_path / "mine")
    before = (tmp_path / "mine" / "layers" / "catalog.yaml").read_bytes()
    ran = fuling("demo", tmp_path / "mine")
    assert ran.status == 1
    assert "holds another workspace" in ran.err
    assert (tmp_path / "mine" / "layers" / "catalog.yaml").read_bytes() == before


def test_what_somebody_changed_in_a_demonstration_is_kept(fuling, tmp_path):
    fuling("demo", tmp_path, "--as-of", "2024-06-01")
    catalog, rules = tmp_path / "layers" / "catalog.yaml", tmp_path / "rules" / "units.yaml"
    fresh, ours = catalog.read_bytes(), rules.read_bytes()
    assert {path.suffix for path in tmp_path.rglob("*.bak*")} == set()
    for number, word in (("", b"# first"), ("1", b"# second")):
        catalog.write_bytes(fresh + word)
        ran = fuling("demo", tmp_path, "--as-of", "2024-06-01")
        assert ran.status == 0
        assert f"catalog.yaml.bak{number}" in ran.err
        assert catalog.read_bytes() == fresh
        assert catalog.with_name(f"catalog.yaml.bak{number}").read_bytes() == fresh + word
    rules.write_bytes(ours + b"# mine")
    assert fuling("demo", tmp_path, "--as-of", "2024-06-01").status == 0
    assert rules.with_name("units.yaml.bak").read_bytes() == ours + b"# mine"
