"""The coordinate system on the page: whom it is for, what it does to typed coordinates, and that the answer says it."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from pyproj import Transformer

from fuling_gis.gcj02 import gcj02_to_wgs84

pytest.importorskip("fastapi", reason="the extra `web` is not installed")
pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

import test_serve_browser as usual
from test_map_browser import CHROMIUM

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")

address, browser, show = usual.address, usual.browser, usual.show
AT = (107.390, 29.700)


def told(name: str) -> dict[str, object]:
    """Give an upload of one point in GeoJSON, whose system is known by the format."""
    site = {"type": "Feature", "properties": {"site_id": name}, "geometry": {"type": "Point", "coordinates": AT}}
    return {"name": f"{name}.geojson", "mimeType": "", "buffer": json.dumps(site).encode()}


def asked(page, act, path="/api/jobs?"):
    """Do something and give the system that the question was sent with, None where it named none."""
    with page.expect_request(lambda request: path in request.url and request.method == "POST") as sent:
        act()
    page.wait_for_selector("#answer .banner")
    return parse_qs(urlsplit(sent.value.url).query).get("crs", [None])[0]


def choose(page, system):
    page.evaluate("document.querySelector('details.more').open = true")
    page.select_option("#crs", system)


def typed(page, text):
    page.evaluate("document.querySelector('details.typed').open = true")
    page.fill("#typed", text)
    page.click("#typed-go")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_system_chosen_for_one_file_is_said_with_its_answer_and_is_not_that_of_the_next(show, lang):
    page = show(lang=lang)
    assert asked(page, lambda: page.set_input_files("#file", [told("a")])) is None
    assert page.locator(".system").count() == 0
    assert asked(page, lambda: choose(page, "gcj02")) == "gcj02"
    # In sight, and not among the notices that are folded away.
    page.wait_for_selector(".system")
    assert page.locator(".system").is_visible()
    assert "GCJ-02" in page.locator(".system").inner_text()
    assert asked(page, lambda: page.set_input_files("#file", [told("b")])) is None
    page.wait_for_function("() => !document.querySelector('.system')")
    assert page.locator("#crs").input_value() == ""


def test_the_same_file_is_asked_about_again_in_each_system_that_is_chosen(show):
    page = show()
    asked(page, lambda: page.set_input_files("#file", [told("a")]))
    assert asked(page, lambda: choose(page, "bd09")) == "bd09"
    assert asked(page, lambda: choose(page, "gcj02")) == "gcj02"
    # In the other language as well.
    assert asked(page, lambda: page.click("#lang")) == "gcj02"
    assert asked(page, lambda: choose(page, "")) is None


def test_clearing_forgets_the_system(show):
    page = show()
    asked(page, lambda: page.set_input_files("#file", [told("a")]))
    asked(page, lambda: choose(page, "gcj02"))
    page.click("#clear")
    page.wait_for_selector(".start")
    assert page.locator("#crs").input_value() == ""
    assert asked(page, lambda: page.set_input_files("#file", [told("a")])) is None


def test_a_system_chosen_before_the_file_is_for_it_and_for_no_other(show):
    page = show()
    choose(page, "gcj02")
    assert asked(page, lambda: page.set_input_files("#file", [told("a")])) == "gcj02"
    page.wait_for_selector(".system")
    assert asked(page, lambda: page.set_input_files("#file", [told("b")])) is None


def test_typed_coordinates_are_read_in_the_system_that_was_chosen(show):
    page = show()
    choose(page, "gcj02")
    text = f"{AT[0]},{AT[1]}"
    assert asked(page, lambda: typed(page, text), "/api/check?") == "gcj02"
    page.wait_for_selector(".system")
    assert "GCJ-02" in page.locator(".system").inner_text()
    lon, lat = (float(one[0]) for one in gcj02_to_wgs84(*np.array(AT).reshape(2, 1)))
    assert page.evaluate("Page.answer.sites[0].geometry.coordinates") == pytest.approx([lon, lat], abs=2e-6)
    # The handle to drag stands where the place is, and not where the numbers are.
    handle = page.evaluate("Object.values(Page.draw.handles._layers)[0].getLatLng()")
    assert (handle["lng"], handle["lat"]) == pytest.approx((lon, lat), abs=2e-6)
    # The downloads are of the same place.
    with page.expect_request(lambda request: "/api/jobs?" in request.url) as sent, page.expect_download():
        page.click(".download[data-output='csv']")
    assert "crs=gcj02" in sent.value.url
    assert asked(page, lambda: choose(page, ""), "/api/check?") is None
    page.wait_for_function("() => !document.querySelector('.system')")
    assert page.evaluate("Page.answer.sites[0].geometry.coordinates") == pytest.approx(AT, abs=2e-6)


def test_a_place_drawn_on_the_map_is_never_moved_and_the_answer_says_so(show):
    page = show()
    choose(page, "gcj02")
    with page.expect_request(lambda request: "/api/check?" in request.url) as sent:
        usual.draw(page, "point", ((0, 0),))
    page.wait_for_selector("#answer .banner")
    assert "crs=" not in sent.value.url
    drawn = json.loads(sent.value.post_data)["geometry"]["coordinates"]
    assert page.evaluate("Page.answer.sites[0].geometry.coordinates") == pytest.approx(drawn, abs=2e-6)
    assert "was not used" in page.locator(".system").inner_text()


def test_a_typed_place_that_is_dragged_is_in_the_coordinates_of_the_map_from_then_on(show):
    page = show()
    choose(page, "gcj02")
    asked(page, lambda: typed(page, f"{AT[0]},{AT[1]}"), "/api/check?")
    page.wait_for_selector(".handle")
    box = page.locator(".handle").bounding_box()

    def drag():
        page.mouse.move(box["x"] + 13, box["y"] + 13)
        page.mouse.down()
        page.mouse.move(box["x"] + 53, box["y"] + 13, steps=4)
        page.mouse.up()

    assert asked(page, drag, "/api/check?") is None
    page.wait_for_function("() => !document.querySelector('.system')")


def test_a_typed_plot_that_was_moved_can_be_dragged_at_its_own_corners(show):
    page = show()
    choose(page, "bd09")
    asked(page, lambda: typed(page, usual.PLOT), "/api/check?")
    page.wait_for_selector(".handle")
    assert page.locator(".handle").count() == 4


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_metres_are_refused_for_typed_degrees_in_a_sentence(show, lang):
    page = show(lang=lang)
    choose(page, "EPSG:4545")
    typed(page, f"{AT[0]},{AT[1]}")
    page.wait_for_selector("#answer .fault")
    assert "EPSG:4545" in page.locator("#answer .fault").inner_text()
    choose(page, "EPSG:4490")
    page.wait_for_selector("#answer .banner")
    assert "EPSG:4490" in page.locator(".system").inner_text()
    # It is the typed text's from now on.
    place_again = asked(page, lambda: typed(page, f"{AT[0]},{AT[1]}"), "/api/check?")
    assert place_again == "EPSG:4490"


def test_typed_metres_with_the_number_of_their_zone_are_asked_for_their_system(show):
    page = show()
    typed(page, "36436000,3288000")
    page.wait_for_selector("#answer .fault")
    # CGCS2000, zone 36 of 3 degrees, about 108 degrees east.
    assert [one.get_attribute("data-offer") for one in page.locator("#answer .choice").all()] == ["EPSG:4524"]
    assert asked(page, lambda: page.click("#answer .choice"), "/api/check?") == "EPSG:4524"
    lon, lat = Transformer.from_crs("EPSG:4524", "EPSG:4490", always_xy=True).transform(36436000, 3288000)
    found = page.evaluate("Page.answer.sites[0].geometry.coordinates")
    assert found == pytest.approx([lon, lat], abs=2e-6)
    assert page.evaluate("([lon, lat]) => Page.ground.map.getBounds().contains([lat, lon])", [lon, lat])
    assert "EPSG:4524" in page.locator(".system").inner_text()


@pytest.mark.parametrize("text", ["3288000 436000", "X=3288000.0，Y=436000.0", "436000;3288000", "东436000 北3288000"])
def test_typed_metres_may_have_the_northing_first(show, text):
    page = show()
    choose(page, "EPSG:4545")
    with page.expect_request(lambda request: "/api/check?" in request.url) as sent:
        typed(page, text)
    assert sent.value.post_data_json["geometry"]["coordinates"] == [436000, 3288000]
    page.wait_for_selector("#answer .banner")


def test_typed_metres_without_a_zone_are_asked_for_their_system_and_no_line_of_degrees_is_among_them(show):
    page = show()
    typed(page, "436000,3288000\n107.39,29.70")
    page.wait_for_selector("#typed-fault:visible")
    assert "2" in page.locator("#typed-fault").inner_text()
    typed(page, "436000,3288000\n436500,3288000\n436500,3288500")
    page.wait_for_selector("#answer .fault")
    assert page.locator("#answer .choice").count() == 0
    assert page.locator("#crs").is_visible()
    assert asked(page, lambda: choose(page, "EPSG:4545"), "/api/check?") == "EPSG:4545"
    # A right angle with sides of 500 m.
    assert page.evaluate("Page.answer.sites[0].area_m2") == pytest.approx(125000, rel=1e-3)


# What the note says of a system that is used again, and of one that is given up.
KEPT = {"zh": "先前", "en": "before"}
GIVEN_UP = {"zh": "没有用在这里", "en": "was not used here"}


def note(page, kind, lang):
    """Give what the answer says of the system, in sight."""
    page.wait_for_selector(f"#answer:not([aria-busy]) .{kind}")
    assert page.locator(f".{kind}").is_visible()
    text = page.locator(f".{kind}").inner_text()
    # The name of the system itself, as the field has it.
    assert "GCJ-02" in text
    assert (KEPT if kind == "system" else GIVEN_UP)[lang] in text
    return text


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_typed_text_that_is_checked_again_or_corrected_stays_in_the_system_chosen_for_it(show, lang):
    page = show(lang=lang)
    choose(page, "gcj02")
    assert asked(page, lambda: typed(page, f"{AT[0]},{AT[1]}"), "/api/check?") == "gcj02"
    assert asked(page, lambda: page.click("#typed-go"), "/api/check?") == "gcj02"
    note(page, "system", lang)
    assert asked(page, lambda: typed(page, "107.391,29.700"), "/api/check?") == "gcj02"
    note(page, "system", lang)
    # The place is where the shift undone puts it, and not some 500 m beside.
    lon, lat = (float(one[0]) for one in gcj02_to_wgs84(np.array([107.391]), np.array([29.7])))
    assert page.evaluate("Page.answer.sites[0].geometry.coordinates") == pytest.approx([lon, lat], abs=2e-6)
    assert page.locator("#crs").input_value() == "gcj02"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_system_given_up_is_said_and_each_source_has_its_own_again(show, lang):
    page = show(lang=lang)
    choose(page, "gcj02")
    assert asked(page, lambda: typed(page, f"{AT[0]},{AT[1]}"), "/api/check?") == "gcj02"
    assert asked(page, lambda: page.set_input_files("#file", [told("a")])) is None
    note(page, "dropped", lang)
    assert page.locator("#crs").input_value() == ""
    # The text still stands in its field, in the system that it was in.
    assert asked(page, lambda: page.click("#typed-go"), "/api/check?") == "gcj02"
    note(page, "system", lang)
    # A system chosen for the file is not given up any more.
    asked(page, lambda: page.set_input_files("#file", [told("a")]))
    note(page, "dropped", lang)
    assert asked(page, lambda: choose(page, "bd09")) == "bd09"
    page.wait_for_selector(".system")
    assert page.locator(".dropped").count() == 0


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_file_that_comes_again_under_its_name_stays_in_its_system_and_one_of_another_name_does_not(show, lang):
    page = show(lang=lang)
    asked(page, lambda: page.set_input_files("#file", [told("a")]))
    asked(page, lambda: choose(page, "gcj02"))
    page.wait_for_selector(".system")
    assert asked(page, lambda: page.set_input_files("#file", [told("a")])) == "gcj02"
    note(page, "system", lang)
    # A browser says nothing of the same file chosen again while its name stands in the field.
    assert page.locator("#file").input_value() == ""
    assert asked(page, lambda: page.set_input_files("#file", [told("b")])) is None
    note(page, "dropped", lang)
    # It has been said; nothing is given up with a third.
    assert asked(page, lambda: page.set_input_files("#file", [told("c")])) is None
    page.wait_for_function("() => !document.querySelector('.dropped')")


def test_a_system_given_up_is_said_with_the_first_answer_that_comes(show):
    page = show()
    asked(page, lambda: page.set_input_files("#file", [told("a")]))
    asked(page, lambda: choose(page, "gcj02"))
    page.set_input_files("#file", [{"name": "b.geojson", "mimeType": "", "buffer": b"nothing"}])
    page.wait_for_selector("#answer .fault")
    assert asked(page, lambda: page.set_input_files("#file", [told("c")])) is None
    note(page, "dropped", "en")


def test_clearing_says_that_the_system_is_given_up_and_leaves_no_text_of_it(show):
    page = show()
    choose(page, "gcj02")
    asked(page, lambda: typed(page, f"{AT[0]},{AT[1]}"), "/api/check?")
    page.click("#clear")
    page.wait_for_selector(".start")
    assert page.locator("#typed").input_value() == ""
    assert asked(page, lambda: typed(page, f"{AT[0]},{AT[1]}"), "/api/check?") is None
    note(page, "dropped", "en")


def test_typed_text_has_its_own_system_again_after_a_drawing(show):
    page = show()
    choose(page, "gcj02")
    asked(page, lambda: typed(page, f"{AT[0]},{AT[1]}"), "/api/check?")
    page.wait_for_selector(".handle")
    assert asked(page, lambda: usual.draw(page, "point", ((0, 0),)), "/api/check?") is None
    note(page, "dropped", "en")
    assert asked(page, lambda: page.click("#typed-go"), "/api/check?") == "gcj02"


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("zh", "请用“坐标系”中的“手机地图（高德、腾讯，GCJ-02）”"),
        ("en", "say “phone map (Amap, Tencent; GCJ-02)” under “Coordinate system”"),
    ],
)
def test_notices_speak_of_the_page_and_not_of_the_command_line(show, lang, said):
    page = show(lang=lang)
    asked(page, lambda: page.set_input_files("#file", [told("a")]))
    notices = page.locator("details[data-key='notices']").text_content()
    assert said in notices
    assert "--crs" not in notices
    # What is no option is left as it is.
    assert page.evaluate("Page.form.inWords('by --crs-shift 1,2; --crsx')") == "by --crs-shift 1,2; --crsx"


@pytest.mark.parametrize(("lang", "width"), [("zh", 1366), ("en", 390)])
def test_a_table_that_names_no_system_is_asked_about_in_words_of_the_page(show, lang, width):
    page = show(lang=lang, width=width, height=800)
    page.set_input_files(
        "#file", [{"name": "a.csv", "mimeType": "", "buffer": b"site_id,lon,lat\nA,107.39,29.71\nB,107.38,29.70\n"}]
    )
    page.wait_for_selector("#answer .fault")
    # The command line's words are folded away.
    assert "--crs" not in page.locator("#answer .fault").inner_text()
    assert page.locator("#crs").is_visible()
    assert page.evaluate("document.activeElement.id") == "crs"
    assert page.locator("#crs").evaluate("(one) => one.getBoundingClientRect().bottom < innerHeight")
    offers = page.locator("#answer .fault button")
    assert offers.evaluate_all("(all) => all.map((one) => one.dataset.offer)") == [
        "EPSG:4490", "EPSG:4326", "gcj02", "bd09",
    ]  # fmt: skip
    assert offers.first.evaluate("(one) => one.getBoundingClientRect().bottom < innerHeight")
    with page.expect_request(lambda request: "/api/jobs?" in request.url) as sent:
        offers.nth(2).click()
    assert "crs=gcj02" in sent.value.url
    page.wait_for_selector(".sites .site")
    assert "GCJ-02" in page.locator(".system").inner_text()
    assert page.locator("#crs").input_value() == "gcj02"


def test_grids_that_fit_are_offered_and_a_message_of_the_command_line_is_explained(show):
    page = show()
    page.set_input_files("#file", [{"name": "a.csv", "mimeType": "", "buffer": b"site_id,x,y\nA,39440000,3285000\n"}])
    page.wait_for_selector("#answer .fault button")
    page.click("#answer .fault button >> nth=0")
    page.wait_for_selector("#answer .fault:not(:has(button)), #answer .banner")
    page.set_input_files("#file", [{"name": "b.csv", "mimeType": "", "buffer": b"site_id,lon,lat\nA,29.71,107.39\n"}])
    page.wait_for_selector("#answer .fault:has-text('exchange the columns')")
    assert "here it is the field" in page.locator("#answer .fault").inner_text()
    assert page.evaluate("document.activeElement.id") == "crs"
