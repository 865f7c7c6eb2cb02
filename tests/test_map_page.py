"""map.html as a file: nothing is fetched, nothing of a file's text is ever more than text."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace

import numpy as np
import pytest
import shapely
from map_made import NOTICES, made_layer, made_run, sample, words, written
from outputs_made import batch, finding, rule, site

from fuling_gis.rules.model import Exemption, Reading, ReadingValue

HOSTILE = (
    "{{7*7}}",
    "{% raw %}",
    "{# gone #}",
    "${alert(1)}",
    "`${7*7}`",
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "]]>",
    "&lt;b&gt;",
    '"onmouseover="alert(1)',
    "'; alert(1); '",
    "\\u003cscript\\u003e",
    "line\u2028and\u2029paragraph",
    "\u202eright to left\u202c",
    "nul\x00 and bell\x07",
    "长" * 5000,
    "=1+1",
    "__proto__",
)
JOINED = " ".join(HOSTILE)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A map in which every text of every file is hostile."""
    path = tmp_path_factory.mktemp("map") / "map.html"
    both = words(JOINED)
    texts = dict.fromkeys(
        ("site_id", "name", "source", "activity", "nature", "units", "units_maybe", "problem", "depends_on"), JOINED
    )
    found = dict.fromkeys(
        ("cause", "layer", "feature_id", "feature_name", "readings", "title", "clause", "quote", "basis", "exemption"),
        JOINED,
    )
    sites = [site(0, "prohibited", **texts), site(1, "rejected", problem=JOINED, name=JOINED)]
    findings = [finding(0, "FL-001", predicate="in", **found), finding(0, JOINED, predicate="near", **found)]
    units = [{"row": 0, "code": JOINED, "category": JOINED, "dimension": JOINED, "item": JOINED}]
    layer = made_layer(JOINED, both, [shapely.box(441000, 3287000, 442000, 3288000)], [JOINED], source=JOINED)
    term = Reading(JOINED, both, JOINED, {JOINED: ReadingValue(both)})
    law = rule(title=both, note=both, unless=(Exemption(JOINED, both, both),))
    law = replace(law, source=replace(law.source, quote=JOINED, document=JOINED))
    run = made_run(
        layers={layer.id: layer}, rules=(law,), notices=(both,), reading_terms={JOINED: term}, readings={},
        facts={"workspace": JOINED}, missing_layers={JOINED: (JOINED,)}, unchecked={JOINED: (JOINED,)},
        everywhere=(JOINED,),
    )  # fmt: skip
    shapes = [shapely.Point(441000, 3287000), None]
    return path, written(path, batch(sites, shapes, findings, units), run=run)


def policy(elements):
    return next(attrs["content"] for tag, attrs in elements if tag == "meta" and "http-equiv" in attrs)


def digest(text):
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_no_element_names_anything_to_fetch(hostile):
    elements = hostile[1][0]
    assert not [attrs for tag, attrs in elements if {"src", "href", "srcset", "data", "action", "poster"} & set(attrs)]
    assert not {tag for tag, _ in elements} & {"link", "img", "iframe", "object", "embed", "base", "form"}


def test_no_style_fetches_anything(hostile):
    for style in hostile[1][2]:
        assert "@import" not in style
        assert "url(" not in style.replace("url(#default#VML)", "")


def test_no_script_asks_for_its_source_map(hostile):
    assert not any("sourceMappingURL" in script for script in hostile[1][1])


def test_the_policy_names_exactly_the_scripts_and_styles_in_the_page(hostile):
    elements, scripts, styles, _ = hostile[1]
    said = dict(part.strip().split(" ", 1) for part in policy(elements).split(";"))
    assert said["default-src"] == "'none'"
    assert said["connect-src"] == "'none'"
    assert set(said["script-src"].split()) == {digest(script) for script in scripts}
    assert set(said["style-src"].split()) == {digest(style) for style in styles}


def test_the_policy_stands_before_everything_it_governs(hostile):
    text = hostile[0].read_text("utf-8")
    assert text.index("Content-Security-Policy") < min(text.index("<script"), text.index("<style"))


def test_no_inline_handler_or_style_stands_in_the_page(hostile):
    names = {name for _, attrs in hostile[1][0] for name in attrs}
    assert not {name for name in names if name.startswith("on") or name == "style"}


def test_our_script_shows_data_as_text_only(hostile):
    own = next(script for script in hostile[1][1] if "fulingMap = " in script)
    banned = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setHTML|fetch\(|XMLHttp"
    assert not re.findall(banned, own)


def test_data_comes_back_as_it_was(hostile):
    blocks = hostile[1][3]
    assert blocks["fg-sites"]["name"] == [JOINED, JOINED]
    assert blocks["fg-run"]["workspace"] == JOINED
    assert blocks["fg-run"]["rules"]["FL-001"]["quote"] == JOINED
    assert blocks["fg-run"]["layers"][0]["title"] == {"zh": JOINED, "en": JOINED}
    assert blocks["fg-zone-0"]["name"] == [JOINED]
    assert JOINED in blocks["fg-detail-0"]["words"]


def test_data_is_the_same_for_a_plain_map_and_a_hostile_one_outside_its_blocks(hostile, tmp_path):
    plain = tmp_path / "map.html"
    written(plain, sample(3))
    assert outside_of_data(plain) == outside_of_data(hostile[0])


def outside_of_data(path):
    return re.sub(r'<script type="application/json" id="fg-[\w-]+">.*?</script>\n', "", path.read_text("utf-8"))


def test_data_blocks_hold_no_character_that_could_end_them(hostile):
    text = hostile[0].read_text("utf-8")
    for block in re.findall(r'<script type="application/json" id="fg-[\w-]+">(.*?)</script>', text, re.DOTALL):
        assert not set("<>&\u2028\u2029") & set(block)


def test_no_web_address_in_the_page_but_those_of_credits_and_namespaces(tmp_path):
    path = tmp_path / "map.html"
    written(path, sample(12))
    addresses = set(re.findall(r"https?://[\w./-]+", path.read_text("utf-8")))
    assert {address.split("/")[2] for address in addresses} <= {"leafletjs.com", "www.w3.org"}


def test_the_same_result_makes_the_same_bytes(tmp_path):
    for name in ("a.html", "b.html"):
        written(tmp_path / name, sample(24))
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_states_its_language_and_carries_both(lang, tmp_path):
    elements, _, _, blocks = written(tmp_path / "map.html", sample(3), lang=lang)
    assert dict(elements)["html"]["lang"] == {"zh": "zh-CN", "en": "en"}[lang]
    assert blocks["fg-run"]["lang"] == lang
    assert all(set(entry) == {"zh", "en"} for entry in blocks["fg-run"]["words"].values())


def test_every_word_that_the_script_asks_for_exists(tmp_path):
    _, scripts, _, blocks = written(tmp_path / "map.html", sample(1))
    own = next(script for script in scripts if "fulingMap = " in script)
    asked = set(re.findall(r'\bsay\("(\w+)"', own)) | set(re.findall(r'"(part_\w+)"', own))
    assert asked
    assert asked <= set(blocks["fg-run"]["words"])


def test_the_limits_and_the_notices_are_in_the_page(tmp_path):
    blocks = written(tmp_path / "map.html", sample(1))[3]
    assert "不等于批准" in blocks["fg-run"]["words"]["limits"]["zh"]
    assert "never means approved" in blocks["fg-run"]["words"]["limits"]["en"]
    assert blocks["fg-run"]["notices"] == [dict(notice) for notice in NOTICES]


def test_numbers_that_are_none_or_not_finite_are_null(tmp_path):
    one = batch(
        [site(0, "prohibited", to_main_m=np.inf)], [shapely.Point(441000, 3287000)], [finding(0, overlap_m2=np.nan)]
    )
    packet = written(tmp_path / "map.html", one)[3]["fg-detail-0"]
    assert packet["site"]["to_main_m"] == [None]
    assert packet["finding"]["overlap_m2"] == [None]


def test_half_a_character_from_a_broken_file_does_not_stop_the_map(tmp_path):
    broken = made_layer(
        "red_line", words("红线"), [shapely.box(441000, 3287000, 442000, 3288000)], ["lone \ud800 half"]
    )
    blocks = written(tmp_path / "map.html", sample(1), run=made_run(layers={"red_line": broken}))[3]
    assert blocks["fg-zone-0"]["name"] == ["lone ? half"]
