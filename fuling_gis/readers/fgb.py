"""FlatGeobuf: whether a file is whole that does not say how many rows it has.

Programs that write as they go leave the number open. GDAL gives the rows up to a fault then, and no word of it.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import BinaryIO, Final

from fuling_gis.errors import FileError
from fuling_gis.labels import sentence

# Where the head begins, behind the mark of the format and its own length.
_HEAD: Final = 12
# Place of the number of rows among the fields of the head; the first two of a table's own list are lengths.
_COUNT: Final = 8
_FIRST: Final = 4


def check_whole(path: Path) -> None:
    """Refuse a file without a number of rows whose last row does not end where the file does."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        place = _rows(file)
        if place is None:
            return
        while place < size:
            file.seek(place)
            length = file.read(4)
            place += 4 + (struct.unpack("<I", length)[0] if len(length) == 4 else size)  # noqa: PLR2004  bytes
        if place > size:
            raise FileError(sentence("errors_readers.fgb_cut", path=path))


def _rows(file: BinaryIO) -> int | None:
    """Give the place of the first row where the head names no number of rows, which has no index then."""
    file.seek(_HEAD - 4)
    try:
        head = file.read(struct.unpack("<I", file.read(4))[0])
        table = struct.unpack_from("<I", head)[0]
        fields = table - struct.unpack_from("<i", head, table)[0]
        least = _FIRST + 2 * (_COUNT + 1)
        known = struct.unpack_from("<H", head, fields)[0] >= least
        at = struct.unpack_from("<H", head, fields + least - 2)[0] if known else 0
        count = struct.unpack_from("<Q", head, table + at)[0] if at else 0
    except struct.error:
        # The library tells what is wrong with it.
        return None
    return None if count else file.tell()
