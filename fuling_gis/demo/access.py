"""Access lists of the invented units: short, written by us, marked as such."""

from __future__ import annotations

from typing import Final

# Items are separated by this mark, as in the published lists.
SEPARATOR: Final = "；"

_LISTS: Final = {
    "priority": (
        ("示意：不得新建与保护对象无关的设施", "示意：已有采矿点按期退出", "示意：林相改造须保留原生树种"),
        ("示意：不新增排污口", "示意：旅游接待点污水收集后外运"),
        ("示意：巡护道路配备防火物资", "示意：每年排查一次地质灾害点"),
        ("示意：不新增取水", "示意：禁用高污染燃料"),
    ),
    "key": (
        (
            "示意：新项目进入园区对应的产业片区",
            "示意：临江一公里内的化工企业不扩大用地",
            "示意：居住区与厂界之间留出绿带",
        ),
        ("示意：新增主要污染物等量或减量替代", "示意：雨污分流改造完成前不接纳新用户", "示意：堆场全部封闭"),
        ("示意：园区事故池按最大储罐设计", "示意：危险化学品车辆走专用道"),
        ("示意：工业用水重复利用率逐年提高", "示意：燃煤设施改用清洁能源"),
    ),
    "general": (
        ("示意：集中连片耕地内不新建工业项目", "示意：规模养殖场与居民点保持防护距离"),
        ("示意：场镇污水处理厂稳定运行", "示意：养殖粪污就近还田"),
        ("示意：农药包装废弃物统一回收", "示意：尾矿和渣场做好防渗"),
        ("示意：灌溉推广节水设备",),
    ),
}


def access_lists(category: str, serial: int) -> tuple[str, str, str, str]:
    """Give a unit's four lists: spatial, emission, risk, resource. Neighbouring units differ by an item or two."""
    spatial, emission, risk, resource = (_some(items, serial + k) for k, items in enumerate(_LISTS[category]))
    return spatial, emission, risk, resource


def _some(items: tuple[str, ...], turn: int) -> str:
    """Leave out one item in turn, where there are three."""
    kept = [item for i, item in enumerate(items) if len(items) < 3 or i != turn % len(items)]  # noqa: PLR2004
    return SEPARATOR.join(kept)
