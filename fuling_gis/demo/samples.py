"""The sample sites as facts/sites.yaml describes them: what their rows say, where they lie, what must come out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from fuling_gis.yamlfile import read_yaml

_FILE: Final = Path(__file__).parent / "facts" / "sites.yaml"
_ACCURACY: Final = "精度"


@dataclass(frozen=True)
class Sample:
    """One row of a sample file as it was thought out."""

    # `points` or `polygons`.
    file: str
    # Columns of the file to their text.
    columns: Mapping[str, str]
    # A seat, park, reservoir or reserve, or `lon lat`, near which the site lies.
    near: str
    # Zone to the least and greatest signed distance of the site's centre from it, metres, negative inside.
    where: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    # Zones that the site need not keep clear of.
    beside: tuple[str, ...] = ()
    # A zone whose parts' centres are looked at first, where a grid would miss it.
    at: str = ""
    # Hectares of a polygon; 0 for a point.
    area_ha: float = 0.0
    # What is special about the shape: `bow_tie`, `empty`, `two_parts`, `hole` or "".
    shape: str = ""
    # What is to come out, and why.
    expect: Mapping[str, Any] = field(default_factory=dict)

    @property
    def accuracy_m(self) -> float:
        """Give the accuracy that the row states, metres; 0 where it states none."""
        return float(self.columns.get(_ACCURACY) or 0)


@dataclass(frozen=True)
class Zone:
    """A part of the demonstration that facts/sites.yaml gives a name."""

    # Layer of demo.gpkg.
    layer: str
    # Columns of the file to the value that is meant; None is an empty one.
    fields: Mapping[str, Any]
    # It covers so much ground that a site need not keep clear of it unless it is named.
    everywhere: bool


@cache
def zones() -> Mapping[str, Zone]:
    """Read the zones that sites are placed by."""
    found: dict[str, Any] = read_yaml(_FILE).value["zones"]
    return {
        name: Zone(str(row["layer"]), dict(row.get("fields") or {}), bool(row.get("everywhere", False)))
        for name, row in found.items()
    }


@cache
def samples() -> tuple[Sample, ...]:
    """Read all sample sites, in file order."""
    found: dict[str, Any] = read_yaml(_FILE).value
    return tuple(_sample(row, found["groups"]) for row in found["sites"])


def free_of(sample: Sample) -> Iterator[str]:
    """List the zones that a site must keep clear of: all that are not named for it, nor part of a named layer."""
    named = (*sample.where, *sample.beside)
    layers = {zones()[name].layer for name in named}
    for name, zone in zones().items():
        if not zone.everywhere and name not in named and zone.layer not in layers:
            yield name


def _sample(row: dict[str, Any], groups: dict[str, list[str]]) -> Sample:
    beside: list[str] = []
    for name in row.get("beside", ()):
        beside += groups.get(name, [name])
    return Sample(
        file=row["file"],
        columns={name: "" if value is None else str(value) for name, value in row["columns"].items()},
        near=str(row.get("near", "")),
        where={zone: (float(low), float(high)) for zone, (low, high) in row.get("where", {}).items()},
        beside=tuple(dict.fromkeys(beside)),
        at=str(row.get("at", "")),
        area_ha=float(row.get("area_ha", 0)),
        shape=str(row.get("shape", "")),
        expect=row["expect"],
    )
