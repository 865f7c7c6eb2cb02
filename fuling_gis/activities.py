"""What a site is for: the activity list, and how a file's words and industry codes are read as activities.

Names, synonyms and the prefixes of GB/T 4754-2017 stand in activities.yaml; no code of the standard stands here. A text
that names an activity exactly is certain; a text that merely contains telling words gets candidates, and is a maybe.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from fuling_gis.answers import MAYBE, NO, YES
from fuling_gis.yamlfile import read_yaml

_FILE = Path(__file__).with_suffix(".yaml")
_BETWEEN = re.compile(r"[;；、|\n]+")
_CODE = re.compile(r"(?P<letter>[A-Za-z])?(?P<digits>\d{1,4})(?=$|[\s:()\-])")
_LETTER = re.compile(r"[A-Ta-t]\Z")
# Length of a GB/T 4754 class code without its letter: with one digit less, a leading zero may have been lost.
_CLASS_DIGITS = 4
# So many words of those that sites say are remembered; files and clients of a server bring ever new ones.
_MOST_READ = 4096


@dataclass(frozen=True)
class Activity:
    """One activity that rules can name."""

    id: str
    # In both languages.
    name: Mapping[str, str]
    # Activities that every site of this one also is.
    implies: tuple[str, ...] = ()
    # Activities that a site of this one could be in closer words, besides those that imply it.
    could_be: tuple[str, ...] = ()
    # Prefixes of GB/T 4754-2017 codes, letter included, that mean it.
    codes: tuple[str, ...] = ()
    # Prefixes that may mean it: the mapping is an interpretation, so such a code is a maybe.
    presumed: tuple[str, ...] = ()
    # Other names, each of which states it with certainty.
    synonyms: tuple[str, ...] = ()
    # Those of them that leave nothing open: an orchard is farming, and neither livestock nor aquaculture.
    exact: tuple[str, ...] = ()
    # Words that hint at it inside a longer text.
    hints: tuple[str, ...] = ()


@dataclass(frozen=True)
class ActivityReading:
    """What a site's texts say about its activities."""

    # Activities it surely is, those they imply included.
    certain: frozenset[str] = frozenset()
    # Activities it could be besides.
    possible: frozenset[str] = frozenset()
    # Parts of the texts that name no activity; each is a maybe for every activity.
    unknown: tuple[str, ...] = ()
    # Activities that the words of the unknown parts hint at, for the message to the planner; they decide nothing.
    candidates: tuple[str, ...] = ()
    # The site states that it is something, if only that it is none of the list.
    stated: bool = False
    # Some of it was read from a code whose mapping is an interpretation.
    presumed: bool = False

    @property
    def doubtful(self) -> bool:
        """True where nothing is stated, or something that is not known: every activity is possible."""
        return bool(self.unknown) or not self.stated


def read_activities(activity: str, industry_code: str = "") -> ActivityReading:
    """Read what a site is for from its activity text, or from its industry code where that text is empty."""
    # The name of a class of the standard may hold the sign that joins values: 石灰石、石膏开采.
    parts = [activity] if plain(activity) in _class_names() else parts_of(activity)
    if parts:
        return _joined(_read_part(part) for part in parts)
    codes = [part for piece in parts_of(industry_code) for part in re.split(r"[,，\s]+", piece) if part]
    return _joined(_read_code(code) or _unread(code) for code in codes)


def answer(reading: ActivityReading, wanted: Collection[str]) -> int:
    """Tell whether a site is of any of the wanted activities.

    It is yes to itself and to what it implies, maybe to narrower ones that it could be, no to the rest. Where it is
    unknown it is a maybe to all.

    wanted: ids; empty means any activity.
    """
    if not wanted or not reading.certain.isdisjoint(wanted):
        return YES
    return MAYBE if reading.doubtful or not reading.possible.isdisjoint(wanted) else NO


def with_possible(reading: ActivityReading, ids: Iterable[str]) -> ActivityReading:
    """Make some activities possible at least, because a fact says so that only they can have."""
    more = frozenset(ids) - reading.certain
    return replace(reading, possible=reading.possible | more) if more else reading


def hinted(text: str) -> tuple[str, ...]:
    """Name the activities that the words inside a text hint at, in the order of the list."""
    words = plain(text)
    found = [key for key, hints in _hints().items() if any(hint in words for hint in hints)]
    return tuple(found)


def search(word: str) -> tuple[Activity, ...]:
    """Find the activities whose id, names, synonyms, hints, codes or classes contain a word; all for an empty one.

    A code that none contains gets those that it is read as; a longer text those that its own words hint at.
    """
    wanted = plain(word)
    found = tuple(entry for entry in activities().values() if any(wanted in text for text in _texts(entry)))
    if found:
        return found
    code = _read_code(word)
    read = code.certain | code.possible if code else frozenset(hinted(word))
    return tuple(entry for entry in activities().values() if entry.id in read)


@cache
def activities() -> Mapping[str, Activity]:
    """Give the whole list, by id, in the order of the file."""
    found: dict[str, Activity] = {}
    for key, entry in _data()["activities"].items():
        lists = {name: tuple(value) for name, value in entry.items() if name != "name"}
        found[key] = Activity(id=key, name=entry["name"], **lists)
    return MappingProxyType(found)


@cache
def implied(key: str) -> frozenset[str]:
    """Give an activity and all that it implies, however indirectly."""
    found = {key}
    for parent in activities()[key].implies:
        found |= implied(parent)
    return frozenset(found)


def plain(text: str) -> str:
    """Bring a word to the form in which words are compared: full width, case and blanks make no difference."""
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


def parts_of(text: str) -> list[str]:
    """Split a cell that joins several values; blank parts are left out."""
    return [part.strip() for part in _BETWEEN.split(text) if part.strip()]


@lru_cache(_MOST_READ)
def _read_part(part: str) -> ActivityReading:
    known = _names().get(plain(part))
    if known is not None:
        exact = plain(part) in map(plain, activities()[known].exact)
        return ActivityReading(certain=implied(known), stated=True) if exact else _certain(known)
    code = _class_names().get(plain(part))
    return (_from_code(code) if code else _read_code(part)) or _unread(part)


def _unread(part: str) -> ActivityReading:
    return ActivityReading(unknown=(part,), candidates=hinted(part), stated=True)


def _certain(key: str) -> ActivityReading:
    return ActivityReading(certain=implied(key), possible=_closer(key) - implied(key), stated=True)


@cache
def _closer(key: str) -> frozenset[str]:
    """Give the activities that a site of this one could be in closer words, with all that they imply."""
    found: set[str] = set()
    for other, entry in activities().items():
        if other != key and (key in implied(other) or other in activities()[key].could_be):
            found |= implied(entry.id)
    return frozenset(found)


def _read_code(text: str) -> ActivityReading | None:
    """Read a text that is a code of GB/T 4754-2017, or begins with one; None where it is neither."""
    stripped = unicodedata.normalize("NFKC", text).strip()
    if _LETTER.match(stripped):
        return _from_code(stripped.upper())
    match = _CODE.match(stripped)
    # `2021 年...` begins with digits but is no code: a bare code stands alone, a lettered one may have words after it.
    if match is None or (not match["letter"] and match.end() != len(stripped)):
        return None
    spellings = _spellings((match["letter"] or "").upper(), match["digits"])
    readings = [reading for reading in map(_from_code, spellings) if reading is not None]
    if len(readings) == 1:
        return readings[0]
    if not readings:
        return None
    return ActivityReading(
        possible=frozenset().union(*(r.certain | r.possible for r in readings)), stated=True, presumed=True
    )


def _spellings(letter: str, digits: str) -> list[str]:
    """Give the codes that the digits can stand for, with their section letters.

    A spreadsheet drops the leading zero of `0721`, so three bare digits, or one, can stand for two codes.
    """
    spellings = [digits] if len(digits) > 1 else []
    if not letter and len(digits) < _CLASS_DIGITS and len(digits) % 2:
        spellings.append("0" + digits)
    with_letters = [(_section(int(spelling[:2])), spelling) for spelling in spellings]
    return [section + spelling for section, spelling in with_letters if section and letter in ("", section)]


def _section(division: int) -> str:
    """Give the section letter of a two-digit division; empty where the standard has no such division."""
    for letter, (first, last) in _data()["sections"].items():
        if first <= division <= last:
            return str(letter)
    return ""


@lru_cache(_MOST_READ)
def _from_code(code: str) -> ActivityReading | None:
    """Read a code with its letter; None where no activity is mapped to it."""
    entries = activities().values()
    meant = {e.id for e in entries if any(code.startswith(prefix) for prefix in e.codes)}
    maybe = {e.id for e in entries if any(code.startswith(prefix) for prefix in e.presumed)}
    # A code shorter than a mapped prefix is a broader branch: the activity is one of the things it takes in.
    maybe |= {e.id for e in entries if any(prefix.startswith(code) for prefix in (*e.codes, *e.presumed))} - meant
    if not meant and not maybe:
        return None
    certain = frozenset().union(*map(implied, meant)) if meant else frozenset()
    possible = set[str]().union(*map(implied, maybe))
    # Activities that the standard has no code for stay possible where all they imply is.
    for entry in entries:
        uncoded = not entry.codes and not entry.presumed and entry.implies
        if uncoded and set(entry.implies) <= certain | possible:
            possible.add(entry.id)
    return ActivityReading(certain, frozenset(possible) - certain, stated=True, presumed=bool(maybe))


def _joined(readings: Iterable[ActivityReading]) -> ActivityReading:
    """Join the readings of several parts: the site is all of them."""
    found = list(readings)
    certain = frozenset().union(*(r.certain for r in found))
    return ActivityReading(
        certain=certain,
        possible=frozenset().union(*(r.possible for r in found)) - certain,
        unknown=tuple(part for r in found for part in r.unknown),
        candidates=tuple(dict.fromkeys(key for r in found for key in r.candidates)),
        stated=any(r.stated for r in found),
        presumed=any(r.presumed for r in found),
    )


@cache
def _data() -> dict[str, Any]:
    value: dict[str, Any] = read_yaml(_FILE).value
    return value


@cache
def _names() -> dict[str, str]:
    """Give every name that states an activity with certainty, in its plain form."""
    found: dict[str, str] = {}
    for entry in activities().values():
        for word in (entry.id, entry.id.replace("_", ""), *entry.name.values(), *entry.synonyms):
            found.setdefault(plain(word), entry.id)
    return found


@cache
def _class_names() -> dict[str, str]:
    """Give the names of classes of the standard, in their plain form, with their codes."""
    return {plain(name): code for code, name in _data()["class_names"].items()}


@cache
def _hints() -> dict[str, tuple[str, ...]]:
    return {entry.id: tuple(map(plain, (*entry.hints, entry.name["zh"]))) for entry in activities().values()}


def _texts(entry: Activity) -> list[str]:
    words = (entry.id, *entry.name.values(), *entry.synonyms, *entry.hints, *entry.codes, *entry.presumed)
    mapped = (*entry.codes, *entry.presumed)
    classes = [name for name, code in _class_names().items() if any(code.startswith(prefix) for prefix in mapped)]
    return [*map(plain, words), *classes]
