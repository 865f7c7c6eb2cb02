"""What one layer of the demonstration holds before it is written: geometries and the columns beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

# Column of a file to its values, None where empty.
Columns: TypeAlias = dict[str, Sequence[Any]]


@dataclass(frozen=True)
class Table:
    """One layer, ready for writing."""

    # Valid geometries on whole centimetres in the working CRS, object of shape (n,).
    geometry: NDArray[np.object_]
    # Column of the file to its n values: str, int or float, None where empty.
    fields: Mapping[str, tuple[Any, ...]]

    @classmethod
    def of(cls, geometry: Any, fields: Mapping[str, Sequence[Any]]) -> Table:
        """Make a table; every column must have a value for each geometry."""
        held = np.atleast_1d(np.asarray(geometry, dtype=object))
        for name, values in fields.items():
            if len(values) != len(held):
                msg = f"column {name} has {len(values)} values for {len(held)} features"
                raise ValueError(msg)
        return cls(held, {name: tuple(values) for name, values in fields.items()})

    @property
    def whole(self) -> Any:
        """Join all features."""
        return shapely.union_all(self.geometry)
