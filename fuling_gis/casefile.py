"""Reads files of rule cases: what stands in YAML, checked, as cases that `casebook` can run.

A mapping is a case. A group has what its `cases` share. A mapping with `in` is drawn: the zone is a square, and a point
in its middle is a yes, one far off a no, one on its border a maybe. One with `first_day` or `last_day` is asked on that
day and on the one beside it. One with `each` is asked once for each value of a column, sorted by answer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import shapely
from shapely.geometry.base import BaseGeometry

from fuling_gis.caseshape import expectation_faults, shape_faults
from fuling_gis.errors import FileError, RuleError, Words, joined, once
from fuling_gis.facts import canonical
from fuling_gis.labels import sentence
from fuling_gis.layers.schema import known_layers
from fuling_gis.rules.model import Rule, RuleSet
from fuling_gis.yamlfile import Address, YamlFile, read_yaml

# The day of a case that names none.
DAY: Final = dt.date(2024, 6, 1)
# Lists of a whole verdict: the case names some of what the site has.
BEYOND: Final = frozenset({"yes", "maybe", "lifted", "unchecked"})

_EXPECTED: Final = (
    *("answer", "causes", "lifts", "basis", "succeeded_by", "verdict", "possible", "depends", "units"),
    *sorted(BEYOND),
)
_TEXT: Final = ("answer", "verdict", "possible")
_KEYS: Final = frozenset(
    {"name", "rule", "rules", "on", "site", "zones", "at", "box", "accuracy_m", "readings", *_EXPECTED}
)
_SITE: Final = ("activity", "industry_code", "nature", "accuracy_m")
# The square of the short form, and where the zones of its other layers lie.
_SQUARE: Final = (1000, 1000, 2000, 2000)
_ASIDE: Final = (-3000, -3000, -2000, -2000)
_MIDDLE: Final = (1500, 1500)
_OUTCOMES: Final[tuple[tuple[str, tuple[int, int], str, list[str]], ...]] = (
    ("middle", _MIDDLE, "yes", []),
    ("away", (1500, 2500), "no", []),
    ("border", (1000, 1500), "maybe", ["tolerance"]),
)
_BOX_ENDS: Final = 4
_DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True)
class Case:
    """One case: a site on a drawing, and what was reasoned."""

    # `file:line`, for messages.
    place: str
    name: str
    # "" where the case is about a whole verdict.
    rule: str
    # The rules that are asked for a whole verdict; none named asks all.
    only: tuple[str, ...]
    day: dt.date
    # activity, industry_code, nature, accuracy_m and facts by their names.
    site: Mapping[str, str]
    # None: no place is named, and only whom the rule binds is asked.
    shape: BaseGeometry | None
    # Layer id to its features: `shape`, and values by field.
    zones: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    readings: Mapping[str, str] = field(default_factory=dict)
    # What is expected: texts, and frozensets of texts.
    expected: Mapping[str, Any] = field(default_factory=dict)


def read_cases(paths: Iterable[Path], rules: RuleSet) -> tuple[Case, ...]:
    """Read files of cases.

    Raises RuleError that tells every fault of every file: a key or a name that is not known, a case that expects
    nothing.
    """
    cases: list[Case] = []
    faults: list[Words] = []
    for path in paths:
        try:
            yaml = read_yaml(path)
        except FileError as e:
            faults.append(e.words)
            continue
        reader = _Reader(yaml, rules)
        cases += list(reader.cases())
        faults += reader.faults
    if faults:
        raise RuleError(joined(once(faults)))
    return tuple(cases)


def asked_rules(rules: RuleSet, case: Case) -> tuple[Rule, ...]:
    """Give the rules that a case asks, in their order."""
    named = {case.rule} if case.rule else set(case.only)
    return tuple(rule for rule in rules.rules if not named or rule.id in named)


class _Reader:
    """Reads one file and notes its faults."""

    def __init__(self, yaml: YamlFile, rules: RuleSet) -> None:
        self.yaml = yaml
        self.rules = rules
        self.faults: list[Words] = []
        self.rule_ids = frozenset(rule.id for rule in rules.rules)

    def cases(self) -> Iterator[Case]:
        entries = self.yaml.value
        if not isinstance(entries, list):
            self.say((), "cases_no_list")
            return
        for i, entry in enumerate(entries):
            if not isinstance(entry, dict):
                self.say((i,), "case_no_mapping")
            elif self.misshapen(entry, (i,)):
                continue
            elif "in" in entry:
                yield from self.drawn(entry, (i,))
            elif "first_day" in entry or "last_day" in entry:
                yield from self.dated(entry, (i,))
            elif "each" in entry:
                yield from self.each(entry, (i,))
            elif "cases" in entry:
                yield from self.group(entry, (i,))
            else:
                yield from self.case(entry, (i,))

    def group(self, entry: Mapping[str, Any], at: Address) -> Iterator[Case]:
        shared = {key: value for key, value in entry.items() if key not in ("cases", "name")}
        members = entry["cases"] if isinstance(entry["cases"], list) else []
        if not members:
            self.say((*at, "cases"), "group_empty")
        for i, member in enumerate(members):
            way = (*at, "cases", i)
            if not isinstance(member, dict):
                self.say(way, "case_no_mapping")
                continue
            if self.misshapen(member, way):
                continue
            name = f"{entry.get('name', '')} {member.get('name', '')}".strip()
            site = {**shared.get("site", {}), **member.get("site", {})}
            yield from self.case({**shared, **member, "name": name, "site": site}, way)

    def each(self, entry: Mapping[str, Any], at: Address) -> Iterator[Case]:
        """Unfold the form of a column's values: one case of whom the rule binds for each value under its answer."""
        plain = {key: value for key, value in entry.items() if key != "each"}
        for column, answers in entry["each"].items():
            if not set(answers) <= {"yes", "no"}:
                self.say((*at, "each", column), "each_no_answers", column=column)
                continue
            for answer, values in answers.items():
                for value in values if isinstance(values, list) else [values]:
                    site = {**entry.get("site", {}), column: value}
                    yield from self.case({**plain, "site": site, "answer": answer, "name": f"{column} {value}"}, at)

    def drawn(self, entry: Mapping[str, Any], at: Address) -> Iterator[Case]:
        """Unfold the short form: for each layer three points, and the features that are not meant or in doubt.

        Of several values of a field the first is drawn three times, and each of the others once, in the middle.
        """
        plain = {key: value for key, value in entry.items() if key not in ("in", "other")}
        first = {layer: {key: _first(value) for key, value in fields.items()} for layer, fields in entry["in"].items()}
        for layer, fields in first.items():
            aside = {name: [{"box": _ASIDE, **more}] for name, more in first.items() if name != layer}
            for key, values in entry["in"][layer].items():
                for value in values[1:] if isinstance(values, list) else ():
                    zones = {**aside, layer: [{"box": _SQUARE, **fields, key: value}]}
                    drawn = {"zones": zones, "at": _MIDDLE, "answer": "yes"}
                    yield from self.case({**plain, **drawn, "name": f"{layer}.{key} {value}"}, at)
            zones = {**aside, layer: [{"box": _SQUARE, **fields}]}
            for name, place, answer, causes in _OUTCOMES:
                drawn = {"zones": zones, "at": place, "answer": answer, "causes": causes}
                yield from self.case({**plain, **drawn, "name": f"{layer} {name}"}, at)
            for key in [key for key in entry.get("other", {}) if key in fields]:
                for name, value, answer, causes in (
                    ("other", entry["other"][key], "no", []),
                    ("doubt", None, "maybe", [f"attribute:{layer}.{key}"]),
                ):
                    zones = {**aside, layer: [{"box": _SQUARE, **fields, key: value}]}
                    drawn = {"zones": zones, "at": _MIDDLE, "answer": answer, "causes": causes}
                    yield from self.case({**plain, **drawn, "name": f"{layer}.{key} {name}"}, at)

    def dated(self, entry: Mapping[str, Any], at: Address) -> Iterator[Case]:
        """Unfold the form of the days in force: a yes on the first and the last, a no on the days beside them."""
        plain = {key: value for key, value in entry.items() if key not in ("first_day", "last_day")}
        for key, beside in (("first_day", -_DAY), ("last_day", _DAY)):
            if key in entry:
                day = self.day({"on": entry[key]}, at)
                for on, answer in ((day, "yes"), (day + beside, "no")):
                    yield from self.case({**plain, "on": on, "answer": answer, "name": f"{key} {on}"}, at)

    def case(self, entry: Mapping[str, Any], at: Address) -> Iterator[Case]:
        before = len(self.faults)
        for key in entry:
            if key not in _KEYS:
                self.say((*at, key), "unknown_key", key=key, known=", ".join(sorted(_KEYS)))
        for way, fault in expectation_faults(entry):
            self.note((*at, *way), fault)
        self.named(entry, at)
        expected = self.expected(entry, at)
        day = self.day(entry, at)
        shape = self.shape(entry, at)
        zones = self.zones(entry.get("zones") or {}, at)
        site = self.site(entry, at)
        if shape is None and "rule" not in entry:
            self.say(at, "case_needs_place")
        if len(self.faults) > before:
            return
        yield Case(
            place=self.yaml.at(*at),
            name=str(entry.get("name", "")),
            rule=entry.get("rule", ""),
            only=tuple(entry.get("rules", ())),
            day=day,
            site=site,
            shape=shape,
            zones=zones,
            readings=entry.get("readings", {}),
            expected=expected,
        )

    def named(self, entry: Mapping[str, Any], at: Address) -> None:
        for rule in [entry["rule"]] if "rule" in entry else entry.get("rules", ()):
            if rule not in self.rule_ids:
                self.say((*at, "rule"), "case_no_rule", rule=repr(rule))
        for key, value in (entry.get("readings") or {}).items():
            values = self.rules.readings[key].values if key in self.rules.readings else {}
            if value not in values:
                self.say((*at, "readings", key), "case_no_reading", key=key, value=value)

    def expected(self, entry: Mapping[str, Any], at: Address) -> dict[str, Any]:
        found = {key: entry[key] for key in _EXPECTED if key in entry}
        if not found:
            self.say(at, "case_expects_nothing", known=", ".join(_EXPECTED))
        if "answer" in found:
            # What is not expected must not be there either.
            found.setdefault("causes", [])
            if "at" not in entry and "box" not in entry:
                found.setdefault("lifts", [])
        return {key: value if key in _TEXT else frozenset(map(str, value)) for key, value in found.items()}

    def day(self, entry: Mapping[str, Any], at: Address) -> dt.date:
        try:
            return dt.date.fromisoformat(str(entry.get("on", DAY)))
        except ValueError:
            self.say((*at, "on"), "case_no_day", day=repr(entry["on"]))
            return DAY

    def shape(self, entry: Mapping[str, Any], at: Address) -> BaseGeometry | None:
        for key, make, count in (("at", shapely.Point, 2), ("box", shapely.box, _BOX_ENDS)):
            if key in entry:
                ends = entry[key]
                if isinstance(ends, (list, tuple)) and len(ends) == count and all(map(_is_number, ends)):
                    return make(*ends)
                self.say((*at, key), "case_no_numbers", key=key, found=repr(ends), n=count)
        return None

    def zones(self, zones: Mapping[str, Any], at: Address) -> dict[str, tuple[Mapping[str, Any], ...]]:
        found: dict[str, tuple[Mapping[str, Any], ...]] = {}
        for layer, features in zones.items():
            fields = known_layers().get(layer)
            if fields is None:
                self.say((*at, "zones", layer), "case_no_layer", layer=layer)
                continue
            drawn = []
            for feature in features or ():
                for key in feature:
                    if key not in fields and key not in ("box", "at"):
                        self.say((*at, "zones", layer), "case_no_field", layer=layer, field=key)
                values = {k: float(v) if _is_number(v) else v for k, v in feature.items() if k not in ("box", "at")}
                drawn.append({"shape": self.shape(feature, (*at, "zones", layer)), **values})
            found[layer] = tuple(drawn)
        return found

    def site(self, entry: Mapping[str, Any], at: Address) -> dict[str, str]:
        found = {}
        for key, value in (entry.get("site") or {}).items():
            name = key if key in _SITE else canonical(key)
            if name is None:
                self.say((*at, "site", key), "case_no_column", name=key)
            else:
                found[name] = str(value)
        if "accuracy_m" in entry:
            found["accuracy_m"] = str(entry["accuracy_m"])
        return found

    def misshapen(self, entry: Mapping[str, Any], at: Address) -> bool:
        """Tell what is of another shape than it should be, and whether anything is: such a case is not read on."""
        found = list(shape_faults(entry))
        for way, fault in found:
            self.note((*at, *way), fault)
        return bool(found)

    def say(self, at: Address, entry: str, **values: object) -> None:
        self.note(at, sentence(f"errors_rules.{entry}", **values))

    def note(self, at: Address, fault: Words) -> None:
        self.faults.append(sentence("errors_rules.at", place=self.yaml.at(*at), fault=fault))


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) else value


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
