"""MapInfo's files, looked at before a library reads them: all parts there, and the bytes of their text as they stand.

A library turns the text over by what the head calls its character set, which is wrong as often as that of a shapefile.
So it is given the same files under a head that names none, and the bytes decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from fuling_gis.errors import FileError
from fuling_gis.labels import sentence
from fuling_gis.readers import dbf
from fuling_gis.readers.encoding import Encoding, known, of_cells
from fuling_gis.readers.shapefile import Folder
from fuling_gis.readers.table import note

# How a library is to hand the text over: byte for byte.
BYTES: Final = "latin-1"
# What the two formats are made of; the first is the one that people name.
PARTS: Final = {"tab": (".tab", ".dat", ".map", ".id", ".ind", ".dbf"), "mif": (".mif", ".mid")}
# The character sets of MapInfo that Chinese files name, to encodings.
# Latin-1 is what programs write that know nothing of it.
_CHARSETS: Final = {"windowssimpchinese": "gb18030", "windowstradchinese": "big5", "utf-8": "utf-8"}
_CHARSET: Final = re.compile(rb"""(?im)(^!?charset\s+|\bcharset\s+)"?([\w-]+)"?""")
# A field of a .tab: its name, and the word for its kind.
_FIELD: Final = re.compile(rb"(?m)^ {2,}(?:\"[^\"\n]*\"|\S+) +([A-Za-z]+)[^;\n]*;")
# The head of either kind is shorter.
_HEAD: Final = 1 << 16


@dataclass(frozen=True)
class MapInfo:
    """A MapInfo file that is whole enough to be read."""

    # What a library may open, reading text as BYTES.
    opened: Path
    encoding: Encoding
    # Holds the folder of `opened` alive.
    keep: object
    # Rows of the .mid, below 0 for a .tab, which knows its rows.
    rows: int = -1


def examine(path: Path, form: str, said: str | None) -> MapInfo:
    """Look at a MapInfo file; raises FileError where a part is missing or a table points to others.

    form: `tab` or `mif`. said: the encoding that the user names.
    """
    parts = {part.suffix.lower(): part for part in _beside(path) if part.suffix.lower() in PARTS[form]}
    parts[PARTS[form][0]] = path
    raw = path.read_bytes()
    head = raw[:_HEAD]
    native = b"type native" in head.lower()
    # The rows of a seamless table are the names of others.
    if form == "tab" and (b"isseamless" in raw.lower() or not (native or b"type dbf" in head.lower())):
        raise FileError(sentence("errors_readers.tab_elsewhere", path=path))
    needed = ".mid" if form == "mif" else ".dat" if native else ".dbf"
    if needed not in parts:
        raise FileError(sentence("errors_readers.no_attributes", path=path, name=path.with_suffix(needed).name))
    found = _encoding(path, form, head, parts[needed], said)
    folder = Folder()
    for suffix, part in parts.items():
        if part != path:
            folder.link(part, f"data{suffix}")
    opened = folder.path / f"data{PARTS[form][0]}"
    opened.write_bytes(_CHARSET.sub(rb'\1"Neutral"', head) + raw[_HEAD:])
    return MapInfo(opened, found, folder, _records(parts[needed]) if form == "mif" else -1)


def _records(table: Path) -> int:
    """Count the records of a .mid; a line break inside quotes begins none."""
    count, inside = 0, False
    with table.open("rb") as file:
        for line in file:
            count += not inside and bool(line.strip())
            inside ^= line.count(b'"') % 2 == 1
    return count


def _beside(path: Path) -> Iterator[Path]:
    return (part for part in path.parent.iterdir() if part.stem.lower() == path.stem.lower())


def _encoding(path: Path, form: str, head: bytes, table: Path, said: str | None) -> Encoding:
    if said is not None:
        codec = known(said)
        if codec is None:
            raise FileError(sentence("errors_readers.no_encoding", path=path, encoding=said))
        return Encoding(codec, note("encoding_said"))
    declared = _CHARSET.search(head)
    named = declared[2].decode("ascii").lower() if declared else ""
    if form == "mif":
        with table.open("rb") as file:
            texts = [line.strip() for line in file if not line.isascii()]
    else:
        looked = _of_text(dbf.read_head(table), head)
        texts = [cell for cell in dbf.foreign_cells(looked) if cell not in looked.names]
    if not texts:
        # The names of the fields; some programs cut them inside a character.
        texts = [line.strip() for line in head.partition(b"\nData")[0].splitlines() if not line.isascii()]
    found = of_cells(texts, _CHARSETS.get(named))
    if found is None:
        raise FileError(sentence("errors_readers.dbf_text", path=path, table=table.name))
    return found


def _of_text(table: dbf.Dbf, head: bytes) -> dbf.Dbf:
    """Tell which columns of a table are text by the head of the .tab: the .dat calls them all so, numbers too."""
    _, _, fields = head.partition(b"Fields ")
    kinds = [kind.lower() == b"char" for kind in _FIELD.findall(fields)]
    if len(kinds) != len(table.textual):
        return table
    return replace(table, textual=tuple(a and b for a, b in zip(kinds, table.textual, strict=True)))


def text_of(value: object, encoding: str) -> object:
    """Give a text that was read as BYTES in its own encoding; what was cut inside a character loses that one."""
    if not isinstance(value, str):
        return value
    return value.encode(BYTES, "replace").decode(encoding, "ignore")
