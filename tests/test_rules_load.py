"""Rule files are read whole or refused with every fault, its line, what is allowed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from textwrap import dedent

import pytest

from fuling_gis.errors import RuleError
from fuling_gis.layers.schema import known_layers, zone_layers
from fuling_gis.rules.load import BUILTIN_FILES, builtin_rules, check_files, load_rule_set, load_rules
from fuling_gis.rules.model import AllOf, AnyOf, Ask, FieldTest, Joined, Not, Overlap, Selection

LAYERS = {"river": {"id": (), "name": (), "grade": ("main", "wu", "tributary"), "order": ()}, "red_line": {"name": ()}}
HEAD = """\
rules:
  - id: U-1
    title: {zh: 一, en: one}
    effect: prohibit
    source: {quote: 原文}
"""


def write(folder, text, name="u.yaml"):
    path = folder / name
    path.write_text(dedent(text), "utf-8")
    return path


def one(tmp_path, more):
    """Load one rule with more keys."""
    return load_rules([write(tmp_path, HEAD + more)], LAYERS)[0]


def faults(tmp_path, more):
    return [fault["en"] for fault in check_files([write(tmp_path, HEAD + more)], LAYERS)]


def test_the_rules_of_the_package_have_no_fault():
    assert check_files(BUILTIN_FILES, known_layers()) == []


def test_every_date_of_the_package_is_in_order_and_every_rule_begins_some_day():
    for rule in builtin_rules().rules:
        assert rule.valid_from is not None, rule.id
        for dated in (rule, *rule.basis):
            ends = dated.valid_from, dated.valid_to
            assert None in ends or ends[0] <= ends[1], rule.id


def test_a_run_after_the_plans_period_carries_its_notice():
    rules = builtin_rules()
    assert rules.notices_on(dt.date(2025, 12, 31)) == ()
    assert "2021—2025" in rules.notices_on(dt.date(2026, 1, 1))[0]["zh"]


def test_a_rule_without_who_and_where_binds_anyone_in_the_whole_district(tmp_path):
    rule = one(tmp_path, "")
    (duty,) = rule.duties.values()
    assert [(p.activities, p.natures, p.facts) for p in duty.who] == [((), (), ())]
    assert duty.where is None


def test_a_place_expression_is_read_as_written(tmp_path):
    rule = one(
        tmp_path,
        """\
    where:
      all:
        - near: {layer: river, select: {grade: [main, wu], order: {max: 2}}}
          within_m: 1000
        - any:
            - outside: red_line
            - not: {in: {intersection: [river, {union: [red_line, river]}]}}
""",
    )
    near = Ask(
        "near", Selection("river", (FieldTest("grade", ("main", "wu")), FieldTest("order", maximum=2.0))), 1000.0
    )
    red, river = Selection("red_line"), Selection("river")
    crossed = Ask("in", Overlap((river, Joined((red, river)))))
    assert rule.duty({}).where == AllOf((near, AnyOf((Ask("outside", red), Not(crossed)))))


def test_a_distance_may_be_measured_from_the_centre(tmp_path):
    place = "    where: {near: river, within_m: 1000, measured: %s}\n"
    ask = Ask("near", Selection("river"), 1000.0, measured="centre")
    assert one(tmp_path, place % "centre").duty({}).where == ask
    assert one(tmp_path, place % "edge").duty({}).where == Ask("near", Selection("river"), 1000.0)
    rule = one(tmp_path, place % "{reading: distance_measured, is: {edge: edge, centre: centre}}")
    assert rule.readings == ("distance_measured",)
    assert rule.duty({"distance_measured": "centre"}).where == ask
    assert rule.duty({"distance_measured": "edge"}).where == Ask("near", Selection("river"), 1000.0)


def test_a_number_selects_the_features_that_have_it(tmp_path):
    rule = one(tmp_path, "    where: {in: {layer: river, select: {order: 1}}}\n")
    assert rule.duty({}).where == Ask("in", Selection("river", (FieldTest("order", minimum=1.0, maximum=1.0),)))


def test_the_words_yes_and_no_stay_words(tmp_path):
    layers = {"building": {"flue": ("yes", "no")}}
    path = write(tmp_path, HEAD + "    where: {in: {layer: building, select: {flue: no}}}\n")
    rule = load_rules([path], layers)[0]
    assert rule.duty({}).where == Ask("in", Selection("building", (FieldTest("flue", ("no",)),)))


def test_switches_give_one_duty_for_each_combination_of_readings(tmp_path):
    rule = one(
        tmp_path,
        """\
    who: {activity: {reading: shale_gas_mine, is: {no: [mining], yes: [mining, shale_gas]}}}
    where: {reading: fl066_scope, is: {built_up: {in: red_line}, district: null}}
""",
    )
    assert rule.readings == ("fl066_scope", "shale_gas_mine")
    assert len(rule.duties) == 4
    duty = rule.duty({"shale_gas_mine": "yes", "fl066_scope": "district"})
    assert duty.who[0].activities == ("mining", "shale_gas")
    assert duty.where is None
    duty = rule.duty({"shale_gas_mine": "no", "fl066_scope": "built_up"})
    assert duty.who[0].activities == ("mining",)
    assert duty.where == Ask("in", Selection("red_line"))


def test_dates_hold_on_both_ends(tmp_path):
    rule = one(tmp_path, "    valid_from: 2024-03-19\n    valid_to: 2026-08-14\n")
    days = [dt.date(2024, 3, 18), dt.date(2024, 3, 19), dt.date(2026, 8, 14), dt.date(2026, 8, 15)]
    assert [rule.in_force(day) for day in days] == [False, True, True, False]


def test_the_basis_takes_the_dates_of_its_law():
    basis = builtin_rules().rule("FL-123").basis[0]
    assert basis.valid_from == dt.date(2022, 6, 5)
    assert basis.valid_to == dt.date(2026, 8, 14)
    assert "生态环境法典" in basis.succeeded_by


@pytest.mark.parametrize(
    ("more", "line", "words"),
    [
        ("    colour: red\n", 6, "unknown key 'colour'; allowed are id, title"),
        ("    who: {activity: [chemicals]}\n", 6, "unknown activity 'chemicals'; perhaps 'chemical' is meant"),
        ("    who: {nature: [nwe]}\n", 6, "unknown nature 'nwe'; perhaps 'new' is meant"),
        ("    who: {facts: {heavy_metal: true}}\n", 6, "unknown fact 'heavy_metal'; perhaps 'heavy_metals' is meant"),
        ("    who: {facts: {boiler_tph: true}}\n", 6, "it wants min, max, above or below"),
        ("    who: {facts: {noisy: {min: 3}}}\n", 6, "it wants true or false"),
        ("    who: {facts: {boiler_tph: {min: 9, max: 3}}}\n", 2, "no value between its two ends"),
        ("    who: {activity: [fishing], facts: {boiler_tph: {max: 3}}}\n", 2, "never true of fishing"),
        ("    who: {activity: []}\n", 6, "fill it or leave the key out"),
        ("    where: {in: redline}\n", 6, "unknown layer 'redline'; perhaps 'red_line' is meant"),
        ("    where:\n      in: {layer: river, select: {grad: main}}\n", 7, "unknown field of layer river: 'grad'"),
        ("    where:\n      in: {layer: river, select: {grade: mian}}\n", 7, "unknown value of grade: 'mian'"),
        ("    where:\n      in: {layer: river, select: {grade: 1}}\n", 7, "unknown value of grade: 1"),
        ("    where: {near: river}\n", 6, "'near' needs within_m"),
        ("    where: {near: river, within_m: 0}\n", 6, "0 is not above 0"),
        ("    where: {near: river, within_m: 9, measured: middle}\n", 6, "'middle' is not allowed; allowed are edge"),
        ("    where: {in: river, measured: centre}\n", 6, "'measured' needs near"),
        (
            "    where: {near: river, within_m: 9, measured: {reading: distance_measured, is: {edge: edge}}}\n",
            6,
            "centre",
        ),
        (
            "    where: {all: [{near: river, within_m: 5, measured: centre}, {not: {near: river, within_m: 9}}]}\n",
            2,
            "and for its opposite",
        ),
        ("    where: {in: river, outside: river}\n", 6, "say exactly one of"),
        ("    where: {all: [{in: river}, {not: {in: river}}]}\n", 2, "asks for something and for its opposite"),
        ("    where: {all: [{in: river}, {not: {any: [{in: river}, {in: red_line}]}}]}\n", 2, "and for its opposite"),
        ("    where: {all: [{in: river}, {not: {not: {not: {in: river}}}}]}\n", 2, "and for its opposite"),
        (
            "    where: {all: [{near: river, within_m: 500}, {not: {near: river, within_m: 900}}]}\n",
            2,
            "and for its opposite",
        ),
        ("    where: {all: [{in: river}, {not: {near: river, within_m: 900}}]}\n", 2, "and for its opposite"),
        (
            "    where: {all: [{in: {layer: river, select: {grade: main}}}, {not: {in: river}}]}\n",
            2,
            "and for its opposite",
        ),
        ("    where: {near: river, within_m: 010}\n", 6, "'010' stands where a number is wanted"),
        ("    where: &w {not: *w}\n", 6, "an alias (*) contains itself"),
        ("    where: &w\n      all:\n        - in: river\n        - *w\n", 6, "an alias (*) contains itself"),
        ("    where: " + "{not: " * 90 + "{in: river}" + "}" * 90 + "\n", 6, "nested deeper than 60 levels"),
        ("    where: {near: river, within_m: .nan}\n", 6, "'.nan' stands where a number is wanted"),
        ("    who: {facts: {noisy: yes}}\n", 6, "'yes'; it wants true or false"),
        ("    valid_from: 2024-1-1\n", 6, "there is no day '2024-1-1'"),
        ("    where: {in: {reading: foo, is: {a: river}}}\n", 6, "unknown reading 'foo'"),
        (
            "    where: {reading: noise_area, is: {published: {in: river}}}\n",
            6,
            "does not say what holds under built_up",
        ),
        ("    valid_from: 2024-02-30\n", 6, "there is no day '2024-02-30'"),
        ("    valid_from: yesterday\n", 6, "there is no day 'yesterday'"),
        ("    valid_from: 2024-02-02\n    valid_to: 2023-02-02\n", 2, "is never in force"),
        ("    everywhere: true\n    where: {in: river}\n", 2, "keep one of the two"),
        ("    everywhere: yes\n", 6, "'yes' stands where true or false is wanted"),
        ("    unless: [{fact: boiler_tph, title: {zh: a, en: a}, prove: {zh: a, en: a}}]\n", 6, "can be claimed"),
        (
            """\
    who: {nature: [new]}
    unless: [{fact: safety_upgrade, nature: [alter], title: {zh: a, en: a}, prove: {zh: a, en: a}}]
""",
            2,
            "can never lift it",
        ),
        ("    basis: [{law: 某法, article: 9, confirmed: false}]\n", 2, "is unconfirmed and yet names article 9"),
        ("    effect: ban\n", 6, "key 'effect' stands twice"),
    ],
)
def test_a_fault_is_told_with_its_line_and_what_is_allowed(tmp_path, more, line, words):
    found = faults(tmp_path, more)
    assert len(found) == 1, found
    assert f"u.yaml:{line}: " in found[0]
    assert words in found[0]


@pytest.mark.parametrize(
    "where",
    [
        # Part of a site may lie in a zone and part of it outside.
        "{all: [{in: river}, {outside: river}]}",
        "{all: [{near: river, within_m: 900}, {not: {near: river, within_m: 500}}]}",
        "{all: [{near: river, within_m: 900}, {not: {in: river}}]}",
        "{all: [{near: river, within_m: 500}, {not: {near: river, within_m: 900, measured: centre}}]}",
        "{all: [{in: river}, {not: {near: river, within_m: 900, measured: centre}}]}",
        "{any: [{in: river}, {not: {in: river}}]}",
        "{all: [{in: river}, {not: {in: {layer: river, select: {grade: main}}}}]}",
    ],
)
def test_a_place_that_can_be_is_no_contradiction(tmp_path, where):
    assert faults(tmp_path, f"    where: {where}\n") == []


@pytest.mark.parametrize("head", ["valid_from: 2024-13-01", "valid_to: 2024-02-30", "valid_from: 2024", "document: x"])
def test_a_fault_in_the_head_of_a_file_is_told_with_those_of_its_rules(tmp_path, head):
    path = tmp_path / "u.yaml"
    rule = "  - id: {}\n    title: {{zh: 例, en: x}}\n    effect: {}\n    source: {{quote: 例}}\n"
    path.write_text(f"{head}\nrules:\n{rule.format('X-1', 'prohibit')}{rule.format('X-2', 'ban')}", "utf-8")
    found = [fault["en"] for fault in check_files([path])]
    assert [fault.split(": ")[0].rpartition(":")[2] for fault in found] == ["1", "9"], found


def test_a_code_that_begins_with_zero_stays_as_written(tmp_path):
    rule = one(tmp_path, "    where: {in: {layer: river, select: {name: 0123}}}\n")
    assert rule.duties[()].where == Ask("in", Selection("river", (FieldTest("name", ("0123",)),)))


def test_a_grid_of_heights_is_no_zone(tmp_path):
    (found,) = check_files([write(tmp_path, HEAD + "    where: {in: dem}\n")], zone_layers())
    assert "unknown layer 'dem'" in found["en"]


def test_aliases_that_unfold_without_end_are_refused(tmp_path):
    lines = ["a0: &a0 [x, x]", *(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 9)), "rules: []"]
    (fault,) = check_files([write(tmp_path, "\n".join(lines))])
    assert "more than 200000 values once its aliases (*) are unfolded" in fault["en"]


def test_more_than_three_readings_are_refused(tmp_path):
    text = "    where:\n      any:\n" + "".join(
        f"        - in: {{reading: r{i}, is: {{a: river, b: red_line}}}}\n" for i in range(4)
    )
    found = faults(tmp_path, text)
    # None of the four exists; each is told.
    assert [f"'r{i}'" in found[i] for i in range(4)] == [True] * 4


def test_all_faults_of_all_rules_are_told_at_once(tmp_path):
    path = write(
        tmp_path,
        """\
        rules:
          - id: U-1
            title: {zh: 一}
            effect: forbid
            who: {activity: [nobody]}
            source: {quote: 原文}
          - id: U-2
            title: {zh: 二, en: two}
            effect: prohibit
            where: {in: nowhere}
            source: {quote: 原文}
          - id: U-2
            title: {zh: 二, en: two}
            effect: prohibit
            source: {quote: 原文}
          - id: U-2
            title: {zh: 二, en: two}
            effect: prohibit
            source: {quote: 原文}
        """,
    )
    with pytest.raises(RuleError) as told:
        load_rules([path], LAYERS)
    lines = str(told.value).splitlines()
    assert len(lines) == 6
    assert "u.yaml:12: rule U-2 stands twice, first at" in lines[4]
    assert "u.yaml:16: rule U-2 stands twice, first at" in lines[5]
    for line, words in zip(
        lines, ["en is missing", "'forbid'", "'nobody'", "'nowhere'", "stands twice", "stands twice"], strict=True
    ):
        assert any(words in told_line for told_line in lines), line


def test_a_workspace_adds_rules_and_puts_its_own_in_the_place_of_others(tmp_path):
    write(
        tmp_path,
        """\
        document: {zh: 单元清单, en: unit list}
        valid_from: 2024-03-19
        rules:
          - id: FL-065
            title: {zh: 改过的, en: changed}
            effect: restrict
            source: {quote: 原文}
          - id: ZH-1
            title: {zh: 新的, en: added}
            effect: prohibit
            source: {quote: 原文}
        """,
    )
    rules = load_rule_set(tmp_path)
    base = builtin_rules()
    assert [rule.id for rule in rules.rules] == [*(rule.id for rule in base.rules), "ZH-1"]
    assert rules.rule("FL-065").effect == "restrict"
    assert rules.rule("FL-065").unless == ()
    assert rules.rule("ZH-1").source.document == "单元清单"
    assert rules.rule("ZH-1").valid_from == dt.date(2024, 3, 19)
    assert set(rules.hashes) - set(base.hashes) == {"rules/u.yaml"}


VERSIONS = """\
rules:
  - id: {id}
    title: {{zh: 旧, en: old}}
    effect: restrict
    source: {{quote: 原文}}
    valid_to: {last}
  - id: {id}
    title: {{zh: 新, en: new}}
    effect: prohibit
    source: {{quote: 原文}}
    valid_from: {first}
"""


def test_two_versions_of_a_rule_follow_one_another(tmp_path):
    for rule_id in ("FL-065", "OWN-1"):
        write(tmp_path, VERSIONS.format(id=rule_id, last="2024-03-18", first="2024-03-19"))
        rules = load_rule_set(tmp_path)
        both = [rule.effect for rule in rules.rules if rule.id == rule_id]
        assert both == ["restrict", "prohibit"]
        assert rules.rule(rule_id, dt.date(2024, 3, 18)).effect == "restrict"
        assert rules.rule(rule_id, dt.date(2024, 3, 19)).effect == "prohibit"
    assert [rule.id for rule in rules.rules] == [*(rule.id for rule in builtin_rules().rules), "OWN-1", "OWN-1"]


def test_two_versions_of_a_rule_may_not_be_in_force_on_the_same_day(tmp_path):
    (fault,) = check_files([write(tmp_path, VERSIONS.format(id="U-1", last="2024-03-19", first="2024-03-19"))])
    assert fault["en"].startswith(f"{tmp_path}/u.yaml:7: rule U-1 stands twice, first at {tmp_path}/u.yaml:2, and both")
    assert "valid_to" in fault["en"]
    assert "有效期重叠" in fault["zh"]


def test_versions_in_two_files_are_held_against_each_other(tmp_path):
    paths = [write(tmp_path, HEAD, name) for name in ("a.yaml", "b.yaml")]
    (fault,) = check_files(paths)
    assert "b.yaml:2: rule U-1 stands twice, first at" in fault["en"]


def test_without_a_folder_the_rules_are_those_of_the_package(tmp_path):
    assert load_rule_set(None) is builtin_rules()
    assert load_rule_set(tmp_path / "nowhere") is builtin_rules()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "rules: 3",
        "rules: [3, null, []]",
        "rules: [{id: 3, title: x, effect: [], who: 3, where: [], unless: {}, basis: 4, source: z}]",
        "rules: [{who: [3, {activity: {reading: 3, is: 4}}], where: {all: 3, any: [4]}, unless: [3], basis: [3]}]",
        "rules: [{where: {in: {reading: [a], is: {b: c}}}}]",
        "rules: [{where: {in: {layer: {a: b}}}}]",
        "a: &a [*a]",
        "rules: [",
    ],
)
def test_a_file_of_any_shape_is_told_its_faults(tmp_path, text):
    found = check_files([write(tmp_path, text)], LAYERS)
    assert found
    assert all(str(tmp_path) in text for fault in found for text in fault.values())


def test_a_missing_file_is_one_fault(tmp_path):
    assert len(check_files([tmp_path / "none.yaml"], LAYERS)) == 1


def test_no_machine_path_stands_in_a_rule_of_the_package():
    assert all(not Path(rule.place).is_absolute() for rule in builtin_rules().rules)
