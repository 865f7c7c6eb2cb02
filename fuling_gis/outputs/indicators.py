"""The plan's figures as files: a table, JSON, a picture of bars with their targets, and maps of what changed."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from fuling_gis.indicators.change import Change
from fuling_gis.indicators.measure import Figures
from fuling_gis.indicators.model import Figure
from fuling_gis.labels import Lang, label
from fuling_gis.outputs.bars import bars_svg
from fuling_gis.outputs.change_map import change_svg
from fuling_gis.outputs.harmless import harmless
from fuling_gis.outputs.others import refuse_others
from fuling_gis.outputs.together import Together

SUFFIXES: Final = (".csv", ".json", ".svg")
COLUMNS: Final = (
    "id", "title", "value", "low", "high", "unit", "planned_2020", "target", "kind", "met", "method", "data_date",
    "accuracy_m", "indicative", "clause",
)  # fmt: skip

_NUMBERS: Final = ("value", "low", "high", "planned_2020", "accuracy_m")


def write_indicators(figures: Figures, path: Path, lang: Lang) -> tuple[Path, ...]:
    """Write all files beside each other: they appear together when all are whole, or none does.

    path: the name of any of them, or the name without a suffix. Raises OutputError where they cannot be written, or
    where other files have their names.
    """
    base = path.with_suffix("") if path.suffix.lower() in SUFFIXES else path
    writers: dict[str, Callable[[], str]] = {
        ".csv": lambda: "\ufeff" + _csv(figures, lang),
        ".json": lambda: json.dumps(as_data(figures), ensure_ascii=False, indent=2) + "\n",
        ".svg": lambda: bars_svg(figures, lang),
    }
    for name, change in figures.changes.items():
        writers[f"-{name}.svg"] = _mapped(change, figures, lang)
    refuse_others(base.with_name(base.name + ending) for ending in writers)
    with Together(base) as together:
        for ending, write in writers.items():
            together.write(base.name + ending, write().encode())
        return together.publish()


def _mapped(change: Change, figures: Figures, lang: Lang) -> Callable[[], str]:
    return lambda: change_svg(change, figures.district, lang)


def as_data(figures: Figures) -> dict[str, Any]:
    """Give the figures as JSON values, every text in both languages."""
    return {
        "workspace": figures.workspace,
        "as_of": figures.as_of.isoformat(),
        "indicators": [_entry(figure) for figure in figures.figures],
        "changes": {name: _changed(change) for name, change in figures.changes.items()},
    }


def _entry(figure: Figure) -> dict[str, Any]:
    one = figure.indicator
    target = one.target
    return {
        "id": one.id,
        "title": dict(one.title),
        "value": figure.value,
        "low": figure.low,
        "high": figure.high,
        "unit": one.unit,
        "planned_2020": one.planned,
        "target": None if target is None else {"min": target.least, "max": target.most},
        "kind": one.kind,
        "met": figure.met,
        "method": dict(figure.method),
        "data_date": dict(figure.dates),
        "accuracy_m": figure.accuracy_m,
        "indicative": figure.indicative,
        "clause": one.clause,
    }


def _changed(change: Change) -> dict[str, Any]:
    figures = ("before_ha", "after_ha", "gained_ha", "lost_ha", "net_ha", "low_ha", "high_ha")
    return {name: getattr(change, name) for name in figures}


def rows(figures: Figures, lang: Lang) -> Iterator[dict[str, str]]:
    """Give the figures as texts in one language, by column."""
    for figure in figures.figures:
        one = figure.indicator
        yield {
            "id": one.id,
            "title": one.title[lang],
            "value": shown(figure.value, one.unit),
            "low": shown(figure.low, one.unit),
            "high": shown(figure.high, one.unit),
            "unit": label(f"indicators.unit_{one.unit}", lang),
            "planned_2020": "" if one.planned is None else f"{one.planned:.10g}",
            "target": "" if one.target is None else one.target.text,
            "kind": label(f"indicators.kind_{one.kind}", lang),
            "met": label(f"indicators.met_{figure.met}", lang) if figure.met else "",
            "method": figure.method[lang],
            "data_date": "; ".join(f"{name} {date or _undated(lang)}" for name, date in figure.dates.items()),
            "accuracy_m": "" if figure.accuracy_m is None else f"{figure.accuracy_m:g}",
            "indicative": "" if figure.value is None else str(figure.indicative).lower(),
            "clause": one.clause,
        }


def shown(value: float | None, unit: str) -> str:
    """Write a figure as its unit asks: counts whole, shares to a hundredth."""
    if value is None:
        return ""
    return f"{value:.0f}" if unit == "count" else f"{value:.2f}"


def _undated(lang: Lang) -> str:
    return label("indicators.undated", lang)


def _csv(figures: Figures, lang: Lang) -> str:
    told = list(rows(figures, lang))
    columns = {}
    for name in COLUMNS:
        texts = [row[name] for row in told]
        columns[name] = texts if name in _NUMBERS else harmless(pa.array(texts, pa.string())).to_pylist()
    page = io.StringIO()
    writer = csv.writer(page, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(zip(*columns.values(), strict=True))
    return page.getvalue()
