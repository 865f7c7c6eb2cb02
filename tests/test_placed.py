"""Points brought to the working CRS at once: the same places as one by one, and never where a word is needed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from pyproj import Transformer

from fuling_gis import crs as crs_module
from fuling_gis.readers import open_table
from fuling_gis.sites.position import locate, placed
from fuling_gis.sites.problems import Problems
from fuling_gis.sites.read import SiteOptions, open_sites
from fuling_gis.sites.system import System

DEGREES, METRES = crs_module.normalise(4490), crs_module.normalise(4545)


def system(code: object, shift: str = "") -> System:
    return System(crs_module.normalise(code), {"zh": "", "en": ""}, shift)


@pytest.mark.parametrize("code", [4490, 4326, 4545, 4524, 3857, 32648])
def test_points_come_where_each_of_them_comes_alone(code: int) -> None:
    rng = np.random.default_rng(code)
    degrees = rng.uniform((107.0, 29.4), (107.7, 30.0), (500, 2))
    there = Transformer.from_crs(4490, code, always_xy=True)
    xy = np.column_stack(there.transform(degrees[:, 0], degrees[:, 1]))
    found = placed(xy, system(code), METRES)
    assert found is not None
    problems = Problems(len(xy), "en")
    alone = locate(np.asarray(shapely.points(xy), dtype=object), {}, system(code), METRES, problems)
    assert shapely.get_coordinates(found.geometry).tolist() == shapely.get_coordinates(alone.geometry).tolist()
    assert found.status.tolist() == alone.status.tolist() == ["ok"] * 500
    assert set(problems.text) == {""}
    # And where pyproj by itself says.
    own = Transformer.from_crs(code, 4545, always_xy=True).transform(xy[:, 0], xy[:, 1])
    np.testing.assert_allclose(shapely.get_coordinates(found.geometry), np.column_stack(own), rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("code", "odd"),
    [
        (4490, (29.7, 107.4)),
        (4490, (0.0, 0.0)),
        (4490, (500000.0, 3287000.0)),
        (4545, (3287000.0, 500000.0)),
        (4545, (36500000.0, 3287000.0)),
        (4545, (1e308, 3287000.0)),
    ],
)
def test_one_point_that_needs_a_word_sends_all_to_the_careful_way(code: int, odd: tuple[float, float]) -> None:
    there = Transformer.from_crs(4490, code, always_xy=True)
    xy = np.array([there.transform(107.4, 29.7)] * 3)
    assert placed(xy, system(code), METRES) is not None
    xy[1] = odd
    assert placed(xy, system(code), METRES) is None


def test_shifts_are_undone_the_careful_way() -> None:
    assert placed(np.array([[107.4, 29.7]]), system(4326, "gcj02"), METRES) is None


def test_a_table_of_points_holds_coordinates_only_and_one_with_a_gap_holds_shapes(tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text("id,lon,lat\nA,107.4,29.7\nB,107.5,29.8\n", encoding="utf-8")
    source = open_table(path)
    (table,) = source.batches()
    assert table.drawn is None
    assert len(table) == 2
    assert [point.wkt for point in table.geometry] == ["POINT (107.4 29.7)", "POINT (107.5 29.8)"]
    assert [point.wkt for point in source.read(skip=1).geometry] == ["POINT (107.5 29.8)"]
    (without,) = source.batches(columns=(), geometry=False)
    assert without.geometry.tolist() == [None, None]
    path.write_text("id,lon,lat\nA,107.4,29.7\nB,,29.8\n", encoding="utf-8")
    sites = open_sites(path, target="EPSG:4545", options=SiteOptions(crs="EPSG:4490")).read()
    assert sites.status.tolist() == ["ok", "rejected"]
    assert sites.problem[0] == ""
    assert sites.problem[1] != ""
