"""Puts questions of place to sites without any rule: the answers, and the features behind them.

What `screening` does for rules this does for whoever only wants to know what a site touches or is near to. Tolerance,
coverage and doubts are those of CONTRACT section 1; the part of a site beyond the jurisdiction is not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fuling_gis.answers import NO, Answers
from fuling_gis.overlay.evidence import Evidence, FeatureBook
from fuling_gis.overlay.jurisdiction import cut_to
from fuling_gis.overlay.pieces import Geometries
from fuling_gis.overlay.questions import Desk, asked_of
from fuling_gis.overlay.shapes import RESOLUTION_M, Floats
from fuling_gis.overlay.sitetree import in_space
from fuling_gis.overlay.zones import ZoneBook
from fuling_gis.rules.model import Ask


@dataclass(frozen=True)
class Reply:
    """What one question brought to light."""

    question: Ask
    # One for each site that lies in the jurisdiction, in the order of `Replies.rows`.
    answers: Answers
    # Layer id to the pairs of site and feature nearer than the distance asked and the tolerance, for the sites whose
    # answer is yes or maybe; `site` counts in `Replies.rows`, `feature` in the layer.
    evidence: dict[str, Evidence]


@dataclass(frozen=True)
class Replies:
    """The replies to all questions."""

    # Positions of the sites that lie in the jurisdiction, or within its tolerance, in the order of the replies: of many
    # sites neighbours follow one another.
    rows: NDArray[np.int64]
    replies: tuple[Reply, ...]


def inquire(
    geometry: Geometries,
    accuracy_m: Floats,
    questions: Sequence[Ask],
    book: ZoneBook,
    features: Callable[[str], FeatureBook],
) -> Replies:
    """Answer questions of place.

    geometry: valid, none empty, in the working CRS. accuracy_m: of the sites, metres. questions: `in` and `near` list
    features, other predicates have no evidence here. features: cuts up a layer's features, once.
    """
    border = book.layers.get(book.jurisdiction)
    whole = asked_of(geometry, accuracy_m)
    order = in_space(whole.middle)
    whole = whole.arranged(order)
    tolerance = whole.accuracy_m + (border.accuracy_m if border is not None else 0.0)
    inside = cut_to(whole, book.area(book.jurisdiction), tolerance)
    kept = np.flatnonzero(~inside.outside)
    rows, asked = order[kept], inside.asked.take(~inside.outside)
    desk = Desk(asked, book, dict.fromkeys(questions, np.ones(len(rows), bool)))
    measured: dict[object, tuple[float, dict[str, Evidence]]] = {}
    replies = {}
    # The longest distance first: what is within a shorter one is among what it found.
    for question in sorted(set(questions), key=lambda q: -q.within_m):
        answers = desk.answer(question)
        key = (question.predicate, question.zone, question.measured)
        known = measured.get(key)
        if known is None:
            known = (question.within_m, _evidence(desk, question, answers, features))
            measured[key] = known
            found = known[1]
        else:
            limit = question.within_m + asked.accuracy_m + book.zone(question.zone).accuracy_m + RESOLUTION_M
            found = {layer: _within(evidence, limit) for layer, evidence in known[1].items()}
        replies[question] = Reply(question, answers, found)
    return Replies(rows, tuple(replies[question] for question in questions))


def _evidence(
    desk: Desk, question: Ask, answers: Answers, features: Callable[[str], FeatureBook]
) -> dict[str, Evidence]:
    if question.predicate not in ("in", "near"):
        return {}
    zone = desk.book.zone(question.zone)
    hit = np.flatnonzero(answers.value > NO)
    every = len(hit) == len(answers)
    within = question.within_m + desk.asked.accuracy_m[hit] + zone.accuracy_m
    found = {}
    sites = desk.asked if every else desk.asked.take(hit)
    for leaf in zone.leaves:
        book = features(leaf.layer.id)
        pairs = book.near(sites, leaf.features, within)
        if question.measured == "centre":
            pairs = pairs.farther(book.near(sites.centres(), leaf.features, within, overlaps=False))
        found[leaf.layer.id] = pairs if every else replace(pairs, site=hit[pairs.site])
    return found


def _within(evidence: Evidence, limit_m: Floats) -> Evidence:
    kept = np.flatnonzero(evidence.distance_m <= limit_m[evidence.site])
    return evidence.take(kept, evidence.site[kept])
