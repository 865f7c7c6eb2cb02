"""`fuling-gis rules`: the clause, whom it binds, where, and how open terms may be read."""

from __future__ import annotations

import json

RULE = """\
rules:
  - id: OWN-001
    effect: forbid
"""


def test_rules_alone_lists_the_rules_in_force_on_a_day(fuling):
    ran = fuling("rules", "--as-of", "2024-06-01")
    assert ran.status == 0
    assert "rules in force on 2024-06-01" in ran.out
    assert "FL-056" in ran.out
    assert ran.out == fuling("rules", "list", "--as-of", "2024-06-01").out


def test_before_the_first_law_no_rule_is_in_force(fuling):
    assert fuling("rules", "list", "--as-of", "1949-10-01").out.startswith("0 rules in force on 1949-10-01")


def test_a_run_after_the_plans_period_says_so(fuling):
    assert "\n! " not in fuling("rules", "list", "--as-of", "2025-12-31").out
    assert "\n! " in fuling("rules", "list", "--as-of", "2026-01-01").out


def test_a_rule_is_shown_with_its_clause_verbatim(fuling):
    ran = fuling("rules", "show", "fl-056")
    assert "禁止在长江干支流岸线一公里范围内新建、扩建化工园区和化工项目" in ran.out
    assert "bank_zone" in ran.out


def test_a_sentence_that_became_several_rules_shows_them_all(fuling):
    ran = fuling("rules", "show", "FL-041")
    assert "FL-041a" in ran.out
    assert "FL-041b" in ran.out


def test_a_sentence_that_is_no_rule_says_why(fuling):
    ran = fuling("rules", "show", "FL-011")
    assert "到2025年，全区生态保护红线面积不减少、功能不降低、性质不改变" in ran.out
    assert "not decidable" in ran.out


def test_an_unknown_rule_is_wrong_usage(fuling):
    ran = fuling("rules", "show", "FL-999")
    assert (ran.status, ran.err) == (2, "there is no rule FL-999; fuling-gis rules list names them all\n")


def test_the_list_as_json_has_every_rule_once(fuling):
    rules = json.loads(fuling("rules", "list", "--json", "--as-of", "2024-06-01").out)
    ids = [rule["id"] for rule in rules]
    assert len(ids) == len(set(ids))
    (chemical,) = [rule for rule in rules if rule["id"] == "FL-056"]
    assert chemical["effect"] == "prohibit"
    assert chemical["valid_from"] == "2021-03-01"


def test_readings_name_their_default_and_the_rules_that_hang_on_them(fuling):
    ran = fuling("rules", "readings", "--lang", "zh")
    assert "页岩气企业是否属于“矿山企业”" in ran.out
    assert "FL-032" in ran.out
    keys = [reading["key"] for reading in json.loads(fuling("rules", "readings", "--json").out)]
    assert {"shale_gas_mine", "fl066_scope"} <= set(keys)


def test_activities_are_found_by_word_and_by_code(fuling):
    found = json.loads(fuling("rules", "activities", "化工", "--json").out)
    assert "chemical" in [activity["id"] for activity in found]
    assert len(json.loads(fuling("rules", "activities", "--json").out)) > len(found)
    assert fuling("rules", "activities", "no such thing").status == 2


def rules_of(fuling, activity, *more):
    found = json.loads(fuling("rules", "activities", activity, "--json", *more).out)
    return {entry["id"]: entry["rules"] for entry in found}[activity]


def test_an_activity_has_the_rules_of_the_day_that_name_it_or_what_it_implies(fuling):
    # FL-056 names chemical projects and is in force from 2021-03-01; FL-148 names industry, from the plan's own day.
    days = ("2021-02-28", "2021-03-01", "2021-10-29")
    found = [set(rules_of(fuling, "chemical", "--as-of", day)) & {"FL-056", "FL-148"} for day in days]
    assert found == [set(), {"FL-056"}, {"FL-056", "FL-148"}]
    # Not all industry is chemical.
    assert "FL-056" not in rules_of(fuling, "industry", "--as-of", "2021-10-29")
    ran = fuling("rules", "activities", "chemical", "--as-of", "2021-03-01")
    assert "in force on 2021-03-01 that name the activity" in ran.out
    assert "FL-056" in ran.out


def test_readings_name_only_the_rules_in_force_on_the_day(fuling):
    days = ("2021-10-28", "2021-10-29")
    named = ["FL-032" in fuling("rules", "readings", "--as-of", day).out for day in days]
    assert named == [False, True]


def test_a_wrong_rule_file_is_refused_with_its_line(fuling, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(RULE, "utf-8")
    ran = fuling("rules", "check", path)
    assert ran.status == 1
    assert ran.out == ""
    assert f"{path}:" in ran.err


def test_sound_rule_files_pass(fuling):
    from fuling_gis.rules.load import BUILTIN_FILES

    ran = fuling("rules", "check", *BUILTIN_FILES)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith(f"{len(BUILTIN_FILES)} rule files checked, no fault")


GOOD_CASE = "- {rule: FL-056, name: 新建, site: {activity: 化工, nature: 新建}, answer: yes}\n"


def test_cases_that_hold_are_counted(fuling, tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(GOOD_CASE * 2, "utf-8")
    ran = fuling("rules", "test", path)
    assert ran.status == 0
    assert ran.out.startswith("2 cases hold (1 files, ")


def test_a_case_that_does_not_hold_is_told_with_its_line_and_both_answers(fuling, tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(GOOD_CASE + GOOD_CASE.replace("answer: yes", "answer: no"), "utf-8")
    ran = fuling("rules", "test", path)
    assert ran.status == 1
    assert ran.err == f"{path}:2: FL-056 新建: answer: yes, expected no\n"
    assert ran.out.startswith("1 of 2 cases do not hold")


def test_each_value_of_a_column_is_a_case_and_a_wrong_answer_is_told(fuling, tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(
        "- {rule: FL-056, site: {activity: 化工}, each: {nature: {yes: [新建, 扩建], no: 改建}}}\n", "utf-8"
    )
    assert fuling("rules", "test", path).out.startswith("3 cases hold")
    path.write_text("- {rule: FL-056, site: {activity: 化工}, each: {nature: {yes: [新建, 改建]}}}\n", "utf-8")
    ran = fuling("rules", "test", path)
    assert (ran.status, ran.err) == (1, f"{path}:1: FL-056 nature 改建: answer: no, expected yes\n")


def test_a_wrong_file_of_cases_tells_every_fault(fuling, tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("- {rule: FL-999, answers: yes}\n- {rule: FL-056, site: {colour: red}, answer: no}\n", "utf-8")
    ran = fuling("rules", "test", path)
    assert ran.status == 1
    for words in (":1: unknown key 'answers'", ":1: there is no rule 'FL-999'", ":2: 'colour' is neither a column"):
        assert words in ran.err


def test_without_cases_there_is_nothing_to_run(fuling, tmp_path):
    ran = fuling("rules", "test", tmp_path)
    assert ran.status == 2
    assert "rules/cases/" in ran.err


def test_before_the_plan_a_rule_stands_by_the_law_alone_and_after_its_period_that_is_said(fuling):
    early, late = (fuling("rules", "show", "FL-140", "--as-of", day).out for day in ("2021-06-01", "2026-11-01"))
    assert "on 2021-06-01 by the law alone: the document quoted was issued on 2021-10-29" in early
    assert "\n! " not in early
    assert "by the law alone" not in late
    assert late.count("\n! The plan's own period (2021-2025) is over") == 1


def test_a_duty_of_law_says_nothing_of_the_plans_period(fuling):
    assert "\n! " not in fuling("rules", "show", "LAW-002", "--as-of", "2026-11-01").out


def test_before_the_text_that_is_quoted_the_number_of_an_article_is_to_be_checked(fuling):
    early, late = (fuling("rules", "show", "LAW-002", "--as-of", day).out for day in ("2017-06-26", "2017-06-27"))
    assert "article as numbered in the text of 2017-06-27; the number at the time is to be checked" in early
    assert "as numbered" not in late


def test_a_law_that_is_not_yet_in_force_is_marked(fuling):
    shown = fuling("rules", "show", "FL-123", "--as-of", "2022-06-04").out
    assert "噪声污染防治法 article 35; from 2022-06-05 until 2026-08-14; not in force on 2022-06-04" in shown
    assert "not in force" not in fuling("rules", "show", "FL-123", "--as-of", "2022-06-05").out


def test_a_rule_is_shown_as_it_stands_on_a_day(fuling):
    before, after = (fuling("rules", "show", "LAW-002", "--as-of", day).out for day in ("2021-06-01", "2026-11-01"))
    assert "生态环境法典" not in before
    assert "carried on by 生态环境法典" in after
