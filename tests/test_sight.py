"""`visible_from` in the engine and in a workspace: three answers with their causes, and what a bad model leaves."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import time
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
import terrain_made as made
import toy
from layers_made import X, Y, workspace, write
from shapely import Point, box

from fuling_gis.api import read_sites, screen, visible_range
from fuling_gis.cache import Cache
from fuling_gis.errors import LayerError, UsageError
from fuling_gis.grid import Grid
from fuling_gis.layers import relief
from fuling_gis.layers.model import Layer, Relief
from fuling_gis.overlay import sight, visibility
from fuling_gis.overlay.sight import range_of
from fuling_gis.readers import raster
from fuling_gis.rules.load import builtin_rules
from fuling_gis.rules.schema import schema
from fuling_gis.rules.views import farthest_m, view_of, views

DAY = dt.date(2024, 6, 1)
SEEN = toy.Ask("visible_from", toy.Selection("river"), 5_000.0)
# Forty metres a cell, 16 km about the toy's middle: as far as anyone looks from its square, and more.
ON = Grid(-12_000.0, 12_000.0, 40.0, 40.0, 600, 600, toy.CRS)
NORTH = ON.y(np.arange(600))


def valley(**changes):
    """Ground by its northing alone: water to y = 0, a bank rising to a crest at y = 1500, a hollow behind it."""
    z = np.interp(NORTH, [-12_000, -2_000, -300, 0, 1_500, 2_500, 12_000], [900, 500, 170, 170, 600, 300, 300])
    heights = np.repeat(z[:, None], 600, axis=1).astype(np.float32)
    for rows, value in changes.get("holes", ()):
        heights[rows] = value
    return heights


def dem(heights=None, *, error=2.0, cover=None, cache=None):
    ground = valley() if heights is None else heights
    nothing = np.array([], dtype=object)
    return Layer(
        id="dem", title={"zh": "高程", "en": "heights"}, geometry=nothing, fields={"id": nothing, "name": nothing},
        crs=toy.CRS, accuracy_m=0.0, cover=cover if cover is not None else box(*ON.bounds), covers="own",
        relief=Relief(ON, ground, error, cache or Cache()), digest=f"dem-{ground.tobytes().__hash__()}-{error}",
    )  # fmt: skip


# Complete as far as the model reaches, so that only what a test is about leaves anything open.
WIDE = box(-12_000, -12_000, 12_000, 12_000)


def answer(*layers, site, question=SEEN, accuracy_m=0.0):
    rule = toy.rule("A", question, "prohibit")
    found = toy.screen(rule, toy.layers(*layers), toy.sites(site, accuracy_m=[accuracy_m]))
    row, findings = found.sites.iloc[0], found.findings
    causes = {cause for cell in findings["cause"] for cause in str(cell).split(";") if cause}
    return row["verdict"], row["possible"], causes, row["unchecked_by"]


RIVER = toy.river(cover=WIDE)


def test_a_slope_that_faces_the_river_is_seen_and_the_hollow_behind_the_crest_is_not():
    assert answer(RIVER, dem(), site=Point(0, 800)) == ("prohibited", "prohibited", set(), "")
    assert answer(RIVER, dem(), site=Point(0, 2_600))[:2] == ("clear", "clear")
    # The slope across the river is 200 m higher than the crest: from the water it is seen as well.
    assert answer(RIVER, dem(), site=Point(0, -1_500))[:2] == ("prohibited", "prohibited")


def test_what_lies_within_the_error_is_a_maybe_because_of_the_model():
    # The crest of 600 m lies 1500 m from the bank; the cell behind it is 12 m lower. From an eye at 180 m the line to
    # 5 m above that cell passes the crest at 582 m: hidden by 18 m. With 10 m of error it may be 592 m over 590 m.
    assert answer(RIVER, dem(error=2.0), site=Point(10, 1_530))[:2] == ("clear", "clear")
    assert answer(RIVER, dem(error=10.0), site=Point(10, 1_530)) == ("undecided", "prohibited", {"dem"}, "")
    assert answer(RIVER, dem(error=0.0), site=Point(0, 1_700))[:2] == ("clear", "clear")
    assert answer(RIVER, dem(error=60.0), site=Point(0, 1_700))[2] == {"dem"}


def test_a_site_is_seen_if_any_part_of_it_is():
    assert answer(RIVER, dem(), site=box(0, 1_000, 100, 2_600))[0] == "prohibited"
    assert answer(RIVER, dem(), site=box(0, 2_200, 100, 2_600))[0] == "clear"
    assert answer(RIVER, dem(), site=shapely.LineString([(0, 2_600), (0, 900)]))[0] == "prohibited"


def test_a_site_that_may_lie_on_either_side_of_the_crest_is_a_maybe_of_tolerance():
    verdict, possible, causes, _ = answer(RIVER, dem(), site=Point(0, 1_450), accuracy_m=300.0)
    assert (verdict, possible) == ("undecided", "prohibited")
    assert "tolerance" in causes


def test_without_the_model_or_the_river_the_rule_is_unchecked():
    assert answer(RIVER, site=Point(0, 800)) == ("undecided", "undecided", set(), "A")
    assert answer(dem(), site=Point(0, 800)) == ("undecided", "undecided", set(), "A")


def test_beyond_what_the_model_covers_a_no_is_a_maybe_and_a_yes_stands():
    half = box(-12_000, -12_000, 12_000, 3_000)
    assert answer(RIVER, dem(cover=half), site=Point(0, 2_600))[2] == {"coverage:dem"}
    assert answer(RIVER, dem(cover=half), site=Point(0, 800))[0] == "prohibited"
    # The toy's rivers are complete 5 km beyond its square: a site of 10 m accuracy at its border looks farther.
    assert answer(toy.river(), dem(), site=Point(0, 4_995), accuracy_m=10.0)[2] == {"coverage:river"}
    assert answer(toy.river(), dem(), site=Point(0, 4_900), accuracy_m=10.0)[0] == "clear"


def test_a_hole_in_the_model_leaves_the_site_in_it_open():
    heights = valley()
    heights[(NORTH > 700) & (NORTH < 900)] = np.nan
    verdict, _, causes, _ = answer(RIVER, dem(heights), site=Point(0, 800))
    assert verdict == "undecided"
    assert "dem" in causes


def test_a_water_that_may_not_be_meant_leaves_what_it_alone_sees_open():
    two = toy.layer(
        "river", toy.RIVER, box(-300, 2_400, 300, 2_600), grade=["main", None], cover=WIDE,
        allowed={"grade": ("main", "wu", "tributary")},
    )  # fmt: skip
    asked = toy.Ask("visible_from", toy.Selection("river", (toy.FieldTest("grade", ("main",)),)), 5_000.0)
    assert answer(two, dem(), site=Point(0, 2_450), question=asked)[2] == {"attribute:river.grade"}
    assert answer(two, dem(), site=Point(0, 800), question=asked)[0] == "prohibited"


def test_heights_in_feet_contradict_the_water_and_nothing_is_answered():
    verdict, _, causes, _ = answer(RIVER, dem(valley() / np.float32(0.3048)), site=Point(0, 800))
    assert (verdict, causes) == ("undecided", {"dem"})
    plan = toy.plan(toy.rule("A", SEEN), toy.layers(RIVER, dem(valley() / np.float32(0.3048))))
    assert any("its unit or its place is wrong" in note["en"] for note in plan.notices)


@pytest.mark.parametrize("wrong", [valley() * np.float32(0.3048), np.zeros((600, 600), np.float32)])
def test_metres_taken_for_feet_and_zeros_for_nothing_are_answered_with_neither_yes_nor_no(wrong):
    # 170 m taken for feet are 52 m, and zeros lie 175 m under the water: deeper than any bed of the river.
    for northing in (800, 2_600):
        assert answer(RIVER, dem(wrong), site=Point(0, northing))[::2] == ("undecided", {"dem"})
    # A bed of 130 m under a reservoir of 175 m is a good model.
    deep = np.where(valley() == 170, np.float32(130), valley())
    assert answer(RIVER, dem(deep), site=Point(0, 800))[0] == "prohibited"


def test_coarse_cells_are_told_with_the_accuracy_they_leave():
    rough = made.fractal(24, 3).astype(np.float32)
    coarse = Grid(-12_000.0, 12_000.0, 1_000.0, 1_000.0, 24, 24, toy.CRS)
    layer = dem()
    layer = Layer(**{**vars(layer), "relief": Relief(coarse, rough, 2.0, Cache()), "digest": "coarse"})
    plan = toy.plan(toy.rule("A", SEEN), toy.layers(RIVER, layer))
    (note,) = [note["en"] for note in plan.notices if "cells of 1000 m" in note["en"]]
    assert "no finer than a cell" in note
    found = range_of(SEEN, plan.book)
    assert found.error_m > 10


def test_the_lower_water_and_the_first_ridge_are_other_ways_of_looking():
    ridge = toy.Ask("visible_from", toy.Selection("river"), 5_000.0, "first_ridge")
    # Behind the crest at 1500 the ground has fallen by 20 m at 1567: before that it is up to the first ridge.
    assert answer(RIVER, dem(), site=Point(0, 1_300), question=ridge)[0] == "prohibited"
    assert answer(RIVER, dem(), site=Point(0, 1_700), question=ridge)[0] == "clear"
    lower = toy.Ask("visible_from", toy.Selection("river"), 5_000.0, "level_145")
    assert answer(RIVER, dem(), site=Point(0, 800), question=lower)[0] == "prohibited"


def test_many_sites_and_few_get_the_same_answers(monkeypatch):
    rng = np.random.default_rng(0)
    points = [Point(*xy) for xy in rng.uniform(-4_500, 4_500, (60, 2))]
    rule = toy.rule("A", SEEN, "prohibit")
    told = []
    for pairs in (10**9, -1):
        monkeypatch.setattr(sight, "FEW_PAIRS", pairs)
        found = toy.screen(rule, toy.layers(RIVER, dem()), toy.sites(*points))
        told.append(list(zip(found.sites["verdict"], found.sites["possible"], strict=True)))
    assert told[0] == told[1]
    assert len(set(told[0])) > 1


def test_a_whole_range_is_kept_and_a_damaged_one_made_again(tmp_path, monkeypatch):
    def states():
        plan = toy.plan(toy.rule("A", SEEN), toy.layers(RIVER, dem(cache=Cache(tmp_path))))
        return range_of(SEEN, plan.book).whole()[0]

    first = states()
    (kept,) = tmp_path.iterdir()
    calls = []
    monkeypatch.setattr(sight, "visible_range", lambda *a, **k: calls.append(1) or visibility.visible_range(*a, **k))
    assert np.array_equal(states(), first)
    assert not calls
    content = bytearray(kept.read_bytes())
    content[-5] ^= 255
    kept.write_bytes(content)
    assert np.array_equal(states(), first)
    assert calls


# A workspace on disk.

CATALOG = """
district: {path: v.gpkg, layer: district, accuracy_m: 0, covers: own}
river: {path: v.gpkg, layer: river, fields: {grade: grade}, accuracy_m: 0, covers: river_extent}
river_extent: {path: v.gpkg, layer: around, accuracy_m: 0, covers: own}
dem: {path: dem.tif, error_m: 2, accuracy_m: 0, covers: own, unit: m}
"""
LATTICE = Grid(X - 12_000, Y + 12_000, 60.0, 60.0, 400, 400, toy.CRS)


def ground(lattice=LATTICE):
    y = lattice.y(np.arange(lattice.ny)) - Y
    z = np.interp(y, [-12_000, -2_000, -300, 0, 1_500, 2_500, 12_000], [900, 500, 170, 170, 600, 300, 300])
    return np.repeat(z[:, None], lattice.nx, axis=1).astype(np.float32)


def place(root: Path, catalog: str = CATALOG, **options):
    space = workspace(root, catalog)
    gpkg = root / "layers" / "v.gpkg"
    square = shapely.box(X - 3_000, Y - 3_000, X + 3_000, Y + 3_000)
    write(gpkg, square, layer="district")
    write(gpkg, shapely.box(X - 9_000, Y - 300, X + 9_000, Y), layer="river", grade=["main"])
    write(gpkg, shapely.box(X - 12_000, Y - 12_000, X + 12_000, Y + 12_000), layer="around")
    made.write_dem(root / "layers" / "dem.tif", options.pop("values", ground()), LATTICE, **options)
    return space


def mines(space, *northing, nature="新建"):
    rows = "".join(f"M{n},采矿,{nature},{X},{Y + value}\n" for n, value in enumerate(northing))
    path = space.root / "mines.csv"
    path.write_text(f"site_id,activity,nature,x,y\n{rows}", "utf-8")
    return screen(read_sites(path, workspace=space, crs=toy.CRS), space, as_of=DAY)


def fl032(found):
    mine = found.findings[found.findings["rule_id"] == "FL-032"]
    return {row: (str(a), str(c)) for row, a, c in zip(mine["row"], mine["answer"], mine["cause"], strict=True)}


def test_fl032_asks_the_height_model_where_nobody_gave_the_range(tmp_path):
    found = mines(place(tmp_path), 800, 2_600)
    assert fl032(found) == {0: ("yes", "")}
    assert found.run.readings["visible_range"] == "viewshed"
    assert any("presumed are" in note["en"] for note in found.run.notices)
    assert not any("Visible range of the rivers (FL-032" in note["en"] for note in found.run.notices)


def test_without_a_model_the_range_is_told_to_be_missing(tmp_path):
    found = mines(place(tmp_path, CATALOG.split("dem:", maxsplit=1)[0]), 800)
    assert any("Visible range of the rivers (FL-032, FL-033)" in note["en"] for note in found.run.notices)
    assert any("两江可视范围（FL-032、FL-033）" in note["zh"] for note in found.run.notices)


def test_given_polygons_win_and_the_run_says_so(tmp_path):
    space = place(tmp_path, CATALOG + "visible_range: {path: v.gpkg, layer: given, accuracy_m: 0, covers: district}\n")
    write(tmp_path / "layers" / "v.gpkg", shapely.box(X - 2_000, Y + 2_000, X + 2_000, Y + 2_900), layer="given")
    found = mines(space, 1_300, 2_600, -2_900)
    assert found.run.readings["visible_range"] == "given"
    assert any("which settles it" in note["en"] for note in found.run.notices)
    told = fl032(found)
    assert told[1][0] == "yes"
    # What the model shows beyond the polygons is another reading.
    assert told[0][0] == "maybe"
    assert "reading:visible_range=viewshed" in told[0][1]


def test_a_model_of_half_the_river_leaves_the_other_half_open(tmp_path):
    values = ground()
    values[:, :200] = np.nan
    space = place(tmp_path, values=values)
    # From 2.6 km north the range reaches over the edge of the model.
    told = fl032(mines(space, 2_600))
    assert told[0][0] == "maybe"
    assert "coverage:dem" in told[0][1]
    assert any("have no height" in note["en"] for note in space.layer("dem", DAY).notices)


@pytest.mark.parametrize(
    ("key", "options", "words"),
    [
        ("unit: m", {"unit": "ft"}, "says that its heights are in ft, the catalogue says m"),
        ("crs: EPSG:4546, unit: m", {"crs": None, "values": ground()[:10, :10]}, "does not meet"),
        ("unit: m, nodata: 7", {"values": np.full((400, 400), 7, np.float32)}, "no usable height"),
    ],
)
def test_a_model_that_cannot_be_meant_is_refused_in_one_sentence(tmp_path, key, options, words):
    space = place(tmp_path, CATALOG.replace("unit: m", key), **options)
    with pytest.raises(LayerError, match=words):
        space.layer("dem", DAY)


def test_feet_are_brought_to_metres_where_the_catalogue_or_the_file_says_so(tmp_path):
    feet = ground() / np.float32(0.3048)
    said = place(tmp_path / "a", CATALOG.replace("unit: m", "unit: ft"), values=feet).layer("dem", DAY)
    own = place(tmp_path / "b", CATALOG.replace(", unit: m", ""), values=feet, unit="ft").layer("dem", DAY)
    for layer in (said, own):
        assert layer.relief.heights == pytest.approx(ground(layer.relief.grid), abs=0.01)
    assert any("heights are in ft" in note["en"] for note in own.notices)
    with pytest.raises(LayerError, match="its unit or its place is wrong"):
        visible_range(place(tmp_path / "c", values=feet), as_of=DAY)


def test_heights_that_cannot_be_and_an_unstated_error_are_told(tmp_path):
    values = ground()
    values[200, 200] = 30_000
    layer = place(tmp_path, CATALOG.replace("error_m: 2, ", "").replace(", unit: m", ""), values=values).layer(
        "dem", DAY
    )
    told = " ".join(note["en"] for note in layer.notices)
    assert "1 cells have heights below -450 or above 9000" in told
    assert "states no `error_m`" in told
    assert "metres are presumed" in told


def test_only_the_district_and_its_surroundings_are_taken_from_a_larger_model(tmp_path):
    relief = place(tmp_path).layer("dem", DAY).relief
    west, south, east, north = relief.grid.bounds
    reach = 3_000 + farthest_m()
    assert (X - west, Y - south) == pytest.approx((reach, reach), abs=60)
    assert (east - X, north - Y) == pytest.approx((reach, reach), abs=60)


def test_warped_heights_are_kept_beside_the_workspace_and_made_again_when_the_file_changes(tmp_path):
    space = place(tmp_path)
    assert space.layer("dem", DAY).relief.heights is not None
    assert space.layer("dem", DAY).relief.grid.cell_m == 60
    # On the working grid already: its own file is as good.
    assert not (tmp_path / ".cache").exists()
    oblong = Grid(LATTICE.left, LATTICE.top, 60.0, 50.0, 400, 480, toy.CRS)
    made.write_dem(tmp_path / "layers" / "dem.tif", ground(oblong), oblong)
    first = workspace(tmp_path, CATALOG).layer("dem", DAY)
    (kept,) = (tmp_path / ".cache").iterdir()
    before = kept.stat().st_mtime_ns
    again = workspace(tmp_path, CATALOG).layer("dem", DAY)
    assert (again.digest, kept.stat().st_mtime_ns) == (first.digest, before)
    assert np.array_equal(again.relief.heights, first.relief.heights)
    kept.write_bytes(kept.read_bytes()[:-1] + b"?")
    assert np.array_equal(workspace(tmp_path, CATALOG).layer("dem", DAY).relief.heights, first.relief.heights)
    # Nor is a whole file believed that holds something else.
    cache = Cache(tmp_path / ".cache")
    for other in ({"a": np.zeros(3)}, {"heights": np.zeros(4, np.float32), "about": np.zeros(5)}):
        (kept,) = (tmp_path / ".cache").iterdir()
        cache.put(kept.stem, other)
        assert np.array_equal(workspace(tmp_path, CATALOG).layer("dem", DAY).relief.heights, first.relief.heights)
    made.write_dem(tmp_path / "layers" / "dem.tif", ground(oblong) + 1, oblong)
    changed = workspace(tmp_path, CATALOG).layer("dem", DAY)
    assert changed.digest != first.digest
    assert np.nanmin(changed.relief.heights) == pytest.approx(171)


def oblong_model(root, heights):
    """Write a model that must be warped, so that its heights are kept."""
    oblong = Grid(LATTICE.left, LATTICE.top, 60.0, 50.0, 400, 480, toy.CRS)
    made.write_dem(root / "layers" / "dem.tif", heights(oblong), oblong)


def test_a_mask_beside_a_model_belongs_to_it(tmp_path):
    place(tmp_path)
    oblong_model(tmp_path, ground)
    path = tmp_path / "layers" / "dem.tif"
    bare = workspace(tmp_path, CATALOG).layer("dem", DAY)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK="NO"), rasterio.open(path, "r+") as model:
        known = np.full(model.shape, 255, np.uint8)
        known[100:200, 100:200] = 0
        model.write_mask(known)
    mask = path.with_name("dem.tif.msk")
    assert mask.exists()
    masked = workspace(tmp_path, CATALOG).layer("dem", DAY)
    assert masked.digest != bare.digest
    assert np.isnan(masked.relief.heights).sum() > np.isnan(bare.relief.heights).sum()
    mask.unlink()
    again = workspace(tmp_path, CATALOG).layer("dem", DAY)
    assert np.array_equal(again.relief.heights, bare.relief.heights, equal_nan=True)


@pytest.mark.skipif(os.name == "nt", reason="there a time is not told from its copy")
def test_another_model_of_the_same_size_and_time_is_another_model(tmp_path):
    place(tmp_path)
    path = tmp_path / "layers" / "dem.tif"
    oblong_model(tmp_path, lambda grid: np.full(grid.shape, 300.0, np.float32))
    low, then = path.read_bytes(), path.stat()
    first = workspace(tmp_path, CATALOG).layer("dem", DAY)
    oblong_model(tmp_path, lambda grid: np.full(grid.shape, 301.0, np.float32))
    high = path.read_bytes().ljust(len(low), b"\0")
    # In place, and by another file that takes its name.
    for content, expected in ((high, 301.0), (low.ljust(len(high), b"\0"), 300.0), (high, 301.0)):
        other = path.with_suffix(".new") if expected == 300.0 else path
        other.write_bytes(content)
        os.utime(other, ns=(then.st_atime_ns, then.st_mtime_ns))
        other.replace(path)
        layer = workspace(tmp_path, CATALOG).layer("dem", DAY)
        assert np.nanmax(layer.relief.heights) == pytest.approx(expected)
        assert (layer.digest == first.digest) == (expected == 300.0 and len(content) == len(low))


def test_a_model_that_is_replaced_while_it_is_read_is_read_again(tmp_path, monkeypatch):
    place(tmp_path)
    path, other = tmp_path / "layers" / "dem.tif", tmp_path / "other.tif"
    oblong_model(tmp_path, lambda grid: np.full(grid.shape, 301.0, np.float32))
    path.replace(other)
    oblong_model(tmp_path, lambda grid: np.full(grid.shape, 300.0, np.float32))
    before, read, facts_of = path.read_bytes(), relief._read_heights, raster.raster_facts

    def read_late(*asked):
        if other.exists():
            other.replace(path)
        return read(*asked)

    monkeypatch.setattr(relief, "_read_heights", read_late)
    assert np.nanmax(workspace(tmp_path, CATALOG).layer("dem", DAY).relief.heights) == pytest.approx(301)
    # Nothing of it is taken for the model of before.
    path.write_bytes(before)
    assert np.nanmax(workspace(tmp_path, CATALOG).layer("dem", DAY).relief.heights) == pytest.approx(300)

    # Nor where it is replaced while it is looked at: the next one says that its lowest ground stands for nothing.
    for kept in (tmp_path / ".cache").iterdir():
        kept.unlink()
    oblong_model(tmp_path, ground)
    with rasterio.open(path, "r+") as model:
        model.nodata = 170.0
    path.replace(other)
    oblong_model(tmp_path, ground)

    def look_early(asked):
        facts = facts_of(asked)
        if other.exists():
            other.replace(path)
        return facts

    monkeypatch.setattr(raster, "raster_facts", look_early)
    for _ in range(2):
        layer = workspace(tmp_path, CATALOG).layer("dem", DAY)
        assert np.isnan(layer.relief.heights).any()
        assert layer.file_hash == hashlib.sha256(path.read_bytes()).hexdigest()

    def never_the_same(*asked):
        os.utime(path, ns=(1, time.time_ns()))
        return read(*asked)

    monkeypatch.setattr(relief, "_read_heights", never_the_same)
    for kept in (tmp_path / ".cache").iterdir():
        kept.unlink()
    with pytest.raises(LayerError, match="keeps changing while it is read"):
        workspace(tmp_path, CATALOG).layer("dem", DAY)


def test_a_tile_that_is_given_another_place_is_not_taken_from_what_was_kept(tmp_path):
    # The name alone says where such a tile lies: the same bytes one degree farther north are other ground.
    catalog = "dem: {path: tile, error_m: 2, accuracy_m: 0, covers: own, unit: m}\n"
    space = workspace(tmp_path, catalog)
    folder = tmp_path / "layers" / "tile"
    folder.mkdir()
    (folder / "N29E107.hgt").write_bytes(np.full((1201, 1201), 400, ">i2").tobytes())
    first = space.layer("dem", DAY).relief.grid
    (folder / "N29E107.hgt").rename(folder / "N30E107.hgt")
    second = workspace(tmp_path, catalog).layer("dem", DAY).relief.grid
    # A degree of latitude has about 110.9 km here.
    assert second.top - first.top == pytest.approx(110_900, abs=300)


def test_several_paths_a_folder_and_a_pattern_are_one_model(tmp_path):
    halves = {"1.tif": (slice(0, 400), slice(0, 200)), "2.tif": (slice(0, 400), slice(200, 400))}
    told = []
    for n, path in enumerate(("[tiles/1.tif, tiles/2.tif]", "tiles", "'tiles/*.tif'")):
        space = place(
            tmp_path / str(n), CATALOG.replace("dem.tif", path, 1).replace("dem: {path: dem.tif", "dem: {path: " + path)
        )
        for name, (rows, columns) in halves.items():
            made.write_dem(
                tmp_path / str(n) / "layers" / "tiles" / name, ground()[rows, columns], LATTICE.part(rows, columns)
            )
        told.append(space.layer("dem", DAY).relief.heights)
    assert np.array_equal(told[0], told[1])
    assert np.array_equal(told[1], told[2])


def test_a_range_that_no_rule_asks_for_and_an_unknown_view_are_refused(tmp_path):
    space = place(tmp_path)
    with pytest.raises(UsageError, match="no view 'sideways'"):
        visible_range(space, as_of=DAY, view="sideways")
    without = workspace(tmp_path, CATALOG.split("dem:", maxsplit=1)[0])
    with pytest.raises(LayerError, match="cannot be computed without dem"):
        visible_range(without, as_of=DAY)


def test_the_schema_of_rules_knows_the_views_of_the_file():
    where = schema()["$defs"]["where"]["else"]["properties"]
    assert set(where["view"]["enum"]) == set(views())
    assert view_of("").key == "level_175"


def test_rules_ask_as_far_as_their_view_reaches():
    for rule_id in ("FL-032", "FL-033"):
        rule = builtin_rules().rule(rule_id)
        asked = {
            q.view
            for duty in rule.duties.values()
            for q in [duty.where]
            if getattr(q, "predicate", "") == "visible_from"
        }
        assert asked == {"level_175", "level_145", "first_ridge"}
