"""Colours and names of verdicts."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from fuling_gis.labels import LANGS, label
from fuling_gis.outputs import palette, picture
from fuling_gis.outputs.map_layers import style_sheet
from fuling_gis.verdicts import LEVELS, VERDICTS

# Machado, Oliveira and Fernandes (2009), severity 1.0: linear RGB as people with each kind of colour blindness see it.
SEEN_BY = {
    "everybody": np.eye(3),
    "protanopes": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopes": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopes": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def lab(colour, seen):
    """CIE L*a*b* of an sRGB colour as somebody sees it."""
    srgb = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(np.asarray(seen) @ linear, 0, 1)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    ratio = to_xyz @ linear / [0.9505, 1.0, 1.089]
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_every_verdict_has_a_colour_of_its_own_and_a_name_in_both_languages():
    assert list(palette.verdict_colours()) == list(VERDICTS)
    assert len(set(palette.verdict_colours().values())) == len(VERDICTS)
    for lang in LANGS:
        assert len({palette.verdict_name(verdict, lang) for verdict in VERDICTS}) == len(VERDICTS)


def test_the_chinese_names_are_those_of_the_contract():
    assert [palette.verdict_name(verdict, "zh") for verdict in VERDICTS] == [
        "禁止", "退出或整改", "限制", "待核实", "提示", "未发现冲突", "区外", "无法判定",
    ]  # fmt: skip


def test_every_effect_has_a_name_of_its_own_and_bans_are_called_as_in_the_contract():
    for lang in LANGS:
        assert len({label(f"outputs.effect_{effect}", lang) for effect in LEVELS}) == len(LEVELS)
    named = [label(f"outputs.effect_{effect}", "zh") for effect in ("prohibit", "exit", "restrict", "encourage")]
    assert named == ["禁止", "退出或整改", "限制", "鼓励"]


@pytest.mark.parametrize("who", SEEN_BY)
def test_no_two_verdicts_look_alike_to(who):
    colours = {verdict: lab(palette.colour(verdict), SEEN_BY[who]) for verdict in VERDICTS}
    # Fifteen steps of L*a*b* are plain to see, even far apart on a map.
    for one, other in combinations(VERDICTS, 2):
        assert np.linalg.norm(colours[one] - colours[other]) > 15, (one, other)


def over_district(colour, opacity):
    """A colour as it looks over the ground of the map."""
    ground = style_sheet().of("district")["fill"]
    mixed = [
        c * opacity + int(ground[at : at + 2], 16) * (1 - opacity) for c, at in zip(colour, (1, 3, 5), strict=True)
    ]
    return "#" + "".join(f"{round(one):02X}" for one in mixed)


@pytest.mark.parametrize("who", SEEN_BY)
def test_the_visible_range_is_not_taken_for_a_verdict_nor_seen_for_undecided_by(who):
    seen, perhaps = (lab(over_district(one[:3], one[3] / 255), SEEN_BY[who]) for one in (picture.SEEN, picture.PERHAPS))
    assert np.linalg.norm(seen - perhaps) > 25
    for verdict in VERDICTS:
        for one in (seen, perhaps):
            assert np.linalg.norm(one - lab(palette.colour(verdict), SEEN_BY[who])) > 13, verdict


@pytest.mark.parametrize("who", SEEN_BY)
def test_the_hues_of_layers_are_no_verdicts_and_stay_apart_for(who):
    hues = style_sheet().symbols["hues"]
    for hue in hues:
        for verdict in VERDICTS:
            far = np.linalg.norm(lab(hue, SEEN_BY[who]) - lab(palette.colour(verdict), SEEN_BY[who]))
            assert far > 15, (hue, verdict)
    for one, other in combinations(hues, 2):
        assert np.linalg.norm(lab(one, SEEN_BY[who]) - lab(other, SEEN_BY[who])) > 12, (one, other)


def test_a_site_is_marked_only_where_possible_is_worse():
    pairs = [
        ("clear", "undecided", True),
        ("advised", "prohibited", True),
        ("undecided", "prohibited", True),
        ("prohibited", "prohibited", False),
        ("outside", "outside", False),
        ("rejected", "rejected", False),
        ("undecided", "undecided", False),
    ]
    verdict, possible, expected = (list(column) for column in zip(*pairs, strict=True))
    assert palette.marked(np.array(verdict, object), np.array(possible, object)).tolist() == expected


def test_the_statement_of_limits_says_that_clear_is_no_approval():
    assert "“未发现冲突”不等于批准" in label("outputs.limits", "zh")
    assert "“No conflict found” never means approved" in label("outputs.limits", "en")
