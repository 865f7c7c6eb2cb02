"""The ways of looking from a river that rules may name, read from views.yaml: figures, no geometry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

from fuling_gis.yamlfile import read_yaml

VIEWS_FILE: Final = Path(__file__).with_name("views.yaml")
# A raster is wanted a little farther than anyone looks, so that its last cells have neighbours.
_SLACK_M: Final = 250.0


@dataclass(frozen=True)
class View:
    """How one looks from the water; the file says what each figure is for."""

    key: str
    title: Mapping[str, str]
    kind: Literal["sight", "ridge"]
    water_level_m: float
    eye_m: float
    target_m: float
    range_m: float
    spacing_m: float
    refraction: float
    earth_radius_m: float
    drop_m: float

    @property
    def drop_per_m2(self) -> float:
        """How far the ground falls below the level of the eye, for each square metre of distance."""
        return (1.0 - self.refraction) / (2.0 * self.earth_radius_m)

    @property
    def figures(self) -> dict[str, float | str]:
        """Everything that the result hangs on, by name."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name not in ("key", "title")}


@dataclass(frozen=True)
class ModelDemands:
    """What is asked of a height model before it is believed."""

    coarse_cell_m: float
    water_gap_m: float
    water_depth_m: float


@cache
def views() -> Mapping[str, View]:
    """Give all ways of looking by key, the usual one first."""
    found = read_yaml(VIEWS_FILE).value
    made = {}
    for key, entry in found["views"].items():
        numbers = {name: float(value) for name, value in {**found["shared"], **entry}.items() if name not in _WORDS}
        made[key] = View(key=key, title=entry["title"], kind=entry["kind"], **numbers)
    first = found["default"]
    return MappingProxyType({first: made[first], **made})


_WORDS: Final = ("title", "kind")


def view_of(key: str) -> View:
    """Give a way of looking; the usual one where a question names none."""
    return views()[key] if key else next(iter(views().values()))


@cache
def demands() -> ModelDemands:
    """Give what is asked of a height model."""
    return ModelDemands(**{name: float(value) for name, value in read_yaml(VIEWS_FILE).value["model"].items()})


def farthest_m() -> float:
    """Tell how far around the jurisdiction heights are wanted."""
    return max(view.range_m for view in views().values()) + _SLACK_M
