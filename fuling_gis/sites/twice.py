"""Two positions in one row: a sheet with degrees as well as metres, which may not mean the same place.

Only one pair of columns is read. The other is no more than a witness: nothing is moved by it, but where it stands far
from what was read, one of the two is wrong, and nobody here knows which.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from fuling_gis import crs as crs_module
from fuling_gis.crs import CHINA
from fuling_gis.readers import place as place_module
from fuling_gis.readers.place import Place
from fuling_gis.readers.table import Table, TableSource
from fuling_gis.sites.system import System

# Metres. The old datums lie up to some 150 m from CGCS2000, which is no slip of a sheet; the shift of the map services
# (GCJ-02, some 500 m here) is one.
APART_M: Final = 300.0
# Central meridians of all zones, 3 and 6 degrees wide, are multiples of this; a sheet may use a neighbour's.
_STEP: Final = 3
_ZONES: Final = range(25, 46)


@dataclass(frozen=True)
class Second:
    """The pair of columns that is not read."""

    # `x` before `y`, or longitude before latitude.
    columns: tuple[str, str]
    degrees: bool


def second(source: TableSource, first: Table | None) -> Second | None:
    """Find other columns of a table that hold positions too; None where there are none, or none is read from columns.

    first: its first rows, by which it is told what X and Y mean.
    """
    if first is None or not source.position:
        return None
    taken = set(source.position)
    found = [where for where in place_module.candidates(source.fields) if not taken & set(where.columns)]
    where = next((one for one in found if one.kind != "wkt"), None)
    if where is None:
        return None
    if where.open and place_module.northing_first(*_numbers(first, where)):
        where = replace(where, columns=where.columns[::-1])
    return Second((where.columns[0], where.columns[1]), where.kind == "lonlat")


def apart(
    table: Table, other: Second, geometry: NDArray[np.object_], system: System, target: CRS
) -> NDArray[np.float64]:
    """Tell how far the second position of each row is from what was read, metres; NaN where either says nothing.

    geometry: what was read, in the working CRS. Metres may be in any zone near the place, so the nearest is meant.
    """
    x, y = _numbers(table, Place("", other.columns))
    out = np.full(len(x), np.nan)
    known = np.isfinite(x) & np.isfinite(y) & ~shapely.is_missing(geometry)
    rows = np.flatnonzero(known)
    if not len(rows):
        return out
    for crs, fits in _meanings(x[rows], y[rows], other, geometry[rows], system, target):
        if fits.any():
            at = rows[fits]
            points = np.asarray(shapely.points(x[at], y[at]), dtype=object)
            there = _there(points, crs, system, target)
            out[at] = np.fmin(out[at], shapely.distance(geometry[at], there))
    out[~np.isfinite(out)] = np.nan
    return out


def _numbers(table: Table, where: Place) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x, y = (place_module.numbers(table.arrow.column(name)) for name in where.columns)
    return x, y


def _there(points: NDArray[np.object_], crs: CRS, system: System, target: CRS) -> NDArray[np.object_]:
    if crs is system.crs and system.moves and not system.shift:
        return crs_module.transform(system.unshifted(points), system.true_crs, target)
    return crs_module.transform(points, crs, target)


def _meanings(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    other: Second,
    geometry: NDArray[np.object_],
    system: System,
    target: CRS,
) -> list[tuple[CRS, NDArray[np.bool_]]]:
    """List the systems that the numbers may be in, each with the rows that it fits."""
    if other.degrees:
        west, south, east, north = CHINA
        return [(crs_module.normalise(4490), (x >= west) & (x <= east) & (y >= south) & (y <= north))]
    northing = (y > 3.3e5) & (y < 6.2e6)  # noqa: PLR2004  metres from the equator to China's ends
    bare = northing & (x > 1e5) & (x < 9e5)  # noqa: PLR2004  no zone number before the easting
    mercator = (x > 8e6) & (x < 1.6e7) & (y > 3.3e5) & (y < 7.1e6)  # noqa: PLR2004
    numbers = np.where(northing, x // 1e6, 0).astype(int)
    found = [(crs_module.normalise(3857), mercator)]
    if not system.crs.is_geographic:
        found.append((system.crs, bare | (numbers > 0)))
    for width in (3, 6):
        for zone in np.unique(numbers[numbers > 0]):
            code = crs_module.zone_code("cgcs2000", width, int(zone), numbered=True)
            if code is not None:
                found.append((crs_module.normalise(code), numbers == zone))
    middle = crs_module.transform(np.asarray(shapely.centroid(geometry), dtype=object), target, 4490)
    nearest = np.rint(shapely.get_x(middle) / _STEP)
    for zone in _ZONES:
        code = crs_module.zone_code("cgcs2000", _STEP, zone, numbered=False)
        near = bare & (np.abs(nearest - zone) <= 1)
        if code is not None and near.any():
            found.append((crs_module.normalise(code), near))
    return found
