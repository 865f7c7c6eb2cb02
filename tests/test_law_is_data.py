"""No metre of law, number of an article or code of an industry stands in the Python of the package."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
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
# Where facts of a site are compared with what a rule asks.
OF_FACTS = [*sorted((PACKAGE / "rules").glob("*.py")), PACKAGE / "facts.py", PACKAGE / "activities.py"]
IN_TEXTS = {
    "the number of an article": r"第[一二三四五六七八九十百零\d]+条|\bart(?:icle|\.) ?\d",
    "the code of an industry": r"\A[A-T]\d{2,4}\Z",
    "the id of a rule": r"\A(?:FL|LAW)-\d{3}[a-z]?\Z",
    "a distance": r"\d ?(?:公里|千米|蒸吨)",
}
# A length says so in its name (`distance_m`, `_WIDTH_M`); a count or a year of the same size does not.
LENGTHS = ("_m", "_km", "metres")


@cache
def codes() -> frozenset[str]:
    return frozenset(code for entry in activities().values() for code in (*entry.codes, *entry.presumed))


@cache
def metres_of_law() -> frozenset[float]:
    asks = (ask for rule in builtin_rules().rules for duty in rule.duties.values() for ask in questions(duty.where))
    return frozenset(ask.within_m for ask in asks if ask.predicate == "near")


@cache
def numbers_of_facts() -> frozenset[float]:
    duties = [duty for rule in builtin_rules().rules for duty in rule.duties.values()]
    tests = [test for duty in duties for party in duty.who for test in party.facts]
    return frozenset(end for test in tests for end in (test.minimum, test.maximum) if end is not None)


def documentation(tree: ast.AST) -> set[str]:
    """Give the docstrings, which may name a clause as the reason for what the code does."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.body[0].value.value for node in ast.walk(tree) if isinstance(node, kinds) and ast.get_docstring(node)}


def law_in_texts(tree: ast.AST) -> Iterator[str]:
    apart = documentation(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value not in apart:
            yield from (f"{node.lineno}: {what}" for what, form in IN_TEXTS.items() if re.search(form, node.value))
            if node.value in codes():
                yield f"{node.lineno}: the code of an activity"


def lengths(tree: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Give every value that is bound to a name, set beside one or compared with one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            yield from ((_name(target), node.value) for target in node.targets)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            yield _name(node.target), node.value
        elif isinstance(node, ast.keyword):
            yield node.arg or "", node.value
        elif isinstance(node, ast.arguments):
            given = [*zip(reversed([*node.posonlyargs, *node.args]), reversed(node.defaults), strict=False)]
            given += [(arg, value) for arg, value in zip(node.kwonlyargs, node.kw_defaults, strict=True) if value]
            yield from ((arg.arg, value) for arg, value in given)
        elif isinstance(node, ast.Dict):
            yield from ((_name(key), value) for key, value in zip(node.keys, node.values, strict=True) if key)
        elif isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            yield from ((_name(one), other) for one in sides for other in sides if one is not other)


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    return getattr(node, "id", getattr(node, "attr", ""))


def numbers(node: ast.AST) -> set[float]:
    found = {n.value for n in ast.walk(node) if isinstance(n, ast.Constant)}
    return {float(n) for n in found if isinstance(n, (int, float)) and not isinstance(n, bool)}


def metres_in(tree: ast.AST) -> Iterator[str]:
    for name, value in lengths(tree):
        if name.lower().endswith(LENGTHS) and numbers(value) & metres_of_law():
            yield f"{value.lineno}: {name}"


def facts_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and numbers(node) & numbers_of_facts():
            yield f"{node.lineno}: a number that a rule asks for"


def trees(files) -> Iterator[tuple[str, ast.AST]]:
    yield from ((path.name, ast.parse(path.read_text("utf-8"))) for path in files)


def test_there_is_law_to_look_for():
    assert "C26" in codes()
    assert metres_of_law() == {1000.0, 3000.0}
    assert numbers_of_facts() == {10.0, 20.0, 50.0, 200.0, 500.0}
    assert len(FILES) > 100


def test_no_text_in_code_names_law():
    assert [f"{name}:{found}" for name, tree in trees(FILES) for found in law_in_texts(tree)] == []


def test_no_distance_of_a_rule_is_a_length_in_code():
    assert [f"{name}:{found}" for name, tree in trees(FILES) for found in metres_in(tree)] == []


def test_no_number_of_a_fact_that_a_rule_asks_for_is_compared_in_code():
    assert [f"{name}:{found}" for name, tree in trees(OF_FACTS) for found in facts_in(tree)] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("SOURCE = '长江保护法第二十六条'", {"1: the number of an article"}),
        ("SOURCE = 'Yangtze River Protection Law, article 26'", {"1: the number of an article"}),
        ("\nCHEMICAL = ('C25', 'C26')", {"2: the code of an industry", "2: the code of an activity"}),
        ("if code.startswith('B0721'): pass", {"1: the code of an industry", "1: the code of an activity"}),
        ("if rule.id == 'FL-140b': pass", {"1: the id of a rule"}),
        ("TEXT = f'{name}：1公里以内'", {"1: a distance"}),
    ],
)
def test_law_in_a_text_is_found(text, found):
    assert set(law_in_texts(ast.parse(text))) == found


def test_a_docstring_may_name_a_clause():
    assert not list(law_in_texts(ast.parse('def f():\n    """Follow article 26."""\n')))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("within_m = 1000", "within_m"),
        ("WITHIN_M: Final = 3000.0", "WITHIN_M"),
        ("near(river, within_m=1000)", "within_m"),
        ("def near(zone, within_m=1000): pass", "within_m"),
        ("def near(zone, *, within_m: float = 3000): pass", "within_m"),
        ("ask = {'within_m': 1000.0}", "within_m"),
        ("if distance_m <= 3000: pass", "distance_m"),
        ("if 1000 >= site.distance_m: pass", "distance_m"),
        ("self.reach_m = 2 * 1000", "reach_m"),
    ],
)
def test_a_metre_of_law_is_found(text, name):
    assert list(metres_in(ast.parse(text))) == [f"1: {name}"]


@pytest.mark.parametrize("text", ["rows = 1000", "slice_rows(1000)", "within_m = 999", "year = 3000"])
def test_other_numbers_are_not_taken_for_metres_of_law(text):
    assert not list(metres_in(ast.parse(text)))


@pytest.mark.parametrize("text", ["if boiler_tph <= 20: pass", "small = 10 < tph", "ok = mw in (50, 60)"])
def test_a_number_of_a_fact_is_found(text):
    assert list(facts_in(ast.parse(text))) == ["1: a number that a rule asks for"]
    assert list(facts_in(ast.parse("if boiler_tph <= 21: pass"))) == []
