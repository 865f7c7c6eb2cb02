"""What of a site's maybes a person could settle at once: the facts that were not said, and what could be claimed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fuling_gis.facts import facts
from fuling_gis.labels import Lang
from fuling_gis.overlay.result import Run
from fuling_gis.rules.model import Rule
from fuling_gis.serve.sentences import fact_title

_FACT = "fact:"


def questions(maybes: Mapping[str, Iterable[str]], lang: Lang) -> list[dict[str, Any]]:
    """List the facts that rules wait for at a site, those that settle most first.

    A rule is settled by a fact alone where nothing else is in doubt about it; where more is, the fact may settle it.

    maybes: rule id to the causes of its maybe.
    """
    settled: dict[str, list[str]] = {}
    touched: dict[str, list[str]] = {}
    for rule_id, causes in maybes.items():
        facts_open = dict.fromkeys(one.removeprefix(_FACT) for one in causes if one.startswith(_FACT))
        alone = len(facts_open) == 1 and all(one.startswith(_FACT) for one in causes)
        for name in facts_open:
            (settled if alone else touched).setdefault(name, []).append(rule_id)
    names = list(dict.fromkeys([*settled, *touched]))
    names.sort(key=lambda name: (-len(settled.get(name, ())), -len(touched.get(name, ()))))
    return [
        {
            "fact": name,
            "title": fact_title(name, lang),
            "kind": _kind(name),
            "unit": facts()[name].unit if name in facts() else "",
            "settles": settled.get(name, []),
            "may_settle": touched.get(name, []),
        }
        for name in names
    ]


def claims(rules: Sequence[Rule], lang: Lang) -> list[dict[str, Any]]:
    """List what could be claimed against the rules that apply or may apply, each fact once."""
    found: dict[str, dict[str, Any]] = {}
    for rule in rules:
        for one in rule.unless:
            entry = found.setdefault(
                one.fact,
                {
                    "fact": one.fact,
                    "title": one.title[lang],
                    "prove": one.prove[lang],
                    "source": one.source,
                    "rules": [],
                },
            )
            entry["rules"].append(rule.id)
    return list(found.values())


def run_rules(run: Run) -> dict[str, Rule]:
    """Give the rules of a run by id."""
    return {rule.id: rule for rule in run.rules}


def _kind(name: str) -> str:
    if name in ("activity", "nature"):
        return name
    return facts()[name].kind if name in facts() else "text"
