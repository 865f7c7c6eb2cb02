"""A few sites, put to the engine while the client waits: GeoJSON in, verdicts and findings out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fuling_gis import api
from fuling_gis.arguments import accuracy_of, day_of, language_of, system_of
from fuling_gis.errors import UsageError
from fuling_gis.labels import Lang, sentence
from fuling_gis.overlay.screening import screen_batch
from fuling_gis.readers.features import features_of, features_source, system_said
from fuling_gis.serve.answer import answer
from fuling_gis.serve.guard import TooLargeError, plain
from fuling_gis.sites.local import LocalShift, local_shift
from fuling_gis.sites.model import Sites
from fuling_gis.sites.options import SiteOptions
from fuling_gis.sites.read import given_sites
from fuling_gis.sites.unsaid import Unsaid
from fuling_gis.workspace import Workspace

# Sites that are checked while the client waits; more are a job.
MOST_AT_ONCE: Final = 500
# What a drawing is called where a file's name would stand.
DRAWN: Final = "drawn.geojson"


@dataclass(frozen=True)
class Question:
    """What a client says besides the sites."""

    as_of: str | None = None
    lang: Lang = "zh"
    crs: str | None = None
    site_accuracy: float | None = None
    # Column to the value of its empty cells, reading to its value, column to the file's own.
    fill: Mapping[str, str] = field(default_factory=dict)
    readings: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    # Local parameters for Xi'an 1980 and Beijing 1954, two or seven numbers with commas.
    crs_shift: str | None = None
    # Of a file that holds several layers the one that is meant.
    layer: str | None = None
    # Whether to give the shortest lines to what was measured.
    lines: bool = False

    def checked(self) -> Question:
        """Raise UsageError where the day, the language or the accuracy or the shift cannot be meant."""
        day_of(self.as_of)
        language_of(self.lang)
        accuracy_of(self.site_accuracy)
        shift_of(self)
        return self


def reply(workspace: Workspace, body: bytes, question: Question) -> bytes:
    """Answer a request about a few sites, JSON for JSON.

    Raises FulingError for whatever cannot be meant, TooLargeError for more sites than are checked at once.
    """
    return written(check(workspace, value_of(body), question))


def check(workspace: Workspace, value: object, question: Question, *, damage: bool = True) -> dict[str, Any]:
    """Check the sites of a GeoJSON value; raises as `reply` does. damage: as in `api.run_of`."""
    sites = drawn(workspace, value, question)
    plan = api.plan_for(workspace, as_of=question.as_of, readings=question.readings, lang=language_of(question.lang))
    done = screen_batch(plan, sites)
    unsaid = Unsaid()
    unsaid.keep(done.said)
    notices = (*sites.notices, *unsaid.notices())
    run = api.run_of(plan, workspace, done.unchecked, notices, damage=damage)
    return answer([done.batch], run, question.lang, lines=question.lines)


def drawn(workspace: Workspace, value: object, question: Question) -> Sites:
    """Read the sites of a GeoJSON value; raises as `reply` does."""
    features = features_of(value, DRAWN)
    if len(features) > MOST_AT_ONCE:
        raise TooLargeError(sentence("errors_serve.many_sites", count=len(features), most=MOST_AT_ONCE))
    source = features_source(features, DRAWN, system_said(value, DRAWN))
    return given_sites(source, target=workspace.crs, options=options_of(question)).read()


def value_of(body: bytes) -> object:
    """Read JSON; raises UsageError for what is none, NaN and infinities included."""

    def refused(word: str) -> None:
        raise ValueError(word)

    try:
        return json.loads(body.decode("utf-8-sig"), parse_constant=refused)
    except (ValueError, RecursionError) as e:
        raise UsageError(sentence("errors_serve.no_json", why=plain(str(e)))) from e


def written(value: Mapping[str, Any]) -> bytes:
    """Write JSON."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8", "replace")


def shift_of(question: Question) -> LocalShift | None:
    """Give the local parameters of a question; raises UsageError for what is none."""
    return local_shift(question.crs_shift) if question.crs_shift else None


def options_of(question: Question) -> SiteOptions:
    """Give what a question says of how sites are read."""
    return SiteOptions(
        system_of(question.crs),
        shift_of(question),
        site_accuracy=accuracy_of(question.site_accuracy),
        fill=question.fill,
        fields=question.fields,
        lang=language_of(question.lang),
    )
