"""The visible range as something to write and to draw: every cell of the working grid, and all that it hangs on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from fuling_gis.answers import MAYBE, YES
from fuling_gis.grid import Grid
from fuling_gis.layers.model import Layer
from fuling_gis.overlay.sight import DEM_LAYER, Range, range_of
from fuling_gis.overlay.zones import ZoneBook
from fuling_gis.rules.model import Ask, Selection, selections
from fuling_gis.rules.views import View

# Stands for a cell without a height.
UNKNOWN = 255
# Stands for a cell that nothing known sees, where a layer ends nearer than anyone looks: a maybe of coverage.
OPEN = 3


@dataclass(frozen=True)
class SeenRange:
    """One visible range, whole."""

    grid: Grid
    view: View
    # 2 seen, 1 perhaps, 0 not, 3 perhaps from beyond what a layer covers, 255 no height; shape of the grid, uint8.
    states: NDArray[np.uint8]
    # Heights, metres, not a number where there are none.
    heights: NDArray[np.float32]
    # Where one looks from, shape (n, 2), and whether it is sure that this water is meant.
    places: NDArray[np.float64]
    sure: NDArray[np.bool_]
    # The error reckoned with, metres.
    error_m: float
    # Layer id to the layer, for names, dates and hashes: the height model and the water.
    layers: Mapping[str, Layer]
    # Cells with their middle in the jurisdiction, all of them where there is none; shape of the grid.
    inside: NDArray[np.bool_]

    @property
    def indicative(self) -> bool:
        """Whether any layer behind it decides nothing."""
        return any(layer.indicative for layer in self.layers.values())

    @property
    def parameters(self) -> dict[str, str]:
        """Everything that the range hangs on, as texts by name."""
        figures = {
            name: f"{value:.10g}" if isinstance(value, float) else value for name, value in self.view.figures.items()
        }
        found = {"view": self.view.key, **figures, "error_m": f"{self.error_m:g}", "cell_m": f"{self.grid.cell_m:g}"}
        found |= {
            "crs": self.grid.crs,
            "lookouts": str(len(self.places)),
            "indicative": "yes" if self.indicative else "no",
        }
        for layer in self.layers.values():
            found |= {f"{layer.id}_path": layer.path, f"{layer.id}_sha256": layer.file_hash}
        return found

    def share(self, state: int, *, inside: bool = False) -> float:
        """Give the ground in one state, square metres; of the jurisdiction alone, or of all that was looked at."""
        there = self.states == state
        return float((there & self.inside if inside else there).sum()) * self.grid.cell_m**2


def seen_range(question: Ask, book: ZoneBook, *, jobs: int | None = None) -> SeenRange | None:
    """Compute a visible range; None where the height model or the water is missing, or where they contradict."""
    found = range_of(question, book)
    if found is None or not found.usable:
        return None
    return _whole(found, found.whole(jobs), question, book)


def known_range(question: Ask, book: ZoneBook) -> SeenRange | None:
    """Give a visible range where all of it is known already; None where computing it would take its time."""
    found = range_of(question, book)
    if found is None or not found.usable or not found.kept:
        return None
    return _whole(found, found.whole(), question, book)


def _whole(found: Range, known: list[NDArray[np.int8]], question: Ask, book: ZoneBook) -> SeenRange:
    first, second = known
    states = np.where(np.maximum(first, second) >= MAYBE, np.uint8(MAYBE), np.uint8(0))
    states[first == YES] = YES
    states[(states == 0) & ~covered_cells(found, question, book)] = OPEN
    states[np.isnan(found.relief.heights)] = UNKNOWN
    sure, doubtful = found.places
    names = dict.fromkeys((DEM_LAYER, *(one.layer for one in selections(question.zone))))
    layers = {name: layer for name in names if (layer := book.layers.get(name)) is not None}
    places = np.concatenate([sure, doubtful])
    of_sure = np.arange(len(places)) < len(sure)
    heights, error_m = found.relief.heights, found.error_m
    return SeenRange(found.grid, found.view, states, heights, places, of_sure, error_m, layers, _inside(found, book))


def _inside(found: Range, book: ZoneBook) -> NDArray[np.bool_]:
    from fuling_gis.readers.raster import burnt

    district = book.area(book.jurisdiction)
    return np.ones(found.grid.shape, bool) if district is None else burnt(district.areas, found.grid)


def covered_cells(found: Range, question: Ask, book: ZoneBook) -> NDArray[np.bool_]:
    """Tell the cells around which every layer goes on as far as anyone looks: only there is a no a no."""
    from fuling_gis.readers.raster import burnt

    out = np.ones(found.grid.shape, bool)
    # A cell more: places to look from need the middles of cells on both sides of them.
    margin = found.view.range_m + found.grid.cell_m
    for cover in (*book.zone(question.zone).covers, *book.zone(Selection(DEM_LAYER)).covers):
        if cover.shape is None:
            return np.zeros(found.grid.shape, bool)
        inner = shapely.get_parts(shapely.buffer(shapely.union_all(cover.shape.areas), -margin))
        out &= burnt(inner[~shapely.is_empty(inner)], found.grid)
    return out
