"""The sample sites: what facts/sites.yaml says of each, and a place in the demonstration district where that is true."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from fuling_gis.demo import places
from fuling_gis.demo.lines import on_grid
from fuling_gis.demo.rivers import pond
from fuling_gis.demo.table import Table
from fuling_gis.yamlfile import read_yaml

_FILE: Final = Path(__file__).parent / "facts" / "sites.yaml"
# A site keeps this far from every zone that is not named for it, metres.
FREE_M: Final = 60.0
# Candidates are looked at on a grid of this step, nearest to the anchor first, so many at a time.
_STEP_M: Final = 40.0
_REACH_M: Final = 26_000.0
_CHUNK: Final = 400


@dataclass(frozen=True)
class Sample:
    """One row of a sample file as it was thought out."""

    # `points` or `polygons`.
    file: str
    # Columns of the file to their text.
    columns: Mapping[str, str]
    # A seat, a park, a river or `lon lat`, near which the site lies.
    near: str
    # Zone to the least and greatest signed distance of the site's centre from it, metres, negative inside.
    where: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    # Zones that the site need not keep clear of; `*` is all.
    beside: tuple[str, ...] = ()
    # Hectares of a polygon; 0 for a point.
    area_ha: float = 0.0
    # What is wrong with the geometry: `bow_tie`, `empty` or "".
    fault: str = ""
    # What is to come out, and why: verdict, possible, yes (rules), maybe (rules), causes, why.
    expect: Mapping[str, Any] = field(default_factory=dict)


@cache
def samples() -> tuple[Sample, ...]:
    """Read all sample sites, in file order."""
    out = []
    for row in read_yaml(_FILE).value["sites"]:
        where = {zone: (float(low), float(high)) for zone, (low, high) in row.get("where", {}).items()}
        columns = {name: str(value) for name, value in row["columns"].items()}
        out.append(
            Sample(
                file=row["file"],
                columns=columns,
                near=str(row.get("near", "")),
                where=where,
                beside=tuple(row.get("beside", ())),
                area_ha=float(row.get("area_ha", 0)),
                fault=str(row.get("fault", "")),
                expect=row["expect"],
            )
        )
    return tuple(out)


def sample_tables(layers: Mapping[str, Table]) -> dict[str, Table]:
    """Place all sites in the drawn district: file name to its table."""
    zones = Zones(layers)
    out = {}
    for name in ("points", "polygons"):
        chosen = [sample for sample in samples() if sample.file == name]
        # Each site is placed by its own conditions, so one after the other.
        shapes = [_shape(zones, sample, i) for i, sample in enumerate(chosen)]
        columns = list(dict.fromkeys(column for sample in chosen for column in sample.columns))
        fields = {column: [sample.columns.get(column) or None for sample in chosen] for column in columns}
        geometry = np.empty(len(shapes), dtype=object)
        geometry[:] = shapes
        out[name] = Table.of(geometry, fields)
    return out


@dataclass(frozen=True)
class Zones:
    """The zones that facts/sites.yaml names, as geometries of the drawn layers."""

    layers: Mapping[str, Table]

    @cached_property
    def names(self) -> dict[str, Mapping[str, Any]]:
        """Give each zone's layer and the values of its fields."""
        found: dict[str, Mapping[str, Any]] = read_yaml(_FILE).value["zones"]
        return {name: zone for name, zone in found.items() if zone["layer"] in self.layers}

    @cached_property
    def geometry(self) -> dict[str, Any]:
        """Give each zone's dissolved ground."""
        out = {}
        for name, zone in self.names.items():
            table = self.layers[str(zone["layer"])]
            chosen = np.ones(len(table.geometry), dtype=bool)
            for column, value in zone.get("fields", {}).items():
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

    def away(self, zone: str, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Measure the signed distance of points from a zone, negative inside, metres."""
        far = shapely.distance(self.outline[zone], shapely.points(xy))
        return np.where(shapely.contains_xy(self.geometry[zone], xy), -far, far)

    def free_of(self, sample: Sample) -> Iterator[str]:
        """List the zones that a site must keep clear of."""
        if "*" in sample.beside:
            return
        for name, zone in self.names.items():
            if zone.get("everywhere") or name in sample.where or name in sample.beside:
                continue
            # A part of a layer that is named stands for the whole of it.
            layers = {str(self.names[other]["layer"]) for other in (*sample.where, *sample.beside) if other in self.names}
            if str(zone["layer"]) not in layers or name in sample.expect.get("free", ()):
                yield name


def _shape(zones: Zones, sample: Sample, i: int) -> Any:
    if sample.fault == "empty":
        return None
    x, y = _spot(zones, sample)
    if not sample.area_ha:
        return shapely.Point(x, y)
    if sample.fault == "bow_tie":
        half = float(np.sqrt(sample.area_ha * 1e4 / 2))
        return shapely.Polygon([(x - half, y - half), (x + half, y + half), (x + half, y - half), (x - half, y + half)])
    return on_grid(pond(np.array([x, y]), sample.area_ha, seed=3000 + i, ragged=0.12, n=20 if sample.area_ha < 50 else 60))  # noqa: PLR2004


def _spot(zones: Zones, sample: Sample) -> tuple[float, float]:
    """Find the place nearest to the anchor where all that is said of the site holds."""
    anchor = _anchor(sample.near)
    steps = np.arange(-_REACH_M, _REACH_M, _STEP_M)
    xy = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    far = np.hypot(xy[:, 0], xy[:, 1])
    xy = np.round(xy[np.argsort(far, kind="stable")] + anchor, 2)
    reach = FREE_M + 1.5 * float(np.sqrt(sample.area_ha * 1e4 / np.pi))
    wanted = [(zone, *span) for zone, span in sample.where.items() if zone in zones.names]
    wanted += [(zone, reach, np.inf) for zone in zones.free_of(sample)]
    if "district" not in sample.where:
        wanted.append(("district", -np.inf, -1200.0))
    for start in range(0, len(xy), _CHUNK):
        left = xy[start : start + _CHUNK]
        for zone, low, high in wanted:
            away = zones.away(zone, left)
            left = left[(away >= low) & (away <= high)]
            if not len(left):
                break
        else:
            return float(left[0][0]), float(left[0][1])
    msg = f"no place for sample {sample.columns} near {sample.near}"
    raise ValueError(msg)


def _anchor(near: str) -> NDArray[np.float64]:
    for table in ("townships", "parks", "reservoirs", "reserves"):
        names = [row["name"] for row in places.rows(table)]
        if near in names:
            return places.points(table)[names.index(near)]
    return places.way(near)[0]
