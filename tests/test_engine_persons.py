"""Whole columns of sites get the same answer of whom a rule binds as one site asked by itself."""

from __future__ import annotations

import numpy as np
import pytest

from fuling_gis.activities import activities
from fuling_gis.facts import facts
from fuling_gis.natures import natures
from fuling_gis.overlay.lists import constant, numbered
from fuling_gis.overlay.persons import Persons
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
