"""The visible range as a zone: what `visible_from` asks about, made of the cells of a height model.

Cells are answered when a site first needs them, or all at once and then kept beside the workspace by the content of
height model, water and view. Their ground is a zone with two ends, seen surely and seen perhaps, so that `questions`
puts it to sites as it does any other: a site sees the river if some point of it lies in a cell that does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import RLock
from typing import Any, Final

import numpy as np
import shapely

from fuling_gis.cache import key_of
from fuling_gis.grid import Grid
from fuling_gis.layers.model import Relief
from fuling_gis.overlay.drawn import Grounds, as_arrays, drawn_around, grounds_in, whole_drawn
from fuling_gis.overlay.pieces import Geometries
from fuling_gis.overlay.scene import Land, Scene, error_of, gap_m, make_land, make_scene, places_of, wet_cells
from fuling_gis.overlay.shapes import EMPTY, Floats, Shape
from fuling_gis.overlay.sitetree import MANY_SITES
from fuling_gis.overlay.visibility import FEW_PAIRS, Indices, States, pairs, visible_cells, visible_range
from fuling_gis.overlay.zones import Doubt, ZoneBook, ZoneGround, pick
from fuling_gis.rules.model import Ask, Joined, Selection, Zone, selections
from fuling_gis.rules.views import View, demands, view_of

# The height model, and the name of the cause where it does not decide.
DEM_LAYER: Final = "dem"
# Of what is kept: to be raised where the same layers would give another range.
_MAKE: Final = 2
_UNKNOWN: Final = -1
# Cells in a site's window that are not worth sorting out, and sites in a batch for which none is.
_SMALL_WINDOW: Final = 64
_MANY_SITES: Final = 2_000
# All cells are drawn at once when so large a part of them was drawn around sites.
_PART_DRAWN: Final = 0.03


@dataclass(frozen=True)
class Range:
    """What is known of one visible range: cells seen from waters that are surely meant, and from those in doubt."""

    relief: Relief
    view: View
    # Areas, lines and points that are surely meant, and those that may be.
    water: Geometries
    doubtful: Geometries
    # The error reckoned with, metres.
    error_m: float
    key: str
    # Names the water, for what its views share.
    water_key: str
    lock: RLock = field(default_factory=RLock, repr=False, compare=False)
    _states: list[States] = field(default_factory=list, repr=False, compare=False)
    _scenes: list[Scene] = field(default_factory=list, repr=False, compare=False)
    _usable: list[bool] = field(default_factory=list, repr=False, compare=False)
    # How many cells were drawn around sites, and the ground of all cells once that was done.
    _drawn: list[int] = field(default_factory=list, repr=False, compare=False)
    _ground: list[Grounds] = field(default_factory=list, repr=False, compare=False)

    @property
    def grid(self) -> Grid:
        """The cells."""
        return self.relief.grid

    @property
    def usable(self) -> bool:
        """Whether the model and the level of the water go together; see `gap_m`."""
        with self.lock:
            if not self._usable:
                most, least = demands().water_gap_m + self.error_m, demands().water_depth_m + self.error_m
                self._usable.append(-least <= self.gap_m <= most)
            return self._usable[0]

    @property
    def gap_m(self) -> float:
        """How far the model lies above the water at most lookouts, metres."""
        return gap_m(self.relief.heights, self.grid, np.concatenate(self.places), self.view)

    @property
    def places(self) -> list[Floats]:
        """Where one looks from: places that are surely meant, and the others; shape (n, 2) each."""
        made: list[Floats] = self._once(
            ("places", self.view.spacing_m),
            lambda: [places_of(some, self.view, self.grid) for some in (self.water, self.doubtful)],
        )
        return made

    @property
    def scenes(self) -> list[Scene]:
        """The scene with the lookouts that are surely meant, and the one with the others."""
        with self.lock:
            if not self._scenes:
                land: Land = self._once(("land", self.view.water_level_m, self.error_m), self._land)
                self._scenes.extend(make_scene(land, self.view, places) for places in self.places)
            return self._scenes

    def _land(self) -> Land:
        every = np.concatenate([self.water, self.doubtful])
        wet = self._once(("wet",), lambda: wet_cells(every, self.grid))
        return make_land(self.relief.heights, self.grid, self.error_m, wet, self.view.water_level_m)

    def _once(self, what: tuple[object, ...], make: Callable[[], Any]) -> Any:
        """Make what several views of the same water share, once."""
        key = repr((self.water_key, *what))
        with self.relief.lock:
            if key not in self.relief.memory:
                self.relief.memory[key] = make()
            return self.relief.memory[key]

    def states(self, row: Indices, column: Indices) -> list[States]:
        """Give the answers of some cells, from the one group of lookouts and from the other; shape (n,) each."""
        with self.lock:
            known = self._known()
            open_ = np.flatnonzero(known[0][row, column] == _UNKNOWN)
            if len(open_):
                i, j = row[open_], column[open_]
                if sum(pairs(scene, i, j) for scene in self.scenes) > FEW_PAIRS:
                    return [states[row, column] for states in self.whole()]
                for states, scene in zip(known, self.scenes, strict=True):
                    states[i, j] = visible_cells(scene, i, j)
            return [states[row, column] for states in known]

    def whole(self, jobs: int | None = None) -> list[States]:
        """Give the answers of all cells, from the one group of lookouts and from the other."""
        with self.lock:
            known = self._known()
            if (known[0] == _UNKNOWN).any():
                found = [visible_range(scene, jobs=jobs) for scene in self.scenes]
                for states, one in zip(known, found, strict=True):
                    states[:] = one
                self.relief.cache.put(self.key, {f"states{n}": one for n, one in enumerate(found)})
            return known

    def ground(self, *, many: bool) -> Grounds | None:
        """Give the ground of all cells, where it was drawn before or so many sites were asked that drawing all pays.

        None before. many: whether it is to be asked of many sites; for few a ground of all cells is large.
        """
        with self.lock:
            pays = sum(self._drawn) > _PART_DRAWN * self.grid.nx * self.grid.ny
            if not self._ground and (many or pays) and self.kept:
                key, cache = key_of("drawn", self.key), self.relief.cache
                found = grounds_in(cache.get(key), cache.fields)
                if found is None and pays:
                    found = whole_drawn(self.grid, self.whole(), cache.fields)
                    cache.put(key, as_arrays(found))
                self._ground.extend([] if found is None else [found])
            return self._ground[0] if self._ground else None

    def drew(self, cells: int) -> None:
        """Note that so many cells were drawn around sites."""
        with self.lock:
            self._drawn[:] = [sum(self._drawn) + cells]

    @property
    def kept(self) -> bool:
        """Whether all cells are known already, here or beside the workspace."""
        with self.lock:
            return not bool((self._known()[0] == _UNKNOWN).any())

    def _known(self) -> list[States]:
        if not self._states:
            kept = self.relief.cache.get(self.key) or {}
            found = [kept.get(f"states{n}") for n in (0, 1)]
            fits = all(one is not None and one.shape == self.grid.shape and one.dtype == np.int8 for one in found)
            blank = np.full(self.grid.shape, _UNKNOWN, np.int8)
            self._states.extend([one.copy() for one in found if one is not None] if fits else [blank, blank.copy()])
        return self._states


def range_of(question: Ask, book: ZoneBook) -> Range | None:
    """Give the visible range that a question is about; None where the model or a layer of the water is missing."""
    layer = book.layers.get(DEM_LAYER)
    members = [book.layers.get(one.layer) for one in selections(question.zone)]
    if layer is None or layer.relief is None or any(member is None for member in members):
        return None
    relief, view = layer.relief, view_of(question.view)
    digests = [member.digest for member in members if member is not None]
    error = error_of(relief.heights, relief.grid, relief.error_m)
    # What values a field may have decides which water is surely meant.
    allowed = [sorted(member.allowed.items()) for member in members if member is not None]
    water = (repr(question.zone), digests, allowed)
    key = key_of("seen", _MAKE, layer.digest, *water, sorted(view.figures.items()), error)
    with relief.lock:
        if key not in relief.memory:
            sure, all_ = (_water(question.zone, book, possible=possible) for possible in (False, True))
            doubtful = all_[~np.isin(shapely.to_wkb(all_), shapely.to_wkb(sure))] if len(all_) else all_
            relief.memory[key] = Range(relief, view, sure, doubtful, error, key, key_of(repr(question.zone), digests))
        found: Range = relief.memory[key]
        return found


def seen_ground(
    question: Ask, geometry: Geometries, reach_m: Floats, book: ZoneBook, *, many: bool = False
) -> ZoneGround:
    """Give the visible range around some sites as a zone.

    geometry: of the sites, shape (n,). reach_m: how far around each its answer hangs on, metres, shape (n,). many:
    whether they are some of many sites.
    """
    zone, dem = book.zone(question.zone), book.layers.get(DEM_LAYER)
    found = range_of(question, book)
    if dem is None or found is None:
        wanting = [d.cause for d in zone.doubts if d.cause.startswith("layer:")]
        wanting += [f"layer:{DEM_LAYER}"] if dem is None or dem.relief is None else []
        return _unknown(zone, wanting or [d.cause for d in zone.doubts])
    if not found.usable:
        return _unknown(zone, [DEM_LAYER])
    sure, perhaps, sure_any, perhaps_any = found.ground(many=many) or _grounds(found, geometry, reach_m)
    doubts = [] if sure is perhaps and sure_any is perhaps_any else [
        Doubt(DEM_LAYER, ((sure, perhaps), (sure_any, perhaps_any)))
    ]  # fmt: skip
    if sure is not sure_any or perhaps is not perhaps_any:
        ends: tuple[tuple[Shape | None, Shape | None], ...] = ((sure, sure_any), (perhaps, perhaps_any))
        doubts += [Doubt(doubt.cause, ends) for doubt in zone.doubts]
    covers = (*zone.covers, *book.zone(Selection(DEM_LAYER)).covers)
    accuracy = max(zone.accuracy_m, dem.accuracy_m)
    return ZoneGround(sure, perhaps_any, tuple(doubts), accuracy, covers, zone.leaves)


def accuracy_m(question: Ask, book: ZoneBook) -> float:
    """Give the positional accuracy of a visible range: the largest of its layers', metres."""
    dem = book.layers.get(DEM_LAYER)
    return max(book.zone(question.zone).accuracy_m, 0.0 if dem is None else dem.accuracy_m)


def _unknown(zone: ZoneGround, causes: Iterable[str]) -> ZoneGround:
    """Give a zone that may be nothing and may be everything."""
    doubts = tuple(Doubt(cause, ((EMPTY, None),)) for cause in dict.fromkeys(causes))
    return ZoneGround(EMPTY, None, doubts, zone.accuracy_m, (), zone.leaves)


def _water(zone: Zone, book: ZoneBook, *, possible: bool) -> Geometries:
    """Evaluate a zone on the features that are surely meant, or on all that may be."""
    if isinstance(zone, Selection):
        layer = book.layers[zone.layer]
        if layer is None:
            raise KeyError(zone.layer)
        picked = pick(layer, zone.tests)
        return layer.geometry[picked.possible if possible else picked.sure]
    members = [_water(member, book, possible=possible) for member in zone.members]
    if isinstance(zone, Joined):
        return np.concatenate(members)
    ground = shapely.union_all(members[0])
    for member in members[1:]:
        ground = shapely.intersection(ground, shapely.union_all(member))
    return np.array([*shapely.get_parts(ground), None], dtype=object)[:-1]


def _needed(grid: Grid, geometry: Geometries, reach_m: Floats) -> tuple[Indices, Indices]:
    """Give row and column of the cells that the answers of some sites hang on, row by row."""
    # Beyond the reach, so that the end of what is known is never taken for the end of what is seen.
    margin = reach_m + grid.cell_m
    bounds = shapely.bounds(geometry) + np.stack([-margin, -margin, margin, margin], axis=1)
    windows = [grid.window((box[0], box[1], box[2], box[3])) for box in bounds.tolist()]
    # Only as much of the grid as is needed: of one site that is little.
    top, left = (min((window[axis].start for window in windows), default=0) for axis in (0, 1))
    bottom, right = (max((window[axis].stop for window in windows), default=0) for axis in (0, 1))
    needed = np.zeros((max(bottom - top, 0), max(right - left, 0)), bool)
    # Each site has a window of its own; marking it is a slice.
    for n, (rows, columns) in enumerate(windows):
        size = (rows.stop - rows.start) * (columns.stop - columns.start)
        if size <= _SMALL_WINDOW or len(bounds) > _MANY_SITES:
            needed[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left] = True
            continue
        i, j = np.mgrid[rows, columns]
        middle = shapely.points(grid.x(j.ravel()), grid.y(i.ravel()))
        shapely.prepare(geometry[n])
        close = shapely.dwithin(geometry[n], middle, margin[n] + grid.cell_m)
        needed[i.ravel()[close] - top, j.ravel()[close] - left] = True
    row, column = np.nonzero(needed)
    return row + top, column + left


def _grounds(found: Range, geometry: Geometries, reach_m: Floats) -> Grounds:
    """Give the ground around some sites that is seen."""
    # Many sites lie all over the grid: to find out which of its known cells they need takes longer than to draw all.
    if len(geometry) >= MANY_SITES and found.kept:
        found.drew(found.grid.nx * found.grid.ny)
        if (whole := found.ground(many=True)) is not None:
            return whole
    row, column = _needed(found.grid, geometry, reach_m)
    found.drew(len(row))
    states = found.states(row, column)
    # These may be the ones that make it worth while to draw all.
    return found.ground(many=False) or drawn_around(
        found.grid, row, column, states, lasting=len(geometry) >= MANY_SITES
    )
