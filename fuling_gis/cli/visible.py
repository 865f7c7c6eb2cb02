"""`fuling-gis visible`: the visible range of the rivers as files, and lines of sight to sites drawn in profile."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from fuling_gis.cli.options import AsOf, Crs, Json, Language, Quiet, Workspace, day, terminal_of
from fuling_gis.cli.terminal import Terminal
from fuling_gis.errors import UsageError

# What the files are called, in the folder of results, where nothing is said.
DEFAULT_NAME = "visible_range"
_KM2 = 1e-6


def visible(
    context: typer.Context,
    *,
    workspace: Workspace = None,
    out: Annotated[Optional[Path], typer.Option("--out", "-o", metavar="FILE", help="cli.option_visible_out")] = None,
    as_of: AsOf = None,
    view: Annotated[str, typer.Option("--view", metavar="KEY", help="cli.option_view")] = "",
    profile: Annotated[Optional[Path], typer.Option("--profile", metavar="SITES", help="cli.option_profile")] = None,
    site: Annotated[Optional[list[str]], typer.Option("--site", metavar="ID", help="cli.option_site")] = None,
    crs: Crs = None,
    jobs: Annotated[Optional[int], typer.Option("--jobs", "-j", metavar="N", min=1, help="cli.option_jobs")] = None,
    lang: Language = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Compute the range, write its files, and tell what it rests on."""
    del lang
    terminal = terminal_of(context, quiet=quiet)
    asked_on = day(as_of, terminal)
    for option, said in (("site", site), ("crs", crs)):
        if said and profile is None:
            raise UsageError(terminal.words("visible_alone", option=option))
    from fuling_gis import api
    from fuling_gis.outputs.together import Together
    from fuling_gis.outputs.visible import base_of, put_visible
    from fuling_gis.overlay.seen import OPEN, UNKNOWN

    place = api.open_workspace(workspace)
    base = base_of(out or place.root / "maps" / DEFAULT_NAME)
    # A file of sites that cannot be used is told before the long work.
    sites = None if profile is None else api.read_sites(profile, workspace=place, crs=crs, lang=terminal.files_lang)
    terminal.note(terminal.words("visible_computing"))
    seen = api.visible_range(place, as_of=asked_on, view=view, jobs=jobs)
    drawn: list[dict[str, Any]] = []
    with Together(base) as together:
        put_visible(seen, base, together)
        if sites is not None:
            from fuling_gis.outputs.profiles import put_profiles

            found = api.profiles(place, sites, as_of=asked_on, view=view, only=site)
            drawn = put_profiles(found, base, together, terminal.files_lang)
        files = together.publish()
    states = {"yes": 2, "maybe": 1, "open": OPEN, "no": 0, "unknown": UNKNOWN}
    areas, inside = (
        {name: seen.share(state, inside=within) * _KM2 for name, state in states.items()} for within in (False, True)
    )
    with terminal.standing(files[0].parent, as_json=as_json):
        if as_json:
            told = {
                "view": seen.view.key,
                "area_km2": areas,
                "jurisdiction_km2": inside,
                "parameters": seen.parameters,
            }
            terminal.json(
                {**told, "profiles": drawn, "files": [str(file) for file in files], "notices": place.damage()}
            )
            return
        _tell(terminal, seen, areas, inside, drawn)
        terminal.line()
        terminal.line(terminal.words("visible_files"))
        for file in files:
            terminal.line(f"  {file}")
        for notice in place.damage():
            terminal.line(f"! {notice[terminal.lang]}")


def _tell(
    terminal: Terminal, seen: Any, areas: dict[str, float], inside: dict[str, float], drawn: list[dict[str, Any]]
) -> None:
    terminal.line(seen.view.title[terminal.lang])
    if seen.indicative:
        terminal.line(terminal.words("visible_indicative"))
    rows = [[terminal.words(f"visible_{name}"), f"{inside[name]:,.2f}", f"{areas[name]:,.2f}"] for name in areas]
    terminal.table([terminal.words(f"visible_{head}") for head in ("answer", "area", "area_all")], rows)
    terminal.list(terminal.words("visible_parameters"), [[name, text] for name, text in seen.parameters.items()])
    if drawn:
        heads = [terminal.words(f"visible_{name}") for name in ("site", "answer", "distance", "clearance")]
        cells = [
            [one["site_id"], one["answer_words"][terminal.lang], one["distance_m"], one["clearance_m"]] for one in drawn
        ]
        terminal.table(heads, cells)
