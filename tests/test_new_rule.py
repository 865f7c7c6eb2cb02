"""The five steps that CONTRIBUTING shows for a new rule are enough: YAML alone, no Python."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from small_workspace import make_sites, make_workspace

import fuling_gis as fg
from fuling_gis.rules.load import builtin_readings

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


def test_the_commands_that_the_page_names_are_run_as_they_stand(fuling, place, monkeypatch):
    commands = re.findall(r"`fuling-gis ([^`]+)`", SECTION)
    assert commands == ["rules check", "rules test"]
    monkeypatch.chdir(place)
    for command in commands:
        assert fuling(*command.split()).status == 0


def test_step_four_names_the_file_where_readings_are_declared():
    (name,) = re.findall(r"`(\S+/readings\.yaml)`", SECTION)
    text = (ROOT / name).read_text("utf-8")
    assert all(f"\n  {key}:\n" in text for key in builtin_readings())


def test_step_five_names_a_page_that_speaks_of_rules_and_days():
    (name,) = re.findall(r"`(\w+\.md)`", SECTION)
    text = (ROOT / name).read_text("utf-8")
    assert re.search(r"(?:FL|LAW)-\d{3}", text)
    assert re.search(r"from \d{4}-\d{2}-\d{2}", text)


@pytest.mark.parametrize(("day", "verdict"), [("2024-01-01", "prohibited"), ("2023-12-31", "")])
def test_it_counts_in_a_check_from_its_first_day(place, tmp_path, day, verdict):
    # The river's water ends at y = 100, so that the farm lies 300 m from it.
    path = make_sites(tmp_path / "sites.csv", [("A", "livestock", 0, 400), ("B", "livestock", 0, 700)])
    workspace = fg.open_workspace(place)
    sites = fg.screen(fg.read_sites(path, workspace=workspace, crs="EPSG:4545"), workspace, as_of=day).sites
    named = ["TOWN-1" in str(ids).split(";") for ids in sites["prohibited_by"]]
    assert named == [bool(verdict), False]
    assert (sites["verdict"][0] == "prohibited") is bool(verdict)


def test_it_is_listed_and_shown(fuling, place):
    (rule_id,) = re.findall(r"- id: (\S+)", BLOCKS[next(iter(BLOCKS))])
    assert rule_id in fuling("rules", "list", "-w", place, "--as-of", "2024-06-01").out
    assert rule_id in fuling("rules", "show", rule_id, "-w", place).out
    asked = ("rules", "activities", "livestock", "--as-of", "2024-06-01")
    assert rule_id in fuling(*asked, "-w", place).out
    assert rule_id not in fuling(*asked).out


def test_without_it_nothing_of_it_is_left(fuling, place):
    (rule_id,) = re.findall(r"- id: (\S+)", BLOCKS[next(iter(BLOCKS))])
    shutil.rmtree(place / "rules")
    assert rule_id not in fuling("rules", "list", "-w", place, "--as-of", "2024-06-01").out
