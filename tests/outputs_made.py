"""Batches and runs made by hand for the tests of outputs: a reader checks every value in the head."""

from __future__ import annotations

import csv
import datetime as dt
import io

import numpy as np
import pandas as pd
import shapely

from fuling_gis.layers.model import Layer
from fuling_gis.overlay.result import FINDING_COLUMNS, SITE_COLUMNS, UNIT_COLUMNS, Batch, Columns, Run
from fuling_gis.rules.model import Basis, Duty, Party, Reading, ReadingValue, Rule, Source

NUMBERS = {
    "row", "inside_share", "area_m2", "to_main_m", "to_wu_m", "to_tributary_m", "overlap_m2", "overlap_share",
    "distance_m", "threshold_m", "margin_m", "tolerance_m", "more_features",
}  # fmt: skip


def frame(columns, rows):
    blank = {name: np.nan if name in NUMBERS else "" for name in columns}
    made = pd.DataFrame([{**blank, **row} for row in rows], columns=list(columns))
    return made.astype({name: float for name in columns if name in NUMBERS - {"row"}})


def site(row, verdict="clear", possible=None, **more):
    status = "rejected" if verdict == "rejected" else "ok"
    return {"row": row, "verdict": verdict, "possible": possible or verdict, "status": status, **more}


def finding(row, rule_id="FL-001", effect="prohibit", answer="yes", **more):
    return {"row": row, "rule_id": rule_id, "effect": effect, "answer": answer, **more}


def batch_of(geometry, sites, findings, units):
    return Batch(Columns.of(sites), geometry, Columns.of(findings), Columns.of(units))


def batch(sites, geometry=None, findings=(), units=()):
    if geometry is None:
        geometry = [None if one["status"] == "rejected" else shapely.Point(one["row"], 0) for one in sites]
    shapes = np.empty(len(sites), object)
    shapes[:] = geometry
    made = (frame(SITE_COLUMNS, sites), frame(FINDING_COLUMNS, findings), frame(UNIT_COLUMNS, units))
    return batch_of(shapes, *made)


def rule(rule_id="FL-001", effect="prohibit", **more):
    given = {
        "title": {"zh": f"{rule_id}标题", "en": f"title of {rule_id}"},
        "source": Source("规划", "第四章", "第一节", "禁止新建"),
        "duties": {(): Duty((Party(),), None)},
        "basis": (
            Basis("长江保护法", "第二十六条", valid_from=dt.date(2021, 3, 1)),
            Basis("旧法", "第一条", valid_to=dt.date(2020, 12, 31), confirmed=False),
        ),
        "valid_from": dt.date(2021, 10, 29),
    }
    return Rule(id=rule_id, effect=effect, **{**given, **more})


def layer(layer_id="red_line", **more):
    none = np.array([""], object)
    given = {
        "title": {"zh": "生态保护红线", "en": "Ecological red line"},
        "geometry": np.array([shapely.box(0, 0, 1, 1)], object),
        "fields": {"id": none, "name": none},
        "crs": "EPSG:4545",
        "accuracy_m": 5.0,
        "file_hash": "ab" * 32,
        "digest": "cd" * 32,
        "path": "demo.gpkg",
        "indicative": True,
        "valid_from": dt.date(2020, 12, 31),
    }
    return Layer(id=layer_id, **{**given, **more})


def run(rules=None, **more):
    given = {
        "as_of": dt.date(2024, 6, 1),
        "lang": "zh",
        "crs": "EPSG:4545",
        "readings": {},
        "layers": {},
        "missing_layers": {},
        "rules": (rule(),) if rules is None else tuple(rules),
        "everywhere": (),
        "notices": (),
    }
    return Run(**{**given, **more})


def reading(key, default, *others):
    values = {name: ReadingValue({"zh": name, "en": name}) for name in (default, *others)}
    return Reading(key, {"zh": f"{key}？", "en": f"{key}?"}, default, values)


def rows(path):
    """Read a CSV file as a list of rows of text, header first."""
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def column(path, name):
    head, *body = rows(path)
    return [line[head.index(name)] for line in body]
