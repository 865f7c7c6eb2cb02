"""That files do not say what sites are for is told once, with numbers; it makes most answers a maybe."""

from __future__ import annotations

import json
import re
import shlex

import numpy as np
import pytest
import shapely
from small_workspace import CRS, ORIGIN, make_workspace

import fuling_gis as fg
from fuling_gis import api
from fuling_gis.sites.inspect import shell_line
from fuling_gis.sites.unsaid import Unsaid

DAY = "2024-06-01"


def sheet(path, heads, *rows):
    lines = [
        ",".join(("site_id", "x", "y", *heads)),
        *(f"{n},{ORIGIN[0] + n},{ORIGIN[1]},{row}" for n, row in enumerate(rows)),
    ]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return fg.open_workspace(make_workspace(tmp_path_factory.mktemp("unsaid") / "ws"))


@pytest.fixture
def told(workspace):
    """Give what a screening tells of sites that do not say what they are."""

    def tell(path, lang="en", **options):
        run = fg.screen(fg.read_sites(path, crs=CRS, **options), workspace, as_of=DAY).run
        return [notice[lang] for notice in run.notices if re.match(r"\d+ of \d+ ", notice["en"])]

    return tell


def test_a_file_without_activity_and_nature_says_so_once(told, tmp_path):
    path = sheet(tmp_path / "a.csv", ["note"], "a", "b", "c")
    activity, nature = told(path)
    assert activity.startswith("3 of 3 judged sites do not say what they are for")
    assert nature.startswith("3 of 3 judged sites do not say whether they are new")
    assert told(path, "zh")[0].startswith("参加判定的 3 个项目中有 3 个没有说明项目类型")


def test_what_is_said_for_all_is_said(told, tmp_path):
    path = sheet(tmp_path / "a.csv", ["note"], "a", "b")
    assert told(path, fill={"activity": "port", "nature": "new"}) == []


def test_words_that_are_not_known_are_told_the_commonest_first(told, tmp_path):
    words = ["食品制造x", "chemical", "", "qwert", "食品制造x"]
    path = sheet(tmp_path / "a.csv", ["activity", "nature"], *(f"{word},new" for word in words))
    unsaid, unknown = told(path)
    assert unsaid.startswith("1 of 5 judged sites do not say")
    assert unknown.startswith("3 of 5 judged sites have an activity that is not known (食品制造x ×2; qwert ×1)")


def test_a_code_of_an_industry_says_what_a_site_is_for(told, tmp_path):
    path = sheet(tmp_path / "a.csv", ["industry_code", "nature"], "C2614,new", ",new", "Z99,new")
    unsaid, unknown = told(path)
    assert unsaid.startswith("1 of 3 judged sites do not say")
    assert "(Z99 ×1)" in unknown


def test_natures_are_told_alike(told, tmp_path):
    path = sheet(tmp_path / "a.csv", ["activity", "nature"], "port,new", "port,", "port,随便", "port,改扩建")
    unsaid, unknown = told(path)
    assert unsaid.startswith("1 of 4 judged sites do not say whether they are new")
    assert unknown.startswith("1 of 4 judged sites have a nature that is not known (随便 ×1)")


def test_only_sites_that_rules_are_put_to_count(told, workspace, tmp_path):
    # The district ends at 5 km: the first lies in it, the second beyond, the third by an area half in it, the fourth
    # nowhere, the fifth within its own tolerance of the border.
    places = ["POINT(0 0)", "POINT(9000 0)", "POLYGON((4900 0,5100 0,5100 9,4900 9,4900 0))", "", "POINT(5010 0)"]
    moved = ["" if not p else shapely.transform(shapely.from_wkt(p), lambda xy: xy + ORIGIN).wkt for p in places]
    path = tmp_path / "a.csv"
    rows = [f'{n},"{wkt}",{20 * (n == 4)}' for n, wkt in enumerate(moved)]
    path.write_text("\n".join(["site_id,wkt,accuracy_m", *rows]) + "\n", "utf-8")
    found = fg.screen(fg.read_sites(path, crs=CRS), workspace, as_of=DAY).sites["verdict"].tolist()
    assert [one for one in found if one in ("outside", "rejected")] == ["outside", "rejected"]
    assert len(found) == 5
    activity, nature = told(path)
    assert activity.startswith("3 of 3 judged sites do not say what they are for")
    assert nature.startswith("3 of 3 judged sites do not say whether they are new")


def test_nothing_is_told_where_all_lie_beyond_the_district(told, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(f"site_id,x,y\nA,{ORIGIN[0] + 9000},{ORIGIN[1]}\n", "utf-8")
    assert told(path) == []


@pytest.mark.parametrize(
    ("field", "row", "known", "strange"),
    [
        ("activity", "chemical;qwert,new", "chemical,new", "chemical;qwert"),
        ("nature", "chemical,new;随便", "chemical,new", "new;随便"),
    ],
)
def test_words_of_which_one_is_known_are_not_said_to_make_a_maybe_of_all(
    told, workspace, tmp_path, field, row, known, strange
):
    both = sheet(tmp_path / "both.csv", ["activity", "nature"], row)
    (notice,) = told(both)
    assert notice.startswith(
        f"1 of 1 judged sites name {'an' if field == 'activity' else 'a'} {field} that is known beside"
    )
    assert f"({strange} ×1): rules that name the known one are answered as for it; no other rule" in notice
    (chinese,) = told(both, "zh")
    assert f"只认得一部分（{strange} ×1）" in chinese
    # And so it is: no answer is milder than for the known word alone, and a rule that it says yes to says yes.
    alone = answers(workspace, sheet(tmp_path / "known.csv", ["activity", "nature"], known))
    mixed = answers(workspace, both)
    assert alone["FL-056"] == mixed["FL-056"] == "yes"
    assert {rule for rule, answer in mixed.items() if answer == "yes"} == {r for r, a in alone.items() if a == "yes"}
    assert set(alone) < set(mixed)
    assert {mixed[rule] for rule in set(mixed) - set(alone)} == {"maybe"}


def test_a_site_says_so_itself_in_the_same_words(workspace, tmp_path):
    path = sheet(tmp_path / "a.csv", ["activity", "nature"], "chemical;qwert,new", "qwert,随便", "chemical,new;随便")
    problem = (
        fg.screen(fg.read_sites(path, crs=CRS, lang="en"), workspace, as_of=DAY, lang="en").sites["problem"].tolist()
    )
    assert problem[0] == (
        "activity 'qwert' is not known; rules that name one that is known are answered as for it, "
        "every other rule that names an activity is a maybe"
    )
    assert problem[1] == (
        "activity 'qwert' is not known; every rule that names an activity is a maybe; "
        "nature '随便' is not known; every rule that names a nature is a maybe"
    )
    assert problem[2] == (
        "nature '随便' is not known; rules that name one that is known are answered as for it, "
        "every other rule that names a nature is a maybe"
    )


def answers(workspace, path):
    """Give the answer of each rule that is not a no to a single site."""
    found = fg.screen(fg.read_sites(path, crs=CRS), workspace, as_of=DAY).findings
    return dict(zip(found["rule_id"].astype(str), found["answer"].astype(str), strict=True))


def test_numbers_grow_over_batches_and_hostile_words_are_one_short_line():
    watched = Unsaid()
    for _ in range(3):
        watched.keep([("a\nb" + "x" * 500, "", "new", 3), ("a\nb" + "x" * 500, "C26", "new", 1)])
    (notice,) = watched.notices()
    assert notice["en"].startswith("12 of 12 judged sites")
    assert len(notice["en"]) < 220
    assert "\n" not in notice["en"]


def test_nothing_at_all_is_told_of_no_sites():
    watched = Unsaid()
    watched.keep([])
    assert list(watched.notices()) == []


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_check_tells_it_in_its_summary_and_in_its_manifest(workspace, tmp_path, jobs):
    path = sheet(tmp_path / "a.csv", ["note"], "a", "b")
    summary = api.check(path, workspace, tmp_path / "out", crs=CRS, outputs=["csv"], jobs=jobs)
    manifest = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    for notices in (summary.notices, manifest["notices"]):
        assert sum("2 of 2 judged sites do not say" in notice["en"] for notice in notices) == 2


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
