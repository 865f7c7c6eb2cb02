"""The ground that a zone expression means, in every case that missing layers and doubtful features leave open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import shapely

from fuling_gis.layers.model import Layer
from fuling_gis.rules.model import FieldTest, Overlap, Selection, Zone, selections
from oracle.answer import MAYBE, NO, YES
from oracle.depth import ROUNDING, TooClose
from oracle.sets import common, polygons, without

NOWHERE = shapely.GeometryCollection()
# How a doubtful member of an expression is tried: `nothing_and_everything`, or `sure_and_possible` features.
DOUBTFUL_MEMBER = "nothing_and_everything"
# The ground of a missing layer taken to be everything.
EVERYWHERE = None

Ground = Any  # a geometry, or EVERYWHERE


@dataclass(frozen=True)
class Case:
    """One way in which the open members could turn out, and the ground that follows."""

    # One choice for each open member, in the order of `open_members`.
    choice: tuple[int, ...]
    ground: Ground


def sure_and_possible(selection: Selection, layer: Layer) -> tuple[list[int], list[int], list[str]]:
    """Tell which features are surely meant, which possibly (the sure ones too), and the fields that are in doubt."""
    sure, possible, fields = [], [], []
    for i in range(len(layer.geometry)):
        found = {test.field: _passes(test, layer, i) for test in selection.tests}
        if NO in found.values():
            continue
        possible.append(i)
        if MAYBE in found.values():
            fields += [name for name, value in found.items() if value == MAYBE]
        else:
            sure.append(i)
    return sure, possible, sorted(set(fields))


def _passes(test: FieldTest, layer: Layer, i: int) -> int:
    if test.field not in layer.fields:
        return MAYBE
    value = layer.fields[test.field][i]
    if value is None or value == "":
        return MAYBE
    if test.values:
        allowed = layer.allowed.get(test.field)
        if allowed is not None and value not in allowed:
            return MAYBE
        return YES if value in test.values else NO
    low = test.minimum is None or value >= test.minimum
    high = test.maximum is None or value <= test.maximum
    return YES if low and high else NO


def dissolved(layer: Layer, features: list[int]) -> Ground:
    """Join features to one geometry without inner borders."""
    return shapely.union_all(layer.geometry[features]) if features else NOWHERE


def open_members(zone: Zone, layers: Mapping[str, Layer | None]) -> list[tuple[Selection, frozenset[str]]]:
    """List the selections that could be this or that, each with the causes to name."""
    found = []
    for selection in selections(zone):
        layer = layers.get(selection.layer)
        if layer is None:
            found.append((selection, frozenset({f"layer:{selection.layer}"})))
            continue
        sure, possible, fields = sure_and_possible(selection, layer)
        if sure != possible:
            found.append((selection, frozenset(f"attribute:{selection.layer}.{name}" for name in fields)))
    return found


def cases(zone: Zone, layers: Mapping[str, Layer | None]) -> Iterator[Case]:
    """Give the ground of a zone for every combination of what its open members could be.

    A selection by itself is its sure or its possible features; a missing member is nothing or everything.
    """
    members = open_members(zone, layers)
    alone = isinstance(zone, Selection)
    for choice in product((0, 1), repeat=len(members)):
        chosen = {id(selection): c for (selection, _), c in zip(members, choice, strict=True)}
        yield Case(choice, _ground(zone, layers, chosen, alone=alone))


def _ground(zone: Zone, layers: Mapping[str, Layer | None], chosen: dict[int, int], *, alone: bool) -> Ground:
    if isinstance(zone, Selection):
        return _selected(zone, layers.get(zone.layer), chosen.get(id(zone)), alone=alone)
    members = [_ground(member, layers, chosen, alone=False) for member in zone.members]
    known = [m for m in members if m is not EVERYWHERE]
    if isinstance(zone, Overlap):
        return _common(known) if known else EVERYWHERE
    return EVERYWHERE if len(known) < len(members) else shapely.union_all(known)


def _selected(selection: Selection, layer: Layer | None, choice: int | None, *, alone: bool) -> Ground:
    if layer is None:
        return EVERYWHERE if choice else NOWHERE
    sure, possible, _ = sure_and_possible(selection, layer)
    if choice is None:
        return dissolved(layer, sure)
    if alone or DOUBTFUL_MEMBER == "sure_and_possible":
        return dissolved(layer, possible if choice else sure)
    return EVERYWHERE if choice else NOWHERE


def _common(grounds: list[Ground]) -> Ground:
    """Intersect grounds; polygons that only touch leave it open whether the contact is ground, so that is no case."""
    found = grounds[0]
    for ground in grounds[1:]:
        both = common(found, ground)
        if not shapely.is_empty(polygons(found)) and not shapely.is_empty(polygons(ground)):
            whole = polygons(both)
            rest = without(both, whole)
            if not rest.is_empty and (whole.is_empty or shapely.hausdorff_distance(rest, whole) > ROUNDING):
                raise TooClose
            both = whole
        found = both
    return found
