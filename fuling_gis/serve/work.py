"""Long checks: files and many sites, with an answer and outputs, run by run and to be stopped at any time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np

from fuling_gis import api
from fuling_gis.arguments import language_of
from fuling_gis.errors import OutputError, UsageError
from fuling_gis.labels import Lang, sentence
from fuling_gis.outputs.write import write_outputs
from fuling_gis.overlay.plan import Plan
from fuling_gis.overlay.result import Batch, Run
from fuling_gis.overlay.screening import screen_batch
from fuling_gis.readers.naming import SIGN
from fuling_gis.serve.answer import answer
from fuling_gis.serve.checking import Question, options_of
from fuling_gis.serve.desk import Desk
from fuling_gis.serve.jobs import Job
from fuling_gis.sites.model import Sites
from fuling_gis.sites.unsaid import Unsaid
from fuling_gis.worker.reading import open_untrusted

# Sites whose findings stand in the answer of a job; the files hold all.
MOST_TOLD: Final = 500
# Rows of a job that are screened between two looks at whether it should stop.
_STEP: Final = 2_048
# What all files of a job stand in, for one download.
ALL_FILES: Final = "results.zip"


def file_job(job: Job, paths: Sequence[Path], desk: Desk, question: Question, outputs: Sequence[str]) -> None:
    """Do a job about uploaded files: have them read by a process with limits, screen, answer, write."""
    job.state = "reading"
    source = open_untrusted(
        _meant(paths, question.layer),
        target=desk.workspace.crs,
        options=options_of(question),
        workers=desk.workers,
        go_on=job.go_on,
    )
    try:
        found = _screened(job, (_called(job, sites) for sites in source.batches(_STEP)), desk, question)
    finally:
        source.close()
    # Files are called what their sender calls them, and not by their place on this machine.
    inputs = [{**one, "path": job.names.get(Path(str(one["path"])).name, "")} for one in source.inputs]
    notices = [{lang: job.spoken(text) for lang, text in one.items()} for one in source.notices]
    _answered(
        job, desk, question, outputs, replace(found, notices=(*notices, *found.notices), facts={"inputs": inputs})
    )


def _meant(paths: Sequence[Path], layer: str | None) -> list[str | Path]:
    """Name the layer that is meant beside the file; raises UsageError where there are several files."""
    if not layer:
        return list(paths)
    if len(paths) != 1:
        raise UsageError(sentence("errors_serve.layer_of_several"))
    return [f"{paths[0]}{SIGN}{layer}"]


def _called(job: Job, sites: Sites) -> Sites:
    """Call the files that sites come from what their sender calls them: of several, nobody would know ours apart."""
    source, problem = (
        np.array([names[text] for text in column], dtype=object)
        for column in (sites.source.tolist(), sites.problem.tolist())
        for names in [{text: job.spoken(text) for text in set(column)}]
    )
    return replace(sites, source=source, problem=problem)


def sites_job(job: Job, sites: Sites, desk: Desk, question: Question, outputs: Sequence[str]) -> None:
    """Do a job about sites that are read: screen them, answer, and write the outputs asked for.

    The answer stands even where the outputs could not be written.
    """
    job.rows = len(sites)
    pieces = (sites[start : start + _STEP] for start in range(0, len(sites), _STEP))
    found = _screened(job, pieces, desk, question)
    _answered(job, desk, question, outputs, replace(found, notices=(*sites.notices, *found.notices)))


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
    unsaid = Unsaid()
    for sites in pieces:
        job.go_on()
        job.state = "screening"
        done = screen_batch(plan, sites)
        batches.append(done.batch)
        unsaid.keep(done.said)
        for rule, layers in done.unchecked.items():
            unchecked[rule] = tuple(sorted({*unchecked.get(rule, ()), *layers}))
        job.rows_done += len(sites)
    job.rows = job.rows_done
    return _Found(plan, batches, unchecked, tuple(unsaid.notices()))


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
