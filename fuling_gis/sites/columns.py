"""Which column of a file is meant by which column of the contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from fuling_gis import facts
from fuling_gis.errors import SiteError
from fuling_gis.labels import sentence
from fuling_gis.readers.place import KEYS, plain_name
from fuling_gis.yamlfile import read_yaml

_FILE: Final = Path(__file__).with_suffix(".yaml")
# Field names of a shapefile are cut to this many bytes.
_SHAPEFILE_BYTES: Final = 10


@dataclass(frozen=True)
class Columns:
    """What each column of a file was taken for."""

    # site_id, name, activity, industry_code, nature, accuracy_m to the file's column; only those it has.
    known: Mapping[str, str]
    # Every other column: the fact's name, or its own, to the file's column.
    facts: Mapping[str, str]


@cache
def aliases() -> Mapping[str, tuple[str, ...]]:
    """Give the names of each known column, its own first."""
    found = read_yaml(_FILE).value
    return {column: (column, *names) for column, names in found.items()}


def canonical(name: str) -> str:
    """Give the column that a name stands for: a known one, a fact, or else the name itself."""
    key = _key(name)
    for column, names in aliases().items():
        if key in {_key(alias) for alias in names}:
            return column
    return facts.canonical(name) or name


def match(path: Path, fields: Sequence[str], said: Mapping[str, str], left_out: Sequence[str] = ()) -> Columns:
    """Match a file's columns by what the user said and by their names.

    left_out: columns that are neither known ones nor facts, such as WKT. Raises SiteError where the user names a
    column that the file does not have.
    """
    named = _said(path, fields, said)
    taken = set(named.values())
    known = {column: named[column] for column in aliases() if column in named}
    for column in aliases():
        if column not in known:
            found = _found(column, [field for field in fields if field not in taken])
            if found:
                known[column] = found
                taken.add(found)
    others = {column: field for column, field in named.items() if column not in known and column not in KEYS}
    for field in fields:
        if field not in {*known.values(), *others.values(), *left_out}:
            fact = facts.canonical(field)
            others[fact if fact and fact not in others else field] = field
    return Columns(known, others)


def _said(path: Path, fields: Sequence[str], said: Mapping[str, str]) -> dict[str, str]:
    folded = {field.lower(): field for field in reversed(fields)}
    missing = [source for source in said.values() if source not in fields and source.lower() not in folded]
    if missing:
        listed = ", ".join(map(repr, fields)) or sentence("errors_sites.no_fields")
        raise SiteError(
            sentence("errors_sites.no_column", path=path, columns=", ".join(map(repr, missing)), fields=listed)
        )
    exact = {source: source if source in fields else folded[source.lower()] for source in said.values()}
    return {(key if key in KEYS else canonical(key)): exact[source] for key, source in said.items()}


def _found(column: str, fields: Sequence[str]) -> str:
    """Give the first field under any full name of a column, or else under a cut one."""
    plain = {_key(field): field for field in reversed(fields)}
    names = aliases()[column]
    whole = next((plain[_key(alias)] for alias in names if _key(alias) in plain), "")
    cut = (short for alias in names for short in _cut(alias))
    return whole or next((plain[_key(short)] for short in cut if _key(short) in plain), "")


def _cut(alias: str) -> Iterator[str]:
    for encoding in ("gb18030", "utf-8"):
        raw = alias.encode(encoding)
        if len(raw) > _SHAPEFILE_BYTES:
            yield raw[:_SHAPEFILE_BYTES].decode(encoding, "ignore")


def _key(name: str) -> str:
    # A cut inside a character may have left a replacement character behind.
    return plain_name(name.replace("\ufffd", "")).replace("_", "")
