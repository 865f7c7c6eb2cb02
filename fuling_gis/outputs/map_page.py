"""One HTML file out of a folium map, Leaflet, our own script and style, and the data: nothing is fetched, ever.

Folium makes the map and sees no text of any file: the data stands beside it in JSON blocks, which are not run, and the
script shows it as text only. The page's own security policy allows the scripts in it by their hashes and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import folium
from branca.element import Element, Figure, MacroElement
from folium.template import Template

from fuling_gis.labels import Lang, label

_ASSETS = Path(__file__).parent / "map_assets"
# In the order in which they lean on each other.
_SCRIPTS = (
    "words", "data", "canvas", "graticule", "measure", "causes", "zones", "range", "markers", "sites", "order", "list",
    "evidence", "doubts", "details", "layers", "head", "print", "view", "page",
)  # fmt: skip
_STYLES = ("map",)
# Latitude and longitude at which folium's map is made; the page then opens where its data lies.
_FULING = (29.7, 107.39)
# What could end a data block, or a line of a script in old readers, is written as a JSON escape.
_ESCAPES = {c: f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


class _Start(MacroElement):
    """Hands folium's map to the page's script."""

    _template = Template("{% macro script(this, kwargs) %}fulingMap({{ this._parent.get_name() }});{% endmacro %}")


def page(blocks: Mapping[str, Any], *, lang: Lang) -> str:
    """Write the page.

    blocks: JSON values by the id of their script element.
    """
    styles, scripts, body = _folium_parts()
    styles = [_leaflet_style(), *styles, *(_asset(f"{name}.css") for name in _STYLES)]
    before = [*scripts[:-1], _leaflet(), _own_script()]
    data = [_block(name, value) for name, value in blocks.items()]
    return "\n".join(
        [
            "<!DOCTYPE html>",
            f'<html lang="{"zh-CN" if lang == "zh" else "en"}">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_policy([*before, scripts[-1]], styles)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{html.escape(label('map.title', lang))}</title>",
            *(f"<style>{style}</style>" for style in styles),
            "</head>",
            "<body>",
            f"<noscript>{html.escape(label('map.noscript', lang))}</noscript>",
            f'<div id="fg-map">{body}</div>',
            *data,
            *(f"<script>{script}</script>" for script in before),
            f"<script>{scripts[-1]}</script>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _folium_parts() -> tuple[list[str], list[str], str]:
    """Give styles, scripts (the last one makes the map) and body of an empty folium map.

    Nothing that came from a file is put into it: folium would run it as a template.
    """
    made = folium.Map(
        location=_FULING,
        tiles=None,
        prefer_canvas=True,
        zoom_control=False,
        min_zoom=3,
        max_zoom=19,
        attribution_control=False,
        zoom_snap=0.25,
    )
    made.default_js, made.default_css = [], []
    made.add_child(_Start())  # type: ignore[no-untyped-call]
    _name_all(made)
    figure = cast("Figure", made.get_root())
    figure.render()
    header = figure.header.render()
    styles = re.findall(r"<style>(.*?)</style>", header, re.DOTALL)
    scripts = re.findall(r"<script>(.*?)</script>", header, re.DOTALL)
    return styles, [*scripts, figure.script.render()], figure.html.render().strip()


def _name_all(made: Element) -> None:
    """Give folium's elements fixed names in place of random ones: the same result makes the same bytes."""
    made._id = "fuling"  # noqa: SLF001 - folium offers no other way
    for place, child in enumerate(made._children.values()):  # noqa: SLF001
        child._id = f"fuling_{place}"  # noqa: SLF001


def _block(name: str, value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character, escape in _ESCAPES.items():
        text = text.replace(character, escape)
    return f'<script type="application/json" id="{name}">{text}</script>'


def _policy(scripts: list[str], styles: list[str]) -> str:
    """Allow the page's own scripts and styles by their hashes, images within it, and nothing from anywhere."""
    return (
        f"default-src 'none'; script-src {_hashes(scripts)}; style-src {_hashes(styles)}; img-src data:; "
        "connect-src 'none'; base-uri 'none'; form-action 'none'"
    )


def _hashes(parts: list[str]) -> str:
    found = [base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() for part in parts]
    return " ".join(f"'sha256-{one}'" for one in found)


@cache
def _asset(name: str) -> str:
    return (_ASSETS / name).read_text("utf-8")


@cache
def _own_script() -> str:
    """Join our scripts; their names stay among themselves, and only `fulingMap` is seen outside."""
    parts = "\n".join(_asset(f"{name}.js") for name in _SCRIPTS)
    return f'(() => {{\n"use strict";\n{parts}}})();'


@cache
def _leaflet() -> str:
    """Give Leaflet, without the address of its source map, which a browser's tools would ask for."""
    text = (files("xstatic.pkg.leaflet") / "data" / "leaflet.js").read_text("utf-8")
    return re.sub(r"\n//# sourceMappingURL=\S*\s*$", "\n", text).replace("</script", "<\\/script")


@cache
def _leaflet_style() -> str:
    """Give Leaflet's style without its remarks and the pictures of controls that this page does not have."""
    text = (files("xstatic.pkg.leaflet") / "data" / "leaflet.css").read_text("utf-8")
    return re.sub(r"/\*.*?\*/|[\w-]+:\s*url\([^)]*\);?", "", text, flags=re.DOTALL)
