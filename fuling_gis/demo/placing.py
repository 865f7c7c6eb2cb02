"""Placing the sample sites: for each, the ground nearest to its anchor where all that is said of it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from fuling_gis.demo import places
from fuling_gis.demo.lines import on_grid
from fuling_gis.demo.rivers import pond
from fuling_gis.demo.samples import Sample, free_of, samples, zones
from fuling_gis.demo.table import Table

# A site keeps this far from every zone that is not named for it, metres; more by its size and its own accuracy.
FREE_M: Final = 60.0
# A site whose relation to the district's border is not the point keeps this deep within it, metres.
_DEEP_M: Final = 1200.0
# Candidates lie on grids about the anchor: out to so many metres, in steps of so many; so many are looked at together.
_RINGS: Final = ((2000.0, 25.0), (6000.0, 40.0), (14_000.0, 70.0))
_CHUNK: Final = 1000
# ... and so many at first, for most sites find their place near the anchor.
_FIRST: Final = 30
# An end of a distance beyond this is no end.
_FAR_M: Final = 9000.0
# A ragged patch reaches this many times as far as a disc of its area.
_RAGGED: Final = 1.4


def sample_tables(layers: Mapping[str, Table]) -> dict[str, Table]:
    """Place all sites in the drawn district: file name to its table."""
    ground = _Zones(layers)
    out = {}
    for name in dict.fromkeys(sample.file for sample in samples()):
        chosen = [sample for sample in samples() if sample.file == name]
        geometry = np.empty(len(chosen), dtype=object)
        # Each site is placed by its own conditions, so one after the other.
        geometry[:] = [_shape(ground, sample, i) for i, sample in enumerate(chosen)]
        columns = dict.fromkeys(column for sample in chosen for column in sample.columns)
        out[name] = Table.of(geometry, {c: [sample.columns.get(c) or None for sample in chosen] for c in columns})
    return out


@dataclass(frozen=True)
class _Zones:
    """The zones that sites are placed by, as geometries of the drawn layers."""

    layers: Mapping[str, Table]

    @cached_property
    def geometry(self) -> dict[str, Any]:
        """Give each zone's dissolved ground."""
        out = {}
        for name, zone in zones().items():
            table = self.layers[zone.layer]
            chosen = np.ones(len(table.geometry), dtype=bool)
            for column, value in zone.fields.items():
                chosen &= np.array([held == value for held in table.fields[column]], dtype=bool)
            out[name] = shapely.union_all(table.geometry[chosen])
            shapely.prepare(out[name])
        return out

    @cached_property
    def outline(self) -> dict[str, Any]:
        """Give each zone's outline, ready for measuring."""
        lines = {name: shapely.boundary(zone) if zone.area else zone for name, zone in self.geometry.items()}
        for line in lines.values():
            shapely.prepare(line)
        return lines

    def between(self, zone: str, low: float, high: float, xy: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tell which points have a signed distance from a zone (negative inside) between two ends, metres."""
        area, outline, points = self.geometry[zone], self.outline[zone], shapely.points(xy)
        held = np.ones(len(xy), dtype=bool)
        if low > 0:
            held &= ~shapely.dwithin(area, points, low)
        elif low > -_FAR_M:
            held &= ~shapely.contains_xy(area, xy) | shapely.dwithin(outline, points, -low)
        if high < 0:
            held &= shapely.contains_xy(area, xy)
            held[held] &= ~shapely.dwithin(outline, points[held], -high)
        elif high < _FAR_M:
            held &= shapely.dwithin(area, points, high)
        return held

    def centres(self, zone: str) -> NDArray[np.float64]:
        """Give the deepest point of each part of a zone."""
        parts = shapely.get_parts(self.geometry[zone])
        radii = shapely.maximum_inscribed_circle(parts, 0.5)
        return np.asarray(shapely.get_coordinates(shapely.get_point(radii, 0)))


def _shape(ground: _Zones, sample: Sample, i: int) -> Any:
    if sample.shape == "empty":
        return None
    spot = _spot(ground, sample)
    if not sample.area_ha:
        return shapely.Point(spot)
    if sample.shape == "bow_tie":
        half = round(float(np.sqrt(sample.area_ha * 1e4 / 2)), 2)
        corners = np.array([(-half, -half), (half, half), (half, -half), (-half, half)])
        return shapely.Polygon(np.round(corners + spot, 2))
    whole = pond(spot, sample.area_ha, seed=3000 + i, ragged=0.10, n=60 if sample.area_ha > 50 else 24)  # noqa: PLR2004
    if sample.shape == "two_parts":
        apart = 4 * np.sqrt(sample.area_ha * 1e4 / np.pi)
        return shapely.MultiPolygon(
            [whole, on_grid(shapely.transform(whole, lambda xy: np.round(xy - (apart, 0.0), 2)))]
        )
    if sample.shape == "hole":
        return on_grid(shapely.difference(whole, pond(spot, sample.area_ha / 6, seed=3500 + i, ragged=0.1, n=16)))
    return whole


def _spot(ground: _Zones, sample: Sample) -> NDArray[np.float64]:
    """Find the place nearest to the anchor where all that is said of the site holds. ValueError where there is none."""
    reach = FREE_M + sample.accuracy_m + _RAGGED * float(np.sqrt(sample.area_ha * 1e4 / np.pi))
    wanted = [(zone, *span) for zone, span in sample.where.items()]
    wanted += [(zone, reach, np.inf) for zone in free_of(sample)]
    if "district" not in sample.where:
        wanted.insert(0, ("district", -np.inf, -_DEEP_M))
    xy = _candidates(ground, sample)
    start, many = 0, _FIRST
    while start < len(xy):
        left = xy[start : start + many]
        start, many = start + many, min(2 * many, _CHUNK)
        for zone, low, high in wanted:
            left = left[ground.between(zone, low, high, left)]
            if not len(left):
                break
        else:
            return np.asarray(left[0])
    msg = f"there is no place for the sample {sample.columns.get('项目名称')} near {sample.near}"
    raise ValueError(msg)


def _candidates(ground: _Zones, sample: Sample) -> NDArray[np.float64]:
    anchor = _anchor(sample.near)
    if sample.at:
        xy = ground.centres(sample.at)
        return np.round(xy[np.argsort(np.hypot(*(xy - anchor).T), kind="stable")], 2)
    return np.round(_around() + anchor, 2)


@cache
def _around() -> NDArray[np.float64]:
    """Give steps away from an anchor: closely set at first, ever wider apart, nearest first."""
    out = []
    inner = 0.0
    for reach, step in _RINGS:
        steps = np.arange(-reach, reach + step / 2, step)
        xy = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
        far = np.hypot(xy[:, 0], xy[:, 1])
        order = np.argsort(far, kind="stable")
        out.append(xy[order][(far[order] >= inner) & (far[order] < reach)])
        inner = reach
    return np.concatenate(out)


def _anchor(near: str) -> NDArray[np.float64]:
    for table in ("townships", "parks", "reservoirs", "reserves"):
        names = [row["name"] for row in places.rows(table)]
        if near in names:
            return np.asarray(places.points(table)[names.index(near)])
    return np.asarray(places.way(near)[0])
