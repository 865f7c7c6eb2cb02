"""Tells in which management units a site lies, surely or possibly, and lists what their access lists say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from fuling_gis.answers import MAYBE, YES
from fuling_gis.cache import NOWHERE, Cache
from fuling_gis.layers.model import Layer
from fuling_gis.overlay.evidence import FeatureBook
from fuling_gis.overlay.lists import Texts, constant, in_order, joined_at, words_of
from fuling_gis.overlay.pieces import POLYGON, parts
from fuling_gis.overlay.predicates import is_in
from fuling_gis.overlay.questions import Asked
from fuling_gis.overlay.result import UNIT_COLUMNS, Column, Columns, LaterColumns
from fuling_gis.overlay.shapes import RESOLUTION_M, Shape, dissolved, shape_of

UNIT_LAYER: Final = "management_unit"
DIMENSIONS: Final = ("spatial", "emission", "risk", "resource")

# Items of an access list stand apart by semicolons or line breaks.
_BREAK: Final = re.compile(r"[;；\n]+")


@dataclass(frozen=True)
class UnitBook:
    """The management units, each with its own ground: the border between two units is a border."""

    layer: Layer
    book: FeatureBook
    shapes: tuple[Shape, ...]
    # The outlines of all units together.
    borders: Shape
    items: tuple[tuple[tuple[str, str], ...], ...]

    @cached_property
    def code(self) -> NDArray[np.object_]:
        """The code of each unit."""
        return self.layer.fields.get("code", self.layer.fields["id"])

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """How many items each unit has."""
        return np.array([len(items) for items in self.items], np.int64)

    @cached_property
    def texts(self) -> dict[str, Texts]:
        """Code and category of each unit, dimension and text of each item of all units one after the other."""
        category = self.layer.fields.get("category", np.full(len(self.code), "", dtype=object))
        items = np.array([entry for items in self.items for entry in items], dtype=object).reshape(-1, 2)
        each = {"code": self.code, "category": category, "dimension": items[:, 0], "item": items[:, 1]}
        return {name: words_of(values) for name, values in each.items()}


def unit_book(layer: Layer, book: FeatureBook, kept: Cache = NOWHERE) -> UnitBook:
    """Make the units ready to be asked. kept: where their fields are kept."""
    each = (layer.geometry[i : i + 1] for i in range(len(layer.geometry)))
    shapes = tuple(shape_of(dissolved(one), kept=kept) for one in each)
    every = parts(layer.geometry)[0]
    borders = Shape(every[shapely.get_type_id(every) == POLYGON], every[:0], kept=kept)
    return UnitBook(layer, book, shapes, borders, tuple(items_of(layer, i) for i in range(len(layer.geometry))))


def items_of(layer: Layer, unit: int) -> tuple[tuple[str, str], ...]:
    """Give dimension and text of each item of a unit's access list. unit: its place in the layer."""
    lists = {dimension: layer.fields.get(dimension) for dimension in DIMENSIONS}
    return tuple(
        (dimension, item.strip())
        for dimension, values in lists.items()
        if values is not None and values[unit]
        for item in _BREAK.split(str(values[unit]))
        if item.strip()
    )


@dataclass(frozen=True)
class UnitsFound:
    """The units of the judged sites of a batch."""

    sure: Texts
    possible: Texts
    # UNIT_COLUMNS.
    table: Columns


def units_of(asked: Asked, row: NDArray[np.int64], units: UnitBook | None) -> UnitsFound:
    """Find the units of each site. row: the sites' row numbers, for the table."""
    n = len(asked)
    if units is None or not n:
        return UnitsFound(constant("", n), constant("", n), Columns.of(pd.DataFrame(columns=[*UNIT_COLUMNS])))
    tolerance = asked.accuracy_m + units.layer.accuracy_m
    near = units.book.near(asked, np.arange(len(units.shapes)), tolerance, overlaps=False)
    # Where no border is near, the site lies in the one unit that it meets.
    border = asked.best(units.borders.near_rim(asked.tree, tolerance[asked.owner] + RESOLUTION_M).astype(np.int8)) > 0
    value = np.full(len(near.site), YES, np.int8)
    by_border = np.flatnonzero(border[near.site])
    # Unit by unit: there are some thirty.
    for unit, at in _each(near.feature[by_border]):
        pairs = by_border[at]
        some = asked.take(near.site[pairs])
        told = is_in(some.tree, units.shapes[unit], tolerance[near.site[pairs]][some.owner])
        value[pairs] = some.best(told)
    pairs_of = (np.flatnonzero(value == answer) for answer in (YES, MAYBE))
    sure, possible = (_codes(n, units.code, near.site[pairs], near.feature[pairs]) for pairs in pairs_of)
    kept = np.flatnonzero(value > 0)
    site, lying = near.site[kept], near.feature[kept]
    # Of many sites it is by far the longest table, and not all who ask for a screening look at it.
    items = int(units.counts.take(lying).sum())
    table = LaterColumns(UNIT_COLUMNS, items, lambda: _table(units, row[site], lying))
    return UnitsFound(sure, possible, Columns(table))


def _codes(n: int, code: NDArray[np.object_], site: NDArray[np.int64], unit: NDArray[np.int64]) -> Texts:
    """Give each of n sites the codes of its units, `;` between them."""
    rows: dict[str, NDArray[np.int64]] = {}
    for one, at in _each(unit):
        name = str(code[one])
        rows[name] = np.concatenate([rows[name], site[at]]) if name in rows else site[at]
    return joined_at(rows, n)


def _each(unit: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Give each unit, by number, and the places where it stands."""
    order = in_order(unit)
    starts = np.flatnonzero(np.diff(unit[order], prepend=-1))
    for start, stop in zip(starts, np.append(starts, len(order))[1:], strict=True):
        yield int(unit[order[start]]), order[start:stop]


def _table(units: UnitBook, row: NDArray[np.int64], unit: NDArray[np.int64]) -> dict[str, Column]:
    """List the items of each site's units, sites in order; gives UNIT_COLUMNS."""
    counts = units.counts
    order = in_order(row)
    row, unit = row[order], unit[order]
    times = counts[unit]
    pair = np.repeat(np.arange(len(row)), times)
    nth = np.arange(len(pair)) - np.repeat(np.cumsum(times) - times, times)
    start = np.cumsum(counts) - counts
    entry, of = start[unit[pair]] + nth, unit[pair]
    columns: dict[str, Column] = {"row": row[pair]}
    columns |= {name: units.texts[name].take(of) for name in ("code", "category")}
    columns |= {name: units.texts[name].take(entry) for name in ("dimension", "item")}
    return {name: columns[name] for name in UNIT_COLUMNS}
