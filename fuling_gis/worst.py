"""The worst sites of a check, kept while the batches go by, for its summary."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fuling_gis.overlay.lists import Texts
from fuling_gis.overlay.result import Batch, Column
from fuling_gis.verdicts import ORDER

# How many of the worst sites a summary names.
WORST_SITES = 50
# How many rules a summary names for each of them.
WORST_RULES = 6
_WORST_ORDER = {verdict: position for position, verdict in enumerate((*ORDER, "rejected"))}
# Sites of such verdicts, for certain and at the worst that is possible, are not among the worst.
_QUIET = [_WORST_ORDER[verdict] for verdict in ("clear", "outside", "advised")]
# More than there are verdicts.
_VERDICTS = 16


@dataclass
class Worst:
    """Keeps the worst sites while the batches go by."""

    rows: tuple[Mapping[str, str], ...] = ()

    def watching(self, batches: Iterable[Batch]) -> Iterable[Batch]:
        """Pass the batches on and look at each."""
        for batch in batches:
            self.rows = self._with(batch)
            yield batch

    def _with(self, batch: Batch) -> tuple[Mapping[str, str], ...]:
        verdict, possible = (_orders(batch.site_columns.values[name]) for name in ("verdict", "possible"))
        # By the verdict, and then by the worst that is possible.
        order = verdict * _VERDICTS + possible
        # Among equals the earlier one is told, so a full list takes only what is worse than its last.
        least = _order_of(self.rows[-1]) if len(self.rows) == WORST_SITES else _VERDICTS**2
        bad = np.flatnonzero((order < least) & ~(np.isin(verdict, _QUIET) & np.isin(possible, _QUIET)))
        first = bad[np.argsort(order[bad], kind="stable")[:WORST_SITES]]
        if not len(first):
            return self.rows
        found = (*self.rows, *(_worst_row(row) for row in batch.sites.iloc[first].to_dict("records")))
        return tuple(islice(sorted(found, key=_order_of), WORST_SITES))


def _order_of(row: Mapping[str, str]) -> int:
    return _WORST_ORDER[row["verdict"]] * _VERDICTS + _WORST_ORDER[row["possible"]]


def _orders(verdict: Column) -> NDArray[np.int64]:
    """Give the place of each site's verdict, from the worst on."""
    if isinstance(verdict, Texts):
        return np.array([_WORST_ORDER[word] for word in verdict.words], np.int64)[verdict.codes]
    return np.asarray(pd.Series(verdict).map(_WORST_ORDER), np.int64)


def _worst_row(row: Mapping[Any, Any]) -> dict[str, str]:
    columns = ("prohibited_by", "exit_by", "restricted_by", "lifted_by", "maybe_by")
    rules = next((_shortened(str(row[name])) for name in columns if row[name]), str(row["problem"]))
    return {**{name: str(row[name]) for name in ("site_id", "name", "verdict", "possible")}, "rules": rules}


def _shortened(rules: str) -> str:
    """Name the first rules of a list, and count the rest."""
    ids = rules.split(";")
    return ";".join(ids[:WORST_RULES]) + (f" +{len(ids) - WORST_RULES}" if len(ids) > WORST_RULES else "")
