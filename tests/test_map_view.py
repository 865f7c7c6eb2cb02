"""What lies over the map hides nothing: the key, the tools and the panels leave sites, district and popups free."""

# The fixtures of test_map_browser are imported, and named again where they are used.
# ruff: noqa: F401, F811

from __future__ import annotations

import numpy as np
import pytest
import shapely
from map_made import X, Y, district, layers, made_layer, made_run, words, written
from outputs_made import batch, finding, site
from test_map_browser import browser, folder, pytestmark, settle, show, texts, window

from fuling_gis import crs

SIZES = [(1920, 1080), (1366, 768), (390, 844)]
COVERS = (".fg-key", ".fg-tools", ".leaflet-control-scale", ".fg-layer-panel", ".fg-details")


@pytest.fixture(scope="module")
def rimmed(folder):
    """Sites all along the border of the district, and more layers than the key names."""
    border = shapely.segmentize(district(), 3_000).buffer(-400)
    places = [shapely.Point(xy) for xy in shapely.get_coordinates(border.exterior)[::9]]
    sites = [site(k, "prohibited", name=f"地块{k}") for k in range(len(places))]
    more = {
        name: made_layer(name, words(f"图层{name}"), [shapely.box(X, Y, X + 900, Y + 900)], [""])
        for name in ("wetland", "karst", "mine", "port", "outfall", "drawdown", "forest", "farmland")
    }
    run = made_run(layers={**layers(), **more})
    written(folder / "rim.html", batch(sites, places, [finding(0, "FL-056")]), run=run)
    return folder / "rim.html"


def hidden(page):
    """Give how many sites and corners of the district lie under something, in the page as it stands."""
    return page.evaluate(
        """(covers) => {
          const { map, sites, zones } = window.fulingPage;
          const frame = map.getContainer().getBoundingClientRect();
          const over = covers.flatMap((one) => [...document.querySelectorAll(one)]);
          const boxes = over.map((one) => one.getBoundingClientRect());
          const { shapes } = zones.layers.find((one) => one.entry.id === "district");
          const under = (x, y) => {
            const at = map.latLngToContainerPoint(map.unproject(L.point(x, y), 0));
            const [px, py] = [at.x + frame.left, at.y + frame.top];
            if (px < frame.left || py < frame.top || px > frame.right || py > frame.bottom) return true;
            return boxes.some((b) => px > b.left && px < b.right && py > b.top && py < b.bottom);
          };
          let found = 0;
          for (let i = 0; i < sites.total; i += 1) if (under(sites.x[i], sites.y[i])) found += 1;
          for (let i = 0; i < shapes.x.length; i += 1) if (under(shapes.x[i], shapes.y[i])) found += 1;
          return found;
        }""",
        COVERS,
    )


def switch_all(page):
    page.evaluate(
        """() => {
          for (const layer of fulingPage.zones.layers) fulingPage.zones.show(layer, true);
          fulingPage.layerPanel.draw();
        }"""
    )


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_at_first_and_with_a_longer_key_no_site_and_no_part_of_the_district_is_hidden(show, rimmed, width, height):
    page = show(rimmed, width=width, height=height)
    assert hidden(page) == 0
    page.click(".fg-lang")
    switch_all(page)
    assert hidden(page) == 0


def test_beside_the_open_panel_of_layers_and_of_a_site_nothing_is_hidden(show, rimmed):
    page = show(rimmed, width=1366, height=768)
    before = page.evaluate("() => fulingPage.map.getZoom()")
    page.click(".fg-tool-wide")
    assert hidden(page) == 0
    page.keyboard.press("Escape")
    page.evaluate("() => fulingPage.select(3, false)")
    assert hidden(page) == 0
    page.evaluate("() => fulingPage.close()")
    assert page.evaluate("() => fulingPage.map.getZoom()") == before
    assert hidden(page) == 0


def test_a_map_that_somebody_moved_stays_where_it_is(show, rimmed):
    page = show(rimmed, width=1366, height=768)
    stands = "() => [fulingPage.map.getCenter().lat, fulingPage.map.getCenter().lng, fulingPage.map.getZoom()]"
    page.evaluate("() => fulingPage.map.panBy([40, 0], { animate: false })")
    before = page.evaluate(stands)
    switch_all(page)
    page.click(".fg-tool-wide")
    assert page.evaluate(stands) == pytest.approx(before, abs=1e-9)


def test_after_printing_the_map_stands_as_before(show, rimmed):
    page = show(rimmed, width=1366, height=768)
    stands = "() => [fulingPage.map.getCenter().lat, fulingPage.map.getCenter().lng, fulingPage.map.getZoom()]"
    before = page.evaluate(stands)
    page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    page.evaluate("() => window.dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(stands) == pytest.approx(before, abs=1e-4)
    assert hidden(page) == 0


def test_on_paper_the_key_stands_below_the_map_and_names_every_layer_that_is_shown(show, rimmed):
    page = show(rimmed, width=1366, height=768)
    switch_all(page)
    assert texts(page, ".fg-key > li")[-1].startswith("+")
    page.emulate_media(media="print")
    page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    named = texts(page, ".fg-key > li")
    shown = page.evaluate("() => fulingPage.zones.layers.filter((one) => one.shown).length")
    frame, key = page.locator("#fg-map").bounding_box(), page.locator(".fg-key").bounding_box()
    page.evaluate("() => window.dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    assert len(named) == shown
    assert not any(one.startswith("+") for one in named)
    assert key["y"] >= frame["y"] + frame["height"]
    assert texts(page, ".fg-key > li")[-1].startswith("+")


def test_the_printed_reason_of_a_site_without_one_is_a_dash_and_not_its_id(show, folder):
    found = [finding(0, "FL-033", "exit")]
    sites = [site(0, "exit", site_id="P001", name="甲"), site(1, "clear", site_id="P002", name="乙")]
    written(folder / "reason.html", batch(sites, findings=found))
    page = show(folder / "reason.html")
    page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    cells = page.evaluate(
        "() => [...document.querySelectorAll('.fg-paper td:last-child')].map((one) => one.textContent)"
    )
    page.evaluate("() => window.dispatchEvent(new Event('afterprint'))")
    assert cells == ["两江可视范围内现有露天矿山限期退出", "—"]
    # Beside the map the id stays under the name.
    assert texts(page, ".fg-row-why")[1] == "P002"


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("corner", [(0.5, 0.04), (0.95, 0.1), (0.05, 0.9), (0.95, 0.95), (0.5, 0.4)])
def test_a_popup_is_not_covered_by_tools_or_key(show, rimmed, width, height, corner):
    page = show(rimmed, width=width, height=height)
    switch_all(page)
    page.evaluate(
        """([across, down]) => {
          const { map } = fulingPage;
          fulingPage.run.layers.forEach((one) => { one.title = { zh: "很长的图层名称很长的图层名称", en: "x" }; });
          fulingPage.zones.at = () => fulingPage.run.layers.slice(0, 9).map(({ title }) => ({ title, name: "" }));
          const size = map.getSize();
          fulingPage.ask(map.containerPointToLatLng([size.x * across, size.y * down]));
        }""",
        corner,
    )
    popup = page.locator(".leaflet-popup").last.bounding_box()
    frame = page.locator(".folium-map").bounding_box()
    assert popup["x"] >= frame["x"]
    assert popup["y"] >= frame["y"]
    assert popup["x"] + popup["width"] <= frame["x"] + frame["width"]
    for name in (".fg-tools", ".fg-key"):
        over = page.locator(name).bounding_box()
        if over is None:
            continue
        apart = (
            popup["x"] + popup["width"] <= over["x"]
            or over["x"] + over["width"] <= popup["x"]
            or popup["y"] + popup["height"] <= over["y"]
            or over["y"] + over["height"] <= popup["y"]
        )
        assert apart, name


def test_classes_stand_in_key_panel_and_popup_and_are_drawn_in_their_own_shades(show, folder):
    boxes = [shapely.box(X + k * 3_000, Y, X + k * 3_000 + 2_000, Y + 2_000) for k in (-2, -1, 0)]
    kind = {"kind": np.array(["banned", "limited", "allowed"], object)}
    made = made_layer("livestock_zone", words("畜禽养殖三区", "Livestock"), boxes, ["甲", "乙", "丙"], fields=kind)
    written(folder / "classes.html", batch([site(0)]), run=made_run(layers={"livestock_zone": made}))
    page = show(folder / "classes.html")
    switch_all(page)
    assert texts(page, ".fg-key .fg-class") == ["禁养区", "限养区", "适养区"]
    page.click(".fg-tool-wide")
    assert texts(page, ".fg-layer-panel .fg-class") == ["禁养区", "限养区", "适养区"]
    page.keyboard.press("Escape")
    lon, lat = crs.transformer(crs.normalise("EPSG:4545"), crs.normalise("EPSG:4326")).transform(X - 2_000, Y + 900)
    page.evaluate("([lon, lat]) => fulingPage.map.setView([lat, lon], 13, { animate: false })", [lon, lat])
    settle(page)
    shades = page.evaluate(
        """() => {
          const { zones } = fulingPage;
          return [0, 1, 2].map((k) => {
            const { x, y, start } = zones.layers[0].shapes;
            const at = fulingPage.map.project(fulingPage.map.unproject(L.point(
              (x[start[k]] + x[start[k] + 2]) / 2, (y[start[k]] + y[start[k] + 2]) / 2), 0));
            const corner = fulingPage.map.getPixelOrigin().add(zones.pane._bounds.min);
            const { data } = zones.pane._brush.getImageData(at.x - corner.x - 6, at.y - corner.y - 6, 12, 12);
            let sum = 0;
            for (let i = 3; i < data.length; i += 4) sum += data[i];
            return sum / 144;
          });
        }"""
    )
    # Denser where more is banned.
    assert shades[0] > shades[1] + 20 > shades[2] + 40
    lon, lat = crs.transformer(crs.normalise("EPSG:4545"), crs.normalise("EPSG:4326")).transform(X - 5_000, Y + 900)
    page.evaluate("([lon, lat]) => fulingPage.ask(L.latLng(lat, lon))", [lon, lat])
    assert "畜禽养殖三区 · 禁养区 甲" in page.inner_text(".leaflet-popup")


def test_a_layer_looks_the_same_in_key_panel_and_print_and_unlike_the_next(show, rimmed):
    page = show(rimmed)
    page.evaluate("() => fulingPage.showLayers(true)")
    page.evaluate(
        """() => {
          const { zones, layerPanel } = fulingPage;
          const shown = ["wetland", "karst", "mine", "port"];
          for (const layer of zones.layers) zones.show(layer, shown.includes(layer.entry.id));
          layerPanel.draw();
        }"""
    )
    looks = """(selector) => Object.fromEntries([...document.querySelectorAll(selector)].map((one) =>
      [one.querySelector("bdi").textContent, one.querySelector("canvas").toDataURL()]))"""
    key, panel = page.evaluate(looks, ".fg-key > li"), page.evaluate(looks, ".fg-layers li:has(bdi)")
    page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    paper = page.evaluate(looks, ".fg-key > li")
    page.evaluate("() => window.dispatchEvent(new Event('afterprint'))")
    assert set(key) == {f"图层{name}" for name in ("wetland", "karst", "mine", "port")}
    assert len(set(key.values())) == 4
    assert key == paper
    assert key.items() <= panel.items()
