"""How far given riverbank zones and the zone computed from the rivers disagree.

Both stand for the same words of the law. A reading decides between them; this module only measures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon

from fuling_gis.layers.model import Layer
from fuling_gis.layers.schema import kinds

_KM2: Final = 1e-6


@dataclass(frozen=True)
class BankDifference:
    """How given riverbank zones and the zone computed from the rivers differ within the district."""

    # "" where the given zones name no grade: they are compared with all rivers.
    grade: str
    within_m: float
    given_km2: float
    computed_km2: float
    only_given_km2: float
    only_computed_km2: float
    # How much of what is only computed is the river itself, which zones on land leave out.
    only_computed_water_km2: float
    # Of the ground that is in either: what is only given, and only computed.
    only_given_share: float
    only_computed_share: float


def bank_differences(
    given: Layer | None, river: Layer | None, district: Polygon | MultiPolygon | None
) -> tuple[BankDifference, ...]:
    """Compare given riverbank zones with those computed from the rivers, grade by grade and width by width.

    given, river: the layers `bank_zone` and `river`. Empty where one of the three is missing.
    """
    if given is None or river is None or district is None:
        return ()
    n = len(given.geometry)
    grades = given.fields.get("grade", np.full(n, "", dtype=object))
    widths = given.fields.get("within_m", np.full(n, None, dtype=object))
    usual = kinds()[given.id].fields["within_m"].presumed
    keys = [(str(g or ""), w if isinstance(w, float) else usual) for g, w in zip(grades, widths, strict=True)]
    found = []
    for grade, width in sorted(set(keys)):
        mine = np.array([key == (grade, width) for key in keys])
        rivers = river.geometry
        if grade and "grade" in river.fields:
            rivers = rivers[river.fields["grade"] == grade]
        found.append(_difference(grade, width, given.geometry[mine], rivers, district))
    return tuple(found)


def _difference(
    grade: str,
    width_m: float,
    given: NDArray[np.object_],
    rivers: NDArray[np.object_],
    district: Polygon | MultiPolygon,
) -> BankDifference:
    water = shapely.union_all(rivers)
    computed = shapely.intersection(shapely.buffer(water, width_m, quad_segs=64), district)
    there = shapely.intersection(shapely.union_all(given), district)
    only_given = shapely.difference(there, computed).area
    only_computed = shapely.difference(computed, there)
    either = computed.area + only_given
    return BankDifference(
        grade=grade,
        within_m=width_m,
        given_km2=there.area * _KM2,
        computed_km2=computed.area * _KM2,
        only_given_km2=only_given * _KM2,
        only_computed_km2=only_computed.area * _KM2,
        only_computed_water_km2=shapely.intersection(only_computed, water).area * _KM2,
        only_given_share=only_given / either if either else 0.0,
        only_computed_share=only_computed.area / either if either else 0.0,
    )
