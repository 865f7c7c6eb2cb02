"""The writing of a run: one pass over the batches, every output at once, nothing half-made.

Batches are written in a thread of their own while the next ones are read and screened.

Each output is an object with `add`, called with each batch, `finish`, called once with what was run, and `close`,
which lets go of its files whatever happened.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

from fuling_gis.errors import UsageError
from fuling_gis.labels import Lang, sentence
from fuling_gis.outputs.gpkg import write_gpkg
from fuling_gis.outputs.manifest import Account, write_manifest
from fuling_gis.outputs.parquet import LAYERS, Features, parquet_path
from fuling_gis.outputs.part import Part
from fuling_gis.outputs.publish import MANIFEST, Staging
from fuling_gis.outputs.tables import FINDINGS_WITH_TEXTS, FindingsCsv, RulesCsv, TableCsv, texts_notice
from fuling_gis.outputs.tally import Tally
from fuling_gis.overlay.result import Batch, Run
from fuling_gis.rules.model import Words
from fuling_gis.unwritable import told

# Batches, and rows of them, that are being written or wait for it when more are asked for: of large ones none.
_WAITING: Final = 1
ROWS_BEHIND: Final = 49_152
# Above so many sites, `geo` means GeoParquet and not a GeoPackage.
SITES_IN_GPKG: Final = 200_000

# `geo` is the one of gpkg and parquet that suits the number of sites.
OUTPUTS: Final = ("csv", "geo", "gpkg", "parquet", "xlsx", "map", "report")
DEFAULT_OUTPUTS: Final = ("csv", "geo", "xlsx", "map", "report")
# Those that are written from the GeoParquet files, or are these.
_OF_TABLES: Final = frozenset({"geo", "gpkg", "parquet", "xlsx", "report"})


@dataclass(frozen=True)
class Written:
    """What a run has left behind."""

    out: Path
    # Names of the files of the run.
    files: tuple[str, ...]
    rows: int
    findings: int
    # Sites by verdict, by `possible` and by status, zeros included, worst first.
    verdicts: Mapping[str, int]
    possible: Mapping[str, int]
    states: Mapping[str, int]
    # Seconds for which the screening was waited for (`batches`), and those spent on each output meanwhile or after.
    seconds: Mapping[str, float]
    # What was run, and what must be said of it: the run's own notices, then those of the outputs. The statement of
    # limits is not among them: who shows a result shows `outputs.limits` in every case.
    run: Run
    notices: tuple[Words, ...]


class Output(Protocol):
    """One output while it is written."""

    def add(self, part: Part) -> None:
        """Take one batch."""

    def finish(self, run: Run) -> None:
        """Complete the files."""

    def close(self) -> None:
        """Let go of every file, done or not."""


def write_outputs(  # noqa: PLR0913 - what is asked of the writing, each by name
    batches: Iterable[Batch],
    finish: Callable[[], Run],
    out: Path,
    *,
    outputs: Sequence[str] | None = None,
    lang: Lang = "zh",
    force: bool = False,
    zone_geometry: bool = True,
    progress: Callable[[int], None] | None = None,
    behind: int = ROWS_BEHIND,
) -> Written:
    """Write the results of a run into a folder, batch by batch, and give the counts.

    Files appear under their names when all of them are whole; on any failure the folder is as it was before.

    finish: called once when the batches are done. outputs: words of OUTPUTS, None for the usual ones. lang: the
    language of map and titles. force: files of an earlier run may be replaced. zone_geometry: map and report may
    hold outlines of layers. progress: called with the rows done so far. behind: so many rows at the most
    are being written, or wait for it, before the next are asked for. Raises UsageError for a word that is no
    output, OutputError where `out` cannot be written or is in use.
    """
    asked = checked(DEFAULT_OUTPUTS if outputs is None else outputs)
    clock, tally = _Clock(), Tally()
    with Staging(out, force=force) as staging, ExitStack() as opened:
        writers: dict[str, Output] = {}
        with told(out):
            for name, make in _makers(asked, lang, tally, zone_geometry=zone_geometry).items():
                writers[name] = make(staging.folder)
                opened.callback(_quietly, writers[name].close)

        def take(batch: Batch) -> int:
            piece = Part(batch)
            tally.add(piece)
            with told(out):
                for name, writer in writers.items():
                    with clock.on(name):
                        writer.add(piece)
            return tally.rows

        for rows in _behind(take, clock.each("batches", batches), behind):
            if progress:
                progress(rows)
        with clock.on("batches"):
            run = finish()
        formats = _formats(asked, tally.rows)
        run = replace(run, notices=_notices(run, formats, tally))
        with told(out):
            for name, writer in writers.items():
                with clock.on(name):
                    writer.finish(run)
            _settle(staging.folder, formats, run, tally, clock, zone_geometry=zone_geometry)
            files = (*staging.names(), MANIFEST)
            timings = {"began": clock.began, "ended": _now(), "seconds": clock.seconds}
            options = {"outputs": asked, "lang": lang, "zone_geometry": zone_geometry}
            write_manifest(staging.folder, run, Account(tally, files, timings, options))
        staging.publish(_inputs(run))
    return Written(
        out=staging.out,
        files=files,
        rows=tally.rows,
        findings=tally.findings,
        verdicts=tally.verdicts(),
        possible=tally.possible(),
        states=tally.states(),
        seconds=clock.seconds,
        run=run,
        notices=tuple(run.notices),
    )


def _behind(take: Callable[[Batch], int], batches: Iterable[Batch], most: int) -> Iterator[int]:
    """Take batch after batch in a thread behind the screening, and give what each taking gives.

    Few wait, so that memory does not grow where writing is slower than screening. most: of rows being written or
    waiting for it, when more are asked for.
    """
    taken: deque[Future[int]] = deque()
    rows: deque[int] = deque()
    with ThreadPoolExecutor(1) as writing:
        try:
            for batch in batches:
                taken.append(writing.submit(take, batch))
                rows.append(len(batch.geometry))
                while len(taken) > _WAITING or sum(rows) > most:
                    rows.popleft()
                    yield taken.popleft().result()
            while taken:
                yield taken.popleft().result()
        finally:
            for future in taken:
                future.cancel()


def checked(outputs: str | Sequence[str]) -> tuple[str, ...]:
    """Give the words asked for in a fixed order, each once.

    outputs: words, or one text with commas between them.

    Raises UsageError for none, and for a word that is no output.
    """
    if isinstance(outputs, str):
        outputs = [word.strip() for word in outputs.split(",") if word.strip()]
    unknown = [word for word in outputs if word not in OUTPUTS]
    if unknown:
        found = ", ".join(map(repr, unknown))
        raise UsageError(sentence("errors_run.no_such_output", found=found, known=", ".join(OUTPUTS)))
    if not outputs:
        raise UsageError(sentence("errors_run.no_outputs", known=", ".join(OUTPUTS)))
    return tuple(word for word in OUTPUTS if word in outputs)


def _makers(
    asked: Sequence[str], lang: Lang, tally: Tally, *, zone_geometry: bool
) -> dict[str, Callable[[Path], Output]]:
    """Name the outputs to write and how each begins in a folder."""
    makers: dict[str, Callable[[Path], Output]] = {}
    if "csv" in asked:
        makers["sites.csv"] = lambda folder: TableCsv(folder, "sites")
        makers["findings.csv"] = FindingsCsv
        makers["units.csv"] = lambda folder: TableCsv(folder, "units")
    if {"csv", "geo", "gpkg", "parquet"} & set(asked):
        makers["rules.csv"] = lambda folder: RulesCsv(folder, tally)
    if _OF_TABLES & set(asked):
        makers["parquet"] = Features
    if "map" in asked:
        makers["map.html"] = lambda folder: _MapHtml(folder, lang, zone_geometry=zone_geometry)
    return makers


def _formats(asked: Sequence[str], rows: int) -> set[str]:
    """Decide `geo` by the number of sites."""
    many = rows > SITES_IN_GPKG
    formats = {("parquet" if many else "gpkg") if word == "geo" else word for word in asked}
    # A workbook of so many rows is written when it is asked for alone, not beside the usual outputs.
    return formats - {"xlsx"} if many and "geo" in asked else formats


def _notices(run: Run, formats: set[str], tally: Tally) -> tuple[Words, ...]:
    """Give the run's notices, each once, and what the outputs add to them."""
    lean = tally.findings > FINDINGS_WITH_TEXTS and formats & {"csv", "gpkg"}
    every = [*run.notices, *([texts_notice()] if lean else [])]
    # The same may be said of two files of the same name.
    return tuple({(notice["zh"], notice["en"], notice.get("file")): notice for notice in every}.values())


def _settle(folder: Path, formats: set[str], run: Run, tally: Tally, clock: _Clock, *, zone_geometry: bool) -> None:
    """Make the GeoPackage if it is wanted, and drop the GeoParquet files if they are not."""
    if "gpkg" in formats:
        with clock.on("result.gpkg"):
            write_gpkg(folder, run)
    if "xlsx" in formats:
        from fuling_gis.outputs.workbook import write_workbook

        with clock.on("result.xlsx"):
            write_workbook(folder, run, tally)
    if "report" in formats:
        from fuling_gis.outputs.report import write_report

        with clock.on("report.docx"):
            write_report(folder, run, tally, zone_geometry=zone_geometry)
    if "parquet" not in formats:
        for layer in LAYERS:
            parquet_path(folder, layer).unlink(missing_ok=True)


class _MapHtml:
    """map.html, by the writer of the map, which is imported only when a map is asked for: it draws much with it."""

    def __init__(self, folder: Path, lang: Lang, *, zone_geometry: bool) -> None:
        from fuling_gis.outputs.map import MapWriter

        self._path = folder / "map.html"
        self._map = MapWriter(lang, zone_geometry)

    def add(self, part: Part) -> None:
        self._map.add(part.batch)

    def finish(self, run: Run) -> None:
        self._map.finish(run, self._path)

    def close(self) -> None:
        """Hold nothing open."""


class _Clock:
    """Seconds by what they were spent on."""

    def __init__(self) -> None:
        self.began = _now()
        self.seconds: dict[str, float] = {}

    @contextmanager
    def on(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = round(self.seconds.get(name, 0.0) + time.perf_counter() - start, 3)

    def each(self, name: str, batches: Iterable[Batch]) -> Iterator[Batch]:
        """Hand on batches and time how long each is waited for."""
        waiting = iter(batches)
        while True:
            with self.on(name):
                batch = next(waiting, None)
            if batch is None:
                return
            yield batch


def _quietly(close: Callable[[], None]) -> None:
    """Close a file; what a full disk says again while closing would only hide the first fault."""
    try:
        close()
    except OSError:
        return


def _inputs(run: Run) -> list[Path]:
    """List the site files of a run, as far as it names them."""
    inputs = run.facts.get("inputs")
    found = inputs if isinstance(inputs, Sequence) else []
    return [Path(str(each["path"])) for each in found if isinstance(each, Mapping) and "path" in each]


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
