"""`fuling-gis report`: the Word report of a finished check made anew, whole or for some of its sites."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from fuling_gis.cli.options import Json, Language, Quiet, Workspace, terminal_of


def report(
    context: typer.Context,
    result: Annotated[Path, typer.Argument(metavar="OUT", help="cli.argument_result")],
    *,
    site: Annotated[Optional[list[str]], typer.Option("--site", metavar="ID", help="cli.option_report_site")] = None,
    out: Annotated[Optional[Path], typer.Option("--out", "-o", metavar="FILE", help="cli.option_report_out")] = None,
    workspace: Workspace = None,
    force: Annotated[bool, typer.Option("--force", help="cli.option_report_force")] = False,
    lang: Language = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Write the report and tell where it is."""
    del lang
    terminal = terminal_of(context, quiet=quiet)
    from fuling_gis import api

    path = api.report(result, sites=site or (), workspace=workspace, target=out, lang=terminal.files_lang, force=force)
    with terminal.standing(path, as_json=as_json):
        if as_json:
            terminal.json({"file": str(path)})
        else:
            terminal.line(str(path))
