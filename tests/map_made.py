"""A made-up district with rivers, layers and any number of sites, for the tests of the map."""

from __future__ import annotations

import datetime as dt
import json
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import shapely
from outputs_made import NUMBERS, batch_of, finding, frame, layer, run, site

from fuling_gis.outputs.map import MapWriter
from fuling_gis.overlay.result import FINDING_COLUMNS, SITE_COLUMNS, UNIT_COLUMNS
from fuling_gis.rules.model import Basis, Duty, Exemption, Party, Reading, ReadingValue, Rule, Source

# The middle of the district in EPSG:4545; about 107.39 E, 29.70 N.
X, Y = 441_000.0, 3_287_000.0


def words(zh, en=None):
    return {"zh": zh, "en": en or zh}


def band(points, width):
    return shapely.LineString(points).buffer(width / 2)


def wave(x, shift=0.0):
    return Y + shift + 5000 * np.sin((x - X) / 9000) + 900 * np.sin((x - X) / 1700)


def district():
    angle = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    radius = 27_000 + 3000 * np.sin(3 * angle) + 1200 * np.sin(11 * angle) + 300 * np.sin(37 * angle)
    return shapely.Polygon(np.stack([X + 1.15 * radius * np.cos(angle), Y + radius * np.sin(angle)], axis=1))


def rivers():
    x = np.linspace(X - 40_000, X + 40_000, 1500)
    y = np.linspace(Y - 36_000, Y + 1200, 700)
    main = band(np.stack([x, wave(x)], axis=1), 900)
    wu = band(np.stack([X + 4000 + 2500 * np.sin(y / 4000), y], axis=1), 350)
    streams = [
        band([(X + k * 7000, Y + 26_000), (X + k * 6000 + 1500, Y + 14_000), (X + k * 5500, wave(X + k * 5500))], 60)
        for k in range(-4, 5)
    ]
    return [main, wu, *streams], ["main", "wu", *["tributary"] * 9]


def fields(names, **more):
    ids = np.array([f"{k + 1:03d}" for k in range(len(names))], object)
    return {"id": ids, "name": np.array(names, object), **more}


def made_layer(layer_id, title, shapes, names, **more):
    extra = more.pop("fields", {})
    shapes_array = np.empty(len(shapes), object)
    shapes_array[:] = shapes
    return layer(layer_id, title=title, geometry=shapes_array, fields=fields(names, **extra), **more)


def blobs(seed, number, size):
    random = np.random.default_rng(seed)
    inside = district()
    made = []
    for _ in range(number):
        angle = np.linspace(0, 2 * np.pi, 160, endpoint=False)
        radius = size * (1 + 0.25 * np.sin(3 * angle + random.uniform(0, 6)) + 0.1 * np.sin(13 * angle))
        at = X + random.uniform(-24_000, 24_000), Y + random.uniform(-22_000, 22_000)
        ring = np.stack([at[0] + radius * np.cos(angle), at[1] + radius * np.sin(angle) * 0.7], axis=1)
        made.append(shapely.intersection(shapely.Polygon(ring), inside))
    return [one for one in made if not one.is_empty]


def layers():
    inside = district()
    water, grade = rivers()
    columns = [shapely.box(X - 40_000 + k * 16_000, Y - 40_000, X - 24_000 + k * 16_000, Y + 40_000) for k in range(5)]
    units = [shapely.intersection(one, inside) for one in columns]
    red, nature = blobs(1, 9, 3600), blobs(2, 4, 2800)
    parks, built, source = blobs(3, 5, 1500), blobs(4, 6, 1300), blobs(5, 12, 500)
    streams = [f"第{k + 1}溪" for k in range(9)]
    grades = {"grade": np.array(grade, object)}
    many_red = [f"红线{k + 1}" for k in range(len(red))]
    made = [
        made_layer("district", words("涪陵区界", "District"), [inside], ["涪陵区"]),
        made_layer("river", words("河湖水域", "Rivers"), water, ["长江", "乌江", *streams], fields=grades),
        made_layer("red_line", words("生态保护红线", "Ecological red line"), red, many_red),
        made_layer("nature_reserve", words("自然保护地", "Protected areas"), nature, [""] * len(nature)),
        made_layer("management_unit", words("环境管控单元", "Management units"), units, list("一二三四五")),
        made_layer("industrial_park", words("工业园区", "Industrial parks"), parks, [""] * len(parks)),
        made_layer("built_up", words("城市建成区", "Built-up area"), built, [""] * len(built)),
        made_layer("water_source", words("饮用水水源保护区", "Water sources"), source, [""] * len(source)),
    ]
    return {one.id: one for one in made}


PLAN = "涪陵区生态环境保护“十四五”规划（2021—2025年）"
RULES = (
    Rule(
        id="FL-056",
        title=words(
            "长江干支流岸线一公里内禁止新建、扩建化工",
            "No new or extended chemical works within 1 km of the Yangtze or its tributaries",
        ),
        effect="prohibit",
        source=Source(
            PLAN,
            "第四章",
            "第一节 严格产业环境准入控制",
            "禁止在长江干支流岸线一公里范围内新建、扩建化工园区和化工项目",
        ),
        duties={(): Duty((Party(),), None)},
        readings=("tributary",),
        basis=(Basis("中华人民共和国长江保护法", "第二十六条", valid_from=dt.date(2021, 3, 1)),),
    ),
    Rule(
        id="FL-008",
        title=words("生态保护红线内严禁擅自占用和改变用地性质", "No unauthorised use of land in the red line"),
        effect="prohibit",
        source=Source(PLAN, "第三章", "第一节 严守生态保护红线", "严禁擅自占用和改变用地性质"),
        duties={(): Duty((Party(),), None)},
        unless=(
            Exemption(
                "approved_redline",
                words("经依法批准占用", "Lawfully approved"),
                words("用地批准文件", "the approval of land use"),
            ),
        ),
        basis=(Basis("自然资源部 生态环境部 国家林草局 自然资发〔2022〕142号", "", confirmed=False),),
    ),
    Rule(
        id="FL-033",
        title=words("两江可视范围内现有露天矿山限期退出", "Existing open pits in sight of the rivers must leave"),
        effect="exit",
        source=Source(PLAN, "第三章", "第二节", "对已有的要限期退出"),
        duties={(): Duty((Party(),), None)},
    ),
    Rule(
        id="FL-009",
        title=words(
            "红线内原有建设用地不得随意扩建和改建",
            "Existing building land in the red line: no arbitrary extension",
        ),
        effect="restrict",
        source=Source(
            PLAN,
            "第三章",
            "第一节 严守生态保护红线",
            "生态保护红线内原有居住用地和其他建设用地不得随意扩建和改建",
        ),
        duties={(): Duty((Party(),), None)},
    ),
    Rule(
        id="FL-017",
        title=words("水源保护区周边加强监管", "Supervision around water sources"),
        effect="monitor",
        source=Source(PLAN, "第五章", "第一节", "加强饮用水水源地规范化建设"),
        duties={(): Duty((Party(),), None)},
    ),
)  # fmt: skip
READINGS = {
    "tributary": Reading(
        "tributary",
        words("“支流”指哪些河流？", "Which rivers are tributaries?"),
        "all",
        {
            "all": ReadingValue(words("全部支流", "all of them")),
            "first_order": ReadingValue(words("只指一级支流", "first order only")),
        },
    )
}
NOTICES = (
    words("图层为示意数据，结果不得用于审批。", "These layers are indicative only: not for decisions."),
    words(
        "规划期至2025-12-31已满；在被新规划取代之前，其规则仍按有效处理。",
        "The plan's period ended on 2025-12-31; its rules stay in force.",
    ),
)
NAMES = (
    "白涛新材料", "清溪仓储物流园", "龙桥热电扩建", "李渡标准厂房", "马鞍污水处理厂",
    "珍溪榨菜厂", "南沱码头", "蔺市石材加工",
    "新妙养殖场", "焦石集气站", "大木旅游接待中心", "江东安置房",
)  # fmt: skip
KINDS = (
    ("prohibited", "prohibited"), ("prohibited", "prohibited"), ("exit", "prohibited"), ("restricted", "restricted"),
    ("undecided", "prohibited"), ("undecided", "undecided"), ("advised", "restricted"), ("advised", "advised"),
    ("clear", "clear"), ("clear", "clear"), ("outside", "outside"), ("rejected", "rejected"),
)  # fmt: skip


def made_run(**more):
    given = {
        "layers": layers(),
        "rules": RULES,
        "reading_terms": READINGS,
        "readings": {"tributary": "all"},
        "notices": NOTICES,
        "missing_layers": {"visible_range": ("FL-033",)},
        "unchecked": {"FL-033": ("visible_range",)},
        "facts": {"workspace": "fuling-demo"},
    }
    return run(**{**given, **more})


def sample(number=80):
    """Make some sites of every kind with rich findings."""
    random = np.random.default_rng(7)
    sites, shapes, findings = [], [], []
    for k in range(number):
        verdict, possible = KINDS[k % len(KINDS)]
        x, y = X + random.uniform(-23_000, 23_000), Y + random.uniform(-20_000, 20_000)
        if verdict == "outside":
            x += 60_000
        shape = shapely.Point(x, y)
        if k % 3 == 1:
            shape = shapely.Point(x, y).buffer(random.uniform(60, 900), quad_segs=6)
        if k % 17 == 5:
            shape = shapely.LineString([(x, y), (x + 1500, y + 900), (x + 3100, y + 700)])
        shapes.append(None if verdict == "rejected" else shape)
        sites.append(
            site(
                k, verdict, possible, site_id=f"FL-P{k + 1:03d}", source="sample.shp",
                name=f"{NAMES[k % 12]}{k // 12 + 1}期",
                activity="chemical" if k % 2 else "catering;commerce", nature="new", units="ZH50010210001",
                units_maybe="ZH50010220003" if k % 5 == 0 else "", to_main_m=812.34 + k,
                to_wu_m=5210.0, inside_share=1.0,
                area_m2=shape.area or np.nan, depends_on="tributary=first_order>clear" if k % 4 == 0 else "",
                unchecked_by="FL-033" if k % 3 == 0 else "",
                problem="几何自相交，已修复" if k % 9 == 4 else ("坐标为空" if verdict == "rejected" else ""),
            )
        )  # fmt: skip
        findings += findings_for(k, verdict, possible)
    unit = {"row": 0, "code": "ZH50010210001", "category": "priority"}
    units = [
        {**unit, "dimension": "spatial", "item": "禁止新建、扩建化工园区和化工项目"},
        {**unit, "dimension": "risk", "item": "建立环境风险防控体系"},
    ]
    geometry = np.empty(number, object)
    geometry[:] = shapes
    made = (frame(SITE_COLUMNS, sites), frame(FINDING_COLUMNS, findings), frame(UNIT_COLUMNS, units))
    return batch_of(geometry, *made)


RIVER = {
    "predicate": "near", "layer": "river", "feature_id": "001", "feature_name": "长江", "threshold_m": 1000.0,
    "tolerance_m": 15.0,
}  # fmt: skip
RED = {
    "predicate": "in", "layer": "red_line", "feature_id": "002", "feature_name": "红线2", "tolerance_m": 5.0,
    "distance_m": 0.0,
}  # fmt: skip
PARK = {"predicate": "in", "layer": "industrial_park", "feature_id": "001", "distance_m": 0.0, "tolerance_m": 5.0}
SPRING = {"predicate": "in", "layer": "water_source", "feature_id": "003", "distance_m": 0.0, "tolerance_m": 5.0}
DOUBTS = "coverage:river;attribute:river.grade;reading:tributary=first_order"


def findings_for(k, verdict, possible):
    def yes(rule_id, effect, place, answer="yes", **more):
        return finding(k, rule_id, effect, answer, part_answer="yes", **{**place, **more})

    def maybe(rule_id, effect, place, cause, **more):
        return finding(k, rule_id, effect, "maybe", part_answer="maybe", cause=cause, **{**place, **more})

    if verdict == "prohibited":
        near = {"distance_m": 812.34, "margin_m": 187.66, "readings": "tributary=first_order>no"}
        over = {"overlap_m2": 12_345.6, "overlap_share": 0.3456, "exemption": "可主张", "more_features": 2.0}
        return [yes("FL-056", "prohibit", RIVER, **near), yes("FL-008", "prohibit", RED, **over)]
    if verdict == "exit":
        doubt = maybe("FL-056", "prohibit", RIVER, "tolerance;fact:activity", distance_m=1008.2, margin_m=-8.2)
        return [yes("FL-033", "exit", PARK, feature_name="白涛"), doubt]
    if verdict == "restricted":
        return [yes("FL-009", "restrict", RED, "lifted", overlap_m2=420.0, overlap_share=0.02, exemption="已主张")]
    if verdict == "undecided":
        return [maybe("FL-056", "prohibit", RIVER, DOUBTS, distance_m=990.0, margin_m=10.0)]
    if (verdict, possible) == ("advised", "restricted"):
        doubt = maybe("FL-009", "restrict", RED, "fact:nature;layer:visible_range;dem", distance_m=2.5)
        return [yes("FL-017", "monitor", SPRING), doubt]
    return [yes("FL-017", "monitor", SPRING)] if verdict == "advised" else []


def many(number, start=0, *, polygons=True, finding_share=0.4, per_site=8):
    """Make a batch of many sites in a blink: four in ten have findings, half are polygons."""
    random = np.random.default_rng(start + 11)
    x = X + random.uniform(-24_000, 24_000, number)
    y = Y + random.uniform(-21_000, 21_000, number)
    shapes = shapely.points(x, y)
    if polygons:
        shapes[::2] = shapely.buffer(shapes[::2], random.uniform(20, 300, len(shapes[::2])), quad_segs=4)
    found = random.random(number) < finding_share
    kind = random.integers(0, 8, number)
    pairs = np.array(KINDS[:8], object)
    verdict = np.where(found, pairs[kind, 0], "clear").astype(object)
    possible = np.where(found, pairs[kind, 1], "clear").astype(object)
    sites = frame(SITE_COLUMNS, [])
    sites = sites.reindex(range(number))
    sites["row"] = np.arange(start, start + number)
    for name in set(SITE_COLUMNS) - {"row"} - set(sites.select_dtypes("number").columns):
        sites[name] = ""
    sites["verdict"], sites["possible"] = verdict, possible
    sites["site_id"] = [f"B{k:07d}" for k in range(start, start + number)]
    sites["name"] = [f"地块{k}" for k in range(start, start + number)]
    sites["source"], sites["status"], sites["activity"] = "big.gpkg", "ok", "industry"
    sites["to_main_m"] = random.uniform(0, 20_000, number).round(2)
    row = np.repeat(np.arange(start, start + number)[found], per_site)
    ids = np.array([one.id for one in RULES], object)
    effects = np.array([one.effect for one in RULES], object)
    which = np.tile(np.arange(per_site) % len(RULES), int(found.sum()))
    findings = pd.DataFrame(dict.fromkeys(FINDING_COLUMNS, ""), index=range(len(row)))
    findings["row"], findings["rule_id"], findings["effect"] = row, ids[which], effects[which]
    findings["answer"], findings["part_answer"], findings["predicate"] = "maybe", "maybe", "near"
    findings["cause"], findings["layer"], findings["feature_id"] = "tolerance", "river", "001"
    findings["feature_name"] = "长江"
    for name in NUMBERS & set(FINDING_COLUMNS) - {"row"}:
        findings[name] = np.nan
    findings["distance_m"] = random.uniform(0, 1000, len(row)).round(2)
    findings["threshold_m"], findings["tolerance_m"] = 1000.0, 15.0
    return batch_of(shapes, sites, findings, frame(UNIT_COLUMNS, []))


class _Reader(HTMLParser):
    """Takes a page apart: every element with its attributes, every script and style with its text."""

    def __init__(self):
        super().__init__()
        self.elements, self.parts = [], []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self.parts.append([tag, dict(attrs), ""])

    def handle_data(self, data):
        if self.parts and self.lasttag == self.parts[-1][0]:
            self.parts[-1][2] += data

    def handle_endtag(self, tag):
        if tag == self.lasttag:
            self.lasttag = ""


def read_page(path):
    """Give a page's elements, its run scripts, its styles, and its data blocks by id."""
    reader = _Reader()
    reader.feed(path.read_text("utf-8"))
    data = "application/json"
    scripts = [text for tag, attrs, text in reader.parts if tag == "script" and attrs.get("type") != data]
    styles = [text for tag, _, text in reader.parts if tag == "style"]
    blocks = {attrs["id"]: json.loads(text) for _, attrs, text in reader.parts if attrs.get("type") == data}
    return reader.elements, scripts, styles, blocks


def written(path, *batches, lang="zh", zone_geometry=True, run=None):
    """Write a map and take it apart."""
    writer = MapWriter(lang, zone_geometry)
    for one in batches:
        writer.add(one)
    writer.finish(run or made_run(), path)
    return read_page(path)


def decoded(flat):
    """Turn a list of differences back into degrees."""
    return np.cumsum(np.array(flat, np.int64).reshape(-1, 2), axis=0) / 1e6
