"""Cases of rules on a terminal: which hold, which do not and why, how many and in what time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from fuling_gis.casebook import failures
from fuling_gis.casefile import read_cases
from fuling_gis.cli.rule_page import near, rule_set
from fuling_gis.cli.terminal import Terminal
from fuling_gis.errors import UsageError
from fuling_gis.workspace import CASES_FOLDER, RULES_FOLDER

_SUFFIXES: Final = ("*.yaml", "*.yml")


def run(terminal: Terminal, folder: Path | None, files: Sequence[Path]) -> int:
    """Run cases and print those that do not hold; give 1 where there is one.

    folder: the workspace whose rules are asked; its rules/cases/ is run where no file is named. A folder among the
    files stands for all files in it. Raises UsageError where there is nothing to run, RuleError where a file is wrong.
    """
    root = folder or near()
    named = files or ([root / RULES_FOLDER / CASES_FOLDER] if root else [])
    paths = [path for one in named for path in (_inside(one) if one.is_dir() else [one])]
    if not paths or not (files or paths[0].exists()):
        raise UsageError(terminal.words("no_cases"))
    rules = rule_set(folder)
    start = time.perf_counter()
    cases = read_cases(paths, rules)
    failed = 0
    for case in cases:
        found = failures(case, rules)
        if found:
            failed += 1
            told = "; ".join(fault[terminal.lang] for fault in found)
            terminal.fault(f"{case.place}: {case.rule} {case.name}: {told}")
    seconds = f"{time.perf_counter() - start:.1f}"
    if failed:
        terminal.line(terminal.words("cases_failed", n=len(cases), failed=failed, seconds=seconds))
    else:
        terminal.line(terminal.words("cases_hold", n=len(cases), files=len(paths), seconds=seconds))
    return int(bool(failed))


def _inside(folder: Path) -> list[Path]:
    return sorted(path for suffix in _SUFFIXES for path in folder.rglob(suffix))
