"""Geometries of a GeoJSON that are not of its standard: a library gives none for them, and no reason."""

from __future__ import annotations

import json
import mmap
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from fuling_gis.readers.lines import records

_KINDS: Final = frozenset(
    ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection")
)
_TYPE: Final = re.compile(rb"[\"']type[\"']\s*:\s*[\"']([^\"']{0,60})[\"']")
_USUAL: Final = {kind.encode() for kind in (*_KINDS, "Feature", "FeatureCollection", "name", "link", "EPSG")}
# A larger file is not read a second time for a reason.
_MOST_BYTES: Final = 64 << 20
_MOST_OF_USUAL: Final = 16 << 20
_SHOWN: Final = 40


def of_datav(fields: Sequence[str]) -> bool:
    """Tell the boundaries that Alibaba's DataV and Amap hand out: they are GCJ-02 and do not say so."""
    return "adcode" in fields and bool({"center", "centroid", "acroutes", "childrenNum"} & set(fields))


class Strange:
    """The features of a file whose geometry is of no kind that there is, or not written as one.

    They are looked for once, when one has none.
    """

    def __init__(self, path: Path, *, sequence: bool) -> None:
        # sequence: whether there is one feature a line.
        self.path, self.sequence = path, sequence

    def __call__(self, read: NDArray[np.object_], at: int) -> dict[int, str]:
        """Say of rows without geometry, by their place among those read, what stands there; at: the first row."""
        missing = np.flatnonzero(shapely.is_missing(read)).tolist()
        return {row: self._kinds[at + row] for row in missing if at + row in self._kinds} if missing else {}

    @cached_property
    def _kinds(self) -> Mapping[int, str]:
        if self.path.stat().st_size > _MOST_BYTES:
            return {}
        with self.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
            large = self.path.stat().st_size > _MOST_OF_USUAL
            if large and all(found[1] in _USUAL for found in _TYPE.finditer(text)):
                return {}
        try:
            kinds = [_kind(feature) for feature in _features(self.path, sequence=self.sequence)]
        except (ValueError, RecursionError, AttributeError, TypeError):
            # The library read it somehow; then its rows have no reason.
            return {}
        return {at: kind for at, kind in enumerate(kinds) if kind}


def _features(path: Path, *, sequence: bool) -> Iterator[Any]:
    if sequence:
        yield from map(json.loads, records(path))
        return
    whole = json.loads(path.read_text("utf-8-sig"))
    yield from whole.get("features", [whole])


def _kind(feature: Mapping[str, Any]) -> str:
    """Give what a feature's geometry, or a bare one, is said to be; "" where it says that it is none.

    Asked of those of which a library makes nothing: text in place of numbers, or brackets too many or too few.
    """
    drawn = feature.get("geometry") if feature.get("type") == "Feature" else feature
    said = drawn.get("type") if isinstance(drawn, dict) else None
    if drawn is None:
        return ""
    if said not in _KINDS:
        return f"geometry={str(said)[:_SHOWN]!r}"
    key = "geometries" if said == "GeometryCollection" else "coordinates"
    if drawn.get(key) == []:
        return ""
    return f"{said} {key}={json.dumps(drawn.get(key), ensure_ascii=False)[:_SHOWN]}"
