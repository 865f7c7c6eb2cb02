"""The one script a newcomer runs: what it starts, when it installs, and how it fails."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def bootstrap(tmp_path, monkeypatch) -> ModuleType:
    """Give the script with a checkout of its own, and every program it starts written down instead of run."""
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "scripts" / "bootstrap.py")
    assert spec
    assert spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    for name in ("setup.cfg", "pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_text(f"# {name}\n", "utf-8")
    monkeypatch.setattr(script, "ROOT", tmp_path)
    monkeypatch.setattr(script, "ENVIRONMENT", tmp_path / ".venv")
    monkeypatch.setattr(script, "STAMP", tmp_path / ".venv" / "installed.json")
    script.started = []
    script.answers = {}

    def note(command, **_: object) -> subprocess.CompletedProcess[str]:
        words = [Path(word).name if os.sep in word else word for word in command]
        script.started.append(" ".join(words))
        status = next((status for part, status in script.answers.items() if part in script.started[-1]), 0)
        version = " ".join(str(n) for n in sys.version_info[:2])
        return subprocess.CompletedProcess(command, status, stdout=version, stderr="")

    def make(folder: Path, **_: object) -> None:
        python = Path(script._python())
        python.parent.mkdir(parents=True)
        python.touch()

    monkeypatch.setattr(script.subprocess, "run", note)
    monkeypatch.setattr(script.venv, "create", make)
    monkeypatch.setattr(script.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(script, "_has_chinese_font", lambda: True)
    return script


def programs(script: ModuleType, part: str) -> list[str]:
    return [command for command in script.started if part in command]


def test_the_demonstration_is_installed_once_and_started_each_time(bootstrap):
    assert bootstrap.main(["demo"]) == 0
    assert len(programs(bootstrap, "pip")) == 1
    assert bootstrap.started[-1] == "python -m fuling_gis demo demo"
    bootstrap.started.clear()
    assert bootstrap.main(["demo", "--lang", "en"]) == 0
    assert len(bootstrap.started) == 1
    assert bootstrap.started[0].endswith("demo demo --lang en")
    bootstrap.main(["demo", "elsewhere"])
    assert bootstrap.started[-1].endswith("demo elsewhere")


def test_a_newcomer_is_told_how_to_call_the_program_in_both_languages(bootstrap, capsys):
    assert bootstrap.main(["demo"]) == 0
    *_, chinese, english = capsys.readouterr().err.splitlines()
    activate = ".venv\\Scripts\\activate" if os.name == "nt" else "source .venv/bin/activate"
    assert chinese.startswith("要在终端里使用 fuling-gis")
    assert english.startswith("Before the first fuling-gis command")
    for line in (chinese, english):
        assert str(bootstrap.ROOT) in line
        assert line.endswith(activate)


def test_a_demonstration_that_fails_says_nothing_of_what_comes_next(bootstrap, capsys):
    bootstrap.answers["fuling_gis"] = 1
    assert bootstrap.main(["demo"]) == 1
    assert "activate" not in capsys.readouterr().err


def test_the_versions_are_those_of_the_constraints(bootstrap):
    bootstrap.main(["demo"])
    (install,) = programs(bootstrap, "pip --disable-pip-version-check install")
    assert "-c constraints.txt --editable" in install


@pytest.mark.parametrize("name", ["setup.cfg", "pyproject.toml", "constraints.txt"])
def test_a_changed_setting_is_installed_anew(bootstrap, name):
    bootstrap.main(["demo"])
    (bootstrap.ROOT / name).write_text("# changed\n", "utf-8")
    bootstrap.started.clear()
    bootstrap.main(["demo"])
    assert len(programs(bootstrap, "install")) == 1
    assert bootstrap.started[-1] == "python -m fuling_gis demo demo"
    # Once is enough.
    bootstrap.started.clear()
    bootstrap.main(["demo"])
    assert not programs(bootstrap, "install")


def test_the_tests_need_more_than_the_demonstration(bootstrap):
    bootstrap.main(["demo"])
    bootstrap.started.clear()
    bootstrap.main(["test"])
    (install,) = programs(bootstrap, "install")
    assert install.endswith("[dev,web]")
    assert json.loads(bootstrap.STAMP.read_text("utf-8"))["extras"] == ["dev", "web"]
    bootstrap.started.clear()
    bootstrap.main(["demo"])
    assert not programs(bootstrap, "install")


def test_a_broken_stamp_is_no_stamp(bootstrap):
    bootstrap.main(["demo"])
    whole = bootstrap.STAMP.read_text("utf-8")
    bootstrap.STAMP.write_text("{", "utf-8")
    bootstrap.started.clear()
    bootstrap.main(["demo"])
    assert len(programs(bootstrap, "install")) == 1
    assert bootstrap.STAMP.read_text("utf-8") == whole


def test_a_failed_installation_is_told_and_not_remembered(bootstrap, capsys):
    bootstrap.answers["install"] = 1
    assert bootstrap.main(["demo"]) == 1
    assert "the installation failed" in capsys.readouterr().err
    assert not bootstrap.STAMP.exists()
    assert not programs(bootstrap, "fuling_gis")


def test_every_check_runs_and_the_tests_come_last(bootstrap):
    assert bootstrap.main(["test", "-k", "house"]) == 0
    checks = [command.removeprefix("python -m ") for command in bootstrap.started if "pip" not in command]
    assert checks[:3] == ["ruff check .", "ruff format --check .", "mypy"]
    assert checks[-1].startswith("pytest ")
    assert checks[-1].endswith("-k house")


@pytest.mark.parametrize("failing", ["ruff check", "ruff format", "-m mypy", "-m pytest"])
def test_any_check_that_fails_makes_the_run_fail_but_all_are_run(bootstrap, failing):
    bootstrap.answers[failing] = 1
    assert bootstrap.main(["test"]) == 1
    assert "pytest" in bootstrap.started[-1]


def test_wheels_from_a_folder_never_ask_the_network(bootstrap, tmp_path):
    (tmp_path / "wheels").mkdir()
    assert bootstrap.main(["demo", "--wheels", str(tmp_path / "wheels")]) == 0
    (install,) = programs(bootstrap, "pip --disable-pip-version-check install")
    assert "--no-index --find-links wheels" in install


def test_a_folder_of_wheels_that_is_not_there_is_told(bootstrap, tmp_path, capsys):
    assert bootstrap.main(["demo", "--offline", str(tmp_path / "nowhere")]) == 1
    assert "nowhere is no folder" in capsys.readouterr().err


def test_debian_packages_are_installed_only_where_absent(bootstrap, monkeypatch):
    bootstrap.main(["test"])
    assert not programs(bootstrap, "apt-get")
    monkeypatch.setattr(bootstrap, "_has_chinese_font", lambda: False)
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 0, raising=False)
    monkeypatch.setattr(bootstrap.sys, "platform", "linux")
    bootstrap.main(["test"])
    assert programs(bootstrap, "apt-get")[-1].endswith("--no-install-recommends fonts-noto-cjk")


def test_without_the_right_to_install_the_tests_run_all_the_same(bootstrap, monkeypatch, capsys):
    monkeypatch.setattr(bootstrap.shutil, "which", lambda _: None)
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000, raising=False)
    assert bootstrap.main(["test"]) == 0
    assert "the tests that look at pages will be skipped" in capsys.readouterr().err
    assert "pytest" in bootstrap.started[-1]


def test_an_old_python_is_told_what_is_needed(bootstrap, monkeypatch, capsys):
    monkeypatch.setattr(bootstrap, "OLDEST", (99, 0))
    assert bootstrap.main(["demo"]) == 1
    assert "Python 99.0 or newer is needed" in capsys.readouterr().err
