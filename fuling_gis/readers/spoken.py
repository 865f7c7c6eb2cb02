"""What a file says of its system beside stating it: a column that names a shift, an old datum or a town's grid."""

from __future__ import annotations

import re
from typing import Final

from pyproj import CRS

from fuling_gis.readers.place import heading_elsewhere, system_column, text_elsewhere
from fuling_gis.readers.table import TableSource

# What a file calls a shift, and each datum.
_SHIFT_WORDS: Final = {
    "gcj02": re.compile(r"gcj|火星|高德|腾讯|amap", re.IGNORECASE),
    "bd09": re.compile(r"bd.?09|百度|baidu", re.IGNORECASE),
}
_DATUMS: Final = (
    re.compile(r"西安|xi.?an|(?<!\d)(?:19)?80(?!\d)", re.IGNORECASE),
    re.compile(r"北京|beijing|pulkovo|(?<!\d)(?:19)?54(?!\d)", re.IGNORECASE),
    re.compile(r"2000|cgcs|wgs", re.IGNORECASE),
)
# A grid of its own, on whatever datum.
_OF_A_TOWN: Final = re.compile(r"独立|地方|城市|任意|local", re.IGNORECASE)
_SHOWN: Final = 60


def named_in_column(source: TableSource, system: CRS | None, shift: str = "") -> str:
    """Give the first value of a column of systems that names a shifted one, an old datum or a town's grid; else "".

    system, shift: what the file is read in where that is known; a value that names just that is passed over.
    """
    column = system_column(source.fields)
    if not column:
        return ""
    # Rows of several systems may stand in one table, and the last is as good as the first.
    for table in source.batches(columns=(column,), geometry=False):
        texts = [text for text in sorted(set(table.text(column).tolist())) if not names(text, system, shift)]
        found = heading_elsewhere(texts) or text_elsewhere(texts)
        if found:
            return f"{column}={found[:_SHOWN]}"
    return ""


def names(text: str, system: CRS | None, shift: str = "") -> bool:
    """Tell whether a text names the datum of a system and no other, or a shift."""
    shifts = {word for word, called in _SHIFT_WORDS.items() if called.search(text)}
    if shift or shifts:
        return shift in shifts
    named = [datum for datum in _DATUMS if datum.search(text)]
    if system is None or _OF_A_TOWN.search(text):
        return False
    return len(named) == 1 and named[0].search(system.name) is not None
