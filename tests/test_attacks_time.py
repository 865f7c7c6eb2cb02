"""Small files that would take long: each is read, or refused with one sentence, within seconds of processor time."""

from __future__ import annotations

import json
import sqlite3
import time
import zipfile
from contextlib import closing

import geopandas as gpd
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from attacks_made import attempt, told

from fuling_gis.errors import FulingError

DEGREES = "EPSG:4326"
POINT = "<Point><coordinates>107.4,29.7</coordinates></Point>"


def within(seconds, path, **options):
    """Read a file and give what came of it; it may take so many seconds of processor time."""
    begun = time.process_time()
    outcome = attempt(path, **{"crs": DEGREES, **options})
    assert time.process_time() - begun < seconds
    return outcome


def kml(path, inside):
    path.write_text(f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{inside}</Document></kml>', "utf-8")
    return path


def placemarks(n):
    return "".join(f"<Placemark><name>p{i}</name>{POINT}</Placemark>" for i in range(n))


def test_two_folders_of_many_placemarks_are_read_at_once(tmp_path):
    folders = "".join(f"<Folder><name>{name}</name>{placemarks(10_000)}</Folder>" for name in ("甲", "乙"))
    sites = within(10, kml(tmp_path / "a.kml", folders))
    assert (len(sites), sites.name[0], sites.name[-1]) == (20_000, "p0", "p9999")


def test_folders_in_folders_without_end_cost_no_more_than_their_placemarks(tmp_path):
    inside = "<Folder><name>甲乙丙丁</name>" * 3000 + placemarks(5000) + "</Folder>" * 3000
    assert len(within(10, kml(tmp_path / "a.kml", inside))) == 5000


def test_names_inside_a_placemark_are_looked_at_once(tmp_path):
    inside = f"<Placemark>{POINT}{'<a><name/></a>' * 30_000}<name>甲</name></Placemark>"
    assert within(10, kml(tmp_path / "a.kml", inside)).name.tolist() == ["甲"]


def test_a_kml_whose_placemarks_have_a_field_each_is_refused(tmp_path):
    data = (f'<Data name="k{i}"><value>1</value></Data>' for i in range(20_000))
    inside = "".join(f"<Placemark><ExtendedData>{one}</ExtendedData>{POINT}</Placemark>" for one in data)
    outcome = within(10, kml(tmp_path / "a.kml", inside))
    assert isinstance(outcome, FulingError)
    assert "more than 4096" in told(outcome)


def test_a_kml_larger_than_anybody_draws_is_refused_unread(tmp_path):
    path = kml(tmp_path / "a.kml", placemarks(3))
    with path.open("r+b") as file:
        file.truncate(257 << 20)
    assert "larger than 256 MB" in told(within(5, path))


def test_a_table_of_columns_without_end_that_are_called_alike_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,lon,lat," + "J1," * 60_000 + "\nA,107.4,29.7\n")
    outcome = within(10, path)
    assert isinstance(outcome, FulingError)
    assert "more than 4096" in told(outcome)


def test_a_geoparquet_of_columns_without_end_is_refused(tmp_path):
    geo = {"version": "1.0.0", "primary_column": "geometry"}
    geo["columns"] = {"geometry": {"encoding": "WKB", "geometry_types": []}}
    columns = {"geometry": [shapely.to_wkb(shapely.Point(107.4, 29.7))], **{f"c{i}": ["a"] for i in range(15_000)}}
    pq.write_table(pa.table(columns).replace_schema_metadata({"geo": json.dumps(geo)}), tmp_path / "a.parquet")
    outcome = within(10, tmp_path / "a.parquet")
    assert isinstance(outcome, FulingError)
    assert "more than 4096" in told(outcome)


@pytest.mark.parametrize("view", [f"SELECT{' ' * 3000}a", f"SELECT a{' ' * 50_000}b", f"SELECT '{'a ' * 50_000}'"])
def test_the_text_of_a_view_is_not_looked_at_for_ever(tmp_path, view):
    path = tmp_path / "a.gpkg"
    gpd.GeoDataFrame({"geometry": [shapely.Point(107.4, 29.7)]}, crs=DEGREES).to_file(path, driver="GPKG")
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"CREATE VIEW strange AS {view}")
    outcome = within(5, path)
    assert isinstance(outcome, FulingError)
    assert "strange" in told(outcome)


def workbook(path, part, before, inside, times):
    """Write a workbook of one site, with so many elements before a place in one of its parts."""
    book = openpyxl.Workbook()
    for row in (["site_id", "lon", "lat"], ["A", 107.4, 29.7]):
        book.active.append(row)
    book.save(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert parts[part].count(before) == 1
    parts[part] = parts[part].replace(before, inside * times + before)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return path


CROWDED = {
    "formats": ("xl/styles.xml", "</cellXfs>", "<xf/>"),
    "fonts": ("xl/styles.xml", "</fonts>", "<font/>"),
    "sheets": ("xl/workbook.xml", "</sheets>", '<sheet name="a" sheetId="2"/>'),
    "kinds": ("[Content_Types].xml", "</Types>", '<Override PartName="/a" ContentType="b"/>'),
    "relations": ("xl/_rels/workbook.xml.rels", "</Relationships>", '<Relationship Id="rId9" Type="a" Target="b"/>'),
    "cells": ("xl/worksheets/sheet1.xml", "</sheetData>", f"<row>{'<c/>' * 16}</row>"),
}


@pytest.mark.parametrize("what", CROWDED)
def test_a_workbook_of_parts_that_nobody_makes_is_refused(tmp_path, what):
    part, before, inside = CROWDED[what]
    path = workbook(tmp_path / "a.xlsx", part, before, inside, (12 << 20) // len(inside))
    assert path.stat().st_size < 100_000
    outcome = within(10, path)
    assert isinstance(outcome, FulingError)


@pytest.mark.parametrize("what", ["formats", "fonts", "sheets"])
def test_a_small_workbook_of_parts_that_nobody_makes_is_refused_too(tmp_path, what):
    part, before, inside = CROWDED[what]
    outcome = within(10, workbook(tmp_path / "a.xlsx", part, before, inside, (3 << 20) // len(inside)))
    assert "unpack" in told(outcome)


@pytest.mark.parametrize("what", sorted(set(CROWDED) - {"sheets"}))
def test_a_workbook_of_many_parts_is_read(tmp_path, what):
    part, before, inside = CROWDED[what]
    sites = within(10, workbook(tmp_path / "a.xlsx", part, before, inside, 3000))
    assert sites.site_id.tolist() == ["A"]


def test_a_workbook_of_parts_without_end_is_refused(tmp_path):
    path = tmp_path / "a.xlsx"
    openpyxl.Workbook().save(path)
    with zipfile.ZipFile(path, "a") as archive:
        for n in range(50_000):
            archive.writestr(f"p{n}", "<a/>")
    assert "unpack" in told(within(10, path))
