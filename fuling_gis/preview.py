"""A site file looked at beside a workspace's layers, before anything is judged."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from fuling_gis.arguments import day_of
from fuling_gis.crs import normalise
from fuling_gis.errors import LayerError
from fuling_gis.layers.entries import DEFAULT_CRS
from fuling_gis.layers.model import Layer
from fuling_gis.layers.schema import kinds
from fuling_gis.overlay.misfit import Misfit
from fuling_gis.sites.inspect import Line
from fuling_gis.sites.inspect import inspect as inspect_file
from fuling_gis.sites.model import Sites
from fuling_gis.sites.options import SiteOptions
from fuling_gis.sites.system import SHIFTS
from fuling_gis.workspace import Workspace


def inspect(
    path: str | Path,
    *,
    workspace: Workspace | None = None,
    options: SiteOptions | None = None,
    told: Sequence[str] = (),
) -> tuple[Line, ...]:
    """Tell what a site file holds and how it would be read; see `sites.inspect`.

    workspace: its working CRS is used, and its layers tell whether the coordinates look like those of a phone map.
    told: what was said besides the options, for the command to go on with. Raises FileError where nothing at all can be
    told.
    """
    options = options or SiteOptions()
    if workspace is None:
        return inspect_file(path, target=DEFAULT_CRS, options=options, told=told)

    def remarks(sites: Sites, inputs: Sequence[Mapping[str, object]]) -> Iterator[Mapping[str, str]]:
        misfit = Misfit(workspace.crs)
        misfit.keep(sites)
        return misfits(misfit, _vectors(workspace), options, inputs)

    return inspect_file(path, target=workspace.crs, options=options, remarks=remarks, told=told)


def misfits(
    misfit: Misfit,
    layers: Mapping[str, Layer | None],
    options: SiteOptions,
    inputs: Sequence[Mapping[str, object]],
) -> Iterator[Mapping[str, str]]:
    """Tell which files look shifted, unless the user has said already how they are to be moved.

    inputs: what each file is, see `SiteSource.inputs`.
    """
    if options.crs_shift is not None or (options.crs or "").strip().lower() in SHIFTS:
        return iter(())
    degrees = all(normalise(str(one["crs"])).is_geographic for one in inputs)
    return misfit.notices(layers, degrees=degrees)


def misfits_of(sites: Sites, layers: Mapping[str, Layer | None]) -> Iterator[Mapping[str, str]]:
    """Tell which files look shifted of sites that were read before, by the option of `read_sites`.

    One site is not looked at: it is hardly evidence, and whoever asks for one after the other waits for each.
    """
    if len(sites) < 2:  # noqa: PLR2004  several
        return iter(())
    misfit = Misfit(sites.crs)
    misfit.keep(sites)
    return misfit.notices(layers, degrees=None)


def _vectors(workspace: Workspace) -> dict[str, Layer | None]:
    """Give the layers of today that can be loaded; what is wrong with the others is no matter of a site file."""
    found: dict[str, Layer | None] = {}
    for layer_id in workspace.catalog.layers:
        if layer_id in kinds() and not kinds()[layer_id].raster:
            with contextlib.suppress(LayerError):
                found[layer_id] = workspace.layer(layer_id, day_of(None))
    return found
