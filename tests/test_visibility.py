"""The visible range is the exact one: no cell differs from a line of sight of its own, compiled or not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import terrain_made as made

from fuling_gis.overlay.visibility import visible_cells, visible_range

SHARED = Path(__file__).parents[2] / "shared" / "real" / "dem" / "dem_1km_wgs84.tif"
DEMO = Path(__file__).parents[1] / "layers" / "dem.tif"
# A line of sight that misses the ground by less than this is a matter of rounding.
ROUNDING_M = 1e-6
LOOKOUTS = [(20.3, 11.7), (8.0, 30.0), (33.4, 25.0)]


def every_cell(heights):
    return (a.ravel() for a in np.mgrid[: heights.shape[0], : heights.shape[1]])


def hold(scene, states):
    """Hold the answers of all cells to lines of sight drawn independently."""
    open_cells = 0
    for i in range(states.shape[0]):
        for j in range(states.shape[1]):
            sure, perhaps = made.margins(scene, i, j)
            if min(abs(sure), abs(perhaps)) > ROUNDING_M:
                assert states[i, j] == (2 if sure > 0 else 1 if perhaps > 0 else 0), (i, j, sure, perhaps)
            else:
                open_cells += 1
    assert open_cells < states.size / 20


@pytest.mark.parametrize("error", [0.0, 4.0])
@pytest.mark.parametrize("name", made.TERRAINS)
def test_no_cell_of_a_made_terrain_differs_from_its_own_line_of_sight(name, error):
    heights = made.TERRAINS[name](42)
    scene = made.scene(heights, LOOKOUTS, error=error, range_m=900.0, eye_m=12.0)
    states = visible_range(scene, jobs=2)
    hold(scene, states)
    i, j = every_cell(heights)
    assert (visible_cells(scene, i, j) == states[i, j]).all()
    assert (states == 2).any()
    # From every place on a plane every other can be seen.
    assert (states < 2).any() == (name != "plane" or error > 0)


def coarse(which):
    """Give a model of 1 km cells."""
    import rasterio

    if which == PUBLIC:
        with rasterio.open(SHARED) as source:
            return source.read(1)[40:100, 50:110].astype(float)
    with rasterio.open(DEMO) as source:
        z = source.read(1)[: 33 * 79, : 33 * 79].astype(float)
    return z.reshape(79, 33, 79, 33).mean(axis=(1, 3))


PUBLIC = "the public model"
# Where the public model is not beside the repository, the demonstration's own stands in for it, and the test says so.
MODELS = [PUBLIC] if SHARED.exists() else ["means of the demonstration, the public model is not beside the repository"]


@pytest.mark.parametrize("which", MODELS)
def test_no_cell_of_a_model_of_one_kilometre_differs_from_its_own_line_of_sight(which):
    heights = coarse(which)
    lowest = np.argwhere(heights <= np.sort(heights, axis=None)[4])
    places = [
        (float(r) + 0.2, float(c) + 0.4) for r, c in lowest if r < heights.shape[0] - 1 and c < heights.shape[1] - 1
    ]
    scene = made.scene(heights, places[:4], error=20.0, cell=900.0, range_m=20_000.0, eye_m=60.0, target_m=40.0)
    states = visible_range(scene, jobs=2)
    hold(scene, states)
    assert set(np.unique(states)) == {0, 1, 2}


@pytest.mark.parametrize("name", made.TERRAINS)
def test_a_few_cells_are_answered_as_all_are(name):
    heights = made.TERRAINS[name](150)
    rng = np.random.default_rng(1)
    places = [(float(r), float(c)) for r, c in rng.uniform(5, 144, (40, 2))]
    for kind in ("sight", "ridge"):
        scene = made.scene(heights, places, error=1.5, range_m=2_000.0, kind=kind, drop_m=15.0)
        states = visible_range(scene, jobs=2)
        i, j = rng.integers(0, 150, (2, 1500))
        assert (visible_cells(scene, i, j) == states[i, j]).all()
        assert len(np.unique(states)) > 1 or name in ("plane", "cone")


def shadow(profile, eye, target, error=0.0):
    """Tell which places of a profile are seen from its start, by similar triangles over everything that stands between.

    Height at place d is hidden where a wall at place k reaches above the straight line: eye + (top - eye) * k / d.
    """
    seen = []
    for d in range(1, len(profile)):
        answers = []
        for way in (1, -1):
            top = profile[d] - way * error + target
            clear = [eye + (top - eye) * k / d >= profile[k] + way * error for k in range(1, d)]
            answers.append(all(clear))
        seen.append(2 if answers[0] else 1 if answers[1] else 0)
    return seen


@pytest.mark.parametrize("error", [0.0, 1.0, 3.0])
def test_a_wall_between_river_and_slope_hides_what_similar_triangles_say(error):
    rows = 60
    ground = np.zeros(rows)
    ground[20:] = 6.0 * (np.arange(rows)[20:] - 20)
    ground[10] = 25.0
    heights = np.repeat(ground[:, None], 5, axis=1)
    # The eye stands on the first row, whose ground is water and has no error; on a flat Earth the line is straight.
    scene = made.scene(
        heights, [(0.0, 2.0)], error=error, wet=range(5), water_level_m=0.0, eye_m=10.0, target_m=2.0, refraction=1.0
    )
    states = visible_range(scene)[:, 2]
    wanted = shadow(ground, 10.0, 2.0, error)
    assert states[1:].tolist() == wanted
    # Behind the wall the shadow ends where the slope rises above the line from eye to crest,
    # 10 + 1.5 d = 6 (d - 20) + 2.
    if error == 0:
        assert wanted[10] == 0
        first = next(d for d in range(11, rows) if 6.0 * max(d - 20, 0) + 2.0 >= 10.0 + 1.5 * d)
        assert wanted[first - 2 : first] == [0, 2]


def test_who_stands_on_a_bank_above_the_water_may_stand_higher_or_lower():
    # A flat Earth; the eye 10 m up, a wall of 40 m half way, and a place that is looked at 70 m up: the line passes the
    # wall at 40 m, by a hair above. With 1 m of error everywhere it may pass 2 m higher over a wall 1 m lower.
    def answered(wall, error):
        profile = np.zeros((21, 3))
        profile[10] = wall
        flat = {"earth_radius_m": 1e12, "eye_m": 10.0, "target_m": 70.0}
        scene = made.scene(profile, [(0, 1)], error=error, **flat)
        both = visible_range(scene)[20, 1], visible_cells(scene, np.array([20]), np.array([1]))[0]
        assert both[0] == both[1]
        return int(both[0])

    assert [answered(wall, 0.0) for wall in (39.9, 40.1)] == [2, 0]
    # In favour: eye 11, place 71, the line at 41 over a wall 1 m lower. Against: eye 9, place 69, the line at 39.
    assert [answered(wall, 1.0) for wall in (37.9, 38.1, 41.9, 42.1)] == [2, 1, 1, 0]


def test_the_earth_hides_what_lies_beyond_the_horizon():
    # An eye h above a sphere of effective radius R sees ground to sqrt(2 R h): 10 m and R = 7.3e6 m give 12.1 km.
    heights = np.zeros((3, 200))
    options = {
        "cell": 100.0,
        "range_m": 19_000.0,
        "eye_m": 10.0,
        "target_m": 0.0,
        "water_level_m": 0.0,
        "wet": range(600),
    }
    scene = made.scene(heights, [(1.0, 0.0)], **options)
    states = visible_range(scene)[1]
    horizon = np.sqrt(10.0 / scene.view.drop_per_m2)
    assert horizon == pytest.approx(12_100, rel=0.01)
    assert (states[1 : int(horizon / 100) - 1] == 2).all()
    assert (states[int(horizon / 100) + 2 : 190] == 0).all()
    tall = visible_range(made.scene(heights, [(1.0, 0.0)], **{**options, "target_m": 3.0}))[1]
    # A mast of 3 m shows for another sqrt(2 R 3).
    beyond = horizon + np.sqrt(3.0 / scene.view.drop_per_m2)
    assert (tall[1 : int(beyond / 100) - 1] == 2).all()
    assert (tall[int(beyond / 100) + 2 : 190] == 0).all()


def test_nothing_counts_beyond_the_range():
    scene = made.scene(np.zeros((41, 41)), [(20.0, 20.0)], range_m=300.0, eye_m=50.0)
    states = visible_range(scene)
    i, j = np.mgrid[:41, :41]
    assert ((states == 2) == (np.hypot(i - 20, j - 20) * 30 <= 300)).all()


def test_ground_without_a_height_leaves_what_is_behind_it_open():
    heights = np.zeros((9, 30))
    heights[3:6, 10] = np.nan
    scene = made.scene(heights, [(4.0, 2.0)], eye_m=20.0)
    states = visible_range(scene)
    assert states[4, 5] == 2
    assert states[4, 20] == 1
    assert states[4, 10] == 1
    # That line passes the hole in row 1.
    assert states[0, 12] == 2


def test_the_first_ridge_ends_where_the_ground_has_fallen():
    # Up by 10 m a row to a crest at row 20, then down by 8 m: three rows behind it the ground has fallen by 24 m.
    ground = np.where(np.arange(50) <= 20, 10.0 * np.arange(50), 200.0 - 8.0 * (np.arange(50) - 20))
    heights = np.repeat(ground[:, None], 7, axis=1)
    states = visible_range(made.scene(heights, [(0.0, 3.0)], kind="ridge", drop_m=20.0))[:, 3]
    assert states.tolist() == [2] * 23 + [0] * 27
    # With 3 m of error a fall of 16 m may be one of 22 m, and one of 24 m may be one of 18 m.
    rough = visible_range(made.scene(heights, [(0.0, 3.0)], kind="ridge", drop_m=20.0, error=3.0))[:, 3]
    assert rough.tolist() == [2] * 22 + [1] * 2 + [0] * 26


def test_a_rise_after_the_first_ridge_is_not_before_it():
    ground = np.concatenate([10.0 * np.arange(20), np.linspace(190, 100, 10), np.linspace(110, 400, 20)])
    heights = np.repeat(ground[:, None], 5, axis=1)
    states = visible_range(made.scene(heights, [(0.0, 2.0)], kind="ridge", drop_m=20.0))[:, 2]
    assert (states[25:] == 0).all()
