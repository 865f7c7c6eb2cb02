"""The two jobs through the public engine: answers with tolerance, coverage and causes, and the features behind them."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import shapely
from data import CRS, Geometries, Yardstick

from fuling_gis.layers.model import Layer
from fuling_gis.overlay.inquiry import inquire
from fuling_gis.overlay.plan import compile_plan
from fuling_gis.overlay.stream import rows_at_once
from fuling_gis.rules.model import Ask, RuleSet, Selection

THREADS = 2
DAY = dt.date(2024, 6, 1)
NEAR_M, FAR_M = 1000.0, 3000.0
ZONES = ("red_line", "nature_reserve", "management_unit", "industrial_park")
QUESTIONS = (
    *(Ask("in", Selection(zone)) for zone in ZONES),
    *(Ask("near", Selection("river"), within_m) for within_m in (NEAR_M, FAR_M)),
)


def layer(name: str, geometry: Geometries, cover: shapely.Geometry) -> Layer:
    """Wrap geometries as a loaded layer."""
    ids = np.array([f"{name}-{i}" for i in range(len(geometry))], dtype=object)
    fields = {"id": ids, "name": ids}
    if name == "management_unit":
        fields["code"] = ids
    if name == "river":
        fields["grade"] = np.array(["main", "wu"], dtype=object)
    covers = "own" if name == "district" else "district"
    return Layer(name, {"zh": name, "en": name}, geometry, fields, CRS, 5.0, cover=cover, covers=covers)


def rivers(banks: Geometries) -> Geometries:
    """Make one feature of the two banks of each river."""
    return np.array([shapely.MultiLineString(list(banks[:2])), shapely.MultiLineString(list(banks[2:]))], dtype=object)


class Ours:
    """fuling_gis: batches on one thread for each processor, tolerance and coverage on."""

    def __init__(self, yardstick: Yardstick) -> None:
        units = shapely.union_all(yardstick.layers["management_unit"])
        river = rivers(yardstick.layers["river"])
        geometry = {**yardstick.layers, "river": river, "district": np.array([units], dtype=object)}
        layers = {name: layer(name, g, units) for name, g in geometry.items()}
        self.plan = compile_plan(RuleSet((), {}), layers, as_of=DAY)
        self.points, self.polygons = yardstick.points, yardstick.polygons

    def j1(self) -> dict[str, Any]:
        """Points."""
        return self._run(self.points)

    def j2(self) -> dict[str, Any]:
        """Polygons."""
        return self._run(self.polygons)

    def _run(self, sites: Geometries) -> dict[str, Any]:
        # As many rows at once as `fg.screen` takes.
        size = rows_at_once(len(sites))
        with ThreadPoolExecutor(THREADS) as pool:
            found = list(pool.map(self._batch, (sites[i : i + size] for i in range(0, len(sites), size))))
        return {key: sum(part[key] for part in found) for key in found[0]}

    def _batch(self, sites: Geometries) -> dict[str, Any]:
        told = inquire(sites, np.zeros(len(sites)), QUESTIONS, self.plan.book, self.plan.features)
        out: dict[str, Any] = {}
        for question, reply in zip(QUESTIONS, told.replies, strict=True):
            name = next(iter(reply.evidence))
            pairs = reply.evidence[name]
            if question.predicate == "in":
                out[name] = int((pairs.distance_m == 0).sum())
                out[name + "_m2"] = float(pairs.overlap_m2.sum())
                continue
            least = np.full(len(told.rows), np.inf)
            first = np.flatnonzero(np.diff(pairs.site, prepend=-1))
            least[pairs.site[first]] = np.minimum.reduceat(pairs.distance_m, first)
            near = least <= question.within_m
            out[f"within_{question.within_m / 1000:g}km"] = int(near.sum())
            if question.within_m == FAR_M:
                out["sum_m"] = float(least[near].sum())
        return out
