"""Rows of findings while they are made: numbers alone, that name what is told once for many rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuling_gis.overlay.lists import Later, TakenTexts, Texts, constant, stacked
from fuling_gis.overlay.pieces import Indices
from fuling_gis.overlay.shapes import Floats


@dataclass(frozen=True)
class Rows:
    """Sites with the features behind a part of a rule, a row each; a site without any has a row that names none."""

    # Position among the judged sites of a batch.
    site: Indices
    # What the row names; see `Names`.
    name: Indices
    # Square metres and metres; NaN for none.
    overlap_m2: Floats
    distance_m: Floats
    # How many features of the site are not told.
    more: Indices

    def __len__(self) -> int:
        return len(self.site)

    @property
    def columns(self) -> tuple[NDArray[Any], ...]:
        """All columns, in their order."""
        return self.site, self.name, self.overlap_m2, self.distance_m, self.more

    def take(self, rows: Indices) -> Rows:
        """Give some of the rows."""
        return Rows(*(column.take(rows) for column in self.columns))


def piled(rows: Sequence[Rows]) -> Rows:
    """Put rows one below the other; at least one run of them."""
    if len(rows) == 1:
        return rows[0]
    return Rows(*(np.concatenate(same) for same in zip(*(each.columns for each in rows), strict=True)))


def bare(site: Indices, name: int) -> Rows:
    """Give rows that name no feature. name: that of a layer, or 0."""
    n = len(site)
    nothing = np.full(n, np.nan)
    return Rows(site, np.full(n, name), nothing, nothing, np.zeros(n, np.int64))


@dataclass
class Names:
    """Numbers what rows name: 0 is nothing; then for each layer the layer alone, and its features in their order."""

    # The texts of a layer's field.
    texts: Callable[[str, str], Texts]
    _first: dict[str, int] = field(default_factory=dict)
    _next: int = 1

    def layer(self, layer_id: str, features: int) -> int:
        """Give the number of a layer alone; that of its first feature is one more. features: how many it has."""
        if layer_id not in self._first:
            self._first[layer_id] = self._next
            self._next += 1 + features
        return self._first[layer_id]

    def columns(self, number: Indices) -> dict[str, TakenTexts]:
        """Give layer, id and name of the feature of each row."""
        seen = np.zeros(self._next, bool)
        seen[number] = True
        used = np.flatnonzero(seen)
        place = np.empty(self._next, np.int32)
        place[used] = np.arange(len(used))
        at = place.take(number)
        starts = np.searchsorted(used, [0, *self._first.values(), self._next])
        fields = {"layer": "", "feature_id": "id", "feature_name": "name"}
        layers = tuple(self._first.items())
        return {
            column: TakenTexts(Later(partial(_named, self.texts, layers, used, starts, name)), at)
            for column, name in fields.items()
        }


def _named(
    texts: Callable[[str, str], Texts], layers: Sequence[tuple[str, int]], used: Indices, starts: Indices, name: str
) -> Texts:
    """Give the texts of numbers, ascending. name: the field of the features; empty for the id of the layer.

    layers: each with its number. starts: where in `used` the numbers of each begin, after 0, and where they end.
    """
    told = [constant("", int(starts[1]))]
    for (layer_id, first), start, stop in zip(layers, starts[1:], starts[2:], strict=False):
        mine = used[start:stop] - first
        if not name:
            told.append(constant(layer_id, len(mine)))
            continue
        alone = int((mine[:1] == 0).sum())
        told.append(constant("", alone))
        if len(mine) > alone:
            told.append(texts(layer_id, name).take(mine[alone:] - 1))
    return stacked(told)


@dataclass(frozen=True)
class Said:
    """What one part of a rule says, of all sites alike and case by case."""

    # The order of the rule's level and of the rule, shape (cases,).
    rank: Indices
    # Column to what is said in each case.
    texts: Mapping[str, Texts]
    # Column to what is said in all cases.
    alike: Mapping[str, str]
    # Metres; NaN for none.
    threshold_m: float
    accuracy_m: float


@dataclass
class Kinds:
    """Numbers what parts of rules say: one kind for each part and case, far fewer than rows."""

    _parts: list[Said] = field(default_factory=list)
    _next: int = 0

    def add(self, said: Said) -> int:
        """Take what one part says, and give the number of its first case."""
        first = self._next
        self._parts.append(said)
        self._next += len(said.rank)
        return first

    @property
    def rank(self) -> Indices:
        """The rank of each kind."""
        return np.concatenate([np.zeros(0, np.int64), *(part.rank for part in self._parts)])

    def metres(self, name: str) -> Floats:
        """Give a measure of each kind."""
        return np.repeat(np.array([getattr(part, name) for part in self._parts], np.float64), self._sizes)

    def columns(self, kind: Indices, texts: Sequence[str], alike: Sequence[str]) -> dict[str, TakenTexts]:
        """Give columns of rows. kind: of each row; texts, alike: the columns that are wanted, in `Said`."""
        rows, parts = kind.astype(np.int32), tuple(self._parts)
        made = {name: partial(_told, parts, name) for name in texts}
        made |= {name: partial(_told_alike, parts, name) for name in alike}
        return {name: TakenTexts(Later(make), rows) for name, make in made.items()}

    @property
    def _sizes(self) -> NDArray[np.int64]:
        return np.array([len(part.rank) for part in self._parts], np.int64)


def _told(parts: Sequence[Said], name: str) -> Texts:
    """Give a column of kinds that is told case by case."""
    return stacked([part.texts[name] for part in parts])


def _told_alike(parts: Sequence[Said], name: str) -> Texts:
    """Give a column of kinds that is told of all cases alike."""
    each = [part.alike[name] for part in parts]
    words = tuple(dict.fromkeys(each))
    number = {text: n for n, text in enumerate(words)}
    return Texts(np.repeat([number[text] for text in each], [len(part.rank) for part in parts]).astype(np.int32), words)
