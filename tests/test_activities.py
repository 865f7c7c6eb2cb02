"""Activities are read as the contract says: certain, possible, unknown."""

from __future__ import annotations

import pytest

from fuling_gis import activities as activities_module
from fuling_gis.activities import activities, answer, hinted, implied, plain, read_activities, search
from fuling_gis.answers import MAYBE, NO, YES

# The list of the contract.
IDS = {
    "chemical",
    "chemical_park",
    "heavy_chemical",
    "pulp",
    "dyeing",
    "tailings",
    "mining",
    "shale_gas",
    "coal_boiler",
    "industry",
    "metalworking",
    "stone_processing",
    "wood_processing",
    "oil_cuttings",
    "waste_facility",
    "catering",
    "port",
    "shipyard",
    "channel_works",
    "sand_mining",
    "outfall",
    "hydropower",
    "fishing",
    "livestock",
    "aquaculture",
    "agriculture",
    "forestry",
    "residential",
    "public_facility",
    "commerce",
    "entertainment",
    "transport",
    "pipeline",
    "energy",
    "telecom_power",
    "none_listed",
}


# What the package adds to the list of the contract.
ADDED = {"sewage"}


def test_the_list_is_that_of_the_contract_and_what_was_added():
    assert set(activities()) == IDS | ADDED


def test_industry_is_implied_by_the_kinds_of_manufacturing():
    kinds = "chemical chemical_park heavy_chemical pulp dyeing metalworking stone_processing wood_processing shipyard"
    assert {key for key in IDS if "industry" in implied(key)} == {"industry", *kinds.split()}
    assert {key for key in IDS if "chemical" in implied(key)} == {"chemical", "heavy_chemical", "chemical_park"}
    assert {key for key in IDS if "waste_facility" in implied(key)} == {"waste_facility", "oil_cuttings"}


@pytest.mark.parametrize(
    ("text", "wanted", "expected"),
    [
        ("chemical", "chemical", YES),
        ("chemical", "industry", YES),
        ("heavy_chemical", "industry", YES),
        ("化工项目", "chemical", YES),
        ("化工项目", "heavy_chemical", MAYBE),
        ("industry", "chemical", MAYBE),
        ("industry", "mining", NO),
        ("mining", "shale_gas", NO),
        ("energy", "hydropower", MAYBE),
        ("none_listed", "chemical", NO),
        ("residential", "chemical", NO),
        ("其他", "chemical", MAYBE),
        ("其他", "fishing", MAYBE),
        ("", "fishing", MAYBE),
        ("  ", "fishing", MAYBE),
    ],
)
def test_an_activity_answers_for_itself_what_it_implies_and_what_it_could_be(text, wanted, expected):
    assert answer(read_activities(text), [wanted]) == expected


def test_a_rule_that_names_no_activity_binds_all():
    assert answer(read_activities(""), []) == YES


@pytest.mark.parametrize("joint", [";", "；", "、", " ; "])
def test_several_activities_are_all_of_them(joint):
    reading = read_activities(f"居住{joint}餐饮")
    assert reading.certain == {"residential", "catering"}
    assert not reading.unknown


def test_the_best_answer_of_several_counts_and_an_unknown_member_is_a_maybe():
    reading = read_activities("居住；某某项目")
    assert answer(reading, ["residential"]) == YES
    assert answer(reading, ["fishing"]) == MAYBE
    assert reading.unknown == ("某某项目",)


def test_free_text_gets_candidates_and_is_never_certain():
    reading = read_activities("年产5万吨磷酸铁锂项目")
    assert "chemical" in reading.candidates
    assert not reading.certain
    assert reading.doubtful
    assert answer(reading, ["chemical"]) == MAYBE


@pytest.mark.parametrize(
    ("code", "certain", "possible"),
    [
        ("C2614", {"chemical", "industry"}, {"chemical_park", "heavy_chemical"}),
        ("2614", {"chemical", "industry"}, {"chemical_park", "heavy_chemical"}),
        ("c26", {"chemical", "industry"}, {"chemical_park", "heavy_chemical"}),
        ("C2710", {"industry"}, {"chemical", "chemical_park", "heavy_chemical"}),
        ("C1713", {"dyeing", "industry"}, set()),
        ("C3032", {"stone_processing", "industry"}, set()),
        ("C3021", {"industry"}, set()),
        ("B0610", {"mining"}, set()),
        ("0721", set(), {"shale_gas"}),
        ("B0721", set(), {"shale_gas"}),
        ("H6210", {"catering"}, set()),
        ("D4413", {"hydropower", "energy"}, set()),
        ("A0412", {"aquaculture"}, set()),
    ],
)
def test_a_code_of_the_standard_gives_activities_and_a_presumed_one_only_possible_ones(code, certain, possible):
    reading = read_activities("", code)
    assert reading.certain == certain
    assert reading.possible == possible
    assert reading.stated


def test_the_code_counts_only_where_the_activity_is_empty():
    assert read_activities("居住", "C2614").certain == {"residential"}


def test_a_code_in_the_activity_column_is_read_as_a_code():
    assert "chemical" in read_activities("C26 化学原料和化学制品制造业").certain
    assert read_activities("2021年技改项目").unknown == ("2021年技改项目",)


@pytest.mark.parametrize("code", ["Z99", "A26", "9999", "C99", "47", "foo"])
def test_a_code_that_is_not_mapped_is_unknown(code):
    reading = read_activities("", code)
    assert reading.unknown == (code,)
    # It is free for every activity, and says none of them.
    assert reading.doubtful
    assert reading.certain | reading.possible == frozenset()


def test_three_bare_digits_may_have_lost_a_zero_and_stay_possible():
    reading = read_activities("", "721")
    assert "shale_gas" in reading.possible
    assert not reading.certain


def test_the_section_alone_leaves_its_branches_possible():
    reading = read_activities("", "C")
    assert reading.certain == {"industry"}
    assert {"chemical", "pulp"} <= reading.possible


def test_no_word_states_two_activities():
    owners: dict[str, str] = {}
    for entry in activities().values():
        for word in {plain(w) for w in (entry.id, *entry.name.values(), *entry.synonyms)}:
            assert owners.setdefault(word, entry.id) == entry.id, word


def test_every_activity_has_both_names_and_names_only_known_others():
    for entry in activities().values():
        assert entry.name["zh"]
        assert entry.name["en"]
        assert {*entry.implies, *entry.could_be} <= IDS


def test_a_search_finds_by_any_word_or_code():
    assert [entry.id for entry in search("榨菜")] == ["industry"]
    assert "chemical" in [entry.id for entry in search("C26")]
    assert len(search("")) == len(IDS | ADDED)
    assert [entry.id for entry in search("有机化学原料")] == ["chemical", "industry"]
    assert "chemical" in [entry.id for entry in search("年产5万吨磷酸铁锂项目")]
    # A class of four digits under a mapped division, and one whose mapping is presumed.
    found = [entry.id for entry in search("C2614")]
    assert "chemical" in found
    assert "dyeing" not in found
    assert "chemical" in [entry.id for entry in search("C2710")]
    assert [entry.id for entry in search("砖厂")] == ["industry"]
    assert search("no such thing") == ()


def test_an_orchard_is_farming_and_nothing_closer():
    assert answer(read_activities("果园"), ["agriculture"]) == 2
    assert answer(read_activities("果园"), ["aquaculture", "livestock"]) == 0
    assert answer(read_activities("农业"), ["aquaculture"]) == 1


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("某某农药厂", ("chemical",)),
        ("竹浆车间", ("pulp",)),
        ("磷酸和纸浆", ("chemical", "pulp")),
        ("", ()),
        ("甲乙丙", ()),
    ],
)
def test_words_inside_a_text_hint_at_activities_and_decide_nothing(text, ids):
    assert hinted(text) == ids
    assert read_activities(text, "").certain == frozenset()


@pytest.mark.parametrize(
    ("name", "sure", "possible"),
    [
        ("有机化学原料制造", {"chemical", "industry"}, {"heavy_chemical"}),
        ("涂料、油墨、颜料及类似产品制造", {"chemical", "industry"}, {"heavy_chemical"}),
        ("石灰石、石膏开采", {"mining"}, set()),
        ("粘土及其他土砂石开采", {"mining"}, {"sand_mining"}),
        ("陆地天然气开采", set(), {"shale_gas"}),
        ("化学药品原料药制造", {"industry"}, {"chemical"}),
        ("猪的饲养", {"livestock"}, set()),
        ("水泥制造", {"industry"}, set()),
    ],
)
def test_the_name_of_a_class_of_the_standard_is_read_as_its_code(name, sure, possible):
    reading = read_activities(name)
    assert reading.unknown == ()
    assert reading.certain == sure
    assert possible <= reading.possible


def test_a_name_that_only_holds_that_of_a_class_is_free_text():
    reading = read_activities("某公司有机化学原料制造项目")
    assert reading.unknown == ("某公司有机化学原料制造项目",)
    assert reading.certain | reading.possible == frozenset()
    assert "chemical" in reading.candidates


def test_quarrying_sand_and_stone_may_be_in_the_river_or_on_land():
    reading = read_activities("砂石开采")
    assert reading.doubtful
    assert {"mining", "sand_mining"} <= set(reading.candidates)


def test_the_classes_of_the_standard_are_named_once_and_lie_in_their_sections():
    from fuling_gis.activities import _data, _section

    names = _data()["class_names"]
    assert len(set(names.values())) == len(names)
    assert all(len(code) == 1 or _section(int(code[1:3])) == code[0] for code in names)


def test_words_that_ever_new_sites_say_are_not_remembered_for_ever():
    for number in range(10_000):
        read_activities(f"no known activity {number}", "")
        read_activities("", f"C{number:04}")
    assert activities_module._read_part.cache_info().currsize < 10_000
    assert activities_module._from_code.cache_info().currsize < 10_000
