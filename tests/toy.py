"""The toy district: a square of 10 km with a river along y = 0, and short ways to make layers, sites and rules by hand.

All lengths are metres. The middle of the square is (0, 0). The water of the river lies between y = -300 and y = 0, so
that a point at (0, 1000) is 1000 m from it.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import shapely

from fuling_gis.layers.model import Layer
from fuling_gis.overlay import sitetree
from fuling_gis.overlay.plan import Plan, compile_plan
from fuling_gis.overlay.result import Batch
from fuling_gis.overlay.screening import screen_batch
from fuling_gis.rules.model import (
    AllOf,
    AnyOf,
    Ask,
    Duty,
    Exemption,
    FactTest,
    FieldTest,
    Joined,
    Not,
    Overlap,
    Party,
    Reading,
    ReadingValue,
    Rule,
    RuleSet,
    Selection,
    Source,
    Where,
    Zone,
)
from fuling_gis.sites.model import Sites

CRS = "EPSG:4545"
DAY = dt.date(2024, 6, 1)
SQUARE = shapely.box(-5000, -5000, 5000, 5000)
RIVER = shapely.box(-10000, -300, 10000, 0)
# The area for which the river is complete: the square and 5 km around it.
AROUND = shapely.box(-10000, -10000, 10000, 10000)


# Layers.


def layer(
    layer_id: str,
    *geometry: Any,
    accuracy_m: float = 0.0,
    cover: Any = AROUND,
    covers: str = "own",
    allowed: Mapping[str, Sequence[str]] | None = None,
    **fields: Sequence[Any],
) -> Layer:
    """Make a layer of some features; `id` and `name` are F0, F1 ... unless given."""
    names = np.array([f"F{i}" for i in range(len(geometry))], object)
    columns = {"id": names, "name": names}
    columns |= {name: _column(values) for name, values in fields.items()}
    return Layer(
        id=layer_id,
        title={"zh": layer_id, "en": layer_id},
        geometry=_column(geometry),
        fields=columns,
        crs=CRS,
        accuracy_m=accuracy_m,
        cover=cover,
        covers=covers,
        allowed={name: tuple(values) for name, values in (allowed or {}).items()},
        digest=layer_id,
    )


def district(square: Any = SQUARE, *, accuracy_m: float = 0.0) -> Layer:
    """Make the layer of the jurisdiction."""
    return layer("district", square, accuracy_m=accuracy_m, cover=square, covers="own")


def river(**options: Any) -> Layer:
    """Make the layer of the river, the main one."""
    return layer("river", RIVER, **({"grade": ["main"], "river": ["长江"]} | options))


def layers(*given: Layer) -> dict[str, Layer]:
    """Put layers under their ids, with the toy district unless another is given."""
    found = {one.id: one for one in given}
    return found if "district" in found else {"district": district()} | found


# Sites.


def sites(*geometry: Any, **columns: Sequence[Any]) -> Sites:
    """Make sites; a missing geometry is a rejected row; columns that a site does not have are facts."""
    n = len(geometry)
    text: dict[str, Any] = {
        "source": ["toy"] * n,
        "site_id": [f"S{i}" for i in range(n)],
        "name": [""] * n,
        "activity": ["none_listed"] * n,
        "industry_code": [""] * n,
        "nature": ["new"] * n,
        "status": ["rejected" if g is None else "ok" for g in geometry],
        "problem": ["no geometry" if g is None else "" for g in geometry],
    }
    accuracy = columns.pop("accuracy_m", [0.0] * n)
    facts = {name: _column(columns.pop(name)) for name in list(columns) if name not in text}
    text |= columns
    return Sites(
        row=np.arange(n, dtype=np.int64),
        accuracy_m=np.array(accuracy, float),
        geometry=_column(geometry),
        crs=CRS,
        facts=facts,
        **{name: _column(values) for name, values in text.items()},
    )


def _column(values: Sequence[Any]) -> Any:
    """Hold values as they are; numpy would take a multipoint for a sequence."""
    column = np.empty(len(values), object)
    for i, value in enumerate(values):
        column[i] = value
    return column


# Places.


def some(layer_id: str, **tests: Any) -> Selection:
    """Select features: a text is one allowed value, a tuple of texts several, a tuple of numbers two ends."""
    return Selection(layer_id, tuple(_field_test(name, test) for name, test in tests.items()))


def _field_test(name: str, test: Any) -> FieldTest:
    if isinstance(test, str):
        return FieldTest(name, (test,))
    if all(isinstance(value, str) for value in test):
        return FieldTest(name, tuple(test))
    return FieldTest(name, minimum=test[0], maximum=test[1])


def _zone(zone: Zone | str, tests: Mapping[str, Any]) -> Zone:
    return some(zone, **tests) if isinstance(zone, str) else zone


def inside(zone: Zone | str, **tests: Any) -> Ask:
    """Ask the predicate `in`."""
    return Ask("in", _zone(zone, tests))


def near(zone: Zone | str, within_m: float, **tests: Any) -> Ask:
    """Ask the predicate `near`."""
    return Ask("near", _zone(zone, tests), within_m)


def near_centre(zone: Zone | str, within_m: float, **tests: Any) -> Ask:
    """Ask the predicate `near` of the centre of the site."""
    return Ask("near", _zone(zone, tests), within_m, measured="centre")


def outside(zone: Zone | str, **tests: Any) -> Ask:
    """Ask the predicate `outside`."""
    return Ask("outside", _zone(zone, tests))


def all_of(*members: Where) -> AllOf:
    """Combine answers with *and*."""
    return AllOf(members)


def any_of(*members: Where) -> AnyOf:
    """Combine answers with *or*."""
    return AnyOf(members)


def not_(member: Where) -> Not:
    """Turn an answer round."""
    return Not(member)


def common(*members: Zone) -> Overlap:
    """Take the ground common to zones."""
    return Overlap(members)


def joined(*members: Zone) -> Joined:
    """Take the ground of any of several zones."""
    return Joined(members)


# Rules.

ANYONE = (Party(),)


def party(*activities: str, natures: Sequence[str] = (), facts: Sequence[FactTest] = ()) -> tuple[Party]:
    """Make the one party that a rule binds."""
    return (Party(tuple(activities), tuple(natures), tuple(facts)),)


def fact(name: str, *, equals: bool = True) -> FactTest:
    """Test a yes-or-no fact."""
    return FactTest(name, equals=equals)


def number(name: str, low: float | None = None, high: float | None = None) -> FactTest:
    """Test a number, both ends included."""
    return FactTest(name, minimum=low, maximum=high)


def rule(rule_id: str, where: Where | None = None, effect: str = "prohibit", **options: Any) -> Rule:
    """Make a rule without readings that binds anyone, unless `who` says otherwise."""
    who = options.pop("who", ANYONE)
    return switched(rule_id, {(): Duty(who, where)}, effect, **options)


def switched(rule_id: str, duties: Mapping[Any, Duty], effect: str = "prohibit", **options: Any) -> Rule:
    """Make a rule that hangs on readings: an assignment of readings to each duty."""
    keys = tuple(key for key, _ in next(iter(duties)))
    words = {"zh": rule_id, "en": rule_id}
    source = Source("toy plan", "1", "1", f"quote of {rule_id}")
    return Rule(rule_id, words, effect, source, duties, keys, **options)


def duty(where: Where | None = None, who: tuple[Party, ...] = ANYONE) -> Duty:
    """Make what a rule says under one assignment of its readings."""
    return Duty(who, where)


def lifted_by(name: str, *natures: str) -> Exemption:
    """Make an exemption by an approval."""
    return Exemption(name, {"zh": name, "en": name}, {"zh": "prove", "en": "prove"}, natures)


def reading(key: str, default: str, *others: str, requires: Mapping[str, str] | None = None) -> Reading:
    """Make a reading with its values, the default first."""
    needs = requires or {}
    values = {v: ReadingValue({"zh": v, "en": v}, needs.get(v, "")) for v in (default, *others)}
    return Reading(key, {"zh": key, "en": key}, default, values)


def rules(*given: Rule, readings: Sequence[Reading] = ()) -> RuleSet:
    """Put rules together."""
    return RuleSet(given, {one.key: one for one in readings})


# Answers.


def plan(
    given: RuleSet | Rule | Where,
    some_layers: Mapping[str, Layer],
    *,
    as_of: dt.date = DAY,
    readings: Mapping[str, str] | None = None,
) -> Plan:
    """Work out what a run asks; a bare rule or place stands for a rule set of one, called R."""
    if isinstance(given, Rule):
        given = rules(given)
    elif not isinstance(given, RuleSet):
        given = rules(rule("R", given))
    return compile_plan(given, some_layers, as_of=as_of, readings=readings or {}, lang="en")


def screen(
    given: RuleSet | Rule | Where,
    some_layers: Mapping[str, Layer],
    some_sites: Sites,
    *,
    as_of: dt.date = DAY,
    readings: Mapping[str, str] | None = None,
) -> Batch:
    """Screen sites."""
    return screen_batch(plan(given, some_layers, as_of=as_of, readings=readings), some_sites).batch


@contextmanager
def many(*, sites: bool = True) -> Iterator[None]:
    """Let the engine take the way it takes for many sites (bounds from a field), or for few, whatever their number."""
    before = sitetree.MANY_SITES
    sitetree.MANY_SITES = 0 if sites else sys.maxsize
    try:
        yield
    finally:
        sitetree.MANY_SITES = before


def answer(batch: Batch, position: int, rule_id: str = "R") -> str:
    """Tell what a rule says of a site: yes, maybe, lifted, unchecked or no."""
    return answers(batch, rule_id)[position]


def answers(batch: Batch, rule_id: str = "R") -> list[str]:
    """Tell what a rule says of each site."""
    rows = batch.findings[batch.findings["rule_id"] == rule_id]
    found: dict[int, str] = {}
    for row, said in zip(rows["row"], rows["answer"], strict=True):
        assert found.setdefault(row, said) == said, f"{rule_id} has several answers at row {row}"
    for row, unchecked in zip(batch.sites["row"], batch.sites["unchecked_by"], strict=True):
        if rule_id in unchecked.split(";"):
            assert row not in found, f"{rule_id} is unchecked and found at row {row}"
            found[row] = "unchecked"
    return [found.get(row, "no") for row in batch.sites["row"]]


def causes(batch: Batch, position: int, rule_id: str = "R") -> set[str]:
    """Give all causes that the findings of a rule at a site name."""
    row = batch.sites.iloc[position]["row"]
    rows = batch.findings[(batch.findings["row"] == row) & (batch.findings["rule_id"] == rule_id)]
    return {cause for cell in rows["cause"] for cause in str(cell).split(";") if cause}
