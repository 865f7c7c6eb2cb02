"""An outline that does not come back to its first corner is closed, and the site says so, whatever the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import fuling_gis as fg
from fuling_gis.readers.table import Piece, cut

CORNERS = [(107.40, 29.70), (107.41, 29.70), (107.41, 29.71), (107.40, 29.71)]


def kml(folder: Path, *rings: list[tuple[float, float]]) -> Path:
    marks = "".join(
        f"<Placemark><name>{n}</name><Polygon><outerBoundaryIs><LinearRing><coordinates>"
        + " ".join(f"{x},{y}" for x, y in ring)
        + "</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>"
        for n, ring in enumerate(rings)
    )
    path = folder / "a.kml"
    path.write_text(f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{marks}</Document></kml>', "utf-8")
    return path


def geojson(folder: Path, *rings: list[tuple[float, float]]) -> Path:
    features = [
        {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}} for ring in rings
    ]
    path = folder / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return path


def parcels(folder: Path, *rings: list[tuple[float, float]]) -> Path:
    head = ("坐标系=2000国家大地坐标系", "几度分带=3", "投影类型=高斯克吕格", "计量单位=米", "带号=36", "精度=0.01")
    text = "\n".join(["[属性描述]", *head, "转换参数=,,,,,,", "[地块坐标]", ""])
    for n, ring in enumerate(rings):
        text += f"{len(ring)},1.0,{n},地块{n},面,,,,@\n"
        # Metres along a meridian and across it, as large as the degrees above.
        text += "".join(
            f"J{k},1,{3_287_000 + (y - 29.7) * 1e5:.2f},{36_346_000 + (x - 107.4) * 1e5:.2f}\n"
            for k, (x, y) in enumerate(ring)
        )
    path = folder / "a.txt"
    path.write_text(text, "gb18030")
    return path


@pytest.mark.parametrize("made", [kml, geojson, parcels])
def test_a_row_says_that_its_outline_was_closed_and_others_do_not(tmp_path, made):
    path = made(tmp_path, CORNERS, [*CORNERS, CORNERS[0]], CORNERS[::-1])
    sites = fg.read_sites(path, lang="en")
    assert sites.status.tolist() == ["repaired", "ok", "repaired"]
    said = ["closed there" in text for text in sites.problem]
    assert said == [True, False, True]
    # All three are the same ground.
    assert [round(shape.area / sites.geometry[1].area, 9) for shape in sites.geometry] == [1.0, 1.0, 1.0]


def test_the_rows_of_a_part_are_counted_from_its_first():
    import numpy as np
    import pyarrow as pa

    piece = Piece(pa.table({"a": [1, 2, 3, 4]}), np.full(4, None, dtype=object), closed=frozenset({0, 2, 3}))
    assert cut(piece, 1, 3).closed == {1}
    assert cut(piece, 2, 4).closed == {0, 1}
