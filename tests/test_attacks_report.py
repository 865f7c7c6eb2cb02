"""Markup in each text that can reach the report, one by one: every place of it holds the text, letter by letter.

Each source of text has a mark of its own, so that one place cannot stand for another. The same report is made with
marks that mean nothing: but for the marks, both must be the same elements, attributes and texts in every part.
"""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import shapely
from outputs_made import batch, finding, layer, rule, run, site

from fuling_gis.outputs import report
from fuling_gis.outputs.write import write_outputs
from fuling_gis.rules.model import Basis, Exemption, Reading, ReadingValue, Source

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
# Where each text stands, and how often: "cell" of a table, "alt" of a picture, else the style of its paragraph.
PLACES = {
    "workspace": {"": 1}, "notice": {"ListBullet": 1},
    "site id": {"cell": 1, "Heading2": 1}, "site name": {"cell": 1, "Heading2": 1, "alt": 1},
    "activity": {"": 1}, "nature": {"": 1}, "problem": {"": 1},
    # The table has no rules of it to name, and so its problem.
    "problem without rules": {"cell": 1, "": 1},
    # A picture of a site without a name is told by its id.
    "id without name": {"cell": 1, "Heading2": 1, "alt": 1},
    "annex id": {"cell": 1, "": 1}, "annex name": {"cell": 1, "": 1},
    # In the heading, in the annex; what is unchecked, and what could not be asked.
    "rule title": {"Heading3": 1, "ListBullet": 1}, "unchecked title": {"ListBullet": 2},
    "rule id": {"cell": 1, "Heading3": 1}, "title in the row": {"Heading3": 1},
    "document": {"": 1}, "chapter": {"": 1}, "section": {"": 1}, "quote": {"FulingQuote": 1},
    "law": {"": 1}, "article": {"": 1}, "exemption": {"": 1}, "its source": {"": 1}, "its proof": {"": 1},
    "exemption in the row": {"": 1},
    "feature name": {"ListBullet": 2}, "feature id": {"ListBullet": 1},
    # The zone of each of three findings, the layer of a field that nobody knows, the table of layers.
    "layer title": {"ListBullet": 4, "cell": 1}, "layer source": {"cell": 1}, "layer id": {"cell": 1},
    "absent layer": {"ListBullet": 2},
    "field": {"ListBullet": 1}, "fact": {"ListBullet": 2}, "cause": {"ListBullet": 1},
    "question": {"ListBullet": 2}, "value": {"ListBullet": 2},
    "unit": {"": 1}, "unit maybe": {"": 1},
    "spatial": {"ListBullet": 1}, "emission": {"ListBullet": 1},
    "risk": {"ListBullet": 1}, "resource": {"ListBullet": 1},
    "everywhere title": {"ListBullet": 1}, "everywhere quote": {"ListBullet": 1},
    "file": {"ListBullet": 1}, "digest": {"ListBullet": 1}, "catalogue": {"ListBullet": 1},
    "digest of the catalogue": {"ListBullet": 1},
}  # fmt: skip
FIELDS = list(PLACES)
HOSTILE, INNOCENT = "A&B<x>$%02d", "AmBpxq$%02d"


def both(text):
    return {"zh": text, "en": text}


def made(folder, form):
    """Write a report with a mark in each text, and give its parts."""

    def mark(field):
        return form % FIELDS.index(field)

    def column(*values):
        return np.array(values, object)

    source = Source(mark("document"), mark("chapter"), mark("section"), mark("quote"))
    lifts = Exemption("claimed", both(mark("exemption")), both(mark("its proof")), source=mark("its source"))
    rules = (
        rule("FL-001", title=both(mark("rule title")), source=source, basis=(Basis(mark("law"), mark("article")),),
             unless=(lifts,)),
        rule("FL-022", title=both(mark("unchecked title"))),
        rule("FL-003", title=both(mark("everywhere title")), source=Source("d", "c", "s", mark("everywhere quote"))),
    )  # fmt: skip
    zone = layer(title=both(mark("layer title")), source=mark("layer source"), indicative=False)
    units = layer(
        "management_unit",
        title=both("units"),
        fields={
            "id": column("1", "2"), "name": column("", ""), "code": column(mark("unit"), mark("unit maybe")),
            **{name: column(mark(name), "") for name in ("spatial", "emission", "risk", "resource")},
        },
    )  # fmt: skip
    other = layer(mark("layer id"), title=both("other"))
    term = Reading("scope", both(mark("question")), "all", {"wide": ReadingValue(both(mark("value")))})
    asked = run(
        rules=rules,
        lang="en",
        layers={"red_line": zone, "management_unit": units, mark("layer id"): other},
        reading_terms={"scope": term},
        everywhere=("FL-003",),
        unchecked={"FL-022": (mark("absent layer"),)},
        notices=(both(mark("notice")),),
        facts={
            "workspace": mark("workspace"),
            "inputs": [{"path": f"/home/{mark('file')}", "sha256": mark("digest")}],
            "catalog": {"path": mark("catalogue"), "sha256": mark("digest of the catalogue")},
        },
    )
    near = {"predicate": "near", "layer": "red_line", "distance_m": 8.0, "threshold_m": 10.0, "more_features": 0}
    causes = f"attribute:red_line.{mark('field')};fact:{mark('fact')};{mark('cause')}"
    findings = [
        finding(0, feature_id="a", feature_name=mark("feature name"), answer="maybe", cause=causes,
                readings="scope=wide", exemption="claimed", **near),
        finding(0, feature_id=mark("feature id"), answer="maybe", **near),
        finding(0, mark("rule id"), title=mark("title in the row"), exemption=mark("exemption in the row"),
                predicate=""),
        finding(2, feature_id="a", feature_name=mark("feature name"), **near),
    ]  # fmt: skip
    sites = [
        site(0, "prohibited", site_id=mark("site id"), name=mark("site name"), activity=mark("activity"),
             nature=mark("nature"), problem=mark("problem"), prohibited_by=mark("rule id"), unchecked_by="FL-022",
             depends_on="scope=wide", units=mark("unit"), units_maybe=mark("unit maybe")),
        site(1, "prohibited", site_id=mark("id without name"), problem=mark("problem without rules")),
        site(2, "clear", site_id=mark("annex id"), name=mark("annex name")),
    ]  # fmt: skip
    write_outputs(
        [batch(sites, [shapely.box(0, 0, 9, 9), shapely.Point(1, 1), shapely.Point(2, 2)], findings)],
        lambda: asked, folder, outputs=["report"], lang="en",
    )  # fmt: skip
    with zipfile.ZipFile(folder / "report.docx") as package:
        return {name: package.read(name) for name in package.namelist()}


@pytest.fixture
def parts(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "TOLD", 2)
    return made(tmp_path / "hostile", HOSTILE), made(tmp_path / "innocent", INNOCENT)


def texts(body):
    """Give each text of a document with the place where it stands."""
    cells = {paragraph for cell in body.iter(f"{WORD}tc") for paragraph in cell.iter(f"{WORD}p")}
    for paragraph in body.iter(f"{WORD}p"):
        style = paragraph.find(f"{WORD}pPr/{WORD}pStyle")
        place = "" if style is None else style.get(f"{WORD}val")
        yield ("cell" if paragraph in cells else place), "".join(one.text or "" for one in paragraph.iter(f"{WORD}t"))
    for picture in body.iter(f"{DRAWING}docPr"):
        yield "alt", picture.get("descr", "")


def test_markup_in_each_text_of_the_report_is_text_wherever_it_stands(parts):
    found = Counter()
    for place, text in texts(ET.fromstring(parts[0]["word/document.xml"])):  # noqa: S314 - our own
        found.update((place, FIELDS[int(number)]) for number in re.findall(r"A&B<x>\$(\d\d)", text))
    wanted = Counter({(place, field): n for field, places in PLACES.items() for place, n in places.items()})
    assert found - wanted == Counter()
    assert wanted - found == Counter()


def plain(element):
    """Give all that an element is, with its text and those in it."""
    told = (element.tag, sorted(element.attrib.items()), element.text, element.tail, [plain(one) for one in element])
    return str(told)


def test_markup_in_texts_makes_no_other_report_than_texts_without(parts):
    hostile, innocent = parts
    assert hostile.keys() == innocent.keys()
    for name, content in hostile.items():
        if name.startswith(("word/media/", "docProps/thumbnail")):
            continue
        one, other = (ET.fromstring(part) for part in (content, innocent[name]))  # noqa: S314 - our own
        assert plain(one).replace("A&B<x>", "AmBpxq") == plain(other), name
        # Only the body has texts from files.
        assert ("A&B<x>" in plain(one)) == (name == "word/document.xml"), name
