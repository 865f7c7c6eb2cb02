"""Coordinate reference systems: one normaliser, one comparison, one transformation.

Every coordinate in this package is x, y (easting, northing or longitude, latitude), whatever the register says about
axis order. A shift between datums that nobody has measured is refused, never taken for nothing; only CGCS2000 and
WGS 84, which agree within a metre, are joined without one. Files and questions of encoding are left to the readers.
"""

from __future__ import annotations

import re
import textwrap
import warnings
from dataclasses import dataclass
from functools import cache
from typing import Final, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError as PyprojCRSError
from pyproj.exceptions import ProjError

from fuling_gis.errors import CrsError, LocalShiftError
from fuling_gis.labels import sentence

# What a caller may pass; what is held is always a CRS.
SomeCRS: TypeAlias = str | int | CRS
# minx, miny, maxx, maxy
Bounds: TypeAlias = tuple[float, float, float, float]

# Zone tables of the EPSG register (v12): the code of a datum's first zone, with the zone number in the easting and
# named by the central meridian. Zones follow one another without a gap; 3-degree zones 25..45, 6-degree 13..23.
_ZONE_CODES: Final = {
    "cgcs2000": {3: (4513, 4534), 6: (4491, 4502)},
    "xian80": {3: (2349, 2370), 6: (2327, 2338)},
    "beijing54": {3: (2401, 2422), 6: (21413, 21453)},
}
_FIRST_ZONE: Final = {3: 25, 6: 13}
_LAST_ZONE: Final = {3: 45, 6: 23}
_GEOGRAPHIC: Final = {"cgcs2000": 4490, "xian80": 4610, "beijing54": 4214, "wgs84": 4326}

# Semi-major axis in metres, inverse flattening, and what the name of the datum (or, where that is empty talk, of the
# system) must contain, letters and digits only.
_DATUMS: Final = {
    "cgcs2000": (6378137.0, 298.257222101, re.compile(r"cgcs2000|china2000|chinageodetic|^d?2000$")),
    "wgs84": (6378137.0, 298.257223563, re.compile(r"wgs84|wgs1984|worldgeodeticsystem1984")),
    "xian80": (6378140.0, 298.257, re.compile(r"xian")),
    "beijing54": (6378245.0, 298.3, re.compile(r"beijing")),
}
_NAMES: Final = {"cgcs2000": "CGCS2000", "wgs84": "WGS 84", "xian80": "Xi'an 1980", "beijing54": "Beijing 1954"}
# Datums that agree within a metre.
_AGREEING: Final = frozenset({"cgcs2000", "wgs84"})
# Datums that only local parameters join with another one; the register's own shifts are for other regions.
LOCAL: Final = frozenset({"xian80", "beijing54"})

# Edges are cut before reprojection, so that what is straight on one side stays where it was on the other: a piece of
# this length leaves the line by less than 0.2 mm in China.
SEGMENT_DEG: Final = 0.001
SEGMENT_M: Final = 100.0
# The most pieces of one outline: the border of China would be cut into a fifth of them.
_MOST_EDGES: Final = 1_000_000

# Longitude and latitude of China, with its seas (GB 22021-2008 gives the extreme points; rounded outward).
CHINA: Final[Bounds] = (73.0, 3.0, 136.0, 54.0)


@dataclass(frozen=True)
class Guess:
    """What the size of coordinates suggests. An offer: nothing applies it unasked."""

    # lonlat | lonlat_swapped | zone | no_zone | swapped | mercator
    kind: str
    # What `--crs` may say to accept it, best first; empty where the columns must be exchanged first.
    options: tuple[str, ...]
    # Zone number written before the easting, 0 where there is none.
    zone: int = 0


# Systems that were normalised, by identity, each with its code. pyproj writes a whole text to compare or hash a system,
# and asks its database for a code each time: a millisecond where a single site is asked about.
_KNOWN: Final[dict[int, tuple[CRS, int | None]]] = {}


def normalise(some: SomeCRS) -> CRS:
    """Give the horizontal CRS that is meant, under its EPSG code wherever it has one.

    some: a code (4545, `EPSG:4545`), WKT of any dialect, a PROJ text or a CRS. Raises CrsError.
    """
    if id(some) in _KNOWN:
        return _KNOWN[id(some)][0]
    if isinstance(some, CRS):
        return _normalised(some)
    text = str(some).strip()
    if text.isdigit():
        text = f"EPSG:{text}"
    return _from_text(text)


@cache
def _from_text(text: str) -> CRS:
    try:
        return _normalised(CRS.from_user_input(text))
    except (PyprojCRSError, ProjError) as e:
        shown = textwrap.shorten(text, 80, placeholder="...")
        raise CrsError(sentence("errors_readers.no_crs", crs=shown)) from e


@cache
def _normalised(crs: CRS) -> CRS:
    crs = _horizontal(crs)
    if crs.is_geocentric or crs.is_vertical:
        raise CrsError(sentence("errors_readers.no_plan", crs=crs.name))
    code = _code(crs)
    found = crs if code is None else CRS.from_epsg(code)
    # Kept for good, so nothing else comes to have its identity.
    _KNOWN[id(found)] = (found, code)
    return found


def code_of(crs: SomeCRS) -> int | None:
    """Give the EPSG code of a CRS; None where it has none."""
    return _KNOWN[id(normalise(crs))][1]


def _horizontal(crs: CRS) -> CRS:
    """Drop what a plan does not need: heights, and shifts bound to a text by whoever wrote it."""
    if crs.is_bound and crs.source_crs is not None:
        return _horizontal(crs.source_crs)
    if crs.is_compound:
        return _horizontal(crs.sub_crs_list[0])
    if len(crs.axis_info) == 3 and not crs.is_geocentric:  # noqa: PLR2004  three axes: the third is height
        return crs.to_2d()
    return crs


def _code(crs: CRS) -> int | None:
    """Find the EPSG code: the register's own search, the search by ESRI's names, then our table."""
    found = crs.to_epsg()
    if found is None and not crs.is_engineering:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = _esri_code(crs)
    return found if found is not None else _table_code(crs)


def _esri_code(crs: CRS) -> int | None:
    try:
        return CRS.from_wkt(crs.to_wkt("WKT1_ESRI")).to_epsg()
    except PyprojCRSError:
        return None


def _table_code(crs: CRS) -> int | None:
    """Find the code of a Chinese or WGS 84 system by its parameters, whatever it calls itself."""
    datum = datum_of(crs)
    if datum is None or (crs.prime_meridian is not None and crs.prime_meridian.longitude != 0):
        return None
    if crs.is_geographic:
        return _GEOGRAPHIC[datum]
    return _zone_code(crs, datum)


def _zone_code(crs: CRS, datum: str) -> int | None:
    """Find the code of the zone of a datum that has the grid of a system."""
    grid = _grid(crs)
    if grid is None or datum not in _ZONE_CODES:
        return None
    meridian, easting = grid
    for width, (numbered, central) in _ZONE_CODES[datum].items():
        zone = meridian / width if width == 3 else (meridian + 3) / width  # noqa: PLR2004  zones are 3 or 6 degrees
        if zone != int(zone) or not _FIRST_ZONE[width] <= zone <= _LAST_ZONE[width]:
            continue
        step = int(zone) - _FIRST_ZONE[width]
        if easting == 500_000.0:  # noqa: PLR2004  the false easting of every Gauss-Kruger zone
            return central + step
        if easting == zone * 1e6 + 500_000.0:
            return numbered + step
    return None


def _grid(crs: CRS) -> tuple[float, float] | None:
    """Give central meridian and false easting of a Gauss-Kruger grid in metres; None for anything else."""
    operation = crs.coordinate_operation
    if operation is None or operation.method_name not in ("Transverse Mercator", "Gauss Kruger", "Gauss-Kruger"):
        return None
    found = {p.name.lower(): float(p.value) for p in operation.params}
    plain = (
        found.get("scale factor at natural origin") == 1.0
        and found.get("latitude of natural origin") == 0.0
        and found.get("false northing") == 0.0
        and all(p.unit_name in ("metre", "degree", "unity", "Meter", "Degree") for p in operation.params)
        and all(axis.unit_conversion_factor == 1.0 for axis in crs.axis_info)
    )
    meridian, easting = found.get("longitude of natural origin"), found.get("false easting")
    if not plain or meridian is None or easting is None:
        return None
    return round(meridian, 9), round(easting, 6)


def datum_of(crs: CRS) -> str | None:
    """Tell which of the datums used in China a CRS has: cgcs2000, wgs84, xian80, beijing54; None for any other.

    The ellipsoid must agree and the datum, or the system, must bear a name of it: the ellipsoid of CGCS2000 alone is
    also that of European and American datums.
    """
    if crs.ellipsoid is None:
        return None
    geodetic = crs.geodetic_crs
    names = [crs.datum.name if crs.datum else "", geodetic.name if geodetic else "", crs.name]
    plain = [re.sub(r"[^a-z0-9]", "", text.lower()) for text in names]
    for key, (axis, flattening, named) in _DATUMS.items():
        alike = round(crs.ellipsoid.semi_major_metre - axis, 3) == 0 and (
            abs(crs.ellipsoid.inverse_flattening - flattening) < 5e-7  # noqa: PLR2004  the two 298.2572... differ by 1.5e-6
        )
        if alike and any(named.search(text) for text in plain):
            return key
    return None


def counterpart(crs: SomeCRS) -> CRS | None:
    """Give the CGCS2000 system with the same grid as one of Xi'an 1980 or Beijing 1954; None for any other."""
    found = normalise(crs)
    datum, code = datum_of(found), code_of(found)
    if datum not in LOCAL or code is None:
        return None
    if code == _GEOGRAPHIC[datum]:
        return normalise(_GEOGRAPHIC["cgcs2000"])
    for width, firsts in _ZONE_CODES[datum].items():
        for form, first in enumerate(firsts):
            step = code - first
            if 0 <= step <= _LAST_ZONE[width] - _FIRST_ZONE[width]:
                return normalise(_ZONE_CODES["cgcs2000"][width][form] + step)
    return None


def name(crs: SomeCRS) -> str:
    """Name a CRS as `EPSG:4545`, or by its own name where it has no code."""
    found = normalise(crs)
    code = code_of(found)
    return f"EPSG:{code}" if code is not None else found.name


def same(a: SomeCRS, b: SomeCRS) -> bool:
    """Tell whether two CRSs give every place the same x and y, whatever their texts and axis orders say."""
    first, second = normalise(a), normalise(b)
    codes = code_of(first), code_of(second)
    if None not in codes:
        return codes[0] == codes[1]
    return first is second or bool(first == second or first.equals(second, ignore_axis_order=True))


def transform(
    geometry: NDArray[np.object_], source: SomeCRS, target: SomeCRS, *, densify: bool = True
) -> NDArray[np.object_]:
    """Bring geometries from one CRS to another; the same array where they are the same CRS.

    densify: cut long edges first, so that straight borders, and borders that two features share with different
    vertices, stay where they are. A vertex where the target CRS has no place becomes infinite.
    Raises CrsError where only a shift that nobody has measured would join the two.
    """
    if same(source, target):
        return geometry
    first, second = normalise(source), normalise(target)
    mover = transformer(first, second)
    if (shapely.get_type_id(geometry) == shapely.GeometryType.POINT).all():
        points = _moved_points(geometry, mover)
        if points is not None:
            return points
    elif densify:
        geometry = _densified(geometry, SEGMENT_DEG if first.is_geographic else SEGMENT_M)
    moved: NDArray[np.object_] = shapely.transform(geometry, mover.transform, interleaved=False)
    return moved


def transform_places(xy: NDArray[np.float64], source: SomeCRS, target: SomeCRS) -> NDArray[np.float64]:
    """Bring coordinates of points, of shape (n, 2), from one CRS to another, x before y; see `transform`."""
    if same(source, target):
        return xy
    return np.column_stack(transformer(normalise(source), normalise(target)).transform(xy[:, 0], xy[:, 1]))


def _moved_points(geometry: NDArray[np.object_], mover: Transformer) -> NDArray[np.object_] | None:
    """Bring points to their new places, made anew: quicker than moving them; None where one is empty."""
    xy = shapely.get_coordinates(geometry)
    if len(xy) != len(geometry):
        return None
    x, y = mover.transform(xy[:, 0], xy[:, 1])
    return np.asarray(shapely.points(x, y, handle_nan="allow"), dtype=object)


def _densified(geometry: NDArray[np.object_], length: float) -> NDArray[np.object_]:
    edged = shapely.get_dimensions(geometry) > 0
    if not edged.any():
        return geometry
    # An outline that is longer is on no map; cutting one at the far end of all numbers would take all memory.
    edged[edged] = shapely.length(geometry[edged]) < _MOST_EDGES * length
    out = geometry.copy()
    sound = edged & shapely.is_valid(geometry)
    out[sound] = shapely.segmentize(geometry[sound], length)
    # GEOS mends what is invalid on the way, and may lose half of it: these few are cut ring by ring.
    for i in np.flatnonzero(edged & ~sound):
        out[i] = _densified_rings(geometry[i], length)
    return out


def _densified_rings(geometry: shapely.Geometry, length: float) -> shapely.Geometry:
    if isinstance(geometry, shapely.Polygon):
        rings = [shapely.LineString(ring.coords) for ring in (geometry.exterior, *geometry.interiors)]
        shell, *holes = (shapely.get_coordinates(shapely.segmentize(ring, length)) for ring in rings)
        return shapely.Polygon(shell, holes)
    if hasattr(geometry, "geoms"):
        return type(geometry)([_densified_rings(part, length) for part in geometry.geoms])
    return geometry


_MOVERS: Final[dict[tuple[int, int], Transformer]] = {}


def transformer(source: CRS, target: CRS) -> Transformer:
    """Give the transformation between two normalised CRSs, x before y; raises CrsError where there is none."""
    source, target = normalise(source), normalise(target)
    key = (id(source), id(target))
    if key not in _MOVERS:
        _MOVERS[key] = _transformer(source, target)
    return _MOVERS[key]


def _transformer(source: CRS, target: CRS) -> Transformer:
    ours, theirs = datum_of(source), datum_of(target)
    joined = ours is not None and (ours == theirs or {ours, theirs} <= _AGREEING)
    if not joined and (ours in LOCAL or theirs in LOCAL):
        raise LocalShiftError(_unjoined(source, target))
    try:
        return Transformer.from_crs(source, target, always_xy=True, allow_ballpark=joined)
    except ProjError as e:
        raise CrsError(_unjoined(source, target)) from e


def _unjoined(source: CRS, target: CRS) -> dict[str, str]:
    first, second = datum_of(source), datum_of(target)
    datum = _NAMES.get(first or "", source.datum.name if source.datum else "unknown")
    wanted = _NAMES.get(second or "", target.datum.name if target.datum else "unknown")
    twin = beijing_twin(source)
    if twin is not None:
        option = f"EPSG:{twin}"
        return sentence("errors_readers.no_way_pulkovo", source=name(source), datum=datum, option=option)
    return sentence("errors_readers.no_way", source=name(source), datum=datum, wanted=wanted, target=name(target))


def beijing_twin(crs: CRS) -> int | None:
    """Give the code of the system of Beijing 1954 with the grid of one of Pulkovo 1942; None for any other.

    MapInfo has no name for Beijing 1954 and calls it Pulkovo 1942, whose ellipsoid it shares.

    >>> beijing_twin(CRS(2612)), beijing_twin(CRS(4284)), beijing_twin(CRS(4545))
    (2433, 4214, None)
    """
    if crs.datum is None or "pulkovo" not in crs.datum.name.lower():
        return None
    if crs.is_geographic:
        return _GEOGRAPHIC["beijing54"]
    return _zone_code(crs, "beijing54")


def geographic_code(datum: str) -> int:
    """Give the EPSG code of longitude and latitude on a datum: cgcs2000, xian80, beijing54 or wgs84."""
    return _GEOGRAPHIC[datum]


def zone_code(datum: str, width: int, zone: int, *, numbered: bool) -> int | None:
    """Give the EPSG code of a Gauss-Kruger zone; None where there is none.

    width: degrees, 3 or 6. numbered: the zone's number stands before the easting.
    """
    if datum not in _ZONE_CODES or width not in _FIRST_ZONE or not _FIRST_ZONE[width] <= zone <= _LAST_ZONE[width]:
        return None
    with_number, central = _ZONE_CODES[datum][width]
    return (with_number if numbered else central) + zone - _FIRST_ZONE[width]


def guess(bounds: Bounds) -> tuple[Guess, ...]:  # noqa: PLR0911  one answer for each size
    """Say what coordinates of this size could be; empty where they fit nothing that is used in China."""
    minx, miny, maxx, maxy = bounds
    xs, ys = (minx, maxx), (miny, maxy)
    if _lies(xs, CHINA[0], CHINA[2]) and _lies(ys, CHINA[1], CHINA[3]):
        return (Guess("lonlat", ("EPSG:4490", "gcj02", "bd09")),)
    if _lies(ys, CHINA[0], CHINA[2]) and _lies(xs, CHINA[1], CHINA[3]):
        return (Guess("lonlat_swapped", ()),)
    if _northing(ys):
        found = _by_easting(xs)
        if found is not None:
            return (found,)
        if _lies(xs, 8e6, 1.6e7):
            return (Guess("mercator", ("EPSG:3857",)),)
    if _northing(xs) and _by_easting(ys) is not None:
        return (Guess("swapped", ()),)
    if _lies(xs, 8e6, 1.6e7) and _lies(ys, 3.3e5, 7.1e6):
        return (Guess("mercator", ("EPSG:3857",)),)
    return ()


def _by_easting(values: tuple[float, float]) -> Guess | None:
    if _lies(values, 1e5, 9e5):
        return Guess("no_zone", ("EPSG:4545", "EPSG:4544", "EPSG:4546"))
    zone = int(values[0] // 1e6)
    if zone != int(values[1] // 1e6):
        return None
    for width in (3, 6):
        inside = _FIRST_ZONE[width] <= zone <= _LAST_ZONE[width]
        if inside and _lies(values, zone * 1e6 + 1e5, zone * 1e6 + 9e5):
            code = _ZONE_CODES["cgcs2000"][width][0] + zone - _FIRST_ZONE[width]
            return Guess("zone", (f"EPSG:{code}",), zone)
    return None


def _northing(values: tuple[float, float]) -> bool:
    """Metres from the equator to China's south and north ends, with room."""
    return _lies(values, 3.3e5, 6.2e6) and values[1] > 1.7e6  # noqa: PLR2004


def _lies(values: tuple[float, float], low: float, high: float) -> bool:
    return low <= values[0] and values[1] <= high
