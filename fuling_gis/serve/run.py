"""Opens the port and serves the page until somebody stops it."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import sys
from collections.abc import Callable, Iterable, Iterator

import uvicorn

from fuling_gis.errors import UsageError
from fuling_gis.labels import sentence
from fuling_gis.serve.app import build
from fuling_gis.serve.guard import LOG, LOOPBACK
from fuling_gis.workspace import Workspace

# What may be open at once; browsers keep some six connections each.
_MOST_OPEN = 200
_SHUTDOWN_S = 3


def serve(
    workspace: Workspace,
    *,
    host: str,
    port: int,
    allowed: Iterable[str] = (),
    processes: int = 0,
    ready: Callable[[str], None] = lambda _: None,
    quiet: bool = False,
) -> None:
    """Serve a workspace until the process is stopped.

    host: the address to listen at. port: 0 takes any free one. allowed: further names that requests may be for.
    processes: that screen beside this one. ready: called with the address of the page once it answers. Raises
    UsageError where the address cannot be used.
    """
    open_to_others = not is_loopback(host)
    names = LOOPBACK | {name.lower() for name in allowed}
    if open_to_others:
        names |= {host.lower(), socket.gethostname().lower()}
    _log(quiet=quiet)
    with _listening(host, port) as listener:
        app = build(workspace, names=frozenset(names), addresses=open_to_others, processes=processes)
        config = uvicorn.Config(
            app, log_config=None, access_log=False, server_header=False, date_header=True, limit_concurrency=_MOST_OPEN,
            timeout_graceful_shutdown=_SHUTDOWN_S, ws="none", lifespan="on", proxy_headers=False,
        )  # fmt: skip
        server = _Server(config, lambda: ready(address(host, listener.getsockname()[1])))
        server.run(sockets=[listener])


def is_loopback(host: str) -> bool:
    """Tell whether an address is this machine's own and nobody else's."""
    return host.lower() in LOOPBACK or host.startswith("127.")


def address(host: str, port: int) -> str:
    """Give the address of the page as a browser wants it."""
    shown = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104 - it is only shown
    return f"http://[{shown}]:{port}/" if ":" in shown else f"http://{shown}:{port}/"


class _Server(uvicorn.Server):
    """Says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


@contextlib.contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    try:
        if os.name != "nt":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as e:
            raise UsageError(sentence("errors_serve.port_taken", host=host, port=port, why=e.strerror or e)) from e
        yield listener
    finally:
        listener.close()


def _log(*, quiet: bool) -> None:
    """Write one line for each request to stderr."""
    level = logging.DEBUG if os.environ.get("FULING_DEBUG") else logging.ERROR if quiet else logging.INFO
    LOG.setLevel(level)
    if not LOG.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
        LOG.addHandler(handler)
        LOG.propagate = False
