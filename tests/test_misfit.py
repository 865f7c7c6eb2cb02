"""Coordinates of phone maps are told by the ground: they fit the layers once their shift is undone."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from small_workspace import CRS, ORIGIN, box, make_workspace

import fuling_gis as fg
from fuling_gis import api, crs, gcj02
from fuling_gis.notices import of_some
from fuling_gis.overlay.misfit import Misfit
from fuling_gis.preview import inspect
from fuling_gis.sites.options import SiteOptions

ROOT = Path(__file__).parents[1]
TURNED = np.array([447.0, 275.0])


def baidu(lon, lat):
    return gcj02.gcj02_to_bd09(*gcj02.wgs84_to_gcj02(lon, lat))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return fg.open_workspace(make_workspace(tmp_path_factory.mktemp("misfit") / "small"))


def outlines():
    """Give five plots along the border of the district, each of a kilometre, with a vertex every 100 m."""
    plots = [box(-5000, 1000 * k, -4000, 1000 * (k + 1)) for k in range(5)]
    return shapely.segmentize(plots, 100.0)


def works():
    """Give forty points on either bank of the river, from 20 to 170 m off its water."""
    along = np.linspace(-4000.0, 4000.0, 40)
    off = np.linspace(120.0, 270.0, 40) * np.where(np.arange(40) % 2, 1, -1)
    return shapely.points(along + ORIGIN[0], off + ORIGIN[1])


def geojson(path, shapes, move=None, activity="industry"):
    """Write shapes of the working system as longitude and latitude, shifted or not."""
    there = crs.transform(np.asarray(shapes, dtype=object), CRS, 4490, densify=False)
    there = there if move is None else shapely.transform(there, move, interleaved=False)
    features = [
        {"type": "Feature", "properties": {"site_id": str(k), "activity": activity, "nature": "new"},
         "geometry": json.loads(shapely.to_geojson(shape))}
        for k, shape in enumerate(there)
    ]  # fmt: skip
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return path


def told(workspace, path, **options):
    """Give the notices about a shift that a look at a file gives."""
    lines = inspect(path, workspace=workspace, options=SiteOptions(lang="en", **options))
    return [line.text for line in lines if "look like" in line.text]


@pytest.mark.parametrize(
    ("move", "name", "option"), [(gcj02.wgs84_to_gcj02, "GCJ-02", "gcj02"), (baidu, "BD-09", "bd09")]
)
def test_outlines_that_fit_once_the_shift_is_undone_are_told_with_the_option(workspace, tmp_path, move, name, option):
    found = told(workspace, geojson(tmp_path / "a.geojson", outlines(), move))
    assert len(found) == 1
    assert f"look like {name}" in found[0]
    assert f"--crs {option}" in found[0]
    assert "Small district" in found[0]


def test_outlines_that_fit_as_they_are_are_not_told(workspace, tmp_path):
    assert told(workspace, geojson(tmp_path / "a.geojson", outlines())) == []


def test_outlines_moved_as_far_in_another_direction_are_not_told(workspace, tmp_path):
    # North-east, where both shifts go south-east or east-north-east and farther.
    moved = shapely.transform(outlines(), lambda xy: xy + TURNED)
    assert told(workspace, geojson(tmp_path / "a.geojson", moved)) == []


def test_works_in_the_river_that_come_ashore_once_the_shift_is_undone_are_told(workspace, tmp_path):
    # The shift goes 275 m south: of the twenty on the north bank those nearer than 375 m to the far side get wet.
    found = told(workspace, geojson(tmp_path / "a.geojson", works(), gcj02.wgs84_to_gcj02))
    assert len(found) == 1
    assert "stand in rivers and reservoirs" in found[0]
    assert "--crs gcj02" in found[0]


def test_works_on_the_bank_are_not_told(workspace, tmp_path):
    assert told(workspace, geojson(tmp_path / "a.geojson", works())) == []


@pytest.mark.parametrize("activity", ["port", ""])
def test_wharves_in_the_water_are_no_evidence_told_as_such_or_not(workspace, tmp_path, activity):
    along = np.linspace(-4000.0, 4000.0, 40)
    wharves = shapely.points(along + ORIGIN[0], np.full(40, ORIGIN[1] + 80.0))
    assert told(workspace, geojson(tmp_path / "a.geojson", wharves, activity=activity)) == []


def test_few_sites_are_no_evidence(workspace, tmp_path):
    plot = [box(-5000, 0, -4900, 100)]
    assert told(workspace, geojson(tmp_path / "a.geojson", plot, gcj02.wgs84_to_gcj02)) == []


def test_who_has_said_how_to_undo_the_shift_is_told_no_more(workspace, tmp_path):
    path = geojson(tmp_path / "a.geojson", outlines(), gcj02.wgs84_to_gcj02)
    assert told(workspace, path, crs="gcj02") == []


def test_a_file_in_metres_is_pointed_to_the_degrees_it_was_made_from(workspace, tmp_path):
    degrees = crs.transform(outlines(), CRS, 4490, densify=False)
    shifted = shapely.transform(degrees, gcj02.wgs84_to_gcj02, interleaved=False)
    metres = crs.transform(shifted, 4490, CRS, densify=False)
    rows = "\n".join(f'{k},"{shape.wkt}"' for k, shape in enumerate(metres))
    (tmp_path / "a.csv").write_text(f"site_id,wkt\n{rows}\n", "utf-8")
    found = told(workspace, tmp_path / "a.csv", crs=CRS)
    assert len(found) == 1
    assert "longitudes and latitudes they were made from" in found[0]


@pytest.mark.parametrize("untrusted", [False, True])
def test_a_check_tells_it_in_the_run_and_moves_nothing(workspace, tmp_path, untrusted):
    path = geojson(tmp_path / "a.geojson", outlines(), gcj02.wgs84_to_gcj02)
    summary = api.check(path, workspace, tmp_path / "out", outputs=["csv"], lang="en", untrusted=untrusted)
    notices = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))["notices"]
    assert sum("GCJ-02" in str(one) and "--crs gcj02" in str(one) and "look like" in str(one) for one in notices) == 1
    assert any("look like GCJ-02" in notice["en"] for notice in summary.notices)
    # The first plot still lies where the file says, some 447 m to the east (a little less here in the west).
    sites = fg.read_sites(path, workspace=workspace)
    assert sites.geometry[0].centroid.x - (ORIGIN[0] - 4500) == pytest.approx(447, abs=30)


def test_a_screening_tells_it_among_its_notices_and_names_the_option_of_python(workspace, tmp_path):
    path = geojson(tmp_path / "a.geojson", outlines(), gcj02.wgs84_to_gcj02)
    shifted, undone = (fg.read_sites(path, workspace=workspace, crs=said) for said in (None, "gcj02"))
    found = [one for one in fg.screen(shifted, workspace, lang="en").run.notices if "look like" in one["en"]]
    assert len(found) == 1
    assert "GCJ-02" in found[0]["en"]
    # Who is told of some of the file's sites is warned too, but learns nothing of places and counts.
    (some,) = of_some(found, {"a.geojson"})
    assert "within" in found[0]["en"]
    assert "within" not in some["en"]
    assert of_some(found, {"b.geojson"}) == ()
    for text in (found[0]["en"], found[0]["zh"], *some.values()):
        assert "GCJ-02" in text
        assert 'read_sites(..., crs="gcj02")' in text
        assert "--crs" not in text
    assert not any("look like" in one["en"] for one in fg.screen(undone, workspace, lang="en").run.notices)


def test_one_site_is_screened_without_a_look_at_the_layers(workspace, tmp_path, monkeypatch):
    whole = shapely.union_all(outlines())
    path = geojson(tmp_path / "a.geojson", [shapely.segmentize(whole, 100.0)] * 2, gcj02.wgs84_to_gcj02)
    looked = []
    monkeypatch.setattr(Misfit, "notices", lambda *_, degrees: looked.append(degrees) or iter(()))
    sites = fg.read_sites(path, workspace=workspace)
    fg.screen(sites[:1], workspace)
    assert looked == []
    fg.screen(sites, workspace)
    assert looked == [None]


def test_the_command_line_finds_the_workspace_and_tells_it(fuling, workspace, tmp_path, monkeypatch):
    path = geojson(tmp_path / "a.geojson", outlines(), gcj02.wgs84_to_gcj02)
    assert "look like GCJ-02" in fuling("inspect", path, "-w", workspace.root).out.replace("\n", " ")
    monkeypatch.chdir(workspace.root)
    assert "GCJ-02" in fuling("inspect", path).out
    monkeypatch.chdir(tmp_path)
    assert fuling("inspect", path).status == 0


@pytest.mark.parametrize("name", ["points", "polygons"])
def test_the_demonstration_samples_raise_no_alarm(name):
    workspace = fg.open_workspace(ROOT)
    assert told(workspace, ROOT / "layers" / "samples" / f"{name}.shp") == []


def test_two_thousand_places_anywhere_raise_no_alarm(tmp_path):
    workspace = fg.open_workspace(ROOT)
    rng = np.random.default_rng(7)
    spots = shapely.points(rng.uniform(395_000, 455_000, 2000), rng.uniform(3_260_000, 3_310_000, 2000))
    assert told(workspace, geojson(tmp_path / "points.geojson", spots)) == []
    assert told(workspace, geojson(tmp_path / "plots.geojson", shapely.buffer(spots, 80.0, quad_segs=2))) == []
