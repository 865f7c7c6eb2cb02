"""What every output of a run must say about its date and its layers, in both languages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from fuling_gis.labels import LANGS, Lang, label
from fuling_gis.layers.model import UNSTATED_ACCURACY_M, Layer
from fuling_gis.layers.schema import kinds
from fuling_gis.overlay.units import DIMENSIONS, UNIT_LAYER
from fuling_gis.rules.model import Reading

# How many rules a notice names for each layer.
_MOST_RULES: Final = 6


def notice(key: str, /, **values: object) -> dict[str, str]:
    """Give a sentence in both languages; values that are mappings are taken in the sentence's language."""
    return {lang: label(key, lang, **{name: _in(value, lang) for name, value in values.items()}) for lang in LANGS}


def layer_notices(
    layers: Mapping[str, Layer],
    asked: Mapping[str, Sequence[str]],
    jurisdiction: str,
    *,
    as_of: dt.date,
    rules_in_force: bool,
) -> Iterator[dict[str, str]]:
    """Say what the layers at hand, and those that are not, mean for the answers.

    asked: layers that rules ask for, with the ids of the rules.
    """
    if not rules_in_force:
        yield notice("engine.no_rules", day=as_of.isoformat())
    if jurisdiction not in layers:
        yield notice("engine.no_jurisdiction", layer=_titles([jurisdiction], layers))
    missing = {layer_id: ids for layer_id, ids in asked.items() if not _at_hand(layer_id, layers)}
    if missing:
        yield notice("engine.missing_layers", layers=_with_rules(missing, layers))
    used = [layers[layer_id] for layer_id in dict.fromkeys([jurisdiction, *asked]) if layer_id in layers]
    rough = [layer.id for layer in used if not layer.accuracy_stated]
    if rough:
        yield notice("engine.no_accuracy", layers=_titles(rough, layers), metres=f"{UNSTATED_ACCURACY_M:g}")
    bare = [layer.id for layer in used if not layer.covers]
    if bare:
        yield notice("engine.no_cover", layers=_titles(bare, layers))
    units = layers.get(UNIT_LAYER)
    if units is not None and any(units.fields.get(name) is not None for name in DIMENSIONS):
        yield notice("engine.unit_items")
    indicative = [layer.id for layer in layers.values() if layer.indicative]
    if indicative and len(indicative) == len(layers):
        yield notice("engine.all_indicative", count=len(indicative))
    elif indicative:
        yield notice("engine.indicative", layers=_titles(indicative, layers))


def _at_hand(layer_id: str, layers: Mapping[str, Layer]) -> bool:
    """Tell whether a layer is given, or can be computed from others that are."""
    kind = kinds().get(layer_id)
    return layer_id in layers or (kind is not None and bool(kind.computed) and layers.keys() >= set(kind.computed))


def fallback_notice(term: Reading, wanted: str, used: str) -> dict[str, str]:
    """Say that a reading's default needs a layer that is missing, and what is in force instead."""
    return notice(
        "engine.reading_fallback",
        question=term.question,
        layer=_titles([term.values[wanted].requires], {}),
        wanted=term.values[wanted].title,
        used=term.values[used].title,
        choice=f"{term.key}={used}",
    )


def wins_notice(term: Reading, value: str) -> dict[str, str]:
    """Say that a layer at hand settles a reading, and which."""
    layer = _titles([term.values[value].requires], {})
    choice = f"{term.key}={value}"
    return notice(
        "engine.reading_wins", question=term.question, layer=layer, used=term.values[value].title, choice=choice
    )


def _in(value: object, lang: Lang) -> object:
    return value[lang] if isinstance(value, Mapping) else value


def _titles(ids: Iterable[str], layers: Mapping[str, Layer]) -> dict[str, str]:
    """Name layers by their titles: those of the catalogue, or else those of their kinds."""
    many = list(ids)
    between = {"zh": "、", "en": ", "}
    return {lang: between[lang].join(_title(layer_id, layers, lang) for layer_id in many) for lang in LANGS}


def _title(layer_id: str, layers: Mapping[str, Layer], lang: Lang) -> str:
    if layer_id in layers:
        return layers[layer_id].title.get(lang) or layer_id
    kind = kinds().get(layer_id)
    return kind.title[lang] if kind is not None else layer_id


def _with_rules(missing: Mapping[str, Sequence[str]], layers: Mapping[str, Layer]) -> dict[str, str]:
    """Name missing layers with the first of the rules that ask for them."""
    frames: dict[Lang, tuple[str, str, str]] = {"zh": ("{}（{}）", "、", "；"), "en": ("{} ({})", ", ", "; ")}
    out: dict[str, str] = {}
    for lang, (frame, between, after) in frames.items():
        named = []
        for layer_id, ids in missing.items():
            more = f" +{len(ids) - _MOST_RULES}" if len(ids) > _MOST_RULES else ""
            named.append(frame.format(_title(layer_id, layers, lang), between.join(ids[:_MOST_RULES]) + more))
        out[lang] = after.join(named)
    return out
