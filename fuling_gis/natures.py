"""What is done with a site: new, altered, expanded, upgraded, changed in use, or standing already.

The words stand in natures.yaml. What a file does not say, or says in words that are not known, is a maybe.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from fuling_gis.activities import parts_of, plain
from fuling_gis.answers import MAYBE, NO, YES
from fuling_gis.yamlfile import read_yaml

_FILE = Path(__file__).with_suffix(".yaml")
# What stands between two natures besides what joins any values: none of them has such a sign in its name.
_AND = re.compile(r"[,，/／+＋]+")


@dataclass(frozen=True)
class NatureReading:
    """The natures that a site's text states."""

    stated: frozenset[str] = frozenset()
    # Parts of the text that no nature is known by.
    unknown: tuple[str, ...] = ()

    @property
    def doubtful(self) -> bool:
        """True where the text is empty or says something that is not known."""
        return bool(self.unknown) or not self.stated


def read_natures(text: str) -> NatureReading:
    """Read the natures a text states: `改扩建` is alter and expand, `迁建` is new, `new;expand` is both."""
    stated: set[str] = set()
    unknown: list[str] = []
    for part in (piece for cell in parts_of(text) for piece in _AND.split(cell) if piece.strip()):
        found = _words().get(plain(part))
        if found is None:
            unknown.append(part)
        else:
            stated.update(found)
    return NatureReading(frozenset(stated), tuple(unknown))


def answer(reading: NatureReading, wanted: Collection[str]) -> int:
    """Tell whether a site is of any of the natures: yes, maybe where something is unknown, or no.

    wanted: ids; empty means any nature.
    """
    if not wanted or not reading.stated.isdisjoint(wanted):
        return YES
    return MAYBE if reading.doubtful else NO


@cache
def natures() -> Mapping[str, Mapping[str, str]]:
    """Give the names of all natures: id to language to name."""
    entries = read_yaml(_FILE).value["natures"]
    return MappingProxyType({key: entry["name"] for key, entry in entries.items()})


@cache
def _words() -> dict[str, tuple[str, ...]]:
    """Give every word that states natures, in its plain form, with the natures it states."""
    value = read_yaml(_FILE).value
    found: dict[str, tuple[str, ...]] = {}
    for key, entry in value["natures"].items():
        for word in (key, *entry["name"].values(), *entry["synonyms"]):
            found[plain(word)] = (key,)
    for word, keys in value["joined"].items():
        found[plain(word)] = tuple(keys)
    return found
