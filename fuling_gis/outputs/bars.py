"""The plan's figures as bars beside their targets, in one SVG picture."""

from __future__ import annotations

from typing import Final

from fuling_gis.indicators.measure import Figures
from fuling_gis.indicators.model import Figure
from fuling_gis.labels import Lang, label
from fuling_gis.outputs.svg import FAINT, INK, line, page, text

_WIDTH: Final = 980
_ROW: Final = 30
_TOP: Final = 92
_LEFT: Final = 330
_FULL: Final = 380
_COLOURS: Final = {"yes": "#2F7D5B", "no": "#B23B2E", "maybe": "#C58A1B", "": "#7C8794"}
# A bar ends here at the latest, in parts of what it is measured by.
_LONGEST: Final = 1.4


def bars_svg(figures: Figures, lang: Lang) -> str:
    """Draw all figures that have a value and something to be measured by, and name the others below."""
    drawn = [one for one in figures.figures if one.value is not None and _unit(one) is not None]
    others = [one for one in figures.figures if one not in drawn]
    height = _TOP + _ROW * len(drawn) + 40 + 19 * (len(others) + 1)
    parts = [
        text(24, 34, label("indicators.title", lang, as_of=figures.as_of.isoformat()), size=19, weight="bold"),
        text(24, 56, label("indicators.picture_scale", lang), size=12, colour=FAINT),
    ]
    if any(one.indicative for one in figures.figures):
        parts.append(text(24, 74, label("indicators.indicative", lang), size=12, colour="#A4545A"))
    bottom = _TOP + _ROW * len(drawn)
    full = _LEFT + _FULL / _LONGEST
    parts.append(line((full, _TOP - 4), (full, bottom), "#111827", 1.5))
    parts.append(text(full, bottom + 16, "100 %", size=11, anchor="middle"))
    for n, figure in enumerate(drawn):
        parts += _bar(figure, _TOP + n * _ROW, lang)
    y = bottom + 44
    parts.append(text(24, y, label("indicators.no_bar", lang), size=13, weight="bold"))
    for n, figure in enumerate(others):
        words = figure.indicator.title[lang]
        value = "" if figure.value is None else f": {figure.value:,.2f}"
        parts.append(text(24, y + 19 * (n + 1), f"· {words}{value}", size=12, colour=FAINT))
    return page(_WIDTH, height, parts)


def _unit(figure: Figure) -> float | None:
    """Give what a bar is measured by: the target, else the plan's own figure; None where there is neither."""
    target = figure.indicator.target
    found = figure.indicator.planned if target is None else target.least if target.least is not None else target.most
    return found or None


def _bar(figure: Figure, y: float, lang: Lang) -> list[str]:
    one, unit = figure.indicator, _unit(figure)
    if unit is None or figure.value is None or figure.low is None or figure.high is None:
        return []
    low, value, high = (
        _LEFT + min(v / unit, _LONGEST) * _FULL / _LONGEST for v in (figure.low, figure.value, figure.high)
    )
    colour = _COLOURS[figure.met]
    middle = y + _ROW / 2
    word = label(f"indicators.unit_{one.unit}", lang)
    digits = 0 if one.unit == "count" else 2
    goal = (
        one.target.text if one.target is not None else f"{label('indicators.picture_planned', lang)} {one.planned:,g}"
    )
    kind = "" if one.kind == "none" else " · " + label(f"indicators.kind_{one.kind}", lang)
    met = label(f"indicators.met_{figure.met}", lang) if figure.met else ""
    return [
        text(_LEFT - 12, middle + 4, one.title[lang], size=13, anchor="end"),
        f'<rect x="{_LEFT}" y="{y + 6}" width="{value - _LEFT:.1f}" height="{_ROW - 12}" fill="{colour}"/>',
        line((low, middle), (high, middle), INK, 1.2),
        *(line((x, middle - 4), (x, middle + 4), INK, 1.2) for x in (low, high)),
        text(_LEFT + _FULL + 10, middle, f"{figure.value:,.{digits}f} {word}", size=13, weight="bold"),
        text(_LEFT + _FULL + 10, middle + 13, f"{goal}{kind}", size=11, colour=FAINT),
        text(_WIDTH - 12, middle + 4, met, size=12, colour=colour, anchor="end"),
    ]
