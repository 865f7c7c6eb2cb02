"""Text tables: CSV as spreadsheets, phones and surveyors write it."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from fuling_gis import crs as crs_module
from fuling_gis.errors import CrsError, FileError
from fuling_gis.labels import sentence
from fuling_gis.readers import packed
from fuling_gis.readers import place as place_module
from fuling_gis.readers.cells import Sheet, first_row, head_text, pieces, rows_of
from fuling_gis.readers.encoding import Encoding, known, of_file
from fuling_gis.readers.heading import filled, head_at, shown, trimmed
from fuling_gis.readers.place import Place
from fuling_gis.readers.table import MOST_COLUMNS, Piece, TableSource, Words, as_text, note, unique_names
from fuling_gis.readers.vertices import gathered

_DELIMITERS: Final = (",", "\t", ";", "|")
# Numbers as `3,289,123.45`: with two separators, or one and a decimal point, they are no decimal commas.
_THOUSANDS: Final = r"^[+-]?\d{1,3}(,\d{3})+(\.\d*|,\d{3})$"
# Rows by which it is decided what X and Y mean.
_LOOK: Final = 5000


def open_csv(path: Path, *, encoding: str | None = None, place: Mapping[str, str] | None = None) -> TableSource:
    """Open a text table; the names of its columns stand in one of its first rows.

    place: the columns of coordinates by key (lon, lat, x, y, wkt), where their names do not tell. Raises FileError
    where no columns of coordinates are found.
    """
    found = Encoding(_said(path, encoding), note("encoding_said")) if encoding else of_file(path)
    sheet, above = _sheet(path, found.name, place)
    unknown = [column for column in (place or {}).values() if column not in sheet.fields]
    if unknown:
        raise FileError(
            sentence(
                "errors_readers.no_column", path=path, column=unknown[0], fields=", ".join(map(repr, sheet.fields))
            )
        )
    where = place_module.find(sheet.fields, place)
    if where is not None and not place:
        where = _readable(sheet, where)
        twice = place_module.repeated(sheet.fields, sheet.given, where)
        if twice:
            raise FileError(sentence("errors_readers.position_twice", path=path, columns=", ".join(map(repr, twice))))
    if where is None:
        raise FileError(sentence("errors_readers.no_position", path=path, fields=", ".join(map(repr, sheet.fields))))
    piece = next(pieces(sheet, _LOOK), None)
    if piece is not None and where.kind == "lonlat" and place_module.whole_degrees(piece, where):
        raise FileError(
            sentence("errors_readers.degrees_apart", path=path, columns=", ".join(map(repr, where.columns)))
        )
    if piece is not None and where.kind != "wkt":
        _check_thousands(path, piece, where)
    where, notes = _settled(piece, where)
    if piece is not None and where.kind != "wkt":
        where, odd = _unpacked(path, piece, where)
        notes += odd
    if above:
        notes += (note("csv_head", row=sheet.before + 1, n=len(above), above=shown(above)),)
    system, why = _system(path, piece, where)
    source = TableSource(
        path=path,
        driver="CSV",
        fields=sheet.fields,
        stream=_Stream(sheet, where, crs_module.code_of(system) if system is not None else None),
        encoding=found.name,
        encoding_why=found.why,
        crs=system,
        crs_why=why,
        geometry_type="Unknown" if where.kind == "wkt" else "Point",
        notes=notes,
        position=where.columns,
        crs_heading=_heading(where, above) if system is None else "",
        opened=path,
    )
    return gathered(source)


def _said(path: Path, encoding: str) -> str:
    codec = known(encoding)
    if codec is None:
        raise FileError(sentence("errors_readers.no_encoding", path=path, encoding=encoding))
    return "utf-8-sig" if codec == "utf-8" else codec


def _sheet(path: Path, encoding: str, place: Mapping[str, str] | None) -> tuple[Sheet, list[list[str]]]:
    """Find how a table is to be taken apart; gives also the rows above the names of its columns."""
    text = head_text(path, encoding)
    lines = [*islice(io.StringIO(text, newline=""), 2), "", ""]
    said, before = "", 0
    if lines[0].strip().lower().startswith("sep=") and len(lines[0].strip()) == 5:  # noqa: PLR2004
        # Excel's own way to name the delimiter.
        said, before = lines[0].strip()[4], 1
    delimiter, line, above = said or max(_DELIMITERS, key=lines[before].count), before, []
    # A title above the names does not show the delimiter.
    for tried in dict.fromkeys((delimiter, *(() if said else sorted(_DELIMITERS, key=text.count, reverse=True)))):
        rows = rows_of(text, tried, before)
        at = head_at((row for _, row in rows), place)
        if at is not None:
            delimiter, line, above = tried, rows[at][0], [row for _, row in rows[:at]]
            break
    names = trimmed(filled(above[-1] if above else [], first_row(path, encoding, delimiter, line)))
    if not names:
        raise FileError(sentence("errors_readers.no_names", path=path))
    if len(names) > MOST_COLUMNS:
        raise FileError(sentence("errors_readers.too_many_columns", path=path, n=len(names), most=MOST_COLUMNS))
    return Sheet(path, encoding, delimiter, line, tuple(unique_names(names)), tuple(names)), above


def _heading(where: Place, above: list[list[str]]) -> str:
    """Give the heading, or the text above the headings, that names a system which numbers do not show."""
    said = place_module.heading_elsewhere(where.columns)
    return said or place_module.text_elsewhere([cell for row in above for cell in row])


def _readable(sheet: Sheet, first: Place) -> Place:
    """Take the likeliest columns, or others where those hold no position: a column `geometry` may only say "Point"."""
    ways = place_module.candidates(sheet.fields)
    piece = next(pieces(sheet, _LOOK), None) if len(ways) > 1 and first.kind == "wkt" else None
    if piece is None or not shapely.is_missing(place_module.shapes(as_text(piece.column(first.columns[0])))).all():
        return first
    return ways[1]


def _system(path: Path, piece: pa.Table | None, where: Place) -> tuple[CRS | None, Words]:
    """Take the system that the first rows of WKT name, as `SRID=4545;POINT(...)`; a table names none otherwise."""
    if piece is None or where.kind != "wkt":
        return None, note("crs_csv")
    codes = sorted(place_module.srids(as_text(piece.column(where.columns[0]))))
    if len(codes) > 1:
        raise CrsError(sentence("errors_readers.srids", path=path, codes=", ".join(map(str, codes[:8]))))
    if not codes:
        return None, note("crs_csv")
    system = crs_module.normalise(codes[0])
    return system, note("crs_srid", name=crs_module.name(system))


def _settled(piece: pa.Table | None, where: Place) -> tuple[Place, tuple[Words, ...]]:
    """Decide by the numbers which of X and Y is the northing."""
    if not where.open or piece is None:
        return where, ()
    x, y = (place_module.numbers(piece.column(name)) for name in where.columns)
    if not place_module.northing_first(x, y):
        return where, ()
    east, north = where.columns[1], where.columns[0]
    return replace(where, columns=(east, north)), (note("northing_first", x=north, y=east),)


def _check_thousands(path: Path, piece: pa.Table, where: Place) -> None:
    """Refuse a table of which most coordinates in a column have separators of thousands: no row of it could be read."""
    for name in where.columns:
        texts = pc.utf8_trim_whitespace(piece.column(name))
        found = texts.filter(pc.match_substring_regex(texts, _THOUSANDS))
        if len(found) * 2 > len(texts.filter(pc.not_equal(texts, ""))):
            shown = ", ".join(map(repr, where.columns))
            raise FileError(sentence("errors_readers.thousands", path=path, columns=shown, found=found[0].as_py()[:40]))


def _unpacked(path: Path, piece: pa.Table, where: Place) -> tuple[Place, tuple[Words, ...]]:
    """Decide whether numbers are degrees, minutes and seconds in one: only the names of the columns may say so."""
    columns = [piece.column(name) for name in where.columns]
    shown = ", ".join(map(repr, where.columns))
    if not packed.said(where.columns):
        return where, packed.suspected(columns)
    if not packed.fits(columns):
        raise FileError(sentence("errors_readers.not_packed", path=path, columns=shown))
    return replace(where, packed=True), (note("packed_read", columns=shown),)


class _Stream:
    """The rows of the table, piece by piece."""

    def __init__(self, sheet: Sheet, where: Place, srid: int | None) -> None:
        # srid: the code that the WKT of the first rows names; None where it names none.
        self.sheet, self.where, self.srid = sheet, where, srid

    def __call__(self, size: int, columns: tuple[str, ...] | None, geometry: bool) -> Iterator[Piece]:  # noqa: FBT001
        wanted = self.sheet.fields if columns is None else columns
        # Some column must be read, so that rows are counted.
        asked = dict.fromkeys((*wanted, *(self.where.columns if geometry or not wanted else ())))
        for table in pieces(self.sheet, size, tuple(asked)):
            rows = table.select(list(wanted))
            yield self._placed(rows, table) if geometry else Piece(rows, np.full(len(table), None, dtype=object))

    def _placed(self, rows: pa.Table, table: pa.Table) -> Piece:
        """Put the shapes of a table's rows beside what is wanted of them."""
        columns = [table.column(name) for name in self.where.columns]
        if self.where.kind == "wkt":
            read = place_module.shapes(as_text(columns[0]), self.srid)
            return Piece(rows, read, self._unread(columns, read))
        of_text = packed.unpacked if self.where.packed else place_module.numbers
        xy = np.column_stack([of_text(column) for column in columns])
        if np.isfinite(xy).all():
            return Piece(rows, None, xy=xy)
        read = place_module.points(xy[:, 0], xy[:, 1])
        return Piece(rows, read, self._unread(columns, read))

    def _unread(self, columns: list[pa.ChunkedArray], read: NDArray[np.object_]) -> dict[int, str]:
        bad = np.flatnonzero(shapely.is_missing(read))
        if not len(bad):
            return {}
        texts = [as_text(column) for column in columns]
        # Rows without a position are few, and each says what stands in its cells.
        return {
            int(row): ", ".join(f"{name}={column[row][:60]!r}"
                                for name, column in zip(self.where.columns, texts, strict=True))
            for row in bad
        }  # fmt: skip
