"""Pictures of grids: relief in grey, the visible range over it in colour, as PNG; written without any library.

What is drawn here is for the eye; no answer is computed from it.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fuling_gis.overlay.seen import OPEN, UNKNOWN, SeenRange

Pixels = NDArray[np.uint8]

# Red, green, blue, opacity of what is seen surely and perhaps, and of what cannot be told as a layer ends too near.
# No verdict is violet: what is seen must not be taken for what is prohibited.
SEEN: Final = (62, 5, 113, 170)
PERHAPS: Final = (140, 139, 192, 170)
NOT_TOLD: Final = (120, 130, 150, 90)
_PLACE: Final = (30, 90, 160)
# Light comes from the north-west, 45 degrees high, as on most maps.
_AZIMUTH_DEG: Final = 315.0
_ALTITUDE_DEG: Final = 45.0
# Relief is drawn this much steeper than it is.
_STEEPER: Final = 1.6
_WIDEST: Final = 1_600


def hillshade(heights: NDArray[np.float32], cell_m: float) -> NDArray[np.float64]:
    """Give the light on a relief, 0 to 1; not a number where there is no height."""
    south, east = np.gradient(heights.astype(np.float64) * _STEEPER, cell_m)
    slope = np.arctan(np.hypot(east, south))
    # Downhill, counted from the north with the clock.
    facing = np.arctan2(-east, south)
    sun, high = np.deg2rad(_AZIMUTH_DEG), np.deg2rad(_ALTITUDE_DEG)
    light = np.sin(high) * np.cos(slope) + np.cos(high) * np.sin(slope) * np.cos(sun - facing)
    return np.asarray(np.clip(light, 0.0, 1.0))


def overlay_colours() -> Pixels:
    """Give red, green, blue and opacity of each state of a cell, by its number; shape (256, 4)."""
    table = np.zeros((256, 4), np.uint8)
    table[2], table[1], table[OPEN] = SEEN, PERHAPS, NOT_TOLD
    return table


def over_relief(seen: SeenRange) -> Pixels:
    """Draw a visible range over its relief, with the lookouts; shape (rows, columns, 3)."""
    step = max(1, -(-max(seen.grid.shape) // _WIDEST))
    light = hillshade(seen.heights[::step, ::step], seen.grid.cell_m * step)
    grey = np.where(np.isnan(light), 1.0, 0.25 + 0.75 * light)[..., None] * 255.0
    colour = overlay_colours()[seen.states[::step, ::step]].astype(np.float64)
    share = colour[..., 3:] / 255.0
    out = np.repeat(grey, 3, axis=2) * (1 - share) + colour[..., :3] * share
    row = np.rint(seen.grid.row(seen.places[:, 1]) / step).astype(np.int64)
    column = np.rint(seen.grid.column(seen.places[:, 0]) / step).astype(np.int64)
    on = (row >= 0) & (row < out.shape[0]) & (column >= 0) & (column < out.shape[1])
    out[row[on], column[on]] = _PLACE
    out[seen.states[::step, ::step] == UNKNOWN] = 255.0
    return np.rint(out).astype(np.uint8)


def png(pixels: Pixels) -> bytes:
    """Write pixels as PNG. pixels: red, green and blue, shape (rows, columns, 3)."""
    return _png(pixels, 2, [], 9)


def png_of_few(numbers: Pixels, colours: Pixels) -> bytes:
    """Write a picture of a few colours as PNG. numbers: of the colour of each pixel, shape (rows, columns).

    colours: red, green, blue and opacity of each number, shape (256, 4).
    """
    before = [(b"PLTE", colours[:, :3].tobytes()), (b"tRNS", colours[:, 3].tobytes())]
    # Pressed harder it took six times as long and was an eighth smaller.
    return _png(numbers[..., None], 3, before, 7)


def _png(pixels: Pixels, kind: int, before: Sequence[tuple[bytes, bytes]], effort: int) -> bytes:
    """Write a file. kind: 2 for colours, 3 for numbers of colours; before: what stands before the pixels."""
    rows, columns, _ = pixels.shape
    head = struct.pack(">IIBBBBB", columns, rows, 8, kind, 0, 0, 0)
    # Each row begins with the way it is filtered: not at all.
    body = np.concatenate([np.zeros((rows, 1), np.uint8), pixels.reshape(rows, -1)], axis=1)
    parts = [(b"IHDR", head), *before, (b"IDAT", zlib.compress(body.tobytes(), effort)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )
