"""`fuling-gis check` from end to end: what it prints, which files it leaves, how it ends."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import geopandas as gpd
import pytest
from small_workspace import CRS, ORIGIN, box, make_sites, make_workspace

# CONTRACT: the columns of sites.csv, in order.
SITE_COLUMNS = [
    "row", "source", "site_id", "name", "activity", "nature", "verdict", "possible", "prohibited_by", "exit_by",
    "restricted_by", "advised_by", "maybe_by", "lifted_by", "unchecked_by", "depends_on", "units", "units_maybe",
    "inside_share", "area_m2", "to_main_m", "to_wu_m", "to_tributary_m", "status", "problem",
]  # fmt: skip
FINDING_COLUMNS = [
    "row", "site_id", "rule_id", "effect", "answer", "cause", "predicate", "part_answer", "layer", "feature_id",
    "feature_name", "overlap_m2", "overlap_share", "distance_m", "threshold_m", "margin_m", "tolerance_m", "readings",
    "title", "clause", "quote", "basis", "exemption", "more_features",
]  # fmt: skip
# Chemical works 500 m and 2,000 m from the water, a shop in the red line, one site far away, one without a place.
ROWS = [
    ("NEAR", "chemical", 0, 600),
    ("FAR", "chemical", 0, 2100),
    ("RED", "commerce", 2500, 2500),
    ("AWAY", "chemical", 50_000, 0),
    ("LOST", "chemical", None, None),
]
DAY = "2024-06-01"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return make_workspace(tmp_path_factory.mktemp("small"))


@pytest.fixture
def sites(tmp_path):
    return make_sites(tmp_path / "拟建.csv", ROWS)


@pytest.fixture
def check(fuling, place, tmp_path):
    def run(*words):
        return fuling("check", *words, "-w", place, "-o", tmp_path / "out", "--crs", CRS, "--as-of", DAY)

    return run


def table(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_every_row_has_its_verdict_and_its_rule(check, sites, tmp_path):
    ran = check(sites)
    assert (ran.status, ran.err) == (0, "")
    rows = {row["site_id"]: row for row in table(tmp_path / "out" / "sites.csv")}
    assert list(rows) == [row[0] for row in ROWS]
    assert {name: row["verdict"] for name, row in rows.items() if name != "FAR"} == {
        "NEAR": "prohibited",
        "RED": "prohibited",
        "AWAY": "outside",
        "LOST": "rejected",
    }
    # Layers are missing, so nothing here is ever clear.
    assert rows["FAR"]["verdict"] != "clear"
    assert "FL-056" in rows["NEAR"]["prohibited_by"].split(";")
    assert "FL-056" not in rows["FAR"]["prohibited_by"] + rows["FAR"]["maybe_by"]
    assert "FL-007" in rows["RED"]["prohibited_by"].split(";")
    assert (rows["NEAR"]["to_main_m"], rows["FAR"]["to_main_m"]) == ("500.00", "2000.00")


def test_the_files_have_the_columns_of_the_contract(check, sites, tmp_path):
    check(sites)
    out = tmp_path / "out"
    for name, columns in (("sites.csv", SITE_COLUMNS), ("findings.csv", FINDING_COLUMNS)):
        head = (out / name).read_text("utf-8-sig").split("\n", 1)[0]
        assert head.split(",") == columns
    assert {path.name for path in out.iterdir()} == {
        "sites.csv", "findings.csv", "rules.csv", "units.csv", "result.gpkg", "result.xlsx", "map.html",
        "report.docx", "run.json",
    }  # fmt: skip


def test_the_summary_says_the_day_the_counts_the_worst_the_limits_and_the_files(check, sites, tmp_path):
    said = check(sites).out
    assert said.startswith(f"Sites: 5, by the layers and rules in force on {DAY}")
    assert "prohibited" in said
    assert "NEAR" in said
    assert "never means approved" in said
    assert "indicative" in said
    assert str(tmp_path / "out" / "map.html") in said


def test_the_summary_shows_the_beginning_of_a_name_without_end(check, tmp_path):
    path = tmp_path / "long.csv"
    x, y = ORIGIN
    path.write_text(f"site_id,name,activity,nature,x,y\nA,{'甲' * 5_000},化工项目,新建,{x},{y + 600}\n", "utf-8")
    said = check(path).out
    assert "甲" * 59 + "…" in said
    assert "甲" * 60 not in said


def test_the_summary_speaks_chinese_when_asked(check, sites):
    said = check(sites, "--lang", "zh").out
    assert "禁止" in said
    assert "不等于批准" in said


def test_json_is_the_whole_of_stdout(check, sites):
    said = json.loads(check(sites, "--json").out)
    assert said["as_of"] == DAY
    assert said["verdicts"]["prohibited"] == 2
    assert said["verdicts"]["rejected"] == 1
    assert sum(said["verdicts"].values()) == sum(said["possible"].values()) == len(ROWS)
    assert said["worst"][0]["verdict"] == "prohibited"


@pytest.mark.parametrize(
    ("rows", "options", "status"),
    [
        (["NEAR"], [], 0),
        (["NEAR"], ["--fail-on", "prohibited"], 3),
        (["NEAR"], ["--fail-on", "advised"], 3),
        (["NEAR"], ["--fail-on", "rejected"], 0),
        (["LOST"], ["--fail-on", "prohibited"], 0),
        (["LOST"], ["--fail-on", "rejected"], 3),
        (["AWAY"], ["--fail-on", "advised", "--strict"], 0),
        (["FAR"], ["--fail-on", "prohibited", "--strict"], 0),
    ],
)
def test_fail_on_decides_the_exit_status(check, tmp_path, rows, options, status):
    file = make_sites(tmp_path / "some.csv", [row for row in ROWS if row[0] in rows])
    assert check(file, "--outputs", "csv", *options).status == status


def test_strict_looks_at_what_is_possible(check, tmp_path):
    # 1,003 m from the water, 10 m off: the kilometre may be met, and is not surely.
    file = make_sites(tmp_path / "edge.csv", [("EDGE", "chemical", 0, 1103)])
    options = ("--outputs", "csv", "--site-accuracy", "10", "--fail-on", "prohibited")
    assert check(file, *options).status == 0
    assert check(file, *options, "--strict", "--force").status == 3


def test_another_run_is_not_overwritten_without_being_told_to(check, sites):
    assert check(sites, "--no-map").status == 0
    again = check(sites, "--no-map")
    assert again.status == 1
    assert "--force" in again.err
    assert check(sites, "--no-map", "--force").status == 0


def test_only_the_outputs_asked_for_are_written(check, sites, tmp_path):
    check(sites, "--outputs", "csv,map", "--no-map")
    assert not (tmp_path / "out" / "map.html").exists()
    assert not (tmp_path / "out" / "result.gpkg").exists()
    assert check(sites, "--outputs", "csv,painting", "--force").status == 2


def test_empty_cells_are_filled_and_columns_renamed_as_said(check, tmp_path):
    file = make_sites(tmp_path / "mute.csv", [("X", "", 0, 600)])
    said = ("--outputs", "csv", "--force")
    assert check(file, *said, "--fail-on", "prohibited").status == 0
    assert check(file, *said, "--fail-on", "prohibited", "--set", "activity=chemical").status == 3
    text = file.read_text("utf-8").replace("activity", "TRADE").replace(",,new", ",chemical,new")
    file.write_text(text, "utf-8")
    assert check(file, *said, "--fail-on", "prohibited", "--field", "activity=TRADE").status == 3


def test_results_go_to_maps_under_the_name_of_the_file(fuling, place, tmp_path):
    file = make_sites(tmp_path / "拟建.csv", ROWS[:1])
    ran = fuling("check", file, "-w", place, "--crs", CRS, "--outputs", "csv", "--as-of", DAY)
    assert ran.status == 0
    assert (place / "maps" / "拟建" / "sites.csv").is_file()


@pytest.mark.parametrize("name", ["..csv", "...csv"])
def test_a_file_called_like_the_folder_above_leaves_its_results_where_results_go(fuling, tmp_path, name):
    root = make_workspace(tmp_path / "small")
    before = {path.name for path in root.iterdir()}
    file = make_sites(tmp_path / name, ROWS[:1])
    ran = fuling("check", file, "-w", root, "--crs", CRS, "--as-of", DAY, "--outputs", "csv")
    assert ran.status == 0
    assert {path.name for path in root.iterdir()} == before | {"maps"}
    (made,) = (path for path in (root / "maps").iterdir() if path.is_dir())
    assert (made / "sites.csv").is_file()


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("end", ["\n", "\r", "\x1c", "\x85", "\u2028"])
def test_a_fault_is_one_line_whatever_a_file_or_a_layer_is_called(fuling, place, tmp_path, end, lang):
    """A name that holds a line break could otherwise say what it likes on a line of its own."""
    name = f"a{end}Sites: 9, all clear"
    ran = fuling("check", tmp_path / f"{name}.csv", "-w", place, "--lang", lang)
    assert (ran.status, len(ran.err.splitlines())) == (1, 1)
    for layer in (name, "other"):
        gpd.GeoDataFrame({"a": [1]}, geometry=[box(0, 0, 1, 1)], crs=CRS).to_file(tmp_path / "a.gpkg", layer=layer)
    for asked in ("a.gpkg", f"a.gpkg::no{end}such layer"):
        ran = fuling("check", tmp_path / asked, "-w", place, "--lang", lang)
        assert (ran.status, len(ran.err.splitlines())) == (1, 1)


def test_a_star_stands_for_files_where_the_shell_does_not_say_so(check, tmp_path):
    for name in ("b", "a"):
        make_sites(tmp_path / f"{name}.csv", [(name, "chemical", 0, 600)])
    assert check(tmp_path / "*.csv", "--outputs", "csv").status == 0
    assert [row["site_id"] for row in table(tmp_path / "out" / "sites.csv")] == ["a", "b"]


def test_a_file_without_a_coordinate_system_is_told_how_to_say_it(fuling, place, sites):
    ran = fuling("check", sites, "-w", place)
    assert ran.status == 1
    assert ran.out == ""
    assert "--crs" in ran.err


def test_a_file_that_is_not_there_is_one_sentence(check, tmp_path):
    ran = check(tmp_path / "nowhere.shp")
    assert ran.status == 1
    assert len(ran.err.splitlines()) == 1
    assert "nowhere.shp" in ran.err


def test_no_workspace_near_is_told_with_the_mend(fuling, tmp_path, sites, monkeypatch):
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    ran = fuling("check", sites)
    assert ran.status == 2
    assert "-w" in ran.err


def test_an_unknown_reading_is_wrong_usage(check, sites):
    ran = check(sites, "--reading", "moon=cheese")
    assert ran.status == 2
    assert "moon" in ran.err


def test_inspect_tells_what_would_be_read_and_judges_nothing(fuling, sites):
    ran = fuling("inspect", sites, "--crs", CRS)
    assert ran.status == 0
    assert "activity" in ran.out
    assert "prohibited" not in ran.out
    assert fuling("inspect", sites).status == 1


def test_init_makes_a_workspace_once(fuling, tmp_path):
    made = tmp_path / "工作区"
    assert fuling("init", made).status == 0
    assert (made / "layers" / "catalog.yaml").is_file()
    again = fuling("init", made)
    assert (again.status, len(again.err.splitlines())) == (1, 1)


FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no disk that is always full")
@pytest.mark.parametrize(
    ("lang", "more", "status"),
    [("en", (), 0), ("zh", (), 0), ("en", ("--json",), 1), ("zh", ("--fail-on", "prohibited"), 3)],
)
def test_results_count_though_the_text_about_them_cannot_be_shown(place, sites, tmp_path, lang, more, status):
    out = tmp_path / "out"
    words = ["check", sites, "-w", place, "-o", out, "--crs", CRS, "--as-of", DAY, "--lang", lang, *more]
    command = [sys.executable, "-m", "fuling_gis", *map(str, words)]
    with FULL.open("wb") as full:
        ran = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
        told = {
            "en": f"the results are whole, in {out}, but the text about them could not be shown (the disk is full)",
            "zh": f"结果完整，在 {out}；但有关的文字不能显示（磁盘已满）",
        }
        assert (ran.returncode, ran.stderr.decode("utf-8").splitlines()) == (status, [told[lang]])
        assert len(table(out / "sites.csv")) == len(ROWS)
        assert {path.name for path in out.iterdir()} >= {"run.json", "result.gpkg", "map.html", "report.docx"}
        # Where stderr leads to the same disk nothing can be said, and the results count all the same.
        silent = subprocess.run([*command, "--force"], stdout=full, stderr=full, check=False)
        assert silent.returncode == status


@pytest.mark.skipif(not FULL.exists(), reason="this system has no disk that is always full")
def test_what_is_only_shown_and_cannot_be_is_a_fault(place):
    with FULL.open("wb") as full:
        command = [sys.executable, "-m", "fuling_gis", "layers", "-w", str(place), "--lang", "en"]
        ran = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
    assert (ran.returncode, len(ran.stderr.splitlines())) == (1, 1)


# The program, heeding what whoever runs these tests may have it pass over.
HEEDING = """
import signal, sys
from fuling_gis.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
sys.exit(main())
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows ends a program without asking it")
@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_a_run_that_is_asked_to_end_leaves_nothing_half_made(tmp_path, how):
    workspace = make_workspace(tmp_path / "work")
    east, north = ORIGIN
    rows = "".join(f"{n},chemical,new,{east + n % 4000},{north + n % 3999}\n" for n in range(400_000))
    (tmp_path / "many.csv").write_text("site_id,activity,nature,x,y\n" + rows, "utf-8")
    out = tmp_path / "results"
    out.mkdir()
    words = [
        "check",
        tmp_path / "many.csv",
        "-w",
        workspace,
        "-o",
        out / "one",
        "--crs",
        CRS,
        "--outputs",
        "csv,parquet",
    ]
    with subprocess.Popen([sys.executable, "-c", HEEDING, *map(str, words)], stderr=subprocess.PIPE) as running:
        began = time.monotonic()
        # Until something is being written.
        while not any(path.stat().st_size for path in out.rglob("*.csv")):
            assert running.poll() is None
            assert time.monotonic() - began < 120
            time.sleep(0.02)
        running.send_signal(getattr(signal, how))
        said = running.communicate(timeout=120)[1].decode()
    assert running.returncode == 130
    assert "Traceback" not in said
    assert list(out.iterdir()) == []
