"""Every sentence of the plan that ties a duty to a place is accounted for: as rules, or as not decidable at a site.

clauses.yaml holds the sentences, verbatim; register.yaml says which of them no site can be tested against, and why.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from fuling_gis.rules.model import NotDecidable, Rule, Words
from fuling_gis.yamlfile import read_yaml

REGISTER_FILE = Path(__file__).with_name("register.yaml")
CLAUSES_FILE = Path(__file__).with_name("clauses.yaml")
# Reasons of kind: what a sentence is if no site can be tested against it.
KINDS = ("behaviour", "target", "programme", "no_delimitation")


@dataclass(frozen=True)
class Clause:
    """One sentence of the plan, as it stands there."""

    id: str
    chapter: str
    section: str
    quote: str
    # What it says, in English.
    gloss: str


@dataclass(frozen=True)
class Register:
    """What is said of the sentences that are no rules."""

    not_decidable: tuple[NotDecidable, ...]
    # Kind to its name for people.
    kinds: Mapping[str, Words]
    # Sentences that no rule has been written for yet.
    pending: tuple[str, ...] = ()


@cache
def read_register() -> Register:
    """Read the register that comes with the package."""
    value = read_yaml(REGISTER_FILE).value
    entries = tuple(
        NotDecidable(entry["id"], entry["kind"], clauses()[entry["id"]].quote, entry["reason"])
        for entry in value["not_decidable"]
    )
    return Register(entries, MappingProxyType(value["kinds"]), tuple(value["pending"] or ()))


@cache
def clauses() -> Mapping[str, Clause]:
    """Give all sentences by id, in the order of the plan."""
    found: dict[str, Any] = read_yaml(CLAUSES_FILE).value["clauses"]
    return MappingProxyType({key: Clause(id=key, **entry) for key, entry in found.items()})


def clause_of(rule_id: str) -> str:
    """Give the id of the sentence that a rule is made from: `FL-112` for `FL-112a`."""
    return rule_id.rstrip("abcdefghijklmnopqrstuvwxyz")


def unaccounted(rules: Iterable[Rule]) -> tuple[str, ...]:
    """Name the sentences that are neither a rule nor in the register, in the order of the plan."""
    register = read_register()
    known = {clause_of(rule.id) for rule in rules} | {entry.id for entry in register.not_decidable}
    return tuple(key for key in clauses() if key not in known and key not in register.pending)
