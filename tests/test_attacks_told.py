"""The page on security names every attack beside a test that exists."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parent
PAGE = (TESTS.parent / "docs" / "security.md").read_text("utf-8")
ROWS = [
    line
    for line in PAGE.partition("## The fuzzer")[0].splitlines()
    if line.startswith("|") and not line.startswith(("|---", "| what a", "| where"))
]


def written(pattern: str) -> set[str]:
    """Give the names of the tests in the modules of a pattern."""
    texts = [path.read_text("utf-8") for path in TESTS.glob(pattern)]
    return {name for text in texts for name in re.findall(r"^def (test_\w+)\(", text, re.MULTILINE)}


def test_every_row_of_the_page_names_tests_that_exist():
    everywhere = written("test_*.py")
    assert len(ROWS) > 30
    for row in ROWS:
        named = re.findall(r"`(test_\w+)`", row.rstrip(" |").rpartition("|")[2])
        assert named, row
        assert set(named) <= everywhere, row


def test_every_test_of_an_attack_is_named_on_the_page():
    attacks = {name for module in ("files", "text", "report", "page") for name in written(f"test_attacks_{module}.py")}
    assert len(attacks) > 50
    assert not {name for name in attacks if f"`{name}`" not in PAGE}
