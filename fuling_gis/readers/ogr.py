"""Bulk reading through GDAL: whole columns at a time, streamed, of formats that were recognised beforehand."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyogrio
import pyogrio.errors
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from fuling_gis import crs as crs_module
from fuling_gis import drivers
from fuling_gis.errors import CrsError, FileError, LayerChoiceError
from fuling_gis.labels import sentence
from fuling_gis.readers import fgb, gdb, gpkg, mapinfo
from fuling_gis.readers.elsewhere import (
    check_json,
    check_plain,
    check_system,
    plain_place,
    shifted,
    shifted_name,
    strange_system,
)
from fuling_gis.readers.encoding import of_file
from fuling_gis.readers.lines import check_lines, check_members
from fuling_gis.readers.shapefile import Folder, examine
from fuling_gis.readers.strange import Strange, of_datav
from fuling_gis.readers.table import Piece, TableSource, Words, note, plain_columns, unique_names
from fuling_gis.readers.told import short_of_memory
from fuling_gis.wkb import from_wkb

# Format to the drivers that may answer for it.
DRIVERS: Final = {
    "shapefile": ("ESRI Shapefile",),
    "gpkg": ("GPKG",),
    "gdb": ("OpenFileGDB",),
    "geojson": ("GeoJSON", "GeoJSONSeq", "TopoJSON", "ESRIJSON"),
    "fgb": ("FlatGeobuf",),
    "mif": ("MapInfo File",),
    "tab": ("MapInfo File",),
}
# Names that GDAL expects of formats of one file.
_SUFFIXES: Final = {
    "gpkg": (".gpkg",), "fgb": (".fgb",), "geojson": (".geojson", ".json", ".geojsonl", ".geojsons", ".ndjson"),
}  # fmt: skip
# Whatever in a file may still make GDAL ask an address asks a proxy that is not there; and its own way to give rows of
# a FlatGeobuf ends the process where one has no geometry.
_SET: Final = {**drivers.NO_PROXY, "OGR_FLATGEOBUF_STREAM_BASE_IMPL": "YES"}
# What tells of a format whether a file is whole where GDAL does not.
_WHOLE: Final = {"gdb": gdb.check_whole, "fgb": fgb.check_whole}
# Rows of a layer that are read at once.
_SMALL: Final = 10_000
_FAULTS: Final = (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FieldError,
                  pyogrio.errors.FeatureError, pyogrio.errors.GeometryError, pyogrio.errors.CRSError,
                  pa.ArrowException, UnicodeDecodeError, RuntimeError)  # fmt: skip


def open_shapefile(path: Path, *, layer: str | None = None, encoding: str | None = None) -> TableSource:
    """Open a shapefile after a look at all its parts."""
    _only_layer(path, layer, path.stem)
    found = examine(path, encoding)
    head = _info(found.opened, None, "shapefile", path, encoding=found.encoding.name)
    return TableSource(
        path=path,
        driver="ESRI Shapefile",
        fields=found.fields,
        stream=_Stream(path, found.opened, None, found.fields, codec=found.encoding.name),
        encoding=found.encoding.name,
        encoding_why=found.encoding.why,
        crs=found.crs,
        crs_why=found.crs_why,
        crs_heading=shifted_name(found.crs_why),
        count=found.rows,
        geometry_type=str(head["geometry_type"] or ""),
        notes=found.notes,
        opened=found.opened,
        keep=found.keep,
    )


def open_ogr(path: Path, form: str, *, layer: str | None = None, encoding: str | None = None) -> TableSource:
    """Open one layer of a GeoPackage, File Geodatabase, GeoJSON or MapInfo file.

    layer: needed where several layers have geometry. Raises FileError that lists them.
    """
    counts = gpkg.examine(path) if form == "gpkg" else {}
    check_plain(path, _beside(path))
    if form in _WHOLE:
        _WHOLE[form](path)
    if form in mapinfo.PARTS:
        return _open_mapinfo(path, form, layer, encoding)
    codec, why = _codec(path, form, encoding)
    opened, keep = _under_a_plain_name(path, form)
    chosen = choose_layer(path, layer, _listed(opened, path))
    head, whole = _all(opened, chosen, path) if 0 <= counts.get(chosen, -1) <= _SMALL else ({}, None)
    if whole is None:
        head = _info(opened, chosen, form, path, encoding=None)
    given = [str(name) for name in head["fields"]]
    system, system_why = _system(head.get("crs"), path)
    # RFC 7946
    assumed = form == "geojson" and system is not None and system.to_epsg() == 4326  # noqa: PLR2004
    strange = strange_system(path, named="crs" in map(str.lower, given)) if assumed else ""
    if strange:
        system, system_why, assumed = None, note("crs_json", found=strange), False
    count, fields = int(head["features"]), tuple(unique_names(given))
    kind = str(head["driver"])
    if form == "geojson":
        check_lines(path, count, sequence=kind == "GeoJSONSeq")
    if kind == "GeoJSON":
        check_members(path, count)
    return TableSource(
        path=path,
        driver=kind,
        fields=fields,
        stream=_Stream(
            path, opened, chosen, fields, whole=whole, stated=counts.get(chosen, count), form=form, kind=kind
        ),
        layer=chosen if form in ("gpkg", "gdb") else "",
        encoding=codec,
        encoding_why=why,
        crs=system,
        crs_why=note("crs_geojson") if assumed else system_why,
        crs_stated=not assumed,
        crs_heading=strange or shifted_name(system_why),
        count=count if count >= 0 else None,
        geometry_type=str(head["geometry_type"] or ""),
        notes=(note("of_datav"),) if form == "geojson" and of_datav(fields) else (),
        opened=opened,
        keep=keep,
    )


def _open_mapinfo(path: Path, form: str, layer: str | None, encoding: str | None) -> TableSource:
    """Open a MapInfo file after a look at its parts."""
    _only_layer(path, layer, path.stem)
    found = mapinfo.examine(path, form, encoding)
    head = _info(found.opened, None, form, path, encoding=mapinfo.BYTES)
    system, system_why = _system(head.get("crs"), path)
    codec = found.encoding.name
    fields = tuple(unique_names([str(mapinfo.text_of(name, codec)) for name in head["fields"]]))
    return TableSource(
        path=path,
        driver=str(head["driver"]),
        fields=fields,
        stream=_Stream(path, found.opened, None, fields, bytes_of=codec, stated=max(found.rows, int(head["features"]))),
        encoding=codec,
        encoding_why=found.encoding.why,
        crs=system,
        crs_why=system_why,
        crs_heading=shifted_name(system_why),
        count=int(head["features"]) if int(head["features"]) >= 0 else None,
        geometry_type=str(head["geometry_type"] or ""),
        opened=found.opened,
        keep=found.keep,
    )


def _beside(path: Path) -> list[Path]:
    """List the files that GDAL may open with one: those in a folder, or those of the same name."""
    if path.is_dir():
        return list(path.iterdir())
    stem = path.stem.lower()
    return [part for part in path.parent.iterdir() if part.stem.lower() == stem]


def _under_a_plain_name(path: Path, form: str) -> tuple[Path, Folder | None]:
    """Give a path that GDAL takes for what the file is: it also goes by names, and takes some for instructions."""
    usual = _SUFFIXES.get(form)
    place = plain_place(path)
    if place is not None and (usual is None or path.suffix.lower() in usual):
        return place, None
    folder = Folder()
    if usual is None:
        # Its parts go with it; a folder has them inside.
        for part in [] if path.is_dir() else _beside(path):
            if part != path:
                folder.link(part, f"data{part.suffix}")
    return folder.link(path, f"data{usual[0] if usual else path.suffix}"), folder


def layers_inside(path: Path, form: str) -> list[str]:
    """List the layers with geometry of a file that was recognised; raises FileError as opening it would."""
    if form == "gpkg":
        gpkg.examine(path)
    check_plain(path, _beside(path))
    if form in _WHOLE:
        _WHOLE[form](path)
    opened, keep = _under_a_plain_name(path, form)
    found = _listed(opened, path)
    del keep
    return found


def _listed(opened: Path, path: Path) -> list[str]:
    """List the layers with geometry; tables such as layer_styles are none. path: what people call the file."""
    try:
        return list(_layers_listed(opened, *gdb.newest(opened)))
    except (OSError, *_FAULTS) as e:
        raise FileError(_unreadable(path, e)) from e


@lru_cache(maxsize=64)
def _layers_listed(path: Path, changed_ns: int, size: int) -> tuple[str, ...]:
    """List the layers of a file as it stands: a workspace asks the same file once for each of its layers."""
    del changed_ns, size
    with _quiet():
        found = pyogrio.list_layers(path)
    return tuple(str(name) for name, kind in found if kind is not None)


def choose_layer(path: Path, wanted: str | None, layers: Sequence[str]) -> str:
    """Give the layer that is meant: the one asked for, or the only one."""
    shown = ", ".join(repr(name) for name in layers)
    if not layers:
        raise FileError(sentence("errors_readers.no_layers", path=path))
    if wanted is not None:
        if wanted not in layers:
            raise LayerChoiceError(
                sentence("errors_readers.no_layer", path=path, layer=wanted, layers=shown), offers=layers
            )
        return wanted
    if len(layers) > 1:
        values = {"n": len(layers), "layers": shown, "name": path.name, "first": layers[0]}
        raise LayerChoiceError(sentence("errors_readers.many_layers", path=path, **values), offers=layers)
    return layers[0]


def _only_layer(path: Path, wanted: str | None, stem: str) -> None:
    if wanted not in (None, "", stem):
        raise FileError(sentence("errors_readers.one_layer", path=path, layer=wanted, stem=stem))


def _codec(path: Path, form: str, said: str | None) -> tuple[str, Words]:
    """Find the encoding where the format leaves it open; the others are UTF-8 by their standards."""
    if form == "geojson":
        check_json(path)
        found = of_file(path)
        if not found.name.startswith("utf-8"):
            raise FileError(sentence("errors_readers.geojson_encoding", path=path, encoding=found.name))
        return "utf-8", note("encoding_standard")
    return (said, note("encoding_said")) if said is not None else ("utf-8", note("encoding_standard"))


def _all(opened: Path, layer: str, path: Path) -> tuple[dict[str, Any], tuple[str, pa.Table] | None]:
    """Read a small layer of a GeoPackage at once with what is known about it: opening the file is most of the work.

    Gives no rows where there are more than the file says.
    """
    try:
        with _quiet():
            head, table = pyogrio.read_arrow(opened, layer=layer, max_features=_SMALL + 1)
    except _FAULTS as e:
        raise FileError(_unreadable(path, e)) from e
    if len(table) > _SMALL:
        return {}, None
    return {**head, "driver": "GPKG", "features": len(table)}, (head["geometry_name"] or "wkb_geometry", table)


def _info(opened: Path, layer: str | None, form: str, path: Path, *, encoding: str | None) -> dict[str, Any]:
    try:
        with _quiet():
            head: dict[str, Any] = pyogrio.read_info(opened, layer=layer, encoding=encoding, force_feature_count=True)
    except _FAULTS as e:
        raise FileError(_unreadable(path, e)) from e
    if head["driver"] not in DRIVERS[form]:
        raise FileError(sentence("errors_readers.other_driver", path=path, form=form, driver=head["driver"]))
    return head


def types_of(opened: Path, layer: str | None, encoding: str, path: Path) -> list[str]:
    """Name the types of the fields of a file that was opened before, in order, without their widths."""
    plain = {"object": "str", "float64": "float"}
    try:
        with _quiet():
            head = pyogrio.read_info(opened, layer=layer, encoding=encoding)
    except _FAULTS as e:
        raise FileError(_unreadable(path, e)) from e
    return [plain.get(str(kind), str(kind)) for kind in head["dtypes"]]


def _unreadable(path: Path, fault: Exception) -> dict[str, str]:
    if short_of_memory(fault):
        return sentence("errors_readers.memory", path=path)
    told = " ".join(str(fault).split()) or type(fault).__name__
    if "OGR_GEOJSON_MAX_OBJ_SIZE" in told:
        return sentence("errors_readers.geojson_feature", path=path)
    return sentence("errors_readers.broken", path=path, why=told[:300])


def _system(text: object, path: Path) -> tuple[CRS | None, Words]:
    if not text:
        return None, note("crs_none")
    check_system(str(text), path)
    if shifted(str(text)):
        return None, note("crs_shifted")
    try:
        found = crs_module.normalise(str(text))
    except CrsError as e:
        raise CrsError(sentence("errors_readers.crs_unreadable", path=path)) from e
    if found.is_engineering:
        # A local grid of nobody knows where says no more than nothing; GDAL also writes it for "undefined".
        return None, note("crs_none")
    return found, note("crs_file", name=crs_module.name(found))


class _Stream:
    """The rows of one layer, piece by piece."""

    def __init__(  # noqa: PLR0913 - what is known of the file, by name
        self,
        path: Path,
        opened: Path,
        layer: str | None,
        fields: tuple[str, ...],
        *,
        codec: str | None = None,
        whole: tuple[str, pa.Table] | None = None,
        bytes_of: str = "",
        stated: int = -1,
        form: str = "",
        kind: str = "",
    ) -> None:
        self.path, self.opened, self.layer, self.codec, self.fields = path, opened, layer, codec, fields
        # The rows, where they were read already, with the name of their geometry column.
        self.whole = whole
        # The encoding of text that is read byte for byte, "" where GDAL gives the text itself.
        self.bytes_of = bytes_of
        # Rows that there are as the file says, below 0 where it does not; the library may stop at a fault unsaid.
        self.stated, self.form = stated, form
        self.strange = Strange(opened, sequence=kind == "GeoJSONSeq") if form == "geojson" else None

    def __call__(self, size: int, columns: tuple[str, ...] | None, geometry: bool) -> Iterator[Piece]:  # noqa: FBT001
        found = 0
        try:
            for piece in self._pieces(size, columns, geometry=geometry):
                found += len(piece)
                yield piece
        except _FAULTS as e:
            raise FileError(_unreadable(self.path, e)) from e
        self._check(found)

    def _check(self, found: int) -> None:
        """Refuse a file of which the library gave fewer rows than there are."""
        stated = self.stated
        if self.form == "gpkg" and found != stated:
            # What a program noted of a database may be old.
            stated = gpkg.rows(self.path, str(self.layer))
        if found < stated:
            raise FileError(sentence("errors_readers.rows_short", path=self.path, found=found, stated=stated))

    def _pieces(self, size: int, columns: tuple[str, ...] | None, *, geometry: bool) -> Iterator[Piece]:
        tables = self._slow_tables(size) if self.bytes_of else self._tables(size, geometry=geometry or not self.fields)
        at = 0
        for shape, table in tables:
            place = _position(table.column_names, shape)
            none = np.full(len(table), None, dtype=object), frozenset[int]()
            read, closed = self._geometry(table, place, at) if geometry else none
            rest = table if place is None else table.remove_column(place)
            rest = rest.rename_columns(list(self.fields))
            if columns is not None:
                rest = rest.select(list(columns))
            yield Piece(plain_columns(rest), read, self.strange(read, at) if geometry and self.strange else {}, closed)
            at += len(table)

    def _tables(self, size: int, *, geometry: bool) -> Iterator[tuple[str, pa.Table]]:
        """Give Arrow tables with the name of their geometry column."""
        if self.whole is not None:
            shape, table = self.whole
            yield from ((shape, table.slice(start, size)) for start in range(0, len(table), size))
            return
        with ExitStack() as stack:
            with _quiet():
                meta, reader = stack.enter_context(
                    pyogrio.open_arrow(self.opened, layer=self.layer, encoding=self.codec, batch_size=size,
                                       use_pyarrow=True, read_geometry=geometry)
                )  # fmt: skip
            while True:
                with _quiet():
                    batch = next(reader, None)
                if batch is None:
                    return
                if batch.num_rows:
                    yield meta["geometry_name"] or "wkb_geometry", pa.Table.from_batches([batch])

    def _slow_tables(self, size: int) -> Iterator[tuple[str, pa.Table]]:
        """Give the same in another way: Arrow knows UTF-8 only, and MapInfo files are GBK more often than not."""
        at = 0
        while True:
            with _quiet():
                _, _, shapes, values = pyogrio.raw.read(
                    self.opened, layer=self.layer, encoding=mapinfo.BYTES, skip_features=at, max_features=size
                )
            if not len(shapes):
                return
            arrays = [pa.array(self._texts(column), from_pandas=True) for column in values]
            names = [*map(str, range(len(arrays))), "wkb_geometry"]
            yield "wkb_geometry", pa.table([*arrays, pa.array(shapes, pa.binary())], names=names)
            at += len(shapes)

    def _texts(self, column: NDArray[Any]) -> NDArray[Any] | list[object]:
        if column.dtype != object:
            return column
        return [mapinfo.text_of(value, self.bytes_of) for value in column]

    def _geometry(self, table: pa.Table, place: int | None, at: int) -> tuple[NDArray[np.object_], frozenset[int]]:
        if place is None:
            return np.full(len(table), None, dtype=object), frozenset()
        try:
            return from_wkb(table.column(place)), frozenset()
        except (shapely.errors.GEOSException, NotImplementedError):
            # Arcs are none of GEOS's kinds: GDAL makes them short straight edges on this slower way, on which outlines
            # that do not come back to their first corner are closed, too.
            with _quiet():
                _, _, raw, _ = pyogrio.raw.read(
                    self.opened, layer=self.layer, columns=[], skip_features=at, max_features=len(table)
                )
            with np.errstate(invalid="ignore"):
                read: NDArray[np.object_] = shapely.from_wkb(raw, on_invalid="fix")
                strict = shapely.from_wkb(raw, on_invalid="ignore")
            closed = frozenset(np.flatnonzero(shapely.is_missing(strict) & ~shapely.is_missing(read)).tolist())
            return read, closed


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep GDAL's remarks to itself: what matters in them has been found out before; and keep it from the network."""
    pyogrio.set_gdal_config_options(_SET)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            yield
    finally:
        pyogrio.set_gdal_config_options(dict.fromkeys(_SET))


def _position(names: list[str], shape: str) -> int | None:
    """Find the geometry column, the last of its name: a field may be called the same."""
    found = [place for place, name in enumerate(names) if name == shape]
    return found[-1] if found else None
