"""Sites and findings with geometry as GeoParquet, written a batch at a time.

The GeoPackage is made from these files too: they are the one place where results with geometry grow.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import shapely
from numpy.typing import NDArray

from fuling_gis.outputs.columns import kind
from fuling_gis.outputs.limits import caveats
from fuling_gis.outputs.part import TYPES, Part, whole
from fuling_gis.overlay.result import FINDING_COLUMNS, SITE_COLUMNS, Run
from fuling_gis.wkb import as_wkb

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
# Numbers that hardly repeat, and texts of sites that do not: numbering them would be work for nothing.
_VARIED: Final = frozenset({
    "row", "area_m2", "to_main_m", "to_wu_m", "to_tributary_m", "overlap_m2", "overlap_share", "distance_m", "margin_m",
})  # fmt: skip
_UNLIKE: Final = frozenset({("sites", "site_id"), ("sites", "name")})
# Room for the outlines of a batch, each once.
_DICTIONARY_BYTES: Final = 64 << 20


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
        shapes = _Shapes.of(part.batch.geometry)
        self._files["sites"].add(part.sites, shapes.wkb, shapes)
        place = _places(part.sites["row"].to_numpy(), part.findings["row"].to_numpy())
        found = np.zeros(len(shapes.wkb), bool)
        found[place] = True
        number = (np.cumsum(found) - 1).astype(np.int32)
        some = shapes.some(found)
        # A geometry is written once for all findings of all sites that have it.
        each = some.wkb.dictionary_encode()
        wkb = pa.DictionaryArray.from_arrays(each.indices.take(pa.array(number[place])), each.dictionary)
        self._files["findings"].add(part.findings, wkb, some)

    def finish(self, run: Run) -> None:
        """End both files, each with its CRS, types and bounds."""
        for file in self._files.values():
            file.finish(run.crs, caveats(run, run.lang))

    def close(self) -> None:
        """Let go of the files."""
        for file in self._files.values():
            file.close()


def _places(rows: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Tell where each of some rows stands among the rows of the sites, which are in input order."""
    without_gap = len(rows) and rows[-1] - rows[0] == len(rows) - 1
    places: NDArray[np.int64] = wanted - rows[0] if without_gap else np.searchsorted(rows, wanted)
    return places


def parquet_path(folder: Path, layer: Layer) -> Path:
    """Name the file of a layer."""
    return folder / f"{layer}.parquet"


@dataclass(frozen=True)
class _Shapes:
    """Geometries as they are written, with what a file's head says of them."""

    wkb: pa.Array
    types: NDArray[np.int64]
    # minx, miny, maxx, maxy of each; NaN where it is None or empty.
    bounds: NDArray[np.float64]

    @classmethod
    def of(cls, geometry: NDArray[np.object_]) -> _Shapes:
        types = np.asarray(shapely.get_type_id(geometry), np.int64)
        return cls(as_wkb(geometry), types, shapely.bounds(geometry))

    def some(self, chosen: NDArray[np.bool_]) -> _Shapes:
        return _Shapes(self.wkb.filter(pa.array(chosen)), self.types[chosen], self.bounds[chosen])


class _GeoParquet:
    def __init__(self, path: Path, layer: Layer) -> None:
        # Readers see plain text: that few words are numbered within each batch is how the file is packed.
        fields = [pa.field(name, _packed(layer, name)) for name in _COLUMNS[layer]]
        packed = pa.binary() if layer == "sites" else pa.dictionary(pa.int32(), pa.binary())
        self._schema = pa.schema([*fields, pa.field(GEOMETRY, packed)])
        numbered = [name for name in self._schema.names if name not in _VARIED and (layer, name) not in _UNLIKE]
        self._writer = pq.ParquetWriter(
            path,
            self._schema,
            compression="zstd",
            store_schema=False,
            use_dictionary=numbered,
            dictionary_pagesize_limit=_DICTIONARY_BYTES,
            # A batch's rows follow one another; the least and greatest of other columns would help no search.
            write_statistics=["row"],
        )
        self._types: set[str] = set()
        self._bounds = np.array([np.inf, np.inf, -np.inf, -np.inf])

    def add(self, table: pa.Table, wkb: pa.Array, shapes: _Shapes) -> None:
        if not table.num_rows:
            return
        columns = [_as(whole(column), self._schema.field(name).type)
                   for name, column in zip(table.column_names, table.columns, strict=True)]  # fmt: skip
        self._writer.write_table(pa.Table.from_arrays([*columns, wkb], schema=self._schema))
        self._types.update(_TYPE_NAMES[np.unique(shapes.types[shapes.types >= 0])].tolist())
        # fmin and fmax pass over NaN.
        bounds = shapes.bounds
        self._bounds[:2] = np.fmin(self._bounds[:2], np.fmin.reduce(bounds[:, :2]))
        self._bounds[2:] = np.fmax(self._bounds[2:], np.fmax.reduce(bounds[:, 2:]))

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


def _packed(layer: Layer, name: str) -> pa.DataType:
    """Give the type in which a column is handed to the file."""
    if TYPES[kind(name)] != pa.string() or name == "site_id" or (layer, name) in _UNLIKE:
        return TYPES[kind(name)]
    return pa.dictionary(pa.int32(), pa.string())


def _as(column: pa.Array, wanted: pa.DataType) -> pa.Array:
    """Give a column in the type in which it is handed to the file, numbered words each once.

    Of a word that stands in a dictionary twice Arrow writes one, and leaves in the file, where the other had room,
    whatever stood in memory.
    """
    if pa.types.is_dictionary(column.type) and len(column.dictionary.unique()) < len(column.dictionary):
        column = column.cast(column.type.value_type)
    if column.type == wanted:
        return column
    return column.dictionary_encode() if pa.types.is_dictionary(wanted) else column.cast(wanted)
