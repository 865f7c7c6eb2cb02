"""Rows that are in memory already, for formats that cannot be streamed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from fuling_gis.readers.table import Piece, cut


def piece_of(
    rows: Sequence[Mapping[str, str]],
    shapes: Sequence[shapely.Geometry | None],
    unread: Mapping[int, str] | None = None,
    first: Sequence[str] = (),
    closed: Iterable[int] = (),
) -> Piece:
    """Put rows of text and their geometries side by side; a row without a column has null there.

    unread: row to what stood where coordinates were expected. first: columns that stand before the others, in order,
    where any row has them. closed: rows with an outline that was closed.
    """
    found = dict.fromkeys(name for row in rows for name in row)
    names = [*(name for name in first if name in found), *(name for name in found if name not in first)]
    arrow = pa.table({name: pa.array([row.get(name) for row in rows], pa.string()) for name in names})
    geometry = np.empty(len(shapes), dtype=object)
    geometry[:] = shapes
    return Piece(arrow, geometry, unread or {}, frozenset(closed))


class MemoryStream:
    """Rows in memory, handed out piece by piece."""

    def __init__(self, piece: Piece) -> None:
        self.piece = piece

    def __call__(self, size: int, columns: tuple[str, ...] | None, geometry: bool) -> Iterator[Piece]:  # noqa: FBT001
        """Give pieces of at most `size` rows; see `Stream`."""
        for first in range(0, len(self.piece), size):
            piece = cut(self.piece, first, min(first + size, len(self.piece)))
            arrow = piece.arrow if columns is None else piece.arrow.select(list(columns))
            none: NDArray[np.object_] = np.full(len(piece), None, dtype=object)
            yield Piece(arrow, piece.geometry if geometry else none, piece.unread, piece.closed)
