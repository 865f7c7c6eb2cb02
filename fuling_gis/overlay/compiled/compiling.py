"""Compiles the few loops that arrays cannot express fast enough.

Only jobs of many sites come here; small ones never load the compiler. What was compiled is kept for the next process,
in a folder named after the text of all loops: a loop that calls another one from a changed file is compiled anew.
Folders of other texts, which an upgrade leaves behind, go when no process has used them for 60 days. Files of compiled
code end with a hash of what is in them: a processor runs a damaged loop without a word.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

import numba
from numba.core.caching import FunctionCache, IndexDataCacheFile

F = TypeVar("F", bound=Callable[..., Any])

_HERE: Final = Path(__file__).parent
# What the folder of a text is called, the one that numba makes in it, and its files, half-written ones included.
_TEXT: Final = re.compile(r"[0-9a-f]{16}")
_MODULES: Final = re.compile(r".+_[0-9a-f]{40}")
_FILE: Final = re.compile(r".+\.nb[ic](\.tmp\.[0-9a-f]+)?")
_DIGEST: Final = 32
_UNUSED_S: Final = 60 * 24 * 3600.0


def step(function: F) -> F:
    """Compile a loop, or a step of one, that fills arrays it is given and makes none; other threads run meanwhile.

    Nothing need be counted for the collector then, and steps are put into their loops instead of being called.
    Counting the arrays of a tree at each call, which threads must do one at a time, and handing them over, cost more
    than most steps themselves: a look-up of a cell took 31 ns and takes 5 ns, a site that no outline comes near 88 ns
    and 17 ns.
    """
    return _compiled(function, error_model="numpy", _nrt=False, forceinline=True)


def maker(function: F) -> F:
    """Compile a loop that makes arrays."""
    return _compiled(function, error_model="numpy")


def loop(function: F) -> F:
    """Compile a loop of a module elsewhere, where to divide by zero is a fault, and keep it with the others."""
    return _compiled(function)


def _compiled(function: F, **options: Any) -> F:
    done: Any = numba.njit(function, nogil=True, **options)
    try:
        with _in_our_folder():
            done._cache = _Kept(function)  # noqa: SLF001  numba itself stops at a broken file
    except (RuntimeError, OSError):
        # There is no folder at all that compiled code could be kept in.
        pass
    compiled: F = done
    return compiled


class _Hashed(IndexDataCacheFile):
    """The files of one loop, whose last bytes are a hash of the loop's name and of what stands before.

    With the code stands the key it is for: the types of what the loop is given, and the processor.
    """

    def save(self, key: Any, data: Any) -> None:
        super().save(key, (key, data))

    def load(self, key: Any) -> Any:
        found = super().load(key)
        if found is None:
            return None
        for_key, data = found
        if for_key != key:
            raise ValueError(self._index_name)
        return data

    def _dump(self, obj: Any) -> bytes:
        content: bytes = super()._dump(obj)
        return content + self._hash_of(content)

    def _load_index(self) -> Any:
        path = Path(self._index_path)
        if path.exists():
            with path.open("rb") as file:
                # The version of the compiler comes first.
                pickle.load(file)  # noqa: S301  our own files
                self._believed(file.read())
        return super()._load_index()

    def _load_data(self, name: str) -> Any:
        self._believed(Path(self._data_path(name)).read_bytes())
        return super()._load_data(name)

    def _believed(self, whole: bytes) -> None:
        content, end = whole[:-_DIGEST], whole[-_DIGEST:]
        if self._hash_of(content) != end:
            raise ValueError(self._index_name)

    def _hash_of(self, content: bytes) -> bytes:
        return hashlib.blake2b(self._index_name.encode() + content, digest_size=_DIGEST).digest()


class _Kept(FunctionCache):
    """What is kept of one loop; files that cannot be read or written are as if there were none."""

    def __init__(self, function: Any) -> None:
        super().__init__(function)
        file = self._cache_file
        self._cache_file = _Hashed(self._cache_path, self._impl.filename_base, file._source_stamp)  # noqa: SLF001

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except Exception:  # noqa: BLE001  a file that was cut off or scrambled may raise anything when it is unpickled
            with suppress(OSError):
                self.flush()
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        # The disk may be full, and a broken index be there that could not be removed.
        with suppress(Exception):
            super().save_overload(sig, data)


@contextmanager
def _in_our_folder() -> Iterator[None]:
    """Let the compiler keep its results in our folder."""
    settings: Any = numba.config
    before = settings.CACHE_DIR
    folder = _folder(before)
    settings.CACHE_DIR = str(folder)
    try:
        yield
    finally:
        settings.CACHE_DIR = before
    _tend(folder)


def _folder(named: str) -> Path:
    """Name the folder for what is compiled: in the one the user named, beside the source, or the user's own."""
    beside = _HERE / "__pycache__"
    if named:
        return Path(named) / text_of_loops()
    if os.access(beside if beside.exists() else _HERE, os.W_OK):
        return beside / text_of_loops()
    own = os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(own) / "fuling-gis" / text_of_loops()


@cache
def text_of_loops() -> str:
    """Give a name to the text of all loops, and of the arrays they are given."""
    texts = b"\0".join(path.read_bytes() for path in sorted(_HERE.glob("*.py")))
    return hashlib.sha256(texts).hexdigest()[:16]


@cache
def _tend(folder: Path) -> None:
    """Mark a folder as used now, once in a process, and remove those of other texts that nobody used for long.

    Others may do the same at once, and folders may be read-only: what cannot be marked or removed stays as it is.
    Should a process still come for what goes, it finds no file and compiles.
    """
    with suppress(OSError):
        os.utime(folder)
    others: list[Path] = []
    with suppress(OSError):
        others = [other for other in folder.parent.iterdir() if other != folder and _TEXT.fullmatch(other.name)]
    for other in others:
        with suppress(OSError):
            _remove_unused(other)


def _remove_unused(folder: Path) -> None:
    """Remove a folder that was long not used; one that holds anything else than compiled loops is not ours."""
    if not _is_real(folder) or time.time() - folder.stat().st_mtime < _UNUSED_S:
        return
    inner = list(folder.iterdir())
    if not all(_MODULES.fullmatch(path.name) and _is_real(path) for path in inner):
        return
    files = [path for below in inner for path in below.iterdir()]
    if not all(_FILE.fullmatch(path.name) and path.is_file() and not path.is_symlink() for path in files):
        return
    if any(time.time() - path.stat().st_mtime < _UNUSED_S for path in (*inner, *files)):
        return
    # An index first: without it nobody looks for the code. A folder into which something came meanwhile stays.
    for path in sorted(files, key=lambda path: ".nbi" not in path.name):
        path.unlink(missing_ok=True)
    for path in (*inner, folder):
        path.rmdir()


def _is_real(folder: Path) -> bool:
    return folder.is_dir() and not folder.is_symlink()
