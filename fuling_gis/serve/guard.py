"""What stands between the network and the page: who may ask, how much may be sent, what no reply may be without.

A page in somebody's browser must not use this one behind its user's back. So a request must name this server by an
address or a name that no stranger can point here (DNS rebinding), and, if a browser says where it comes from, it must
come from this very page. Nothing is remembered of a visitor: there are no cookies, and other origins get nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any, Final, TypeAlias

from fuling_gis.errors import FulingError
from fuling_gis.labels import sentence

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

LOG: Final = logging.getLogger("fuling_gis.serve")
# Only what this server itself gives is run, shown, or asked from; nobody may put the page into a frame.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS: Final[Mapping[str, str]] = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "geolocation=(), camera=(), microphone=()",
}
_MIB: Final = 1024 * 1024
# Addresses that are this machine's own, however it is called.
LOOPBACK: Final = frozenset(("localhost", "127.0.0.1", "::1"))
_BODILESS: Final = frozenset(("GET", "HEAD", "DELETE", "OPTIONS"))
_LONGEST_LOGGED: Final = 200
_TOO_LARGE: Final = 413
# What is still taken of a body that is refused: a browser that is cut off while it sends never shows the answer.
_DRAINED: Final = 256 * _MIB
_DRAIN_S: Final = 10.0


class TooLargeError(FulingError):
    """More was sent than is taken; the command line has no such limit."""


class Guard:
    """Wraps the application: refuses strangers, counts what is sent, completes replies, logs one line each."""

    def __init__(self, app: App, *, names: Iterable[str], addresses: bool, limits: Mapping[str, int]) -> None:
        """Set up the guard.

        names: what this server may be called. addresses: whether any bare address may stand for a name, as behind a
        port that is open to a network. limits: the first part of a path to the bytes that a request may send there.
        """
        self._app, self._names, self._addresses = app, frozenset(names), addresses
        self._limits = dict(limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        began, state = time.perf_counter(), {"status": 0, "heard": 0}
        refusal = self._refused(scope)

        async def hear() -> Message:
            message = await receive()
            state["heard"] = int(not message.get("more_body", False))
            return message

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                state["status"] = message["status"]
                # Whoever still sends when the connection is closed may lose the answer.
                sends = refusal is not None and scope["method"] not in _BODILESS
                sends = (sends or message["status"] == _TOO_LARGE) and "expect" not in _first(scope)
                if sends and not state["heard"]:
                    await _drained(hear)
                message = {**message, "headers": _completed(message.get("headers", []))}
            await send(message)

        try:
            if refusal is not None:
                await reply(complete, *refusal)
            else:
                await self._app(scope, self._counted(scope, hear), complete)
        except Exception as error:  # noqa: BLE001 - the last net: whatever it is, nobody outside sees it
            fault(error)
            if not state["status"]:
                await reply(complete, 500, sentence("errors_serve.unexpected"))
        finally:
            spent = 1000 * (time.perf_counter() - began)
            LOG.info("%s %s %s %.0f ms", plain(scope["method"]), plain(scope["path"]), state["status"], spent)

    def _refused(self, scope: Scope) -> tuple[int, Mapping[str, str]] | None:
        """Give status and sentence where a request is not let in."""
        headers = _first(scope)
        host = headers.get("host", "")
        if not self._known(host):
            return 421, sentence("errors_serve.wrong_host", host=plain(host) or "?")
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in (f"http://{host.lower()}", f"https://{host.lower()}"):
            return 403, sentence("errors_serve.wrong_origin", origin=plain(origin))
        if scope["path"].startswith("/api") and headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            return 403, sentence("errors_serve.wrong_origin", origin=plain(origin or headers["sec-fetch-site"]))
        length = headers.get("content-length", "0")
        limit = self._limit(scope)
        if scope["method"] not in _BODILESS and (not length.isdigit() or int(length) > limit):
            return _TOO_LARGE, too_large(limit).words
        return None

    def _known(self, host: str) -> bool:
        """Tell whether a Host header names this server."""
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        name = name.strip("[]").lower()
        if name in self._names:
            return True
        if not self._addresses:
            return False
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    def _limit(self, scope: Scope) -> int:
        path = scope["path"]
        found = [size for start, size in self._limits.items() if path == start or path.startswith(f"{start}/")]
        return min(found, default=0)

    def _counted(self, scope: Scope, receive: Receive) -> Receive:
        """Count what comes in; a client may say less than it sends."""
        limit, got = self._limit(scope), 0

        async def counted() -> Message:
            nonlocal got
            message = await receive()
            got += len(message.get("body", b""))
            if got > limit:
                raise too_large(limit)
            return message

        return counted


async def _drained(receive: Receive) -> None:
    """Let a client finish what it sends, within bounds, and throw it away."""
    got, end = 0, time.monotonic() + _DRAIN_S
    while got < _DRAINED and (left := end - time.monotonic()) > 0:
        try:
            message = await asyncio.wait_for(receive(), left)
        except TimeoutError:
            return
        got += len(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            return


def too_large(limit: int) -> TooLargeError:
    """Say that more was sent than is taken. limit: bytes."""
    return TooLargeError(sentence("errors_serve.too_large", limit=f"{limit / _MIB:g}"))


def fault(error: Exception, what: str = "request") -> None:
    """Write a line about an error that nobody foresaw, with where it came from only for whoever looks for it."""
    trace = LOG.isEnabledFor(logging.DEBUG)
    LOG.log(logging.ERROR, "%s: %s: %s", what, type(error).__name__, plain(str(error)), exc_info=trace)


async def reply(send: Send, status: int, words: Mapping[str, str]) -> None:
    """Send a sentence in both languages as JSON."""
    body = json.dumps({"error": dict(words)}, ensure_ascii=False).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def plain(text: str) -> str:
    """Make a text of a client fit for one line of a log or a terminal, and not longer than anybody would read."""
    return "".join(c if c.isprintable() else "?" for c in text[:_LONGEST_LOGGED])


def _first(scope: Scope) -> dict[str, str]:
    """Give each header once; a second Host or Origin makes both unusable."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key = name.decode("latin-1").lower()
        text = value.decode("latin-1")
        found[key] = "" if key in ("host", "origin") and key in found else text
    return found


def _completed(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Add what every reply must have; what a route has set itself stays."""
    given = list(headers)
    there = {name.lower() for name, _ in given}
    added = {**HEADERS, "cache-control": "no-store"}
    return [*given, *((k.encode(), v.encode()) for k, v in added.items() if k.encode() not in there)]
