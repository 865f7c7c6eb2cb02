"""Keeps what was computed once, by the content it was computed from, beside a workspace.

A file begins with the hash of the rest; then come arrays as numpy writes them, the first of which names the others.
A file that is damaged, cut short or of another make is not believed: it counts as absent, and is written anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import math
import os
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]

CACHE_FOLDER: Final = ".cache"
_SUFFIX: Final = ".kept"
# That of an earlier make, whose programs would take these files for theirs; it makes room like the others.
_EARLIER: Final = re.compile(r"[0-9a-f]{40}\.arrays")
_DIGEST: Final = 64
# Arrays begin at multiples of so many bytes, as those that numpy makes itself.
_ALIGNED: Final = 64
# More than numpy writes before the arrays that are kept.
_LONGEST_HEAD: Final = 1024
# What is half written after so long was left by a process that was stopped.
_STOPPED_S: Final = 24 * 3600.0
_HALF: Final = ".part"
_HALF_WRITTEN: Final = re.compile(r"[0-9a-z]+\.\d+\.\d+\.part")
_MOST_FIELDS: Final = 1_000
# Files used within so long are not marked as used again.
_USED_S: Final = 3600.0


@dataclass(frozen=True)
class Cache:
    """Arrays on disk by a key that names their content."""

    # None keeps nothing.
    folder: Path | None = None
    # So many files and bytes stay; those that were not used for longest go, they belong to layers that have changed.
    # The folder may be one of somebody's own: only files with names like these are touched.
    most_files: int = 40
    most_bytes: int = 1 << 30
    # Files that were found damaged, to be told once: a disk that spoils one may spoil others.
    damaged: list[Path] = field(default_factory=list, compare=False, repr=False)

    def damage(self) -> list[Path]:
        """Give the files that were found damaged since this was last asked."""
        found = []
        with contextlib.suppress(IndexError):
            # One by one, for other threads may ask too.
            while True:
                found.append(self.damaged.pop(0))
        return found

    @property
    def fields(self) -> Cache:
        """The cache for the fields of outlines: a folder in this one with room of its own, for they are many."""
        folder = None if self.folder is None else self.folder / "fields"
        return Cache(folder, _MOST_FIELDS, self.most_bytes, self.damaged)

    def get(self, key: str) -> Arrays | None:
        """Give what was kept under a key; None where nothing is, or where the file is not what was written.

        The arrays may be changed, which does not change the file.
        """
        if self.folder is None:
            return None
        path = self.folder / f"{key}{_SUFFIX}"
        try:
            if not path.is_file():
                return None
            # Into memory, not mapped: a mapping holds a file open, and whoever cuts the file would stop the program.
            content = np.fromfile(path, np.uint8)
            if hashlib.sha256(content.data[_DIGEST:]).hexdigest().encode() != content[:_DIGEST].tobytes():
                self.damaged.append(path)
                # Told once, and not looked at again.
                path.unlink()
                return None
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > _USED_S:
                    os.utime(path)
            return _arrays_in(content)
        except Exception:  # noqa: BLE001  what stands in a file that somebody made may raise anything when it is read
            return None

    def put(self, key: str, arrays: Arrays) -> None:
        """Keep arrays under a key; a folder that cannot be written to keeps nothing, and the answers are the same."""
        if self.folder is None:
            return
        name = self.folder / f"{key}{_SUFFIX}"
        part = self.folder / f"{key}.{os.getpid()}.{threading.get_ident()}{_HALF}"
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                # The place of the hash, which is known at the end.
                file.write(bytes(_DIGEST))
                hashed = _Hashed(file)
                for array in (np.array(list(arrays), dtype=np.str_), *arrays.values()):
                    npy.write_array(hashed, array, version=(1, 0), allow_pickle=False)
                    hashed.write(bytes(-array.nbytes % _ALIGNED))
                file.seek(0)
                file.write(hashed.sha.hexdigest().encode())
            os.replace(part, name)  # noqa: PTH105  replaces on Windows too
        # What could not be written whole, as on a full disk, takes no room.
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
            self._tidy(name)

    def _tidy(self, newest: Path) -> None:
        beside = [file for file in newest.parent.iterdir() if file != newest]
        ours = (file for file in beside if file.suffix == _SUFFIX or _EARLIER.fullmatch(file.name))
        found = [(file.stat(), file) for file in ours]
        room, files = self.most_bytes - newest.stat().st_size, self.most_files - 1
        for stat, file in sorted(found, key=lambda each: each[0].st_mtime_ns, reverse=True):
            room, files = room - stat.st_size, files - 1
            if room < 0 or files < 0:
                file.unlink(missing_ok=True)
        for half in beside:
            if _HALF_WRITTEN.fullmatch(half.name) and time.time() - half.stat().st_mtime > _STOPPED_S:
                half.unlink(missing_ok=True)


# Where nothing is kept.
NOWHERE: Final = Cache()


class _Hashed:
    """A file that is written to and hashed at once."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.sha = hashlib.sha256()

    def write(self, content: bytes) -> int:
        self.sha.update(content)
        return self._file.write(content)


def _arrays_in(content: NDArray[np.uint8]) -> Arrays | None:
    """Give the arrays that a file holds; None for one of another make, on which numpy may also raise anything."""
    found: list[NDArray[Any]] = []
    place = _DIGEST
    while place < len(content):
        head = io.BytesIO(content[place : place + _LONGEST_HEAD].tobytes())
        version = npy.read_magic(head)
        shape, turned, dtype = npy.read_array_header_1_0(head)
        if version != (1, 0) or turned or dtype.hasobject or not dtype.itemsize or min(shape, default=0) < 0:
            return None
        first = place + head.tell()
        last = first + math.prod(shape) * dtype.itemsize
        if last > len(content):
            return None
        found.append(content[first:last].view(dtype).reshape(shape))
        place = -(-last // _ALIGNED) * _ALIGNED
    names, *arrays = found
    known = names.tolist() if names.ndim == 1 and names.dtype.kind == "U" else []
    return dict(zip(known, arrays, strict=True)) if len(set(known)) == len(known) > 0 else None


def key_of(*parts: object) -> str:
    """Name content by what it was computed from: texts, numbers, bytes or arrays, in this order."""
    sha = hashlib.sha256()
    for part in parts:
        content = part.tobytes() if isinstance(part, np.ndarray) else part
        sha.update(content if isinstance(content, bytes) else repr(content).encode())
        sha.update(b"\x00")
    return sha.hexdigest()[:40]
