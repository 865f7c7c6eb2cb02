"""No metre of law, number of an article or code of an industry stands in the Python of the package."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from fuling_gis.activities import activities
from fuling_gis.rules.load import builtin_rules
from fuling_gis.rules.model import questions

PACKAGE = Path(__file__).parents[1] / "fuling_gis"
# The demonstration draws an invented district in metres, and the cases of rules stand on a drawing of their own.
DRAWINGS = {"demo", "casebook.py", "casefile.py"}
FILES = [p for p in sorted(PACKAGE.rglob("*.py")) if p.relative_to(PACKAGE).parts[0] not in DRAWINGS]
IN_TEXTS = {
    "the number of an article": r"第[一二三四五六七八九十百零\d]+条|\bart(?:icle|\.) ?\d",
    "the code of an industry": r"\A[A-T]\d{2,4}\Z",
    "the id of a rule": r"\A(?:FL|LAW)-\d{3}[a-z]?\Z",
    "a distance": r"\d ?(?:公里|千米|蒸吨)",
}


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(path.read_text("utf-8"))))


def documentation(path: Path) -> set[str]:
    """Give the docstrings, which may name a clause as the reason for what the code does."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.body[0].value.value for node in nodes(path) if isinstance(node, kinds) and ast.get_docstring(node)}


def constants(path: Path, kind: type | tuple[type, ...]) -> list[tuple[int, object]]:
    found = [node for node in nodes(path) if isinstance(node, ast.Constant)]
    return [(n.lineno, n.value) for n in found if isinstance(n.value, kind) and not isinstance(n.value, bool)]


@pytest.mark.parametrize("what", IN_TEXTS)
def test_no_text_in_code_names_law(what):
    for path in FILES:
        apart = documentation(path)
        for line, text in constants(path, str):
            assert text in apart or not re.search(IN_TEXTS[what], text), f"{path.name}:{line}: {what}: {text!r}"


def test_no_code_of_an_activity_stands_in_code():
    codes = {code for entry in activities().values() for code in (*entry.codes, *entry.presumed)}
    assert "C26" in codes
    for path in FILES:
        assert not codes & {text for _, text in constants(path, str)}, path.name


def metres_of_law() -> set[float]:
    return {
        ask.within_m
        for rule in builtin_rules().rules
        for duty in rule.duties.values()
        for ask in questions(duty.where)
        if ask.predicate == "near"
    }


def test_no_distance_of_a_rule_is_a_length_in_code():
    assert metres_of_law() == {1000.0, 3000.0}
    for path in FILES:
        for node in nodes(path):
            # A length says so in its name (`distance_m`, `_WIDTH_M`); a count or a year of the same size does not.
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names = [target.id for target in targets if isinstance(target, ast.Name)]
                named = any(name.lower().endswith(("_m", "_km", "metres")) for name in names)
            elif isinstance(node, ast.keyword):
                named = (node.arg or "").lower().endswith(("_m", "_km", "metres"))
            else:
                continue
            numbers = {n.value for n in ast.walk(node.value) if isinstance(n, ast.Constant)} if named else set()
            found = {n for n in numbers if isinstance(n, (int, float)) and not isinstance(n, bool)}
            assert not found & metres_of_law(), f"{path.name}:{node.value.lineno}"


def test_no_number_of_a_fact_that_a_rule_asks_for_is_compared_in_code():
    asked = {
        end
        for rule in builtin_rules().rules
        for duty in rule.duties.values()
        for party in duty.who
        for test in party.facts
        for end in (test.minimum, test.maximum)
        if end is not None
    }
    assert {10.0, 20.0, 50.0, 200.0} <= asked
    for path in [*sorted((PACKAGE / "rules").glob("*.py")), PACKAGE / "facts.py", PACKAGE / "activities.py"]:
        for node in nodes(path):
            if isinstance(node, ast.Compare):
                numbers = {c.value for c in node.comparators if isinstance(c, ast.Constant)}
                assert not numbers & {10, 20, 50, 200}, f"{path.name}:{node.lineno}"
