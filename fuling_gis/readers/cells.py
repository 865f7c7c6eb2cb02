"""The cells of a text table: columns of text, a block of the file at a time.

What is a row and what a cell is as Python's `csv` has it. Blocks that hold nothing unusual, nearly all of them, are
taken apart by Arrow, which has it the same way there and makes no Python object for each cell.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import Final, TextIO

import pyarrow as pa
import pyarrow.csv as arrow_csv

from fuling_gis.errors import FileError
from fuling_gis.labels import sentence
from fuling_gis.readers.heading import HEAD_ROWS

# A cell of more characters is a broken quotation, not a value; the WKT of a large outline stays below.
_CELL: Final = 50_000_000
# A line with as many cells as there are columns, at least so many, is a row where two of them are figures, as in a
# position; the corners of a WKT are none, for a gap is between theirs.
_ROW_CELLS: Final = 3
_FIGURE: Final = re.compile(r"\s*\S*\d\S*\s*")
_LINE_END: Final = re.compile(r"\r\n?|\n")
# Characters in which the names of the columns are looked for.
_HEAD: Final = 1 << 20
# Characters of a block.
_BLOCK: Final = 1 << 22


@dataclass(frozen=True)
class Sheet:
    """How a text table is to be taken apart."""

    path: Path
    encoding: str
    delimiter: str
    # Lines before the one with the names.
    before: int
    # Names of the columns, made unique, and as they stand in the file.
    fields: tuple[str, ...]
    given: tuple[str, ...]


def first_row(path: Path, encoding: str, delimiter: str, before: int) -> list[str]:
    """Give the cells of the row with the names; empty where there is none."""
    with _opened(path, encoding) as file:
        text = _Text(path, file, delimiter, before)
        return next(text.rows(""), [])


def head_text(path: Path, encoding: str) -> str:
    """Give the beginning of a text, in which the names of the columns are looked for."""
    with _opened(path, encoding) as file:
        return file.read(_HEAD)


def rows_of(text: str, delimiter: str, before: int) -> list[tuple[int, list[str]]]:
    """Take the beginning of a text apart; gives each row that holds anything, after the number of lines above it.

    before: lines that are passed over. What stands behind a broken quotation, or is cut, is left out.
    """
    reader = csv.reader(islice(io.StringIO(text, newline=""), before, None), delimiter=delimiter)
    found, line = [], before
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                found.append((line, row))
            line = before + reader.line_num
            if len(found) >= HEAD_ROWS:
                break
    except csv.Error:
        return found
    return found[:-1] if len(text) >= _HEAD and len(found) < HEAD_ROWS else found


def pieces(sheet: Sheet, size: int, columns: tuple[str, ...] | None = None) -> Iterator[pa.Table]:
    """Give all rows below the names, `size` at a time and the rest; empty lines are none.

    columns: those wanted, None for all.
    """
    held: list[pa.Table] = []
    for table in _tables(sheet, sheet.fields if columns is None else columns):
        held.append(table)
        if sum(map(len, held)) >= size:
            whole = pa.concat_tables(held).combine_chunks()
            full = len(whole) - len(whole) % size
            yield from (whole.slice(start, size) for start in range(0, full, size))
            held = [whole.slice(full)]
    if sum(map(len, held)):
        yield pa.concat_tables(held).combine_chunks()


def _tables(sheet: Sheet, columns: tuple[str, ...]) -> Iterator[pa.Table]:
    # The number of the last line given, where every row is one line.
    line = sheet.before + 1
    with _opened(sheet.path, sheet.encoding) as file:
        text = _Text(sheet.path, file, sheet.delimiter, sheet.before)
        next(text.rows(""), None)
        while block := text.block():
            table = _by_arrow(sheet, block, columns) if _usual(block, sheet.delimiter) else None
            if table is not None:
                line += len(table)
                yield table
                continue
            rows = list(text.rows(block))
            yield _by_rows(sheet, rows, line).select(list(columns))
            line += len(rows)


class _Lines:
    """Lines on their way, and those taken since somebody last emptied the list."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.lines = lines
        self.taken: list[str] = []
        # Whether more was asked for than there is: by a row that is not finished, or for one more row.
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        for line in self.lines:
            self.taken.append(line)
            yield line
        self.ended = True


class _Text:
    """The text of a table, taken in blocks of whole lines or row by row."""

    def __init__(self, path: Path, file: TextIO, delimiter: str, before: int) -> None:
        self.path, self.file, self.delimiter = path, file, delimiter
        # What was read of the file and not taken yet: part of a line.
        self.left = ""
        # Lines taken.
        self.lines = 0
        # Cells of the first row that was taken; 0 before.
        self.width = 0
        for _ in islice(iter(self._line, ""), before):
            # Lines before the names say nothing.
            continue

    def block(self) -> str:
        """Take lines until there are many characters; "" at the end."""
        parts = [self.left]
        while more := self.file.read(_BLOCK):
            parts.append(more)
            if "\n" in more:
                break
        text = "".join(parts)
        end = text.rfind("\n") + 1 if more else len(text)
        text, self.left = text[:end], text[end:]
        self.lines += text.count("\n")
        return text

    def rows(self, block: str) -> Iterator[list[str]]:
        """Take a block apart, "" for a single row: a row that the block leaves unfinished is finished from the file.

        A row of several lines is one only where that is beyond doubt; else rows would be lost in a cell of another.
        """
        line = self.lines - block.count("\n") + 1
        inside = io.StringIO(block, newline="")
        csv.field_size_limit(_CELL)
        lines = _Lines(chain(inside, iter(self._line, "")))
        reader = csv.reader(lines, delimiter=self.delimiter)
        while True:
            try:
                row = next(reader, None)
            except csv.Error as e:
                at = line + max(len(lines.taken) - 1, 0)
                raise FileError(sentence("errors_readers.no_table", path=self.path, line=at, why=e)) from e
            if row is None:
                return
            if lines.ended:
                raise FileError(sentence("errors_readers.quote_open", path=self.path, line=line))
            if len(lines.taken) > 1 and self._swallows(lines.taken, row):
                last = line + len(lines.taken) - 1
                raise FileError(sentence("errors_readers.quote_stray", path=self.path, line=line, last=last))
            line += len(lines.taken)
            lines.taken.clear()
            self.width = self.width or len(row)
            yield row
            if inside.tell() >= len(block):
                return

    def _swallows(self, lines: list[str], row: list[str]) -> bool:
        """Tell whether a row of several lines may be more rows: a quotation ends inside a cell, or holds whole rows."""
        try:
            list(csv.reader(lines, delimiter=self.delimiter, strict=True))
        except csv.Error:
            return True
        if self.width < _ROW_CELLS:
            return False
        behind = (line.split(self.delimiter) for cell in row for line in _LINE_END.split(cell)[1:])
        return any(len(cells) == self.width and sum(map(bool, map(_FIGURE.fullmatch, cells))) > 1 for cells in behind)

    def _line(self) -> str:
        if "\n" not in self.left:
            self.left += self.file.readline()
        line = next(io.StringIO(self.left, newline=""), "")
        self.left = self.left[len(line) :]
        self.lines += bool(line)
        return line


@contextmanager
def _opened(path: Path, encoding: str) -> Iterator[TextIO]:
    try:
        with path.open(encoding=encoding, newline="") as file:
            yield file
    except UnicodeDecodeError as e:
        raise FileError(sentence("errors_readers.not_throughout", path=path, encoding=encoding, byte=e.start)) from e


def _usual(block: str, delimiter: str) -> bool:
    """Tell whether Arrow sees the rows and cells of a block as `csv` does.

    It does where lines end as usual and none is empty, and where every quotation mark opens, closes or is doubled
    inside a cell that is quoted as a whole. Cells of several lines are looked at by `_Text.rows`.
    """
    odd = "\r" in block and (block.count("\r") != block.count("\r\n") or "\n\r\n" in block)
    if odd or "\n\n" in block or block[0] in "\r\n\ufeff" or not delimiter.isascii():
        return False
    if '"' not in block:
        return True
    edge = re.escape(delimiter)
    rest = re.sub(rf'(?<![^{edge}\n])"[^"]*(?:""[^"]*)*"(?=[{edge}\r\n]|\Z)', "", block)
    return '"' not in rest and rest.count("\n") == block.count("\n")


def _by_arrow(sheet: Sheet, block: str, columns: tuple[str, ...]) -> pa.Table | None:
    """Take a block apart; None where a row has more cells than there are names, or fewer."""
    data = block.encode()
    try:
        return arrow_csv.read_csv(
            pa.BufferReader(data),
            read_options=arrow_csv.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=sheet.fields),
            parse_options=arrow_csv.ParseOptions(delimiter=sheet.delimiter, newlines_in_values=True),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(sheet.fields, pa.string()),
                include_columns=columns,
                null_values=[],
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        return None


def _by_rows(sheet: Sheet, rows: list[list[str]], line: int) -> pa.Table:
    width = len(sheet.fields)
    kept = [row for row in rows if row]
    if max(map(len, kept), default=0) > width:
        _check_width(sheet, rows, line)
    # The last of each column only makes sure that there are `width` columns.
    cells = list(zip_longest(*kept, [""] * width, fillvalue=""))
    return pa.table([pa.array(column[:-1], pa.string()) for column in cells[:width]], names=sheet.fields)


def _check_width(sheet: Sheet, rows: list[list[str]], line: int) -> None:
    """Refuse rows with text beyond the last named column: a stray delimiter has shifted what stands before it."""
    width = len(sheet.fields)
    wide = [line + at + 1 for at, row in enumerate(rows) if any(cell.strip() for cell in row[width:])]
    if wide:
        shown = ", ".join(map(str, wide[:5])) + (", ..." if len(wide) > 5 else "")  # noqa: PLR2004
        raise FileError(sentence("errors_readers.too_wide", path=sheet.path, n=len(wide), width=width, rows=shown))
