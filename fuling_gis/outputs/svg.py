"""SVG pages and the text on them: what our drawings share. Text from files is escaped here."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

INK: Final = "#1F2937"
FAINT: Final = "#4B5563"
# Fonts with Chinese characters, as they are called on the systems that have them.
_FONTS: Final = "'Noto Sans CJK SC', 'Microsoft YaHei', 'SimHei', 'WenQuanYi Micro Hei', sans-serif"


def page(width: int, height: int, parts: Iterable[str]) -> str:
    """Put parts on a white page of so many pixels."""
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="{escape(_FONTS)}">'
    return "\n".join([head, f'<rect width="{width}" height="{height}" fill="#FFFFFF"/>', *parts, "</svg>", ""])


def text(
    x: float, y: float, words: str, *, size: int = 12, colour: str = INK, anchor: str = "start", weight: str = "normal"
) -> str:
    """Write words whose line stands on y; anchor: start, middle or end of them is at x."""
    look = f'font-size="{size}" fill="{colour}" text-anchor="{anchor}" font-weight="{weight}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {look}>{escape(words)}</text>'


def line(start: tuple[float, float], end: tuple[float, float], colour: str, width: float) -> str:
    """Draw a straight line."""
    (x1, y1), (x2, y2) = start, end
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="{colour}" stroke-width="{width}"/>'
