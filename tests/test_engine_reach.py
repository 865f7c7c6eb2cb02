"""Whether some point of a region lies farther than a distance from edges, where GEOS makes it hard."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
import toy

EAST, NORTH = 1e7, 1e7


def tile(i: int, j: int) -> shapely.Geometry:
    return shapely.box(EAST + 100 * i, NORTH + 100 * j, EAST + 100 * (i + 1), NORTH + 100 * (j + 1))


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize(("top", "expected"), [(36.0, "maybe"), (39.9, "maybe"), (40.1, "yes"), (45.0, "yes")])
def test_a_crumb_below_the_shared_border_is_no_depth(many, top, expected):
    # The middle one of nine tiles is missing. The site stands on its upper border and reaches a rounding below it, so
    # that no point of it is deeper in the zone than its top is above that border.
    zone = toy.layer("zone", *(tile(i, j) for i in range(3) for j in range(4) if (i, j) != (1, 1)), accuracy_m=40.0)
    below = np.nextafter(NORTH + 200, 0)
    site = shapely.Polygon(
        [(EAST + 145.7, below), (EAST + 145.7, NORTH + 200 + top), (EAST + 100, NORTH + 200 + top), (EAST + 100, below)]
    )
    around = toy.district(shapely.box(EAST - 9000, NORTH - 9000, EAST + 9000, NORTH + 9000))
    with toy.many(sites=many):
        batch = toy.screen(toy.inside("zone"), toy.layers(zone, around), toy.sites(site))
    assert toy.answer(batch, 0) == expected
