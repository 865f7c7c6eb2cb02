"""The outlines of drawings whose edges are arcs: corners lie on the arc, and edges leave it as little as is asked.

Libraries draw an arc by curves that are nearly one, and a long arc of few curves is off by more than its edges are.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

# An edge may leave its arc by that part of the radius in any case: coordinates say no more, and a radius beyond all
# places must not make edges without number.
FINEST: Final = 1e-9
# An edge turns by no more than that, however small the arc.
_WIDEST: Final = math.pi / 8
# Bulges below are straight.
_STRAIGHT: Final = 1e-6
# Edges meet whose ends are so near to one another, metres, and a part of the coordinate.
_MEETING_M: Final = 1e-6
_MEETING: Final = 1e-9


def arc(centre: Sequence[float], radius: float, start: float, turn: float, allowed: float) -> Points:
    """Give the corners of an arc, shape (n, 2), both ends among them.

    start: where it begins, radians. turn: how far it goes on, radians; clockwise below 0. allowed: how far an edge may
    leave it.
    """
    if not all(map(math.isfinite, (*centre[:2], radius, start, turn))):
        return np.full((2, 2), np.nan)
    radius = abs(radius)
    step = _WIDEST
    if radius > 0:
        # The middle of an edge over an angle of 4 * a leaves the arc by radius * 2 * sin(a) ** 2.
        step = min(step, 4 * math.asin(math.sqrt(min(max(allowed / radius, FINEST) / 2, 1.0))))
    angles = start + turn * np.linspace(0, 1, max(math.ceil(abs(turn) / step), 1) + 1)
    return np.stack([centre[0] + radius * np.cos(angles), centre[1] + radius * np.sin(angles)], axis=1)


def bulged(corners: Iterable[Sequence[float]], allowed: float, *, closed: bool) -> Points:
    """Give the corners of an outline of lines and arcs, shape (n, 2).

    corners: x, y and the bulge of the edge that begins there: the tangent of a quarter of its angle, 0 for a line.
    """
    given = [(float(x), float(y), float(bulge)) for x, y, bulge in corners]
    if not given:
        return np.zeros((0, 2))
    pieces = [np.array([given[0][:2]])]
    for (x0, y0, bulge), (x1, y1, _) in zip(given, [*given[1:], *(given[:1] if closed else ())], strict=False):
        end = np.array([[x1, y1]])
        dx, dy = x1 - x0, y1 - y0
        if abs(bulge) > _STRAIGHT and (dx or dy):
            # From the middle of the chord to the centre, to the left of the chord, in parts of the chord.
            off = (1 - bulge * bulge) / (4 * bulge)
            centre = ((x0 + x1) / 2 - dy * off, (y0 + y1) / 2 + dx * off)
            radius = math.hypot(dx, dy) * (1 + bulge * bulge) / (4 * abs(bulge))
            begin = math.atan2(y0 - centre[1], x0 - centre[0])
            pieces.append(arc(centre, radius, begin, 4 * math.atan(bulge), allowed)[1:-1])
        pieces.append(end)
    return np.vstack(pieces)


def hatch_rings(hatch: Any, allowed: float) -> list[Points]:
    """Give the rings around a hatch, in the plane of the drawing."""
    from ezdxf.entities.boundary_paths import PolylinePath

    ocs, height = hatch.ocs(), hatch.dxf.elevation.z
    rings: list[Points] = []
    for path in hatch.paths:
        if isinstance(path, PolylinePath):
            rings.append(bulged(path.vertices, allowed, closed=bool(path.is_closed)))
        else:
            rings += _joined(_edge(edge, allowed) for edge in path.edges)
    return [flat(ring, ocs, height) for ring in rings]


def flat(points: Points, ocs: Any, height: float) -> Points:
    """Give the places in the drawing of points in the plane of an entity. height: of that plane over its origin."""
    if not ocs.transform:
        return points
    placed = [ocs.to_wcs((x, y, height)) for x, y in points.tolist()]
    return np.array([(place[0], place[1]) for place in placed], dtype=np.float64).reshape(-1, 2)


def _edge(edge: Any, allowed: float) -> Points:
    """Give the corners of one edge of a hatch, none where it has no length."""
    from ezdxf.entities.boundary_paths import ArcEdge, EllipseEdge, LineEdge
    from ezdxf.math import BSpline, fit_points_to_cad_cv

    if isinstance(edge, LineEdge):
        return np.array([tuple(edge.start)[:2], tuple(edge.end)[:2]], dtype=np.float64)
    if isinstance(edge, ArcEdge):
        span = edge.end_angle - edge.start_angle
        # All are kept anticlockwise; a whole number of turns is a circle.
        turn = span % 360 or (360 if span else 0)
        return arc(tuple(edge.center), edge.radius, math.radians(edge.start_angle), math.radians(turn), allowed)
    if isinstance(edge, EllipseEdge):
        size = edge.major_axis.magnitude
        if not size:
            return np.zeros((0, 2))
        found = edge.construction_tool().flattening(max(allowed, size * FINEST), 8)
    else:
        if edge.control_points:
            spline = BSpline(edge.control_points, edge.degree + 1, edge.knot_values, edge.weights or None)
        elif edge.fit_points:
            ends = edge.start_tangent, edge.end_tangent
            spline = fit_points_to_cad_cv(edge.fit_points, tangents=ends if all(ends) else None)
        else:
            return np.zeros((0, 2))
        size = float(np.ptp(np.array([tuple(point)[:2] for point in spline.control_points]), axis=0).max())
        found = spline.flattening(max(allowed, size * FINEST))
    return np.array([(point.x, point.y) for point in found], dtype=np.float64).reshape(-1, 2)


def _joined(edges: Iterable[Points]) -> Iterator[Points]:
    """Join edges to rings: each goes on from the end where it meets what is there, in whichever direction it came."""
    ring: deque[Points] = deque()
    for edge in edges:
        if not len(edge):
            continue
        if not ring:
            ring.append(edge)
            continue
        first, last = ring[0][0], ring[-1][-1]
        if _meet(last, edge[0]):
            ring.append(edge)
        elif _meet(last, edge[-1]):
            ring.append(edge[::-1])
        elif _meet(first, edge[-1]):
            ring.appendleft(edge)
        elif _meet(first, edge[0]):
            ring.appendleft(edge[::-1])
        elif _meet(first, last):
            yield np.vstack(ring)
            ring = deque([edge])
        else:
            # A gap: it is closed by a line.
            ring.append(edge)
    if ring:
        yield np.vstack(ring)


def _meet(one: Points, other: Points) -> bool:
    return all(
        math.isclose(a, b, rel_tol=_MEETING, abs_tol=_MEETING_M)
        for a, b in zip(one.tolist(), other.tolist(), strict=True)
    )
