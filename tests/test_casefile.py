"""A file of cases is read whole or refused with every fault, its line and what is wanted."""

from __future__ import annotations

import pytest

from fuling_gis.casefile import read_cases
from fuling_gis.errors import RuleError
from fuling_gis.rules.load import builtin_rules

RULES = builtin_rules()
WHO = "- rule: FL-056\n  answer: yes\n"
PLACE = WHO + "  at: [0, 0]\n"
WHOLE = "- rules: [FL-056]\n  at: [0, 0]\n"


def told(tmp_path, text):
    path = tmp_path / "c.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(RuleError) as fault:
        read_cases([path], RULES)
    return fault.value.words


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (WHO + "  site: 3\n", 3, "site is 3; it wants a mapping to words or numbers: {a: b}"),
        (WHO + "  site: {nature: {a: b}}\n", 3, "site is {'nature': {'a': 'b'}}; it wants a mapping to words"),
        (WHO + "  causes: tolerance\n", 3, "causes is 'tolerance'; it wants a list of words"),
        (WHO + "  readings: [a]\n", 3, "readings is ['a']; it wants a mapping"),
        (PLACE + "  zones: {river: {grade: main}}\n", 4, "it wants layers with lists of features"),
        (PLACE + "  zones: {river: [{grade: main}]}\n", 4, "it wants layers with lists of features"),
        (PLACE + "  accuracy_m: -1\n", 4, "accuracy_m is -1; it wants a number, metres, not below zero"),
        ("- rule: FL-056\n  in: [river]\n", 2, "in is ['river']; it wants layers with their fields"),
        ("- rule: FL-056\n  in: {river: {grade: []}}\n", 2, "it wants layers with their fields"),
        ("- rule: FL-056\n  each: {nature: [新建]}\n", 2, "it wants columns with answers and values"),
        ("- rule: FL-056\n  each: {nature: {oui: 新建}}\n", 2, "each: under nature say yes or no"),
        (WHO + "  verdict: clear\n", 3, "this case cannot expect verdict; it can expect answer, basis, causes"),
        (WHOLE + "  answer: yes\n  verdict: clear\n", 3, "this case cannot expect answer; it can expect depends"),
        (WHOLE + "  verdict: fine\n", 3, "'fine' is not allowed; allowed are prohibited, exit, restricted"),
        ("- rule: FL-056\n  answer: perhaps\n", 2, "'perhaps' is not allowed; allowed are yes, no, maybe"),
        ("- rule: FL-056\n  cases:\n    - {answer: yes, at: [0, 0]}\n    - {answer: no, site: x}\n", 4, "site is 'x'"),
        ("- 3\n", 1, "a case is a mapping"),
        ("3\n", 1, "a file of cases is a list"),
    ],
)
def test_a_fault_is_told_with_its_line_and_what_is_wanted(tmp_path, text, line, words):
    fault = told(tmp_path, text)
    assert f"c.yaml:{line}: " in fault["en"]
    assert words in fault["en"]
    assert f"c.yaml:{line}：" in fault["zh"]


def test_every_fault_of_a_file_is_told_at_once(tmp_path):
    fault = told(tmp_path, WHO + "  site: 3\n" + WHO.replace("yes", "perhaps") + WHO.replace("FL-056", "FL-999"))
    assert [line.split(":")[1] for line in fault["en"].splitlines()] == ["3", "5", "6"]


def test_each_value_of_a_column_is_a_case(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(
        "- {rule: FL-056, site: {activity: 化工}, each: {nature: {yes: [新建, 扩建], no: 改建}}}\n", "utf-8"
    )
    cases = read_cases([path], RULES)
    assert [(case.site["nature"], case.expected["answer"]) for case in cases] == [
        ("新建", "yes"),
        ("扩建", "yes"),
        ("改建", "no"),
    ]


def test_of_several_values_of_a_field_the_first_is_drawn_whole(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("- {rule: FL-155, in: {river: {grade: [main, wu]}}, site: {activity: 航道工程}}\n", "utf-8")
    cases = read_cases([path], RULES)
    assert [case.expected["answer"] for case in cases] == ["yes", "yes", "no", "maybe"]
    assert [case.zones["river"][0]["grade"] for case in cases] == ["wu", "main", "main", "main"]
