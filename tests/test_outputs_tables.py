"""The CSV files of a run, column by column."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import numpy as np
import pytest
from outputs_made import batch, column, finding, reading, rows, rule, run, site

from fuling_gis.labels import LANGS
from fuling_gis.outputs import tables
from fuling_gis.outputs.columns import RULE_COLUMNS, title
from fuling_gis.outputs.write import write_outputs
from fuling_gis.overlay.lists import Strings, numbered
from fuling_gis.overlay.result import FINDING_COLUMNS, SITE_COLUMNS, UNIT_COLUMNS, Columns
from fuling_gis.rules.model import Basis

HEADS = {
    "sites.csv": "row source site_id name activity nature verdict possible prohibited_by exit_by restricted_by "
    "advised_by maybe_by lifted_by unchecked_by depends_on units units_maybe inside_share area_m2 to_main_m to_wu_m "
    "to_tributary_m status problem",
    "findings.csv": "row site_id rule_id effect answer cause predicate part_answer layer feature_id feature_name "
    "overlap_m2 overlap_share distance_m threshold_m margin_m tolerance_m readings title clause quote basis exemption "
    "more_features",
    "units.csv": "row code category dimension item",
    "rules.csv": "rule_id effect level title clause quote basis laws valid_from valid_to everywhere sites_yes "
    "sites_maybe sites_lifted sites_unchecked readings",
}
HOSTILE = '=HYPERLINK("http://x")\n,;@SUM(A1)\x00{{ 7*7 }}<script>𠀀'


def write(out, *batches, made=None, **options):
    return write_outputs(batches, lambda: made or run(), out, **{"outputs": ["csv"], **options})


@pytest.mark.parametrize("name", HEADS)
def test_the_columns_are_those_of_the_contract(tmp_path, name):
    write(tmp_path / "out", batch([site(0)]))
    assert rows(tmp_path / "out" / name)[0] == HEADS[name].split()


@pytest.mark.parametrize("name", sorted({*SITE_COLUMNS, *FINDING_COLUMNS, *UNIT_COLUMNS, *RULE_COLUMNS}))
@pytest.mark.parametrize("lang", LANGS)
def test_every_column_has_a_title_in_the_language(name, lang):
    chinese = re.search(r"[\u4e00-\u9fff]", title(name, lang))
    assert bool(chinese) == (lang == "zh")


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("columns", [SITE_COLUMNS, FINDING_COLUMNS, UNIT_COLUMNS, RULE_COLUMNS])
def test_no_two_columns_of_a_table_have_one_title(columns, lang):
    assert len({title(name, lang) for name in columns}) == len(columns)


def test_each_input_row_has_one_row_in_order_over_all_batches(tmp_path):
    first = batch([site(0, "prohibited", name="甲"), site(1, "rejected", problem="没有几何")])
    second = batch([site(2, "clear", "undecided", area_m2=12.345, inside_share=1.0, to_main_m=999.9)])
    write(tmp_path / "out", first, second)
    head, *body = rows(tmp_path / "out" / "sites.csv")
    got = [dict(zip(head, line, strict=True)) for line in body]
    blank = dict.fromkeys(head, "")
    assert got == [
        {**blank, "row": "0", "verdict": "prohibited", "possible": "prohibited", "status": "ok", "name": "甲"},
        {
            **blank,
            "row": "1",
            "verdict": "rejected",
            "possible": "rejected",
            "status": "rejected",
            "problem": "没有几何",
        },
        {
            **blank,
            "row": "2",
            "verdict": "clear",
            "possible": "undecided",
            "status": "ok",
            "area_m2": "12.35",
            "inside_share": "1.000000",
            "to_main_m": "999.90",
        },
    ]


def test_hostile_text_is_harmless_in_every_text_column(tmp_path):
    numbers = {"row", "inside_share", "area_m2", "to_main_m", "to_wu_m", "to_tributary_m", "overlap_m2",
               "overlap_share", "distance_m", "threshold_m", "margin_m", "tolerance_m", "more_features"}  # fmt: skip
    bad = {
        name: {"row": 0, **dict.fromkeys(set(columns) - numbers, HOSTILE)}
        for name, columns in (("sites", SITE_COLUMNS), ("findings", FINDING_COLUMNS), ("units", UNIT_COLUMNS))
    }
    write(
        tmp_path / "out",
        batch([bad["sites"]], geometry=[None], findings=[bad["findings"]], units=[bad["units"]]),
        made=run([rule(title={"zh": HOSTILE, "en": HOSTILE})]),
    )
    for name in bad:
        head, line = rows(tmp_path / "out" / f"{name}.csv")
        for column_name, cell in zip(head, line, strict=True):
            if column_name not in numbers:
                assert cell == "'=HYPERLINK(\"http://x\") ,;'@SUM(A1){{ 7*7 }}<script>𠀀", column_name
    assert column(tmp_path / "out" / "rules.csv", "title") == [
        "'=HYPERLINK(\"http://x\") ,;'@SUM(A1) {{ 7*7 }}<script>𠀀"
    ]
    for name in HEADS:
        raw = (tmp_path / "out" / name).read_bytes()
        assert raw.startswith(b"\xef\xbb\xbf")
        assert b"\r" not in raw
        assert len(raw.splitlines()) == 2


def test_findings_keep_their_order_and_their_measures(tmp_path):
    findings = [
        finding(0, "FL-002", distance_m=1000.0, threshold_m=1000.0, margin_m=0.0, tolerance_m=5.0, more_features=2),
        finding(0, "FL-001", effect="restrict", answer="maybe", cause="tolerance;fact:nature", overlap_share=0.25),
    ]
    write(tmp_path / "out", batch([site(0)], findings=findings))
    head, *body = rows(tmp_path / "out" / "findings.csv")
    got = [dict(zip(head, line, strict=True)) for line in body]
    blank = dict.fromkeys(head, "")
    assert got == [
        {
            **blank, "row": "0", "rule_id": "FL-002", "effect": "prohibit", "answer": "yes", "distance_m": "1000.00",
            "threshold_m": "1000.00", "margin_m": "0.00", "tolerance_m": "5.00", "more_features": "2",
        },
        {
            **blank, "row": "0", "rule_id": "FL-001", "effect": "restrict", "answer": "maybe",
            "cause": "tolerance;fact:nature", "overlap_share": "0.250000",
        },
    ]  # fmt: skip


def test_units_have_one_row_per_item(tmp_path):
    items = [
        {"row": 0, "code": "ZH50010210001", "category": "priority", "dimension": "spatial", "item": "禁止开发, 除非"},
        {"row": 0, "code": "ZH50010210001", "category": "priority", "dimension": "risk", "item": "监测"},
    ]
    write(tmp_path / "out", batch([site(0)], units=items))
    assert rows(tmp_path / "out" / "units.csv")[1:] == [
        ["0", "ZH50010210001", "priority", "spatial", "禁止开发, 除非"],
        ["0", "ZH50010210001", "priority", "risk", "监测"],
    ]


def test_rules_say_how_many_sites_they_answer_for(tmp_path):
    # Two parts of one rule at one site are one site; unchecked sites come from the sites' own column.
    first = batch(
        [site(0), site(1, unchecked_by="FL-002;FL-003")],
        findings=[finding(0, feature_id="a"), finding(0, feature_id="b"), finding(1, answer="maybe")],
    )
    second = batch(
        [site(2, unchecked_by="FL-003"), site(3)],
        findings=[finding(2), finding(3, answer="lifted"), finding(3, "FL-002", answer="maybe")],
    )
    out = tmp_path / "out"
    write(out, first, second, made=run([rule("FL-001"), rule("FL-002"), rule("FL-003", effect="advise")]))
    assert column(out / "rules.csv", "rule_id") == ["FL-001", "FL-002", "FL-003"]
    assert column(out / "rules.csv", "sites_yes") == ["2", "0", "0"]
    assert column(out / "rules.csv", "sites_maybe") == ["1", "1", "0"]
    assert column(out / "rules.csv", "sites_lifted") == ["1", "0", "0"]
    assert column(out / "rules.csv", "sites_unchecked") == ["0", "1", "2"]
    assert column(out / "rules.csv", "level") == ["4", "4", "1"]


def test_findings_in_categories_are_counted_and_written_the_same(tmp_path):
    findings = [finding(0), finding(1, "FL-002", answer="maybe")]
    made = batch([site(0), site(1)], findings=findings)
    texts = [name for name in FINDING_COLUMNS if made.findings[name].dtype.kind not in "fi"]
    coded = replace(made, finding_columns=Columns.of(made.findings.astype(dict.fromkeys(texts, "category"))))
    columns = {name: made.findings[name].to_numpy() for name in FINDING_COLUMNS}
    columns |= {name: numbered(columns[name].astype(object)) for name in texts}
    # As the engine gives them: texts of many rows that a few are taken of, and numbered texts.
    columns["site_id"] = Strings(np.array(["", "x"], object)).take(np.array([0, 0]))
    engine = replace(made, finding_columns=Columns(columns))
    empty = batch([site(2)])
    two = run([rule("FL-001"), rule("FL-002")])
    write(tmp_path / "plain", made, empty, made=two)
    write(tmp_path / "coded", coded, empty, made=two)
    write(tmp_path / "engine", engine, empty, made=two)
    for name in HEADS:
        plain = (tmp_path / "plain" / name).read_bytes()
        assert [(tmp_path / other / name).read_bytes() for other in ("coded", "engine")] == [plain] * 2


def test_a_rule_tells_its_law_dates_readings_and_whether_it_binds_everywhere(tmp_path):
    basis = (
        Basis("新法", "第二条", valid_from=dt.date(2021, 3, 1)),
        Basis("旧法", "第一条", valid_to=dt.date(2020, 12, 31), succeeded_by="新法", confirmed=False),
    )
    made = run(
        [rule(basis=basis, readings=("mine_scope",), duties={}, valid_to=dt.date(2030, 1, 1))],
        everywhere=("FL-001",),
        readings={"mine_scope": "wide", "other": "x"},
        reading_terms={"mine_scope": reading("mine_scope", "wide", "narrow")},
    )
    out = tmp_path / "out"
    write(out, batch([site(0)]), made=made)
    assert column(out / "rules.csv", "laws") == [
        "新法 第二条 (自2021-03-01起施行); 旧法 第一条 (至2020-12-31止; 后由新法取代; 未经原文核对)"
    ]
    # The basis is the one of the findings: the laws in force on the day, and what carries on those that ended.
    assert "新法" in column(out / "rules.csv", "basis")[0]
    assert "《旧法》第第一条条（由新法承接" in column(out / "rules.csv", "basis")[0]
    assert column(out / "rules.csv", "clause") == ["规划 第四章 第一节"]
    assert column(out / "rules.csv", "valid_from") == ["2021-10-29"]
    assert column(out / "rules.csv", "valid_to") == ["2030-01-01"]
    assert column(out / "rules.csv", "everywhere") == ["yes"]
    assert column(out / "rules.csv", "readings") == ["mine_scope=wide"]


@pytest.mark.parametrize(("count", "full"), [(3, True), (4, False)])
def test_above_the_limit_the_texts_of_rules_stand_in_rules_csv_only(tmp_path, monkeypatch, count, full):
    monkeypatch.setattr(tables, "FINDINGS_WITH_TEXTS", 3)
    monkeypatch.setattr("fuling_gis.outputs.write.FINDINGS_WITH_TEXTS", 3)
    batches = [
        batch(
            [site(row)], findings=[finding(row, title="标题", clause="条款", quote="原文", basis="法律", exemption="e")]
        )
        for row in range(count)
    ]
    out = tmp_path / "out"
    written = write(out, *batches)
    for name, text in (("title", "标题"), ("clause", "条款"), ("quote", "原文"), ("basis", "法律")):
        assert column(out / "findings.csv", name) == [text if full else ""] * count
    assert column(out / "findings.csv", "exemption") == ["e"] * count
    assert column(out / "findings.csv", "row") == [str(row) for row in range(count)]
    assert column(out / "rules.csv", "quote") == ["禁止新建"]
    assert any("rules.csv" in notice["zh"] and "3" in notice["en"] for notice in written.notices) is not full


def test_no_rows_at_all_give_headers_alone(tmp_path):
    write(tmp_path / "out", made=run([]))
    for name, head in HEADS.items():
        assert rows(tmp_path / "out" / name) == [head.split()]
