"""`fuling-gis init`: a new, empty workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fuling_gis.cli.options import Language, terminal_of


def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="cli.argument_new_folder")],
    *,
    lang: Language = None,
) -> None:
    """Make a workspace and say what comes next."""
    del lang
    terminal = terminal_of(context)
    from fuling_gis.workspace import init_workspace

    made = init_workspace(folder)
    with terminal.standing(made.root):
        terminal.line(terminal.words("made_workspace", folder=made.root, catalog=made.catalog.path))
