"""That files do not say what sites are for is told once, with numbers; it makes most answers a maybe."""

from __future__ import annotations

import json
import shlex

import numpy as np
import pytest
from small_workspace import CRS, ORIGIN, make_workspace
from test_overlaps import sites_of

import fuling_gis as fg
from fuling_gis import api
from fuling_gis.sites.inspect import shell_line
from fuling_gis.sites.unsaid import Unsaid


def sheet(path, heads, *rows):
    lines = [
        ",".join(("site_id", "x", "y", *heads)),
        *(f"{n},{ORIGIN[0] + n},{ORIGIN[1]},{row}" for n, row in enumerate(rows)),
    ]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def told(path, lang="en", **options):
    said = fg.read_sites(path, crs=CRS, **options).notices
    return [notice[lang] for notice in said if "sites" in notice["en"] and " of " in notice["en"]]


def test_a_file_without_activity_and_nature_says_so_once(tmp_path):
    path = sheet(tmp_path / "a.csv", ["note"], "a", "b", "c")
    activity, nature = told(path)
    assert activity.startswith("3 of 3 sites do not say what they are for")
    assert nature.startswith("3 of 3 sites do not say whether they are new")
    assert told(path, "zh")[0].startswith("3 个项目中有 3 个没有说明项目类型")


def test_what_is_said_for_all_is_said(tmp_path):
    path = sheet(tmp_path / "a.csv", ["note"], "a", "b")
    assert told(path, fill={"activity": "port", "nature": "new"}) == []


def test_words_that_are_not_known_are_told_the_commonest_first(tmp_path):
    words = ["食品制造x", "chemical", "", "qwert", "食品制造x"]
    path = sheet(tmp_path / "a.csv", ["activity", "nature"], *(f"{word},new" for word in words))
    unsaid, unknown = told(path)
    assert unsaid.startswith("1 of 5 sites do not say")
    assert unknown.startswith("3 of 5 sites have an activity that is not known (食品制造x ×2; qwert ×1)")


def test_a_code_of_an_industry_says_what_a_site_is_for(tmp_path):
    path = sheet(tmp_path / "a.csv", ["industry_code", "nature"], "C2614,new", ",new", "Z99,new")
    unsaid, unknown = told(path)
    assert unsaid.startswith("1 of 3 sites do not say")
    assert "(Z99 ×1)" in unknown


def test_natures_are_told_alike(tmp_path):
    path = sheet(tmp_path / "a.csv", ["activity", "nature"], "port,new", "port,", "port,随便", "port,改扩建")
    unsaid, unknown = told(path)
    assert unsaid.startswith("1 of 4 sites do not say whether they are new")
    assert unknown.startswith("1 of 4 sites have a nature that is not known (随便 ×1)")


def test_rejected_sites_count_for_nothing():
    sites = sites_of([None, None])
    sites.status[:] = ["rejected", "ok"]
    watched = Unsaid()
    assert list(watched.watching([sites])) == [sites]
    assert [notice["en"].split(" sites")[0] for notice in watched.notices()] == ["1 of 1", "1 of 1"]


def test_numbers_grow_over_batches_and_hostile_words_are_one_short_line():
    watched = Unsaid()
    for _ in range(3):
        sites = sites_of([None] * 4)
        sites.activity[:] = ["a\nb" + "x" * 500] * 4
        sites.nature[:] = "new"
        watched.keep(sites)
    (notice,) = watched.notices()
    assert notice["en"].startswith("12 of 12 sites")
    assert len(notice["en"]) < 200
    assert "\n" not in notice["en"]


def test_nothing_at_all_is_told_of_no_sites():
    watched = Unsaid()
    watched.keep(sites_of([]))
    assert list(watched.notices()) == []


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_check_tells_it_in_its_summary_and_in_its_manifest(tmp_path, jobs):
    workspace = fg.open_workspace(make_workspace(tmp_path / "ws"))
    path = sheet(tmp_path / "a.csv", ["note"], "a", "b")
    summary = api.check(path, workspace, tmp_path / "out", crs=CRS, outputs=["csv"], jobs=jobs)
    manifest = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    for notices in (summary.notices, manifest["notices"]):
        assert sum("2 of 2 sites do not say" in notice["en"] for notice in notices) == 2


def test_the_next_command_is_one_that_the_shell_takes():
    words = ["fuling-gis", "check", "D:\\项目 a\\地块&b.shp", "--set", "nature=new"]
    assert shell_line(words, windows=True) == 'fuling-gis check "D:\\项目 a\\地块&b.shp" --set nature=new'
    assert shell_line(["check", "D:\\项目\\地块.shp"], windows=True) == "check D:\\项目\\地块.shp"
    assert shlex.split(shell_line(words, windows=False)) == words


def test_sites_that_may_be_worse_stand_among_the_worst():
    from fuling_gis.overlay.lists import numbered
    from fuling_gis.overlay.result import SITE_COLUMNS, Batch, Columns
    from fuling_gis.worst import Worst

    verdicts = ["advised", "clear", "restricted", "advised", "restricted"]
    possible = ["prohibited", "clear", "restricted", "advised", "prohibited"]
    texts = {"site_id": list("abcde"), "verdict": verdicts, "possible": possible}
    columns = {name: numbered(np.array(texts.get(name, [""] * 5), dtype=object)) for name in SITE_COLUMNS}
    worst = Worst()
    list(worst.watching([Batch(Columns(columns), np.full(5, None), Columns({}), Columns({}))] * 2))
    assert [row["site_id"] for row in worst.rows] == list("eeccaa")
