"""map.html in a real browser, opened from the disk with the network cut."""

from __future__ import annotations

import re
import shutil

import pytest
from map_made import X, Y, made_layer, made_run, many, sample, words, written
from outputs_made import batch, finding, rule, site
from shapely import Point, box
from test_map_page import HOSTILE, JOINED

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
MARK = "#7A0010"


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("maps")


@pytest.fixture(scope="module")
def ordinary(folder):
    written(folder / "ordinary.html", sample(80))
    return folder / "ordinary.html"


@pytest.fixture(scope="module")
def window(browser):
    """One page for all tests, and what went wrong in it: requests, errors, warnings, dialogs."""
    context = browser.new_context(offline=True, reduced_motion="reduce")
    page, faults = context.new_page(), []
    page.on("request", lambda asked: None if asked.is_navigation_request() else faults.append(f"request {asked.url}"))
    page.on("pageerror", lambda error: faults.append(f"error {error}"))
    page.on("console", lambda said: None if "getImageData" in said.text else faults.append(f"{said.type} {said.text}"))
    page.on("dialog", lambda dialog: (faults.append(f"dialog {dialog.message}"), dialog.dismiss()))
    yield page, faults
    context.close()


@pytest.fixture
def show(window):
    """Open a map as by double click; any request, error or dialog fails the test."""
    page, faults = window
    faults.clear()

    def opened(path, *, width=1440, height=900):
        page.set_viewport_size({"width": width, "height": height})
        page.goto(path.as_uri())
        page.wait_for_selector(".fg-row, .fg-none")
        return page

    yield opened
    assert faults == []


def texts(page, selector):
    return [one.inner_text() for one in page.query_selector_all(selector)]


def settle(page):
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))")


def colours_near(page, rank, reach):
    """Give the colours of the sites' canvas within some pixels of a site, as `#RRGGBB`."""
    settle(page)
    found = page.evaluate(
        """([rank, reach]) => {
          const { map, sites, layer } = window.fulingPage;
          const canvas = layer.pane._container;
          const scale = 2 ** map.getZoom();
          const corner = map.getPixelOrigin().add(layer.pane._bounds.min);
          const sharp = canvas.width / layer.pane._bounds.getSize().x;
          const x = (sites.x[rank] * scale - corner.x - reach) * sharp;
          const y = (sites.y[rank] * scale - corner.y - reach) * sharp;
          return [...canvas.getContext("2d").getImageData(x, y, 2 * reach * sharp, 2 * reach * sharp).data];
        }""",
        [rank, reach],
    )
    pixels = zip(found[0::4], found[1::4], found[2::4], found[3::4], strict=True)
    return {f"#{r:02X}{g:02X}{b:02X}" for r, g, b, alpha in pixels if alpha > 200}


def place_of(page, rank):
    """Give where a site stands in the map, in pixels from its top left corner."""
    return page.evaluate(
        """(rank) => {
          const { map, sites } = window.fulingPage;
          const scale = 2 ** map.getZoom();
          const origin = map.getPixelOrigin();
          const [x, y] = [sites.x[rank] * scale - origin.x, sites.y[rank] * scale - origin.y];
          const at = map.layerPointToContainerPoint([x, y]);
          return [at.x, at.y];
        }""",
        rank,
    )


def test_five_seconds_show_title_counts_and_the_worst_first(show, ordinary):
    page = show(ordinary)
    assert page.inner_text("h1") == "涪陵选址筛查结果"
    assert texts(page, ".fg-chip")[0].split() == ["禁止", "14"]
    assert texts(page, ".fg-row-tag")[0] == "禁止"
    assert texts(page, ".fg-row-why")[0].startswith("长江干支流岸线一公里内禁止新建、扩建化工")
    assert "不等于批准" in page.inner_text(".fg-limits")
    assert "2024-06-01" in page.inner_text(".fg-under")


def test_a_row_opens_the_site_with_clause_quote_evidence_and_basis(show, ordinary):
    page = show(ordinary)
    page.click(".fg-row >> nth=0")
    said = page.inner_text(".fg-details")
    assert "禁止在长江干支流岸线一公里范围内新建、扩建化工园区和化工项目" in said
    assert "第一节 严格产业环境准入控制" in said
    assert "距河湖水域（长江） 812.3\u00a0m，在 1,000\u00a0m 界限以内 187.7\u00a0m" in said
    assert "与生态保护红线（红线2）重叠 1.23\u00a0ha，占地块 35\u00a0%" in said
    assert "中华人民共和国长江保护法" in said
    assert "经依法批准占用" in said
    assert "用地批准文件" in said
    assert "未经原文核对" in said


def test_a_maybe_says_why_and_what_would_settle_it(show, ordinary):
    page = show(ordinary)
    page.click(".fg-chip:has-text('待核实')")
    page.click(".fg-row >> nth=0")
    said = page.inner_text(".fg-details")
    assert "还可能：禁止" in said
    assert "图层“河湖水域”没有覆盖所需的周边范围" in said
    assert "只指一级支流" in said
    assert "须由主管部门解释" in said


def test_parts_of_which_the_same_is_to_be_said_share_a_line(show, folder):
    unsure = {"predicate": "in", "answer": "maybe", "part_answer": "maybe", "layer": "red_line", "distance_m": None}
    near = {"predicate": "near", "layer": "river", "distance_m": 200.0, "threshold_m": 1000.0, "margin_m": 800.0}
    parts = [finding(0, "FL-056", **unsure), finding(0, "FL-056", **unsure), finding(0, "FL-056", **near)]
    written(folder / "twice.html", batch([site(0, "undecided", "prohibited")], [Point(X, Y)], parts))
    page = show(folder / "twice.html")
    page.click(".fg-row")
    assert len(texts(page, ".fg-parts li")) == 2


def test_the_map_flies_to_the_site_clear_of_the_panel(show, ordinary):
    page = show(ordinary)
    page.click(".fg-row >> nth=0")
    settle(page)
    place = place_of(page, 0)
    assert 0 < place[0] < 1440 - 392 - 420
    assert 0 < place[1] < 900


def test_a_site_outside_is_shown_with_the_district(show, folder):
    district = made_layer("district", words("涪陵区"), [box(X - 9000, Y - 9000, X + 9000, Y + 9000)], ["涪陵区"])
    away = batch([site(0, "outside")], [Point(X + 60_000, Y)])
    written(folder / "away.html", away, run=made_run(layers={"district": district}))
    page = show(folder / "away.html")
    page.click(".fg-row")
    settle(page)
    west, south, east, north = page.evaluate("() => fulingPage.run.opening")
    seen = page.evaluate(
        "() => { const b = fulingPage.map.getBounds(); return [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()]; }"
    )
    assert seen[0] < west < east < seen[2]
    assert seen[1] < south < north < seen[3]
    place = place_of(page, 0)
    assert 0 < place[0] < 1440 - 392 - 420


def test_search_finds_by_name_and_by_id(show, ordinary):
    page = show(ordinary)
    page.fill(".fg-search", "南沱 1期")
    assert texts(page, ".fg-row-name") == ["南沱码头1期"]
    page.fill(".fg-search", "fl-p003")
    assert texts(page, ".fg-row-name") == ["龙桥热电扩建1期"]
    page.fill(".fg-search", "没有这样的地块")
    assert texts(page, ".fg-none") == ["没有符合条件的地块"]


def test_the_legend_filters_list_and_map(show, ordinary):
    page = show(ordinary)
    page.click(".fg-chip:has-text('限制')")
    assert set(texts(page, ".fg-row-tag")) == {"限制"}
    assert page.evaluate("() => fulingPage.layer.visible.reduce((sum, one) => sum + one, 0)") == 7
    page.click(".fg-chip:has-text('限制')")
    assert page.evaluate("() => fulingPage.layer.visible.reduce((sum, one) => sum + one, 0)") == 80


def test_both_languages_are_one_press_apart(show, ordinary):
    page = show(ordinary)
    page.click(".fg-row >> nth=0")
    page.click(".fg-lang")
    assert page.inner_text("h1") == "Fuling siting check"
    assert page.get_attribute("html", "lang") == "en"
    assert "No new or extended chemical works" in page.inner_text(".fg-details h3 >> nth=0")
    assert "812.3\u00a0m from Rivers (长江): within the limit of 1,000\u00a0m by 187.7\u00a0m" in page.inner_text(
        ".fg-details"
    )
    page.click(".fg-lang")
    assert page.inner_text("h1") == "涪陵选址筛查结果"


def test_keys_walk_the_list_open_a_site_and_close_it(show, ordinary):
    page = show(ordinary)
    page.focus(".fg-list")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.evaluate("() => fulingPage.layer.selected") == 2
    page.focus(".fg-details")
    page.keyboard.press("Escape")
    assert page.evaluate("() => fulingPage.layer.selected") == -1
    assert not page.is_visible(".fg-details")


def test_escape_closes_the_site_from_wherever_the_keys_go(show, ordinary):
    page = show(ordinary)
    for place in (".fg-list", ".fg-details", ".folium-map"):
        page.click(".fg-row >> nth=0")
        assert page.is_visible(".fg-details")
        page.focus(place)
        page.keyboard.press("Escape")
        assert not page.is_visible(".fg-details")


def test_escape_closes_the_layers_before_the_site_under_them(show, ordinary):
    page = show(ordinary)
    page.click(".fg-row >> nth=0")
    page.click(".fg-tool-wide")
    page.keyboard.press("Escape")
    assert (page.is_visible(".fg-layer-panel"), page.is_visible(".fg-details")) == (False, True)
    assert page.get_attribute(".fg-tool-wide", "aria-expanded") == "false"
    page.keyboard.press("Escape")
    assert not page.is_visible(".fg-details")


def test_enter_opens_the_one_site_that_was_searched_for(show, ordinary):
    page = show(ordinary)
    page.fill(".fg-search", "fl-p003")
    page.press(".fg-search", "Enter")
    assert "龙桥热电扩建1期" in page.inner_text(".fg-details h2")


def test_enter_goes_to_the_list_where_the_search_finds_several(show, ordinary):
    page = show(ordinary)
    page.fill(".fg-search", "1期")
    assert len(texts(page, ".fg-row-name")) > 1
    page.press(".fg-search", "Enter")
    assert not page.is_visible(".fg-details")
    page.keyboard.press("Enter")
    assert "1期" in page.inner_text(".fg-details h2")
    page.fill(".fg-search", "没有这样的地块")
    page.press(".fg-search", "Enter")
    assert texts(page, ".fg-none") == ["没有符合条件的地块"]


def test_a_mark_that_turns_text_round_does_not_turn_a_name(show, folder):
    turned = batch([site(0, "exit", name="厂\u202egnp.exe\u2066址\u200f")], [Point(X, Y)])
    written(folder / "turned.html", turned)
    page = show(folder / "turned.html")
    assert texts(page, ".fg-row-name") == ["厂gnp.exe址"]
    page.fill(".fg-search", "厂gnp")
    assert texts(page, ".fg-row-name") == ["厂gnp.exe址"]
    page.click(".fg-row")
    assert page.inner_text(".fg-details h2") == "厂gnp.exe址"


def test_the_key_names_the_layers_shown_in_the_language_shown(show, ordinary):
    page = show(ordinary)
    shown = texts(page, ".fg-key li")
    assert "生态保护红线" in shown
    page.click(".fg-tool-wide")
    page.click(".fg-layers label:has-text('生态保护红线')")
    assert texts(page, ".fg-key li") == [name for name in shown if name != "生态保护红线"]
    page.click(".fg-layers label:has-text('生态保护红线')")
    page.click(".fg-lang")
    assert "Ecological red line" in texts(page, ".fg-key li")


def test_no_name_is_written_under_the_key(show, ordinary):
    page = show(ordinary)
    at = place_of(page, 0)
    key = page.evaluate("""() => {
      const [key, map] = [document.querySelector(".fg-key"), window.fulingPage.map.getContainer()];
      const [a, b] = [key.getBoundingClientRect(), map.getBoundingClientRect()];
      return [a.left - b.left, a.top - b.top, a.right - b.left, a.bottom - b.top];
    }""")
    # The worst site stands where its name, right of it, would lie across the key.
    move = [at[0] - key[0] + 4, at[1] - (key[1] + key[3]) / 2]
    page.evaluate("(move) => window.fulingPage.map.panBy(move, { animate: false })", move)
    settle(page)
    names = page.evaluate("""() => {
      const { map, layer } = window.fulingPage;
      const [found, write] = [[], CanvasRenderingContext2D.prototype.fillText];
      CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
        found.push([text, x, y, this.measureText(text).width]);
        return write.call(this, text, x, y);
      };
      layer.pane._update();
      CanvasRenderingContext2D.prototype.fillText = write;
      const corner = map.containerPointToLayerPoint([0, 0]).subtract(layer.pane._bounds.min);
      return found.map(([text, x, y, wide]) => [text, x - corner.x, y - corner.y, wide]);
    }""")
    assert len(names) > 3
    under = [
        text for text, x, y, wide in names if x < key[2] and x + wide > key[0] and y - 11 < key[3] and y + 3 > key[1]
    ]
    assert under == []


def test_a_site_is_not_opened_under_the_panel_of_layers(show, ordinary):
    page = show(ordinary)
    page.click(".fg-tool-wide")
    page.click(".fg-row >> nth=0")
    assert not page.is_visible(".fg-layer-panel")


def test_a_marker_has_its_verdicts_colour_and_a_ring_only_where_it_could_be_worse(show, folder):
    sites = [site(0, "prohibited"), site(1, "advised", "prohibited"), site(2, "advised")]
    places = [Point(X, Y), Point(X + 9000, Y), Point(X, Y + 9000)]
    written(folder / "marks.html", batch(sites, places), run=made_run(layers={}))
    page = show(folder / "marks.html")
    assert "#D55E00" in colours_near(page, 0, 12)
    assert MARK not in colours_near(page, 0, 14)
    assert {"#56B4E9", MARK} <= colours_near(page, 1, 14)
    assert "#56B4E9" in colours_near(page, 2, 14)
    assert MARK not in colours_near(page, 2, 14)


def test_a_polygon_is_hatched_only_where_it_could_be_worse(show, folder):
    sites = [site(0, "advised", "prohibited"), site(1, "advised")]
    places = [box(X, Y, X + 4000, Y + 4000), box(X + 8000, Y, X + 12000, Y + 4000)]
    written(folder / "hatched.html", batch(sites, places), run=made_run(layers={}))
    page = show(folder / "hatched.html")
    dark = [
        {one for one in colours_near(page, rank, 60) if int(one[1:3], 16) > 0x60 > int(one[3:5], 16)} for rank in (0, 1)
    ]
    assert dark[0]
    assert not dark[1]


def test_a_tiny_polygon_is_seen_from_afar(show, folder):
    written(folder / "tiny.html", batch([site(0, "exit")], [box(X, Y, X + 5, Y + 5)]))
    assert "#CC79A7" in colours_near(show(folder / "tiny.html"), 0, 12)


def test_pointing_names_the_site_and_clicking_opens_it(show, folder):
    written(folder / "one.html", batch([site(0, "exit", name="白涛")], [Point(X, Y)], [finding(0, "FL-033", "exit")]))
    page = show(folder / "one.html")
    frame = page.locator(".folium-map").bounding_box()
    place = place_of(page, 0)
    page.mouse.move(frame["x"] + place[0], frame["y"] + place[1])
    assert page.inner_text(".fg-tip").startswith("白涛")
    page.mouse.click(frame["x"] + place[0], frame["y"] + place[1])
    assert "两江可视范围内现有露天矿山限期退出" in page.inner_text(".fg-details")


def test_clicking_the_ground_names_the_zones_there(show, ordinary):
    page = show(ordinary)
    page.evaluate("() => fulingPage.ask(L.latLng(29.70, 107.39))")
    assert "涪陵区界" in page.inner_text(".leaflet-popup")


def test_layers_are_switched_on_and_off(show, ordinary):
    page = show(ordinary)
    page.click(".fg-tool-wide")
    assert "由河流图层推算" in page.inner_text(".fg-layer-panel")
    page.click(".fg-layers label:has-text('环境管控单元')")
    shown = "() => fulingPage.zones.layers.filter((one) => one.shown).map((one) => one.entry.id)"
    assert "management_unit" in page.evaluate(shown)
    page.click(".fg-layers label:has-text('环境管控单元')")
    assert "management_unit" not in page.evaluate(shown)


def test_without_zone_geometry_the_page_says_so(show, folder):
    written(folder / "bare.html", sample(5), zone_geometry=False)
    page = show(folder / "bare.html")
    page.click(".fg-tool-wide")
    assert "不含图层轮廓" in page.inner_text(".fg-layer-panel")


def test_the_scale_bar_is_metric(show, ordinary):
    assert texts(show(ordinary), ".leaflet-control-scale-line")[0].split()[1] in {"m", "km"}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_phone_shows_counts_map_and_list_without_scrolling_sideways(show, folder, lang):
    written(folder / f"phone-{lang}.html", sample(80), lang=lang)
    page = show(folder / f"phone-{lang}.html", width=390, height=844)
    assert page.evaluate("() => document.documentElement.scrollWidth") == 390
    for selector in (".fg-bar", ".fg-limits", ".folium-map", ".fg-search", ".fg-row >> nth=0"):
        frame = page.locator(selector).bounding_box()
        assert frame["y"] + 20 < 844, selector
        assert frame["x"] >= 0, selector
        assert frame["x"] + frame["width"] <= 390, selector
    page.click(".fg-row >> nth=0")
    assert page.is_visible(".fg-details")
    page.click(".fg-close")
    assert not page.is_visible(".fg-details")


def test_hostile_text_is_shown_as_it_is_and_never_runs(show, folder):
    both = words(JOINED)
    texts_ = dict.fromkeys(("site_id", "source", "activity", "nature", "units", "problem", "depends_on"), JOINED)
    sites = [site(k, "prohibited", name=one, **texts_) for k, one in enumerate(HOSTILE)]
    found = dict.fromkeys(("cause", "feature_name", "readings", "exemption"), JOINED)
    ids = {"layer": "red_line", "feature_id": "001"}
    findings = [finding(k, "FL-001", answer="maybe", predicate="in", **ids, **found) for k in range(len(sites))]
    law = rule(title=both, note=both)
    zone = made_layer("red_line", both, [box(X - 9000, Y - 9000, X + 9000, Y + 9000)], [JOINED])
    places = [Point(X + 300 * k, Y) for k in range(len(sites))]
    run = made_run(layers={"red_line": zone}, rules=(law,), notices=(both,), facts={"workspace": JOINED})
    written(folder / "hostile.html", batch(sites, places, findings), run=run)
    page = show(folder / "hostile.html", width=1440, height=900)
    page.click(".fg-tool-wide")
    page.evaluate("() => fulingPage.ask(L.latLng(29.70, 107.39))")
    for k, one in enumerate(HOSTILE):
        page.evaluate("(k) => fulingPage.open(k)", k)
        shown = re.sub("[\u202e\u202c\x00\x07]", "", one)
        assert page.evaluate("() => document.querySelector('.fg-details h2 bdi').textContent") == shown
    assert page.query_selector_all("img, iframe, object, embed") == []
    assert page.evaluate("() => Object.prototype.polluted") is None


def test_very_long_text_does_not_break_the_page(show, folder):
    long = "长" * 3000 + "W" * 3000
    sites = [site(0, "prohibited", name=long, site_id=long, problem=long)]
    written(
        folder / "long.html", batch(sites, [Point(X, Y)], [finding(0, "FL-056", predicate="in", feature_name=long)])
    )
    page = show(folder / "long.html", width=390, height=844)
    page.click(".fg-row >> nth=0")
    assert page.evaluate("() => document.documentElement.scrollWidth") == 390
    assert page.locator(".fg-close").bounding_box()["y"] < 844


def test_ten_thousand_sites_open_and_only_the_rows_in_sight_are_made(show, folder):
    written(folder / "many.html", many(10_000))
    page = show(folder / "many.html")
    settle(page)
    page.evaluate("() => fulingPage.layer.pane._update()")
    assert len(page.query_selector_all(".fg-row")) < 60


def test_a_large_run_says_what_it_leaves_out(show, folder):
    written(folder / "large.html", many(6_000, per_site=1), many(6_000, 6_000, per_site=1))
    page = show(folder / "large.html")
    page.click(".fg-notices summary")
    assert "地块超过10,000个" in page.inner_text(".fg-notices")
    page.evaluate("() => fulingPage.open(fulingPage.sites.total - 1)")
    assert "sites.csv" in page.inner_text(".fg-details")
