"""The visible range on the map: a click names it, the key says what its two colours are."""

# The fixtures of test_map_browser are imported, and named again where they are used.
# ruff: noqa: F401, F811

from __future__ import annotations

import numpy as np
import pytest
from map_made import X, Y, made_run, sample, words, written
from outputs_made import layer
from test_map_browser import browser, folder, pytestmark, show, texts, window

from fuling_gis import crs
from fuling_gis.grid import Grid
from fuling_gis.outputs.map_range import range_drawings
from fuling_gis.overlay.seen import OPEN, UNKNOWN, SeenRange
from fuling_gis.rules.views import View

CELL = 200.0
SIDE = 400


def made_range(states):
    grid = Grid(X - 40_000, Y + 40_000, CELL, CELL, SIDE, SIDE, "EPSG:4545")
    title = {"zh": "蓄水位175米时的视域", "en": "from the water at 175 m"}
    view = View("level_175", title, "sight", 175.0, 5.0, 5.0, 5000.0, 200.0, 0.13, 6_371_000.0, 0.0)
    heights = np.full(grid.shape, 300.0, np.float32)
    dem = layer("dem", title=words("高程", "Heights"))
    return SeenRange(
        grid, view, states, heights, np.zeros((1, 2)), np.ones(1, bool), 3.0, {"dem": dem}, np.ones(grid.shape, bool)
    )


def banded():
    """Seen within 3 km north and south of the middle, perhaps within 5 km."""
    away = np.abs(np.arange(SIDE) - SIDE / 2 + 0.5) * CELL
    states = np.zeros((SIDE, SIDE), np.uint8)
    states[away < 5_000] = 1
    states[away < 3_000] = 2
    return states


@pytest.fixture(scope="module")
def ranged(folder):
    written(folder / "range.html", sample(20), run=made_run(ranges=(made_range(banded()),)))
    return folder / "range.html"


def switched(page):
    page.evaluate(
        """() => {
          const { zones, layerPanel } = fulingPage;
          zones.show(zones.layers.find((one) => one.entry.picture), true);
          layerPanel.draw();
        }"""
    )
    page.wait_for_function("() => fulingPage.zones.layers.find((one) => one.entry.picture).picture.complete")


def asked(page, north):
    """Give what a click so many metres north of the middle is told."""
    lon, lat = crs.transformer(crs.normalise("EPSG:4545"), crs.normalise("EPSG:4326")).transform(X, Y + north)
    page.evaluate("([lon, lat]) => fulingPage.ask(L.latLng(lat, lon))", [lon, lat])
    return (texts(page, ".fg-told") or [""])[-1]


@pytest.mark.parametrize(("north", "told"), [(0, "看得见"), (-4_000, "不能断定"), (9_000, "看不见")])
def test_a_click_names_what_the_visible_range_says_of_the_place(show, ranged, north, told):
    page = show(ranged)
    assert asked(page, north) == ""
    switched(page)
    line = asked(page, north)
    assert line.split("\n")[0] == f"两江可视范围：蓄水位175米时的视域 {told}"
    # The pixels are finer, but the answers are those of cells of 200 m.
    assert "像元 200\u00a0m" in line
    assert "以核查为准" in line


def test_beside_the_edge_of_the_range_a_click_says_what_else_lies_there(show, ranged):
    page = show(ranged)
    switched(page)
    assert "之内还有：看不见" in asked(page, 4_900)
    assert "之内还有" not in asked(page, 4_000)


def test_a_place_without_a_result_is_never_said_to_be_unseen(show, folder):
    states = banded()
    # No height in a band of the north, and beyond the picture in the south.
    states[SIDE // 2 - 24] = UNKNOWN
    states[-10:] = UNKNOWN
    written(folder / "gaps.html", sample(3), run=made_run(layers={}, ranges=(made_range(states),)))
    page = show(folder / "gaps.html")
    switched(page)
    assert "没有推算结果" in asked(page, 4_700)
    assert "没有推算结果" in asked(page, 9_000)


def test_beyond_the_district_where_the_range_is_not_drawn_nothing_is_said_of_it(show, ranged):
    page = show(ranged)
    switched(page)
    assert asked(page, 36_000) == ""


def test_what_is_seen_is_told_in_the_language_of_the_page(show, ranged):
    page = show(ranged)
    page.click(".fg-lang")
    switched(page)
    assert " seen" in asked(page, 0)
    assert "cannot be decided" in asked(page, 4_000)
    assert "not seen" in asked(page, 9_000)


def test_the_key_and_the_paper_say_which_colour_is_seen_and_which_undecided(show, ranged):
    page = show(ranged)
    switched(page)
    assert texts(page, ".fg-key .fg-class") == ["看得见", "不能断定"]
    page.click(".fg-tool-wide")
    assert texts(page, ".fg-layer-panel .fg-class") == ["看得见", "不能断定"]
    middles = page.evaluate(
        """() => [...document.querySelectorAll(".fg-key .fg-class canvas")].map((one) =>
          [...one.getContext("2d").getImageData(26, 16, 1, 1).data].slice(0, 3))"""
    )
    assert np.abs(np.array(middles) - [[62, 5, 113], [140, 139, 192]]).max() <= 2
    page.emulate_media(media="print")
    page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    assert texts(page, ".fg-key .fg-class") == ["看得见", "不能断定"]
    page.evaluate("() => window.dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")


def test_the_picture_names_the_states_it_holds_and_how_coarse_it_is():
    states = banded()
    states[:4] = OPEN
    (drawn,) = range_drawings(made_run(layers={}, ranges=(made_range(states),)))
    # What ends too near lies beyond the picture, so that nothing there is said to be unseen.
    assert [one["id"] for one in drawn.entry["classes"]] == ["range_seen", "range_perhaps"]
    assert drawn.entry["known"] is None
    assert drawn.entry["coarse_m"] == pytest.approx(CELL)
    states[SIDE // 2] = OPEN
    (drawn,) = range_drawings(made_run(ranges=(made_range(states),)))
    assert [one["id"] for one in drawn.entry["classes"]] == ["range_seen", "range_perhaps", "range_open"]
