"""What a layer is once it is loaded: frozen arrays in the working CRS, no file, no engine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon

from fuling_gis.cache import Cache
from fuling_gis.grid import Grid

# Metres by which a layer that does not state its accuracy is taken to be off (CONTRACT section 1).
UNSTATED_ACCURACY_M = 10.0
# Metres by which the heights of a model that does not state its error are taken to be off: what SRTM promises.
UNSTATED_ERROR_M = 16.0


@dataclass(frozen=True)
class Relief:
    """A height model on the working grid."""

    grid: Grid
    # Metres above the sea; not a number where there is none; shape of the grid, not writable.
    heights: NDArray[np.float32]
    # How far any height may be off, metres.
    error_m: float
    # Where what is computed from it is kept.
    cache: Cache
    # What was computed from it already in this process, by key.
    memory: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    lock: RLock = field(default_factory=RLock, repr=False, compare=False)


@dataclass(frozen=True)
class LandCover:
    """A raster of classes, read only where somebody measures it."""

    files: tuple[Path, ...]
    # What the catalogue says in place of the files; "" and None where it says nothing.
    crs: str
    nodata: float | None
    # A class as the file numbers it, to its meaning in the schema.
    classes: Mapping[int, str]


@dataclass(frozen=True)
class Layer:
    """The features of one layer, repaired and brought to the working CRS."""

    id: str
    # By language, `zh` and `en`.
    title: Mapping[str, str]
    # Valid, 2D, non-empty shapely geometries in the working CRS, object of shape (n,).
    geometry: NDArray[np.object_]
    # Schema field to its values, object of shape (n,) each: str, float or None where empty. Always has `id` and
    # `name`. A field of the schema that the catalogue does not map is not a key here: every feature is in doubt.
    fields: Mapping[str, NDArray[np.object_]]
    # Working CRS, as `EPSG:n`.
    crs: str
    # Positional accuracy, metres.
    accuracy_m: float
    # False: the catalogue gives no accuracy, and UNSTATED_ACCURACY_M was used.
    accuracy_stated: bool = True
    # The area that the layer covers, one valid geometry in the working CRS; None covers nothing.
    cover: Polygon | MultiPolygon | None = None
    # What the catalogue says: a layer id, `own`, or "".
    covers: str = ""
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    source: str = ""
    indicative: bool = False
    # For the schema's enumerated fields: the values allowed. A value outside leaves the feature in doubt.
    allowed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # Sentences for people, {"zh": ..., "en": ...} each: repairs, mapped values, missing statements.
    notices: tuple[Mapping[str, str], ...] = ()
    # Ground that closes gaps under 2 mm between features and belongs to none of them; polygons, object of shape (m,).
    patches: NDArray[np.object_] = field(default_factory=lambda: np.array([], dtype=object))
    # SHA-256 over the loaded geometry and fields.
    digest: str = ""
    # SHA-256 of the file it came from ("" for a folder or a database) and its path as the catalogue gives it.
    file_hash: str = ""
    path: str = ""
    # What it holds in place of features, where it is a raster.
    relief: Relief | None = None
    land_cover: LandCover | None = None
