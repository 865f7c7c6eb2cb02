"""What a layer is once it is loaded: frozen arrays in the working CRS, no file, no engine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon

# Metres by which a layer that does not state its accuracy is taken to be off (CONTRACT section 1).
UNSTATED_ACCURACY_M = 10.0


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
