"""result.xlsx: the tables for people; text is text, numbers are numbers, and a spreadsheet program opens it."""

from __future__ import annotations

import csv
import shutil
import subprocess
import zipfile

import numpy as np
import openpyxl
import pytest
import shapely
import xlsxwriter
from outputs_made import batch, finding, layer, rule, run, site
from xlsxwriter.worksheet import Worksheet

from fuling_gis.labels import LANGS, label
from fuling_gis.outputs import workbook
from fuling_gis.outputs.limits import limits
from fuling_gis.outputs.write import write_outputs
from fuling_gis.rules.model import Reading, ReadingValue

HOSTILE = ('=HYPERLINK("http://example.invalid","x")', "+1+1", "@SUM(A1)", "-2", "http://example.invalid/", "A&B<地块>")


def book(folder, batches, the_run):
    write_outputs(batches, lambda: the_run, folder, outputs=["xlsx"], lang=the_run.lang)
    return openpyxl.load_workbook(folder / "result.xlsx")


def rows(sheet):
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def test_only_the_workbook_and_the_manifest_are_left(tmp_path):
    book(tmp_path / "out", [batch([site(0)])], run())
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["result.xlsx", "run.json"]


def test_each_row_is_there_once_with_names_in_the_language_and_numbers_as_numbers(tmp_path):
    sites = [
        site(0, "prohibited", site_id="007", name="甲厂", area_m2=1234.5, inside_share=0.25, prohibited_by="FL-001"),
        site(1, "clear", site_id="8"),
    ]
    made = book(tmp_path / "out", [batch(sites, findings=[finding(0, distance_m=12.5)])], run())
    assert made.sheetnames == ["摘要", "地块", "命中", "规则", "单元准入清单", "图层", "未核查的规则"]
    head, first, second = rows(made["地块"])
    told = dict(zip(head, first, strict=True))
    assert told["项目编号"] == "007"
    assert told["结论"] == "禁止"
    assert told["面积（平方米）"] == 1234.5
    assert told["区内占比"] == 0.25
    assert dict(zip(head, second, strict=True))["结论"] == "未发现冲突"
    head, found = rows(made["命中"])
    told = dict(zip(head, found, strict=True))
    assert (told["规则编号"], told["规则效力"], told["规则是否适用"], told["距离（米）"]) == (
        "FL-001",
        "禁止",
        "是",
        12.5,
    )


def test_the_summary_counts_both_verdicts_and_states_the_limits(tmp_path):
    sites = [site(0, "clear", "undecided"), site(1, "clear"), site(2, "rejected")]
    cells = rows(book(tmp_path / "out", [batch(sites)], run())["摘要"])
    counted = {row[0]: row[1:3] for row in cells if isinstance(row[1], int | float)}
    assert counted["未发现冲突"] == [2, 1]
    assert counted["待核实"] == [0, 1]
    assert counted["合计"] == [3, 3]
    assert limits()["zh"] in {row[0] for row in cells}


def test_english_has_english_titles(tmp_path):
    made = book(tmp_path / "out", [batch([site(0, "prohibited")])], run(lang="en"))
    assert made.sheetnames == [
        "Summary",
        "Sites",
        "Findings",
        "Rules",
        "Unit access lists",
        "Layers",
        "Rules not evaluated",
    ]
    assert dict(zip(*rows(made["Sites"]), strict=True))["verdict"] == "prohibited"


@pytest.mark.parametrize("text", HOSTILE)
def test_text_is_never_a_formula_nor_a_link(tmp_path, text):
    made = book(tmp_path / "out", [batch([site(0, name=text)], findings=[finding(0, feature_name=text)])], run())
    for name in ("地块", "命中"):
        cells = [cell for row in made[name].iter_rows() for cell in row if cell.value == text]
        assert cells
        assert all(cell.data_type == "s" and cell.hyperlink is None for cell in cells)


def units(*features):
    names = ("code", "id", "name", "category", "spatial", "risk")
    fields = {name: np.array([one.get(name, "") for one in features], object) for name in names}
    shapes = np.array([shapely.box(0, 0, 1, 1)] * len(features), object)
    return {"management_unit": layer("management_unit", fields=fields, geometry=shapes)}


def test_the_access_lists_of_the_units_that_sites_lie_in_stand_once_for_each_unit(tmp_path):
    made = units(
        {"code": "ZH1", "category": "优先", "spatial": "禁止化工；限制养殖", "risk": "加强预警"},
        {"code": "ZH2", "category": "一般"},
        {"code": "ZH9", "spatial": "没有地块"},
        {"code": "ZH1", "category": "另一块"},
    )
    sites = [site(0, units="ZH1"), site(1, units="ZH1;ZH2"), site(2, units_maybe="ZH2")]
    told = rows(book(tmp_path / "out", [batch(sites)], run(layers=made))["单元准入清单"])
    assert told == [
        ["单元编码", "类别", "地块数（确定在内）", "地块数（可能在内）", "维度", "准入要求"],
        ["ZH1", "优先", 2, 0, "空间布局约束", "禁止化工"],
        ["ZH1", "优先", 2, 0, "空间布局约束", "限制养殖"],
        ["ZH1", "优先", 2, 0, "环境风险防控", "加强预警"],
        ["ZH2", "一般", 1, 1, "", ""],
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_the_text_of_an_access_list_is_text(tmp_path, text):
    made = units({"code": text, "category": text, "spatial": text})
    sheet = book(tmp_path / "out", [batch([site(0, units=text)])], run(layers=made))["单元准入清单"]
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value == text]
    assert len(cells) == 3
    assert all(cell.data_type == "s" and cell.hyperlink is None for cell in cells)


@pytest.mark.parametrize("lang", LANGS)
def test_what_is_named_for_programs_is_said_in_words(tmp_path, lang):
    question = {"zh": "岸线按什么算", "en": "What is the bank?"}
    values = {"line_175": ReadingValue({"zh": "175米线", "en": "the 175 m line"})}
    found = [
        finding(0, predicate=predicate, cause=cause, readings="bank_basis=line_175>yes", layer="red_line")
        for predicate, cause in (("not outside", "fact:activity;tolerance"), ("near", "coverage:red_line"))
    ]
    told = run(
        layers={"red_line": layer(covers="own"), "river": layer("river", covers="red_line")},
        reading_terms={"bank_basis": Reading("bank_basis", question, "line_175", values)},
        everywhere=("FL-001",),
        lang=lang,
    )
    made = book(tmp_path / "out", [batch([site(0, depends_on="bank_basis=line_175>maybe")], findings=found)], told)
    cells = [str(cell) for sheet in made for row in rows(sheet) for cell in row if cell]
    for code in ("not outside", "fact:", "coverage:", "bank_basis", "own"):
        assert (code == "not outside" and lang == "en") == any(cell.startswith(code) for cell in cells), code
    for words in ({"zh": "不在外", "en": "not outside"}, {"zh": "在距离内", "en": "near"}, layer().title):
        assert words[lang] in cells
    assert any(question[lang] in cell for cell in cells)
    assert any(label("map.cause_tolerance", lang) in cell for cell in cells)


LOCKS = {
    "the options of the writer": ({"constant_memory": True}, Worksheet.write_string),
    "the writing of texts as texts": (None, Worksheet.write),
}


@pytest.mark.parametrize("off", LOCKS)
@pytest.mark.parametrize("text", HOSTILE)
def test_text_stays_text_in_every_sheet_when_the_other_lock_is_off(tmp_path, monkeypatch, text, off):
    options, write = LOCKS[off]
    usual = xlsxwriter.Workbook
    monkeypatch.setattr(workbook.xlsxwriter, "Workbook", lambda path, given: usual(path, options or given))
    monkeypatch.setattr(Worksheet, "write_string", write)
    names = {"zh": text, "en": text}
    told = run(
        rules=(rule("FL-022", "restrict", title=names),),
        layers={"red_line": layer(title=names, source=text, covers=text)},
        unchecked={text: ("aquatic_habitat",)},
        notices=(names,),
        facts={"inputs": [{"path": text.replace("/", "_"), "sha256": "ab"}]},
    )
    made = book(
        tmp_path / "out",
        [batch([site(0, name=text, problem=text)], findings=[finding(0, "FL-022", feature_name=text)])],
        told,
    )
    # A notice and the name of a file; two texts of a site; one of a finding; the title of a rule; title, cover and
    # source of a layer; the name of a rule that was not asked.
    held = {"摘要": 2, "地块": 2, "命中": 1, "规则": 1, "单元准入清单": 0, "图层": 3, "未核查的规则": 1}
    for sheet in made:
        cells = [cell for row in sheet.iter_rows() for cell in row if cell.value in (text, text.replace("/", "_"))]
        assert len(cells) == held.pop(sheet.title), sheet.title
        assert all(cell.data_type == "s" and cell.hyperlink is None for cell in cells), sheet.title
    assert not held
    with zipfile.ZipFile(tmp_path / "out" / "result.xlsx") as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
        assert not any(b"<f>" in archive.read(name) or b"<hyperlink" in archive.read(name) for name in sheets)


def test_control_characters_and_endless_texts_do_not_break_the_book(tmp_path):
    made = book(tmp_path / "out", [batch([site(0, name="a\x01b\x0bc￿", problem="长" * 40_000)])], run())
    head, first = rows(made["地块"])
    told = dict(zip(head, first, strict=True))
    assert told["项目名称"] == "abc"
    assert len(told["问题"]) == 32_767


def test_a_table_longer_than_a_sheet_goes_on_on_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook, "MOST_ROWS", 301)
    made = book(tmp_path / "out", [batch([site(n, site_id=str(n)) for n in range(700)])], run())
    sheets = [made[name] for name in ("地块", "地块 2", "地块 3")]
    found = [row[2] for sheet in sheets for row in rows(sheet)[1:]]
    assert [sheet.max_row for sheet in sheets] == [301, 301, 101]
    assert found == [str(n) for n in range(700)]
    assert all(sheet.freeze_panes and sheet.auto_filter.ref for sheet in sheets)


def test_a_table_that_just_fills_a_sheet_leaves_no_empty_one(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook, "MOST_ROWS", 301)
    made = book(tmp_path / "out", [batch([site(n) for n in range(300)])], run())
    assert "地块 2" not in made.sheetnames


def test_layers_and_rules_that_were_not_evaluated_are_listed(tmp_path):
    told = run(
        rules=(rule("FL-022", "restrict"),),
        layers={"red_line": layer()},
        unchecked={"FL-022": ("aquatic_habitat",)},
    )
    made = book(tmp_path / "out", [batch([site(0, "clear", "undecided")])], told)
    assert rows(made["未核查的规则"])[1] == ["FL-022", "FL-022标题", "水生生物重要栖息地"]
    assert rows(made["图层"])[1][:5] == ["red_line", "生态保护红线", 1, 5, "2020-12-31"]


def test_verdicts_wear_their_colours(tmp_path):
    sheet = book(tmp_path / "out", [batch([site(0, "prohibited")])], run())["地块"]
    cell = next(cell for cell in sheet[2] if cell.value == "禁止")
    assert cell.fill.start_color.rgb == "FFD55E00"


# LibreOffice may be there without its spreadsheet.
@pytest.mark.skipif(
    shutil.which("soffice") is None or not (shutil.which("localc") or shutil.which("scalc")),
    reason="LibreOffice Calc is not installed: the workbook is not opened",
)
def test_libreoffice_reads_every_row(tmp_path):
    book(tmp_path / "out", [batch([site(n, name=HOSTILE[n % len(HOSTILE)]) for n in range(50)])], run(lang="en"))
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to"]
    what = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,2"
    subprocess.run(
        [*command, what, "--outdir", str(tmp_path), str(tmp_path / "out" / "result.xlsx")],
        check=True,
        capture_output=True,
    )
    with next(tmp_path.glob("result-Sites.csv")).open(encoding="utf-8-sig", newline="") as file:
        found = list(csv.reader(file))
    assert len(found) == 51
    assert [row[3] for row in found[1:7]] == list(HOSTILE)
