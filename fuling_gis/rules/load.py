"""Rule files to rules: the set that comes with the package, and what a workspace adds to it or puts in its place.

A file from outside is held against the schema, against every name that can be used and against sense, and all its
faults are told at once. The package's own files are held against the same by the tests, not at every start.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from fuling_gis.errors import FileError, RuleError, Words, joined
from fuling_gis.labels import sentence
from fuling_gis.rules import parse
from fuling_gis.rules.known import Known, KnownLayers, known_names
from fuling_gis.rules.model import DatedNotice, Reading, Rule, RuleSet, Source
from fuling_gis.rules.names import name_faults
from fuling_gis.rules.readings import READINGS_FILE, builtin_readings
from fuling_gis.rules.register import REGISTER_FILE, read_register
from fuling_gis.rules.schema import schema_faults
from fuling_gis.rules.sense import sense_faults
from fuling_gis.rules.switches import assignments, chosen, switched
from fuling_gis.yamlfile import Address, YamlFile, parse_yaml, read_yaml

FOLDER = Path(__file__).parent
LAWS_FILE = FOLDER / "laws.yaml"
# The package's rule files, in the order in which rules are listed.
BUILTIN_FILES = (FOLDER / "plan_2021_2025.yaml", FOLDER / "law.yaml")


@dataclass
class _Found:
    """What reading files has gathered so far."""

    rules: list[Rule] = field(default_factory=list)
    notices: list[DatedNotice] = field(default_factory=list)
    faults: list[Words] = field(default_factory=list)
    # Id, place and days in force of every entry, those with faults too: their days are not known.
    spans: list[tuple[str, str, tuple[dt.date, dt.date]]] = field(default_factory=list)


@cache
def builtin_rules() -> RuleSet:
    """Give the rules, readings and register that come with the package."""
    found = _Found()
    for path in BUILTIN_FILES:
        # Known by its name alone: where the package is installed is nobody's business.
        yaml = parse_yaml(path.read_text("utf-8"), Path(path.name))
        _read_file(yaml, builtin_readings(), found, known=None)
    files = (*BUILTIN_FILES, READINGS_FILE, REGISTER_FILE, LAWS_FILE)
    return RuleSet(
        rules=tuple(found.rules),
        readings=builtin_readings(),
        not_decidable=read_register().not_decidable,
        hashes=MappingProxyType({path.name: file_hash(path) for path in files}),
        notices=tuple(found.notices),
    )


def load_rule_set(extra_folder: Path | None, known_layers: KnownLayers | None = None) -> RuleSet:
    """Give the package's rules with those of a workspace's rules/*.yaml.

    A rule there with the id of a built-in one takes its place, whole, with all its versions; any other id is added at
    the end. Raises RuleError that tells every fault of every file.

    extra_folder: may be None or not exist; then the rules are the package's own.
    known_layers: names of layers with their fields and allowed values; None leaves layer names unchecked.
    """
    base = builtin_rules()
    paths = sorted(extra_folder.glob("*.yaml")) if extra_folder and extra_folder.is_dir() else []
    if not paths:
        return base
    found = _gather(paths, base.readings, known_layers)
    if found.faults:
        raise RuleError(joined(found.faults))
    extra: dict[str, list[Rule]] = defaultdict(list)
    for rule in found.rules:
        extra[rule.id].append(rule)
    ids = frozenset(extra)
    kept = [version for rule in base.rules for version in extra.pop(rule.id, () if rule.id in ids else (rule,))]
    return RuleSet(
        rules=(*kept, *(rule for versions in extra.values() for rule in versions)),
        readings=base.readings,
        not_decidable=tuple(entry for entry in base.not_decidable if entry.id not in ids),
        hashes=MappingProxyType({**base.hashes, **{f"rules/{path.name}": file_hash(path) for path in paths}}),
        notices=(*base.notices, *found.notices),
    )


def load_rules(paths: Sequence[Path], known_layers: KnownLayers | None = None) -> tuple[Rule, ...]:
    """Read rule files from outside, checked in full. Raises RuleError that tells every fault of every file."""
    found = _gather(paths, builtin_readings(), known_layers)
    if found.faults:
        raise RuleError(joined(found.faults))
    return tuple(found.rules)


def check_files(paths: Sequence[Path], known_layers: KnownLayers | None = None) -> list[Words]:
    """Tell every fault of some rule files, one sentence with file and line each; none where they are sound."""
    return _gather(paths, builtin_readings(), known_layers).faults


def file_hash(path: Path) -> str:
    """Give the SHA-256 of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@cache
def laws() -> Mapping[str, Mapping[str, Any]]:
    """Give what is known of each law: dates, successor, whether its text was at hand."""
    found: dict[str, Any] = read_yaml(LAWS_FILE).value["laws"]
    return MappingProxyType(found)


def _gather(paths: Iterable[Path], readings: Mapping[str, Reading], layers: KnownLayers | None) -> _Found:
    found = _Found()
    known = known_names(readings, layers)
    for path in paths:
        try:
            yaml = read_yaml(path)
        except FileError as e:
            found.faults.append(e.words)
            continue
        _read_file(yaml, readings, found, known=known)
    found.faults += _repeated(found.spans)
    return found


def _repeated(spans: Iterable[tuple[str, str, tuple[dt.date, dt.date]]]) -> list[Words]:
    """Tell every rule that has the id of another while that one is in force: versions follow one another."""
    earlier: dict[str, list[tuple[str, tuple[dt.date, dt.date]]]] = defaultdict(list)
    faults: list[Words] = []
    for rule_id, place, (first, last) in spans:
        there = [at for at, (begun, ended) in earlier[rule_id] if first <= ended and begun <= last]
        if there:
            faults.append(sentence("errors_rules.repeated", place=place, rule=rule_id, first=there[0]))
        earlier[rule_id].append((place, (first, last)))
    return faults


def _read_file(yaml: YamlFile, readings: Mapping[str, Reading], found: _Found, *, known: Known | None) -> None:
    """Read one file into `found`.

    known: what a rule may name; None takes the file as sound.
    """
    value = yaml.value
    head: Mapping[str, Any] = value
    if known is not None:
        # Rules are checked one by one below, so that a fault in one does not hide those of the others.
        shell = {**value, "rules": []} if isinstance(value, dict) and isinstance(value.get("rules"), list) else value
        faults = schema_faults(yaml, shell)
        if shell is value:
            found.faults += faults
            return
        faults += _date_faults(yaml, value, ())
        found.faults += faults
        # A head with a fault is told once; the rules below it are read as if there were none.
        head = {} if faults else value
    for i in range(len(value["rules"])):
        _read_rule(yaml, i, head, readings, found, known=known)
    if not found.faults:
        document = value.get("document", {}).get("zh", "")
        for notice in value.get("notices", ()):
            found.notices.append(DatedNotice(dt.date.fromisoformat(notice["after"]), notice["text"], document))


def _read_rule(
    yaml: YamlFile,
    i: int,
    header: Mapping[str, Any],
    readings: Mapping[str, Reading],
    found: _Found,
    *,
    known: Known | None,
) -> None:
    entry, address = yaml.value["rules"][i], ("rules", i)
    if known is None:
        found.rules.append(_rule(yaml, header, entry, address, readings))
        return
    faults = schema_faults(yaml, entry, address, part="rule")
    if isinstance(entry, dict):
        faults += [*name_faults(yaml, entry, address, known), *_date_faults(yaml, entry, address)]
    if not faults:
        rule = _rule(yaml, header, entry, address, readings)
        faults = sense_faults(rule)
        found.rules.append(rule)
        found.spans.append((rule.id, rule.place, (rule.valid_from or dt.date.min, rule.valid_to or dt.date.max)))
    elif isinstance(entry, dict) and isinstance(entry.get("id"), str):
        found.spans.append((entry["id"], yaml.at(*address), (dt.date.min, dt.date.max)))
    found.faults += faults


def _rule(
    yaml: YamlFile,
    header: Mapping[str, Any],
    entry: Mapping[str, Any],
    address: Address,
    readings: Mapping[str, Reading],
) -> Rule:
    who, where = entry.get("who"), entry.get("where")
    keys = tuple(sorted({*switched(who), *switched(where)}))
    duties = {}
    for assignment in assignments(keys, readings):
        choice = dict(assignment)
        duties[assignment] = parse.parse_duty(chosen(who, choice), chosen(where, choice))
    source = entry["source"]
    return Rule(
        id=entry["id"],
        title=entry["title"],
        effect=entry["effect"],
        source=Source(
            document=source.get("document", header.get("document", {}).get("zh", "")),
            chapter=source.get("chapter", ""),
            section=source.get("section", ""),
            quote=source["quote"],
            issued=None if "document" in source else parse.parse_date(header.get("valid_from")),
        ),
        duties=MappingProxyType(duties),
        readings=keys,
        unless=tuple(map(parse.parse_exemption, entry.get("unless", ()))),
        basis=tuple(parse.parse_basis(basis, dict(laws().get(basis["law"], {}))) for basis in entry.get("basis", ())),
        everywhere=entry.get("everywhere", False),
        valid_from=parse.parse_date(entry.get("valid_from", header.get("valid_from"))),
        valid_to=parse.parse_date(entry.get("valid_to", header.get("valid_to"))),
        note=entry.get("note", {}),
        place=yaml.at(*address),
    )


def _date_faults(yaml: YamlFile, entry: Mapping[str, Any], address: Address) -> list[Words]:
    """Tell every day that is in no calendar, such as 2021-02-30."""
    holders = [(entry, address)]
    for part in ("basis", "notices"):
        listed = entry.get(part)
        holders += [
            (member, (*address, part, i)) for i, member in enumerate(listed if isinstance(listed, list) else ())
        ]
    return [
        sentence("errors_rules.no_day", place=yaml.at(*at, key), key=key, day=repr(holder[key]))
        for holder, at in holders
        if isinstance(holder, dict)
        for key in ("valid_from", "valid_to", "after")
        if isinstance(holder.get(key), str) and not _is_day(holder[key])
    ]


def _is_day(value: str) -> bool:
    try:
        parse.parse_date(value)
    except ValueError:
        return False
    return True
