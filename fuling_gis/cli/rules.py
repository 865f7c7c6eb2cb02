"""`fuling-gis rules`: what the law says, clause by clause, and how its words are understood."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from fuling_gis.cli.options import AsOf, Json, Language, Quiet, Workspace, day, terminal_of
from fuling_gis.cli.speech import ListingGroup, SpokenCommand, only_language

app = typer.Typer(cls=ListingGroup)
app.callback()(only_language)


@app.command("list", help="cli.rules_list", cls=SpokenCommand)
def list_rules(
    context: typer.Context,
    *,
    workspace: Workspace = None,
    as_of: AsOf = None,
    lang: Language = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """List the rules in force on a day."""
    del lang
    terminal = terminal_of(context, quiet=quiet)
    from fuling_gis.cli import rule_page

    on = day(as_of, terminal)
    rule_page.print_list(terminal, rule_page.rule_set(workspace), on, as_json=as_json)


@app.command("show", help="cli.rules_show", cls=SpokenCommand)
def show(
    context: typer.Context,
    rule_id: Annotated[str, typer.Argument(metavar="ID", help="cli.argument_rule")],
    *,
    workspace: Workspace = None,
    as_of: AsOf = None,
    lang: Language = None,
    as_json: Json = False,
) -> None:
    """Show one rule whole, or all that one sentence of the plan became."""
    del lang
    terminal = terminal_of(context)
    from fuling_gis.cli import rule_page

    on = day(as_of, terminal)
    rule_page.print_rule(terminal, rule_page.rule_set(workspace), rule_id.strip(), on, as_json=as_json)


@app.command("check", help="cli.rules_check", cls=SpokenCommand)
def check(
    context: typer.Context,
    files: Annotated[Optional[list[Path]], typer.Argument(metavar="FILES...", help="cli.argument_rule_files")] = None,
    *,
    workspace: Workspace = None,
    lang: Language = None,
    quiet: Quiet = False,
) -> int:
    """Check rule files and give 1 where one is wrong."""
    del lang
    terminal = terminal_of(context, quiet=quiet)
    from fuling_gis.cli import rule_page

    return rule_page.check_files(terminal, workspace, files or [])


@app.command("test", help="cli.rules_test", cls=SpokenCommand)
def run_cases(
    context: typer.Context,
    files: Annotated[Optional[list[Path]], typer.Argument(metavar="FILES...", help="cli.argument_case_files")] = None,
    *,
    workspace: Workspace = None,
    lang: Language = None,
    quiet: Quiet = False,
) -> int:
    """Run cases of rules and give 1 where one does not hold."""
    del lang
    terminal = terminal_of(context, quiet=quiet)
    from fuling_gis.cli import case_page

    return case_page.run(terminal, workspace, files or [])


@app.command("readings", help="cli.rules_readings", cls=SpokenCommand)
def readings(
    context: typer.Context,
    *,
    workspace: Workspace = None,
    as_of: AsOf = None,
    lang: Language = None,
    as_json: Json = False,
) -> None:
    """List the open terms and the ways to read them."""
    del lang
    terminal = terminal_of(context)
    from fuling_gis.cli import rule_page

    on = day(as_of, terminal)
    rule_page.print_readings(terminal, rule_page.rule_set(workspace), on, as_json=as_json)


@app.command("activities", help="cli.rules_activities", cls=SpokenCommand)
def activities(
    context: typer.Context,
    word: Annotated[Optional[str], typer.Argument(metavar="WORD", help="cli.argument_word")] = None,
    *,
    workspace: Workspace = None,
    as_of: AsOf = None,
    lang: Language = None,
    as_json: Json = False,
) -> None:
    """List the activities that rules name, or those that a word or code suggests."""
    del lang
    terminal = terminal_of(context)
    from fuling_gis.cli import rule_page

    on = day(as_of, terminal)
    rule_page.print_activities(terminal, rule_page.rule_set(workspace), on, word or "", as_json=as_json)
