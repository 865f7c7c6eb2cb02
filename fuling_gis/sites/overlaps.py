"""Sites that lie on one another: exact duplicates, and areas that overlap.

Both may be meant, and nothing is dropped; but a plot that stands twice is counted twice, so it is told. Of each site a
number is kept that only the same geometry has, and of the first areas the areas themselves, so that the memory of a
million sites stays small.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

from fuling_gis.labels import LANGS, label
from fuling_gis.notices import ABOUT_SITES
from fuling_gis.readers.table import Words
from fuling_gis.sites.model import Sites

Keys: TypeAlias = NDArray[np.uint64]

# Overlaps of less are the width of a drawn line, square metres.
LEAST_M2: Final = 1.0
# Areas that are compared with each other, the vertices they may have in all, and pairs of neighbours that are measured.
MOST_AREAS: Final = 100_000
_MOST_VERTICES: Final = 5_000_000
_MOST_PAIRS: Final = 30_000
# Examples told, and sites of which the id is kept for them.
_SHOWN: Final = 5
_LONGEST: Final = 40
_MOST_IDS: Final = 100_000
# Neighbours are looked for so many areas at a time: all of them may be neighbours of each.
_AT_ONCE: Final = 64
# Places that agree to a tenth of a millimetre are the same.
_PER_METRE: Final = 10_000.0


@dataclass
class Overlaps:
    """Watches sites go by, and tells at the end which lie on one another."""

    _rows: int = 0
    _keys: list[Keys] = field(default_factory=list)
    _at: list[NDArray[np.int64]] = field(default_factory=list)
    _ids: dict[int, str] = field(default_factory=dict)
    _areas: list[NDArray[np.object_]] = field(default_factory=list)
    _areas_at: list[NDArray[np.int64]] = field(default_factory=list)
    _vertices: int = 0
    # Areas that were not kept.
    _passed: int = 0

    def watching(self, batches: Iterable[Sites]) -> Iterator[Sites]:
        """Hand batches on, keeping what is needed of them."""
        for sites in batches:
            self.keep(sites)
            yield sites

    def keep(self, sites: Sites) -> None:
        """Keep what is needed of some sites."""
        there = np.flatnonzero(~shapely.is_missing(sites.geometry))
        geometry, rows = sites.geometry[there], sites.row[there]
        self._keys.append(keys_of(geometry))
        self._at.append(rows)
        room = max(_MOST_IDS - self._rows, 0)
        self._ids.update(
            (int(row), str(name)) for row, name in zip(sites.row[:room], sites.site_id, strict=False) if name
        )
        self._rows += len(sites)
        areal = np.flatnonzero(shapely.get_dimensions(geometry) == 2)  # noqa: PLR2004  an area
        kept = areal[: MOST_AREAS - sum(map(len, self._areas))]
        if self._vertices > _MOST_VERTICES:
            kept = kept[:0]
        self._passed += len(areal) - len(kept)
        self._vertices += int(shapely.get_num_coordinates(geometry[kept]).sum())
        self._areas.append(geometry[kept])
        self._areas_at.append(rows[kept])

    def notices(self) -> Iterator[Words]:
        """Tell how many sites lie exactly where another does, and how many pairs of areas overlap, with examples."""
        if not self._keys:
            return
        keys, rows = np.concatenate(self._keys), np.concatenate(self._at)
        twins, first = _twins(keys, rows)
        if len(twins):
            shown = [
                f"{self._name(one)} = {self._name(other)}" for one, other in zip(first[:_SHOWN], twins, strict=False)
            ]
            yield _said("duplicates", n=len(twins), shown="; ".join(shown) + _more(len(twins)))
        yield from self._overlapping(twins)

    def _overlapping(self, twins: NDArray[np.int64]) -> Iterator[Words]:
        geometry, rows = np.concatenate(self._areas), np.concatenate(self._areas_at)
        single = ~np.isin(rows, twins)
        geometry, rows = geometry[single], rows[single]
        pairs, whole = _neighbours(geometry)
        with np.errstate(invalid="ignore"):
            common = shapely.area(shapely.intersection(geometry[pairs[0]], geometry[pairs[1]]))
        over = np.flatnonzero(common > LEAST_M2)
        if len(over):
            first = over[np.lexsort((rows[pairs[1][over]], rows[pairs[0][over]]))][:_SHOWN]
            shown = [
                f"{self._name(rows[pairs[0][k]])} / {self._name(rows[pairs[1][k]])} ({common[k]:.0f} m2)" for k in first
            ]
            yield _said("overlaps", n=len(over), least=f"{LEAST_M2:g}", shown="; ".join(shown) + _more(len(over)))
        if self._passed:
            yield _said("overlaps_not_all", n=len(geometry) + len(twins), passed=self._passed)
        elif not whole:
            yield _said("overlaps_too_many", n=_MOST_PAIRS)

    def _name(self, row: int) -> str:
        return " ".join(str(self._ids.get(int(row), "")).split())[:_LONGEST] or f"#{row}"


def keys_of(geometry: NDArray[np.object_]) -> Keys:
    """Give each geometry a number that the same geometry has again.

    Where an outline begins and which way it runs makes no difference. Geometries that differ have different numbers
    but for a chance of one in 2^64.
    """
    counts = shapely.get_num_coordinates(geometry)
    places = np.round(shapely.get_coordinates(geometry) * _PER_METRE).astype(np.int64).view(np.uint64)
    vertex = _mixed(places[:, 0] * np.uint64(0x9E3779B97F4A7C15) + places[:, 1] * np.uint64(0xC2B2AE3D27D4EB4F))
    if (counts == 1).all():
        return vertex
    ends = np.cumsum(counts)
    # An edge is the same from either end; the one from a geometry to the next is none.
    edge = np.zeros(len(vertex), np.uint64)
    edge[1:] = _mixed(vertex[1:] + vertex[:-1])
    starts = ends - counts
    edge[starts] = np.where(counts == 1, vertex[starts], np.uint64(0))
    keys: Keys = np.add.reduceat(edge, starts)
    return keys


def _mixed(numbers: Keys) -> Keys:
    """Scatter numbers over all 64 bits (the finaliser of splitmix64)."""
    z = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Keys = z ^ (z >> np.uint64(31))
    return mixed


def _twins(keys: Keys, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the rows whose geometry an earlier row has, in order, and beside each the first such row."""
    order = np.argsort(keys, kind="stable")
    again = np.flatnonzero(keys[order][1:] == keys[order][:-1]) + 1
    if not len(again):
        return rows[:0], rows[:0]
    starts = np.ones(len(order), bool)
    starts[again] = False
    first = order[np.maximum.accumulate(np.where(starts, np.arange(len(order)), 0))]
    placed = np.argsort(order[again])
    return rows[order[again][placed]], rows[first[again][placed]]


def _neighbours(geometry: NDArray[np.object_]) -> tuple[NDArray[np.int64], bool]:
    """Give pairs of areas whose bounding boxes meet, the first before the second, and whether these are all."""
    tree = shapely.STRtree(geometry)
    found: list[NDArray[np.int64]] = []
    count = 0
    for start in range(0, len(geometry), _AT_ONCE):
        pairs = tree.query(geometry[start : start + _AT_ONCE])
        pairs[0] += start
        found.append(pairs[:, pairs[0] < pairs[1]])
        count += found[-1].shape[1]
        if count > _MOST_PAIRS:
            return np.concatenate(found, axis=1)[:, :_MOST_PAIRS], False
    return np.concatenate([np.zeros((2, 0), np.int64), *found], axis=1), True


def _more(count: int) -> str:
    return " ..." if count > _SHOWN else ""


def _said(entry: str, **values: object) -> Mapping[str, str]:
    return {**{lang: label(f"sites.{entry}", lang, **values) for lang in LANGS}, **ABOUT_SITES}
