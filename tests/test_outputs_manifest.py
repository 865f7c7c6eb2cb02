"""run.json: what a run says of itself."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import PurePosixPath

import numpy as np
from outputs_made import batch, finding, layer, reading, rule, run, site

from fuling_gis.labels import label
from fuling_gis.outputs.write import write_outputs

NOTICE = {"zh": "规划期已于2025-12-31届满。", "en": "The plan's period ended on 2025-12-31."}


def write(out, *batches, made=None, outputs=("csv",), **options):
    write_outputs(batches, lambda: made or run(), out, outputs=outputs, **options)
    return json.loads((out / "run.json").read_text("utf-8"))


def told(out):
    made = run(
        [rule("FL-001", everywhere=True), rule("FL-002")],
        readings={"tributary": "all", "mine_scope": "wide"},
        reading_terms={"mine_scope": reading("mine_scope", "wide", "narrow")},
        layers={"river": layer("river", accuracy_m=10.0, accuracy_stated=False, valid_from=None), "red_line": layer()},
        missing_layers={"dem": ("FL-090", "FL-091")},
        everywhere=("FL-001",),
        notices=(NOTICE,),
        unchecked={"FL-091": ("dem",), "FL-090": ("dem", "visible_range")},
        facts={
            "inputs": [{"path": "地块.shp", "sha256": "ef" * 32, "rows": 3}],
            "rule_sets": {"plan_2021_2025.yaml": "01" * 32},
            "options": {"set": {"nature": "existing"}},
            "timings": {"read_s": 1.5},
            "workspace": PurePosixPath("demo"),
            "strange": {"nan": float("nan"), "count": np.int64(3), "day": dt.date(2024, 6, 1), "all": {"b", "a"}},
        },
    )
    batches = [
        batch([site(0, "prohibited"), site(1, "rejected")], findings=[finding(0)]),
        batch([site(2, "undecided", "prohibited")], units=[{"row": 2, "code": "U", "item": "x"}]),
    ]
    return write(out, *batches, made=made)


def test_counts_are_of_every_verdict_possible_and_status(tmp_path):
    counts = told(tmp_path / "out")["counts"]
    assert counts["rows"] == 3
    assert counts["findings"] == 1
    assert counts["units"] == 1
    assert counts["verdict"] == {
        "prohibited": 1, "exit": 0, "restricted": 0, "undecided": 1, "advised": 0, "clear": 0, "outside": 0,
        "rejected": 1,
    }  # fmt: skip
    assert counts["possible"]["prohibited"] == 2
    assert counts["status"] == {"ok": 2, "repaired": 0, "rejected": 1}


def test_dates_crs_readings_hashes_and_missing_layers_are_told(tmp_path):
    said = told(tmp_path / "out")
    assert said["as_of"] == "2024-06-01"
    assert said["crs"] == "EPSG:4545"
    assert said["readings"] == {
        "mine_scope": {
            "value": "wide",
            "default": "wide",
            "question": {"zh": "mine_scope？", "en": "mine_scope?"},
            "alternatives": ["narrow", "wide"],
        },
        "tributary": {"value": "all"},
    }
    assert said["inputs"] == [{"path": "地块.shp", "sha256": "ef" * 32, "rows": 3}]
    assert said["rule_sets"] == {"plan_2021_2025.yaml": "01" * 32}
    assert list(said["layers"]) == ["red_line", "river"]
    assert said["layers"]["red_line"]["sha256"] == "ab" * 32
    assert said["layers"]["red_line"]["valid_from"] == "2020-12-31"
    assert said["layers"]["red_line"]["indicative"] is True
    assert said["layers"]["river"]["accuracy_stated"] is False
    assert said["missing_layers"] == {"dem": ["FL-090", "FL-091"]}
    assert said["unchecked"] == {"FL-090": ["dem", "visible_range"], "FL-091": ["dem"]}
    assert list(said["unchecked"]) == ["FL-090", "FL-091"]
    assert [one["rule_id"] for one in said["everywhere"]] == ["FL-001"]
    assert said["everywhere"][0]["quote"] == "禁止新建"
    assert said["rules_in_force"] == ["FL-001", "FL-002"]


def test_the_limits_come_before_every_other_notice_in_both_languages(tmp_path):
    notices = told(tmp_path / "out")["notices"]
    assert notices == [{lang: label("outputs.limits", lang) for lang in ("zh", "en")}, NOTICE]


def test_options_and_versions_are_those_of_the_run_and_of_the_writing(tmp_path):
    said = told(tmp_path / "out")
    assert said["options"] == {
        "set": {"nature": "existing"}, "outputs": ["csv"], "lang": "zh", "zone_geometry": True,
    }  # fmt: skip
    assert {"fuling-gis", "python", "system", "libraries"} <= set(said["versions"])
    assert {"shapely", "GEOS", "GDAL", "PROJ", "pandas"} <= set(said["versions"]["libraries"])
    assert said["files"] == ["sites.csv", "findings.csv", "rules.csv", "units.csv", "run.json"]


def test_values_that_json_does_not_know_are_put_into_words_it_does(tmp_path):
    said = told(tmp_path / "out")
    assert said["workspace"] == "demo"
    assert said["strange"] == {"nan": None, "count": 3, "day": "2024-06-01", "all": ["a", "b"]}


def test_two_runs_differ_in_timings_alone(tmp_path):
    first, second = told(tmp_path / "one"), told(tmp_path / "two")
    timings = first.pop("timings")
    second.pop("timings")
    assert list(first) == list(second)
    assert first == second
    assert timings["read_s"] == 1.5
    assert {"began", "ended", "seconds"} <= set(timings)
    for name in ("sites.csv", "findings.csv", "rules.csv", "units.csv"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_facts_never_hide_what_the_run_itself_says(tmp_path):
    said = write(
        tmp_path / "out", batch([site(0)]), made=run(facts={"counts": "none", "toolkit": "other", "files": []})
    )
    assert said["counts"]["rows"] == 1
    assert said["toolkit"] == "fuling-gis"
    assert "sites.csv" in said["files"]


def test_a_file_name_that_is_no_unicode_does_not_stop_the_run(tmp_path):
    said = write(tmp_path / "out", batch([site(0)]), made=run(facts={"inputs": [{"path": "a\udcff.shp"}]}))
    assert said["inputs"][0]["path"] == "a\udcff.shp"
