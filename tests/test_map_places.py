"""Several sites at one place are counted on the map and reached one after the other; odd names spoil no paper."""

# The fixtures of test_map_browser are imported, and named again where they are used.
# ruff: noqa: F401, F811

from __future__ import annotations

import pytest
from map_made import X, Y, made_run, written
from outputs_made import batch, finding, site
from shapely import Point, box
from test_map_browser import (
    MARK,
    browser,
    colours_near,
    folder,
    place_of,
    pytestmark,
    settle,
    show,
    texts,
    window,
)

VERDICTS = ("advised", "prohibited", "undecided")
# The order in which they are reached: worst first.
WORST_FIRST = ["乙", "丙", "甲"]


@pytest.fixture(scope="module")
def stacked(folder):
    """Three sites at one point, given the worst one second, and one by itself that is as bad."""
    sites = [site(k, verdict, name=name) for k, (verdict, name) in enumerate(zip(VERDICTS, "甲乙丙", strict=True))]
    sites.append(site(3, "prohibited", name="丁"))
    places = [Point(X, Y)] * 3 + [Point(X, Y + 9000)]
    written(folder / "stacked.html", batch(sites, places), run=made_run(layers={}))
    return folder / "stacked.html"


def written_on(page):
    """Give the texts that are written on the canvas of the sites, and the numbers beside markers."""
    return page.evaluate("""() => {
      const { layer } = window.fulingPage;
      const [found, write] = [[], CanvasRenderingContext2D.prototype.fillText];
      CanvasRenderingContext2D.prototype.fillText = function (text, ...at) {
        found.push(text);
        return write.call(this, text, ...at);
      };
      layer.stamps.clear();
      layer.pane._update();
      CanvasRenderingContext2D.prototype.fillText = write;
      return found;
    }""")


def click_on(page, at):
    frame = page.locator(".folium-map").bounding_box()
    page.mouse.click(frame["x"] + at[0], frame["y"] + at[1])
    settle(page)
    return page.inner_text(".fg-details h2")


def test_sites_at_one_point_are_counted_beside_the_worst_ones_name(show, stacked):
    page = show(stacked)
    said = written_on(page)
    assert "乙 等3个地块" in said
    assert "丁" in said
    assert said.count("3") == 1
    assert not {"甲", "乙", "丙", "1"} & set(said)
    page.click(".fg-lang")
    settle(page)
    assert "乙 (3 sites here)" in written_on(page)


def test_clicks_at_the_same_pixel_reach_every_site_there_and_begin_again(show, stacked):
    page = show(stacked)
    at = place_of(page, 0)
    assert [click_on(page, at) for _ in range(4)] == [*WORST_FIRST, WORST_FIRST[0]]
    assert "同一位置有3个地块，这是第1个（1/3）" in page.inner_text(".fg-place")
    page.click(".fg-lang")
    assert "1/3 at this place" in page.inner_text(".fg-place")


def test_clicks_reach_them_too_where_the_key_grows_with_what_is_shown(show, folder):
    parts = [finding(k, "FL-008", predicate="in", layer="red_line", feature_id="001") for k in range(3)]
    places = [Point(X, Y)] * 3
    written(folder / "keyed.html", batch([site(k, "prohibited", name="甲乙丙"[k]) for k in range(3)], places, parts))
    page = show(folder / "keyed.html", width=1366, height=768)
    before, at = page.inner_text(".fg-key"), place_of(page, 0)
    assert [click_on(page, at) for _ in range(3)] == ["甲", "乙", "丙"]
    assert page.inner_text(".fg-key") != before


def test_a_ring_below_another_marker_is_seen_only_where_it_could_be_worse_than_that(show, folder):
    worst = [site(0, "prohibited"), site(1, "undecided", "prohibited")]
    doubt = [site(2, "restricted"), site(3, "undecided", "prohibited")]
    places = [Point(X, Y), Point(X, Y), Point(X + 9000, Y), Point(X + 9000, Y)]
    written(folder / "rings.html", batch([*worst, *doubt], places), run=made_run(layers={}))
    page = show(folder / "rings.html")
    assert page.evaluate("() => [...fulingPage.sites.row]") == [0, 2, 1, 3]
    assert MARK not in colours_near(page, 0, 14)
    assert MARK in colours_near(page, 1, 14)


def test_many_places_with_several_have_dots_until_one_comes_nearer(show, folder):
    sites = [site(k, "advised", name=f"地块{k}") for k in range(302)]
    places = [Point(X + 500 * (k % 151), Y) for k in range(302)]
    written(folder / "dots.html", batch(sites, places), run=made_run(layers={}))
    page = show(folder / "dots.html")
    assert "2" not in written_on(page)
    page.evaluate("() => fulingPage.open(0)")
    settle(page)
    assert "2" in written_on(page)


def test_pointing_at_several_says_so(show, stacked):
    page = show(stacked)
    frame, at = page.locator(".folium-map").bounding_box(), place_of(page, 0)
    page.mouse.move(frame["x"] + at[0], frame["y"] + at[1])
    assert "此处有3个地块" in page.inner_text(".fg-tip")
    at = place_of(page, 1)
    page.mouse.move(frame["x"] + at[0], frame["y"] + at[1])
    assert page.inner_text(".fg-tip").startswith("丁")
    assert "个地块" not in page.inner_text(".fg-tip")


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
def test_the_card_leads_to_the_next_one_and_keeps_the_keys(show, stacked, width, height):
    page = show(stacked, width=width, height=height)
    page.click(".fg-row:has-text('丙')")
    assert "（2/3）" in page.inner_text(".fg-place")
    page.click(".fg-place-next")
    assert page.inner_text(".fg-details h2") == "甲"
    page.keyboard.press("Enter")
    assert page.inner_text(".fg-details h2") == "乙"
    page.click(".fg-close")
    page.click(".fg-row:has-text('丁')")
    assert not page.is_visible(".fg-place")


def test_only_the_sites_shown_are_counted(show, stacked):
    page = show(stacked)
    page.click(".fg-row:has-text('丙')")
    page.fill(".fg-search", "丙")
    settle(page)
    assert not page.is_visible(".fg-place")
    assert "丙" in written_on(page)
    page.fill(".fg-search", "")
    assert "（2/3）" in page.inner_text(".fg-place")


def test_rows_without_a_place_are_not_counted_at_one(show, folder):
    sites = [site(0, "advised", name="甲"), site(1, "rejected", name="无"), site(2, "rejected", name="缺")]
    written(folder / "unplaced.html", batch(sites, [Point(X, Y), None, None]), run=made_run(layers={}))
    page = show(folder / "unplaced.html")
    for name in "甲无缺":
        page.click(f".fg-row:has-text('{name}')")
        assert not page.is_visible(".fg-place")
        assert not {"2", "3"} & set(written_on(page))


def test_clicks_reach_polygons_that_cover_each_other(show, folder):
    sites = [site(0, "advised", name="小"), site(1, "prohibited", name="大"), site(2, "exit", name="同")]
    wide = box(X, Y, X + 6000, Y + 6000)
    written(folder / "covering.html", batch(sites, [box(X + 500, Y + 500, X + 2500, Y + 2500), wide, wide]))
    page = show(folder / "covering.html")
    assert "大 等2个地块" in written_on(page)
    at = place_of(page, 2)
    # The middle of the small one, which is not that of the wide ones.
    assert [click_on(page, at) for _ in range(4)] == ["大", "同", "小", "大"]


def test_five_thousand_sites_at_one_point_are_drawn_and_told_at_once(show, folder):
    number = 5_000
    sites = [site(k, "prohibited" if k == 4_000 else "advised", name=f"地块{k}") for k in range(number)]
    written(folder / "heap.html", batch(sites, [Point(X, Y)] * number), run=made_run(layers={}))
    page = show(folder / "heap.html")
    said = written_on(page)
    assert "地块4000 等5,000个地块" in said
    assert "5,000" in said
    spent = page.evaluate("""() => {
      const began = performance.now();
      for (let k = 0; k < 5; k += 1) {
        fulingPage.layer.gather();
        fulingPage.layer.among(4999);
        fulingPage.layer.pane._update();
      }
      return (performance.now() - began) / 5;
    }""")
    # A loop over all pairs would take 25 million steps.
    assert spent < 1_000


def test_the_columns_on_paper_have_shares_of_their_own(show, folder):
    long = "长" * 5_000 + "W" * 5_000
    sites = [site(k, "prohibited", name=long if k == 3 else f"地块{k}", site_id=f"{k}{long}") for k in range(16)]
    written(folder / "columns.html", batch(sites, [Point(X + 300 * k, Y) for k in range(16)]))
    page = show(folder / "columns.html")
    page.emulate_media(media="print")
    page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    table = page.locator(".fg-paper table").bounding_box()
    shares = [page.locator(".fg-paper th").nth(k).bounding_box()["width"] / table["width"] for k in range(3)]
    assert shares == pytest.approx([0.33, 0.19, 0.48], abs=0.01)
    names = texts(page, ".fg-paper tbody td:first-child")
    assert names[3] == "长" * 60 + "… 3" + "长" * 39 + "…"
    assert names[4] == "地块4 4" + "长" * 39 + "…"
    page.evaluate("() => window.dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")


def test_control_characters_are_not_shown_and_a_backslash_is(show, folder):
    odd = "白\x01涛\x00\x1f\x7f\x85\x9f\x08新\\u0001材\\\x02料"
    written(folder / "control.html", batch([site(0, "exit", name=odd)], [Point(X, Y)]), run=made_run(layers={}))
    page = show(folder / "control.html")
    plain = "白涛新\\u0001材\\料"
    assert texts(page, ".fg-row-name") == [plain]
    assert "白涛新\\u0001材\\料" in written_on(page)
    page.click(".fg-row")
    assert page.inner_text(".fg-details h2") == plain
