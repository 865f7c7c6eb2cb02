"""A folder of results that one run writes into at a time.

The claim is a lock of the operating system on a small file beside the folder; it ends with the run, however the run
ends. Where the file system knows no locks, as some network shares, the run goes on without one.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from fuling_gis.errors import OutputError
from fuling_gis.labels import sentence


class Claim:
    """The right of this run to write into a folder, until it is let go of."""

    def __init__(self, out: Path) -> None:
        """Take the claim.

        out: an absolute path whose parent exists. Raises OutputError where another run has the claim.
        """
        self._handle = -1
        # Whether no other run can be writing into the folder now.
        self.alone = False
        for place in (out.parent / f".{out.name}.lock", out / f".{out.name}.lock"):
            try:
                self._take(place)
            except BlockingIOError as e:
                raise OutputError(sentence("errors_run.busy", path=out)) from e
            except OSError:
                # No file can be made here, or none can be locked.
                continue
            self._place, self.alone = place, True
            return

    def _take(self, place: Path) -> None:
        while True:
            handle = os.open(place, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                _lock(handle)
                # Who let go of the claim just now has removed the file, and the lock on it binds nobody.
                if place.exists() and os.path.samestat(os.fstat(handle), place.stat()):
                    self._handle = handle
                    return
            except OSError:
                os.close(handle)
                raise
            os.close(handle)

    def release(self) -> None:
        """Let go of the claim; twice does no harm."""
        if self._handle < 0:
            return
        handle, self._handle = self._handle, -1
        # Windows removes no open file, other systems must remove it while the lock holds.
        if sys.platform == "win32":
            os.close(handle)
        with suppress(OSError):
            self._place.unlink()
        if sys.platform != "win32":
            os.close(handle)


def _lock(handle: int) -> None:
    """Lock an open file for this run alone; raises BlockingIOError where another has it."""
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except PermissionError as e:
            raise BlockingIOError from e
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
