"""Made terrains, and an exact line of sight written once more, patch by patch, that shares no code with the package."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine

from fuling_gis.grid import Grid
from fuling_gis.overlay.scene import Scene, make_land, make_scene
from fuling_gis.rules.views import View, views

CRS = "EPSG:4545"
CELL = 30.0
# The middle of the toy grids: on the central meridian, so that grid and true directions agree.
X, Y = 500_000.0, 3_290_000.0


def grid(shape: tuple[int, int], cell: float = CELL) -> Grid:
    """Lay a grid about (X, Y)."""
    ny, nx = shape
    return Grid(X - nx * cell / 2, Y + ny * cell / 2, cell, cell, nx, ny, CRS)


def view(**changes: Any) -> View:
    """Give the usual view with some figures changed."""
    return replace(views()["level_175"], **changes)


def scene(
    heights: np.ndarray,
    places: list[tuple[float, float]],
    *,
    error: float = 0.0,
    wet: Any = (),
    cell: float = CELL,
    **changes: Any,
) -> Scene:
    """Set a scene; places: row and column between the middles of cells."""
    on = grid(heights.shape, cell)
    seen = view(**{"water_level_m": -400.0, **changes})
    xy = np.array([[float(on.x(np.array([c]))[0]), float(on.y(np.array([r]))[0])] for r, c in places])
    land = make_land(heights.astype(np.float32), on, error, np.array(wet, np.int64), seen.water_level_m)
    return make_scene(land, seen, xy)


def plane(n: int) -> np.ndarray:
    """A plane that falls to the south-east."""
    i, j = np.mgrid[:n, :n]
    return 200.0 - 1.5 * i - 0.7 * j


def cone(n: int) -> np.ndarray:
    """A cone off the middle."""
    i, j = np.mgrid[:n, :n]
    return np.maximum(300.0 - 14.0 * np.hypot(i - n * 0.4, j - n * 0.55), 20.0)


def ridge(n: int) -> np.ndarray:
    """Two ridges with a valley between them, askew to the grid."""
    i, j = np.mgrid[:n, :n]
    across = (i + 0.4 * j) / n
    return 150.0 + 120.0 * np.exp(-(((across - 0.45) / 0.08) ** 2)) + 90.0 * np.exp(-(((across - 0.9) / 0.06) ** 2))


def fractal(n: int, seed: int = 5) -> np.ndarray:
    """Rough ground of all wavelengths."""
    f = np.fft.fftfreq(n)
    k = np.hypot(f[:, None], f[None, :])
    k[0, 0] = 1.0
    rough = np.fft.ifft2(np.fft.fft2(np.random.default_rng(seed).normal(size=(n, n))) / k**1.7).real
    return 300.0 + 90.0 * (rough - rough.mean()) / rough.std()


def steps(n: int) -> np.ndarray:
    """Terraces and a pit: flat ground with sudden edges, and heights that repeat exactly."""
    i, j = np.mgrid[:n, :n]
    out = 20.0 * ((i // 6) + (j // 9) % 3)
    out[n // 3 : n // 3 + 4, n // 2 : n // 2 + 4] = -30.0
    return out


TERRAINS = {"plane": plane, "cone": cone, "ridge": ridge, "fractal": fractal, "steps": steps}


def clearance(ground: np.ndarray, own: float, i: int, j: int, made: Scene, k: int, eye: float) -> float:
    """Give the least height of a line of sight over the ground, by looking at every patch that it crosses.

    ground: heights of all nodes; own: that of the node looked at, which takes its place. eye: its height.
    """
    z = ground.astype(float).copy()
    z[i, j] = own
    u, v = float(made.column[k]), float(made.row[k])
    cell = made.grid.cell_m
    far = np.hypot(u - j, v - i) * cell
    fall = (1 - made.view.refraction) / (2 * made.view.earth_radius_m)
    t = {0.0, 1.0}
    for start, end in ((u, float(j)), (v, float(i))):
        for line in range(int(np.ceil(min(start, end))), int(np.floor(max(start, end))) + 1):
            if start != end:
                t.add((line - start) / (end - start))
    cuts = np.array(sorted(value for value in t if 0.0 <= value <= 1.0))
    a, b = cuts[:-1], cuts[1:]
    middle = (a + b) / 2
    r = np.clip(np.floor(v + middle * (i - v)).astype(int), 0, z.shape[0] - 2)
    c = np.clip(np.floor(u + middle * (j - u)).astype(int), 0, z.shape[1] - 2)

    def over(at: np.ndarray) -> np.ndarray:
        x, y = u + at * (j - u) - c, v + at * (i - v) - r
        surface = (
            z[r, c] * (1 - x) * (1 - y)
            + z[r, c + 1] * x * (1 - y)
            + z[r + 1, c] * (1 - x) * y
            + z[r + 1, c + 1] * x * y
        )
        line = eye + (own + made.view.target_m - fall * far**2 - eye) * at
        return line - (surface - fall * (far * at) ** 2)

    # Between two cuts the clearance is a parabola through three of its points.
    low, mid, high = over(a), over(middle), over(b)
    second, first = 2 * (low + high - 2 * mid), 4 * mid - 3 * low - high
    with np.errstate(divide="ignore", invalid="ignore"):
        turn = -first / (2 * second)
    inner = (second > 0) & (turn > 0) & (turn < 1)
    least = np.where(inner, low + first * np.where(inner, turn, 0) / 2, np.minimum(low, high))
    return float(np.minimum(np.minimum(low, high), least).min())


def margins(made: Scene, i: int, j: int) -> tuple[float, float]:
    """Give how clearly a cell is seen with the error against it, and with it in favour: the best of all lookouts."""
    high, low = made.land.high, made.land.low
    near = np.flatnonzero(np.hypot(made.column - j, made.row - i) <= made.reach)
    # Who stands on ground, and not on the water, is as high or as low as the error has it.
    level, error = made.view.water_level_m, made.land.error_m
    stands = made.eye - made.view.eye_m
    least, most = (np.where(stands > level, np.maximum(stands + e, level), level) for e in (-error, error))
    less, more = least + made.view.eye_m, most + made.view.eye_m
    sure = max((clearance(high, float(low[i, j]), i, j, made, int(k), less[k]) for k in near), default=-np.inf)
    perhaps = max((clearance(low, float(high[i, j]), i, j, made, int(k), more[k]) for k in near), default=-np.inf)
    return sure, perhaps


def write_dem(
    path: Path, values: np.ndarray, on: Grid, *, nodata: float | None = None, crs: Any = CRS, unit: str = ""
) -> Path:
    """Write heights as a plain GeoTIFF."""
    path.parent.mkdir(parents=True, exist_ok=True)
    profile = {
        "driver": "GTiff", "height": values.shape[0], "width": values.shape[1], "count": 1, "dtype": values.dtype.name,
        "crs": crs, "transform": Affine(on.step_x, 0, on.left, 0, -on.step_y, on.top), "nodata": nodata,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as target:
        target.write(values, 1)
        if unit:
            target.set_band_unit(1, unit)
    return path
