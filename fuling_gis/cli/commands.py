"""All commands of the program, in the order in which a newcomer needs them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fuling_gis.cli import check, demo, indicators, init, inspect, layers, report, rules, serve, visible
from fuling_gis.cli.options import Language, Quiet, terminal_of
from fuling_gis.cli.speech import SpokenCommand, SpokenGroup

_SETTINGS = {"help_option_names": ["-h", "--help"]}


def build() -> Any:
    """Make the command of the whole program, with its commands below it."""
    app = typer.Typer(
        name="fuling-gis",
        cls=SpokenGroup,
        help="cli.root",
        add_completion=False,
        no_args_is_help=True,
        context_settings=_SETTINGS,
        rich_markup_mode="rich",
    )
    app.callback()(_root)
    for name, function in (
        ("demo", demo.demo),
        ("check", check.check),
        ("inspect", inspect.inspect),
        ("report", report.report),
        ("init", init.init),
        ("visible", visible.visible),
        ("indicators", indicators.indicators),
        ("serve", serve.serve),
    ):
        app.command(name, help=f"cli.{name}", cls=SpokenCommand)(function)
    app.add_typer(layers.app, name="layers", help="cli.layers")
    app.add_typer(rules.app, name="rules", help="cli.rules")
    return typer.main.get_command(app)


def _version(context: typer.Context, asked: bool) -> None:
    if asked:
        from fuling_gis import __version__

        context.obj.line(f"fuling-gis {__version__}")
        raise typer.Exit


def _root(
    context: typer.Context,
    *,
    lang: Language = None,
    quiet: Quiet = False,
    version: Annotated[
        bool, typer.Option("--version", help="cli.option_version", callback=_version, is_eager=True)
    ] = False,
) -> None:
    # The language was found before parsing; the option stands here so that it is known and refused when wrong.
    del lang, version
    terminal_of(context, quiet=quiet)
