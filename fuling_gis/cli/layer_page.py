"""Layers on a terminal: the list, and one layer with its schema and what loading it tells."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Sequence

from fuling_gis.checkup import Doubt, LayerReport, report_layer
from fuling_gis.cli.terminal import Terminal
from fuling_gis.errors import UsageError
from fuling_gis.layers.catalog import Entry
from fuling_gis.layers.loader import period
from fuling_gis.layers.model import UNSTATED_ACCURACY_M, Layer
from fuling_gis.layers.schema import Field, kinds
from fuling_gis.workspace import Workspace


def print_list(terminal: Terminal, workspace: Workspace, on: dt.date, *, as_json: bool) -> None:
    """Print the layers that are there on a day, then those that rules ask for and that are not."""
    entries = {key: entry for key in kinds() if (entry := workspace.catalog.entry(key, on)) is not None}
    missing = workspace.missing(on)
    if as_json:
        there = {key: _as_data(entry) for key, entry in entries.items()}
        terminal.json({"layers": there, "missing": {key: dict(reason) for key, reason in missing.items()}})
        return
    terminal.line(terminal.words("layers_of", name=workspace.name, folder=workspace.root, crs=workspace.crs, as_of=on))
    columns = ("layer", "title", "file", "accuracy", "covers", "valid", "remark")
    terminal.table(
        [terminal.words(f"column_{column}") for column in columns],
        [_row(key, entry, terminal) for key, entry in entries.items()],
    )
    rows = [(key, kinds()[key].title[terminal.lang], reason[terminal.lang]) for key, reason in missing.items()]
    terminal.list(terminal.words("layers_missing", n=len(rows)), rows)
    terminal.line()
    terminal.line(terminal.words("layers_next"))


def print_layer(terminal: Terminal, workspace: Workspace, layer_id: str, on: dt.date) -> None:
    """Print what the catalogue says of a layer, what its fields mean, and what loading it tells.

    Raises UsageError where no rule knows a layer of that id.
    """
    kind = kinds().get(layer_id)
    if kind is None:
        near = ", ".join(difflib.get_close_matches(layer_id, kinds(), n=3) or kinds())
        raise UsageError(terminal.words("no_such_layer", name=layer_id, near=near))
    report = report_layer(workspace, layer_id, on)
    lang = terminal.lang
    rows = [("state", state(report, terminal))]
    rows += _declared(report.entry, terminal) if report.entry else []
    rows += [("version", period(version)[lang]) for version in report.versions if version is not report.entry]
    rows.append(("rules", " ".join(report.rules)))
    terminal.list(f"{layer_id}  {report.title[lang]}", _named(rows, terminal))
    terminal.list(terminal.words("head_fields"), [_field(field, report, terminal) for field in kind.fields.values()])
    if report.layer is not None:
        terminal.list(terminal.words("head_loaded"), _named(_loaded(report, report.layer, terminal), terminal))


def state(report: LayerReport, terminal: Terminal) -> str:
    """Say whether a layer can be used, and why not."""
    why = report.fault_words or report.reason
    word = terminal.words(f"state_{report.state}")
    return f"{word}: {why[terminal.lang]}" if why else word


def doubtful(doubt: Doubt, terminal: Terminal) -> str:
    """Say how many features a rule cannot be sure to mean."""
    entry = "doubt_unmapped" if doubt.unmapped else "doubt_values"
    return terminal.words(entry, field=doubt.field, n=doubt.features, rules=" ".join(doubt.rules))


def _row(key: str, entry: Entry, terminal: Terminal) -> list[object]:
    accuracy = "?" if entry.accuracy_m is None else f"{entry.accuracy_m:g} m"
    remark = terminal.words("indicative") if entry.indicative else ""
    file = f"{entry.shown_path}::{entry.layer}" if entry.layer else entry.shown_path
    return [key, entry.title[terminal.lang], file, accuracy, entry.covers, _valid(entry), remark]


def _valid(entry: Entry) -> str:
    return f"{entry.valid_from or ''} – {entry.valid_to or ''}" if entry.valid_from or entry.valid_to else ""


def _named(rows: Sequence[tuple[str, str]], terminal: Terminal) -> list[tuple[str, str]]:
    return [(terminal.words(f"facet_{name}"), text) for name, text in rows if text]


def _declared(entry: Entry, terminal: Terminal) -> list[tuple[str, str]]:
    unstated = terminal.words("accuracy_unstated", metres=f"{UNSTATED_ACCURACY_M:g}")
    return [
        ("file", f"{entry.shown_path}::{entry.layer}" if entry.layer else entry.shown_path),
        ("valid", period(entry)[terminal.lang]),
        ("accuracy", unstated if entry.accuracy_m is None else f"{entry.accuracy_m:g} m"),
        ("covers", entry.covers or terminal.words("covers_nothing")),
        ("origin", entry.source),
        ("remark", terminal.words("indicative") if entry.indicative else ""),
        ("place", entry.place),
    ]


def _field(field: Field, report: LayerReport, terminal: Terminal) -> tuple[str, str, str]:
    column = report.entry.fields.get(field.name, "") if report.entry else ""
    mapped = terminal.words("not_mapped") if report.entry and not column else column
    allowed = f" ({' | '.join(field.allowed)})" if field.allowed else ""
    return field.name, mapped, field.title[terminal.lang] + allowed


def _loaded_raster(layer: Layer, terminal: Terminal) -> list[tuple[str, str]]:
    import numpy as np

    notices = [("notice", notice[terminal.lang]) for notice in layer.notices]
    relief = layer.relief
    if relief is None:
        return notices
    left, bottom, right, top = relief.grid.bounds
    heights = f"{np.nanmin(relief.heights):,.0f} – {np.nanmax(relief.heights):,.0f} m"
    return [
        ("cells", f"{relief.grid.nx:,} × {relief.grid.ny:,}, {relief.grid.cell_m:g} m"),
        ("heights", f"{heights}, ±{relief.error_m:g} m"),
        ("bounds", f"{left:.1f}, {bottom:.1f}, {right:.1f}, {top:.1f} ({layer.crs})"),
        *notices,
    ]


def _loaded(report: LayerReport, layer: Layer, terminal: Terminal) -> list[tuple[str, str]]:
    if layer.relief is not None or layer.land_cover is not None:
        return _loaded_raster(layer, terminal)
    import shapely

    left, bottom, right, top = shapely.total_bounds(layer.geometry)
    counted = {
        name: ", ".join(f"{value or terminal.words('empty')} {n:,}" for value, n in counts)
        for name, counts in (report.values or {}).items()
    }
    return [
        ("features", terminal.words("features", n=f"{report.features:,}", vertices=f"{report.vertices:,}")),
        ("area", f"{report.area_km2:,.2f} km2" if report.area_km2 else ""),
        ("length", f"{report.length_km:,.1f} km" if report.length_km else ""),
        ("bounds", f"{left:.1f}, {bottom:.1f}, {right:.1f}, {top:.1f} ({layer.crs})"),
        ("repeated", f"{report.repeated_ids:,}" if report.repeated_ids else ""),
        *(("values", f"{name}: {text}") for name, text in counted.items()),
        *(("doubt", doubtful(doubt, terminal)) for doubt in report.doubts),
        *(("notice", notice[terminal.lang]) for notice in layer.notices),
    ]


def _as_data(entry: Entry) -> dict[str, object]:
    return {
        "title": dict(entry.title),
        "path": entry.shown_path,
        "layer": entry.layer,
        "fields": dict(entry.fields),
        "accuracy_m": entry.accuracy_m,
        "covers": entry.covers,
        "valid_from": entry.valid_from,
        "valid_to": entry.valid_to,
        "source": entry.source,
        "indicative": entry.indicative,
    }
