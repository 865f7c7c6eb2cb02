"""What a file holds, told before anything is read from it: layers, fields with their types, systems, encodings.

Fields are told by fiona, which knows a format's own widths and types and opens nothing but the drivers it is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import fiona
import fiona.errors
import numpy as np
import shapely
from pyproj import CRS

from fuling_gis.readers import open_table
from fuling_gis.readers.archive import names_inside
from fuling_gis.readers.ogr import DRIVERS, layers_inside, types_of
from fuling_gis.readers.sniff import sniff
from fuling_gis.readers.table import TableSource, Words

# Rows by which the kinds of geometry are told.
_LOOK: Final = 1000


@dataclass(frozen=True)
class LayerDescription:
    """One layer of a file."""

    # "" where the format has no layers.
    name: str
    # Field to its type as the format tells it (`str:80`, `int32`, `float` ...), in order.
    fields: Mapping[str, str]
    count: int
    # Kinds of geometry met in the first rows, as shapely names them, sorted.
    geometry_types: tuple[str, ...]
    # Of the first rows: minx, miny, maxx, maxy in the file's own coordinates; None without any.
    bounds: tuple[float, float, float, float] | None
    crs: CRS | None
    crs_why: Words
    encoding: str
    encoding_why: Words
    notes: tuple[Words, ...]
    # The columns that coordinates are read from, where they stand in columns.
    position: tuple[str, ...] = ()


@dataclass(frozen=True)
class Description:
    """A file with all its layers."""

    path: Path
    driver: str
    layers: tuple[LayerDescription, ...]
    # It is inside a zip.
    zipped: bool = False


def describe(path: Path | str) -> Description:
    """Look at every layer of a file; raises FileError and CrsError as reading would."""
    path = Path(path)
    form = sniff(path)
    names: list[str | None] = [None]
    if form in ("gpkg", "gdb"):
        names = list(layers_inside(path, form))
    elif form == "zip":
        names = list(names_inside(path))
    sources = [open_table(path, layer=name) for name in names or [None]]
    return Description(path, sources[0].driver, tuple(_layer(source) for source in sources), form == "zip")


def _layer(source: TableSource) -> LayerDescription:
    first = next(source.batches(_LOOK), None)
    shapes = first.geometry if first is not None else np.array([], dtype=object)
    kinds = {str(shape.geom_type) for shape in shapes if shape is not None}
    bounds = shapely.bounds(shapes)
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    extent = (*bounds[:, :2].min(axis=0), *bounds[:, 2:].max(axis=0)) if len(bounds) else None
    return LayerDescription(
        name=source.layer,
        fields=_fields(source),
        count=sum(map(len, source.batches(columns=(), geometry=False))) if source.count is None else source.count,
        position=source.position,
        geometry_types=tuple(sorted(kinds)),
        bounds=extent and (float(extent[0]), float(extent[1]), float(extent[2]), float(extent[3])),
        crs=source.crs,
        crs_why=source.crs_why,
        encoding=source.encoding,
        encoding_why=source.encoding_why,
        notes=source.notes,
    )


def _fields(source: TableSource) -> dict[str, str]:
    """Give each field's type by the file's own schema, or `str` where the format has only text."""
    known = any(source.driver in drivers for drivers in DRIVERS.values())
    if not known or source.opened is None:
        return {name: str(source.types.get(name, "str")) for name in source.fields}
    layer = source.layer or None if source.driver in ("GPKG", "OpenFileGDB") else None
    if source.driver == "MapInfo File" or (source.crs is None and source.driver != "ESRI Shapefile"):
        # fiona ends in errors of its own where names are in GBK, or the system is broken, and may then leave the lock
        # of all logs held, for which other threads wait for ever.
        types = types_of(source.opened, layer, source.encoding, source.path)
        return dict(zip(source.fields, types, strict=True))
    try:
        with fiona.open(
            source.opened,
            layer=layer,
            encoding=source.encoding,
            allowed_drivers=[source.driver],
        ) as opened:
            types = list(opened.schema["properties"].values())
    except (fiona.errors.FionaError, ValueError, UnicodeDecodeError, UnboundLocalError, SystemError):
        # fiona's older GDAL knows fewer files, and fails on some in its own ways; fields are told without types.
        types = []
    types = types if len(types) == len(source.fields) else ["?"] * len(source.fields)
    return dict(zip(source.fields, map(str, types), strict=True))
