"""`fuling-gis inspect`: what a file holds and how it would be read, before anything is judged."""

from __future__ import annotations

from typing import Annotated

import typer

from fuling_gis.cli.options import (
    Crs,
    CrsShift,
    FieldIs,
    Fill,
    Json,
    Language,
    Quiet,
    SiteAccuracy,
    Workspace,
    pairs,
    terminal_of,
)
from fuling_gis.errors import UsageError
from fuling_gis.labels import label


def inspect(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="cli.argument_file")],
    *,
    workspace: Workspace = None,
    crs: Crs = None,
    crs_shift: CrsShift = None,
    site_accuracy: SiteAccuracy = None,
    fill: Fill = None,
    field: FieldIs = None,
    lang: Language = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> int:
    """Tell what a file holds, and give 1 where a check would refuse it."""
    del lang
    terminal = terminal_of(context, quiet=quiet)
    from fuling_gis.api import inspect as look
    from fuling_gis.api import open_workspace
    from fuling_gis.sites.local import local_shift
    from fuling_gis.sites.read import SiteOptions

    options = SiteOptions(
        crs=crs,
        crs_shift=local_shift(crs_shift) if crs_shift else None,
        site_accuracy=site_accuracy,
        fill=pairs("--set", fill, terminal),
        fields=pairs("--field", field, terminal),
        lang=terminal.lang,
    )
    try:
        place = open_workspace(workspace)
    except UsageError:
        # A file can be looked at anywhere; without layers there is less to tell.
        if workspace is not None:
            raise
        place = None
    told = ["-w", str(workspace)] if workspace is not None else []
    lines = look(file, workspace=place, options=options, told=told)
    if as_json:
        terminal.json([{"about": line.head, "text": line.text} for line in lines])
    else:
        terminal.list(str(file), [(line.head, line.text) for line in lines])
    return int(label("sites.inspect_refused", terminal.lang) in {line.head for line in lines})
