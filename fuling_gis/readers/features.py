"""GeoJSON that comes as values and not as a file: from a drawing on a map, or from another program.

Its values are checked one by one here, so no driver of any format ever sees them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import shapely
from pyproj import CRS

from fuling_gis import crs
from fuling_gis.errors import CrsError, FileError
from fuling_gis.labels import sentence
from fuling_gis.readers.elsewhere import is_address, is_usual, name_said
from fuling_gis.readers.table import Piece, TableSource, Words, note

# More columns than any register of projects has, and more text than any cell of one.
MOST_COLUMNS: Final = 200
LONGEST_TEXT: Final = 4_000
# Characters of unreadable coordinates, and of names of systems, that are told.
_TOLD: Final = 60
# A system by its code, as a URN or an address or by itself.
_CODE: Final = re.compile(r"(?:^|\bEPSG\b\W{0,3}(?:[\d.]{0,6}\W)?)(\d{4,6})$", re.IGNORECASE)
_SHAPES: Final = frozenset(
    ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection")
)


def features_of(value: object, name: str) -> list[Mapping[str, Any]]:
    """Give the features of a GeoJSON value: of a collection, of one feature, or of a bare geometry.

    name: what the value is called in a message. Raises FileError for anything else, and for a feature that is none.
    """
    kind = value.get("type") if isinstance(value, Mapping) else None
    if kind == "FeatureCollection" and isinstance(value, Mapping):
        found = value.get("features")
        if isinstance(found, list) and all(isinstance(one, Mapping) for one in found):
            return found
        raise FileError(sentence("errors_serve.not_features", name=name))
    if kind == "Feature" and isinstance(value, Mapping):
        return [value]
    if isinstance(kind, str) and kind in _SHAPES:
        return [{"type": "Feature", "properties": {}, "geometry": value}]
    raise FileError(sentence("errors_serve.not_geojson", name=name))


@dataclass(frozen=True)
class Named:
    """In which system the coordinates of a GeoJSON value are."""

    # None where one is named that is not known here.
    crs: CRS | None
    why: Words
    # The names of systems that were not understood.
    heading: str = ""


def system_said(value: object, name: str) -> Named:
    """Find in which system the coordinates of a GeoJSON value are: WGS 84 unless a member `crs` names another.

    Programs still write the member that the standard has given up, and GCJ-02 is named nowhere else. Raises FileError
    where it is an address.
    """
    found = [one["crs"] for one in _holders(value) if one.get("crs") is not None]
    if any(map(is_address, found)):
        raise FileError(sentence("errors_readers.crs_elsewhere", path=name))
    said = list(dict.fromkeys(text for text in map(name_said, found) if text and not is_usual(text)))
    if not said:
        return Named(crs.normalise(4326), note("crs_geojson"))
    code = _CODE.search(said[0].strip())
    # A system that only some features name is none of the others.
    of_all = isinstance(value, Mapping) and value.get("crs") is not None
    if len(said) == 1 and code and (of_all or len(found) >= len(features_of(value, name))):
        with suppress(CrsError):
            system = crs.normalise(int(code[1]))
            return Named(system, note("crs_file", name=crs.name(system)))
    shown = _word(", ".join(said))[:_TOLD]
    return Named(None, note("crs_json", found=shown), shown)


def _holders(value: object) -> Iterator[Mapping[str, Any]]:
    """Give what may have a member `crs`: the value, its features, and their geometries."""
    if not isinstance(value, Mapping):
        return
    yield value
    features = value.get("features")
    for one in (value, *(features if isinstance(features, list) else [])):
        if isinstance(one, Mapping):
            if one is not value:
                yield one
            if isinstance(one.get("geometry"), Mapping):
                yield one["geometry"]


def features_source(features: Sequence[Mapping[str, Any]], name: str, system: Named | None = None) -> TableSource:
    """Get features ready to be read as the rows of a file.

    system: that of their coordinates, longitude and latitude of WGS 84 unless it is given. A geometry that cannot be
    read leaves its row without one, with what stood there. Raises FileError for no features, and for more columns than
    there can be.
    """
    system = system or Named(crs.normalise(4326), note("crs_geojson"))
    if not features:
        raise FileError(sentence("errors_serve.no_features", name=name))
    rows = [one.get("properties") for one in features]
    cells = [row if isinstance(row, Mapping) else {} for row in rows]
    fields = tuple(dict.fromkeys(_word(key) for row in cells for key in row))
    if len(fields) > MOST_COLUMNS:
        raise FileError(sentence("errors_serve.many_columns", name=name, count=len(fields), most=MOST_COLUMNS))
    texts = [{_word(key): _text(value) for key, value in row.items()} for row in cells]
    table = pa.table({field: pa.array([row.get(field) for row in texts], pa.string()) for field in fields})
    geometry = np.full(len(features), None, dtype=object)
    unread: dict[int, str] = {}
    # One by one: each comes from somebody else and may be anything.
    for row, one in enumerate(features):
        drawn = one.get("geometry")
        if drawn is None:
            continue
        try:
            geometry[row] = shapely.from_geojson(json.dumps(drawn, allow_nan=False))
        except (shapely.GEOSException, ValueError, TypeError, RecursionError):
            unread[row] = _word(drawn)[:_TOLD]

    def stream(size: int, columns: tuple[str, ...] | None, with_geometry: bool) -> Iterator[Piece]:  # noqa: FBT001
        kept = table if columns is None else table.select(list(columns))
        for start in range(0, len(features), size):
            stop = min(start + size, len(features))
            shapes = geometry[start:stop] if with_geometry else np.full(stop - start, None, dtype=object)
            odd = {row - start: text for row, text in unread.items() if start <= row < stop}
            yield Piece(kept.slice(start, size), shapes, odd)

    return TableSource(
        path=Path(name),
        driver="GeoJSON",
        fields=fields,
        stream=stream,
        crs=system.crs,
        crs_why=system.why,
        crs_heading=system.heading,
        count=len(features),
    )


def _text(value: object) -> str | None:
    """Give a value of a property as text; a list or an object as it would be written."""
    return None if value is None else _word(value)


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    # Half a pair of surrogates is no character; no file could hold it.
    return text[:LONGEST_TEXT].encode("utf-8", "replace").decode()
