"""From the shapes of a file to shapes in the working CRS: every row is located, repaired or rejected, and says so."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from fuling_gis import crs as crs_module
from fuling_gis.geometry import Repaired, drawn_area, flat, repair
from fuling_gis.labels import label, words
from fuling_gis.sites.problems import Problems
from fuling_gis.sites.system import System, astray

# The ends of an outline that was to be closed are no farther apart, metres, and as a share of its length.
_GAP_M: Final = 1.0
_GAP_SHARE: Final = 0.02
_LEAST: Final = 3
_LINES: Final = (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING)


@dataclass(frozen=True)
class Located:
    """The shapes of a batch in the working CRS."""

    # Valid and 2D; None exactly where `status` is `rejected`.
    geometry: NDArray[np.object_]
    # `ok`, `repaired` or `rejected`
    status: NDArray[np.object_]


def locate(
    geometry: NDArray[np.object_],
    unread: Mapping[int, str],
    system: System,
    target: CRS,
    problems: Problems,
    closed: Collection[int] = (),
) -> Located:
    """Bring a batch of shapes into the working CRS.

    unread: row to what stood where coordinates were expected. closed: rows with an outline that was closed. Areas that
    are told are square metres of the working CRS.
    """
    drawn = repair(geometry)
    if drawn.changed.any():
        _say_missing(drawn.reason, unread, problems)
    stray = astray(shapely.bounds(drawn.geometry), system.crs)
    _say_astray(stray, drawn.geometry, system, problems)
    if (stray != "").any():
        kept = drawn.geometry.copy()
        kept[stray != ""] = None
        drawn = replace(drawn, geometry=kept, reason=np.where(stray != "", "astray", drawn.reason))
    moved = _moved(drawn, geometry, system, target, problems)
    _say_repaired(moved, problems)
    status = np.full(len(geometry), "ok", dtype=object)
    status[moved.changed] = "repaired"
    if closed:
        ends = np.zeros(len(geometry), bool)
        ends[list(closed)] = True
        ends &= ~shapely.is_missing(moved.geometry)
        problems.say(ends, "outline_closed")
        status[ends] = "repaired"
    status[shapely.is_missing(moved.geometry)] = "rejected"
    problems.say(_rings(moved.geometry), "line_around")
    return Located(moved.geometry, status)


def placed(xy: NDArray[np.float64], system: System, target: CRS) -> Located | None:
    """Bring points to the working CRS where there is nothing to say of any of them, as `locate` would.

    xy: finite coordinates in the file's system, of shape (n, 2). None where a point may need a word, or a shift is to
    be undone.
    """
    if system.moves or (astray(np.concatenate([xy, xy], axis=1), system.crs) != "").any():
        return None
    there = crs_module.transform_places(xy, system.crs, target)
    if not np.isfinite(there).all():
        return None
    return Located(np.asarray(shapely.points(there), dtype=object), np.full(len(xy), "ok", dtype=object))


def _rings(geometry: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Tell which lines come back to where they began, or nearly: an area may be meant, and its inside is not judged.

    Many programs call every line one of several parts, and some cut an outline into parts that follow one another.
    """
    found = np.zeros(len(geometry), bool)
    rows = np.flatnonzero(np.isin(shapely.get_type_id(geometry), _LINES))
    lines, owner = shapely.get_parts(shapely.line_merge(geometry[rows]), return_index=True)
    gaps = shapely.distance(shapely.get_point(lines, 0), shapely.get_point(lines, -1))
    near = gaps <= np.minimum(_GAP_M, _GAP_SHARE * shapely.length(lines))
    found[rows[owner[near & (shapely.get_num_points(lines) > _LEAST)]]] = True
    return found


def _moved(drawn: Repaired, given: NDArray[np.object_], system: System, target: CRS, problems: Problems) -> Repaired:
    """Bring repaired shapes to the working CRS, in which areas are told.

    An outline that touches itself may be split by the rounding of a transformation, so faults are looked for on both
    sides of it.
    """
    if not system.moves and crs_module.same(system.crs, target):
        return drawn

    def there(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
        return crs_module.transform(system.unshifted(shapes), system.true_crs, target)

    after = repair(there(drawn.geometry))
    problems.say(after.reason == "not_finite", "beyond", crs=crs_module.name(target))
    earlier = drawn.changed
    if not earlier.any():
        return after
    before, area = after.area_before.copy(), after.area_after.copy()
    rows = np.flatnonzero(earlier & ~shapely.is_missing(after.geometry))
    before[rows] = drawn_area(there(flat(given[rows])))
    area[rows] = shapely.area(after.geometry[rows])
    return Repaired(
        after.geometry,
        earlier | after.changed,
        np.where(earlier, drawn.reason, after.reason),
        np.where(earlier, drawn.fault, after.fault),
        before,
        area,
        np.where(earlier, drawn.aside, after.aside),
    )


def _say_missing(reason: NDArray[np.object_], unread: Mapping[int, str], problems: Problems) -> None:
    told, wrong = np.full(len(reason), "", dtype=object), np.zeros(len(reason), bool)
    for row, text in unread.items():
        # A mapping of the few rows that could not be read.
        told[row], wrong[row] = text, reason[row] == "missing"
    problems.say_each(wrong, "unread", found=told)
    problems.say(((reason == "missing") & ~wrong) | (reason == "empty"), "no_geometry")
    problems.say(reason == "not_finite", "not_finite")


def _say_astray(stray: NDArray[np.object_], shapes: NDArray[np.object_], system: System, problems: Problems) -> None:
    rows = np.flatnonzero(stray != "")
    if not len(rows):
        return
    bounds = shapely.bounds(shapes[rows])
    x, y = (np.full(len(stray), "", dtype=object) for _ in range(2))
    x[rows] = [f"{value:.10g}" for value in bounds[:, 0]]
    y[rows] = [f"{value:.10g}" for value in bounds[:, 1]]
    crs = np.full(len(stray), crs_module.name(system.crs), dtype=object)
    for code in np.unique(stray[stray != ""]):
        problems.say_each(stray == code, f"astray_{code}", x=x, y=y, crs=crs)


def _say_repaired(repaired: Repaired, problems: Problems) -> None:
    if not repaired.changed.any():
        return
    told = repaired.changed & ~np.isin(repaired.reason.astype(str), ("missing", "empty", "not_finite", "astray"))
    if not told.any():
        return
    problems.say(repaired.reason == "collapsed", "collapsed")
    kept = told & (repaired.reason != "collapsed")
    invalid = kept & np.char.startswith(repaired.reason.astype(str), "invalid")
    fault = np.full(len(told), "", dtype=object)
    fault[told] = [_fault(text, problems) for text in repaired.fault[told]]
    before, after = _metres(repaired.area_before, told), _metres(repaired.area_after, told)
    areal = np.zeros(len(told), bool)
    areal[kept] = shapely.get_dimensions(repaired.geometry[kept]) == 2  # noqa: PLR2004  an area
    problems.say_each(invalid & areal, "repaired_area", fault=fault, before=before, after=after)
    problems.say_each(invalid & ~areal, "repaired", fault=fault)
    problems.say_each(kept & (repaired.aside > 0), "aside", count=repaired.aside.astype(object))


def _metres(area: NDArray[np.float64], rows: NDArray[np.bool_]) -> NDArray[np.object_]:
    """Write the areas of the few rows that are told of."""
    out = np.full(len(area), "", dtype=object)
    out[rows] = [f"{value:.2f}" for value in area[rows]]
    return out


def _fault(text: str, problems: Problems) -> str:
    """Put what GEOS says about an invalid geometry into the language of the run."""
    entry = "fault_" + "_".join(text.lower().replace("-", " ").split())
    return label(f"sites.{entry}", problems.lang) if entry in words("sites") else text
