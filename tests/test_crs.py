"""Systems are recognised by what they are, and no unmeasured shift is taken for nothing."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from pyproj import CRS, Geod

from fuling_gis import crs
from fuling_gis.errors import CrsError

ESRI_108 = (
    'PROJCS["CGCS2000_3_Degree_GK_CM_108E",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",'
    'DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],'
    'UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",500000.0],'
    'PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",108.0],PARAMETER["Scale_Factor",1.0],'
    'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)
# As a renaming export writes them: names that no register has, parameters that are right.
NAMELESS_ZONE_36 = (
    ESRI_108.replace("CGCS2000_3_Degree_GK_CM_108E", "local")
    .replace("GCS_China_Geodetic_Coordinate_System_2000", "CGCS_2000")
    .replace("D_China_2000", "D_2000")
    .replace('"CGCS2000",6378137.0,298.257222101', '"S_2000",6378137.0,298.2572221010041')
    .replace("500000.0", "36500000.0")
)
CUSTOM_GEOGRAPHIC = (
    'GEOGCS["CGCS_2000",DATUM["D_2000",SPHEROID["S_2000",6378137.0,298.2572221010041]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]'
)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (4545, "EPSG:4545"),
        ("4545", "EPSG:4545"),
        (" EPSG:4545 ", "EPSG:4545"),
        (CRS.from_epsg(4524), "EPSG:4524"),
        (ESRI_108, "EPSG:4545"),
        (NAMELESS_ZONE_36, "EPSG:4524"),
        (CUSTOM_GEOGRAPHIC, "EPSG:4490"),
        ("OGC:CRS84", "EPSG:4326"),
        ("EPSG:4979", "EPSG:4326"),
        ("EPSG:9705", "EPSG:4326"),
    ],
)
def test_a_system_gets_its_code_whatever_its_text_calls_it(given, expected):
    assert crs.name(given) == expected


def test_the_ellipsoid_of_cgcs2000_alone_is_not_cgcs2000():
    european = crs.normalise("EPSG:4258")
    assert crs.datum_of(european) is None
    assert crs.datum_of(crs.normalise("+proj=tmerc +lon_0=108 +ellps=GRS80 +x_0=500000")) is None


def test_a_local_meridian_is_not_moved_to_the_nearest_zone():
    local = ESRI_108.replace("108.0", "107.5")
    assert crs.normalise(local).to_epsg() is None
    # The meridian itself lies at the false easting, and at the equator's distance of its latitude.
    moved = crs.transform(np.array([shapely.Point(107.5, 30.0)], dtype=object), 4490, local)
    assert moved[0].x == pytest.approx(500_000, abs=1e-6)


@pytest.mark.parametrize(
    ("datum", "width", "zone", "numbered", "central"),
    [
        ("cgcs2000", 3, 36, 4524, 4545),
        ("cgcs2000", 6, 18, 4496, 4507),
        ("xian80", 3, 36, 2360, 2381),
        ("xian80", 6, 18, 2332, 2343),
        ("beijing54", 3, 36, 2412, 2433),
        ("beijing54", 6, 18, 21418, 21458),
    ],
)
def test_zones_of_the_register_lie_where_their_number_says(datum, width, zone, numbered, central):
    meridian = zone * 3 if width == 3 else zone * 6 - 3
    for code, easting in ((numbered, zone * 1e6 + 5e5), (central, 5e5)):
        operation = {p.name: p.value for p in CRS.from_epsg(code).coordinate_operation.params}
        assert operation["Longitude of natural origin"] == meridian
        assert operation["False easting"] == easting
        assert crs.datum_of(CRS.from_epsg(code)) == datum


def test_an_unknown_text_is_refused_with_an_example():
    with pytest.raises(CrsError, match="EPSG:4545"):
        crs.normalise("Fuling grid")


def test_same_looks_at_places_and_not_at_texts():
    assert crs.same(ESRI_108, 4545)
    assert crs.same("OGC:CRS84", 4326)
    assert not crs.same(4545, 4524)
    assert not crs.same(4490, 4326)


def test_x_comes_before_y_whatever_the_register_says():
    # 108 E is the central meridian: its easting is 500 km exactly, and 30 N is some 3320 km from the equator.
    point = crs.transform(np.array([shapely.Point(108.0, 30.0)], dtype=object), 4490, 4545)[0]
    assert point.x == pytest.approx(500_000, abs=1e-6)
    # Length of the meridian arc on the ellipsoid, measured by another program.
    _, _, arc = Geod(a=6378137.0, rf=298.257222101).inv(108.0, 0.0, 108.0, 30.0)
    assert point.y == pytest.approx(arc, abs=0.001)


def test_a_round_trip_returns_home():
    there = np.array([shapely.Point(107.39, 29.70), shapely.Point(106.9, 29.2)], dtype=object)
    back = crs.transform(crs.transform(there, 4490, 4545), 4545, 4490)
    assert shapely.distance(there, back).max() < 1e-9


def test_cgcs2000_and_wgs84_are_joined_without_a_shift():
    point = np.array([shapely.Point(107.39, 29.70)], dtype=object)
    assert shapely.distance(crs.transform(point, 4326, 4545), crs.transform(point, 4490, 4545))[0] < 1e-3


@pytest.mark.parametrize(
    ("source", "target"),
    [(2381, 4545), (4610, 4545), (2433, 4545), (4214, 4545), (2381, 4326), (2433, 4326), (4214, 4326), (3021, 4545)],
)
def test_a_shift_that_nobody_measured_is_refused(source, target):
    with pytest.raises(CrsError, match="local parameters"):
        crs.transform(np.array([shapely.Point(500_000, 3_290_000)], dtype=object), source, target)


def test_the_same_system_gives_back_the_same_array():
    points = np.array([shapely.Point(1, 2)], dtype=object)
    assert crs.transform(points, ESRI_108, 4545) is points


def test_neighbours_with_a_t_junction_still_meet_after_reprojection():
    # The southern border of the upper box is one edge of 0.4 degrees; the lower ones meet in its middle.
    upper = shapely.box(107.0, 29.6, 107.4, 29.8)
    lower = [shapely.box(107.0, 29.4, 107.2, 29.6), shapely.box(107.2, 29.4, 107.4, 29.6)]
    shapes = np.array([upper, *lower], dtype=object)
    # A chord of 0.4 degrees, 38.7 km, leaves its parallel by about L^2 tan(lat) / 8R = 17 m in the middle.
    torn = crs.transform(shapes, 4490, 4545, densify=False)
    assert shapely.distance(torn[0], torn[1]) == 0.0
    assert _common_corner(torn[1]).distance(torn[0]) == pytest.approx(16.7, abs=1.0)
    whole = crs.transform(shapes, 4490, 4545)
    assert _common_corner(whole[1]).distance(whole[0]) < 0.001


def _common_corner(box):
    """Give the corner of the south-western box where all three met."""
    x, y = crs.transform(np.array([shapely.Point(107.2, 29.6)], dtype=object), 4490, 4545)[0].coords[0]
    corners = shapely.points(shapely.get_coordinates(box))
    return min(corners, key=lambda corner: corner.distance(shapely.Point(x, y)))


def test_a_place_beyond_the_projection_becomes_infinite():
    moved = crs.transform(np.array([shapely.Point(107.0, 95.0)], dtype=object), 4490, 4545)
    assert not np.isfinite(shapely.get_coordinates(moved)).all()


@pytest.mark.parametrize(
    ("bounds", "kind", "option"),
    [
        ((107.0, 29.2, 107.8, 30.0), "lonlat", "EPSG:4490"),
        ((29.2, 107.0, 30.0, 107.8), "lonlat_swapped", None),
        ((36_420_000, 3_240_000, 36_480_000, 3_320_000), "zone", "EPSG:4524"),
        ((18_700_000, 3_240_000, 18_760_000, 3_320_000), "zone", "EPSG:4496"),
        ((420_000, 3_240_000, 480_000, 3_320_000), "no_zone", "EPSG:4545"),
        ((3_240_000, 420_000, 3_320_000, 480_000), "swapped", None),
        ((11_911_000, 3_400_000, 11_990_000, 3_500_000), "mercator", "EPSG:3857"),
    ],
)
def test_the_size_of_coordinates_suggests_what_they_are(bounds, kind, option):
    (found,) = crs.guess(bounds)
    assert found.kind == kind
    assert (found.options[0] if found.options else None) == option


def test_coordinates_of_nowhere_suggest_nothing():
    assert crs.guess((0.0, 0.0, 4.0, 4.0)) == ()
    assert crs.guess((-122.5, 37.6, -122.3, 37.9)) == ()


@pytest.mark.parametrize("code", ["EPSG:4978", "EPSG:5773"])
def test_a_system_without_a_plane_is_refused(code):
    with pytest.raises(CrsError, match="no system of plane or geographic coordinates"):
        crs.normalise(code)


def test_an_invalid_polygon_keeps_all_of_its_outline_on_the_way():
    bow = shapely.Polygon([(107.0, 29.0), (107.01, 29.01), (107.01, 29.0), (107.0, 29.01)])
    moved = crs.transform(np.array([bow], dtype=object), 4490, 4545)[0]
    wings = shapely.get_parts(shapely.make_valid(moved, method="structure", keep_collapsed=False))
    assert len(wings) == 2
    # Two equal wings, each a quarter of a box of 0.01 by 0.01 degrees: 973 m by 1108 m.
    assert [round(wing.area / (973 * 1108 / 4), 1) for wing in wings] == [1.0, 1.0]


def test_points_alone_go_where_points_among_others_go():
    xy = np.array([[107.4, 29.7], [107.1, 30.01], [400.0, 95.0]])
    points, area = np.asarray(shapely.points(xy), dtype=object), shapely.box(107.0, 29.5, 107.1, 29.6)
    alone = crs.transform(points, "EPSG:4490", "EPSG:4545")
    among = crs.transform(np.array([*points, area], dtype=object), "EPSG:4490", "EPSG:4545")[:3]
    assert shapely.get_coordinates(alone[:2]).tolist() == shapely.get_coordinates(among[:2]).tolist()
    # There is no such place: it is still a point, of no finite coordinates.
    assert alone[2].geom_type == "Point"
    assert not np.isfinite(shapely.get_coordinates(alone[2:])).all()


@pytest.mark.parametrize("odd", ["POINT Z (107.4 29.7 250)", "POINT EMPTY", "POINT M (107.4 29.7 3)"])
def test_points_with_more_or_with_less_than_a_place_go_where_they_go_beside_an_area(odd):
    given = np.array([shapely.Point(107.4, 29.7), shapely.from_wkt(odd)], dtype=object)
    moved = crs.transform(given, "EPSG:4490", "EPSG:4545")
    among = crs.transform(
        np.array([*given, shapely.box(107.0, 29.5, 107.1, 29.6)], dtype=object), "EPSG:4490", "EPSG:4545"
    )
    assert shapely.to_wkt(moved).tolist() == shapely.to_wkt(among[:2]).tolist()
    assert [one.is_empty for one in moved] == [False, odd == "POINT EMPTY"]


def test_no_points_at_all_are_moved_nowhere():
    assert len(crs.transform(np.array([], dtype=object), "EPSG:4490", "EPSG:4545")) == 0
