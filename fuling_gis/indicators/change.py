"""Two versions of a layer of areas: what was gained, what was lost, and whether the ground grew less."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

import shapely

from fuling_gis.indicators.area import ellipsoidal_m2
from fuling_gis.layers.loader import area_of
from fuling_gis.layers.model import Layer
from fuling_gis.workspace import Workspace

HECTARE_M2: Final = 1e4
# Slivers narrower than this come from writing the same line twice, metres.
_SLIVER_M: Final = 0.02


@dataclass(frozen=True)
class Change:
    """What became of a layer's ground from one version to the next."""

    layer: str
    before: Layer
    after: Layer
    # Areas in the working CRS, possibly empty.
    kept: Any
    gained: Any
    lost: Any
    # Hectares on the ellipsoid.
    before_ha: float
    after_ha: float
    gained_ha: float
    lost_ha: float
    # Gained less lost, and what the accuracy of both versions leaves of it, hectares.
    low_ha: float
    high_ha: float

    @property
    def net_ha(self) -> float:
        """Gained less lost, hectares."""
        return self.gained_ha - self.lost_ha


def change_of(workspace: Workspace, layer_id: str, as_of: dt.date, since: dt.date | None = None) -> Change | None:
    """Compare the version of a layer on a day with an earlier one; None where there are no two.

    since: a day on which the earlier version is valid; the version before the later one where none is named.
    """
    later = workspace.catalog.entry(layer_id, as_of)
    versions = workspace.catalog.layers.get(layer_id, ())
    if later is None:
        return None
    if since is not None:
        earlier = workspace.catalog.entry(layer_id, since)
    else:
        place = next(i for i, one in enumerate(versions) if one is later)
        earlier = versions[place - 1] if place else None
    if earlier is None or earlier is later:
        return None
    day = since or earlier.valid_to or earlier.valid_from
    before = workspace.layer(layer_id, day) if day is not None else None
    after = workspace.layer(layer_id, as_of)
    return None if before is None or after is None else compare(before, after)


def compare(before: Layer, after: Layer) -> Change:
    """Compare two versions of a layer."""
    old, new = (area_of(layer) or shapely.Polygon() for layer in (before, after))
    gained, lost = _without_slivers(shapely.difference(new, old)), _without_slivers(shapely.difference(old, new))
    within = max(before.accuracy_m, after.accuracy_m)
    crs = after.crs
    more, less = (
        (_size(shapely.buffer(part, -within), crs), _size(_grown(part, within), crs)) for part in (gained, lost)
    )
    return Change(
        layer=after.id,
        before=before,
        after=after,
        kept=shapely.intersection(old, new),
        gained=gained,
        lost=lost,
        before_ha=_size(old, crs),
        after_ha=_size(new, crs),
        gained_ha=_size(gained, crs),
        lost_ha=_size(lost, crs),
        low_ha=more[0] - less[1],
        high_ha=more[1] - less[0],
    )


def _grown(part: Any, within: float) -> Any:
    """Grow what changed by the accuracy; where nothing changed there is nothing to grow."""
    return shapely.buffer(part, within, quad_segs=8)


def _without_slivers(geometry: Any) -> Any:
    return shapely.buffer(shapely.buffer(geometry, -_SLIVER_M, join_style="mitre"), _SLIVER_M, join_style="mitre")


def _size(geometry: Any, crs: str) -> float:
    return ellipsoidal_m2(geometry, crs) / HECTARE_M2
