"""The visible range as the map draws it: one picture in the map's projection, laid over the relief of colours.

What is drawn here is for the eye; no answer is computed from it.
"""

from __future__ import annotations

import base64
import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fuling_gis import crs
from fuling_gis.labels import LANGS, label
from fuling_gis.outputs.map_layers import Drawing, style_sheet
from fuling_gis.outputs.picture import overlay_colours, png_of_few
from fuling_gis.overlay.result import Run
from fuling_gis.overlay.seen import SeenRange

Floats = NDArray[np.float64]

LAYER: Final = "visible_range_computed"
# Pixels along the longer side of the picture.
_MOST_PIXELS: Final = 1_400
# What is seen, surely or perhaps.
_SEEN: Final = (1, 2)
# Between the knots of a net of so many along each side the way from map to grid is a straight line.
_KNOTS: Final = 33


def range_drawings(run: Run) -> list[Drawing]:
    """Give the visible ranges of a run as pictures; none where nothing of one is seen."""
    return [_drawing(seen) for seen in run.ranges if np.isin(seen.states, _SEEN).any()]


def _drawing(seen: SeenRange) -> Drawing:
    west, south, east, north = _bounds(seen)
    states = _warped(seen, west, south, east, north)
    picture = "data:image/png;base64," + base64.b64encode(png_of_few(states, overlay_colours())).decode()
    dem = next(iter(seen.layers.values()))
    entry: dict[str, Any] = {
        "id": LAYER,
        "title": {lang: label("outputs.visible_title", lang, view=seen.view.title[lang]) for lang in LANGS},
        "style": dict(style_sheet().of(LAYER)),
        "features": 0,
        "simplified_m": 0,
        "left_out": 0,
        "accuracy_m": dem.accuracy_m,
        "accuracy_stated": dem.accuracy_stated,
        "indicative": seen.indicative,
        "computed": True,
        "picture": True,
        "error_m": seen.error_m,
        "cell_m": seen.grid.cell_m,
        "source": dem.source,
        "valid_from": None,
        "valid_to": None,
    }
    box = {"west": west, "south": south, "east": east, "north": north}
    shapes = {"picture": picture, **box, "id": [], "name": [], "xy": [], "size": [], "owner": [], "kind": []}
    return Drawing(entry, shapes, (west, south, east, north))


def _bounds(seen: SeenRange) -> tuple[float, float, float, float]:
    """Give the part of the world where anything is seen, degrees."""
    on = np.isin(seen.states, _SEEN)
    row, column = (np.flatnonzero(on.any(axis=axis)) for axis in (1, 0))
    x = seen.grid.x(np.array([column[0] - 1, column[-1] + 1]))
    y = seen.grid.y(np.array([row[0] - 1, row[-1] + 1]))
    way = crs.transformer(crs.normalise(seen.grid.crs), crs.normalise("EPSG:4326"))
    corners = np.array(np.meshgrid(x, y)).reshape(2, -1)
    lon, lat = way.transform(*corners)
    return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())


def _warped(seen: SeenRange, west: float, south: float, east: float, north: float) -> NDArray[np.uint8]:
    """Read the cells of the range at the pixels of a picture in the map's projection."""
    top, bottom = _mercator(north), _mercator(south)
    wide, high = math.radians(east - west), top - bottom
    size = _MOST_PIXELS / max(wide, high)
    columns, rows = max(round(wide * size), 1), max(round(high * size), 1)
    knots = np.linspace(0.0, 1.0, _KNOTS)
    lon, mercator = np.meshgrid(west + (east - west) * knots, top + (bottom - top) * knots)
    lat = np.degrees(np.arctan(np.sinh(mercator)))
    way = crs.transformer(crs.normalise("EPSG:4326"), crs.normalise(seen.grid.crs))
    x, y = way.transform(lon, lat)
    across = (np.arange(columns) + 0.5) / columns * (_KNOTS - 1)
    down = (np.arange(rows) + 0.5) / rows * (_KNOTS - 1)
    j = np.rint(_stretched(seen.grid.column(x), down, across)).astype(np.int64)
    i = np.rint(_stretched(seen.grid.row(y), down, across)).astype(np.int64)
    on = (i >= 0) & (j >= 0) & (i < seen.grid.ny) & (j < seen.grid.nx)
    out = np.zeros((rows, columns), np.uint8)
    out[on] = seen.states[i[on], j[on]]
    return out


def _mercator(lat: float) -> float:
    return math.asinh(math.tan(math.radians(lat)))


def _stretched(net: Floats, down: Floats, across: Floats) -> Floats:
    """Read a net between its knots at every pixel."""
    i, j = np.minimum(down.astype(np.int64), len(net) - 2), np.minimum(across.astype(np.int64), net.shape[1] - 2)
    f, g = (down - i)[:, None], (across - j)[None, :]
    # Across first, in the few rows of knots.
    wide = net[:, j] * (1 - g) + net[:, j + 1] * g
    return np.asarray(wide[i] * (1 - f) + wide[i + 1] * f)
