"""The visible range of a few cells, in plain array calls: the same rays and the same answers as the compiled loops.

A check of some sites asks for some hundred cells. Compiling would take longer than looking, so nothing is compiled.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fuling_gis.answers import MAYBE, NO, YES, Ternary
from fuling_gis.overlay.scene import Heights, Scene

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

# Lookouts tried at a time; the nearest are first, and most cells that are seen are seen from one of those.
_CHUNK: Final = 24
_VOID_FALL_M: Final = 1e5
_ON_LINE: Final = 1e-9
# Places on a ray that are looked at first, and how far under the ground is hidden beyond all rounding.
_PLACES: Final = np.linspace(0.01, 0.99, 48)
_PLAINLY_M: Final = 1e-3


def look_at(scene: Scene, row: Indices, column: Indices) -> Ternary:
    """Answer for some cells: seen with the error against it, only with it in favour, or not even so."""
    out = np.full(len(row), NO, np.int8)
    # One by one: each cell has its own rays, and all of those go through array calls.
    for n, (i, j) in enumerate(zip(row.tolist(), column.tolist(), strict=True)):
        out[n] = _look_at(scene, i, j)
    return out


def walk_to(scene: Scene, row: Indices, column: Indices) -> Ternary:
    """Answer for some cells whether the first ridge is not passed on the way from the nearest lookout."""
    out = np.full(len(row), NO, np.int8)
    ground, error, drop = scene.land.mean, scene.land.error_m, scene.view.drop_m
    # One by one, as above.
    for n, (i, j) in enumerate(zip(row.tolist(), column.tolist(), strict=True)):
        k = _nearest(scene, i, j)
        if len(k):
            fall = float(_fallen(ground, i, j, scene.column[k], scene.row[k])[0])
            # Nothing falls so far but ground without a height.
            unknown = fall > _VOID_FALL_M
            out[n] = YES if fall <= drop - 2 * error else MAYBE if fall <= drop + 2 * error or unknown else NO
    return out


def _nearest(scene: Scene, i: int, j: int) -> Indices:
    far = _far(scene, i, j)
    k = np.flatnonzero(far <= scene.reach * scene.reach)
    return k[np.argmin(far[k])][None] if len(k) else k


def _far(scene: Scene, i: int, j: int) -> Floats:
    u, v = scene.column, scene.row
    return np.asarray((u - j) * (u - j) + (v - i) * (v - i))


def _look_at(scene: Scene, i: int, j: int) -> int:
    far = _far(scene, i, j)
    near = np.flatnonzero(far <= scene.reach * scene.reach)
    near = near[np.argsort(far[near], kind="stable")]
    fall = scene.view.drop_per_m2 * scene.grid.cell_m**2
    rays = _Rays(i, j, scene.column[near], scene.row[near], scene.eye_high[near], fall * far[near])
    against = replace(rays, eye=scene.eye_low[near])
    high, low, target = scene.land.high, scene.land.low, scene.view.target_m
    # What is hidden with the error in favour is hidden against it as well.
    open_ = ~_plainly_hidden(low, float(high[i, j]), target, rays)
    perhaps, sure = rays.take(open_), against.take(open_)
    sure = sure.take(~_plainly_hidden(high, float(low[i, j]), target, sure))
    if _any_clear(high, float(low[i, j]), target, sure):
        return YES
    return MAYBE if _any_clear(low, float(high[i, j]), target, perhaps) else NO


def _any_clear(ground: Heights, own: float, target: float, rays: _Rays) -> bool:
    """Tell whether any line of sight clears the ground, the nearest lookouts first."""
    starts = range(0, len(rays.u), _CHUNK)
    return any(_is_clear(ground, own, target, rays.take(slice(n, n + _CHUNK))).any() for n in starts)


def cuts(i: int, j: int, u: Floats, v: Floats) -> Floats:
    """Give where rays from lookouts (0) to a cell (1) cross the lines between middles, rising; shape (rays, cuts).

    Rows are filled up with 1 at their end; the first is 0.
    """
    parts = [np.zeros((len(u), 1)), np.ones((len(u), 1))]
    for start, end in ((u, j), (v, i)):
        way = end - start
        # Lines strictly between the two ends, and one through the lookout itself.
        first = np.where(way > 0, np.ceil(start), np.floor(start))
        count = np.where(way != 0, np.abs(end - first), 0).astype(np.int64)
        nth = np.arange(int(count.max(initial=0)))[None, :]
        line = first[:, None] + np.sign(way)[:, None] * nth
        with np.errstate(divide="ignore", invalid="ignore"):
            t = (line - start[:, None]) / way[:, None]
        parts.append(np.where(nth < count[:, None], t, 1.0))
    return np.sort(np.concatenate(parts, axis=1), axis=1)


def _profile(ground: Heights, i: int, j: int, u: Floats, v: Floats) -> tuple[Floats, Floats, Floats]:
    """Give where rays are cut, the ground there, and how much it is twisted between each cut and the next."""
    t = cuts(i, j, u, v)
    rows, columns = ground.shape
    height = ground_at(ground, v[:, None] + t * (i - v)[:, None], u[:, None] + t * (j - u)[:, None])
    middle = 0.5 * (t[:, 1:] + t[:, :-1])
    c = np.minimum((u[:, None] + middle * (j - u)[:, None]).astype(np.int64), columns - 2)
    r = np.minimum((v[:, None] + middle * (i - v)[:, None]).astype(np.int64), rows - 2)
    a, b, d, e = (ground[r + k, c + m].astype(np.float64) for k in (0, 1) for m in (0, 1))
    return t, height, a - b - d + e


def ground_at(ground: Heights, row: Floats, column: Floats) -> Floats:
    """Read the ground where rays are cut."""
    # A cut lies on a line: on that one, whatever rounding says.
    x, y = (np.where(np.abs(a - np.rint(a)) < _ON_LINE, np.rint(a), a) for a in (column, row))
    c = np.minimum(x.astype(np.int64), ground.shape[1] - 2)
    r = np.minimum(y.astype(np.int64), ground.shape[0] - 2)
    f, g = x - c, y - r
    a, b, d, e = (ground[r + k, c + m].astype(np.float64) for k in (0, 1) for m in (0, 1))
    return _between(_between(a, b, f), _between(d, e, f), g)


def _between(a: Floats, b: Floats, share: Floats) -> Floats:
    return np.asarray(a * (1.0 - share) + b * share)


@dataclass(frozen=True)
class _Rays:
    """Lines of sight to one cell."""

    i: int
    j: int
    # Column and row of each lookout, the height of its eye, and the fall of the Earth at its distance; shape (n,).
    u: Floats
    v: Floats
    eye: Floats
    bend: Floats

    def take(self, rows: Any) -> _Rays:
        """Give some of the lines."""
        return _Rays(self.i, self.j, self.u[rows], self.v[rows], self.eye[rows], self.bend[rows])


def _is_clear(ground: Heights, own: float, target: float, rays: _Rays) -> NDArray[np.bool_]:
    """Tell which lines of sight to a cell clear the ground; see the compiled `first_hidden`.

    own: height of the ground at the cell. target: what is looked at, above it.
    """
    i, j, u, v, eye, bend = rays.i, rays.j, rays.u, rays.v, rays.eye, rays.bend
    t, height, twist = _profile(ground, i, j, u, v)
    top = own + target - bend
    # The cell's own ground is at the other end of the error: it lifts or lowers the surface of the cells around it.
    at_end = t == 1.0
    height = np.where(at_end, own, height)
    clear = eye[:, None] + (top - eye)[:, None] * t - height + bend[:, None] * t * t
    clear[at_end] = target
    du, dv = (j - u)[:, None], (i - v)[:, None]
    step = t[:, :-1] - t[:, 1:]
    twist = twist + (own - float(ground[i, j])) * _touching(t, i, j, u, v)
    curve = bend[:, None] * step * step - twist * (step * du) * (step * dv)
    before, change = clear[:, 1:], clear[:, :-1] - clear[:, 1:]
    bulges = (curve > 0) & (np.abs(change) < curve)
    s = np.where(bulges, (curve - change) / np.where(bulges, 2.0 * curve, 1.0), 0.0)
    least = np.where(bulges, before - curve * s * s, before)
    return np.asarray((clear >= 0).all(axis=1) & (least >= 0).all(axis=1))


def _plainly_hidden(ground: Heights, own: float, target: float, rays: _Rays) -> NDArray[np.bool_]:
    """Tell which lines of sight run into the ground at some of the places looked at; most of the hidden ones do.

    A line must clear the ground everywhere, so whatever is found here needs no exact look; rounding is allowed for.
    """
    i, j, u, v, eye, bend = (rays.i, rays.j, *(a[:, None] for a in (rays.u, rays.v, rays.eye, rays.bend)))
    t = _PLACES[None, :]
    x, y = u + t * (j - u), v + t * (i - v)
    c = np.minimum(x.astype(np.int64), ground.shape[1] - 2)
    r = np.minimum(y.astype(np.int64), ground.shape[0] - 2)
    # In the cells about the place itself its own height is another one.
    clear_of_it = (np.abs(x - j) > 1) | (np.abs(y - i) > 1)
    f, g = x - c, y - r
    a, b, d, e = (ground[r + k, c + m].astype(np.float64) for k in (0, 1) for m in (0, 1))
    height = _between(_between(a, b, f), _between(d, e, f), g)
    line = eye + (own + target - bend - eye) * t + bend * t * t
    return np.asarray((clear_of_it & (line - height < -_PLAINLY_M)).any(axis=1))


def _touching(t: Floats, i: int, j: int, u: Floats, v: Floats) -> Floats:
    """Give the sign with which the cell's own height enters the twist between two cuts; 0 where it does not."""
    middle = 0.5 * (t[:, 1:] + t[:, :-1])
    c = (u[:, None] + middle * (j - u)[:, None]).astype(np.int64)
    r = (v[:, None] + middle * (i - v)[:, None]).astype(np.int64)
    near = ((r == i) | (r + 1 == i)) & ((c == j) | (c + 1 == j))
    return np.where(near, np.where((r == i) == (c == j), 1.0, -1.0), 0.0)


def _fallen(ground: Heights, i: int, j: int, u: Floats, v: Floats) -> Floats:
    """Measure how far the ground falls below its highest point before, going from lookouts to a cell."""
    t, height, twist = _profile(ground, i, j, u, v)
    du, dv = (j - u)[:, None], (i - v)[:, None]
    step = t[:, 1:] - t[:, :-1]
    curve = twist * (step * du) * (step * dv)
    before, change = height[:, :-1], height[:, 1:] - height[:, :-1]
    turns = np.abs(change) < np.abs(curve)
    s = np.where(turns, (curve - change) / np.where(turns, 2.0 * curve, 1.0), 0.0)
    turn = np.where(turns, before - curve * s * s, before)
    between = np.stack([before, turn], axis=2).reshape(len(t), -1)
    whole = np.concatenate([between, height[:, -1:]], axis=1)
    return np.asarray((np.maximum.accumulate(whole, axis=1) - whole).max(axis=1))
