"""What one question of place answers for one site: the predicate table and the coverage rules of CONTRACT section 1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from fuling_gis.layers.model import Layer
from fuling_gis.rules.model import AllOf, AnyOf, Ask, Not, Where, selections
from oracle.answer import MAYBE, NO, YES, Answer, greatest, least, maybe, opposite
from oracle.depth import MILLIMETRE, ROUNDING, TooClose, depth_in, distance_from, rises_above
from oracle.sets import by_dimension, common, contains, polygons, without
from oracle.zones import EVERYWHERE, Ground, cases, open_members

INTERIORS_MEET = "T********"


@dataclass(frozen=True)
class Place:
    """One site as the questions see it."""

    # The part that is judged, called S in the contract.
    body: BaseGeometry
    accuracy_m: float
    layers: Mapping[str, Layer | None]


def where_(where: Where | None, place: Place, parts: list[tuple[Ask, Answer]]) -> Answer:
    """Answer a place expression, and note each question's own answer in `parts`."""
    if where is None:
        return Answer(YES)
    if isinstance(where, Ask):
        found = ask(where, place)
        parts.append((where, found))
        return found
    if isinstance(where, Not):
        return opposite(where_(where.member, place, parts))
    members = [where_(member, place, parts) for member in where.members]
    if isinstance(where, AllOf):
        return least(members)
    assert isinstance(where, AnyOf)
    return greatest(members)


def ask(question: Ask, place: Place) -> Answer:
    """Answer one question, every open member of its zone tried both ways."""
    if question.measured == "centre":
        # Neither the whole site nor its centroid may be farther than asked.
        edge = replace(question, measured="edge")
        return least([ask(edge, place), ask(edge, replace(place, body=place.body.centroid))])
    members = open_members(question.zone, place.layers)
    present = [place.layers.get(s.layer) for s in selections(question.zone)]
    known = [layer for layer in present if layer is not None]
    t = max((layer.accuracy_m for layer in known), default=0.0) + place.accuracy_m
    if len(present) == 1 and not known:
        return maybe(*members[0][1])
    grounds = {case.choice: case.ground for case in cases(question.zone, place.layers)}
    table = PREDICATES[question.predicate]
    found = {choice: table(place.body, ground, question.within_m, t) for choice, ground in grounds.items()}
    causes = {"tolerance"} if MAYBE in found.values() else set()
    for i, (_, names) in enumerate(members):
        if _matters(i, found):
            causes |= names
    values = set(found.values())
    answer = Answer(values.pop()) if len(values) == 1 and MAYBE not in values else maybe(*causes)
    return _with_coverage(answer, question, list(grounds.values()), t, place)


def _matters(member: int, found: Mapping[tuple[int, ...], int]) -> bool:
    """Tell whether one open member changes the answer in any state of the others."""
    for choice, answer in found.items():
        other = tuple(1 - c if i == member else c for i, c in enumerate(choice))
        if found[other] != answer:
            return True
    return False


def _with_coverage(answer: Answer, question: Ask, grounds: list[Ground], t: float, place: Place) -> Answer:
    """Turn what rests on ground that a layer does not cover into a maybe."""
    present = [place.layers.get(s.layer) for s in selections(question.zone)]
    known = [layer for layer in present if layer is not None]
    grown = question.within_m + t if question.predicate == "near" else 0.0
    stands = NO if question.predicate == "outside" else YES
    if answer.value == stands:
        return answer
    short = [layer for layer in known if not covers(layer.cover, place.body, grown)]
    if short and question.predicate == "outside" and answer.value == YES:
        proven = [ground is not EVERYWHERE and _proven_outside(place, ground, t, known) for ground in grounds]
        if all(proven):
            return answer
    for layer in short:
        answer = answer.doubted(f"coverage:{layer.id}", unless=stands)
    return answer


def _in(body: BaseGeometry, ground: Ground, _within: float, t: float) -> int:
    if ground is EVERYWHERE:
        return YES
    if ground.is_empty:
        return NO
    away = shapely.distance(body, ground)
    if away > 0:
        return NO if _above(away, t) else MAYBE
    both = common(body, ground)
    return YES if _deep(both, body, ground, t) or _deep(both, ground, body, t) else MAYBE


def _deep(both: BaseGeometry, one: BaseGeometry, other: BaseGeometry, t: float) -> bool:
    """Tell whether some point of one geometry lies deeper than t inside the other."""
    ground = polygons(other)
    if not any(shapely.relate_pattern(part, ground, INTERIORS_MEET) for part in by_dimension(one)):
        return False
    return rises_above(both, depth_in(ground), t)


def _near(body: BaseGeometry, ground: Ground, within: float, t: float) -> int:
    if ground is EVERYWHERE:
        # Whether everything is near within less than the tolerance, the contract does not say.
        if within < t:
            raise TooClose
        return YES
    if ground.is_empty:
        return NO
    away = float(shapely.distance(body, ground))
    if not _above(away, within - t):
        return YES
    return NO if _above(away, within + t) else MAYBE


def _outside(body: BaseGeometry, ground: Ground, _within: float, t: float) -> int:
    if ground is EVERYWHERE:
        return NO
    if _farther(body, ground, t):
        return YES
    if not contains(ground, body):
        return MAYBE
    if t == 0:
        return NO
    edge = _edge(ground)
    return MAYBE if _above(t, float(shapely.distance(body, edge))) else NO


def _farther(body: BaseGeometry, ground: BaseGeometry, t: float) -> bool:
    """Tell whether some point of a body is farther than t from the ground."""
    if body.is_empty:
        return False
    if ground.is_empty:
        return True
    if contains(ground, body):
        return False
    return rises_above(without(body, ground), distance_from(ground), t)


def _edge(ground: BaseGeometry) -> BaseGeometry:
    """Give the outline of ground: of its polygons, and all of its lines and points that stand free."""
    area = polygons(ground)
    return shapely.union_all([shapely.boundary(area), without(ground, area)])


def _above(value: float, limit: float) -> bool:
    """Compare, where a millimetre more or less does not matter."""
    if abs(value - limit) < MILLIMETRE:
        raise TooClose
    return bool(value > limit)


PREDICATES: Mapping[str, Any] = {"in": _in, "near": _near, "outside": _outside}


def covers(cover: BaseGeometry | None, body: BaseGeometry, grown: float) -> bool:
    """Tell whether an area contains a body grown by a distance."""
    if cover is None or cover.is_empty:
        return False
    if not shapely.covers(cover, body) and _sticks_out(without(body, cover), cover):
        return False
    if grown == 0:
        return True
    return not _above(grown, float(shapely.distance(body, shapely.boundary(cover))))


def _sticks_out(rest: BaseGeometry, cover: BaseGeometry) -> bool:
    """Tell whether what an area does not contain is more than rounding, as along a line where a body was cut."""
    try:
        return rises_above(rest, distance_from(cover), 0.0)
    except TooClose:
        corners = shapely.points(shapely.get_coordinates(rest))
        thin = rest.area <= ROUNDING * rest.length
        if thin and shapely.distance(corners, cover).max() <= ROUNDING:
            return False
        raise


def _proven_outside(place: Place, ground: Ground, t: float, known: list[Layer]) -> bool:
    """Tell whether some point farther than t from the ground lies where all layers are known."""
    if any(layer.cover is None or layer.cover.is_empty for layer in known):
        return False
    covered = shapely.intersection_all([layer.cover for layer in known])
    if not shapely.intersects(covered, place.body):
        return False
    if not shapely.relate_pattern(place.body, covered, INTERIORS_MEET):
        raise TooClose
    return _farther(common(place.body, covered), ground, t)
