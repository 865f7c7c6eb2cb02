"""Where trades are carried on: mines, tailings, gas, livestock, and points along the rivers."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from fuling_gis.demo import places
from fuling_gis.demo.ground import Ground, areas
from fuling_gis.demo.patches import cut, scattered, spots, tiled
from fuling_gis.demo.rivers import pond
from fuling_gis.demo.table import Columns, Table

# The plan, chapter 1: 393 outfalls into the two rivers were found.
OUTFALLS: Final = 393
# Centre and hectares of the invented gas fields.
_GAS: Final = (("107.6000 29.7000", 11_500.0), ("107.3600 29.5400", 2_400.0))
_STATES: Final = ("operating", "closed", "abandoned")
_SECTIONS: Final = (
    ("清溪场", "107.4530 29.8000"),
    ("木瓜洞", "107.5080 29.9030"),
    ("麻柳嘴", "107.4012 29.7050"),
)


def gas_field(ground: Ground) -> Table:
    """Draw the shale-gas field about Jiaoshi and a smaller one in the south-west."""
    fields_of = [pond(places.way(at)[0], ha, seed=2200 + i, ragged=0.2, n=200) for i, (at, ha) in enumerate(_GAS)]
    held = cut(np.array(fields_of, dtype=object), ground.district)
    return Table.of(held, {"BM": ["SG01", "SG02"], "MC": ["焦石页岩气开采区", "平桥页岩气开采区"]})


def mines(ground: Ground, red_line: Table, taken: Any) -> Table:
    """Draw mines in the hills, outside the red line but for one; the state of one is not recorded."""
    hills = ground.within & (ground.heights > 0.12) & ~ground.nodes.inside(shapely.buffer(taken, 300.0))  # noqa: PLR2004
    off_line = hills & ~ground.nodes.inside(shapely.buffer(red_line.whole, 500.0))
    held = scattered(ground, off_line, 15, seed=2300, hectares=(6.0, 40.0), apart_m=2600.0)
    inside = ground.nodes.inside(shapely.buffer(red_line.whole, -400.0))
    held = np.concatenate([held, scattered(ground, inside, 1, seed=2390, hectares=(8.0, 9.0), apart_m=1000.0)])
    states: list[str | None] = [_STATES[i % 3] for i in range(len(held))]
    states[3] = None
    fields: Columns = {
        "XKZH": [f"示意C500102{i + 1:04d}" for i in range(len(held))],
        "KSMC": [f"示意矿山{i + 1}" for i in range(len(held))],
        "KSZT": states,
    }
    return Table.of(held, fields)


def tailings(ground: Ground) -> Table:
    """Draw two ponds of tailings."""
    ways = ("107.4500 29.6150", "107.2300 29.6250")
    drawn = [
        pond(places.way(way)[0], size, seed=2400 + i, n=60)
        for i, (way, size) in enumerate(zip(ways, (38.0, 16.0), strict=True))
    ]
    held = cut(np.array(drawn, dtype=object), ground.district)
    return Table.of(held, {"BM": ["TL01", "TL02"], "WKKMC": ["示意磷石膏尾矿库", "示意尾矿库"]})


def livestock_zones(ground: Ground, banned: Any) -> Table:
    """Divide the district into banned, limited and free ground for livestock; the kind of a piece is not recorded."""
    first = areas(shapely.simplify(shapely.buffer(banned, 180.0, quad_segs=3), 45.0))
    second = areas(shapely.simplify(shapely.buffer(first, 420.0, quad_segs=3), 60.0))
    doubt = pond(places.way("107.1500 29.4700")[0], 420.0, seed=2500, n=80)
    tiles = tiled(ground.district, {"?": doubt, "banned": first, "limited": second})
    tiles["allowed"] = tiles.pop("")
    names = {"banned": "畜禽禁养区", "limited": "畜禽限养区", "allowed": "畜禽适养区", "?": "待定区"}
    fields: Columns = {
        "BM": [f"LZ{i + 1}" for i in range(len(tiles))],
        "MC": [names[kind] for kind in tiles],
        "LX": [None if kind == "?" else kind for kind in tiles],
    }
    return Table.of(np.array(list(tiles.values()), dtype=object), fields)


def farmland_classes(ground: Ground, fields: Table) -> Table:
    """Draw the units of polluted farmland: a few corners of the fields."""
    drawn = scattered(
        ground,
        ground.nodes.inside(shapely.buffer(fields.whole, -60.0)),
        9,
        seed=2600,
        hectares=(20.0, 60.0),
        apart_m=5000.0,
    )
    held = cut(drawn, fields.whole)
    kinds = ["安全利用类" if i % 3 else "严格管控类" for i in range(len(held))]
    return Table.of(
        held,
        {"BM": [f"FCU{i + 1:02d}" for i in range(len(held))], "MC": [f"{kind}{i + 1}" for i, kind in enumerate(kinds)]},
    )


def outfalls(ground: Ground, river: Table) -> Table:
    """Set the outfalls along the banks, closer together at the city."""
    banks = _banks(ground, river, ["长江", "乌江", "渠溪河", "黎香溪", "麻溪河"])
    rng = np.random.default_rng(2700)
    far = np.sort(rng.uniform(0.0, banks.length, OUTFALLS * 3))
    held = shapely.line_interpolate_point(banks, far)
    x, y = places.seat("敦仁街道")
    nearness = np.hypot(shapely.get_x(held) - x, shapely.get_y(held) - y) / 9000.0
    chosen = np.sort(np.argsort(nearness + rng.uniform(0.0, 6.0, len(held)), kind="stable")[:OUTFALLS])
    return _points(held[chosen], "OU", "PWKMC", "入河排污口")


def sections(ground: Ground, river: Table) -> Table:
    """Set the nine sections: the three that the plan names, and six whose names it does not give."""
    marks = [places.way(way)[0] for _, way in _SECTIONS]
    names = [name for name, _ in _SECTIONS]
    for name in ("黎香溪", "麻溪河", "清溪河", "碧溪河", "新河", "珍溪河"):
        water = river.geometry[list(river.fields["river"]).index(name)]
        marks.append(np.array(shapely.intersection(water, ground.district).representative_point().coords[0]))
        names.append(f"示意断面（{name}）")
    held = shapely.points(np.round(np.array(marks), 2))
    return Table.of(held, {"BM": [f"SEC{i + 1}" for i in range(len(held))], "DMMC": names})


def ports(ground: Ground, river: Table) -> Table:
    """Set wharves along both great rivers."""
    banks = _banks(ground, river, ["长江", "乌江"])
    far = np.random.default_rng(2800).uniform(0.0, banks.length, 26)
    return _points(shapely.line_interpolate_point(banks, np.sort(far)), "PT", "MTMC", "码头")


def hydropower(ground: Ground, river: Table) -> Table:
    """Set small power stations on the tributaries of the hills."""
    banks = _banks(ground, river, ["麻溪河", "焦石河", "黎香溪", "油江河", "大顺河", "渠溪河", "罗云河"])
    far = np.random.default_rng(2900).uniform(0.0, banks.length, 18)
    return _points(shapely.line_interpolate_point(banks, np.sort(far)), "HY", "DZMC", "电站")


def waste_facilities(ground: Ground, taken: Any) -> Table:
    """Set landfills and treatment works outside the towns."""
    free = ground.within & ~ground.nodes.inside(shapely.buffer(taken, 400.0)) & (ground.to_seat < 5000.0)  # noqa: PLR2004
    xy = spots(ground, free, 9, seed=3000, apart_m=6000.0)
    return _points(shapely.points(np.round(xy, 2)), "WF", "MC", "固废设施")


def _banks(ground: Ground, river: Table, names: list[str]) -> Any:
    chosen = np.isin(np.array(river.fields["river"]), names)
    lines = shapely.intersection(shapely.boundary(river.geometry[chosen]), ground.district)
    return shapely.line_merge(shapely.union_all(shapely.get_parts(lines)))


def _points(held: NDArray[np.object_], code: str, column: str, name: str) -> Table:
    held = shapely.transform(held, lambda xy: np.round(xy, 2))
    fields: Columns = {
        "BM": [f"{code}{i + 1:03d}" for i in range(len(held))],
        column: [f"示意{name}{i + 1}" for i in range(len(held))],
    }
    return Table.of(held, fields)
