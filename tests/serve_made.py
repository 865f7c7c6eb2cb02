"""The page's server on a free port of this machine, in a thread of the test, and the wait for its jobs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fuling_gis.serve import run as serving


@contextmanager
def served(workspace) -> Iterator[str]:
    """Serve a workspace and give the address, without a stroke at its end."""
    found: list[str] = []
    servers: list[object] = []
    ready = threading.Event()

    class Kept(serving._Server):
        def __init__(self, *args):
            super().__init__(*args)
            servers.append(self)

    def said(address: str) -> None:
        found.append(address.rstrip("/"))
        ready.set()

    usual, serving._Server = serving._Server, Kept
    try:
        options = {"host": "127.0.0.1", "port": 0, "ready": said, "quiet": True}
        thread = threading.Thread(target=serving.serve, args=(workspace,), kwargs=options, daemon=True)
        thread.start()
        assert ready.wait(120), "the server did not begin"
        yield found[0]
        servers[0].should_exit = True
        thread.join(30)
        assert not thread.is_alive(), "the server did not end"
    finally:
        serving._Server = usual


def finished(client: Any, job_id: str) -> dict[str, Any]:
    """Wait until a job is over and give its last state."""
    for _ in range(400):
        state: dict[str, Any] = client.get(f"/api/jobs/{job_id}").json()
        if state["state"] in ("done", "failed", "cancelled"):
            return state
        time.sleep(0.05)
    raise AssertionError(state)
