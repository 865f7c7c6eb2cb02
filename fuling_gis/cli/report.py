"""`fuling-gis report`: a report from a result that is there, of one site, of some, or of all."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from fuling_gis.cli.options import Json, Language, Quiet, Workspace, terminal_of


def report(
    context: typer.Context,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="cli.argument_result")],
    *,
    site: Annotated[Optional[list[str]], typer.Option("--site", metavar="ID", help="cli.option_report_site")] = None,
    file: Annotated[Optional[Path], typer.Option("--out", "-o", metavar="FILE", help="cli.option_report_out")] = None,
    workspace: Workspace = None,
    force: Annotated[bool, typer.Option("--force", help="cli.option_report_force")] = False,
    lang: Language = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Write the report and name its file."""
    terminal = terminal_of(context, quiet=quiet)
    from fuling_gis.reports import report_of
    from fuling_gis.workspace import open_workspace

    place = None if workspace is None else open_workspace(workspace)
    made = report_of(out, sites=site or (), workspace=place, file=file, lang=lang, force=force)
    if as_json:
        terminal.json({"file": str(made.file), "sites": list(made.sites), "changed": list(made.changed)})
        return
    for one in made.changed:
        terminal.note(terminal.words("report_changed", what=one[terminal.lang]))
    terminal.line(str(made.file))
