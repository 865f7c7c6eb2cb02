"""result.gpkg: the layers `sites` and `findings`, which open in QGIS with the colours of the verdicts.

Each layer is written in one go from the finished GeoParquet file, so that its spatial index is built once.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely
from numpy.typing import NDArray

from fuling_gis.errors import OutputError
from fuling_gis.labels import sentence
from fuling_gis.outputs.limits import caveats
from fuling_gis.outputs.parquet import GEOMETRY, LAYERS, Layer, parquet_path
from fuling_gis.outputs.qml import FAMILIES, Family, findings_qml, sites_qml
from fuling_gis.outputs.tables import FINDINGS_WITH_TEXTS, without_texts
from fuling_gis.overlay.result import Run
from fuling_gis.unwritable import reason

NAME: Final = "result.gpkg"

_ROWS: Final = 65_536
_FAMILY_OF: Final = {"Point": "Point", "LineString": "Line", "LinearRing": "Line", "Polygon": "Polygon"}
# The simple type to the one that holds several, and the function that makes one of the other.
_SEVERAL: Final = {
    "Point": ("MultiPoint", shapely.multipoints),
    "LineString": ("MultiLineString", shapely.multilinestrings),
    "Polygon": ("MultiPolygon", shapely.multipolygons),
}
# QGIS keeps the styles of a GeoPackage in a table of this name and shape.
_STYLES: Final = """
    CREATE TABLE layer_styles (
        id INTEGER PRIMARY KEY AUTOINCREMENT, f_table_catalog TEXT(256), f_table_schema TEXT(256),
        f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
        useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
        update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')))"""
_REGISTER: Final = """
    INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id)
    VALUES ('layer_styles', 'attributes', 'layer_styles', '', 0)"""
_ADD_STYLE: Final = """
    INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML,
        styleSLD, useAsDefault, description, owner) VALUES ('', '', ?, 'geom', ?, ?, '', 1, '', '')"""


def write_gpkg(folder: Path, run: Run) -> None:
    """Make result.gpkg in a folder from the GeoParquet files there.

    Raises OutputError where the file cannot be written or, read back, has not every row.
    """
    path = folder / NAME
    rows: dict[Layer, int] = {}
    styles: dict[Layer, str] = {}
    for layer in LAYERS:
        with pq.ParquetFile(parquet_path(folder, layer)) as source:
            rows[layer] = source.metadata.num_rows
            types = set(json.loads(source.metadata.metadata[b"geo"])["columns"][GEOMETRY]["geometry_types"])
            _write_layer(path, layer, source, types, run.crs)
            qml = sites_qml if layer == "sites" else findings_qml
            columns = [name for name in source.schema_arrow.names if name != GEOMETRY]
            styles[layer] = qml(columns, _families(types), run.lang)
    _finish(path, rows, styles, caveats(run, run.lang))


def _write_layer(path: Path, layer: Layer, source: pq.ParquetFile, types: set[str], crs: str) -> None:
    kind, several = _geometry_type(types)
    lean = layer == "findings" and source.metadata.num_rows > FINDINGS_WITH_TEXTS

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in source.iter_batches(_ROWS):
            table = pa.Table.from_batches([batch])
            if lean:
                table = without_texts(table)
            if several:
                place = table.column_names.index(GEOMETRY)
                wkb = _promoted(table[GEOMETRY].to_numpy(zero_copy_only=False), several)
                table = table.set_column(place, GEOMETRY, wkb)
            yield from table.to_batches()

    schema = source.schema_arrow.remove_metadata()
    first = layer == LAYERS[0]
    try:
        pyogrio.write_arrow(
            pa.RecordBatchReader.from_batches(schema, (batch.replace_schema_metadata(None) for batch in batches())),
            path,
            layer=layer,
            driver="GPKG",
            geometry_name=GEOMETRY,
            geometry_type=kind,
            crs=crs,
            dataset_options={"VERSION": "1.2"} if first else None,
        )
    except (RuntimeError, OSError) as e:
        raise OutputError(sentence("errors_run.layer_unwritable", file=NAME, layer=layer, why=reason(e, path))) from e


def _geometry_type(types: set[str]) -> tuple[str, str]:
    """Choose a layer's geometry type, and the simple type to promote to it; `Unknown` where kinds are mixed.

    A layer of one plain type opens in QGIS at once, without a question which type is meant.
    """
    for simple, (multi, _) in _SEVERAL.items():
        if types == {simple, multi}:
            return multi, simple
    return (next(iter(types)), "") if len(types) == 1 and types < {*_SEVERAL, *_multis()} else ("Unknown", "")


def _multis() -> set[str]:
    return {multi for multi, _ in _SEVERAL.values()}


def _promoted(wkb: NDArray[np.object_], simple: str) -> pa.Array:
    geometry = shapely.from_wkb(wkb)
    single = shapely.get_type_id(geometry) == shapely.GeometryType[simple.upper()]
    if single.any():
        geometry[single] = _SEVERAL[simple][1](geometry[single], indices=np.arange(single.sum()))
    return pa.array(shapely.to_wkb(geometry), pa.binary())


def _families(types: set[str]) -> list[Family]:
    """List the kinds of symbol that a layer needs; all where there is no geometry to tell."""
    plain = {_FAMILY_OF.get(name.removeprefix("Multi"), "") for name in types}
    return [family for family in FAMILIES if family in plain] or list(FAMILIES)


def _finish(path: Path, rows: dict[Layer, int], styles: dict[Layer, str], remark: str) -> None:
    """Count the rows of the finished layers, add their styles, and put the remark where QGIS shows a layer's own."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(_STYLES)
        db.execute(_REGISTER)
        for layer, expected in rows.items():
            (found,) = db.execute(f'SELECT count(*) FROM "{layer}"').fetchone()  # noqa: S608 - one of two known names
            if found != expected:
                raise OutputError(
                    sentence("errors_run.layer_short", file=NAME, layer=layer, found=found, expected=expected)
                )
            db.execute(_ADD_STYLE, (layer, "fuling-gis", styles[layer]))
            db.execute("UPDATE gpkg_contents SET description = ? WHERE table_name = ?", (remark, layer))
