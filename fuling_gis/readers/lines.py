"""GeoJSON as a sequence: one feature a line, or one behind each record separator (RFC 8142).

A library passes over what it cannot read there without a word, and a site would be missing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from fuling_gis.errors import FileError
from fuling_gis.labels import sentence

_SEPARATOR: Final = b"\x1e"
_BLOCK: Final = 1 << 20
_SHOWN: Final = 60
# Larger collections take more memory to look through than they are worth.
_MOST_BYTES: Final = 16 << 20


def check_lines(path: Path, count: int, *, sequence: bool) -> None:
    """Refuse a sequence of which a library sees fewer features than there are records, naming the first faulty one.

    count: the features that the library sees. sequence: whether it takes the file for one; if not, and it sees one
    feature, it may have stopped behind the first of several.
    """
    if not sequence and (count > 1 or _whole(path)):
        return
    if sequence and sum(1 for _ in records(path)) == count:
        return
    for number, record in enumerate(records(path), 1):
        try:
            value = json.loads(record)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict) or value.get("type") != "Feature":
            shown = record[:_SHOWN].decode("utf-8", "replace")
            raise FileError(sentence("errors_readers.no_feature", path=path, number=number, found=repr(shown)))
    raise FileError(sentence("errors_readers.no_sequence", path=path))


def check_members(path: Path, count: int) -> None:
    """Refuse a collection of which a library sees fewer features than it has members, naming the first faulty one.

    The library passes over members that do not call themselves features. Larger files are not looked through.
    """
    if path.stat().st_size > _MOST_BYTES:
        return
    try:
        value = json.loads(path.read_text("utf-8-sig"))
    except (ValueError, RecursionError):
        # What the library makes of it is told elsewhere.
        return
    members = value.get("features") if isinstance(value, dict) else None
    if not isinstance(members, list) or len(members) <= count:
        return
    for number, member in enumerate(members, 1):
        if not isinstance(member, dict) or member.get("type") != "Feature":
            shown = repr(json.dumps(member, ensure_ascii=False)[:_SHOWN])
            raise FileError(sentence("errors_readers.no_feature", path=path, number=number, found=shown))


def _whole(path: Path) -> bool:
    """Tell whether a file is one JSON value; what is none at all is left to the library."""
    text = path.read_text("utf-8-sig").lstrip()
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return True
    return not text[end:].strip()


def records(path: Path) -> Iterator[bytes]:
    """Give the records of a sequence that are not empty, as bytes."""
    with path.open("rb") as file:
        end = _SEPARATOR if file.read(1) == _SEPARATOR else b"\n"
        file.seek(0)
        left = b""
        while block := file.read(_BLOCK):
            *whole, left = (left + block).split(end)
            yield from (record for record in whole if record.strip())
        if left.strip():
            yield left
