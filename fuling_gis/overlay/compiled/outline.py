"""Outlines of features as plain segments, under a tree of boxes: what distances and crossings are asked of.

Each feature's rings, lines and points are cut into runs of consecutive segments; a run is a leaf of the tree, four
leaves or nodes side by side are a node of the next level. An outline keeps neighbours together by itself, so nothing
is sorted but whole rings. A point is a segment of no length. Metres of one working CRS.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from fuling_gis.overlay.pieces import POINT, POLYGON, Geometries, Indices, along_curve, parts

Floats = NDArray[np.float64]
Numbers = NDArray[np.int32]

# Segments of a leaf, and members of a node.
RUN: Final = 8
BRANCHES: Final = 4


class Tree(NamedTuple):
    """Outlines of numbered features. Nodes are numbered level by level, the leaves first."""

    # x and y of both ends; shape (segments, 4). Areas lie to the left of the segments of their rings.
    segment: Floats
    # First segment of each leaf; shape (leaves + 1,).
    first: Numbers
    # Whether a leaf is part of a ring, so that crossing it leads into or out of a feature; shape (leaves,).
    ring: NDArray[np.bool_]
    # Least x, least y, greatest x, greatest y of each node; shape (nodes, 4).
    box: Floats
    # The node's first member, a node of the level below; of no meaning for leaves; shape (nodes,).
    child: Numbers
    # The feature that all leaves below belong to, or the number of features where they differ; shape (nodes,).
    owner: Numbers
    # How many features there are.
    features: int


def tree_of(geometry: Geometries) -> Tree:
    """Make the tree of some features, numbered as they stand; any kind of geometry, empty ones have no segments."""
    flat, owner = parts(geometry)
    kind = shapely.get_type_id(flat)
    area = kind == POLYGON
    rings, of = shapely.get_rings(shapely.orient_polygons(flat[area]), return_index=True)
    chains = np.concatenate([rings, flat[~area]])
    feature = np.concatenate([owner[area][of], owner[~area]])
    is_ring = np.arange(len(chains)) < len(rings)
    # Features lie in the tree as they lie in the plane, so that nodes of several are not larger than they must be.
    full = np.unique(feature)
    rank = np.zeros(len(geometry), np.int64)
    rank[full] = along_curve(shapely.bounds(geometry[full]))
    order = np.lexsort((along_curve(shapely.bounds(chains)), feature, rank[feature]))
    return _packed(chains[order], feature[order], is_ring[order], len(geometry))


def _packed(chains: Geometries, feature: Indices, is_ring: NDArray[np.bool_], features: int) -> Tree:
    xy, of = shapely.get_coordinates(chains, return_index=True)
    count = np.bincount(of, minlength=len(chains))
    points = np.flatnonzero(shapely.get_type_id(chains) == POINT)
    # A point's only place is both ends of its segment.
    step = np.where(count > 1, 1, 0)
    begins = np.ones(len(xy), bool)
    begins[np.cumsum(count) - 1] = False
    begins[(np.cumsum(count) - 1)[points]] = True
    at = np.flatnonzero(begins)
    chain = of[at]
    segment = np.concatenate([xy[at], xy[at + step[chain]]], axis=1)
    nth = np.arange(len(at)) - np.searchsorted(chain, chain)
    first = np.flatnonzero(nth % RUN == 0)
    of_leaf = chain[first]
    ends = np.append(first, len(segment)).astype(np.int32)
    low = np.minimum(segment[:, :2], segment[:, 2:])
    high = np.maximum(segment[:, :2], segment[:, 2:])
    if len(first):
        boxes = np.concatenate([np.minimum.reduceat(low, first), np.maximum.reduceat(high, first)], axis=1)
    else:
        boxes = np.zeros((0, 4))
    box, child, owner = _levels(boxes, feature[of_leaf].astype(np.int32), features)
    return Tree(segment, ends, is_ring[of_leaf], box, child, owner, features)


def _levels(boxes: Floats, feature: Numbers, features: int) -> tuple[Floats, Numbers, Numbers]:
    """Put nodes above leaves, level by level, up to a single one."""
    box, owner = [boxes], [feature]
    while len(box[-1]) > 1:
        start = np.arange(0, len(box[-1]), BRANCHES)
        low = np.minimum.reduceat(box[-1][:, :2], start)
        high = np.maximum.reduceat(box[-1][:, 2:], start)
        least, most = (ufunc.reduceat(owner[-1], start) for ufunc in (np.minimum, np.maximum))
        box.append(np.concatenate([low, high], axis=1))
        owner.append(np.where(least == most, least, features).astype(np.int32))
    return np.concatenate(box), children(len(boxes)), np.concatenate(owner)


def children(leaves: int) -> Numbers:
    """Give the first member of each node above so many leaves; see `Tree.child`."""
    child, below, level = [np.zeros(leaves, np.int32)], 0, leaves
    while level > 1:
        start = np.arange(0, level, BRANCHES)
        child.append((below + start).astype(np.int32))
        below, level = below + level, len(start)
    # One more, so that each node's members end where the next one's begin.
    return np.concatenate([*child, np.array([below], np.int32)])
