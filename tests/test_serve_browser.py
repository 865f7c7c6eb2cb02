"""The page in a real browser: draw, drop, read the verdict, download, in both languages, at a desk and on a phone."""

from __future__ import annotations

import json
import os
import re
import zipfile
from pathlib import Path

import pytest

import fuling_gis as fg

pytest.importorskip("fastapi", reason="the extra `web` is not installed")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from serve_made import served  # noqa: E402 - after it is known that it can be imported
from test_map_browser import CHROMIUM, FLAGS  # noqa: E402

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "layers" / "samples"
POLYGONS = [str(SAMPLES / f"polygons.{suffix}") for suffix in ("shp", "shx", "dbf", "prj")]
# Where pictures of the page are put, when somebody wants new ones: FULING_SCREENSHOTS=docs.
PICTURES = os.environ.get("FULING_SCREENSHOTS", "")
# A square 400 m from the Wu.
PLOT = "107.390,29.700\n107.395,29.700\n107.395,29.705\n107.390,29.705"
HOSTILE = "<img src=x onerror=alert(1)>${7*7}"


@pytest.fixture(scope="module")
def address():
    with served(fg.open_workspace(ROOT)) as found:
        yield found


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield opened
        opened.close()


@pytest.fixture
def show(browser, address):
    """Open the page; a request to anywhere else, an error, a refused script or a dialog fails the test."""
    faults, contexts = [], []

    def opened(*, lang="en", width=1440, height=900):
        context = browser.new_context(
            viewport={"width": width, "height": height}, reduced_motion="reduce", accept_downloads=True
        )
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda asked: None if asked.url.startswith((address, "data:")) else faults.append(asked.url))
        page.on("pageerror", lambda error: faults.append(f"error {error}"))
        page.on(
            "console",
            lambda said: (
                faults.append(said.text)
                if said.type == "error" and "Failed to load resource" not in said.text
                else None
            ),
        )
        page.on("dialog", lambda dialog: (faults.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.goto(f"{address}/?lang={lang}")
        page.wait_for_selector("body[data-layers]")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


def place(page, text=PLOT):
    page.click("details.typed > summary")
    page.fill("#typed", text)
    page.click("#typed-go")
    page.wait_for_selector(".banner")


def plan(page, activity, nature):
    """Choose an activity by typing and a nature by its name, and wait until the answer has come."""
    page.fill("#activity", activity)
    page.keyboard.press("Enter")
    with page.expect_response(lambda reply: "/api/check" in reply.url and reply.ok and nature_said(reply)):
        page.click(f"#natures button:text-is('{nature}')")
    page.wait_for_function("() => !document.querySelector('#answer').hasAttribute('aria-busy')")


def nature_said(reply):
    return "nature" in json.loads(reply.request.post_data)["properties"]


def draw(page, kind, offsets):
    # Plots of some kilometres: at the first view they would be ten wide, and all that is seen in them is computed.
    if page.evaluate("() => !document.body.dataset.nearer && (document.body.dataset.nearer = 'yes')"):
        for _ in range(2):
            page.locator(".zoom button").first.click()
    page.click(f"#draw-{kind}")
    box = page.locator("#map").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for dx, dy in offsets:
        page.mouse.click(x + dx, y + dy)


def picture(page, name):
    if PICTURES:
        page.wait_for_timeout(500)
        path = ROOT / PICTURES / f"{name}.png"
        page.screenshot(path=str(path))
        # Few colours are enough for a page of documentation.
        from PIL import Image

        with Image.open(path) as taken:
            taken.convert("RGB").quantize(160).save(path, optimize=True)


def test_a_polygon_drawn_on_the_map_gets_its_verdict(show):
    page = show()
    draw(page, "polygon", ((-40, -40), (40, -40), (40, 40), (-40, 40)))
    page.keyboard.press("Enter")
    page.wait_for_selector(".banner .verdict-name")
    assert page.locator(".banner .verdict-name").inner_text()
    # Each corner can be dragged.
    assert page.locator(".handle").count() == 4
    before = page.locator("dl").inner_text()
    handle = page.locator(".handle").first.bounding_box()
    page.mouse.move(handle["x"] + 7, handle["y"] + 7)
    page.mouse.down()
    page.mouse.move(handle["x"] - 60, handle["y"] - 60, steps=4)
    with page.expect_response(lambda reply: "/api/check" in reply.url):
        page.mouse.up()
    page.wait_for_function("(before) => document.querySelector('dl').innerText !== before", arg=before)


def test_a_line_and_a_point_are_drawn_too(show):
    page = show()
    draw(page, "line", ((-60, 0), (0, 10)))
    page.mouse.dblclick(page.locator("#map").bounding_box()["x"] + 700, 500)
    page.wait_for_selector(".banner")
    with page.expect_response(lambda reply: '"Point"' in (reply.request.post_data or "")):
        draw(page, "point", ((0, 0),))
    assert page.locator("#hint").is_hidden()


def test_an_outline_that_crosses_itself_is_told_while_it_is_drawn_and_checked_all_the_same(show):
    page = show()
    draw(page, "polygon", ((-40, -40), (40, 40), (40, -40)))
    page.mouse.move(page.locator("#map").bounding_box()["x"] + 1008 / 2 - 40, 450 + 40, steps=3)
    page.wait_for_selector("#hint.warn")
    assert "crosses itself" in page.locator("#hint-text").inner_text()
    box = page.locator("#map").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2 - 40, box["y"] + box["height"] / 2 + 40)
    page.click("#hint-finish")
    page.wait_for_selector(".banner")
    assert page.locator(".note").first.inner_text()


def test_escape_gives_a_drawing_up_and_backspace_takes_a_corner_back(show):
    page = show()
    draw(page, "polygon", ((-40, -40), (40, -40)))
    page.keyboard.press("Backspace")
    assert page.locator("#hint-undo").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("#hint").is_hidden()
    assert page.locator(".banner").count() == 0


def test_the_verdict_comes_with_clause_evidence_and_the_zone_on_the_map(show):
    page = show()
    place(page)
    plan(page, "chemical project", "new")
    page.wait_for_selector(".verdict-prohibited")
    assert page.locator(".banner .verdict-name").text_content() == "prohibited"
    page.click(".finding[data-rule='FL-056'] summary")
    body = page.locator(".finding[data-rule='FL-056'] .finding-body").inner_text()
    assert "一公里范围内" in body
    assert "Overlaps" in body
    assert page.locator(".leaflet-found-pane path").count() >= 1
    page.evaluate("document.querySelector('.banner').scrollIntoView()")
    picture(page, "page-verdict")


def test_a_maybe_says_why_and_what_would_settle_it_and_an_answer_settles_it(show):
    page = show()
    place(page)
    plan(page, "chemical project", "new")
    page.wait_for_selector(".questions")
    maybes = int(page.locator(".group:has-text('Rules that may apply') h2 .count").inner_text())
    first = page.locator(".question").first
    promised = int(re.search(r"settles (\d+)", first.inner_text())[1])
    page.click(".finding.answer-maybe summary >> nth=0")
    assert page.locator(".finding.answer-maybe[open] .causes .settle").first.inner_text()
    with page.expect_response(lambda reply: "/api/check" in reply.url):
        first.get_by_role("button", name="No", exact=False).click()
    page.wait_for_selector("#told .chip")
    page.wait_for_function(
        """(n) => {
          const head = [...document.querySelectorAll(".group h2")].find((one) => one.innerText.includes("may apply"));
          return Number(head.querySelector(".count").innerText) <= n;
        }""",
        arg=maybes - promised,
    )


def test_a_file_is_chosen_and_its_sites_are_listed_worst_first(show):
    page = show()
    page.set_input_files("#file", POLYGONS)
    page.wait_for_selector(".sites .site")
    assert page.locator(".sites .site").count() == 20
    assert page.locator(".site-verdict").first.inner_text().lower() == "prohibited"
    page.click(".sites .site >> nth=0")
    page.wait_for_selector(".banner")
    page.click(".back")
    assert page.locator(".sites .site").count() == 20
    page.click("#answer .chips .choice:has-text('advised')")
    assert set(page.locator(".site-verdict").all_text_contents()) == {"advised"}
    picture(page, "page-file")


def test_hostile_names_are_only_ever_text(show, tmp_path):
    page = show()
    feature = {"type": "Feature",
               "properties": dict.fromkeys(("site_id", "name", "activity", "nature"), HOSTILE),
               "geometry": {"type": "Point", "coordinates": [107.39, 29.7]}}  # fmt: skip
    path = tmp_path / "x.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature, feature]}), "utf-8")
    page.set_input_files("#file", [{"name": f"{HOSTILE}.geojson", "mimeType": "", "buffer": path.read_bytes()}])
    page.wait_for_selector(".sites .site")
    assert HOSTILE in page.locator(".site-text").first.inner_text()
    assert HOSTILE in page.locator("#chosen").inner_text()
    page.click(".sites .site >> nth=0")
    page.wait_for_selector(".banner")
    assert HOSTILE in page.locator(".note").first.inner_text()
    assert page.locator("img[src='x']").count() == 0


@pytest.mark.parametrize(("name", "body"), [("x.exe", b"MZ"), ("x.geojson", b""), ("x.geojson", b"nothing")])
def test_a_wrong_file_gets_a_sentence_and_the_page_goes_on(show, name, body):
    page = show()
    page.set_input_files("#file", [{"name": name, "mimeType": "application/octet-stream", "buffer": body}])
    page.wait_for_selector("#answer .fault")
    assert len(page.locator("#answer .fault").inner_text()) > 10
    place(page)
    assert page.locator(".banner .verdict-name").inner_text()


def test_a_file_on_an_old_datum_is_read_with_the_parameters_that_the_page_asks_for(show, tmp_path):
    page = show()
    assert not page.locator("#shift").is_visible()
    path = tmp_path / "old.geojson"
    path.write_text(
        json.dumps({
            "type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2381"}},
            "features": [{"type": "Feature", "properties": {"site_id": "1"},
                          "geometry": {"type": "Point", "coordinates": [440_000, 3_285_000]}}],
        }),
        "utf-8",
    )  # fmt: skip
    page.set_input_files("#file", path)
    page.wait_for_selector("#answer .fault")
    assert page.locator("#shift").is_visible()
    page.fill("#shift", "-12.5，88.3")
    page.keyboard.press("Tab")
    page.wait_for_selector(".banner")
    assert "--crs-shift -12.5,88.3" in page.locator("#answer").text_content()
    # A drawing has no use for the parameters of a file.
    place(page)
    assert not page.locator("#shift").is_visible()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_of_a_file_that_holds_several_the_page_asks_which_one_is_meant(show, tmp_path, lang):
    page = show(lang=lang)
    path = tmp_path / "sites.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("east", "west"):
            place_ = {"type": "Point", "coordinates": [107.39, 29.71]}
            site = {"type": "Feature", "properties": {"site_id": name}, "geometry": place_}
            archive.writestr(f"{name}.geojson", json.dumps({"type": "FeatureCollection", "features": [site]}))
    page.set_input_files("#file", path)
    page.wait_for_selector("#answer .fault")
    assert page.locator("#layer").is_visible()
    assert "west" in page.locator("#answer .fault").text_content()
    page.fill("#layer", "north")
    page.keyboard.press("Tab")
    # A name that is none is no way out; those that are can be clicked.
    page.wait_for_selector(".progress")
    page.click("#answer .fault button:has-text('west')")
    page.wait_for_selector("#answer .banner")
    assert "west" in page.locator("#answer").text_content()
    # A drawing has no use for the layer of a file.
    place(page)
    assert not page.locator("#layer").is_visible()


def test_results_are_made_and_downloaded(show):
    page = show()
    place(page)
    for output, name in (
        ("csv", "results.zip"),
        ("gpkg", "result.gpkg"),
        ("map", "map.html"),
        ("report", "report.docx"),
        ("xlsx", "result.xlsx"),
    ):
        with page.expect_download() as got:
            page.click(f".download[data-output='{output}']")
        assert got.value.suggested_filename == name
        assert Path(got.value.path()).stat().st_size > 1000


def test_both_languages_say_everything_and_an_answer_is_kept_in_the_other_one(show):
    page = show(lang="zh")
    place(page)
    plan(page, "化工", "新建")
    page.wait_for_selector(".verdict-prohibited")
    assert page.locator(".banner .verdict-name").inner_text() == "禁止"
    chinese = page.locator("body").inner_text()
    assert not re.search(r"\b(settle|draw|hint|job|output)_\w+", chinese)
    page.click("#lang")
    page.wait_for_function("() => document.querySelector('.verdict-name').textContent === 'prohibited'")
    english = page.locator("#panel").inner_text()
    assert "Rules that apply" in english
    assert not re.search(r"\b(settle|draw|hint|job|output)_\w+", english)
    assert page.evaluate("document.documentElement.lang") == "en"


def test_the_page_is_used_with_the_keyboard_alone(show):
    page = show()
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('details.typed') !== null"):
            break
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("107.39,29.70")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".banner")
    page.focus("#activity")
    page.keyboard.type("chemical pr")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_selector("#activities .chip")
    assert "chemical project" in page.locator("#activities").inner_text()
    page.focus(".finding summary")
    page.keyboard.press("Enter")
    assert page.locator(".finding[open]").count() == 1


def test_layers_are_switched_on_and_off(show):
    page = show()
    boxes = page.locator("#layer-list input")
    assert boxes.count() > 20
    box = page.locator("label.layer:has-text('Ecological red line') input")
    assert box.is_checked()
    box.uncheck()
    assert not page.evaluate("Page.ground.map.hasLayer(Page.ground.entries.get('red_line').drawn)")
    box.check()
    page.wait_for_function("() => Page.ground.map.hasLayer(Page.ground.entries.get('red_line').drawn)")


def test_on_a_phone_nothing_is_wider_than_the_screen_and_the_verdict_is_at_hand(show):
    page = show(width=390, height=844, lang="zh")
    place(page)
    plan(page, "化工", "新建")
    page.wait_for_selector(".verdict-prohibited")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("#pill").inner_text().replace("\n", " ").startswith("禁止")
    page.click("#pill")
    page.wait_for_function("() => document.querySelector('.banner').getBoundingClientRect().top < 500")
    picture(page, "page-phone")


@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_no_serious_fault(show, width):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    page = show(width=width, height=900)

    def serious():
        found = axe.run(page).response["violations"]
        return [(one["id"], one["nodes"][0]["html"][:160]) for one in found if one["impact"] in ("serious", "critical")]

    assert serious() == []
    place(page)
    plan(page, "chemical project", "new")
    page.click(".finding summary >> nth=0")
    assert serious() == []
    page.set_input_files("#file", POLYGONS)
    page.wait_for_selector(".sites .site")
    assert serious() == []


def test_a_browser_that_is_closed_in_the_middle_of_a_job_harms_nobody(show, browser, address):
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("body[data-ready]")
    page.set_input_files("#file", POLYGONS)
    page.wait_for_selector(".progress, .sites")
    context.close()
    again = show()
    place(again)
    # Where nothing is told of a plot, no ban is certain, and what binds everybody there is.
    assert again.locator(".banner .verdict-name").text_content() == "advised"


def test_the_first_page_stands_as_the_picture_shows_it(show):
    page = show(lang="zh")
    assert page.locator("h1").inner_text() == "涪陵选址核查"
    assert page.locator(".start li").count() == 3
    picture(page, "page-start")


def test_the_description_of_the_api_is_a_page_of_our_own(show, address):
    page = show()
    page.goto(f"{address}/api")
    page.wait_for_selector("h2")
    assert "/api/check" in page.locator("#paths").inner_text()


def at_hand(page):
    """Whether the sign on the map is on the screen, and leads to the answer."""
    page.wait_for_selector("#pill:visible")
    assert page.locator("#pill").evaluate("(one) => one.getBoundingClientRect().bottom < innerHeight")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    said = page.locator("#pill").inner_text()
    page.click("#pill")
    page.wait_for_function("() => document.querySelector('#answer').getBoundingClientRect().top < innerHeight - 200")
    return " ".join(said.split())


@pytest.mark.parametrize(("lang", "said"), [("zh", "没有核查"), ("en", "Not checked")])
def test_on_a_phone_a_file_that_is_refused_is_told_on_the_map(show, lang, said):
    page = show(width=390, height=844, lang=lang)
    place(page)
    page.set_input_files("#file", [{"name": "x.geojson", "mimeType": "", "buffer": b"nothing"}])
    page.wait_for_selector("#answer .fault")
    assert at_hand(page).startswith(f"! {said}")
    # The plot before it is not shown as its answer.
    assert page.locator(".leaflet-sites-pane path").count() == 0
    page.click("#clear")
    page.wait_for_selector("#pill", state="hidden")


@pytest.mark.parametrize(("lang", "worst"), [("zh", "禁止"), ("en", "prohibited")])
def test_on_a_phone_the_verdicts_of_several_sites_are_counted_on_the_map(show, lang, worst):
    page = show(width=390, height=844, lang=lang)
    page.set_input_files("#file", POLYGONS)
    page.wait_for_selector(".sites .site")
    counts = page.evaluate("Page.answer.counts")
    said = at_hand(page)
    assert said.lower().startswith(f"{worst} {counts['prohibited']}")
    assert sum(map(int, re.findall(r"\d+", said))) == 20
    # Of the other verdicts the colours stand there, and the names for those who hear the page.
    assert len(page.locator("#pill").get_attribute("aria-label").split(", ")) == len(counts)


def covering(page):
    """Give which sites lie under something that covers the map, by row."""
    return page.evaluate(
        """() => {
          const seen = (one) => one.getBoundingClientRect();
          const map = seen(Page.ground.map.getContainer());
          const over = [...document.querySelectorAll("#layers, #pill, .zoom button")].map(seen);
          return Page.answer.sites.filter((site) => site.geometry).filter((site) => {
            const at = Page.ground.map.latLngToContainerPoint(Page.ground.shapes.get(site.row).getBounds().getCenter());
            const [x, y] = [at.x + map.left, at.y + map.top];
            const inside = x > map.left && x < map.right && y > map.top && y < map.bottom;
            return !inside || over.some((one) => x > one.left && x < one.right && y > one.top && y < one.bottom);
          }).map((site) => site.row);
        }"""
    )


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
def test_no_site_of_a_file_lies_under_what_covers_the_map(show, width, height):
    page = show(width=width, height=height)
    page.set_input_files("#file", POLYGONS)
    page.wait_for_selector(".sites .site")
    page.wait_for_timeout(300)
    assert covering(page) == []
    page.click(".sites .site >> nth=0")
    page.wait_for_selector(".banner")
    page.wait_for_timeout(300)
    chosen = page.evaluate("Page.row")
    assert chosen not in covering(page)


def test_the_whole_district_and_a_typed_plot_are_shown_beside_the_list_of_layers(show):
    page = show(width=1366, height=768)
    left = page.evaluate(
        """() => {
          const [map, list] = [Page.ground.map, document.querySelector("#layers").getBoundingClientRect()];
          const box = Page.ground.entries.get("district").drawn.getBounds();
          const { left } = map.getContainer().getBoundingClientRect();
          const east = map.latLngToContainerPoint(box.getSouthEast()).x + left;
          return { east, list: list.left, open: list.height };
        }"""
    )
    assert left["open"] > 200
    assert left["east"] < left["list"]
    place(page)
    page.wait_for_timeout(300)
    assert covering(page) == []


def test_typed_coordinates_are_read_as_those_of_files_are(show):
    page = show()
    for text, wanted in {
        "107.39,29.7": [107.39, 29.7],
        "107.39，29.7": [107.39, 29.7],
        " 107.39 \t 29.7 ": [107.39, 29.7],
        # 23 minutes and 24 seconds are 0.39 degrees.
        "107°23′24″, 29°42′00″": [107.39, 29.7],
        "107°23'24\" 29°42'": [107.39, 29.7],
        "107度23分24秒；29度42分0秒": [107.39, 29.7],
        "东经107°23′24″，北纬29°42′": [107.39, 29.7],
        # What says that it is the latitude may stand first.
        "29°42′00″N, 107°23′24″E": [107.39, 29.7],
        "29.7N 107.39E": [107.39, 29.7],
        "-70.5,-33": [-70.5, -33],
    }.items():
        found = page.evaluate("(text) => readPlaces(text).geometry.coordinates", text)
        assert found == pytest.approx(wanted, abs=1e-7), text
    assert page.evaluate("(text) => readPlaces(text).geometry.type", PLOT) == "Polygon"
    for wrong in ("107°75′,29", "107.5°30′,29", "107E,29E", "29N,30N", "107", "107,29,3", "200,10", "107,,29", "1e9,2"):
        assert "is no longitude and latitude" in page.evaluate(
            "(text) => { try { return JSON.stringify(readPlaces(text)); } catch (fault) { return fault.message; } }",
            wrong,
        ), wrong


@pytest.mark.parametrize(("lang", "said"), [("zh", "纬度写在了经度前面"), ("en", "latitude before longitude")])
def test_latitude_before_longitude_is_told_as_what_it_is(show, lang, said):
    page = show(lang=lang)
    page.click("details.typed > summary")
    page.fill("#typed", "29.72,107.40")
    page.click("#typed-go")
    page.wait_for_selector("#typed-fault:visible")
    assert said in page.locator("#typed-fault").inner_text()
    assert "107.4,29.72" in page.locator("#typed-fault").inner_text()
