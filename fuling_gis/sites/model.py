"""What a set of sites is once it is read: one entry per input row, in input order, frozen arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Sites:
    """Rows of one or several site files. Every row of the input is here, rejected ones included."""

    # 0-based position over all input files, int64 of shape (n,).
    row: NDArray[np.int64]
    # Text columns, object of shape (n,), "" where empty.
    source: NDArray[np.object_]
    site_id: NDArray[np.object_]
    name: NDArray[np.object_]
    activity: NDArray[np.object_]
    industry_code: NDArray[np.object_]
    nature: NDArray[np.object_]
    # Metres, float64 of shape (n,), never NaN: the row's own, else the one said for all, else 0; a shift that was
    # undone (gcj02) has added its own.
    accuracy_m: NDArray[np.float64]
    # shapely geometries in the working CRS, 2D and valid; None exactly where status is `rejected`.
    geometry: NDArray[np.object_]
    # `ok`, `repaired` or `rejected`.
    status: NDArray[np.object_]
    # What was wrong and what was done, sentences in the language of the run joined by `; `; "" where nothing.
    problem: NDArray[np.object_]
    # Working CRS, as `EPSG:n`.
    crs: str
    # Every other column by its fact name (or its own name), object of shape (n,) of str, "" where empty.
    facts: Mapping[str, NDArray[np.object_]] = field(default_factory=dict)
    # Sentences about the file as a whole, {"zh": ..., "en": ...} each.
    notices: tuple[Mapping[str, str], ...] = ()

    def __len__(self) -> int:
        return len(self.row)

    def __getitem__(self, rows: slice) -> Sites:
        """Give a run of rows; the arrays are views."""
        columns: tuple[str, ...] = (
            "row",
            "source",
            "site_id",
            "name",
            "activity",
            "industry_code",
            "nature",
            "accuracy_m",
        )
        columns += ("geometry", "status", "problem")
        parts = {name: getattr(self, name)[rows] for name in columns}
        return replace(self, **parts, facts={name: values[rows] for name, values in self.facts.items()})
