"""The texts of a drawing (DXF): in which encoding they really are, and what their escapes mean.

Until AutoCAD 2004 a drawing names a code page, and programs that know no Chinese name their own over GBK texts.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from fuling_gis.readers.encoding import known, of_cells
from fuling_gis.readers.table import Words, note

_HIGH: Final = re.compile(rb"[\x80-\xff]+")
# Code pages whose letters are one byte each: any bytes are text in them.
_SINGLE: Final = re.compile(r"cp125\d|cp8\d\d|cp437|latin.?1|iso8859.*|mac.*")


def encoding_of(document: Any) -> str:
    """Give the encoding that a drawing states: since AutoCAD 2007 (AC1021) it is UTF-8, whatever code page is named."""
    return "utf-8" if document.dxfversion >= "AC1021" else str(document.encoding)


def true_encoding(path: Path, document: Any) -> tuple[str, tuple[Words, ...]]:
    """Give the encoding that the bytes of a drawing show, and what is to be said where it is not that stated."""
    stated = encoding_of(document)
    with path.open("rb") as file:
        if stated == "utf-8" or file.read(22).startswith(b"AutoCAD Binary DXF"):
            return stated, ()
        file.seek(0)
        texts = [line.strip() for line in file if not line.isascii()]
    told = known(stated) or stated
    runs = [run for text in texts for run in _HIGH.findall(text)]
    # Letters of the West stand alone among others; Chinese ones are pairs of bytes.
    if _SINGLE.fullmatch(told) and sum(len(run) > 1 for run in runs) * 2 <= len(runs):
        return stated, ()
    found = of_cells(texts, None if _SINGLE.fullmatch(told) else told)
    if not texts or (found is not None and found.name == told):
        return stated, ()
    if found is None:
        return stated, (note("drawing_text", declared=stated),)
    return found.name, (note("encoding_contradicts", declared=stated, found=found.name),)


def plain(text: str) -> str:
    r"""Put the characters in place of escapes such as `\U+7532`, which drawings have for those outside their code page.

    >>> plain(r"\U+7532\U+5730")
    '甲地'
    """
    from ezdxf.lldxf.encoding import decode_dxf_unicode, decode_mif_to_unicode, has_dxf_unicode, has_mif_encoding

    if has_dxf_unicode(text):
        text = decode_dxf_unicode(text)
    return decode_mif_to_unicode(text) if has_mif_encoding(text) else text
