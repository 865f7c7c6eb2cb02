"""Measures the plan's figures in the layers of a workspace; what cannot be measured says what it lacks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely

from fuling_gis import crs as crs_module
from fuling_gis.errors import UsageError
from fuling_gis.indicators.area import ellipsoidal_m2, scale_at
from fuling_gis.indicators.change import Change, change_of
from fuling_gis.indicators.fractions import shares
from fuling_gis.indicators.model import Figure, Indicator, Measure, indicators
from fuling_gis.labels import sentence
from fuling_gis.layers.loader import absence, area_of
from fuling_gis.layers.model import LandCover, Layer
from fuling_gis.layers.schema import kinds
from fuling_gis.overlay.zones import pick
from fuling_gis.workspace import Workspace

# Square metres of each unit.
_UNITS: Final = {"ha": 1e4, "km2": 1e6}
_PERCENT: Final = 100.0
# What a neighbour's area reaches over the border by no more than this comes from writing the same line twice, metres.
_SLIVER_M: Final = 0.02

# A value and the ends that the accuracy of the layers leaves it.
Span = tuple[float, float, float]


@dataclass(frozen=True)
class Figures:
    """All indicators on a day, and what became of the layers that have two versions."""

    as_of: dt.date
    workspace: str
    figures: tuple[Figure, ...]
    changes: Mapping[str, Change]
    # The district, for maps; None where there is none.
    district: Any
    crs: str


class _Wanting(Exception):  # noqa: N818 - it says what is wanting, and nobody outside sees it
    """A figure cannot be measured."""

    def __init__(self, words: Mapping[str, str]) -> None:
        super().__init__(words["en"])
        self.words = words


def measure_all(workspace: Workspace, as_of: dt.date, since: dt.date | None = None) -> Figures:
    """Measure every indicator. since: a day on which the earlier version of compared layers is valid."""
    task = _Task(workspace, as_of, since, {})
    figures = tuple(task.figure(one) for one in indicators())
    district = workspace.layer(workspace.jurisdiction, as_of)
    ground = None if district is None else area_of(district)
    return Figures(as_of, workspace.name, figures, task.changes, ground, workspace.crs)


@dataclass(frozen=True)
class _Task:
    workspace: Workspace
    as_of: dt.date
    since: dt.date | None
    changes: dict[str, Change]

    def figure(self, indicator: Indicator) -> Figure:
        """Measure one indicator."""
        measure = indicator.measure
        ways: dict[str, Callable[[Measure, Indicator], Span]] = {
            "share": self._share, "area": self._area, "count": self._count, "cover": self._cover, "kept": self._kept,
            "wanting": self._wanting,
        }  # fmt: skip
        names = [name for name in (measure.layer, measure.of) if name]
        try:
            value, low, high = ways[measure.way](measure, indicator)
        except _Wanting as e:
            return Figure(indicator, None, None, None, "", e.words, {}, None, indicative=False)
        layers = [layer for name in names if (layer := self.workspace.layer(name, self.as_of)) is not None]
        met = indicator.target.met(low, high) if indicator.target is not None else ""
        method = sentence(f"indicators.method_{measure.way}", **self._words(measure))
        dates = {layer.id: "" if layer.valid_from is None else layer.valid_from.isoformat() for layer in layers}
        accuracy = max((layer.accuracy_m for layer in layers), default=None)
        indicative = any(layer.indicative for layer in layers)
        return Figure(indicator, value, low, high, met, method, dates, accuracy, indicative)

    def _words(self, measure: Measure) -> dict[str, object]:
        known = kinds()
        return {name: known[key].title for name, key in (("layer", measure.layer), ("of", measure.of)) if key in known}

    def _layer(self, name: str) -> Layer:
        layer = self.workspace.layer(name, self.as_of)
        if layer is None:
            reason = absence(self.workspace.catalog, name, self.as_of) or {"zh": "", "en": ""}
            raise _Wanting(sentence("indicators.layer_missing", layer=name, title=kinds()[name].title, why=reason))
        return layer

    def _ground(self, name: str, measure: Measure | None = None) -> tuple[Any, float]:
        """Give the union of a layer's meant features within the district, and the layer's accuracy."""
        layer = self._layer(name)
        tests = measure.tests if measure is not None else ()
        chosen = pick(layer, tests).sure if tests else np.ones(len(layer.geometry), bool)
        areal = layer.geometry[chosen & (shapely.get_dimensions(layer.geometry) == 2)]  # noqa: PLR2004 - areas
        union = shapely.union_all(areal)
        if name != self.workspace.jurisdiction:
            union = shapely.intersection(union, self._district())
        return union, layer.accuracy_m

    def _district(self) -> Any:
        return area_of(self._layer(self.workspace.jurisdiction))

    def _spread(self, ground: Any, accuracy_m: float, *, cut: bool = True) -> Span:
        """Measure ground as it stands, and drawn smaller and larger by the accuracy, square metres."""
        crs = self.workspace.crs
        smaller, larger = (shapely.buffer(ground, way * accuracy_m, quad_segs=8) for way in (-1, 1))
        if cut:
            larger = shapely.intersection(larger, self._district())
        return ellipsoidal_m2(ground, crs), ellipsoidal_m2(smaller, crs), ellipsoidal_m2(larger, crs)

    def _share(self, measure: Measure, _indicator: Indicator) -> Span:
        part = self._spread(*self._ground(measure.layer, measure))
        whole = self._spread(*self._ground(measure.of), cut=measure.of != self.workspace.jurisdiction)
        return _ratio(part[0], whole[0]), _ratio(part[1], whole[2]), _ratio(part[2], whole[1])

    def _area(self, measure: Measure, indicator: Indicator) -> Span:
        unit = _UNITS[indicator.unit]
        value, low, high = self._spread(*self._ground(measure.layer, measure))
        return value / unit, low / unit, high / unit

    def _count(self, measure: Measure, _indicator: Indicator) -> Span:
        layer = self._layer(measure.layer)
        picked = pick(layer, measure.tests)
        inside = _meets(layer.geometry, self._district())
        names = layer.fields.get(measure.by, layer.fields["id"])
        (low, value), (_, high) = (_different(names[chosen & inside]) for chosen in (picked.sure, picked.possible))
        return float(value), float(low), float(high)

    def _wanting(self, measure: Measure, _indicator: Indicator) -> Span:
        raise _Wanting(sentence("indicators.wanting", layers=", ".join(measure.wanting), why=measure.why))

    def _kept(self, measure: Measure, _indicator: Indicator) -> Span:
        self._layer(measure.layer)
        if self.since is not None and self.since >= self.as_of:
            raise UsageError(sentence("errors_run.since_later", since=self.since, as_of=self.as_of))
        change = change_of(self.workspace, measure.layer, self.as_of, self.since)
        if change is None:
            many = len(self.workspace.catalog.layers.get(measure.layer, ())) > 1
            why = "same_version" if many else "one_version"
            raise _Wanting(sentence(f"indicators.{why}", layer=measure.layer, title=kinds()[measure.layer].title))
        self.changes[measure.layer] = change
        return change.net_ha, change.low_ha, change.high_ha

    def _cover(self, measure: Measure, _indicator: Indicator) -> Span:
        """Weigh the cells of some classes by their exact shares in an area."""
        layer = self._layer(measure.layer)
        ground, accuracy_m = self._ground(measure.of)
        cover = layer.land_cover
        if cover is None or ground.is_empty:
            raise _Wanting(sentence("indicators.no_cells", layer=measure.layer, title=kinds()[measure.layer].title))
        wanted = [number for number, meaning in cover.classes.items() if meaning in measure.classes]
        inside, outside, rim = self._weighed(ground, cover, wanted, layer.accuracy_m)
        total = inside + outside
        if not total:
            raise _Wanting(sentence("indicators.no_cells", layer=measure.layer, title=kinds()[measure.layer].title))
        # What no cell covers, or a cell whose number the catalogue does not explain, may be of any class.
        bare = max(ellipsoidal_m2(ground, self.workspace.crs) - total, 0.0)
        bare = bare if bare > total * 1e-6 else 0.0
        # The area itself may be smaller or larger by its own accuracy.
        given = taken = (0.0, 0.0, 0.0)
        if accuracy_m > 0:
            smaller, larger = (shapely.buffer(ground, way * accuracy_m, quad_segs=8) for way in (-1, 1))
            given = self._weighed(shapely.difference(larger, ground), cover, wanted, 0.0)
            taken = self._weighed(shapely.difference(ground, smaller), cover, wanted, 0.0)
        low = max(inside - taken[0] - rim, 0.0)
        high = inside + given[0] + rim + bare
        return (
            _ratio(inside, total),
            _ratio(low, low + outside + given[1] + rim + bare),
            _ratio(high, high + max(outside - taken[1] - rim, 0.0)),
        )

    def _weighed(
        self, ground: Any, cover: LandCover, wanted: list[int], accuracy_m: float
    ) -> tuple[float, float, float]:
        """Measure cells of the wanted classes, of the others, and what edges between both leave open, square metres."""
        from fuling_gis.readers.raster import raster_facts, read_window

        inside = outside = rim = 0.0
        # Tiles are few; where they overlap, the raster's maker says the same twice, so only the first is asked.
        left = ground
        for file in cover.files:
            if left.is_empty:
                break
            facts = raster_facts(file)
            crs = cover.crs or facts.grid.crs
            there = crs_module.transform(np.array([left], dtype=object), self.workspace.crs, crs)[0]
            raster = read_window(facts, there.bounds, crs=crs, nodata=cover.nodata)
            if raster is None:
                continue
            found = shares(there, raster.grid)
            values = raster.values[found.row, found.column]
            known = np.isin(values, list(cover.classes))
            weight = found.share * _cell_m2(raster.grid, found.row)
            if not crs_module.normalise(crs).is_geographic:
                weight = weight / scale_at(raster.grid.x(found.column), raster.grid.y(found.row), crs)
            hit = np.isin(values, wanted)
            inside += float(weight[hit].sum())
            outside += float(weight[~hit & known].sum())
            rim += _rim_m2(raster.values, raster.grid, wanted, found, accuracy_m)
            box = np.array([shapely.box(*raster.grid.bounds)], dtype=object)
            left = shapely.difference(left, crs_module.transform(box, crs, self.workspace.crs)[0])
        return inside, outside, rim


def _meets(geometry: Any, district: Any) -> Any:
    """Tell which features lie in the district; a neighbour's area that only touches its border does not."""
    inner = shapely.buffer(district, -_SLIVER_M)
    shapely.prepare([district, inner])
    areal = shapely.get_dimensions(geometry) == 2  # noqa: PLR2004  the dimension of an area
    return np.where(areal, shapely.intersects(inner, geometry), shapely.intersects(district, geometry))


def _different(names: Any) -> tuple[int, int]:
    """Count names once each: without those that nobody gave, which may be any of the others, and with them."""
    given = [str(name) for name in names if name is not None and name == name and str(name).strip()]  # noqa: PLR0124
    unnamed = len(names) - len(given)
    return max(len(set(given)), min(unnamed, 1)), len(set(given)) + unnamed


def _ratio(part: float, whole: float) -> float:
    return _PERCENT * part / whole if whole else 0.0


def _cell_m2(grid: Any, row: Any) -> Any:
    """Give the area of cells: as the map has it, or on the ellipsoid where the grid is in degrees."""
    if not crs_module.normalise(grid.crs).is_geographic:
        return np.full(len(row), grid.step_x * grid.step_y)
    from fuling_gis.indicators.area import geod

    every = np.unique(row)
    sizes = np.zeros(int(every.max()) + 1 if len(every) else 1)
    # All cells of a row are alike.
    for i in every:
        north = grid.top - i * grid.step_y
        lon = [0.0, grid.step_x, grid.step_x, 0.0]
        lat = [north, north, north - grid.step_y, north - grid.step_y]
        sizes[i] = abs(geod().polygon_area_perimeter(lon, lat)[0])
    return sizes[row]


def _rim_m2(values: Any, grid: Any, wanted: list[int], found: Any, accuracy_m: float) -> float:
    """Give the ground within the accuracy of the edges between meant and other cells, square metres."""
    hit = np.isin(values, wanted)
    inside = np.zeros(values.shape, bool)
    inside[found.row, found.column] = True
    across = int(((hit[:, 1:] != hit[:, :-1]) & inside[:, 1:] & inside[:, :-1]).sum())
    down = int(((hit[1:] != hit[:-1]) & inside[1:] & inside[:-1]).sum())
    size = float(np.median(_cell_m2(grid, found.row))) ** 0.5 if len(found.row) else 0.0
    return (across + down) * size * min(accuracy_m, size / 2)
