"""The report of a finished check made anew: for some sites, from either format, and never mixed with other law."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import docx
import geopandas as gpd
import pytest
from small_workspace import make_sites, make_workspace

from fuling_gis import api
from fuling_gis.errors import OutputError, UsageError

DAY = "2024-06-01"


def words(path):
    document = docx.Document(str(path))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


@pytest.fixture(params=["gpkg", "parquet"])
def result(request, tmp_path):
    """Give the folder of a check: near the river, in the red line, far from both, and one row without an id."""
    place = make_workspace(tmp_path / "work")
    rows = [("P1", "chemical", 0, 800), ("P2", "mining", 2500, 2500), ("P3", "residential", -4000, 4000)]
    sites = make_sites(tmp_path / "sites.csv", [*rows, ("", "chemical", 0, 900)])
    out = place / "maps" / "sites"
    workspace = api.open_workspace(place)
    api.check(sites, workspace, out, as_of=DAY, crs="EPSG:4545", outputs=[request.param, "report"], lang="en")
    return out


def test_one_site_is_told_as_the_whole_report_tells_it_and_no_other_is(result):
    path = api.report(result, sites=["P1"], lang="en")
    assert path == result / "report_P1.docx"
    text, whole = words(path), words(result / "report.docx")
    assert "P1  site P1" in text
    assert not any(other in text for other in ("site P2", "site P3"))
    assert "This report is about some of the sites of a check." in text
    # What is said of the site stands in the whole report word for word: from its heading to the next part.
    about = [line for line in text.split("P1  site P1", 1)[1].split("Layers", 1)[0].splitlines() if line]
    assert len(about) > 5
    assert not [line for line in about if line not in whole]
    # Two maps in one picture.
    assert len(docx.Document(str(path)).inline_shapes) == 1


def test_a_report_of_one_site_says_nothing_of_the_other_sites_of_the_check(tmp_path):
    place = make_workspace(tmp_path / "work")
    mine = make_sites(tmp_path / "mine.csv", [("P1", "chemical", 0, 800)])
    theirs = make_sites(tmp_path / "theirs.csv", [("P7", "secret works", 0, 800), ("P8", "", 900, 900)])
    workspace = api.open_workspace(place)
    api.check(
        [mine, theirs],
        workspace,
        place / "maps" / "both",
        as_of=DAY,
        crs="EPSG:4545",
        outputs=["parquet", "report"],
        lang="en",
    )
    whole, one = (words(path) for path in (
        place / "maps" / "both" / "report.docx", api.report(place / "maps" / "both", sites=["P1"], lang="en"),
    ))  # fmt: skip
    for others in ("P1 = P7", "secret works", "theirs.csv", "1 of 3 judged sites do not say"):
        assert (others in whole, others in one) == (True, False)
    assert "mine.csv: SHA-256" in one
    # What holds of the site as of all stays.
    assert "indicative" in one


def test_a_row_without_id_is_named_by_its_number_and_several_sites_go_into_one_report(result, tmp_path):
    path = api.report(result, sites=["#3", "P2"], target=tmp_path / "two.docx", lang="en")
    text = words(path)
    assert "#3" in text
    assert "site P2" in text
    assert "site P1" not in text


def test_the_whole_report_comes_again_in_another_language(result, tmp_path):
    text = words(api.report(result, target=tmp_path / "zh.docx", lang="zh"))
    assert "涪陵区选址筛查报告" in text
    assert all(name in text for name in ("site P1", "site P2", "site P3"))
    assert "本报告只讲" not in text


def test_nothing_is_overwritten_unless_it_is_said(result):
    with pytest.raises(OutputError, match="there already"):
        api.report(result)
    path = api.report(result, sites=["P1"])
    before = path.stat().st_mtime_ns
    with pytest.raises(OutputError, match="there already"):
        api.report(result, sites=["P1"])
    assert path.stat().st_mtime_ns == before
    api.report(result, sites=["P1"], force=True)
    assert not [left for left in result.iterdir() if left.name.startswith(".")]


@pytest.mark.parametrize("site", ["P9", "#9", "' OR 1=1 --", ""])
def test_a_site_that_is_not_there_is_told(result, site):
    # A site without an id has an empty one, and `#` is how it is named.
    if site == "":
        assert "#3" in words(api.report(result, sites=[site], lang="en"))
        return
    with pytest.raises(UsageError, match="the result has no site"):
        api.report(result, sites=[site])


def test_a_workspace_that_has_changed_since_makes_no_report(result):
    catalog = result.parent.parent / "layers" / "catalog.yaml"
    catalog.write_text(catalog.read_text("utf-8") + "\n# a new remark\n", "utf-8")
    with pytest.raises(OutputError, match=r"changed since that check \(catalog\)"):
        api.report(result, sites=["P1"])


def test_a_layer_that_has_changed_since_makes_no_report(result):
    file = result.parent.parent / "layers" / "small.gpkg"
    layer = gpd.read_file(file, layer="red_line").assign(name="another")
    layer.to_file(file, layer="red_line", driver="GPKG")
    with pytest.raises(OutputError, match="red_line"):
        api.report(result, sites=["P1"])


def test_a_rule_that_has_changed_since_makes_no_report(result):
    rules = result.parent.parent / "rules"
    rules.mkdir()
    text = """
document: {zh: 某办法, en: Some rules}
valid_from: 2024-01-01
rules:
  - id: TOWN-1
    title: {zh: 河边不得建厂, en: No plant by the river}
    effect: prohibit
    who: {activity: [chemical], nature: [new]}
    where: {near: river, within_m: 500}
    source: {section: 第三条, quote: 河边不得建厂}
"""
    (rules / "town.yaml").write_text(text, "utf-8")
    with pytest.raises(OutputError, match="rule_files"):
        api.report(result, sites=["P1"])


def test_a_result_that_was_changed_makes_no_report(result):
    manifest = json.loads((result / "run.json").read_text("utf-8"))
    manifest["counts"]["verdict"]["clear"] += 1
    (result / "run.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(OutputError, match="the result was changed"):
        api.report(result, sites=["P1"])


@pytest.mark.parametrize("text", [None, "", "{}", "[1]", '{"toolkit": "fuling-gis"}'])
def test_a_folder_of_no_check_is_told(tmp_path, text):
    if text is not None:
        (tmp_path / "run.json").write_text(text, "utf-8")
    with pytest.raises(OutputError, match="no folder of a finished check"):
        api.report(tmp_path, sites=["P1"])


def test_the_command_line_writes_it_and_says_where(result, fuling, tmp_path):
    told = fuling("report", result, "--site", "P1", "--quiet")
    assert (told.status, told.out.strip()) == (0, str(result / "report_P1.docx"))
    told = fuling("report", result, "--site", "P1", "-o", tmp_path / "x.pdf")
    assert told.status == 2
    assert ".docx" in told.err


def test_an_id_cannot_choose_where_the_file_goes(tmp_path):
    place = make_workspace(tmp_path / "work")
    sites = make_sites(tmp_path / "sites.csv", [("../../evil", "chemical", 0, 800)])
    out = place / "maps" / "sites"
    api.check(sites, api.open_workspace(place), out, as_of=DAY, crs="EPSG:4545", outputs=["gpkg"])
    path = api.report(out, sites=["../../evil"])
    assert path.parent == out
    assert path.name == "report_evil.docx"


def test_where_outlines_were_left_out_no_report_draws_them(result, tmp_path):
    place = api.open_workspace(result.parents[1])
    options = {"as_of": DAY, "crs": "EPSG:4545", "lang": "en", "outputs": ["gpkg", "report"], "zone_geometry": False}
    api.check(tmp_path / "sites.csv", place, tmp_path / "bare", **options)
    again = api.report(tmp_path / "bare", sites=["P1"], workspace=place, lang="en")
    for path in (tmp_path / "bare" / "report.docx", again):
        assert not docx.Document(str(path)).inline_shapes
        assert "so there are no maps" in words(path)


SPOILED = {
    "no object": lambda out: (out / "run.json").write_text("[]", "utf-8"),
    "no day": lambda out: spoilt(out, "as_of", "yesterday"),
    "readings of no kind": lambda out: spoilt(out, "readings", {"bank_basis": 1}),
    "layers of no kind": lambda out: spoilt(out, "layers", {"river": []}),
    "counts of no kind": lambda out: spoilt(out, "counts", {"verdict": 3}),
    "notices of no kind": lambda out: spoilt(out, "notices", 5),
    "tables cut": lambda out: [path.write_bytes(path.read_bytes()[:200]) for path in tables(out)],
    "tables empty": lambda out: [path.write_bytes(b"") for path in tables(out)],
}


def tables(out):
    return [*out.glob("*.gpkg"), *out.glob("*.parquet")]


def spoilt(out, key, value):
    told = json.loads((out / "run.json").read_text("utf-8"))
    (out / "run.json").write_text(json.dumps({**told, key: value}), "utf-8")


@pytest.mark.parametrize("name", SPOILED)
def test_a_result_that_was_spoilt_is_refused_with_a_sentence(result, name):
    SPOILED[name](result)
    with pytest.raises((OutputError, UsageError)) as refused:
        api.report(result, sites=["P1"], lang="en")
    assert len(str(refused.value)) > 20
    assert not list(result.glob("report_*"))


def checked_again(result, tmp_path, outputs):
    """Check other sites into the folder of the former result, by force."""
    sites = make_sites(tmp_path / "sites.csv", [("P9", "residential", -4000, 4000)])
    place = api.open_workspace(result.parents[1])
    api.check(sites, place, result, as_of=DAY, crs="EPSG:4545", outputs=outputs, force=True)


def test_a_forced_check_removes_the_reports_of_the_former_one(result, tmp_path):
    for sites in (["P1"], ["P2"], ["#3"]):
        api.report(result, sites=sites)
    assert len(list(result.glob("report_*.docx"))) == 3
    checked_again(result, tmp_path, ["csv"])
    assert [path.name for path in result.glob("*.docx")] == []


def test_a_whole_report_made_afterwards_goes_with_its_run_too(result, tmp_path):
    checked_again(result, tmp_path, ["gpkg"])
    api.report(result)
    assert (result / "report.docx").exists()
    checked_again(result, tmp_path, ["csv"])
    assert not (result / "report.docx").exists()


def test_a_forced_check_leaves_a_report_that_somebody_has_changed_or_named(result, tmp_path):
    changed = api.report(result, sites=["P1"])
    document = docx.Document(str(changed))
    document.add_paragraph("已与业主核对")
    document.core_properties.modified = dt.datetime(2024, 6, 3, tzinfo=dt.UTC)
    document.save(str(changed))
    signed = api.report(result, sites=["P2"])
    document = docx.Document(str(signed))
    document.core_properties.last_modified_by = "李工"
    document.save(str(signed))
    named = api.report(result, sites=["P3"], target=result / "P3 2024.docx")
    (result / "report_own.docx").write_text("by hand", "utf-8")
    docx.Document().save(str(result / "report_other.docx"))
    kept = {path: path.read_bytes() for path in (changed, signed, named, *result.glob("report_o*.docx"))}
    assert len(kept) == 5
    checked_again(result, tmp_path, ["csv"])
    assert {path: path.read_bytes() for path in kept} == kept


def test_a_check_that_fails_leaves_the_reports_of_the_former_one(result, tmp_path, monkeypatch):
    api.report(result, sites=["P1"])
    before = {path.name: path.read_bytes() for path in result.iterdir()}
    plain, refusals = Path.replace, []

    def refused(path, target):
        # The last of the new files cannot take its name.
        if path.name == "run.json" and Path(target).parent == result and not refusals:
            refusals.append(path)
            raise PermissionError(13, "Permission denied")
        return plain(path, target)

    monkeypatch.setattr(Path, "replace", refused)
    with pytest.raises(OutputError):
        checked_again(result, tmp_path, ["csv"])
    assert len(refusals) == 1
    assert {path.name: path.read_bytes() for path in result.iterdir()} == before
