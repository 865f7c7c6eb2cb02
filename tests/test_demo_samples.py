"""The sample sites: every row lies where its conditions say, and the rows between them show all there is to show."""

from __future__ import annotations

import struct
from functools import cache

import numpy as np
import pytest
import shapely
from demo_made import LAYERS, held, read

import fuling_gis as fg
from fuling_gis.demo.samples import free_of, samples, zones
from fuling_gis.verdicts import VERDICTS

FOLDER = LAYERS / "samples"
FILES = {name: read(FOLDER / f"{name}.shp", encoding="gb18030") for name in ("points", "polygons")}
ROWS = [(sample, i) for name in FILES for i, sample in enumerate(s for s in samples() if s.file == name)]
TITLES = [str(sample.columns["项目名称"]) for sample, _ in ROWS]


@cache
def ground(zone):
    """Give the ground of a named zone from the GeoPackage."""
    return shapely.union_all(held(zones()[zone].layer).where(**zones()[zone].fields))


@cache
def outline(zone):
    return shapely.boundary(ground(zone))


def signed(zone, point):
    """Measure how far a point lies from a zone, negative inside."""
    area = ground(zone)
    if shapely.intersects(area, point):
        return -shapely.distance(outline(zone), point)
    return shapely.distance(area, point)


@pytest.fixture(scope="module")
def found():
    """Screen the two files with everything as it stands in the checkout."""
    workspace = fg.open_workspace(LAYERS.parent)
    sites = fg.read_sites([FOLDER / "points.shp", FOLDER / "polygons.shp"], workspace=workspace)
    return fg.screen(sites, workspace, as_of="2024-06-01")


def test_there_are_about_ninety_sites_in_two_files():
    assert {name: len(file.geometry) for name, file in FILES.items()} == {"points": 74, "polygons": 20}
    assert [str(s.file) for s in samples()] == ["points"] * 74 + ["polygons"] * 20


@pytest.mark.parametrize("name", list(FILES))
def test_the_files_are_of_the_awkward_kind_that_offices_send(name):
    raw = (FOLDER / f"{name}.dbf").read_bytes()
    assert not (FOLDER / f"{name}.cpg").exists()
    # The language byte says nothing, text and column names are GBK, and no column name is longer than ten bytes.
    assert raw[29] == 0
    assert "项目名称".encode("gbk") in raw
    width = struct.unpack("<H", raw[8:10])[0]
    columns = [raw[i : i + 11].split(b"\0")[0] for i in range(32, width - 1, 32)]
    assert [c.decode("gbk") for c in columns] == list(FILES[name].fields)
    assert "CGCS2000_3_Degree_GK_CM_108E" in (FOLDER / f"{name}.prj").read_text("ascii")


@pytest.mark.parametrize(("sample", "i"), ROWS, ids=TITLES)
def test_a_row_holds_what_was_thought_out(sample, i):
    for column, values in FILES[sample.file].fields.items():
        assert (values[i] or "") == sample.columns.get(column, "")


@pytest.mark.parametrize(("sample", "i"), ROWS, ids=TITLES)
def test_a_site_lies_where_its_conditions_say(sample, i):
    shape = FILES[sample.file].geometry[i]
    if sample.shape == "empty":
        assert shape is None or shapely.is_empty(shape)
        return
    for zone, (low, high) in sample.where.items():
        # The centre is known of points; a polygon reaches to both sides of the place its centre was set at.
        reach = 0.011 if shape.geom_type == "Point" else 3 * np.sqrt(sample.area_ha * 1e4) + 0.011
        centre = shape if shape.geom_type == "Point" else shapely.centroid(shape)
        away = signed(zone, centre)
        assert low <= -9000 or away >= low - reach, zone
        assert high >= 9000 or away <= high + reach, zone
    named = shape if sample.shape != "bow_tie" else shapely.convex_hull(shape)
    for zone in free_of(sample):
        assert shapely.distance(ground(zone), named) >= 5 + sample.accuracy_m, zone


def test_shapes_are_what_they_are_called():
    by_shape = {sample.shape: FILES[sample.file].geometry[i] for sample, i in ROWS if sample.shape}
    assert set(by_shape) == {"empty", "bow_tie", "two_parts", "hole"}
    assert not shapely.is_valid(by_shape["bow_tie"])
    assert shapely.get_num_geometries(by_shape["two_parts"]) == 2
    assert shapely.get_num_interior_rings(by_shape["hole"]) == 1
    assert max(shapely.area(FILES["polygons"].geometry)) > 1e6


def test_one_id_is_missing_and_one_stands_twice():
    ids = [value or "" for value in FILES["points"].fields["项目编号"]]
    assert ids.count("") == 1
    assert sorted(x for x in set(ids) if x and ids.count(x) > 1) == ["P065"]


def test_every_verdict_is_expected_somewhere():
    assert {sample.expect["verdict"] for sample in samples()} == set(VERDICTS)


def test_every_kind_of_maybe_is_expected_somewhere():
    causes = {cause.split(":")[0] for sample in samples() for cause in sample.expect.get("causes", ())}
    assert causes == {"tolerance", "fact", "attribute", "coverage", "layer", "reading", "dem"}


def test_several_rules_at_once_lifted_and_unchecked_rules_are_expected_somewhere():
    assert sum(len(sample.expect.get("yes", ())) > 1 for sample in samples()) >= 5
    assert sum("lifted" in sample.expect for sample in samples()) >= 5
    assert sum("unchecked" in sample.expect for sample in samples()) >= 5


@pytest.mark.parametrize(("row", "sample"), list(enumerate(samples())), ids=TITLES)
def test_the_verdict_is_the_one_that_was_reasoned(found, row, sample):
    site = found.sites.iloc[row]
    assert site["name"] == sample.columns["项目名称"]
    assert (site["verdict"], site["possible"]) == (sample.expect["verdict"], sample.expect["possible"])
    mine = found.findings[found.findings["row"] == row]
    for answer in ("yes", "maybe"):
        assert set(sample.expect.get(answer, ())) <= set(mine["rule_id"][mine["answer"] == answer])
    assert set(sample.expect.get("lifted", ())) <= set(str(site["lifted_by"]).split(";"))
    assert set(sample.expect.get("unchecked", ())) <= set(str(site["unchecked_by"]).split(";"))
    causes = {cause for text in mine["cause"] for cause in str(text).split(";")}
    assert set(sample.expect.get("causes", ())) <= causes


def test_a_run_from_the_old_units_names_other_units(found):
    workspace = fg.open_workspace(LAYERS.parent)
    sites = fg.read_sites(FOLDER / "points.shp", workspace=workspace)
    before = fg.screen(sites, workspace, as_of="2024-03-18")
    assert list(before.sites["units"]) != list(found.sites["units"])[: len(before.sites)]
