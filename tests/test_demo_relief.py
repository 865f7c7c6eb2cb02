"""The demonstration's height model and land cover: what they are drawn to be, and the same bytes again."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
import shapely
from demo_made import LAYERS, held

from fuling_gis.demo import cover, relief
from fuling_gis.demo.table import Table
from fuling_gis.grid import Grid

MEGABYTE = 2**20


def model(name="dem.tif"):
    with rasterio.open(LAYERS / name) as source:
        at = source.transform
        return source.read(1), Grid(at.c, at.f, at.a, -at.e, source.width, source.height, "EPSG:4545"), source.tags()


def table(name, *columns):
    layer = held(name)
    return Table.of(layer.geometry, {column: list(layer.fields[column]) for column in columns})


def test_the_model_is_small_fine_and_says_that_it_is_invented():
    heights, grid, tags = model()
    assert (LAYERS / "dem.tif").stat().st_size < 2 * MEGABYTE
    assert grid.cell_m == 30
    assert "indicative" in tags["COMMENT"]
    assert heights.dtype == np.int16


def test_the_relief_goes_from_the_river_bed_to_the_highest_ridge():
    heights, _, _ = model()
    assert 120 <= heights.min() <= 140
    assert 1_850 <= heights.max() <= 1_935


def test_the_model_reaches_as_far_around_the_district_as_anyone_looks():
    _, grid, _ = model()
    west, south, east, north = shapely.total_bounds(held("district").geometry)
    left, bottom, right, top = grid.bounds
    assert min(west - left, south - bottom, right - east, top - north) >= 5_300


def test_valleys_follow_the_rivers_as_they_are_drawn():
    heights, grid, _ = model()
    rivers = held("river")
    for grade in ("main", "wu"):
        water = shapely.union_all(rivers.where(grade=grade))
        x, y = np.meshgrid(grid.x(np.arange(grid.nx)), grid.y(np.arange(grid.ny)))
        left, bottom, right, top = shapely.buffer(water, 1_500).bounds
        rows = (grid.y(np.arange(grid.ny)) <= top) & (grid.y(np.arange(grid.ny)) >= bottom)
        columns = (grid.x(np.arange(grid.nx)) <= right) & (grid.x(np.arange(grid.nx)) >= left)
        part = np.ix_(rows, columns)
        some = (slice(None, None, 7), slice(None, None, 7))
        here = np.asarray(shapely.contains_xy(water, x[part][some], y[part][some]))
        assert heights[part][some][here].max() <= 175
        beside = np.asarray(
            shapely.contains_xy(
                shapely.buffer(water, 1_500).difference(water.buffer(600)), x[part][some], y[part][some]
            )
        )
        assert np.median(heights[part][some][beside]) > 220


def test_land_cover_takes_the_shares_that_the_plan_aims_at():
    values, grid, tags = model("cover.tif")
    assert "indicative" in tags["COMMENT"]
    assert set(np.unique(values)) == {cover.OTHER, cover.FOREST, cover.GREEN, cover.NONE}
    inside = values != cover.NONE
    # By whole cells: what the borders cut is left to the test of the figures.
    assert 100 * (values == cover.FOREST).sum() / inside.sum() == pytest.approx(55.0, abs=0.2)
    assert grid.cell_m == 30


def test_a_rebuild_gives_the_same_bytes(tmp_path):
    heights, grid = relief.heights(shapely.union_all(held("district").geometry), table("river", "river"))
    relief.write_heights(tmp_path / "dem.tif", heights, grid)
    assert (tmp_path / "dem.tif").read_bytes() == (LAYERS / "dem.tif").read_bytes()
    tables = {name: table(name) for name in ("district", "built_up", "forest")} | {"river": table("river", "river")}
    cover.write_cover(tmp_path / "cover.tif", *cover.cover(grid, heights, tables))
    assert (tmp_path / "cover.tif").read_bytes() == (LAYERS / "cover.tif").read_bytes()


def straight_line(heights, grid, start, end, eye, target):
    """Tell by how much a straight line keeps above the ground, looked at every 5 m; the Earth is left out."""
    steps = int(np.hypot(*np.subtract(end, start)) / 5.0)
    t = np.linspace(0.02, 0.98, steps)
    x, y = start[0] + t * (end[0] - start[0]), start[1] + t * (end[1] - start[1])
    i = np.rint(grid.row(y)).astype(int)
    j = np.rint(grid.column(x)).astype(int)
    top = (
        heights[round(float(grid.row(np.array([end[1]]))[0])), round(float(grid.column(np.array([end[0]]))[0]))]
        + target
    )
    return float((eye + (top - eye) * t - np.maximum(heights[i, j], 175)).min())


@pytest.mark.parametrize(("site", "seen"), [("P071", True), ("P074", True), ("P072", False)])
def test_the_sample_mines_lie_on_the_sides_of_the_ridge_that_are_said(site, seen):
    heights, grid, _ = model()
    import pyogrio

    points = pyogrio.read_dataframe(LAYERS / "samples" / "points.shp", encoding="gb18030")
    place = points.loc[points["项目编号"] == site].geometry.iloc[0]
    rivers = held("river")
    water = shapely.union_all([*rivers.where(grade="main"), *rivers.where(grade="wu")])
    near = water.intersection(place.buffer(5_000))
    spots = [
        shapely.line_interpolate_point(ring, d)
        for ring in shapely.get_rings(near)
        for d in np.arange(0, ring.length, 400.0)
    ]
    clear = [straight_line(heights, grid, (p.x, p.y), (place.x, place.y), 180.0, 5.0) for p in spots]
    # Far from the error of 3 m on either side: seen from somewhere, or cut by a ridge from everywhere.
    assert (max(clear) > 0) if seen else (max(clear) < -100)
