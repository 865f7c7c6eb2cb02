"""Layers are loaded whole: repaired, in the working CRS, with what was done told."""

from __future__ import annotations

import datetime as dt
import json

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from layers_made import AROUND, RIVER, SQUARE, X, Y, box, workspace, write

from fuling_gis.errors import LayerError
from fuling_gis.layers import sources
from fuling_gis.layers.loader import area_of
from fuling_gis.layers.propose import propose

DAY = dt.date(2024, 6, 1)


def told(layer, part):
    return [note["en"] for note in layer.notices if part in note["en"]]


def test_a_layer_is_loaded_with_its_fields_by_their_schema_names(tmp_path):
    write(tmp_path / "layers" / "a.shp", box(0, 0, 100, 100), box(200, 0, 300, 100),
          HXBM=["50-1", "50-2"], HXMC=["水源涵养", ""], HXLX=["水土保持", "水源涵养"])  # fmt: skip
    space = workspace(tmp_path, """\
        red_line:
          path: a.shp
          fields: {id: HXBM, name: HXMC, kind: HXLX}
          accuracy_m: 5
        """)  # fmt: skip
    layer = space.layer("red_line", DAY)
    assert layer.fields["id"].tolist() == ["50-1", "50-2"]
    assert layer.fields["name"].tolist() == ["水源涵养", None]
    assert layer.fields["kind"].tolist() == ["水土保持", "水源涵养"]
    assert (layer.crs, layer.accuracy_m, layer.accuracy_stated) == ("EPSG:4545", 5.0, True)
    assert (layer.path, len(layer.file_hash), len(layer.digest)) == ("a.shp", 64, 64)
    assert layer.cover is None
    assert layer.notices == ()


def test_what_is_not_mapped_is_absent_but_id_and_name_always_are_there(tmp_path):
    write(tmp_path / "layers" / "a.gpkg", box(0, 0, 100, 100), box(200, 0, 300, 100), MC=["甲", "乙"])
    layer = workspace(tmp_path, "red_line: {path: a.gpkg, fields: {name: MC}}").layer("red_line", DAY)
    assert set(layer.fields) == {"id", "name"}
    assert layer.fields["id"].tolist() == ["1", "2"]
    assert told(layer, "numbered 1 to 2")
    assert (layer.accuracy_m, layer.accuracy_stated) == (10.0, False)


def test_columns_are_found_in_any_case(tmp_path):
    write(tmp_path / "layers" / "a.shp", box(0, 0, 100, 100), BSM=["7"])
    layer = workspace(tmp_path, "red_line: {path: a.shp, fields: {id: bsm}}").layer("red_line", DAY)
    assert layer.fields["id"].tolist() == ["7"]


def test_missing_columns_are_all_named_with_those_that_are_there(tmp_path):
    write(tmp_path / "layers" / "a.shp", box(0, 0, 100, 100), OBJECTID=[1], NAME=["x"])
    space = workspace(tmp_path, "red_line: {path: a.shp, fields: {id: BSM, name: HXMC}}")
    with pytest.raises(LayerError) as caught:
        space.layer("red_line", DAY)
    assert "catalog.yaml:5: layer red_line: no column 'BSM', 'HXMC' in a.shp; it has 'OBJECTID', 'NAME'" in str(
        caught.value
    )


def test_a_missing_file_is_told_with_its_line(tmp_path):
    space = workspace(tmp_path, "red_line: {path: a.shp}")
    with pytest.raises(LayerError, match=r"catalog.yaml:5: layer red_line: there is no file .*a\.shp"):
        space.layer("red_line", DAY)


def test_values_become_those_of_the_schema_and_former_ones_are_told(tmp_path):
    parts = [box(200 * i, 0, 200 * i + 100, 100) for i in range(4)]
    write(tmp_path / "layers" / "a.gpkg", *parts, GNFQ=["核心保护区", "缓冲区", "实验区", "缓冲区"])
    layer = workspace(tmp_path, "nature_reserve: {path: a.gpkg, fields: {zone: GNFQ}}").layer("nature_reserve", DAY)
    assert layer.fields["zone"].tolist() == ["core", "core", "general", "core"]
    assert layer.allowed["zone"] == ("core", "general")
    (note,) = told(layer, "former")
    assert "实验区 (1) as general" in note
    assert "缓冲区 (2) as core" in note
    assert "核心保护区" not in note


def test_a_strange_value_stays_and_is_told(tmp_path):
    parts = [box(200 * i, 0, 200 * i + 100, 100) for i in range(4)]
    write(tmp_path / "layers" / "a.gpkg", *parts, JB=["支流", "长江", "支流", ""], JC=[2, 1, 3, 1.5])
    layer = workspace(tmp_path, "river: {path: a.gpkg, fields: {grade: JB, order: JC}}").layer("river", DAY)
    assert layer.fields["grade"].tolist() == ["支流", "main", "支流", None]
    assert layer.fields["order"].tolist() == [2.0, 1.0, 3.0, 1.5]
    assert "2 features have a value of grade that is not allowed (支流 (2))" in told(layer, "not allowed")[0]
    # What is empty is told where rules select by it, see `checkup`.
    assert not told(layer, "empty")


def test_a_workspace_may_say_what_its_own_values_mean(tmp_path):
    write(tmp_path / "layers" / "a.gpkg", box(0, 0, 100, 100), box(200, 0, 300, 100), LX=[1, 2])
    layer = workspace(tmp_path, """\
        management_unit:
          path: a.gpkg
          fields: {category: LX}
          values: {category: {1: priority, 2: key}}
        """).layer("management_unit", DAY)  # fmt: skip
    assert layer.fields["category"].tolist() == ["priority", "key"]
    assert not told(layer, "not allowed")


def test_an_empty_id_is_given_its_row(tmp_path):
    write(tmp_path / "layers" / "a.gpkg", box(0, 0, 100, 100), box(200, 0, 300, 100), BSM=["a", None])
    layer = workspace(tmp_path, "red_line: {path: a.gpkg, fields: {id: BSM}}").layer("red_line", DAY)
    assert layer.fields["id"].tolist() == ["a", "#2"]
    assert told(layer, "1 features have no id")


def test_an_invalid_outline_is_repaired_and_both_areas_are_told(tmp_path):
    # Two squares of 100 m that meet in a point, drawn as one line that crosses itself there.
    bow = shapely.Polygon([(X, Y), (X + 200, Y + 200), (X + 200, Y), (X, Y + 200)])
    write(tmp_path / "layers" / "a.gpkg", bow, box(500, 0, 600, 100), BSM=["a", "b"])
    layer = workspace(tmp_path, "red_line: {path: a.gpkg, fields: {id: BSM}}").layer("red_line", DAY)
    assert shapely.is_valid(layer.geometry).all()
    # Two triangles with a base of 200 m and a height of 100 m.
    assert shapely.area(layer.geometry).tolist() == pytest.approx([20_000, 10_000])
    (note,) = told(layer, "repaired")
    assert "to 20000 m2 (a)" in note


def test_a_feature_without_geometry_is_left_out_and_told(tmp_path):
    write(tmp_path / "layers" / "a.gpkg", box(0, 0, 100, 100), None, BSM=["a", "b"], HXMC=["甲", "乙"])
    layer = workspace(tmp_path, "red_line: {path: a.gpkg, fields: {id: BSM, name: HXMC}}").layer("red_line", DAY)
    assert layer.fields["name"].tolist() == ["甲"]
    assert len(layer.geometry) == 1
    assert "left out" in told(layer, "(b)")[0]


def test_a_layer_is_brought_to_the_working_crs(tmp_path):
    # The central meridian 108 E of the working CRS is x = 500 000 m.
    write(tmp_path / "layers" / "a.geojson", shapely.box(107.99, 29.7, 108.01, 29.71), crs="EPSG:4326")
    layer = workspace(tmp_path, "red_line: {path: a.geojson}").layer("red_line", DAY)
    west, _, east, _ = shapely.bounds(layer.geometry[0])
    assert (west + east) / 2 == pytest.approx(500_000, abs=0.001)
    # A degree of longitude at 29.7 N is about 96.7 km.
    assert east - west == pytest.approx(0.02 * 96_780, rel=0.002)


def test_a_file_without_crs_needs_it_said_and_then_it_is_used(tmp_path):
    write(tmp_path / "layers" / "a.shp", shapely.box(107.99, 29.7, 108.01, 29.71), crs=None)
    with pytest.raises(
        LayerError, match=r"it has no \.prj, .*; say in the catalogue which it is, as in `crs: EPSG:4490`"
    ):
        workspace(tmp_path, "red_line: {path: a.shp}").layer("red_line", DAY)
    layer = workspace(tmp_path, "red_line: {path: a.shp, crs: EPSG:4490}").layer("red_line", DAY)
    west, _, east, _ = shapely.bounds(layer.geometry[0])
    assert (west + east) / 2 == pytest.approx(500_000, abs=0.001)


def test_a_crs_that_only_the_format_takes_for_granted_is_told_until_the_catalogue_states_it(tmp_path):
    write(tmp_path / "layers" / "a.geojson", shapely.box(107.99, 29.7, 108.01, 29.71), crs="EPSG:4326")
    layer = workspace(tmp_path, "red_line: {path: a.geojson}").layer("red_line", DAY)
    assert told(layer, "is read as EPSG:4326, by the standard of its format")
    layer = workspace(tmp_path, "red_line: {path: a.geojson, crs: EPSG:4326}").layer("red_line", DAY)
    assert not told(layer, "standard of its format")


UNKNOWN = {
    "by name": {"type": "name", "properties": {"name": "urn:ogc:def:crs:FL::CQ-LOCAL"}},
    "as a text": "重庆独立坐标系",
    "as an old code": {"type": "EPSG", "properties": {"code": 99999}},
}


@pytest.mark.parametrize("how", UNKNOWN)
def test_a_geojson_whose_crs_is_not_known_is_no_wgs84_layer_until_the_catalogue_says_what_it_is(tmp_path, how):
    path = write(tmp_path / "layers" / "a.geojson", shapely.box(107.99, 29.7, 108.01, 29.71), crs="EPSG:4326")
    value = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**value, "crs": UNKNOWN[how]}), "utf-8")
    with pytest.raises(LayerError, match=r"member crs says .*, which is not known here.*; say in the catalogue"):
        workspace(tmp_path, "red_line: {path: a.geojson}").layer("red_line", DAY)
    layer = workspace(tmp_path, "red_line: {path: a.geojson, crs: EPSG:4490}").layer("red_line", DAY)
    assert not told(layer, "standard of its format")
    proposal = propose(path, "red_line")
    assert (proposal.crs, proposal.crs_stated) == ("", False)


@pytest.mark.parametrize("name", ["a.geojson", "a.gpkg"])
@pytest.mark.parametrize("said", ["GCJ-02", "1980西安坐标系", "重庆独立坐标系", "重庆WGS84独立坐标系"])
def test_a_layer_whose_rows_name_another_system_is_refused_until_the_catalogue_says_what_it_is(tmp_path, name, said):
    shapes = [shapely.box(107.99, 29.7, 108.01, 29.71), shapely.box(107.95, 29.7, 107.96, 29.71)]
    write(tmp_path / "layers" / name, *shapes, crs="EPSG:4326", 坐标系=["CGCS2000", said])
    with pytest.raises(LayerError, match=rf"catalog\.yaml:5: layer red_line: .*{said}"):
        workspace(tmp_path, f"red_line: {{path: {name}}}").layer("red_line", DAY)
    assert len(workspace(tmp_path, f"red_line: {{path: {name}, crs: EPSG:4326}}").layer("red_line", DAY).geometry) == 2


def test_a_layer_whose_rows_name_its_own_system_is_loaded(tmp_path):
    write(tmp_path / "layers" / "a.gpkg", box(0, 0, 100, 100), 坐标系=["2000国家大地坐标系"])
    assert len(workspace(tmp_path, "red_line: {path: a.gpkg}").layer("red_line", DAY).geometry) == 1


def test_a_catalogue_that_contradicts_the_files_crs_is_refused(tmp_path):
    write(tmp_path / "layers" / "a.gpkg", box(0, 0, 100, 100))
    space = workspace(tmp_path, "red_line: {path: a.gpkg, crs: EPSG:4490}")
    with pytest.raises(LayerError, match="says EPSG:4545, the catalogue EPSG:4490"):
        space.layer("red_line", DAY)


def test_a_datum_that_nothing_joins_to_the_working_crs_is_refused(tmp_path):
    write(tmp_path / "layers" / "a.gpkg", box(0, 0, 100, 100), crs="EPSG:2381")
    space = workspace(tmp_path, "red_line: {path: a.gpkg}")
    with pytest.raises(LayerError, match=r"layer red_line: .*no transformation"):
        space.layer("red_line", DAY)


def test_a_river_drawn_as_a_line_is_refused_for_it_has_no_bank(tmp_path):
    write(tmp_path / "layers" / "a.gpkg", shapely.LineString([(X, Y), (X + 100, Y)]))
    with pytest.raises(LayerError, match=r"a.gpkg has 1 lines; this layer is of areas"):
        workspace(tmp_path, "river: {path: a.gpkg}").layer("river", DAY)


def test_points_are_loaded_where_the_layer_may_be_of_points(tmp_path):
    write(tmp_path / "layers" / "a.gpkg", shapely.Point(X, Y), MTMC=["码头"])
    layer = workspace(tmp_path, "port: {path: a.gpkg, fields: {name: MTMC}, covers: own}").layer("port", DAY)
    assert layer.fields["name"].tolist() == ["码头"]
    assert layer.cover is None


def test_a_layer_covers_the_area_of_another(tmp_path):
    write(tmp_path / "layers" / "a.gpkg", SQUARE, layer="district")
    write(tmp_path / "layers" / "a.gpkg", RIVER, layer="river")
    write(tmp_path / "layers" / "a.gpkg", AROUND, layer="river_extent")
    space = workspace(tmp_path, """\
        district: {path: a.gpkg, layer: district, covers: own}
        river: {path: a.gpkg, layer: river, covers: river_extent}
        river_extent: {path: a.gpkg, layer: river_extent, covers: own}
        """)  # fmt: skip
    assert space.layer("district", DAY).cover.equals(SQUARE)
    assert space.layer("river", DAY).cover.equals(AROUND)


def test_a_layer_that_covers_a_missing_one_covers_nothing_and_says_so(tmp_path):
    write(tmp_path / "layers" / "a.gpkg", RIVER)
    layer = workspace(tmp_path, "river: {path: a.gpkg, covers: river_extent}").layer("river", DAY)
    assert layer.cover is None
    assert told(layer, "taken to cover nothing")


def test_a_layer_far_from_what_it_covers_is_told(tmp_path):
    write(tmp_path / "layers" / "a.gpkg", SQUARE, layer="district")
    write(tmp_path / "layers" / "a.gpkg", box(90_000, 0, 91_000, 100), layer="red_line")
    layer = workspace(tmp_path, """\
        district: {path: a.gpkg, layer: district, covers: own}
        red_line: {path: a.gpkg, layer: red_line, covers: district}
        """).layer("red_line", DAY)  # fmt: skip
    assert told(layer, "its coordinate system may be wrong")


def test_gaps_under_two_millimetres_are_closed_by_patches(tmp_path):
    west, east = box(0, 0, 100, 100), box(100.0015, 0, 200, 100)
    write(tmp_path / "layers" / "a.gpkg", west, east)
    layer = workspace(tmp_path, "red_line: {path: a.gpkg, covers: own}").layer("red_line", DAY)
    assert len(layer.geometry) == 2
    assert len(layer.patches) == 1
    assert told(layer, "1 gaps under 2 mm")
    assert shapely.get_num_geometries(layer.cover) == 1
    assert shapely.area(area_of(layer)) == pytest.approx(200 * 100, abs=0.1)


def test_an_empty_layer_says_that_there_are_none(tmp_path):
    frame = gpd.GeoDataFrame(
        {"BSM": np.array([], object)}, geometry=gpd.GeoSeries([], crs="EPSG:4545"), crs="EPSG:4545"
    )
    (tmp_path / "layers").mkdir()
    frame.to_file(tmp_path / "layers" / "a.gpkg", engine="pyogrio", geometry_type="Polygon")
    layer = workspace(tmp_path, "mine: {path: a.gpkg, fields: {id: BSM}}").layer("mine", DAY)
    assert len(layer.geometry) == 0
    assert told(layer, "no features")


def test_a_file_geodatabase_is_read(tmp_path):
    path = tmp_path / "layers" / "official.gdb"
    path.parent.mkdir()
    frame = gpd.GeoDataFrame(
        {"HJGKDYBM": ["ZH50010210001"], "HJGKDYMC": ["涪陵优先保护单元1"], "ZHGKDYFL": ["优先保护单元"]},
        geometry=[box(0, 0, 1000, 1000)],
        crs="EPSG:4545",
    )
    frame.to_file(path, layer="HJGKDY", driver="OpenFileGDB", engine="pyogrio")
    space = workspace(tmp_path, """\
        management_unit:
          path: official.gdb
          layer: HJGKDY
          fields: {id: HJGKDYBM, code: HJGKDYBM, name: HJGKDYMC, category: ZHGKDYFL}
        """)  # fmt: skip
    layer = space.layer("management_unit", DAY)
    assert layer.fields["code"].tolist() == ["ZH50010210001"]
    assert layer.fields["name"].tolist() == ["涪陵优先保护单元1"]
    assert layer.fields["category"].tolist() == ["priority"]
    assert shapely.area(layer.geometry[0]) == pytest.approx(1_000_000)
    assert layer.file_hash == ""


def test_the_same_content_has_the_same_digest_whatever_file_it_came_from(tmp_path):
    write(tmp_path / "layers" / "a.gpkg", box(0, 0, 100, 100), BSM=["1"], layer="one")
    write(tmp_path / "layers" / "b.gpkg", box(0, 0, 100, 100), BSM=["1"], layer="two")
    write(tmp_path / "layers" / "c.gpkg", box(0, 0, 100, 101), BSM=["1"])
    digests = {}
    for name in "abc":
        space = workspace(tmp_path, f"red_line: {{path: {name}.gpkg, fields: {{id: BSM}}}}")
        digests[name] = space.layer("red_line", DAY).digest
    assert digests["a"] == digests["b"] != digests["c"]


def test_a_loaded_layer_cannot_be_changed(tmp_path):
    write(tmp_path / "layers" / "a.gpkg", box(0, 0, 100, 100))
    layer = workspace(tmp_path, "red_line: {path: a.gpkg}").layer("red_line", DAY)
    with pytest.raises(ValueError, match="read-only"):
        layer.geometry[0] = None


def test_a_file_of_which_nothing_can_be_used_is_refused(tmp_path):
    # Metres that a GeoJSON file cannot state, and so are taken for degrees.
    write(tmp_path / "layers" / "a.geojson", box(0, 0, 100, 100), crs=None)
    with pytest.raises(LayerError, match="look whether its coordinate system is the one it says"):
        workspace(tmp_path, "red_line: {path: a.geojson}").layer("red_line", DAY)


def test_a_database_that_cannot_be_read_is_told_without_its_password(tmp_path, monkeypatch):
    space = workspace(tmp_path, "red_line: {path: 'postgresql://gis:secret@host/plan', layer: red}")
    monkeypatch.setattr(sources.pyogrio, "list_drivers", lambda **_: {"GPKG": "rw"})
    with pytest.raises(LayerError, match="cannot read PostgreSQL; export the layer as a GeoPackage") as caught:
        space.layer("red_line", DAY)
    assert "secret" not in str(caught.value)
    monkeypatch.setattr(sources.pyogrio, "list_drivers", lambda **_: {"PostgreSQL": "rw"})

    def refuse(*_args, **_options):
        msg = "could not connect with password secret"
        raise pyogrio.errors.DataSourceError(msg)

    monkeypatch.setattr(sources.pyogrio, "read_arrow", refuse)
    with pytest.raises(LayerError, match="cannot be read") as caught:
        space.layer("red_line", DAY)
    assert "secret" not in str(caught.value)


def test_a_table_of_a_database_is_read_as_gdal_gives_it(tmp_path, monkeypatch):
    file = write(tmp_path / "a.gpkg", box(0, 0, 100, 100), BSM=["1"], layer="red")
    monkeypatch.setattr(sources.pyogrio, "list_drivers", lambda **_: {"PostgreSQL": "rw"})
    read = pyogrio.read_arrow
    monkeypatch.setattr(sources.pyogrio, "read_arrow", lambda _target, layer: read(file, layer=layer))
    space = workspace(tmp_path, "red_line: {path: 'postgresql://gis@host/plan', layer: red, fields: {id: BSM}}")
    layer = space.layer("red_line", DAY)
    assert layer.fields["id"].tolist() == ["1"]
    assert shapely.area(layer.geometry).tolist() == pytest.approx([10_000])
    assert layer.path == "postgresql://gis@host/plan"
