"""The free facts that the demonstration is drawn from: seats, waypoints, names; in metres of the working CRS.

Seats of towns: GeoNames (CC BY 4.0); waypoints and widths of the two rivers: derived by this project; what is marked
`sketched` or `extended`, all tributaries, ridges and outlines: drawn freehand by this project.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from fuling_gis import crs

CRS: Final = "EPSG:4545"
_FACTS: Final = Path(__file__).parent / "facts"


@dataclass(frozen=True)
class Course:
    """A river as it was sketched."""

    name: str
    # 0 the Yangtze, 1 what flows into it, 2 what flows into that.
    order: int
    # Square kilometres; None where nobody has said.
    basin_km2: float | None
    # Metres, upstream first, shape (n, 2).
    xy: NDArray[np.float64]


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """Read one table of facts."""
    with (_FACTS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def metres(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bring longitude and latitude (CGCS2000) to metres, shape (n, 2)."""
    points = crs.transform(shapely.points(lonlat), "EPSG:4490", CRS)
    return np.asarray(shapely.get_coordinates(points))


@cache
def points(name: str) -> NDArray[np.float64]:
    """Give the places of a table with columns lon and lat, metres, shape (n, 2)."""
    return metres(np.array([[float(row["lon"]), float(row["lat"])] for row in rows(name)]))


@cache
def seat(name: str) -> tuple[float, float]:
    """Give the seat of a town, metres."""
    names = [row["name"] for row in rows("townships")]
    x, y = points("townships")[names.index(name)]
    return float(x), float(y)


def way(text: str) -> NDArray[np.float64]:
    """Read `lon lat;lon lat` to metres, shape (n, 2)."""
    return metres(np.array([[float(number) for number in pair.split()] for pair in text.split(";")]))


@cache
def waypoints(river: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the waypoints of a great river downstream, metres, and its width there, NaN where not measured."""
    chosen = [i for i, row in enumerate(rows("main_rivers")) if row["river"] == river]
    widths = [rows("main_rivers")[i]["width_m"] for i in chosen]
    return points("main_rivers")[chosen], np.array([float(w) if w else np.nan for w in widths])


def tributaries() -> list[Course]:
    """List the tributaries as they were sketched."""
    return [
        Course(
            row["river"], int(row["order"]), float(row["basin_km2"]) if row["basin_km2"] else None, way(row["points"])
        )
        for row in rows("tributaries")
    ]
