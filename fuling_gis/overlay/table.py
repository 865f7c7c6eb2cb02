"""Tables of findings while they are made: which site, numbered texts, measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from fuling_gis.overlay.lists import Texts, constant, stacked
from fuling_gis.overlay.pieces import Indices
from fuling_gis.overlay.shapes import Floats


@dataclass(frozen=True)
class Table:
    """Rows that each belong to a judged site of a batch. All columns have the length of `site`."""

    # Position among the judged sites.
    site: Indices
    texts: Mapping[str, Texts] = field(default_factory=dict)
    numbers: Mapping[str, Floats] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.site)

    def take(self, rows: Indices) -> Table:
        """Give some of the rows."""
        return Table(
            self.site.take(rows),
            {name: column.take(rows) for name, column in self.texts.items()},
            {name: column.take(rows) for name, column in self.numbers.items()},
        )

    def adding(self, texts: Mapping[str, Texts], numbers: Mapping[str, Floats]) -> Table:
        """Add columns, or put them in the place of others."""
        return Table(self.site, {**self.texts, **texts}, {**self.numbers, **numbers})


def piled(tables: Sequence[Table]) -> Table:
    """Put tables with the same columns one below the other; at least one."""
    first = tables[0]
    if len(tables) == 1:
        return first
    return Table(
        np.concatenate([table.site for table in tables]),
        {name: stacked([table.texts[name] for table in tables]) for name in first.texts},
        {name: np.concatenate([table.numbers[name] for table in tables]) for name in first.numbers},
    )


def blank(site: Indices, texts: Sequence[str], numbers: Sequence[str]) -> Table:
    """Give rows that say nothing in the columns named: empty texts, and NaN."""
    n = len(site)
    return Table(site, {name: constant("", n) for name in texts}, {name: np.full(n, np.nan) for name in numbers})
