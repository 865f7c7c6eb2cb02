"""Runs the cases that come with rules: who is asked, on which drawing, and what was reasoned from the words.

Cases are YAML that a jurist can read (docs/rules-format.md). Each is put to the engine on a district drawn in a few
rectangles; what comes out is compared with what the case expects, and told where it differs. `casefile` reads them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from fuling_gis.casefile import BEYOND, Case, asked_rules
from fuling_gis.errors import Words
from fuling_gis.labels import sentence
from fuling_gis.layers.model import Layer
from fuling_gis.layers.schema import known_layers
from fuling_gis.overlay.plan import compile_plan
from fuling_gis.overlay.screening import screen_batch
from fuling_gis.overlay.texts import rule_texts
from fuling_gis.rules.model import Rule, RuleSet
from fuling_gis.rules.who import Person, bound_natures, claimed, person, who_answer
from fuling_gis.sites.model import Sites

_CRS: Final = "EPSG:4545"
# The district of the drawings: a square of 10 km around (0, 0). Layers are complete 5 km beyond it.
_DISTRICT: Final = shapely.box(-5000, -5000, 5000, 5000)
_AROUND: Final = shapely.box(-10000, -10000, 10000, 10000)
_TEXTS: Final = ("activity", "industry_code", "nature")
_WHO: Final = ("no", "maybe", "yes")


def failures(case: Case, rules: RuleSet) -> tuple[Words, ...]:
    """Run a case and tell where what comes out differs from what it expects; nothing where it holds."""
    found = _asked_who(case, rules.rule(case.rule, case.day), rules) if case.shape is None else _screened(case, rules)
    return tuple(
        sentence("errors_rules.case_differs", key=key, found=_shown(found[key]), wanted=_shown(wanted))
        for key, wanted in case.expected.items()
        if not _agrees(key, found[key], wanted)
    )


def _agrees(key: str, found: Any, wanted: Any) -> bool:
    # A site's lists may hold more rules than the case is about.
    return set(wanted) <= set(found) if key in BEYOND else found == wanted


def _shown(value: Any) -> object:
    return value if isinstance(value, str) else ", ".join(sorted(value)) or sentence("errors_rules.none")


def _asked_who(case: Case, rule: Rule, rules: RuleSet) -> dict[str, Any]:
    """Ask only whom the rule binds: the case names no place."""
    chosen = {key: reading.default for key, reading in rules.readings.items()} | dict(case.readings)
    duty, someone = rule.duty(chosen), _person(case)
    answer, causes = who_answer(duty.who, someone)
    lifts = [entry.fact for entry in rule.unless if claimed(entry, someone, bound_natures(duty))]
    in_force = rule.in_force(case.day)
    told = rule_texts(rule, "zh", case.day).basis
    return {
        "answer": _WHO[answer] if in_force else "no",
        "causes": frozenset(causes if in_force else ()),
        "lifts": frozenset(lifts),
        "basis": frozenset(entry.law for entry in rule.basis if entry.law in told),
        "succeeded_by": frozenset(e.succeeded_by for e in rule.basis if e.succeeded_by and e.succeeded_by in told),
    }


def _person(case: Case) -> Person:
    cells = {key: text for key, text in case.site.items() if key not in _TEXTS}
    activity, code, nature = (case.site.get(key, "") for key in _TEXTS)
    return person(activity, code, nature, cells)


def _screened(case: Case, rules: RuleSet) -> dict[str, Any]:
    """Put the case to the engine."""
    asked = asked_rules(rules, case)
    readings = {key: rules.readings[key] for rule in asked for key in rule.readings}
    layers = {name: _layer(name, features) for name, features in case.zones.items()}
    layers.setdefault("district", _layer("district", ({"shape": _DISTRICT},)))
    plan = compile_plan(RuleSet(asked, readings), layers, as_of=case.day, readings=case.readings, measures=False)
    batch = screen_batch(plan, _site(case)).batch
    site = batch.sites.iloc[0]
    findings = batch.findings
    told = {"verdict": str(site["verdict"]), "possible": str(site["possible"])}
    lists = {key: frozenset(_listed(site[column])) for key, column in _LISTS.items()}
    yes = frozenset(findings.loc[findings["answer"] == "yes", "rule_id"])
    found: dict[str, Any] = {**told, **lists, "yes": yes}
    if case.rule:
        mine = findings[findings["rule_id"] == case.rule]
        found["answer"] = "unchecked" if case.rule in lists["unchecked"] else _answer(mine)
        found["causes"] = frozenset(cause for cell in mine["cause"] for cause in _listed(cell))
    return found


# What a case calls a list, and the column of sites.csv that it is.
_LISTS: Final = {
    "maybe": "maybe_by",
    "lifted": "lifted_by",
    "unchecked": "unchecked_by",
    "depends": "depends_on",
    "units": "units",
}


def _answer(findings: pd.DataFrame) -> str:
    answers = sorted(set(findings["answer"]))
    return "/".join(map(str, answers)) or "no"


def _listed(cell: object) -> Iterator[str]:
    yield from (text for text in str(cell).split(";") if text)


def _layer(name: str, features: Iterable[Mapping[str, Any]]) -> Layer:
    """Draw a layer. A field that no feature names is not mapped; one that only some name is empty in the others."""
    drawn = list(features)
    fields = {key: [feature.get(key) for feature in drawn] for feature in drawn for key in feature if key != "shape"}
    names: list[Any] = [f"{name}-{i + 1}" for i in range(len(drawn))]
    columns = {"id": names, "name": names} | fields
    allowed = known_layers()[name]
    return Layer(
        id=name,
        title={"zh": name, "en": name},
        geometry=_column([feature["shape"] for feature in drawn]),
        fields={key: _column(values) for key, values in columns.items()},
        crs=_CRS,
        accuracy_m=0.0,
        cover=_DISTRICT if name == "district" else _AROUND,
        covers="own",
        allowed={key: allowed[key] for key in fields if allowed.get(key)},
        digest=name,
    )


def _site(case: Case) -> Sites:
    texts = {key: _column([case.site.get(key, "")]) for key in _TEXTS}
    given = {key: _column([text]) for key, text in case.site.items() if key not in (*_TEXTS, "accuracy_m")}
    return Sites(
        row=np.zeros(1, np.int64),
        source=_column(["case"]),
        site_id=_column(["1"]),
        name=_column([case.name]),
        **texts,
        accuracy_m=np.array([float(case.site.get("accuracy_m") or 0)]),
        geometry=_column([case.shape]),
        status=_column(["ok"]),
        problem=_column([""]),
        crs=_CRS,
        facts=given,
    )


def _column(values: list[Any] | list[BaseGeometry]) -> Any:
    """Hold values as they are; numpy would take a multipoint for a sequence."""
    column = np.empty(len(values), object)
    column[:] = values
    return column
