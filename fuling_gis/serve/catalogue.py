"""What a client may know before it asks: layers, rules, and the choices that a question leaves."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from fuling_gis import api
from fuling_gis.activities import activities
from fuling_gis.errors import FulingError
from fuling_gis.facts import facts
from fuling_gis.labels import Lang, label, sentence
from fuling_gis.layers.model import UNSTATED_ACCURACY_M, Layer
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
    """One layer as the page draws it; one that cannot be drawn has no features, and its entry says why."""

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
        """Give the layers by id in drawing order, behind them those that cannot be drawn."""
        with self._lock:
            if self._day != day:
                self._layers = self._drawn(day)
                self._day = day
            return self._layers

    def _drawn(self, day: dt.date) -> dict[str, DrawnLayer]:
        present, why = self._present(day)
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
            found[layer.id] = _collected({**entry, "undrawn": None}, features)
        # A layer that is there and was not drawn has nothing to draw.
        why |= dict.fromkeys(present.keys() - found.keys(), sentence("serve.undrawn_empty"))
        return found | {name: _collected(self._undrawn(name, day, why[name]), []) for name in sorted(why)}

    def _present(self, day: dt.date) -> tuple[dict[str, Layer], dict[str, Mapping[str, str]]]:
        """Give every layer of the catalogue that has features on a day, and why the others have none."""
        asked = api.plan_for(self.workspace, as_of=day).book.layers
        # What a plan takes from elsewhere, as a range computed for it, is no layer of the catalogue and drawn with it.
        present = {name: layer for name, layer in asked.items() if layer is not None}
        why: dict[str, Mapping[str, str]] = {}
        for name in self.workspace.catalog.layers:
            entry = self.workspace.catalog.entry(name, day)
            if entry is None:
                why[name] = sentence("serve.undrawn_day", day=day.isoformat())
            elif entry.kind.raster:
                present.pop(name, None)
                why[name] = sentence("serve.undrawn_raster")
            elif name not in present:
                try:
                    layer = self.workspace.layer(name, day)
                except FulingError:
                    # No rule asks for it, so that no answer hangs on it; what the fault is names files of this machine.
                    layer, why[name] = None, sentence("serve.undrawn_fault")
                if layer is not None:
                    present[name] = layer
        return present, why

    def _undrawn(self, name: str, day: dt.date, why: Mapping[str, str]) -> dict[str, Any]:
        """Say of a layer that cannot be drawn what is said of one that is."""
        entry = self.workspace.catalog.entry(name, day) or self.workspace.catalog.layers[name][0]
        return {
            "id": name,
            "title": dict(entry.title),
            "style": dict(style_sheet().of(name)),
            "features": 0,
            "simplified_m": 0.0,
            "left_out": 0,
            "accuracy_m": UNSTATED_ACCURACY_M if entry.accuracy_m is None else entry.accuracy_m,
            "indicative": entry.indicative,
            "computed": False,
            "source": entry.source,
            "valid_from": None if entry.valid_from is None else entry.valid_from.isoformat(),
            "valid_to": None if entry.valid_to is None else entry.valid_to.isoformat(),
            "undrawn": dict(why),
        }


def _collected(entry: Mapping[str, Any], features: Sequence[Mapping[str, Any]]) -> DrawnLayer:
    body = json.dumps(
        {"type": "FeatureCollection", "features": features}, ensure_ascii=False, separators=(",", ":")
    ).encode("utf-8", "replace")
    return DrawnLayer(entry, body, hashlib.sha256(body).hexdigest()[:32])


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
