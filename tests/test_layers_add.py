"""A file becomes a layer: what is proposed, what is written, and that nothing else in the catalogue changes."""

from __future__ import annotations

import datetime as dt
import shutil

import geopandas as gpd
import pytest
import shapely
import yaml
from layers_made import SQUARE, box, workspace, write

from fuling_gis.errors import CatalogError, FileError, LayerError, OutputError, UsageError
from fuling_gis.layers.add import Said, add_layer, entry_of, write_entry
from fuling_gis.layers.insert import block, insert_layer
from fuling_gis.layers.propose import layers_of, propose
from fuling_gis.workspace import init_workspace, open_workspace

DAY = dt.date(2024, 6, 1)
UNITS = {
    "HJGKDYBM": ["ZH1", "ZH2"],
    "HJGKDYMC": ["甲单元", "乙单元"],
    "ZHGKDYFL": ["优先保护单元", "特别单元"],
    "MJ": [1.5, 2.5],
}


@pytest.fixture
def units(tmp_path):
    return write(tmp_path / "official" / "管控单元.shp", box(0, 0, 100, 100), box(200, 0, 300, 100), **UNITS)


# What is proposed.


def test_official_columns_are_recognised(units):
    proposal = propose(units, "management_unit")
    assert proposal.fields == {
        "id": "HJGKDYBM", "name": "HJGKDYMC", "code": "HJGKDYBM", "category": "ZHGKDYFL",
    }  # fmt: skip
    assert proposal.unmapped == ("spatial", "emission", "risk", "resource")
    assert [column.name for column in proposal.columns] == ["HJGKDYBM", "HJGKDYMC", "ZHGKDYFL", "MJ"]
    assert proposal.columns[1].examples == ("甲单元", "乙单元")
    assert (proposal.rows, proposal.encoding, proposal.crs, proposal.crs_stated) == (2, "gb18030", "EPSG:4545", True)
    assert proposal.geometry == {"nothing": 0, "point": 0, "line": 0, "area": 2}
    assert proposal.fits


def test_the_values_of_a_classification_are_shown_with_what_they_would_mean(units):
    values = {value.text: value.meaning for value in propose(units, "management_unit").values["category"]}
    assert values == {"优先保护单元": "priority", "特别单元": None}


@pytest.mark.parametrize(
    ("layer", "columns", "fields"),
    [
        ("red_line", ["HXBM", "HXMC", "HXLX", "MJ"], {"id": "HXBM", "name": "HXMC", "kind": "HXLX"}),
        ("red_line", ["BSM", "NAME"], {"id": "BSM", "name": "NAME"}),
        ("red_line", ["名称", "编号"], {"id": "编号", "name": "名称"}),
        ("district", ["XZQDM", "XZQMC"], {"id": "XZQDM", "name": "XZQMC"}),
        ("river", ["HLMC", "hlbm"], {"id": "hlbm", "name": "HLMC", "river": "HLMC"}),
        ("farmland", ["YJJBNTTBBH", "QSDWMC"], {"id": "YJJBNTTBBH", "name": "QSDWMC"}),
        # Cut by the shapefile to ten bytes: 环境管控单元编码 to five characters.
        ("management_unit", ["环境管控单"], {"id": "环境管控单", "name": "环境管控单", "code": "环境管控单"}),
    ],
)
def test_columns_are_recognised_by_their_usual_names(tmp_path, layer, columns, fields):
    path = write(tmp_path / "a.shp", box(0, 0, 1, 1), **{column: ["x"] for column in columns})
    assert propose(path, layer).fields == fields


def test_a_column_is_also_recognised_by_what_its_cells_say(tmp_path):
    path = write(tmp_path / "a.gpkg", box(0, 0, 1, 1), box(2, 0, 3, 1), FOO=["实验区", "核心区"], NUM=["1", "2"])
    proposal = propose(path, "nature_reserve")
    assert proposal.fields == {"zone": "FOO"}
    assert [(v.text, v.meaning, v.former) for v in proposal.values["zone"]] == [
        ("实验区", "general", True),
        ("核心区", "core", True),
    ]


def test_numbers_alone_are_no_reason_to_propose_a_column(tmp_path):
    path = write(tmp_path / "a.gpkg", box(0, 0, 1, 1), box(2, 0, 3, 1), FOO=["1", "2"])
    assert propose(path, "water_source").fields == {}


def test_a_file_without_crs_gets_suggestions_and_no_more(tmp_path):
    path = write(tmp_path / "a.shp", shapely.box(107.3, 29.6, 107.4, 29.7), crs=None)
    proposal = propose(path, "red_line")
    assert (proposal.crs, proposal.crs_stated) == ("", False)
    assert proposal.crs_options == ("EPSG:4490",)


def test_lines_do_not_fit_a_layer_of_areas(tmp_path):
    path = write(tmp_path / "a.gpkg", shapely.LineString([(0, 0), (1, 1)]))
    assert not propose(path, "river").fits
    assert propose(path, "shoreline_zone").fits


def test_a_geodatabase_of_several_layers_asks_which_one(tmp_path):
    path = tmp_path / "official.gdb"
    frame = gpd.GeoDataFrame({"HXMC": ["甲"]}, geometry=[box(0, 0, 1, 1)], crs="EPSG:4545")
    for name in ("HX", "GKDY"):
        frame.to_file(path, layer=name, driver="OpenFileGDB", engine="pyogrio", mode="a" if path.exists() else "w")
    assert set(layers_of(path)) == {"HX", "GKDY"}
    with pytest.raises(FileError, match="has 2 layers"):
        propose(path, "red_line")
    assert propose(f"{path}::HX", "red_line").layer == "HX"
    proposal = propose(path, "red_line", layer="HX")
    assert (proposal.driver, proposal.layer, proposal.fields) == ("OpenFileGDB", "HX", {"name": "HXMC"})


def test_an_unknown_layer_id_is_refused_with_the_nearest(units):
    with pytest.raises(UsageError, match="--as redline: there is no such layer; perhaps 'red_line'"):
        propose(units, "redline")


# What is written.


def test_a_file_added_to_a_new_workspace_is_a_layer_of_it(tmp_path, units):
    space = init_workspace(tmp_path / "w")
    path = space.root / "layers" / "catalog.yaml"
    before = path.read_text("utf-8")
    said = Said(
        accuracy_m=5, covers="district", valid_from=dt.date(2024, 3, 19), values={"category": {"特别单元": "key"}}
    )
    catalog, layer = add_layer(path, propose(units, "management_unit"), said)
    assert layer.fields["category"].tolist() == ["priority", "key"]
    (entry,) = catalog.layers["management_unit"]
    assert entry.path == units.resolve().as_posix()
    assert (entry.accuracy_m, entry.covers, entry.valid_from) == (5.0, "district", dt.date(2024, 3, 19))
    after = path.read_text("utf-8")
    # Every line that was there is still there, in its order.
    lines = iter(after.splitlines())
    assert all(line in lines for line in before.splitlines())
    assert open_workspace(space.root).layer("management_unit", DAY).digest == layer.digest


def test_a_file_beside_the_catalogue_is_named_relative_to_it(tmp_path):
    space = init_workspace(tmp_path)
    file = write(tmp_path / "layers" / "sub" / "红线.gpkg", box(0, 0, 1, 1), HXMC=["甲"])
    catalog, _ = add_layer(tmp_path / "layers" / "catalog.yaml", propose(file, "red_line"), Said())
    assert catalog.layers["red_line"][0].path == "sub/红线.gpkg"
    assert space.root == tmp_path


def test_a_file_may_be_copied_with_all_its_parts(tmp_path, units):
    init_workspace(tmp_path / "w")
    path = tmp_path / "w" / "layers" / "catalog.yaml"
    catalog, _ = add_layer(path, propose(units, "management_unit"), Said(), copied=True)
    assert catalog.layers["management_unit"][0].path == "管控单元.shp"
    shutil.rmtree(units.parent)
    assert len(open_workspace(tmp_path / "w").layer("management_unit", DAY).geometry) == 2


def test_a_copy_never_goes_over_a_file_that_is_there(tmp_path, units):
    init_workspace(tmp_path / "w")
    there = tmp_path / "w" / "layers" / "管控单元.shp"
    there.write_text("mine", "utf-8")
    with pytest.raises(OutputError, match="is there already"):
        add_layer(tmp_path / "w" / "layers" / "catalog.yaml", propose(units, "management_unit"), Said(), copied=True)
    assert there.read_text("utf-8") == "mine"


def test_nothing_is_written_when_the_layer_does_not_load(tmp_path, units):
    init_workspace(tmp_path / "w")
    path = tmp_path / "w" / "layers" / "catalog.yaml"
    before = path.read_bytes()
    with pytest.raises(LayerError, match="no column 'XX'"):
        add_layer(path, propose(units, "management_unit"), Said(fields={"id": "XX"}))
    with pytest.raises(CatalogError, match="covers is 'nowhere'"):
        add_layer(path, propose(units, "management_unit"), Said(covers="nowhere"))
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["catalog.yaml"]


def test_what_is_not_said_is_not_written(units):
    entry = entry_of(propose(units, "management_unit"), Said(), path="a.shp")
    assert list(entry) == ["path", "fields"]


def test_an_entry_is_written_as_people_write_it():
    entry = {
        "path": "a: b.shp",
        "fields": {"id": "HXBM", "name": "名称"},
        "values": {"category": {"1": "priority"}},
        "accuracy_m": 5.0,
        "valid_from": dt.date(2024, 3, 19),
        "indicative": True,
    }
    assert block("red_line", entry, 2) == (
        "  red_line:\n"
        "    path: 'a: b.shp'\n"
        "    fields: {id: HXBM, name: 名称}\n"
        "    values:\n"
        "      category: {'1': priority}\n"
        "    accuracy_m: 5\n"
        "    valid_from: 2024-03-19\n"
        "    indicative: true\n"
    )


CATALOGUE = """\
# The head of the file.
name: toy   # ours
layers:
  district: {path: a.gpkg, layer: d}   # the border
  red_line:
    path: a.gpkg
    layer: r
    # Measured in 2020.
    valid_to: null
    # End of the red line.

  # A remark between layers.
# A remark at the margin.
crs: EPSG:4545
"""


@pytest.fixture
def written(tmp_path):
    write(tmp_path / "layers" / "a.gpkg", SQUARE, layer="d")
    write(tmp_path / "layers" / "a.gpkg", box(0, 0, 10, 10), layer="r")
    path = tmp_path / "layers" / "catalog.yaml"
    path.write_text(CATALOGUE, "utf-8")
    return path


def test_a_new_layer_goes_after_the_last_and_its_own_comments(written):
    write_entry(written, "mine", {"path": "m.shp", "accuracy_m": 2.5})
    assert written.read_text("utf-8") == CATALOGUE.replace(
        "    # End of the red line.\n",
        "    # End of the red line.\n  mine:\n    path: m.shp\n    accuracy_m: 2.5\n",
    )


def test_a_layer_that_is_there_is_refused_unless_it_is_a_further_version(written):
    with pytest.raises(CatalogError, match=r"catalog.yaml:5: layer red_line is there already"):
        write_entry(written, "red_line", {"path": "m.shp"})


def test_a_further_version_closes_the_one_before(written):
    catalog = write_entry(written, "red_line", {"path": "m.shp", "valid_from": dt.date(2024, 3, 19)}, manner="version")
    assert written.read_text("utf-8") == CATALOGUE.replace(
        """\
    path: a.gpkg
    layer: r
    # Measured in 2020.
    valid_to: null
    # End of the red line.
""",
        """\
    versions:
      - path: a.gpkg
        layer: r
        # Measured in 2020.
        valid_to: 2024-03-18
      - path: m.shp
        valid_from: 2024-03-19
    # End of the red line.
""",
    )
    assert [entry.valid_to for entry in catalog.layers["red_line"]] == [dt.date(2024, 3, 18), None]


def test_a_layer_may_be_replaced_and_nothing_else_changes(written):
    catalog = write_entry(written, "red_line", {"path": "m.shp", "accuracy_m": 2}, manner="replace")
    before, _, behind = CATALOGUE.partition("  red_line:\n")
    kept = behind[behind.index("    # End of the red line.\n") :]
    assert written.read_text("utf-8") == f"{before}  red_line:\n    path: m.shp\n    accuracy_m: 2\n{kept}"
    assert [(entry.path, entry.accuracy_m) for entry in catalog.layers["red_line"]] == [("m.shp", 2.0)]


def test_a_layer_on_one_line_may_be_replaced(written):
    catalog = write_entry(written, "district", {"path": "m.shp", "accuracy_m": 2}, manner="replace")
    assert [entry.path for entry in catalog.layers["district"]] == ["m.shp"]
    assert catalog.layers["red_line"][0].path == "a.gpkg"


def test_a_replaced_layer_keeps_the_title_that_somebody_gave_it(tmp_path):
    path = tmp_path / "catalog.yaml"
    path.write_text(
        "layers:\n  red_line:\n    path: a.shp\n    title: {zh: 红线, en: Line}\n    accuracy_m: 5\n", "utf-8"
    )
    catalog = write_entry(path, "red_line", {"path": "b.shp", "accuracy_m": 2}, manner="replace")
    entry = catalog.layers["red_line"][0]
    assert (entry.path, entry.accuracy_m, dict(entry.title)) == ("b.shp", 2.0, {"zh": "红线", "en": "Line"})


def test_only_a_layer_of_one_version_is_replaced(written):
    with pytest.raises(CatalogError, match="no layer mine to replace"):
        write_entry(written, "mine", {"path": "m.shp"}, manner="replace")
    write_entry(written, "red_line", {"path": "m.shp", "valid_from": dt.date(2024, 3, 19)}, manner="version")
    text = written.read_text("utf-8")
    with pytest.raises(CatalogError, match="2 versions"):
        write_entry(written, "red_line", {"path": "n.shp"}, manner="replace")
    assert written.read_text("utf-8") == text


def test_a_third_version_goes_after_the_second(written):
    write_entry(written, "red_line", {"path": "m.shp", "valid_from": dt.date(2024, 3, 19)}, manner="version")
    catalog = write_entry(written, "red_line", {"path": "n.shp", "valid_from": dt.date(2026, 1, 1)}, manner="version")
    assert [(entry.path, entry.valid_to) for entry in catalog.layers["red_line"]] == [
        ("a.gpkg", dt.date(2024, 3, 18)),
        ("m.shp", dt.date(2025, 12, 31)),
        ("n.shp", None),
    ]


def test_a_version_of_an_entry_on_one_line(written):
    catalog = write_entry(written, "district", {"path": "m.shp", "valid_from": dt.date(2024, 3, 19)}, manner="version")
    assert [(entry.path, entry.valid_to) for entry in catalog.layers["district"]] == [
        ("a.gpkg", dt.date(2024, 3, 18)),
        ("m.shp", None),
    ]
    assert "# the border" in written.read_text("utf-8")


def test_versions_that_would_overlap_are_refused_and_nothing_changes(written):
    with pytest.raises(CatalogError, match="both valid"):
        write_entry(written, "red_line", {"path": "m.shp"}, manner="version")
    assert written.read_text("utf-8") == CATALOGUE


@pytest.mark.parametrize(
    "text",
    [
        "name: x\n",
        "name: x",
        "layers:\n",
        "layers:",
        "layers: {}\n",
        "layers: null  # none yet\nname: x\n",
        "layers:\n  # nothing yet\nname: x\n",
        "layers:\n    river:\n        path: a.shp\n        source: >\n          many\n          words\n\n\nname: x\n",
        "name: x\nlayers:\n  river: {path: a.shp,\n    source: b}\n",
        "x: &a {path: a.shp}\nlayers:\n  river: *a\n",
    ],
)
def test_an_entry_finds_its_place_in_any_catalogue(text):
    text = text.replace("x: &a {path: a.shp}\n", "")
    text = text.replace("river: *a", "river: &a {path: a.shp}\n  reservoir: *a")
    before = yaml.safe_load(text)
    after = yaml.safe_load(insert_layer(text, "mine", {"path": "m.shp"}))
    assert after == {**before, "layers": {**(before.get("layers") or {}), "mine": {"path": "m.shp"}}}


@pytest.mark.parametrize("text", ["{layers: {river: {path: a.shp}}}\n", "layers: {river: {path: a.shp}}\n"])
def test_a_catalogue_between_brackets_is_left_to_its_owner(tmp_path, text):
    path = tmp_path / "catalog.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(CatalogError, match=r"between brackets(.|\n)*  mine:\n    path: m.shp"):
        write_entry(path, "mine", {"path": "m.shp"})
    assert path.read_text("utf-8") == text


def test_line_ends_and_the_byte_order_mark_stay(tmp_path):
    path = tmp_path / "catalog.yaml"
    path.write_bytes("\ufeffname: 涪陵\r\nlayers:\r\n  river: {path: a.shp}\r\n".encode())
    write_entry(path, "mine", {"path": "m.shp"})
    assert path.read_bytes() == (
        "\ufeffname: 涪陵\r\nlayers:\r\n  river: {path: a.shp}\r\n  mine:\r\n    path: m.shp\r\n".encode()
    )


def test_a_catalogue_with_faults_is_not_added_to(tmp_path):
    space = workspace(tmp_path, "river: {path: a.shp}")
    path = space.root / "layers" / "catalog.yaml"
    path.write_text(path.read_text("utf-8") + "\ncolour: red\n", "utf-8")
    with pytest.raises(CatalogError, match="key 'colour' is not known"):
        write_entry(path, "mine", {"path": "m.shp"})
