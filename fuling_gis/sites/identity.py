"""Which ids stand more than once: a quick look at one column of all files before their rows are read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from fuling_gis.readers.table import TableSource, text_array


@dataclass(frozen=True)
class Identities:
    """What the look found."""

    # Ids that stand more than once over all files, as text.
    repeated: frozenset[str]
    # Rows of each file, in the order of the files.
    rows: tuple[int, ...]


def look(files: Iterable[tuple[TableSource, str | None]]) -> Identities:
    """Count rows and find repeated ids; a file without a column of ids is only counted where that is not known."""
    rows: list[int] = []
    columns: list[pa.ChunkedArray] = []
    for source, column in files:
        if column is None and source.count is not None:
            rows.append(source.count)
            continue
        count = 0
        for table in source.batches(columns=() if column is None else (column,), geometry=False):
            count += len(table)
            if column is not None:
                columns.append(text_array(table.arrow.column(column)))
        rows.append(count)
    if not columns:
        return Identities(frozenset(), tuple(rows))
    ids = pa.chunked_array([chunk for column in columns for chunk in column.chunks], pa.string())
    if _rising(ids):
        return Identities(frozenset(), tuple(rows))
    counts = pc.value_counts(ids)
    often = counts.filter(pc.greater(counts.field("counts"), 1)).field("values").to_pylist()
    return Identities(frozenset(often) - {""}, tuple(rows))


def _rising(ids: pa.ChunkedArray) -> bool:
    """Tell whether each id stands behind the one before in the order of texts, as numbered ids do: none repeats."""
    return len(ids) < 2 or bool(pc.all(pc.less(ids[:-1], ids[1:])).as_py())  # noqa: PLR2004 - one alone is unlike all
