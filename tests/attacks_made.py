"""What the tests of attacks share: a secret that must not get out, a listener that must not be called, ways to read.

Every attack goes the plain way and through a worker. What came of it, sites or one sentence, is searched for the secret
in everything that it says; the listener counts whoever connects.
"""

from __future__ import annotations

import socket
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import fuling_gis as fg
from fuling_gis.errors import FulingError
from fuling_gis.readers.archive import names_inside
from fuling_gis.sites.inspect import inspect

CRS = "EPSG:4545"
MARKER = "marker-of-a-secret"
# What a secret looks like that could pass for sites: the ground of a place in Fuling, as the catalogue's CRS has it.
SECRET = f"site_id,name,x,y\n{MARKER},{MARKER},448000,3280000\n"


@dataclass
class Listener:
    """A port of this machine, and how often somebody called it."""

    port: int = 0
    calls: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def listening() -> Iterator[Listener]:
    """Listen on a free port and answer every call with sites that hold the secret."""
    listener = Listener()
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.1)
    listener.port = server.getsockname()[1]
    over = threading.Event()
    body = SECRET.encode()
    answer = b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body

    def serve() -> None:
        while not over.is_set():
            try:
                caller, _ = server.accept()
            except TimeoutError:
                continue
            with caller:
                caller.settimeout(1)
                listener.calls.append(caller.recv(200).decode("latin-1"))
                caller.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        over.set()
        thread.join(5)
        server.close()


def attempt(path: object, *, untrusted: object = False, **options: object) -> fg.Sites | FulingError:
    """Read a file as sites; give them, or the one error that refused it. Anything else is for the test to show."""
    try:
        sites = fg.read_sites(path, lang="en", untrusted=untrusted, **{"crs": CRS, **options})
    except FulingError as e:
        return e
    assert [shape is None for shape in sites.geometry] == [state == "rejected" for state in sites.status]
    return sites


def told(outcome: fg.Sites | FulingError) -> str:
    """Give every text of an outcome."""
    if isinstance(outcome, FulingError):
        return " ".join([str(outcome), *outcome.words.values()])
    columns = ("source", "site_id", "name", "activity", "industry_code", "nature", "status", "problem")
    texts = [text for column in columns for text in getattr(outcome, column)]
    texts += [text for values in outcome.facts.values() for text in values]
    return " ".join([*texts, *outcome.facts, *(text for notice in outcome.notices for text in notice.values())])


def inspected(path: Path) -> str:
    """Give every text by which `inspect` tells of a file."""
    try:
        return " ".join(f"{line.head} {line.text}" for line in inspect(path))
    except FulingError as e:
        return " ".join([str(e), *e.words.values()])


def both(path: Path, *, workers: object = True, **options: object) -> tuple[fg.Sites | FulingError, ...]:
    """Read a file the plain way and through a worker, and inspect it; the secret is in nothing that is said."""
    outcomes = attempt(path, **options), attempt(path, untrusted=workers, **options)
    for text in (*map(told, outcomes), inspected(path)):
        assert MARKER not in text
    assert not any(isinstance(one, FulingError) and "\n" in str(one) for one in outcomes)
    return outcomes


def refused(outcomes: tuple[object, ...]) -> bool:
    """Tell whether every way of reading refused a file."""
    return all(isinstance(outcome, FulingError) for outcome in outcomes)


def packed(path: Path, members: dict[str | zipfile.ZipInfo, bytes]) -> Path:
    """Write a zip of members that may be called anything."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def files_below(folder: Path) -> set[str]:
    """List all files of a folder."""
    return {str(one.relative_to(folder)) for one in folder.rglob("*")}


def listed(path: Path) -> list[str]:
    """List the sets of data in an archive, none where it cannot be read."""
    try:
        return names_inside(path)
    except FulingError:
        return []


def ring_of(n: int, x: float = 448_000.0, y: float = 3_280_000.0, radius: float = 500.0) -> np.ndarray:
    """Give the corners of a closed round outline."""
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
    ring = np.stack([x + radius * np.cos(angle), y + radius * np.sin(angle)], axis=1)
    return np.vstack([ring, ring[:1]])
