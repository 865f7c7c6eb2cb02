"""Writes docs/cli.md from the program's own help pages: `python scripts/build_cli_page.py`.

A test holds the page to what the program says.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fuling_gis.cli import main
from fuling_gis.cli.commands import build

PAGE = Path(__file__).resolve().parent.parent / "docs" / "cli.md"
HEAD = """\
# Command line

Made by `scripts/build_cli_page.py` from the program's own help pages; 中文见 `fuling-gis --help --lang zh`.

- **Exit status**: 0 done; 1 the input or a layer could not be used, with one line on stderr that names the file, the
  row or key, and the mend; 2 wrong usage; 3 done and `--fail-on` was met; 130 stopped by hand.
- **Streams**: results on stdout, everything else on stderr; progress only to a terminal; `--quiet` leaves results and
  faults; `--json` makes the result JSON.
- **Language**: `--lang`, else `FULING_LANG`, else the system's. Where none of them says, the terminal speaks English
  and the files are Chinese.
- **Faults of the program**: `FULING_DEBUG=1` in the environment shows where they come from.
"""


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Walk all commands, each as the words that call it."""
    yield path
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, (*path, name))


def known_commands() -> list[str]:
    """Give every command as it is typed after `fuling-gis`."""
    return [" ".join(path) for path in commands(build()) if path]


def help_page(path: tuple[str, ...]) -> str:
    """Give the English help page of one command."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        main([*path, "--help", "--lang", "en"])
    return said.getvalue().strip()


def page() -> str:
    """Give the whole page."""
    parts = [HEAD]
    for path in commands(build()):
        name = " ".join(("fuling-gis", *path))
        parts.append(f"## {name}\n\n```text\n{help_page(path)}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    os.environ.pop("FULING_DEBUG", None)
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
