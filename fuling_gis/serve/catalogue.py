"""What a client may know before it asks: layers, rules, and the choices that a question leaves."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from fuling_gis import api
from fuling_gis.activities import activities
from fuling_gis.facts import facts
from fuling_gis.labels import Lang, label
from fuling_gis.natures import natures
from fuling_gis.outputs.limits import limits
from fuling_gis.outputs.map_layers import drawn_layers, style_sheet
from fuling_gis.outputs.palette import colour, mark, verdict_name
from fuling_gis.outputs.write import DEFAULT_OUTPUTS, OUTPUTS
from fuling_gis.rules.describe import basis_words, exemption_words, where_words, who_words
from fuling_gis.verdicts import VERDICTS
from fuling_gis.workspace import Workspace

_DEGREES = 6


@dataclass(frozen=True)
class DrawnLayer:
    """One layer as the page draws it."""

    entry: Mapping[str, Any]
    # GeoJSON, and a mark that changes when it does.
    geojson: bytes
    tag: str


@dataclass
class Atlas:
    """The layers of a workspace on a day, made light for drawing, each once; only the latest day is kept."""

    workspace: Workspace
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _day: dt.date | None = None
    _layers: dict[str, DrawnLayer] = field(default_factory=dict, repr=False)

    def layers(self, day: dt.date) -> dict[str, DrawnLayer]:
        """Give the layers by id in drawing order."""
        with self._lock:
            if self._day != day:
                self._layers = self._drawn(day)
                self._day = day
            return self._layers

    def _drawn(self, day: dt.date) -> dict[str, DrawnLayer]:
        plan = api.plan_for(self.workspace, as_of=day)
        present = {name: layer for name, layer in plan.book.layers.items() if layer is not None}
        found = {}
        for layer, entry, degrees in drawn_layers(present):
            ids, names = (layer.fields.get(name, np.full(len(degrees), None, object)) for name in ("id", "name"))
            rounded = shapely.transform(degrees, lambda xy: np.round(xy, _DEGREES))
            features = [
                {
                    "type": "Feature",
                    "properties": {"id": _text(one), "name": _text(name)},
                    "geometry": json.loads(shapely.to_geojson(shape)),
                }
                for one, name, shape in zip(ids, names, rounded, strict=True)
                if shape is not None and not shape.is_empty
            ]
            body = json.dumps(
                {"type": "FeatureCollection", "features": features}, ensure_ascii=False, separators=(",", ":")
            ).encode("utf-8", "replace")
            found[layer.id] = DrawnLayer(entry, body, hashlib.sha256(body).hexdigest()[:32])
        return found


def choices(workspace: Workspace, lang: Lang) -> dict[str, Any]:
    """Give all that a question about a site may say, in one language."""
    terms = workspace.rules().readings
    return {
        "workspace": workspace.name,
        "lang": lang,
        "limits": limits()[lang],
        "activities": [
            {"id": one.id, "name": one.name[lang], "other": [*one.name.values(), *one.synonyms, *one.hints]}
            for one in activities().values()
        ],
        "natures": [{"id": key, "name": title[lang]} for key, title in natures().items()],
        "facts": [
            {"id": one.name, "title": one.title[lang], "kind": one.kind, "unit": one.unit, "approval": one.approval}
            for one in facts().values()
        ],
        "readings": [
            {
                "key": term.key,
                "question": term.question[lang],
                "default": term.default,
                "values": {key: value.title[lang] for key, value in term.values.items()},
            }
            for term in terms.values()
        ],
        "verdicts": [{"id": one, "name": verdict_name(one, lang), "colour": colour(one)} for one in VERDICTS],
        "mark": mark(),
        "outputs": list(OUTPUTS),
        "default_outputs": list(DEFAULT_OUTPUTS),
        "background": style_sheet().background,
    }


def rules_told(workspace: Workspace, day: dt.date, lang: Lang) -> list[dict[str, Any]]:
    """Give the rules in force on a day."""
    told = workspace.rules()
    titles = {name: entry[0].title[lang] for name, entry in workspace.catalog.layers.items() if entry}
    found = []
    for rule in told.rules:
        if not rule.in_force(day):
            continue
        duty = rule.duty({key: told.readings[key].default for key in rule.readings})
        found.append(
            {
                "id": rule.id,
                "title": rule.title[lang],
                "effect": rule.effect,
                "effect_name": label(f"outputs.effect_{rule.effect}", lang),
                "who": who_words(duty.who, lang),
                "where": where_words(duty.where, lang, titles),
                "clause": rule.clause,
                "quote": rule.source.quote,
                "basis": [basis_words(one, lang, day) for one in rule.basis],
                "exemptions": [exemption_words(one, lang) for one in rule.unless],
                "readings": list(rule.readings),
                "everywhere": rule.everywhere,
                "valid_from": None if rule.valid_from is None else rule.valid_from.isoformat(),
                "valid_to": None if rule.valid_to is None else rule.valid_to.isoformat(),
            }
        )
    return found


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value)  # noqa: PLR0124 - NaN differs from itself
