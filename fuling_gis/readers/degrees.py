"""Degrees, minutes and seconds as people write them."""

from __future__ import annotations

import math
import re
import unicodedata
from typing import Final

_NUMBER: Final = r"(\d+(?:\.\d+)?)"
# The sign of one language for that of another, and letters that look like it.
_SIGNS: Final = str.maketrans({"″": '"', "′": "'", "º": "°", "˚": "°", "‘": "'", "“": '"'})
_PARTS: Final = re.compile(
    rf"^(?P<sign>-)?\s*(?P<head>[NSEW]|北纬|南纬|东经|西经)?\s*{_NUMBER}\s*(?:[°度:-]|\s|(?=[NSEW]?$))\s*"
    rf"(?:{_NUMBER}\s*(?:['′’分:-]|\s|$)\s*)?(?:{_NUMBER}\s*(?:[\"″”秒]|''|′′)?\s*)?(?P<tail>[NSEW])?$",
    re.IGNORECASE,
)
_SEXAGESIMAL: Final = 60.0


def parse_degrees(text: str) -> float:
    """Read `107°23′24.5″`, `东经107度23分`, `29 42 0 N` or a number in full-width digits as decimal degrees.

    Gives NaN for anything else, also where minutes or seconds are 60 or more, or where they follow a fraction.
    South and west are negative.

    >>> parse_degrees("107°30′")
    107.5
    >>> parse_degrees("107-23-24")
    107.39
    >>> parse_degrees("107°75′")
    nan
    """
    plain = unicodedata.normalize("NFKC", text.translate(_SIGNS)).strip()
    plain = plain.replace("''", '"').replace(",", ".") if plain.count(",") == 1 else plain.replace("''", '"')
    try:
        return float(plain) if math.isfinite(float(plain)) else math.nan
    except ValueError:
        pass
    found = _PARTS.match(plain)
    if found is None:
        return math.nan
    degrees, minutes, seconds = (float(part or 0.0) for part in found.group(3, 4, 5))
    if minutes >= _SEXAGESIMAL or seconds >= _SEXAGESIMAL:
        return math.nan
    # `29.70-29.75` and `107.4 29.7` are no degrees with minutes.
    if (found[4] and degrees % 1) or (found[5] and minutes % 1):
        return math.nan
    side = (found["head"] or found["tail"] or "").upper()
    negative = bool(found["sign"]) != (side in ("S", "W", "南纬", "西经"))
    value = degrees + minutes / 60.0 + seconds / 3600.0
    return -value if negative else value
