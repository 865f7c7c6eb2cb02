"""Sites that come together, and sites that come one by one, again and again, are told the same."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
import shapely
import toy
from oracle.worlds import world

from fuling_gis.answers import MAYBE, NO, YES, Answers
from fuling_gis.overlay import evidence, questions, shapes, zones
from fuling_gis.overlay.evidence import FeatureBook
from fuling_gis.overlay.persons import MOST_REMEMBERED, Register
from fuling_gis.overlay.questions import asked_of
from fuling_gis.overlay.screening import screen_batch
from fuling_gis.overlay.shapes import shape_of
from fuling_gis.overlay.sitetree import sites_of
from fuling_gis.rules.model import Party, Selection

COVERED = {"cover": toy.SQUARE, "covers": "district"}


def table(frame, drop=()):
    return frame.drop(columns=list(drop)).astype(object).where(frame.notna(), None)


def same(together, alone, columns):
    """Compare tables, measures to a billionth of a metre."""
    assert len(together) == len(alone)
    for name in columns:
        a, b = together[name].tolist(), alone[name].tolist()
        numbers = all(isinstance(value, float | int | None) for value in (*a, *b))
        if numbers:
            np.testing.assert_allclose(np.array(a, float), np.array(b, float), rtol=0, atol=1e-9, err_msg=name)
        else:
            assert a == b, name


@pytest.mark.parametrize("block", range(8))
def test_what_is_said_of_a_site_does_not_hang_on_the_others(block):
    for seed in range(700 + block, 732, 8):
        made = world(seed)
        plan = toy.plan(made.rules, made.layers)
        together = screen_batch(plan, made.sites).batch
        # Forwards, and backwards when everything that a plan remembers is there.
        order = [*range(len(made.sites)), *reversed(range(len(made.sites)))]
        found = {}
        for i in order:
            found[i] = screen_batch(plan, made.sites[i : i + 1]).batch
            for name in ("sites", "findings", "units"):
                whole, part = table(getattr(together, name)), table(getattr(found[i], name))
                mine = whole[whole["row"] == i].reset_index(drop=True)
                same(mine, part, whole.columns)


def test_remembered_answers_are_those_of_the_same_answers_alone():
    rule = toy.rule("R", toy.near("red_line", 100.0), who=toy.party("chemical", facts=[toy.fact("heavy_metals")]))
    plan = toy.plan(rule, toy.layers(toy.layer("red_line", shapely.box(0, 0, 100, 100), accuracy_m=5.0, **COVERED)))
    places = [shapely.Point(50, 50), shapely.Point(202, 50), shapely.Point(300, 50)]
    for metals, expected in (("yes", ["yes", "maybe", "no"]), ("", ["maybe", "maybe", "no"]), ("no", ["no"] * 3)):
        for _ in range(2):
            sites = toy.sites(*places, activity=["chemical"] * 3, heavy_metals=[metals] * 3)
            assert [toy.answers(screen_batch(plan, sites[i : i + 1]).batch)[0] for i in range(3)] == expected
    maybe = toy.sites(places[1], activity=["chemical"], heavy_metals=[""])
    assert toy.causes(screen_batch(plan, maybe).batch, 0) == {"tolerance", "fact:heavy_metals"}


@pytest.mark.parametrize("sizes", [(1, 6), (6, 1), (2, 4, 6, 1, 3), (1, 1, 6, 1, 6)])
def test_sites_that_all_say_the_same_are_told_by_their_places_whatever_came_before(sizes):
    rule = toy.rule("R", toy.near("red_line", 100.0), who=toy.party("chemical", facts=[toy.fact("heavy_metals")]))
    plan = toy.plan(rule, toy.layers(toy.layer("red_line", shapely.box(0, 0, 100, 100), accuracy_m=5.0, **COVERED)))
    x = (50, 300, 202, 150, 400, 90)
    answers = ["yes", "no", "maybe", "yes", "no", "yes"]
    claims = toy.sites(*(shapely.Point(one, 50) for one in x), activity=["chemical"] * 6, heavy_metals=["yes"] * 6)
    for size in sizes:
        for first in (0, 6 - size):
            batch = screen_batch(plan, claims[first : first + size]).batch
            assert toy.answers(batch) == answers[first : first + size]


def test_only_the_latest_answers_are_remembered():
    register, asked = Register(), []

    def ask(key):
        return register.remembered(key, lambda: asked.append(key) or key)

    assert [ask(n) for n in range(MOST_REMEMBERED)] == list(range(MOST_REMEMBERED))
    assert ask(0) == 0
    assert ask("one more") == "one more"
    # The oldest that was not asked again has gone.
    assert ask(0) == 0
    assert ask(1) == 1
    assert asked == [*range(MOST_REMEMBERED), "one more", 1]


def test_answers_are_numbered_by_value_and_causes():
    a, b = np.array([1, 1, 0, 0, 0], bool), np.array([1, 0, 1, 0, 0], bool)
    value = np.array([MAYBE, MAYBE, MAYBE, YES, NO], np.int8)
    number, bound = Answers(value, {"a": a, "b": b}).kinds
    assert len(set(number.tolist())) == 5
    assert 0 <= number.min() <= number.max() < bound
    again, _ = Answers(np.tile(value, 2), {"a": np.tile(a, 2), "b": np.tile(b, 2)}).kinds
    assert again[:5].tolist() == again[5:].tolist()


def test_answers_of_forty_causes_are_numbered_too():
    rng = np.random.default_rng(5)
    masks = rng.random((40, 300)) < 0.5
    masks[:, 150:] = masks[:, :150]
    number, bound = Answers(np.full(300, MAYBE, np.int8), {f"c{i}": mask for i, mask in enumerate(masks)}).kinds
    assert number.max() < bound
    assert number[:150].tolist() == number[150:].tolist()
    assert len(set(number.tolist())) == len({tuple(column) for column in masks.T.tolist()})


def book_of(*boxes, accuracy_m=0.0):
    layers = toy.layers(*(toy.layer(f"zone{i}", box, accuracy_m=accuracy_m, **COVERED) for i, box in enumerate(boxes)))
    return toy.plan(toy.rules(*(toy.rule(f"R{i}", toy.inside(f"zone{i}")) for i in range(len(boxes)))), layers).book


def test_the_gaps_between_boxes_are_those_along_the_axes():
    book = book_of(shapely.box(0, 0, 10, 10), shapely.box(100, 20, 130, 25))
    grounds = [book.zone(Selection(f"zone{i}")).low for i in range(2)]
    places = np.array([[20.0, 3, 30, 4], [105, 100, 106, 101]])
    # Of the first site they are 10 and 70, of the second 95 and 75.
    for beyond, expected in (([0.0, 0], [10, 70]), ([1.0, 2], [9, 69]), ([1.0, 91], [4, -16])):
        gaps = book.box_gaps(places, np.array(beyond))
        assert [gaps[id(ground)] for ground in grounds] == expected
    # Grounds that are made later are known the next time; one that overlaps has no gap.
    more = book.area("district")
    assert book.box_gaps(places[:1], np.zeros(1))[id(more)] < 0


def test_many_boxes_are_not_looked_at_together(monkeypatch):
    book = book_of(shapely.box(0, 0, 10, 10), shapely.box(100, 20, 130, 25))
    for i in range(2):
        book.zone(Selection(f"zone{i}"))
    two = np.array([[20.0, 3, 30, 4]] * 2)
    monkeypatch.setattr(zones, "_MOST_BOXES", 3)
    assert len(book.box_gaps(two[:1], np.zeros(1))) == 2
    assert book.box_gaps(two, np.zeros(2)) == {}


@pytest.mark.parametrize(
    ("x", "accuracy", "expected"),
    [(100.0, 0.0, "maybe"), (102.0, 0.0, "maybe"), (105.0, 0.0, "maybe"), (105.1, 0.0, "no"), (105.1, 0.2, "maybe")],
)
def test_a_site_just_beyond_the_tolerance_is_far_and_one_just_within_is_not(x, accuracy, expected):
    layers = toy.layers(toy.layer("red_line", shapely.box(0, 0, 100, 100), accuracy_m=5.0, **COVERED))
    plan = toy.plan(toy.inside("red_line"), layers)
    for _ in range(2):
        sites = toy.sites(shapely.box(x, 40, x + 20, 60), accuracy_m=[accuracy])
        assert toy.answers(screen_batch(plan, sites).batch) == [expected]


def test_far_away_is_still_a_maybe_where_the_layer_is_not_known_to_cover_the_place(monkeypatch):
    cover = shapely.box(-200, -200, 400, 400)
    layers = toy.layers(toy.layer("red_line", shapely.box(0, 0, 100, 100), cover=cover))
    plan = toy.plan(toy.inside("red_line"), layers)
    places = [shapely.Point(300, 300), shapely.Point(2000, 2000)]
    for few in (questions._FEW_SITES, 0):
        monkeypatch.setattr(questions, "_FEW_SITES", few)
        assert toy.answers(screen_batch(plan, toy.sites(*places)).batch) == ["no", "maybe"]


@pytest.mark.parametrize("sites", [1, 20])
@pytest.mark.parametrize("missing", [None, float("nan")])
def test_what_is_missing_of_a_site_is_an_empty_text(sites, missing):
    # Never the word that happens to stand last.
    rule = toy.rule("R", toy.near("river", 500.0), who=toy.party("chemical"))
    column = [*["chemical"] * (sites - 1), missing]
    made = toy.sites(*[shapely.Point(0, 100)] * sites, activity=column)
    batch = toy.screen(rule, toy.layers(toy.river()), made)
    assert toy.answers(batch) == [*["yes"] * (sites - 1), "maybe"]
    assert toy.causes(batch, sites - 1) == {"fact:activity"}
    assert batch.sites["activity"].tolist()[-1] == ""


@pytest.mark.parametrize("many", [False, True])
def test_the_point_of_a_site_of_several_kinds_counts_where_its_area_lies_outside(many):
    layers = toy.layers(toy.layer("red_line", shapely.box(0, 0, 1000, 1000), **COVERED))
    mixed = shapely.GeometryCollection([shapely.Point(500, 500), shapely.box(8000, 0, 8100, 100)])
    for where in (toy.inside("red_line"), toy.near_centre("red_line", 100.0)):
        with toy.many(sites=many):
            batch = toy.screen(where, layers, toy.sites(mixed, shapely.Point(3000, 3000)))
        assert toy.answers(batch) == ["yes", "no"]
        assert batch.sites["problem"].tolist()[0].startswith("only 0.00 %")


def test_a_layer_that_is_missing_is_never_far():
    plan = toy.plan(toy.inside("red_line"), toy.layers())
    assert toy.answers(screen_batch(plan, toy.sites(shapely.Point(0, 0))).batch) == ["unchecked"]


@pytest.mark.parametrize("kind", ["areas", "lines", "points"])
def test_features_are_found_alike_from_their_tree_and_from_that_of_the_sites(monkeypatch, kind):
    rng = np.random.default_rng(8)
    at = rng.uniform(0, 3000, (400, 2))
    if kind == "areas":
        features = [shapely.Point(*xy).buffer(rng.uniform(5, 90)) for xy in at]
    elif kind == "lines":
        features = [shapely.LineString([xy, xy + rng.uniform(-90, 90, 2), xy + rng.uniform(-90, 90, 2)]) for xy in at]
    else:
        features = list(map(shapely.Point, at))
    sites = [shapely.Point(1500, 1500), shapely.box(900, 900, 1200, 1100), shapely.LineString([(0, 0), (900, 2000)])]
    # One that touches the second site in a corner only.
    features.append(shapely.box(1200, 1100, 1230, 1130))
    book = FeatureBook(np.array(features, dtype=object))
    chosen = np.flatnonzero(np.arange(len(features)) % 3 < 2)
    within = np.array([60.0, 0.0, 25.0])
    found = []
    for among in (1, 10**9):
        monkeypatch.setattr(evidence, "FEW_AMONG", among)
        asked = asked_of(np.array(sites, dtype=object), np.zeros(3))
        found.append(book.near(asked, chosen, within))
    for name in ("site", "feature", "overlap_m2", "distance_m"):
        np.testing.assert_array_equal(getattr(found[0], name), getattr(found[1], name))
    expected = [
        (i, int(f), shapely.distance(site, features[f]))
        for i, site in enumerate(sites)
        for f in chosen
        if shapely.distance(site, features[f]) <= within[i]
    ]
    pairs = sorted(zip(*(getattr(found[0], name).tolist() for name in ("site", "feature", "distance_m")), strict=True))
    assert [pair[:2] for pair in pairs] == [pair[:2] for pair in expected]
    np.testing.assert_allclose([pair[2] for pair in pairs], [pair[2] for pair in expected], atol=1e-9)


def test_ground_is_touched_alike_from_its_tree_and_from_that_of_the_sites(monkeypatch):
    holed = shapely.box(0, 0, 4000, 4000).difference(shapely.box(1000, 1000, 1500, 1500))
    many = shapely.union_all([holed, *(shapely.Point(5000 + 30 * i, 20 * (i % 90)).buffer(12) for i in range(90))])
    ground = shape_of(np.array(shapely.get_parts(many)))
    sites = np.array([shapely.Point(1000, 1000), shapely.Point(1200, 1200), shapely.box(3999, 1, 4100, 2)], object)
    touched = []
    for among in (0, 10**9):
        monkeypatch.setattr(shapes, "FEW_AMONG", among)
        touched.append(ground.touched(sites_of(sites)).tolist())
    assert touched == [[True, False, True]] * 2


def test_a_remembered_hash_does_not_leave_the_process():
    one = Selection("red_line")
    assert hash(one) == hash(Selection("red_line"))
    assert one.__dict__["_hash"] == hash(one)
    copied = pickle.loads(pickle.dumps(one))  # noqa: S301  made on the line itself
    assert copied == one
    assert "_hash" not in copied.__dict__
    assert replace(one, layer="river") != one
    assert hash(replace(one, layer="river")) == hash(Selection("river"))
    assert {Party(("chemical",)): 1}[Party(("chemical",))] == 1
