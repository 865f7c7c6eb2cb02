"""Draws the cells that are seen as ground: what a visible range hands to the questions of place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from fuling_gis.answers import MAYBE, YES, Mask
from fuling_gis.cache import NOWHERE, Arrays, Cache
from fuling_gis.grid import Grid
from fuling_gis.overlay.pieces import Geometries
from fuling_gis.overlay.shapes import EMPTY, Shape, dissolved, shape_of
from fuling_gis.overlay.visibility import Indices, States

# So many cells are drawn along their edges in one go rather than joined from rectangles.
_MANY_CELLS: Final = 20_000

# Corners of a ring, the first again at its end.
_LEAST_RING: Final = 4
_OFFSETS: Final = (np.int32, np.int64)

# What is seen surely and perhaps, from waters surely meant, then surely and perhaps from all.
Grounds = tuple[Shape, Shape, Shape, Shape]


def whole_drawn(grid: Grid, states: list[States], kept: Cache) -> Grounds:
    """Draw the ground of all cells, as `drawn_around` does that of some.

    states: of the shape of the grid. kept: where the fields of the grounds are kept.
    """
    from fuling_gis.readers.raster import areas_of

    def draw(chosen: Mask) -> Geometries:
        # Areas of cells that meet at their edges touch each other at corners at the most: they are dissolved already.
        return areas_of(chosen.view(np.uint8), grid, (1,))[1]

    return _four(states, draw, lasting=True, kept=kept)


def drawn_around(grid: Grid, row: Indices, column: Indices, states: list[States], *, lasting: bool) -> Grounds:
    """Draw the ground of some cells that are seen, surely and perhaps, from waters surely meant and from all."""
    return _four(states, lambda chosen: _drawn(grid, row[chosen], column[chosen]), lasting=lasting)


def as_arrays(grounds: Grounds) -> dict[str, NDArray[Any]]:
    """Give the grounds of all cells as arrays to be kept: corners, rings and areas, of those that are alike once."""
    shapes = {id(shape): shape for shape in grounds}
    out: dict[str, NDArray[Any]] = {"which": np.array([list(shapes).index(id(shape)) for shape in grounds])}
    for n, shape in enumerate(shapes.values()):
        if not shape.empty:
            _, corners, (rings, areas) = shapely.to_ragged_array(shape.areas)
            out |= {f"corners{n}": corners, f"rings{n}": rings, f"areas{n}": areas}
    return out


def grounds_in(arrays: Arrays | None, kept: Cache) -> Grounds | None:
    """Give the grounds that were kept; None where none were, or not such. kept: where their fields are kept."""
    which = None if arrays is None else arrays.get("which")
    if arrays is None or which is None or which.shape != (4,) or which.dtype != np.int64:
        return None
    made: dict[int, Shape] = {}
    for n in sorted(set(which.tolist())):
        made[n] = EMPTY
        if f"corners{n}" in arrays:
            parts = [arrays[f"{name}{n}"] for name in ("corners", "rings", "areas") if f"{name}{n}" in arrays]
            areas = _areas(*parts) if len(parts) == 3 else None  # noqa: PLR2004  all of them
            if areas is None:
                return None
            made[n] = shape_of(areas, kept=kept)
    first, second, third, fourth = (made[n] for n in which.tolist())
    return first, second, third, fourth


def _areas(corners: NDArray[Any], rings: NDArray[Any], areas: NDArray[Any]) -> Geometries | None:
    """Make areas of their corners; None where rings or areas have corners or rings that are not there."""
    if corners.ndim != 2 or corners.shape[1] != 2 or corners.dtype != np.float64 or not np.isfinite(corners).all():  # noqa: PLR2004
        return None
    for first, least, members in ((rings, _LEAST_RING, len(corners)), (areas, 1, len(rings) - 1)):
        if first.ndim != 1 or first.dtype not in _OFFSETS or not len(first) or first[0] != 0 or first[-1] != members:
            return None
        if (first[1:] < first[:-1] + least).any():
            return None
    return np.asarray(shapely.from_ragged_array(shapely.GeometryType.POLYGON, corners, (rings, areas)), dtype=object)


def _four(states: list[States], draw: Callable[[Mask], Geometries], *, lasting: bool, kept: Cache = NOWHERE) -> Grounds:
    """Draw the four grounds, those that are alike once."""
    first, second = states
    either = np.maximum(first, second)
    drawn: list[tuple[Mask, Shape]] = []
    out = []
    for group, least in ((first, YES), (first, MAYBE), (either, YES), (either, MAYBE)):
        chosen = group >= least
        shape = next((shape for mask, shape in drawn if np.array_equal(mask, chosen)), None)
        if shape is None:
            shape = shape_of(draw(chosen), lasting=lasting, kept=kept) if chosen.any() else EMPTY
            drawn.append((chosen, shape))
        out.append(shape)
    return out[0], out[1], out[2], out[3]


def _drawn(grid: Grid, row: Indices, column: Indices) -> Geometries:
    """Draw cells as dissolved ground. row, column: row by row, as `np.nonzero` gives them."""
    if len(row) > _MANY_CELLS:
        from fuling_gis.readers.raster import areas_of

        # A corner of the grid that holds them all.
        rows, columns = _window(row), _window(column)
        part = grid.part(rows, columns)
        mask = np.zeros(part.shape, np.uint8)
        mask[row - rows.start, column - columns.start] = 1
        # Areas of cells that meet at their edges touch each other at corners at the most: they are dissolved already.
        return areas_of(mask, part, (1,))[1]
    # Neighbours in a row are one rectangle.
    starts = np.flatnonzero(np.concatenate([[True], (np.diff(row) != 0) | (np.diff(column) != 1)]))
    ends = np.concatenate([starts[1:], [len(row)]]) - 1
    west = grid.left + column[starts] * grid.step_x
    east = grid.left + (column[ends] + 1) * grid.step_x
    north = grid.top - row[starts] * grid.step_y
    return dissolved(np.asarray(shapely.box(west, north - grid.step_y, east, north), dtype=object))


def _window(index: Indices) -> slice:
    return slice(int(index.min()), int(index.max()) + 1) if len(index) else slice(0, 1)
