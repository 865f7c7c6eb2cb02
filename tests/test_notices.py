"""Who is told of some sites alone learns nothing of the others, and misses no warning that holds for those."""

from __future__ import annotations

import json
import string

import docx
import geopandas as gpd
import pandas as pd
import pytest
import shapely
from small_workspace import ORIGIN, make_sites, make_workspace
from test_readers_survey import PLOT, parcel, workbook

import fuling_gis as fg
from fuling_gis import api
from fuling_gis.labels import LANGS, words
from fuling_gis.notices import ABOUT_SITES, of_file, of_some, with_short
from fuling_gis.readers.table import _OF_OTHERS
from fuling_gis.worker import wire

DAY = "2024-06-01"
A = {"zh": "甲", "en": "a"}
SHORT = {"zh": "短", "en": "short"}


def said(path):
    document = docx.Document(str(path))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def section(text, heading):
    """Give what stands under a heading of a report, to the next heading of the end of the report."""
    return text.split(f"\n{heading}\n", 1)[1].split("\nHashes of the input", 1)[0].split("\nDuties", 1)[0]


@pytest.mark.parametrize(
    ("notice", "told"),
    [
        (A, [A]),
        ({**A, **ABOUT_SITES}, []),
        (of_file(A, "mine.csv"), [A]),
        (of_file(A, "theirs.csv"), []),
        (with_short(A, SHORT), [SHORT]),
        (of_file(with_short(A, SHORT), "mine.csv"), [SHORT]),
        (of_file(with_short(A, SHORT), "theirs.csv"), []),
        ({**of_file(A, "mine.csv"), **ABOUT_SITES}, []),
        # A name that is no Unicode stands otherwise in tables.
        (of_file(A, "\udce9.csv"), [A]),
    ],
)
def test_what_is_said_of_some_sites(notice, told):
    assert list(of_some([notice, notice], {"mine.csv", "?.csv"})) == told


def test_what_is_told_of_some_takes_no_more_than_its_whole_sentence():
    def fields(text):
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    known = words("readers")
    for entry in (name.removesuffix("_some") for name in known if name.endswith("_some")):
        for lang in LANGS:
            assert fields(known[f"{entry}_some"][lang]) < fields(known[entry][lang]), entry
    assert set(known) >= _OF_OTHERS


def plain(path, *places):
    """Write a GeoJSON of points that names neither ids nor a coordinate system."""
    points = gpd.GeoSeries([shapely.Point(x + ORIGIN[0], y + ORIGIN[1]) for x, y in places], crs="EPSG:4545")
    rows = [
        {"type": "Feature", "properties": {"name": path.stem}, "geometry": shapely.geometry.mapping(point)}
        for point in points.to_crs("EPSG:4326")
    ]
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"type": "FeatureCollection", "features": rows}), "utf-8")
    return path


def checked(tmp_path, *files, **options):
    place = make_workspace(tmp_path / "work")
    out = place / "maps" / "out"
    options = {"outputs": ["parquet", "csv", "report"], "as_of": DAY, "lang": "en", **options}
    api.check(list(files), api.open_workspace(place), out, **options)
    return out


@pytest.mark.parametrize("untrusted", [False, True])
def test_warnings_of_the_file_of_a_site_stay_and_those_of_other_files_do_not(tmp_path, untrusted):
    mine, theirs = plain(tmp_path / "mine.geojson", (0, 800)), plain(tmp_path / "theirs.geojson", (900, 900))
    out = checked(tmp_path, mine, theirs, fill={"nature": "new"}, untrusted=untrusted)
    one, other, whole = (said(api.report(out, sites=names, lang="en", force=True)) for names in (["#0"], ["#1"], []))
    for told in (
        "{}.geojson: by the standard of its format EPSG:4326 was taken",
        "{}.geojson: it has no column of ids",
        "{}.geojson: empty cells of column nature were set to new",
        "{}.geojson: SHA-256",
    ):
        there = [[told.format(name) in text for name in ("mine", "theirs")] for text in (one, other, whole)]
        assert there == [[True, False], [False, True], [True, True]], told
    assert "theirs" not in one


def test_of_files_of_one_name_each_has_its_own_warnings(tmp_path):
    # One has ids and says its system, the other does neither.
    bare = plain(tmp_path / "bare" / "plots.geojson", (0, 800))
    full = tmp_path / "full" / "plots.geojson"
    full.parent.mkdir()
    gpd.GeoDataFrame({"site_id": ["F1"], "geometry": [shapely.Point(107.4, 29.7)]}, crs="EPSG:4490").to_file(full)
    out = checked(tmp_path, bare, full)
    texts = [said(api.report(out, sites=[name], lang="en", force=True)) for name in ("#0", "F1")]
    assert [text.count("plots.geojson: it has no column of ids") for text in texts] == [1, 0]
    assert [text.count("plots.geojson: SHA-256") for text in texts] == [1, 1]
    twins = checked(tmp_path / "again", bare, plain(tmp_path / "more" / "plots.geojson", (0, 900)))
    for row in ("#0", "#1"):
        text = said(api.report(twins, sites=[row], lang="en", force=True))
        assert text.count("plots.geojson: it has no column of ids") == 1


def test_titles_above_a_table_and_rows_whose_places_disagree_are_not_told_with_other_sites(tmp_path):
    # A place on the central meridian of 108 degrees, so x is 500 km; the second row says one 9 km farther north.
    path = tmp_path / "a.csv"
    north = gpd.GeoSeries([shapely.Point(108, 29.7)], crs="EPSG:4490").to_crs("EPSG:4545").y[0]
    rows = [f"P{n},108,29.7,500000,{north + far}" for n, far in enumerate((0, 9_000))]
    path.write_text("\n".join(["Of a secret works", "site_id,lon,lat,x,y", *rows]) + "\n", "utf-8")
    out = checked(tmp_path, path, crs="EPSG:4490")
    whole, first, second = (said(api.report(out, sites=s, lang="en", force=True)) for s in ([], ["P0"], ["P1"]))
    for told in ("Of a secret works", "in 1 of its first rows"):
        assert [told in text for text in (whole, first, second)] == [True, False, False]
    assert all("the names of the columns stand in line 2" in text for text in (whole, first, second))
    assert ["m away, which is not used" in text for text in (first, second)] == [False, True]


def notes_of(path, **options):
    return fg.read_sites(path, **options).notices


def test_a_warning_that_may_be_of_any_parcel_stays_without_the_names_of_the_others(tmp_path):
    # 2 ha as drawn; the head says 7 ha and nine points.
    path = parcel(tmp_path / "a.txt", PLOT, row="9,7.0,1,SECRET,face,,,,@")
    notices = notes_of(path)
    assert sum("SECRET" in one["en"] for one in notices) == 2
    told = [one["en"] for one in of_some(notices, {"a.txt"})]
    assert (
        "a.txt: parcels of the file state another number of points than they have: see whether this is one of them"
        in told
    )
    assert any("state another area" in text for text in told)
    assert not any("SECRET" in text for text in told)


def test_what_else_stands_in_a_file_is_not_told_but_doubts_of_all_its_ids_are(tmp_path):
    rows = [["site_id", "x", "y"], [12345678901234567890, 430_000, 3_290_000]]
    path = workbook(tmp_path / "a.xlsx", ("plots", rows), ("SECRET", [["a"], ["b"]]))
    notices = notes_of(path, crs="EPSG:4545")
    told = [one["en"] for one in of_some(notices, {"a.xlsx"})]
    assert any("SECRET" in one["en"] for one in notices)
    assert any("numbers of more than 15 digits; Excel keeps only 15" in text for text in told)
    assert not any("SECRET" in text or "123456789" in text for text in told)


def test_only_what_was_not_asked_of_these_sites_is_told(tmp_path):
    sites = make_sites(
        tmp_path / "a.csv", [("P1", "port", 0, 800), ("P2", "catering", 900, 900), ("P3", "port", 9e3, 0)]
    )
    out = checked(tmp_path, sites, crs="EPSG:4545")
    manifest = json.loads((out / "run.json").read_text("utf-8"))
    table = unchecked_by(out)
    for name in ("P1", "P2"):
        own = set(table[name].split(";")) - {""}
        assert own < set(manifest["unchecked"])
        text = said(api.report(out, sites=[name], lang="en"))
        told = section(text, "Rules that could not be evaluated")
        assert {rule for rule in manifest["unchecked"] if f"({rule})" in told} == own
    # Of a site that does not lie in the district nothing is asked.
    assert table["P3"] == ""
    assert "Rules that could not be evaluated" not in said(api.report(out, sites=["P3"], lang="en"))


def unchecked_by(out):
    frame = pd.read_csv(out / "sites.csv", encoding="utf-8-sig", keep_default_na=False)
    return dict(zip(frame["site_id"], frame["unchecked_by"], strict=True))


def test_a_result_of_before_whose_notices_name_no_file_is_told_as_it_is(tmp_path):
    out = checked(tmp_path, plain(tmp_path / "mine.geojson", (0, 800)))
    told = json.loads((out / "run.json").read_text("utf-8"))
    told["notices"] = [{lang: one[lang] for lang in LANGS} for one in told["notices"]]
    (out / "run.json").write_text(json.dumps(told), "utf-8")
    assert "mine.geojson: it has no column of ids" in said(api.report(out, sites=["#0"], lang="en"))


@pytest.mark.parametrize("wrong", [{"file": 1}, {"about": ["sites"]}, {"other": "x"}, {"some_en": None}])
def test_a_worker_says_what_a_notice_is_about_in_plain_words(wrong):
    head = {"inputs": [], "fences": {}}
    right = {**A, **of_file(with_short(A, SHORT), "a.csv"), **ABOUT_SITES}
    assert wire.head_of(wire.packed({**head, "notices": [right]})).notices == (right,)
    with pytest.raises(wire.UnsoundReplyError):
        wire.head_of(wire.packed({**head, "notices": [{**A, **wrong}]}))
