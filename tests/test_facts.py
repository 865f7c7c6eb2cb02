"""Facts are found under their names, whole or cut, and a cell that cannot be read is unknown."""

from __future__ import annotations

import pytest

from fuling_gis.activities import activities
from fuling_gis.facts import canonical, facts, read_fact

# The facts that the contract names.
NAMED = {
    "heavy_metals",
    "environmental_risk",
    "noisy",
    "noise_severe",
    "fume",
    "adj_residential",
    "capacity_only",
    "limited_activity",
    "safety_upgrade",
    "compatible",
    "treated",
    "temporary",
    "soil_report",
    "approved_redline",
    "approved_forest",
    "approved_shore",
    "approved_port",
    "approved_outfall",
    "approved_channel",
    "boiler_tph",
    "installed_mw",
    "households",
    "slope_deg",
}


def test_every_fact_of_the_contract_is_there():
    assert set(facts()) >= NAMED


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("boiler_tph", "boiler_tph"),
        ("BOILER_TPH", "boiler_tph"),
        ("锅炉吨位", "boiler_tph"),
        ("锅炉吨位(t/h)", "boiler_tph"),
        ("锅炉吨位（t/h）", "boiler_tph"),
        # Three characters are what ten bytes of UTF-8 hold.
        ("锅炉吨", "boiler_tph"),
        ("锅炉吨\ufffd", "boiler_tph"),
        # Ten bytes of an English name.
        ("heavy_meta", "heavy_metals"),
        ("environmen", "environmental_risk"),
        ("approved_r", "approved_redline"),
        ("涉重金属", "heavy_metals"),
        ("colour", None),
        ("", None),
    ],
)
def test_a_column_is_known_by_its_names_also_when_cut(column, name):
    assert canonical(column) == name


def test_every_fact_is_found_under_its_own_name_and_all_its_aliases():
    for fact in facts().values():
        for word in (fact.name, *fact.title.values(), *fact.aliases):
            assert canonical(word) == fact.name, word


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("heavy_metals", "是", True),
        ("heavy_metals", "否", False),
        ("heavy_metals", "TRUE", True),
        ("heavy_metals", "0", False),
        ("heavy_metals", "1.0", True),
        ("heavy_metals", "", None),
        ("heavy_metals", "不清楚", None),
        ("boiler_tph", "20", 20.0),
        ("boiler_tph", "２０", 20.0),
        ("boiler_tph", "1,200", 1200.0),
        ("boiler_tph", "20 t/h", 20.0),
        ("boiler_tph", "20 t/d", None),
        ("boiler_tph", "二十", None),
        ("boiler_tph", "nan", None),
        ("boiler_tph", "", None),
        ("colour", "red", "red"),
    ],
)
def test_a_cell_is_read_by_the_kind_of_its_fact(name, text, value):
    assert read_fact(name, text) == value


def test_facts_name_only_known_activities():
    for fact in facts().values():
        assert set(fact.activities) <= set(activities())
