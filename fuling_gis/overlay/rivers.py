"""Measures how far each site is from the rivers, by grade."""

from __future__ import annotations

from typing import Final

import numpy as np

from fuling_gis.overlay.predicates import covered
from fuling_gis.overlay.questions import Asked
from fuling_gis.overlay.shapes import RESOLUTION_M, Floats, Shape
from fuling_gis.overlay.zones import ZoneBook
from fuling_gis.rules.model import FieldTest, Selection

RIVER_LAYER: Final = "river"
# Column of sites.csv to the grade of the river layer that it measures.
COLUMNS: Final = {"to_main_m": "main", "to_wu_m": "wu", "to_tributary_m": "tributary"}


def distances(asked: Asked, book: ZoneBook) -> dict[str, Floats]:
    """Give the distance of each site to the rivers of each grade, metres, to the centimetre.

    NaN where the area that the river layer covers ends nearer than that, so that a river beyond it could be nearer.
    """
    n = len(asked)
    if book.layers.get(RIVER_LAYER) is None:
        return {column: np.full(n, np.nan) for column in COLUMNS}
    zones = {
        column: book.zone(Selection(RIVER_LAYER, (FieldTest("grade", (grade,)),))) for column, grade in COLUMNS.items()
    }
    cover = next(iter(zones.values())).covers[0].shape
    return {column: _measured(asked, zone.low, cover) for column, zone in zones.items()}


def _measured(asked: Asked, shape: Shape | None, cover: Shape | None) -> Floats:
    out = np.full(len(asked), np.nan)
    if shape is None or shape.empty or cover is None:
        return out
    distance = asked.least(shape.distance(asked.tree, np.inf))
    margin = np.maximum(distance - RESOLUTION_M, 0.0)
    known = covered(asked.tree, cover, asked.of_parts(margin))
    sure = known
    if not asked.whole:
        sure = np.ones(len(asked), bool)
        np.logical_and.at(sure, asked.owner, known)
    out[sure] = np.round(distance[sure], 2)
    return out
