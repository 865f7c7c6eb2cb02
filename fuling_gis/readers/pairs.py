"""A position written out in one piece of text, as people copy it from phone maps, reports and survey sheets."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from fuling_gis.readers.degrees import parse_degrees

_DIGITS: Final = r"\d{1,12}(?:\.\d{1,15})?"
_NUMBER: Final = re.compile(rf"[-+]?{_DIGITS}(?:[eE][-+]?\d{{1,2}})?")
# One coordinate with the sign for degrees; which of the two it is, is told by its size.
_MARKED: Final = re.compile(
    rf"{_DIGITS}\s*[°度](?:\s*{_DIGITS}\s*(?:['分](?:\s*{_DIGITS}\s*(?:\"|秒|''))?)?)?", re.IGNORECASE
)
# Words before numbers that only say what they are.
_NAMES: Final = re.compile(
    r"(?:经度|纬度|东经|北纬|北坐标|东坐标|纵坐标|横坐标|longitude|latitude|lon|lng|lat|"
    r"\b[XYNE](?=\s*[=:\d]))\s*[=:]?",
    re.IGNORECASE,
)
_BETWEEN: Final = re.compile(r"[\s,;、|()\[\]{}]+")
# A sign of one language for that of another.
_SIGNS: Final = str.maketrans(
    {
        **dict.fromkeys("′’‘", "'"),
        **dict.fromkeys("″”“", '"'),
        **dict.fromkeys("º˚", "°"),
        **dict.fromkeys("\u3000\xa0", " "),
        "，": ",",
        "；": ";",
        "：": ":",
        "＠": "@",
        "【": "[",
        "】": "]",
    }
)
# Longer texts hold more than a line of a list.
_LONGEST: Final = 400
_SEXAGESIMAL: Final = 60


@dataclass(frozen=True)
class Spot:
    """One position of a list."""

    # What stood before the numbers or behind them, "" where nothing did.
    label: str
    # Easting or longitude, northing or latitude.
    x: float
    y: float


def plain_signs(text: str) -> str:
    """Bring full-width digits and signs, and the many kinds of minute marks, to those of ASCII."""
    return "".join(
        unicodedata.normalize("NFKC", ch) if "\uff01" <= ch <= "\uff5e" else ch for ch in text.translate(_SIGNS)
    )


def placed(a: float, b: float) -> tuple[float, float] | None:
    """Give two numbers as x, y where they can be a place in China, in degrees or in metres; None where they cannot.

    >>> placed(29.7, 107.4)
    (107.4, 29.7)
    >>> placed(3280000.5, 36448000.25)
    (36448000.25, 3280000.5)
    >>> placed(1, 2) is None
    True
    """
    for x, y in ((a, b), (b, a)):
        degrees = 73.0 <= x <= 136.0 and 3.0 <= y <= 54.0  # noqa: PLR2004  China
        metres = 1.7e6 < y < 6.2e6 and (1e5 < x < 9e5 or 1.3e7 < x < 4.6e7)  # noqa: PLR2004  without and with zone
        if degrees or metres:
            return x, y
    return None


def read_line(text: str) -> Spot | None:
    """Read a line of a list: perhaps a label, then two coordinates, perhaps a height or a name; None for another text.

    >>> read_line("J1，29°42′00″N，107°24′00″E")
    Spot(label='J1', x=107.4, y=29.7)
    """
    if len(text) > _LONGEST:
        return None
    plain = plain_signs(text)
    marked = list(_MARKED.finditer(plain))
    if marked:
        return _marked(plain, marked)
    words = [word for word in _BETWEEN.split(_NAMES.sub(" ", plain)) if word]
    return _unmarked(words)


def _marked(plain: str, found: list[re.Match[str]]) -> Spot | None:
    if len(found) != 2:  # noqa: PLR2004  longitude and latitude
        return None
    place = placed(*(parse_degrees(one[0]) for one in found))
    # `乙厂:E107°...`
    before = re.sub(r"(?:^|[\s:=,])[NE]\s*$", " ", plain[: found[0].start()])
    rest = _NAMES.sub(" ", before + " " + plain[found[1].end() :])
    words = [word for word in _BETWEEN.split(rest) if word and word.upper() not in ("N", "E")]
    if place is None or any(_NUMBER.fullmatch(word) for word in words[1:]):
        return None
    return Spot(" ".join(words), *place)


def _unmarked(words: list[str]) -> Spot | None:
    numeric = [_NUMBER.fullmatch(word) is not None for word in words]
    if True not in numeric:
        return None
    first = numeric.index(True)
    last = len(numeric) - numeric[::-1].index(True)
    if not all(numeric[first:last]):
        return None
    numbers = [float(word) for word in words[first:last]]
    label = words[:first] + words[last:]
    if len(label) > 2:  # noqa: PLR2004  a number and a name
        return None
    if len(numbers) in (6, 7):
        return _sixths(label, numbers, words[first])
    return _among(words, label, numbers, first)


def _among(words: list[str], label: list[str], numbers: list[float], first: int) -> Spot | None:
    """Read two coordinates among numbers, with an ordinal before them, a height behind, or both.

    In `80 29.7 107.4` and `29.7 107.4 80` what has no decimals is the ordinal or the height.
    """
    ways = [before for before in (0, 1) if 2 <= len(numbers) - before <= 3]  # noqa: PLR2004
    ways = [before for before in ways if placed(numbers[before], numbers[before + 1]) is not None]
    if len(ways) > 1:
        ordinal, height = (words[at].isdecimal() for at in (first, first + len(numbers) - 1))
        if ordinal and height:
            return None
        ways = [int(ordinal)]
    if not ways:
        return None
    before = ways[0]
    place = placed(numbers[before], numbers[before + 1])
    return None if place is None else Spot(" ".join([*words[first : first + before], *label]), *place)


def _sixths(label: list[str], numbers: list[float], ordinal: str) -> Spot | None:
    """Read degrees, minutes and seconds, twice, with blanks only."""
    six = numbers[-6:]
    if len(numbers) == 7:  # noqa: PLR2004  an ordinal before
        label = [ordinal, *label]
    whole = all(part == int(part) for part in (six[0], six[1], six[3], six[4]))
    if not whole or any(not 0 <= part < _SEXAGESIMAL for part in (six[1], six[2], six[4], six[5])):
        return None
    place = placed(six[0] + six[1] / 60 + six[2] / 3600, six[3] + six[4] / 60 + six[5] / 3600)
    return None if place is None else Spot(" ".join(label), *place)


def read_cell(text: str) -> list[tuple[float, float]]:
    """Read a cell that holds one position or a whole boundary (`107.1,29.1;107.2,29.1;...`); empty where it is neither.

    >>> read_cell("107.1 29.1, 107.2 29.1, 107.2 29.2")
    [(107.1, 29.1), (107.2, 29.1), (107.2, 29.2)]
    """
    plain = plain_signs(str(text)).strip()
    one = read_line(plain)
    if one is not None:
        return [(one.x, one.y)]
    marked = list(_MARKED.finditer(plain))
    if marked:
        numbers = [parse_degrees(found[0]) for found in marked]
    else:
        numbers = [float(found[0]) for found in _NUMBER.finditer(_NAMES.sub(" ", plain))]
        if re.sub(r"[\s,;|()\[\]]", "", _NUMBER.sub("", _NAMES.sub(" ", plain))):
            return []
    if len(numbers) % 2 or not all(map(math.isfinite, numbers)):
        return []
    places = [placed(a, b) for a, b in zip(numbers[::2], numbers[1::2], strict=True)]
    return [place for place in places if place is not None] if None not in places else []
