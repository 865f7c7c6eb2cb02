"""From a catalogue entry to a loaded layer: read, brought to the working CRS, repaired, checked against its schema."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely import MultiPolygon, Polygon

from fuling_gis import crs as crs_module
from fuling_gis.cache import Cache
from fuling_gis.errors import CrsError, joined
from fuling_gis.geometry import Repaired, close_gaps, repair
from fuling_gis.grid import Bounds
from fuling_gis.labels import sentence
from fuling_gis.layers.catalog import OWN, Catalog, Entry
from fuling_gis.layers.columns import listed, notice, read_columns
from fuling_gis.layers.model import UNSTATED_ACCURACY_M, Layer
from fuling_gis.layers.paths import is_database
from fuling_gis.layers.relief import Surroundings, load_raster
from fuling_gis.layers.schema import DIMENSIONS
from fuling_gis.layers.sources import file_hash, layer_fault, read_source

Ground: TypeAlias = Polygon | MultiPolygon | None
Notices: TypeAlias = list[Mapping[str, str]]

_AREA: Final = DIMENSIONS["area"]


def load(
    catalog: Catalog,
    layer_id: str,
    as_of: dt.date,
    *,
    ground: Callable[[str], Ground] | None = None,
    cache: Cache | None = None,
    margin_m: float = 0.0,
) -> Layer | None:
    """Load the version of a layer that is valid on a day; None where there is none, see `absence`.

    ground: gives the area of another layer on that day, None where there is no such layer; who loads many layers
    passes its own, so that each is loaded once. cache: where rasters are kept once they are on the working grid.
    margin_m: how far around the jurisdiction a raster is wanted. Raises LayerError that names the entry.
    """
    entry = catalog.entry(layer_id, as_of)
    if entry is None:
        return None
    if ground is None:

        def ground(other: str) -> Ground:
            layer = load(catalog, other, as_of)
            return None if layer is None else area_of(layer)

    if entry.kind.raster:
        judged = ground(catalog.jurisdiction) if entry.kind.heights else None
        area = None if judged is None else _grown(judged, margin_m)
        cover = ground(entry.covers) if entry.covers not in ("", OWN) else None
        return load_raster(catalog, entry, Surroundings(area, cover, cache or Cache()))
    return load_entry(catalog, entry, ground)


def _grown(area: Polygon | MultiPolygon, margin_m: float) -> Bounds:
    west, south, east, north = area.bounds
    return west - margin_m, south - margin_m, east + margin_m, north + margin_m


def absence(catalog: Catalog, layer_id: str, as_of: dt.date) -> Mapping[str, str] | None:
    """Say why a layer is not there on a day, in both languages; None where it is."""
    entry = catalog.entry(layer_id, as_of)
    if entry is not None:
        return None
    versions = catalog.layers.get(layer_id, ())
    if not versions:
        return notice("absent_not_listed")
    return notice("absent_not_valid", as_of=as_of.isoformat(), periods=listed(map(period, versions)))


def period(entry: Entry) -> Mapping[str, str]:
    """Say since when and until when an entry is valid."""
    start = entry.valid_from.isoformat() if entry.valid_from else notice("open_start")
    end = entry.valid_to.isoformat() if entry.valid_to else notice("open_end")
    return notice("period", start=start, end=end)


def load_entry(catalog: Catalog, entry: Entry, ground: Callable[[str], Ground]) -> Layer:
    """Load what an entry declares; see `load`."""
    source = read_source(catalog, entry)
    table = source.table
    columns = read_columns(entry, table)
    notices: Notices = [notice("odd_file", layer=entry.id, text=note) for note in table.notes]
    notices += columns.notices
    if source.assumed:
        notices.append(notice("crs_assumed", layer=entry.id, crs=crs_module.name(source.crs)))
    if not len(table):
        notices.append(notice("no_features", layer=entry.id))
    repaired = repair(_placed(entry, table.geometry, source.crs, catalog.crs))
    notices += _repairs_told(entry, repaired, columns.fields["id"])
    kept = ~shapely.is_missing(repaired.geometry)
    _check_usable(entry, kept)
    geometry = repaired.geometry[kept]
    _check_kind(entry, geometry)
    fields = {name: values[kept] for name, values in columns.fields.items()}
    patches = close_gaps(geometry)
    if len(patches):
        notices.append(notice("gaps_closed", layer=entry.id, n=len(patches)))
    cover, told = _cover(entry, geometry, patches, ground)
    file = None if is_database(entry.path) else catalog.file(entry)
    for array in (geometry, patches, *fields.values()):
        array.flags.writeable = False
    return Layer(
        id=entry.id,
        title=entry.title,
        geometry=geometry,
        fields=fields,
        crs=catalog.crs,
        accuracy_m=UNSTATED_ACCURACY_M if entry.accuracy_m is None else entry.accuracy_m,
        accuracy_stated=entry.accuracy_m is not None,
        cover=cover,
        covers=entry.covers,
        valid_from=entry.valid_from,
        valid_to=entry.valid_to,
        source=entry.source,
        indicative=entry.indicative,
        allowed={name: field.allowed for name, field in entry.kind.fields.items() if field.allowed},
        notices=(*notices, *told),
        patches=patches,
        digest=digest(geometry, patches, fields),
        file_hash=file_hash(file) if file else "",
        path=entry.shown_path,
    )


def area_of(layer: Layer) -> Ground:
    """Give the union of a layer's areas; None where it has none."""
    return _dissolved(layer.geometry, layer.patches)


def digest(
    geometry: NDArray[np.object_], patches: NDArray[np.object_], fields: Mapping[str, NDArray[np.object_]]
) -> str:
    """Give the SHA-256 of loaded geometry and fields: the same for the same content, whatever file it came from."""
    sha = hashlib.sha256()
    for shapes in (geometry, patches):
        sha.update(b"".join(shapely.to_wkb(shapes, byte_order=1)) + b"|")
    sha.update(json.dumps({name: values.tolist() for name, values in sorted(fields.items())}).encode())
    return sha.hexdigest()


def _placed(entry: Entry, geometry: NDArray[np.object_], system: CRS, target: str) -> NDArray[np.object_]:
    try:
        return crs_module.transform(geometry, system, target)
    except CrsError as e:
        raise layer_fault(entry, sentence("errors_layers.in_file", path=entry.shown_path, fault=e)) from e


def _check_usable(entry: Entry, kept: NDArray[np.bool_]) -> None:
    if len(kept) and not kept.any():
        raise layer_fault(entry, sentence("errors_layers.nothing_usable", path=entry.shown_path, n=len(kept)))


def _check_kind(entry: Entry, geometry: NDArray[np.object_]) -> None:
    """Refuse features of a kind that the layer cannot have: a river drawn as a line has no bank to measure from."""
    wanted = entry.kind.geometry
    counts = np.bincount(shapely.get_dimensions(geometry), minlength=3)
    wrong = [name for name, d in DIMENSIONS.items() if counts[d] and name not in wanted]
    if wrong:
        found = [sentence(f"errors_layers.found_{name}", n=counts[DIMENSIONS[name]]) for name in wrong]
        meant = [sentence(f"errors_layers.kind_{name}") for name in wanted]
        told = {
            "found": joined(found, sentence("errors_layers.and")),
            "wanted": joined(meant, sentence("errors_layers.or")),
        }
        raise layer_fault(entry, sentence("errors_layers.wrong_kind", path=entry.shown_path, **told))


def _repairs_told(entry: Entry, repaired: Repaired, ids: NDArray[np.object_]) -> Notices:
    told: Notices = []
    gone = shapely.is_missing(repaired.geometry)
    reason = repaired.reason.astype(str)
    invalid = ~gone & np.isin(reason, ("invalid", "invalid;mixed"))
    if invalid.any():
        told.append(
            notice(
                "repaired",
                layer=entry.id,
                n=int(invalid.sum()),
                faults=listed(sorted({str(fault) for fault in repaired.fault[invalid] if fault})),
                before=f"{repaired.area_before[invalid].sum():.0f}",
                after=f"{repaired.area_after[invalid].sum():.0f}",
                ids=listed(ids[invalid]),
            )
        )
    for entry_name, rows in (("set_aside", ~gone & (repaired.aside > 0)), ("dropped", gone)):
        if rows.any():
            told.append(notice(entry_name, layer=entry.id, n=int(rows.sum()), ids=listed(ids[rows])))
    return told


def _cover(
    entry: Entry, geometry: NDArray[np.object_], patches: NDArray[np.object_], ground: Callable[[str], Ground]
) -> tuple[Ground, Notices]:
    """Give the area that an entry covers, and what is to be told about it."""
    if not entry.covers:
        return None, []
    if entry.covers == OWN:
        return _dissolved(geometry, patches), []
    cover = ground(entry.covers)
    if cover is None:
        return None, [notice("cover_missing", layer=entry.id, covers=entry.covers)]
    met = not len(geometry) or bool(len(shapely.STRtree(geometry).query(cover, predicate="intersects")))
    return cover, [] if met else [notice("far_away", layer=entry.id)]


def _dissolved(geometry: NDArray[np.object_], patches: NDArray[np.object_]) -> Ground:
    areas = np.concatenate([geometry[shapely.get_dimensions(geometry) == _AREA], patches])
    if not len(areas):
        return None
    joined = areas[0] if len(areas) == 1 else shapely.union_all(areas)
    if joined.is_empty:
        return None
    whole: Polygon | MultiPolygon = joined
    return whole
