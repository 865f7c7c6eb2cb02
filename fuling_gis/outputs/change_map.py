"""A map of two versions of a layer: what was kept, gained and lost, in one SVG picture with its figures."""

from __future__ import annotations

from typing import Any, Final

import shapely

from fuling_gis.indicators.change import Change
from fuling_gis.labels import Lang, label
from fuling_gis.outputs.svg import page, text

_WIDTH: Final = 900
_HEIGHT: Final = 820
_TOP: Final = 96
_MARGIN: Final = 24
# Outlines are drawn no finer than this part of the picture.
_FINEST: Final = 0.4
_COLOURS: Final = {"kept": "#B9B4AA", "gained": "#2F7D5B", "lost": "#C0392B"}


def change_svg(change: Change, district: Any, lang: Lang) -> str:
    """Draw both versions. district: its outline is drawn where there is one."""
    frame = district if district is not None else shapely.union_all([change.kept, change.gained, change.lost])
    west, south, east, north = frame.bounds
    scale = min((_WIDTH - 2 * _MARGIN) / (east - west), (_HEIGHT - _TOP - _MARGIN - 20) / (north - south))

    def way(geometry: Any) -> str:
        drawn = shapely.simplify(geometry, _FINEST / scale)
        rings = shapely.get_rings(shapely.get_parts(drawn))
        lines = []
        # Rings differ in length, so each is written by itself.
        for ring in rings:
            xy = shapely.get_coordinates(ring)
            points = " ".join(f"{_MARGIN + (x - west) * scale:.1f},{_TOP + (north - y) * scale:.1f}" for x, y in xy)
            lines.append(f"M{points}Z")
        return "".join(lines)

    parts = []
    if district is not None:
        parts.append(f'<path d="{way(district)}" fill="#F6F5F1" stroke="#4B5563" stroke-width="1.2"/>')
    for name, colour in _COLOURS.items():
        geometry = getattr(change, name)
        if not geometry.is_empty:
            parts.append(
                f'<path d="{way(geometry)}" fill="{colour}" fill-rule="evenodd" stroke="{colour}" stroke-width="0.8"/>'
            )
    for n, (name, colour) in enumerate(_COLOURS.items()):
        x = _MARGIN + n * 130
        parts.append(f'<rect x="{x}" y="70" width="18" height="12" fill="{colour}"/>')
        parts.append(text(x + 24, 81, label(f"indicators.change_{name}", lang), size=13))
    heads = {
        "title": change.after.title[lang],
        "before": _date(change.before, lang),
        "after": _date(change.after, lang),
    }
    numbers = {
        name: f"{getattr(change, f'{name}_ha'):,.2f}"
        for name in ("before", "after", "gained", "lost", "net", "low", "high")
    }
    head = [
        text(_MARGIN, 30, label("indicators.change_title", lang, **heads), size=18),
        text(_MARGIN, 54, label("indicators.change_figures", lang, **numbers), size=13),
    ]
    return page(_WIDTH, _HEIGHT, [*head, *parts])


def _date(layer: Any, lang: Lang) -> str:
    first, last = layer.valid_from, layer.valid_to
    if first is not None:
        return str(first.isoformat())
    return f"≤ {last.isoformat()}" if last is not None else label("indicators.undated", lang)
