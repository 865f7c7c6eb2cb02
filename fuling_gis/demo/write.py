"""Writing the demonstration's files: the same tables give the same bytes under the same library versions."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray

from fuling_gis.demo.places import CRS
from fuling_gis.demo.table import Table

# GDAL writes the time of writing into GeoPackages and shapefiles unless it is told another one.
STAMP: Final = "2024-06-01T00:00:00Z"


@contextmanager
def fixed_time() -> Iterator[None]:
    """Let GDAL believe that it is always the same moment."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": STAMP})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def write_geopackage(path: Path, tables: Mapping[str, Table]) -> None:
    """Write all layers into a new GeoPackage, which appears under its name only when whole."""
    part = path.with_name(f"{path.stem}.part.gpkg")
    part.unlink(missing_ok=True)
    try:
        with fixed_time():
            for i, (name, table) in enumerate(tables.items()):
                options: dict[str, Any] = {"dataset_options": {"VERSION": "1.2"}} if i == 0 else {}
                _write(part, table, layer=name, driver="GPKG", append=i > 0, **options)
        os.replace(part, path)  # noqa: PTH105  replaces on Windows too
    finally:
        part.unlink(missing_ok=True)


def _write(path: Path, table: Table, *, layer: str, driver: str, append: bool = False, **options: Any) -> None:
    wkb, kind = _as_wkb(table.geometry)
    columns = [_column(values) for values in table.fields.values()]
    pyogrio.raw.write(
        path,
        wkb,
        field_data=[values for values, _ in columns],
        fields=np.array(list(table.fields), dtype=object),
        field_mask=[mask for _, mask in columns],
        layer=layer,
        driver=driver,
        geometry_type=kind,
        crs=CRS,
        append=append,
        promote_to_multi=False,
        **options,
    )


def _as_wkb(geometry: NDArray[np.object_]) -> tuple[NDArray[np.object_], str]:
    """Give WKB and one geometry type for all: multi where any is multi."""
    flat = shapely.force_2d(geometry)
    held = flat[~shapely.is_missing(flat)]
    kinds = {str(g.geom_type) for g in held}
    if len(kinds) == 1:
        return shapely.to_wkb(flat), kinds.pop()
    base = next(iter(kinds)).removeprefix("Multi")
    make = {"Polygon": shapely.multipolygons, "LineString": shapely.multilinestrings, "Point": shapely.multipoints}[
        base
    ]
    lifted = [make(list(shapely.get_parts(g))) if g is not None else None for g in flat]
    return shapely.to_wkb(np.array(lifted, dtype=object)), f"Multi{base}"


def _column(values: tuple[Any, ...]) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """Give a column as GDAL wants it: an array of one type, and which values are empty."""
    empty = np.array([value is None for value in values], dtype=bool)
    filled = [value for value in values if value is not None]
    mask = empty if empty.any() else None
    if filled and all(isinstance(value, float | int) for value in filled):
        dtype: Any = np.int32 if all(isinstance(value, int) for value in filled) else np.float64
        return np.array([0 if value is None else value for value in values], dtype=dtype), mask
    return np.array([None if value is None else str(value) for value in values], dtype=object), None


def write_shapefile(path: Path, table: Table) -> None:
    """Write a shapefile as many offices do: text and column names in GBK, and no .cpg that says so."""
    with fixed_time():
        _write(
            path,
            table,
            layer=path.stem,
            driver="ESRI Shapefile",
            encoding="gb18030",
            layer_options={"DBF_DATE_LAST_UPDATE": STAMP[:10]},
        )
    path.with_suffix(".cpg").unlink()
