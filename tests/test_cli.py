"""The command line before any site is judged: help, language, faults, streams."""

from __future__ import annotations

import io
import os
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from fuling_gis import errors
from fuling_gis.cli import program, terminal
from fuling_gis.cli.commands import build
from fuling_gis.cli.language import asked
from fuling_gis.cli.terminal import Terminal, plain

ROOT = Path(__file__).parents[1]
PAGE = runpy.run_path(str(ROOT / "scripts" / "build_cli_page.py"))
COMMANDS = list(PAGE["commands"](build()))


def named(path: tuple[str, ...]) -> str:
    return " ".join(("fuling-gis", *path))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", COMMANDS, ids=named)
def test_every_command_explains_itself_in_both_languages(fuling, path, lang):
    ran = fuling(*path, "--help", "--lang", lang)
    assert ran.status == 0
    assert ran.err == ""
    assert ran.out.startswith(
        ("用法" if lang == "zh" else "Usage") + f": {named(path)}".replace(": ", "： " if lang == "zh" else ": ")
    )
    assert "--help" in ran.out


def test_the_page_about_the_command_line_is_what_the_program_says():
    assert (ROOT / "docs" / "cli.md").read_text("utf-8") == PAGE["page"]()


@pytest.mark.parametrize("path", COMMANDS, ids=named)
def test_every_example_of_a_help_page_is_a_command_that_exists(fuling, path):
    known = {named(words) for words in COMMANDS}
    for line in fuling(*path, "--help").out.splitlines():
        if line.startswith("  fuling-gis "):
            words = line.split()
            assert any(" ".join(words[:n]) in known - {"fuling-gis"} for n in (2, 3)), line


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        ((), {}, None),
        ((), {"LANG": "C.UTF-8"}, None),
        ((), {"LANG": "zh_CN.UTF-8"}, "zh"),
        ((), {"LANG": "de_DE.UTF-8"}, "en"),
        ((), {"LANG": "zh_CN.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ((), {"LANG": "zh_CN.UTF-8", "FULING_LANG": "en"}, "en"),
        (("check", "--lang", "zh"), {"FULING_LANG": "en"}, "zh"),
        (("--lang=en", "check", "--lang=zh"), {}, "zh"),
        (("check", "--lang", "fr"), {"FULING_LANG": "zh"}, "zh"),
        (("check", "--", "--lang", "zh"), {"LANG": "en_US"}, "en"),
    ],
)
def test_the_language_is_what_was_said_last_and_nearest(monkeypatch, arguments, environment, expected):
    monkeypatch.setattr("locale.getlocale", lambda: (None, None))
    assert asked(arguments, environment) == expected


def test_windows_names_the_chinese_language_its_own_way(monkeypatch):
    monkeypatch.setattr("locale.getlocale", lambda: ("Chinese (Simplified)_China", "936"))
    assert asked((), {}) == "zh"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("chek",), "there is no command chek; perhaps check; see fuling-gis --help\n"),
        (("check",), "SITES... is missing; see fuling-gis check --help\n"),
        (("check", "a.shp", "--lag", "zh"), "there is no option --lag; perhaps --lang; see fuling-gis check --help\n"),
        (("check", "a.shp", "--jobs", "many"), "wrong value for --jobs: no number; see fuling-gis check --help\n"),
        (("check", "a.shp", "--strict"), "--strict needs --fail-on\n"),
        (("check", "a.shp", "--as-of", "1 June"), "--as-of: 1 June is no date of the form YYYY-MM-DD\n"),
        (("check", "a.shp", "--set", "nature"), "--set: nature should read NAME=VALUE\n"),
        (("check", "a.shp", "--set", "a=1", "--set", "a=2"), "--set: a is given two different values\n"),
    ],
)
def test_wrong_usage_is_one_sentence_and_status_2(fuling, arguments, sentence):
    ran = fuling(*arguments)
    assert (ran.status, ran.out, ran.err) == (2, "", sentence)


def test_wrong_usage_is_told_in_chinese_where_chinese_is_spoken(fuling):
    ran = fuling("check", "--lang", "zh")
    assert (ran.status, ran.err) == (2, "缺少 SITES...；用法见 fuling-gis check --help\n")


def test_an_unknown_language_is_wrong_usage(fuling):
    ran = fuling("check", "a.shp", "--lang", "fr")
    assert ran.status == 2
    assert ran.err.startswith("wrong value for --lang: 'fr' is not one of 'zh', 'en'")


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (errors.UsageError("no such reading"), 2, "no such reading\n"),
        (errors.SiteError("a.shp: no rows"), 1, "a.shp: no rows\n"),
        (errors.LayerError("one\ntwo"), 1, "one\ntwo\n"),
        (
            PermissionError(13, "Permission denied", "out"),
            1,
            "the system refuses: [Errno 13] Permission denied: 'out'\n",
        ),
        (KeyboardInterrupt(), 130, "stopped; no half result was left under its final name\n"),
    ],
)
def test_every_error_has_its_exit_status_and_no_traceback(fuling, monkeypatch, error, status, sentence):
    def fails(*_: object) -> int:
        raise error

    monkeypatch.setattr(program, "_run", fails)
    ran = fuling("check", "a.shp")
    assert (ran.status, ran.out, ran.err) == (status, "", sentence)


def test_a_fault_of_the_program_says_where_and_how_to_see_more(fuling, monkeypatch):
    def fails(*_: object) -> int:
        return {}["district"]

    monkeypatch.setattr(program, "_run", fails)
    ran = fuling("check", "a.shp")
    assert ran.status == 1
    assert len(ran.err.splitlines()) == 1
    assert "KeyError: 'district'" in ran.err
    assert "FULING_DEBUG=1" in ran.err
    assert "Traceback" not in ran.err
    monkeypatch.setenv("FULING_DEBUG", "1")
    assert "Traceback" in fuling("check", "a.shp").err


def test_text_from_files_reaches_the_terminal_as_plain_text():
    assert plain("a\x1b[31mred\x07\r\nb\tc\u202egpj\u2066\x85d\ufeff") == "a[31mred  b cgpj d"
    assert plain("涪陵 [bold]Ω[/bold]") == "涪陵 [bold]Ω[/bold]"


@pytest.mark.parametrize(
    ("system", "environment", "expected"),
    [
        ("posix", {}, True),
        ("posix", {"NO_COLOR": "1"}, False),
        ("nt", {}, False),
        ("nt", {"WT_SESSION": "a"}, True),
    ],
)
def test_colours_are_shown_only_where_a_terminal_shows_them(monkeypatch, system, environment, expected):
    class Seen(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(terminal, "os", SimpleNamespace(name=system, environ=environment))
    assert terminal.coloured(Seen()) is expected
    assert terminal.coloured(io.StringIO()) is False


def test_a_table_keeps_markup_and_long_names_as_they_are(capsys):
    name = "厂" * 300
    Terminal("zh", "zh").table(["名称", "数"], [[f"[red]{name}[/red]", 1234]])
    said = capsys.readouterr().out
    assert f"[red]{name}[/red]" in said
    assert "1,234" in said


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "fuling_gis", *words]
    return subprocess.run(command, capture_output=True, check=False, env={**os.environ, **environment})


def test_output_is_utf8_even_where_the_console_is_not():
    ran = run("check", "--help", "--lang", "zh", PYTHONIOENCODING="gbk", PYTHONUTF8="0")
    assert ran.returncode == 0
    assert "核查点位文件" in ran.stdout.decode("utf-8")


def test_a_reader_that_leaves_early_does_no_harm():
    script = "import os, sys; from fuling_gis.cli import main; sys.exit(main(['check', '--help']))"
    reader, writer = os.pipe()
    os.close(reader)
    ran = subprocess.run([sys.executable, "-c", script], stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_the_version_is_printed(fuling):
    ran = fuling("--version")
    assert (ran.status, ran.out) == (0, "fuling-gis 0.1.0\n")


def test_no_command_at_all_shows_the_help_page(fuling):
    ran = fuling()
    assert "fuling-gis demo" in ran.out
