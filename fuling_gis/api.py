"""The public face: open a workspace, read sites, screen them, write the result.

Everything the command line and the page do goes through here, so that a notebook gets the same answers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from fuling_gis.arguments import (
    SomeDay,
    accuracy_of,
    day_of,
    language_of,
    paths_of,
    refuse_strangers,
    system_of,
    threads_of,
)
from fuling_gis.crs import SomeCRS
from fuling_gis.errors import UsageError
from fuling_gis.indicators.measure import Figures, measure_all
from fuling_gis.labels import Lang, sentence
from fuling_gis.layers.entries import DEFAULT_CRS
from fuling_gis.layers.model import Layer
from fuling_gis.layers.sources import file_hash
from fuling_gis.outputs import notebook
from fuling_gis.outputs.write import DEFAULT_OUTPUTS, ROWS_BEHIND, Written, write_outputs
from fuling_gis.overlay.misfit import Misfit
from fuling_gis.overlay.plan import Plan, compile_plan, layers_asked
from fuling_gis.overlay.profile import Profile, profile_to
from fuling_gis.overlay.ranges import known_ranges, question_of, range_for
from fuling_gis.overlay.result import FINDING_COLUMNS, SITE_COLUMNS, UNIT_COLUMNS, Batch, Run
from fuling_gis.overlay.rivers import RIVER_LAYER
from fuling_gis.overlay.screening import BATCH_ROWS, POINTS_AT_ONCE
from fuling_gis.overlay.seen import OPEN, SeenRange, covered_cells
from fuling_gis.overlay.sight import range_of
from fuling_gis.overlay.stream import Stream, rows_at_once
from fuling_gis.overlay.units import UNIT_LAYER
from fuling_gis.preview import inspect, misfits, misfits_of
from fuling_gis.sites.local import local_shift
from fuling_gis.sites.model import Sites
from fuling_gis.sites.overlaps import Overlaps
from fuling_gis.sites.read import SiteOptions, SiteSource, open_sites
from fuling_gis.sites.together import points_together
from fuling_gis.worker.process import Workers
from fuling_gis.worker.reading import GuardedSites, open_untrusted
from fuling_gis.workspace import Workspace, find_workspace, open_workspace
from fuling_gis.worst import Worst

__all__ = [
    "DEFAULT_OUTPUTS",
    "CheckSummary",
    "Result",
    "check",
    "indicators",
    "inspect",
    "open_workspace",
    "plan_for",
    "profiles",
    "read_sites",
    "report",
    "screen",
    "visible_range",
]


@dataclass(frozen=True, repr=False)
class Result:
    """What a screening found, in memory."""

    run: Run
    _batches: tuple[Batch, ...] = field(repr=False)

    @cached_property
    def sites(self) -> gpd.GeoDataFrame:
        """The columns of sites.csv (CONTRACT section 5) with the sites' geometry, in the working CRS."""
        sites = _joined([batch.sites for batch in self._batches], SITE_COLUMNS)
        geometry = np.concatenate([batch.geometry for batch in self._batches])
        return gpd.GeoDataFrame(sites, geometry=gpd.GeoSeries(geometry, index=sites.index), crs=self.run.crs)

    @cached_property
    def findings(self) -> gpd.GeoDataFrame:
        """The columns of findings.csv with the geometry of the site that each is about."""
        findings = _joined([batch.findings for batch in self._batches], FINDING_COLUMNS)
        row = np.concatenate([batch.site_columns.values["row"] for batch in self._batches])
        geometry = np.concatenate([batch.geometry for batch in self._batches])
        place = pd.Series(geometry, index=row, dtype=object).reindex(findings["row"].to_numpy()).to_numpy()
        return gpd.GeoDataFrame(findings, geometry=gpd.GeoSeries(place, index=findings.index), crs=self.run.crs)

    @cached_property
    def units(self) -> pd.DataFrame:
        """The access lists of each site's management units: row, code, category, dimension, item."""
        return _joined([batch.units for batch in self._batches], UNIT_COLUMNS)

    def __repr__(self) -> str:
        """Tell the counts on one line."""
        return notebook.line(self.sites, len(self.findings), self.run)

    def _repr_html_(self) -> str:
        """Show counts, a small map and the worst sites in a notebook, without any request."""
        return notebook.html(self.sites, len(self.findings), self.run)

    def write(
        self,
        out: str | Path,
        *,
        outputs: Sequence[str] | None = None,
        force: bool = False,
        zone_geometry: bool = True,
    ) -> Written:
        """Write the result into a folder; files appear when all of them are whole.

        outputs: words such as `csv`, `gpkg`, `parquet`, `map`; None for the usual ones. Raises OutputError where the
        folder holds another run and `force` is not said.
        """
        return write_outputs(
            self._batches,
            lambda: self.run,
            Path(out),
            outputs=outputs,
            lang=self.run.lang,
            force=force,
            zone_geometry=zone_geometry,
        )


@dataclass(frozen=True)
class CheckSummary:
    """What a check found, in short."""

    counts: Mapping[str, int]
    possible: Mapping[str, int]
    out: Path
    files: tuple[Path, ...]
    # The worst sites first: site_id, name, verdict, possible, rules.
    worst: tuple[Mapping[str, str], ...]
    notices: tuple[Mapping[str, str], ...]
    as_of: dt.date


def read_sites(  # noqa: PLR0913 - what may be said of site files, each by name
    paths: str | Path | Sequence[str | Path],
    *,
    workspace: Workspace | None = None,
    crs: SomeCRS | None = None,
    crs_shift: str | Sequence[float] | None = None,
    site_accuracy: float | None = None,
    fill: Mapping[str, str] | None = None,
    fields: Mapping[str, str] | None = None,
    lang: Lang = "zh",
    untrusted: bool | Workers = False,
) -> Sites:
    """Read proposed sites from one or several files into the workspace's CRS; every row comes out.

    crs: what the file's coordinates are in, where it does not say; `gcj02` and `bd09` undo those shifts.
    crs_shift: local parameters for Xi'an 1980 or Beijing 1954, two or seven numbers (see `sites.local`).
    site_accuracy: metres, for sites that give none. fill: values for empty cells of a column. fields: which column of
    the file is meant. untrusted: read in a process of its own, with limits (docs/security.md); `Workers` to be used
    again and again may be given. Raises SiteError, FileError or CrsError where a file cannot be used.
    """
    options = _site_options(crs, crs_shift, site_accuracy, fill, fields, lang)
    target = workspace.crs if workspace is not None else DEFAULT_CRS
    return _opened(paths_of(paths), target, options, untrusted=untrusted).read()


def screen(
    sites: Sites,
    workspace: Workspace,
    *,
    as_of: SomeDay | None = None,
    readings: Mapping[str, str] | None = None,
    lang: Lang = "zh",
    jobs: int | None = None,
    measures: bool = True,
) -> Result:
    """Put every rule in force to every site; several that look like a phone map's are told in `run.notices`.

    as_of: the day asked about, today unless told. readings: choices that differ from the defaults. measures: whether
    to measure the distances to the rivers for the sites table. Raises UsageError for a day, language,
    reading or number of threads that cannot be, CrsError where sites and layers do not fit.
    """
    refuse_strangers(sites, workspace)
    threads = threads_of(jobs)
    plan = plan_for(workspace, as_of=as_of, readings=readings, lang=lang, measures=measures)
    size = rows_at_once(len(sites))
    starts = range(0, max(len(sites), 1), size)
    threads = 1 if len(starts) == 1 else threads
    stream = Stream(plan, (sites[start : start + size] for start in starts), threads)
    batches = tuple(stream)
    notices = (*sites.notices, *stream.unsaid.notices(), *misfits_of(sites, plan.book.layers))
    return Result(run_of(plan, workspace, stream.unchecked, notices), batches)


def check(  # noqa: PLR0913 - the choices of the command line, each by name
    paths: str | Path | Sequence[str | Path],
    workspace: Workspace,
    out: str | Path,
    *,
    as_of: SomeDay | None = None,
    crs: SomeCRS | None = None,
    crs_shift: str | Sequence[float] | None = None,
    site_accuracy: float | None = None,
    fill: Mapping[str, str] | None = None,
    fields: Mapping[str, str] | None = None,
    readings: Mapping[str, str] | None = None,
    outputs: Sequence[str] | None = None,
    zone_geometry: bool = True,
    lang: Lang = "zh",
    force: bool = False,
    jobs: int | None = None,
    untrusted: bool | Workers = False,
    progress: Callable[[int], None] | None = None,
) -> CheckSummary:
    """Check site files against a workspace and write the results, batch by batch.

    Memory does not grow with the number of sites. progress: called with the rows done so far. The other parameters
    are those of `read_sites`, `screen` and `Result.write`.
    """
    threads = threads_of(jobs)
    options = _site_options(crs, crs_shift, site_accuracy, fill, fields, lang)
    source = _opened(paths_of(paths), workspace.crs, options, untrusted=untrusted)
    plan = plan_for(workspace, as_of=as_of, readings=readings, lang=lang)
    misfit, overlaps, worst = Misfit(workspace.crs), Overlaps(), Worst()
    batches = overlaps.watching(misfit.watching(source.batches(BATCH_ROWS)))
    stream = Stream(plan, points_together(batches, POINTS_AT_ONCE), threads)
    said: dict[str, object] = {"crs": options.crs, "crs_shift": str(options.crs_shift or "")}
    said |= {"site_accuracy": site_accuracy, "set": dict(fill or {}), "field": dict(fields or {})}

    def finish() -> Run:
        facts, drawn = {"inputs": source.inputs, "options": said}, "map" in (outputs or DEFAULT_OUTPUTS)
        shifted = misfits(misfit, plan.book.layers, options, source.inputs)
        notices = (*source.notices, *stream.unsaid.notices(), *overlaps.notices(), *shifted)
        return run_of(plan, workspace, stream.unchecked, notices, facts, ranges=drawn)

    written = write_outputs(
        worst.watching(stream),
        finish,
        Path(out),
        outputs=outputs,
        lang=lang,
        force=force,
        zone_geometry=zone_geometry,
        progress=progress,
        behind=2 * POINTS_AT_ONCE if threads == 1 else ROWS_BEHIND,
    )
    files = tuple(written.out / name for name in written.files)
    return CheckSummary(written.verdicts, written.possible, written.out, files, worst.rows, written.notices, plan.as_of)


def _opened(
    paths: Sequence[Path], target: str, options: SiteOptions, *, untrusted: bool | Workers
) -> SiteSource | GuardedSites:
    if untrusted is False:
        return open_sites(paths, target=target, options=options)
    workers = untrusted if isinstance(untrusted, Workers) else None
    return open_untrusted(paths, target=target, options=options, workers=workers)


def report(
    result: str | Path,
    *,
    sites: Sequence[str] = (),
    workspace: Workspace | str | Path | None = None,
    target: str | Path | None = None,
    lang: Lang = "zh",
    force: bool = False,
) -> Path:
    """Write the report of a finished check anew, whole or of some of its sites, and give its path.

    result: the folder of the check, with result.gpkg or the GeoParquet files. sites: ids, or `#` and a row number.
    workspace: the one that was checked against; without it the nearest one upward of the folder. target: the .docx
    file; without it one in that folder. Raises OutputError where the folder holds no such result, where workspace or
    result have changed since, or the file is there already and `force` is not said; UsageError for a site that the
    result does not have.
    """
    from fuling_gis.outputs.retold import as_it_was, find_result, write_again

    found = find_result(Path(result))
    meant = find_workspace(Path(result)) if workspace is None else workspace
    place = meant if isinstance(meant, Workspace) else open_workspace(meant)
    # A reading that the rules no longer know is told as a change, not as a fault of whoever asks.
    terms = place.rules().readings
    readings = {key: value for key, value in found.readings().items() if key in terms and value in terms[key].values}
    plan = plan_for(place, as_of=str(found.manifest.get("as_of", "")), readings=readings, lang=lang)
    run = as_it_was(found, run_of(plan, place, {}, damage=False))
    return write_again(found, run, sites, None if target is None else Path(target), force=force)


def plan_for(
    workspace: Workspace,
    *,
    as_of: SomeDay | None = None,
    readings: Mapping[str, str] | None = None,
    lang: Lang = "zh",
    measures: bool = True,
) -> Plan:
    """Work out what a run in a workspace asks: load the layers that the rules in force ask for.

    The same question to the same open workspace gets the same plan, with all that was worked out for it since.
    """
    day, spoken = day_of(as_of), language_of(lang)
    chosen = tuple(sorted((readings or {}).items()))
    key = ("plan", day, chosen, spoken, measures)
    return workspace.once(key, lambda: _planned(workspace, day, readings, spoken, measures=measures))


def _planned(
    workspace: Workspace, day: dt.date, readings: Mapping[str, str] | None, spoken: Lang, *, measures: bool
) -> Plan:
    rules = workspace.rules()
    wanted = {*layers_asked(r for r in rules.rules if r.in_force(day)), workspace.jurisdiction, RIVER_LAYER, UNIT_LAYER}
    layers: dict[str, Layer | None] = {layer_id: workspace.layer(layer_id, day) for layer_id in sorted(wanted)}
    return compile_plan(
        rules,
        layers,
        as_of=day,
        readings=readings,
        lang=spoken,
        jurisdiction=workspace.jurisdiction,
        measures=measures,
        kept=workspace.cache,
    )


def visible_range(
    workspace: Workspace, *, as_of: SomeDay | None = None, view: str = "", jobs: int | None = None
) -> SeenRange:
    """Compute the visible range of the rivers as rules ask for it; what is known already is not computed again.

    view: a key of rules/views.yaml, the usual one where none is named. Raises LayerError where the height model or the
    rivers are wanting or contradict each other.
    """
    return range_for(plan_for(workspace, as_of=as_of, measures=False), view, jobs)


def profiles(
    workspace: Workspace,
    sites: Sites,
    *,
    as_of: SomeDay | None = None,
    view: str = "",
    only: Sequence[str] | None = None,
) -> list[tuple[str, str, Profile | None]]:
    """Draw the line of sight to some sites: id, name and profile.

    None stands where no lookout is within reach or the model contradicts the level of the water.

    only: ids of the sites that are meant, all where none are named. Raises UsageError for an id that no site has.
    """
    plan = plan_for(workspace, as_of=as_of, measures=False)
    question = question_of(plan, view)
    found = range_of(question, plan.book)
    covered = None if found is None or not found.usable else covered_cells(found, question, plan.book)
    usable = sites.status != "rejected"
    wanted = usable if only is None else usable & np.isin(sites.site_id.astype(str), list(only))
    for name in only or ():
        if name not in sites.site_id[usable]:
            raise UsageError(sentence("errors_run.no_site", site=name))
    drawn = []
    # Each site has a line of its own.
    for row in np.flatnonzero(wanted):
        at = shapely.point_on_surface(sites.geometry[row])
        profile: Profile | None = None
        if found is not None and covered is not None:
            profile = profile_to(found, at.x, at.y)
            if profile is not None and profile.state == 0 and not covered[found.grid.cell_of(*profile.place)]:
                profile = replace(profile, state=OPEN)
        drawn.append((str(sites.site_id[row]) or f"#{sites.row[row]}", str(sites.name[row]), profile))
    return drawn


def indicators(workspace: Workspace, *, as_of: SomeDay | None = None, since: SomeDay | None = None) -> Figures:
    """Measure the plan's figures in the layers of a day.

    since: a day on which the earlier version of compared layers is valid; the version before where none is named.
    """
    return measure_all(workspace, day_of(as_of), None if since is None else day_of(since))


def run_of(
    plan: Plan,
    workspace: Workspace,
    unchecked: Mapping[str, tuple[str, ...]],
    notices: Iterable[Mapping[str, str]] = (),
    facts: Mapping[str, object] | None = None,
    *,
    ranges: bool = True,
    damage: bool = True,
) -> Run:
    """Say what was run. ranges: give visible ranges that are known, which takes time. damage: tell of damaged files."""
    seen = known_ranges(plan) if ranges else ()
    layers = {layer_id: layer for layer_id, layer in plan.book.layers.items() if layer is not None}
    asked, of_layers = plan.layers_named, [note for layer in layers.values() for note in layer.notices]
    catalog = {"path": "layers/catalog.yaml", "sha256": file_hash(workspace.root / "layers" / "catalog.yaml")}
    beside = {"workspace": workspace.catalog.name, "catalog": catalog, "rule_files": dict(workspace.rules().hashes)}
    return Run(
        as_of=plan.as_of,
        lang=plan.lang,
        crs=workspace.crs,
        readings=plan.readings,
        layers=layers,
        missing_layers={layer_id: ids for layer_id, ids in asked.items() if layer_id not in layers},
        rules=plan.rules,
        everywhere=tuple(rule.id for rule in plan.rules if rule.everywhere),
        notices=(*plan.notices, *of_layers, *notices, *(workspace.damage() if damage else ())),
        reading_terms=plan.terms,
        unchecked=dict(unchecked),
        ranges=seen,
        jurisdiction=plan.book.jurisdiction,
        facts={**beside, **(facts or {})},
    )


def _joined(tables: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    full = [table for table in tables if len(table)] or list(tables[:1])
    if len(full) == 1:
        # What is done to it is not done to the batch: pandas copies on writing.
        return full[0].copy(deep=False)
    return pd.concat(full, ignore_index=True).reindex(columns=list(columns))


def _site_options(
    crs: SomeCRS | None,
    crs_shift: str | Sequence[float] | None,
    site_accuracy: float | None,
    fill: Mapping[str, str] | None,
    fields: Mapping[str, str] | None,
    lang: str,
) -> SiteOptions:
    return SiteOptions(
        system_of(crs),
        None if crs_shift is None else local_shift(crs_shift if isinstance(crs_shift, str) else tuple(crs_shift)),
        accuracy_of(site_accuracy),
        fill=fill or {},
        fields=fields or {},
        lang=language_of(lang),
    )
