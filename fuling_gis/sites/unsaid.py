"""Sites that do not say what they are for, or not in words that are known: of them many rules are a maybe.

Each such site says so itself; that a column is wanting, or stands under a name that nobody knows, is a matter of the
whole file, and told once. Sites that no rule is put to, rejected ones and those beyond the district, count for nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, TypeAlias

from fuling_gis.activities import read_activities
from fuling_gis.labels import LANGS, label, short
from fuling_gis.natures import read_natures
from fuling_gis.notices import ABOUT_SITES
from fuling_gis.readers.table import Words

# What judged sites say of themselves: activity, industry code, nature, and how many of them say just that.
Said: TypeAlias = tuple[str, str, str, int]

# Examples of words that are not known.
_SHOWN: Final = 5
_LONGEST: Final = 30
# Different words that are counted one by one; a column of free text has as many as there are sites.
_MOST_WORDS: Final = 10_000
# What is said of a site, and how it may be wanting: not said at all, in words of which none is known, or not all. A
# word that is known answers yes as if it stood alone; what none answers so is a maybe.
_SUBJECTS: Final = ("activity", "nature")
_WANTING: Final = ("unsaid", "unknown", "partly")


@dataclass
class Unsaid:
    """Counts judged sites batch by batch, and tells at the end of how many the activity or the nature is not known."""

    _rows: int = 0
    # Of each subject and way of wanting the sites, and the words that are not known with the sites that have them.
    _sites: Counter[str] = field(default_factory=Counter)
    _words: dict[str, Counter[str]] = field(default_factory=dict)

    def keep(self, said: Iterable[Said]) -> None:
        """Count what some judged sites do not say."""
        for activity, code, nature, sites in said:
            self._rows += sites
            self._count("activity", activity or code, sites, _activity(activity, code))
            self._count("nature", nature, sites, _nature(nature))

    def _count(self, subject: str, text: str, sites: int, wanting: str) -> None:
        if not wanting:
            return
        entry = f"{subject}_{wanting}"
        self._sites[entry] += sites
        words = self._words.setdefault(entry, Counter())
        if text in words or len(words) < _MOST_WORDS:
            words[text] += sites

    def notices(self) -> Iterator[Words]:
        """Tell how many sites do not say their activity or nature, and with which words that are not known."""
        for entry in (f"{subject}_{wanting}" for subject in _SUBJECTS for wanting in _WANTING):
            if self._sites[entry]:
                # The commonest first.
                told = self._words[entry].most_common(_SHOWN)
                shown = "; ".join(f"{short(' '.join(text.split()), _LONGEST)} ×{n}" for text, n in told)
                more = " ..." if len(self._words[entry]) > _SHOWN else ""
                yield _said(entry, n=self._sites[entry], all=self._rows, shown=shown + more)


def _said(entry: str, **values: object) -> Words:
    return {**{lang: label(f"sites.{entry}", lang, **values) for lang in LANGS}, **ABOUT_SITES}


@lru_cache(maxsize=_MOST_WORDS)
def _activity(text: str, code: str) -> str:
    """Tell how it is wanting what a site says it is for; "" where all of it is known."""
    reading = read_activities(text, code)
    return _wanting(stated=reading.stated, unknown=bool(reading.unknown), known=bool(reading.certain))


@lru_cache(maxsize=_MOST_WORDS)
def _nature(text: str) -> str:
    """Tell how it is wanting what a site says is done with it; "" where all of it is known."""
    reading = read_natures(text)
    return _wanting(stated=bool(reading.stated), unknown=bool(reading.unknown), known=bool(reading.stated))


def _wanting(*, stated: bool, unknown: bool, known: bool) -> str:
    if unknown:
        return "partly" if known else "unknown"
    return "" if stated else "unsaid"
