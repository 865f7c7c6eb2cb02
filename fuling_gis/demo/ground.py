"""The lie of the land, invented once and used by every layer: nodes, heights, slopes, distances to water and towns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from fuling_gis.demo import places
from fuling_gis.demo.contours import Nodes, above, level_for
from fuling_gis.demo.lines import on_grid, wandering
from fuling_gis.demo.noise import fractal_field
from fuling_gis.demo.table import Table

_STEP_M: Final = 100.0
# The folds of eastern Sichuan run this way, degrees from east; grain is drawn out along them.
_GRAIN_DEG: Final = 48.0


@dataclass(frozen=True)
class Ground:
    """What the layers are drawn on."""

    nodes: Nodes
    district: Any
    # True at nodes within the district.
    within: NDArray[np.bool_]
    # Height of the invented mountains at the nodes, 0 in the valleys, about 1 on the highest ridge.
    heights: NDArray[np.float64]
    # Name of a river (`长江`, `乌江`) or `tributary` to the distance from it, metres.
    to_water: Mapping[str, NDArray[np.float64]]
    # Distance to the nearest seat, to the inner city, and to the nearest park, metres.
    to_seat: NDArray[np.float64]
    to_city: NDArray[np.float64]
    to_park: NDArray[np.float64]
    # The water of the two great rivers, which no town or park stands in.
    great_water: Any

    def grain(self, seed: int, *, longest_m: float = 6000.0, shortest_m: float = 250.0) -> NDArray[np.float64]:
        """Give roughness of about unit height that is drawn out along the folds."""
        turn = np.deg2rad(_GRAIN_DEG)
        x, y = self.nodes.x, self.nodes.y
        with_fold, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
        return fractal_field(with_fold / 2.2, across, seed=seed, longest_m=longest_m, shortest_m=shortest_m)

    def share(
        self,
        field: NDArray[np.float64],
        percent: float,
        *,
        least_ha: float,
        within: float = 2e-3,
        minus: Any | None = None,
    ) -> Any:
        """Draw the highest part of a field that makes up so much of the district, cut by the district.

        within: how far the share may be off, as a share of itself. minus: ground that is not taken.
        """

        def draw(level: float) -> Any:
            drawn = shapely.intersection(
                above(self.nodes, field, level, least_ha=least_ha), self.district, grid_size=0.01
            )
            if minus is not None:
                drawn = shapely.difference(drawn, minus, grid_size=0.01)
            return on_grid(areas(drawn))

        return level_for(
            self.nodes,
            np.where(self.within, field, -np.inf),
            draw,
            area_m2=self.district.area * percent / 100,
            within=within,
        )


def ridges() -> list[tuple[str, float, float, Any]]:
    """List the ridges: name, height (1 is the highest), half width in metres, line."""
    return [
        (
            row["name"],
            float(row["height"]),
            float(row["half_width_m"]),
            shapely.LineString(wandering(places.way(row["points"]), step_m=300.0, amplitude_m=650.0, seed=20 + i)),
        )
        for i, row in enumerate(places.rows("mountains"))
    ]


def areas(geometry: Any) -> Any:
    """Keep the areas of a geometry: cuts leave lines and points where outlines touch."""
    parts = shapely.get_parts(geometry)
    return shapely.union_all(parts[shapely.get_dimensions(parts) == 2])  # noqa: PLR2004  the dimension of an area


def lie_of_the_land(district: Any, river: Table, parks: NDArray[np.object_]) -> Ground:
    """Invent the ground of the district."""
    left, bottom, right, top = district.bounds
    nodes = Nodes(
        np.floor(left / _STEP_M) * _STEP_M - _STEP_M,
        np.floor(bottom / _STEP_M) * _STEP_M - _STEP_M,
        _STEP_M,
        int((right - left) / _STEP_M) + 4,
        int((top - bottom) / _STEP_M) + 4,
    )
    seats = places.points("townships")
    inner = [i for i, row in enumerate(places.rows("townships")) if row["name"][:2] in {"敦仁", "崇义", "荔枝"}]
    names = np.array(river.fields["river"])
    great = np.isin(names, ["长江", "乌江"])
    return Ground(
        nodes=nodes,
        district=district,
        within=nodes.inside(district),
        heights=_heights(nodes),
        to_water={
            "长江": nodes.distance_to(river.geometry[names == "长江"][0]),
            "乌江": nodes.distance_to(river.geometry[names == "乌江"][0]),
            "tributary": nodes.distance_to(shapely.union_all(river.geometry[~great])),
        },
        to_seat=nodes.distance_to(shapely.MultiPoint(seats)),
        to_city=nodes.distance_to(shapely.MultiPoint(seats[inner])),
        to_park=nodes.distance_to(shapely.union_all(parks)),
        great_water=shapely.union_all(river.geometry[great]),
    )


def _heights(nodes: Nodes) -> NDArray[np.float64]:
    out = np.zeros((nodes.ny, nodes.nx))
    for _, height, half_width_m, line in ridges():
        out = np.maximum(out, height * np.exp(-((nodes.distance_to(line) / half_width_m) ** 2)))
    return out
