"""Sites that do not say what they are for, or not in words that are known: of them many rules are a maybe.

Each such site says so itself; that a column is wanting, or stands under a name that nobody knows, is a matter of the
whole file, and told once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import numpy as np
import pandas as pd

from fuling_gis.activities import read_activities
from fuling_gis.labels import LANGS, label, short
from fuling_gis.natures import read_natures
from fuling_gis.notices import ABOUT_SITES
from fuling_gis.readers.table import Words
from fuling_gis.sites.model import Sites

# Examples of words that are not known.
_SHOWN: Final = 5
_LONGEST: Final = 30
# Different words that are counted one by one; a column of free text has as many as there are sites.
_MOST_WORDS: Final = 10_000
# What is said of a site, beside what it would say.
_SUBJECTS: Final = ("activity", "nature")


@dataclass
class Unsaid:
    """Watches sites go by, and tells at the end of how many the activity or the nature is not known."""

    _rows: int = 0
    _empty: Counter[str] = field(default_factory=Counter)
    _unknown: Counter[str] = field(default_factory=Counter)
    # Of each subject the words that are not known, with the sites that have them.
    _words: dict[str, Counter[str]] = field(default_factory=lambda: {subject: Counter() for subject in _SUBJECTS})

    def watching(self, batches: Iterable[Sites]) -> Iterator[Sites]:
        """Hand batches on, counting."""
        for sites in batches:
            self.keep(sites)
            yield sites

    def keep(self, sites: Sites) -> None:
        """Count what some sites do not say; rejected ones are not judged, and count for nothing."""
        judged = sites.status != "rejected"
        self._rows += int(judged.sum())
        activity, activities = pd.factorize(sites.activity[judged])
        code, codes = pd.factorize(sites.industry_code[judged])
        pairs, times = np.unique(activity * len(codes) + code, return_counts=True)
        for pair, n in zip(pairs.tolist(), times.tolist(), strict=True):
            texts = str(activities[pair // len(codes)]), str(codes[pair % len(codes)])
            self._count("activity", texts[0] or texts[1], n, *_activity(*texts))
        nature, natures = pd.factorize(sites.nature[judged])
        for text, n in zip(natures, np.bincount(nature).tolist(), strict=True):
            self._count("nature", str(text), n, *_nature(str(text)))

    def _count(self, subject: str, text: str, sites: int, stated: bool, unknown: bool) -> None:  # noqa: FBT001  two facts
        if unknown:
            self._unknown[subject] += sites
            words = self._words[subject]
            if text in words or len(words) < _MOST_WORDS:
                words[text] += sites
        elif not stated:
            self._empty[subject] += sites

    def notices(self) -> Iterator[Words]:
        """Tell how many sites do not say their activity or nature, and with which words that are not known."""
        for subject in _SUBJECTS:
            empty, unknown = self._empty[subject], self._unknown[subject]
            if empty:
                yield _said(f"{subject}_unsaid", n=empty, all=self._rows)
            if unknown:
                # The commonest first.
                told = self._words[subject].most_common(_SHOWN)
                shown = "; ".join(f"{short(' '.join(text.split()), _LONGEST)} ×{n}" for text, n in told)
                more = " ..." if len(self._words[subject]) > _SHOWN else ""
                yield _said(f"{subject}_unknown", n=unknown, all=self._rows, shown=shown + more)


def _said(entry: str, **values: object) -> Words:
    return {**{lang: label(f"sites.{entry}", lang, **values) for lang in LANGS}, **ABOUT_SITES}


@lru_cache(maxsize=_MOST_WORDS)
def _activity(text: str, code: str) -> tuple[bool, bool]:
    """Tell whether a site says what it is for, and whether in words that are not known."""
    reading = read_activities(text, code)
    return reading.stated, bool(reading.unknown)


@lru_cache(maxsize=_MOST_WORDS)
def _nature(text: str) -> tuple[bool, bool]:
    """Tell whether a site says what is done with it, and whether in words that are not known."""
    reading = read_natures(text)
    return bool(reading.stated), bool(reading.unknown)
