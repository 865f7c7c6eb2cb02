"""The facts that rules ask of a site: their names in files, and how a cell's text is read.

The list stands in facts.yaml. An empty cell, or a text that cannot be read as the fact's kind, is unknown: never no.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from fuling_gis.activities import plain
from fuling_gis.yamlfile import read_yaml

_FILE = Path(__file__).with_suffix(".yaml")
_NUMBER = re.compile(r"(?P<number>[-+]?\d+(\.\d+)?(e[-+]?\d+)?)(?P<unit>.*)\Z")
_UNIT = re.compile(r"\s*\([^()]*\)\s*\Z")
# Field names of a shapefile are cut to this many bytes.
_SHAPEFILE_BYTES = 10
_SEPARATORS = str.maketrans("", "", "_-·.()")


@dataclass(frozen=True)
class Fact:
    """One fact that rules can ask for."""

    name: str
    kind: Literal["bool", "number", "text"]
    # In both languages.
    title: Mapping[str, str]
    # Other names of the column.
    aliases: tuple[str, ...] = ()
    # The activities it can be true of; empty where these cannot be named.
    activities: tuple[str, ...] = ()
    # Unit of a number, "" where it has none.
    unit: str = ""
    # A document that can be claimed: a fact of `unless`.
    approval: bool = False


@cache
def facts() -> Mapping[str, Fact]:
    """Give all facts by name, in the order of the file."""
    found = {
        name: Fact(
            name=name,
            kind=entry["kind"],
            title=entry["title"],
            aliases=tuple(entry["aliases"]),
            activities=tuple(entry.get("activities", ())),
            unit=entry.get("unit", ""),
            approval=entry.get("approval", False),
        )
        for name, entry in _data()["facts"].items()
    }
    return MappingProxyType(found)


def canonical(column: str) -> str | None:
    """Give the fact that a column's name stands for, also when a shapefile has cut it; None where it is no fact.

    A cut name that two facts share stands for neither.
    """
    return _columns().get(_column_key(column))


def read_fact(name: str, text: str) -> bool | float | str | None:
    """Read a cell as a fact; None where it is empty or cannot be read.

    name: a fact of the list; any other name is read as text.
    """
    words = text.strip()
    if not words:
        return None
    fact = facts().get(name)
    if fact is None or fact.kind == "text":
        return words
    return _truth(words) if fact.kind == "bool" else _number(words, fact.unit)


def says_something(value: bool | float | str | None) -> bool:  # noqa: FBT001 - a value of a cell, not a switch
    """Tell whether a fact's value states that the thing is there: a zero and a no do not, an empty cell does not."""
    return bool(value)


def _truth(words: str) -> bool | None:
    key = plain(words)
    if key in _truth_words():
        return _truth_words()[key]
    return None


def _number(words: str, unit: str) -> float | None:
    match = _NUMBER.match(plain(words).replace(",", ""))
    # A number with a foreign unit is not understood: 20 t/d is not 20 t/h.
    if match is None or match["unit"] not in ("", plain(unit)):
        return None
    value = float(match["number"])
    return value if math.isfinite(value) else None


@cache
def _truth_words() -> dict[str, bool]:
    words = {plain(str(word)): True for word in _data()["yes"]}
    return words | {plain(str(word)): False for word in _data()["no"]}


@cache
def _columns() -> dict[str, str]:
    """Give every name a column may have, in its plain form, and the fact it stands for."""
    whole: dict[str, str] = {}
    cut: dict[str, set[str]] = defaultdict(set)
    for fact in facts().values():
        for alias in (fact.name, *fact.title.values(), *fact.aliases):
            whole[_column_key(alias)] = fact.name
            for short in _cut(alias):
                cut[_column_key(short)].add(fact.name)
    for short, names in cut.items():
        if len(names) == 1:
            whole.setdefault(short, *names)
    return whole


def _cut(alias: str) -> Iterator[str]:
    """Give an alias as a shapefile cuts it, in the two encodings of Chinese shapefiles."""
    for encoding in ("gb18030", "utf-8"):
        raw = alias.encode(encoding)
        if len(raw) > _SHAPEFILE_BYTES:
            yield raw[:_SHAPEFILE_BYTES].decode(encoding, "ignore")


def _column_key(column: str) -> str:
    # A cut inside a character may have left a replacement character behind; a unit stands in brackets at the end.
    name = unicodedata.normalize("NFKC", column).replace("\ufffd", "")
    return plain(_UNIT.sub("", name) or name).translate(_SEPARATORS)


@cache
def _data() -> dict[str, Any]:
    value: dict[str, Any] = read_yaml(_FILE).value
    return value
