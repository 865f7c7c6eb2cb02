"""Places to look from: how they are spaced along banks, worked out by hand and beside GEOS."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from fuling_gis.overlay.lookouts import lookouts

EVERYWHERE = (-1e7, -1e7, 1e7, 1e7)


def made(*geometries: shapely.Geometry, spacing_m: float) -> np.ndarray:
    return lookouts(np.array(geometries, dtype=object), spacing_m, EVERYWHERE)


def test_a_line_is_looked_from_at_equal_steps_from_its_beginning():
    # 10 m round a corner, in four steps of 2.5 m.
    line = shapely.LineString([(0, 0), (6, 0), (6, 4)])
    assert made(line, spacing_m=3.0).tolist() == [[0, 0], [2.5, 0], [5, 0], [6, 1.5]]


def test_each_line_is_measured_by_itself_and_places_that_stand_twice_are_no_step():
    first = shapely.LineString([(0, 0), (0, 0), (2, 0), (2, 0), (4, 0)])
    second = shapely.LineString([(100, 100), (100, 104)])
    assert made(first, second, spacing_m=2.0).tolist() == [[0, 0], [2, 0], [100, 100], [100, 102]]


def test_across_a_straight_river_one_looks_from_both_banks_and_from_halfway():
    places = made(shapely.box(0, 0, 1_000, 100), spacing_m=50.0)
    assert {0.0, 50.0, 100.0} <= set(np.round(places[:, 1], 6))


def test_a_point_stands_for_itself_and_no_water_gives_no_place():
    assert made(shapely.Point(3, 4), spacing_m=50.0).tolist() == [[3, 4]]
    assert made(shapely.Point(), spacing_m=50.0).shape == (0, 2)


@pytest.mark.parametrize("seed", range(20))
def test_places_are_those_of_geos(seed):
    rng = np.random.default_rng(seed)
    lines = []
    for _ in range(rng.integers(1, 6)):
        steps = rng.normal(0, rng.choice([0.01, 1.0, 50.0]), (rng.integers(2, 200), 2))
        # Always eastward: a line that crosses itself is cut where it does.
        walked = np.cumsum(np.abs(steps) * (1, rng.choice([-1, 1])), axis=0) + np.array([4e5, 3.2e6])
        lines.append(shapely.LineString(np.repeat(walked, rng.integers(2, 4), axis=0)))
    for spacing_m in (1.0, 37.0, 5_000.0):
        expected = []
        for line in lines:
            count = max(int(np.ceil(line.length / spacing_m)), 1)
            expected += [shapely.line_interpolate_point(line, line.length * nth / count) for nth in range(count)]
        assert np.abs(made(*lines, spacing_m=spacing_m) - shapely.get_coordinates(expected)).max() < 1e-7
