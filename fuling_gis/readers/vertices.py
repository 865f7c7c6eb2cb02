"""Tables whose rows are the corners of plots: one row a boundary point, several rows a plot.

Survey offices send them as sheets: number of the plot, perhaps of the ring, number of the point, X, Y. Read row by row
they would be so many sites without any ground, so such a table is known by its column of boundary points.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from fuling_gis.readers.memory import MemoryStream
from fuling_gis.readers.place import plain_name
from fuling_gis.readers.rings import area_of, split
from fuling_gis.readers.table import Piece, TableSource, as_text, joined, note

# Names of columns after `plain_name`: of a boundary point, which are told as such or only number something; of a ring;
# of a plot.
_CORNERS: Final = (
    "界址点号", "界址点编号", "界址点", "界址点序号", "拐点号", "拐点编号", "拐点", "拐点序号", "顶点号", "顶点序号",
    "vertex", "vertex_id", "vertex_no", "corner", "corner_no",
)  # fmt: skip
_POINTS: Final = ("点号", "点序", "点序号", "point_no", "point_id", "pointid", "point")
_RINGS: Final = ("圈号", "环号", "环序", "圈序号", "ring", "ring_no", "ring_id", "part", "部件号")
_PLOTS: Final = (
    "地块编号", "地块号", "地块代码", "地块序号", "宗地编号", "宗地号", "宗地代码", "图斑号", "图斑编号", "图形编号",
    "面号", "项目编号", "项目代码", "矿区编号", "地块", "宗地", "图斑", "编号", "plot", "plot_id", "parcel",
    "parcel_id", "site_id", "地块名称", "项目名称", "宗地名称", "矿区名称", "名称", "name",
)  # fmt: skip
# A plot has no fewer corners.
_LEAST: Final = 3
# Shares of the plots that must have so many.
_NEARLY_ALL: Final = 0.9
_MOSTLY: Final = 0.5
# Rows by which a table is known, and the most that are put together.
_LOOK: Final = 5000
_MOST: Final = 5_000_000
_SHOWN: Final = 60


@dataclass(frozen=True)
class Corners:
    """The columns that say which corner of which plot a row is; "" where there is none."""

    point: str
    ring: str
    plot: str
    # Whether the name of the first says that its rows are corners of something.
    sure: bool = False


def gathered(source: TableSource) -> TableSource:
    """Give a table of corners as a table of plots, and any other table as it is."""
    columns = _columns(source.fields, source.position)
    if columns is None or len(source.position) != 2:  # noqa: PLR2004  x and y
        return source
    first = next(source.stream(_LOOK, None, True), None)  # noqa: FBT003
    if first is None:
        return source
    if not _so(first, columns):
        apart = (note("corners_apart", column=columns.point),) if columns.sure else ()
        return replace(source, notes=(*source.notes, *apart))
    whole = joined(list(source.stream(_LOOK * 10, None, True)), source.fields)  # noqa: FBT003
    if len(whole) > _MOST:
        return source
    piece = _plots(whole, columns, source.position)
    told = note("corners_read", n=len(whole), plots=len(piece), column=columns.point)
    return replace(
        source,
        fields=tuple(piece.arrow.column_names),
        stream=MemoryStream(piece),
        count=len(piece),
        geometry_type="Polygon",
        position=(),
        notes=(*source.notes, told),
    )


def _columns(fields: Sequence[str], position: Sequence[str]) -> Corners | None:
    plain = {plain_name(name): name for name in reversed(fields) if name not in position}
    corner = _first(plain, _CORNERS)
    point = corner or _first(plain, _POINTS) or _first(plain, _RINGS)
    plot = _first(plain, _PLOTS)
    if not point or (not corner and not plot):
        return None
    return Corners(point, _first(plain, _RINGS), plot, bool(corner))


def _first(plain: Mapping[str, str], names: Sequence[str]) -> str:
    return next((plain[name] for name in names if name in plain), "")


def _so(piece: Piece, columns: Corners) -> bool:
    """Tell by the first rows whether nearly all of them follow one another as corners of plots.

    Where the column's own name says so, it is enough that most do: a plot of two corners is a slip, and not a point.
    """
    _, counts = np.unique(_runs(piece, columns), return_counts=True)
    # The last may be cut.
    whole = counts[:-1] if len(counts) > 1 and (len(piece) == _LOOK or not columns.sure) else counts
    return bool((whole >= _LEAST).mean() > (_MOSTLY if columns.sure else _NEARLY_ALL))


def _runs(piece: Piece, columns: Corners) -> NDArray[np.int64]:
    """Number the plots: one begins where the plot's column says another; an empty cell goes on with the former.

    Without such a column one begins where the points are counted anew.
    """
    if not columns.plot:
        return _counted_anew(as_text(piece.arrow.column(columns.point)), piece.geometry)
    names = as_text(piece.arrow.column(columns.plot))
    said = np.maximum.accumulate(np.where(names != "", np.arange(len(names)), 0))
    filled = names[said]
    return np.concatenate([[0], np.cumsum(filled[1:] != filled[:-1])]) if len(filled) else np.zeros(0, np.int64)


def _counted_anew(points: NDArray[np.object_], geometry: NDArray[np.object_]) -> NDArray[np.int64]:
    """Number runs that begin with the first point's number; the row that closes a run is in the place it began at."""
    begins = np.zeros(len(points), np.int64)
    start = 0
    for row in np.flatnonzero(points == points[0])[1:] if len(points) else ():
        if geometry[row] is None or geometry[row] != geometry[start]:
            begins[row] = 1
            start = row
    return np.cumsum(begins)


def _plots(piece: Piece, columns: Corners, position: Sequence[str]) -> Piece:
    runs = _runs(piece, columns)
    starts = np.flatnonzero(np.concatenate([[True], runs[1:] != runs[:-1]]))
    ends = np.append(starts[1:], len(runs))
    rings = as_text(piece.arrow.column(columns.ring)) if columns.ring else np.full(len(runs), "", dtype=object)
    places = shapely.get_coordinates(np.where(shapely.is_missing(piece.geometry), _NOWHERE, piece.geometry))
    unread = np.array(sorted(piece.unread), np.int64)
    shapes: list[shapely.Geometry | None] = []
    faults: dict[int, str] = {}
    # Each plot is put together on its own.
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        wrong = unread[(unread >= start) & (unread < end)]
        if len(wrong):
            # An outline that lacks a corner is another one.
            faults[number] = piece.unread[int(wrong[0])][:_SHOWN]
            shapes.append(None)
        else:
            shapes.append(area_of(list(_rings(places[start:end], rings[start:end]))))
    geometry = np.empty(len(shapes), dtype=object)
    geometry[:] = shapes
    left = [name for name in piece.arrow.column_names if name not in {columns.point, columns.ring, *position}]
    return Piece(piece.arrow.select(left).take(pa.array(starts)), geometry, faults)


_NOWHERE: Final = shapely.Point(np.nan, np.nan)


def _rings(places: NDArray[np.float64], numbers: NDArray[np.object_]) -> Iterator[NDArray[np.float64]]:
    """Cut a plot's corners where the ring's number changes and where a ring closes."""
    cuts = np.flatnonzero(numbers[1:] != numbers[:-1]) + 1
    for run in np.split(places, cuts):
        yield from split(run)
