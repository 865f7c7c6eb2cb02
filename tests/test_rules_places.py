"""Where each rule holds: cases reasoned from a drawing, run through the engine on the toy district."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from pathlib import Path

import pytest
import shapely
import toy

from fuling_gis.layers.schema import known_layers
from fuling_gis.rules.load import builtin_rules
from fuling_gis.rules.model import RuleSet, questions
from fuling_gis.yamlfile import read_yaml

FOLDER = Path(__file__).parent / "cases" / "place"
RULES = builtin_rules()
KNOWN = known_layers()
INSIDE = read_yaml(FOLDER / "inside.yaml").value
WORKED = read_yaml(FOLDER / "worked.yaml").value
SQUARE = (1000, 1000, 2000, 2000)
# Where the features of the other layers of a rule lie.
ASIDE = (-3000, -3000, -2000, -2000)


def layer_of(name, features):
    """Make a layer of boxes; a field that no feature names is mapped and empty nowhere."""
    fields = {
        key: [feature.get(key) for feature in features] for feature in features for key in feature if key != "box"
    }
    allowed = {key: KNOWN[name][key] for key in fields if KNOWN[name].get(key)}
    boxes = [shapely.box(*feature["box"]) for feature in features]
    return toy.layer(name, *boxes, allowed=allowed, **fields)


def ask(case, layers, shapes):
    """Screen sites that say the same under one rule; give the answer and its causes for each."""
    rule = RULES.rule(case["rule"])
    rules = RuleSet((rule,), {key: RULES.readings[key] for key in rule.readings})
    n = len(shapes)
    cells = {key: [str(value)] * n for key, value in case.get("site", {}).items()}
    columns = {"activity": [""] * n, "nature": [""] * n, "accuracy_m": [float(case.get("accuracy_m", 0))] * n} | cells
    day = dt.date.fromisoformat(case["on"]) if "on" in case else toy.DAY
    options = {"as_of": day, "readings": case.get("readings", {})}
    batch = toy.screen(rules, toy.layers(*layers), toy.sites(*shapes, **columns), **options)
    return [(toy.answer(batch, i, case["rule"]), toy.causes(batch, i, case["rule"])) for i in range(n)]


MIDDLE, AWAY, BORDER = shapely.Point(1500, 1500), shapely.Point(1500, 2500), shapely.Point(1000, 1500)
OUTCOMES = [("yes", set()), ("no", set()), ("maybe", {"tolerance"})]


def square_cases():
    """Unfold each line of inside.yaml: an id, the line, the layers, the sites and what is said of each."""
    for line in INSIDE:
        for name, fields in line["in"].items():
            key = f"{line['rule']}-{name}"
            aside = {other: [{"box": ASIDE, **more}] for other, more in line["in"].items() if other != name}
            meant = aside | {name: [{"box": SQUARE, **fields}]}
            yield key, line, meant, [MIDDLE, AWAY, BORDER], OUTCOMES
            for field, value in line.get("other", {}).items():
                if field in fields:
                    other = aside | {name: [{"box": SQUARE, **fields, field: value}]}
                    yield f"{key}-other", line, other, [MIDDLE], [("no", set())]
                    empty = aside | {name: [{"box": SQUARE, **fields, field: None}]}
                    yield f"{key}-doubt", line, empty, [MIDDLE], [("maybe", {f"attribute:{name}.{field}"})]


@pytest.mark.parametrize(
    ("line", "zones", "shapes", "outcomes"), [pytest.param(*case[1:], id=case[0]) for case in square_cases()]
)
def test_a_rule_holds_in_its_zone(line, zones, shapes, outcomes):
    layers = [layer_of(name, features) for name, features in zones.items()]
    assert ask(line, layers, shapes) == outcomes


@pytest.mark.parametrize(
    ("group", "case"),
    [pytest.param(g, c, id=f"{g['rule']}-{g['name']}-{c['name']}") for g in WORKED for c in g["cases"]],
)
def test_a_rule_holds_where_the_drawing_says(group, case):
    layers = [layer_of(name, features) for name, features in group["zones"].items()]
    shape = shapely.box(*case["box"]) if "box" in case else shapely.Point(case["at"])
    got = ask({"rule": group["rule"], "site": group["site"], **case}, layers, [shape])
    assert got == [(case["answer"], set(case.get("causes", ())))]


def answers_by_rule():
    found = defaultdict(set)
    for _, line, _, _, outcomes in square_cases():
        found[line["rule"]] |= {answer for answer, _ in outcomes}
    for group in WORKED:
        for case in group["cases"]:
            found[group["rule"]].add(case["answer"])
    return found


def test_every_rule_with_a_place_has_a_hit_a_miss_and_a_maybe():
    found = answers_by_rule()
    for rule in RULES.rules:
        if any(True for duty in rule.duties.values() for _ in questions(duty.where)):
            assert {"yes", "no", "maybe"} <= found[rule.id], rule.id
