"""result.xlsx: the tables of a run for people, in their language, to sort and to filter.

Written row by row from the finished GeoParquet files, so that memory does not grow with them. Every text is written as
text: what looks like a formula or an address stays what it is.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from fuling_gis.labels import Lang, label
from fuling_gis.layers.schema import kinds
from fuling_gis.outputs.columns import RULE_COLUMNS, RULE_TEXTS, kind, title
from fuling_gis.outputs.harmless import TURNING
from fuling_gis.outputs.limits import limits
from fuling_gis.outputs.palette import colour, verdict_name
from fuling_gis.outputs.parquet import Layer, parquet_path
from fuling_gis.outputs.rules_table import rules_table
from fuling_gis.outputs.tables import FINDINGS_WITH_TEXTS
from fuling_gis.outputs.tally import Tally
from fuling_gis.outputs.told import cause, reading
from fuling_gis.overlay.result import FINDING_COLUMNS, SITE_COLUMNS, Run
from fuling_gis.overlay.units import UNIT_LAYER, items_of
from fuling_gis.verdicts import VERDICTS

NAME: Final = "result.xlsx"
# Excel's own ends, the row of titles counted.
MOST_ROWS: Final = 1_048_576
MOST_TEXT: Final = 32_767
# Rows read at a time.
_ROWS: Final = 16_384
# Widths in characters; a Chinese one is as wide as two.
_NARROWEST: Final = 6
_WIDEST: Final = 48
# Rows whose texts decide how wide a column is.
_LOOKED_AT: Final = 200
# A book has the date of the run's day, so that the same run gives the same bytes.
_CONTROLS: Final = re.compile(rf"[{TURNING}\x00-\x08\x0b-\x1f\x7f-\x9f￾￿]")
# Columns whose codes have names for people, and where these stand.
_NAMED: Final = {
    "verdict": "verdict",
    "possible": "verdict",
    "effect": "effect",
    "answer": "answer",
    "part_answer": "answer",
    "status": "state",
}
# Columns that hold several names for programs, `;` between them.
_SEVERAL: Final = ("cause", "depends_on", "readings")
_PREDICATES: Final = tuple(
    f"{no}{predicate}" for no in ("", "not ") for predicate in ("in", "near", "outside", "visible_from")
)
_COLOURED: Final = ("verdict", "possible")
_FORMATS: Final = {"integer": "0", "measure": "#,##0.00", "share": "0.00%"}
Cell = str | float | int | None


def write_workbook(folder: Path, run: Run, tally: Tally) -> None:
    """Make result.xlsx in a folder from the GeoParquet files there."""
    with xlsxwriter.Workbook(
        folder / NAME,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": False,
        },
    ) as book:
        said = {"title": label("workbook.title", run.lang), "comments": limits()[run.lang], "created": _day(run)}
        book.set_properties(said)
        _Book(book, run, tally, folder).write()


class _Book:
    def __init__(self, book: xlsxwriter.Workbook, run: Run, tally: Tally, folder: Path) -> None:
        self._book, self._run, self._tally, self._folder = book, run, tally, folder
        self._lang: Lang = run.lang
        self._kept: dict[tuple[Any, ...], Format] = {}
        self._said: dict[tuple[str, str], str] = {}

    def write(self) -> None:
        """Write every sheet."""
        self._summary()
        self._table("sites", SITE_COLUMNS, self._rows("sites", SITE_COLUMNS))
        # With very many findings the rules' texts stand in the sheet of rules only, as in findings.csv.
        lean = self._tally.findings > FINDINGS_WITH_TEXTS
        columns = [name for name in FINDING_COLUMNS if not (lean and name in RULE_TEXTS)]
        self._table("findings", columns, self._rows("findings", columns))
        self._table("rules", RULE_COLUMNS, _listed(rules_table(self._run, self._tally).to_pydict()))
        self._units()
        self._layers()
        self._unasked()

    def _words(self, entry: str, **values: object) -> str:
        return label(f"workbook.{entry}", self._lang, **values)

    def _format(self, **wanted: object) -> Format:
        key = tuple(sorted(wanted.items()))
        if key not in self._kept:
            self._kept[key] = self._book.add_format({"font_name": self._font, "font_size": 10, **wanted})
        return self._kept[key]

    @cached_property
    def _font(self) -> str:
        return "微软雅黑" if self._lang == "zh" else "Calibri"

    def _sheet(self, name: str) -> Worksheet:
        sheet = self._book.add_worksheet(name)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_header("&R&P / &N")
        sheet.set_footer(f"&L{_short(limits()[self._lang])}")
        return sheet

    def _summary(self) -> None:
        sheet = self._sheet(self._words("sheet_summary"))
        sheet.set_column(0, 0, 30)
        sheet.set_column(1, 2, 26)
        sheet.set_column(3, 3, 60)
        wrap = self._format(text_wrap=True, valign="top")
        sheet.write_string(0, 0, self._words("title"), self._format(bold=True, font_size=16))
        said = self._words("asked", workspace=str(self._run.facts.get("workspace", "")), day=self._run.as_of)
        sheet.write_string(1, 0, clean(said), self._format(font_color="#555555"))
        sheet.merge_range(2, 0, 2, 3, "", wrap)
        loud = self._format(text_wrap=True, valign="top", bold=True, font_color="#7A0010")
        sheet.write_string(2, 0, limits()[self._lang], loud)
        sheet.set_row(2, 48)
        head = self._format(bold=True, bottom=1, text_wrap=True, valign="top")
        for column, entry in enumerate(("verdict", "sites", "possible")):
            sheet.write_string(4, column, self._words(f"count_{entry}"), head)
        verdicts, possible = self._tally.verdicts(), self._tally.possible()
        at = 5
        for verdict in VERDICTS:
            sheet.write_string(at, 0, verdict_name(verdict, self._lang), self._coloured(verdict))
            sheet.write_number(at, 1, verdicts.get(verdict, 0), self._format(num_format="#,##0"))
            sheet.write_number(at, 2, possible.get(verdict, 0), self._format(num_format="#,##0"))
            at += 1
        sheet.write_string(at, 0, self._words("total"), self._format(bold=True, top=1))
        for column in (1, 2):
            sheet.write_number(at, column, self._tally.rows, self._format(bold=True, top=1, num_format="#,##0"))
        at += 2
        sheet.write_string(at, 0, self._words("notices"), self._format(bold=True))
        for notice in self._run.notices:
            at += 1
            text = clean(notice[self._lang])
            sheet.merge_range(at, 0, at, 3, "", wrap)
            sheet.write_string(at, 0, text, wrap)
            sheet.set_row(at, 15 * max(1, -(-width(text) // 110)))
        at += 2
        sheet.write_string(at, 0, self._words("files"), self._format(bold=True))
        inputs = self._run.facts.get("inputs")
        for each in inputs if isinstance(inputs, Sequence) else []:
            if isinstance(each, Mapping):
                at += 1
                sheet.write_string(at, 0, clean(Path(str(each.get("path", ""))).name), self._format())
                sheet.write_string(
                    at, 1, clean(f"SHA-256 {each.get('sha256', '')}"), self._format(font_color="#555555")
                )

    def _coloured(self, verdict: str) -> Format:
        fill = colour(verdict)
        return self._format(bg_color=fill, font_color="#FFFFFF" if _dark(fill) else "#000000")

    def _rows(self, layer: Layer, columns: Sequence[str]) -> Iterator[tuple[Cell, ...]]:
        with pq.ParquetFile(parquet_path(self._folder, layer)) as source:
            for batch in source.iter_batches(_ROWS, columns=list(columns)):
                yield from _listed(batch.to_pydict())

    def _table(self, name: str, columns: Sequence[str], rows: Iterable[tuple[Cell, ...]]) -> None:
        """Write a table, on as many sheets as it takes."""
        waiting, number, more = iter(rows), 1, True
        first = _taken(waiting, _LOOKED_AT)
        names = [title(column, self._lang) for column in columns]
        while more:
            label_of = self._words(f"sheet_{name}") + (f" {number}" if number > 1 else "")
            sheet = self._sheet(label_of)
            shown = [[self._shown(column, cell) for column, cell in zip(columns, row, strict=True)] for row in first]
            for place, text in enumerate(names):
                widest = max([width(text) + 3, *(width(str(row[place] or "")) for row in shown)])
                sheet.set_column(place, place, min(max(widest + 1, _NARROWEST), _WIDEST))
            head = self._format(bold=True, bg_color="#E8EEF4", bottom=1, text_wrap=True, valign="vcenter")
            sheet.set_row(0, 32)
            for place, text in enumerate(names):
                sheet.write_string(0, place, text, head)
            sheet.freeze_panes(1, 4 if name == "sites" else 3)
            sheet.repeat_rows(0)
            at = 1
            for row in first:
                self._row(sheet, at, columns, row)
                at += 1
            for row in waiting:
                self._row(sheet, at, columns, row)
                at += 1
                if at == MOST_ROWS:
                    break
            sheet.autofilter(0, 0, max(at - 1, 1), len(columns) - 1)
            first = _taken(waiting, _LOOKED_AT) if at == MOST_ROWS else []
            more, number = bool(first), number + 1

    def _row(self, sheet: Worksheet, at: int, columns: Sequence[str], row: Sequence[Cell]) -> None:
        for place, (column, cell) in enumerate(zip(columns, row, strict=True)):
            if cell is None or cell == "":
                continue
            what = kind(column)
            if what != "text" and isinstance(cell, int | float):
                sheet.write_number(at, place, cell, self._format(num_format=_FORMATS[what]))
            elif column in _COLOURED:
                sheet.write_string(at, place, self._shown(column, cell), self._coloured(str(cell)))
            else:
                sheet.write_string(at, place, self._shown(column, cell), self._format())

    def _shown(self, column: str, cell: Cell) -> str:
        """Give a cell's text: codes by their names, all else as it is."""
        text = "" if cell is None else str(cell)
        part = _NAMED.get(column)
        if part and text:
            return label(f"workbook.state_{text}" if part == "state" else f"outputs.{part}_{text}", self._lang)
        if column == "layer" and text in self._run.layers:
            return clean(self._run.layers[text].title[self._lang])
        if column == "predicate" and text in _PREDICATES:
            return self._words(f"predicate_{text.replace(' ', '_')}")
        if column == "everywhere" and text in ("yes", "no"):
            return self._words(text)
        if column in _SEVERAL and text:
            return self._several(column, text)
        return clean(text)

    def _several(self, column: str, text: str) -> str:
        """Say what several names mean; a table has few different ones, again and again."""
        if (column, text) not in self._said:
            tell = self._cause if column == "cause" else self._reading
            self._said[column, text] = clean("; ".join(tell(one) for one in text.split(";")))
        return self._said[column, text]

    def _cause(self, name: str) -> str:
        return cause(name, self._run, self._lang)[0]

    def _reading(self, choice: str) -> str:
        return reading(choice, self._run, self._lang)

    def _units(self) -> None:
        """List what the access lists say of the units that sites lie in, once for each unit."""
        layer = self._run.layers.get(UNIT_LAYER)
        counts = {name: Counter[str]() for name in ("units", "units_maybe")}
        for row in self._rows("sites", list(counts)):
            for name, cell in zip(counts, row, strict=True):
                counts[name].update(code for code in str(cell or "").split(";") if code)
        rows: list[tuple[Cell, ...]] = []
        if layer is not None:
            codes = layer.fields.get("code", layer.fields["id"])
            category = layer.fields.get("category")
            # A unit may lie in several features.
            first = {str(code): place for place, code in reversed(list(enumerate(codes)))}
            for code in sorted({*counts["units"], *counts["units_maybe"]}):
                place = first.get(code)
                about = "" if place is None or category is None else str(category[place] or "")
                items = () if place is None else items_of(layer, place)
                for dimension, item in items or (("", ""),):
                    named = label(f"map.dimension_{dimension}", self._lang) if dimension else ""
                    rows.append((code, about, counts["units"][code], counts["units_maybe"][code], named, item))
        heads = ("code", "category", "sites", "maybe", "dimension", "item")
        self._plain("units", [self._words(f"unit_{head}") for head in heads], rows)

    def _layers(self) -> None:
        columns = ("id", "title", "features", "accuracy", "from", "to", "covers", "indicative", "source", "sha256")
        rows = []
        for layer_id in sorted(self._run.layers):
            layer = self._run.layers[layer_id]
            rows.append(
                (
                    layer_id,
                    layer.title[self._lang],
                    len(layer.geometry),
                    float(layer.accuracy_m),
                    _text(layer.valid_from),
                    _text(layer.valid_to),
                    self._covered(layer.covers),
                    self._words("yes" if layer.indicative else "no"),
                    _text(layer.source),
                    _text(layer.file_hash),
                )
            )
        self._plain("layers", [self._words(f"layer_{column}") for column in columns], rows)

    def _covered(self, covers: str) -> str:
        if covers in self._run.layers:
            return self._run.layers[covers].title[self._lang]
        return self._words("covers_own") if covers == "own" else covers

    def _unasked(self) -> None:
        rows = [
            (rule_id, self._title(rule_id), "; ".join(kinds()[layer].title[self._lang] for layer in layers))
            for rule_id, layers in sorted(self._run.unchecked.items())
        ]
        self._plain("unasked", [self._words(f"unasked_{column}") for column in ("rule", "title", "layers")], rows)

    def _title(self, rule_id: str) -> str:
        return next((rule.title[self._lang] for rule in self._run.rules if rule.id == rule_id), "")

    def _plain(self, name: str, names: Sequence[str], rows: Sequence[tuple[Cell, ...]]) -> None:
        sheet = self._sheet(self._words(f"sheet_{name}"))
        head = self._format(bold=True, bg_color="#E8EEF4", bottom=1, text_wrap=True, valign="vcenter")
        for place, text in enumerate(names):
            widest = max([width(text) + 3, *(width(str(row[place])) + 1 for row in rows)])
            sheet.set_column(place, place, min(widest, _WIDEST))
            sheet.write_string(0, place, text, head)
        for at, row in enumerate(rows, 1):
            for place, cell in enumerate(row):
                if isinstance(cell, int | float):
                    sheet.write_number(at, place, cell, self._format())
                else:
                    sheet.write_string(at, place, clean(cell or ""), self._format())
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, max(len(rows), 1), len(names) - 1)


def clean(text: str) -> str:
    """Give a text as a cell can hold it: no controls, no marks that turn it, no broken Unicode, not too long."""
    whole = _CONTROLS.sub("", text.encode("utf-8", "replace").decode())
    return whole if len(whole) <= MOST_TEXT else whole[: MOST_TEXT - 1] + "…"


def width(text: str) -> int:
    """Give how wide a text is in characters, a wide one counted as two; of several lines the widest."""
    return max(sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line) for line in text.split("\n"))


def _listed(columns: Mapping[str, Sequence[Cell]]) -> Iterator[tuple[Cell, ...]]:
    return zip(*columns.values(), strict=True)


def _taken(rows: Iterator[tuple[Cell, ...]], most: int) -> list[tuple[Cell, ...]]:
    return [row for _, row in zip(range(most), rows, strict=False)]


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _day(run: Run) -> dt.datetime:
    return dt.datetime.combine(run.as_of, dt.time())


def _dark(fill: str) -> bool:
    red, green, blue = (int(fill[i : i + 2], 16) for i in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue < 128  # noqa: PLR2004 - half way to white


def _short(text: str) -> str:
    """Cut a footer to what Excel allows, its own signs made harmless."""
    return text.replace("&", "&&")[:200]
