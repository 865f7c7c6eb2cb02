"""report.docx: every finding with its clause and evidence, in the words of the language; text is text."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile

import docx
import geopandas as gpd
import numpy as np
import pytest
import shapely
from docx.oxml.ns import qn
from matplotlib.axes import Axes
from matplotlib.image import imread
from outputs_made import batch, column, finding, layer, rule, run, site
from small_workspace import CRS, ORIGIN, box, make_workspace

from fuling_gis import api
from fuling_gis.labels import LANGS, label
from fuling_gis.outputs import palette, report, report_map
from fuling_gis.outputs.limits import limits
from fuling_gis.outputs.told import cause, measured, metres, reading
from fuling_gis.outputs.write import write_outputs
from fuling_gis.rules.model import Reading, ReadingValue

HOSTILE = ("A&B<地块>", "{{ 7*7 }}", "${jndi}", "=1+1", "<script>alert(1)</script>", "a\x01\x0bb￿")


def district():
    return layer(
        "district",
        title={"zh": "涪陵区", "en": "Fuling District"},
        geometry=np.array([shapely.box(-9e3, -9e3, 9e3, 9e3)], object),
    )


def written(folder, batches, the_run):
    write_outputs(batches, lambda: the_run, folder, outputs=["report"], lang=the_run.lang)
    return docx.Document(folder / "report.docx")


def words(document):
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def one(verdict="prohibited", **more):
    told = {"site_id": "P1", "name": "甲厂", "activity": "化工", "area_m2": 25_000.0, "to_main_m": 800.0}
    return site(0, verdict, prohibited_by="FL-001", **{**told, **more})


def near(**more):
    return finding(
        0, "FL-001", predicate="near", part_answer="yes", layer="red_line", feature_id="a", feature_name="一号",
        distance_m=800.0, threshold_m=1000.0, margin_m=200.0, tolerance_m=5.0, more_features=0, **more,
    )  # fmt: skip


def test_a_site_is_told_with_verdict_clause_quote_basis_and_what_was_measured(tmp_path):
    told = run(rules=(rule("FL-001"),), layers={"red_line": layer(), "district": district()})
    text = words(written(tmp_path / "out", [batch([one()], findings=[near()])], told))
    for part in (
        "P1  甲厂", "FL-001标题 (FL-001)", "第四章", "第一节", "禁止新建", "《长江保护法》", "第二十六条", "2.50 ha",
        "距生态保护红线（一号） 800.0 m，在 1.000 km 界限以内 200.0 m (容差 ±5.0 m)", limits()["zh"],
    ):  # fmt: skip
        assert part in text


def test_only_the_report_and_the_manifest_are_left(tmp_path):
    written(tmp_path / "out", [batch([one()])], run())
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["report.docx", "run.json"]


def test_a_maybe_names_its_causes_and_what_would_settle_each(tmp_path):
    maybe = finding(
        0,
        "FL-001",
        answer="maybe",
        predicate="in",
        part_answer="maybe",
        layer="red_line",
        cause="fact:nature;tolerance",
    )
    told = run(rules=(rule("FL-001"),), layers={"red_line": layer()})
    text = words(written(tmp_path / "out", [batch([one(verdict="undecided")], findings=[maybe])], told))
    assert "不知道：建设性质；在数据中补填“建设性质”" in text
    assert "距边界或界限在定位容差之内；以更准确的界线或实测坐标核定" in text


@pytest.mark.parametrize("lang", LANGS)
def test_both_languages_have_all_sections(tmp_path, lang):
    told = run(
        lang=lang,
        rules=(rule("FL-022", "restrict"),),
        layers={"red_line": layer()},
        unchecked={"FL-022": ("aquatic_habitat",)},
    )
    document = written(
        tmp_path / "out", [batch([one(verdict="clear", possible="undecided", unchecked_by="FL-022")])], told
    )
    heads = {paragraph.text for paragraph in document.paragraphs if paragraph.style.name == "Heading 1"}
    wanted = ("summary", "sites_told", "layers", "unasked", "hashes")
    assert {label(f"report.{name}", lang) for name in wanted} <= heads
    # No heading stands alone at the end.
    assert not document.paragraphs[-1].style.name.startswith("Heading")


@pytest.mark.parametrize("lang", LANGS)
def test_ids_are_said_to_be_no_chinese_so_that_no_program_breaks_them_anywhere(tmp_path, lang):
    document = written(tmp_path / "out", [batch([site(0, site_id="A")])], run(lang=lang))
    spoken = list(document.styles.element.iter(qn("w:lang")))
    assert spoken
    assert {(one.get(qn("w:val")), one.get(qn("w:eastAsia"))) for one in spoken} == {("en-GB", "zh-CN")}


def test_clear_is_never_told_as_approved(tmp_path):
    text = words(written(tmp_path / "out", [batch([site(0, "clear", site_id="C")])], run(lang="en")))
    assert "This is not an approval" in text
    assert limits()["en"] in text


@pytest.mark.parametrize("text", HOSTILE)
def test_text_from_files_is_text(tmp_path, text):
    told = run(rules=(rule("FL-001"),), layers={"red_line": layer()})
    sites = [one(name=text, site_id=text, problem=text)]
    document = written(tmp_path / "out", [batch(sites, findings=[near() | {"feature_name": text}])], told)
    plain = "".join(c for c in text if c >= " " and c != "￿")
    assert words(document).count(plain) >= 4
    with zipfile.ZipFile(tmp_path / "out" / "report.docx") as package:
        assert b"<script>" not in package.read("word/document.xml")


def test_a_name_without_end_and_an_id_of_two_lines_are_shown_in_a_line(tmp_path):
    told = run(rules=(rule("FL-001"),), layers={"red_line": layer(), "district": district()})
    endless = one(site_id="P1\nP2", name="甲" * 20_000)
    text = words(written(tmp_path / "out", [batch([endless], findings=[near()])], told))
    assert "P1 P2  甲甲甲" in text
    assert "甲" * 119 + "…" in text
    assert max(len(line) for line in text.splitlines()) < 1_000


def test_of_many_sites_the_worst_are_told_and_all_are_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "LISTED", 6)
    monkeypatch.setattr(report, "TOLD", 2)
    sites = [site(n, "clear", site_id=f"S{n}") for n in range(8)] + [site(8, "prohibited", site_id="BAD")]
    document = written(tmp_path / "out", [batch(sites[:5]), batch(sites[5:])], run(lang="en"))
    assert [row.cells[0].text for row in document.tables[1].rows] == ["Id", "BAD", "S0", "S1", "S2", "S3", "S4"]
    heads = [paragraph.text for paragraph in document.paragraphs if paragraph.style.name == "Heading 2"]
    assert [head for head in heads if head.startswith(("S", "BAD"))] == ["BAD", "S0"]
    text = words(document)
    assert "The worst 6 of 9 sites are listed" in text
    assert "The worst 2 of 9 sites are told in full" in text


def test_sites_that_are_not_told_in_full_stand_in_the_annex_with_a_line_for_each_rule(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "TOLD", 1)
    rules = (rule("FL-001"), rule("FL-002"))
    told = run(rules=rules, layers={"red_line": layer()}, lang="en")
    findings = [
        near() | {"row": 1},
        near() | {"row": 1, "rule_id": "FL-002", "answer": "maybe", "cause": "fact:nature"},
        near() | {"row": 1, "rule_id": "FL-002", "answer": "maybe", "cause": "fact:nature", "feature_name": "二号"},
    ]
    sites = [site(0, "prohibited", site_id="A"), site(1, "prohibited", site_id="B"), site(2, "clear", site_id="C")]
    document = written(tmp_path / "out", [batch(sites, findings=findings)], told)
    lines = [paragraph.text for paragraph in document.paragraphs]
    annex = lines[lines.index("Annex: the other sites") + 2 :]
    assert [line.split()[0] for line in annex if "·" not in line] == ["B"]
    first, second = [line for line in annex if "·" in line]
    assert "(FL-001)" in first
    assert "800.0 m" in first
    assert "(FL-002)" in second
    # Both parts on one line, and the cause once.
    assert second.count("800.0 m") == 2
    assert second.count(cause("fact:nature", told, "en")[0]) == 1


def test_a_report_that_tells_all_in_full_has_no_annex(tmp_path):
    told = run(rules=(rule("FL-001"),), layers={"red_line": layer()}, lang="en")
    assert "Annex" not in words(written(tmp_path / "out", [batch([one()], findings=[near()])], told))


def test_a_site_in_ground_has_its_maps_and_one_without_geometry_has_none(tmp_path):
    told = run(rules=(rule("FL-001"),), layers={"red_line": layer(), "district": district()})
    sites = [one(), site(1, "rejected", site_id="R")]
    document = written(tmp_path / "out", [batch(sites, [shapely.box(0, 0, 300, 300), None], [near()])], told)
    assert len(document.inline_shapes) == 1


OTHER = {"prohibited": "clear", "clear": "prohibited"}
SHAPES = (
    shapely.Point(5, 5),
    shapely.LineString([(0, 0), (900, 40)]),
    shapely.box(0, 0, 20_000, 10),
    shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(5, 5, 6, 6)]),
)


@pytest.mark.parametrize("shape", SHAPES)
def test_any_kind_of_site_can_be_drawn_without_a_warning(shape):
    told = run(layers={"red_line": layer(), "district": district()})
    ground = report_map.ground_of(told, np.array([shape], dtype=object))
    pixels = {}
    for verdict in ("prohibited", "clear"):
        png = report_map.draw(shape, verdict, {"red_line": [0]}, told, ground, "zh")
        drawn = imread(io.BytesIO(png), format="png")[:, :, :3]
        wanted = np.array([int(palette.colour(verdict)[at : at + 2], 16) for at in (1, 3, 5)]) / 255
        pixels[verdict] = int((np.abs(drawn - wanted) < 1 / 255).all(axis=2).sum())
        other = np.array([int(palette.colour(OTHER[verdict])[at : at + 2], 16) for at in (1, 3, 5)]) / 255
        assert not (np.abs(drawn - other) < 1 / 255).all(axis=2).any()
    # The marker of the location alone is some pixels wide.
    assert min(pixels.values()) > 20


@pytest.mark.parametrize(("away", "shown"), [(800.0, True), (3_400.0, True), (3_600.0, False)])
def test_the_map_shows_a_large_river_nearby_with_its_distance_and_a_key_of_what_is_drawn(monkeypatch, away, shown):
    grades = {"id": ["r", "s"], "name": ["", ""], "grade": ["main", "tributary"]}
    river = layer(
        "river",
        fields={name: np.array(values, object) for name, values in grades.items()},
        geometry=np.array([shapely.box(away, -9e3, away + 500, 9e3), shapely.box(-60, -9, -50, 9)], object),
        title={"zh": "河流", "en": "Rivers"},
    )
    far = layer(geometry=np.array([shapely.box(2e4, 2e4, 3e4, 3e4)], object))
    seen = {"boxes": [], "texts": [], "labels": []}
    frame, measured_line, legend = report_map._frame, report_map._measured, Axes.legend
    monkeypatch.setattr(report_map, "_frame", lambda axes, box: seen["boxes"].append(box) or frame(axes, box))
    monkeypatch.setattr(
        report_map, "_measured", lambda axes, line: seen["texts"].append(line.length) or measured_line(axes, line)
    )
    monkeypatch.setattr(
        Axes,
        "legend",
        lambda axes, **given: (
            seen["labels"].extend(one.get_label() for one in given["handles"]) or legend(axes, **given)
        ),
    )
    told = run(layers={"red_line": far, "river": river}, lang="en")
    ground = report_map.ground_of(told, np.array([shapely.Point(0, 0)], object))
    report_map.draw(shapely.Point(0, 0), "prohibited", {"red_line": [0], "river": [1]}, told, ground, "en")
    assert (seen["boxes"][-1][2] > away) == shown
    assert seen["texts"] == [away] * shown
    assert seen["labels"] == [label("report.map_site", "en"), "Rivers"]


# A site 200 m on either side of the border at x = 9000, and a river beyond it from x = 9500 on: 500 m from the part
# inside, 300 m from the whole.
ACROSS = shapely.box(8800, -100, 9200, 100)
BEYOND = {
    "fields": {"id": np.array(["r"], object), "name": np.array([""], object), "grade": np.array(["main"], object)}
}


@pytest.mark.parametrize(
    ("shape", "bound", "metres", "said"),
    [
        (ACROSS, "district", 500.0, ["site", "beyond"]),
        (ACROSS, "urban_boundary", 500.0, ["site", "beyond"]),
        (ACROSS, None, 300.0, ["site"]),
        (shapely.LineString([(8800, 0), (9200, 0)]), "district", 500.0, ["site"]),
        (shapely.MultiPoint([(8800, 0), (9200, 0)]), "district", 700.0, ["site"]),
        # What only touches the border is judged whole.
        (shapely.box(9000, -100, 9200, 100), "district", 300.0, ["site"]),
        (shapely.box(8800, -100, 9000, 100), "district", 500.0, ["site"]),
    ],
)
def test_the_distance_on_the_map_is_that_of_the_part_inside(monkeypatch, shape, bound, metres, said):
    river = layer("river", geometry=np.array([shapely.box(9500, -9e3, 9900, 9e3)], object), **BEYOND)
    ground = (
        {} if bound is None else {bound: layer(bound, geometry=np.array([shapely.box(-9e3, -9e3, 9e3, 9e3)], object))}
    )
    lengths, labels = [], []
    measured_line, legend = report_map._measured, Axes.legend
    monkeypatch.setattr(
        report_map, "_measured", lambda axes, line: lengths.append(line.length) or measured_line(axes, line)
    )
    monkeypatch.setattr(
        Axes,
        "legend",
        lambda axes, **given: labels.extend(one.get_label() for one in given["handles"]) or legend(axes, **given),
    )
    told = run(layers={"river": river, **ground}, lang="en", jurisdiction=bound or "district")
    report_map.draw(shape, "clear", {}, told, report_map.ground_of(told, np.array([shape], object)), "en")
    assert lengths == [metres]
    assert [one for one in labels if "ite" in one] == [label(f"report.map_{name}", "en") for name in said]


def test_the_map_measures_what_the_report_says(tmp_path, monkeypatch):
    # Of this triangle the part in the district, which ends at x = -5000, comes down to y = 600; the river's water ends
    # there at y = 100. The corner outside is nearer: 200 m west of the water's own corner and 100 m above it.
    lengths = []
    monkeypatch.setattr(report_map, "_measured", lambda _, line: lengths.append(line.length))
    place = make_workspace(tmp_path / "work")
    # The rivers around the district are known too, or a river beyond the border could be nearer.
    catalog = (place / "layers" / "catalog.yaml").read_text("utf-8")
    river, rest = catalog.split("  red_line:")
    river = "covers: river_extent".join(river.rsplit("covers: district", 1))
    extent = """\
  river_extent:
    title: {zh: 河流范围, en: Where rivers are known}
    path: small.gpkg
    layer: river_extent
    fields: {id: id, name: name}
    accuracy_m: 0
    covers: own
"""
    (place / "layers" / "catalog.yaml").write_text(f"{river}{extent}  red_line:{rest}", "utf-8")
    reach = {"id": ["E1"], "name": ["E"], "geometry": [box(-9000, -9000, 9000, 9000)]}
    gpd.GeoDataFrame(reach, crs=CRS).to_file(place / "layers" / "small.gpkg", layer="river_extent")
    corners = [(-5200, 200), (-4800, 1000), (-5200, 1000)]
    plot = shapely.Polygon([(x + ORIGIN[0], y + ORIGIN[1]) for x, y in corners])
    gpd.GeoDataFrame({"site_id": ["A"], "geometry": [plot]}, crs=CRS).to_file(tmp_path / "plot.gpkg")
    api.check(tmp_path / "plot.gpkg", api.open_workspace(place), tmp_path / "out", outputs=["csv", "report"], lang="en")
    assert column(tmp_path / "out" / "sites.csv", "to_main_m") == ["500.00"]
    assert lengths == pytest.approx([500.0])
    assert "To the Yangtze: 500.0 m" in words(docx.Document(tmp_path / "out" / "report.docx"))


def test_without_a_chinese_font_the_maps_have_no_names_and_the_report_says_so(tmp_path, monkeypatch):
    for module in (report, report_map):
        monkeypatch.setattr(module, "chinese_font", lambda: None)
    told = run(layers={"red_line": layer(), "district": district()})
    assert label("report.no_font", "zh") in words(written(tmp_path / "out", [batch([one()])], told))


def test_units_are_told_with_their_access_lists(tmp_path):
    columns = {"code": "ZH1", "id": "u1", "name": "一单元", "spatial": "禁止化工", "risk": "加强预警"}
    units = layer("management_unit", fields={name: np.array([value], object) for name, value in columns.items()})
    text = words(written(tmp_path / "out", [batch([one(units="ZH1")])], run(layers={"management_unit": units})))
    assert "空间布局约束: 禁止化工" in text
    assert "环境风险防控: 加强预警" in text


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"predicate": "in", "overlap_m2": 5000.0, "overlap_share": 0.5}, "重叠 5,000.0 m²，占地块 50.0%"),
        ({"predicate": "in", "distance_m": 3.0}, "相距 3.0 m"),
        ({"predicate": "in", "distance_m": 0.0}, "位于生态保护红线内"),
        ({"predicate": "in", "part_answer": "maybe"}, "尚不能断定"),
        ({"predicate": "near", "distance_m": 1001.0, "threshold_m": 1000.0}, "界限以外 1.0 m"),
        ({"predicate": "near", "threshold_m": 1000.0}, "是否在 1.000 km 以内尚不能断定"),
        ({"predicate": "outside", "distance_m": 70.0}, "以外，相距 70.0 m"),
        ({"predicate": "not outside"}, "位于生态保护红线内"),
        ({"predicate": "visible_from"}, "可以看见"),
        ({"predicate": ""}, "不限于特定区域"),
    ],
)
def test_what_was_measured_is_said_in_words(row, said):
    blank = dict.fromkeys(
        ("overlap_m2", "overlap_share", "distance_m", "threshold_m", "tolerance_m", "feature_id", "feature_name")
    )
    finding_row = {**blank, "part_answer": "yes", "layer": "red_line", "more_features": 0, **row}
    assert said in measured(finding_row, run(layers={"red_line": layer()}), "zh")


def test_every_cause_of_the_contract_has_words_and_a_way_out():
    value = ReadingValue({"zh": "全部", "en": "all"})
    term = Reading(
        "scope",
        {"zh": "何为支流？", "en": "What is a tributary?"},
        "all",
        {"wide": value},
    )
    told = run(layers={"red_line": layer()}, reading_terms={"scope": term})
    names = (
        "tolerance",
        "dem",
        "fact:activity",
        "fact:boiler_tph",
        "attribute:red_line.kind",
        "coverage:river",
        "layer:dem",
        "reading:scope=wide",
    )
    for lang in LANGS:
        for name in names:
            why, settle = cause(name, told, lang)
            assert why
            assert settle
            assert "{" not in why + settle
    assert reading("scope=wide>yes", told, "en").endswith("→ yes")


def test_distances_are_metres_below_a_kilometre():
    assert (metres(999.94), metres(1000.0), metres(-3.25)) == ("999.9 m", "1.000 km", "-3.2 m")


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed: the report is not opened")
def test_libreoffice_opens_the_report_and_one_site_takes_few_pages(tmp_path):
    told = run(rules=(rule("FL-001"),), layers={"red_line": layer(), "district": district()}, lang="en")
    written(tmp_path / "out", [batch([one()], [shapely.box(0, 0, 300, 300)], [near()])], told)
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "pdf"]
    subprocess.run(
        [*command, "--outdir", str(tmp_path), str(tmp_path / "out" / "report.docx")], check=True, capture_output=True
    )
    pdf = (tmp_path / "report.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert 1 <= pdf.count(b"/Type/Page\n") + pdf.count(b"/Type/Page/") + pdf.count(b"/Type /Page\n") <= 4
