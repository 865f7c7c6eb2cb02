"""The evidence behind an answer: features, overlaps, shares, distances, margins, and the measures of a site."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import shapely
import toy
from oracle import TooClose
from oracle.judge import part_inside
from oracle.worlds import LAYERS, world
from oracle.zones import sure_and_possible
from shapely import LineString, Point, Polygon, box
from toy import all_of, inside, near, near_centre, not_, outside, some

# Findings are measured to a centimetre or better.
CENTIMETRE = 0.0051
MOST = 5


def rows(batch: Any, position: int = 0, rule_id: str = "R") -> list[dict[str, Any]]:
    found = batch.findings
    row = batch.sites.iloc[position]["row"]
    return found[(found["row"] == row) & (found["rule_id"] == rule_id)].to_dict("records")


def one(batch: Any) -> dict[str, Any]:
    (row,) = rows(batch)
    return row


def test_a_site_half_inside_a_zone_tells_area_and_share():
    batch = toy.screen(
        inside("red_line"), toy.layers(toy.layer("red_line", box(0, 0, 1000, 1000))), toy.sites(box(-50, 0, 50, 20))
    )
    row = one(batch)
    assert (row["layer"], row["feature_id"], row["feature_name"]) == ("red_line", "F0", "F0")
    assert row["overlap_m2"] == pytest.approx(1000)
    assert row["overlap_share"] == pytest.approx(0.5)
    assert row["distance_m"] == 0


def test_a_share_is_of_the_part_inside_the_district():
    # 100 m wide, half of it beyond the border at x = 5000; of the other half, the zone takes 10 m.
    batch = toy.screen(
        inside("red_line"),
        toy.layers(toy.layer("red_line", box(4990, 0, 9000, 1000))),
        toy.sites(box(4950, 0, 5050, 10)),
    )
    row = one(batch)
    assert row["overlap_m2"] == pytest.approx(100)
    assert row["overlap_share"] == pytest.approx(0.2)
    assert batch.sites.loc[0, "inside_share"] == pytest.approx(0.5)
    assert batch.sites.loc[0, "area_m2"] == pytest.approx(1000)


def test_a_point_has_no_share():
    batch = toy.screen(
        inside("red_line"), toy.layers(toy.layer("red_line", box(0, 0, 1000, 1000))), toy.sites(Point(5, 5))
    )
    assert math.isnan(one(batch)["overlap_share"])


@pytest.mark.parametrize("empty", [None, math.nan, ""])
def test_a_feature_without_a_name_is_named_by_nothing(empty):
    zone = toy.layer("red_line", box(0, 0, 1000, 1000), name=[empty])
    row = one(toy.screen(inside("red_line"), toy.layers(zone), toy.sites(Point(500, 500))))
    assert (row["feature_id"], row["feature_name"]) == ("F0", "")


@pytest.mark.parametrize("where", [inside, lambda zone: near(zone, 50.0), lambda zone: near_centre(zone, 50.0)])
def test_two_selections_of_one_layer_name_each_feature_where_it_lies_and_once(where):
    # The first is of both selections, and with it any number of selections.
    parts = (box(0, 0, 100, 100), box(500, 0, 600, 100), box(1000, 0, 1100, 100))
    zone = toy.joined(some("red_line", kind=("a", "b")), some("red_line", kind=("b", "c")))
    batch = toy.screen(
        where(zone),
        toy.layers(toy.layer("red_line", *parts, kind=["b", "a", "c"])),
        toy.sites(Point(50, 50), Point(550, 50), Point(1050, 50), Point(800, 50)),
    )
    named = [[row["feature_id"] for row in rows(batch, i)] for i in range(4)]
    assert named == [["F0"], ["F1"], ["F2"], []]


def test_a_feature_whose_id_is_a_number_is_named_as_people_write_it():
    zone = toy.layer("red_line", box(0, 0, 1000, 1000), id=[500102001.0])
    row = one(toy.screen(inside("red_line"), toy.layers(zone), toy.sites(Point(500, 500))))
    assert row["feature_id"] == "500102001"


def test_a_distance_rule_tells_threshold_and_margin():
    batch = toy.screen(
        near("river", 1000), toy.layers(toy.river(accuracy_m=5)), toy.sites(Point(0, 900), accuracy_m=[2])
    )
    row = one(batch)
    told = [row[name] for name in ("distance_m", "threshold_m", "margin_m", "tolerance_m")]
    assert told == pytest.approx([900, 1000, 100, 7])


def test_the_margin_of_a_maybe_beyond_the_threshold_is_negative():
    batch = toy.screen(near("river", 1000), toy.layers(toy.river(accuracy_m=5)), toy.sites(Point(0, 1003)))
    row = one(batch)
    assert (row["answer"], row["part_answer"], row["cause"]) == ("maybe", "maybe", "tolerance")
    assert row["margin_m"] == pytest.approx(-3)


def test_five_features_are_named_largest_overlap_first_then_nearest():
    # Six strips of 1 to 6 m across a site of 10 m, and two more beside it, 5 and 7 m away.
    strips = [box(100 * i, -500, 100 * i + i, 500) for i in range(1, 7)]
    beside = [box(-500, 15, 1000, 16), box(-500, 17, 1000, 18)]
    batch = toy.screen(
        near("red_line", 50), toy.layers(toy.layer("red_line", *strips, *beside)), toy.sites(box(0, 0, 900, 10))
    )
    found = rows(batch)
    assert [row["feature_id"] for row in found] == ["F5", "F4", "F3", "F2", "F1"]
    assert [row["overlap_m2"] for row in found] == pytest.approx([60, 50, 40, 30, 20])
    assert {row["more_features"] for row in found} == {3}


def test_features_that_overlap_alike_keep_the_order_of_the_layer():
    # The first lacks a millionth of a square metre, which no table shows.
    zones = toy.layer("red_line", box(0, 0, 100 - 1e-7, 10), box(-5, -5, 200, 200))
    found = rows(toy.screen(inside("red_line"), toy.layers(zones), toy.sites(box(0, 0, 100, 10))))
    assert [row["feature_id"] for row in found] == ["F0", "F1"]


def test_features_without_overlap_come_nearest_first():
    points = [Point(0, 30), Point(0, 10), Point(0, 40), Point(0, 20)]
    batch = toy.screen(near("outfall", 35), toy.layers(toy.layer("outfall", *points)), toy.sites(Point(0, 0)))
    assert [row["feature_id"] for row in rows(batch)] == ["F1", "F3", "F0"]
    assert [row["distance_m"] for row in rows(batch)] == pytest.approx([10, 20, 30])


def test_outside_names_the_nearest_feature():
    parks = [box(1000, 0, 2000, 1000), box(0, 300, 500, 600)]
    batch = toy.screen(
        outside("industrial_park"), toy.layers(toy.layer("industrial_park", *parks)), toy.sites(Point(0, 0))
    )
    row = one(batch)
    assert (row["feature_id"], row["predicate"]) == ("F1", "outside")
    assert row["distance_m"] == pytest.approx(300)


def test_outside_of_an_empty_layer_names_no_feature():
    row = one(toy.screen(outside("industrial_park"), toy.layers(toy.layer("industrial_park")), toy.sites(Point(0, 0))))
    assert (row["answer"], row["feature_id"]) == ("yes", "")


def test_a_rule_without_a_place_has_one_row_without_a_layer():
    row = one(toy.screen(toy.rule("R"), toy.layers(), toy.sites(Point(0, 0))))
    assert [row[name] for name in ("answer", "predicate", "layer", "feature_id")] == ["yes", "", "", ""]


def test_only_parts_that_are_yes_stand_behind_a_yes():
    where = toy.any_of(inside("red_line"), near("river", 100), near("wetland", 10))
    layers = toy.layers(
        toy.river(), toy.layer("red_line", box(0, 0, 50, 50)), toy.layer("wetland", box(0, 10.5, 5, 20), accuracy_m=1)
    )
    found = rows(toy.screen(where, layers, toy.sites(Point(5, 0))))
    assert [(row["predicate"], row["layer"], row["part_answer"]) for row in found] == [("near", "river", "yes")]


def test_the_parts_of_a_maybe_are_those_that_are_yes_or_maybe():
    where = all_of(near("river", 100), near("wetland", 10), outside("red_line"))
    layers = toy.layers(toy.river(), toy.layer("red_line"), toy.layer("wetland", box(0, 10.5, 5, 20), accuracy_m=1))
    found = rows(
        toy.screen(toy.rule("R", where, who=toy.party(natures=["new"])), layers, toy.sites(Point(5, 0), nature=[""]))
    )
    told = {(row["layer"], row["part_answer"], row["cause"]) for row in found}
    assert told == {
        ("river", "yes", "fact:nature"),
        ("wetland", "maybe", "fact:nature;tolerance"),
        ("red_line", "yes", "fact:nature"),
    }


def test_a_rule_that_asks_for_not_still_has_a_row():
    found = rows(toy.screen(not_(inside("river")), toy.layers(toy.river()), toy.sites(Point(0, 500))))
    assert [row["answer"] for row in found] == ["yes"]


def test_a_hole_is_measured_as_a_hole():
    zone = Polygon(box(0, 0, 100, 100).exterior.coords, [box(20, 20, 80, 80).exterior.coords])
    batch = toy.screen(inside("red_line"), toy.layers(toy.layer("red_line", zone)), toy.sites(box(0, 0, 100, 100)))
    assert one(batch)["overlap_m2"] == pytest.approx(6400)
    assert one(batch)["overlap_share"] == pytest.approx(0.64)


def test_inside_share_is_by_length_for_lines_and_whole_or_nothing_for_points():
    sites = toy.sites(LineString([(4900, 0), (5300, 0)]), Point(0, 0), Point(9000, 0), box(4000, 4000, 4500, 4500))
    batch = toy.screen(inside("red_line"), toy.layers(), sites)
    assert list(batch.sites["inside_share"]) == pytest.approx([0.25, 1, 0, 1])


def test_the_distance_to_each_river_is_told_where_the_layer_covers_it():
    rivers = [toy.RIVER, box(2000, -9000, 2300, 9000), box(-3000, 2500, -2900, 2600)]
    river = toy.layer("river", *rivers, grade=["main", "wu", "tributary"], cover=box(-10000, -10000, 10000, 2700))
    batch = toy.screen(inside("red_line"), toy.layers(river), toy.sites(Point(0, 1000), Point(-2950, 2000)))
    columns = batch.sites[["to_main_m", "to_wu_m", "to_tributary_m"]].to_numpy(float)
    # The first lies 1700 m from the end of the cover, the second 700 m.
    assert columns[0][0] == pytest.approx(1000)
    assert np.isnan(columns[0][1:]).all()
    assert np.isnan(columns[1][:2]).all()
    assert columns[1][2] == pytest.approx(500)


@pytest.mark.parametrize("block", range(6))
def test_evidence_agrees_with_shapely_on_random_workspaces(block):
    compared = 0
    for seed in range(500 + block, 536, 6):
        compared += compare(seed)
    assert compared > 100


def compare(seed: int) -> int:
    """Ask each layer of a world plainly; give the number of rows that were compared."""
    made = world(seed)
    names = [name for name in LAYERS if name in made.layers]
    questions = {
        f"{name}-{i}": ask for name in names for i, ask in enumerate((inside(name), near(name, 500), outside(name)))
    }
    questions |= {f"{name}-centre": near_centre(name, 500) for name in names}
    questions |= {f"{name}-kind": near(some(name, kind="x"), 100) for name in names}
    batch = toy.screen(toy.rules(*(toy.rule(name, ask) for name, ask in questions.items())), made.layers, made.sites)
    found: dict[Any, list[dict[str, Any]]] = {}
    for row in batch.findings.to_dict("records"):
        found.setdefault((row["row"], row["rule_id"]), []).append(row)
    for (position, name), told in found.items():
        layer = made.layers[name.split("-")[0]]
        accuracy = float(made.sites.accuracy_m[position])
        try:
            body = part_inside(made.sites.geometry[position], accuracy, made.layers.get("district"))
        except TooClose:
            continue
        check(told, body, layer, questions[name], layer.accuracy_m + accuracy)
    return sum(len(told) for told in found.values())


def check(told: list[dict[str, Any]], body: Any, layer: Any, question: Any, t: float) -> None:
    _, possible, _ = sure_and_possible(question.zone, layer)
    features = np.array(possible, int)
    away = shapely.distance(body, layer.geometry[features])
    if question.measured == "centre":
        away = np.maximum(away, shapely.distance(shapely.centroid(body), layer.geometry[features]))
    overlap = shapely.area(shapely.intersection(body, layer.geometry[features]))
    assert {row["tolerance_m"] for row in told} == {t}
    if question.predicate == "outside":
        assert len(told) == 1
        if len(features):
            assert told[0]["distance_m"] == pytest.approx(away.min(), abs=CENTIMETRE)
            assert told[0]["feature_id"] in {layer.fields["id"][i] for i in features[away <= away.min() + CENTIMETRE]}
        return
    reach = question.within_m + t
    surely, perhaps = int((away < reach - CENTIMETRE).sum()), int((away < reach + CENTIMETRE).sum())
    named = [row for row in told if row["feature_id"]]
    assert surely <= len(named) + told[0]["more_features"] <= perhaps
    assert len(named) <= MOST
    assert told[0]["more_features"] == 0 or len(named) == MOST
    number = {name: i for i, name in enumerate(layer.fields["id"][features])}
    for row in named:
        i = number[row["feature_id"]]
        assert row["distance_m"] == pytest.approx(away[i], abs=CENTIMETRE)
        if body.geom_type.endswith("Polygon"):
            assert row["overlap_m2"] == pytest.approx(overlap[i], abs=0.02)
            assert row["overlap_share"] == pytest.approx(overlap[i] / body.area, abs=1e-4)
        if question.predicate == "near":
            assert row["margin_m"] == pytest.approx(question.within_m - away[i], abs=CENTIMETRE)
    ranks = [(-overlap[number[row["feature_id"]]], away[number[row["feature_id"]]]) for row in named]
    if question.measured == "centre":
        # What the site overlaps may be far from its centre: rows are chosen by overlap, and stand by distance.
        assert all(before[1] <= after[1] + CENTIMETRE for before, after in pairwise(ranks))
        ranks.sort()
    rest = [(-overlap[i], away[i]) for name, i in number.items() if name not in {row["feature_id"] for row in named}]
    assert all(before[0] <= after[0] + 0.02 for before, after in pairwise(ranks))
    assert all(
        before[1] <= after[1] + CENTIMETRE for before, after in pairwise(ranks) if abs(before[0] - after[0]) < 1e-9
    )
    # Nothing that was left out should have come before what is named.
    near_enough = [one_left for one_left in rest if one_left[1] < reach - CENTIMETRE]
    assert not near_enough or len(named) == MOST
    assert all(ranks[-1][0] <= left[0] + 0.02 for left in near_enough)


HOMES, MIXED = inside("building", use="home"), inside("building", use="mixed", flue="no")


@pytest.mark.parametrize(
    ("where", "flue", "told"),
    [
        # What the building is is not known: it may be either, which both parts say in the same words.
        (toy.any_of(HOMES, MIXED), ["no", "no"], ["F0", "F1"]),
        (toy.any_of(HOMES, MIXED, MIXED), ["no", "no"], ["F0", "F1"]),
        # The second part hangs on the flue too, and says so.
        (toy.any_of(HOMES, MIXED), [None, None], ["F0", "F0", "F1", "F1"]),
        (toy.any_of(HOMES, toy.not_(toy.not_(MIXED))), ["no", "no"], ["F0", "F1"]),
        (
            toy.any_of(near("building", 50.0, use="home"), near("building", 60.0, use="mixed")),
            ["no", "no"],
            ["F0", "F0", "F1", "F1"],
        ),
    ],
)
def test_a_feature_of_which_two_parts_say_the_same_is_told_once(where, flue, told):
    buildings = toy.layer(
        "building",
        box(0, 0, 20, 20),
        box(30, 0, 50, 20),
        use=[None, None],
        flue=flue,
        cover=toy.SQUARE,
        covers="district",
    )
    batch = toy.screen(where, toy.layers(buildings), toy.sites(box(-10, 5, 60, 15), box(2, 2, 4, 4)))
    assert sorted(row["feature_id"] for row in rows(batch)) == told
    alone = toy.screen(where, toy.layers(buildings), toy.sites(box(2, 2, 4, 4)))
    assert [row["feature_id"] for row in rows(batch, 1)] == [row["feature_id"] for row in rows(alone)]
    assert {row["feature_id"] for row in rows(alone)} >= {"F0"}
    every = batch.findings.astype(str)
    assert not every.duplicated().any()
