"""Settings of the memory of a long run: what was let go is given back, and threads share what they take.

By themselves the C library keeps a heap for each thread and Arrow another for itself, and what one of them has let go
the others cannot use; a run of a million sites then holds half a gigabyte that nobody needs.
"""

from __future__ import annotations

import ctypes
import gc
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# Numbers of mallopt in glibc's malloc.h.
_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_ARENA_MAX: Final = -8
# Bytes above which an array has pages of its own, which go back when it does; of smaller ones a run takes so many that
# getting pages for each would take longer than using them.
OWN_PAGES: Final = 4_194_304
# Heaps for all threads together.
HEAPS: Final = 2
# New objects after which Python looks for those that only hold each other. It counts geometries, which hold nothing.
OBJECTS: Final = 50_000


def look_seldom() -> None:
    """Let this process look for objects that only hold each other less often; what is there already is left out.

    A run that makes millions of geometries spent an eighth of its time on looking through them.
    """
    gc.freeze()
    gc.set_threshold(OBJECTS, 20, 20)


class _Seldom:
    """How many are at work for whom Python looks less often, and what was set before the first came."""

    lock = threading.Lock()
    inside = 0
    before = (0, 0, 0)


@contextmanager
def looking_seldom() -> Iterator[None]:
    """Let Python look for objects that only hold each other less often while something large is made.

    When the last thread that asked for it is done, what was set before is set again. A setting that is larger already,
    or a search that is switched off, stays as it is.
    """
    with _Seldom.lock:
        if not _Seldom.inside:
            _Seldom.before = gc.get_threshold()
            if 0 < _Seldom.before[0] < OBJECTS:
                gc.set_threshold(OBJECTS, *_Seldom.before[1:])
        _Seldom.inside += 1
    try:
        yield
    finally:
        with _Seldom.lock:
            _Seldom.inside -= 1
            if not _Seldom.inside:
                gc.set_threshold(*_Seldom.before)


def share_heaps() -> bool:
    """Make this process keep few heaps and give memory back; tell whether the C library took it.

    Only glibc knows these settings; elsewhere only Arrow's heap is given up. Answers do not hang on it.
    """
    import pyarrow as pa

    pa.set_memory_pool(pa.system_memory_pool())
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    settings = ((_ARENA_MAX, HEAPS), (_MMAP_THRESHOLD, OWN_PAGES), (_TRIM_THRESHOLD, OWN_PAGES))
    taken = [mallopt(what, value) == 1 for what, value in settings]
    return all(taken)
