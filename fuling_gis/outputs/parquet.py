"""Sites and findings with geometry as GeoParquet, written a batch at a time.

The GeoPackage is made from these files too: they are the one place where results with geometry grow.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import shapely
from numpy.typing import NDArray

from fuling_gis.outputs.limits import caveats
from fuling_gis.outputs.part import Part, plain, schema
from fuling_gis.overlay.result import FINDING_COLUMNS, SITE_COLUMNS, Run

Layer: TypeAlias = Literal["sites", "findings"]
LAYERS: Final[tuple[Layer, ...]] = ("sites", "findings")
GEOMETRY: Final = "geometry"

_COLUMNS: Final = {"sites": SITE_COLUMNS, "findings": FINDING_COLUMNS}
_TYPE_NAMES: Final = np.array(
    [
        "Point", "LineString", "LinearRing", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon",
        "GeometryCollection",
    ]
)  # fmt: skip


class Features:
    """sites.parquet and findings.parquet; a finding has the geometry of its site."""

    def __init__(self, folder: Path) -> None:
        """Begin both files in a folder."""
        self._files: dict[Layer, _GeoParquet] = {}
        try:
            for layer in LAYERS:
                self._files[layer] = _GeoParquet(parquet_path(folder, layer), layer)
        except BaseException:
            self.close()
            raise

    def add(self, part: Part) -> None:
        """Append the sites and findings of a batch."""
        geometry = part.batch.geometry
        wkb = pa.array(shapely.to_wkb(geometry), pa.binary())
        self._files["sites"].add(part.sites, wkb, geometry)
        # Rows of sites are in input order, so a finding's site is found by bisection.
        rows = part.sites["row"].to_numpy()
        place = np.searchsorted(rows, part.findings["row"].to_numpy())
        self._files["findings"].add(part.findings, wkb.take(pa.array(place)), geometry[place])

    def finish(self, run: Run) -> None:
        """End both files, each with its CRS, types and bounds."""
        for file in self._files.values():
            file.finish(run.crs, caveats(run, run.lang))

    def close(self) -> None:
        """Let go of the files."""
        for file in self._files.values():
            file.close()


def parquet_path(folder: Path, layer: Layer) -> Path:
    """Name the file of a layer."""
    return folder / f"{layer}.parquet"


class _GeoParquet:
    def __init__(self, path: Path, layer: Layer) -> None:
        self._schema = schema(_COLUMNS[layer]).append(pa.field(GEOMETRY, pa.binary()))
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._types: set[str] = set()
        self._bounds = np.array([np.inf, np.inf, -np.inf, -np.inf])

    def add(self, table: pa.Table, wkb: pa.Array, geometry: NDArray[np.object_]) -> None:
        if not table.num_rows:
            return
        self._writer.write_table(plain(table).append_column(self._schema.field(GEOMETRY), wkb))
        types = shapely.get_type_id(geometry)
        self._types.update(_TYPE_NAMES[np.unique(types[types >= 0])].tolist())
        # NaN where a geometry is None or empty; fmin and fmax pass over it.
        bounds = shapely.bounds(geometry)
        low, high = np.fmin.reduce(bounds[:, :2]), np.fmax.reduce(bounds[:, 2:])
        self._bounds[:2] = np.fmin(self._bounds[:2], low)
        self._bounds[2:] = np.fmax(self._bounds[2:], high)

    def finish(self, crs: str, remark: str) -> None:
        column: dict[str, Any] = {
            "encoding": "WKB",
            "geometry_types": sorted(self._types),
            "crs": pyproj.CRS(crs).to_json_dict(),
        }
        if self._types and np.isfinite(self._bounds).all():
            column["bbox"] = self._bounds.tolist()
        geo = {"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}
        self._writer.add_key_value_metadata({"geo": json.dumps(geo, ensure_ascii=False), "remark": remark})
        self._writer.close()

    def close(self) -> None:
        self._writer.close()
