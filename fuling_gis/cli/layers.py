"""`fuling-gis layers`: what a workspace has, what is missing and what that costs, and how a file becomes a layer."""

from __future__ import annotations

from typing import Annotated

import typer

from fuling_gis.cli.options import AsOf, Json, Language, Quiet, Workspace, day, terminal_of
from fuling_gis.cli.speech import ListingGroup, SpokenCommand, only_language

app = typer.Typer(cls=ListingGroup)
app.callback()(only_language)


@app.command("list", help="cli.layers_list", cls=SpokenCommand)
def list_layers(
    context: typer.Context,
    *,
    workspace: Workspace = None,
    as_of: AsOf = None,
    lang: Language = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """List the layers that rules ask for, those that are there first."""
    del lang
    terminal = terminal_of(context, quiet=quiet)
    from fuling_gis.cli import layer_page
    from fuling_gis.workspace import open_workspace

    layer_page.print_list(terminal, open_workspace(workspace), day(as_of, terminal), as_json=as_json)


@app.command("show", help="cli.layers_show", cls=SpokenCommand)
def show(
    context: typer.Context,
    layer_id: Annotated[str, typer.Argument(metavar="ID", help="cli.argument_layer")],
    *,
    workspace: Workspace = None,
    as_of: AsOf = None,
    lang: Language = None,
    quiet: Quiet = False,
) -> None:
    """Show one layer: what the catalogue says of it, its schema, and what loading it tells."""
    del lang
    terminal = terminal_of(context, quiet=quiet)
    from fuling_gis.cli import layer_page
    from fuling_gis.workspace import open_workspace

    layer_page.print_layer(terminal, open_workspace(workspace), layer_id.strip(), day(as_of, terminal))


@app.command("check", help="cli.layers_check", cls=SpokenCommand)
def check(
    context: typer.Context,
    *,
    workspace: Workspace = None,
    as_of: AsOf = None,
    lang: Language = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> int:
    """Load every layer and tell what is wrong, what is missing and what that costs; 1 where one cannot be read."""
    del lang
    terminal = terminal_of(context, quiet=quiet)
    from fuling_gis.checkup import check_workspace
    from fuling_gis.cli import checkup_page
    from fuling_gis.workspace import open_workspace

    found = check_workspace(open_workspace(workspace), day(as_of, terminal))
    if as_json:
        terminal.json(checkup_page.as_data(found))
    else:
        checkup_page.print_checkup(terminal, found)
    return int(not found.sound)
