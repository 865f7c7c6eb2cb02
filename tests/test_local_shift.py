"""Local parameters: Xi'an 1980 and Beijing 1954 joined with CGCS2000 by numbers that somebody measured."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely

import fuling_gis as fg
from fuling_gis import crs as crs_module
from fuling_gis.errors import CrsError, UsageError
from fuling_gis.sites.local import HELMERT_ACCURACY_M, PLANE_ACCURACY_M, local_shift
from fuling_gis.sites.options import SiteOptions
from fuling_gis.sites.read import open_sites
from fuling_gis.worker.reading import open_untrusted

# Xi'an 1980, 3-degree zone of 108 E without a zone number.
XIAN = "EPSG:2381"


def file(folder, shapes, system=XIAN, name="a.gpkg"):
    path = folder / name
    gpd.GeoDataFrame({"site_id": ["1"] * len(shapes)}, geometry=shapes, crs=system).to_file(path)
    return path


def test_without_parameters_the_old_datums_are_refused_and_the_way_out_is_named(tmp_path):
    with pytest.raises(CrsError, match="--crs-shift"):
        fg.read_sites(file(tmp_path, [shapely.Point(430_000, 3_290_000)]))


def test_two_numbers_move_the_plane_and_add_five_metres(tmp_path):
    path = file(tmp_path, [shapely.Point(430_000, 3_290_000), shapely.box(430_000, 3_290_000, 430_100, 3_290_100)])
    sites = fg.read_sites(path, crs_shift="110.25,-3.5", site_accuracy=1)
    assert shapely.equals_exact(sites.geometry[0], shapely.Point(430_110.25, 3_289_996.5), 1e-6)
    assert shapely.equals_exact(
        sites.geometry[1], shapely.box(430_110.25, 3_289_996.5, 430_210.25, 3_290_096.5), 1e-6, normalize=True
    )
    assert sites.accuracy_m.tolist() == [1 + PLANE_ACCURACY_M] * 2
    assert any("--crs-shift 110.25,-3.5" in notice["en"] for notice in sites.notices)


@pytest.mark.parametrize(
    ("old", "new"),
    [(2381, 4545), (2349, 4513), (2369, 4533), (2390, 4554), (2327, 4491), (2337, 4501), (2338, 4502), (4610, 4490),
     (2401, 4513), (2433, 4545), (21413, 4491), (21453, 4502), (4214, 4490)],
)  # fmt: skip
def test_each_old_grid_has_the_same_grid_of_cgcs2000(old, new):
    assert crs_module.name(crs_module.counterpart(old)) == f"EPSG:{new}"
    first, second = pyproj.CRS(old), pyproj.CRS(new)
    if first.is_projected:
        wanted = {"Longitude of natural origin", "False easting", "False northing", "Scale factor at natural origin"}
        ours, theirs = (
            {p.name: p.value for p in c.coordinate_operation.params if p.name in wanted} for c in (first, second)
        )
        assert ours == theirs


def test_other_systems_have_no_such_grid():
    assert crs_module.counterpart(4545) is None
    assert crs_module.counterpart(32648) is None


def test_seven_zeros_change_nothing_but_the_ellipsoid():
    # The geocentric place of 107.4 E 29.7 N on the ellipsoid of Xi'an 1980, read on that of CGCS2000.
    axis, flattening = 6378140.0, 1 / 298.257
    lon, lat = np.radians(107.4), np.radians(29.7)
    e2 = flattening * (2 - flattening)
    normal = axis / np.sqrt(1 - e2 * np.sin(lat) ** 2)
    p, z = normal * np.cos(lat), normal * (1 - e2) * np.sin(lat)
    # Bowring's iteration on the other ellipsoid.
    axis2, f2 = 6378137.0, 1 / 298.257222101
    e22 = f2 * (2 - f2)
    found = np.arctan2(z, p * (1 - e22))
    for _ in range(20):
        radius = axis2 / np.sqrt(1 - e22 * np.sin(found) ** 2)
        found = np.arctan2(z + e22 * radius * np.sin(found), p)
    moved = local_shift("0,0,0,0,0,0,0").applied(
        np.array([shapely.Point(107.4, 29.7)], dtype=object), crs_module.normalise(4610)
    )
    assert moved[0].x == pytest.approx(np.degrees(lon), abs=1e-11)
    assert moved[0].y == pytest.approx(np.degrees(found), abs=1e-10)


def test_seven_parameters_turn_by_the_position_vector_convention():
    # On the equator at the prime meridian the geocentric place is (a, 0, 0): a turn about z of one second moves it by
    # a * 1" to the east in this convention, some 30.92 m or exactly one second of longitude.
    shift = local_shift("0,0,0,0,0,1,0")
    moved = shift.applied(np.array([shapely.Point(0.0, 0.0)], dtype=object), crs_module.normalise(4610))
    assert moved[0].x == pytest.approx(1 / 3600, rel=1e-9)
    assert moved[0].y == pytest.approx(0.0, abs=1e-12)


def test_seven_parameters_add_two_metres_and_reach_the_working_system(tmp_path):
    sites = fg.read_sites(
        file(tmp_path, [shapely.box(430_000, 3_290_000, 431_000, 3_291_000)]), crs_shift=(0, 0, 0, 0, 0, 0, 0)
    )
    assert sites.accuracy_m.tolist() == [HELMERT_ACCURACY_M]
    # The ellipsoids differ by 3 m in their axes: the place moves by less than a few metres, and the square stays one.
    assert shapely.distance(shapely.centroid(sites.geometry[0]), shapely.Point(430_500, 3_290_500)) < 5
    assert shapely.area(sites.geometry[0]) == pytest.approx(1e6, rel=1e-5)


def test_a_worker_moves_the_plane_too(tmp_path):
    path = file(tmp_path, [shapely.Point(430_000, 3_290_000)])
    ours, theirs = (fg.read_sites(path, crs_shift="10,-5", untrusted=untrusted) for untrusted in (False, True))
    assert ours.geometry[0].equals_exact(theirs.geometry[0], 0.0)
    assert ours.accuracy_m.tolist() == theirs.accuracy_m.tolist()


def test_a_file_of_another_datum_is_refused_rather_than_moved(tmp_path):
    path = file(tmp_path, [shapely.Point(430_000, 3_290_000)], system="EPSG:4545")
    with pytest.raises(CrsError, match="neither Xi'an 1980 nor Beijing 1954"):
        fg.read_sites(path, crs_shift="1,1")


def test_degrees_are_not_moved_by_metres(tmp_path):
    path = file(tmp_path, [shapely.Point(107.4, 29.7)], system="EPSG:4610")
    with pytest.raises(CrsError, match="Gauss-Kruger"):
        fg.read_sites(path, crs_shift="1,1")


def test_a_phone_maps_shift_and_local_parameters_do_not_go_together(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("site_id,lon,lat\n1,107.4,29.7\n", "utf-8")
    with pytest.raises(CrsError, match="do not go together"):
        fg.read_sites(path, crs="gcj02", crs_shift="1,1")


@pytest.mark.parametrize(
    "text", ["", "1", "1,2,3", "a,b", "1,nan", "2000,0", "0,0,0,0,0,90,0", "0,0,0,0,0,0,1e6", "1,2;3"]
)
def test_what_are_no_parameters_is_refused(text):
    with pytest.raises(UsageError, match="--crs-shift"):
        local_shift(text)


def test_the_manifest_has_the_parameters(tmp_path, monkeypatch):
    source = open_sites(
        [file(tmp_path, [shapely.Point(430_000, 3_290_000)])],
        target="EPSG:4545",
        options=SiteOptions(crs_shift=local_shift("1,2")),
    )
    assert json.dumps(source.inputs[0]["crs_shift"]) == "[1.0, 2.0]"
    assert source.inputs[0]["crs"] == XIAN


def test_the_parameters_are_told_of_files_of_strangers_too(tmp_path):
    path = file(tmp_path, [shapely.Point(430_000, 3_290_000)])
    options = SiteOptions(crs_shift=local_shift("1,2"))
    inputs = [opened([path], target="EPSG:4545", options=options).inputs for opened in (open_sites, open_untrusted)]
    assert inputs[0] == inputs[1]
    assert inputs[1][0]["crs_shift"] == [1.0, 2.0]
