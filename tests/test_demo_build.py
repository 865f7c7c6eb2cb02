"""Building the demonstration: the same again every time, and what the checkout holds is what the package draws."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import numpy as np
import pyogrio
import pytest
import shapely
from demo_made import LAYERS, names, plain, read

from fuling_gis.demo import assembly, build
from fuling_gis.demo.write import fixed_time
from fuling_gis.errors import OutputError

SOME = """
import sys
from pathlib import Path
import shapely
from fuling_gis.demo import district, rivers, towns
from fuling_gis.demo.table import Table
from fuling_gis.demo.write import write_geopackage, write_shapefile

outline = district.outline()
river = rivers.rivers(outline)
park = towns.parks(shapely.union_all(river.geometry[:2]))
whole = Table.of(outline, {"XZQDM": ["500102"], "XZQMC": ["涪陵区"]})
folder = Path(sys.argv[1])
write_geopackage(folder / "some.gpkg", {"district": whole, "river": river, "industrial_park": park})
write_shapefile(folder / "park.shp", park)
"""


def digests(folder):
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """Build the whole demonstration once."""
    folder = tmp_path_factory.mktemp("built")
    build(folder)
    return folder / "layers"


def test_two_processes_at_two_times_write_the_same_bytes(tmp_path):
    made = []
    for clock in ("UTC", "Asia/Shanghai"):
        folder = tmp_path / clock.replace("/", "_")
        folder.mkdir()
        surroundings = {**os.environ, "TZ": clock, "PYTHONHASHSEED": str(len(made) + 1), "PYTHONIOENCODING": "utf-8"}
        subprocess.run([sys.executable, "-c", SOME, str(folder)], check=True, env=surroundings)
        made.append(digests(folder))
    assert made[0] == made[1]
    assert set(made[0]) == {"some.gpkg", "park.dbf", "park.prj", "park.shp", "park.shx"}


def test_the_checkout_holds_the_layers_that_a_fresh_build_draws(fresh):
    assert [str(name) for name, _ in pyogrio.list_layers(fresh / "demo.gpkg")] == names()
    for name in names():
        here, there = read(LAYERS / "demo.gpkg", name), read(fresh / "demo.gpkg", name)
        assert shapely.equals_exact(here.geometry, there.geometry, tolerance=1e-6).all(), name
        for column, values in here.fields.items():
            assert plain(values) == plain(there.fields[column]), (name, column)


def test_the_checkout_holds_the_samples_and_the_catalogue_that_a_fresh_build_writes(fresh):
    assert digests(LAYERS / "samples") == digests(fresh / "samples")
    for name in ("catalog.yaml", "dem.tif", "cover.tif"):
        assert (LAYERS / name).read_bytes() == (fresh / name).read_bytes(), name


def test_a_fresh_build_leaves_nothing_else_behind(fresh):
    assert sorted(p.name for p in fresh.iterdir()) == ["catalog.yaml", "cover.tif", "dem.tif", "demo.gpkg", "samples"]


def test_a_checkout_hands_out_what_it_has_drawn_already(tmp_path, monkeypatch):
    monkeypatch.setattr(assembly, "draw", lambda: pytest.fail("drawn again"))
    assembly.make(tmp_path)
    assert digests(tmp_path / "layers" / "samples") == digests(LAYERS / "samples")
    assert (tmp_path / "layers" / "demo.gpkg").read_bytes() == (LAYERS / "demo.gpkg").read_bytes()


def test_a_package_without_a_checkout_draws(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(assembly, "_READY", tmp_path / "nowhere")
    monkeypatch.setattr(assembly, "build", drawn.append)
    assembly.make(tmp_path / "demo")
    assert drawn == [tmp_path / "demo"]


def test_the_fixed_time_holds_only_while_writing():
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    with fixed_time():
        assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") == "2024-06-01T00:00:00Z"
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") == before


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("fuling_gis.demo.assembly.draw", dict)
    (tmp_path / "layers").write_text("a file where a folder should be", "utf-8")
    with pytest.raises(OutputError, match="layers: cannot be written"):
        build(tmp_path)


def test_drawing_makes_contours_of_the_right_size():
    from fuling_gis.demo.contours import Nodes, above

    nodes = Nodes(0.0, 0.0, 10.0, 101, 101)
    cone = 300.0 - np.hypot(nodes.x - 500.0, nodes.y - 500.0)
    disc = above(nodes, cone)
    assert disc.area == pytest.approx(np.pi * 300.0**2, rel=0.005)
    assert above(nodes, cone, 400.0).is_empty
    ring = above(nodes, np.minimum(cone, 100.0 - cone))
    assert ring.area == pytest.approx(np.pi * (300.0**2 - 200.0**2), rel=0.01)
    assert len(ring.interiors) == 1
