"""result.gpkg and the GeoParquet files: geometry, text and style, as other programs read them."""

from __future__ import annotations

import itertools
import json
import sqlite3
from contextlib import closing
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from defusedxml import ElementTree
from outputs_made import NUMBERS, batch, finding, run, site
from shapely import Point, box

from fuling_gis.errors import OutputError
from fuling_gis.labels import label
from fuling_gis.outputs import gpkg, tables
from fuling_gis.outputs.palette import verdict_colours
from fuling_gis.outputs.write import write_outputs
from fuling_gis.overlay.lists import numbered
from fuling_gis.overlay.result import FINDING_COLUMNS, SITE_COLUMNS, Columns
from fuling_gis.readers import read_table
from fuling_gis.verdicts import LEVELS, ORDER, VERDICTS

HOSTILE = "=1+1'\"<script>{{ 7*7 }}\n]]>&𠀀"
BOX = shapely.box(0, 0, 10, 10)


def write(out, *batches, made=None, outputs=("gpkg",)):
    write_outputs(batches, lambda: made or run(), out, outputs=outputs)
    return out


def ask(path, sql, *values):
    with closing(sqlite3.connect(path)) as db:
        return db.execute(sql, values).fetchall()


def qml(out, layer):
    ((text,),) = ask(out / "result.gpkg", "SELECT styleQML FROM layer_styles WHERE f_table_name = ?", layer)
    return ElementTree.fromstring(text)


@pytest.fixture
def mixed(tmp_path):
    """A polygon, a rejected row, a point, and findings on the first and last."""
    one = batch(
        [site(0, "prohibited", name=HOSTILE, area_m2=100.0), site(1, "rejected"), site(2, "clear", "undecided")],
        geometry=[BOX, None, shapely.Point(500, 5)],
        findings=[finding(0, feature_name=HOSTILE), finding(0, "FL-002"), finding(2, answer="maybe")],
    )
    return write(tmp_path / "out", one, outputs=("gpkg", "parquet"))


def test_layers_have_the_contract_columns_rows_and_crs(mixed):
    for layer, columns, rows in (("sites", SITE_COLUMNS, 3), ("findings", FINDING_COLUMNS, 3)):
        frame = gpd.read_file(mixed / "result.gpkg", layer=layer)
        assert list(frame.columns) == [*columns, "geometry"]
        assert len(frame) == rows
        assert frame.crs.to_epsg() == 4545


def test_a_rejected_row_has_no_geometry_and_a_finding_has_that_of_its_site(mixed):
    sites = gpd.read_file(mixed / "result.gpkg", layer="sites")
    findings = gpd.read_file(mixed / "result.gpkg", layer="findings")
    assert sites.geometry[0].equals(BOX)
    assert sites.geometry[1] is None
    assert sites.geometry[2].equals(shapely.Point(500, 5))
    assert [shapely.area(one) for one in findings.geometry] == [100.0, 100.0, 0.0]


def test_text_is_data_and_nothing_else(mixed):
    for name in ("result.gpkg", "sites.parquet"):
        read = (
            gpd.read_parquet(mixed / name) if name.endswith("parquet") else gpd.read_file(mixed / name, layer="sites")
        )
        assert read["name"].tolist() == [HOSTILE, "", ""]
    assert gpd.read_file(mixed / "result.gpkg", layer="findings")["feature_name"][0] == HOSTILE


def test_none_is_null_in_number_columns(mixed):
    assert ask(mixed / "result.gpkg", "SELECT area_m2 FROM sites ORDER BY row") == [(100.0,), (None,), (None,)]


def test_the_file_is_geopackage_1_2_with_a_spatial_index_on_both_layers(mixed):
    assert ask(mixed / "result.gpkg", "PRAGMA user_version") == [(10200,)]
    assert ask(
        mixed / "result.gpkg",
        "SELECT table_name FROM gpkg_extensions WHERE extension_name = 'gpkg_rtree_index' ORDER BY 1",
    ) == [
        ("findings",),
        ("sites",),
    ]
    assert ask(mixed / "result.gpkg", "SELECT count(*) FROM rtree_sites_geom") == [(2,)]
    assert ask(mixed / "result.gpkg", "PRAGMA integrity_check") == [("ok",)]


def test_styles_are_registered_as_attributes_and_are_the_default(mixed):
    path = mixed / "result.gpkg"
    assert ask(path, "SELECT data_type FROM gpkg_contents WHERE table_name = 'layer_styles'") == [("attributes",)]
    assert ask(path, "SELECT f_table_name, f_geometry_column, useAsDefault FROM layer_styles ORDER BY 1") == [
        ("findings", "geom", 1),
        ("sites", "geom", 1),
    ]
    names = dict(pyogrio.list_layers(path))
    assert names == {"sites": "Unknown", "findings": "Unknown", "layer_styles": None}


def test_the_style_has_a_rule_for_every_verdict_in_its_colour(tmp_path):
    out = write(tmp_path / "out", batch([site(0)], geometry=[BOX]))
    root = qml(out, "sites")
    assert root.find("renderer-v2").get("type") == "RuleRenderer"
    rules = root.findall("renderer-v2/rules/rule")
    assert [rule.get("filter") for rule in rules[:-1]] == [f"\"verdict\" = '{verdict}'" for verdict in VERDICTS]
    assert [rule.get("label") for rule in rules[:4]] == ["禁止", "退出或整改", "限制", "待核实"]
    symbols = {symbol.get("name"): symbol for symbol in root.findall("renderer-v2/symbols/symbol")}
    for rule, colour in zip(rules, verdict_colours().values(), strict=False):
        symbol = symbols[rule.get("symbol")]
        red, green, blue, _ = symbol.find("layer/Option/Option[@name='color']").get("value").split(",")
        assert f"#{int(red):02X}{int(green):02X}{int(blue):02X}" == colour
        assert symbol.get("type") == "fill"


def test_the_mark_is_drawn_exactly_where_possible_is_worse(tmp_path):
    out = write(tmp_path / "out", batch([site(0)], geometry=[BOX]))
    *_, mark = qml(out, "sites").findall("renderer-v2/rules/rule")
    # The filter is plain SQL, so SQLite judges it as QGIS would.
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE TABLE s (verdict, possible)")
        db.executemany("INSERT INTO s VALUES (?, ?)", itertools.product(VERDICTS, VERDICTS))
        found = set(db.execute(f"SELECT verdict, possible FROM s WHERE {mark.get('filter')}"))  # noqa: S608 - our own filter
    expected = {
        (verdict, possible)
        for verdict, possible in itertools.product(ORDER, ORDER)
        if ORDER.index(possible) < ORDER.index(verdict)
    }
    assert found == expected


def test_the_style_has_symbols_for_each_kind_of_geometry_present(mixed, tmp_path):
    kinds = [symbol.get("type") for symbol in qml(mixed, "sites").findall("renderer-v2/symbols/symbol")]
    assert kinds == ["marker"] * (len(VERDICTS) + 1) + ["fill"] * (len(VERDICTS) + 1)
    filters = [rule.get("filter") for rule in qml(mixed, "sites").findall("renderer-v2/rules/rule")]
    assert filters[0] == "geometry_type($geometry) = 'Point' AND (\"verdict\" = 'prohibited')"
    line = write(tmp_path / "line", batch([site(0)], geometry=[shapely.LineString([(0, 0), (1, 1)])]))
    assert {symbol.get("type") for symbol in qml(line, "sites").findall("renderer-v2/symbols/symbol")} == {"line"}


def test_findings_are_coloured_by_effect(mixed):
    labels = [rule.get("filter") for rule in qml(mixed, "findings").findall("renderer-v2/rules/rule")]
    for effect in LEVELS:
        assert any(f"'{effect}'" in text for text in labels)


@pytest.mark.parametrize(("lang", "expected"), [("zh", "结论"), ("en", "verdict")])
def test_columns_have_titles_in_the_language_of_the_run(tmp_path, lang, expected):
    out = write(tmp_path / "out", batch([site(0)]), made=run(lang=lang))
    aliases = {one.get("field"): one.get("name") for one in qml(out, "sites").findall("aliases/alias")}
    assert list(aliases) == list(SITE_COLUMNS)
    assert aliases["verdict"] == expected


@pytest.mark.parametrize(
    ("shapes", "kind"),
    [
        ([BOX, BOX], "Polygon"),
        ([BOX, shapely.MultiPolygon([BOX])], "MultiPolygon"),
        ([shapely.Point(1, 2), shapely.MultiPoint([(1, 2), (3, 4)])], "MultiPoint"),
        ([shapely.LineString([(0, 0), (1, 1)]), shapely.LineString([(0, 0), (2, 1)])], "LineString"),
        ([BOX, shapely.LineString([(0, 0), (1, 1)])], "Unknown"),
        ([BOX, shapely.GeometryCollection([BOX])], "Unknown"),
        ([None, None], "Unknown"),
    ],
)
def test_a_layer_of_one_kind_has_that_type_so_that_qgis_opens_it_at_once(tmp_path, shapes, kind):
    sites = [site(row, "rejected" if shape is None else "clear") for row, shape in enumerate(shapes)]
    out = write(tmp_path / "out", batch(sites, geometry=shapes))
    assert dict(pyogrio.list_layers(out / "result.gpkg"))["sites"] == kind
    read = gpd.read_file(out / "result.gpkg", layer="sites")
    for got, given in zip(read.geometry, shapes, strict=True):
        assert got is None if given is None else got.equals(given)


@pytest.mark.parametrize("batches", [[], [batch([])], [batch([]), batch([])]])
def test_no_rows_give_layers_without_rows(tmp_path, batches):
    out = write(tmp_path / "out", *batches, outputs=("csv", "gpkg", "parquet"))
    assert len(gpd.read_file(out / "result.gpkg", layer="sites")) == 0
    assert len(gpd.read_parquet(out / "findings.parquet")) == 0


def test_findings_of_several_batches_keep_the_geometry_of_their_own_site(tmp_path):
    batches = [
        batch(
            [site(row), site(row + 1)],
            geometry=[shapely.Point(row, 0), shapely.Point(row + 1, 0)],
            findings=[finding(row + 1), finding(row + 1, "FL-002")],
        )
        for row in (0, 2, 4)
    ]
    out = write(tmp_path / "out", *batches, outputs=("gpkg", "parquet"))
    for read in (gpd.read_file(out / "result.gpkg", layer="findings"), gpd.read_parquet(out / "findings.parquet")):
        assert read["row"].tolist() == [1, 1, 3, 3, 5, 5]
        assert read.geometry.x.tolist() == [1, 1, 3, 3, 5, 5]


@pytest.mark.parametrize("rows", [[4, 5, 6, 7], [0, 1, 2, 9], [3, 8, 9, 2000], [6]])
def test_findings_have_the_geometry_of_their_site_whatever_its_row_number(tmp_path, rows):
    found = [finding(row) for row in rows[1:] or rows for _ in range(2)]
    write_outputs([batch([site(row) for row in rows], findings=found)], run, tmp_path / "out", outputs=["parquet"])
    told = gpd.read_parquet(tmp_path / "out" / "findings.parquet")
    # The site of a row stands at x = row.
    assert [int(shape.x) for shape in told.geometry] == told["row"].tolist() == [one["row"] for one in found]


def _packed(path, column):
    """Give the bytes of a column before they are compressed."""
    about = pq.read_metadata(path)
    (place,) = (n for n in range(about.num_columns) if about.schema.column(n).path == column)
    return sum(about.row_group(n).column(place).total_uncompressed_size for n in range(about.num_row_groups))


@pytest.mark.parametrize("column", ["geometry", "feature_name"])
def test_what_stands_in_several_rows_is_written_once_and_no_memory_with_it(tmp_path, column):
    """Arrow keeps room for each word it is given, and leaves what stood in memory where it writes none."""
    rows, here = range(2000), shapely.Point(7, 7)
    # Without the sign that no file can hold the names are one word.
    names = ["厂" + "\x00" * (row % 2000) for row in rows] if column == "feature_name" else ["厂"] * 2000
    found = [finding(row, feature_name=name) for row, name in zip(rows, names, strict=True)]
    sites = [site(row) for row in rows]
    shapes = [here if column == "geometry" else shapely.Point(row, row) for row in rows]
    made = batch(sites, shapes, found)
    columns = {**made.finding_columns.values, "feature_name": numbered(np.array(names, object))}
    made = replace(made, finding_columns=Columns(columns))
    write_outputs([made], run, tmp_path / "out", outputs=["parquet"])
    path = tmp_path / "out" / "findings.parquet"
    # 2,000 places of no bits each, one word, heads of pages.
    assert _packed(path, column) < 1_000
    told = gpd.read_parquet(path)
    assert (told.geometry.x.tolist(), set(told["feature_name"])) == ([one.x for one in shapes], {"厂"})


def test_parquet_says_its_crs_types_and_bounds_as_geoparquet_asks(mixed):
    geo = json.loads(pq.read_metadata(mixed / "sites.parquet").metadata[b"geo"])
    assert geo["version"] == "1.1.0"
    assert geo["primary_column"] == "geometry"
    column = geo["columns"]["geometry"]
    assert column["encoding"] == "WKB"
    assert column["geometry_types"] == ["Point", "Polygon"]
    assert column["bbox"] == [0.0, 0.0, 500.0, 10.0]
    assert column["crs"]["id"] == {"authority": "EPSG", "code": 4545}
    read = gpd.read_parquet(mixed / "sites.parquet")
    assert list(read.columns) == [*SITE_COLUMNS, "geometry"]
    assert read["row"].dtype == np.int64
    assert read["verdict"].tolist() == ["prohibited", "rejected", "clear"]
    assert read.geometry[1] is None


def test_above_the_limit_the_geopackage_leaves_the_texts_to_rules_csv(tmp_path, monkeypatch):
    for module in (gpkg, tables):
        monkeypatch.setattr(module, "FINDINGS_WITH_TEXTS", 1)
    findings = [finding(0, quote="原文", exemption="e"), finding(0, "FL-002", quote="原文")]
    out = write(tmp_path / "out", batch([site(0)], findings=findings), outputs=("gpkg", "parquet"))
    assert ask(out / "result.gpkg", "SELECT quote, exemption FROM findings") == [(None, "e"), (None, "")]
    assert gpd.read_parquet(out / "findings.parquet")["quote"].tolist() == ["原文", "原文"]
    assert (out / "rules.csv").exists()


def test_a_geopackage_that_lost_rows_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(gpkg.pq.ParquetFile, "iter_batches", lambda *_: iter(()))
    with pytest.raises(OutputError, match="layer sites holds 0 of 1 rows"):
        write(tmp_path / "out", batch([site(0)]))
    assert not (tmp_path / "out").exists()


def test_limits_and_notices_stand_where_other_programs_show_a_remark(tmp_path):
    made = run(notices=({"zh": "示范\x00数据\udcff", "en": "demonstration data"},))
    out = write(tmp_path / "out", batch([site(0)]), made=made, outputs=("gpkg", "parquet"))
    expected = label("outputs.limits", "zh") + "\n示范数据?"
    said = ask(out / "result.gpkg", "SELECT description FROM gpkg_contents WHERE data_type = 'features'")
    assert said == [(expected,), (expected,)]
    for name in ("sites.parquet", "findings.parquet"):
        assert pq.read_metadata(out / name).metadata[b"remark"].decode() == expected


def test_text_in_geoparquet_is_plain_text_for_every_reader(tmp_path):
    write(tmp_path / "out", batch([site(0)], findings=[finding(0)]), outputs=["parquet"])
    for layer, columns in (("sites", SITE_COLUMNS), ("findings", FINDING_COLUMNS)):
        kinds = pq.read_schema(tmp_path / "out" / f"{layer}.parquet")
        assert kinds.names == [*columns, "geometry"]
        assert kinds.field("geometry").type == pa.binary()
        told = {name: str(kinds.field(name).type) for name in columns}
        numbers = {"row": "int64", "more_features": "int64"} | dict.fromkeys(
            NUMBERS - {"row", "more_features"}, "double"
        )
        assert told == {name: numbers.get(name, "string") for name in columns}


def test_sites_that_a_run_wrote_are_sites_that_can_be_read(tmp_path):
    shapes = [Point(450_000, 3_280_000), Point(450_100, 3_280_000)]
    write(tmp_path / "out", batch([site(0), site(1)], shapes), outputs=["parquet"])
    table = read_table(tmp_path / "out" / "sites.parquet")
    assert list(table.geometry) == shapes
    assert table.crs.to_epsg() == 4545


def test_only_the_geometry_of_sites_with_findings_stands_with_the_findings(tmp_path):
    sites = [site(row) for row in (4, 5, 6)]
    shapes = [box(0, 0, 9, 9), Point(1, 2), box(1, 1, 2, 2)]
    made = batch(sites, shapes, [finding(6), finding(5, "FL-002"), finding(6, "FL-003")])
    write(tmp_path / "out", made, outputs=["parquet"])
    found = gpd.read_parquet(tmp_path / "out" / "findings.parquet")
    assert list(found.geometry) == [shapes[2], shapes[1], shapes[2]]
    head = json.loads(pq.read_metadata(tmp_path / "out" / "findings.parquet").metadata[b"geo"])["columns"]["geometry"]
    assert head["geometry_types"] == ["Point", "Polygon"]
    assert head["bbox"] == [1, 1, 2, 2]
