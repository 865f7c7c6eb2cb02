"""What all tests share: a language that does not hang on the machine, and a way to run the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sources import told

from fuling_gis.cli import main


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end of a run, a quiet one too, whether quotes were compared with their sources."""
    terminalreporter.write_line(told())


@dataclass(frozen=True)
class Outcome:
    """What a run of the command line left behind."""

    status: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def english(monkeypatch):
    """Speak English unless a test says otherwise, whatever the machine's own language is."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "FULING_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FULING_LANG", "en")


@pytest.fixture
def fuling(capsys) -> Callable[..., Outcome]:
    """Run the command line in this process: `fuling("check", path, "--force")`."""

    def run(*words: object) -> Outcome:
        capsys.readouterr()
        status = main([str(word) for word in words])
        said = capsys.readouterr()
        return Outcome(status, said.out, said.err)

    return run
