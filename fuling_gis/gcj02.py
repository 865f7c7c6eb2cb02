"""The shifted coordinates of Chinese phone maps, and the way back to true ones.

GCJ-02 (Amap, Tencent) and BD-09 (Baidu) are no coordinate systems but shifts put on WGS 84 longitudes and latitudes.
The way there is a formula; the way back is found by going there and correcting, until nothing is left. Longitudes and
latitudes are degrees throughout. Outside China nothing is shifted.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

# float64 of any one shape.
Degrees: TypeAlias = NDArray[np.float64]
LonLat: TypeAlias = tuple[Degrees, Degrees]

# What the undone shift may still be off, metres: the services round, and their own survey of places is no better.
ACCURACY_M: Final = 5.0

# The ellipsoid of the shift is Krassowsky's (1940): semi-major axis in metres, first eccentricity squared.
_AXIS: Final = 6378245.0
_ECCENTRICITY2: Final = 0.00669342162296594323
# The frame within which the services shift: west, south, east, north.
_FRAME: Final = (72.004, 0.8293, 137.8347, 55.8271)
# Baidu's own turn is written with this many "degrees" to the half circle.
_TURN: Final = np.pi * 3000.0 / 180.0
# Each step leaves about a thousandth of the error before it: the first is 600 m off, the fourth less than a micrometre.
_STEPS: Final = 8


def wgs84_to_gcj02(lon: Degrees, lat: Degrees) -> LonLat:
    """Shift true longitudes and latitudes as the services do."""
    dlon, dlat = _shift(lon, lat)
    inside = _shifted(lon, lat)
    return np.where(inside, lon + dlon, lon), np.where(inside, lat + dlat, lat)


def gcj02_to_wgs84(lon: Degrees, lat: Degrees) -> LonLat:
    """Undo the shift of GCJ-02, to less than a millimetre of the formula."""
    inside = _shifted(lon, lat)
    true_lon, true_lat = lon.astype(np.float64), lat.astype(np.float64)
    for _ in range(_STEPS):
        dlon, dlat = _shift(true_lon, true_lat)
        true_lon, true_lat = lon - dlon, lat - dlat
    return np.where(inside, true_lon, lon), np.where(inside, true_lat, lat)


def gcj02_to_bd09(lon: Degrees, lat: Degrees) -> LonLat:
    """Put Baidu's further shift on GCJ-02."""
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _TURN)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _TURN)
    inside = _shifted(lon, lat)
    return np.where(inside, radius * np.cos(angle) + 0.0065, lon), np.where(inside, radius * np.sin(angle) + 0.006, lat)


def bd09_to_gcj02(lon: Degrees, lat: Degrees) -> LonLat:
    """Undo Baidu's further shift, to less than a millimetre of the formula."""
    inside = _shifted(lon, lat)
    first_lon, first_lat = lon - 0.0065, lat - 0.006
    for _ in range(_STEPS):
        there_lon, there_lat = gcj02_to_bd09(first_lon, first_lat)
        first_lon, first_lat = first_lon + (lon - there_lon), first_lat + (lat - there_lat)
    return np.where(inside, first_lon, lon), np.where(inside, first_lat, lat)


def bd09_to_wgs84(lon: Degrees, lat: Degrees) -> LonLat:
    """Undo both shifts of BD-09."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


def _shifted(lon: Degrees, lat: Degrees) -> NDArray[np.bool_]:
    west, south, east, north = _FRAME
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


def _shift(lon: Degrees, lat: Degrees) -> LonLat:
    """Give the shift in degrees: two polynomials with waves about 105 E 35 N, in metres, over the ellipsoid's radii."""
    x, y = lon - 105.0, lat - 35.0
    short = 20.0 * np.sin(6.0 * np.pi * x) + 20.0 * np.sin(2.0 * np.pi * x)
    root = np.sqrt(np.abs(x))
    waves_x = short + _waves(x, 150.0, 300.0)
    waves_y = short + _waves(y, 160.0, 320.0)
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + waves_x * 2.0 / 3.0
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + waves_y * 2.0 / 3.0
    phi = np.radians(lat)
    magic = 1.0 - _ECCENTRICITY2 * np.sin(phi) ** 2
    parallel = _AXIS / np.sqrt(magic) * np.cos(phi)
    meridian = _AXIS * (1.0 - _ECCENTRICITY2) / magic**1.5
    return np.degrees(east_m / parallel), np.degrees(north_m / meridian)


def _waves(at: Degrees, middle: float, wide: float) -> Degrees:
    near = 20.0 * np.sin(np.pi * at) + 40.0 * np.sin(np.pi * at / 3.0)
    far: Degrees = near + middle * np.sin(np.pi * at / 12.0) + wide * np.sin(np.pi * at / 30.0)
    return far
