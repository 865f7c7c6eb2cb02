"""The measured distances as lines: right to the decimetre, only where a table states them, none without outlines."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from map_made import X, Y, decoded, made_layer, made_run, words, written
from outputs_made import batch, finding, site
from shapely import LineString, Point, box

from fuling_gis import crs
from fuling_gis.outputs import map_lines

# A red line 500 m east of the place, a river 800 m south of it with its zone of 1 km.
RED = made_layer("red_line", words("红线"), [box(X + 500, Y - 2000, X + 900, Y + 2000)], ["一"])
WATER = box(X - 9000, Y - 1000, X + 9000, Y - 800)
MAIN = {"fields": {"grade": np.array(["main"], object)}}
RIVER = made_layer("river", words("河"), [WATER], ["长江"], **MAIN)
BANK = made_layer("bank_zone", words("岸线一公里"), [WATER.buffer(1000)], ["长江岸线"], **MAIN)
RUN = made_run(layers={"red_line": RED, "river": RIVER, "bank_zone": BANK})


def near(distance_m, row=0, **more):
    place = {"predicate": "near", "layer": "red_line", "feature_id": "001", "threshold_m": 1000.0}
    return finding(row, distance_m=distance_m, **{**place, **more})


def lines(path, findings, *, shapes=None, run=RUN, sites=None, **options):
    """Write a map of one site, and give its lines: place of the finding, metres, name, ends in the working CRS."""
    sites = sites or [site(0, "prohibited")]
    found = written(path / "map.html", batch(sites, shapes or [Point(X, Y)], findings), run=run, **options)[3]
    line = found["fg-detail-0"]["line"]
    ends = shapely.linestrings(decoded(line["xy"]).reshape(-1, 2, 2))
    metric = crs.transform(np.atleast_1d(ends), "EPSG:4326", "EPSG:4545", densify=False)
    coordinates = shapely.get_coordinates(metric).reshape(-1, 2, 2)
    return list(zip(line["finding"], line["m"], line["name"], coordinates, strict=True)), found["fg-run"]


def test_a_line_leads_from_the_site_to_the_nearest_place_of_the_zone(tmp_path):
    ((place, metres, name, ends),), _ = lines(tmp_path, [near(500.0)])
    assert (place, metres, name) == (0, 500.0, "一")
    assert ends[0] == pytest.approx([X, Y], abs=0.2)
    assert ends[1] == pytest.approx([X + 500, Y], abs=0.2)


def test_the_line_of_an_area_begins_at_its_edge(tmp_path):
    plot = box(X - 100, Y - 50, X + 100, Y + 50)
    ((_, _, _, ends),), _ = lines(tmp_path, [near(400.0)], shapes=[plot])
    assert ends[:, 0] == pytest.approx([X + 100, X + 500], abs=0.2)


@pytest.mark.parametrize("name", ["district", "urban_boundary"])
def test_a_site_that_reaches_beyond_the_jurisdiction_is_measured_from_its_part_inside(tmp_path, name):
    bounds = made_layer(name, words("区"), [box(X - 9000, Y - 9000, X + 50, Y + 9000)], ["区"])
    run = made_run(layers={"red_line": RED, name: bounds}, jurisdiction=name)
    plot = [box(X - 100, Y - 50, X + 100, Y + 50)]
    ((_, _, _, ends),), _ = lines(
        tmp_path, [near(450.0)], shapes=plot, run=run, sites=[site(0, "exit", inside_share=0.75)]
    )
    assert ends[:, 0] == pytest.approx([X + 50, X + 500], abs=0.2)


@pytest.mark.parametrize(
    "other",
    [
        {"distance_m": 0.0},
        {"distance_m": np.nan},
        {"distance_m": 640.0},
        {"feature_id": ""},
        {"feature_id": "no such"},
        {"layer": ""},
        {"layer": "forest"},
    ],
)
def test_nothing_is_drawn_but_a_distance_that_the_table_states(tmp_path, other):
    made = near(**{"distance_m": 500.0, **other})
    assert lines(tmp_path, [made])[0] == []


def test_a_distance_that_says_nothing_of_why_is_not_drawn(tmp_path):
    far = made_layer("red_line", words("红线"), [Point(X + 30_000, Y)], ["远"])
    assert lines(tmp_path, [near(30_000.0)], run=made_run(layers={"red_line": far}))[0] == []


def test_of_features_with_the_same_id_the_one_that_was_measured_is_meant(tmp_path):
    shapes = [LineString([(X - 700, Y), (X - 700, Y + 9)]), LineString([(X + 300, Y), (X + 300, Y + 9)])]
    twice = made_layer("red_line", words("红线"), shapes, ["西", "东"])
    twice.fields["id"][:] = "001"
    found, _ = lines(tmp_path, [near(300.0)], run=made_run(layers={"red_line": twice}))
    assert [one[2] for one in found] == ["东"]


def test_inside_a_riverbank_zone_the_line_leads_to_the_water(tmp_path):
    inside = near(0.0, predicate="in", layer="bank_zone", threshold_m=np.nan)
    ((_, metres, name, ends),), _ = lines(tmp_path, [inside], sites=[site(0, "prohibited", to_main_m=800.0)])
    assert (metres, name) == (800.0, "长江")
    assert ends[:, 1] == pytest.approx([Y, Y - 800], abs=0.2)


def test_every_finding_has_its_own_line_in_its_packet(tmp_path):
    sites = [site(k, "prohibited") for k in range(3)]
    findings = [near(500.0, 2), near(600.0, 0), near(0.0, 1), near(500.0, 2, rule_id="FL-2")]
    shapes = [Point(X - 100, Y), Point(X + 700, Y), Point(X, Y)]
    found, _ = lines(tmp_path, findings, shapes=shapes, sites=sites)
    assert [one[:2] for one in found] == [(0, 600.0), (2, 500.0), (3, 500.0)]


def test_lines_past_the_most_are_left_out_and_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(map_lines, "MOST_LINES", 2)
    sites = [site(k, "prohibited") for k in range(5)]
    found, about = lines(tmp_path, [near(500.0, k) for k in range(5)], shapes=[Point(X, Y)] * 5, sites=sites)
    assert [one[0] for one in found] == [0, 1]
    assert about["unlined"] == 3


def test_without_zone_geometry_no_line_touches_an_outline(tmp_path):
    inside = near(0.0, predicate="in", layer="bank_zone", threshold_m=np.nan)
    sites = [site(0, "prohibited", to_main_m=800.0)]
    assert len(lines(tmp_path, [near(500.0), inside], sites=sites)[0]) == 2
    assert lines(tmp_path, [near(500.0), inside], sites=sites, zone_geometry=False)[0] == []


def test_a_layer_is_left_as_it_was(tmp_path):
    before = shapely.to_wkb(RED.geometry).tolist()
    lines(tmp_path, [near(500.0)])
    assert shapely.to_wkb(RED.geometry).tolist() == before
    assert not shapely.is_prepared(RED.geometry).any()
