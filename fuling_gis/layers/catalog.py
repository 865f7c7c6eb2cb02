"""layers/catalog.yaml: which layers a workspace has, where they are, what their columns mean, how accurate, since when.

Only what the catalogue says is read here, in full and with line numbers; no layer file is opened.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath
from types import MappingProxyType
from typing import Final

from fuling_gis.errors import CatalogError, FileError, joined
from fuling_gis.labels import sentence
from fuling_gis.layers.entries import Notes, read_entry, read_top
from fuling_gis.layers.paths import is_database, shown
from fuling_gis.layers.schema import Kind, kinds
from fuling_gis.yamlfile import YamlFile, read_yaml

CATALOG_FILE: Final = "catalog.yaml"
OWN: Final = "own"


@dataclass(frozen=True)
class Entry:
    """One layer, or one version of it, as the catalogue declares it."""

    id: str
    # As written: relative to the catalogue's folder, absolute, or a postgresql:// URL.
    path: str
    # By language, `zh` and `en`.
    title: Mapping[str, str]
    # The layer inside the file, "" where none is named.
    layer: str = ""
    # Schema field to the file's column.
    fields: Mapping[str, str] = field(default_factory=dict)
    # Schema field to the file's own values and what each means in the schema.
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    # Metres; None where the catalogue does not say.
    accuracy_m: float | None = None
    # A layer id, `own`, or "" for nothing.
    covers: str = ""
    # Both ends inclusive, None is open.
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    # Overrides, "" where there is none.
    encoding: str = ""
    crs: str = ""
    source: str = ""
    indicative: bool = False
    # Error of a height model, metres.
    error_m: float | None = None
    # Unit of a height model, "" where the catalogue does not say; and the value that stands for none.
    unit: str = ""
    nodata: float | None = None
    # All paths of a raster that is given as several; `path` is the first of them.
    paths: tuple[str, ...] = ()
    # `file:line`, for messages.
    place: str = ""

    @property
    def kind(self) -> Kind:
        """What the layer means."""
        return kinds()[self.id]

    @property
    def shown_path(self) -> str:
        """The path as it may be shown: without the password of a database."""
        return "; ".join(map(shown, self.paths or (self.path,)))

    def valid_on(self, day: dt.date) -> bool:
        """Tell whether the entry is valid on a day, both ends included."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True)
class Catalog:
    """A catalogue that was found sound."""

    # The catalogue file; layer paths are relative to its folder.
    path: Path
    name: str
    # Working CRS, metric, as `EPSG:n`.
    crs: str
    # The layer whose area is judged.
    jurisdiction: str
    # Layer id to its versions, oldest first; most have one.
    layers: Mapping[str, tuple[Entry, ...]]

    def entry(self, layer_id: str, as_of: dt.date) -> Entry | None:
        """Give the version of a layer that is valid on a day; None where there is none."""
        return next((entry for entry in self.layers.get(layer_id, ()) if entry.valid_on(as_of)), None)

    def file(self, entry: Entry) -> Path:
        """Give where an entry's file is; a database has no file."""
        return self._place(entry, entry.path)

    def files(self, entry: Entry) -> list[Path]:
        """Give where all files of an entry are; a folder or a pattern stands as it is."""
        return [self._place(entry, path) for path in entry.paths or (entry.path,)]

    def _place(self, entry: Entry, text: str) -> Path:
        if is_database(text):
            raise CatalogError(sentence("errors_layers.in_database", place=entry.place, layer=entry.id))
        if not PureWindowsPath(text).is_absolute():
            # People on Windows write the separator the other way.
            text = text.replace("\\", "/")
        return self.path.parent / text


def read_catalog(path: Path) -> Catalog:
    """Read a catalogue.

    Raises CatalogError that tells every fault with its line.
    """
    try:
        yaml = read_yaml(path)
    except FileError as e:
        raise CatalogError(e.words) from e
    return parse_catalog(yaml)


def parse_catalog(yaml: YamlFile) -> Catalog:
    """Make a catalogue of YAML already read; see `read_catalog`."""
    notes = Notes(yaml)
    top = read_top(notes)
    layers = {}
    for layer_id, given in top.layers.items():
        versions = [Entry(**values) for values in read_entry(notes, layer_id, given)]
        _check_overlap(notes, versions)
        layers[layer_id] = tuple(sorted(versions, key=lambda entry: entry.valid_from or dt.date.min))
    _check_circles(notes, layers)
    if notes.faults:
        raise CatalogError(joined(notes.faults))
    return Catalog(yaml.path, top.name, top.crs, top.jurisdiction, MappingProxyType(layers))


def _check_overlap(notes: Notes, versions: list[Entry]) -> None:
    """Note two versions of a layer that are both valid on some day."""
    for i, first in enumerate(versions):
        for second in versions[i + 1 :]:
            start = max(first.valid_from or dt.date.min, second.valid_from or dt.date.min)
            end = min(first.valid_to or dt.date.max, second.valid_to or dt.date.max)
            if start <= end:
                days = {"start": _day(start), "end": _day(end)}
                notes.say(second.place, sentence("errors_layers.overlap", layer=second.id, other=first.place, **days))


def _day(day: dt.date) -> object:
    if day in (dt.date.min, dt.date.max):
        return sentence("errors_layers.beginning" if day == dt.date.min else "errors_layers.end")
    return day.isoformat()


def _check_circles(notes: Notes, layers: Mapping[str, tuple[Entry, ...]]) -> None:
    """Note layers whose `covers` lead back to themselves, each circle once."""
    ahead = {layer_id: [e for e in versions if e.covers not in ("", OWN)] for layer_id, versions in layers.items()}
    told: set[frozenset[str]] = set()

    def walk(layer_id: str, way: tuple[str, ...]) -> None:
        if layer_id in way:
            circle = way[way.index(layer_id) :]
            if frozenset(circle) not in told:
                told.add(frozenset(circle))
                entry = next(e for e in ahead[circle[0]] if e.covers == (*circle, layer_id)[1])
                notes.say(entry.place, sentence("errors_layers.circle", circle=" -> ".join((*circle, layer_id))))
            return
        for entry in ahead.get(layer_id, ()):
            walk(entry.covers, (*way, layer_id))

    for layer_id in layers:
        walk(layer_id, ())
