"""Keeps what was computed once, by the content it was computed from, beside a workspace.

A file begins with the hash of its key and of the rest; then come arrays as numpy writes them, the first of which names
the others. A file that is damaged, cut short, of another make or of another key is not believed: it counts as absent,
and is written anew.
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
# Files that make room for others. The second ending is that of an earlier make.
_OURS: Final = re.compile(r"[0-9a-f]{40}\.(kept|arrays)")
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
    # Those that were told and could not be removed.
    _left: set[Path] = field(default_factory=set, compare=False, repr=False)

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
        return Cache(folder, _MOST_FIELDS, self.most_bytes, self.damaged, self._left)

    def get(self, key: str) -> Arrays | None:
        """Give what was kept under a key; None where nothing is, or where the file is not what was written.

        The arrays may be changed, which does not change the file.
        """
        if self.folder is None:
            return None
        path = self.folder / f"{key}{_SUFFIX}"
        try:
            if path in self._left or not path.is_file():
                return None
            state = path.stat()
            # Into memory, not mapped: a mapping holds a file open, and whoever cuts the file would stop the program.
            # More than is ever kept is not even looked at.
            content = np.fromfile(path, np.uint8) if state.st_size <= self.most_bytes else np.zeros(0, np.uint8)
            if _hash_of(key, content.data[_DIGEST:]).hexdigest().encode() != content[:_DIGEST].tobytes():
                self._put_away(path)
                return None
            with contextlib.suppress(OSError):
                # A clock may have been ahead.
                if abs(time.time() - state.st_mtime) > _USED_S:
                    os.utime(path)
            return _arrays_in(content)
        except Exception:  # noqa: BLE001  what stands in a file that somebody made may raise anything when it is read
            return None

    def _put_away(self, path: Path) -> None:
        """Remove a damaged file; it is told once and not looked at again, though it should stay."""
        self.damaged.append(path)
        try:
            path.unlink()
        except OSError:
            self._left.add(path)

    def put(self, key: str, arrays: Arrays) -> None:
        """Keep arrays under a key; a folder that cannot be written to keeps nothing, and the answers are the same."""
        if self.folder is None or sum(array.nbytes for array in arrays.values()) > self.most_bytes:
            return
        name = self.folder / f"{key}{_SUFFIX}"
        part = self.folder / f"{key}.{os.getpid()}.{threading.get_ident()}{_HALF}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            _write(part, key, arrays)
            if part.stat().st_size <= self.most_bytes:
                os.replace(part, name)  # noqa: PTH105  replaces on Windows too
                self._left.discard(name)
                self._tidy(name)
        except OSError:
            pass
        finally:
            # What could not be written whole, as on a full disk, takes no room.
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)

    def _tidy(self, newest: Path) -> None:
        """Make room. What cannot be looked at or removed stays."""
        now, found = time.time(), []
        for file in newest.parent.iterdir():
            with contextlib.suppress(OSError):
                state = file.stat(follow_symlinks=False)
                if _HALF_WRITTEN.fullmatch(file.name) and abs(now - state.st_mtime) > _STOPPED_S:
                    file.unlink()
                elif _OURS.fullmatch(file.name) and file != newest:
                    # A time to come says nothing of use: the clock was ahead.
                    found.append(
                        (state.st_mtime if state.st_mtime < now + _USED_S else 0.0, file.name, file, state.st_size)
                    )
        room, files = self.most_bytes - newest.stat().st_size, self.most_files - 1
        for _, _, file, size in sorted(found, reverse=True):
            room, files = room - size, files - 1
            if room < 0 or files < 0:
                with contextlib.suppress(OSError):
                    file.unlink(missing_ok=True)


# Where nothing is kept.
NOWHERE: Final = Cache()


def _hash_of(key: str, content: Any = b"") -> Any:
    """Begin the hash of what is kept under a key: the same content under another key has another."""
    sha = hashlib.sha256(f"{key}\n".encode())
    sha.update(content)
    return sha


def _write(path: Path, key: str, arrays: Arrays) -> None:
    with path.open("wb") as file:
        # The place of the hash, which is known at the end.
        file.write(bytes(_DIGEST))
        hashed = _Hashed(file, _hash_of(key))
        for array in (np.array(list(arrays), dtype=np.str_), *arrays.values()):
            npy.write_array(hashed, array, version=(1, 0), allow_pickle=False)
            hashed.write(bytes(-array.nbytes % _ALIGNED))
        file.seek(0)
        file.write(hashed.sha.hexdigest().encode())


class _Hashed:
    """A file that is written to and hashed at once."""

    def __init__(self, file: BinaryIO, sha: Any) -> None:
        self._file, self.sha = file, sha

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
