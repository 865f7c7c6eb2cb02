"""Lines made natural: curves through waypoints, roughened sideways, and channels of changing width."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from fuling_gis.demo.contours import GRID_M
from fuling_gis.demo.noise import fractal_line


def curve(xy: NDArray[np.float64], step_m: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draw a smooth curve through waypoints (Catmull-Rom).

    Gives its points about `step_m` apart, shape (n, 2), and where each lies between waypoints (1.5 is halfway between
    the second and the third).
    """
    ends = np.vstack([2 * xy[0] - xy[1], xy, 2 * xy[-1] - xy[-2]])
    counts = np.maximum(1, np.round(np.hypot(*np.diff(xy, axis=0).T) / step_m).astype(int))
    at = np.concatenate([np.arange(n) / n + i for i, n in enumerate(counts)] + [[len(xy) - 1.0]])
    i = np.minimum(at.astype(np.int64), len(xy) - 2)
    t = (at - i)[:, None]
    p0, p1, p2, p3 = ends[i], ends[i + 1], ends[i + 2], ends[i + 3]
    bent = 2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3
    return bent / 2, at


def along(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Measure how far along a line each of its points lies, metres."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])


def roughened(xy: NDArray[np.float64], sideways_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Move each point of a line to its left by so many metres."""
    way = np.gradient(xy, axis=0)
    way /= np.hypot(way[:, 0], way[:, 1])[:, None]
    return xy + np.stack([-way[:, 1], way[:, 0]], axis=1) * sideways_m[:, None]


def wandering(
    xy: NDArray[np.float64], *, step_m: float, amplitude_m: float, seed: int, longest_m: float = 4000.0
) -> NDArray[np.float64]:
    """Draw a rough line through waypoints that keeps its two ends."""
    line, _ = curve(xy, step_m)
    far = along(line)
    calm = np.clip(np.minimum(far, far[-1] - far) / 800.0, 0.0, 1.0)
    rough = fractal_line(far, seed=seed, longest_m=longest_m, shortest_m=2 * step_m)
    return roughened(line, rough * amplitude_m * calm)


def channel(xy: NDArray[np.float64], half_m: NDArray[np.float64]) -> Any:
    """Draw the water of a river: a strip about a line, whose half width is given at each point."""
    discs = shapely.buffer(shapely.points(xy), half_m, quad_segs=3)
    pairs = shapely.geometrycollections(np.stack([discs[:-1], discs[1:]], axis=1))
    return on_grid(shapely.union_all(shapely.convex_hull(pairs)))


def on_grid(geometry: Any) -> Any:
    """Bring a geometry (or an array of them) to whole centimetres, valid."""
    snapped = shapely.set_precision(geometry, GRID_M)
    return shapely.transform(snapped, lambda xy: np.round(xy, 2))
