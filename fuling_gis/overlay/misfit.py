"""Sites that look as if they still bore a phone map's shift: they fit the layers better once it is undone.

Nothing in a file shows the shift of GCJ-02 or BD-09, but the ground does. Outlines that were drawn along those of a
layer lie on them again once the shift is undone, and factories stand no longer in the river. Both are looked for. Only
evidence that no other shift of the same length gives is told, and nothing is ever moved here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from fuling_gis import crs as crs_module
from fuling_gis import gcj02
from fuling_gis.activities import read_activities
from fuling_gis.layers.model import Layer
from fuling_gis.notices import of_file, with_short
from fuling_gis.overlay.notices import notice
from fuling_gis.overlay.rivers import RIVER_LAYER
from fuling_gis.sites.model import Sites

Places: TypeAlias = NDArray[np.float64]
# Gives where places (x, y; n rows) would lie if a shift were undone.
Move: TypeAlias = Callable[[Places], Places]

_SHIFTS: Final = {"gcj02": ("GCJ-02", gcj02.gcj02_to_wgs84), "bd09": ("BD-09", gcj02.bd09_to_wgs84)}
# Sites of each file that are looked at.
_MOST_SITES: Final = 2000
# Of the vertices in a square of this width one counts, metres: those of one small plot are no independent witnesses.
_APART_M: Final = 200.0
_MOST_PLACES: Final = 1000
# A vertex within this distance of a layer's outline lies on it, metres.
_ON_M: Final = 15.0
# So many must lie there after undoing, this part of them all, and so many times more than with any other shift.
_FEWEST_ON: Final = 10
_SHARE_ON: Final = 0.3
_TIMES_ON: Final = 3
# So many sites must stand in the water before, and at most one in so many of them afterwards.
_FEWEST_WET: Final = 8
_WET_LEFT: Final = 8
# The same length in other directions, degrees: what these do too is no evidence.
_TURNS: Final = (45, 90, 135, 180, 225, 270, 315)
_WATERS: Final = (RIVER_LAYER, "reservoir")
# What may well stand in the water.
_WATERSIDE: Final = frozenset({
    "port", "shipyard", "channel_works", "sand_mining", "outfall", "hydropower", "fishing", "aquaculture", "transport",
    "pipeline",
})  # fmt: skip


@dataclass
class _Seen:
    """What is kept of one file's sites."""

    geometry: list[NDArray[np.object_]] = field(default_factory=list)
    activity: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class _Found:
    """Evidence for a shift."""

    shift: str
    # On whose outlines places lie; None: places are in the water.
    layer: Layer | None
    # Places looked at, and how many are on the outline or in the water as they are and with the shift undone.
    count: int
    before: int
    after: int


@dataclass
class Misfit:
    """Watches sites go by, and tells at the end which files look shifted."""

    # Working CRS, as `EPSG:n`.
    crs: str
    _seen: dict[str, _Seen] = field(default_factory=dict)

    def watching(self, batches: Iterable[Sites]) -> Iterator[Sites]:
        """Hand batches on, keeping the first sites of each file."""
        for sites in batches:
            self.keep(sites)
            yield sites

    def keep(self, sites: Sites) -> None:
        """Keep the first sites of each file."""
        files, names = pd.factorize(sites.source)
        there = ~shapely.is_missing(sites.geometry)
        # Files are few, and come in the order of their first sites.
        for file, name in enumerate(names):
            seen = self._seen.setdefault(str(name), _Seen())
            room = _MOST_SITES - sum(map(len, seen.geometry))
            rows = np.flatnonzero((files == file) & there)[: max(room, 0)]
            seen.geometry.append(sites.geometry[rows])
            seen.activity += zip(sites.activity[rows], sites.industry_code[rows], strict=True)

    def notices(
        self, layers: Mapping[str, Layer | None], *, degrees: bool | None = True
    ) -> Iterator[Mapping[str, str]]:
        """Tell of each file that fits the layers better with a shift undone, with the evidence.

        degrees: whether files are in longitude and latitude, so that the option that undoes the shift can be named;
        None where that is not known, and sites were read by a program.
        """
        there = [layer for layer in layers.values() if layer is not None and len(layer.geometry)]
        if not there:
            return
        for name, seen in self._seen.items():
            geometry = np.concatenate(seen.geometry)
            found = [*_on_outlines(geometry, there, self.crs), *_in_water(geometry, seen.activity, there, self.crs)]
            if not found:
                continue
            # Of two shifts that both help, the one that more witnesses speak for.
            best = max(found, key=lambda one: abs(one.after - one.before))
            way = _way(best.shift, degrees=degrees)
            counts = {"count": best.count, "before": best.before, "after": best.after}
            said = {"file": name, "name": _SHIFTS[best.shift][0], "way": way, **counts}
            if best.layer is None:
                whole = notice("engine.shifted_water", **said)
            else:
                whole = notice("engine.shifted_outlines", layer=best.layer.title, metres=f"{_ON_M:g}", **said)
            yield of_file(with_short(whole, notice("engine.shifted_some", **said)), name)


def _way(shift: str, *, degrees: bool | None) -> Mapping[str, str]:
    """Say how a shift is undone."""
    if degrees is None:
        return notice("engine.shifted_read", option=f'crs="{shift}"')
    option = f"--crs {shift}"
    return notice("engine.shifted_option" if degrees else "engine.shifted_metres", option=option)


def _on_outlines(geometry: NDArray[np.object_], layers: Iterable[Layer], crs: str) -> Iterator[_Found]:
    """Find layers on whose outlines the sites' vertices lie once a shift is undone, and not before."""
    places = _thinned(shapely.get_coordinates(geometry))
    if len(places) < _FEWEST_ON:
        return
    homes = {shift: _undone(shift, places, crs) for shift in _SHIFTS}
    for layer in layers:
        outlines = _outlines(
            layer, shapely.total_bounds(shapely.multipoints(np.concatenate([places, *homes.values()])))
        )
        for shift, home in homes.items():
            after = _near(home, outlines)
            if after < max(_FEWEST_ON, _SHARE_ON * len(places)):
                continue
            before = _near(places, outlines)
            others = [_near(turned, outlines) for turned in _turned(places, home)]
            if after >= _TIMES_ON * max(before, *others):
                yield _Found(shift, layer, len(places), before, after)


def _in_water(
    geometry: NDArray[np.object_], activity: list[tuple[str, str]], layers: Iterable[Layer], crs: str
) -> Iterator[_Found]:
    """Tell whether sites that belong on land stand in the water, and no longer once a shift is undone."""
    if len(geometry) < _FEWEST_WET:
        return
    waters = [layer.geometry[shapely.get_dimensions(layer.geometry) == 2] for layer in layers if layer.id in _WATERS]  # noqa: PLR2004
    water = np.concatenate([np.array([], dtype=object), *waters])
    if not len(water):
        return
    known = {words: read_activities(*map(str, words)) for words in set(activity)}
    dry = np.array([not (known[words].certain & _WATERSIDE) for words in activity])
    stated = np.array([not known[words].doubtful for words in activity])
    places = shapely.get_coordinates(shapely.point_on_surface(geometry[dry]))
    before = _within(places, water)
    if before < _FEWEST_WET:
        return
    for shift in _SHIFTS:
        home = _undone(shift, places, crs)
        after = _within(home, water)
        if after * _WET_LEFT > before:
            continue
        others = [_within(turned, water) for turned in _turned(places, home)]
        # Wharves whose trade is not told would leave the water in any direction.
        unlike = after <= min(others) and (stated[dry].mean() > 0.5 or np.mean(others) * 2 >= before)  # noqa: PLR2004
        if unlike:
            yield _Found(shift, None, len(places), before, after)


def _thinned(places: Places) -> Places:
    """Keep one place of each square, evenly fewer where there are too many."""
    _, first = np.unique(np.floor(places / _APART_M), axis=0, return_index=True)
    kept = places[np.sort(first)]
    return kept[:: -(-len(kept) // _MOST_PLACES)] if len(kept) else kept


def _undone(shift: str, places: Places, crs: str) -> Places:
    system, degrees = crs_module.normalise(crs), crs_module.normalise(4490)
    lon, lat = crs_module.transformer(system, degrees).transform(places[:, 0], places[:, 1])
    true = _SHIFTS[shift][1](np.asarray(lon), np.asarray(lat))
    return np.column_stack(crs_module.transformer(degrees, system).transform(*true))


def _turned(places: Places, home: Places) -> Iterator[Places]:
    """Give the places moved as far as to their homes, in other directions."""
    east, north = (home - places).T
    for turn in np.radians(_TURNS):
        moved = np.column_stack(
            [east * np.cos(turn) - north * np.sin(turn), east * np.sin(turn) + north * np.cos(turn)]
        )
        yield places + moved


def _outlines(layer: Layer, bounds: Places) -> NDArray[np.object_]:
    """Give the outlines of a layer's areas, its lines and its points, as far as they come near."""
    west, south, east, north = shapely.bounds(layer.geometry).T
    near = (west <= bounds[2] + _ON_M) & (east >= bounds[0] - _ON_M)
    near &= (south <= bounds[3] + _ON_M) & (north >= bounds[1] - _ON_M)
    shapes = layer.geometry[near]
    areal = shapely.get_dimensions(shapes) == 2  # noqa: PLR2004  an area
    return np.concatenate([shapely.boundary(shapes[areal]), shapes[~areal]])


def _near(places: Places, outlines: NDArray[np.object_]) -> int:
    """Count the places that lie on any outline."""
    if not len(outlines):
        return 0
    found = shapely.STRtree(shapely.points(places)).query(outlines, predicate="dwithin", distance=_ON_M)[1]
    return len(np.unique(found))


def _within(places: Places, areas: NDArray[np.object_]) -> int:
    """Count the places that lie in any area."""
    return len(np.unique(shapely.STRtree(shapely.points(places)).query(areas, predicate="intersects")[1]))
