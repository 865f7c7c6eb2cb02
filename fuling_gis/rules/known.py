"""The names that a rule may use: layers with their fields, activities, natures, facts, readings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from fuling_gis.activities import activities
from fuling_gis.facts import Fact, facts
from fuling_gis.natures import natures
from fuling_gis.rules.model import Reading

# Layer id to its schema fields, each with the values allowed; an empty tuple allows any value.
KnownLayers: TypeAlias = Mapping[str, Mapping[str, tuple[str, ...]]]


@dataclass(frozen=True)
class Known:
    """Everything a rule may name."""

    readings: Mapping[str, Reading]
    # None: the layers are not known here, and their names are not checked.
    layers: KnownLayers | None
    activities: tuple[str, ...]
    natures: tuple[str, ...]
    facts: Mapping[str, Fact]


def known_names(readings: Mapping[str, Reading], layers: KnownLayers | None) -> Known:
    """Gather the names that a rule may use."""
    return Known(readings, layers, tuple(activities()), tuple(natures()), facts())
