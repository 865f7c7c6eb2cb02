"""Errors are sentences in two languages: the error, the helper that words it, and every place that raises one."""

from __future__ import annotations

import ast
import pickle
import re
from pathlib import Path

import pytest

from fuling_gis import errors
from fuling_gis.errors import FileError, FulingError, joined
from fuling_gis.labels import parts, sentence, words
from fuling_gis.readers.sniff import sniff
from fuling_gis.sites.read import open_sites
from fuling_gis.yamlfile import parse_yaml


def test_an_error_has_its_sentence_in_both_languages_and_is_english_as_text():
    error = FileError({"zh": "没有这个文件", "en": "there is no such file"})
    assert (error.told("zh"), error.told("en"), str(error)) == (
        "没有这个文件",
        "there is no such file",
        "there is no such file",
    )


def test_a_plain_text_is_the_same_in_both_languages():
    error = FulingError("a.shp: no rows")
    assert error.told("zh") == error.told("en") == str(error) == "a.shp: no rows"


def test_an_error_keeps_both_languages_on_its_way_between_processes():
    error = pickle.loads(pickle.dumps(FileError({"zh": "甲", "en": "A"}, offers=["east"])))  # noqa: S301 - made on this line
    assert (type(error), error.told("zh"), str(error), error.offers) == (FileError, "甲", "A", ("east",))


def test_many_faults_are_joined_in_each_language():
    assert joined([{"zh": "甲", "en": "A"}, "b"]) == {"zh": "甲\nb", "en": "A\nb"}
    assert joined([], ", ") == {"zh": "", "en": ""}


def test_a_sentence_takes_values_that_have_languages_of_their_own():
    inner = FileError({"zh": "{甲}", "en": "{A}"})
    told = sentence("cli.bad_parameter", name="{name}", why=inner)
    assert told == {"zh": "{name} 的取值有误：{甲}", "en": "wrong value for {name}: {A}"}
    assert sentence("cli.bad_parameter", name="-o", why={"zh": "错", "en": "wrong"})["zh"] == "-o 的取值有误：错"


def test_faults_of_yaml_are_told_in_both_languages():
    with pytest.raises(FileError) as caught:
        parse_yaml("{a: 1}: 2\nb: 1\nb: 2\n", Path("x.yaml"))
    assert caught.value.told("zh") == "x.yaml:1：键必须是文字\nx.yaml:3：键“b”出现了两次，请只保留一个"
    assert str(caught.value) == "x.yaml:1: a key must be a word\nx.yaml:3: key 'b' stands twice; keep one"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("check", "--wrong"), "没有选项 --wrong"),
        (("check",), "缺少 SITES..."),
        (("init", "a", "b"), "多出了参数 b；用法见 fuling-gis init --help"),
        (("check", "a", "--jobs", "x"), "--jobs 的取值有误：不是数"),
        (("check", "a", "--jobs", "0"), "--jobs 的取值有误：不能小于 1"),
        (("check", "a", "--fail-on", "bad"), "--fail-on 的取值有误：'bad' 不在可选值 'prohibited', "),
        (("layers", "foo"), "没有命令 foo"),
        (("check", "a", "--force=1"), "选项 --force 后面应有一个值"),
    ],
)
def test_wrong_calls_are_told_in_chinese(fuling, words, sentence):
    ran = fuling(*words, "--lang", "zh")
    assert ran.status == 2
    assert ran.err.startswith(sentence)


CATALOG = """\
crs: EPSG:4490
layers:
  redline: {path: a.shp}
  red_line: {accuracy_m: -1, covers: red_line}
"""
RULES = """\
rules:
  - {id: U-1, title: {zh: 甲, en: A}, effect: ban, source: {quote: 甲}}
  - {id: U-2, title: {zh: 甲, en: A}, effect: restrict, source: {quote: 甲}, where: {in: river}, who: {nature: [neww]}}
"""


def test_all_faults_of_a_catalogue_are_told_in_chinese_each_with_its_line(fuling, tmp_path):
    catalog = tmp_path / "layers" / "catalog.yaml"
    catalog.parent.mkdir()
    catalog.write_text(CATALOG, "utf-8")
    ran = fuling("layers", "-w", tmp_path, "--lang", "zh")
    crs, unknown, *of_red_line = ran.err.splitlines()
    assert ran.status == 1
    assert crs == f"{catalog}:1：crs 'EPSG:4490' 不以米为单位；量距离要用以米为单位的投影坐标系，如 EPSG:4545"
    assert unknown.startswith(f"{catalog}:3：没有图层“redline”；是否指 'red_line' 或 'green_line'；可以是 district, ")
    assert of_red_line == [
        f"{catalog}:4：图层 red_line：缺少 path；请写明图层的文件",
        f"{catalog}:4：图层 red_line：accuracy_m 写的是 -1；应为不小于 0 的米数",
        f"{catalog}:4：图层 red_line：covers 写的是图层自身；请写 `covers: own`",
    ]


def test_the_faults_of_rules_are_told_in_chinese(fuling, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(RULES, "utf-8")
    ran = fuling("rules", "check", path, "--lang", "zh")
    first, second = ran.err.splitlines()
    assert first.startswith(f"{path}:2：rules[0].effect：不能是 'ban'；可以是 prohibit, ")
    assert second.startswith(f"{path}:3：建设性质中没有 'neww'；是否指“new”；可以是 new, ")


def test_a_file_that_names_no_system_is_refused_in_chinese_with_an_offer(tmp_path):
    path = tmp_path / "点位.csv"
    path.write_text("编号,经度,纬度\n1,107.4,29.7\n", "utf-8")
    with pytest.raises(FulingError) as caught:
        open_sites(path, target="EPSG:4545")
    told = caught.value.told("zh")
    assert told.startswith(f"{path}：文本表格不能写明坐标系；其坐标像是经纬度：CGCS2000 请写 --crs EPSG:4490")
    assert str(caught.value).startswith(f"{path}: a text table cannot name its coordinate system; its coordinates look")


def test_braces_in_a_file_s_text_are_data(tmp_path):
    path = tmp_path / "{0.__class__}{x!r}.shp"
    with pytest.raises(FileError) as caught:
        sniff(path)
    assert caught.value.told("zh") == f"{path}：没有这个文件"


PACKAGE = Path(__file__).parents[1] / "fuling_gis"
SOURCES = sorted(PACKAGE.rglob("*.py"))
ERRORS = {name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, FulingError)}
# Parts that note faults by the name of an entry: `notes.at(address, "no_path")`, `say("no_date", given=...)`.
NOTED = {"layers/entries.py": "errors_layers", "rules/names.py": "errors_rules", "casefile.py": "errors_rules"}


def named(call: ast.Call) -> str:
    """Give the last part of what is called: `sentence`, `words` of `terminal.words`."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def worded(argument: ast.expr, tree: ast.Module, *, spoken: bool) -> bool:
    """Tell whether an argument is a sentence in both languages.

    spoken: whether the module knows the language of the run, as the command line does: then a sentence in it will do.
    """
    if isinstance(argument, ast.Attribute):
        # The words of another error.
        return argument.attr == "words"
    if not isinstance(argument, ast.Call):
        return False
    if spoken and named(argument) == "words":
        return True
    made = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == named(argument)]
    texts = ("dict[str, str]", "Words", "Mapping[str, str]")
    return named(argument) in ("sentence", "joined") or any(n.returns and ast.unparse(n.returns) in texts for n in made)


@pytest.mark.parametrize("path", [pytest.param(p, id=str(p.relative_to(PACKAGE))) for p in SOURCES])
def test_every_error_that_a_person_can_see_is_a_sentence_in_both_languages(path):
    tree = ast.parse(path.read_text("utf-8"))
    raised = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and named(node) in ERRORS]
    spoken = path.parent.name == "cli"
    plain = [node.lineno for node in raised if not all(worded(a, tree, spoken=spoken) for a in node.args)]
    assert not plain, f"{path.relative_to(PACKAGE)}: lines {plain} raise a text in one language"
    assert all(node.args for node in raised)


def test_every_sentence_of_an_error_stands_in_the_words_and_is_used():
    there = {f"{part}.{entry}" for part in parts() for entry in words(part)}
    used, begun = set(), set()
    for path in SOURCES:
        text = path.read_text("utf-8")
        part = NOTED.get(path.relative_to(PACKAGE).as_posix(), "errors_readers")
        used |= set(re.findall(r'"([a-z_]+\.[a-z_0-9]+)"', text)) & {k for k in there if k.startswith("errors_")}
        named_here = re.findall(r'sentence\(\s*"([^"]+)"', text)
        assert set(named_here) <= there, f"{path.name}: {set(named_here) - there}"
        # `f"errors_readers.{entry}"` names every entry by its start.
        begun |= set(re.findall(r'f"(errors_[a-z]+\.[a-z_0-9]*)\{', text))
        used |= {f"{part}.{entry}" for entry in re.findall(r'"([a-z_0-9]+)"', text)}
    for key in sorted(key for key in there if key.startswith("errors_")):
        started = any(key.startswith(start) for start in begun if not start.endswith("."))
        assert key in used or started, f"no error uses {key}"


@pytest.mark.parametrize("module", NOTED)
def test_every_fault_that_is_noted_by_name_has_its_sentence(module):
    tree = ast.parse((PACKAGE / module).read_text("utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and named(node) in ("say", "at")]
    names = {a.value for call in calls for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)}
    assert len(names) > 1
    assert names <= set(words(NOTED[module]))
