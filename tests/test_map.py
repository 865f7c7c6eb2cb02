"""What the map holds: every site or a count of it, the worst first; layers as drawn; nothing where none is wanted."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely
from map_made import X, Y, decoded, layers, made_layer, made_run, many, sample, words, written
from outputs_made import batch, finding, site

from fuling_gis import crs
from fuling_gis.layers.schema import kinds
from fuling_gis.outputs import map_sites
from fuling_gis.outputs.map_layers import MOST_FEATURES, MOST_VERTICES, drawings, style_sheet
from fuling_gis.outputs.map_sites import SHOWN_ORDER, KeptSites


def made(tmp_path, *batches, **options):
    return written(tmp_path / "map.html", *batches, **options)[3]


def names(blocks):
    return [SHOWN_ORDER[place] for place in blocks["fg-sites"]["verdict"]]


def test_sites_stand_worst_first_then_as_they_came(tmp_path):
    verdicts = [
        "clear",
        "advised",
        "rejected",
        "prohibited",
        "undecided",
        "outside",
        "exit",
        "restricted",
        "prohibited",
    ]
    blocks = made(tmp_path, batch([site(k, verdict) for k, verdict in enumerate(verdicts)]))
    assert names(blocks) == [
        "prohibited", "prohibited", "exit", "restricted", "undecided", "rejected", "advised", "clear", "outside",
    ]  # fmt: skip
    assert blocks["fg-sites"]["row"] == [3, 8, 6, 7, 4, 2, 1, 0, 5]


def test_of_equal_verdicts_the_worse_possible_stands_first(tmp_path):
    sites = [site(0, "advised"), site(1, "advised", "restricted"), site(2, "advised", "prohibited")]
    assert made(tmp_path, batch(sites))["fg-sites"]["row"] == [2, 1, 0]


def test_counts_are_of_all_sites_and_marks_of_those_that_could_be_worse(tmp_path):
    sites = [site(0, "clear"), site(1, "advised", "prohibited"), site(2, "undecided"), site(3, "rejected")]
    about = made(tmp_path, batch(sites))["fg-run"]
    assert about["total"] == 4
    assert about["marked"] == 1
    assert {name: number for name, number in about["counts"].items() if number} == {
        "clear": 1, "advised": 1, "undecided": 1, "rejected": 1,
    }  # fmt: skip


def test_several_batches_are_one_list(tmp_path):
    first = batch([site(0, "clear"), site(1, "exit")], findings=[finding(1, "FL-001", "exit")])
    second = batch([site(2, "prohibited")], findings=[finding(2, "FL-002")])
    blocks = made(tmp_path, first, second)
    assert blocks["fg-sites"]["row"] == [2, 1, 0]
    packet = blocks["fg-detail-0"]
    assert packet["number"] == [1, 1, 0]
    assert [packet["words"][place] for place in packet["finding"]["rule_id"]] == ["FL-002", "FL-001"]


def test_a_site_stands_where_it_is_to_six_decimals(tmp_path):
    place = crs.transform(np.array([shapely.Point(X, Y)], object), "EPSG:4545", "EPSG:4326")[0]
    blocks = made(tmp_path, batch([site(0)], [shapely.Point(X, Y)]))
    assert decoded(blocks["fg-sites"]["x_y"])[0] == pytest.approx([place.x, place.y], abs=0.6e-6)


def test_a_polygon_keeps_its_shape_and_its_hole(tmp_path):
    ring = shapely.box(X, Y, X + 900, Y + 900).difference(shapely.box(X + 300, Y + 300, X + 600, Y + 600))
    shapes = made(tmp_path, batch([site(0), site(1)], [ring, shapely.Point(X, Y)]))["fg-sites"]["shapes"]
    assert shapes["owner"] == [0, 0]
    assert shapes["size"] == [5, 5]


def test_a_rejected_site_is_listed_without_a_place(tmp_path):
    blocks = made(tmp_path, batch([site(0, "rejected", problem="no geometry"), site(1, "clear")]))
    assert blocks["fg-sites"]["unplaced"] == [0]
    assert blocks["fg-sites"]["row"] == [0, 1]


def test_the_deciding_rule_is_the_worst_yes_before_any_maybe(tmp_path):
    findings = [
        finding(0, "FL-3", "prohibit", "maybe"), finding(0, "FL-2", "advise"), finding(0, "FL-1", "restrict"),
        finding(0, "FL-1", "restrict"),
    ]  # fmt: skip
    listed = made(tmp_path, batch([site(0, "restricted", "prohibited")], findings=findings))["fg-sites"]
    assert listed["rules"][listed["rule"][0]] == "FL-1"
    assert listed["more"] == [2]


def test_a_run_without_sites_still_makes_a_map(tmp_path):
    blocks = made(tmp_path)
    assert blocks["fg-sites"]["row"] == []
    assert blocks["fg-run"]["total"] == 0


def test_a_run_of_rejected_rows_only_opens_at_the_district(tmp_path):
    blocks = made(tmp_path, batch([site(0, "rejected")]), run=made_run(layers={}))
    west, south, east, north = blocks["fg-run"]["opening"]
    assert (west, south, east, north) == (106.9, 29.3, 107.8, 30.1)


def test_the_map_opens_at_the_sites_that_were_judged_where_there_is_no_district(tmp_path):
    sites = [site(0, "clear"), site(1, "outside")]
    blocks = made(tmp_path, batch(sites, [shapely.Point(X, Y), shapely.Point(X + 300_000, Y)]), run=made_run(layers={}))
    west, _, east, _ = blocks["fg-run"]["opening"]
    assert west == pytest.approx(east, abs=1e-9)


def test_access_lists_stand_once_for_each_unit(tmp_path):
    unit = {"code": "U1", "category": "key", "dimension": "spatial", "item": "no chemical works"}
    sites = [site(0, "advised", units="U1"), site(1, "advised", units="U1")]
    blocks = made(tmp_path, batch(sites, units=[{"row": 0, **unit}, {"row": 1, **unit}]))
    assert blocks["fg-run"]["units"] == {"U1": {"category": "key", "items": {"spatial": ["no chemical works"]}}}


def test_ten_thousand_sites_keep_all_shapes_and_details(tmp_path):
    blocks = made(tmp_path, many(10_000, per_site=1))
    assert blocks["fg-run"]["many"] == 0
    assert blocks["fg-sites"]["detailed"] == 10_000
    assert len(set(blocks["fg-sites"]["shapes"]["owner"])) == 5_000


def test_above_ten_thousand_sites_those_without_finding_are_points_without_details(tmp_path):
    blocks = made(tmp_path, many(6_000, per_site=1), many(6_000, 6_000, per_site=1))
    found = 12_000 - blocks["fg-run"]["counts"]["clear"]
    assert blocks["fg-run"]["many"] == 10_000
    assert blocks["fg-sites"]["detailed"] == found
    assert len(blocks["fg-sites"]["row"]) == 12_000
    assert max(blocks["fg-sites"]["shapes"]["owner"]) < found


def test_what_does_not_fit_is_counted_and_the_worst_stay(tmp_path, monkeypatch):
    monkeypatch.setattr(map_sites, "MOST_SITES", 3)
    sites = [site(k, "clear") for k in range(8)] + [site(8, "prohibited"), site(9, "exit")]
    batches = [batch(sites[k : k + 2]) for k in range(0, 10, 2)]
    blocks = made(tmp_path, *batches)
    assert names(blocks) == ["prohibited", "exit", "clear"]
    assert blocks["fg-run"]["dropped"] == 7
    assert blocks["fg-run"]["counts"]["clear"] == 8
    assert blocks["fg-run"]["total"] == 10


def test_findings_that_do_not_fit_leave_the_least_bad_sites_without_details(tmp_path, monkeypatch):
    monkeypatch.setattr(map_sites, "MOST_FINDINGS", 3)
    batches = [batch([site(k, "prohibited")], findings=[finding(k, "FL-1"), finding(k, "FL-2")]) for k in range(6)]
    blocks = made(tmp_path, *batches)
    assert blocks["fg-sites"]["detailed"] == 1
    assert blocks["fg-detail-0"]["number"] == [2]
    assert len(blocks["fg-sites"]["row"]) == 6


def test_shapes_that_do_not_fit_become_points_and_are_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(map_sites, "MOST_VERTICES", 12)
    squares = [shapely.box(X, Y, X + 90, Y + 90)] * 4
    blocks = made(tmp_path, batch([site(k, "exit") for k in range(4)], squares))
    assert blocks["fg-run"]["pointed"] == 2
    assert blocks["fg-sites"]["shapes"]["owner"] == [0, 1]


def test_what_is_held_stays_bounded(monkeypatch):
    monkeypatch.setattr(map_sites, "MOST_SITES", 10)
    kept = KeptSites()
    for k in range(40):
        kept.add(batch([site(4 * k + j, "clear") for j in range(4)]))
        assert sum(map(len, kept._sites)) <= 24
    assert kept.settle().total == 160


def test_without_zone_geometry_no_outline_is_in_the_file(tmp_path):
    blocks = made(tmp_path, sample(12), zone_geometry=False)
    assert blocks["fg-run"]["layers"] == []
    assert not [name for name in blocks if name.startswith("fg-zone")]


def test_every_layer_of_the_run_can_be_switched_on(tmp_path):
    blocks = made(tmp_path, sample(3))
    drawn = [entry["id"] for entry in blocks["fg-run"]["layers"]]
    assert set(layers()) <= set(drawn)
    assert drawn[0] == "district"
    assert len([name for name in blocks if name.startswith("fg-zone")]) == len(drawn)


def test_a_layer_without_a_style_of_its_own_is_drawn_but_not_shown_at_first(tmp_path):
    odd = made_layer("firework_ban", words("烟花禁放区"), [shapely.box(X, Y, X + 9000, Y + 9000)], ["城区"])
    entry = made(tmp_path, sample(1), run=made_run(layers={"firework_ban": odd}))["fg-run"]["layers"][0]
    assert entry["style"] == dict(style_sheet().of("firework_ban"))
    assert "shown" not in entry["style"]


def test_the_bank_zone_is_computed_for_display_where_no_layer_gives_it():
    drawn = {drawing.entry["id"]: drawing for drawing in drawings(made_run())}
    assert drawn["bank_zone_computed"].entry["computed"]
    assert drawn["yangtze_3km"].entry["computed"]
    river, bank = drawn["river"].bounds, drawn["bank_zone_computed"].bounds
    # 1 km is 0.009 degrees of latitude; the Wu's mouth in the south is the river's southern end.
    assert river[1] - bank[1] == pytest.approx(0.00902, abs=0.0002)


def test_the_official_bank_zone_takes_the_place_of_the_computed_one():
    given = made_layer("bank_zone", words("岸线一公里"), [shapely.box(X, Y, X + 9000, Y + 900)], ["长江"])
    ids = [drawing.entry["id"] for drawing in drawings(made_run(layers={**layers(), "bank_zone": given}))]
    assert "bank_zone" in ids
    assert "bank_zone_computed" not in ids


def test_rivers_without_grades_get_one_line_and_no_yangtze():
    river = layers()["river"]
    plain = made_layer("river", words("河"), list(river.geometry), [""] * len(river.geometry))
    ids = {drawing.entry["id"] for drawing in drawings(made_run(layers={"river": plain}))}
    assert ids == {"river", "bank_zone_computed"}


def test_a_heavy_layer_is_simplified_until_light_and_says_so():
    angle = np.linspace(0, 2 * np.pi, 200_000, endpoint=False)
    radius = 20_000 + 30 * np.sin(20_000 * angle)
    shape = shapely.Polygon(np.stack([X + radius * np.cos(angle), Y + radius * np.sin(angle)], axis=1))
    heavy = made_layer("red_line", words("红线"), [shape], ["一"])
    drawing = drawings(made_run(layers={"red_line": heavy}))[0]
    assert sum(drawing.shapes["size"]) <= MOST_VERTICES
    assert drawing.entry["simplified_m"] > 2
    assert drawing.entry["left_out"] == 0


def test_of_far_too_many_features_the_smallest_are_left_out_and_counted():
    number = 12_000
    side = np.full(number, 100.0)
    side[:2_000] = 400.0
    x, y = X + (np.arange(number) % 110) * 500.0, Y + (np.arange(number) // 110) * 500.0
    squares = shapely.box(x, y, x + side, y + side)
    drawing = drawings(made_run(layers={"farmland": made_layer("farmland", words("田"), squares, [""] * number)}))[0]
    assert drawing.entry["left_out"] == 12_000 - MOST_FEATURES
    # The 2,000 large ones are all there: 0.004 degrees of latitude is 400 m and more.
    places = decoded(drawing.shapes["xy"]).reshape(MOST_FEATURES, 5, 2)
    assert (np.ptp(places[:, :, 1], axis=1) > 0.0035).sum() == 2_000


def test_neighbours_that_tile_the_ground_are_simplified_without_gaps():
    border = [(X + 30 * np.sin(k / 3), Y + 40.0 * k) for k in range(300)]
    left = shapely.Polygon([*border, (X - 9000, border[-1][1]), (X - 9000, border[0][1])])
    right = shapely.Polygon([*border, (X + 9000, border[-1][1]), (X + 9000, border[0][1])])
    units = made_layer("management_unit", words("单元"), [left, right], ["西", "东"])
    shapes = drawings(made_run(layers={"management_unit": units}))[0].shapes
    ends = np.cumsum([0, *shapes["size"]])
    places = decoded(shapes["xy"])
    rings = [{tuple(place) for place in places[a:b].round(6)} for a, b in pairwise(ends)]
    # All but the two far corners of each are on the common border.
    assert len(rings[0] - rings[1]) == 2
    assert len(rings[1] - rings[0]) == 2


def test_an_empty_layer_is_not_drawn():
    empty = made_layer("red_line", words("红线"), [], [])
    assert drawings(made_run(layers={"red_line": empty})) == []


STYLE = {
    "fill", "opacity", "line", "width", "dash", "hatch", "pattern", "point", "merged", "shown", "within_m",
}  # fmt: skip


def test_every_style_names_colours_and_widths():
    for name in (*style_sheet().zones, *style_sheet().others):
        style = style_sheet().of(name)
        assert set(style) <= STYLE, name
        assert style["line"].startswith("#"), name
        assert style["width"] > 0, name
        _, classes = style_sheet().classes(name)
        for one in classes.values():
            assert set(one) <= STYLE | {"name"}, name
            assert one["fill"].startswith("#"), name


def test_no_two_layers_are_drawn_alike():
    vector = [kind for kind in kinds().values() if "raster" not in kind.geometry]
    seen = {}
    for kind in vector:
        style = {key: value for key, value in style_sheet().of(kind.id).items() if key not in ("shown", "opacity")}
        seen.setdefault(repr(sorted(style.items())), []).append(kind.id)
    # Rivers and reservoirs are both water.
    assert [same for same in seen.values() if len(same) > 1] == [["river", "reservoir"]]


def test_layers_without_a_style_differ_in_more_than_a_dash():
    styles = [style_sheet().of(name) for name in style_sheet().others]
    grounds = {(style["line"], style.get("pattern")) for style in styles}
    points = {(style["line"], style["point"]) for style in styles}
    assert len(grounds) == len(points) == len(styles)


def test_every_kind_of_layer_has_a_style_or_a_symbol_of_its_own():
    vector = {kind.id for kind in kinds().values() if "raster" not in kind.geometry}
    assert vector <= set(style_sheet().zones) | set(style_sheet().others)
    assert not set(style_sheet().zones) & set(style_sheet().others)


def test_a_layer_that_nobody_knows_has_always_the_same_symbol():
    # CRC-32 of "city_wall" is 0xF0BBD29E.
    place = 0xF0BBD29E
    hues = style_sheet().symbols["hues"]
    assert style_sheet().of("city_wall")["line"] == hues[place % len(hues)]


@pytest.mark.parametrize("name", ["management_unit", "shoreline_zone", "livestock_zone", "aquaculture_zone"])
def test_the_values_of_a_field_have_shades_of_their_own_and_every_value_has_one(name):
    field, classes = style_sheet().classes(name)
    assert set(classes) == set(kinds()[name].fields[field].values)
    looks = {(one["opacity"], one.get("pattern")) for one in classes.values()}
    assert len(looks) == len(classes)


def test_a_feature_is_drawn_by_its_class_and_one_without_is_said_to_have_none():
    boxes = [shapely.box(X + k * 900, Y, X + k * 900 + 800, Y + 800) for k in range(4)]
    kind = np.array(["limited", None, "banned", "limited"], object)
    made = made_layer("livestock_zone", words("畜禽养殖三区"), boxes, list("甲乙丙丁"), fields={"kind": kind})
    (drawing,) = drawings(made_run(layers={"livestock_zone": made}))
    assert [one["title"]["zh"] for one in drawing.entry["classes"]] == ["禁养区", "限养区", "未注明"]
    assert drawing.shapes["class"] == [1, 2, 0, 1]


def test_a_layer_none_of_whose_features_has_a_class_is_drawn_alike():
    boxes = [shapely.box(X, Y, X + 800, Y + 800)]
    (drawing,) = drawings(
        made_run(layers={"livestock_zone": made_layer("livestock_zone", words("三区"), boxes, ["甲"])})
    )
    assert "classes" not in drawing.entry
    assert "class" not in drawing.shapes
