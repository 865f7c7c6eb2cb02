"""File Geodatabases: whether the tables of the folder are whole.

GDAL lists a layer by the catalogue of the folder and gives it no rows where its table or the index of it cannot be
read; an empty layer would pass for one that nothing lies in.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Final

from fuling_gis.errors import FileError
from fuling_gis.labels import sentence

# Bytes of the head of a table, and of the index that says where its rows stand.
_TABLE: Final = 40
_INDEX: Final = 16
# The version of both whose layout is known well, and rows in a block of the index.
_KNOWN: Final = 3
_BLOCK: Final = 1024


def check_whole(path: Path) -> None:
    """Refuse a folder of which a table, or the index of one, is cut off."""
    for table in sorted(path.glob("a*.gdbtable")):
        index = table.with_suffix(".gdbtablx")
        for part, least in ((table, _TABLE), (index, _least(index))):
            if part.is_file() and part.stat().st_size < least:
                raise FileError(sentence("errors_readers.gdb_cut", path=path, part=part.name))


def newest(path: Path) -> tuple[int, int]:
    """Give when a file, or any in a folder, was changed last, nanoseconds, and the bytes of all."""
    states = [part.stat() for part in path.iterdir()] if path.is_dir() else []
    states.append(path.stat())
    return max(state.st_mtime_ns for state in states), sum(state.st_size for state in states)


def _least(index: Path) -> int:
    """Give the bytes that an index has at least by its own head."""
    if not index.is_file():
        return 0
    with index.open("rb") as file:
        head = file.read(_INDEX)
    if len(head) < _INDEX:
        return _INDEX
    version, blocks, _, width = struct.unpack("<4I", head)
    return _INDEX + _BLOCK * blocks * width if version == _KNOWN else _INDEX
