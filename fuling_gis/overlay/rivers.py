"""Measures how far each site is from the rivers, by grade."""

from __future__ import annotations

from typing import Final

import numpy as np

from fuling_gis.overlay.predicates import covered
from fuling_gis.overlay.questions import Asked
from fuling_gis.overlay.shapes import RESOLUTION_M, Floats, Shape
from fuling_gis.overlay.sitetree import Bools
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
    if cover is None:
        return {column: np.full(n, np.nan) for column in COLUMNS}
    there = {column: zone.low for column, zone in zones.items() if zone.low is not None and not zone.low.empty}
    distance = {column: asked.least(shape.distance(asked.tree, np.inf)) for column, shape in there.items()}
    known = _covered(asked, cover, [np.maximum(one - RESOLUTION_M, 0.0) for one in distance.values()])
    out = {column: np.full(n, np.nan) for column in COLUMNS}
    for (column, found), sure in zip(distance.items(), known, strict=True):
        out[column][sure] = np.round(found[sure], 2)
    return out


def _covered(asked: Asked, cover: Shape, margins: list[Floats]) -> list[Bools]:
    """Tell for each of several margins which sites lie within an area when they are grown by it.

    Where one lies within it by its widest margin it does so by the others.
    """
    if not margins:
        return []
    widest = np.maximum.reduce(margins)
    by_widest = _grown_within(asked, cover, widest)
    told = []
    for margin in margins:
        within, rest = by_widest.copy(), np.flatnonzero(~by_widest & (margin < widest))
        if len(rest):
            within[rest] = _grown_within(asked.take(rest), cover, margin[rest])
        told.append(within)
    return told


def _grown_within(asked: Asked, cover: Shape, margin: Floats) -> Bools:
    within = covered(asked.tree, cover, asked.of_parts(margin))
    if asked.whole:
        return within
    every = np.ones(len(asked), bool)
    np.logical_and.at(every, asked.owner, within)
    return every
