"""One batch of results as Arrow tables: the form in which every file of tables is written.

Types are the same for every batch, whatever dtypes the batch's frames have. Numbers that are not finite become
nulls. Text stays as it is but for two things that no file can hold: NUL and broken Unicode.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from fuling_gis.outputs.columns import kind
from fuling_gis.overlay.result import FINDING_COLUMNS, SITE_COLUMNS, UNIT_COLUMNS, Batch

TYPES: Final = {"integer": pa.int64(), "measure": pa.float64(), "share": pa.float64(), "text": pa.string()}


@dataclass(frozen=True)
class Part:
    """A batch and its three tables."""

    batch: Batch
    sites: pa.Table
    findings: pa.Table
    units: pa.Table


def part(batch: Batch) -> Part:
    """Convert the frames of a batch."""
    return Part(
        batch,
        table(batch.sites, SITE_COLUMNS),
        table(batch.findings, FINDING_COLUMNS),
        table(batch.units, UNIT_COLUMNS),
    )


def schema(columns: Sequence[str]) -> pa.Schema:
    """Give the types of some columns, text as plain strings."""
    return pa.schema([(name, TYPES[kind(name)]) for name in columns])


def table(frame: pd.DataFrame, columns: Sequence[str]) -> pa.Table:
    """Convert the named columns of a frame, in that order.

    Text that is categorical in the frame stays dictionary-encoded; `plain` undoes it.
    """
    return pa.table({name: _column(frame[name], kind(name)) for name in columns})


def plain(some: pa.Table) -> pa.Table:
    """Give a table whose text is not dictionary-encoded, with the types of `schema`."""
    return some.cast(schema(some.column_names))


def _column(series: pd.Series[Any], what: str) -> pa.Array:
    if what == "text":
        return _text(series)
    numbers = pa.array(series.to_numpy(float, na_value=float("nan")), from_pandas=True)
    numbers = pc.if_else(pc.is_finite(numbers), numbers, None)
    return numbers.cast(TYPES[what])


def _text(series: pd.Series[Any]) -> pa.Array:
    if isinstance(series.dtype, pd.CategoricalDtype):
        words = _text(series.cat.categories.to_series())
        codes = pa.array(series.cat.codes.to_numpy("int32"))
        return pa.DictionaryArray.from_arrays(pc.if_else(pc.less(codes, 0), None, codes), words)
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
