"""What each layer of the contract means: its title, the geometry it may have, its fields and the values allowed.

The data stand in kinds.yaml; this module only exposes them. What a workspace really has is left to `catalog`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from fuling_gis.yamlfile import read_yaml

KINDS_FILE: Final = Path(__file__).parent / "kinds.yaml"
# What `geometry` may name, and the dimension of such features.
DIMENSIONS: Final = MappingProxyType({"point": 0, "line": 1, "area": 2})
RASTER: Final = "raster"


@dataclass(frozen=True)
class Meaning:
    """What the text in a cell means."""

    # The value of the schema: one of the values allowed, or a number.
    value: str | float
    # The text belongs to a classification no longer in use; that it was read as `value` must be told.
    former: bool = False


@dataclass(frozen=True)
class Field:
    """One field of a layer's schema."""

    name: str
    # By language, `zh` and `en`.
    title: Mapping[str, str]
    # The values allowed, each with other ways of writing it; empty allows any text.
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # Values of former classifications to the value they count as.
    former: Mapping[str, str] = field(default_factory=dict)
    # Whether it holds numbers, and words that stand for one.
    number: bool = False
    numbers: Mapping[float, tuple[str, ...]] = field(default_factory=dict)
    # The number that a feature without one is taken to have where layers are compared; 0 where the schema says none.
    presumed: float = 0.0
    # Names that the column often has in files, best first.
    columns: tuple[str, ...] = ()

    @property
    def allowed(self) -> tuple[str, ...]:
        """The values allowed; empty where any is."""
        return tuple(self.values)

    def meaning(self, text: str) -> Meaning | None:
        """Tell what a text means; None where it is no value of an enumerated field, or no number.

        A field of free text means what it says.
        """
        if self.number:
            return self._number(text)
        if not self.values:
            return Meaning(text)
        return self._meanings.get(plain(text))

    def _number(self, text: str) -> Meaning | None:
        found = self._meanings.get(plain(text))
        if found is not None:
            return found
        try:
            number = float(text)
        except ValueError:
            return None
        # NaN and the infinities are no measures.
        return Meaning(number) if number - number == 0 else None

    @cached_property
    def _meanings(self) -> Mapping[str, Meaning]:
        found = {plain(old): Meaning(value, former=True) for old, value in self.former.items()}
        for number, words in self.numbers.items():
            found |= {plain(word): Meaning(number) for word in words}
        for value, words in self.values.items():
            found |= {plain(word): Meaning(value) for word in (value, *words)}
        return found


@dataclass(frozen=True)
class Kind:
    """One kind of layer."""

    id: str
    title: Mapping[str, str]
    # What its features may be: area, line, point; or raster.
    geometry: tuple[str, ...]
    # By name; `id` and `name` first.
    fields: Mapping[str, Field]
    # The layers from which its ground is computed where it is not given; none for most.
    computed: tuple[str, ...] = ()

    @property
    def raster(self) -> bool:
        """Whether it is a grid of values and not a set of features."""
        return self.geometry == (RASTER,)

    @property
    def heights(self) -> bool:
        """Whether it is a grid of heights: a raster without fields."""
        return self.raster and not self.fields


def plain(text: str) -> str:
    """Bring a text to the form in which texts are compared: full width, case and blanks do not count."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


@cache
def kinds() -> Mapping[str, Kind]:
    """Give every kind of layer by its id, in the order of the contract."""
    data = read_yaml(KINDS_FILE).value
    return MappingProxyType({name: _kind(name, entry, data["fields"]) for name, entry in data["layers"].items()})


def known_layers() -> dict[str, dict[str, tuple[str, ...]]]:
    """Give the layers that rules may name: id to its fields, each with the values allowed, () for any."""
    return {kind.id: {name: one.allowed for name, one in kind.fields.items()} for kind in kinds().values()}


def zone_layers() -> dict[str, dict[str, tuple[str, ...]]]:
    """Give the layers that a rule may name as a zone: `known_layers` without the grids, in which nothing lies."""
    return {name: fields for name, fields in known_layers().items() if not kinds()[name].raster}


def _kind(name: str, entry: Mapping[str, Any], shared: Mapping[str, Any]) -> Kind:
    own = entry.get("fields", {})
    names = list(own) if entry["geometry"] == [RASTER] else list(dict.fromkeys(["id", "name", *own]))
    fields = {one: _field(one, shared[one], own.get(one, {})) for one in names}
    computed = tuple(entry.get("computed", ()))
    return Kind(name, entry["title"], tuple(entry["geometry"]), MappingProxyType(fields), computed)


def _field(name: str, shared: Mapping[str, Any], own: Mapping[str, Any]) -> Field:
    known = {**shared, **own}
    columns = (*own.get("columns", ()), *shared.get("columns", ()))
    numbers = known.get("numbers")
    return Field(
        name=name,
        title=known["title"],
        values={value: tuple(words) for value, words in known.get("values", {}).items()},
        former=known.get("former", {}),
        number=numbers is not None,
        numbers={float(number): tuple(words) for number, words in (numbers or {}).items()},
        presumed=float(known.get("presumed", 0)),
        columns=tuple(dict.fromkeys(columns)),
    )
