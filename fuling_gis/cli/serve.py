"""`fuling-gis serve`: the page and its HTTP API, until Ctrl+C."""

from __future__ import annotations

import os
from typing import Annotated, Final, Optional

import typer

from fuling_gis.cli.options import Language, Quiet, Workspace, terminal_of
from fuling_gis.errors import UsageError
from fuling_gis.labels import sentence

# Processes that screen beside the one that serves, where nobody says how many.
USUAL_PROCESSES: Final = 2
# What the page stands on; they come with the extra `web`.
_NEEDED = frozenset(("fastapi", "uvicorn", "starlette", "pydantic", "multipart", "python_multipart", "annotated_types"))


def serve(
    context: typer.Context,
    *,
    workspace: Workspace = None,
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="cli.option_host")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="N", min=0, max=65535, help="cli.option_port")] = 8765,
    allow_host: Annotated[
        Optional[list[str]], typer.Option("--allow-host", metavar="NAME", help="cli.option_allow_host")
    ] = None,
    processes: Annotated[
        Optional[int], typer.Option("--processes", metavar="N", min=0, max=32, help="cli.option_processes")
    ] = None,
    lang: Language = None,
    quiet: Quiet = False,
) -> None:
    """Open the workspace, load it, and serve it."""
    del lang
    terminal = terminal_of(context, quiet=quiet)
    try:
        import python_multipart  # noqa: F401 - only that it is there

        from fuling_gis.serve.run import is_loopback
        from fuling_gis.serve.run import serve as run
    except ModuleNotFoundError as e:
        if (e.name or "").partition(".")[0] in _NEEDED:
            raise UsageError(sentence("errors_serve.not_installed")) from e
        raise
    from fuling_gis import api

    place = api.open_workspace(workspace)
    if not is_loopback(host):
        terminal.fault(terminal.words("serve_open", host=host))
    terminal.note(terminal.words("serve_loading", workspace=place.name))
    run(
        place,
        host=host,
        port=port,
        allowed=allow_host or (),
        processes=min(os.cpu_count() or 1, USUAL_PROCESSES) if processes is None else processes,
        ready=lambda address: terminal.line(terminal.words("serve_ready", address=address)),
        quiet=quiet,
    )
