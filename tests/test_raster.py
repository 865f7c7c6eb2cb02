"""Rasters: what is read, on which grid, and what is refused."""

from __future__ import annotations

import os
import time

import numpy as np
import pytest
import rasterio
import terrain_made as made
from affine import Affine

from fuling_gis.cache import Cache, key_of
from fuling_gis.errors import CrsError, FileError
from fuling_gis.grid import Grid
from fuling_gis.readers.raster import areas_of, burnt, files_of, raster_facts, read_onto, write_geotiff

ON = made.grid((40, 50))
HEIGHTS = made.fractal(50)[:40].astype(np.float32)


def read(paths, area=ON.bounds, **options):
    return read_onto([raster_facts(path) for path in paths], made.CRS, area, **options)


def test_a_model_on_the_working_grid_is_copied_as_it_stands(tmp_path):
    raster = read([made.write_dem(tmp_path / "a.tif", HEIGHTS, ON)])
    assert raster.native
    assert raster.grid == ON
    assert np.array_equal(raster.values, HEIGHTS)


def test_only_the_part_that_is_asked_for_is_read(tmp_path):
    path = made.write_dem(tmp_path / "a.tif", HEIGHTS, ON)
    west, _, _, north = ON.bounds
    raster = read([path], (west + 95.0, north - 200.0, west + 155.0, north - 65.0))
    assert raster.values.shape == (5, 3)
    assert np.array_equal(raster.values, HEIGHTS[2:7, 3:6])


@pytest.mark.parametrize("nodata", [-32768.0, 0.0, 9999.0, float("nan")])
def test_whatever_stands_for_nothing_is_nothing(tmp_path, nodata):
    values = HEIGHTS.copy()
    values[3, 4] = nodata
    raster = read([made.write_dem(tmp_path / "a.tif", values, ON, nodata=nodata)])
    assert np.argwhere(np.isnan(raster.values)).tolist() == [[3, 4]]


def test_the_catalogue_may_say_what_stands_for_nothing(tmp_path):
    values = HEIGHTS.copy()
    values[3, 4] = -9999
    assert np.isnan(read([made.write_dem(tmp_path / "a.tif", values, ON)], nodata=-9999.0).values[3, 4])


def test_tiles_are_put_together_and_the_first_one_counts_where_they_overlap(tmp_path):
    left, right = ON.part(slice(0, 40), slice(0, 30)), ON.part(slice(0, 40), slice(20, 50))
    one = made.write_dem(tmp_path / "tiles" / "1.tif", HEIGHTS[:, :30], left)
    two = made.write_dem(tmp_path / "tiles" / "2.tif", HEIGHTS[:, 20:] + 1, right)
    assert files_of(tmp_path / "tiles") == files_of(tmp_path / "tiles" / "*.tif") == [one, two]
    values = read([one, two]).values
    assert np.array_equal(values[:, :30], HEIGHTS[:, :30])
    assert np.array_equal(values[:, 30:], HEIGHTS[:, 30:] + 1)


def test_another_system_is_warped_onto_square_cells_of_about_its_own_size(tmp_path):
    # A plane in degrees: what comes out must be the plane at the places of the cells.
    from pyproj import Transformer

    way = Transformer.from_crs(made.CRS, "EPSG:4490", always_xy=True)
    west, south, _, _ = ON.bounds
    lon0, lat0 = way.transform(west - 600, south - 600)
    step = 1 / 3600
    lattice = Grid(lon0, lat0 + 200 * step, step, step, 200, 200, "EPSG:4490")
    row, column = np.mgrid[:200, :200]
    lon, lat = lon0 + (column + 0.5) * step, lattice.top - (row + 0.5) * step
    plane = (3e5 * (lon - lon0) + 2e5 * (lat - lat0)).astype(np.float32)
    raster = read([made.write_dem(tmp_path / "a.tif", plane, lattice, crs="EPSG:4490")])
    assert not raster.native
    assert raster.grid.cell_m == pytest.approx(28.6, abs=0.4)
    i, j = np.mgrid[: raster.grid.ny, : raster.grid.nx]
    x, y = way.transform(raster.grid.x(j), raster.grid.y(i))
    assert raster.values == pytest.approx(3e5 * (x - lon0) + 2e5 * (y - lat0), abs=0.01)


def test_a_hole_in_a_warped_model_takes_its_neighbours_with_it(tmp_path):
    values = HEIGHTS.copy()
    values[20, 25] = -1
    grid = Grid(ON.left + 11.0, ON.top - 7.0, 30.0, 30.0, 50, 40, "EPSG:4546")
    lon = read([made.write_dem(tmp_path / "a.tif", values, ON, nodata=-1, crs="EPSG:4546")], area=_moved(grid))
    holes = np.isnan(lon.values).sum()
    assert 1 <= holes - np.isnan(read_border(lon.values)).sum() <= 9


def _moved(grid):
    from rasterio.warp import transform_bounds

    return transform_bounds("EPSG:4546", made.CRS, *grid.bounds)


def read_border(values):
    """Give the cells that lie outside of the source."""
    inner = values.copy()
    inner[3:-3, 3:-3] = 0.0
    return inner


def test_srtm_tiles_are_read_by_their_names_and_sizes(tmp_path):
    heights = np.full((1201, 1201), 400, ">i2")
    heights[600, 600] = -32768
    path = tmp_path / "N29E107.hgt"
    path.write_bytes(heights.tobytes())
    facts = raster_facts(path)
    assert facts.driver == "SRTMHGT"
    area = (450_000.0, 3_260_000.0, 452_000.0, 3_262_000.0)
    raster = read_onto([facts], made.CRS, area)
    assert np.nanmin(raster.values) == np.nanmax(raster.values) == 400
    assert raster.grid.bounds[0] <= area[0]


def test_a_virtual_raster_under_another_name_is_not_followed(tmp_path):
    secret = made.write_dem(tmp_path / "secret.tif", HEIGHTS, ON)
    trap = tmp_path / "model.tif"
    trap.write_text(
        f'<VRTDataset rasterXSize="50" rasterYSize="40"><VRTRasterBand dataType="Float32" band="1"><SimpleSource>'
        f"<SourceFilename>{secret}</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"
    )
    with pytest.raises(FileError, match="neither a GeoTIFF nor an SRTM"):
        raster_facts(trap)
    raw = tmp_path / "N29E107.hgt"
    raw.write_bytes(trap.read_bytes().ljust(1201 * 1201 * 2, b" "))
    assert raster_facts(raw).driver == "SRTMHGT"


def test_a_cut_file_is_told_in_a_sentence(tmp_path):
    path = made.write_dem(tmp_path / "a.tif", HEIGHTS, ON)
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(FileError, match=r"a\.tif: the raster cannot be read"):
        read([path])


def test_a_turned_raster_is_refused(tmp_path):
    path = tmp_path / "a.tif"
    with rasterio.open(
        path, "w", driver="GTiff", height=4, width=4, count=1, dtype="float32", crs=made.CRS,
        transform=Affine(30, 5, 0, 5, -30, 0),
    ) as target:  # fmt: skip
        target.write(np.ones((1, 4, 4), np.float32))
    with pytest.raises(FileError, match="turned or mirrored"):
        raster_facts(path)


def test_a_raster_that_does_not_say_where_it_lies_is_told_once_and_in_our_words(tmp_path, recwarn):
    path = tmp_path / "a.tif"
    with rasterio.open(path, "w", driver="GTiff", height=4, width=4, count=1, dtype="float32") as target:
        target.write(np.ones((1, 4, 4), np.float32))
    recwarn.clear()
    with pytest.raises(FileError, match=r"a\.tif: the raster does not say where it lies"):
        raster_facts(path)
    assert not recwarn.list
    # Cells of 30 m; the middle of the first one lies at 1000, 2000.
    path.with_suffix(".tfw").write_text("30\n0\n0\n-30\n1000\n2000\n", "ascii")
    assert raster_facts(path).grid.bounds == (985.0, 1895.0, 1105.0, 2015.0)


def test_a_raster_without_a_system_asks_for_one(tmp_path):
    path = made.write_dem(tmp_path / "a.tif", HEIGHTS, ON, crs=None)
    with pytest.raises(CrsError, match="names no coordinate system"):
        read([path])
    assert np.array_equal(read([path], crs=made.CRS).values, HEIGHTS)


def test_degrees_taken_for_metres_do_not_meet_the_district(tmp_path):
    degrees = Grid(107.0, 30.0, 0.0003, 0.0003, 50, 40, "")
    path = made.write_dem(tmp_path / "a.tif", HEIGHTS, degrees, crs=made.CRS)
    with pytest.raises(FileError, match="degrees are no metres"):
        read([path])


def test_another_datum_without_a_way_is_refused(tmp_path):
    path = made.write_dem(tmp_path / "a.tif", HEIGHTS, ON, crs="EPSG:2433")
    with pytest.raises(CrsError, match="no transformation"):
        read([path])


def test_cells_become_polygons_along_their_edges_and_back():
    mask = np.zeros(ON.shape, np.uint8)
    mask[3:6, 7:9] = 1
    (area,) = areas_of(mask, ON, (1,))[1]
    assert area.area == pytest.approx(6 * 900)
    assert np.array_equal(burnt(np.array([area], object), ON), mask.astype(bool))


def test_the_same_values_are_written_as_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_geotiff(tmp_path / name, HEIGHTS, ON, nodata=None, tags={"VIEW": "x"}, unit="m")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    facts = raster_facts(tmp_path / "a")
    assert (facts.unit, facts.grid.bounds) == ("m", ON.bounds)


def test_what_was_kept_is_given_back(tmp_path):
    cache = Cache(tmp_path / "kept")
    key = key_of("heights", 1, HEIGHTS)
    assert cache.get(key) is None
    cache.put(key, {"heights": HEIGHTS, "about": np.arange(3)})
    kept = cache.get(key)
    assert np.array_equal(kept["heights"], HEIGHTS)
    assert kept["about"].tolist() == [0, 1, 2]
    assert key != key_of("heights", 1, HEIGHTS + 1)


@pytest.mark.parametrize("harm", ["cut", "changed", "empty", "other"])
def test_a_damaged_file_counts_as_none(tmp_path, harm):
    cache = Cache(tmp_path)
    cache.put("k", {"a": np.arange(1000)})
    (path,) = tmp_path.iterdir()
    content = bytearray(path.read_bytes())
    if harm == "cut":
        content = content[:-100]
    elif harm == "changed":
        content[200] ^= 1
    elif harm == "empty":
        content = bytearray()
    else:
        content = bytearray(b"something else entirely")
    path.write_bytes(content)
    assert cache.get("k") is None
    cache.put("k", {"a": np.arange(1000)})
    assert cache.get("k")["a"][7] == 7


def test_what_a_stopped_process_left_half_written_goes_after_a_day(tmp_path):
    for name, hours in (("old.1.2.part", 25), ("new.1.2.part", 23), ("old.txt", 25)):
        (tmp_path / name).write_bytes(b"half")
        then = time.time() - hours * 3600
        os.utime(tmp_path / name, (then, then))
    Cache(tmp_path).put("k", {"a": np.arange(3)})
    assert {path.name for path in tmp_path.iterdir()} == {"new.1.2.part", "old.txt", "k.kept"}


def test_a_folder_that_cannot_be_written_to_costs_nothing_but_time(tmp_path):
    (tmp_path / "file").write_text("no folder")
    cache = Cache(tmp_path / "file")
    cache.put("k", {"a": np.arange(3)})
    assert cache.get("k") is None
    Cache(None).put("k", {"a": np.arange(3)})
    assert Cache(None).get("k") is None


def test_old_files_make_room(tmp_path):
    cache = Cache(tmp_path)
    for number in range(45):
        cache.put(f"{number:040x}", {"a": np.arange(3)})
    assert len(list(tmp_path.iterdir())) == 40
    assert cache.get(f"{44:040x}") is not None


def test_files_of_an_earlier_make_are_left_alone_until_room_is_needed(tmp_path):
    # An earlier program reads its own files under the same keys: it must not find these, nor these be told damaged.
    earlier = [tmp_path / f"{number:040x}.arrays" for number in range(3)]
    for path in earlier:
        path.write_bytes(b"of an earlier make")
        os.utime(path, (1e9, 1e9))
    cache = Cache(tmp_path, most_files=4)
    keys = [f"{number:040x}" for number in range(4)]
    assert cache.get(keys[0]) is None
    cache.put(keys[0], {"a": np.arange(3)})
    assert cache.damage() == []
    assert [path.read_bytes() for path in earlier] == [b"of an earlier make"] * 3
    for key in keys[1:]:
        cache.put(key, {"a": np.arange(3)})
    assert {path.name for path in tmp_path.iterdir()} == {f"{key}.kept" for key in keys}
