"""The parent's side: starts workers, gives each one request, hears it out within the time, and ends it.

A worker reads the files of one request and dies. Loading the libraries takes most of its second, so whoever serves many
requests keeps a spare one ready.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, Final, Self

from fuling_gis import drivers
from fuling_gis.errors import FileError
from fuling_gis.labels import sentence
from fuling_gis.worker import wire
from fuling_gis.worker.limits import Limits

# Seconds until a worker must have loaded its libraries, also on a machine with much else to do.
_START_S: Final = 120.0
# How often it is looked whether anybody still wants the answer.
_LOOK_S: Final = 0.5
# Variables without which Windows starts no program.
_SYSTEM: Final = ("SYSTEMROOT", "WINDIR", "COMSPEC")
_PROGRAM: Final = "import sys; sys.path.append(sys.argv[1]); from fuling_gis.worker.child import main; main()"
_PACKAGE: Final = Path(__file__).parents[2]
# Drivers that this machine's GDAL turned out to have beyond the known ones.
_beyond: set[str] = set()
# Workers that were started and not ended yet.
_alive: weakref.WeakSet[Worker] = weakref.WeakSet()


class Worker:
    """One process that reads for one request."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="fuling-gis-worker-"))
        self.process = subprocess.Popen(  # noqa: S603 - our own program, no text of anyone's
            [sys.executable, "-I", "-X", "utf8", "-c", _PROGRAM, str(_PACKAGE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self._environment(),
            cwd=self.folder,
        )
        # Two frames wait at the most: a worker that is faster than its parent waits too.
        self._frames: queue.Queue[tuple[bytes, bytes] | Exception] = queue.Queue(maxsize=2)
        self._left = threading.Event()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        _alive.add(self)

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in _SYSTEM if name in os.environ}
        own = dict.fromkeys(("TMPDIR", "TEMP", "TMP", "HOME"), str(self.folder))
        one = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        # Arrow's memory would be tidied by a thread of its own, which the fence around files would leave out.
        one["JE_ARROW_MALLOC_CONF"] = "background_thread:false"
        return {**kept, **own, **one, "LC_ALL": "C.UTF-8", **drivers.settings(beyond=_beyond)}

    def _listen(self) -> None:
        stream: Any = self.process.stdout
        try:
            while not self._left.is_set():
                frame = wire.receive(stream)
                if not self._put(frame):
                    return
        except (EOFError, OSError, ValueError, wire.UnsoundReplyError) as e:
            self._put(e)

    def _put(self, frame: tuple[bytes, bytes] | Exception) -> bool:
        while not self._left.is_set():
            with contextlib.suppress(queue.Full):
                self._frames.put(frame, timeout=0.2)
                return True
        return False

    def frame(self, wait_s: float) -> tuple[bytes, bytes]:
        """Give the next frame. Raises TimeoutError, EOFError where the worker has gone, UnsoundReplyError."""
        try:
            found = self._frames.get(timeout=max(wait_s, 0.0))
        except queue.Empty as e:
            raise TimeoutError from e
        if isinstance(found, tuple):
            return found
        raise found if isinstance(found, wire.UnsoundReplyError) else EOFError from found

    def ask(self, request: dict[str, object]) -> None:
        """Send the request."""
        stream: Any = self.process.stdin
        # A worker that has gone says so when its answer is read.
        with contextlib.suppress(OSError):
            stream.write(wire.packed(request) + b"\n")
            stream.close()

    def end(self) -> None:
        """End the process, whatever it is doing, and remove its folder."""
        self._left.set()
        _alive.discard(self)
        with contextlib.suppress(OSError):
            self.process.kill()
        self.process.wait()
        self._listener.join()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Workers:
    """Gives workers, one a request; may be asked by several threads at once.

    spares: how many wait ready. limits: what a request may cost. To be closed, or used in `with`.
    """

    def __init__(self, *, spares: int = 0, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._spares = spares
        self._ready: list[Worker] = []
        self._lock = threading.Lock()
        self._closed = False
        self._fill()

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the spares."""
        self.close()

    def close(self) -> None:
        """End the spares; requests that are being served are not touched."""
        with self._lock:
            self._closed = True
            ended, self._ready = self._ready, []
        for worker in ended:
            worker.end()

    def _fill(self) -> None:
        with self._lock:
            while not self._closed and len(self._ready) < self._spares:
                self._ready.append(Worker())

    def _take(self) -> Worker:
        with self._lock:
            waiting = self._ready.pop(0) if self._ready else None
        if waiting is not None and waiting.process.poll() is not None:
            waiting.end()
            waiting = None
        worker = waiting or Worker()
        self._fill()
        return worker

    def answers(
        self, request: dict[str, object], shown: str, go_on: Callable[[], None] = lambda: None
    ) -> Generator[tuple[bytes, bytes], None, None]:
        """Have a request served and give the frames of the answer: a HEAD, and ROWS to their end.

        shown: the name under which faults speak of what is read. go_on: called now and then while the worker is waited
        for; what it raises ends the worker. Raises the FulingError that reading raised, and
        FileError where the worker needs too much or is broken.
        """
        worker = self._started(shown)
        try:
            yield from self._heard(worker, request, shown, go_on)
        except EOFError as e:
            worker.process.wait()
            raise FileError(sentence("errors_readers.worker_gone", path=shown)) from e
        except wire.UnsoundReplyError as e:
            raise wire.unsound(shown) from e
        finally:
            worker.end()

    def _heard(
        self, worker: Worker, request: dict[str, object], shown: str, go_on: Callable[[], None]
    ) -> Generator[tuple[bytes, bytes], None, None]:
        worker.ask(request)
        left = self.limits.wait_s
        while True:
            # Only waiting counts: what the parent does with rows in between is its own time.
            begun = time.monotonic()
            go_on()
            try:
                kind, content = worker.frame(min(left, _LOOK_S))
            except TimeoutError as e:
                left -= time.monotonic() - begun
                if left > 0:
                    continue
                seconds = f"{self.limits.wait_s:g}"
                raise FileError(sentence("errors_readers.worker_time", path=shown, seconds=seconds)) from e
            left -= time.monotonic() - begun
            if kind == wire.FAULT:
                raise wire.error_of(content)
            if kind == wire.END:
                return
            yield kind, content

    def _started(self, shown: str) -> Worker:
        """Give a worker whose GDAL has no driver but the allowed ones."""
        for _ in range(2):
            worker = self._take()
            try:
                kind, content = worker.frame(_START_S)
                found = wire.unpacked(content).get("strangers") if kind == wire.READY else None
            except (TimeoutError, EOFError, wire.UnsoundReplyError):
                found = None
            if found == []:
                return worker
            worker.end()
            if isinstance(found, list):
                _beyond.update(map(str, found))
        raise FileError(sentence("errors_readers.worker_unstarted", path=shown))


@atexit.register
def _end_all() -> None:
    """End what is left when the program ends, while its threads can still be joined."""
    for worker in list(_alive):
        worker.end()
