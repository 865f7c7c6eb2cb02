"""Keeps trees and fields on disk, by the outlines they were made from and the text of the loops that made them.

Compiled loops look up numbers in these arrays without asking whether there is such a place; so what comes from a file
is looked through before it is handed to them, whole as the file may be.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

import numba
import numpy as np
import shapely
from numpy.typing import NDArray

from fuling_gis.cache import Arrays, key_of
from fuling_gis.overlay import pieces
from fuling_gis.overlay.compiled.compiling import text_of_loops
from fuling_gis.overlay.compiled.field import COARSEST, Field
from fuling_gis.overlay.compiled.outline import Tree, children
from fuling_gis.overlay.pieces import Geometries

# More features or cells along a side than there ever are.
_MOST: Final = 1e9
_SCALARS: Final = ("features", "x0", "y0", "cell_m", "nx", "ny")
# Of each array its type and how many axes it has.
_KINDS: Final = {
    "Tree.segment": (np.float64, 2),
    "Tree.first": (np.int32, 1),
    "Tree.ring": (np.bool_, 1),
    "Tree.box": (np.float64, 2),
    "Tree.child": (np.int32, 1),
    "Tree.owner": (np.int32, 1),
    "Field.doublings": (np.uint8, 1),
    "Field.signed": (np.float32, 1),
    "Field.inside": (np.int32, 1),
    "Field.first": (np.int32, 1),
    "Field.held": (np.int32, 1),
    "Field.begins": (np.int32, 1),
    "Field.leaf": (np.int32, 1),
}


def key_for(geometry: Geometries) -> str:
    """Name tree and field of some features by all that they hang on."""
    outlines = b"".join(wkb or b"\x00" for wkb in shapely.to_wkb(geometry).tolist())
    made_by = (text_of_loops(), _pieces(), shapely.__version__, shapely.geos_version, np.__version__, numba.__version__)
    return key_of("gauge", *made_by, len(geometry), outlines)


@cache
def _pieces() -> bytes:
    """Give the text of what takes outlines apart."""
    return Path(pieces.__file__).read_bytes()


def as_arrays(tree: Tree, field: Field) -> dict[str, NDArray[Any]]:
    """Give tree and field as arrays to be kept."""
    parts = [(type(each).__name__, each._asdict()) for each in (tree, field)]
    arrays = {f"{kind}.{name}": part for kind, each in parts for name, part in each.items() if name not in _SCALARS}
    scalars = {**parts[0][1], **parts[1][1]}
    return {"about": np.array([float(scalars[name]) for name in _SCALARS]), **arrays}


def taken(arrays: Arrays | None, features: int) -> tuple[Tree, Field] | None:
    """Give tree and field from what was kept; None where nothing was, or where it does not hold together."""
    if arrays is None or set(arrays) != {"about", *_KINDS}:
        return None
    if any(arrays[name].dtype != kind or arrays[name].ndim != depth for name, (kind, depth) in _KINDS.items()):
        return None
    about = arrays["about"]
    if about.dtype != np.float64 or about.shape != (len(_SCALARS),) or not np.isfinite(about).all():
        return None
    many, x0, y0, cell_m, nx, ny = about.tolist()
    if not all(value.is_integer() and 0 <= value < _MOST for value in (many, nx, ny)) or (nx == 0) != (ny == 0):
        return None
    tree = Tree(features=int(many), **_parts(arrays, Tree))
    field = Field(x0=x0, y0=y0, cell_m=cell_m, nx=int(nx), ny=int(ny), **_parts(arrays, Field))
    fits = tree.features == features and _tree_holds(tree) and _field_holds(tree, field)
    return (tree, field) if fits else None


def _parts(arrays: Arrays, kind: type[Tree | Field]) -> dict[str, Any]:
    return {name: arrays[f"{kind.__name__}.{name}"] for name in kind._fields if name not in _SCALARS}


def _tree_holds(tree: Tree) -> bool:
    """Tell whether every number in a tree names something that is there."""
    leaves, nodes = len(tree.ring), len(tree.owner)
    return (
        tree.segment.shape[1] == tree.box.shape[1] == 4  # noqa: PLR2004  two ends, two corners
        and len(tree.box) == nodes
        and _runs(tree.first, leaves, len(tree.segment))
        and np.array_equal(tree.child, children(leaves))
        and nodes == len(tree.child) - 1
        and _among(tree.owner, tree.features + 1)
        and _among(tree.owner[:leaves], tree.features)
        and bool(np.isfinite(tree.segment).all() and np.isfinite(tree.box).all())
    )


def _field_holds(tree: Tree, field: Field) -> bool:
    """Tell whether every number in a field names something that is there."""
    cells, lists = field.nx * field.ny, len(field.first) - 1
    if field.cell_m <= 0 or not _runs(field.first, lists, len(field.held)):
        return False
    many = np.diff(field.first)
    # In room for so many features no list may name one twice.
    named = np.repeat(np.arange(lists), many) * tree.features + field.held
    return (
        len(field.doublings) == len(field.signed) == len(field.inside) == cells
        and bool((field.doublings <= COARSEST).all() and np.isfinite(field.signed).all())
        and _among(field.inside, lists)
        and _among(field.held, tree.features)
        and len(np.unique(named)) == len(named)
        and _runs(field.begins, cells, len(field.leaf))
        and _among(field.leaf, len(tree.ring))
    )


def _runs(first: NDArray[np.int32], runs: int, members: int) -> bool:
    """Tell whether so many runs, one after the other, hold all of so many members."""
    return len(first) == runs + 1 and first[0] == 0 and first[-1] == members and bool((first[1:] >= first[:-1]).all())


def _among(number: NDArray[np.int32], many: int) -> bool:
    """Tell whether all numbers are from 0 to below so many."""
    return not len(number) or bool(number.min() >= 0 and number.max() < many)
