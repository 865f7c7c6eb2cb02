"""`fuling-gis report`: one site, some or all from a result that is there; what has changed since is told."""

from __future__ import annotations

import json
import shutil
import sqlite3

import docx
import geopandas as gpd
import pytest
from small_workspace import CRS, box, make_sites, make_workspace

from fuling_gis.labels import label

# As in the tests of `check`: chemical works 500 m and 2,000 m from the water, a shop in the red line; two lots have one
# id, and one id has signs that no name of a file may have.
ROWS = [
    ("NEAR", "chemical", 0, 600),
    ("RED", "commerce", 2500, 2500),
    ("TWICE", "chemical", 0, 2100),
    ("TWICE", "commerce", 0, 2300),
    ("../涪/1", "commerce", 100, 2400),
]
DAY = "2024-06-01"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A workspace with a result in it, to be copied."""
    from fuling_gis import api

    root = make_workspace(tmp_path_factory.mktemp("made") / "place")
    sites = make_sites(root / "sites.csv", ROWS)
    outputs = ["csv", "gpkg", "report"]
    api.check(sites, api.open_workspace(root), root / "maps" / "sites", crs=CRS, as_of=DAY, lang="en", outputs=outputs)
    return root


@pytest.fixture
def place(made, tmp_path):
    return shutil.copytree(made, tmp_path / "place")


@pytest.fixture
def out(place):
    return place / "maps" / "sites"


def words(path):
    document = docx.Document(path)
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def change_layer(place, layer, column):
    """Write a layer again with other features."""
    file = place / "layers" / "small.gpkg"
    frame = gpd.read_file(file, layer=layer)
    frame.assign(**column).to_file(file, layer=layer, driver="GPKG")


def test_one_site_is_told_with_its_clauses_its_map_and_what_it_rests_on(fuling, out):
    ran = fuling("report", out, "--site", "NEAR")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.strip() == str(out / "report-NEAR.docx")
    text = words(out / "report-NEAR.docx")
    for part in (
        "NEAR  site NEAR",
        "Verdict: prohibited",
        "FL-056",
        "第四章",
        "Rivers",
        "sites.csv: SHA-256",
        "of 5 sites",
    ):
        assert part in text
    assert "site RED" not in text
    assert len(docx.Document(out / "report-NEAR.docx").inline_shapes) == 1


def test_what_is_told_of_a_site_is_what_the_whole_report_tells_of_it(fuling, out):
    fuling("report", out, "--site", "NEAR")
    whole, alone = (
        [p.text for p in docx.Document(out / name).paragraphs] for name in ("report.docx", "report-NEAR.docx")
    )
    told = whole[whole.index("NEAR  site NEAR") : whole.index("RED  site RED")]
    start = alone.index("NEAR  site NEAR")
    assert alone[start : start + len(told)] == told
    assert len(told) > 10


def test_several_sites_stand_in_one_report_each_once(fuling, out):
    ran = fuling("report", out, "--site", "RED", "--site", "NEAR", "--site", "RED", "-o", out / "both")
    assert ran.status == 0
    heads = [p.text for p in docx.Document(out / "both.docx").paragraphs if p.style.name == "Heading 2"]
    assert [head for head in heads if "site" in head] == ["RED  site RED", "NEAR  site NEAR"]


def test_without_a_site_the_whole_report_is_made_again(fuling, out):
    before = words(out / "report.docx")
    ran = fuling("report", out)
    assert ran.status == 1
    assert "--force" in ran.err
    assert fuling("report", out, "--force").status == 0
    after = words(out / "report.docx")
    assert [line for line in after.split("\n") if not line.startswith("Taken from")] == before.split("\n")


def test_the_language_may_be_another_than_that_of_the_result(fuling, out):
    assert fuling("report", out, "--site", "NEAR", "--lang", "zh").status == 0
    text = words(out / "report-NEAR.docx")
    assert "结论：禁止" in text
    assert label("report.layers", "zh") in text
    assert "Verdict" not in text


@pytest.mark.parametrize(("site", "said"), [("NOPE", "no site 'NOPE'"), ("TWICE", "#2, #3"), ("#99", "no site '#99'")])
def test_an_id_of_no_site_or_of_several_is_told_in_one_sentence(fuling, out, site, said):
    ran = fuling("report", out, "--site", site)
    assert ran.status == 2
    assert said in ran.err
    assert ran.err.count("\n") == 1
    assert not list(out.glob("report-*"))


def test_a_site_whose_id_others_have_is_named_by_its_row(fuling, out):
    assert fuling("report", out, "--site", "#3").status == 0
    text = words(out / "report-3.docx")
    assert "TWICE  site TWICE" in text
    assert "prohibited" not in text


def test_an_id_becomes_a_safe_name_of_a_file_in_the_folder_of_results(fuling, out):
    assert fuling("report", out, "--site", "../涪/1").status == 0
    assert [path.name for path in out.glob("report-*")] == ["report-涪_1.docx"]


def test_a_report_that_somebody_may_have_worked_on_is_not_replaced_unasked(fuling, out):
    fuling("report", out, "--site", "NEAR")
    (out / "report-NEAR.docx").write_bytes(b"edited")
    ran = fuling("report", out, "--site", "NEAR")
    assert ran.status == 1
    assert (out / "report-NEAR.docx").read_bytes() == b"edited"
    assert fuling("report", out, "--site", "NEAR", "--force").status == 0
    assert not list(out.glob(".*part"))


def test_a_changed_layer_is_told_and_not_drawn_and_the_verdict_is_that_of_then(fuling, place, out):
    change_layer(place, "red_line", {"geometry": [box(-4000, -4000, -3000, -3000)]})
    ran = fuling("report", out, "--site", "RED", "--json")
    assert ran.status == 0
    assert [one["en"] for one in json.loads(ran.out)["changed"]] == ["layer Ecological red line"]
    text = words(out / "report-RED.docx")
    assert "Changed since then: layer Ecological red line." in text
    assert "Lies in Ecological red line" in text


def test_a_layer_that_is_gone_and_a_site_file_that_changed_are_told(fuling, place, out):
    catalog = place / "layers" / "catalog.yaml"
    catalog.write_text(catalog.read_text("utf-8").partition("  red_line:")[0], "utf-8")
    inputs = json.loads((out / "run.json").read_text("utf-8"))
    (place / "sites.csv").write_text("site_id\n", "utf-8")
    inputs["inputs"][0]["path"] = str(place / "sites.csv")
    (out / "run.json").write_text(json.dumps(inputs), "utf-8")
    ran = fuling("report", out, "--site", "NEAR")
    assert ran.status == 0
    for said in ("layer Ecological red line (no longer", "site file sites.csv", "the layer catalogue"):
        assert said in ran.err
        assert said in words(out / "report-NEAR.docx")


def test_a_result_of_other_rules_gives_no_report(fuling, place, out):
    rules = place / "rules"
    rules.mkdir(exist_ok=True)
    (rules / "own.yaml").write_text("rules: []\n", "utf-8")
    ran = fuling("report", out, "--site", "NEAR")
    assert ran.status == 1
    assert "other rule files" in ran.err
    assert not list(out.glob("report-*"))


def remove_row(out):
    with sqlite3.connect(out / "result.gpkg") as db:
        db.execute("DROP TABLE IF EXISTS rtree_sites_geom")
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f'DROP TRIGGER "{name}"')
        db.execute("DELETE FROM sites WHERE site_id = 'RED'")


FAULTS = {
    "no manifest": (lambda out: (out / "run.json").unlink(), "no folder of results"),
    "not JSON": (lambda out: (out / "run.json").write_text("{", "utf-8"), "was not written by this program"),
    "no object": (lambda out: (out / "run.json").write_text("[]", "utf-8"), "was not written by this program"),
    "another's": (lambda out: (out / "run.json").write_text('{"toolkit": "x"}', "utf-8"), "was not written by this"),
    "no tables": (lambda out: (out / "result.gpkg").unlink(), "neither result.gpkg nor GeoParquet"),
    "cut": (lambda out: (out / "result.gpkg").write_bytes(b"SQLite format 3\0"), "cannot be read"),
    "a row less": (remove_row, "not those of its run.json"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_result_that_is_not_whole_gives_a_sentence_and_no_report(fuling, out, name):
    spoil, said = FAULTS[name]
    spoil(out)
    ran = fuling("report", out, "--site", "NEAR")
    assert ran.status == 1
    assert said in ran.err
    assert ran.err.count("\n") == 1
    assert not list(out.glob("report-*"))


def test_a_result_in_geoparquet_gives_the_same_report(fuling, place, out, tmp_path):
    from fuling_gis import api

    other = tmp_path / "parquet"
    api.check(place / "sites.csv", api.open_workspace(place), other, crs=CRS, as_of=DAY, lang="en", outputs=["parquet"])
    assert fuling("report", other, "--site", "NEAR", "-w", place).status == 0
    assert fuling("report", out, "--site", "NEAR").status == 0
    one, two = (words(folder / "report-NEAR.docx").split("\n") for folder in (other, out))
    assert [line for line in one if not line.startswith("Taken")] == [
        line for line in two if not line.startswith("Taken")
    ]


def test_where_outlines_were_left_out_no_report_draws_them(fuling, place, tmp_path):
    from fuling_gis import api

    out = tmp_path / "bare"
    options = {"crs": CRS, "as_of": DAY, "lang": "en", "outputs": ["gpkg", "report"], "zone_geometry": False}
    api.check(place / "sites.csv", api.open_workspace(place), out, **options)
    assert fuling("report", out, "--site", "NEAR", "-w", place).status == 0
    for name in ("report.docx", "report-NEAR.docx"):
        assert not docx.Document(out / name).inline_shapes
        assert label("report.no_maps", "en") in words(out / name)


def test_a_report_that_cannot_be_written_leaves_nothing(fuling, out):
    (out / "blocked").write_bytes(b"")
    ran = fuling("report", out, "--site", "NEAR", "-o", out / "blocked" / "a.docx")
    assert ran.status == 1
    assert "cannot be written" in ran.err
    assert sorted(path.name for path in out.glob("*.docx")) == ["report.docx"]
