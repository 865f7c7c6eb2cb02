"""One batch of results as Arrow tables: the form in which every file of tables is written.

Types are the same for every batch, whatever the batch's columns are held as. Numbers that are not finite become
nulls. Text stays as it is but for two things that no file can hold: NUL and broken Unicode.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from fuling_gis.outputs.columns import kind
from fuling_gis.overlay.lists import Strings, TakenStrings, TakenTexts, Texts
from fuling_gis.overlay.result import FINDING_COLUMNS, SITE_COLUMNS, UNIT_COLUMNS, Batch, Column, Columns

TYPES: Final = {"integer": pa.int64(), "measure": pa.float64(), "share": pa.float64(), "text": pa.string()}


@dataclass(frozen=True)
class Part:
    """A batch and its three tables, each converted when it is first asked for."""

    batch: Batch

    @cached_property
    def sites(self) -> pa.Table:
        """The sites, with the columns of SITE_COLUMNS."""
        return table(self.batch.site_columns, SITE_COLUMNS)

    @cached_property
    def findings(self) -> pa.Table:
        """The findings, with the columns of FINDING_COLUMNS."""
        return table(self.batch.finding_columns, FINDING_COLUMNS)

    @cached_property
    def units(self) -> pa.Table:
        """The units' items, with the columns of UNIT_COLUMNS."""
        return table(self.batch.unit_columns, UNIT_COLUMNS)


def schema(columns: Sequence[str]) -> pa.Schema:
    """Give the types of some columns, text as plain strings."""
    return pa.schema([(name, TYPES[kind(name)]) for name in columns])


def table(given: Columns, columns: Sequence[str]) -> pa.Table:
    """Convert the named columns, in that order. Numbered and categorical text stays dictionary-encoded."""
    return pa.table({name: _column(given.values[name], kind(name)) for name in columns})


def whole(column: pa.ChunkedArray) -> pa.Array:
    """Give a column in one piece; Arrow would copy one that is in one piece already."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _column(column: Column, what: str) -> pa.Array:
    if isinstance(column, Texts | TakenTexts):
        used = (column.texts if isinstance(column, TakenTexts) else column).used
        return pa.DictionaryArray.from_arrays(pa.array(used.codes), _text(pd.Series([*used.words], dtype="str")))
    series = pd.Series(column.column if isinstance(column, Strings | TakenStrings) else column)
    if what == "text":
        return _text(series)
    numbers = series.to_numpy()
    if numbers.dtype == np.int64:
        return pa.array(numbers).cast(TYPES[what])
    numbers = series.to_numpy(np.float64, na_value=np.nan)
    unknown = ~np.isfinite(numbers)
    return pa.array(numbers, mask=unknown if unknown.any() else None).cast(TYPES[what])


def _text(series: pd.Series[Any]) -> pa.Array:
    if isinstance(series.dtype, pd.CategoricalDtype):
        words = _text(series.cat.categories.to_series())
        codes = series.cat.codes.to_numpy(np.int32)
        return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0 if (codes < 0).any() else None), words)
    try:
        found = pa.array(series, type=pa.string(), from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        found = pa.array(_as_words(series), type=pa.string())
    if isinstance(found, pa.ChunkedArray):
        found = found.combine_chunks()
    if b"\x00" in memoryview(found.buffers()[2] or b"").tobytes():
        found = pc.replace_substring(found, "\x00", "")
    return found


def _as_words(series: pd.Series[Any]) -> list[str | None]:
    # A loop over rows: only values that are no text, or half a surrogate pair, come here, and Arrow refuses them.
    return [None if pd.isna(value) else str(value).encode("utf-8", "replace").decode() for value in series]
