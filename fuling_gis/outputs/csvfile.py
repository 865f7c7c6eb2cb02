r"""One CSV file, written a table at a time: UTF-8 with BOM, comma, `\n`, numbers with a point, empty for none."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from fuling_gis.outputs.columns import DECIMALS, kind
from fuling_gis.outputs.harmless import harmless
from fuling_gis.outputs.part import whole

# Rows that become text at once: bounds memory, and keeps the text under Arrow's 2 GB for one array.
_ROWS: Final = 65_536


class CsvFile:
    """A CSV file that grows; its columns are fixed by its first line."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        """Begin a new file with its header."""
        self._columns = tuple(columns)
        self._file = path.open("wb")
        head = io.StringIO()
        csv.writer(head, lineterminator="\n").writerow(self._columns)
        self._file.write(b"\xef\xbb\xbf" + head.getvalue().encode())

    def add(self, table: pa.Table) -> None:
        """Append the rows of a table, which has the file's columns in any order."""
        for start in range(0, table.num_rows, _ROWS):
            self._file.write(lines(table.slice(start, _ROWS).select(self._columns)))

    def close(self) -> None:
        """End the file."""
        self._file.close()


def lines(table: pa.Table) -> memoryview | bytes:
    """Give the rows of a table as the bytes of CSV lines."""
    if not table.num_rows:
        return b""
    cells = [_cells(whole(table[name]), kind(name)) for name in table.column_names]
    cells[-1] = pc.binary_join_element_wise(cells[-1], "\n", "")
    # The data of an array of strings is its strings one after another: all lines, without a copy.
    _, ends, data = pc.binary_join_element_wise(*cells, ",").buffers()
    return memoryview(data)[: memoryview(ends).cast("i")[table.num_rows]]


def _cells(column: pa.Array, what: str) -> pa.Array:
    """Write a column as text, one cell a row, "" for none."""
    if what == "text":
        # Most columns repeat few words: each word is treated once.
        words = column if isinstance(column, pa.DictionaryArray) else column.dictionary_encode()
        return pc.fill_null(_quoted(harmless(words.dictionary)).take(words.indices), "")
    if what in DECIMALS:
        # Decimals are written in full; a float may come out as 1e+16.
        column = column.cast(pa.decimal128(38, DECIMALS[what]), safe=False)
    return pc.fill_null(column.cast(pa.string()), "")


def _quoted(text: pa.Array) -> pa.Array:
    needs = pc.match_substring_regex(text, '[",]')
    doubled = pc.binary_join_element_wise('"', pc.replace_substring(text, '"', '""'), '"', "")
    return pc.if_else(needs, doubled, text)
