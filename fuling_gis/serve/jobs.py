"""Long jobs: each in a thread, with progress, a way to stop it, and a folder of results that goes when it is old.

A job is known by an id that nobody can guess, and by nothing else. A browser that is closed loses nothing: the job goes
on, and whoever has its id finds it.
"""

from __future__ import annotations

import re
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from fuling_gis.errors import (
    ElsewhereError,
    FulingError,
    LayerChoiceError,
    LocalShiftError,
    OutputError,
    SystemUnsaidError,
)
from fuling_gis.labels import sentence
from fuling_gis.serve.guard import fault, plain

State = Literal["waiting", "reading", "screening", "writing", "done", "failed", "cancelled"]
OVER: Final = ("done", "failed", "cancelled")
# Errors that a parameter of the question mends.
_WANTED: Final = {
    LocalShiftError: "crs_shift", LayerChoiceError: "layer", SystemUnsaidError: "crs", ElsewhereError: "crs",
}  # fmt: skip


class StoppedError(Exception):
    """Somebody has asked a job to stop."""


class BusyError(FulingError):
    """More jobs wait already than this server takes."""


@dataclass
class Job:
    """One job, as far as it has come."""

    id: str
    # Where its upload and its results are.
    folder: Path
    # What the client calls its file; only ever shown as text.
    name: str
    # What a file in the upload's folder is called by the client; only ever shown as text.
    names: dict[str, str] = field(default_factory=dict)
    state: State = "waiting"
    rows_done: int = 0
    rows: int | None = None
    # JSON of the screening, when there is one.
    answer: Mapping[str, Any] | None = None
    files: tuple[str, ...] = ()
    # What went wrong, in both languages; a job may have an answer and still have failed to write its files.
    error: Mapping[str, str] | None = None
    # Parameters of the question that would mend it.
    wants: tuple[str, ...] = ()
    # Values of that parameter that are likely meant. Names from files among them are only ever shown as text.
    offers: tuple[str, ...] = ()
    # How many more there are.
    unoffered: int = 0
    touched: float = field(default_factory=time.monotonic)
    _stop: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def results(self) -> Path:
        """The folder of results."""
        return self.folder / "results"

    def spoken(self, text: str) -> str:
        """Say a sentence without the places of this machine: files are called what the client calls them."""
        text = text.replace(f"{self.folder / 'upload'}/", "").replace(f"{self.folder}/", "")
        if not self.names:
            return text
        # All at once: their names may be like ours, too.
        ours = "|".join(re.escape(name) for name in sorted(self.names, reverse=True))
        return re.sub(rf"(?<!\w)(?:{ours})", lambda found: self.names[found[0]], text)

    def stop(self) -> None:
        """Ask the job to stop as soon as it can."""
        self._stop.set()

    def go_on(self) -> None:
        """Raise StoppedError where somebody has asked the job to stop."""
        if self._stop.is_set():
            raise StoppedError

    def told(self) -> dict[str, Any]:
        """Give what anybody who knows the id may know."""
        return {
            "id": self.id,
            "name": self.name,
            "state": self.state,
            "rows_done": self.rows_done,
            "rows": self.rows,
            "answered": self.answer is not None,
            "files": list(self.files),
            "error": None if self.error is None else dict(self.error),
            "wants": list(self.wants),
            "offers": list(self.offers),
            "unoffered": self.unoffered,
        }


class Jobs:
    """All jobs of one server. Closing it stops them and deletes what they left."""

    def __init__(self, *, workers: int = 2, most: int = 20, waiting: int = 8, age_s: float = 3600.0) -> None:
        """Set up the book of jobs.

        workers: jobs at a time. most: jobs that are kept. waiting: jobs that may wait. age_s: seconds after which a
        job that nobody has asked for is deleted.
        """
        self._most, self._waiting, self._age_s = most, waiting, age_s
        self._folder = Path(tempfile.mkdtemp(prefix="fuling-gis-"))
        self._jobs: dict[str, Job] = {}
        self._lock = threading.RLock()
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="job")

    def new(self, name: str) -> Job:
        """Make a job with an empty folder.

        Raises BusyError where too many wait, OutputError where no folder can be made.
        """
        with self._lock:
            self._sweep()
            if sum(job.state not in OVER for job in self._jobs.values()) >= self._waiting:
                raise BusyError(sentence("errors_serve.busy"))
            job = Job(secrets.token_urlsafe(24), self._folder / secrets.token_hex(8), plain(name))
            try:
                (job.folder / "upload").mkdir(parents=True)
            except OSError as e:
                raise OutputError(sentence("errors_serve.disk", why=e.strerror or e)) from e
            self._jobs[job.id] = job
            return job

    def begin(self, job: Job, work: Callable[[Job], None]) -> None:
        """Have a job done when its turn comes."""
        self._pool.submit(self._done, job, work)

    def get(self, job_id: str) -> Job | None:
        """Give a job that is known, and note that somebody has asked for it."""
        with self._lock:
            job = self._jobs.get(job_id)
            if job is not None:
                job.touched = time.monotonic()
            return job

    def drop(self, job: Job) -> None:
        """Stop a job and forget it; its files go as soon as it has let go of them."""
        job.stop()
        with self._lock:
            self._jobs.pop(job.id, None)
        if job.state in OVER or job.state == "waiting":
            shutil.rmtree(job.folder, ignore_errors=True)

    def close(self) -> None:
        """Stop all jobs and delete everything."""
        with self._lock:
            for job in self._jobs.values():
                job.stop()
        self._pool.shutdown(wait=True, cancel_futures=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _done(self, job: Job, work: Callable[[Job], None]) -> None:
        try:
            job.go_on()
            work(job)
            job.state = "done"
        except StoppedError:
            job.state = "cancelled"
        except FulingError as e:
            job.error, job.state = {lang: job.spoken(text) for lang, text in e.words.items()}, "failed"
            job.wants = tuple(name for kind, name in _WANTED.items() if isinstance(e, kind))
            job.offers, job.unoffered = (e.offers, e.unoffered) if job.wants else ((), 0)
        except OSError as e:
            job.error, job.state = sentence("errors_serve.disk", why=e.strerror or e), "failed"
        except Exception as e:  # noqa: BLE001 - one job's fault must not end the server
            fault(e, "job")
            job.error, job.state = sentence("errors_serve.unexpected"), "failed"
        finally:
            job.touched = time.monotonic()
            shutil.rmtree(job.folder / "upload", ignore_errors=True)
            with self._lock:
                forgotten = job.id not in self._jobs
            if forgotten or job.state == "cancelled":
                shutil.rmtree(job.folder, ignore_errors=True)

    def _sweep(self) -> None:
        """Delete jobs that are old, and the oldest of too many; those at work stay."""
        over = sorted((job for job in self._jobs.values() if job.state in OVER), key=lambda job: job.touched)
        limit = time.monotonic() - self._age_s
        excess = len(self._jobs) - self._most + 1
        for place, job in enumerate(over):
            if job.touched < limit or place < excess:
                self.drop(job)
