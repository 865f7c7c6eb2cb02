"""`fuling-gis visible`, its files, lines of sight in profile, and the range on the map."""

from __future__ import annotations

import io
import json
import re

import numpy as np
import pyogrio
import pytest
import rasterio
import shapely
from layers_made import X, Y
from PIL import Image
from test_sight import DAY, ground, mines, place

from fuling_gis.api import profiles, read_sites, visible_range
from fuling_gis.outputs.map_range import range_drawings
from fuling_gis.outputs.picture import hillshade, over_relief, png, png_of_few
from fuling_gis.outputs.profile_svg import profile_svg
from fuling_gis.outputs.visible import write_visible
from fuling_gis.overlay.seen import OPEN

PARAMETERS = {"view", "eye_m", "target_m", "range_m", "spacing_m", "refraction", "water_level_m", "error_m", "cell_m"}


@pytest.fixture(scope="module")
def space(tmp_path_factory):
    return place(tmp_path_factory.mktemp("range"))


@pytest.fixture(scope="module")
def seen(space):
    return visible_range(space, as_of=DAY)


def sites(space, *northing):
    rows = "".join(f"M{n},矿<{n}>,采矿,新建,{X},{Y + value}\n" for n, value in enumerate(northing))
    path = space.root / "sites.csv"
    path.write_text(f"site_id,name,activity,nature,x,y\n{rows}", "utf-8")
    return read_sites(path, workspace=space, crs="EPSG:4545")


def test_the_files_hold_the_range_and_all_it_hangs_on(seen, tmp_path):
    files = write_visible(seen, tmp_path / "deep" / "range.tif")
    assert [file.name for file in files] == ["range.tif", "range.gpkg", "range.png"]
    with rasterio.open(files[0]) as source:
        assert np.array_equal(source.read(1), seen.states)
        assert source.crs.to_epsg() == 4545
        assert {name.lower() for name in source.tags()} >= PARAMETERS
    areas = pyogrio.read_dataframe(files[1], layer="visible_range")
    assert areas[areas["answer"] == "yes"].area.sum() == pytest.approx(seen.share(2))
    assert areas[areas["answer"] == "maybe"].area.sum() == pytest.approx(seen.share(1))
    assert set(areas["basis"]) == {"viewshed"}
    assert len(pyogrio.read_dataframe(files[1], layer="lookouts")) == len(seen.places)
    named = pyogrio.read_dataframe(files[1], layer="parameters")
    assert set(named["name"]) >= {*PARAMETERS, "dem_sha256", "river_sha256"}


def test_ground_of_the_jurisdiction_is_told_apart_from_what_lies_around(fuling, space, seen, tmp_path):
    cells = sum(seen.share(state, inside=True) for state in (0, 1, 2, OPEN, 255))
    # The district is a square of 6 km. Whole cells: its outline is off by less than one cell along its length.
    assert cells == pytest.approx(3.6e7, abs=24_000 * seen.grid.cell_m)
    ran = fuling("visible", "-w", space.root, "--as-of", "2024-06-01", "-o", tmp_path / "told", "--json")
    told = json.loads(ran.out)
    assert sum(told["jurisdiction_km2"].values()) == pytest.approx(cells * 1e-6)
    assert sum(told["area_km2"].values()) == pytest.approx(seen.states.size * seen.grid.cell_m**2 * 1e-6)
    assert all(told["jurisdiction_km2"][name] <= told["area_km2"][name] for name in told["area_km2"])


def test_a_cell_near_the_end_of_the_model_is_not_told_to_be_unseen(tmp_path):
    # The model ends at the district's middle, and the river does not: from beyond it somebody may see 5 km into it.
    values = ground()
    values[:, :200] = np.nan
    part = visible_range(place(tmp_path, values=values), as_of=DAY)
    x, y = part.grid.x(np.arange(part.grid.nx)) - X, part.grid.y(np.arange(part.grid.ny)) - Y
    behind = np.ix_((y > 2_500) & (y < 2_700), (x > 100) & (x < 4_900))
    assert set(part.states[behind].ravel()) <= {1, OPEN}
    assert OPEN in part.states[behind]
    # What is seen for certain stays so.
    assert set(part.states[np.ix_((y > 700) & (y < 900), (x > 1_000) & (x < 4_900))].ravel()) == {2}
    # With the whole model, all ground within 5 km of the district is known: what is behind the crest is not seen.
    whole = visible_range(place(tmp_path / "whole"), as_of=DAY)
    assert set(whole.states[np.ix_((y > 2_500) & (y < 2_700), (x > -2_900) & (x < 2_900))].ravel()) == {0}
    files = write_visible(part, tmp_path / "range")
    bare = pyogrio.read_dataframe(files[1], layer="not_covered")
    assert bare.area.sum() == pytest.approx(part.share(OPEN))
    assert bare.union_all().contains(shapely.Point(X + 2_000, Y + 2_600))


def test_a_profile_near_the_end_of_the_model_does_not_say_unseen(tmp_path):
    values = ground()
    values[:, :200] = np.nan
    part = place(tmp_path, values=values)
    path = tmp_path / "sites.csv"
    path.write_text(f"site_id,activity,nature,x,y\nM0,采矿,新建,{X + 2_500},{Y + 2_600}\n", "utf-8")
    ((_, _, told),) = profiles(part, read_sites(path, workspace=part, crs="EPSG:4545"), as_of=DAY)
    assert told.state == OPEN
    assert "Cannot be told: the height model or the rivers end" in profile_svg(told, "", "en")


@pytest.mark.parametrize(("option", "value"), [("--site", "M0"), ("--crs", "EPSG:4545")])
def test_what_is_said_of_sites_without_their_file_is_wrong_usage_and_writes_nothing(
    fuling, space, tmp_path, option, value
):
    asked = ("visible", "-w", space.root, "--as-of", "2024-06-01", "-o", tmp_path / "range", option, value)
    ran = fuling(*asked)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith(f"{option} speaks of the sites")
    assert not list(tmp_path.iterdir())


def test_files_of_others_are_never_written_over(fuling, tmp_path):
    root = place(tmp_path).root
    inputs = {name: (root / "layers" / name).read_bytes() for name in ("dem.tif", "v.gpkg")}
    asked = ("-w", root, "--as-of", "2024-06-01", "-o")
    for name in ("dem.tif", "v"):
        ran = fuling("visible", *asked, root / "layers" / name)
        assert (ran.status, "was not written by this command" in ran.err) == (1, True)
    assert {name: (root / "layers" / name).read_bytes() for name in inputs} == inputs
    mines = tmp_path / "mines.csv"
    mines.write_text("site_id,x,y\n", "utf-8")
    assert fuling("indicators", *asked, mines).status == 1
    assert mines.read_text("utf-8") == "site_id,x,y\n"
    picture = tmp_path / "plan.png"
    picture.write_bytes(b"a picture of somebody's")
    assert fuling("visible", *asked, tmp_path / "plan").status == 1
    # One's own files are made anew.
    for command in ("visible", "indicators", "visible", "indicators"):
        assert fuling(command, *asked, tmp_path / f"{command}-files").status == 0


def test_the_polygons_may_be_given_back_as_the_delimited_range(seen, space, tmp_path):
    gpkg = write_visible(seen, tmp_path / "range")[1]
    areas = pyogrio.read_dataframe(gpkg, layer="visible_range")
    union = shapely.union_all(areas[areas["answer"] == "yes"].geometry.to_numpy())
    assert union.contains(shapely.Point(X, Y + 800))
    assert not union.contains(shapely.Point(X, Y + 2_600))


def test_a_damaged_range_is_made_anew_and_told_once(fuling, tmp_path):
    words = ("visible", "-w", place(tmp_path).root, "--as-of", "2024-06-01", "-o", tmp_path / "r")
    assert "Damaged files" not in fuling(*words).out
    (tmp_path / "r.tif").unlink()
    for option, told in ((), True), (("--json",), True), ((), False):
        if told:
            (path,) = (tmp_path / ".cache").glob("*.kept")
            path.write_bytes(path.read_bytes()[:-1] + b"?")
        ran = fuling(*words, *option)
        assert (ran.status, ran.out.count("Damaged files")) == (0, int(told))


def test_lookouts_stand_on_both_banks_and_in_the_middle(seen):
    y = np.round(seen.places[:, 1] - Y)
    assert {-300.0, 0.0, -150.0} <= set(y)
    along = np.sort(seen.places[y == 0.0, 0])
    assert np.diff(along).max() <= 200.0 + 1e-6


def test_the_command_writes_the_files_and_tells_what_they_rest_on(fuling, space, tmp_path):
    sites(space, 800, 2_600)
    words = ("visible", "-w", space.root, "-o", tmp_path / "r", "--as-of", "2024-06-01")
    ran = fuling(*words, "--profile", space.root / "sites.csv", "--crs", "EPSG:4545", "--site", "M1")
    assert ran.status == 0
    assert "refraction" in ran.out
    assert "Not seen, even with the error in its favour" in ran.out
    assert {path.name for path in tmp_path.iterdir()} == {"r.tif", "r.gpkg", "r.png", "r-M1.svg"}
    told = json.loads(fuling(*words, "--json").out)
    assert told["area_km2"]["yes"] > told["area_km2"]["maybe"] > 0
    assert set(told["parameters"]) >= PARAMETERS
    assert fuling(*words, "--view", "sideways").status == 2
    lost = fuling(*words, "--profile", space.root / "sites.csv", "--crs", "EPSG:4545", "--site", "M9")
    assert (lost.status, "no usable site 'M9'" in lost.err) == (2, True)


def test_a_profile_shows_the_line_the_ground_and_where_it_is_tightest(space):
    found = profiles(space, sites(space, 800, 2_600), as_of=DAY)
    (_, _, near), (_, _, behind) = found
    assert (near.state, behind.state) == (2, 0)
    assert near.clearance_m > 0 > behind.clearance_m
    # The crest stands at 1500 m north of the bank, and everything is measured from a lookout at or before it.
    crest = behind.distance[behind.tightest] / behind.distance[-1]
    north = behind.lookout[1] + crest * (behind.place[1] - behind.lookout[1]) - Y
    assert north == pytest.approx(1_500, abs=120)
    for profile in (near, behind):
        for lang in ("zh", "en"):
            drawn = profile_svg(profile, "M<1>", lang)
            assert "M&lt;1&gt;" in drawn
            assert drawn.count("<polyline") >= 2
    assert "看不见" in profile_svg(behind, "", "zh")


def test_a_place_off_the_model_or_out_of_reach_has_no_profile(space):
    assert profiles(space, sites(space, 20_000), as_of=DAY)[0][2] is None


def test_relief_is_lit_from_the_north_west():
    j, i = np.meshgrid(np.arange(20.0), np.arange(20.0))
    facing, away = hillshade((i + j).astype(np.float32) * 20, 30.0), hillshade(-(i + j).astype(np.float32) * 20, 30.0)
    assert facing[5, 5] > hillshade(np.zeros((20, 20), np.float32), 30.0)[5, 5] > away[5, 5]


def test_a_picture_is_a_png_of_the_right_size(seen):
    pixels = over_relief(seen)
    written = png(pixels)
    assert written.startswith(b"\x89PNG\r\n\x1a\n")
    assert int.from_bytes(written[16:20], "big") == pixels.shape[1]
    assert int.from_bytes(written[20:24], "big") == pixels.shape[0]


def test_a_picture_of_few_colours_shows_them_with_their_opacity():
    numbers = np.random.default_rng(3).integers(0, 5, (7, 11)).astype(np.uint8)
    colours = np.zeros((256, 4), np.uint8)
    colours[:5] = [(1, 2, 3, 0), (10, 20, 30, 40), (255, 0, 0, 255), (0, 255, 0, 128), (9, 9, 9, 1)]
    shown = np.asarray(Image.open(io.BytesIO(png_of_few(numbers, colours))).convert("RGBA"))
    assert shown.shape == (7, 11, 4)
    for y, x in np.ndindex(7, 11):
        assert tuple(shown[y, x]) == tuple(colours[numbers[y, x]])


def test_the_map_draws_a_range_that_is_known(space, seen, tmp_path):
    found = mines(space, 800)
    (drawn,) = range_drawings(found.run)
    assert drawn.entry["picture"]
    assert not drawn.entry["style"].get("shown", False)
    assert drawn.shapes["picture"].startswith("data:image/png;base64,")
    west, south, east, north = drawn.bounds
    assert west < drawn.shapes["east"] == east
    assert south < north
    found.write(tmp_path / "out", outputs=["map"])
    page = (tmp_path / "out" / "map.html").read_text("utf-8")
    assert re.search(r'"id":"visible_range_computed"', page)
    found.write(tmp_path / "bare", outputs=["map"], zone_geometry=False)
    assert "data:image/png;base64," not in (tmp_path / "bare" / "map.html").read_text("utf-8")
    assert seen.view.key == "level_175"
