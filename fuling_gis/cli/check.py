"""`fuling-gis check`: every rule to every site, and the table of verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any, Literal, Optional

import typer

from fuling_gis.cli.options import (
    AsOf,
    Crs,
    CrsShift,
    FieldIs,
    Fill,
    Json,
    Language,
    Quiet,
    SiteAccuracy,
    Workspace,
    day,
    listed,
    pairs,
    terminal_of,
)
from fuling_gis.cli.terminal import Terminal
from fuling_gis.errors import UsageError
from fuling_gis.verdicts import at_least_as_bad

# Outputs that the switches leave out.
_MAP, _REPORT = "map", "report"
# Exit status of a run that is done, and in which `--fail-on` was met.
LIMIT_MET = 3
# Files of sites that are so large together are worth a heap that gives back what it no longer needs.
LARGE_BYTES = 8 << 20
Limit = Literal["prohibited", "exit", "restricted", "undecided", "advised", "rejected"]


def check(
    context: typer.Context,
    sites: Annotated[list[Path], typer.Argument(metavar="SITES...", help="cli.argument_sites")],
    *,
    workspace: Workspace = None,
    out: Annotated[Optional[Path], typer.Option("--out", "-o", metavar="DIR", help="cli.option_out")] = None,
    as_of: AsOf = None,
    crs: Crs = None,
    crs_shift: CrsShift = None,
    site_accuracy: SiteAccuracy = None,
    fill: Fill = None,
    field: FieldIs = None,
    reading: Annotated[
        Optional[list[str]], typer.Option("--reading", metavar="KEY=VALUE", help="cli.option_reading")
    ] = None,
    outputs: Annotated[Optional[str], typer.Option("--outputs", metavar="LIST", help="cli.option_outputs")] = None,
    no_map: Annotated[bool, typer.Option("--no-map", help="cli.option_no_map")] = False,
    no_report: Annotated[bool, typer.Option("--no-report", help="cli.option_no_report")] = False,
    no_zone_geometry: Annotated[bool, typer.Option("--no-zone-geometry", help="cli.option_no_zone_geometry")] = False,
    fail_on: Annotated[Optional[Limit], typer.Option("--fail-on", metavar="LEVEL", help="cli.option_fail_on")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="cli.option_strict")] = False,
    untrusted: Annotated[bool, typer.Option("--untrusted", help="cli.option_untrusted")] = False,
    jobs: Annotated[Optional[int], typer.Option("--jobs", "-j", metavar="N", min=1, help="cli.option_jobs")] = None,
    force: Annotated[bool, typer.Option("--force", help="cli.option_force")] = False,
    lang: Language = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> int:
    """Check site files and give the exit status; typer makes the command's options from the parameters."""
    del lang
    terminal = terminal_of(context, quiet=quiet)
    if strict and fail_on is None:
        raise UsageError(terminal.words("strict_alone"))
    asked_on = day(as_of, terminal)
    left_out = {name for name, asked in ((_MAP, no_map), (_REPORT, no_report)) if asked}
    options: dict[str, Any] = {
        "as_of": asked_on,
        "crs": crs,
        "crs_shift": crs_shift,
        "site_accuracy": site_accuracy,
        "fill": pairs("--set", fill, terminal),
        "fields": pairs("--field", field, terminal),
        "readings": pairs("--reading", reading, terminal),
        "outputs": _chosen(listed(outputs), left_out),
        "zone_geometry": not no_zone_geometry,
        "lang": terminal.files_lang,
        "force": force,
        "jobs": jobs,
        "untrusted": untrusted,
    }
    summary = run(terminal, _expanded(sites), workspace, out, options)
    tell(terminal, summary, as_json=as_json)
    judged = [summary.counts, summary.possible] if strict else [summary.counts]
    return LIMIT_MET if fail_on and any(met(counts, fail_on) for counts in judged) else 0


def run(
    terminal: Terminal, sites: Sequence[Path], workspace: Path | None, out: Path | None, options: dict[str, Any]
) -> Any:
    """Check site files against a workspace, telling about progress on a terminal."""
    from fuling_gis import api
    from fuling_gis.cli.beside import loading_beside
    from fuling_gis.memory import look_seldom, share_heaps

    if sum(path.stat().st_size for path in sites if path.is_file()) > LARGE_BYTES:
        share_heaps()
        look_seldom()
    place = api.open_workspace(workspace)
    target = out if out is not None else place.root / "maps" / _stem(sites[0])
    beside = loading_beside(options.get("outputs")) if terminal.own_process else nullcontext()
    with beside, terminal.progress(terminal.words("checking")) as progress:
        return api.check(sites, place, target, progress=progress, **options)


def tell(terminal: Terminal, summary: Any, *, as_json: bool = False) -> None:
    """Print what a check found, for people or for programs."""
    from fuling_gis.cli import verdict_table

    with terminal.standing(summary.out, as_json=as_json):
        if as_json:
            terminal.json(verdict_table.as_data(summary))
        else:
            verdict_table.show(terminal, summary)


def met(counts: Mapping[str, int], limit: str) -> bool:
    """Tell whether any site is as bad as the limit, or worse."""
    return any(n and at_least_as_bad(verdict, limit) for verdict, n in counts.items())


def _expanded(paths: Sequence[Path]) -> list[Path]:
    """Give the files that `*.shp` stands for where the shell leaves it as it is, as those of Windows do."""
    found: list[Path] = []
    for path in paths:
        wild = "*" in path.name and not path.exists()
        found += (sorted(path.parent.glob(path.name)) or [path]) if wild else [path]
    return found


def _stem(path: Path) -> str:
    """Give the name of a site file for its results; `plans.gpkg::lots` names a layer inside.

    A file may be called `...csv`, whose stem would lead out of the folder of results.
    """
    stem = Path(str(path).partition("::")[0]).stem
    return stem if stem.strip(".") else f"sites{stem}"


def _chosen(asked: list[str] | None, left_out: set[str]) -> list[str] | None:
    """Give the outputs to write, None for the usual ones."""
    if asked is None and not left_out:
        return None
    from fuling_gis.api import DEFAULT_OUTPUTS

    return [name for name in (DEFAULT_OUTPUTS if asked is None else asked) if name not in left_out]
