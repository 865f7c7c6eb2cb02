"""Which encoding a text has, found in its bytes.

Chinese files are UTF-8 or GBK, and what they declare is often wrong or missing, so the bytes decide: what is strictly
UTF-8 is UTF-8. GBK is always read as GB18030, which contains it and loses no rare character of a place name.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fuling_gis.errors import FileError
from fuling_gis.labels import sentence
from fuling_gis.readers.table import Words, note

# What is neither ASCII nor a Chinese character nor a full-width sign.
_FOREIGN: Final = re.compile(r"[^\x00-\x7f\u3000-\u9fff\uff00-\uffef]")
_CHUNK: Final = 1 << 20
# What a declared name means where the codecs' own names differ.
_DECLARED: Final = {"gbk": "gb18030", "gb2312": "gb18030", "cp936": "gb18030", "936": "gb18030", "ansi 936": "gb18030",
                    "big5": "big5hkscs", "950": "big5hkscs", "65001": "utf-8"}  # fmt: skip


@dataclass(frozen=True)
class Encoding:
    """An encoding and the reason for it."""

    # Name for Python and GDAL: `utf-8`, `gb18030` ...
    name: str
    why: Words


def of_cells(cells: Iterable[bytes], declared: str | None) -> Encoding | None:
    """Find the encoding of table cells, each perhaps cut inside its last character; None where nothing fits.

    cells: only those with a byte outside ASCII, without padding. declared: what the file says, used where the bytes
    leave a choice.
    """
    texts = list(dict.fromkeys(cells))
    if not texts:
        return Encoding("utf-8", note("encoding_ascii"))
    told = known(declared)
    as_utf8, as_gb = _all_decoded(texts, "utf-8"), _all_decoded(texts, "gb18030")
    utf8, gb = as_utf8 is not None, as_gb is not None
    if as_utf8 is not None and as_gb is not None and told != "utf-8" and not _chinese(as_utf8) and _chinese(as_gb):
        # Pairs of GBK bytes such as C4 A3 are by chance also UTF-8, but of Latin letters.
        return Encoding("gb18030", note("encoding_chinese"))
    if utf8:
        return Encoding("utf-8", note("encoding_utf8"))
    if told not in (None, "utf-8", "gb18030") and all(_decoded(cell, str(told), 1) is not None for cell in texts):
        return Encoding(str(told), note("encoding_declared", declared=declared))
    if gb:
        return Encoding("gb18030", note("encoding_gb"))
    return None


def _chinese(text: str) -> bool:
    """Tell whether all letters outside ASCII are Chinese characters or full-width signs."""
    return _FOREIGN.search(text) is None


def _all_decoded(cells: list[bytes], encoding: str) -> str | None:
    """Decode all cells, a line each, every one perhaps cut inside its last character; None where one is something else.

    All at once where none is cut, which is far quicker.
    """
    try:
        return b"\n".join(cells).decode(encoding)
    except UnicodeDecodeError:
        found = []
        for cell in cells:
            text = _decoded(cell, encoding, 3)
            if text is None:
                return None
            found.append(text)
        return "\n".join(found)


def _decoded(cell: bytes, encoding: str, cut: int) -> str | None:
    """Decode strictly, leaving out at most `cut` bytes of an unfinished character at the end."""
    for left in range(cut + 1):
        try:
            return cell[: len(cell) - left].decode(encoding)
        except UnicodeDecodeError as e:
            if e.end < len(cell) - left:
                return None
    return None


def known(declared: str | None) -> str | None:
    """Give the codec that a declaration names; None where it names none, or none that means anything."""
    if not declared:
        return None
    plain = declared.strip().lower()
    if plain in _DECLARED:
        return _DECLARED[plain]
    for name in (plain, f"cp{plain}"):
        try:
            found = codecs.lookup(name).name
            # Some codecs are of no text: rot13, hex.
            b"".decode(found)
        except (LookupError, ValueError):
            continue
        return {"gbk": "gb18030", "gb2312": "gb18030", "utf-8-sig": "utf-8"}.get(found, found)
    return None


def of_file(path: Path) -> Encoding:
    """Find the encoding of a whole text file; raises FileError where it is neither Unicode nor GB18030."""
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith(codecs.BOM_UTF8):
        return Encoding("utf-8-sig", note("encoding_bom"))
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Encoding("utf-16", note("encoding_bom"))
    if _fits(path, "utf-8"):
        return Encoding("utf-8", note("encoding_utf8"))
    if _fits(path, "gb18030"):
        return Encoding("gb18030", note("encoding_gb"))
    raise FileError(sentence("errors_readers.no_text", path=path))


def _fits(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True
