"""A workspace: the folder that holds layers, rules and results. It finds the folder and hands out what is in it.

It screens nothing. Each layer is loaded once, when it is first asked for, and handed out to all threads.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final, TypeVar

from fuling_gis.cache import CACHE_FOLDER, Cache
from fuling_gis.errors import OutputError, UsageError
from fuling_gis.labels import sentence
from fuling_gis.layers.catalog import CATALOG_FILE, Catalog, Entry, read_catalog
from fuling_gis.layers.loader import Ground, absence, area_of, load
from fuling_gis.layers.model import Layer
from fuling_gis.layers.schema import kinds, zone_layers
from fuling_gis.rules.load import load_rule_set
from fuling_gis.rules.model import RuleSet
from fuling_gis.rules.views import farthest_m
from fuling_gis.unwritable import reason

LAYERS_FOLDER: Final = "layers"
RULES_FOLDER: Final = "rules"
# Inside the rules folder: cases of the workspace's own rules.
CASES_FOLDER: Final = "cases"
MAPS_FOLDER: Final = "maps"

# How many things made of layers and rules a workspace keeps.
KEPT_MADE: Final = 4
# How many damaged files are named.
_SHOWN: Final = 3

Made = TypeVar("Made")

_TEMPLATE: Final = Path(__file__).parent / "layers" / "empty_catalog.yaml"


@dataclass(frozen=True)
class Workspace:
    """An opened workspace."""

    root: Path
    catalog: Catalog
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False, compare=False)
    _layers: dict[tuple[str, int, int], Layer | None] = field(default_factory=dict, repr=False, compare=False)
    _grounds: dict[str, Ground] = field(default_factory=dict, repr=False, compare=False)
    _rules: list[RuleSet] = field(default_factory=list, repr=False, compare=False)
    _made: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        """The name that the catalogue gives; the folder's where it gives none."""
        return self.catalog.name or self.root.name

    @property
    def crs(self) -> str:
        """The working CRS, metric, as `EPSG:n`."""
        return self.catalog.crs

    @property
    def jurisdiction(self) -> str:
        """The id of the layer whose area is judged."""
        return self.catalog.jurisdiction

    @cached_property
    def cache(self) -> Cache:
        """Where what was computed from the layers is kept, by their content."""
        return Cache(self.root / CACHE_FOLDER)

    def layer(self, layer_id: str, as_of: dt.date) -> Layer | None:
        """Give the version of a layer that is valid on a day; None where there is none, see `missing`.

        Raises LayerError where its file does not hold what the catalogue says.
        """
        entry = self.catalog.entry(layer_id, as_of)
        if entry is None:
            return None
        key = self._key(entry, as_of)
        with self._lock:
            if key not in self._layers:
                self._layers[key] = load(
                    self.catalog,
                    layer_id,
                    as_of,
                    ground=lambda other: self._ground(other, as_of),
                    cache=self.cache,
                    margin_m=farthest_m(),
                )
            return self._layers[key]

    def missing(self, as_of: dt.date) -> dict[str, Mapping[str, str]]:
        """Give the layers that rules may name and that are not there on a day, each with the reason."""
        reasons = {layer_id: absence(self.catalog, layer_id, as_of) for layer_id in kinds()}
        return {layer_id: reason for layer_id, reason in reasons.items() if reason is not None}

    def rules(self) -> RuleSet:
        """Give the built-in rules with those of the workspace's rules folder, which may put others in their place.

        Raises RuleError that tells every fault of the workspace's files.
        """
        with self._lock:
            if not self._rules:
                self._rules.append(load_rule_set(self.root / RULES_FOLDER, zone_layers()))
            return self._rules[0]

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Give what was made of this workspace's layers and rules for a key, made now where it is not at hand.

        Layers and rules are those that were read when they were first asked for, so what was made of them stays right.
        A few things are kept, the latest ones.
        """
        with self._lock:
            if key in self._made:
                self._made[key] = self._made.pop(key)
            else:
                self._made[key] = make()
                while len(self._made) > KEPT_MADE:
                    del self._made[next(iter(self._made))]
            made: Made = self._made[key]
            return made

    def damage(self) -> list[Mapping[str, str]]:
        """Tell of kept files that were found damaged since this was last asked."""
        found = [path.name for path in self.cache.damage()]
        shown = ", ".join(found[:_SHOWN]) + (", ..." if len(found) > _SHOWN else "")
        return [sentence("engine.kept_damaged", n=len(found), files=shown)] if found else []

    def _key(self, entry: Entry, as_of: dt.date) -> tuple[str, int, int]:
        """Name what a loaded layer hangs on: its own version, and that of the layer it covers (-1: none)."""
        cover = self.catalog.entry(entry.covers, as_of) if entry.covers else None
        return (entry.id, self._version(entry), -1 if cover is None else self._version(cover))

    def _version(self, entry: Entry) -> int:
        return next(i for i, one in enumerate(self.catalog.layers[entry.id]) if one is entry)

    def _ground(self, layer_id: str, as_of: dt.date) -> Ground:
        layer = self.layer(layer_id, as_of)
        if layer is None:
            return None
        if layer.digest not in self._grounds:
            self._grounds[layer.digest] = area_of(layer)
        return self._grounds[layer.digest]


def open_workspace(path: str | Path | None = None) -> Workspace:
    """Open a workspace: the folder given, or the nearest one from here upward that has layers/catalog.yaml.

    Raises UsageError where there is none, CatalogError where the catalogue is wrong.
    """
    root = find_workspace(Path.cwd()) if path is None else Path(path)
    catalog = root / LAYERS_FOLDER / CATALOG_FILE
    if not catalog.is_file():
        raise UsageError(sentence("errors_run.no_workspace", folder=root, catalog=f"{LAYERS_FOLDER}/{CATALOG_FILE}"))
    return Workspace(root, read_catalog(catalog))


def find_workspace(start: Path) -> Path:
    """Give the nearest folder from `start` upward that has layers/catalog.yaml.

    Raises UsageError where there is none.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / LAYERS_FOLDER / CATALOG_FILE).is_file():
            return folder
    raise UsageError(sentence("errors_run.no_workspace_above", folder=start, catalog=f"{LAYERS_FOLDER}/{CATALOG_FILE}"))


def init_workspace(folder: str | Path) -> Workspace:
    """Make a new workspace without layers, with a catalogue that explains itself.

    Raises OutputError where there is a catalogue already, or the folder cannot be written.
    """
    root = Path(folder)
    catalog = root / LAYERS_FOLDER / CATALOG_FILE
    text = _TEMPLATE.read_text("utf-8").replace("NAME", _quoted(root.resolve().name), 1)
    try:
        for part in (LAYERS_FOLDER, MAPS_FOLDER):
            (root / part).mkdir(parents=True, exist_ok=True)
        file = catalog.open("xb")
        try:
            with file:
                file.write(text.encode())
        except BaseException:
            # Half a catalogue would be taken for somebody's.
            catalog.unlink()
            raise
    except FileExistsError as e:
        raise OutputError(sentence("errors_run.workspace_there", path=e.filename, folder=root)) from e
    except OSError as e:
        raise OutputError(sentence("errors_run.workspace_unwritable", folder=root, why=reason(e))) from e
    return open_workspace(root)


def _quoted(text: str) -> str:
    """Write a text as a YAML scalar that can be nothing else."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
