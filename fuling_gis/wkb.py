"""Geometries as well-known binary in Arrow arrays, and back.

Points, by far the most frequent kind where there are many sites, all have the same length: they are written and read
as one array of numbers, without a Python object for each.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

# A point in the byte order of every processor of today: order, type, x and y.
_RECORD: Final = np.dtype([("order", "u1"), ("type", "<u4"), ("xy", "<f8", 2)])
_LITTLE_ENDIAN: Final = 1
_POINT: Final = 1


def as_wkb(geometry: NDArray[np.object_]) -> pa.Array:
    """Give geometries as binary, null where there is none."""
    plain = shapely.get_type_id(geometry) == shapely.GeometryType.POINT
    if plain.all() and not (shapely.has_z(geometry) | shapely.has_m(geometry) | shapely.is_empty(geometry)).any():
        return _points_as_wkb(shapely.get_coordinates(geometry))
    return pa.array(shapely.to_wkb(geometry), pa.binary())


def from_wkb(column: pa.Array | pa.ChunkedArray, *, on_invalid: str = "raise") -> NDArray[np.object_]:
    """Read geometries of binary, None where null; on_invalid: as shapely knows it."""
    found = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    xy = _plain_points(found)
    if xy is not None:
        # All of them are numbers, which need not be asked again.
        points: NDArray[np.object_] = shapely.points(xy, handle_nan="allow")
        return points
    with np.errstate(invalid="ignore"):
        # Coordinates that are no numbers are told of by whoever asks for the sites.
        read: NDArray[np.object_] = shapely.from_wkb(found.to_numpy(zero_copy_only=False), on_invalid=on_invalid)
    return read


def _points_as_wkb(xy: NDArray[np.float64]) -> pa.Array:
    records = np.empty(len(xy), _RECORD)
    records["order"], records["type"], records["xy"] = _LITTLE_ENDIAN, _POINT, xy
    ends = np.arange(len(xy) + 1, dtype=np.int32) * np.int32(_RECORD.itemsize)
    return pa.Array.from_buffers(pa.binary(), len(xy), [None, pa.py_buffer(ends), pa.py_buffer(records)])


def _plain_points(column: pa.Array) -> NDArray[np.float64] | None:
    """Give the coordinates where all are plain points with a place; None where one is anything else."""
    if not len(column) or column.null_count or not pa.types.is_binary(column.type):
        return None
    _, ends, data = column.buffers()
    end = np.frombuffer(ends, np.int32)[column.offset : column.offset + len(column) + 1]
    if (np.diff(end) != _RECORD.itemsize).any():
        return None
    records = np.frombuffer(data, np.uint8)[end[0] : end[-1]].view(_RECORD)
    if (records["order"] != _LITTLE_ENDIAN).any() or (records["type"] != _POINT).any():
        return None
    xy = np.ascontiguousarray(records["xy"])
    return xy if np.isfinite(xy).all() else None
