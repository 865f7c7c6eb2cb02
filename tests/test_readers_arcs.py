"""Arcs of drawings: edges that leave the true circle by a centimetre at most, whatever entity it is drawn by."""

from __future__ import annotations

import itertools
import time

import ezdxf
import numpy as np
import pytest
import shapely

from fuling_gis.readers import read_table


def drawing(path, fill):
    document = ezdxf.new("R2010")
    fill(document.modelspace(), document)
    document.saveas(path)
    return path


def leaves(shape, radius, centre=(0.0, 0.0)):
    """Tell how far the edges of an outline leave a circle: its corners, and the middles of its edges, from the centre.

    An edge between two points of a circle is nowhere farther off it than in its middle.
    """
    xy = shapely.get_coordinates(shape) - centre
    middles = (xy[1:] + xy[:-1]) / 2
    return max(np.abs(np.hypot(*xy.T) - radius).max(), np.abs(np.hypot(*middles.T) - radius).max())


@pytest.mark.parametrize("radius", [1.0, 1_000.0, 20_000.0])
@pytest.mark.parametrize(
    "what", ["hatch", "hatch of bulges", "hatch, clockwise", "circle", "ellipse", "polyline", "old"]
)
def test_a_circle_leaves_the_true_one_by_a_centimetre_at_most(tmp_path, what, radius):
    x, y = 448_000.0, 3_280_000.0

    def fill(space, _):
        # A bulge of 1 is half a circle.
        halves = [(x + radius, y, 1), (x - radius, y, 1)]
        if what == "circle":
            space.add_circle((x, y), radius)
        elif what == "ellipse":
            space.add_ellipse((x, y), (radius, 0), ratio=1)
        elif what == "polyline":
            space.add_lwpolyline(halves, format="xyb", close=True)
        elif what == "old":
            space.add_polyline2d(halves, format="xyb", close=True)
        elif what == "hatch of bulges":
            space.add_hatch().paths.add_polyline_path(halves, is_closed=True)
        elif what == "hatch":
            space.add_hatch().paths.add_edge_path().add_arc((x, y), radius, 0, 360)
        else:
            edges = space.add_hatch().paths.add_edge_path()
            for begin in (270, 180, 90, 0):
                edges.add_arc((x, y), radius, begin, begin + 90, ccw=False)

    shape = read_table(drawing(tmp_path / "a.dxf", fill)).geometry[0]
    assert shapely.get_type_id(shape) == 3
    # Coordinates of millions of metres hold a nanometre at best.
    assert leaves(shape, radius, (x, y)) < 0.01 + 1e-6
    # What is missing is no wider than a centimetre all around.
    assert shapely.area(shape) == pytest.approx(np.pi * radius**2, abs=2 * np.pi * radius * 0.01)


@pytest.mark.parametrize("degrees", [10, 90, 180, 270, 350])
@pytest.mark.parametrize("old", [False, True])
def test_an_arc_of_any_angle_leaves_the_true_one_by_a_centimetre_at_most(tmp_path, degrees, old):
    angle = np.radians(degrees)
    ends = [(1_000, 0, np.tan(angle / 4)), (1_000 * np.cos(angle), 1_000 * np.sin(angle), 0)]

    def fill(space, _):
        (space.add_polyline2d if old else space.add_lwpolyline)(ends, format="xyb", close=False)

    line = read_table(drawing(tmp_path / "a.dxf", fill)).geometry[0]
    assert leaves(line, 1_000) < 0.01 + 1e-9
    assert shapely.length(line) == pytest.approx(1_000 * angle, rel=1e-4)
    # It goes the way that it is said to: anticlockwise, from east.
    assert line.coords[len(line.coords) // 2] == pytest.approx(
        (1_000 * np.cos(angle / 2), 1_000 * np.sin(angle / 2)), abs=30
    )


def test_a_bulge_below_nothing_is_an_arc_to_the_left(tmp_path):
    # A square of 100 m into which a half circle is cut from the right.
    corners = [(0, 0, 0), (100, 0, -1), (100, 100, 0), (0, 100, 0)]
    for kind in ("line", "hatch"):

        def fill(space, _, kind=kind):
            if kind == "line":
                space.add_lwpolyline(corners, format="xyb", close=True)
            else:
                space.add_hatch().paths.add_polyline_path(corners, is_closed=True)

        area = shapely.area(read_table(drawing(tmp_path / "a.dxf", fill)).geometry[0])
        assert area == pytest.approx(10_000 - np.pi * 50**2 / 2, abs=np.pi * 50 * 0.01)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 3, 2, 1), (1, 0, 2, 3), (2, 1, 3, 0)])
@pytest.mark.parametrize("turned", [False, True])
def test_edges_of_a_hatch_are_joined_where_they_meet(tmp_path, order, turned):
    """Half a circle of 1 km, closed by three lines, with an ellipse and a spline of one straight line as holes."""

    def fill(space, _):
        hatch = space.add_hatch()
        edges = hatch.paths.add_edge_path()
        corners = [(-1_000, 0), (-1_000, -500), (1_000, -500), (1_000, 0)]
        lines = list(itertools.pairwise(corners))
        for at in order:
            if at == 0:
                edges.add_arc((0, 0), 1_000, 0, 180, ccw=not turned)
            else:
                begin, end = lines[at - 1]
                edges.add_line(*((end, begin) if turned else (begin, end)))
        hole = hatch.paths.add_edge_path()
        hole.add_ellipse((0, 400), (200, 0), ratio=0.5)
        hole = hatch.paths.add_edge_path()
        hole.add_spline(control_points=[(0, -300), (50, -300), (100, -300), (150, -300)], degree=3,
                        knot_values=[0, 0, 0, 0, 1, 1, 1, 1])  # fmt: skip
        hole.add_line((150, -300), (150, -200))
        hole.add_line((150, -200), (0, -300))

    shape = read_table(drawing(tmp_path / "a.dxf", fill)).geometry[0]
    wanted = np.pi * 1_000**2 / 2 + 2_000 * 500 - np.pi * 200 * 100 - 150 * 100 / 2
    assert len(shape.interiors) == 2
    assert shapely.area(shape) == pytest.approx(wanted, abs=np.pi * (1_000 + 200) * 0.01)
    arc = shapely.get_coordinates(shape.exterior)
    above = arc[arc[:, 1] > 1e-6]
    assert np.abs(np.hypot(*above.T) - 1_000).max() < 1e-6


def test_two_rings_in_one_path_of_a_hatch_are_two(tmp_path):
    def fill(space, _):
        edges = space.add_hatch().paths.add_edge_path()
        edges.add_arc((0, 0), 100, 0, 360)
        edges.add_arc((0, 0), 50, 0, 360)

    area = shapely.area(read_table(drawing(tmp_path / "a.dxf", fill)).geometry[0])
    assert area == pytest.approx(np.pi * (100**2 - 50**2), abs=2 * np.pi * 150 * 0.01)


@pytest.mark.parametrize("kind", ["circle", "arc", "line", "hatch"])
def test_what_is_drawn_from_below_is_mirrored(tmp_path, kind):
    """The plane of an entity whose normal looks down has its x to the west."""

    def fill(space, _):
        below = {"extrusion": (0, 0, -1)}
        if kind == "circle":
            space.add_circle((300, 20), 10, dxfattribs=below)
        elif kind == "arc":
            space.add_arc((300, 20), 10, 0, 180, dxfattribs=below)
        elif kind == "line":
            space.add_lwpolyline([(310, 20, 1), (290, 20, 1)], format="xyb", close=True, dxfattribs=below)
        else:
            space.add_hatch(dxfattribs=below).paths.add_edge_path().add_arc((300, 20), 10, 0, 360)

    bounds = read_table(drawing(tmp_path / "a.dxf", fill)).geometry[0].bounds
    assert bounds == pytest.approx((-310, 20 if kind == "arc" else 10, -290, 30), abs=0.02)


@pytest.mark.parametrize("kind", ["circle", "ellipse", "line", "hatch"])
def test_a_radius_beyond_all_places_ends(tmp_path, kind):
    """By a centimetre such a circle would have ten thousand million edges."""

    def fill(space, _):
        if kind == "circle":
            space.add_circle((0, 0), 1e18)
        elif kind == "ellipse":
            space.add_ellipse((0, 0), (1e18, 0), ratio=0.5)
        elif kind == "line":
            space.add_lwpolyline([(1e18, 0, 1), (-1e18, 0, 1)], format="xyb", close=True)
        else:
            space.add_hatch().paths.add_edge_path().add_arc((0, 0), 1e18, 0, 360)

    began = time.monotonic()
    shape = read_table(drawing(tmp_path / "a.dxf", fill)).geometry[0]
    assert shapely.get_num_coordinates(shape) < 300_000
    assert time.monotonic() - began < 10
