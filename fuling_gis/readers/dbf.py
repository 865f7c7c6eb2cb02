"""The head and the text bytes of a .dbf, without believing what it says about its encoding."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fuling_gis.errors import FileError
from fuling_gis.labels import sentence

# Language byte to code page, of the values that Chinese files have (dBASE and ArcGIS lists).
_LANGUAGE: Final = {0x4D: "936", 0x7A: "936", 0x4F: "950", 0x78: "950", 0x03: "1252", 0x57: "1252"}
# Rows looked at in one go.
_ROWS: Final = 65536


@dataclass(frozen=True)
class Dbf:
    """What a .dbf declares, and where its text stands."""

    path: Path
    rows: int
    head_bytes: int
    row_bytes: int
    # Raw names as cut by the format, text flag and width of each field, in order.
    names: tuple[bytes, ...]
    textual: tuple[bool, ...]
    widths: tuple[int, ...]
    # Code page by the language byte, None where it says nothing useful.
    language: str | None


def read_head(path: Path) -> Dbf:
    """Read the head of a .dbf; raises FileError where it is cut short or is no .dbf."""
    with path.open("rb") as file:
        head = file.read(32)
        if len(head) < 32:  # noqa: PLR2004  the length of the fixed part
            raise FileError(_broken(path))
        rows, head_bytes, row_bytes = struct.unpack("<IHH", head[4:12])
        described = file.read(max(head_bytes - 32, 0))
    names, textual, widths = [], [], []
    for at in range(0, len(described) - 31, 32):
        if described[at] == 0x0D:  # noqa: PLR2004  the mark that ends the list
            break
        cell = described[at : at + 32]
        names.append(cell[:11].split(b"\0")[0])
        textual.append(cell[11:12] == b"C")
        # A text field's width has two bytes; a number's second byte is its decimals.
        widths.append(cell[16] + 256 * cell[17] if cell[11:12] == b"C" else cell[16])
    if 1 + sum(widths) > row_bytes or (rows and not names):
        raise FileError(_broken(path))
    size, stated = path.stat().st_size, head_bytes + rows * row_bytes
    if size < stated:
        raise FileError(sentence("errors_readers.cut_off", path=path, size=size, stated=stated))
    return Dbf(path, rows, head_bytes, row_bytes, tuple(names), tuple(textual), tuple(widths), _LANGUAGE.get(head[29]))


def deleted(dbf: Dbf) -> int:
    """Count the rows that are marked as deleted: they still stand in the file, and no program shows them."""
    size = dbf.path.stat().st_size
    rows = min(dbf.rows, max(size - dbf.head_bytes, 0) // max(dbf.row_bytes, 1))
    if not rows:
        return 0
    table = np.memmap(dbf.path, np.uint8, "r", dbf.head_bytes, (rows, dbf.row_bytes))
    return int((table[:, 0] == ord("*")).sum())


def rename_fields(path: Path) -> None:
    """Put a copy of a table in its place whose fields have plain names of no meaning; a link becomes a file."""
    head = read_head(path)
    copy = path.with_suffix(".copy")
    shutil.copyfile(path, copy)
    with copy.open("r+b") as file:
        for number in range(len(head.names)):
            file.seek(32 + 32 * number)
            file.write(f"F{number}".encode().ljust(11, b"\0"))
    copy.replace(path)


def _broken(path: Path) -> dict[str, str]:
    return sentence("errors_readers.dbf_broken", path=path)


def foreign_cells(dbf: Dbf) -> Iterator[bytes]:
    """Give the names and the text values that have a byte outside ASCII, without padding; values repeat little."""
    yield from (name for name in dbf.names if not name.isascii())
    size = dbf.path.stat().st_size
    rows = min(dbf.rows, max(size - dbf.head_bytes, 0) // max(dbf.row_bytes, 1))
    if not rows or not any(dbf.textual):
        return
    table = np.memmap(dbf.path, np.uint8, "r", dbf.head_bytes, (rows, dbf.row_bytes))
    starts = 1 + np.concatenate([[0], np.cumsum(dbf.widths)])
    for first in range(0, rows, _ROWS):
        block = np.asarray(table[first : first + _ROWS])
        for start, width, text in zip(starts, dbf.widths, dbf.textual, strict=False):
            if text and width:
                yield from _foreign(block[:, start : start + width])


def _foreign(cells: NDArray[np.uint8]) -> Iterator[bytes]:
    high = (cells >= 0x80).any(axis=1)  # noqa: PLR2004  the first byte outside ASCII
    if high.any():
        width = cells.shape[1]
        values = np.unique(np.ascontiguousarray(cells[high]).view(f"S{width}").ravel())
        # `S` drops the NULs of the padding already; blanks are left.
        yield from (bytes(value).rstrip(b" \0") for value in values)
