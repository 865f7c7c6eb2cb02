"""The shift of phone maps and its way back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from pyproj import Geod

from fuling_gis import gcj02
from fuling_gis.api import read_sites

SHARED = Path(__file__).parents[2] / "shared"
GEOD = Geod(ellps="WGS84")
LON, LAT = (axis.ravel() for axis in np.meshgrid(np.linspace(75.0, 134.0, 60), np.linspace(18.5, 53.0, 36)))


def apart_m(first, second):
    return GEOD.inv(*first, *second)[2]


def test_the_shift_at_fuling_is_what_surveyors_found():
    lon, lat = gcj02.wgs84_to_gcj02(np.array([107.39]), np.array([29.70]))
    # Known at this place: +0.00463 and -0.00248 degrees, some 447 m east and 275 m south.
    assert lon[0] - 107.39 == pytest.approx(0.00463, abs=5e-6)
    assert lat[0] - 29.70 == pytest.approx(-0.00248, abs=5e-6)


def test_the_way_back_meets_the_start_within_a_millimetre():
    back = gcj02.gcj02_to_wgs84(*gcj02.wgs84_to_gcj02(LON, LAT))
    assert apart_m((LON, LAT), back).max() < 0.001


def test_both_shifts_of_baidu_are_undone_within_a_millimetre():
    there = gcj02.gcj02_to_bd09(*gcj02.wgs84_to_gcj02(LON, LAT))
    assert apart_m((LON, LAT), gcj02.bd09_to_wgs84(*there)).max() < 0.001


def test_baidu_shifts_further_by_its_own_offset():
    # Baidu adds 0.0065 and 0.006 degrees, and turns and stretches by far less.
    lon, lat = gcj02.gcj02_to_bd09(np.array([107.39]), np.array([29.70]))
    assert lon[0] - 107.39 == pytest.approx(0.0065, abs=4e-4)
    assert lat[0] - 29.70 == pytest.approx(0.006, abs=4e-4)


def test_nothing_is_shifted_outside_china():
    abroad = np.array([10.0, -122.4, 150.0]), np.array([50.0, 37.7, 30.0])
    for step in (gcj02.wgs84_to_gcj02, gcj02.gcj02_to_wgs84, gcj02.gcj02_to_bd09, gcj02.bd09_to_gcj02):
        lon, lat = step(*abroad)
        assert (lon == abroad[0]).all()
        assert (lat == abroad[1]).all()


def test_a_published_outline_comes_home_from_its_shift():
    folder = SHARED / "real" / "boundary"
    if not folder.is_dir():
        pytest.skip("the published outlines are not beside this checkout")
    shifted, true = (
        shapely.union_all(shapely.get_parts(shapely.from_geojson((folder / name).read_text("utf-8"))))
        for name in ("fuling_gcj02_cnmaps.geojson", "fuling_wgs84_amap.geojson")
    )
    home = shapely.transform(shifted, gcj02.gcj02_to_wgs84, interleaved=False)
    # The two are of different years; before the shift is undone they are 500 m apart throughout.
    common = shapely.area(shapely.intersection(home, true)) / shapely.area(shapely.union(home, true))
    assert common > 0.999


def test_the_district_read_as_gcj02_covers_the_true_one(tmp_path):
    folder = SHARED / "real" / "boundary"
    if not folder.is_dir():
        pytest.skip("the published outlines are not beside this checkout")
    shifted, true = (folder / name for name in ("fuling_gcj02_cnmaps.geojson", "fuling_wgs84_amap.geojson"))
    (expected,) = read_sites(true).geometry

    def common(sites):
        (found,) = sites.geometry
        return shapely.area(shapely.intersection(found, expected)) / shapely.area(shapely.union(found, expected))

    undone = read_sites(shifted, crs="gcj02")
    assert common(undone) >= 0.999
    assert undone.accuracy_m.tolist() == [5.0]
    # Some 190 km of border moved by half a kilometre: a few parts in a hundred differ.
    assert common(read_sites(shifted)) < 0.99
