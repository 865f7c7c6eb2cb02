"""`fuling-gis indicators`: the plan's figures that layers can measure, against their targets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from fuling_gis.cli.options import AsOf, Json, Language, Quiet, Workspace, day, terminal_of
from fuling_gis.cli.terminal import Terminal

# What the files are called, in the folder of results, where nothing is said.
DEFAULT_NAME = "indicators"
_COLOURS = {"yes": "green", "no": "red", "maybe": "yellow"}


def indicators(
    context: typer.Context,
    *,
    workspace: Workspace = None,
    as_of: AsOf = None,
    since: Annotated[Optional[str], typer.Option("--since", metavar="DATE", help="cli.option_since")] = None,
    out: Annotated[
        Optional[Path], typer.Option("--out", "-o", metavar="FILE", help="cli.option_indicators_out")
    ] = None,
    lang: Language = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Measure all figures, print them, and write table, JSON and pictures."""
    del lang
    terminal = terminal_of(context, quiet=quiet)
    asked_on = day(as_of, terminal)
    earlier = None if since is None else day(since, terminal, "--since")
    from fuling_gis import api
    from fuling_gis.outputs.indicators import as_data, write_indicators

    place = api.open_workspace(workspace)
    terminal.note(terminal.words("indicators_measuring"))
    figures = api.indicators(place, as_of=asked_on, since=earlier)
    files = write_indicators(figures, out or place.root / "maps" / DEFAULT_NAME, terminal.files_lang)
    with terminal.standing(files[0].parent, as_json=as_json):
        if as_json:
            terminal.json({**as_data(figures), "files": [str(file) for file in files]})
            return
        _tell(terminal, figures)
        terminal.line()
        for file in files:
            terminal.line(f"  {file}")


def _tell(terminal: Terminal, figures: Any) -> None:
    from fuling_gis.labels import label
    from fuling_gis.outputs.indicators import rows

    lang = terminal.lang
    heads = [
        label(f"indicators.head_{name}", lang)
        for name in ("title", "value", "range", "planned", "target", "kind", "met")
    ]
    told = list(rows(figures, lang))
    measured = [row for row in told if row["value"]]
    cells = [
        [
            row["title"],
            f"{row['value']} {row['unit']}",
            f"{row['low']} – {row['high']}" if row["low"] != row["high"] else "",
            row["planned_2020"],
            row["target"],
            row["kind"],
            row["met"],
        ]
        for row in measured
    ]
    terminal.line(label("indicators.title", lang, as_of=figures.as_of.isoformat()))
    if any(figure.indicative for figure in figures.figures):
        terminal.line(label("indicators.indicative", lang))
    met = [figure.met for figure in figures.figures if figure.value is not None]
    terminal.table(heads, cells, styles={n: _COLOURS[one] for n, one in enumerate(met) if one})
    wanting = [[row["title"], row["method"]] for row in told if not row["value"]]
    terminal.list(label("indicators.not_computed", lang), wanting)
