"""Areas on the ellipsoid: what a plan's figures mean, whatever the projection does to them."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod, Proj

from fuling_gis import crs as crs_module

Floats = NDArray[np.float64]

# A straight edge of the map is no geodesic; pieces of this length differ from one by less than a tenth of a millimetre.
_PIECE_M: Final = 500.0
_WORLD: Final = "EPSG:4490"


@cache
def geod() -> Geod:
    """Give the ellipsoid of CGCS2000."""
    return Geod(a=6378137.0, rf=298.257222101)


def ellipsoidal_m2(geometry: Any, crs: str) -> float:
    """Measure the areas of a geometry on the ellipsoid, square metres. geometry: valid, in a projected CRS."""
    fine = shapely.segmentize(geometry, _PIECE_M)
    polygons = shapely.get_parts(shapely.get_parts(np.atleast_1d(np.asarray(fine, dtype=object))))
    polygons = polygons[shapely.get_dimensions(polygons) == 2]  # noqa: PLR2004  the dimension of an area
    way = crs_module.transformer(crs_module.normalise(crs), crs_module.normalise(_WORLD))
    total = 0.0
    # Rings differ in length, so each is measured by itself.
    for polygon in polygons:
        total += _ring(polygon.exterior, way) - sum(_ring(ring, way) for ring in polygon.interiors)
    return total


def _ring(ring: Any, way: Any) -> float:
    lon, lat = way.transform(*shapely.get_coordinates(ring).T)
    area, _ = geod().polygon_area_perimeter(lon, lat)
    return abs(float(area))


def scale_at(x: Floats, y: Floats, crs: str) -> Floats:
    """Tell how much larger areas are on the map than on the ellipsoid, at places of a projected CRS."""
    system = crs_module.normalise(crs)
    way = crs_module.transformer(system, crs_module.normalise(_WORLD))
    lon, lat = way.transform(x, y)
    return np.asarray(Proj(system).get_factors(lon, lat).areal_scale, dtype=np.float64)
