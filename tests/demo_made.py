"""The checkout's own layers as plain arrays, read without the package's loaders."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pyogrio
import shapely

LAYERS = Path(__file__).parents[1] / "layers"
GPKG = LAYERS / "demo.gpkg"


@dataclass(frozen=True)
class Held:
    """One layer as it stands in the file."""

    geometry: np.ndarray
    fields: dict[str, np.ndarray]

    def where(self, **wanted):
        """Give the geometries whose columns have these values; None is an empty one."""
        chosen = np.ones(len(self.geometry), bool)
        for column, value in wanted.items():
            held = self.fields[column]
            chosen &= np.array([v == value for v in plain(held)], bool)
        return self.geometry[chosen]


def plain(values):
    """Give the values of a column, None where empty."""
    return [None if isinstance(v, float) and np.isnan(v) else v for v in values]


@cache
def held(name: str) -> Held:
    """Read one layer of the GeoPackage."""
    return read(GPKG, name)


def read(path: Path, layer: str | None = None, encoding: str | None = None) -> Held:
    """Read any file that OGR reads."""
    meta, _, wkb, columns = pyogrio.raw.read(path, layer=layer, encoding=encoding)
    return Held(shapely.from_wkb(wkb), dict(zip(meta["fields"], columns, strict=True)))


@cache
def names() -> list[str]:
    """List the layers of the GeoPackage."""
    return [str(name) for name, _ in pyogrio.list_layers(GPKG)]


@cache
def whole(name: str):
    """Give all ground of a layer."""
    return shapely.union_all(held(name).geometry)
