"""Columns as JSON values: text with no null, numbers with no NaN."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# Decimals of a measure in the page: a square decimetre's or a centimetre's difference is not shown.
_DECIMALS = 3


def texts(column: pd.Series[Any]) -> NDArray[np.object_]:
    """Give a column as text, "" where it is null."""
    codes, words = vocabulary(column)
    return words[codes]


def vocabulary(column: pd.Series[Any]) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """Give a column as places in a list of texts, the last of which is the "" of nulls."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes, distinct = column.cat.codes.to_numpy(), column.cat.categories.to_numpy(object)
    else:
        codes, distinct = pd.factorize(column.to_numpy(object))
    words = np.empty(len(distinct) + 1, object)
    words[:] = [*map(str, distinct), ""]
    return codes.astype(np.int64), words


def numbers(column: pd.Series[Any]) -> list[float | int | None]:
    """Give a column of numbers with None for NaN and for what is not finite, whole ones as int."""
    values = np.round(column.to_numpy(np.float64, na_value=np.nan), _DECIMALS)
    finite = np.isfinite(values)
    out = np.full(len(values), None, object)
    out[finite] = values[finite]
    whole = finite & (values == np.floor(values)) & (np.abs(values) < 2**53)
    out[whole] = values[whole].astype(np.int64)
    found: list[float | int | None] = out.tolist()
    return found


def plain_list(values: NDArray[np.object_]) -> list[str]:
    """Give values as text, "" for none."""
    return ["" if value is None or value != value else str(value) for value in values]  # noqa: PLR0124 - NaN is not itself
