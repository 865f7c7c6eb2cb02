"""What an indicator is: the plan's words and figures as targets.yaml has them, and what was measured beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from fuling_gis.rules.model import FieldTest
from fuling_gis.rules.parse import parse_field_test
from fuling_gis.yamlfile import read_yaml

TARGETS_FILE: Final = Path(__file__).with_name("targets.yaml")
# Two figures nearer than this part of themselves are the same: rounding, no change.
_ROUNDING: Final = 1e-9

Words = Mapping[str, str]
Way = Literal["share", "area", "count", "cover", "kept", "wanting"]
# yes: met; no: not met; maybe: within the accuracy; "": there is no target, or no value.
Met = Literal["yes", "no", "maybe", ""]


@dataclass(frozen=True)
class Measure:
    """How a figure is measured."""

    way: Way
    # The layer measured; "" where layers are wanting.
    layer: str = ""
    # The layer whose area it is a part of, "" where it is none.
    of: str = ""
    tests: tuple[FieldTest, ...] = ()
    # Features with the same value of this field count once.
    by: str = ""
    classes: tuple[str, ...] = ()
    # Layers that no workspace has yet, and why they are needed.
    wanting: tuple[str, ...] = ()
    why: Words = field(default_factory=dict)


@dataclass(frozen=True)
class Target:
    """What is to hold."""

    least: float | None = None
    most: float | None = None

    def met(self, low: float, high: float) -> Met:
        """Tell whether a value that lies between two ends meets the target."""
        above = self.least is None or low >= self.least - abs(self.least) * _ROUNDING
        below = self.most is None or high <= self.most + abs(self.most) * _ROUNDING
        if above and below:
            return "yes"
        over = self.most is not None and low > self.most + abs(self.most) * _ROUNDING
        under = self.least is not None and high < self.least - abs(self.least) * _ROUNDING
        return "no" if over or under else "maybe"

    @property
    def text(self) -> str:
        """The target as people write it; "" where there is none."""
        if self.least is not None and self.least == self.most:
            return f"= {self.least:,g}"
        parts = [f"≥ {self.least:,g}"] if self.least is not None else []
        return " ".join([*parts, *([f"≤ {self.most:,g}"] if self.most is not None else [])])


@dataclass(frozen=True)
class Indicator:
    """One row of the plan's tables."""

    id: str
    title: Words
    unit: str
    kind: Literal["binding", "expected", "none"]
    # The plan's own figure for 2020, None where it gives none.
    planned: float | None
    target: Target | None
    clause: str
    measure: Measure


@dataclass(frozen=True)
class Figure:
    """An indicator and what the layers say of it."""

    indicator: Indicator
    # None where it cannot be computed; `low` and `high` are what the accuracy of the layers leaves.
    value: float | None
    low: float | None
    high: float | None
    met: Met
    # How it was measured, or why it was not; both languages.
    method: Words
    # Layer id to since when it is valid, "" where nobody says.
    dates: Mapping[str, str]
    # Metres, the largest of the layers'; None where none was measured.
    accuracy_m: float | None
    indicative: bool


@cache
def indicators() -> tuple[Indicator, ...]:
    """Give all indicators in the order of the plan."""
    found: dict[str, Any] = read_yaml(TARGETS_FILE).value["indicators"]
    return tuple(_indicator(key, entry) for key, entry in found.items())


def _indicator(key: str, entry: Mapping[str, Any]) -> Indicator:
    target, planned = entry.get("target"), entry.get("planned")
    return Indicator(
        id=key,
        title=entry["title"],
        unit=entry["unit"],
        kind=entry["kind"],
        planned=None if planned is None else float(planned),
        target=None if target is None else _target(target),
        clause=entry["clause"],
        measure=_measure(entry["measure"]),
    )


def _target(value: Mapping[str, Any]) -> Target:
    if "equals" in value:
        return Target(float(value["equals"]), float(value["equals"]))
    return Target(*(None if value.get(key) is None else float(value[key]) for key in ("min", "max")))


def _measure(value: Mapping[str, Any]) -> Measure:
    ways: tuple[Way, ...] = ("share", "area", "count", "cover", "kept", "wanting")
    way = next(way for way in ways if way in value)
    if way == "wanting":
        return Measure(way, wanting=tuple(value["wanting"]), why=value["why"])
    tests = tuple(parse_field_test(*test) for test in value.get("select", {}).items())
    return Measure(way, value[way], value.get("of", ""), tests, value.get("by", ""), tuple(value.get("classes", ())))
