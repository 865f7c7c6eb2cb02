"""What must hold for any workspace and any sites."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
import toy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracle.worlds import World, world
from shapely import LineString, MultiPoint, Point, box

from fuling_gis.overlay.result import Batch
from fuling_gis.overlay.screening import screen_batch
from fuling_gis.sites.model import Sites

few = settings(max_examples=10, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))

worlds = st.integers(0, 10**6).map(world)
# Whole metres, so that sums and differences of coordinates are exact.
metres = st.integers(-4000, 4000)
sizes = st.integers(1, 1500)


@st.composite
def polygons(draw: Any, x: Any = metres) -> Any:
    """Make a box, a triangle, or a box with a hole."""
    west, south, wide, tall = draw(x), draw(metres), draw(sizes), draw(sizes)
    kind = draw(st.sampled_from(["box", "triangle", "hole"]))
    if kind == "triangle":
        return shapely.Polygon([(west, south), (west + wide, south), (west + draw(sizes), south + tall)])
    whole = box(west, south, west + wide, south + tall)
    if kind == "box" or min(wide, tall) < 4:
        return whole
    return whole.difference(box(west + 1, south + 1, west + wide // 2, south + tall // 2))


@st.composite
def shapes(draw: Any) -> Any:
    """Make a site of any kind."""
    kind = draw(st.sampled_from(["polygon", "point", "line", "points"]))
    if kind == "polygon":
        return draw(polygons())
    if kind == "point":
        return Point(draw(metres), draw(metres))
    x, y = draw(metres), draw(metres)
    make = LineString if kind == "line" else MultiPoint
    return make([(x, y), (x + draw(sizes), y - draw(sizes))])


asks = st.one_of(
    st.just(toy.inside("red_line")),
    st.builds(lambda d: toy.near("red_line", d), st.sampled_from([0, 10, 100, 1000])),
    st.builds(lambda d: toy.near_centre("red_line", d), st.sampled_from([0, 10, 100, 1000])),
    st.just(toy.outside("red_line")),
)
features = st.lists(polygons(), min_size=0, max_size=4)
several = st.lists(shapes(), min_size=1, max_size=6)
covers = st.sampled_from([toy.AROUND, toy.SQUARE, box(-3000, -3000, 2000, 2000), None])


def zones(geometry: list[Any], accuracy_m: float, cover: Any = toy.AROUND) -> dict[str, Any]:
    return toy.layers(toy.layer("red_line", *geometry, accuracy_m=accuracy_m, cover=cover))


@few
@given(asks, features, several, covers, st.integers(0, 300), st.integers(1, 300))
def test_more_tolerance_never_turns_a_maybe_into_yes_or_no(ask, geometry, given_sites, cover, accuracy, more):
    sites = toy.sites(*given_sites)
    before = toy.answers(toy.screen(ask, zones(geometry, accuracy, cover), sites))
    after = toy.answers(toy.screen(ask, zones(geometry, accuracy + more, cover), sites))
    for was, becomes in zip(before, after, strict=True):
        assert becomes in ("maybe", was)


@few
@given(asks, features, several, st.integers(0, 300), st.integers(0, 300))
def test_a_site_s_tolerance_counts_as_much_as_the_layer_s(ask, geometry, given_sites, layer_m, site_m):
    n = len(given_sites)
    one = toy.screen(ask, zones(geometry, layer_m + site_m), toy.sites(*given_sites))
    other = toy.screen(ask, zones(geometry, layer_m), toy.sites(*given_sites, accuracy_m=[float(site_m)] * n))
    assert toy.answers(one) == toy.answers(other)


RANK = {"no": 0, "maybe": 1, "yes": 2}


@few
@given(
    st.lists(polygons(st.integers(-4000, -1500)), min_size=1, max_size=3), several, st.integers(0, 4000),
    st.sampled_from([0, 5, 300]), st.sampled_from([0, 50, 1000]),
)  # fmt: skip
def test_moving_a_site_away_from_the_only_zone_never_worsens(geometry, given_sites, step, accuracy, within):
    # All of the zone lies west of x = 0; each site starts there at its western end and goes east.
    start = [moved(g, (-g.bounds[0], 0)) for g in given_sites]
    there = [moved(g, (step, 0)) for g in start]
    layers = {"red_line": zones(geometry, accuracy)["red_line"]}
    for ask in (toy.inside("red_line"), toy.near("red_line", within)):
        before, after = (toy.answers(toy.screen(ask, layers, toy.sites(*some))) for some in (start, there))
        assert all(RANK[b] <= RANK[a] for a, b in zip(before, after, strict=True))


@few
@given(several, st.integers(0, 4000), st.sampled_from([0, 5, 300]), st.sampled_from([0, 50, 1000]))
def test_moving_out_of_a_half_plane_never_worsens(given_sites, step, accuracy, within):
    there = [moved(g, (step, 0)) for g in given_sites]
    layers = {
        "red_line": toy.layer(
            "red_line", box(-50000, -50000, 0, 50000), accuracy_m=accuracy, cover=box(-9e4, -9e4, 9e4, 9e4)
        )
    }
    for ask in (toy.inside("red_line"), toy.near("red_line", within), toy.not_(toy.outside("red_line"))):
        before, after = (toy.answers(toy.screen(ask, layers, toy.sites(*some))) for some in (given_sites, there))
        assert all(RANK[b] <= RANK[a] for a, b in zip(before, after, strict=True))


def with_rejected(sites: Sites, rows: list[int]) -> Sites:
    """Reject some rows, as a reader does with what is no site."""
    geometry, status = sites.geometry.copy(), sites.status.copy()
    for row in rows:
        if row < len(sites):
            geometry[row], status[row] = None, "rejected"
    return Sites(**{**sites.__dict__, "geometry": geometry, "status": status})


@few
@given(worlds, st.lists(st.integers(0, 9), max_size=4))
def test_one_row_in_is_one_row_out(made, rejected):
    sites = with_rejected(made.sites, rejected)
    batch = toy.screen(made.rules, made.layers, sites)
    assert list(batch.sites["row"]) == list(sites.row)
    assert list(batch.sites["site_id"]) == list(sites.site_id)
    for row in rejected:
        assert tuple(batch.sites.loc[row, ["verdict", "possible"]]) == ("rejected", "rejected")
    assert not set(batch.findings["row"]) & set(rejected)


# Floats are the same to a tenth of a millimetre: the order of additions may differ.
NEARLY = 4


def tables(batch: Batch) -> tuple[list[Any], list[Any]]:
    """Give sites and findings by site id, as plain rows that can be compared."""
    found = []
    for frame in (batch.sites, batch.findings):
        plain = frame.drop(columns="row").round(NEARLY).astype(object)
        plain = plain.where(plain.notna(), None)
        found.append(sorted((tuple(row) for row in plain.itertuples(index=False)), key=str))
    return found[0], found[1]


def picked(sites: Sites, order: Any) -> Sites:
    """Take sites in another order, numbered anew."""
    columns = {name: getattr(sites, name)[order] for name in ("source", "site_id", "name", "activity", "industry_code")}
    columns |= {name: getattr(sites, name)[order] for name in ("nature", "accuracy_m", "geometry", "status", "problem")}
    facts = {name: values[order] for name, values in sites.facts.items()}
    return Sites(row=np.arange(len(order), dtype=np.int64), crs=sites.crs, facts=facts, **columns)


@few
@given(worlds, st.permutations(range(10)))
def test_another_order_of_sites_gives_the_same_results(made, order):
    one = toy.screen(made.rules, made.layers, made.sites)
    other = toy.screen(made.rules, made.layers, picked(made.sites, np.array(order)))
    assert [made.sites.site_id[i] for i in order] == list(other.sites["site_id"])
    assert tables(one) == tables(other)


@few
@given(worlds, st.integers(1, 9))
def test_batches_of_any_size_give_the_same_results(made, size):
    plan = toy.plan(made.rules, made.layers)
    whole = screen_batch(plan, made.sites).batch
    parts = [screen_batch(plan, made.sites[i : i + size]).batch for i in range(0, len(made.sites), size)]
    for name in ("sites", "findings", "units"):
        joined = pd.concat([getattr(part, name).astype(object) for part in parts], ignore_index=True)
        expected = getattr(whole, name).astype(object).reset_index(drop=True)
        pd.testing.assert_frame_equal(joined, expected, check_dtype=False, rtol=0, atol=1e-4)


@few
@given(worlds)
def test_a_second_run_of_one_plan_gives_the_same_results(made):
    plan = toy.plan(made.rules, made.layers)
    assert tables(screen_batch(plan, made.sites).batch) == tables(screen_batch(plan, made.sites).batch)


def moved(thing: Any, by: tuple[int, int]) -> Any:
    return None if thing is None else shapely.transform(thing, lambda xy: xy + np.array(by))


@few
@given(
    asks,
    features,
    several,
    covers,
    st.sampled_from([0, 10, 300]),
    st.tuples(st.integers(-(10**6), 10**6), st.integers(0, 4 * 10**6)),
)
def test_moving_everything_by_whole_metres_changes_nothing(ask, geometry, given_sites, cover, accuracy, by):
    here = toy.screen(ask, zones(geometry, accuracy, cover), toy.sites(*given_sites))
    layers = toy.layers(
        toy.district(moved(toy.SQUARE, by)),
        toy.layer("red_line", *(moved(g, by) for g in geometry), accuracy_m=accuracy, cover=moved(cover, by)),
    )
    there = toy.screen(ask, layers, toy.sites(*(moved(g, by) for g in given_sites)))
    assert tables(here) == tables(there)


@few
@given(worlds)
def test_many_sites_are_answered_as_few_are(made):
    with toy.many(sites=False):
        few_sites = toy.screen(made.rules, made.layers, made.sites)
    with toy.many():
        many_sites = toy.screen(made.rules, made.layers, made.sites)
    assert tables(few_sites) == tables(many_sites)


@pytest.mark.parametrize("t", [0.0, 7.0, 400.0])
def test_many_sites_on_a_lattice_are_answered_as_few_are(t):
    """Sites on the corners of any cells, and a little beside them, of every kind and size."""
    rng = np.random.default_rng(3)
    spots = np.array([(x, y) for x in range(-4800, 4801, 600) for y in range(-4800, 4801, 600)], float)
    spots = np.vstack([spots, spots + rng.choice([-0.001, 0.001, 0.01, 25.0], spots.shape)])
    sites = [Point(xy) for xy in spots] + [
        box(x, y, x + s, y + s) for (x, y), s in zip(spots, rng.choice([1, 600, 4000], len(spots)), strict=True)
    ]
    zone = [
        box(-3000, -1200, -600, 1200),
        box(-600, -1200, 0, 600),
        box(600, 600, 601, 3000),
        LineString([(1200, -3000), (3000, 0)]),
        Point(1800, 1800),
    ]
    layers = toy.layers(toy.layer("red_line", *zone, accuracy_m=t, cover=box(-4800, -3000, 3600, 4200)))
    for question in (toy.inside("red_line"), toy.near("red_line", 600), toy.outside("red_line")):
        with toy.many(sites=False):
            few_sites = toy.screen(question, layers, toy.sites(*sites))
        with toy.many():
            many_sites = toy.screen(question, layers, toy.sites(*sites))
        assert toy.answers(few_sites) == toy.answers(many_sites)
        assert set(toy.answers(few_sites)) == {"yes", "maybe", "no"}
        assert tables(few_sites) == tables(many_sites)


def test_no_sites_give_no_rows():
    made: World = world(1)
    batch = toy.screen(made.rules, made.layers, made.sites[:0])
    assert len(batch.sites) == len(batch.findings) == len(batch.units) == 0
