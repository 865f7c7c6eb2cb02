"""Every name that a rule uses is known: layers, fields and their values, activities, natures, facts, readings.

The rule is walked as it stands in the file, switches included, so that each fault has its line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from typing import Any

from fuling_gis.errors import Words
from fuling_gis.labels import sentence
from fuling_gis.rules.known import Known
from fuling_gis.rules.switches import is_switch
from fuling_gis.yamlfile import Address, YamlFile

# A long list of what is allowed is cut to this many names.
_SHOWN = 40
# Kind of a fact to the values that a test of it may have.
_ASKED_AS: Mapping[str, tuple[type, ...]] = {"bool": (bool,), "number": (dict,), "text": (str, list)}
_ZONE_KEYS = ("in", "near", "outside", "visible_from")


def name_faults(yaml: YamlFile, rule: Mapping[str, Any], address: Address, known: Known) -> list[Words]:
    """Tell every name in a rule that is not known, as sentences in the order of the file.

    rule: may be of any shape; what is not where the schema wants it is passed over.
    """
    walk = _Walk(yaml, known)
    walk.who(rule.get("who"), (*address, "who"))
    walk.where(rule.get("where"), (*address, "where"))
    for i, entry in enumerate(_sequence(rule.get("unless"))):
        walk.exemption(entry, (*address, "unless", i))
    return walk.faults


class _Walk:
    """Walks a rule and notes what it cannot find."""

    def __init__(self, yaml: YamlFile, known: Known) -> None:
        self.yaml = yaml
        self.known = known
        self.faults: list[Words] = []

    def who(self, value: Any, at: Address) -> None:
        for party, way in _items(value, at):
            self.through(party, way, self.party)

    def party(self, value: Any, at: Address) -> None:
        if isinstance(value, list):
            self.who(value, at)
            return
        if not isinstance(value, dict):
            return
        self.listed(value.get("activity"), (*at, "activity"), "an_activity", self.known.activities)
        self.listed(value.get("nature"), (*at, "nature"), "a_nature", self.known.natures)
        self.through(value.get("facts"), (*at, "facts"), self.facts)

    def facts(self, value: Any, at: Address) -> None:
        for name, test in _mapping(value).items():
            if self.found(sentence("errors_rules.a_fact"), name, self.known.facts, (*at, name)):
                self.through(test, (*at, name), partial(self.fact, name))

    def fact(self, name: str, value: Any, at: Address) -> None:
        kind = self.known.facts[name].kind
        if not isinstance(value, _ASKED_AS[kind]):
            wanted = sentence(f"errors_rules.wants_{kind}")
            self.say(at, "fact_asked", fact=name, value=repr(value), wanted=wanted)

    def where(self, value: Any, at: Address) -> None:
        self.through(value, at, self.place)

    def place(self, value: Any, at: Address) -> None:
        if not isinstance(value, dict):
            return
        for key in _ZONE_KEYS:
            if key in value:
                self.through(value[key], (*at, key), self.zone)
        for key in ("all", "any"):
            for i, member in enumerate(_sequence(value.get(key))):
                self.where(member, (*at, key, i))
        if "not" in value:
            self.where(value["not"], (*at, "not"))
        for key in ("within_m", "measured"):
            self.through(value.get(key), (*at, key), lambda _value, _at: None)

    def zone(self, value: Any, at: Address) -> None:
        if isinstance(value, str):
            self.layer(value, at)
        if not isinstance(value, dict):
            return
        for key in ("intersection", "union"):
            for i, member in enumerate(_sequence(value.get(key))):
                self.through(member, (*at, key, i), self.zone)
        if "layer" in value and self.layer(value["layer"], (*at, "layer")):
            self.fields(value["layer"], _mapping(value.get("select")), (*at, "select"))

    def layer(self, name: str, at: Address) -> bool:
        return self.known.layers is not None and self.found(
            sentence("errors_rules.a_layer"), name, self.known.layers, at
        )

    def fields(self, layer: str, select: Mapping[str, Any], at: Address) -> None:
        fields = (self.known.layers or {}).get(layer, {})
        for field, test in select.items():
            if self.found(sentence("errors_rules.a_field", layer=layer), field, fields, (*at, field)):
                self.through(test, (*at, field), partial(self.value, field, fields[field]))

    def value(self, field: str, allowed: tuple[str, ...], value: Any, at: Address) -> None:
        for i, member in enumerate(value if isinstance(value, list) else [value]):
            if allowed and isinstance(member, (str, int, float)):
                way = (*at, i) if isinstance(value, list) else at
                self.found(sentence("errors_rules.a_value", field=field), member, allowed, way)

    def exemption(self, value: Any, at: Address) -> None:
        name = _mapping(value).get("fact")
        if name is None:
            return
        if self.found(sentence("errors_rules.a_fact"), name, self.known.facts, (*at, "fact")):
            kind = self.known.facts[name].kind
            if kind != "bool":
                self.say((*at, "fact"), "not_claimable", fact=name, kind=kind)
        self.listed(value.get("nature"), (*at, "nature"), "a_nature", self.known.natures)

    def listed(self, value: Any, at: Address, what: str, allowed: Iterable[str]) -> None:
        self.through(value, at, partial(self.members, what, allowed))

    def members(self, what: str, allowed: Iterable[str], value: Any, at: Address) -> None:
        for i, member in enumerate(value if isinstance(value, list) else ()):
            self.found(sentence(f"errors_rules.{what}"), member, allowed, (*at, i))

    def through(self, value: Any, at: Address, check: Callable[[Any, Address], None]) -> None:
        """Check a value, or each value of the switch that stands in its place."""
        if value is None:
            return
        if not is_switch(value):
            check(value, at)
            return
        if self.found(sentence("errors_rules.a_reading"), value["reading"], self.known.readings, (*at, "reading")):
            self.branches(value, at)
        for key, member in value["is"].items():
            self.through(member, (*at, "is", key), check)

    def branches(self, value: Mapping[str, Any], at: Address) -> None:
        """Hold the values a switch gives against those its reading has: every one, and no other."""
        wanted = self.known.readings[value["reading"]].values
        for key in value["is"]:
            self.found(
                sentence("errors_rules.a_reading_value", reading=value["reading"]), key, wanted, (*at, "is", key)
            )
        missing = [key for key in wanted if key not in value["is"]]
        if missing:
            self.say((*at, "is"), "switch_short", reading=value["reading"], values=_names(missing))

    def found(self, what: Words, name: object, allowed: Iterable[str], at: Address) -> bool:
        names = list(allowed)
        if name in names:
            return True
        near = get_close_matches(str(name), names, n=1)
        hint = sentence("errors_rules.perhaps", near=near[0]) if near else ""
        self.say(at, "unknown", what=what, name=repr(name), hint=hint, known=_names(names))
        return False

    def say(self, at: Address, entry: str, **values: object) -> None:
        fault = sentence(f"errors_rules.{entry}", **values)
        self.faults.append(sentence("errors_rules.at", place=self.yaml.at(*at), fault=fault))


def _items(value: Any, at: Address) -> Iterator[tuple[Any, Address]]:
    if isinstance(value, list):
        yield from ((member, (*at, i)) for i, member in enumerate(value))
    elif value is not None:
        yield value, at


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _sequence(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _names(names: Iterable[str]) -> object:
    found = list(names)
    shown = ", ".join(found[:_SHOWN])
    rest = len(found) - _SHOWN
    return sentence("errors_rules.and_more", names=shown, n=rest) if rest > 0 else shown
