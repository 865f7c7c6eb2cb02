"""Keeps what was computed once, by the content it was computed from, beside a workspace.

A file that is damaged, cut short or of another make is not believed: it counts as absent, and is written anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import threading
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]

CACHE_FOLDER: Final = ".cache"
_SUFFIX: Final = ".arrays"
_DIGEST: Final = 64
# So many files stay; older ones belong to layers that have changed since.
_MOST_FILES: Final = 40
# What is half written after so long was left by a process that was stopped.
_STOPPED_S: Final = 24 * 3600.0
_HALF: Final = ".part"


@dataclass(frozen=True)
class Cache:
    """Arrays on disk by a key that names their content."""

    # None keeps nothing.
    folder: Path | None = None

    def get(self, key: str) -> Arrays | None:
        """Give what was kept under a key; None where nothing is, or where the file is not what was written."""
        if self.folder is None:
            return None
        try:
            content = (self.folder / f"{key}{_SUFFIX}").read_bytes()
        except OSError:
            return None
        body = memoryview(content)[_DIGEST:]
        if hashlib.sha256(body).hexdigest().encode() != content[:_DIGEST]:
            return None
        try:
            with np.load(io.BytesIO(body), allow_pickle=False) as kept:
                return {name: kept[name] for name in kept.files}
        except (OSError, ValueError, zipfile.BadZipFile):
            return None

    def put(self, key: str, arrays: Arrays) -> None:
        """Keep arrays under a key; a folder that cannot be written to keeps nothing, and the answers are the same."""
        if self.folder is None:
            return
        body = io.BytesIO()
        np.savez(body, **arrays)  # type: ignore[arg-type]
        content = body.getbuffer()
        name = self.folder / f"{key}{_SUFFIX}"
        part = self.folder / f"{key}.{os.getpid()}.{threading.get_ident()}{_HALF}"
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                file.write(hashlib.sha256(content).hexdigest().encode())
                file.write(content)
            os.replace(part, name)  # noqa: PTH105  replaces on Windows too
            self._tidy(name)

    def _tidy(self, newest: Path) -> None:
        files = sorted(newest.parent.glob(f"*{_SUFFIX}"), key=lambda file: file.stat().st_mtime_ns)
        for old in files[:-_MOST_FILES]:
            if old != newest:
                old.unlink(missing_ok=True)
        for half in newest.parent.glob(f"*{_HALF}"):
            if time.time() - half.stat().st_mtime > _STOPPED_S:
                half.unlink(missing_ok=True)


def key_of(*parts: object) -> str:
    """Name content by what it was computed from: texts, numbers, bytes or arrays, in this order."""
    sha = hashlib.sha256()
    for part in parts:
        content = part.tobytes() if isinstance(part, np.ndarray) else part
        sha.update(content if isinstance(content, bytes) else repr(content).encode())
        sha.update(b"\x00")
    return sha.hexdigest()[:40]
