"""Rules on a terminal: the list, one rule whole, the open terms, the faults of rule files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fuling_gis.activities import Activity, implied, search
from fuling_gis.cli.terminal import Terminal
from fuling_gis.errors import UsageError
from fuling_gis.labels import label
from fuling_gis.layers.schema import kinds, zone_layers
from fuling_gis.rules.describe import describe, needs_words
from fuling_gis.rules.load import builtin_rules
from fuling_gis.rules.load import check_files as faults_of
from fuling_gis.rules.model import Reading, ReadingValue, Rule, RuleSet
from fuling_gis.rules.register import clause_of
from fuling_gis.workspace import RULES_FOLDER, find_workspace, open_workspace


def rule_set(folder: Path | None) -> RuleSet:
    """Give the rules of a workspace, or the built-in ones where no workspace is named or near."""
    root = folder or near()
    return open_workspace(root).rules() if root else builtin_rules()


def near() -> Path | None:
    """Give the workspace around the present folder, None where there is none."""
    try:
        return find_workspace(Path.cwd())
    except UsageError:
        return None


def print_list(terminal: Terminal, rules: RuleSet, on: dt.date, *, as_json: bool) -> None:
    """Print the rules in force on a day, one a line."""
    found = [rule for rule in rules.rules if rule.in_force(on)]
    if as_json:
        terminal.json([_as_data(rule) for rule in found])
        return
    terminal.line(terminal.words("rules_in_force", n=len(found), as_of=on))
    terminal.table(
        [terminal.words(f"column_{entry}") for entry in ("rule", "effect", "title", "source")],
        [
            [
                rule.id,
                _effect(rule, terminal),
                rule.title[terminal.lang],
                f"{rule.source.chapter} {rule.source.section}",
            ]
            for rule in found
        ],
    )
    for notice in rules.notices_on(on):
        terminal.line("! " + notice[terminal.lang])


def print_rule(terminal: Terminal, rules: RuleSet, rule_id: str, on: dt.date, *, as_json: bool) -> None:
    """Print one rule whole; `FL-112` prints FL-112a and FL-112b, and why a sentence is no rule at all.

    on: the day asked; what is not in force on it is said to be so. Raises UsageError where nothing has that id.
    """
    wanted = rule_id.upper()
    found = [rule for rule in rules.rules if wanted in (rule.id.upper(), clause_of(rule.id).upper())]
    entries = [entry for entry in rules.not_decidable if entry.id.upper() == wanted]
    if not found and not entries:
        raise UsageError(terminal.words("no_such_rule", name=rule_id))
    if as_json:
        terminal.json([*map(_as_data, found), *({"id": e.id, "kind": e.kind, "quote": e.quote} for e in entries)])
        return
    for rule in found:
        terminal.list(f"{rule.id}  {rule.title[terminal.lang]}", _described(rule, rules, terminal, on))
    for notice in rules.notices_on(on, found):
        terminal.line("! " + notice[terminal.lang])
    for entry in entries:
        rows = [("quote", entry.quote), ("not_decidable", entry.reason[terminal.lang])]
        terminal.list(entry.id, [(terminal.words(f"facet_{name}"), text) for name, text in rows])


def print_readings(terminal: Terminal, rules: RuleSet, on: dt.date, *, as_json: bool) -> None:
    """Print the open terms, the value in force unless another is chosen, and the rules of a day that hang on each."""
    if as_json:
        terminal.json([_reading_data(reading) for reading in rules.readings.values()])
        return
    for reading in rules.readings.values():
        rows = [
            (
                f"{reading.key}={name}",
                terminal.words("default") if name == reading.default else "",
                _value(value, terminal),
            )
            for name, value in reading.values.items()
        ]
        ids = " ".join(rule.id for rule in rules.rules if rule.in_force(on) and reading.key in rule.readings)
        rows.append((terminal.words("facet_rules"), "", ids))
        terminal.list(reading.question[terminal.lang], rows)


def print_activities(terminal: Terminal, rules: RuleSet, on: dt.date, word: str, *, as_json: bool) -> None:
    """Print the activities that have to do with a word, or all for none, with the rules of a day that name each.

    Raises UsageError where no activity has to do with the word.
    """
    found = search(word)
    if not found:
        raise UsageError(terminal.words("no_such_activity", name=word))
    naming = {activity.id: _naming(activity.id, rules, on) for activity in found}
    if as_json:
        terminal.json([{**_activity_data(activity), "rules": naming[activity.id]} for activity in found])
        return
    terminal.table(
        [terminal.words(f"column_{entry}") for entry in ("activity", "name", "codes", "presumed", "rules")],
        [[a.id, a.name[terminal.lang], " ".join(a.codes), " ".join(a.presumed), " ".join(naming[a.id])] for a in found],
    )
    terminal.line(terminal.words("rules_naming", as_of=on))


def check_files(terminal: Terminal, folder: Path | None, files: Sequence[Path]) -> int:
    """Tell every fault of some rule files, or of the workspace's own; give 1 where there is one."""
    root = folder or near()
    paths = list(files) or sorted((root / RULES_FOLDER).glob("*.yaml") if root else ())
    faults = faults_of(paths, zone_layers())
    for fault in faults:
        terminal.fault(fault[terminal.lang])
    if not faults:
        terminal.line(terminal.words("rules_sound", n=len(paths), rules=len(builtin_rules().rules)))
    return int(bool(faults))


def _described(rule: Rule, rules: RuleSet, terminal: Terminal, day: dt.date) -> list[tuple[str, str]]:
    """Give the description's lines, a heading only where it changes; id and title stand above them."""
    titles = {key: kind.title for key, kind in kinds().items()}
    lines = describe(rule, rules.readings, terminal.lang, day=day, layer_titles=titles)[2:]
    above = ["", *(line.heading for line in lines)]
    return [(line.heading if line.heading != last else "", line.text) for line, last in zip(lines, above, strict=False)]


def _naming(activity: str, rules: RuleSet, on: dt.date) -> list[str]:
    """Give the rules in force on a day that name an activity or what it implies, in any of their readings."""
    meant = implied(activity)
    return [
        rule.id
        for rule in rules.rules
        if rule.in_force(on)
        and any(not meant.isdisjoint(party.activities) for duty in rule.duties.values() for party in duty.who)
    ]


def _effect(rule: Rule, terminal: Terminal) -> str:
    return label(f"rules.effect.{rule.effect}", terminal.lang)


def _value(value: ReadingValue, terminal: Terminal) -> str:
    argued = value.argued_by.get(terminal.lang, "")
    text = f"{value.title[terminal.lang]} ({argued})" if argued else value.title[terminal.lang]
    return f"{text}; {needs_words(value, terminal.lang)}" if value.requires else text


def _as_data(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "title": dict(rule.title),
        "effect": rule.effect,
        "clause": rule.clause,
        "quote": rule.source.quote,
        "basis": [f"{basis.law} {basis.article}".strip() for basis in rule.basis],
        "everywhere": rule.everywhere,
        "readings": list(rule.readings),
        "unless": [exemption.fact for exemption in rule.unless],
        "valid_from": rule.valid_from,
        "valid_to": rule.valid_to,
    }


def _activity_data(activity: Activity) -> dict[str, Any]:
    return {
        "id": activity.id,
        "name": dict(activity.name),
        "codes": activity.codes,
        "presumed": activity.presumed,
    }


def _reading_data(reading: Reading) -> dict[str, Any]:
    return {
        "key": reading.key,
        "question": dict(reading.question),
        "default": reading.default,
        "values": {name: dict(value.title) for name, value in reading.values.items()},
        "argued_by": {name: dict(value.argued_by) for name, value in reading.values.items()},
        "requires": {name: value.requires for name, value in reading.values.items() if value.requires},
    }
