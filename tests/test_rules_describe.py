"""A rule in words says who, where, what lifts it, where it stands written and since when."""

from __future__ import annotations

import datetime as dt

import pytest

from fuling_gis.labels import LANGS
from fuling_gis.rules.describe import describe, where_words, who_words
from fuling_gis.rules.load import builtin_rules

RULES = builtin_rules()


def lines(rule_id, lang="zh", **more):
    return [(line.heading, line.text) for line in describe(RULES.rule(rule_id), RULES.readings, lang, **more)]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("rule", [pytest.param(r, id=r.id) for r in RULES.rules])
def test_every_rule_can_be_described(rule, lang):
    found = describe(rule, RULES.readings, lang, day=dt.date(2026, 11, 1))
    assert all(line.heading and line.text for line in found)
    assert any(line.text == rule.source.quote for line in found)


def test_the_tailings_rule_reads_as_the_plan_says():
    found = dict(lines("FL-140"))
    who = [text for heading, text in lines("FL-140") if heading == "约束对象"]
    assert who == [
        "按upgrade_is_expansion=no：尾矿库；新建、改建、扩建",
        "按upgrade_is_expansion=yes：尾矿库；新建、改建、扩建 或 尾矿库；技改；单纯增加产能：是",
    ]
    where = [text for heading, text in lines("FL-140") if heading == "地点"]
    assert where[0] == "按bank_basis=published distance_measured=edge：距river[grade=main]不超过3000米"
    assert where[-1] == "按distance_measured=centre：中心距river[grade=main]不超过3000米"
    assert len(where) == 4, "the published and the management line are the same for the 3 km"
    assert "safety_upgrade" in found["豁免"]
    assert found["有效期"] == "自2021-03-01"


def test_layers_can_be_named_for_people():
    found = dict(lines("FL-065", "en", layer_titles={"built_up": {"zh": "城市建成区", "en": "Built-up area"}}))
    assert found["where"] == "in Built-up area"


def test_places_under_different_readings_are_told_apart():
    places = [text for heading, text in lines("FL-066") if heading == "地点"]
    assert places == ["按fl066_scope=built_up：位于built_up内", "按fl066_scope=district：全区"]


def test_a_superseded_law_is_named_with_what_took_its_place_from_that_day_on():
    def laws(day):
        return next(text for heading, text in lines("FL-123", day=day) if heading == "法律依据")

    assert "承接" not in laws(dt.date(2026, 8, 14))
    assert "生态环境法典" in laws(dt.date(2026, 8, 15))


def test_a_rule_that_is_not_in_force_says_so():
    assert dict(lines("FL-140", day=dt.date(2021, 2, 28)))["有效期"].endswith("2021-02-28不在有效期内")
    dates = [text for heading, text in lines("FL-140", day=dt.date(2021, 3, 1)) if heading == "有效期"]
    assert dates == ["自2021-03-01", "2021-03-01仅据所列法律：所引文件自2021-10-29印发"]
    assert dict(lines("FL-140", day=dt.date(2021, 10, 29)))["有效期"] == "自2021-03-01"


def test_an_unconfirmed_basis_says_so():
    assert ("法律依据", "重庆市水污染防治条例；未核实") in lines("FL-146")


def test_several_parties_are_joined_by_or():
    duty = next(iter(RULES.rule("FL-123").duties.values()))
    assert " or " in who_words(duty.who, "en")


def test_no_place_is_the_whole_district():
    assert where_words(None, "en") == "the whole district"
