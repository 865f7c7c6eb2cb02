"""The five steps that CONTRIBUTING shows for a new rule are enough: YAML alone, no Python."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from small_workspace import make_workspace

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
SECTION = PAGE.split("## A rule\n", 1)[1].split("\n## ", 1)[0]
BLOCKS = dict(re.findall(r"```yaml\n\s*# (\S+)\n(.*?)```", SECTION, re.DOTALL))


def unindented(text):
    lines = text.splitlines()
    edge = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    return "\n".join(line[edge:] for line in lines) + "\n"


@pytest.fixture
def place(tmp_path):
    """Make a workspace and do steps 1 and 3 in it: write the files that the page shows."""
    folder = make_workspace(tmp_path)
    for name, text in BLOCKS.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(unindented(text), "utf-8")
    return folder


def test_there_are_five_steps_and_two_files():
    assert [int(n) for n in re.findall(r"(?m)^(\d)\. ", SECTION)] == [1, 2, 3, 4, 5]
    assert [Path(name).suffix for name in BLOCKS] == [".yaml", ".yaml"]
    assert not any(name.endswith(".py") for name in re.findall(r"`([^`]+)`", SECTION))


def test_the_rule_has_no_fault(fuling, place):
    ran = fuling("rules", "check", "-w", place)
    assert (ran.status, ran.err) == (0, "")


def test_a_fault_in_it_is_told_with_its_line_and_the_mend(fuling, place):
    path = place / next(iter(BLOCKS))
    path.write_text(path.read_text("utf-8").replace("activity: [", "activity: [livestok, "), "utf-8")
    ran = fuling("rules", "check", "-w", place)
    assert ran.status == 1
    assert re.search(r"rules/.*\.yaml:\d+: unknown activity 'livestok'; perhaps 'livestock' is meant", ran.err)


def test_its_cases_hold(fuling, place):
    ran = fuling("rules", "test", "-w", place)
    assert (ran.status, ran.err) == (0, "")
    assert int(ran.out.split(" ", 1)[0]) >= 5


def test_it_is_listed_and_shown(fuling, place):
    (rule_id,) = re.findall(r"- id: (\S+)", BLOCKS[next(iter(BLOCKS))])
    assert rule_id in fuling("rules", "list", "-w", place, "--as-of", "2024-06-01").out
    assert rule_id in fuling("rules", "show", rule_id, "-w", place).out


def test_without_it_nothing_of_it_is_left(fuling, place):
    (rule_id,) = re.findall(r"- id: (\S+)", BLOCKS[next(iter(BLOCKS))])
    shutil.rmtree(place / "rules")
    assert rule_id not in fuling("rules", "list", "-w", place, "--as-of", "2024-06-01").out
