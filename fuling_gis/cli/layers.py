"""`fuling-gis layers`: what a workspace has, what is missing and what that costs, and how a file becomes a layer."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Optional

import typer

from fuling_gis.cli.options import AsOf, Json, Language, Quiet, Workspace, day, pairs, terminal_of
from fuling_gis.cli.speech import ListingGroup, SpokenCommand, only_language
from fuling_gis.cli.terminal import Terminal
from fuling_gis.errors import UsageError

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


@app.command("add", help="cli.layers_add", cls=SpokenCommand)
def add(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="cli.argument_layer_file")],
    *,
    layer_id: Annotated[str, typer.Option("--as", metavar="ID", help="cli.option_as")],
    workspace: Workspace = None,
    layer: Annotated[Optional[str], typer.Option("--layer", metavar="NAME", help="cli.option_layer")] = None,
    field: Annotated[Optional[list[str]], typer.Option("--field", metavar="F=C", help="cli.option_layer_field")] = None,
    value: Annotated[Optional[list[str]], typer.Option("--value", metavar="F:T=V", help="cli.option_value")] = None,
    accuracy: Annotated[
        Optional[float], typer.Option("--accuracy", metavar="M", min=0, help="cli.option_accuracy")
    ] = None,
    covers: Annotated[Optional[str], typer.Option("--covers", metavar="ID", help="cli.option_covers")] = None,
    valid_from: Annotated[Optional[str], typer.Option("--from", metavar="DATE", help="cli.option_from")] = None,
    valid_to: Annotated[Optional[str], typer.Option("--to", metavar="DATE", help="cli.option_to")] = None,
    crs: Annotated[Optional[str], typer.Option("--crs", metavar="CRS", help="cli.option_layer_crs")] = None,
    encoding: Annotated[Optional[str], typer.Option("--encoding", metavar="NAME", help="cli.option_encoding")] = None,
    source: Annotated[str, typer.Option("--source", metavar="TEXT", help="cli.option_source")] = "",
    indicative: Annotated[bool, typer.Option("--indicative", help="cli.option_indicative")] = False,
    copied: Annotated[bool, typer.Option("--copy", help="cli.option_copy")] = False,
    version: Annotated[bool, typer.Option("--further-version", help="cli.option_further")] = False,
    replaced: Annotated[bool, typer.Option("--replace", help="cli.option_replace")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="cli.option_yes")] = False,
    lang: Language = None,
    quiet: Quiet = False,
) -> None:
    """Show what a file holds, ask what only a person knows, and write the layer's entry."""
    del lang
    terminal = terminal_of(context, quiet=quiet)
    if replaced and version:
        raise UsageError(terminal.words("replace_or_further"))
    from fuling_gis.cli import layer_add
    from fuling_gis.workspace import open_workspace

    wanted = layer_add.Wanted(
        layer_id.strip(),
        layer=layer,
        encoding=encoding,
        fields=pairs("--field", field, terminal),
        values=_meanings(value, terminal),
        accuracy_m=accuracy,
        covers=covers,
        valid_from=day(valid_from, terminal, "--from") if valid_from else None,
        valid_to=day(valid_to, terminal, "--to") if valid_to else None,
        crs=crs,
        source=source,
        indicative=indicative,
        copied=copied,
        entry="replace" if replaced else "version" if version else "new",
        manner="take" if yes else "ask" if sys.stdin.isatty() else "refuse",
    )
    layer_add.add(terminal, open_workspace(workspace), file, wanted)


def _meanings(texts: list[str] | None, terminal: Terminal) -> dict[str, dict[str, str]]:
    """Read repeated FIELD:TEXT=VALUE."""
    found: dict[str, dict[str, str]] = {}
    for key, meaning in pairs("--value", texts, terminal).items():
        name, sign, text = key.partition(":")
        if not sign:
            raise UsageError(terminal.words("bad_value", value=f"{key}={meaning}"))
        found.setdefault(name, {})[text] = meaning
    return found
