"""How typer's commands speak our words: help pages and faults of usage in the language of the run.

Commands and options carry the name of an entry of a words file where typer expects their help text. So definitions
stand once, and no help text stands in code.
"""

from __future__ import annotations

import difflib
import re
from typing import Any, Final

from typer.core import TyperCommand, TyperGroup

from fuling_gis.cli.help_page import print_page
from fuling_gis.cli.options import Language
from fuling_gis.cli.terminal import Terminal, plain
from fuling_gis.errors import UsageError

# The library behind typer speaks English only: what it says is known by these patterns, and said in our words.
_EXTRA: Final = re.compile(r"unexpected extra argument[^(]*(?:\(s\) )?\((.*)\)")
# Entry of the words to the pattern; the groups are the places of the entry.
_VALUE_FAULTS: Final = {
    "no_number": re.compile(r"valid (?:number|integer|float)"),
    "no_choice": re.compile(r"(?P<found>'.*') is not (?:one of )?(?P<allowed>'.*')"),
    "too_small": re.compile(r"greater than or equal to (?P<least>\S+)"),
    "too_large": re.compile(r"less than or equal to (?P<most>\S+)"),
    "no_such_path": re.compile(r"(?:File|Directory|Path) (?P<found>'.*') does not exist"),
}
# What a group of lists does when nothing else is asked.
LIST = "list"


class SpokenCommand(TyperCommand):
    """A command whose help page is ours."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help page."""
        del formatter
        print_page(self, ctx, ctx.obj)


class SpokenGroup(TyperGroup):
    """A group of commands whose help page is ours."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help page."""
        del formatter
        print_page(self, ctx, ctx.obj)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command asked for.

        Raises UsageError that names the nearest ones where there is none of that name.
        """
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], self.commands, n=2) or list(self.commands)
            terminal: Terminal = ctx.obj
            what = terminal.words("no_such_command", name=args[0], near=", ".join(near))
            raise UsageError(terminal.words("usage_fault", what=what, command=ctx.command_path))
        return super().resolve_command(ctx, args)


class ListingGroup(SpokenGroup):
    """A group that lists what there is when no command of it is named: `fuling-gis layers -w DIR`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `list` in front where no command is named and no help is asked for."""
        named = any(word in self.commands or word in ctx.help_option_names for word in args)
        if not named and (not args or args[0].startswith("-")):
            args = [LIST, *args]
        return super().parse_args(ctx, args)


def only_language(lang: Language = None) -> None:
    """Let a group take `--lang`, for its help page."""
    del lang


def fault(error: Any, terminal: Terminal) -> str:
    """Say what is wrong with how a command was called, in one sentence that names its help page."""
    context = getattr(error, "ctx", None)
    param = getattr(error, "param", None)
    kind = type(error).__name__
    name = "" if param is None else param.metavar if param.param_type_name == "argument" else param.opts[0]
    if kind == "NoSuchOption":
        near = ", ".join(sorted(error.possibilities or ()))
        what = terminal.words("no_such_option_near" if near else "no_such_option", name=error.option_name, near=near)
    elif kind == "MissingParameter":
        what = terminal.words("missing_parameter", name=name)
    elif kind == "BadOptionUsage":
        what = terminal.words("bad_option_use", name=error.option_name)
    elif kind == "BadParameter" and name:
        what = terminal.words("bad_parameter", name=name, why=_why(error.message, terminal))
    else:
        what = _whole(error.format_message(), terminal)
    command = context.command_path if context is not None else "fuling-gis"
    return terminal.words("usage_fault", what=plain(what), command=command)


def _whole(message: str, terminal: Terminal) -> str:
    """Say what the library behind typer says of a call as a whole."""
    extra = _EXTRA.search(message)
    return terminal.words("extra_arguments", names=extra[1]) if extra else message.rstrip(".")


def _why(message: str, terminal: Terminal) -> str:
    """Shorten what the library behind typer says of a value."""
    message = message.removeprefix("Value error, ").rstrip(".")
    for entry, pattern in _VALUE_FAULTS.items():
        found = pattern.search(message)
        if found:
            return terminal.words(entry, **found.groupdict())
    return message
