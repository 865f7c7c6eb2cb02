"""Workbooks (.xlsx): the sheet that holds sites, read through the same rules as a text table.

The names of the columns may stand in any of the first rows, below a title. The cells are written out as a text table in
a temporary folder, with limits on sheets, rows, columns and bytes, so that a sparse or swollen workbook costs little.
"""

from __future__ import annotations

import csv
import datetime as dt
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any, Final

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from fuling_gis.errors import FileError, LayerChoiceError
from fuling_gis.labels import sentence
from fuling_gis.readers import place as place_module
from fuling_gis.readers.delimited import open_csv
from fuling_gis.readers.heading import HEAD_ROWS, filled, head_at, trimmed
from fuling_gis.readers.shapefile import Folder
from fuling_gis.readers.table import TableSource, note
from fuling_gis.readers.told import Named, named

# Rows by which it is seen whether columns without a name hold anything.
_LOOK: Final = 1000
_MOST_COLUMNS: Final = 512
_MOST_ROWS: Final = 1_048_576
_MOST_SHEETS: Final = 64
# Rows that stand in the file without a word after which a sheet counts as ended, and bytes of the parts in all and for
# each byte in the zip.
_EMPTY_ROWS: Final = 10_000
_MOST_BYTES: Final = 1 << 30
_MOST_RATIO: Final = 100
_SMALL: Final = 4 << 20
_MOST_PARTS: Final = 5000
# Marks of a part that is neither a sheet nor its texts: openpyxl makes several objects of each; Excel has 65,490
# formats at the most. Sheets and names are looked up in one another.
_MOST_MARKS: Final = {"workbook": 30_000}
_MOST_MARKS_ELSE: Final = 300_000
_LONG: Final = ("worksheet", "sst")
_LONGEST: Final = 32_767
# Numbers from here on have more digits than Excel keeps, up to those that are no numbers of anything.
_EXACT: Final = 1e15
_LARGEST: Final = 1e25


def is_workbook(path: Path) -> bool:
    """Tell by its parts whether a zip is a workbook."""
    try:
        with zipfile.ZipFile(path) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (zipfile.BadZipFile, OSError, NotImplementedError, UnicodeDecodeError, EOFError):
        return False


def open_workbook(path: Path, *, layer: str | None = None, place: Mapping[str, str] | None = None) -> TableSource:
    """Open the sheet of sites.

    layer: the sheet's name; without it the first sheet with columns of coordinates is taken, and the others are named
    in a note. place: the columns of coordinates by key, as in `open_csv`. Raises FileError.
    """
    _check_size(path)
    _check_parts(path)
    try:
        # Opened here: openpyxl leaves a file that it refuses open.
        with path.open("rb") as file:
            return _opened(path, file, layer, place)
    except FileError:
        raise
    except Exception as e:
        # openpyxl raises what its parser meets in a broken file: KeyError, ValueError, TypeError, zip and XML errors.
        raise FileError(sentence("errors_readers.workbook", path=path, why=type(e).__name__)) from e


def _opened(path: Path, file: IO[bytes], layer: str | None, place: Mapping[str, str] | None) -> TableSource:
    import openpyxl

    book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
    try:
        names = book.sheetnames[:_MOST_SHEETS]
        if layer is not None and layer not in names:
            shown = ", ".join(names)
            raise LayerChoiceError(
                sentence("errors_readers.no_layer", path=path, layer=layer, layers=shown), offers=names
            )
        seen = []
        for name in names if layer is None else [layer]:
            sheet = book[name]
            if not hasattr(sheet, "iter_rows"):
                continue
            head = head_at(_rows(sheet, HEAD_ROWS), place)
            if head is None:
                first = next((row for row in _rows(sheet, HEAD_ROWS) if any(row)), ())
                seen += [cell for cell in first if cell]
                continue
            folder = Folder()
            target = folder.path / "sheet.csv"
            above, odd = _write(sheet, head, target)
            with named(target, path, name):
                source = open_csv(target, encoding="utf-8", place=place)
            others = [other for other in names if other != name]
            notes = (*source.notes, note("workbook_head", sheet=name, row=head + 1))
            if odd.long:
                notes = (*notes, note("workbook_digits", found=odd.long))
            if odd.ended:
                notes = (*notes, note("workbook_ended", row=odd.ended, n=f"{_EMPTY_ROWS:,}"))
            if layer is None and others:
                notes = (*notes, note("workbook_others", sheet=name, others=", ".join(others[:8])))
            return replace(
                source, path=path, stream=Named(target, path, name, source.stream),
                driver="XLSX", layer=name, notes=notes, encoding="utf-8",
                encoding_why=note("encoding_standard"), opened=target, keep=(source.keep, folder),
                crs_heading=source.crs_heading or place_module.text_elsewhere([name, *above]),
            )  # fmt: skip
    finally:
        book.close()
    raise FileError(sentence("errors_readers.no_position", path=path, fields=", ".join(map(repr, seen[:30])) or "-"))


def _check_size(path: Path) -> None:
    """Refuse a workbook that would unpack to far more than it is, or into more parts than any has."""
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = [part.file_size for part in archive.infolist()]
    except (zipfile.BadZipFile, OSError, NotImplementedError, UnicodeDecodeError, EOFError) as e:
        raise FileError(sentence("errors_readers.workbook", path=path, why=type(e).__name__)) from e
    total = sum(sizes)
    swollen = total > _MOST_BYTES or (total > _SMALL and total > _MOST_RATIO * path.stat().st_size)
    if swollen or len(sizes) > _MOST_PARTS:
        raise FileError(sentence("errors_readers.workbook_swollen", path=path))


def _check_parts(path: Path) -> None:
    """Refuse a workbook of which a part declares anything before it begins: openpyxl takes entities in some parts.

    Refuse also one of which a part that is read as a whole has more in it than any program writes.
    """
    with zipfile.ZipFile(path) as archive:
        for part in archive.infolist():
            try:
                with archive.open(part) as file:
                    found = next(iter(iterparse(file, events=("start",), forbid_dtd=True)), None)
                root = "" if found is None else str(found[1].tag).rpartition("}")[2]
                crowded = root not in _LONG and _marks(archive, part) > _MOST_MARKS.get(root, _MOST_MARKS_ELSE)
            except DefusedXmlException as e:
                raise FileError(sentence("errors_readers.workbook", path=path, why=type(e).__name__)) from e
            except Exception:  # noqa: BLE001, S112 - a picture, or broken: the library tells what is wrong
                continue
            if crowded:
                raise FileError(sentence("errors_readers.workbook_swollen", path=path))


def _marks(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> int:
    count = 0
    with archive.open(part) as file:
        while block := file.read(1 << 20):
            count += block.count(b"<")
    return count


@dataclass
class _Odd:
    """What is to be told of a sheet once its rows were read."""

    # The first number of which Excel has lost digits, "" where there is none.
    long: str = ""
    # The row behind which nothing was read any more, 0 where all was.
    ended: int = 0


def _rows(sheet: Any, most: int = _MOST_ROWS, odd: _Odd | None = None) -> Iterator[list[str]]:
    """Give the rows of a sheet as texts, empty ones left out; odd: takes up what is to be told of them."""
    empty, nothing = 0, None
    rows = islice(sheet.iter_rows(max_row=most, max_col=_MOST_COLUMNS, values_only=True), most)
    for number, row in enumerate(rows, 1):
        if row is nothing:
            # Rows that the file does not have are all one, and cost nothing.
            continue
        cells = [_text(cell) for cell in row]
        if odd is not None and not odd.long:
            odd.long = next((text for cell, text in zip(row, cells, strict=True) if _is_long(cell)), "")
        if any(cells):
            # Rows of nothing are no sites.
            empty = 0
            yield cells
        else:
            empty, nothing = empty + 1, row
            if empty > _EMPTY_ROWS:
                if odd is not None:
                    odd.ended = number
                return


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return _digits(cell)
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    if isinstance(cell, dt.datetime | dt.date | dt.time):
        return cell.isoformat()
    return str(cell).strip()[:_LONGEST]


def _digits(number: float) -> str:
    """Write a number; a whole one without an exponent, with zeros behind the 15 digits that Excel keeps.

    >>> _digits(5.00101199001011e17), _digits(7.0), _digits(0.5)
    ('500101199001011000', '7', '0.5')
    """
    if not number.is_integer() or abs(number) >= _LARGEST:
        return repr(number)
    return str(int(Decimal(repr(number))))


def _is_long(cell: object) -> bool:
    return isinstance(cell, float) and _EXACT <= abs(cell) < _LARGEST and cell.is_integer()


def _unnamed(rows: Sequence[Sequence[str]], wide: int) -> list[str]:
    """Name the columns that go on behind the last named one: minutes and seconds stand there below one heading."""
    end = wide
    while any(len(row) > end and row[end] for row in rows):
        end += 1
    return [f"column_{place}" for place in range(wide + 1, end + 1)]


def _write(sheet: Any, head: int, target: Path) -> tuple[list[str], _Odd]:
    """Write names and rows as a text table, each row as wide as the names; gives the texts above the names."""
    odd = _Odd()
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        rows = _rows(sheet, odd=odd)
        above = [*islice(rows, head)]
        names = trimmed(filled(above[-1] if above else [], next(rows, [])))
        first = [*islice(rows, _LOOK)]
        names += _unnamed(first, len(names))
        wide = len(names)
        for row in chain([names], first, rows):
            writer.writerow([cell.replace("\x00", "") for cell in (*row, *[""] * wide)[:wide]])
    return [cell for row in above for cell in row if cell], odd
