"""What the command line prints: results on stdout, everything else on stderr, safe text in both.

Text from files may hold control characters, writing-direction marks and rich markup; none of them reaches a terminal
as anything but plain text.
"""

from __future__ import annotations

import io
import json
import os
import sys
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from typing import IO, Protocol

import typer

from fuling_gis.errors import both
from fuling_gis.labels import Lang, label
from fuling_gis.unwritable import reason

# Wide enough that no line of a table is broken where no person looks at it.
_UNSEEN_WIDTH = 2000


class Progress(Protocol):
    """Told how far the work is: rows done, and rows in all where that is known."""

    def __call__(self, done: int, total: int | None = None) -> None:
        """Show that `done` rows of `total` are finished."""


def plain(text: object) -> str:
    """Give text as one line without control characters or marks that turn the writing direction."""
    return str(text).translate(_unwanted())


@cache
def _unwanted() -> dict[int, str | None]:
    gone = [c for c in range(0x3000) if unicodedata.category(chr(c)) in ("Cc", "Cf", "Zl", "Zp")]
    table: dict[int, str | None] = dict.fromkeys((*gone, 0xFEFF), None)
    table.update(dict.fromkeys((0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029), " "))
    return table


def coloured(stream: IO[str]) -> bool:
    """Tell whether colours are shown on a stream.

    The old Windows console prints their codes as letters; Windows Terminal and the shells that set TERM do not.
    """
    able = os.name != "nt" or not {"WT_SESSION", "TERM", "ANSICON"}.isdisjoint(os.environ)
    return stream.isatty() and able and "NO_COLOR" not in os.environ


def steady_streams() -> None:
    """Make both streams write UTF-8 and never fail on a character, whatever code page the console has.

    One that is closed, as where a service starts the program, goes to nowhere.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123  to the end of the process
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


@dataclass
class Terminal:
    """The two streams of one run, in one language."""

    # Language of what is printed.
    lang: Lang
    # Language of the files written.
    files_lang: Lang
    # Only results and faults are printed.
    quiet: bool = False
    # The process is the program's own, not one of somebody who calls it.
    own_process: bool = False

    def words(self, entry: str, **values: object) -> str:
        """Give an entry of the command line's words; values are made safe on the way."""
        safe = {name: plain(value) for name, value in values.items()}
        return label(f"cli.{entry}", self.lang, **safe)

    def line(self, text: str = "") -> None:
        """Print a line of the result."""
        for part in text.split("\n"):
            _write(sys.stdout, plain(part) + "\n")

    @contextmanager
    def standing(self, out: object, *, as_json: bool = False) -> Iterator[None]:
        """Let the run count as done though the text about it cannot be shown, as on a full disk; that is said.

        For what is printed about results that stand in files already, and for nothing else. out: where they are.
        as_json: whether a program is to read what is printed; of that a part is no use, and the status is 1.
        """
        try:
            yield
        except OSError as e:
            _let_go(sys.stdout)
            # Both streams may lead to the same full disk.
            with suppress(OSError):
                self.fault(self.words("text_unshown", out=out, why=both(reason(e))[self.lang]))
            if as_json:
                raise typer.Exit(1) from e

    def note(self, text: str) -> None:
        """Print a line that is no result, unless the run is quiet."""
        if not self.quiet:
            _write(sys.stderr, text + "\n")

    def fault(self, text: str) -> None:
        """Print what went wrong; every line of it is safe."""
        red = coloured(sys.stderr)
        for part in text.splitlines() or [""]:
            line = plain(part)
            _write(sys.stderr, f"\x1b[31m{line}\x1b[0m\n" if red else f"{line}\n")

    def ask(self, question: str, usual: str) -> str:
        """Ask a person on stderr; an empty answer takes what is usual.

        Raises KeyboardInterrupt where nobody is left to answer.
        """
        _write(sys.stderr, f"{question} [{usual}] " if usual else f"{question} ")
        said = sys.stdin.readline()
        if not said:
            raise KeyboardInterrupt
        return said.strip() or usual

    def json(self, value: object) -> None:
        """Print a value as JSON."""
        _write(sys.stdout, json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")

    def table(
        self, columns: Sequence[str], rows: Sequence[Sequence[object]], *, styles: Mapping[int, str] | None = None
    ) -> None:
        """Print rows under their titles; numbers stand to the right.

        styles: position of a row to the colour of its first cell.
        """
        from rich import box
        from rich.table import Table
        from rich.text import Text

        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for position, column in enumerate(columns):
            numbers = bool(rows) and all(isinstance(row[position], int | float) for row in rows)
            table.add_column(Text(column), justify="right" if numbers else "left", overflow="fold")
        for number, row in enumerate(rows):
            first = (styles or {}).get(number, "")
            table.add_row(*(Text(_cell(value), style="" if at else first) for at, value in enumerate(row)))
        self._rendered(table)

    def text(self, text: str) -> None:
        """Print paragraphs; a line that starts with two blanks is an example and stands as it is."""
        from rich.text import Text

        for part in text.splitlines():
            self._rendered(Text(part, style="cyan" if part.startswith("  ") else ""))

    def list(self, title: str, rows: Sequence[Sequence[str]]) -> None:
        """Print a title and below it rows whose last cell is a sentence; nothing where there are no rows."""
        if not rows:
            return
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        for row in rows:
            *names, sentence = (Text(plain(cell), style="" if at else "cyan") for at, cell in enumerate(row))
            table.add_row(Text(""), *names, sentence)
        for position in range(len(rows[0])):
            table.columns[position].no_wrap = True
        self.line()
        self._rendered(Text(plain(title), style="bold"))
        self._rendered(table)

    def _rendered(self, thing: object) -> None:
        from rich.console import Console

        seen = sys.stdout.isatty()
        console = Console(
            file=sys.stdout,
            width=None if seen else _UNSEEN_WIDTH,
            color_system="auto" if coloured(sys.stdout) else None,
            markup=False,
            highlight=False,
        )
        with console.capture() as captured:
            console.print(thing)
        text = captured.get()
        _write(sys.stdout, text if seen else "".join(f"{line.rstrip()}\n" for line in text.splitlines()))

    @contextmanager
    def progress(self, title: str) -> Iterator[Progress | None]:
        """Give something to tell about progress, shown on stderr; None where no person looks or wants to."""
        if self.quiet or not sys.stderr.isatty():
            yield None
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Bar(*columns, console=Console(file=sys.stderr), transient=True) as bar:
            task = bar.add_task(title, total=None)

            def told(done: int, total: int | None = None) -> None:
                bar.update(task, completed=done, total=total)

            yield told


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else plain(value)


def _write(stream: IO[str], text: str) -> None:
    """Write, and go on in silence where the reader has left (`fuling-gis layers list | head`)."""
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        _let_go(stream)


def _let_go(stream: IO[str]) -> None:
    """Send what still comes to nowhere, so that the run ends with its own status."""
    try:
        number = stream.fileno()
    except OSError:
        # A caller has put a stream of its own in the place.
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)


def close() -> None:
    """Bring out what is left in the streams."""
    for stream in (sys.stdout, sys.stderr):
        try:
            _write(stream, "")
        except OSError:
            # The fault has been told; what is left in the stream has nowhere to go.
            _let_go(stream)
