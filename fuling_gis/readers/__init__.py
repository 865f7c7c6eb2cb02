"""Any file of features to rows: recognised by its content, streamed, with the reason for every choice on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from fuling_gis.errors import FileError
from fuling_gis.labels import sentence
from fuling_gis.readers.archive import unpack
from fuling_gis.readers.delimited import open_csv
from fuling_gis.readers.drawing import open_drawing
from fuling_gis.readers.kml import open_kml
from fuling_gis.readers.listing import open_list
from fuling_gis.readers.ogr import open_ogr, open_shapefile
from fuling_gis.readers.parcel import open_parcels
from fuling_gis.readers.parquet import open_parquet
from fuling_gis.readers.sniff import sniff
from fuling_gis.readers.table import MOST_COLUMNS, Table, TableSource
from fuling_gis.readers.told import Named, Told, named, told
from fuling_gis.readers.workbook import open_workbook

__all__ = ["Table", "TableSource", "open_table", "read_table"]


def open_table(
    path: Path | str, *, layer: str | None = None, encoding: str | None = None, place: Mapping[str, str] | None = None
) -> TableSource:
    """Open a file of features without reading its rows yet.

    layer: which layer (or which set of data in a zip), needed where there are several. encoding: beats whatever is
    found. place: the columns of coordinates of a text table by key (lon, lat, x, y, wkt).
    Raises FileError and CrsError.
    """
    path = Path(path)
    with told(path):
        source = _opened(path, sniff(path), layer, encoding, place)
        if len(source.fields) > MOST_COLUMNS:
            raise FileError(
                sentence("errors_readers.too_many_columns", path=path, n=len(source.fields), most=MOST_COLUMNS)
            )
    return replace(source, stream=Told(path, source.stream))


def _opened(  # noqa: PLR0911 - a reader for each format
    path: Path, form: str, layer: str | None, encoding: str | None, place: Mapping[str, str] | None
) -> TableSource:
    match form:
        case "shapefile":
            return open_shapefile(path, layer=layer, encoding=encoding)
        case "parquet":
            return open_parquet(path)
        case "csv":
            return open_csv(path, encoding=encoding, place=place)
        case "xlsx":
            return open_workbook(path, layer=layer, place=place)
        case "dxf":
            return open_drawing(path, layer=layer)
        case "parcel":
            return open_parcels(path, encoding=encoding)
        case "list":
            return open_list(path, encoding=encoding)
        case "kml":
            return open_kml(path)
        case "zip":
            inside, name, rest, folder = unpack(path, layer)
            with named(inside, path, name), told(inside):
                source = _opened(inside, sniff(inside), rest, encoding, place)
            stream = Named(inside, path, name, Told(inside, source.stream))
            name = f"{name}/{rest}" if rest else name
            return replace(source, path=path, layer=name, stream=stream, keep=(source.keep, folder))
        case _:
            return open_ogr(path, form, layer=layer, encoding=encoding)


def read_table(
    path: Path | str,
    *,
    layer: str | None = None,
    encoding: str | None = None,
    columns: tuple[str, ...] | None = None,
    skip: int = 0,
    limit: int | None = None,
) -> Table:
    """Read a file of features into memory; see `open_table`.

    columns: the attribute columns wanted, None for all. skip, limit: which rows, in file order.
    """
    return open_table(path, layer=layer, encoding=encoding).read(columns=columns, skip=skip, limit=limit)
