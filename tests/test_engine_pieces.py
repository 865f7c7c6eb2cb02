"""Layers so large that the engine cuts them: no cut and no cell may show in an answer.

The zones are given by formula, so that a reader knows the answer anywhere: a disc of many corners, a comb, a
chessboard of tiles; and a winding river that the oracle knows. Sites sit where a cut is likely: at halves, quarters,
eighths ... of a layer's extent, on the layer's own corners, and a little beside them.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import shapely
import toy
from oracle import Place, TooClose, ask
from shapely import GeometryCollection, LineString, MultiPoint, Point, Polygon, box
from toy import inside, near, outside

from fuling_gis.overlay import predicates

CORNERS = 5000
RADIUS = 4000.0
# How far the disc's edges lie inside the circle through its corners, metres: less than a millimetre.
SAGITTA = RADIUS * (1 - np.cos(np.pi / CORNERS))


def disc(x: float = 0.0, y: float = 0.0, radius: float = RADIUS) -> Any:
    turn = np.arange(CORNERS) * 2 * np.pi / CORNERS
    return Polygon(np.column_stack([x + radius * np.cos(turn), y + radius * np.sin(turn)]))


@cache
def comb(teeth: int = 520) -> Any:
    """Make a back along y -3000..-2000 with teeth of 4 m every 10 m, up to y = 3000."""
    west = np.arange(teeth) * 10.0 - 3500
    parts = [box(-3500, -3000, -3500 + 10 * teeth, -2000), *(box(x, -2500, x + 4, 3000) for x in west)]
    return shapely.union_all(parts)


def dyadic(levels: int = 5, half: float = RADIUS) -> np.ndarray:
    """Give the corners of every cut in halves, down to 1/2^levels of a square about the middle."""
    steps = np.linspace(-half, half, 2**levels + 1)
    x, y = np.meshgrid(steps, steps)
    return np.column_stack([x.ravel(), y.ravel()])


@pytest.fixture(autouse=True, params=[False, True], ids=["few", "many"])
def way(request):
    """Run every test both ways that the engine can take."""
    with toy.many(sites=request.param):
        yield


def screened(ask_: Any, zone: Any, sites: list[Any], t: float = 0.0) -> np.ndarray:
    layers = toy.layers(toy.layer("red_line", *zone, accuracy_m=t))
    return np.array(toy.answers(toy.screen(ask_, layers, toy.sites(*sites))))


def test_the_layer_is_large_enough_to_be_cut():
    assert shapely.get_num_coordinates(disc()) > 2000
    assert shapely.get_num_coordinates(comb()) > 2000


@pytest.mark.parametrize("t", [0.0, 30.0])
def test_points_on_likely_cuts_of_a_disc(t):
    xy = dyadic()
    away = RADIUS - np.hypot(xy[:, 0], xy[:, 1])
    clear = np.abs(np.abs(away) - t) > 0.01
    xy, away = xy[clear], away[clear]
    sites = list(shapely.points(xy))
    assert (screened(inside("red_line"), [disc()], sites, t) == by_depth(away, t)).all()
    turned = {"yes": "no", "no": "yes", "maybe": "maybe"}
    expected = np.array([turned[word] for word in by_depth(away, t)])
    assert (screened(outside("red_line"), [disc()], sites, t) == expected).all()


def by_depth(depth: np.ndarray, t: float) -> np.ndarray:
    return np.where(depth > t, "yes", np.where(depth < -t, "no", "maybe"))


def test_points_a_little_beside_the_edge_of_a_disc():
    turn = np.linspace(0, 2 * np.pi, 181)
    for beside in (-1.0, -0.01, 0.01, 1.0):
        reach = RADIUS + beside
        sites = list(shapely.points(reach * np.cos(turn), reach * np.sin(turn)))
        says = "no" if beside > 0 else "yes"
        assert set(screened(inside("red_line"), [disc()], sites)) == {says}


def test_boxes_with_corners_on_likely_cuts_lie_in_the_disc():
    side = RADIUS / 8
    corners = [xy for xy in dyadic(4) if np.abs(xy + side / 2).max() + side < RADIUS * 0.7]
    sites = [box(x, y, x + side, y + side) for x, y in corners]
    assert len(sites) > 50
    layers = toy.layers(toy.layer("red_line", disc(), accuracy_m=50))
    batch = toy.screen(inside("red_line"), layers, toy.sites(*sites))
    assert set(toy.answers(batch)) == {"yes"}
    # No cut takes away from the overlap, and none counts twice.
    assert batch.findings["overlap_share"].to_numpy(float) == pytest.approx(1.0)
    assert set(screened(outside("red_line"), [disc()], sites, 50.0)) == {"no"}


def test_the_distance_to_a_disc_is_exact_near_the_threshold():
    turn = np.linspace(0.1, 2 * np.pi, 90)
    for away, says in ((499.9, "yes"), (500.0 - 2 * SAGITTA, "yes"), (500.1, "no")):
        reach = RADIUS + away
        sites = [Point(reach * np.cos(a), reach * np.sin(a)) for a in turn]
        assert set(screened(near("red_line", 500), [disc()], sites)) == {says}


def test_the_teeth_of_a_comb_are_narrow_zones():
    # The middle of a tooth is 2 m deep, the middle of a gap 3 m away; nothing of a tooth is deeper than 2 m.
    x = -3500 + 10.0 * np.arange(0, 520, 9)[:-2]
    tooth, gap = [Point(v + 2, 1000) for v in x], [Point(v + 7, 1000) for v in x]
    # A site across several teeth has points of the teeth deep inside it, and points of the gaps outside them.
    wide = [box(v, 900, v + 60, 960) for v in x]
    zone, sites = [comb()], [*tooth, *gap, *wide]
    for t, says in (
        (1.9, ("yes", "no", "yes")),
        (2.5, ("maybe", "no", "yes")),
        (3.5, ("maybe", "maybe", "yes")),
    ):
        assert list(screened(inside("red_line"), zone, sites, t)) == [word for word in says for _ in x]
    for t, says in ((2.5, ("maybe", "yes", "yes")), (3.5, ("maybe", "maybe", "maybe"))):
        assert list(screened(outside("red_line"), zone, sites, t)) == [word for word in says for _ in x]


def chessboard(side: float = 100.0, n: int = 24) -> list[Any]:
    """Make tiles that share all their borders, n by n about the middle."""
    start = -side * n / 2
    steps = [start + side * i for i in range(n)]
    return [box(x, y, x + side, y + side) for x in steps for y in steps]


@pytest.mark.parametrize("t", [0.0, 40.0])
def test_borders_between_tiles_are_no_borders(t):
    tiles = chessboard()
    # Corners of tiles, middles of their edges, and boxes across them, all deeper than 40 m in the board.
    spots = np.arange(-1100, 1101, 50.0)
    points = [Point(x, y) for x in spots[::2] for y in spots]
    boxes = [box(x - 30, y - 30, x + 30, y + 30) for x in spots[1:-1:4] for y in spots[1:-1:4]]
    assert set(screened(inside("red_line"), tiles, points, t)) == {"yes"}
    assert set(screened(inside("red_line"), tiles, boxes, t)) == {"yes"}
    assert set(screened(outside("red_line"), tiles, points, t)) == {"no"}
    assert set(screened(outside("red_line"), tiles, boxes, t)) == {"no"}


def test_a_missing_tile_is_a_hole():
    tiles = [tile for tile in chessboard() if not tile.contains(Point(50, 50))]
    sites = [Point(50, 50), Point(0, 50), Point(-1, 50), box(-20, -20, 120, 120), Point(-50, 50)]
    assert list(screened(inside("red_line"), tiles, sites)) == ["no", "maybe", "yes", "yes", "yes"]
    assert list(screened(outside("red_line"), tiles, sites)) == ["yes", "no", "no", "yes", "no"]
    assert list(screened(outside("red_line"), tiles, sites, 45.0)) == ["yes", "maybe", "maybe", "yes", "no"]
    assert list(screened(outside("red_line"), tiles, sites, 55.0)) == ["maybe", "maybe", "maybe", "maybe", "maybe"]


def test_evidence_of_a_large_feature_is_of_the_whole_feature():
    site = box(-4500, -4500, 4500, 4500)
    batch = toy.screen(inside("red_line"), toy.layers(toy.layer("red_line", disc())), toy.sites(site))
    (row,) = batch.findings.to_dict("records")
    assert row["overlap_m2"] == pytest.approx(disc().area, rel=1e-9)
    assert row["more_features"] == 0


def winding() -> Any:
    """Make a river of 200 m with a fine, irregular bank of some 6000 corners."""
    rng = np.random.default_rng(7)
    x = np.linspace(-6000, 6000, 3000)
    middle = 1500 * np.sin(x / 900) + 300 * np.sin(x / 170)
    wide = 100 + np.cumsum(rng.normal(0, 1.2, (2, len(x))), axis=1).clip(-60, 60)
    banks = np.column_stack([x, middle + wide[0]]), np.column_stack([x, middle - wide[1]])[::-1]
    return shapely.make_valid(Polygon(np.vstack(banks)), method="structure", keep_collapsed=False)


@pytest.mark.parametrize("t", [0.0, 5.0, 60.0])
def test_a_winding_river_agrees_with_the_oracle(t):
    rng = np.random.default_rng(11)
    river = winding()
    assert shapely.get_num_coordinates(river) > 5000
    corners = shapely.get_coordinates(river)
    corners = corners[np.abs(corners[:, 0]) < 4500]
    spots = corners[rng.integers(0, len(corners), 40)] + rng.normal(0, 60, (40, 2))
    sites = [Point(xy) for xy in spots[:20]]
    sites += [box(x, y, x + 80, y + 50) for x, y in spots[20:30]]
    sites += [MultiPoint([spots[i], spots[i - 10]]) for i in range(30, 35)]
    sites += [shapely.LineString([spots[i], spots[i] + 90]) for i in range(35, 40)]
    layers = toy.layers(toy.layer("river", river, accuracy_m=t))
    called = 0
    for question in (inside("river"), near("river", 150), outside("river")):
        told = toy.answers(toy.screen(question, layers, toy.sites(*sites)))
        for site, says in zip(sites, told, strict=True):
            try:
                expected = ask(question, Place(shapely.intersection(site, toy.SQUARE), 0.0, layers))
            except TooClose:
                continue
            called += 1
            assert says == ("no", "maybe", "yes")[expected.value], (question.predicate, site.wkt)
    assert called > 0.95 * 3 * len(sites)


@pytest.mark.parametrize(
    ("operation", "area", "length", "points"),
    # The zone has in common with the site 1 x 2 of its area, 1 m of its line, and the point.
    [("intersection", 2.0, 1.0, 1), ("difference", 2.0, 3.0, 0)],
)
def test_collections_of_several_kinds_are_overlaid_also_where_geos_must_take_the_grid(
    operation, area, length, points, monkeypatch
):
    site = GeometryCollection([Point(5, 5), LineString([(0, 0.5), (4, 0.5)]), box(0, 0, 2, 2)])
    zone = GeometryCollection([box(0, 0, 1, 2), Point(5, 5)])
    plain = getattr(shapely, operation)

    def failing(a, b, **grid):
        if not grid:
            raise shapely.GEOSException
        return plain(a, b, **grid)

    monkeypatch.setattr(shapely, operation, failing)
    one, two = (np.array([geometry, box(0, 0, 1, 1)], dtype=object) for geometry in (site, zone))
    found = getattr(predicates, operation)(one, two)
    flat = shapely.get_parts(found[0])
    kind = shapely.get_dimensions(flat)
    assert shapely.area(flat[kind == 2]).sum() == area
    assert shapely.length(flat[kind == 1]).sum() == length
    assert len(flat[kind == 0]) == points
    # Beside it, a pair of one kind: a box and itself.
    assert shapely.area(found[1]) == (1.0 if operation == "intersection" else 0.0)
