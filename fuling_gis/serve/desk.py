"""Where few sites are screened: in threads of this process, or in processes of their own that keep the workspace open.

Screening a few sites is mostly Python, of which one process does one thing at a time. So several clients wait for each
other in threads, and share the processors in processes, each of which holds the layers once more.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Final

from fuling_gis import api, drivers
from fuling_gis.labels import sentence
from fuling_gis.serve.checking import Question, check, reply, value_of, written
from fuling_gis.serve.jobs import BusyError
from fuling_gis.worker.process import Workers
from fuling_gis.workspace import Workspace

_THREADS: Final = 2
_PLACE: Final = b'{"type": "Point", "coordinates": [107.39, 29.71]}'
# How often a process looks whether the one that started it is still there.
_WATCH_S: Final = 2.0


class Desk:
    """Takes questions about a few sites and hands them to whoever is free."""

    def __init__(self, workspace: Workspace, processes: int = 0) -> None:
        """Set up the desk of an opened workspace.

        processes: that screen beside this one; 0 for threads of this one.
        """
        self.workspace, self.processes = workspace, processes
        self._pool = self._started()
        # Reads uploaded files. One waits ready, so that nobody waits for it to load.
        self.workers = Workers(spares=1)

    def ask(self, body: bytes, question: Question) -> Future[bytes]:
        """Have a request answered, JSON for JSON; the future raises as `checking.reply` does."""
        if not self.processes:
            return self._pool.submit(reply, self.workspace, body, question)
        try:
            return self._pool.submit(_replied, body, question)
        except BrokenProcessPool as e:
            # One of them was ended from outside; the next question finds new ones.
            self._pool = self._started()
            raise BusyError(sentence("errors_serve.many_waiting")) from e

    def warm(self) -> None:
        """Load layers and rules everywhere and ask about one place, so that nobody waits for that later."""
        if self.processes:
            for done in [self._pool.submit(_stay) for _ in range(self.processes)]:
                done.result()
            return
        together = threading.Barrier(_THREADS)

        def once() -> None:
            together.wait()
            _warm(self.workspace)

        for done in [self._pool.submit(once) for _ in range(_THREADS)]:
            done.result()

    def close(self) -> None:
        """Let threads and processes go."""
        self._pool.shutdown(cancel_futures=True)
        self.workers.close()

    def _started(self) -> Executor:
        if not self.processes:
            return ThreadPoolExecutor(_THREADS, thread_name_prefix="desk")
        return ProcessPoolExecutor(
            self.processes,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=drivers.begin,
            initargs=(__name__, _begun.__name__, self.workspace.root, os.getpid()),
        )


# The workspace of a process that screens for another.
_OPENED: list[Workspace] = []


def _begun(root: Path, parent: int) -> None:
    """Open and warm the workspace in a new process, and end with the process that started it."""
    # Ctrl+C is the parent's to handle.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    _OPENED.append(api.open_workspace(root))
    _warm(_OPENED[0])
    # What is loaded stays: the collector need not look at it again and again.
    gc.collect()
    gc.freeze()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_WATCH_S)
    os._exit(0)


def _replied(body: bytes, question: Question) -> bytes:
    return reply(_OPENED[0], body, question)


def _stay() -> None:
    """Keep one process busy for a moment, so that the others are started too."""
    time.sleep(0.2)


def _warm(workspace: Workspace) -> None:
    for lang in ("zh", "en"):
        # Nobody reads this answer: what is to be told once is left for the next.
        written(check(workspace, value_of(_PLACE), Question(lang="zh" if lang == "zh" else "en"), damage=False))
