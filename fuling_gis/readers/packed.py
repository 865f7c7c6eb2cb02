"""Degrees, minutes and seconds packed into one number: 107.2345 for 107°23′45″, as survey programs write them.

Such numbers look like decimal degrees, and read as those they lie up to 80 km off. A heading that says 度分秒 or DMS
decides it; without one they are read as decimal degrees, and what they could be is told where chance is no likely
reason for it.
"""

from __future__ import annotations

import math
import re
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from fuling_gis.readers import place as place_module
from fuling_gis.readers.table import Words, as_text, note

# In the name of a column, mostly in brackets behind it.
_SAID: Final = re.compile(r"度分秒|度\.分秒|(?<![a-z])dms(?![a-z])|d{2,3}\.?mm\.?ss", re.IGNORECASE)
_PACKED: Final = r"^\s*([+-]?)(\d{1,3})(?:\.(\d{0,2})(\d{0,2})(\d*))?\s*$"
_SEXAGESIMAL: Final = 60
# Of true decimal degrees six in ten have "seconds" below 60, and so has each place independently of the others only
# where it lies in another "minute" (the first two decimals, a kilometre). Ten different minutes, of longitude and
# latitude together, are all below 60 by chance in 0.6 ** 10, or six of a thousand such files; what the minutes
# themselves are is not counted, for those of a small area are much the same.
_MINUTES: Final = 10
_KM_PER_DEGREE: Final = 111.2
# As many rows as this share may be otherwise where the heading says it.
_NEARLY_ALL: Final = 0.9


def said(names: tuple[str, ...]) -> bool:
    """Tell whether the names of all columns say that degrees, minutes and seconds stand in one number.

    >>> said(("经度(度分秒)", "纬度(度分秒)")), said(("经度", "纬度"))
    (True, False)
    """
    return all(_SAID.search(name) for name in names)


def unpacked(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """Read a text column of packed numbers; NaN where minutes or seconds are 60 or more.

    A text with signs between its parts is read as everywhere.
    """
    texts = pd.Series(as_text(column), dtype=object)
    parts = texts.str.extract(_PACKED)
    plain = parts[1].notna().to_numpy()
    out = place_module.numbers(column).copy()
    sign = np.where(parts[0] == "-", -1.0, 1.0)
    whole = pd.to_numeric(parts[1]).to_numpy(dtype=np.float64)
    # Zeros at the end are not written.
    minutes = pd.to_numeric(parts[2].fillna("").str.ljust(2, "0")).to_numpy(dtype=np.float64)
    rest = parts[3].fillna("").str.ljust(2, "0") + "." + parts[4].fillna("") + "0"
    seconds = pd.to_numeric(rest).to_numpy(dtype=np.float64)
    value = sign * (whole + minutes / 60.0 + seconds / 3600.0)
    value[(minutes >= _SEXAGESIMAL) | (seconds >= _SEXAGESIMAL)] = np.nan
    out[plain] = value[plain]
    return out


def fits(columns: list[pa.ChunkedArray]) -> bool:
    """Tell whether nearly all numbers of two columns can be packed ones."""
    known = [np.isfinite(place_module.numbers(column)) for column in columns]
    good = [np.isfinite(unpacked(column)) for column in columns]
    return all(g[k].mean() > _NEARLY_ALL for g, k in zip(good, known, strict=True) if k.any())


def suspected(columns: list[pa.ChunkedArray]) -> tuple[Words, ...]:
    """Say of numbers read as decimal degrees that they could be packed ones, and how far apart both readings are.

    Every number must fit, with at least four decimals but for zeros at the end, and more often than chance would have.
    """
    texts = [pd.Series(as_text(column), dtype=object) for column in columns]
    filled = (texts[0] != "") & (texts[1] != "")
    texts = [text[filled] for text in texts]
    minutes = 0
    for text in texts:
        decimals = text.str.extract(r"^[+-]?(\d{1,3}\.\d{2})(\d{2,})$")
        full = decimals[0].notna()
        if not len(text) or full.mean() <= 0.5:  # noqa: PLR2004  most; the others end in zeros
            return ()
        minutes += decimals[0].nunique()
    if minutes < _MINUTES:
        return ()
    rows = pa.array(filled.to_numpy())
    kept = [column.filter(rows) for column in columns]
    decimal, packed = ([read(column) for column in kept] for read in (place_module.numbers, unpacked))
    if not all(np.isfinite(column).all() for column in (*decimal, *packed)):
        return ()
    x, y = (one - other for one, other in zip(decimal, packed, strict=True))
    level = min(float(np.abs(column).mean()) for column in decimal)
    km = np.hypot(x * math.cos(math.radians(min(level, 90.0))), y) * _KM_PER_DEGREE
    far = int(np.argmax(km))
    shown = [text.iloc[far] for text in texts]
    return (note("packed_suspected", x=shown[0], y=shown[1], dms=_written(packed[0][far]), km=f"{km[far]:.1f}"),)


def _written(degrees: float) -> str:
    """Write degrees with minutes and seconds."""
    seconds = round(abs(degrees) * 3600)
    return f"{seconds // 3600}°{seconds // 60 % 60:02d}′{seconds % 60:02d}″"
