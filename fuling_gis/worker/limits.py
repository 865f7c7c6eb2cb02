"""What the process that reads a stranger's file may use, and the fences put around it.

Linux keeps all of it; other systems keep what they can, and `Fences` says which. The parent keeps the time by its own
clock everywhere.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fuling_gis.worker import landlock

_NEW_USER: Final = 0x10000000
_NEW_NET: Final = 0x40000000


@dataclass(frozen=True)
class Limits:
    """What reading one request's files may cost."""

    # Bytes of address space beyond what the loaded program takes.
    memory: int = 1 << 30
    # Seconds of processor time, and seconds for which the parent waits in all.
    processor_s: int = 120
    wait_s: float = 300.0
    # Bytes of any one file that is written: archives are unpacked into the worker's own folder.
    file: int = 2 << 30
    # Files open at a time.
    descriptors: int = 256


@dataclass(frozen=True)
class Fences:
    """Which fences stand around a worker."""

    # Memory, processor time, sizes of files, number of open files.
    memory: bool = False
    resources: bool = False
    # No network at all (a namespace of its own).
    network: bool = False
    # Only the files named in the request can be opened.
    files: bool = False


def isolate() -> bool:
    """Leave the network; to be called before any thread starts. Tells whether it did."""
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    # Without rights of its own a process may do it only in a user namespace of its own.
    return any(libc.unshare(asked) == 0 for asked in (_NEW_USER | _NEW_NET, _NEW_NET))


def confine(limits: Limits, readable: Sequence[Path], folder: Path, *, network: bool) -> Fences:
    """Take on the limits, for good.

    readable: the files to be read. folder: the worker's own, the only one to write in. network: whether it was left.
    """
    if sys.platform == "win32":
        return Fences(network=network)
    import resource

    linux = sys.platform == "linux"
    if linux:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        _limit(resource.RLIMIT_AS, pages * resource.getpagesize() + limits.memory)
    used = resource.getrusage(resource.RUSAGE_SELF)
    _limit(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + 1 + limits.processor_s)
    _limit(resource.RLIMIT_FSIZE, limits.file)
    _limit(resource.RLIMIT_NOFILE, limits.descriptors)
    _limit(resource.RLIMIT_CORE, 0)
    beside = [path.parent for path in readable]
    files = linux and _alone() and landlock.restrict([*_program(), *readable], beside, folder)
    return Fences(memory=linux, resources=True, network=network, files=files)


def _limit(kind: int, most: int) -> None:
    import resource

    _, hard = resource.getrlimit(kind)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (most, most))


def _alone() -> bool:
    """Tell whether there is one thread: the fence around files would leave out any other."""
    return sum(1 for _ in Path("/proc/self/task").iterdir()) == 1


def _program() -> list[Path]:
    """List where Python and the libraries may still have to read from."""
    own: list[str | Path] = [sys.prefix, sys.base_prefix, Path(__file__).parents[1]]
    system = ("/usr/lib", "/usr/share/zoneinfo", "/lib", "/lib64", "/etc/ld.so.cache", "/dev/null", "/dev/urandom")
    return [Path(place) for place in (*own, *system)]
