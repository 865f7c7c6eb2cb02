"""The two jobs through the public engine: rules, tolerance and coverage on, findings with their evidence."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import shapely
from data import CRS, Geometries, Yardstick

from fuling_gis.layers.model import Layer
from fuling_gis.overlay.plan import Plan, compile_plan
from fuling_gis.overlay.result import Batch
from fuling_gis.overlay.screening import BATCH_ROWS
from fuling_gis.overlay.stream import Stream
from fuling_gis.rules.model import Ask, Duty, Party, Rule, RuleSet, Selection, Source
from fuling_gis.sites.model import Sites

DAY = dt.date(2024, 6, 1)
NEAR_M, FAR_M = 1000.0, 3000.0


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


def rule(number: int, question: Ask) -> Rule:
    """Make a rule that binds everyone."""
    words = {"zh": f"R{number}", "en": f"R{number}"}
    duties = {(): Duty((Party(),), question)}
    return Rule(f"R{number}", words, "restrict", Source("yardstick", "1", "1", "-"), duties)


def sites_of(geometry: Geometries) -> Sites:
    """Wrap geometries as read sites."""
    n = len(geometry)
    text = np.full(n, "", dtype=object)
    number = np.arange(n)
    ids = number.astype(str).astype(object)
    ok = np.full(n, "ok", dtype=object)
    return Sites(number, text, ids, text, text, text, text, np.zeros(n), geometry, ok, text, CRS)


def _plan(asks: list[Ask], layers: dict[str, Layer]) -> Plan:
    rules = RuleSet(tuple(rule(i, ask) for i, ask in enumerate(asks)), {})
    return compile_plan(rules, layers, as_of=DAY, measures=False)


class Ours:
    """fuling_gis on one thread for each processor."""

    def __init__(self, yardstick: Yardstick) -> None:
        units = shapely.union_all(yardstick.layers["management_unit"])
        river = rivers(yardstick.layers["river"])
        geometry = {**yardstick.layers, "river": river, "district": np.array([units], dtype=object)}
        layers = {name: layer(name, g, units) for name, g in geometry.items()}
        zones = [Ask("in", Selection(z)) for z in ("red_line", "nature_reserve", "industrial_park")]
        asks = [*zones, *(Ask("near", Selection("river"), m) for m in (NEAR_M, FAR_M))]
        self.plan = _plan(asks, layers)
        # The second job wants the overlap with the units too; the first finds them in the column `units`.
        self.plan_with_units = _plan([*asks, Ask("in", Selection("management_unit"))], layers)
        self.points, self.polygons = sites_of(yardstick.points), sites_of(yardstick.polygons)

    def j1(self) -> dict[str, Any]:
        """Points."""
        return self._run(self.plan, self.points)

    def j2(self) -> dict[str, Any]:
        """Polygons."""
        return self._run(self.plan_with_units, self.polygons)

    def _run(self, plan: Plan, sites: Sites) -> dict[str, Any]:
        runs = (sites[i : i + BATCH_ROWS] for i in range(0, len(sites), BATCH_ROWS))
        out: dict[str, Any] = {}
        for batch in Stream(plan, runs):
            for key, value in counted(batch).items():
                out[key] = out.get(key, 0) + value
        return out


def counted(batch: Batch) -> dict[str, Any]:
    """Count what a batch found, to hold against the peers."""
    found = batch.findings
    units = found[found["layer"] == "management_unit"]
    by = {
        layer: found[(found["layer"] == layer) & (found["predicate"] == "in")]
        for layer in ("red_line", "nature_reserve", "industrial_park")
    }
    out = {name: int((table["distance_m"] == 0).sum()) for name, table in by.items()}
    out["management_unit"] = int(((batch.sites["units"] != "") | (batch.sites["units_maybe"] != "")).sum())
    if len(units):
        out["management_unit"], out["management_unit_m2"] = (
            int((units["distance_m"] == 0).sum()),
            float(units["overlap_m2"].sum()),
        )
    for name in ("red_line", "nature_reserve"):
        out[name + "_m2"] = float(by[name]["overlap_m2"].sum())
    near = found[found["rule_id"] == "R4"].groupby("row")["distance_m"].min()
    out.update(
        within_1km=int((near <= NEAR_M).sum()),
        within_3km=int((near <= FAR_M).sum()),
        sum_m=float(near[near <= FAR_M].sum()),
    )
    return out
