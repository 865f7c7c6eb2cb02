"""From a file's columns to the fields of a layer's schema: values brought to the ones allowed, what is odd told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fuling_gis.labels import LANGS, Lang, label
from fuling_gis.layers.catalog import Entry
from fuling_gis.layers.schema import Field, Meaning, plain
from fuling_gis.layers.sources import mapped_columns
from fuling_gis.readers import Table

# A notice names at most so many ids or values.
_NAMED = 5


@dataclass(frozen=True)
class Columns:
    """The fields of a layer, and what is to be told about them."""

    # Schema field to str, float or None where empty; always has `id` and `name`.
    fields: Mapping[str, NDArray[np.object_]]
    notices: tuple[Mapping[str, str], ...]


def read_columns(entry: Entry, table: Table) -> Columns:
    """Read the fields that an entry maps.

    A value that is not allowed stays as it is: its feature is in doubt wherever the field selects.
    """
    columns = mapped_columns(entry, table.arrow.column_names)
    fields, notices = {}, []
    for name, column in columns.items():
        known = entry.kind.fields[name]
        values, told = _read(entry, known, table.text(column))
        fields[name] = values
        notices += told
    ids, told = _ids(entry, fields.get("id"), len(table))
    names = fields.get("name", np.full(len(table), None, dtype=object))
    return Columns({**fields, "id": ids, "name": names}, (*told, *notices))


def notice(entry: str, **values: object) -> dict[str, str]:
    """Give a sentence about layers in both languages; a value that is a mapping has its own words in each."""
    return {lang: label(f"layers.{entry}", lang, **_spoken(values, lang)) for lang in LANGS}


def listed(items: Iterable[object]) -> dict[str, str]:
    """Join words for people, the first few of them, in both languages; an item may have its own words in each."""
    names = list(items)
    found: dict[str, str] = {}
    for lang in LANGS:
        first = [str(item[lang]) if isinstance(item, Mapping) else str(item) for item in names[:_NAMED]]
        joined = label("layers.comma", lang).join(first)
        more = len(names) - len(first)
        found[lang] = label("layers.and_more", lang, listed=joined, more=more, n=len(names)) if more else joined
    return found


def _spoken(values: Mapping[str, object], lang: Lang) -> dict[str, object]:
    return {key: value[lang] if isinstance(value, Mapping) else value for key, value in values.items()}


def _ids(entry: Entry, ids: NDArray[np.object_] | None, n: int) -> tuple[NDArray[np.object_], list[Mapping[str, str]]]:
    """Give every feature an id: its own, else a number."""
    if ids is None:
        numbers = np.arange(1, n + 1).astype(str).astype(object)
        return numbers, [notice("no_id", layer=entry.id, n=n)]
    empty = np.flatnonzero(ids == None)  # noqa: E711  asked of every element
    if not len(empty):
        return ids, []
    filled = ids.copy()
    filled[empty] = np.char.add("#", (empty + 1).astype(str)).astype(object)
    return filled, [notice("empty_id", layer=entry.id, n=len(empty))]


def _read(
    entry: Entry, field: Field, texts: NDArray[np.object_]
) -> tuple[NDArray[np.object_], list[Mapping[str, str]]]:
    """Bring one column's texts to the values of its field."""
    place, different = pd.factorize(texts)
    count = np.bincount(place, minlength=len(different))
    meanings = [_meaning(entry, field, text) for text in different]
    values = np.empty(len(different), dtype=object)
    values[:] = [(text or None) if m is None else m.value for text, m in zip(different, meanings, strict=True)]
    told = _told(entry, field, {text: (int(n), m) for text, n, m in zip(different, count, meanings, strict=True)})
    read: NDArray[np.object_] = values[place]
    return read, told


def _meaning(entry: Entry, field: Field, text: str) -> Meaning | None:
    own = entry.values.get(field.name, {}).get(plain(text))
    if own is not None:
        return field.meaning(own)
    return field.meaning(text) if text else None


def _told(entry: Entry, field: Field, found: Mapping[str, tuple[int, Meaning | None]]) -> list[Mapping[str, str]]:
    about = {"layer": entry.id, "field": field.name}
    told: list[Mapping[str, str]] = []
    former = [
        notice("value_pair", text=text, n=n, value=m.value)
        for text, (n, m) in found.items()
        if m is not None and m.former
    ]
    if former:
        told.append(notice("former_values", **about, pairs=listed(former)))
    if not field.values and not field.number:
        return told
    strange = {text: n for text, (n, m) in found.items() if m is None and text}
    if strange:
        often = sorted(strange, key=lambda text: (-strange[text], text))
        values = listed(notice("value_count", text=text, n=strange[text]) for text in often)
        told.append(notice("strange_values", **about, n=sum(strange.values()), values=values))
    return told
