"""The visible range: from which cells of a height model a water can be seen, yes, maybe or no.

Every cell has its own ray from every lookout within reach; nothing is interpolated between rays and nothing is left out
(docs/visibility.md). A whole range goes through compiled loops in threads, a few cells through array calls; the answers
are the same.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fuling_gis.overlay.scene import Scene
from fuling_gis.overlay.visibility_few import look_at, walk_to

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
# 2 yes, 1 maybe, 0 no; shape of the grid.
States = NDArray[np.int8]

# Cells are worked on in squares of this edge: they share a list of lookouts.
_BLOCK: Final = 32
# Above so many pairs of cell and lookout, compiling is worth its time.
FEW_PAIRS: Final = 150_000


def visible_range(scene: Scene, *, jobs: int | None = None) -> States:
    """Answer for every cell.

    jobs: threads; None for one on each processor.
    """
    out = np.zeros(scene.grid.shape, np.int8)
    tasks = list(_blocks(scene))
    if not tasks:
        return out
    run = _looking(scene, out) if scene.view.kind == "sight" else _walking(scene, out)
    with ThreadPoolExecutor(jobs or os.cpu_count() or 1) as pool:
        for done in [pool.submit(run, task) for task in tasks]:
            done.result()
    return out


def visible_cells(scene: Scene, row: Indices, column: Indices) -> NDArray[np.int8]:
    """Answer for some cells."""
    look = look_at if scene.view.kind == "sight" else walk_to
    return look(scene, row, column)


def pairs(scene: Scene, row: Indices, column: Indices) -> int:
    """Count, about, the pairs of some cells and the lookouts within their reach."""
    if not len(row) or not len(scene.column):
        return 0
    some = np.linspace(0, len(row) - 1, min(len(row), 16)).astype(np.int64)
    far = np.hypot(scene.column[:, None] - column[some], scene.row[:, None] - row[some])
    return int((far <= scene.reach).sum(axis=0).mean() * len(row))


@dataclass(frozen=True)
class _Block:
    """A square of cells, and the lookouts that can see any of it, the nearest first."""

    top: int
    bottom: int
    left: int
    right: int
    lookouts: Indices


def _blocks(scene: Scene) -> list[_Block]:
    found = []
    for top in range(0, scene.grid.ny, _BLOCK):
        bottom = min(top + _BLOCK, scene.grid.ny)
        off_row = np.maximum(np.maximum(top - scene.row, scene.row - (bottom - 1)), 0.0)
        near = np.flatnonzero(off_row <= scene.reach)
        if not len(near):
            continue
        for left in range(0, scene.grid.nx, _BLOCK):
            right = min(left + _BLOCK, scene.grid.nx)
            u = scene.column[near]
            off_column = np.maximum(np.maximum(left - u, u - (right - 1)), 0.0)
            within = near[off_column * off_column + off_row[near] * off_row[near] <= scene.reach * scene.reach]
            if len(within):
                away = np.hypot(scene.column[within] - (left + right) / 2, scene.row[within] - (top + bottom) / 2)
                found.append(_Block(top, bottom, left, right, within[np.argsort(away, kind="stable")]))
    return found


class _looking:  # noqa: N801 - a function with its arrays
    """Looks at one block."""

    def __init__(self, scene: Scene, out: States) -> None:
        self.scene, self.out = scene, out
        self.fall = scene.view.drop_per_m2 * scene.grid.cell_m**2
        self.twist = scene.land.twist
        self.most = float(self.twist.max())

    def __call__(self, block: _Block) -> None:
        from fuling_gis.overlay.visibility_kernel import look

        scene, k = self.scene, block.lookouts
        look(
            scene.land.high, scene.land.low, scene.column[k], scene.row[k], scene.eye_low[k], scene.eye_high[k],
            scene.reach, self.fall, scene.view.target_m, self.twist, self.most,
            block.top, block.bottom, block.left, block.right, self.out,
        )  # fmt: skip


class _walking:  # noqa: N801 - a function with its arrays
    """Walks to one block."""

    def __init__(self, scene: Scene, out: States) -> None:
        self.scene, self.out = scene, out

    def __call__(self, block: _Block) -> None:
        from fuling_gis.overlay.visibility_kernel import walk

        scene, k = self.scene, np.sort(block.lookouts)
        drop, error = scene.view.drop_m, scene.land.error_m
        walk(
            scene.land.mean, scene.column[k], scene.row[k], scene.reach, drop - 2 * error, drop + 2 * error, block.top,
            block.bottom, block.left, block.right, self.out,
        )  # fmt: skip
