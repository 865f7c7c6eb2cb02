"""Layers on a terminal: the list, and one layer with its schema and what loading it tells."""

from __future__ import annotations

import datetime as dt
import difflib

from fuling_gis.cli.terminal import Terminal
from fuling_gis.errors import UsageError
from fuling_gis.layers.catalog import Entry
from fuling_gis.layers.loader import period
from fuling_gis.layers.model import UNSTATED_ACCURACY_M, Layer
from fuling_gis.layers.schema import Field, Kind, kinds
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
    lang = terminal.lang
    entry = workspace.catalog.entry(layer_id, on)
    title = kind.title[lang] if entry is None else entry.title[lang]
    if entry is None:
        reason = workspace.missing(on)[layer_id][lang]
        terminal.list(f"{layer_id}  {title}", [(terminal.words("facet_state"), reason)])
    else:
        terminal.list(f"{layer_id}  {title}", _declared(entry, terminal))
    terminal.list(terminal.words("head_fields"), [_field(field, entry, terminal) for field in kind.fields.values()])
    layer = workspace.layer(layer_id, on)
    if layer is not None:
        terminal.list(terminal.words("head_loaded"), _loaded(layer, kind, terminal))


def _row(key: str, entry: Entry, terminal: Terminal) -> list[object]:
    accuracy = "?" if entry.accuracy_m is None else f"{entry.accuracy_m:g} m"
    remark = terminal.words("indicative") if entry.indicative else ""
    file = f"{entry.shown_path}::{entry.layer}" if entry.layer else entry.shown_path
    return [key, entry.title[terminal.lang], file, accuracy, entry.covers, _valid(entry), remark]


def _declared(entry: Entry, terminal: Terminal) -> list[tuple[str, str]]:
    unstated = terminal.words("accuracy_unstated", metres=f"{UNSTATED_ACCURACY_M:g}")
    facets = [
        ("file", f"{entry.shown_path}::{entry.layer}" if entry.layer else entry.shown_path),
        ("valid", period(entry)[terminal.lang]),
        ("accuracy", unstated if entry.accuracy_m is None else f"{entry.accuracy_m:g} m"),
        ("covers", entry.covers or terminal.words("covers_nothing")),
        ("origin", entry.source),
        ("remark", terminal.words("indicative") if entry.indicative else ""),
        ("place", entry.place),
    ]
    return [(terminal.words(f"facet_{name}"), text) for name, text in facets if text]


def _valid(entry: Entry) -> str:
    return f"{entry.valid_from or ''} – {entry.valid_to or ''}" if entry.valid_from or entry.valid_to else ""


def _field(field: Field, entry: Entry | None, terminal: Terminal) -> tuple[str, str, str]:
    column = entry.fields.get(field.name, "") if entry else ""
    mapped = column if entry is None or column else terminal.words("not_mapped")
    allowed = f" ({' | '.join(field.allowed)})" if field.allowed else ""
    return field.name, mapped, field.title[terminal.lang] + allowed


def _loaded(layer: Layer, kind: Kind, terminal: Terminal) -> list[tuple[str, str]]:
    import shapely

    rows = [(terminal.words("facet_features"), f"{len(layer.geometry):,}")]
    if "area" in kind.geometry:
        rows.append((terminal.words("facet_area"), f"{shapely.area(layer.geometry).sum() / 1e6:,.2f} km2"))
    left, bottom, right, top = shapely.total_bounds(layer.geometry)
    rows.append((terminal.words("facet_bounds"), f"{left:.1f}, {bottom:.1f}, {right:.1f}, {top:.1f} ({layer.crs})"))
    return [*rows, *((terminal.words("facet_notice"), notice[terminal.lang]) for notice in layer.notices)]


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
