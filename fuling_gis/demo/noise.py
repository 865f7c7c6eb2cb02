"""Roughness from numbers alone: the same seed gives the same line or field on every machine."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

# Each octave is this much shorter than the one before.
_RATIO: Final = 2.0
# How fast amplitude falls with wavelength; 1 gives smooth hills, 0.5 crags.
_HURST: Final = 0.65


def fractal_line(at: NDArray[np.float64], *, seed: int, longest_m: float, shortest_m: float) -> NDArray[np.float64]:
    """Give a rough curve along a line, of about unit height.

    at: metres along the line, any order.
    """
    rng = np.random.default_rng(seed)
    out = np.zeros_like(at)
    wave, height = longest_m, 1.0
    while wave >= shortest_m:
        knots = rng.uniform(-1.0, 1.0, int(np.ceil((at.max() - at.min()) / wave)) + 3)
        out += height * _smooth_1d(knots, (at - at.min()) / wave)
        wave /= _RATIO
        height *= _RATIO**-_HURST
    return out


def fractal_field(
    x: NDArray[np.float64], y: NDArray[np.float64], *, seed: int, longest_m: float, shortest_m: float
) -> NDArray[np.float64]:
    """Give a rough field over points, of about unit height.

    x, y: metres, of one shape.
    """
    rng = np.random.default_rng(seed)
    out = np.zeros_like(x)
    wave, height = longest_m, 1.0
    u, v = x - x.min(), y - y.min()
    while wave >= shortest_m:
        shape = int(np.ceil(v.max() / wave)) + 3, int(np.ceil(u.max() / wave)) + 3
        out += height * _smooth_2d(rng.uniform(-1.0, 1.0, shape), u / wave, v / wave)
        wave /= _RATIO
        height *= _RATIO**-_HURST
    return out


def _eased(t: NDArray[np.float64]) -> NDArray[np.float64]:
    return t * t * t * (t * (6.0 * t - 15.0) + 10.0)


def _smooth_1d(knots: NDArray[np.float64], t: NDArray[np.float64]) -> NDArray[np.float64]:
    left = t.astype(np.int64)
    share = _eased(t - left)
    return knots[left] * (1.0 - share) + knots[left + 1] * share


def _smooth_2d(knots: NDArray[np.float64], u: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.float64]:
    i, j = u.astype(np.int64), v.astype(np.int64)
    a, b = _eased(u - i), _eased(v - j)
    low = knots[j, i] * (1.0 - a) + knots[j, i + 1] * a
    high = knots[j + 1, i] * (1.0 - a) + knots[j + 1, i + 1] * a
    return low * (1.0 - b) + high * b
