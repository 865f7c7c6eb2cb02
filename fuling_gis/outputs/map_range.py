"""The visible range as the map draws it: one picture in the map's projection, laid over the relief of colours.

What is drawn here is for the eye; no answer is computed from it.
"""

from __future__ import annotations

import base64
import math
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from fuling_gis import crs
from fuling_gis.labels import LANGS, label
from fuling_gis.layers.model import Layer
from fuling_gis.outputs.map_layers import Drawing, style_sheet
from fuling_gis.outputs.picture import overlay_colours, png_of_few
from fuling_gis.overlay.result import Run
from fuling_gis.overlay.seen import OPEN, UNKNOWN, SeenRange

Floats = NDArray[np.float64]

LAYER: Final = "visible_range_computed"
# Pixels along the longer side of the picture.
_MOST_PIXELS: Final = 1_400
# What is seen, surely or perhaps.
_SEEN: Final = (1, 2)
# What each state is called on the map, as it stands in the key.
_NAMES: Final = {2: "range_seen", 1: "range_perhaps", OPEN: "range_open"}
# A pixel without a result is all but clear, so that the page tells it from one that is not seen.
_NO_RESULT: Final = (0, 0, 0, 1)
# A degree of latitude, metres; how coarse the picture is need not be known better.
_DEGREE_M: Final = 110_900.0
# Between the knots of a net of so many along each side the way from map to grid is a straight line.
_KNOTS: Final = 33


def range_drawings(run: Run) -> list[Drawing]:
    """Give the visible ranges of a run as pictures; none where nothing of one is seen."""
    district = run.layers.get("district")
    return [_drawing(seen, district) for seen in run.ranges if np.isin(seen.states, _SEEN).any()]


def _drawing(seen: SeenRange, district: Layer | None) -> Drawing:
    west, south, east, north = _bounds(seen, district)
    states = _warped(seen, west, south, east, north)
    colours = overlay_colours()
    colours[UNKNOWN] = _NO_RESULT
    picture = "data:image/png;base64," + base64.b64encode(png_of_few(states, colours)).decode()
    pixel_m = (north - south) * _DEGREE_M / len(states)
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
        # How coarse the picture is: a cell, or a pixel where it is larger; and the pixels of that.
        "coarse_m": max(seen.grid.cell_m, pixel_m),
        "coarse_px": max(round(seen.grid.cell_m / pixel_m), 1),
        "classes": [_class(state) for state in _NAMES if (states == state).any()],
        "known": _known(seen),
        "source": dem.source,
        "valid_from": None,
        "valid_to": None,
    }
    box = {"west": west, "south": south, "east": east, "north": north}
    shapes = {"picture": picture, **box, "id": [], "name": [], "xy": [], "size": [], "owner": [], "kind": []}
    return Drawing(entry, shapes, (west, south, east, north))


def _class(state: int) -> dict[str, Any]:
    """Say how a state is drawn: its name, and its colour as a style."""
    red, green, blue, opacity = (int(part) for part in overlay_colours()[state])
    colour = f"#{red:02X}{green:02X}{blue:02X}"
    style = {"fill": colour, "opacity": round(opacity / 255, 3), "line": "transparent", "width": 0.01}
    return {"id": _NAMES[state], "title": {lang: label(f"map.{_NAMES[state]}", lang) for lang in LANGS}, "style": style}


def _known(seen: SeenRange) -> list[float] | None:
    """Give the part of the world where what lies beyond the picture is not seen, degrees.

    None where some of it beyond the picture is not known.
    """
    row, column = _seen_cells(seen)
    beyond = seen.states.copy()
    beyond[row[0] : row[-1] + 1, column[0] : column[-1] + 1] = 0
    if beyond.any():
        return None
    west, south, east, north = seen.grid.bounds
    lon, lat = _degrees(seen, np.array([west, east, west, east]), np.array([south, south, north, north]))
    return [max(lon[0], lon[2]), max(lat[0], lat[1]), min(lon[1], lon[3]), min(lat[2], lat[3])]


def _seen_cells(seen: SeenRange) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the rows and the columns in which anything is seen."""
    on = np.isin(seen.states, _SEEN)
    return np.flatnonzero(on.any(axis=1)), np.flatnonzero(on.any(axis=0))


def _degrees(seen: SeenRange, x: Floats, y: Floats) -> tuple[list[float], list[float]]:
    way = crs.transformer(crs.normalise(seen.grid.crs), crs.normalise("EPSG:4326"))
    lon, lat = way.transform(x, y)
    return [float(one) for one in lon], [float(one) for one in lat]


def _bounds(seen: SeenRange, district: Layer | None) -> tuple[float, float, float, float]:
    """Give the part of the world where anything is seen, and the district, degrees."""
    row, column = _seen_cells(seen)
    x = seen.grid.x(np.array([column[0] - 1, column[-1] + 1]))
    y = seen.grid.y(np.array([row[0] - 1, row[-1] + 1]))
    corners = np.array(np.meshgrid(x, y)).reshape(2, -1)
    lon, lat = _degrees(seen, corners[0], corners[1])
    if district is not None and len(district.geometry):
        area = shapely.box(*shapely.total_bounds(district.geometry))
        west, south, east, north = shapely.bounds(crs.transform(np.array([area]), district.crs, "EPSG:4326"))[0]
        lon, lat = [*lon, float(west), float(east)], [*lat, float(south), float(north)]
    return min(lon), min(lat), max(lon), max(lat)


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
    out = np.full((rows, columns), UNKNOWN, np.uint8)
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
