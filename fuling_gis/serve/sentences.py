"""Findings in sentences of one language: what lies where, why a maybe is one, and what would settle it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fuling_gis.facts import facts
from fuling_gis.labels import Lang, label, words
from fuling_gis.layers.schema import kinds
from fuling_gis.overlay.result import Run

_KM2, _HA, _KM = 1e6, 1e4, 10_000.0


def number(value: float, digits: int) -> str:
    """Write a number with separators and without needless zeros."""
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def metres(value: float) -> str:
    """Write a length, in kilometres from ten of them on."""
    if abs(value) >= _KM:
        return f"{number(value / 1000, 1)} km"
    return f"{number(value, 2 if abs(value) < 1 else 1)} m"


def square_metres(value: float) -> str:
    """Write an area in the unit that people use for its size."""
    if value >= _KM2:
        return f"{number(value / _KM2, 2)} km²"
    if value >= _HA:
        return f"{number(value / _HA, 2)} ha"
    return f"{number(value, 2 if value < 10 else 0)} m²"  # noqa: PLR2004 - small ones with decimals


def percent(share: float) -> str:
    """Write a share."""
    value = 100 * share
    if 0 < value < 0.1:  # noqa: PLR2004 - less than is shown
        return "< 0.1 %"
    return f"{number(value, 1 if value < 10 else 0)} %"  # noqa: PLR2004


def layer_title(layer_id: str, run: Run, lang: Lang) -> str:
    """Name a layer as its catalogue does, as its kind does where there is none, or by its id."""
    layer = run.layers.get(layer_id)
    kind = kinds().get(layer_id)
    title = (layer.title if layer is not None else None) or (kind.title if kind is not None else None)
    return (title or {}).get(lang) or layer_id


def fact_title(name: str, lang: Lang) -> str:
    """Name a fact for people."""
    if name in ("activity", "nature"):
        return label(f"map.{name}", lang)
    return facts()[name].title[lang] if name in facts() else name


def evidence(part: Mapping[str, Any], run: Run, lang: Lang) -> str:
    """Say what one part of a rule found at a site. part: a row of findings, None where it has no value."""
    layers = [layer_title(one, run, lang) for one in str(part["layer"] or "").split(";") if one]
    layer = label("map.and", lang).join(layers)
    feature = part["feature_name"] or part["feature_id"] or ""
    named = feature if layer and layer in feature else label("map.zone_named", lang, layer=layer, feature=feature)
    values = {
        "zone": named if feature else layer,
        "d": _or_blank(part["distance_m"], metres),
        "limit": _or_blank(part["threshold_m"], metres),
        "margin": _or_blank(part["margin_m"], lambda m: metres(abs(m))),
        "area": _or_blank(part["overlap_m2"], square_metres),
        "share": _or_blank(part["overlap_share"], percent),
    }
    beside = [label("map.answer_maybe", lang)] if part["part_answer"] == "maybe" else []
    if part["tolerance_m"]:
        beside.append(label("map.tolerance", lang, t=metres(part["tolerance_m"])))
    if part["more_features"]:
        beside.append(label("map.more_features", lang, n=part["more_features"]))
    text = label(f"map.{_entry(part)}", lang, **values)
    return f"{text} ({label('map.comma', lang).join(beside)})" if beside else text


def _entry(part: Mapping[str, Any]) -> str:  # noqa: PLR0911 - one sentence for each kind of part
    """Choose the sentence for a part."""
    predicate, far = str(part["predicate"] or ""), part["distance_m"] is None
    if not predicate:
        return "part_everywhere"
    if predicate.startswith("not "):
        return "part_" + predicate.replace(" ", "_")
    if predicate == "near":
        beyond = part["margin_m"] is not None and part["margin_m"] < 0
        return "part_near_unknown" if far else "part_near_beyond" if beyond else "part_near"
    if predicate == "outside":
        return "part_outside_unknown" if far else "part_outside"
    if predicate != "in":
        return "part_visible"
    if part["overlap_m2"]:
        return "part_in_area" if part["overlap_share"] is None else "part_in_share"
    if part["part_answer"] == "yes":
        return "part_in"
    return "part_in_unknown" if far else "part_in_close"


def cause(name: str, run: Run, lang: Lang) -> tuple[str, str]:
    """Say a cause of a maybe, and what would settle it."""
    kind, _, rest = name.partition(":")
    known = words("map")
    values: dict[str, str] = {}
    if kind == "fact":
        values = {"name": fact_title(rest, lang)}
    elif kind == "attribute":
        layer, _, field = rest.partition(".")
        values = {"layer": layer_title(layer, run, lang), "field": field}
    elif kind in ("coverage", "layer"):
        values = {"layer": layer_title(rest, run, lang)}
    elif kind == "reading":
        values = {"reading": label("map.and", lang).join(reading(one, run, lang) for one in rest.split("+"))}
    text = label(f"map.cause_{kind}", lang, **values) if f"cause_{kind}" in known else ""
    settle = label(f"map.do_{kind}", lang, **values) if f"do_{kind}" in known else ""
    return text or label("map.cause_other", lang, cause=name), settle


def reading(assignment: str, run: Run, lang: Lang) -> str:
    """Say `KEY=VALUE`, or `KEY=VALUE>answer`, in the words of the reading."""
    chosen, _, answer = assignment.partition(">")
    key, _, value = chosen.partition("=")
    term = run.reading_terms.get(key)
    if term is None:
        return assignment
    title = term.values[value].title[lang] if value in term.values else value
    text = label("map.reading_value", lang, question=term.question[lang], value=title)
    entry = f"answer_{answer}"
    if answer and entry in words("map"):
        text += label("map.reading_gives", lang, answer=label(f"map.{entry}", lang))
    return text


def _or_blank(value: float | None, write: Any) -> str:
    return "" if value is None else str(write(value))
