"""GeoParquet, streamed row group by row group."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from fuling_gis import crs as crs_module
from fuling_gis.errors import CrsError, FileError
from fuling_gis.labels import sentence
from fuling_gis.readers.elsewhere import check_system, shifted, shifted_name
from fuling_gis.readers.table import MOST_COLUMNS, Piece, TableSource, Words, note, plain_columns, unique_names
from fuling_gis.readers.told import short_of_memory
from fuling_gis.wkb import from_wkb

# Rows that any file may have, and how many a byte of it may be: places differ from one another, and that takes bytes.
_ROWS: Final = 1_000_000
_DENSEST: Final = 10
# Heads of geometries that hold others, in either byte order; no geometry of use is nested as deep as the stack.
_NESTING: Final = re.compile(
    rb"\x01[\x04-\x07\x09-\x0c]\x00\x00|\x00\x00\x00[\x04-\x07\x09-\x0c]|\x01[\xec-\xf4]\x03\x00"
)
_DEEPEST: Final = 5000
_HEAD: Final = 9


def open_parquet(path: Path) -> TableSource:
    """Open a GeoParquet file; raises FileError where it has no geometry column that can be read."""
    file = _opened(path)
    size = path.stat().st_size
    if file.metadata.num_rows > max(_ROWS, _DENSEST * size):
        raise FileError(sentence("errors_readers.zip_grows", path=path))
    # The library makes it anew each time that it is asked.
    schema = file.schema_arrow
    if len(schema.names) > MOST_COLUMNS:
        raise FileError(sentence("errors_readers.too_many_columns", path=path, n=len(schema.names), most=MOST_COLUMNS))
    geo = _geo(path, file)
    shape = str(geo["primary_column"])
    about = geo["columns"][shape]
    if about.get("encoding") not in ("WKB", "point"):
        raise FileError(sentence("errors_readers.parquet_geometry", path=path, encoding=repr(about.get("encoding"))))
    # Bounding boxes of the rows are no attributes, and other geometries are not asked for.
    covering = str((about.get("covering", {}).get("bbox", {}).get("xmin") or [""])[0])
    names = [name for name in schema.names if name != covering and name not in geo["columns"]]
    names = [name for name in names if not _blob(schema.field(name).type)]
    system, why = _system(path, about)
    kinds = about.get("geometry_types") or []
    fields = tuple(unique_names(names))
    return TableSource(
        path=path,
        driver="Parquet",
        fields=fields,
        stream=_Stream(path, shape, str(about["encoding"]), dict(zip(fields, names, strict=True))),
        encoding_why=note("encoding_standard"),
        crs=system,
        crs_why=why,
        crs_heading=shifted_name(why),
        crs_stated="crs" in about,
        count=file.metadata.num_rows,
        geometry_type=kinds[0] if len(kinds) == 1 else "Unknown",
        opened=path,
    )


def _opened(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as e:
        if short_of_memory(e):
            raise MemoryError from e
        raise FileError(sentence("errors_readers.parquet_broken", path=path, why=" ".join(str(e).split())[:200])) from e


def _geo(path: Path, file: pq.ParquetFile) -> dict[str, Any]:
    raw = (file.schema_arrow.metadata or {}).get(b"geo")
    try:
        geo: dict[str, Any] = json.loads(raw) if raw else {}
        about = geo["columns"][geo["primary_column"]]
        sound = isinstance(about, dict) and geo["primary_column"] in file.schema_arrow.names
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        sound = False
    if not sound:
        raise FileError(sentence("errors_readers.no_geoparquet", path=path))
    return geo


def _system(path: Path, about: dict[str, Any]) -> tuple[CRS | None, Words]:
    if "crs" not in about:
        return crs_module.normalise(4326), note("crs_parquet")
    if about["crs"] is None:
        return None, note("crs_none")
    text = json.dumps(about["crs"])
    check_system(text, path)
    if shifted(text):
        return None, note("crs_shifted")
    try:
        found = crs_module.normalise(text)
    except CrsError as e:
        raise CrsError(sentence("errors_readers.crs_unreadable", path=path)) from e
    return found, note("crs_file", name=crs_module.name(found))


def _blob(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))


class _Stream:
    """The rows of the file, piece by piece."""

    def __init__(self, path: Path, shape: str, encoding: str, names: dict[str, str]) -> None:
        self.path, self.shape, self.encoding, self.names = path, shape, encoding, names

    def __call__(self, size: int, columns: tuple[str, ...] | None, geometry: bool) -> Iterator[Piece]:  # noqa: FBT001
        wanted = tuple(self.names) if columns is None else columns
        real = [self.names[name] for name in wanted]
        file = _opened(self.path)
        found = 0
        try:
            for batch in file.iter_batches(size, columns=[*real, self.shape] if geometry or not real else real):
                table = pa.Table.from_batches([batch])
                found += len(table)
                read = self._geometry(table) if geometry else np.full(len(table), None, dtype=object)
                yield Piece(plain_columns(table.select(real).rename_columns(list(wanted))), read)
        except (pa.ArrowException, OSError, shapely.errors.GEOSException, NotImplementedError) as e:
            if short_of_memory(e):
                raise MemoryError from e
            raise FileError(
                sentence("errors_readers.parquet_end", path=self.path, why=" ".join(str(e).split())[:200])
            ) from e
        finally:
            stated = file.metadata.num_rows
            file.close()
        if found != stated:
            raise FileError(sentence("errors_readers.rows_short", path=self.path, found=found, stated=stated))

    def _geometry(self, table: pa.Table) -> NDArray[np.object_]:
        column = table.column(self.shape)
        if self.encoding == "WKB":
            # The library that takes them apart calls itself for each level.
            for value in column.filter(pc.greater(pc.binary_length(column), _HEAD * _DEEPEST)):
                if len(_NESTING.findall(value.as_py())) > _DEEPEST:
                    raise FileError(sentence("errors_readers.too_deep", path=self.path))
            return from_wkb(column)
        return _points(column.combine_chunks())


def _points(column: pa.StructArray) -> NDArray[np.object_]:
    """Make points of a struct of coordinates."""
    if pa.types.is_fixed_size_list(column.type):
        width = column.type.list_size
        pairs = column.flatten().to_numpy(zero_copy_only=False).reshape(-1, width)[:, :2]
        out = np.full(len(column), None, dtype=object)
        out[np.asarray(column.is_valid())] = shapely.points(pairs)
        return out
    x, y = (column.field(axis).to_numpy(zero_copy_only=False) for axis in ("x", "y"))
    points: NDArray[np.object_] = shapely.points(x, y)
    points[~np.asarray(column.is_valid())] = None
    return points
