"""Findings as sentences for people: what was measured, why a maybe is one, and what would settle it.

The words are those of the map, so that report and map say the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fuling_gis.facts import facts
from fuling_gis.labels import Lang, label
from fuling_gis.layers.schema import kinds
from fuling_gis.overlay.result import Run

# Causes whose name says itself what is meant.
_PLAIN: Final = ("tolerance", "dem")
# Facts that are columns of their own.
_COLUMNS: Final = ("activity", "nature")
_KILOMETRE: Final = 1000.0
_HECTARE: Final = 10_000.0


def metres(value: float) -> str:
    """Write a distance: metres to the decimetre, kilometres from one on."""
    return f"{value:,.1f} m" if abs(value) < _KILOMETRE else f"{value / _KILOMETRE:,.3f} km"


def area(value: float) -> str:
    """Write an area: square metres, hectares from one on."""
    return f"{value:,.1f} m²" if value < _HECTARE else f"{value / _HECTARE:,.2f} ha"


def layer_title(layer_id: str, run: Run, lang: Lang) -> str:
    """Name a layer: as the catalogue does, or as the contract means it where the workspace has none."""
    if layer_id in run.layers:
        return run.layers[layer_id].title[lang]
    known = kinds().get(layer_id)
    return known.title[lang] if known is not None else layer_id


def measured(finding: Mapping[str, Any], run: Run, lang: Lang) -> str:
    """Say what was found of one part of a rule: a row of the findings, numbers None where there is none."""
    predicate, layer_id = str(finding["predicate"] or ""), str(finding["layer"] or "")
    if not predicate:
        return label("map.part_everywhere", lang)
    zone, feature = layer_title(layer_id, run, lang), str(finding["feature_name"] or finding["feature_id"] or "")
    if feature:
        zone = label("map.zone_named", lang, layer=zone, feature=feature)
    words = _sentence(predicate, finding, zone, lang)
    tolerance = finding["tolerance_m"]
    if tolerance:
        words += f" ({label('map.tolerance', lang, t=metres(tolerance))})"
    if finding["more_features"]:
        words += "; " + label("map.more_features", lang, n=finding["more_features"])
    return words


def _sentence(predicate: str, finding: Mapping[str, Any], zone: str, lang: Lang) -> str:
    """Choose the words for a predicate by what was measured."""
    if predicate.startswith("not "):
        name, limit = predicate.removeprefix("not "), finding["threshold_m"] or 0.0
        return label(f"map.part_not_{name}", lang, zone=zone, limit=metres(limit))
    entry, values = _MEASURED[predicate](finding)
    return label(f"map.part_{entry}", lang, zone=zone, **values)


def _of_near(finding: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    distance, limit = finding["distance_m"], finding["threshold_m"]
    if distance is None or limit is None:
        return "near_unknown", {"limit": metres(limit or 0.0)}
    told = {"d": metres(distance), "limit": metres(limit), "margin": metres(abs(limit - distance))}
    return ("near" if distance <= limit else "near_beyond"), told


def _of_outside(finding: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    distance = finding["distance_m"]
    return ("outside_unknown", {}) if distance is None else ("outside", {"d": metres(distance)})


def _of_in(finding: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    distance, overlap, share = finding["distance_m"], finding["overlap_m2"], finding["overlap_share"]
    if overlap:
        told = {"area": area(overlap)}
        return ("in_area", told) if share is None else ("in_share", {**told, "share": f"{share:.1%}"})
    if distance:
        return "in_close", {"d": metres(distance)}
    known = distance is not None or finding["part_answer"] == "yes"
    return ("in" if known else "in_unknown"), {}


def _of_view(_: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    return "visible", {}


_MEASURED: Final = {
    "in": _of_in,
    "near": _of_near,
    "outside": _of_outside,
    "visible_from": _of_view,
}


def cause(name: str, run: Run, lang: Lang) -> tuple[str, str]:
    """Say why a maybe is one, and what would settle it. name: a cause of the contract, such as `fact:nature`."""
    kind, _, of = name.partition(":")
    if kind in _PLAIN:
        return label(f"map.cause_{kind}", lang), label(f"map.settle_{kind}", lang)
    values: dict[str, str] = {}
    if kind == "fact":
        values["name"] = _fact(of, lang)
    elif kind == "attribute":
        layer_id, _, field = of.partition(".")
        values = {"layer": layer_title(layer_id, run, lang), "field": _field(layer_id, field, lang)}
    elif kind in ("coverage", "layer"):
        values["layer"] = layer_title(of, run, lang)
    elif kind == "reading":
        values["reading"] = reading(of, run, lang)
    else:
        return label("map.cause_other", lang, cause=name), ""
    why = label(f"map.cause_{kind}", lang, **values)
    return why, label(f"map.settle_{kind}", lang, name=values.get("name", ""))


def reading(choice: str, run: Run, lang: Lang) -> str:
    """Say what is read how: `KEY=VALUE`, several joined by `+`, each perhaps with `>answer` behind it."""
    told = []
    for one in choice.split("+"):
        pair, _, answer = one.partition(">")
        key, _, value = pair.partition("=")
        term = run.reading_terms.get(key)
        known = term.values.get(value) if term is not None else None
        if term is None or known is None:
            words = pair
        else:
            words = label("map.reading_value", lang, question=term.question[lang], value=known.title[lang])
        told.append(words + (f" → {label(f'outputs.answer_{answer}', lang)}" if answer in ("yes", "maybe") else ""))
    return "; ".join(told)


def _fact(name: str, lang: Lang) -> str:
    if name in _COLUMNS:
        return label(f"outputs.column_{name}", lang)
    known = facts().get(name)
    return known.title[lang] if known is not None else name


def _field(layer_id: str, field: str, lang: Lang) -> str:
    kind = kinds().get(layer_id)
    known = kind.fields.get(field) if kind is not None else None
    return known.title[lang] if known is not None else field
