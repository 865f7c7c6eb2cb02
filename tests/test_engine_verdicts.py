"""From the answers of rules to what is said of a site: verdict, possible, exemptions, readings, the jurisdiction."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import toy
from shapely import MultiPoint, Point, box
from toy import fact, inside, near, number, party

# A site in the middle; rules that bind anyone anywhere are yes there.
HERE = Point(0, 500)
MISSING = inside("red_line")
# The bank of the river is at y = 0; with its tolerance of 10 m this site is a maybe.
SHORE = Point(0, 5)
ON_SHORE = inside("river")


def yes(name: str, effect: str, **options: Any) -> Any:
    return toy.rule(name, None, effect, **options)


def maybe(name: str, effect: str, **options: Any) -> Any:
    return toy.rule(name, ON_SHORE, effect, **options)


def no(name: str, effect: str) -> Any:
    return toy.rule(name, near("river", 1), effect, who=party("mining"))


def unchecked(name: str, effect: str, **options: Any) -> Any:
    return toy.rule(name, MISSING, effect, **options)


def told(
    *rules: Any, site: Any = SHORE, layers: Any = None, readings: Any = (), chosen: Any = None, **columns: Any
) -> Any:
    """Screen one site and give its row."""
    given = toy.rules(*rules, readings=readings)
    found = layers if layers is not None else toy.layers(toy.river(accuracy_m=10))
    return toy.screen(given, found, toy.sites(site, **columns), readings=chosen).sites.iloc[0]


VERDICTS = [
    ("nothing applies", [no("A", "prohibit")], "clear", "clear"),
    ("prohibit", [yes("A", "prohibit")], "prohibited", "prohibited"),
    ("exit", [yes("A", "exit")], "exit", "exit"),
    ("restrict", [yes("A", "restrict")], "restricted", "restricted"),
    ("condition", [yes("A", "condition")], "advised", "advised"),
    ("advise", [yes("A", "advise")], "advised", "advised"),
    ("monitor", [yes("A", "monitor")], "advised", "advised"),
    ("encourage", [yes("A", "encourage"), no("B", "exit")], "clear", "clear"),
    ("the worst counts", [yes("A", "advise"), yes("B", "prohibit"), yes("C", "exit")], "prohibited", "prohibited"),
    ("exit is worse than restrict", [yes("A", "restrict"), yes("B", "exit")], "exit", "exit"),
    ("restrict is worse than advise", [yes("A", "restrict"), yes("B", "advise")], "restricted", "restricted"),
    ("a maybe alone", [maybe("A", "prohibit")], "undecided", "prohibited"),
    ("a maybe of a duty alone", [maybe("A", "condition")], "undecided", "advised"),
    ("a maybe of an encouragement alone", [maybe("A", "encourage"), no("B", "exit")], "clear", "clear"),
    ("a maybe worse than a yes", [yes("A", "advise"), maybe("B", "prohibit")], "advised", "prohibited"),
    ("a maybe better than a yes", [yes("A", "exit"), maybe("B", "restrict")], "exit", "exit"),
    ("unchecked alone", [unchecked("A", "prohibit")], "undecided", "undecided"),
    ("unchecked and a yes of level 1", [unchecked("A", "prohibit"), yes("B", "advise")], "advised", "undecided"),
    ("unchecked and a maybe of level 1", [unchecked("A", "prohibit"), maybe("B", "advise")], "undecided", "undecided"),
    ("unchecked and a yes of level 2", [unchecked("A", "prohibit"), yes("B", "restrict")], "restricted", "restricted"),
    ("unchecked and a maybe of level 4", [unchecked("A", "exit"), maybe("B", "prohibit")], "undecided", "prohibited"),
    ("unchecked and no", [unchecked("A", "advise"), no("B", "prohibit")], "undecided", "undecided"),
    ("an encouragement is never unchecked", [unchecked("A", "encourage"), no("B", "exit")], "clear", "clear"),
    ("a rule that binds everywhere", [yes("A", "prohibit", everywhere=True), no("B", "exit")], "clear", "clear"),
    ("a rule that binds everywhere beside another", [yes("A", "prohibit", everywhere=True), yes("B", "advise")],
     "advised", "advised"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "rules", "verdict", "possible"), VERDICTS, ids=[case[0] for case in VERDICTS])
def test_verdict_and_possible(name, rules, verdict, possible):
    site = told(*rules)
    assert (site["verdict"], site["possible"]) == (verdict, possible)


def test_each_rule_stands_in_its_own_column():
    rules = [
        yes("P", "prohibit"), yes("E", "exit"), yes("R", "restrict"), yes("C", "condition"), yes("A", "advise"),
        yes("M", "monitor"), maybe("Q", "prohibit"), unchecked("U", "exit"), no("N", "prohibit"),
        yes("L", "prohibit", unless=(toy.lifted_by("approved_redline"),)),
    ]  # fmt: skip
    site = told(*rules, approved_redline=["是"])
    expected = {
        "prohibited_by": "P",
        "exit_by": "E",
        "restricted_by": "R",
        "advised_by": "C;A;M",
        "maybe_by": "Q",
        "unchecked_by": "U",
        "lifted_by": "L",
    }
    for column, ids in expected.items():
        assert set(site[column].split(";")) == set(ids.split(";")), column


def test_findings_hold_only_what_is_yes_maybe_or_lifted():
    lifted = yes("L", "prohibit", unless=(toy.lifted_by("approved_redline"),))
    rules = [yes("P", "prohibit"), maybe("Q", "exit"), unchecked("U", "exit"), no("N", "exit"), lifted]
    rules += [yes("G", "encourage"), yes("W", "prohibit", everywhere=True)]
    batch = toy.screen(
        toy.rules(*rules), toy.layers(toy.river(accuracy_m=10)), toy.sites(SHORE, approved_redline=["是"])
    )
    found = dict(zip(batch.findings["rule_id"], batch.findings["answer"], strict=True))
    assert found == {"P": "yes", "Q": "maybe", "L": "lifted", "G": "yes"}
    # Worst first; what is lifted counts as restricted; then the rules in order.
    order = list(batch.findings["rule_id"])
    assert (order[0], order[-1]) == ("P", "G")


# Exemptions.

LIFTABLE = (toy.lifted_by("approved_redline"),)


def test_an_exemption_that_is_not_claimed_leaves_the_rule_standing_and_is_named():
    batch = toy.screen(toy.rules(yes("A", "prohibit", unless=LIFTABLE)), toy.layers(), toy.sites(HERE))
    assert batch.sites.loc[0, "verdict"] == "prohibited"
    assert batch.sites.loc[0, "lifted_by"] == ""
    assert "approved_redline" in batch.findings.loc[0, "exemption"]


@pytest.mark.parametrize("claim", ["是", "true", "1", "已批准"])
def test_a_claimed_exemption_lifts_a_ban_to_restricted(claim):
    site = told(yes("A", "prohibit", unless=LIFTABLE), approved_redline=[claim])
    assert (site["verdict"], site["possible"]) == ("restricted", "restricted")
    assert (site["lifted_by"], site["prohibited_by"], site["restricted_by"]) == ("A", "", "")


@pytest.mark.parametrize("claim", ["否", "", "0", "?"])
def test_what_is_not_claimed_does_not_lift(claim):
    assert told(yes("A", "prohibit", unless=LIFTABLE), approved_redline=[claim])["verdict"] == "prohibited"


def test_a_lifted_rule_never_makes_a_site_clear():
    site = told(yes("A", "condition", unless=LIFTABLE), approved_redline=["是"])
    assert (site["verdict"], site["possible"]) == ("restricted", "restricted")


def test_a_claimed_maybe_stays_maybe_and_counts_as_restricted():
    site = told(maybe("A", "prohibit", unless=LIFTABLE), approved_redline=["是"])
    assert (site["verdict"], site["possible"]) == ("undecided", "restricted")
    assert (site["maybe_by"], site["lifted_by"]) == ("A", "")


def test_an_approval_lifts_only_the_rule_that_names_it():
    rules = [yes("A", "prohibit", unless=LIFTABLE), yes("B", "exit", unless=(toy.lifted_by("approved_port"),))]
    site = told(*rules, approved_redline=["是"])
    assert (site["verdict"], site["exit_by"], site["lifted_by"]) == ("exit", "B", "A")


NATURES = [
    ("new", (), ("new",), "restricted"),
    ("new", (), ("alter",), "prohibited"),
    ("new;alter", (), ("alter",), "prohibited"),
    ("new;alter", (), ("alter", "new"), "restricted"),
    # The rule binds alterations only, so the exemption need cover no more.
    ("new;alter", ("alter",), ("alter",), "restricted"),
    ("new;alter", ("alter", "new"), ("alter",), "prohibited"),
    ("", (), ("new",), "prohibited"),
]


@pytest.mark.parametrize(("nature", "bound", "covered", "verdict"), NATURES)
def test_an_exemption_lifts_only_if_it_covers_all_natures_that_the_rule_binds(nature, bound, covered, verdict):
    rule = yes("A", "prohibit", who=party(natures=bound), unless=(toy.lifted_by("approved_redline", *covered),))
    assert told(rule, nature=[nature], approved_redline=["是"])["verdict"] == verdict


# Whom a rule binds.

WHO = [
    ("the activity itself", party("chemical"), {"activity": ["chemical"]}, "yes", set()),
    ("what it implies", party("industry"), {"activity": ["heavy_chemical"]}, "yes", set()),
    ("a narrower one", party("heavy_chemical"), {"activity": ["chemical"]}, "maybe", {"fact:activity"}),
    ("another", party("mining"), {"activity": ["chemical"]}, "no", set()),
    ("none of the list", party("mining"), {"activity": ["none_listed"]}, "no", set()),
    ("nothing said", party("mining"), {"activity": [""]}, "maybe", {"fact:activity"}),
    ("a word nobody knows", party("mining"), {"activity": ["qwzx"]}, "maybe", {"fact:activity"}),
    ("one of several", party("mining"), {"activity": ["catering;mining"]}, "yes", set()),
    ("one of several is unknown", party("mining"), {"activity": ["catering;qwzx"]}, "maybe", {"fact:activity"}),
    ("one known, one unknown", party("mining"), {"activity": ["mining;qwzx"]}, "yes", set()),
    ("a rule that names several", party("mining", "port"), {"activity": ["port"]}, "yes", set()),
    ("anyone", toy.ANYONE, {"activity": [""]}, "yes", set()),
    ("the nature", party(natures=["new", "expand"]), {"nature": ["expand"]}, "yes", set()),
    ("another nature", party(natures=["new", "expand"]), {"nature": ["existing"]}, "no", set()),
    ("no nature said", party(natures=["new"]), {"nature": [""]}, "maybe", {"fact:nature"}),
    ("several natures", party(natures=["new"]), {"nature": ["existing;new"]}, "yes", set()),
    ("a Chinese word for two natures", party(natures=["expand"]), {"nature": ["改扩建"]}, "yes", set()),
    ("a fact", party(facts=[fact("treated")]), {"treated": ["是"]}, "yes", set()),
    ("a fact that is not so", party(facts=[fact("treated")]), {"treated": ["否"]}, "no", set()),
    ("a fact asked to be false", party(facts=[fact("treated", equals=False)]), {"treated": ["否"]}, "yes", set()),
    ("a fact missing", party(facts=[fact("treated")]), {"treated": [""]}, "maybe", {"fact:treated"}),
    ("a fact without its column", party(facts=[fact("treated")]), {}, "maybe", {"fact:treated"}),
    ("a number within", party(facts=[number("households", 10, 20)]), {"households": ["20"]}, "yes", set()),
    ("a number beyond", party(facts=[number("households", 10, 20)]), {"households": ["20.5"]}, "no", set()),
    ("a number that is none", party(facts=[number("households", 10)]), {"households": ["many"]}, "maybe",
     {"fact:households"}),
    ("a filled fact that only one activity can have", party("coal_boiler"),
     {"activity": ["catering"], "boiler_tph": ["4"]}, "maybe", {"fact:activity"}),
    ("the same fact left empty", party("coal_boiler"), {"activity": ["catering"], "boiler_tph": [""]}, "no", set()),
    ("all that a party names", party("mining", natures=["new"]), {"activity": ["mining"], "nature": ["existing"]}, "no",
     set()),
    ("two doubts", party("mining", natures=["new"]), {"activity": [""], "nature": [""]}, "maybe",
     {"fact:activity", "fact:nature"}),
    ("a doubt that another no settles", party("mining", natures=["new"]), {"activity": [""], "nature": ["alter"]}, "no",
     set()),
    ("either of two parties", (*party("mining"), *party(natures=["new"])), {"activity": ["port"], "nature": ["new"]},
     "yes", set()),
]  # fmt: skip


@pytest.mark.parametrize(("name", "who", "columns", "says", "causes"), WHO, ids=[case[0] for case in WHO])
def test_whom_a_rule_binds(name, who, columns, says, causes):
    batch = toy.screen(toy.rule("R", None, who=who), toy.layers(), toy.sites(HERE, **columns))
    assert toy.answers(batch) == [says]
    assert toy.causes(batch, 0) == causes


def test_an_activity_that_nobody_knows_is_named_in_problem():
    assert "qwzx" in told(no("A", "prohibit"), activity=["catering;qwzx"])["problem"]
    assert told(no("A", "prohibit"), activity=["catering"])["problem"] == ""


def test_a_missing_layer_leaves_a_rule_unchecked_also_where_whom_it_binds_is_in_doubt():
    site = told(unchecked("A", "prohibit", who=party("mining")), activity=[""])
    assert (site["unchecked_by"], site["maybe_by"]) == ("A", "")


def test_a_missing_layer_matters_to_nobody_whom_the_rule_does_not_bind():
    site = told(unchecked("A", "prohibit", who=party("mining")), activity=["port"])
    assert (site["verdict"], site["unchecked_by"]) == ("clear", "")


# Dates.


def test_a_date_without_rules_is_undecided():
    rule = yes("A", "prohibit", valid_from=dt.date(2025, 1, 1))
    batch = toy.screen(toy.rules(rule), toy.layers(), toy.sites(HERE), as_of=dt.date(2024, 12, 31))
    assert tuple(batch.sites.loc[0, ["verdict", "possible"]]) == ("undecided", "undecided")


@pytest.mark.parametrize(("day", "verdict"), [(1, "prohibited"), (15, "prohibited"), (31, "prohibited")])
def test_both_ends_of_a_rule_s_dates_are_included(day, verdict):
    rule = yes("A", "prohibit", valid_from=dt.date(2025, 1, 1), valid_to=dt.date(2025, 1, 31))
    batch = toy.screen(toy.rules(rule), toy.layers(), toy.sites(HERE), as_of=dt.date(2025, 1, day))
    assert batch.sites.loc[0, "verdict"] == verdict


def test_a_rule_whose_time_is_over_is_not_asked():
    rules = toy.rules(yes("A", "prohibit", valid_to=dt.date(2025, 1, 31)), yes("B", "advise"))
    batch = toy.screen(rules, toy.layers(), toy.sites(HERE), as_of=dt.date(2025, 2, 1))
    assert batch.sites.loc[0, "verdict"] == "advised"


# Readings.

BANK = toy.reading("bank", "water", "bank")
MINE = toy.reading("mine", "no", "yes")
RIVER_AND_PARK = toy.layers(toy.river(), toy.layer("industrial_park", box(-100, 400, 100, 600)))


def on_reading(name: str, effect: str, default: Any, other: Any) -> Any:
    duties = {(("bank", "water"),): toy.duty(default), (("bank", "bank"),): toy.duty(other)}
    return toy.switched(name, duties, effect)


IN_RIVER, IN_PARK = inside("river"), inside("industrial_park")
READINGS = [
    # default, other, its answer, verdict, possible
    ("raised to yes", IN_RIVER, IN_PARK, "maybe", "undecided", "prohibited"),
    ("lowered", IN_PARK, IN_RIVER, "yes", "prohibited", "prohibited"),
    ("the same", IN_PARK, IN_PARK, "yes", "prohibited", "prohibited"),
    ("neither", IN_RIVER, IN_RIVER, "no", "clear", "clear"),
    ("only the other reaches a missing layer", IN_RIVER, MISSING, "unchecked", "undecided", "undecided"),
    ("only the default reaches a missing layer", MISSING, IN_RIVER, "unchecked", "undecided", "undecided"),
    ("a missing layer, and the other is yes", MISSING, IN_PARK, "maybe", "undecided", "prohibited"),
]


@pytest.mark.parametrize(
    ("name", "default", "other", "says", "verdict", "possible"), READINGS, ids=[case[0] for case in READINGS]
)
def test_another_reading(name, default, other, says, verdict, possible):
    rules = toy.rules(on_reading("A", "prohibit", default, other), readings=[BANK])
    batch = toy.screen(rules, RIVER_AND_PARK, toy.sites(HERE))
    assert toy.answers(batch, "A") == [says]
    assert tuple(batch.sites.loc[0, ["verdict", "possible"]]) == (verdict, possible)


def test_a_raise_by_a_reading_is_its_cause_and_stands_in_depends_on():
    rules = toy.rules(on_reading("A", "prohibit", IN_RIVER, IN_PARK), readings=[BANK])
    batch = toy.screen(rules, RIVER_AND_PARK, toy.sites(HERE))
    assert toy.causes(batch, 0, "A") == {"reading:bank=bank"}
    assert batch.sites.loc[0, "depends_on"] == "bank=bank>yes"
    assert set(batch.findings["readings"]) == {"bank=bank>yes"}


def test_a_reading_that_lowers_is_told_and_changes_nothing():
    rules = toy.rules(on_reading("A", "prohibit", IN_PARK, IN_RIVER), readings=[BANK])
    batch = toy.screen(rules, RIVER_AND_PARK, toy.sites(HERE))
    assert toy.causes(batch, 0, "A") == set()
    assert batch.sites.loc[0, "depends_on"] == "bank=bank>no"


def test_the_verdict_follows_the_reading_that_is_chosen():
    rule = on_reading("A", "prohibit", IN_RIVER, IN_PARK)
    site = told(rule, site=HERE, layers=RIVER_AND_PARK, readings=[BANK], chosen={"bank": "bank"})
    assert (site["verdict"], site["depends_on"]) == ("prohibited", "bank=water>no")


def test_a_missing_layer_and_a_reading_that_raises_are_both_named():
    rules = toy.rules(on_reading("A", "prohibit", MISSING, IN_PARK), readings=[BANK])
    batch = toy.screen(rules, RIVER_AND_PARK, toy.sites(HERE))
    assert toy.causes(batch, 0, "A") == {"layer:red_line", "reading:bank=bank"}


def test_only_two_changes_together_raise_it():
    duties = {
        (("bank", bank), ("mine", mine)): toy.duty(IN_PARK if (bank, mine) == ("bank", "yes") else IN_RIVER)
        for bank in ("water", "bank")
        for mine in ("no", "yes")
    }
    rules = toy.rules(toy.switched("A", duties), readings=[BANK, MINE])
    batch = toy.screen(rules, RIVER_AND_PARK, toy.sites(HERE))
    assert toy.causes(batch, 0, "A") == {"reading:bank=bank+mine=yes"}
    assert batch.sites.loc[0, "depends_on"] == "bank=bank+mine=yes>yes"


def test_one_change_that_raises_alone_is_the_cause_and_not_the_pair():
    duties = {
        (("bank", bank), ("mine", mine)): toy.duty(IN_PARK if bank == "bank" else IN_RIVER)
        for bank in ("water", "bank")
        for mine in ("no", "yes")
    }
    rules = toy.rules(toy.switched("A", duties), readings=[BANK, MINE])
    assert toy.causes(toy.screen(rules, RIVER_AND_PARK, toy.sites(HERE)), 0, "A") == {"reading:bank=bank"}


def test_a_reading_whose_layer_is_missing_is_not_tried():
    bank = toy.reading("bank", "water", "bank", requires={"bank": "bank_zone"})
    rules = toy.rules(on_reading("A", "prohibit", IN_RIVER, IN_PARK), readings=[bank])
    site = toy.screen(rules, RIVER_AND_PARK, toy.sites(HERE)).sites.iloc[0]
    assert (site["verdict"], site["possible"], site["depends_on"]) == ("clear", "clear", "")


def test_a_default_whose_layer_is_missing_gives_way_to_the_next_value():
    bank = toy.reading("bank", "water", "bank", requires={"water": "bank_zone"})
    rules = toy.rules(on_reading("A", "prohibit", IN_RIVER, IN_PARK), readings=[bank])
    assert toy.screen(rules, RIVER_AND_PARK, toy.sites(HERE)).sites.loc[0, "verdict"] == "prohibited"


# The jurisdiction.

BORDER = toy.layers(toy.district(accuracy_m=10), toy.river())
OUTSIDE = [
    ("far away", Point(9000, 0), 0, "outside"),
    ("just beyond the tolerance", Point(5010.1, 0), 0, "outside"),
    ("within the tolerance", Point(5009.9, 0), 0, "prohibited"),
    ("within the site's tolerance too", Point(5014, 0), 5, "prohibited"),
    ("a site that touches", box(5000, 0, 5100, 100), 0, "prohibited"),
    ("a site that reaches in", box(4999, 0, 5100, 100), 0, "prohibited"),
    ("a site that holds all of it", box(-9000, -9000, 9000, 9000), 0, "prohibited"),
    ("one of two points", MultiPoint([(9000, 0), (0, 0)]), 0, "prohibited"),
]


@pytest.mark.parametrize(("name", "site", "accuracy", "verdict"), OUTSIDE, ids=[case[0] for case in OUTSIDE])
def test_who_is_outside(name, site, accuracy, verdict):
    found = told(yes("A", "prohibit"), site=site, layers=BORDER, accuracy_m=[accuracy])
    assert (found["verdict"], found["possible"]) == (verdict, verdict)


def test_a_site_outside_is_asked_nothing():
    batch = toy.screen(toy.rules(yes("A", "prohibit"), unchecked("B", "exit")), BORDER, toy.sites(Point(9000, 0)))
    assert len(batch.findings) == 0
    assert batch.sites.loc[0, "unchecked_by"] == ""
    assert batch.sites.loc[0, "inside_share"] == 0


def test_what_lies_beyond_the_border_is_told():
    site = told(yes("A", "advise"), site=box(4900, 0, 5300, 100), layers=BORDER)
    assert site["inside_share"] == pytest.approx(0.25)
    assert site["problem"] == "only 25.00 % of the site lies in the jurisdiction; only that part is judged"


def test_a_site_judged_whole_says_so():
    site = told(yes("A", "advise"), site=Point(5005, 0), layers=BORDER)
    assert site["problem"] == "the site lies within the tolerance of the jurisdiction's border and is judged whole"
    assert (site["verdict"], site["inside_share"]) == ("advised", 0.0)


def test_without_a_district_nobody_is_outside():
    site = told(yes("A", "prohibit"), site=Point(90000, 0), layers={"river": toy.river()})
    assert site["verdict"] == "prohibited"


def test_without_a_district_layers_that_cover_it_cover_nothing():
    river = toy.river(cover=toy.SQUARE, covers="district")
    site = toy.screen(toy.rules(toy.rule("R", inside("river"))), {"river": river}, toy.sites(HERE))
    assert toy.causes(site, 0) == {"coverage:river"}


# Units.


def units(sites: Any, **options: Any) -> Any:
    tiles = [box(-1000, 0, 0, 1000), box(0, 0, 1000, 1000), box(1000, 0, 2000, 1000)]
    layer = toy.layer(
        "management_unit", *tiles, code=["U1", "U2", "U3"], category=["priority", "key", "general"], **options
    )
    return toy.screen(toy.rules(yes("A", "advise")), toy.layers(layer), sites).sites


def test_the_units_of_a_site_are_named():
    found = units(toy.sites(Point(500, 500), box(-10, 10, 10, 20), Point(0, -500)))
    assert [set(cell.split(";")) - {""} for cell in found["units"]] == [{"U2"}, {"U1", "U2"}, set()]


def test_a_unit_may_lie_in_several_places():
    tiles = [box(-1000, 0, 0, 1000), box(0, 0, 1000, 1000), box(1000, 0, 2000, 1000)]
    layer = toy.layer("management_unit", *tiles, code=["U1", "U2", "U1"], category=["key"] * 3)
    sites = toy.sites(Point(-500, 500), Point(500, 500), Point(1500, 500))
    found = toy.screen(toy.rules(yes("A", "advise")), toy.layers(layer), sites).sites
    assert found["units"].tolist() == ["U1", "U2", "U1"]


def test_a_site_at_the_border_of_two_units_may_be_in_either():
    found = units(toy.sites(Point(3, 500), Point(500, 500)), accuracy_m=10)
    assert [set(cell.split(";")) - {""} for cell in found["units_maybe"]] == [{"U1", "U2"}, set()]
    assert [set(cell.split(";")) - {""} for cell in found["units"]] == [set(), {"U2"}]


def test_a_site_across_a_border_is_surely_in_the_unit_it_reaches_deep():
    found = units(toy.sites(box(-5, 10, 200, 20)), accuracy_m=10)
    assert (found.loc[0, "units"], found.loc[0, "units_maybe"]) == ("U2", "U1")


def test_what_nobody_can_see_yet_is_a_maybe_and_never_a_no():
    asked = toy.rule("A", toy.Ask("visible_from", toy.Selection("river")), "prohibit")
    row = told(asked, layers=toy.layers(toy.river()), site=Point(0, 4000))
    assert (row["verdict"], row["possible"], row["unchecked_by"]) == ("undecided", "undecided", "A")


def test_a_nature_that_is_not_known_is_named():
    row = told(yes("A", "prohibit", who=party("chemical", natures=("new",))), activity=["chemical"], nature=["新见"])
    assert "新见" in row["problem"]
