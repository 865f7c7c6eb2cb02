"""Opens the file or database that a catalogue entry names, and settles its coordinate system."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pyogrio
import pyogrio.errors
import shapely
from pyproj import CRS

from fuling_gis import crs as crs_module
from fuling_gis.errors import CrsError, FileError, LayerError
from fuling_gis.labels import sentence
from fuling_gis.layers.catalog import Catalog, Entry
from fuling_gis.layers.paths import is_database
from fuling_gis.readers import Table, open_table
from fuling_gis.readers.spoken import named_in_column
from fuling_gis.readers.table import note, plain_columns, unique_names

# GDAL's driver for PostGIS, which not every build has.
_DATABASE_DRIVER: Final = "PostgreSQL"


@dataclass(frozen=True)
class Source:
    """What was read of a layer's file."""

    # The columns that the entry maps, and the geometries.
    table: Table
    crs: CRS
    # True: neither the file nor the catalogue states the CRS; it is what the file's format takes for granted.
    assumed: bool = False


def read_source(catalog: Catalog, entry: Entry) -> Source:
    """Read the columns that an entry maps, with the geometries, and settle what CRS they are in.

    Raises LayerError that names the entry.
    """
    if is_database(entry.path):
        return _from_database(entry)
    path = catalog.file(entry)
    if not path.exists():
        raise layer_fault(entry, sentence("errors_layers.no_file", path=path))
    try:
        source = open_table(path, layer=entry.layer or None, encoding=entry.encoding or None)
        columns = mapped_columns(entry, source.fields)
        system = _system(entry, source.crs, stated=source.crs_stated, why=source.crs_why)
        named = "" if entry.crs else named_in_column(source, source.crs if source.crs_stated else None)
        if named:
            raise layer_fault(entry, sentence("errors_layers.system_column", path=entry.shown_path, found=repr(named)))
        table = source.read(columns=tuple(dict.fromkeys(columns.values())))
        return Source(table, system, assumed=not source.crs_stated and not entry.crs)
    except (FileError, CrsError) as e:
        raise layer_fault(entry, e.words) from e


def mapped_columns(entry: Entry, present: Iterable[str]) -> dict[str, str]:
    """Give the file's column for each field that an entry maps, in the file's own writing of it.

    Raises LayerError that names all columns that are missing, and those that are there.
    """
    names = list(present)
    loosely = {name.casefold(): name for name in reversed(names)}
    found = {}
    missing = []
    for field, column in entry.fields.items():
        if column in names:
            found[field] = column
        elif column.casefold() in loosely:
            found[field] = loosely[column.casefold()]
        else:
            missing.append(column)
    if missing:
        wanted = ", ".join(map(repr, missing))
        there = ", ".join(map(repr, names)) or sentence("errors_layers.no_columns_at_all")
        raise layer_fault(
            entry, sentence("errors_layers.no_column", path=entry.shown_path, columns=wanted, there=there)
        )
    return found


def _system(entry: Entry, found: CRS | None, *, stated: bool, why: Mapping[str, str] | None = None) -> CRS:
    said = crs_module.normalise(entry.crs) if entry.crs else None
    if found is not None and stated and said is not None and not crs_module.same(found, said):
        names = {"own": crs_module.name(found), "said": crs_module.name(said)}
        raise layer_fault(entry, sentence("errors_layers.two_systems", path=entry.shown_path, **names))
    system = said if said is not None else found
    if system is None:
        raise layer_fault(
            entry, sentence("errors_layers.no_system", path=entry.shown_path, why=why or note("crs_none"))
        )
    return system


def _from_database(entry: Entry) -> Source:
    if _DATABASE_DRIVER not in pyogrio.list_drivers(read=True):
        raise layer_fault(entry, sentence("errors_layers.no_postgres", path=entry.shown_path))
    if not entry.layer:
        raise layer_fault(entry, sentence("errors_layers.no_table", path=entry.shown_path))
    try:
        return _read_ogr(entry, f"PG:{entry.path}")
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, RuntimeError) as e:
        # What GDAL says may repeat the password.
        why = sentence("errors_layers.database_unreadable", path=entry.shown_path, kind=type(e).__name__)
        raise layer_fault(entry, why) from None


def _read_ogr(entry: Entry, target: str) -> Source:
    """Read a layer straight through GDAL."""
    meta, arrow = pyogrio.read_arrow(target, layer=entry.layer)
    name = meta["geometry_name"] or "wkb_geometry"
    geometry = shapely.from_wkb(arrow.column(name).to_numpy())
    rest = arrow.drop_columns([name])
    rest = rest.rename_columns(unique_names(rest.column_names))
    columns = mapped_columns(entry, rest.column_names)
    system = crs_module.normalise(meta["crs"]) if meta["crs"] else None
    chosen = plain_columns(rest.select(list(dict.fromkeys(columns.values()))))
    table = Table(chosen, geometry, driver=_DATABASE_DRIVER, layer=entry.layer)
    return Source(table, _system(entry, system, stated=True))


def layer_fault(entry: Entry, fault: Mapping[str, str]) -> LayerError:
    """Make the error of an entry, which names its place in the catalogue."""
    return LayerError(sentence("errors_layers.of_entry", place=entry.place, layer=entry.id, fault=fault))


def file_hash(path: Path) -> str:
    """Give the SHA-256 of a file; "" for a folder."""
    return _file_hash(path, state) if (state := file_state(path)) else ""


def file_state(path: Path) -> tuple[int, ...]:
    """Give what tells a file from the one that was there before, without reading it; nothing for a folder.

    Its times, size and number: a copy that keeps time and size has another number, or another time of its last change.
    """
    if not path.is_file():
        return ()
    state = path.stat()
    return state.st_mtime_ns, state.st_ctime_ns, state.st_size, state.st_ino


@cache
def _file_hash(path: Path, _state: tuple[int, ...]) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
