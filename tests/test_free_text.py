"""A project type in free words is a maybe to every rule that names an activity, and the candidates are told."""

from __future__ import annotations

import datetime as dt

import pytest
from small_workspace import make_workspace

import fuling_gis as fg
from fuling_gis.answers import MAYBE, NO
from fuling_gis.rules.load import builtin_rules
from fuling_gis.rules.who import person, who_answer

TEXT = "年产5万吨磷酸铁锂项目"
DAY = dt.date(2024, 6, 1)
NAMING = [r for r in builtin_rules().rules if all(p.activities for duty in r.duties.values() for p in duty.who)]


@pytest.mark.parametrize("rule", NAMING, ids=lambda rule: rule.id)
def test_free_words_are_a_maybe_to_every_rule_that_names_an_activity(rule):
    chosen = {key: term.default for key, term in builtin_rules().readings.items()}
    answer, causes = who_answer(rule.duty(chosen).who, person(TEXT))
    assert answer == MAYBE
    assert "fact:activity" in causes


def test_free_words_never_contradict_a_nature_that_is_stated():
    duty = builtin_rules().rule("FL-066").duty({"fl066_scope": "built_up"})
    assert who_answer(duty.who, person(TEXT, nature="新建"))[0] == NO


@pytest.fixture
def site(tmp_path):
    place = make_workspace(tmp_path / "space")
    path = tmp_path / "sites.csv"
    path.write_text(f"编号,项目类型,建设性质,X,Y\nS1,{TEXT},新建,420500,3280500\n", "utf-8")
    workspace = fg.open_workspace(place)
    return fg.screen(fg.read_sites(path, workspace=workspace, crs="EPSG:4545"), workspace, as_of=DAY).sites.iloc[0]


def test_the_candidates_that_the_words_allow_are_told(site):
    assert TEXT in site["problem"]
    # 磷酸铁锂 is a chemical.
    assert "化工" in site["problem"] or "chemical" in site["problem"]


def test_nothing_is_sure_that_hangs_on_the_project_type(site):
    sure = ";".join(site[column] for column in ("prohibited_by", "exit_by", "restricted_by", "advised_by")).split(";")
    assert not set(sure) & {rule.id for rule in NAMING}
    assert site["verdict"] != "clear"
