"""The page on the format of rule files shows rules that are rules, and names what there is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from fuling_gis.casebook import failures
from fuling_gis.casefile import read_cases
from fuling_gis.layers.schema import known_layers
from fuling_gis.natures import natures
from fuling_gis.rules.load import builtin_rules, check_files
from fuling_gis.rules.page import rules_page
from fuling_gis.rules.register import KINDS, clauses
from fuling_gis.rules.schema import schema
from fuling_gis.verdicts import EFFECTS

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "rules-format.md").read_text("utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("text", [text for text in EXAMPLES if not text.startswith("# case")])
def test_every_example_is_a_sound_rule_file(tmp_path, text):
    path = tmp_path / "example.yaml"
    path.write_text(text, "utf-8")
    assert check_files([path], known_layers()) == []


def test_the_cases_of_the_page_hold(tmp_path):
    path = tmp_path / "cases.yaml"
    path.write_text(next(text for text in EXAMPLES if text.startswith("# case")), "utf-8")
    cases = read_cases([path], builtin_rules())
    assert len(cases) == 14
    assert [failures(case, builtin_rules()) for case in cases] == [()] * 14


def test_the_page_names_every_key_effect_nature_and_kind():
    rule = schema()["$defs"]["rule"]["properties"]
    for word in (*rule, *EFFECTS, *natures(), *KINDS):
        assert f"`{word}`" in PAGE, word


def test_the_effects_of_the_schema_are_those_of_the_verdicts():
    assert set(schema()["$defs"]["rule"]["properties"]["effect"]["enum"]) == set(EFFECTS)


def test_the_schema_is_a_json_schema():
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(json.loads(json.dumps(schema())))


def test_the_page_of_rules_is_what_the_rules_say():
    assert (DOCS / "rules.md").read_text("utf-8") == rules_page(), "run scripts/build_rules_page.py"


def test_the_page_of_rules_names_every_sentence():
    page = rules_page()
    assert all(re.search(rf"\\| {key}[a-z]? \\|", page) for key in clauses())


def test_the_page_about_readings_has_each_with_its_values_and_rules():
    page = (DOCS / "readings.md").read_text("utf-8")
    rules = builtin_rules()
    for key, reading in rules.readings.items():
        values = [reading.default, *(value for value in reading.values if value != reading.default)]
        hanging = [rule.id for rule in rules.rules if key in rule.readings]
        assert f"| `{key}` | {', '.join(f'`{value}`' for value in values)} | {', '.join(hanging)} |" in page
