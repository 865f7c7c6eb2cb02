"""A distance can be measured from the centre of a site instead of its nearest point, the few way and the many way."""

from __future__ import annotations

import numpy as np
import pytest
import toy
from shapely import LineString, MultiPoint, MultiPolygon, Point, box
from toy import inside, near, near_centre

from fuling_gis.overlay import questions
from fuling_gis.overlay.inquiry import inquire

# The water ends at y = 0: the edge of the plot is 900 m from it, the centre 1200 m.
PLOT = box(0, 900, 400, 1500)
MEASURED = toy.reading("measured", "edge", "centre")


@pytest.fixture(autouse=True, params=[False, True], ids=["few", "many"])
def way(request):
    """Run every test both ways that the engine can take."""
    with toy.many(sites=request.param):
        yield


def says(question, *sites, accuracy_m=0.0, layer=None):
    layers = toy.layers(toy.river() if layer is None else layer)
    given = toy.sites(*sites, accuracy_m=[accuracy_m] * len(sites))
    return toy.answers(toy.screen(question, layers, given))


def on_reading(within_m):
    """Make a rule as the plan's: near by the edge, or by the centre where that is the reading."""
    duties = {
        (("measured", "edge"),): toy.duty(near("river", within_m)),
        (("measured", "centre"),): toy.duty(near_centre("river", within_m)),
    }
    return toy.rules(toy.switched("A", duties), readings=[MEASURED])


def test_a_plot_whose_edge_is_near_and_whose_centre_is_not():
    assert says(near("river", 1000), PLOT) == ["yes"]
    assert says(near_centre("river", 1000), PLOT) == ["no"]
    assert says(near_centre("river", 1200), PLOT) == ["yes"]


def test_for_points_the_centre_is_the_point():
    points = [Point(0, y) for y in (-100, 0, 500, 1000, 1000.5, 4000)]
    expected = ["yes", "yes", "yes", "yes", "no", "no"]
    assert says(near("river", 1000), *points) == says(near_centre("river", 1000), *points) == expected


@pytest.mark.parametrize(("accuracy_m", "expected"), [(0.0, "no"), (199.0, "no"), (201.0, "maybe"), (2000.0, "maybe")])
def test_the_tolerance_lies_about_the_distance_of_the_centre(accuracy_m, expected):
    assert says(near_centre("river", 1000), PLOT, accuracy_m=accuracy_m) == [expected]


def test_the_middle_of_a_line_and_of_several_points_and_parts_counts():
    # Middles at y = 1100, 1300 and 1100: the mean of a line, of three points, of two plots of one size.
    line = LineString([(0, 500), (0, 1700)])
    points = MultiPoint([(0, 900), (0, 1400), (300, 1600)])
    plots = MultiPolygon([box(0, 500, 100, 700), box(0, 1500, 100, 1700)])
    assert says(near("river", 1000), line, points, plots) == ["yes"] * 3
    assert says(near_centre("river", 1000), line, points, plots) == ["no"] * 3
    assert says(near_centre("river", 1101), line, points, plots) == ["yes", "no", "yes"]
    assert says(near_centre("river", 1301), line, points, plots) == ["yes"] * 3


def test_a_centroid_in_a_bay_is_not_nearer_than_the_site():
    # A horseshoe, 600 by 400 m with a bay of 400 by 300 m: its centroid lies at (0, 1150), in the bay, and so does the
    # zone. The bottom of the bay is 40 m from the zone, its sides 190 m.
    horseshoe = box(-300, 1000, 300, 1400).difference(box(-200, 1100, 200, 1400))
    assert (horseshoe.centroid.x, horseshoe.centroid.y) == pytest.approx((0, 1150))
    zone = toy.layer("red_line", box(-10, 1140, 10, 1160))
    for within_m, expected in ((39, "no"), (41, "yes")):
        assert says(near("red_line", within_m), horseshoe, layer=zone) == [expected]
        assert says(near_centre("red_line", within_m), horseshoe, layer=zone) == [expected]
    batch = toy.screen(near_centre("red_line", 41), toy.layers(zone), toy.sites(horseshoe))
    (row,) = batch.findings.to_dict("records")
    assert (row["distance_m"], row["margin_m"]) == pytest.approx((40, 1))


def test_the_centre_is_that_of_the_part_inside_the_jurisdiction():
    # The river flows along x = 0 here. The part inside reaches from 900 to 5000 m, the whole to 7000 m.
    river = toy.layer("river", box(-300, -9000, 0, 9000))
    site = box(900, 0, 7000, 100)
    assert says(near_centre("river", 2951), site, layer=river) == ["yes"]
    assert says(near_centre("river", 2949), site, layer=river) == ["no"]


def test_only_the_ground_about_the_centre_must_be_covered_for_a_no():
    # Covered up to y = 3000. About the centre at 1800 m a kilometre is known, about the whole plot it is not.
    river = toy.river(cover=box(-10000, -10000, 10000, 3000))
    plot = box(0, 1500, 200, 2100)
    batch = toy.screen(near("river", 1000), toy.layers(river), toy.sites(plot))
    assert (toy.answers(batch), toy.causes(batch, 0)) == (["maybe"], {"coverage:river"})
    assert says(near_centre("river", 1000), plot, layer=river) == ["no"]
    # With the centre at 2100 m it is not known about the centre either.
    batch = toy.screen(near_centre("river", 1000), toy.layers(river), toy.sites(box(0, 1500, 200, 2700)))
    assert (toy.answers(batch), toy.causes(batch, 0)) == (["maybe"], {"coverage:river"})


def test_doubtful_features_and_missing_layers_are_as_for_the_edge():
    river = toy.river(grade=[None])
    near_main = near_centre("river", 1300, grade="main")
    batch = toy.screen(near_main, toy.layers(river), toy.sites(PLOT))
    assert (toy.answers(batch), toy.causes(batch, 0)) == (["maybe"], {"attribute:river.grade"})
    assert says(near_centre("river", 1000, grade="main"), PLOT, layer=river) == ["no"]
    assert toy.answers(toy.screen(near_main, toy.layers(), toy.sites(PLOT))) == ["unchecked"]


def test_the_evidence_is_the_distance_that_was_judged_and_the_overlap_of_the_whole_site():
    # 100 m of the plot lie in the water; its centre is at y = 600.
    site = box(0, -100, 200, 1300)
    batch = toy.screen(near_centre("river", 1000), toy.layers(toy.river()), toy.sites(site))
    (row,) = batch.findings.to_dict("records")
    assert (row["distance_m"], row["threshold_m"], row["margin_m"]) == pytest.approx((600, 1000, 400))
    assert row["overlap_m2"] == pytest.approx(200 * 100)
    assert (row["predicate"], row["feature_id"]) == ("near", "F0")


def test_a_feature_near_the_edge_and_far_from_the_centre_is_no_evidence():
    # The one is 100 m from the edge and 600 m from the centre, the other 400 m and 900 m.
    zone = toy.layer("red_line", box(-1000, 0, -100, 1000), box(1400, 0, 2000, 1000))
    site = box(0, 0, 1000, 1000)
    layers = toy.layers(zone)
    found = toy.screen(near_centre("red_line", 700), layers, toy.sites(site)).findings
    assert list(found["feature_id"]) == ["F0"]
    found = toy.screen(near_centre("red_line", 900), layers, toy.sites(site)).findings
    assert list(found["feature_id"]) == ["F0", "F1"]
    assert list(found["distance_m"]) == pytest.approx([600, 900])


def test_points_and_plots_together_keep_their_own_evidence():
    sites = toy.sites(Point(0, 700), box(0, 500, 400, 1300), Point(0, 1100), PLOT)
    batch = toy.screen(near_centre("river", 1000), toy.layers(toy.river()), sites)
    assert toy.answers(batch) == ["yes", "yes", "no", "no"]
    assert list(batch.findings["distance_m"]) == pytest.approx([700, 900])


def test_by_default_the_reading_shows_only_in_depends_on():
    sites = toy.sites(PLOT, Point(0, 900), box(0, 500, 400, 900), box(0, 1100, 400, 1500))
    batch = toy.screen(on_reading(1000), toy.layers(toy.river()), sites)
    assert toy.answers(batch, "A") == ["yes", "yes", "yes", "no"]
    assert list(batch.sites["depends_on"]) == ["measured=centre>no", "", "", ""]
    assert set(batch.findings["cause"]) == {""}
    assert batch.findings["distance_m"].to_list() == pytest.approx([900, 900, 500])


def test_where_the_centre_is_chosen_the_edge_raises():
    sites = toy.sites(PLOT, Point(0, 900), box(0, 500, 400, 900), box(0, 1100, 400, 1500))
    batch = toy.screen(on_reading(1000), toy.layers(toy.river()), sites, readings={"measured": "centre"})
    assert toy.answers(batch, "A") == ["maybe", "yes", "yes", "no"]
    assert toy.causes(batch, 0, "A") == {"reading:measured=edge"}
    assert list(batch.sites["depends_on"]) == ["measured=edge>yes", "", "", ""]
    # The maybe shows the distance that raises it, the others the distance of the centre.
    assert batch.findings["distance_m"].to_list() == pytest.approx([900, 900, 700])


def test_points_and_sites_that_are_far_are_not_asked_again(monkeypatch):
    asked = []

    def counted(sites, *more):
        asked.append(len(sites))
        return is_near(sites, *more)

    is_near = questions.is_near
    monkeypatch.setattr(questions, "is_near", counted)
    points = [Point(0, y) for y in range(500, 1500, 100)]
    far = [box(0, 2000 + 10 * i, 400, 2500) for i in range(20)]
    toy.screen(on_reading(1000), toy.layers(toy.river()), toy.sites(*points, *far))
    toy.screen(on_reading(1000), toy.layers(toy.river()), toy.sites(*points, *far, PLOT))
    assert asked == [30, 31, 1]


def test_a_question_without_rules_may_be_put_to_the_centre():
    plan = toy.plan(inside("river"), toy.layers(toy.river()))
    asks = (near("river", 1000), near_centre("river", 1000), near_centre("river", 1300))
    geometry = np.array([PLOT, Point(0, 800)], dtype=object)
    told = inquire(geometry, np.zeros(2), asks, plan.book, plan.features)
    place = np.argsort(told.rows)
    assert [list(reply.answers.value[place]) for reply in told.replies] == [[2, 2], [0, 2], [2, 2]]
    distances = [sorted(reply.evidence["river"].distance_m) for reply in told.replies]
    assert distances[0] == pytest.approx([800, 900])
    assert distances[1] == pytest.approx([800])
    assert distances[2] == pytest.approx([800, 1200])
