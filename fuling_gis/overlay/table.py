"""Rows of findings while they are made: numbers alone, that name what is told once for many rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuling_gis.overlay.lists import TakenTexts, Texts, constant, stacked
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
        fields = {"layer": "", "feature_id": "id", "feature_name": "name"}
        return {column: TakenTexts(stacked(list(self._told(used, name))), at) for column, name in fields.items()}

    def _told(self, used: Indices, name: str) -> Iterator[Texts]:
        """Give the texts of numbers, ascending. name: the field of the features; empty for the id of the layer."""
        starts = np.searchsorted(used, [0, *self._first.values(), self._next])
        yield constant("", int(starts[1]))
        for (layer_id, first), start, stop in zip(self._first.items(), starts[1:], starts[2:], strict=False):
            mine = used[start:stop] - first
            if not name:
                yield constant(layer_id, len(mine))
                continue
            alone = int((mine[:1] == 0).sum())
            yield constant("", alone)
            if len(mine) > alone:
                yield self.texts(layer_id, name).take(mine[alone:] - 1)


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
        rows = kind.astype(np.int32)
        columns = {name: TakenTexts(stacked([part.texts[name] for part in self._parts]), rows) for name in texts}
        for name in alike:
            each = [part.alike[name] for part in self._parts]
            words = tuple(dict.fromkeys(each))
            code = np.repeat(np.array([words.index(text) for text in each], np.int32), self._sizes)
            columns[name] = TakenTexts(Texts(code, words), rows)
        return columns

    @property
    def _sizes(self) -> NDArray[np.int64]:
        return np.array([len(part.rank) for part in self._parts], np.int64)
