"""`fuling-gis demo`: a demonstration workspace, and its sample sites checked."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Optional

import typer

from fuling_gis.cli.check import run, tell
from fuling_gis.cli.options import AsOf, Json, Language, Quiet, day, terminal_of
from fuling_gis.errors import OutputError

# Where the workspace goes when no folder is named.
DEFAULT_FOLDER = Path("fuling-demo")
# A catalogue that begins so was written by this command, and may be written again.
_OURS = "name: fuling-demo"


def demo(
    context: typer.Context,
    folder: Annotated[Optional[Path], typer.Argument(metavar="DIR", help="cli.argument_demo")] = None,
    *,
    as_of: AsOf = None,
    lang: Language = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Make the workspace, check its samples, and tell where the map is."""
    del lang
    terminal = terminal_of(context, quiet=quiet)
    asked_on = day(as_of, terminal)
    target = folder or DEFAULT_FOLDER
    catalog = target / "layers" / "catalog.yaml"
    if catalog.exists() and _OURS not in catalog.read_text("utf-8", errors="replace").splitlines():
        raise OutputError(terminal.words("demo_elsewhere", folder=target))
    from fuling_gis.demo import make

    terminal.note(terminal.words("demo_building", folder=target))
    for path in make(target):
        terminal.note(terminal.words("demo_kept", path=path))
    terminal.note(terminal.words("visible_computing"))
    open_range(target, asked_on)
    samples = sorted((target / "layers" / "samples").glob("*.shp"))
    options = {"as_of": asked_on, "lang": terminal.files_lang, "force": True}
    summary = run(terminal, samples, target, target / "maps" / "samples", options)
    tell(terminal, summary, as_json=as_json)
    if not as_json:
        terminal.line()
        terminal.line(terminal.words("demo_indicative"))
        terminal.line(terminal.words("demo_map", map=(summary.out / "map.html").resolve()))
        terminal.line(terminal.words("demo_serve", folder=target))


def open_range(folder: Path, asked_on: dt.date) -> None:
    """Compute the visible range once, so that it is kept beside the workspace and drawn on the map."""
    from fuling_gis import api

    api.visible_range(api.open_workspace(folder), as_of=asked_on)
