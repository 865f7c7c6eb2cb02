"""Errors are sentences in two languages: the error, the helper that words it, and every place that raises one."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from fuling_gis.errors import FileError, FulingError, joined
from fuling_gis.labels import sentence
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
    error = pickle.loads(pickle.dumps(FileError({"zh": "甲", "en": "A"})))  # noqa: S301 - made on this line
    assert (type(error), error.told("zh"), str(error)) == (FileError, "甲", "A")


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
