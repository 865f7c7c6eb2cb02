"""Sites that lie on one another are told, and none is dropped."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely
from small_workspace import CRS, box, make_workspace

import fuling_gis as fg
from fuling_gis import api
from fuling_gis.sites import overlaps
from fuling_gis.sites.inspect import inspect
from fuling_gis.sites.model import Sites
from fuling_gis.sites.options import SiteOptions
from fuling_gis.sites.overlaps import Overlaps, keys_of


def sheet(path, shapes, ids=None):
    rows = "\n".join(f'{k if ids is None else ids[k]},"{shape.wkt}"' for k, shape in enumerate(shapes))
    path.write_text(f"site_id,wkt\n{rows}\n", "utf-8")
    return path


def told(path):
    return " ".join(notice["en"] for notice in fg.read_sites(path, crs=CRS).notices)


def sites_of(shapes, first=0):
    n = len(shapes)
    geometry = np.empty(n, dtype=object)
    geometry[:] = shapes
    column = {name: np.full(n, "", dtype=object) for name in ("source", "name", "activity", "industry_code", "nature")}
    return Sites(
        row=np.arange(first, first + n), site_id=np.array([f"S{first + k}" for k in range(n)], dtype=object),
        accuracy_m=np.zeros(n), geometry=geometry, status=np.full(n, "ok", dtype=object),
        problem=np.full(n, "", dtype=object), crs=CRS, **column,
    )  # fmt: skip


def seen(*batches):
    watched = Overlaps()
    assert sum(map(len, watched.watching(batches))) == sum(map(len, batches))
    return [notice["en"] for notice in watched.notices()]


def test_a_plot_that_stands_twice_is_told_with_both_ids_and_kept(tmp_path):
    path = sheet(tmp_path / "a.csv", [box(0, 0, 100, 100), box(500, 0, 600, 100), box(0, 0, 100, 100)], "ABC")
    assert "1 sites have exactly the geometry of an earlier one (A = C)" in told(path)
    assert len(fg.read_sites(path, crs=CRS)) == 3


def test_where_an_outline_begins_and_which_way_it_runs_makes_no_other_plot():
    ring = [(0, 0), (100, 0), (100, 100), (0, 100)]
    again = [*ring[2:], *ring[:2]]
    one, other, back = (shapely.Polygon(points) for points in (ring, again, ring[::-1]))
    assert len(set(keys_of(np.array([one, other, back])).tolist())) == 1


def test_other_shapes_have_other_numbers():
    line = shapely.LineString([(0, 0), (100, 0), (100, 100)])
    shapes = [box(0, 0, 1, 1), box(0, 0, 1, 2), box(1, 0, 2, 1), line, shapely.Point(0, 0), shapely.Point(0, 1e-3)]
    assert len(set(keys_of(np.array(shapes, dtype=object)).tolist())) == len(shapes)


def test_two_points_in_one_place_are_told_across_batches():
    found = seen(sites_of([shapely.Point(1, 2)]), sites_of([shapely.Point(3, 4), shapely.Point(1, 2)], first=1))
    assert found == ["1 sites have exactly the geometry of an earlier one (S0 = S2); all are kept, and each is judged"]


def test_overlapping_areas_are_told_with_what_they_have_in_common():
    # 60 x 100 m of the first two, 10 x 100 m of the second and third.
    found = seen(sites_of([box(0, 0, 100, 100), box(40, 0, 140, 100), box(130, 0, 200, 100)]))
    assert len(found) == 1
    assert found[0].startswith("2 pairs of sites overlap by more than 1 m2 (S0 / S1 (6000 m2); S1 / S2 (1000 m2))")


def test_neighbours_that_share_an_edge_or_a_drawn_lines_width_are_not_told():
    # The third leans over the second by 5 mm along 100 m: half a square metre.
    assert seen(sites_of([box(0, 0, 100, 100), box(100, 0, 200, 100), box(199.995, 0, 300, 100)])) == []


def test_lines_and_points_do_not_overlap():
    cross = [shapely.LineString([(0, 0), (9, 9)]), shapely.LineString([(0, 9), (9, 0)]), shapely.Point(4.5, 4.5)]
    assert seen(sites_of(cross)) == []


def test_what_was_not_compared_is_said(monkeypatch):
    monkeypatch.setattr(overlaps, "MOST_AREAS", 2)
    found = seen(sites_of([box(0, 0, 9, 9), box(5, 5, 14, 14)]), sites_of([box(6, 6, 15, 15)], first=2))
    assert found[0].startswith("1 pairs")
    assert "only the first 2 were compared for overlaps; 1 more were not" in found[1]


def test_a_thousand_discs_on_one_heap_are_broken_off_and_said(monkeypatch):
    monkeypatch.setattr(overlaps, "_MOST_PAIRS", 1000)
    heap = shapely.buffer(shapely.points(np.arange(1000.0), np.zeros(1000)), 2000.0, quad_segs=2)
    found = seen(sites_of(heap))
    assert "only the first 1000 pairs" in found[-1]


def test_rejected_rows_are_no_twins():
    assert seen(sites_of([None, None, box(0, 0, 9, 9)])) == []


def test_ids_of_any_kind_stay_short_and_on_one_line():
    sites = sites_of([shapely.Point(1, 2)] * 2)
    sites.site_id[:] = ["x\n" + "y" * 5000, ""]
    assert seen(sites)[0].startswith("1 sites have exactly the geometry of an earlier one (x " + "y" * 38 + " = #1)")


@pytest.mark.parametrize("untrusted", [False, True])
def test_a_check_and_a_look_tell_it_too(tmp_path, untrusted):
    workspace = fg.open_workspace(make_workspace(tmp_path / "small"))
    path = sheet(tmp_path / "a.csv", [box(0, 0, 100, 100), box(50, 0, 150, 100), box(0, 0, 100, 100)], "ABC")
    api.check(path, workspace, tmp_path / "out", crs=CRS, outputs=["csv"], lang="en", untrusted=untrusted)
    notices = str(json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))["notices"])
    looked = " ".join(line.text for line in inspect(path, options=SiteOptions(crs=CRS, lang="en")))
    for text in (notices, looked):
        assert "A = C" in text
        assert "A / B (5000 m2)" in text
