"""Questions of place without rules: what was measured for a long distance also serves a shorter one."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
import toy

from fuling_gis.overlay.inquiry import inquire
from fuling_gis.overlay.plan import compile_plan
from fuling_gis.rules.model import RuleSet


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("y", [1000.0, 1000.00005])
def test_whoever_is_told_yes_is_told_the_feature_whichever_question_came_first(many, y):
    # Two places nearer than a tenth of a millimetre are one place: both points are within 1000 m.
    site = np.array([shapely.Point(0, y)], dtype=object)
    questions = toy.near("river", 1000.0), toy.near("river", 3000.0)
    with toy.many(sites=many):
        for asked in (questions[:1], questions, questions[::-1]):
            plan = compile_plan(RuleSet((), {}), toy.layers(toy.river()), as_of=toy.DAY)
            told = inquire(site, np.zeros(1), asked, plan.book, plan.features)
            reply = next(reply for reply in told.replies if reply.question == questions[0])
            assert reply.answers.value.tolist() == [2]
            assert reply.evidence["river"].distance_m.tolist() == [pytest.approx(y)]


@pytest.mark.parametrize("many", [False, True])
def test_features_without_geometry_are_found_by_nobody(many):
    empty = toy.layer("zone", shapely.Polygon(), shapely.GeometryCollection())
    site = np.array([shapely.Point(0, 0), shapely.box(0, 0, 10, 10)], dtype=object)
    with toy.many(sites=many):
        plan = compile_plan(RuleSet((), {}), toy.layers(empty), as_of=toy.DAY)
        told = inquire(site, np.full(2, 5.0), (toy.inside("zone"), toy.outside("zone")), plan.book, plan.features)
    assert told.replies[0].answers.value.tolist() == [0, 0]
    assert told.replies[1].answers.value.tolist() == [2, 2]
