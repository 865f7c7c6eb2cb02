"""The QGIS style of the result's layers: one rule a verdict, a mark where worse is possible, titles of the columns.

The file format is QGIS's own XML; it is built here from data alone, so nothing from a site file comes into it.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from fuling_gis.labels import Lang, label
from fuling_gis.outputs import palette
from fuling_gis.outputs.columns import title
from fuling_gis.verdicts import LEVELS, ORDER, VERDICT_OF_LEVEL, VERDICTS

# What a layer's geometries are, as QGIS's function geometry_type() names them.
Family: TypeAlias = Literal["Point", "Line", "Polygon"]
FAMILIES: Final[tuple[Family, ...]] = ("Point", "Line", "Polygon")

_SYMBOL_TYPE: Final = {"Point": "marker", "Line": "line", "Polygon": "fill"}


@dataclass(frozen=True)
class _Style:
    """One entry of the legend: which features, their name, their colour, and whether it is the mark."""

    test: str
    name: str
    colour: str
    is_mark: bool = False


def sites_qml(columns: Sequence[str], families: Iterable[Family], lang: Lang) -> str:
    """Give the style of the sites: coloured by `verdict`, marked where `possible` is worse."""
    styles = [
        _Style(f"\"verdict\" = '{verdict}'", palette.verdict_name(verdict, lang), palette.colour(verdict))
        for verdict in VERDICTS
    ]
    worse = (
        f'("possible" = \'{possible}\' AND "verdict" IN ({_listed(ORDER[place + 1 :])}))'
        for place, possible in enumerate(ORDER[:-1])
    )
    styles.append(_Style(" OR ".join(worse), label("outputs.marked", lang), palette.mark(), is_mark=True))
    return _document(columns, styles, families, lang)


def findings_qml(columns: Sequence[str], families: Iterable[Family], lang: Lang) -> str:
    """Give the style of the findings: coloured by effect, marked where the answer is maybe."""
    styles = []
    for effect, level in LEVELS.items():
        verdict = VERDICT_OF_LEVEL.get(level, "clear")
        test = "\"answer\" = 'lifted'" if effect == "lifted" else f"\"effect\" = '{effect}' AND \"answer\" <> 'lifted'"
        styles.append(_Style(test, label(f"outputs.effect_{effect}", lang), palette.colour(verdict)))
    maybe = label("outputs.answer_maybe", lang)
    styles.append(_Style("\"answer\" = 'maybe'", maybe, palette.mark(), is_mark=True))
    return _document(columns, styles, families, lang)


def _document(columns: Sequence[str], styles: Sequence[_Style], families: Iterable[Family], lang: Lang) -> str:
    qgis = ET.Element("qgis", version="3.28.0", styleCategories="Symbology|Fields|Forms")
    renderer = ET.SubElement(qgis, "renderer-v2", type="RuleRenderer", forceraster="0", symbollevels="0")
    rules = ET.SubElement(renderer, "rules", key="all")
    symbols = ET.SubElement(renderer, "symbols")
    families = list(families)
    number = 0
    for family in families:
        for style in styles:
            # With several families in one layer each symbol must meet its own family only.
            test = style.test if len(families) == 1 else f"geometry_type($geometry) = '{family}' AND ({style.test})"
            key = f"rule{number}"
            ET.SubElement(rules, "rule", key=key, symbol=str(number), filter=test, label=style.name)
            symbols.append(_symbol(number, family, style))
            number += 1
    aliases = ET.SubElement(qgis, "aliases")
    # Field 0 of a GeoPackage layer is its feature id.
    for place, column in enumerate(columns, start=1):
        ET.SubElement(aliases, "alias", index=str(place), field=column, name=title(column, lang))
    return '<!DOCTYPE qgis PUBLIC "http://mrcc.com/qgis.dtd" "SYSTEM">\n' + ET.tostring(qgis, encoding="unicode")


def _symbol(number: int, family: Family, style: _Style) -> ET.Element:
    symbol = ET.Element("symbol", name=str(number), type=_SYMBOL_TYPE[family], alpha="1", clip_to_extent="1")
    symbol.append(_mark(family, style.colour) if style.is_mark else _plain(family, style.colour))
    return symbol


def _plain(family: Family, colour: str) -> ET.Element:
    if family == "Point":
        return _layer(
            "SimpleMarker", name="circle", color=_rgba(colour), size="3", outline_color=_rgba(palette.outline()),
            outline_width="0.2",
        )  # fmt: skip
    if family == "Line":
        return _layer("SimpleLine", line_color=_rgba(colour), line_width="1.6")
    return _layer(
        "SimpleFill", style="solid", color=_rgba(colour, 200), outline_color=_rgba(palette.outline()),
        outline_width="0.2", outline_style="solid",
    )  # fmt: skip


def _mark(family: Family, colour: str) -> ET.Element:
    """Draw the mark: a ring round a point, a broken line over a line, hatching over an area."""
    if family == "Point":
        return _layer(
            "SimpleMarker", name="circle", color="0,0,0,0", size="5", outline_color=_rgba(colour), outline_width="0.6"
        )
    if family == "Line":
        # Short dashes far apart: the colour under them must still be seen.
        return _layer(
            "SimpleLine", line_color=_rgba(colour), line_width="0.5", use_custom_dash="1", customdash="1.2;2.4",
            customdash_unit="MM", capstyle="flat",
        )  # fmt: skip
    return _layer(
        "SimpleFill", style="b_diagonal", color=_rgba(colour), outline_color=_rgba(colour), outline_width="0.5",
        outline_style="solid",
    )  # fmt: skip


def _layer(kind: str, **options: str) -> ET.Element:
    layer = ET.Element("layer", {"class": kind, "enabled": "1", "locked": "0", "pass": "0"})
    tree = ET.SubElement(layer, "Option", type="Map")
    for name, value in options.items():
        ET.SubElement(tree, "Option", name=name, value=value, type="QString")
        # QGIS before 3.22 reads the older form.
        ET.SubElement(layer, "prop", k=name, v=value)
    return layer


def _rgba(colour: str, alpha: int = 255) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"{red},{green},{blue},{alpha}"


def _listed(words: Sequence[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)
