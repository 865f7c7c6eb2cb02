"""The row with the names of the columns: it may stand in any of the first rows of a table, below titles and remarks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Final

from fuling_gis.readers import place as place_module
from fuling_gis.readers.table import unique_names

# Rows within which the names of the columns are looked for.
HEAD_ROWS: Final = 30
_SHOWN: Final = 60
# A row with a number like this has values; `E` and `N` beside it are no names of columns.
_FRACTION: Final = re.compile(r"[+-]?\d+[.,]\d+")


def head_at(rows: Iterable[Sequence[str]], place: Mapping[str, str] | None) -> int | None:
    """Give the place, among rows that hold anything, of the one with the names of the columns; None where none has.

    place: the columns of coordinates that the user named, by key; they must all stand in that row.

    >>> head_at([["项目表", ""], ["名称", "坐标", ""], ["", "经度", "纬度"]], None)
    2
    """
    for at, row in enumerate(rows):
        names = unique_names(trimmed(row))
        named = all(column in names for column in (place or {}).values())
        valued = at > 0 and any(_FRACTION.fullmatch(name) for name in names)
        if named and not valued and len(names) > 1 and (place or place_module.find(names) is not None):
            return at
    return None


def trimmed(row: Sequence[str]) -> list[str]:
    """Leave out the empty cells at the right edge of a row."""
    cells = list(row)
    while cells and not cells[-1].strip():
        cells.pop()
    return cells


def filled(above: Sequence[str], names: Sequence[str]) -> list[str]:
    """Fill the gaps among the names of the columns from the row above, where a heading has two rows.

    A title above says one thing for all columns, and is none.
    """
    titled = sum(bool(cell.strip()) for cell in above) <= 1
    return (
        list(names)
        if titled
        else [own if own.strip() else higher for own, higher in zip_longest(names, above, fillvalue="")]
    )


def shown(rows: Iterable[Sequence[str]]) -> str:
    """Write what stands above the names of the columns, shortened."""
    texts = (" ".join(cell.strip() for cell in row if cell.strip()) for row in rows)
    return ", ".join(repr(text[:_SHOWN]) for text in texts if text)[: 4 * _SHOWN]
