"""Random workspaces: layers, rules and sites that meet each other in every way that the contract speaks of.

Half of the coordinates lie on a grid of 100 m, so that edges, corners and thresholds coincide often; the others are
anywhere. Everything follows from one seed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import shapely
import toy

from fuling_gis.layers.model import Layer
from fuling_gis.rules.model import Duty, Joined, Overlap, Party, Reading, Rule, RuleSet, Where, Zone
from fuling_gis.sites.model import Sites
from oracle.who import UNKNOWN, Who

LAYERS = ("red_line", "nature_reserve", "wetland", "reservoir", "farmland", "outfall")
KINDS = ("x", "y")
ACCURACIES = (0.0, 0.0, 5.0, 50.0, 300.0)
DISTANCES = (0.0, 10.0, 100.0, 500.0, 1000.0, 3000.0)
ACTIVITIES = ("chemical", "heavy_chemical", "industry", "pulp", "mining", "catering")
NATURES = ("new", "alter", "expand", "existing")
FACTS = ("treated", "temporary")
EFFECTS = ("prohibit", "exit", "restrict", "condition", "advise", "monitor", "encourage")
# A district without right angles, and with a bay.
SLANTED = shapely.Polygon([(-5500, -4000), (3000, -5800), (5900, 2000), (500, 1000), (-2000, 5700)])
# What a file may say where nobody knows what is meant.
NONSENSE = "qwzx"


@dataclass(frozen=True)
class World:
    """A workspace and some sites, with what each site says of itself in the oracle's words."""

    layers: Mapping[str, Layer]
    rules: RuleSet
    sites: Sites
    who: tuple[Who, ...]


class Dice:
    """Draws of all kinds from one seed."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def chance(self, p: float) -> bool:
        return bool(self.rng.random() < p)

    def one(self, options: Any) -> Any:
        return options[int(self.rng.integers(len(options)))]

    def some(self, options: Any, low: int, high: int) -> list[Any]:
        n = min(len(options), int(self.rng.integers(low, high + 1)))
        return [options[i] for i in sorted(self.rng.choice(len(options), n, replace=False))]

    def count(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high + 1))

    def place(self, reach: float = 4500) -> tuple[float, float]:
        x, y = self.rng.uniform(-reach, reach, 2)
        return (round(x, -2), round(y, -2)) if self.chance(0.5) else (round(x, 3), round(y, 3))

    def size(self, low: float, high: float) -> float:
        """Draw a size, small ones as often as large ones."""
        value = float(np.exp(self.rng.uniform(np.log(low), np.log(high))))
        return max(100.0, round(value, -2)) if self.chance(0.4) else round(value, 3)


def box(dice: Dice, high: float) -> Any:
    x, y = dice.place()
    return shapely.box(x, y, x + dice.size(5, high), y + dice.size(5, high))


def star(dice: Dice, high: float) -> Any:
    """Make a polygon of 5 to 40 corners about a middle, with deep bays."""
    x, y = dice.place()
    n, size = dice.count(5, 40), dice.size(20, high)
    turn = np.sort(dice.rng.uniform(0, 2 * np.pi, n))
    reach = size * dice.rng.uniform(0.3, 1, n)
    return shapely.make_valid(
        shapely.Polygon(np.column_stack([x + reach * np.cos(turn), y + reach * np.sin(turn)])),
        method="structure",
        keep_collapsed=False,
    )


def holed(dice: Dice, high: float) -> Any:
    """Make a box with a hole, sometimes one that reaches near its edge."""
    x, y = dice.place()
    wide, tall = dice.size(50, high), dice.size(50, high)
    a, b = sorted(dice.rng.uniform(0.05, 0.95, 2))
    hole = shapely.box(x + a * wide, y + a * tall, x + (b + 0.01) * wide, y + (b + 0.01) * tall)
    return shapely.box(x, y, x + wide, y + tall).difference(hole)


def sliver(dice: Dice, high: float) -> Any:
    """Make a long thin triangle."""
    x, y = dice.place()
    u, v = dice.rng.uniform(-1, 1, 2) * dice.size(200, high)
    w = dice.size(0.5, 30)
    return shapely.Polygon([(x, y), (x + u, y + v), (x + u + w, y + v + w)])


def line(dice: Dice, high: float) -> Any:
    steps = dice.rng.normal(0, dice.size(20, high) / 3, (dice.count(1, 6), 2))
    return shapely.LineString(np.cumsum(np.vstack([[dice.place()], steps]), axis=0).round(3))


def point(dice: Dice, _high: float) -> Any:
    return shapely.Point(dice.place())


def several(make: Any) -> Any:
    def parts(dice: Dice, high: float) -> Any:
        return shapely.union_all([make(dice, high / 2) for _ in range(dice.count(2, 3))])

    return parts


def tiles(dice: Dice) -> list[Any]:
    """Cut one box into tiles that share their borders."""
    x, y = dice.place()
    side = dice.size(200, 3000)
    n = dice.count(2, 3)
    made = [
        shapely.box(x + i * side, y + j * side, x + (i + 1) * side, y + (j + 1) * side)
        for i, j in product(range(n), repeat=2)
    ]
    return [tile for tile in made if dice.chance(0.85)] or made


AREAS = (box, star, holed, sliver, several(box), several(star))
ALL = (*AREAS, line, point, several(line), several(point))


def geometry(dice: Dice, makers: Any, high: float) -> Any:
    found = dice.one(makers)(dice, high)
    while found.is_empty or not found.is_valid:
        found = dice.one(makers)(dice, high)
    return found


def layer(dice: Dice, layer_id: str, district: Any) -> Layer:
    features = [geometry(dice, (point, several(point)), 0) for _ in range(dice.count(1, 6))]
    if layer_id != "outfall":
        makers = (line, several(line)) if dice.chance(0.15) else AREAS
        features = tiles(dice) if dice.chance(0.25) else []
        features += [geometry(dice, makers, 4000) for _ in range(dice.count(0 if features else 1, 5))]
        if dice.chance(0.05):
            features = []
    n = len(features)
    fields: dict[str, Any] = {"order": [dice.one((1.0, 2.0, 3.0, 3.0, None)) for _ in range(n)]}
    if dice.chance(0.93):
        words = (*KINDS, *KINDS, *KINDS, *KINDS, None, "", "z") if dice.chance(0.6) else KINDS
        fields["kind"] = [dice.one(words) for _ in range(n)]
    # A layer that covers the district covers nothing where the district is missing.
    whole = dice.chance(0.3)
    return toy.layer(
        layer_id,
        *features,
        accuracy_m=dice.one(ACCURACIES),
        cover=district if whole else cover(dice, features),
        covers="district" if whole else "own",
        allowed={"kind": KINDS},
        **fields,
    )


def cover(dice: Dice, features: list[Any]) -> Any:
    kind = dice.rng.random()
    if kind < 0.7:
        return toy.AROUND
    if kind < 0.8:
        return toy.SQUARE
    if kind < 0.83:
        return None
    if kind < 0.9:
        own = [p for p in features if p.geom_type in {"Polygon", "MultiPolygon"}]
        return shapely.union_all(own) if own else None
    area = shapely.Polygon([(-6000, -5000), (2000, -7000), (7000, 1000), (1000, 4000), (-3000, 6500)])
    return area.difference(star(dice, 800)) if dice.chance(0.5) else area


def zone(dice: Dice, deep: int = 1) -> Zone:
    if deep and dice.chance(0.2):
        members = tuple(zone(dice, deep - 1 if dice.chance(0.2) else 0) for _ in range(dice.count(2, 3)))
        return Overlap(members) if dice.chance(0.5) else Joined(members)
    tests: dict[str, Any] = {}
    if dice.chance(0.35):
        tests["kind"] = dice.one(KINDS)
    if dice.chance(0.12):
        tests["order"] = dice.one(((1, 2), (2, None), (None, 2)))
    return toy.some(dice.one(LAYERS), **tests)


def where(dice: Dice, deep: int = 2) -> Where:
    kind = dice.rng.random()
    if deep and kind < 0.15:
        return toy.all_of(*(where(dice, deep - 1) for _ in range(2)))
    if deep and kind < 0.3:
        return toy.any_of(*(where(dice, deep - 1) for _ in range(2)))
    if deep and kind < 0.38:
        return toy.not_(where(dice, deep - 1))
    kind = dice.rng.random()
    if kind < 0.4:
        return toy.inside(zone(dice))
    if kind < 0.7:
        ask = toy.near_centre if dice.chance(0.3) else toy.near
        return ask(zone(dice), dice.one(DISTANCES))
    return toy.outside(zone(dice))


def parties(dice: Dice) -> tuple[Party, ...]:
    if dice.chance(0.65):
        return toy.ANYONE
    return tuple(
        Party(
            tuple(dice.some(ACTIVITIES, 0, 2)),
            tuple(dice.some(NATURES, 0, 3)),
            tuple(toy.fact(name, equals=dice.chance(0.7)) for name in dice.some(FACTS, 0, 1)),
        )
        for _ in range(dice.count(1, 2))
    )


def rule(dice: Dice, rule_id: str) -> Rule:
    unless = [toy.lifted_by("approved_redline", *dice.some(NATURES, 0, 2))] if dice.chance(0.25) else []
    options: dict[str, Any] = {"unless": tuple(unless), "everywhere": dice.chance(0.03)}
    if dice.chance(0.15):
        keys = ("A", "B") if dice.chance(0.3) else ("A",)
        choices = [tuple(zip(keys, values, strict=True)) for values in product(("one", "two"), repeat=len(keys))]
        who = parties(dice)
        duties = {choice: Duty(who if dice.chance(0.8) else parties(dice), where(dice, 1)) for choice in choices}
        return toy.switched(rule_id, duties, dice.one(EFFECTS), **options)
    place = None if dice.chance(0.05) else where(dice)
    return toy.rule(rule_id, place, dice.one(EFFECTS), who=parties(dice), **options)


READINGS: tuple[Reading, ...] = (toy.reading("A", "one", "two"), toy.reading("B", "one", "two"))


def site(dice: Dice, layers: Mapping[str, Layer]) -> Any:
    """Make a site, mostly one near an outline of some feature, at about a distance that matters."""
    found = geometry(dice, ALL, 1500 if dice.chance(0.9) else 30000)
    features = [g for layer in layers.values() for g in layer.geometry]
    if dice.chance(0.3) or not features:
        return found
    feature = dice.one(features)
    outline = shapely.boundary(feature) if feature.geom_type.endswith("Polygon") else feature
    aim = dice.rng.choice(shapely.get_coordinates(shapely.segmentize(outline, 100)))
    away = dice.one((0, 5, 10, 50, 100, 300, 500, 1000)) * dice.rng.uniform(0.3, 1.7)
    turn = dice.rng.uniform(0, 2 * np.pi)
    to = aim + away * np.array([np.cos(turn), np.sin(turn)])
    start = shapely.get_coordinates(found)[0]
    return shapely.transform(found, lambda xy: (xy + (to - start)).round(3))


def who(dice: Dice) -> Who:
    """Make what a site says of itself; most say something that is understood."""
    facts = {name: dice.one(("是", "否", "true", "0", "1", "")) for name in (*FACTS, "approved_redline")}
    activities = words(dice, ACTIVITIES) if dice.chance(0.85) else ("none_listed",)
    return Who(activities, words(dice, NATURES), facts)


def words(dice: Dice, known: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dice.some((*known, UNKNOWN), 0, 2) if dice.chance(0.2) else dice.some(known, 1, 2))


def written(words: tuple[str, ...]) -> str:
    """Write what a site says of itself as a file would."""
    return ";".join(NONSENSE if word == UNKNOWN else word for word in words)


def world(seed: int, *, n_sites: int = 10, n_rules: int = 6) -> World:
    """Make the workspace and sites of a seed."""
    dice = Dice(seed)
    kind = dice.rng.random()
    ground = toy.SQUARE if kind < 0.65 else SLANTED if kind < 0.94 else None
    found = {name: layer(dice, name, ground) for name in LAYERS if dice.chance(0.88)}
    if ground is not None:
        found["district"] = toy.district(ground, accuracy_m=dice.one((0.0, 50.0)))
    given = tuple(rule(dice, f"R{i}") for i in range(n_rules))
    shapes = [site(dice, found) for _ in range(n_sites)]
    people = tuple(who(dice) for _ in range(n_sites))
    names = (*FACTS, "approved_redline")
    sites = toy.sites(
        *shapes,
        activity=[written(one.activities) for one in people],
        nature=[written(one.natures) for one in people],
        accuracy_m=[dice.one(ACCURACIES) for _ in range(n_sites)],
        **{name: [one.facts[name] for one in people] for name in names},
    )
    return World(found, toy.rules(*given, readings=READINGS), sites, people)
