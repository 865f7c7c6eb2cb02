"""Compiles the few loops that arrays cannot express fast enough.

Only jobs of many sites come here; small ones never load the compiler. What was compiled is kept for the next process,
in a folder named after the text of all loops: a loop that calls another one from a changed file is compiled anew.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

import numba
from numba.core.caching import FunctionCache

F = TypeVar("F", bound=Callable[..., Any])

_HERE: Final = Path(__file__).parent


def step(function: F) -> F:
    """Compile a loop, or a step of one, that fills arrays it is given and makes none; other threads run meanwhile.

    Nothing need be counted for the collector then, and steps are put into their loops instead of being called.
    Counting the arrays of a tree at each call, which threads must do one at a time, and handing them over, cost more
    than most steps themselves: a look-up of a cell took 31 ns and takes 5 ns, a site that no outline comes near 88 ns
    and 17 ns.
    """
    return _compiled(function, {"_nrt": False, "forceinline": True})


def maker(function: F) -> F:
    """Compile a loop that makes arrays."""
    return _compiled(function, {})


def _compiled(function: F, options: dict[str, Any]) -> F:
    done: Any = numba.njit(function, nogil=True, error_model="numpy", **options)
    try:
        with _in_our_folder():
            done._cache = _Kept(function)  # noqa: SLF001  numba itself stops at a broken file
    except (RuntimeError, OSError):
        # There is no folder at all that compiled code could be kept in.
        pass
    compiled: F = done
    return compiled


class _Kept(FunctionCache):
    """What is kept of one loop; files that cannot be read or written are as if there were none."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except Exception:  # noqa: BLE001  a file that was cut off or scrambled may raise anything when it is unpickled
            with suppress(OSError):
                self.flush()
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        # The disk may be full.
        with suppress(OSError):
            super().save_overload(sig, data)


@contextmanager
def _in_our_folder() -> Iterator[None]:
    """Let the compiler keep its results in our folder."""
    settings: Any = numba.config
    before = settings.CACHE_DIR
    settings.CACHE_DIR = str(_folder(before))
    try:
        yield
    finally:
        settings.CACHE_DIR = before


def _folder(named: str) -> Path:
    """Name the folder for what is compiled: in the one the user named, beside the source, or the user's own."""
    beside = _HERE / "__pycache__"
    if named:
        return Path(named) / _version()
    if os.access(beside if beside.exists() else _HERE, os.W_OK):
        return beside / _version()
    own = os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(own) / "fuling-gis" / _version()


@cache
def _version() -> str:
    """Give a name to the text of all loops, and of the arrays they are given."""
    texts = b"\0".join(path.read_bytes() for path in sorted(_HERE.glob("*.py")))
    return hashlib.sha256(texts).hexdigest()[:16]
