"""Puts what came over the wire to the engine: a few sites at once, many as a job with outputs."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile

from fuling_gis import api
from fuling_gis.arguments import accuracy_of, day_of, language_of, system_of
from fuling_gis.errors import OutputError
from fuling_gis.labels import Lang, sentence
from fuling_gis.outputs.write import write_outputs
from fuling_gis.overlay.plan import Plan
from fuling_gis.overlay.result import Batch, Run
from fuling_gis.overlay.screening import screen_batch
from fuling_gis.readers.features import features_of, features_source
from fuling_gis.serve.answer import answer
from fuling_gis.serve.guard import TooLargeError
from fuling_gis.serve.jobs import Job
from fuling_gis.sites.model import Sites
from fuling_gis.sites.options import SiteOptions
from fuling_gis.sites.read import given_sites
from fuling_gis.worker.process import Workers
from fuling_gis.worker.reading import open_untrusted
from fuling_gis.workspace import Workspace

# Sites that are checked while the client waits; more are a job.
MOST_AT_ONCE: Final = 500
# Sites whose findings stand in the answer of a job; the files hold all.
MOST_TOLD: Final = 500
# Rows of a job that are screened between two looks at whether it should stop.
_STEP: Final = 2_048
# What all files of a job stand in, for one download.
ALL_FILES: Final = "results.zip"
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
    # Whether to give the shortest lines to what was measured.
    lines: bool = False

    def checked(self) -> Question:
        """Raise UsageError where the day, the language or the accuracy cannot be meant."""
        day_of(self.as_of)
        language_of(self.lang)
        accuracy_of(self.site_accuracy)
        return self


class Desk:
    """The threads in which few sites are screened: they keep what a thread has of the layers."""

    def __init__(self, workspace: Workspace, threads: int = 2) -> None:
        """Set up the desk of an opened workspace."""
        self.workspace = workspace
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="desk")
        # One waits ready, so that nobody waits for it to load.
        self.workers = Workers(spares=1)

    def warm(self) -> None:
        """Load layers and rules and ask about one place in every thread, so that nobody waits for that later."""
        waiting = threading.Barrier(self.pool._max_workers)  # noqa: SLF001 - as many as there are
        drawn = {"type": "Point", "coordinates": [107.39, 29.71]}

        def once() -> None:
            waiting.wait()
            for lang in ("zh", "en"):
                self.check(drawn, Question(lang=lang))

        for done in [self.pool.submit(once) for _ in range(self.pool._max_workers)]:  # noqa: SLF001
            done.result()

    def check(self, value: object, question: Question) -> dict[str, Any]:
        """Check the sites of a GeoJSON value.

        Raises FulingError for whatever cannot be meant, TooLargeError for more sites than are checked at once.
        """
        sites = self.drawn(value, question)
        plan = api.plan_for(
            self.workspace, as_of=question.as_of, readings=question.readings, lang=language_of(question.lang)
        )
        done = screen_batch(plan, sites)
        run = api.run_of(plan, self.workspace, done.unchecked, sites.notices)
        return answer([done.batch], run, question.lang, lines=question.lines)

    def drawn(self, value: object, question: Question) -> Sites:
        """Read the sites of a GeoJSON value."""
        features = features_of(value, DRAWN)
        if len(features) > MOST_AT_ONCE:
            raise too_many(len(features))
        source = features_source(features, DRAWN)
        return given_sites(source, target=self.workspace.crs, options=_options(question)).read()

    def close(self) -> None:
        """Let the threads go."""
        self.pool.shutdown(cancel_futures=True)
        self.workers.close()


def too_many(count: int) -> TooLargeError:
    """Say that so many sites are not checked while somebody waits."""
    return TooLargeError(sentence("errors_serve.many_sites", count=count, most=MOST_AT_ONCE))


def file_job(job: Job, paths: Sequence[Path], desk: Desk, question: Question, outputs: Sequence[str]) -> None:
    """Do a job about uploaded files: have them read by a process with limits, screen, answer, write."""
    job.state = "reading"
    source = open_untrusted(paths, target=desk.workspace.crs, options=_options(question), workers=desk.workers)
    try:
        found = _screened(job, source.batches(_STEP), desk, question)
    finally:
        source.close()
    # Files are called what their sender calls them, and not by their place on this machine.
    inputs = [{**one, "path": job.names.get(Path(str(one["path"])).name, "")} for one in source.inputs]
    _answered(job, desk, question, outputs, replace(found, notices=source.notices, facts={"inputs": inputs}))


def sites_job(job: Job, sites: Sites, desk: Desk, question: Question, outputs: Sequence[str]) -> None:
    """Do a job about sites that are read: screen them, answer, and write the outputs asked for.

    The answer stands even where the outputs could not be written.
    """
    job.rows = len(sites)
    pieces = (sites[start : start + _STEP] for start in range(0, len(sites), _STEP))
    _answered(job, desk, question, outputs, replace(_screened(job, pieces, desk, question), notices=sites.notices))


@dataclass(frozen=True)
class _Found:
    """What the screening of a job has brought."""

    plan: Plan
    batches: Sequence[Batch]
    unchecked: Mapping[str, tuple[str, ...]]
    notices: Sequence[Mapping[str, str]] = ()
    facts: Mapping[str, object] = field(default_factory=dict)


def _screened(job: Job, pieces: Iterable[Sites], desk: Desk, question: Question) -> _Found:
    """Screen run by run, so that a job can be stopped and tells how far it is."""
    plan = api.plan_for(
        desk.workspace, as_of=question.as_of, readings=question.readings, lang=language_of(question.lang)
    )
    batches: list[Batch] = []
    unchecked: dict[str, tuple[str, ...]] = {}
    for sites in pieces:
        job.go_on()
        job.state = "screening"
        done = screen_batch(plan, sites)
        batches.append(done.batch)
        for rule, layers in done.unchecked.items():
            unchecked[rule] = tuple(sorted({*unchecked.get(rule, ()), *layers}))
        job.rows_done += len(sites)
    job.rows = job.rows_done
    return _Found(plan, batches, unchecked)


def _answered(job: Job, desk: Desk, question: Question, outputs: Sequence[str], found: _Found) -> None:
    run = api.run_of(found.plan, desk.workspace, found.unchecked, found.notices, found.facts)
    job.answer = answer(found.batches, run, question.lang, most=MOST_TOLD)
    if outputs:
        job.go_on()
        job.state = "writing"
        _write(job, found.batches, run, question.lang, outputs)


def _write(job: Job, batches: Sequence[Batch], run: Run, lang: Lang, outputs: Sequence[str]) -> None:
    def watched() -> Iterator[Batch]:
        for batch in batches:
            job.go_on()
            yield batch

    try:
        written = write_outputs(watched(), lambda: run, job.results, outputs=outputs, lang=lang)
        with ZipFile(job.results / ALL_FILES, "w", ZIP_DEFLATED) as archive:
            for name in written.files:
                archive.write(job.results / name, name)
    except (OutputError, OSError) as e:
        why = (e.__cause__ if isinstance(e, OutputError) else e) or e
        raise OutputError(sentence("errors_serve.disk", why=getattr(why, "strerror", None) or why)) from e
    job.files = (*written.files, ALL_FILES)


def _options(question: Question) -> SiteOptions:
    return SiteOptions(
        system_of(question.crs),
        site_accuracy=accuracy_of(question.site_accuracy),
        fill=question.fill,
        fields=question.fields,
        lang=language_of(question.lang),
    )
