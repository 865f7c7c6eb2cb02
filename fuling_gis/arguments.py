"""What a caller may pass to the public functions, brought to the one form that the rest of the house knows.

A notebook passes what it has at hand: a timestamp for a day, a number for a CRS. What cannot be meant is refused with
a sentence, before anything is loaded.
"""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from typing import Any, TypeAlias

from fuling_gis import crs as crs_module
from fuling_gis.crs import SomeCRS
from fuling_gis.errors import UsageError
from fuling_gis.labels import LANGS, Lang, sentence
from fuling_gis.sites.model import Sites
from fuling_gis.workspace import Workspace

# A day as `2024-06-01`, a date, or a moment of it.
SomeDay: TypeAlias = str | dt.date


def day_of(as_of: SomeDay | None) -> dt.date:
    """Give the calendar day that is meant, today where none is said."""
    if as_of is None:
        return dt.date.today()  # noqa: DTZ011 - the user's own calendar day is meant
    # A missing time of pandas is a date by its type, and equals nothing.
    if isinstance(as_of, dt.date) and as_of == as_of:  # noqa: PLR0124
        return dt.date(as_of.year, as_of.month, as_of.day)
    try:
        return dt.date.fromisoformat(as_of if isinstance(as_of, str) else "")
    except ValueError as e:
        raise UsageError(sentence("errors_run.no_day", day=as_of)) from e


def language_of(lang: str) -> Lang:
    """Give the language asked for; there are two."""
    for known in LANGS:
        if lang == known:
            return known
    raise UsageError(sentence("errors_run.no_language", lang=lang, known=", ".join(LANGS)))


def system_of(crs: SomeCRS | None) -> str | None:
    """Give what is said of the sites' CRS as text: a code, WKT, or a word such as `gcj02`."""
    return crs if crs is None or isinstance(crs, str) else crs_module.normalise(crs).to_string()


def accuracy_of(metres: float | None) -> float | None:
    """Give the accuracy of sites that say none; it is a number of metres, 0 or more."""
    if metres is None:
        return None
    try:
        number = float(metres)
    except (TypeError, ValueError):
        number = math.nan
    if not 0 <= number < math.inf:
        raise UsageError(sentence("errors_run.no_accuracy", metres=metres))
    return number


def threads_of(jobs: int | None) -> int | None:
    """Give the number of threads, None for one a processor."""
    if jobs is not None and jobs < 1:
        raise UsageError(sentence("errors_run.no_jobs", jobs=jobs))
    return jobs


def paths_of(paths: str | Path | Any) -> list[Path]:
    """Give the site files that are meant, one or several."""
    many = [paths] if isinstance(paths, str | Path) else paths
    return [Path(path) for path in many]


def refuse_strangers(sites: object, workspace: object) -> None:
    """Refuse a table or a path in the place of sites and workspace: only reading them checks what they hold.

    And sites that somebody made with an accuracy that is none.
    """
    if not isinstance(workspace, Workspace):
        raise UsageError(sentence("errors_run.not_opened", found=type(workspace).__name__))
    if not isinstance(sites, Sites):
        raise UsageError(sentence("errors_run.not_read", found=type(sites).__name__))
    strange = ~(sites.accuracy_m >= 0)
    if strange.any():
        # One that is none would be handed on to the sites beside it.
        raise UsageError(sentence("errors_run.no_accuracy", metres=sites.accuracy_m[strange][0]))
