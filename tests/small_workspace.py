"""A workspace on disk whose numbers a reader checks in the head, for tests that start from files.

The district is a square of 10 km about (0, 0) of the toy's own metres; the river's water is the strip from y = -100 to
y = 100; the red line is the square from (2000, 2000) to (3000, 3000). Real coordinates are those plus ORIGIN.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import shapely

ORIGIN = (420_000.0, 3_280_000.0)
CRS = "EPSG:4545"

CATALOG = """\
name: small
crs: EPSG:4545
jurisdiction: district
layers:
  district:
    title: {zh: 小区, en: Small district}
    path: small.gpkg
    layer: district
    fields: {id: id, name: name}
    accuracy_m: 0
    covers: own
  river:
    title: {zh: 河流, en: Rivers}
    path: small.gpkg
    layer: river
    fields: {id: id, name: name, river: river, grade: grade}
    accuracy_m: 0
    covers: district
  red_line:
    title: {zh: 生态保护红线, en: Ecological red line}
    path: small.gpkg
    layer: red_line
    fields: {id: id, name: name}
    accuracy_m: 5
    covers: district
    indicative: true
"""


def box(left: float, bottom: float, right: float, top: float) -> shapely.Polygon:
    east, north = ORIGIN
    return shapely.box(east + left, north + bottom, east + right, north + top)


def make_workspace(root: Path) -> Path:
    """Write the workspace and give its folder."""
    layers = root / "layers"
    layers.mkdir(parents=True)
    (layers / "catalog.yaml").write_text(CATALOG, "utf-8")
    layer_rows = {
        "district": {"id": ["D1"], "name": ["小区"], "geometry": [box(-5000, -5000, 5000, 5000)]},
        "river": {
            "id": ["R1"],
            "name": ["长江"],
            "river": ["长江"],
            "grade": ["main"],
            "geometry": [box(-5000, -100, 5000, 100)],
        },
        "red_line": {"id": ["H1"], "name": ["红线一"], "geometry": [box(2000, 2000, 3000, 3000)]},
    }
    for name, columns in layer_rows.items():
        gpd.GeoDataFrame(columns, crs=CRS).to_file(layers / "small.gpkg", layer=name, driver="GPKG")
    return root


def make_sites(path: Path, rows: Sequence[tuple[str, str, float | None, float | None]]) -> Path:
    """Write a CSV of sites: id, activity, and where the point lies in the toy's own metres; None for no place."""
    lines = ["site_id,name,activity,nature,x,y"]
    for site_id, activity, x, y in rows:
        place = ["" if value is None else str(value + base) for value, base in zip((x, y), ORIGIN, strict=True)]
        lines.append(",".join([site_id, f"site {site_id}", activity, "new", *place]))
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path
