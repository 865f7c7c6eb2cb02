"""Lists of positions without names of columns, as people copy them from maps, messages and reports: one a line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import shapely

from fuling_gis.errors import FileError
from fuling_gis.labels import sentence
from fuling_gis.readers.encoding import Encoding, known, of_file
from fuling_gis.readers.memory import MemoryStream, piece_of
from fuling_gis.readers.pairs import read_line
from fuling_gis.readers.table import TableSource, note

# Lines looked at, and the part of them that must be positions; the first always must.
_LOOK: Final = 40
_MOST: Final = 0.8
_MOST_BYTES: Final = 64 << 20
# How the corners of an outline are called, and how few make none.
_CORNER: Final = re.compile(r"(?:J|界址点|拐点|顶点)\s*[-_#]?\s*\d+", re.IGNORECASE)
_LEAST: Final = 3


def looks_so(text: str) -> bool:
    r"""Tell by the beginning of a text whether it is a list of positions; its last line may be cut.

    >>> looks_so("107.4, 29.7\n107.5, 29.8\n")
    True
    >>> looks_so("id,lon,lat\n1,107.4,29.7\n")
    False
    """
    lines = [line for line in text.splitlines() if line.strip()]
    lines = lines[: max(1, min(_LOOK, len(lines) - 1))]
    if not lines or read_line(lines[0]) is None:
        return False
    return sum(read_line(line) is not None for line in lines) >= _MOST * len(lines)


def open_list(path: Path, *, encoding: str | None = None) -> TableSource:
    """Open a list of positions; a line that is none is a row without a position. Raises FileError."""
    if path.stat().st_size > _MOST_BYTES:
        raise FileError(sentence("errors_readers.too_large", path=path, most=_MOST_BYTES >> 20))
    found = of_file(path)
    if encoding is not None:
        codec = known(encoding)
        if codec is None:
            raise FileError(sentence("errors_readers.no_encoding", path=path, encoding=encoding))
        found = Encoding("utf-8-sig" if codec == "utf-8" else codec, note("encoding_said"))
    rows: list[dict[str, str]] = []
    shapes: list[shapely.Geometry | None] = []
    unread: dict[int, str] = {}
    for line in path.read_text(found.name).splitlines():
        if not line.strip():
            continue
        spot = read_line(line)
        if spot is None:
            unread[len(rows)] = repr(line[:60])
        rows.append({"name": "" if spot is None else spot.label, "text": line.strip()[:400]})
        shapes.append(None if spot is None else shapely.Point(spot.x, spot.y))
    piece = piece_of(rows, shapes, unread)
    around = _around(rows, shapes)
    return TableSource(
        path=path,
        driver="List of positions",
        fields=tuple(piece.arrow.column_names),
        stream=MemoryStream(piece),
        encoding=found.name,
        encoding_why=found.why,
        crs_why=note("crs_csv"),
        count=len(shapes),
        geometry_type="Point",
        notes=(note("list_around" if around else "list_read"),),
        opened=path,
    )


def _around(rows: Sequence[dict[str, str]], shapes: Sequence[shapely.Geometry | None]) -> bool:
    """Tell whether positions look like the corners of one outline: the last is the first, or all are called so."""
    closed = len(shapes) > _LEAST and shapes[0] is not None and shapes[0] == shapes[-1]
    return closed or (len(rows) >= _LEAST and all(_CORNER.fullmatch(row["name"]) for row in rows))
