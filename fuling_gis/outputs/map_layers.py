"""The layers as the map draws them: made simpler until they are light, and saying by how much.

What is drawn here is for the eye; no answer is computed from it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from fuling_gis import crs
from fuling_gis.labels import LANGS, label
from fuling_gis.layers.model import Layer
from fuling_gis.outputs.map_geometry import encode
from fuling_gis.outputs.map_text import plain_list
from fuling_gis.overlay.result import Run
from fuling_gis.yamlfile import read_yaml

_FILE = Path(__file__).parent / "map_assets" / "zones.yaml"
# Vertices and features of one layer in the page.
MOST_VERTICES = 40_000
MOST_FEATURES = 5_000
# The first simplification tried, metres in the working CRS; doubled until the layer is light enough.
_FINEST_M = 2.0
_COARSEST_M = 512.0
# Vertices in a quarter circle of a drawn buffer; the arc is off by at most 0.2 % of the distance.
_ARC = 12
_SIMPLER_BEFORE_BUFFER_M = 15.0
# Between the strokes of a pattern.
_HATCH_PX = 8


@dataclass(frozen=True)
class StyleSheet:
    """How layers are drawn, by layer id in drawing order."""

    background: str
    zones: Mapping[str, Mapping[str, Any]]
    # Hues, patterns, dashes and points of layers without a style of their own, and the order of those.
    symbols: Mapping[str, Sequence[Any]]
    others: Sequence[str]

    def of(self, layer_id: str) -> Mapping[str, Any]:
        """Give the style of a layer; where it has none, a symbol that is always the same for the same id."""
        named = layer_id in self.zones and layer_id != "other"
        style = self.zones[layer_id] if named else self._symbol(layer_id)
        return {key: value for key, value in style.items() if key not in ("by", "classes")}

    def _symbol(self, layer_id: str) -> dict[str, Any]:
        place = self.others.index(layer_id) if layer_id in self.others else zlib.crc32(layer_id.encode())
        hue, pattern, dash, point = (
            self.symbols[part][place % len(self.symbols[part])] for part in ("hues", "patterns", "dashes", "points")
        )
        style = {**self.zones["other"], "fill": hue, "line": hue, "point": point}
        style |= {"dash": dash} if dash else {}
        return style | ({} if pattern == "none" else {"pattern": pattern, "hatch": _HATCH_PX})

    def classes(self, layer_id: str) -> tuple[str, Mapping[str, Mapping[str, Any]]]:
        """Give the field by whose values a layer is drawn, and the style of each; no field where it is drawn alike."""
        style = self.zones.get(layer_id, {})
        return style.get("by", ""), style.get("classes", {})

    def place(self, layer_id: str) -> int:
        """Give the place of a layer in drawing order, 0 at the bottom."""
        ids = list(self.zones)
        return ids.index(layer_id if layer_id in self.zones else "other")


@dataclass(frozen=True)
class Drawing:
    """One layer as the page draws it."""

    # id, title, style, notes: JSON values without coordinates.
    entry: dict[str, Any]
    # As in `map_geometry.encode`, with the features' ids and names.
    shapes: dict[str, Any]
    # West, south, east, north, degrees; not finite where the layer has no feature.
    bounds: tuple[float, float, float, float]


@cache
def style_sheet() -> StyleSheet:
    """Read how layers are drawn."""
    found = read_yaml(_FILE).value
    return StyleSheet(found["background"], found["zones"], found["symbols"], found["others"])


def drawings(run: Run) -> list[Drawing]:
    """Give every vector layer of a run as the page draws it, in drawing order."""
    return [_drawing(*drawn) for drawn in drawn_layers(run.layers)]


def drawn_layers(layers: Mapping[str, Layer]) -> Iterator[tuple[Layer, dict[str, Any], NDArray[np.object_]]]:
    """Give each layer of features, in drawing order, with what is said of it and its light shapes.

    The lines along the rivers that no layer gives are among them. The shapes are in degrees of EPSG:4326, one for each
    feature, None where it is left out.
    """
    found = [layer for layer in (*layers.values(), *_computed(layers)) if len(layer.geometry)]
    for layer in sorted(found, key=lambda layer: style_sheet().place(layer.id)):
        yield layer, *_drawn(layer)


def _computed(layers: Mapping[str, Layer]) -> Iterator[Layer]:
    """Draw the lines along the rivers that no layer gives; the sheet of styles says how far from the water."""
    river = layers.get("river")
    if river is None or not len(river.geometry):
        return
    grade = river.fields.get("grade", np.full(len(river.geometry), None, object))
    main, wu = grade == "main", grade == "wu"
    large = main | wu if (main | wu).any() else np.ones(len(grade), bool)
    if "bank_zone" not in layers:
        yield _buffered(river, large, "bank_zone_computed")
        if not large.all():
            yield _buffered(river, ~large, "bank_zone_tributary")
    if main.any():
        yield _buffered(river, main, "yangtze_3km")


def _buffered(river: Layer, chosen: NDArray[np.bool_], name: str) -> Layer:
    distance_m = float(style_sheet().of(name)["within_m"])
    simple = shapely.simplify(river.geometry[chosen], _SIMPLER_BEFORE_BUFFER_M)
    wide = shapely.union_all(shapely.buffer(simple, distance_m, quad_segs=_ARC))
    title: dict[str, str] = {lang: label(f"map.layer_{name}", lang) for lang in LANGS}
    fields = {"id": np.array([""], object), "name": np.array([""], object)}
    return replace(river, id=name, title=title, geometry=np.array([wide], object), fields=fields)


def _drawn(layer: Layer) -> tuple[dict[str, Any], NDArray[np.object_]]:
    shown, simplified_m, left_out = _light(layer.geometry)
    degrees = crs.transform(shown, layer.crs, "EPSG:4326", densify=False)
    entry = {
        "id": layer.id,
        "title": dict(layer.title),
        "style": dict(style_sheet().of(layer.id)),
        "points": bool((shapely.get_dimensions(layer.geometry) == 0).all()),
        "features": len(layer.geometry),
        "simplified_m": simplified_m,
        "left_out": left_out,
        "accuracy_m": layer.accuracy_m,
        "accuracy_stated": layer.accuracy_stated,
        "indicative": layer.indicative,
        "computed": layer.id.startswith(("bank_zone_", "yangtze_")),
        "source": layer.source,
        "valid_from": None if layer.valid_from is None else layer.valid_from.isoformat(),
        "valid_to": None if layer.valid_to is None else layer.valid_to.isoformat(),
    }
    classes, _ = _classes(layer)
    return entry | ({"classes": classes} if classes else {}), degrees


def _classes(layer: Layer) -> tuple[list[dict[str, Any]], NDArray[np.int64]]:
    """Give the classes that a layer's features are drawn by, as far as they occur, and the place of each feature's."""
    field, styles = style_sheet().classes(layer.id)
    values = layer.fields.get(field, np.full(len(layer.geometry), None, object))
    names = [value if value in styles else "" for value in values]
    present = [name for name in (*styles, "") if name in names]
    if present in ([], [""]):
        return [], np.empty(0, np.int64)
    base = style_sheet().of(layer.id)
    classes = []
    for name in present:
        own = dict(styles.get(name, {"name": "class_other"}))
        title = {lang: label(f"map.{own['name']}", lang) for lang in LANGS}
        del own["name"]
        classes.append({"id": name, "title": title, "style": {**base, **own}})
    return classes, np.array([present.index(name) for name in names], np.int64)


def _drawing(layer: Layer, entry: dict[str, Any], degrees: NDArray[np.object_]) -> Drawing:
    kept = ~shapely.is_missing(degrees)
    shapes = encode(degrees[kept])
    for name in ("id", "name"):
        shapes[name] = plain_list(layer.fields.get(name, np.full(len(kept), None, object))[kept])
    classes, of = _classes(layer)
    if classes:
        shapes["class"] = of[kept].tolist()
    west, south, east, north = shapely.total_bounds([*degrees[kept], None])
    return Drawing(entry, shapes, (float(west), float(south), float(east), float(north)))


def _light(geometry: NDArray[np.object_]) -> tuple[NDArray[np.object_], float, int]:
    """Leave out the smallest of too many features, and simplify the others until the layer is light.

    Gives the shapes (None where left out), the tolerance in metres, and how many were left out.
    """
    size = np.maximum(shapely.area(geometry), shapely.length(geometry))
    chosen = np.sort(np.argsort(-size, kind="stable")[:MOST_FEATURES])
    simplify = _simplifier(geometry[chosen])
    tolerance = _FINEST_M
    light = simplify(geometry[chosen], tolerance)
    while shapely.get_num_coordinates(light).sum() > MOST_VERTICES and tolerance < _COARSEST_M:
        tolerance *= 2
        light = simplify(geometry[chosen], tolerance)
    shown = np.full(len(geometry), None, object)
    shown[chosen] = light
    return shown, tolerance, len(geometry) - len(chosen)


def _simplifier(geometry: NDArray[np.object_]) -> Any:
    """Choose how to simplify: neighbours that tile the ground stay neighbours."""
    polygons = shapely.get_dimensions(geometry) == 2  # noqa: PLR2004 - areas
    if len(geometry) > 1 and polygons.all() and shapely.coverage_is_valid(geometry):
        return shapely.coverage_simplify
    return shapely.simplify
