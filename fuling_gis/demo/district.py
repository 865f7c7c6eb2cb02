"""The district's outline: a sketch beyond the outermost seats that the two rivers enter and leave where they do."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from fuling_gis.demo import places
from fuling_gis.demo.lines import along, curve, on_grid, roughened
from fuling_gis.demo.noise import fractal_line

# The plan, chapter 1: the district has 2,942 square kilometres.
AREA_M2: Final = 2942e6
_STEP_M: Final = 70.0
_ROUGH_M: Final = 900.0


def outline() -> Any:
    """Draw the district: the sketched ring made rough, then grown to the right area but for the rivers' crossings."""
    ring = places.points("outline")
    fixed = np.array([row["kind"] == "river" for row in places.rows("outline")])
    grown = ring.copy()
    centre = ring.mean(axis=0)
    # The area answers to the scale almost linearly: a few corrections settle it.
    scale = 1.0
    for _ in range(6):
        grown[~fixed] = centre + (ring[~fixed] - centre) * scale
        area = shapely.Polygon(_rough(grown, fixed)).area
        scale *= 1 + (AREA_M2 / area - 1) / 2
    return on_grid(shapely.make_valid(shapely.Polygon(_rough(grown, fixed)), method="structure"))


def _rough(ring: NDArray[np.float64], fixed: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Draw the ring as a natural line that still passes through its fixed points."""
    closed = np.vstack([ring, ring[:1]])
    line, at = curve(closed, _STEP_M)
    far = along(line)
    anchors = far[np.searchsorted(at, np.flatnonzero(fixed))]
    from_anchor = np.abs(far[:, None] - anchors).min(axis=1)
    calm = np.clip(np.minimum(np.minimum(far, far[-1] - far), from_anchor) / 1500.0, 0.0, 1.0)
    rough = fractal_line(far, seed=102, longest_m=7000.0, shortest_m=2 * _STEP_M)
    return roughened(line, rough * _ROUGH_M * calm)
