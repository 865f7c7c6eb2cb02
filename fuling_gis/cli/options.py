"""The options that several commands share, and how their values are read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Optional

import typer

from fuling_gis.cli.terminal import Terminal, plain
from fuling_gis.errors import UsageError

Workspace = Annotated[Optional[Path], typer.Option("--workspace", "-w", metavar="DIR", help="cli.option_workspace")]
AsOf = Annotated[Optional[str], typer.Option("--as-of", metavar="DATE", help="cli.option_as_of")]
Language = Annotated[Optional[Literal["zh", "en"]], typer.Option("--lang", metavar="zh|en", help="cli.option_lang")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="cli.option_quiet")]
Json = Annotated[bool, typer.Option("--json", help="cli.option_json")]
Crs = Annotated[Optional[str], typer.Option("--crs", metavar="CRS", help="cli.option_crs")]
CrsShift = Annotated[Optional[str], typer.Option("--crs-shift", metavar="NUMBERS", help="cli.option_crs_shift")]
SiteAccuracy = Annotated[
    Optional[float], typer.Option("--site-accuracy", metavar="M", min=0, help="cli.option_site_accuracy")
]
Fill = Annotated[Optional[list[str]], typer.Option("--set", metavar="C=V", help="cli.option_set")]
FieldIs = Annotated[Optional[list[str]], typer.Option("--field", metavar="C=S", help="cli.option_field")]


def terminal_of(context: typer.Context, *, quiet: bool = False) -> Terminal:
    """Give the terminal of this run."""
    terminal: Terminal = context.obj
    terminal.quiet = terminal.quiet or quiet
    return terminal


def day(text: str | None, terminal: Terminal, option: str = "--as-of") -> dt.date:
    """Read a date, today where none is given.

    Raises UsageError for anything but YYYY-MM-DD.
    """
    if text is None:
        return dt.date.today()  # noqa: DTZ011 - the day on the wall where the planner sits
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(terminal.words("bad_date", option=option, value=text)) from error


def pairs(option: str, texts: Sequence[str] | None, terminal: Terminal) -> dict[str, str]:
    """Read repeated KEY=VALUE.

    Raises UsageError where there is no `=`, or where one key has two values.
    """
    found: dict[str, str] = {}
    for text in texts or ():
        key, sign, value = (part.strip() for part in text.partition("="))
        if not (key and sign):
            raise UsageError(terminal.words("bad_pair", option=option, value=text))
        if found.setdefault(key, value) != value:
            raise UsageError(terminal.words("two_values", option=option, name=key))
    return found


def listed(text: str | None) -> list[str] | None:
    """Read words separated by commas; None where nothing is said."""
    if text is None:
        return None
    return [plain(word).strip() for word in text.replace("，", ",").split(",") if word.strip()]
