"""What every reader gives, whatever the file was: columns, geometries, and how they were read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from fuling_gis.labels import LANGS, label, words
from fuling_gis.notices import ABOUT_SITES, with_short

# A text in both languages: {"zh": ..., "en": ...}.
Words: TypeAlias = Mapping[str, str]

# Columns of a table: no person has more, and each costs time in every step.
MOST_COLUMNS: Final = 4096
# Notes that are about what else stands in a file, or about rows that say it themselves, and warn of no other site.
_OF_OTHERS: Final = frozenset({
    "rows_deleted", "workbook_ended", "workbook_others", "drawing_passed", "drawing_elsewhere", "drawing_layers",
    "parcel_unread", "parcel_few",
})  # fmt: skip
# Rows by which it is seen whether a column has few words.
_LOOK: Final = 256


def note(entry: str, **values: object) -> Words:
    """Give a sentence of the readers' words in both languages, and what it is about (see `notices`).

    Where the words have an entry of the same name with `_some`, that is what is told with some sites alone.
    """
    found: Words = {lang: label(f"readers.{entry}", lang, **values) for lang in LANGS}
    if f"{entry}_some" in words("readers"):
        some: Words = {lang: label(f"readers.{entry}_some", lang, **values) for lang in LANGS}
        return with_short(found, some)
    return {**found, **ABOUT_SITES} if entry in _OF_OTHERS else found


@dataclass(frozen=True)
class Piece:
    """Some rows of a file: attributes and geometries side by side."""

    # Attribute columns: string, int64, double or bool, names unique.
    arrow: pa.Table
    # Shapely geometries as the file has them: perhaps 3D, invalid, empty or None; object of shape (n,). None where all
    # rows are points, at `xy`.
    drawn: NDArray[np.object_] | None
    # Position in this piece to what stood where coordinates were expected, for rows that had something unreadable.
    unread: Mapping[int, str] = field(default_factory=dict)
    # Positions of rows with an outline that did not come back to its first corner and was closed.
    closed: frozenset[int] = frozenset()
    # Finite coordinates of rows that are all points, of shape (n, 2), in the file's system: no geometry need be made of
    # them before they are moved.
    xy: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        if self.drawn is not None:
            return len(self.drawn)
        return 0 if self.xy is None else len(self.xy)

    @cached_property
    def geometry(self) -> NDArray[np.object_]:
        """Give the geometries as the file has them, object of shape (n,)."""
        if self.drawn is not None:
            return self.drawn
        return np.asarray(shapely.points(self.xy), dtype=object)


@dataclass(frozen=True)
class Table(Piece):
    """Rows of a file, with what is known about the file."""

    crs: CRS | None = None
    # Name of the format: `ESRI Shapefile`, `GPKG`, `GeoJSON`, `OpenFileGDB`, `Parquet`, `CSV`, `KML`, `MapInfo File`.
    driver: str = ""
    encoding: str = ""
    # The layer inside the file, "" where the format has none.
    layer: str = ""
    # What was found odd on the way and what was done about it.
    notes: tuple[Words, ...] = ()

    @cached_property
    def columns(self) -> dict[str, NDArray[np.object_]]:
        """Give each column as Python values: str, int, float or bool, None where empty."""
        return {name: _values(self.arrow.column(name)) for name in self.arrow.column_names}

    def text(self, name: str) -> NDArray[np.object_]:
        """Give a column as text, trimmed, "" where empty; whole numbers without a point (`1`, not `1.0`)."""
        return as_text(self.arrow.column(name))


def as_text(column: pa.ChunkedArray) -> NDArray[np.object_]:
    """Give an Arrow column as trimmed text, "" where null; whole numbers are written without a point."""
    if _repetitive(column):
        # Each word becomes one Python object, which all its rows share.
        numbered = column.combine_chunks().dictionary_encode(null_encoding="encode")
        words = text_array(pa.chunked_array([numbered.dictionary])).to_numpy()
        shared: NDArray[np.object_] = words[numbered.indices.to_numpy()]
        return shared
    values: NDArray[np.object_] = text_array(column).to_numpy()
    return values


def text_array(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Give an Arrow column as `as_text` does, still in Arrow."""
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), None, column)
        column = _plain_numbers(column)
    if not pa.types.is_string(column.type):
        column = column.cast(pa.string())
    return pc.fill_null(pc.utf8_trim_whitespace(column), "")


def _repetitive(column: pa.ChunkedArray) -> bool:
    """Tell by its first rows whether a column of texts has few words."""
    first = column[:_LOOK]
    return len(column) >= _LOOK and pa.types.is_string(column.type) and len(first.unique()) * 2 < len(first)


def _plain_numbers(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Write numbers out; whole ones of up to 15 digits as integers, which never take an exponent."""
    whole = pc.and_(pc.equal(pc.floor(column), column), pc.less(pc.abs(column), 1e15))
    integers = pc.if_else(whole, column, 0.0).cast(pa.int64()).cast(pa.string())
    return pc.if_else(whole, integers, column.cast(pa.string()))


def _values(column: pa.ChunkedArray) -> NDArray[np.object_]:
    if pa.types.is_string(column.type):
        texts: NDArray[np.object_] = column.to_numpy()
        return texts
    out = np.empty(len(column), dtype=object)
    out[:] = column.to_pylist()
    if pa.types.is_floating(column.type):
        numbers = column.to_numpy()
        out[np.isnan(numbers)] = None
    return out


# Gives pieces of at most `size` rows; `columns` None means all, `geometry` False leaves every geometry None.
Stream: TypeAlias = Callable[[int, "tuple[str, ...] | None", bool], Iterator[Piece]]


@dataclass(frozen=True)
class TableSource:
    """An opened file: what it is, and its rows on request, as often as wanted."""

    # The file as the user named it.
    path: Path
    driver: str
    # Attribute columns in the file's order, names unique.
    fields: tuple[str, ...]
    stream: Stream
    layer: str = ""
    encoding: str = "utf-8"
    # Why this encoding, and why this CRS.
    encoding_why: Words = field(default_factory=dict)
    crs: CRS | None = None
    crs_why: Words = field(default_factory=dict)
    # False: the format assumes the CRS (GeoJSON, KML), the file does not state it.
    crs_stated: bool = True
    # A heading that speaks of a system of which coordinates alone tell nothing: GCJ-02, Xi'an 1980; "" where none does.
    crs_heading: str = ""
    # Number of rows; None where only reading tells.
    count: int | None = None
    geometry_type: str = ""
    notes: tuple[Words, ...] = ()
    # The columns that coordinates are read from, where they stand in columns: one of WKT, or those of x and y.
    position: tuple[str, ...] = ()
    # The path that was really opened, where the named one had to be unpacked or tidied first.
    opened: Path | None = None
    # Column to its type as the file's own schema tells it, where it does.
    types: Mapping[str, str] = field(default_factory=dict)
    # Holds a temporary folder alive as long as the source.
    keep: object = None

    def batches(
        self, size: int = 65536, *, columns: tuple[str, ...] | None = None, geometry: bool = True
    ) -> Iterator[Table]:
        """Read all rows in file order, at most `size` at a time."""
        for piece in self.stream(size, columns, geometry):
            yield self.table(piece)

    def table(self, piece: Piece) -> Table:
        """Put rows together with what is known about the file."""
        rows = (piece.arrow, piece.drawn, piece.unread, piece.closed, piece.xy)
        return Table(*rows, self.crs, self.driver, self.encoding, self.layer, self.notes)

    def read(self, *, columns: tuple[str, ...] | None = None, skip: int = 0, limit: int | None = None) -> Table:
        """Read rows into one table, from row `skip` on, at most `limit` of them."""
        pieces: list[Piece] = []
        end = None if limit is None else skip + limit
        at = 0
        for piece in self.stream(65536, columns, True):  # noqa: FBT003
            first, last = max(skip - at, 0), len(piece) if end is None else min(end - at, len(piece))
            if first < last:
                pieces.append(cut(piece, first, last))
            at += len(piece)
            if end is not None and at >= end:
                break
        return self.table(joined(pieces, self.fields))


def cut(piece: Piece, first: int, last: int) -> Piece:
    """Give a run of a piece's rows."""
    unread = {row - first: text for row, text in piece.unread.items() if first <= row < last}
    return replace(
        piece,
        arrow=piece.arrow.slice(first, last - first),
        drawn=None if piece.drawn is None else piece.drawn[first:last],
        xy=None if piece.xy is None else piece.xy[first:last],
        unread=unread,
        closed=frozenset(row - first for row in piece.closed if first <= row < last),
    )


def joined(pieces: list[Piece], fields: tuple[str, ...]) -> Piece:
    """Put pieces one after the other; none at all is an empty piece that still has its columns."""
    if not pieces:
        empty = pa.table({name: pa.array([], pa.string()) for name in fields})
        return Piece(empty, np.array([], dtype=object))
    starts = np.cumsum([0, *map(len, pieces)])
    unread = {int(start) + row: text for start, piece in zip(starts, pieces, strict=False)
              for row, text in piece.unread.items()}  # fmt: skip
    arrow = pa.concat_tables([piece.arrow for piece in pieces], promote_options="permissive")
    closed = frozenset(int(start) + row for start, piece in zip(starts, pieces, strict=False) for row in piece.closed)
    return Piece(arrow, np.concatenate([piece.geometry for piece in pieces]), unread, closed)


def unique_names(names: list[str]) -> list[str]:
    """Make column names differ, also from one another's case: the second `名称` becomes `名称_2`."""
    seen: set[str] = set()
    # The last number that a name was given: thousands may be called alike.
    turns: dict[str, int] = {}
    out = []
    for place, given in enumerate(names, 1):
        base = given.strip() or f"column_{place}"
        name, turn = base, turns.get(base.lower(), 1)
        while name.lower() in seen:
            turn += 1
            name = f"{base}_{turn}"
        turns[base.lower()] = turn
        seen.add(name.lower())
        out.append(name)
    return out


def plain_columns(arrow: pa.Table) -> pa.Table:
    """Bring attribute columns to string, int64, double or bool; dates become ISO text, blobs are left out.

    Raises ArrowInvalid where a text is no UTF-8.
    """
    columns, names = [], []
    for name, column in zip(arrow.column_names, arrow.columns, strict=True):
        plain = _plain(column)
        if plain is not None:
            columns.append(plain)
            names.append(name)
    return pa.Table.from_arrays(columns, names=names)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray | None:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    kind = column.type
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return None
    if pa.types.is_nested(kind):
        # Arrow has no text of a list or a struct; such columns are rare and small.
        return pa.chunked_array([[None if v is None else str(v) for v in column.to_pylist()]], pa.string())
    plain = column.cast(_plain_type(kind))
    # Some tools write other encodings where the format knows UTF-8 only; other types cost nothing here.
    plain.validate(full=True)
    return plain


def _plain_type(kind: pa.DataType) -> pa.DataType:
    # The largest unsigned numbers do not fit into int64; as text they are kept.
    if pa.types.is_integer(kind) and not pa.types.is_uint64(kind):
        return pa.int64()
    if pa.types.is_floating(kind):
        return pa.float64()
    return pa.bool_() if pa.types.is_boolean(kind) else pa.string()
