"""Areas by strips: shared edges, contact, holes, and what is left to GEOS."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from fuling_gis.overlay.compiled import overlap as strips
from fuling_gis.overlay.compiled.gauge import gauge_of
from fuling_gis.overlay.compiled.overlap import area_of, overlap
from fuling_gis.overlay.compiled.search import room_for
from fuling_gis.overlay.sitetree import sites_of

SQUARE = shapely.box(0, 0, 1, 1)


def common(feature: Any, site: Any) -> float:
    """Give the common area of a feature, the second of two, and a site."""
    gauge = gauge_of(np.array([shapely.box(-3, -3, -2, -2), feature], dtype=object))
    flat = sites_of(np.array([shapely.Point(0, 0), site], dtype=object)).flat
    return float(overlap(gauge.tree, gauge.field, room_for(gauge.tree), 1, flat, 1))


@pytest.mark.parametrize(
    ("geometry", "area"),
    [
        (shapely.box(5, 5, 7, 8), 6.0),
        (shapely.box(5, 5, 7, 8).reverse(), 6.0),
        (shapely.box(0, 0, 10, 10).difference(shapely.box(1, 1, 3, 3)), 96.0),
        (shapely.Polygon([(0, 0), (10, 0), (10, 10), (0, 10)], [[(1, 1), (3, 1), (3, 3), (1, 3)]]), 96.0),
        (shapely.Polygon([(1e7, 1e7), (1e7 + 4, 1e7), (1e7, 1e7 + 3)]), 6.0),
        (shapely.LineString([(0, 0), (5, 5), (0, 5), (0, 0)]), 0.0),
        (shapely.Point(3, 3), 0.0),
    ],
)
def test_the_area_of_a_site(geometry, area):
    assert area_of(sites_of(np.array([geometry], dtype=object)).flat, 0) == pytest.approx(area)


@pytest.mark.parametrize("dx", [-0.5, 0.0, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("dy", [-0.5, 0.0, 0.5, 1.0])
def test_two_unit_squares(dx, dy):
    # Identical, shifted along shared edges, touching, apart.
    area = max(0.0, 1 - abs(dx)) * max(0.0, 1 - abs(dy))
    assert common(SQUARE, shapely.box(dx, dy, dx + 1, dy + 1)) == pytest.approx(area, abs=1e-12)


@pytest.mark.parametrize(
    ("feature", "site", "area"),
    [
        # The site holds the feature; the feature the site; the site stands in the feature's hole, or about it.
        (SQUARE, shapely.box(-9, -9, 9, 9), 1.0),
        (shapely.box(-9, -9, 9, 9), SQUARE, 1.0),
        (shapely.box(-9, -9, 9, 9).difference(shapely.box(-1, -1, 2, 2)), SQUARE, 0.0),
        (shapely.box(-9, -9, 9, 9).difference(shapely.box(-1, -1, 2, 2)), shapely.box(-2, -2, 3, 3), 16.0),
        # A hole of the site; both triangles of a square; a spike that goes out and back along one line.
        (shapely.box(0.25, 0.25, 3, 3), shapely.box(0, 0, 4, 4).difference(shapely.box(1, 1, 2, 2)), 2.75**2 - 1),
        (shapely.Polygon([(0, 0), (1, 0), (1, 1)]), shapely.Polygon([(0, 0), (1, 1), (0, 1)]), 0.0),
        (shapely.Polygon([(0, 0), (1, 0), (0, 1)]), SQUARE, 0.5),
        (shapely.Polygon([(0, 0), (4, 0), (4, 1), (8, 1), (4, 1), (4, 4), (0, 4)]), shapely.box(3, 0, 9, 4), 4.0),
        # A sliver of a billionth of a square metre.
        (shapely.Polygon([(0, 0.5), (1, 0.5), (1, 0.5 + 2e-9)]), SQUARE, 1e-9),
    ],
)
def test_areas_that_the_head_can_check(feature, site, area):
    assert common(feature, site) == pytest.approx(area, abs=1e-12)
    assert common(feature.reverse(), site.reverse()) == pytest.approx(area, abs=1e-12)


def test_an_outline_through_the_corner_of_the_box_about_the_site_is_left_to_geos():
    # The box about the unit square begins a little left of it and ends a little above.
    corner = (-strips._LEFT_M, 1 + strips._UP_M)
    feature = shapely.Polygon([corner, (0.5, -5), (0.6, -5)])
    assert np.isnan(common(feature, SQUARE))


def test_very_many_pairs_of_edges_are_left_to_geos():
    fine = shapely.Point(0, 0).buffer(5, quad_segs=400)
    assert np.isnan(common(fine, shapely.Point(1, 0).buffer(5, quad_segs=400)))
    # What was begun is forgotten: the next site is measured as if nothing had been.
    assert common(fine, shapely.box(-1, -1, 1, 1)) == pytest.approx(4.0)


number = st.integers(-6, 6).map(float)
areas = (
    st.lists(st.tuples(number, number), min_size=3, max_size=8)
    .map(shapely.Polygon)
    .filter(lambda p: p.is_valid and p.area > 0)
)


@given(areas, areas)
@settings(max_examples=300, deadline=None)
def test_common_areas_are_those_of_shapely(feature, site):
    assert common(feature, site) == pytest.approx(feature.intersection(site).area, abs=1e-9)
