"""Whole columns of sites get the same answer of whom a rule binds as one site asked by itself."""

from __future__ import annotations

import numpy as np
import pytest

from fuling_gis.activities import activities
from fuling_gis.facts import facts
from fuling_gis.natures import natures
from fuling_gis.overlay.lists import constant, numbered
from fuling_gis.overlay.persons import Crowd, Persons
from fuling_gis.rules.load import builtin_rules
from fuling_gis.rules.who import person, who_answer

N = 400
RNG = np.random.default_rng(11)
TEXTS = {
    "bool": ["", "是", "否", "yes", "0", "?"],
    "number": ["", "0", "9.9", "10", "50", "20 t/h", "200", "some"],
}


def drawn(words):
    return RNG.choice(np.array(list(words), dtype=object), N)


ACTIVITY = drawn([*activities(), "", "农业", "公共设施", "年产5万吨磷酸铁锂项目", "化工;码头"])
CODE = drawn(["", "C2614", "B0721", "N7820"])
NATURE = drawn([*natures(), "", "改扩建", "new;existing", "随便"])
FACTS = {name: drawn(TEXTS[fact.kind]) for i, (name, fact) in enumerate(facts().items()) if i % 5}
SITES = Persons(numbered(ACTIVITY), numbered(CODE), numbered(NATURE), FACTS)
ALONE = [person(ACTIVITY[i], CODE[i], NATURE[i], {name: column[i] for name, column in FACTS.items()}) for i in range(N)]


@pytest.mark.parametrize("rule", builtin_rules().rules, ids=lambda rule: rule.id)
def test_many_sites_are_answered_as_each_is_alone(rule):
    for duty in rule.duties.values():
        told = SITES.bound(duty.who)
        for i, someone in enumerate(ALONE):
            answer, causes = who_answer(duty.who, someone)
            named = tuple(sorted(name for name, mask in told.causes.items() if mask[i]))
            assert (told.value[i], named) == (answer, causes)


def test_no_site_at_all_is_answered_too():
    for duty in builtin_rules().rule("FL-123").duties.values():
        assert len(Persons(constant("", 0), constant("", 0), constant("", 0), {}).bound(duty.who)) == 0


def test_those_who_say_the_same_are_asked_once_and_each_gets_the_answer():
    rows = RNG.integers(0, N, 5 * N)
    facts = {name: column[rows] for name, column in FACTS.items() if name in ("temporary", "compatible", "harmful")}
    texts = (numbered(column[rows]) for column in (ACTIVITY, CODE, NATURE))
    every = Persons(*texts, facts)
    crowd = Crowd.of(every)
    assert len(crowd.people.activity) == len({
        (ACTIVITY[i], CODE[i], NATURE[i], *(FACTS[name][i] for name in facts)) for i in rows
    })  # fmt: skip
    for rule in builtin_rules().rules:
        for duty in rule.duties.values():
            told, wanted = crowd.people.bound(duty.who).take(crowd.kind), every.bound(duty.who)
            assert (told.value == wanted.value).all()
            assert told.causes.keys() == {name for name, mask in wanted.causes.items() if mask.any()}
            assert all((told.causes[name] == wanted.causes[name]).all() for name in told.causes)
            claims = crowd.people.claimed(rule.unless, duty)[crowd.kind]
            assert (claims == every.claimed(rule.unless, duty)).all()
    words, wanted_words = crowd.unknown_words("en"), every.unknown_words("en")
    assert [words[i] for i in range(len(rows))] == [wanted_words[i] for i in range(len(rows))]


@pytest.mark.parametrize("n", [0, 1])
def test_nobody_and_one_alone_are_a_crowd_too(n):
    crowd = Crowd.of(Persons(constant("port", n), constant("", n), constant("new", n), {}))
    assert (crowd.kind.tolist(), len(crowd.people.activity)) == ([0] * n, n)
