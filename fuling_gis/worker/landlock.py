"""Landlock: a Linux process takes from itself, for good, the right to open any file but those it names.

It needs no rights and no other program. Kernels before 5.13 do not have it, and some systems turn it off; then
`restrict` says so and changes nothing. Numbers are those of the kernel's `uapi/linux/landlock.h`, read on 2026-11-26.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_CREATE: Final = 444
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
_VERSION: Final = 1
_PATH_BENEATH: Final = 1
_NO_NEW_PRIVILEGES: Final = 38
_READ_FILE: Final = 1 << 2
_READ_DIR: Final = 1 << 3
_WRITE_FILE: Final = 1 << 1
_TRUNCATE: Final = 1 << 14
# Rights over files that versions of the interface know, by the first version that knows so many.
_RIGHTS: Final = ((1, 13), (2, 14), (3, 15), (5, 16))
# From these versions on it also holds TCP (bind and connect), signals and abstract sockets.
_NET_FROM: Final = 4
_SCOPE_FROM: Final = 6


def version() -> int:
    """Give the version of the interface, 0 where there is none."""
    if sys.platform != "linux":
        return 0
    found: int = ctypes.CDLL(None, use_errno=True).syscall(_CREATE, None, 0, _VERSION)
    return max(found, 0)


def restrict(readable: Sequence[Path], listed: Sequence[Path], folder: Path) -> bool:
    """Let this thread open only some files and folders for reading, and one folder for writing; tells whether it holds.

    listed: folders of which only the names inside may be known.
    """
    known = version()
    if not known:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    handled = (1 << max(bits for first, bits in _RIGHTS if first <= known)) - 1
    attributes = struct.pack("=Q", handled)
    attributes += struct.pack("=Q", 3) if known >= _NET_FROM else b""
    attributes += struct.pack("=Q", 3) if known >= _SCOPE_FROM else b""
    rules: int = libc.syscall(_CREATE, attributes, len(attributes), 0)
    if rules < 0:
        return False
    try:
        # Nothing may be run, here or in the folder.
        writing = handled & ~1
        rights = [*((path, _READ_FILE | _READ_DIR) for path in readable), *((path, _READ_DIR) for path in listed)]
        allowed = all(_allow(libc, rules, path, right) for path, right in (*rights, (folder, writing)))
        # A kernel that refuses one of these is none that this was written for.
        held: bool = allowed and libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0
        return held and libc.syscall(_RESTRICT_SELF, rules, 0) == 0
    finally:
        os.close(rules)


def _allow(libc: ctypes.CDLL, rules: int, path: Path, rights: int) -> bool:
    """Add a rule; what does not exist needs none."""
    try:
        # O_PATH opens nothing: not even a pipe waits.
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return True
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= _READ_FILE | _WRITE_FILE | _TRUNCATE
        done: int = libc.syscall(_ADD_RULE, rules, _PATH_BENEATH, struct.pack("=Qi", rights, place), 0)
        return done == 0
    finally:
        os.close(place)
