"""Text that means harm goes from files through every output as data: never as markup, formula, template or control.

One run of the command line has such text in every attribute, field name, layer name, file name and title of the
catalogue; each test opens one of its outputs with a parser of that format. docs/security.md names each test.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import logging
import re
import sqlite3
import unicodedata
import zipfile
from contextlib import closing
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import openpyxl
import pytest
import yaml
from docx import Document
from small_workspace import CATALOG, CRS, ORIGIN, box, make_workspace

import fuling_gis as fg
from fuling_gis.cli import main
from fuling_gis.cli.terminal import Terminal
from fuling_gis.sites.inspect import inspect

TEXTS = (
    "{{7*7}}", "{% raw %}", "{# gone #}", "${7*7}", "`${7*7}`", "<%= 7*7 %>", "<script>alert(1)</script>",
    "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<!--<script>", "]]>", "&lt;b&gt;&amp;",
    "A&B<x>",
    "=cmd|'/c calc'!A1", "=1+1", "+1", "-1+1", "@x", "＝1+1", "a;=1+1", '=HYPERLINK("http://127.0.0.1/")',
    "two\nlines", "two\r\nlines", "a\u2028b\u2029c", "a\x1b[31mb\x1b]0;title\x07c", "a\u202eb\u2066c\u200bd",
    "a\x85\x9bb",
    '"onmouseover="alert(1)', "'; DROP TABLE sites; --", "\\u003cscript\\u003e", "%s%n%x", "{0.__class__}",
    "[bold]a[/bold]",
    "__proto__", "constructor", "http://127.0.0.1/a.png", "<w:t>x</w:t>", "../../etc/passwd", "长" * 300,
    "a\ufffeb\uffffc",
)  # fmt: skip
# Text with which a title, a layer or a file is called: all of them at once, but for what no file may be called.
TITLE = " ".join(text for text in TEXTS if len(text) < 100)
NAME = "A&B<x>{{7*7}}${7*7}`=@'\"\n\x1b[31m\u202e;<script>alert(1)<script>.geojson"
DAY = "2024-06-01"


def feature(text: str, x: float, **more: object) -> dict[str, object]:
    east, north = ORIGIN
    place = {"type": "Point", "coordinates": [east + x, north + 600]}
    return {"type": "Feature", "properties": {"site_id": text, "name": text, text: text, **more}, "geometry": place}


def rows() -> list[dict[str, object]]:
    told = [feature(text, 10 * n, activity="chemical", nature="new") for n, text in enumerate(TEXTS)]
    free = [
        feature(f"{n}{text}", 10 * n, activity=text, nature=text, industry_code=text) for n, text in enumerate(TEXTS)
    ]
    nowhere = {"type": "Feature", "properties": {"site_id": "gone", "name": TITLE}, "geometry": None}
    # The last three stand in the red line, whose features and layer are called so.
    inside = [feature(f"in {n}", 0, activity="chemical", nature="new") for n in range(3)]
    for one in inside:
        one["geometry"]["coordinates"] = [ORIGIN[0] + 2500, ORIGIN[1] + 2500]
    return [*told, *free, nowhere, *inside]


def place(root: Path) -> Path:
    """Write the small workspace with text that means harm in its layers and its catalogue."""
    make_workspace(root)
    catalog = yaml.safe_load(CATALOG)
    catalog["name"] = TITLE
    for layer in catalog["layers"].values():
        layer["title"] = {"zh": TITLE, "en": TITLE}
        layer["source"] = TITLE
    catalog["layers"]["red_line"] |= {"layer": "A&B<x>{{7*7}}", "path": "other.gpkg"}
    frame = gpd.GeoDataFrame({"id": [TITLE], "name": [TITLE], "geometry": [box(2000, 2000, 3000, 3000)]}, crs=CRS)
    frame.to_file(root / "layers" / "other.gpkg", layer="A&B<x>{{7*7}}", driver="GPKG")
    (root / "layers" / "catalog.yaml").write_text(yaml.safe_dump(catalog, allow_unicode=True), "utf-8")
    return root


@dataclass(frozen=True)
class Ran:
    """One run of the command line: its workspace, its folder of results, its file of sites, and what it said."""

    root: Path
    out: Path
    file: Path
    said: str


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("text")
    root, out, file = place(folder / "space"), folder / "out", folder / NAME
    system = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4545"}}
    file.write_text(json.dumps({"type": "FeatureCollection", "crs": system, "features": rows()}), "utf-8")
    outputs = "csv,gpkg,xlsx,map,report,parquet"
    asked = ("check", file, "-w", root, "-o", out, "--as-of", DAY, "--outputs", outputs, "--lang", "en")
    said, complained = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complained):
        status = main([str(word) for word in asked])
    assert status == 0, complained.getvalue()
    return Ran(root, out, file, said.getvalue() + complained.getvalue())


@pytest.fixture(scope="module")
def innocent(tmp_path_factory):
    """The same run with text that means nothing, to compare markup with."""
    folder = tmp_path_factory.mktemp("innocent")
    make_workspace(folder / "space")
    sites = [feature(f"s{n}", 10 * n, activity="chemical", nature="new") for n in range(3)]
    system = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4545"}}
    path = folder / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "crs": system, "features": sites}), "utf-8")
    fg.api.check(path, fg.open_workspace(folder / "space"), folder / "out", as_of=DAY, outputs=("map",), lang="en")
    return folder / "out" / "map.html"


def letters(text: str) -> str:
    """Give what is left of a text when controls, blanks and marks of direction are not looked at."""
    return "".join(c for c in text if unicodedata.category(c)[0] not in "CZ")


def controls(text: str) -> set[str]:
    """Give the characters that a terminal or a line of a table would obey, and marks that turn the direction."""
    return {
        c
        for c in text
        if unicodedata.category(c) in ("Cc", "Zl", "Zp") or c in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068"
    }


def cells(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


class Elements(HTMLParser):
    """What a page consists of: each element with its attributes, and the text of each kind of element."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        self._open = tag

    def handle_data(self, data):
        self.texts.setdefault(self._open, []).append(data)


def data_of(page: Elements, text: str) -> str:
    """Give all data blocks of a map as one text, read as JSON."""
    blocks = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', text, re.DOTALL)
    assert blocks, "the map has no data"
    return json.dumps([json.loads(block) for block in blocks], ensure_ascii=False)


def test_the_map_holds_text_as_data_and_no_element_more(ran, innocent):
    text, plain = ((path.read_text("utf-8")) for path in (ran.out / "map.html", innocent))
    page, other = Elements(text), Elements(plain)
    assert {tag for tag, _ in page.found} <= {tag for tag, _ in other.found} | {"li", "p", "span", "td"}
    assert sum(tag == "script" for tag, _ in page.found) == sum(tag == "script" for tag, _ in other.found)
    assert not any(name.startswith("on") for _, attrs in page.found for name in attrs)
    assert not any(attrs.get(name) for _, attrs in page.found for name in ("src", "srcset", "action", "formaction"))
    said = letters(data_of(page, text).encode().decode())
    for one in TEXTS:
        assert letters(json.dumps(one, ensure_ascii=False)[1:-1]) in said, one


@pytest.mark.parametrize("name", ["sites.csv", "findings.csv", "units.csv", "rules.csv"])
def test_no_cell_of_a_table_is_a_formula_or_a_second_line(ran, name):
    path = ran.out / name
    assert b"\x1b" not in path.read_bytes()
    for row in cells(path):
        for column, cell in row.items():
            assert not controls(cell), (column, cell)
            number = re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", cell)
            assert number or not re.match(r"[\s\u200b]*[=+\-@＝＋－＠]", cell), (column, cell)
            assert not re.search(r";\s*[=+\-@]", cell), (column, cell)


def test_the_table_of_sites_holds_every_text_with_an_apostrophe_at_most(ran):
    rows_ = cells(ran.out / "sites.csv")
    for n, one in enumerate(TEXTS):
        for column in ("site_id", "name"):
            assert letters(rows_[n][column]).replace("'", "") == letters(one).replace("'", ""), column
    assert len(rows_) == 2 * len(TEXTS) + 4


def test_the_workbook_holds_text_and_neither_formula_nor_link(ran):
    book = openpyxl.load_workbook(ran.out / "result.xlsx")
    texts = []
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", cell.value
                assert cell.hyperlink is None
                assert controls(str(cell.value)) <= set("\t\n\u2028\u2029"), cell.value
                texts.append(letters(str(cell.value)))
    for one in TEXTS:
        assert letters(one) in texts or any(letters(one) in text for text in texts), one
    with zipfile.ZipFile(ran.out / "result.xlsx") as archive:
        assert not [name for name in archive.namelist() if "external" in name.lower() or "vba" in name.lower()]
        for name in archive.namelist():
            assert "TargetMode" not in archive.read(name).decode("utf-8", "replace")


def test_the_report_holds_text_and_neither_field_nor_markup(ran):
    document = Document(ran.out / "report.docx")
    texts = [paragraph.text for paragraph in document.paragraphs]
    texts += [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    assert controls(" ".join(texts)) <= set("\t\n\u2028\u2029")
    said = letters(" ".join(texts))
    for one in (
        "A&B<x>",
        "{{7*7}}",
        "<script>alert(1)</script>",
        "=cmd|'/c calc'!A1",
        "${7*7}",
        "]]>",
        "<w:t>x</w:t>",
        "&lt;b&gt;&amp;",
    ):
        assert letters(one) in said, one
    word = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    with zipfile.ZipFile(ran.out / "report.docx") as archive:
        body = ET.fromstring(archive.read("word/document.xml"))  # noqa: S314 - our own
        links = archive.read("word/_rels/document.xml.rels").decode()
    assert 'TargetMode="External"' not in links
    for field in body.iter(f"{word}instrText"):
        assert not any(letters(one) in letters(field.text or "") for one in TEXTS)


def test_the_geopackage_holds_every_text_as_it_was(ran):
    sites = gpd.read_file(ran.out / "result.gpkg", layer="sites")
    for one in TEXTS:
        assert (sites["name"].map(letters) == letters(one)).sum() >= 1, one
    with closing(sqlite3.connect(ran.out / "result.gpkg")) as database:
        kinds = {kind for (kind,) in database.execute("SELECT type FROM sqlite_master")}
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'view'")}
        styles = [text for (text,) in database.execute("SELECT styleQML FROM layer_styles")]
    assert "table" in kinds
    assert not tables
    for style in styles:
        ET.fromstring(style.partition("?>")[2] if style.startswith("<?xml") else re.sub(r"<!DOCTYPE[^>]*>", "", style))  # noqa: S314


def test_the_account_of_a_run_is_json_with_every_name_as_text(ran):
    text = (ran.out / "run.json").read_text("utf-8")
    told = json.loads(text)
    assert told["inputs"][0]["path"].endswith(NAME)
    assert "\x1b" not in text


def test_the_terminal_obeys_nothing_that_a_file_says(ran):
    assert controls(ran.said) <= {"\n"}
    assert "{{7*7}}" in ran.said
    assert "[bold]" in "".join(TEXTS)
    assert "\u202e" not in ran.said


def test_the_terminal_obeys_nothing_when_a_file_is_inspected_or_refused(ran, fuling, tmp_path):
    run = fuling("inspect", ran.file)
    assert run.status == 0
    assert controls(run.out + run.err) <= {"\n"}
    assert "A&B<x>" in run.out
    broken = tmp_path / NAME
    broken.write_text('{"type": "FeatureCollection", "features": [\x1b[31m', "utf-8")
    run = fuling("check", broken, "-w", ran.root, "-o", tmp_path / "out")
    assert run.status != 0
    assert controls(run.out + run.err) <= {"\n"}
    assert "Traceback" not in run.err


HARM = "a\x1b[31mb\x1b]0;title\x07c\u202ed\u2066e\x9bf\r\ng"
# Escape, bell, marks of direction and the one-character form of an escape are left out; what breaks lines is a blank.
HARMLESS = "a[31mb]0;titlecdef  g"


def test_a_word_of_the_terminal_takes_no_command_from_a_value():
    said = Terminal("en", "en").words("no_such_rule", name=HARM)
    assert said == f"there is no rule {HARMLESS}; fuling-gis rules list names them all"
    assert Terminal("zh", "zh").words("no_such_rule", name=HARM).startswith(f"没有规则 {HARMLESS}；")


def test_a_line_of_the_terminal_obeys_nothing_and_breaks_only_where_it_was_meant(capsys):
    Terminal("en", "en").line(f"one\n{HARM}")
    told = capsys.readouterr()
    # The line break of the text itself is one that this program wrote; a carriage return is none.
    assert told.out == "one\na[31mb]0;titlecdef \ng\n"
    assert told.err == ""


def test_what_inspect_tells_is_as_many_lines_as_it_means(ran):
    for line in inspect(ran.file):
        assert isinstance(line.text, str)
        assert "\x00" not in line.text


def test_a_notebook_shows_text_and_no_markup(ran):
    ws = fg.open_workspace(ran.root)
    shown = fg.screen(fg.read_sites(ran.file, workspace=ws), ws, as_of=DAY)._repr_html_()
    page = Elements(shown)
    assert not {"script", "img", "iframe", "link", "a", "object", "embed", "form"} & {tag for tag, _ in page.found}
    assert not any(name.startswith("on") or name in ("src", "href") for _, attrs in page.found for name in attrs)
    said = letters(" ".join(text for texts in page.texts.values() for text in texts))
    assert letters("{{7*7}}") in said
    assert letters("<script>alert(1)</script>") in said


def test_the_page_answers_text_as_json_of_its_own_kind(ran):
    pytest.importorskip("fastapi", reason="the extra `web` is not installed")
    import httpx
    from serve_made import served

    collection = {"type": "FeatureCollection", "features": []}
    for row in rows()[: len(TEXTS)]:
        place = {"type": "Point", "coordinates": [107.39, 29.70]}
        collection["features"].append({**row, "geometry": place})
    with served(fg.open_workspace(ran.root)) as address, httpx.Client(base_url=address, timeout=60) as client:
        reply = client.post(f"/api/check?as_of={DAY}&lang=en", json=collection)
        layers = client.get(f"/api/layers?as_of={DAY}")
    for one in (reply, layers):
        assert one.status_code == 200, one.text
        assert one.headers["content-type"].startswith("application/json")
        assert one.headers["x-content-type-options"] == "nosniff"
    told = [site["name"] for site in reply.json()["sites"]]
    assert [letters(name) for name in told] == [letters(text) for text in TEXTS]
    assert letters("{{7*7}}") in letters(layers.text)


def test_no_character_that_ends_a_text_gets_into_any_output(tmp_path, fuling):
    make_workspace(tmp_path / "space")
    east, north = ORIGIN
    point = {"type": "Point", "coordinates": [east, north + 600]}
    value = {"site_id": "a\x00b", "name": "c\x00d", "x\x00y": "e"}
    system = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4545"}}
    sites = {"type": "FeatureCollection", "crs": system,
             "features": [{"type": "Feature", "properties": value, "geometry": point}]}  # fmt: skip
    (tmp_path / "a.geojson").write_text(json.dumps(sites), "utf-8")
    run = fuling("check", tmp_path / "a.geojson", "-w", tmp_path / "space", "-o", tmp_path / "out", "--as-of", DAY)
    assert run.status in (0, 1)
    assert "Traceback" not in run.err
    for name in ("sites.csv", "run.json", "map.html"):
        path = tmp_path / "out" / name
        assert not path.exists() or b"\x00" not in path.read_bytes()


def test_log_lines_of_the_library_hold_no_line_breaks_of_files(ran, caplog):
    with caplog.at_level(logging.DEBUG, logger="fuling_gis"):
        ws = fg.open_workspace(ran.root)
        fg.screen(fg.read_sites(ran.file, workspace=ws), ws, as_of=DAY)
    for record in caplog.records:
        if record.name.startswith("fuling_gis"):
            assert not controls(record.getMessage())
