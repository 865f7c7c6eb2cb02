"""Layers on the page: all that the workspace has are offered or told, and all that a file has can be chosen."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from urllib.parse import parse_qs, urlsplit

import geopandas as gpd
import pytest
from files_made import layered
from shapely import Point
from small_workspace import CRS, box, make_workspace

import fuling_gis as fg

pytest.importorskip("fastapi", reason="the extra `web` is not installed")
pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

import test_serve_browser as usual
from test_map_browser import CHROMIUM

from fuling_gis.serve.catalogue import Atlas

drives = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")

address, browser, show = usual.address, usual.browser, usual.show
DAY = dt.date(2024, 6, 1)
# A marker in a title must stay text on the page.
HOSTILE = "<img src=x onerror=alert(1)>"
MORE = f"""\
  outfall:
    title: {{zh: 排污口, en: Outfalls}}
    path: small.gpkg
    layer: outfall
    fields: {{id: id, name: name}}
    accuracy_m: 3
    covers: district
  port:
    title: {{zh: 港口, en: "{HOSTILE}"}}
    path: gone.gpkg
    accuracy_m: 3
    covers: district
  section:
    title: {{zh: 断面, en: Sections}}
    path: small.gpkg
    layer: outfall
    fields: {{id: id, name: name}}
    accuracy_m: 3
    covers: district
    valid_from: 2025-01-01
  hydropower:
    title: {{zh: 电站, en: Power stations}}
    path: small.gpkg
    layer: none
    fields: {{id: id, name: name}}
    accuracy_m: 3
    covers: district
  land_cover:
    title: {{zh: 地表覆盖, en: Land cover}}
    path: cover.tif
    covers: district
"""


def test_every_layer_of_the_catalogue_is_drawn_or_told_with_the_reason(tmp_path):
    root = make_workspace(tmp_path / "small")
    layers = root / "layers"
    catalog = layers / "catalog.yaml"
    catalog.write_text(catalog.read_text("utf-8") + MORE, "utf-8")
    # No rule asks for outfalls.
    east, north = box(0, 600, 0, 600).bounds[:2]
    point = {"id": ["O1"], "name": ["一号"], "geometry": [Point(east, north)]}
    gpd.GeoDataFrame(point, crs=CRS).to_file(layers / "small.gpkg", layer="outfall", driver="GPKG")
    nothing = gpd.GeoDataFrame({"id": [], "name": [], "geometry": []}, geometry="geometry", crs=CRS)
    nothing.to_file(layers / "small.gpkg", layer="none", driver="GPKG", geometry_type="Point")
    found = Atlas(fg.open_workspace(root)).layers(DAY)
    assert {name for name, one in found.items() if one.entry["undrawn"] is None} >= {
        "district",
        "river",
        "red_line",
        "outfall",
    }
    assert json.loads(found["outfall"].geojson)["features"][0]["properties"] == {"id": "O1", "name": "一号"}
    why = {name: one.entry["undrawn"]["en"] for name, one in found.items() if one.entry["undrawn"] is not None}
    assert set(why) == {"port", "section", "hydropower", "land_cover"}
    assert "cannot be read" in why["port"]
    assert "2024-06-01" in why["section"]
    assert "no features" in why["hydropower"]
    assert "raster" in why["land_cover"]
    for name in why:
        assert json.loads(found[name].geojson)["features"] == []
        assert "gone.gpkg" not in json.dumps(found[name].entry)
    # On another day the sections are there.
    later = Atlas(fg.open_workspace(root)).layers(dt.date(2025, 1, 1))
    assert later["section"].entry["undrawn"] is None
    assert found["port"].entry["title"]["en"] == HOSTILE


@drives
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_list_of_layers_has_every_layer_of_the_workspace_or_says_why_not(show, lang):
    page = show(lang=lang)
    catalog = fg.open_workspace(usual.ROOT).catalog.layers
    listed = set(
        page.locator("#layer-list label.layer").evaluate_all("(all) => all.map((one) => one.children[2].textContent)")
    )
    titles = {name: versions[0].title[lang] for name, versions in catalog.items()}
    # Heights and land cover are rasters; the other 44 of the demonstration's 46 layers are shapes.
    assert len(catalog) == 46
    assert {name for name, title in titles.items() if title not in listed} == {"dem", "land_cover"}
    told = page.locator("details.undrawn")
    assert "2" in told.locator("summary").inner_text()
    told.locator("summary").click()
    for name in ("dem", "land_cover"):
        line = told.locator(f"li:has-text('{titles[name]}')")
        assert line.is_visible()
        assert {"zh": "栅格", "en": "raster"}[lang] in line.inner_text()


@drives
def test_a_layer_that_cannot_be_drawn_is_text_on_the_page(show):
    page = show()
    page.evaluate(
        """(hostile) => {
          Page.ground.undrawn = [{ id: hostile, title: { en: hostile }, undrawn: { en: hostile } }];
          Page.ground.listLayers();
        }""",
        HOSTILE,
    )
    assert page.locator("details.undrawn").text_content().count(HOSTILE) == 2
    assert page.locator("img[src='x']").count() == 0


def archive(names):
    """Make an upload of an archive of files of one point each."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as made:
        for name in names:
            point = {"type": "Point", "coordinates": [107.39, 29.7]}
            made.writestr(
                f"{name}.geojson", json.dumps({"type": "Feature", "properties": {"site_id": name}, "geometry": point})
            )
    return {"name": "a.zip", "mimeType": "", "buffer": whole.getvalue()}


@drives
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_all_of_nineteen_layers_are_offered_and_one_of_an_odd_name_is_read(show, tmp_path, lang):
    page = show(lang=lang)
    odd = ("east::west", HOSTILE, " blank ", "a//b", "'];\"")
    names = [f"L{n}" for n in range(14)] + list(odd)
    page.set_input_files("#file", layered(tmp_path / "a.gpkg", names))
    page.wait_for_selector("#answer .fault button")
    offers = page.locator("#answer .fault button")
    assert set(offers.evaluate_all("(all) => all.map((one) => one.dataset.offer)")) == set(names)
    assert page.locator("#answer .fault .left").count() == 0
    assert "null" not in page.locator("#answer .fault").inner_text()
    assert page.locator("img[src='x']").count() == 0
    for name in odd:
        place = offers.evaluate_all("(all, name) => all.findIndex((one) => one.dataset.offer === name)", name)
        with page.expect_request(lambda request: "/api/jobs?" in request.url) as sent:
            offers.nth(place).click()
        assert parse_qs(urlsplit(sent.value.url).query)["layer"] == [name]
        page.wait_for_selector("#answer .banner")
        assert page.evaluate("Page.answer.sites[0].site_id") == f"S{names.index(name)}"
        page.click("#clear")
        page.wait_for_selector(".start")
        page.set_input_files("#file", tmp_path / "a.gpkg")
        page.wait_for_selector("#answer .fault button")
    assert page.locator("img[src='x']").count() == 0


@drives
@pytest.mark.parametrize(("lang", "width"), [("zh", 1366), ("en", 390)])
def test_of_more_layers_than_are_offered_the_page_says_how_many_there_are(show, lang, width):
    page = show(lang=lang, width=width, height=800)
    page.set_input_files("#file", [archive(f"F{n}" for n in range(203))])
    page.wait_for_selector("#answer .fault button")
    # 200 are offered; 3 of 203 are left.
    assert page.locator("#answer .fault button").count() == 200
    left = page.locator("#answer .fault .left").inner_text()
    assert {"zh": "另有3个", "en": "3 more"}[lang] in left
    # What they are called stands in the message, and any can be written.
    assert "F202" in page.locator("#answer .fault details").text_content()
    page.fill("#layer", "F202")
    page.keyboard.press("Tab")
    page.wait_for_selector("#answer .banner")
    assert page.evaluate("Page.answer.sites[0].site_id") == "F202"
