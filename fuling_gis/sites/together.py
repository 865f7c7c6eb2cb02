"""Puts runs of points together: they take little memory, and what is done once for a batch is then done less often."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import shapely

from fuling_gis.sites.model import Sites
from fuling_gis.sites.read import joined

_POINT = int(shapely.GeometryType.POINT)


def points_together(batches: Iterable[Sites], rows: int) -> Iterator[Sites]:
    """Give the same sites in the same order, runs of nothing but points put together to at most so many rows.

    Every other batch, and one that is larger by itself, stays as it is. A rejected row has no geometry and counts as a
    point.
    """
    held: list[Sites] = []
    for batch in batches:
        pointlike = bool((np.asarray(shapely.get_type_id(batch.geometry)) <= _POINT).all())
        if held and (not pointlike or sum(map(len, held)) + len(batch) > rows):
            yield _one(held)
            held = []
        if pointlike:
            held.append(batch)
        else:
            yield batch
    if held:
        yield _one(held)


def _one(held: list[Sites]) -> Sites:
    """Join batches; what is to be said of several is said once."""
    if len(held) == 1:
        return held[0]
    # Each batch brings those of all files.
    once = {tuple(sorted(notice.items())): notice for batch in held for notice in batch.notices}
    return joined(held, held[0].crs, tuple(once.values()))
