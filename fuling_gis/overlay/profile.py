"""One line of sight in profile: from the lookout that has the best view of a place, over the ground, to the place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fuling_gis.overlay.scene import VOID_M, Scene
from fuling_gis.overlay.sight import Range
from fuling_gis.overlay.visibility_few import cuts, ground_at, look_at, walk_to
from fuling_gis.rules.views import View

Floats = NDArray[np.float64]

# The share of a line, from either end, in which it is low in any case.
_END = 0.05


@dataclass(frozen=True)
class Profile:
    """A line of sight; arrays go from the lookout to the place, shape (n,), metres."""

    view: View
    distance: Floats
    # The ground, and both ends of what its error leaves; not a number where there is no height.
    ground: Floats
    low: Floats
    high: Floats
    # The line of sight at each distance, bent as the ground falls away under it.
    line: Floats
    # 2 seen from some lookout, 1 perhaps, 0 not, 3 not told: a layer ends within the range.
    state: int
    # Where the ground comes nearest to the line, or farthest above it; a place in the arrays.
    tightest: int
    # Where the lookout and the place are.
    lookout: tuple[float, float]
    place: tuple[float, float]

    @property
    def clearance_m(self) -> float:
        """How far the line keeps above the ground where it is tightest, without any error; negative where it is cut."""
        return float(self.line[self.tightest] - self.ground[self.tightest])


def profile_to(found: Range, x: float, y: float) -> Profile | None:
    """Draw the line of sight to a place; None where the place is off the model, or no lookout is within reach.

    The cell of the place is looked at, from the lookout whose line keeps highest above the ground, or is cut least.
    """
    grid, scene = found.grid, found.scenes[0]
    i, j = int(np.rint(grid.row(np.array([y]))[0])), int(np.rint(grid.column(np.array([x]))[0]))
    if not (0 <= i < grid.ny and 0 <= j < grid.nx) or scene.land.mean[i, j] <= -VOID_M / 2:
        return None
    far = np.hypot(scene.column - j, scene.row - i)
    near = np.flatnonzero(far <= scene.reach)
    if not len(near):
        return None
    lines = [_line(scene, int(k), i, j) for k in near]
    best = lines[int(np.argmax([float((one.line - one.ground)[one.tightest]) for one in lines]))]
    look = look_at if scene.view.kind == "sight" else walk_to
    states = [int(look(one, np.array([i]), np.array([j]))[0]) for one in found.scenes]
    state = states[0] if states[0] == 2 else min(max(states), 1)  # noqa: PLR2004  seen from a water in doubt is a maybe
    return Profile(
        scene.view, best.distance, best.ground, best.low, best.high, best.line, state, best.tightest, best.lookout,
        (float(grid.x(np.array([j]))[0]), float(grid.y(np.array([i]))[0])),
    )  # fmt: skip


@dataclass(frozen=True)
class _Line:
    distance: Floats
    ground: Floats
    low: Floats
    high: Floats
    line: Floats
    tightest: int
    lookout: tuple[float, float]


def _line(scene: Scene, k: int, i: int, j: int) -> _Line:
    u, v = scene.column[k : k + 1], scene.row[k : k + 1]
    t = np.unique(cuts(i, j, u, v)[0])
    x, y = u[0] + t * (j - u[0]), v[0] + t * (i - v[0])
    size = float(np.hypot(u[0] - j, v[0] - i)) * scene.grid.cell_m
    mean, low, high = (ground_at(z, y, x) for z in (scene.land.mean, scene.land.low, scene.land.high))
    bend = scene.view.drop_per_m2 * size * size
    eye, top = float(scene.eye[k]), float(scene.land.mean[i, j]) + scene.view.target_m
    line = eye + (top - bend - eye) * t + bend * t * t
    void = mean < -VOID_M / 1e6
    ground = np.where(void, np.nan, mean)
    # Both ends stand on the ground: near them the line is low without being tight, unless it is cut.
    gap = np.where(void | (t <= 0) | (t >= 1), np.inf, line - mean)
    gap[(gap >= 0) & ((t < _END) | (t > 1 - _END))] = np.inf
    lookout = (float(scene.grid.x(u)[0]), float(scene.grid.y(v)[0]))
    return _Line(
        t * size, ground, np.where(void, np.nan, low), np.where(void, np.nan, high), line, int(np.argmin(gap)), lookout
    )
