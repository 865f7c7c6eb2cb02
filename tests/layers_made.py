"""Layer files and workspaces made by hand: the toy district, a square of 10 km whose middle is at (X, Y)."""

from __future__ import annotations

import textwrap
import warnings
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from fuling_gis.workspace import Workspace, open_workspace

CRS = "EPSG:4545"
# On the central meridian of the working CRS, so that grid and true directions agree.
X, Y = 500_000.0, 3_290_000.0


def box(west: float, south: float, east: float, north: float) -> Any:
    """Make a rectangle by its distances from the middle of the square, metres."""
    return shapely.box(X + west, Y + south, X + east, Y + north)


SQUARE = box(-5000, -5000, 5000, 5000)
RIVER = box(-10000, -300, 10000, 0)
AROUND = box(-10000, -10000, 10000, 10000)


def write(path: Path, *geometry: Any, layer: str | None = None, crs: str | None = CRS, **columns: Any) -> Path:
    """Write features to a file of the format that the suffix says; a GeoPackage gains a layer."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shapes = np.empty(len(geometry), dtype=object)
    shapes[:] = geometry
    frame = gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(shapes, crs=crs), crs=crs)
    options = {"encoding": "gb18030"} if path.suffix == ".shp" else {}
    with warnings.catch_warnings():
        # A file that names no CRS is what some tests are about.
        warnings.filterwarnings("ignore", "'crs' was not provided")
        frame.to_file(path, layer=layer, engine="pyogrio", **options)
    return path


def workspace(root: Path, layers: str, *, top: str = "name: toy\ncrs: EPSG:4545\njurisdiction: district") -> Workspace:
    """Write a catalogue whose `layers:` is the text given, and open the workspace."""
    (root / "layers").mkdir(parents=True, exist_ok=True)
    text = f"{top}\nlayers:\n{textwrap.indent(textwrap.dedent(layers), '  ')}"
    (root / "layers" / "catalog.yaml").write_text(text, "utf-8")
    return open_workspace(root)
