"""The help page of a command: usage, what it does, examples, arguments, options, commands below it."""

from __future__ import annotations

from typing import Any

from typer.core import TyperArgument

from fuling_gis.cli.terminal import Terminal
from fuling_gis.labels import label, words


def print_page(command: Any, context: Any, terminal: Terminal) -> None:
    """Print the help page of a command in the language of the run."""
    terminal.line(f"{terminal.words('usage')} {_usage(command, context)}")
    terminal.line()
    if command.help:
        terminal.text(text_of(command.help, terminal))
    options = [param for param in command.get_params(context) if not getattr(param, "hidden", False)]
    for title, members in (
        ("arguments", [param for param in options if isinstance(param, TyperArgument)]),
        ("options", [param for param in options if not isinstance(param, TyperArgument)]),
    ):
        rows = [(_names(param), _value(param), _meaning(param, terminal)) for param in members]
        terminal.list(terminal.words(f"head_{title}"), rows)
    below = getattr(command, "commands", {})
    rows = [(name, "", summary(below[name], terminal)) for name in below if not below[name].hidden]
    terminal.list(terminal.words("head_commands"), rows)


def text_of(name: str, terminal: Terminal) -> str:
    """Give the words that stand where typer keeps a help text: the name of an entry, with its file."""
    part, _, entry = name.partition(".")
    return words(part)[entry][terminal.lang].strip()


def summary(command: Any, terminal: Terminal) -> str:
    """Give the first sentence of a command's page."""
    return text_of(command.help, terminal).split("\n", 1)[0]


def _usage(command: Any, context: Any) -> str:
    arguments = [param for param in command.params if isinstance(param, TyperArgument)]
    pieces = [_names(param) if param.required else f"[{_names(param)}]" for param in arguments]
    if getattr(command, "commands", None):
        pieces.append(label("cli.usage_command", context.obj.lang))
    return " ".join([context.command_path, *pieces, label("cli.usage_options", context.obj.lang)])


def _names(param: Any) -> str:
    return str(param.metavar) if isinstance(param, TyperArgument) else ", ".join(sorted(param.opts, key=len))


def _value(param: Any) -> str:
    if isinstance(param, TyperArgument) or getattr(param, "is_flag", False):
        return ""
    return str(param.metavar or "")


def _meaning(param: Any, terminal: Terminal) -> str:
    return terminal.words("option_help") if param.name == "help" else text_of(param.help, terminal)
