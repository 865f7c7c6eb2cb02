"""map.html as people use it: why a site fails, drawn; order and reasons; paper; keys; and for everybody."""

# The fixtures of test_map_browser are imported, and named again where they are used.
# ruff: noqa: F401, F811

from __future__ import annotations

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from map_made import X, Y, made_layer, made_run, many, sample, words, written
from outputs_made import batch, finding, site
from shapely import Point, box
from test_map_browser import browser, folder, ordinary, pytestmark, settle, show, texts, window

# Everybody's rules for the web, and what must not be found.
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}
GRAVE = {"serious", "critical"}
WATER = box(X - 9000, Y - 4000, X + 9000, Y - 800)


@pytest.fixture(scope="module")
def near_river(folder):
    """One site 800 m north of a river, inside the limit of 1 km by 200 m."""
    river = made_layer(
        "river", words("河湖水域", "Rivers"), [WATER], ["长江"], fields={"grade": np.array(["main"], object)}
    )
    red = made_layer("red_line", words("红线", "Red line"), [box(X - 300, Y - 300, X + 300, Y + 300)], ["红线一"])
    near = {"predicate": "near", "layer": "river", "feature_id": "001", "feature_name": "长江"}
    measures = {"distance_m": 800.0, "threshold_m": 1000.0, "margin_m": 200.0}
    inside = {"predicate": "in", "layer": "red_line", "feature_id": "001", "part_answer": "maybe"}
    findings = [
        finding(0, "FL-056", part_answer="yes", **near, **measures),
        finding(0, "FL-008", answer="maybe", cause="fact:activity", **inside),
    ]
    run = made_run(layers={"river": river, "red_line": red})
    written(folder / "near.html", batch([site(0, "prohibited")], [Point(X, Y)], findings), run=run)
    return folder / "near.html"


def colour_at(page, metres_north):
    """Give the colour of the layers' canvas so far north of the site, and 400 m east of it, as (r, g, b, alpha)."""
    settle(page)
    return page.evaluate(
        """(north) => {
          const { map, zones, sites } = window.fulingPage;
          const pane = zones.pane;
          const scale = 2 ** map.getZoom();
          const corner = map.getPixelOrigin().add(pane._bounds.min);
          // 110,847 m are a degree of latitude at 29.7 degrees north (GRS 80).
          const { lat, lng } = map.unproject(L.point(sites.x[0], sites.y[0]), 0);
          const at = map.project(L.latLng(lat + north / 110847, lng + 400 / 96790), map.getZoom()).subtract(corner);
          return [...pane._brush.getImageData(Math.round(at.x), Math.round(at.y), 1, 1).data];
        }""",
        metres_north,
    )


def test_the_line_at_the_rules_distance_stands_where_it_says(show, near_river):
    page = show(near_river)
    page.click(".fg-row")
    # The water ends 800 m south, so the limit of 1 km runs 200 m north. A line is two pixels wide, some 5 m here.
    colours = {metres: colour_at(page, metres) for metres in range(20, 600, 2)}
    dark = [metres for metres, (*colour, alpha) in colours.items() if max(colour) < 0x70 and alpha > 150]
    assert dark
    assert min(dark) >= 192
    assert max(dark) <= 208


def test_the_map_shows_site_zone_and_limit_together(show, near_river):
    page = show(near_river)
    page.click(".fg-row")
    seen = page.evaluate("() => [fulingPage.map.getBounds().getSouth(), fulingPage.map.getBounds().getNorth()]")
    middle = page.evaluate("() => fulingPage.run.opening[1] + fulingPage.run.opening[3]") / 2
    assert seen[0] < middle - 800 / 110847
    assert seen[1] > middle + 200 / 110847


def test_the_key_says_what_the_strong_lines_are(show, near_river):
    page = show(near_river)
    assert texts(page, ".fg-key-cause") == []
    page.click(".fg-row")
    assert texts(page, ".fg-key-cause") == ["河湖水域（长江）", "1,000\u00a0m 界限", "量得的最短距离"]
    page.click(".fg-lang")
    assert texts(page, ".fg-key-cause") == ["Rivers (长江)", "limit of 1,000\u00a0m", "shortest distance measured"]
    page.click(".fg-close")
    assert texts(page, ".fg-key-cause") == []


def test_one_rule_at_a_time_is_drawn_and_its_button_says_so(show, near_river):
    page = show(near_river)
    page.click(".fg-row")
    drawn = "() => fulingPage.zones.causes.found.map((one) => [one.layer.entry.id, one.doubtful])"
    pressed = "() => [...document.querySelectorAll('.fg-on-map')].map((one) => one.ariaPressed)"
    assert page.evaluate(drawn) == [["river", False]]
    assert page.evaluate(pressed) == ["true", "false"]
    page.click(".fg-rule[data-rule='FL-008'] .fg-on-map")
    # A maybe is hatched.
    assert page.evaluate(drawn) == [["red_line", True]]
    assert page.evaluate(pressed) == ["false", "true"]
    assert page.evaluate("() => fulingPage.zones.causes.measures.length") == 0


def test_the_measured_distance_is_drawn_with_its_figure(show, near_river):
    page = show(near_river)
    page.click(".fg-row")
    assert page.evaluate("() => fulingPage.zones.causes.measures.map((one) => one.text)") == ["长江 800\u00a0m"]


def test_what_would_settle_a_site_is_said_once_with_the_number_of_rules(show, folder):
    doubts = [finding(0, f"FL-{k}", answer="maybe", cause="fact:activity;tolerance") for k in range(3)]
    doubts.append(finding(0, "FL-9", answer="maybe", cause="fact:activity"))
    written(folder / "doubts.html", batch([site(0, "undecided", "prohibited")], [Point(X, Y)], doubts))
    page = show(folder / "doubts.html")
    page.click(".fg-row")
    lines = texts(page, ".fg-settles li")
    assert lines == ["在数据中补填“项目类型”4", "以更准确的界线或实测坐标核定3"]


def test_a_negated_place_is_said_as_what_it_is(show, folder):
    park = {"layer": "industrial_park", "feature_id": "001", "feature_name": "白涛", "distance_m": 0.0}
    findings = [finding(0, "FL-1", predicate="not outside", **park), finding(0, "FL-2", predicate="not in", **park)]
    written(folder / "not.html", batch([site(0, "exit")], [Point(X, Y)], findings))
    page = show(folder / "not.html")
    page.click(".fg-row")
    assert texts(page, ".fg-parts li") == ["位于工业园区（白涛）内", "不在工业园区（白涛）内"]


def test_the_list_is_put_in_order(show, folder):
    names = [("乙", "B10", "exit"), ("甲", "B9", "clear"), ("", "A1", "advised"), ("丙", "", "prohibited")]
    sites = [site(k, verdict, name=name, site_id=one) for k, (name, one, verdict) in enumerate(names)]
    sites[2]["possible"] = "prohibited"
    written(folder / "order.html", batch(sites, [Point(X + 900 * k, Y) for k in range(4)]))
    page = show(folder / "order.html")
    rows = "() => fulingPage.list.ranks.map((rank) => fulingPage.sites.row[rank])"
    assert page.evaluate(rows) == [3, 0, 2, 1]
    # B9 before B10: numbers are numbers; a site without the text stands last; 丙 bing, 甲 jia, 乙 yi.
    for key, expected in {
        "row": [0, 1, 2, 3],
        "id": [2, 1, 0, 3],
        "name": [3, 1, 0, 2],
        "possible": [3, 2, 0, 1],
    }.items():
        page.select_option(".fg-sort", key)
        assert page.evaluate(rows) == expected, key


def test_a_reason_a_mark_and_words_together_choose_the_sites(show, ordinary):
    page = show(ordinary)
    assert texts(page, ".fg-status") == [""]
    page.select_option(".fg-reason", label=texts(page, ".fg-reason option")[1])
    shown = page.evaluate("() => fulingPage.list.ranks.length")
    assert texts(page, ".fg-reason option")[1].endswith(f"({shown})")
    assert page.inner_text(".fg-status").startswith(f"显示 {shown} 个，共 80 个")
    page.click(".fg-ring")
    marked = page.evaluate("() => fulingPage.list.ranks.every((rank) => fulingPage.layer.marked(rank))")
    assert marked
    assert page.evaluate("() => fulingPage.list.ranks.length") < shown
    page.click(".fg-all")
    assert page.evaluate("() => fulingPage.list.ranks.length") == 80
    assert page.get_attribute(".fg-ring", "aria-pressed") == "false"
    assert page.input_value(".fg-reason") == "-1"


def test_keys_go_from_site_to_site_in_the_panel(show, ordinary):
    page = show(ordinary)
    page.click(".fg-row >> nth=0")
    first = page.inner_text(".fg-details h2")
    assert page.is_disabled(".fg-before")
    page.focus(".fg-after")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert page.evaluate("() => fulingPage.layer.selected") == 2
    assert page.evaluate("() => document.activeElement.className").endswith("fg-after")
    page.click(".fg-before")
    page.click(".fg-before")
    assert page.inner_text(".fg-details h2") == first


def test_arrows_move_the_map_and_the_focus_is_seen(show, ordinary):
    page = show(ordinary)
    before = page.evaluate("() => fulingPage.map.getCenter().lng")
    page.focus(".fg-search")
    seen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        width = page.evaluate("() => getComputedStyle(document.activeElement).outlineWidth")
        seen.append(page.evaluate("() => document.activeElement.className"))
        if page.evaluate("() => document.activeElement === document.body"):
            break
        assert int(width.removesuffix("px")) >= 2, seen[-1]
        if "folium-map" in seen[-1]:
            page.keyboard.press("ArrowRight")
            break
    assert "folium-map" in seen[-1]
    page.wait_for_function("(lng) => fulingPage.map.getCenter().lng > lng", arg=before)


def test_paper_holds_the_limits_every_notice_the_map_and_the_sites_shown(show, ordinary):
    page = show(ordinary)
    page.click(".fg-chip:has-text('限制')")
    page.emulate_media(media="print")
    page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    assert page.is_visible(".fg-limits")
    assert page.is_visible(".fg-notices li >> nth=1")
    assert page.is_visible(".fg-paper-map")
    assert not page.is_visible(".fg-search")
    assert not page.is_visible(".fg-tools")
    rows = texts(page, ".fg-paper tbody tr")
    assert len(rows) == 7
    assert "红线内原有建设用地不得随意扩建和改建" in rows[0]
    page.evaluate("() => window.dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    assert page.is_visible(".fg-search")
    assert not page.is_visible(".fg-paper-map")
    assert not page.is_visible(".fg-notices li >> nth=1")


def test_paper_of_an_open_site_holds_its_rules_in_place_of_the_list(show, ordinary):
    page = show(ordinary)
    page.click(".fg-row >> nth=0")
    page.emulate_media(media="print")
    page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    assert not page.is_visible(".fg-paper")
    assert page.is_visible(".fg-law >> nth=0")
    frame = page.locator("#fg-map").bounding_box()
    assert page.locator(".fg-details").bounding_box()["y"] >= frame["y"] + frame["height"]
    page.evaluate("() => window.dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")


def test_the_map_printed_is_the_map_seen(show, ordinary):
    page = show(ordinary)
    page.emulate_media(media="print")
    page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    colours = page.evaluate(
        """() => {
          const { picture } = fulingPage.paper;
          const data = picture.getContext("2d").getImageData(0, 0, picture.width, picture.height).data;
          const seen = new Set();
          for (let i = 0; i < data.length; i += 4) seen.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
          return ["D55E00", "E8ECEF", "FBFBF9", "B5D2E6"].map((one) => seen.has(parseInt(one, 16)));
        }"""
    )
    # A verdict, the ground beyond, the district, water.
    assert colours == [True, True, True, True]
    page.evaluate("() => window.dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")


def test_a_long_list_on_paper_says_how_many_more_there_are(show, folder):
    written(folder / "paper.html", many(1000, per_site=1))
    page = show(folder / "paper.html")
    page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate("() => document.querySelectorAll('.fg-paper tbody tr').length") == 400
    assert "另有600个" in page.evaluate("() => document.querySelector('.fg-paper').textContent")
    page.evaluate("() => window.dispatchEvent(new Event('afterprint'))")


def test_without_outlines_nothing_is_drawn_and_no_button_promises_it(show, folder):
    written(folder / "none.html", sample(12), zone_geometry=False)
    page = show(folder / "none.html")
    page.click(".fg-row >> nth=0")
    assert "812.3" in page.inner_text(".fg-details")
    assert page.query_selector_all(".fg-on-map") == []
    assert page.evaluate("() => fulingPage.zones.causes.measures.length + fulingPage.zones.causes.found.length") == 0


def test_in_a_crowd_the_worst_of_each_place_is_drawn_and_the_page_says_so(show, folder):
    number = 20_002
    sites = [site(k, "prohibited" if k == 7_000 else "advised") for k in range(number)]
    places = [Point(X, Y) if k % 2 == 0 else Point(X + 9000, Y) for k in range(number)]
    written(folder / "crowd.html", batch(sites, places), run=made_run(layers={}))
    page = show(folder / "crowd.html")
    seen = page.evaluate(
        """() => {
          const { layer, sites, map } = fulingPage;
          const size = layer.pane._bounds.getSize();
          const origin = map.getPixelOrigin().add(layer.pane._bounds.min);
          const view = { scale: 2 ** map.getZoom(), left: origin.x, top: origin.y, width: size.x, height: size.y };
          return layer.inView(view, 3).map((rank) => sites.row[rank]);
        }"""
    )
    # The prohibited one in the west, the first of the others in the east.
    assert seen == [7_000, 1]
    page.click(".fg-notices summary")
    assert "被更严的地块遮住的不画" in page.inner_text(".fg-notices")
    assert page.inner_text(".fg-chip >> nth=0").split() == ["禁止", "1"]


def test_a_clear_site_is_never_said_to_be_approved(show, folder):
    written(folder / "clear.html", batch([site(0, "clear")], [Point(X, Y)]))
    page = show(folder / "clear.html")
    page.click(".fg-row")
    for limits in ("不等于批准", "never means approved"):
        assert limits in page.inner_text(".fg-limits")
        said = page.inner_text(".fg-details")
        assert "这不是批准" in said or "not an approval" in said
        page.click(".fg-lang")


STATES = {
    "at first": [],
    "filtered to nothing": [(".fg-search", "没有这样的地块")],
    "a site open": [".fg-row >> nth=0"],
    "a maybe open": [".fg-chip:has(.fg-swatch) >> nth=3", ".fg-row >> nth=0"],
    "the layers open": [".fg-tool-wide >> nth=0"],
    "the notices open": [".fg-notices summary"],
}


@pytest.mark.parametrize(("lang", "width"), [("zh", 1440), ("en", 390)])
def test_no_grave_fault_of_accessibility(show, ordinary, lang, width):
    page = show(ordinary, width=width, height=900 if width > 400 else 844)
    found = []
    for name, steps in STATES.items():
        page.reload()
        page.wait_for_selector(".fg-row")
        if lang == "en":
            page.click(".fg-lang")
        for step in steps:
            if isinstance(step, tuple):
                page.fill(*step)
            else:
                page.click(step)
        settle(page)
        results = Axe().run(page, options=RULES).response["violations"]
        for fault in results:
            if fault["impact"] in GRAVE:
                found += [f"{name}: {fault['id']}: {node['html'][:160]}" for node in fault["nodes"]]
    assert found == []
