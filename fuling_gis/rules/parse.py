"""From the plain values of a rule file, checked and with no switch left, to the values of the rule model."""

from __future__ import annotations

import datetime as dt
from typing import Any

from fuling_gis.rules.model import (
    AllOf,
    AnyOf,
    Ask,
    Basis,
    Duty,
    Exemption,
    FactTest,
    FieldTest,
    Joined,
    Not,
    Overlap,
    Party,
    Predicate,
    Selection,
    Where,
    Zone,
)
from fuling_gis.rules.views import view_of

_PREDICATES: tuple[Predicate, ...] = ("in", "near", "outside", "visible_from")


def parse_duty(who: Any, where: Any) -> Duty:
    """Read whom a rule binds and where; no `who` binds anyone, no `where` the whole district."""
    parties = who if isinstance(who, list) else [who or {}]
    # A switch inside a list of parties may itself stand for several.
    parties = [party for entry in parties for party in (entry if isinstance(entry, list) else [entry])]
    return Duty(tuple(map(parse_party, parties)), None if where is None else parse_where(where))


def parse_party(value: dict[str, Any]) -> Party:
    """Read one party: activities, natures and facts that all hold."""
    tests = (parse_fact_test(name, test) for name, test in value.get("facts", {}).items())
    return Party(tuple(value.get("activity", ())), tuple(value.get("nature", ())), tuple(tests))


def parse_fact_test(name: str, test: Any) -> FactTest:
    """Read what a fact must say: `true`, a word, a list of words, or `{min:, max:, above:, below:}`."""
    if isinstance(test, bool):
        return FactTest(name, equals=test)
    if isinstance(test, (str, list)):
        return FactTest(name, values=(test,) if isinstance(test, str) else tuple(test))
    return FactTest(
        name,
        minimum=_number(test.get("min", test.get("above"))),
        maximum=_number(test.get("max", test.get("below"))),
        open_minimum="above" in test,
        open_maximum="below" in test,
    )


def parse_where(value: dict[str, Any]) -> Where:
    """Read a place expression."""
    for predicate in _PREDICATES:
        if predicate in value:
            view = str(value.get("view", ""))
            within = view_of(view).range_m if predicate == "visible_from" else float(value.get("within_m", 0.0))
            return Ask(predicate, parse_zone(value[predicate]), within, view, value.get("measured", "edge"))
    if "not" in value:
        return Not(parse_where(value["not"]))
    if "all" in value:
        return AllOf(tuple(map(parse_where, value["all"])))
    return AnyOf(tuple(map(parse_where, value["any"])))


def parse_zone(value: Any) -> Zone:
    """Read a zone: a layer id, a selection of a layer, or ground common to zones or of any of them."""
    if isinstance(value, str):
        return Selection(value)
    if "intersection" in value:
        return Overlap(tuple(map(parse_zone, value["intersection"])))
    if "union" in value:
        return Joined(tuple(map(parse_zone, value["union"])))
    return Selection(value["layer"], tuple(parse_field_test(*item) for item in value.get("select", {}).items()))


def parse_field_test(field: str, test: Any) -> FieldTest:
    """Read which features are meant: a value, a list of values, a number, or `{min:, max:}`."""
    if isinstance(test, str):
        return FieldTest(field, (test,))
    if isinstance(test, list):
        return FieldTest(field, tuple(test))
    if isinstance(test, dict):
        return FieldTest(field, minimum=_number(test.get("min")), maximum=_number(test.get("max")))
    return FieldTest(field, minimum=float(test), maximum=float(test))


def parse_exemption(value: dict[str, Any]) -> Exemption:
    """Read one entry of `unless`."""
    return Exemption(
        fact=value["fact"],
        title=value["title"],
        prove=value["prove"],
        natures=tuple(value.get("nature", ())),
        source=value.get("source", ""),
    )


def parse_basis(value: dict[str, Any], law: dict[str, Any]) -> Basis:
    """Read one entry of `basis`; what it leaves out about its law is taken from the list of laws."""
    known = {**law, **value}
    return Basis(
        law=value["law"],
        article=str(value.get("article", "")),
        quote=value.get("quote", ""),
        valid_from=parse_date(known.get("valid_from")),
        valid_to=parse_date(known.get("valid_to")),
        succeeded_by=known.get("succeeded_by", ""),
        confirmed=known.get("confirmed", True),
        text_of=parse_date(known.get("text_of")),
    )


def parse_date(value: str | None) -> dt.date | None:
    """Read a day as `2021-03-01`; None stands for an open end. Raises ValueError where there is no such day."""
    return None if value is None else dt.date.fromisoformat(value)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
