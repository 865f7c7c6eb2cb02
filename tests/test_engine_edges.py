"""Answers that a reader can work out in the head: every cell of the predicate table, coverage, doubt, contact, size.

Each case is put to the engine and to the oracle. The oracle may decline (an exact threshold is too close to call for
sampling), but it may not contradict; that keeps it honest too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
import shapely
import toy
from oracle import Place, TooClose
from oracle.judge import part_inside
from oracle.place import where_
from shapely import GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon, box
from toy import all_of, any_of, common, inside, joined, near, not_, outside, some

NO, MAYBE, YES = "no", "maybe", "yes"
# A zone of 1 km, and its two halves, which share a border.
SQUARE_KM = box(0, 0, 1000, 1000)
HALVES = (box(0, 0, 500, 1000), box(500, 0, 1000, 1000))
# The same with a window of 200 m in the middle.
WINDOW = Polygon(SQUARE_KM.exterior.coords, [box(400, 400, 600, 600).exterior.coords])
# What a layer with gaps covers: 2 km around the middle.
NEAR_MIDDLE = box(-2000, -2000, 2000, 2000)


@dataclass(frozen=True)
class Case:
    name: str
    where: Any
    site: Any
    says: str
    causes: tuple[str, ...] = ()
    layers: dict[str, Any] = field(default_factory=dict)
    accuracy_m: float = 0.0


def zone(*geometry: Any, t: float = 0.0, **options: Any) -> dict[str, Any]:
    return toy.layers(toy.layer("red_line", *geometry, accuracy_m=t, **options))


def ask_in(name: str, site: Any, says: str, *geometry: Any, t: float = 0.0, **options: Any) -> Case:
    return asked(name, inside("red_line"), site, says, geometry or (SQUARE_KM,), t=t, **options)


def ask_near(name: str, within: float, site: Any, says: str, *geometry: Any, t: float = 0.0, **options: Any) -> Case:
    return asked(name, near("red_line", within), site, says, geometry or (SQUARE_KM,), t=t, **options)


def ask_outside(name: str, site: Any, says: str, *geometry: Any, t: float = 0.0, **options: Any) -> Case:
    return asked(name, outside("red_line"), site, says, geometry or (SQUARE_KM,), t=t, **options)


def asked(name: str, where: Any, site: Any, says: str, geometry: Any, *, t: float, **options: Any) -> Case:
    """Make a case with one layer; a maybe is for tolerance unless other causes are given."""
    causes = options.pop("causes", ("tolerance",) if says == MAYBE else ())
    accuracy = options.pop("accuracy_m", 0.0)
    return Case(name, where, site, says, causes, zone(*geometry, t=t, **options), accuracy)


def sliver(x: float, width: float) -> Any:
    """Make a strip from far south to far north."""
    return box(x, -3000, x + width, 3000)


IN_EXACT = [
    ask_in("a point in the middle", Point(500, 500), YES),
    ask_in("a point a centimetre inside", Point(0.01, 500), YES),
    ask_in("a point on the border", Point(0, 500), MAYBE),
    ask_in("a point on a corner", Point(0, 0), MAYBE),
    ask_in("a point a centimetre outside", Point(-0.01, 500), NO),
    ask_in("a box that shares an edge", box(-100, 100, 0, 200), MAYBE),
    ask_in("a box that shares part of an edge", box(-100, 900, 0, 1100), MAYBE),
    ask_in("a box that touches a corner", box(-100, -100, 0, 0), MAYBE),
    ask_in("a box with a gap of a centimetre", box(-100, 100, -0.01, 200), NO),
    ask_in("a box that overlaps by a centimetre", box(-100, 100, 0.01, 200), YES),
    ask_in("a box that contains the zone", box(-100, -100, 1100, 1100), YES),
    ask_in("the zone itself", SQUARE_KM, YES),
    ask_in("a line through the zone", LineString([(-100, 500), (1100, 500)]), YES),
    ask_in("a line that ends inside", LineString([(-100, 500), (1, 500)]), YES),
    ask_in("a line that ends on the border", LineString([(-100, 500), (0, 500)]), MAYBE),
    ask_in("a line along the border", LineString([(0, 100), (0, 900)]), MAYBE),
    ask_in("a line across a corner point", LineString([(-100, 100), (100, -100)]), MAYBE),
    ask_in("two points, one inside", MultiPoint([(-500, 0), (500, 500)]), YES),
    ask_in("two points, one on the border", MultiPoint([(-500, 0), (0, 500)]), MAYBE),
    ask_in("two points, none inside", MultiPoint([(-500, 0), (-500, 500)]), NO),
    ask_in("two boxes, one inside", MultiPolygon([box(-300, 0, -200, 100), box(200, 200, 300, 300)]), YES),
    ask_in("two boxes, one touching", MultiPolygon([box(-300, 0, -200, 100), box(1000, 200, 1100, 300)]), MAYBE),
    ask_in("two lines, one inside", MultiLineString([[(-9, 0), (-9, 9)], [(5, 5), (6, 6)]]), YES),
    ask_in(
        "a ring around the zone",
        Polygon(box(-90, -90, 1090, 1090).exterior.coords, [box(-10, -10, 1010, 1010).exterior.coords]),
        NO,
    ),
    ask_in(
        "a ring whose hole is the zone",
        Polygon(box(-90, -90, 1090, 1090).exterior.coords, [SQUARE_KM.exterior.coords]),
        MAYBE,
    ),
    ask_in("a box in the window of the zone", box(450, 450, 550, 550), NO, WINDOW),
    ask_in("a box that fills the window", box(400, 400, 600, 600), MAYBE, WINDOW),
    ask_in("a box wider than the window", box(390, 450, 610, 550), YES, WINDOW),
    ask_in("a point in the window", Point(500, 500), NO, WINDOW),
    ask_in(
        "a point between two parts of one feature",
        Point(1500, 500),
        NO,
        MultiPolygon([SQUARE_KM, box(2000, 0, 3000, 1000)]),
    ),
    ask_in("a box on a line of a line layer", box(400, 400, 600, 600), YES, LineString([(500, -1000), (500, 2000)])),
    ask_in(
        "a box that a line layer's line touches",
        box(400, 400, 500, 600),
        MAYBE,
        LineString([(500, -1000), (500, 2000)]),
    ),
    ask_in("a point on a line", Point(500, 0), MAYBE, LineString([(500, -1000), (500, 2000)])),
    ask_in("a line across a line", LineString([(0, 0), (1000, 0)]), MAYBE, LineString([(500, -1000), (500, 2000)])),
    ask_in("a box around a point of a point layer", box(400, 400, 600, 600), YES, Point(500, 500)),
    ask_in("a box with a point of a point layer on its edge", box(400, 400, 500, 600), MAYBE, Point(500, 500)),
    ask_in("a point on a point", Point(500, 500), MAYBE, Point(500, 500)),
    ask_in("a point beside a point", Point(500.01, 500), NO, Point(500, 500)),
    Case("a layer without features", inside("red_line"), Point(500, 500), NO, layers=zone()),
]

# A tolerance of 10 m: deeper than 10 is yes, farther than 10 is no.
IN_TOLERANT = [
    ask_in("a point 10.01 m deep", Point(10.01, 500), YES, t=10),
    ask_in("a point exactly 10 m deep", Point(10, 500), MAYBE, t=10),
    ask_in("a point 5 m deep", Point(5, 500), MAYBE, t=10),
    ask_in("a point 5 m away", Point(-5, 500), MAYBE, t=10),
    ask_in("a point exactly 10 m away", Point(-10, 500), MAYBE, t=10),
    ask_in("a point 10.01 m away", Point(-10.01, 500), NO, t=10),
    ask_in("a point 10 m away diagonally", Point(-6, -8), MAYBE, t=10),
    ask_in("a point 10.01 m away diagonally", Point(-6.006, -8.008), NO, t=10),
    ask_in("a site with all of its edge in the belt", box(2, 2, 998, 998), YES, t=10),
    ask_in("a small site in the belt", box(2, 400, 9, 410), MAYBE, t=10),
    ask_in("a site whose far edge is just deep enough", box(2, 400, 10.01, 410), YES, t=10),
    ask_in("a line in the belt", LineString([(8, 8), (8, 900)]), MAYBE, t=10),
    ask_in("a line that dips deep between its ends", LineString([(5, 400), (20, 500), (5, 600)]), YES, t=10),
    ask_in("an edge that dips deep between its corners", Polygon([(-50, 980), (500, 980), (-50, 1100)]), YES, t=10),
    ask_in("a zone of 15 m: a site in it is nowhere deep", box(500, -100, 515, 100), MAYBE, sliver(500, 15), t=10),
    ask_in("a zone of 21 m: its middle is deep", box(400, -100, 515, 100), YES, sliver(500, 21), t=10),
    ask_in("a narrow zone across the site", box(0, 0, 1000, 1000), YES, sliver(500, 2), t=10),
    ask_in("a narrow zone across the site near its edge", box(0, 0, 1000, 1000), MAYBE, sliver(3, 2), t=10),
    ask_in("a narrow zone across a narrow site", box(-50, 0, 1000, 18), MAYBE, sliver(500, 2), t=10),
    ask_in("a line across the site", box(0, 0, 1000, 1000), YES, LineString([(500, -50), (500, 1500)]), t=10),
    ask_in("a line across a corner of the site", box(0, 0, 1000, 1000), MAYBE, LineString([(-8, 8), (8, -8)]), t=10),
    ask_in("a point of a layer 11 m inside the site", box(0, 0, 100, 100), YES, Point(11, 50), t=10),
    ask_in("a point of a layer 9 m inside the site", box(0, 0, 100, 100), MAYBE, Point(9, 50), t=10),
    ask_in("a point of a layer 9 m outside the site", box(0, 0, 100, 100), MAYBE, Point(-9, 50), t=10),
    ask_in("a point of a layer 11 m outside the site", box(0, 0, 100, 100), NO, Point(-11, 50), t=10),
    ask_in("a point of a layer in a hole of the site", WINDOW, NO, Point(500, 500), t=10),
    ask_in(
        "a point site and a line layer are never sure", Point(500, 500), MAYBE, LineString([(500, 0), (500, 900)]), t=10
    ),
    ask_in("a site in the window, away from its rim", box(450, 450, 550, 550), NO, WINDOW, t=49.9),
    ask_in("a site in the window, rim within tolerance", box(450, 450, 550, 550), MAYBE, WINDOW, t=50),
    ask_in("a point between two halves", Point(500, 500), YES, *HALVES, t=400),
    ask_in("a point between two halves, deeper than the zone is", Point(500, 500), MAYBE, *HALVES, t=500),
    ask_in(
        "a point where two boxes overlap", Point(500, 500), YES, box(0, 0, 510, 1000), box(490, 0, 1000, 1000), t=400
    ),
    ask_in("the layer's and the site's tolerance add up: inside", Point(14, 500), MAYBE, t=10, accuracy_m=5),
    ask_in("the layer's and the site's tolerance add up: deep", Point(15.01, 500), YES, t=10, accuracy_m=5),
    ask_in("the layer's and the site's tolerance add up: near", Point(-14, 500), MAYBE, t=10, accuracy_m=5),
    ask_in("the layer's and the site's tolerance add up: away", Point(-15.01, 500), NO, t=10, accuracy_m=5),
    ask_in("a site's tolerance alone", Point(14, 500), MAYBE, accuracy_m=15),
]

NEAR = [
    ask_near("999.9 m within 1000", 1000, Point(-999.9, 500), YES),
    ask_near("1000.0 m within 1000", 1000, Point(-1000, 500), YES),
    ask_near("1000.1 m within 1000", 1000, Point(-1000.1, 500), NO),
    ask_near("999.9 m within 1000, to a corner", 1000, Point(-599.94, -799.92), YES),
    ask_near("1000.0 m within 1000, to a corner", 1000, Point(-600, -800), YES),
    ask_near("1000.1 m within 1000, to a corner", 1000, Point(-600.06, -800.08), NO),
    ask_near("999.9 m within 1000, with a tolerance of half a metre", 1000, Point(-999.9, 500), MAYBE, t=0.5),
    ask_near("999.5 m within 1000, with a tolerance of half a metre", 1000, Point(-999.5, 500), YES, t=0.5),
    ask_near("1000.0 m within 1000, with a tolerance of half a metre", 1000, Point(-1000, 500), MAYBE, t=0.5),
    ask_near("1000.5 m within 1000, with a tolerance of half a metre", 1000, Point(-1000.5, 500), MAYBE, t=0.5),
    ask_near("1000.6 m within 1000, with a tolerance of half a metre", 1000, Point(-1000.6, 500), NO, t=0.5),
    ask_near("both tolerances: yes", 1000, Point(-990, 500), YES, t=5, accuracy_m=5),
    ask_near("both tolerances: nearly", 1000, Point(-991, 500), MAYBE, t=5, accuracy_m=5),
    ask_near("both tolerances: hardly", 1000, Point(-1009, 500), MAYBE, t=5, accuracy_m=5),
    ask_near("both tolerances: no", 1000, Point(-1010.1, 500), NO, t=5, accuracy_m=5),
    ask_near("a site inside has distance 0", 10, Point(500, 500), YES),
    ask_near("a site inside has distance 0 also with tolerance", 10, Point(500, 500), YES, t=10),
    ask_near("a tolerance beyond the distance is never sure", 10, Point(500, 500), MAYBE, t=10.5),
    ask_near("a tolerance beyond the distance, outside", 10, Point(-20.4, 500), MAYBE, t=10.5),
    ask_near("a tolerance beyond the distance, far", 10, Point(-20.6, 500), NO, t=10.5),
    ask_near("a box with a gap of a centimetre, within 10 m", 10, box(-100, 100, -0.01, 200), YES),
    ask_near("a box with a gap of 10.01 m, within 10 m", 10, box(-100, 100, -10.01, 200), NO),
    ask_near("a box within 0 m that touches", 0, box(-100, 100, 0, 200), YES),
    ask_near("a box within 0 m with a gap", 0, box(-100, 100, -0.01, 200), NO),
    ask_near("edge to edge: no corner is near", 10, box(-2000, -2000, 2000, -9.9), YES),
    ask_near("edge to edge: no corner is near, and too far", 10, box(-2000, -2000, 2000, -10.1), NO),
    ask_near("a line that passes by", 10, LineString([(-3000, -9), (3000, -9)]), YES),
    ask_near("a site in the window", 50, box(450, 450, 550, 550), YES, WINDOW),
    ask_near("a site in the window that is too wide", 49.9, box(450, 450, 550, 550), NO, WINDOW),
    ask_near("the nearest of two points counts", 100, MultiPoint([(-3000, 0), (-50, 0)]), YES),
    ask_near("a point of a point layer", 100, Point(60, 80), YES, Point(0, 0)),
    ask_near("a point of a point layer, too far", 100, Point(60.1, 80), NO, Point(0, 0)),
    ask_near("a line layer", 100, Point(100, 0), YES, LineString([(0, -9000), (0, 9000)])),
    ask_near("a site as large as the distance", 1000, box(-4000, -4000, -500, -500), YES),
    Case("a layer without features is far", near("red_line", 5000), Point(0, 0), NO, layers=zone()),
]

OUTSIDE = [
    ask_outside("a point in the middle", Point(500, 500), NO),
    ask_outside("a point a centimetre outside", Point(-0.01, 500), YES),
    ask_outside("a point on the border is covered", Point(0, 500), NO),
    ask_outside("the zone itself is covered", SQUARE_KM, NO),
    ask_outside("a box that sticks out by a centimetre", box(-0.01, 400, 500, 500), YES),
    ask_outside("a line that sticks out between its ends", LineString([(100, 900), (500, 1100), (900, 900)]), YES),
    ask_outside("a site over a window of the zone", box(350, 350, 650, 650), YES, WINDOW),
    ask_outside("a site over two halves", box(400, 400, 600, 600), NO, *HALVES),
    ask_outside("a point between two halves", Point(500, 500), NO, *HALVES),
    ask_outside("one of two boxes outside", MultiPolygon([box(100, 100, 200, 200), box(-20, 0, -10, 9)]), YES),
    ask_outside("a site and a point of a point layer", box(-9, -9, 9, 9), YES, Point(0, 0)),
    ask_outside("a point on a point", Point(0, 0), NO, Point(0, 0)),
    Case("a layer without features has everyone outside", outside("red_line"), Point(0, 0), YES, layers=zone()),
    ask_outside("a point 10.01 m away", Point(-10.01, 500), YES, t=10),
    ask_outside("a point exactly 10 m away of it", Point(-10, 500), MAYBE, t=10),
    ask_outside("a point 5 m inside", Point(5, 500), MAYBE, t=10),
    ask_outside("a point exactly 10 m inside", Point(10, 500), NO, t=10),
    ask_outside("a point 9.99 m inside", Point(9.99, 500), MAYBE, t=10),
    ask_outside("a site wholly inside at depth exactly the tolerance", box(10, 10, 990, 990), NO, t=10),
    ask_outside("a site wholly inside at less depth", box(9.9, 10, 990, 990), MAYBE, t=10),
    ask_outside("a site that sticks out by 9 m", box(-9, 400, 500, 500), MAYBE, t=10),
    ask_outside("a site that sticks out by 11 m", box(-11, 400, 500, 500), YES, t=10),
    ask_outside("a corner that sticks out by 11 m", Polygon([(1000, 1000), (1011, 990), (900, 900)]), YES, t=10),
    ask_outside("a site over two halves has no border between", box(400, 400, 600, 600), NO, *HALVES, t=300),
    ask_outside("a point between two halves has no border near", Point(500, 500), NO, *HALVES, t=500),
    ask_outside(
        "a window of 4 m does not count with 3 m",
        box(400, 400, 600, 600),
        MAYBE,
        Polygon(SQUARE_KM.exterior.coords, [box(498, 498, 502, 502).exterior.coords]),
        t=3,
    ),
    ask_outside(
        "a window of 4 m counts with 1 m",
        box(400, 400, 600, 600),
        YES,
        Polygon(SQUARE_KM.exterior.coords, [box(498, 498, 502, 502).exterior.coords]),
        t=1,
    ),
    ask_outside("both tolerances", Point(14, 500), MAYBE, t=10, accuracy_m=5),
    ask_outside("both tolerances, deep", Point(15, 500), NO, t=10, accuracy_m=5),
    ask_outside("both tolerances, away", Point(-15.01, 500), YES, t=10, accuracy_m=5),
]

GAP = ("coverage:red_line",)
BOTH = ("coverage:red_line", "tolerance")
FAR = box(1900, 1900, 2000, 2000)
IN_COVER: dict[str, Any] = {"cover": NEAR_MIDDLE}
THREE_KINDS = GeometryCollection([Point(3000, 0), LineString([(100, 100), (900, 100)]), box(1500, 0, 2500, 100)])
COVERAGE = [
    ask_in("in: not covered", Point(3000, 0), MAYBE, cover=NEAR_MIDDLE, causes=GAP),
    ask_in("in: covered", Point(1500, 0), NO, cover=NEAR_MIDDLE),
    ask_in("in: covered, whatever the tolerance", Point(1995, 0), NO, cover=NEAR_MIDDLE, t=10),
    ask_in("in: partly covered", box(1500, 0, 2500, 100), MAYBE, cover=NEAR_MIDDLE, causes=GAP),
    ask_in("in: a yes needs no cover", Point(500, 500), YES, cover=box(600, 600, 700, 700)),
    ask_in("in: a layer that covers nothing", Point(3000, 0), MAYBE, cover=None, causes=GAP),
    ask_in("in: a layer that covers nothing, and tolerance", Point(-5, 0), MAYBE, cover=None, causes=BOTH, t=10),
    ask_in(
        "in: a window in the cover",
        Point(-1000, -1000),
        MAYBE,
        cover=NEAR_MIDDLE.difference(box(-1100, -1100, -900, -900)),
        causes=GAP,
    ),
    ask_near("near: grown out of the cover", 1000, Point(-1000.1, 0), MAYBE, FAR, cover=NEAR_MIDDLE, causes=GAP),
    ask_near("near: grown within the cover", 1000, Point(-999.9, 0), NO, FAR, cover=NEAR_MIDDLE),
    ask_near(
        "near: grown by the tolerance too", 1000, Point(-995.1, 0), MAYBE, FAR, cover=NEAR_MIDDLE, t=5, causes=GAP
    ),
    ask_near("near: grown by the tolerance, within", 1000, Point(-994.9, 0), NO, FAR, cover=NEAR_MIDDLE, t=5),
    ask_near("near: a yes needs no cover", 1000, Point(-500, 0), YES, cover=None),
    ask_near(
        "near: a window in the cover counts",
        100,
        Point(-1000, -950),
        MAYBE,
        FAR,
        cover=NEAR_MIDDLE.difference(box(-1010, -1010, -990, -990)),
        causes=GAP,
    ),
    ask_outside("outside: not covered", Point(3000, 0), MAYBE, cover=NEAR_MIDDLE, causes=GAP),
    ask_outside("outside: covered", Point(1500, 0), YES, cover=NEAR_MIDDLE),
    ask_outside(
        "outside: some of it outside where the layer is known", box(1500, 0, 2500, 100), YES, cover=NEAR_MIDDLE
    ),
    ask_outside(
        "outside: none of it far enough where the layer is known",
        box(1500, 0, 2500, 100),
        MAYBE,
        cover=NEAR_MIDDLE,
        t=1200,
        causes=GAP,
    ),
    ask_outside("outside: far enough where the layer is known", box(1500, 0, 2500, 100), YES, cover=NEAR_MIDDLE, t=600),
    # Of the areas 500 m lie in the cover, up to 1000 m from the zone; the line lies in the zone, the point in neither.
    ask_outside("outside: a site of three kinds, its area where the layer is known", THREE_KINDS, YES, **IN_COVER),
    ask_outside("outside: a site of three kinds, far enough", THREE_KINDS, YES, **IN_COVER, t=999),
    ask_outside("outside: a site of three kinds, none far enough", THREE_KINDS, MAYBE, **IN_COVER, t=1001, causes=GAP),
    ask_outside(
        "outside: a site of three kinds, only a line of it where the layer is known",
        GeometryCollection([Point(3000, 0), LineString([(-9, 500), (500, 500)]), box(2100, 0, 2500, 100)]),
        YES,
        **IN_COVER,
    ),
    ask_outside(
        "outside: a site of three kinds, only a point of it where the layer is known",
        GeometryCollection([Point(-9, 500), LineString([(3000, 0), (4000, 0)]), box(2100, 0, 2500, 100)]),
        YES,
        **IN_COVER,
    ),
    ask_outside("outside: a no needs no cover", Point(500, 500), NO, cover=None),
    ask_outside("outside: a layer that covers nothing", Point(-500, 500), MAYBE, cover=None, causes=GAP),
    ask_outside("outside: tolerance and no cover", Point(5, 500), MAYBE, cover=None, t=10, causes=BOTH),
]


def doubtful(*kinds: Any, t: float = 0.0, **options: Any) -> dict[str, Any]:
    """Make a layer of two boxes: west at x 0..1000, east at x 3000..4000."""
    return zone(SQUARE_KM, box(3000, 0, 4000, 1000), t=t, kind=list(kinds), **options)


KIND = inside("red_line", kind="x")
DOUBT = ("attribute:red_line.kind",)
DOUBT_AND_BELT = ("attribute:red_line.kind", "tolerance")
ATTRIBUTES = [
    Case("a sure feature", KIND, Point(500, 500), YES, layers=doubtful("x", None)),
    Case("a doubtful feature", KIND, Point(3500, 500), MAYBE, DOUBT, doubtful("x", None)),
    Case("an empty text is a doubt", KIND, Point(3500, 500), MAYBE, DOUBT, doubtful("x", "")),
    Case("far from both", KIND, Point(2000, 500), NO, layers=doubtful("x", None)),
    Case("another value", KIND, Point(3500, 500), NO, layers=doubtful("x", "y")),
    Case(
        "a value that is not allowed",
        KIND,
        Point(3500, 500),
        MAYBE,
        DOUBT,
        doubtful("x", "z", allowed={"kind": ["x", "y"]}),
    ),
    Case("an allowed value", KIND, Point(3500, 500), NO, layers=doubtful("x", "y", allowed={"kind": ["x", "y"]})),
    Case("a field that is not mapped", KIND, Point(3500, 500), MAYBE, DOUBT, zone(SQUARE_KM, box(3000, 0, 4000, 1000))),
    Case("a field that is not mapped, far away", KIND, Point(2000, 500), NO, layers=zone(SQUARE_KM)),
    Case("a field that is not mapped in a layer without features", KIND, Point(0, 0), NO, layers=zone()),
    Case("the belt of a doubtful feature", KIND, Point(2995, 500), MAYBE, DOUBT_AND_BELT, doubtful("y", None, t=10)),
    Case("deep in a doubtful feature, with tolerance", KIND, Point(3500, 500), MAYBE, DOUBT, doubtful("y", None, t=10)),
    Case(
        "the belt of a sure feature within a doubtful one",
        KIND,
        Point(500, 995),
        MAYBE,
        DOUBT_AND_BELT,
        zone(SQUARE_KM, box(-100, 500, 1100, 2000), t=10, kind=["x", None]),
    ),
    Case(
        "the belts of both",
        KIND,
        Point(1005, 500),
        MAYBE,
        ("tolerance",),
        zone(SQUARE_KM, box(1010, 0, 2000, 1000), t=10, kind=["x", None]),
    ),
    Case("near a doubtful feature", near("red_line", 100, kind="x"), Point(2950, 0), MAYBE, DOUBT, doubtful("x", None)),
    Case("near a sure feature too", near("red_line", 2000, kind="x"), Point(2950, 0), YES, layers=doubtful("x", None)),
    Case(
        "outside of a doubtful feature",
        outside("red_line", kind="x"),
        Point(3500, 500),
        MAYBE,
        DOUBT,
        doubtful("x", None),
    ),
    Case("outside of both", outside("red_line", kind="x"), Point(2000, 500), YES, layers=doubtful("x", None)),
    Case("within a sure feature", outside("red_line", kind="x"), Point(500, 500), NO, layers=doubtful("x", None)),
    Case(
        "a number in range", inside("red_line", order=(1, 3)), Point(500, 500), YES, layers=zone(SQUARE_KM, order=[3.0])
    ),
    Case(
        "a number out of range",
        inside("red_line", order=(1, 3)),
        Point(500, 500),
        NO,
        layers=zone(SQUARE_KM, order=[3.5]),
    ),
    Case(
        "a number that is missing",
        inside("red_line", order=(1, 3)),
        Point(500, 500),
        MAYBE,
        ("attribute:red_line.order",),
        zone(SQUARE_KM, order=[None]),
    ),
    Case(
        "two tests: a sure no beats a doubt",
        inside("red_line", kind="x", level="1"),
        Point(500, 500),
        NO,
        layers=zone(SQUARE_KM, kind=[None], level=["2"]),
    ),
    Case(
        "two tests: one in doubt",
        inside("red_line", kind="x", level="1"),
        Point(500, 500),
        MAYBE,
        DOUBT,
        zone(SQUARE_KM, kind=[None], level=["1"]),
    ),
    Case(
        "two tests: both in doubt",
        inside("red_line", kind="x", level="1"),
        Point(500, 500),
        MAYBE,
        ("attribute:red_line.kind", "attribute:red_line.level"),
        zone(SQUARE_KM, kind=[None], level=[None]),
    ),
]

# The river lies at y -300..0; the red line at x 0..1000, y 0..1000.
FORD = box(0, -400, 1000, 500)


def river_and(*geometry: Any, t: float = 0.0, **options: Any) -> dict[str, Any]:
    return toy.layers(toy.river(accuracy_m=20), toy.layer("red_line", *geometry, accuracy_m=t, **options))


BED = common(some("river"), some("red_line"))
EITHER = joined(some("river"), some("red_line"))
GONE = ("layer:red_line",)
RIVER_ONLY = toy.layers(toy.river())
ZONES = [
    Case("in the common ground", inside(BED), Point(500, -150), YES, layers=river_and(FORD)),
    Case("in one member only", inside(BED), Point(500, 300), NO, layers=river_and(FORD)),
    Case("within the largest tolerance", inside(BED), Point(500, 19), MAYBE, ("tolerance",), river_and(FORD, t=5)),
    Case("beyond the largest tolerance", inside(BED), Point(500, 21), NO, layers=river_and(FORD, t=5)),
    Case(
        "the largest tolerance and the site's",
        inside(BED),
        Point(500, 24),
        MAYBE,
        ("tolerance",),
        river_and(FORD, t=5),
        5.0,
    ),
    Case(
        "the largest and the site's, beyond",
        inside(BED),
        Point(500, 25.1),
        NO,
        layers=river_and(FORD, t=5),
        accuracy_m=5.0,
    ),
    Case("near the common ground", near(BED, 100), Point(500, 75), YES, layers=river_and(FORD)),
    Case("not near it, though near both members", near(BED, 100), Point(1000, 300), NO, layers=river_and(FORD)),
    Case("outside the common ground", outside(BED), Point(500, 300), YES, layers=river_and(FORD)),
    Case("in either: the one", inside(EITHER), Point(500, 300), YES, layers=river_and(FORD)),
    Case("in either: the other", inside(EITHER), Point(-3000, -150), YES, layers=river_and(FORD)),
    Case("in either: no border between them", inside(EITHER), Point(500, 0), YES, layers=river_and(FORD)),
    Case("outside either", outside(EITHER), Point(500, -150), NO, layers=river_and(FORD)),
    Case("common ground with a missing layer, inside", inside(BED), Point(500, -150), MAYBE, GONE, RIVER_ONLY),
    Case("common ground with a missing layer, away", inside(BED), Point(500, 300), NO, layers=RIVER_ONLY),
    Case("outside common ground with a missing layer", outside(BED), Point(500, 300), YES, layers=RIVER_ONLY),
    Case("near common ground with a missing layer", near(BED, 500), Point(500, 300), MAYBE, GONE, RIVER_ONLY),
    Case("far from common ground with a missing layer", near(BED, 200), Point(500, 300), NO, layers=RIVER_ONLY),
    Case("union with a missing layer, inside", inside(EITHER), Point(500, -150), YES, layers=RIVER_ONLY),
    Case("union with a missing layer, away", inside(EITHER), Point(500, 300), MAYBE, GONE, RIVER_ONLY),
    Case("outside a union with a missing layer", outside(EITHER), Point(500, 300), MAYBE, GONE, RIVER_ONLY),
    Case("covered by a union with a missing layer", outside(EITHER), Point(500, -150), NO, layers=RIVER_ONLY),
    Case(
        "common ground: one member does not cover",
        inside(BED),
        Point(500, 300),
        MAYBE,
        GAP,
        river_and(FORD, cover=box(0, -400, 400, 400)),
    ),
    Case(
        "common ground with a doubtful member",
        inside(common(some("river"), some("red_line", kind="x"))),
        Point(500, -150),
        MAYBE,
        DOUBT,
        river_and(FORD, kind=[None]),
    ),
    Case(
        "common ground with a doubtful member, away",
        inside(common(some("river"), some("red_line", kind="x"))),
        Point(500, 300),
        NO,
        layers=river_and(FORD, kind=[None]),
    ),
    Case(
        "three members, one union inside",
        inside(common(some("river"), joined(some("red_line"), some("wetland")))),
        Point(500, -150),
        YES,
        layers=river_and(FORD),
    ),
    Case(
        "three members, the doubt inside",
        inside(common(some("river"), joined(some("red_line"), some("wetland")))),
        Point(2000, -150),
        MAYBE,
        ("layer:wetland",),
        river_and(FORD),
    ),
]

MISSING = [
    Case("a missing layer: in", inside("red_line"), Point(0, 0), "unchecked", GONE),
    Case("a missing layer: near", near("red_line", 5), Point(0, 0), "unchecked", GONE),
    Case("a missing layer: outside", outside("red_line"), Point(0, 0), "unchecked", GONE),
    Case("not in a missing layer", not_(inside("red_line")), Point(0, 0), "unchecked", GONE),
    Case(
        "all: yes and missing",
        all_of(inside("river"), inside("red_line")),
        Point(0, -100),
        "unchecked",
        GONE,
        RIVER_ONLY,
    ),
    Case("all: no and missing", all_of(inside("river"), inside("red_line")), Point(0, 100), NO, layers=RIVER_ONLY),
    Case("any: yes and missing", any_of(inside("river"), inside("red_line")), Point(0, -100), YES, layers=RIVER_ONLY),
    Case(
        "any: no and missing", any_of(inside("river"), inside("red_line")), Point(0, 100), "unchecked", GONE, RIVER_ONLY
    ),
    Case(
        "all: a maybe and missing",
        all_of(inside("river"), inside("red_line")),
        Point(0, 0),
        MAYBE,
        ("layer:red_line", "tolerance"),
        RIVER_ONLY,
    ),
    Case(
        "any: a maybe and missing",
        any_of(inside("river"), inside("red_line")),
        Point(0, 0),
        MAYBE,
        ("layer:red_line", "tolerance"),
        RIVER_ONLY,
    ),
    Case("not in the river", not_(inside("river")), Point(0, 100), YES, layers=RIVER_ONLY),
    Case("not in the river, but in it", not_(inside("river")), Point(0, -100), NO, layers=RIVER_ONLY),
    Case("not in the river, on its bank", not_(inside("river")), Point(0, 0), MAYBE, ("tolerance",), RIVER_ONLY),
    Case(
        "in the belt between 100 and 200 m",
        all_of(near("river", 200), not_(near("river", 100))),
        Point(0, 150),
        YES,
        layers=RIVER_ONLY,
    ),
    Case("before the belt", all_of(near("river", 200), not_(near("river", 100))), Point(0, 50), NO, layers=RIVER_ONLY),
    Case(
        "all, any and not: two maybes",
        all_of(any_of(inside("river"), near("red_line", 9)), not_(inside("wetland"))),
        Point(0, 0),
        MAYBE,
        ("layer:red_line", "layer:wetland", "tolerance"),
        RIVER_ONLY,
    ),
]

# The square of the district ends at x = 5000.
HUGE = box(-20000, -20000, 20000, 20000)
BEYOND = box(5001, -1000, 6000, 1000)
DISTRICT = [
    ask_in("a site larger than the district", HUGE, YES),
    ask_outside("a site larger than the district, covered where it counts", HUGE, NO, box(-6000, -6000, 6000, 6000)),
    ask_outside(
        "a site larger than the district, not covered where it counts", HUGE, YES, box(-6000, -6000, 6000, 4999)
    ),
    ask_outside("a site larger than the district keeps a distance", HUGE, NO, box(-5010, -5010, 5010, 5010), t=10),
    ask_outside("a site larger than the district keeps too little", HUGE, MAYBE, box(-5009, -5010, 5010, 5010), t=10),
    ask_in("a zone that lies beyond the border alone", box(4000, 0, 5500, 100), NO, BEYOND),
    ask_near("a metre from the border to the zone", 1, box(4000, 0, 5500, 100), YES, BEYOND),
    ask_near("less than a metre from the border", 0.9, box(4000, 0, 5500, 100), NO, BEYOND),
    ask_in("the cover ends with the district, and so does the site", box(4000, 0, 5500, 100), NO, cover=toy.SQUARE),
    ask_near(
        "the cover ends with the district, the distance does not",
        10,
        box(4000, 0, 5500, 100),
        MAYBE,
        cover=toy.SQUARE,
        causes=GAP,
    ),
    ask_outside(
        "beyond the border only, the site leaves the zone", box(4000, 0, 5500, 100), NO, box(3000, -10, 5000, 200)
    ),
    ask_in("a site within tolerance of the border is judged whole", box(5004, 0, 5100, 50), YES, BEYOND, accuracy_m=5),
]

CASES = [*IN_EXACT, *IN_TOLERANT, *NEAR, *OUTSIDE, *COVERAGE, *ATTRIBUTES, *ZONES, *MISSING, *DISTRICT]


@pytest.mark.parametrize("many", [False, True], ids=["few", "many"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}-{case.says}")
def test_the_engine_answers_what_a_reader_works_out(case, many):
    sites = toy.sites(case.site, accuracy_m=[case.accuracy_m])
    with toy.many(sites=many):
        batch = toy.screen(case.where, case.layers or toy.layers(), sites)
    only_layers = bool(case.causes) and all(cause.startswith("layer:") for cause in case.causes)
    says = "unchecked" if case.says == MAYBE and only_layers else case.says
    assert toy.answers(batch) == [says]
    assert toy.causes(batch, 0) == (set() if says == "unchecked" else set(case.causes))


@pytest.mark.parametrize(
    "case", [c for c in CASES if c.name.startswith("outside: a site of three")], ids=lambda c: c.name
)
def test_a_site_of_several_kinds_has_its_answer_also_where_geos_must_take_the_grid(case, monkeypatch):
    plain = shapely.intersection

    def failing(a, b, **grid):
        if not grid and (shapely.get_type_id(a) == shapely.GeometryType.GEOMETRYCOLLECTION).any():
            raise shapely.GEOSException
        return plain(a, b, **grid)

    monkeypatch.setattr(shapely, "intersection", failing)
    batch = toy.screen(case.where, case.layers, toy.sites(case.site))
    assert (toy.answers(batch), toy.causes(batch, 0)) == ([case.says], set(case.causes))


def declined_or(case: Case) -> Any:
    layers = case.layers or toy.layers()
    try:
        body = part_inside(case.site, case.accuracy_m, layers["district"])
        return where_(case.where, Place(body, case.accuracy_m, layers), [])
    except TooClose:
        return None


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}-{case.says}")
def test_the_oracle_agrees_or_declines(case):
    found = declined_or(case)
    if found is not None:
        assert found.value == {NO: 0, YES: 2}.get(case.says, 1)
        assert found.causes == set(case.causes)


def test_the_oracle_declines_few_cases():
    declined = [case.name for case in CASES if declined_or(case) is None]
    assert len(declined) < 0.15 * len(CASES), declined


def test_no_two_cases_have_one_name():
    names = [(case.name, case.says) for case in CASES]
    assert len(names) == len(set(names)), sorted(name for name in names if names.count(name) > 1)


def test_shapely_measures_as_the_cases_expect():
    assert shapely.distance(Point(-600, -800), SQUARE_KM) == 1000
