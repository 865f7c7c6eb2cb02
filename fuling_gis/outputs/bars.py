"""The plan's figures as bars beside their targets, in one SVG picture."""

from __future__ import annotations

from html import escape
from typing import Final

from fuling_gis.indicators.measure import Figures
from fuling_gis.indicators.model import Figure
from fuling_gis.labels import Lang, label

_WIDTH: Final = 980
_ROW: Final = 30
_TOP: Final = 92
_LEFT: Final = 330
_FULL: Final = 380
_COLOURS: Final = {"yes": "#2F7D5B", "no": "#B23B2E", "maybe": "#C58A1B", "": "#7C8794"}
_INK: Final = "#1F2937"
_FAINT: Final = "#4B5563"
_FONT: Final = "'Noto Sans CJK SC', 'Microsoft YaHei', 'SimHei', 'WenQuanYi Micro Hei', sans-serif"
# A bar ends here at the latest, in parts of what it is measured by.
_LONGEST: Final = 1.4


def bars_svg(figures: Figures, lang: Lang) -> str:
    """Draw all figures that have a value and something to be measured by, and name the others below."""
    drawn = [one for one in figures.figures if one.value is not None and _unit(one) is not None]
    others = [one for one in figures.figures if one not in drawn]
    height = _TOP + _ROW * len(drawn) + 40 + 19 * (len(others) + 1)
    parts = [
        _text(24, 34, label("indicators.title", lang, as_of=figures.as_of.isoformat()), size=19, weight="bold"),
        _text(24, 56, label("indicators.picture_scale", lang), size=12, colour=_FAINT),
    ]
    if any(one.indicative for one in figures.figures):
        parts.append(_text(24, 74, label("indicators.indicative", lang), size=12, colour="#A4545A"))
    bottom = _TOP + _ROW * len(drawn)
    full = _LEFT + _FULL / _LONGEST
    parts.append(f'<line x1="{full:.1f}" y1="{_TOP - 4}" x2="{full:.1f}" y2="{bottom}" stroke="#111827" stroke-width="1.5"/>')
    parts.append(_text(full, bottom + 16, "100 %", size=11, anchor="middle"))
    for n, figure in enumerate(drawn):
        parts += _bar(figure, _TOP + n * _ROW, lang)
    y = bottom + 44
    parts.append(_text(24, y, label("indicators.not_computed", lang), size=13, weight="bold"))
    for n, figure in enumerate(others):
        words = figure.indicator.title[lang]
        value = "" if figure.value is None else f": {figure.value:,.2f}"
        parts.append(_text(24, y + 19 * (n + 1), f"· {words}{value}", size=12, colour=_FAINT))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
            f'role="img" font-family="{escape(_FONT)}">',
            f'<rect width="{_WIDTH}" height="{height}" fill="#FFFFFF"/>',
            *parts,
            "</svg>",
            "",
        ]
    )


def _unit(figure: Figure) -> float | None:
    """Give what a bar is measured by: the target, else the plan's own figure; None where there is neither."""
    target = figure.indicator.target
    found = figure.indicator.planned if target is None else target.least if target.least is not None else target.most
    return found or None


def _bar(figure: Figure, y: float, lang: Lang) -> list[str]:
    one, unit = figure.indicator, _unit(figure)
    if unit is None or figure.value is None or figure.low is None or figure.high is None:
        return []
    low, value, high = (_LEFT + min(v / unit, _LONGEST) * _FULL / _LONGEST for v in (figure.low, figure.value, figure.high))
    colour = _COLOURS[figure.met]
    middle = y + _ROW / 2
    word = label("indicators.unit_" + one.unit, lang)
    digits = 0 if one.unit == "count" else 2
    goal = one.target.text if one.target is not None else f"{label('indicators.picture_planned', lang)} {one.planned:,g}"
    kind = "" if one.kind == "none" else " · " + label(f"indicators.kind_{one.kind}", lang)
    met = label(f"indicators.met_{figure.met}", lang) if figure.met else ""
    return [
        _text(_LEFT - 12, middle + 4, one.title[lang], size=13, anchor="end"),
        f'<rect x="{_LEFT}" y="{y + 6}" width="{value - _LEFT:.1f}" height="{_ROW - 12}" fill="{colour}" fill-opacity="0.85"/>',
        f'<line x1="{low:.1f}" y1="{middle}" x2="{high:.1f}" y2="{middle}" stroke="{_INK}" stroke-width="1.2"/>',
        *(
            f'<line x1="{x:.1f}" y1="{middle - 4}" x2="{x:.1f}" y2="{middle + 4}" stroke="{_INK}" stroke-width="1.2"/>'
            for x in (low, high)
        ),
        _text(_LEFT + _FULL + 10, middle, f"{figure.value:,.{digits}f} {word}", size=13, weight="bold"),
        _text(_LEFT + _FULL + 10, middle + 13, f"{goal}{kind}", size=11, colour=_FAINT),
        _text(_WIDTH - 12, middle + 4, met, size=12, colour=colour, anchor="end"),
    ]


def _text(x: float, y: float, text: str, *, size: int, colour: str = _INK, anchor: str = "start", weight: str = "normal") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" text-anchor="{anchor}" '
        f'font-weight="{weight}">{escape(text)}</text>'
    )
