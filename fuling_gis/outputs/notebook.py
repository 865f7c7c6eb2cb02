"""How a result shows itself in a notebook: the counts, the worst sites, a small map and the limits.

Plain HTML and SVG without scripts or requests; every text from files is escaped.
"""

from __future__ import annotations

from html import escape
from typing import Final

import geopandas as gpd
import numpy as np
import shapely

from fuling_gis.labels import Lang, label
from fuling_gis.outputs import palette
from fuling_gis.outputs.limits import limits
from fuling_gis.outputs.palette import verdict_name
from fuling_gis.overlay.result import Run
from fuling_gis.verdicts import ORDER, VERDICTS

# Sites in the table and on the map, the worst first.
SHOWN: Final = 10
DRAWN: Final = 2_000
# Width of the map, pixels, and how coarse its outlines may be, parts of it.
_WIDE: Final = 420.0
_COARSE: Final = 400.0
_BY: Final = ("prohibited_by", "exit_by", "restricted_by", "lifted_by", "maybe_by", "unchecked_by")
_RANK: Final = {verdict: place for place, verdict in enumerate((*ORDER, "rejected"))}


def html(sites: gpd.GeoDataFrame, findings: int, run: Run) -> str:
    """Show the sites of a result as HTML. findings: how many there are."""
    lang: Lang = run.lang
    said = label("notebook.head", lang, sites=f"{len(sites):,}", findings=f"{findings:,}", day=run.as_of)
    return (
        '<div style="font-family:sans-serif;max-width:60em">'
        f'<p style="margin:0 0 .4em"><b>{escape(said)}</b></p>'
        f'<p style="margin:0 0 .6em;color:{palette.mark()}">{escape(limits()[lang])}</p>'
        '<div style="display:flex;gap:1.5em;flex-wrap:wrap;align-items:flex-start">'
        f"{_counts(sites, lang)}{_map(sites, run, lang)}</div>"
        f"{_worst(sites, lang)}{_notices(run, lang)}</div>"
    )


def line(sites: gpd.GeoDataFrame, findings: int, run: Run) -> str:
    """Give a result as one line of text."""
    counts = sites["verdict"].astype(str).value_counts()
    told = ", ".join(f"{verdict} {counts[verdict]}" for verdict in VERDICTS if counts.get(verdict))
    return f"<Result: {len(sites)} sites on {run.as_of} ({told}), {findings} findings; a screening, not an approval>"


def _counts(sites: gpd.GeoDataFrame, lang: Lang) -> str:
    verdict, possible = (sites[name].astype(str).value_counts() for name in ("verdict", "possible"))
    rows = "".join(
        f'<tr><td style="text-align:left">{_swatch(name)} {escape(verdict_name(name, lang))}</td>'
        f"<td>{verdict.get(name, 0):,}</td><td>{possible.get(name, 0):,}</td></tr>"
        for name in VERDICTS
        if verdict.get(name) or possible.get(name)
    )
    head = "".join(f"<th>{escape(label(f'notebook.{name}', lang))}</th>" for name in ("verdict", "count", "possible"))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _swatch(verdict: str) -> str:
    style = f"display:inline-block;width:.8em;height:.8em;border:1px solid #333;background:{palette.colour(verdict)}"
    return f'<span style="{style}"></span>'


def _worst(sites: gpd.GeoDataFrame, lang: Lang) -> str:
    some = _ranked(sites).head(SHOWN)
    rows = []
    for site in some.to_dict("records"):
        rules = ";".join(filter(None, (str(site[name] or "") for name in _BY))) or str(site["problem"] or "")
        cells = [site["site_id"], site["name"], verdict_name(str(site["verdict"]), lang)]
        cells += [verdict_name(str(site["possible"]), lang), rules]
        rows.append("".join(f'<td style="text-align:left">{escape(str(cell or ""))}</td>' for cell in cells))
    names = ("id", "name", "verdict", "possible", "rules")
    head = "".join(f'<th style="text-align:left">{escape(label(f"notebook.{name}", lang))}</th>' for name in names)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    told = escape(label("notebook.worst", lang, n=len(rows), all=f"{len(sites):,}"))
    return f'<p style="margin:.8em 0 .2em">{told}</p><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _ranked(sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    ranks = [sites[name].astype(str).map(_RANK).to_numpy(np.int64) for name in ("possible", "verdict")]
    return sites.iloc[np.lexsort((np.arange(len(sites)), *ranks))]


def _notices(run: Run, lang: Lang) -> str:
    items = "".join(f"<li>{escape(notice[lang])}</li>" for notice in run.notices)
    return (
        f"<details><summary>{escape(label('notebook.notices', lang))}</summary><ul>{items}</ul></details>"
        if items
        else ""
    )


def _map(sites: gpd.GeoDataFrame, run: Run, lang: Lang) -> str:
    """Draw district, rivers and sites, the worst on top."""
    worst = _ranked(sites).head(DRAWN)
    shapes = worst.geometry.to_numpy()
    known = ~shapely.is_missing(shapes)
    district, river = run.layers.get("district"), run.layers.get("river")
    around = shapes[known] if district is None else district.geometry
    if not len(around):
        return ""
    west, south, east, north = shapely.total_bounds(around)
    size = max(east - west, north - south, 1.0) * 1.04
    scale, left, top = _WIDE / size, (west + east - size) / 2, (south + north + size) / 2

    def path(geometry: shapely.Geometry) -> str:
        rings = shapely.get_rings(shapely.get_parts(shapely.simplify(geometry, size / _COARSE)))
        return "".join(
            "M"
            + "L".join(f"{(x - left) * scale:.1f} {(top - y) * scale:.1f}" for x, y in shapely.get_coordinates(ring))
            + "Z"
            for ring in rings
        )

    drawn = []
    for layer, fill, edge in ((district, "#f4f1ea", "#555"), (river, palette.water(), "none")):
        if layer is not None:
            d = "".join(path(one) for one in layer.geometry)
            drawn.append(f'<path d="{d}" fill="{fill}" stroke="{edge}" fill-rule="evenodd" opacity=".8"/>')
    places = shapely.point_on_surface(shapes[known])
    for place, verdict in list(zip(places, worst["verdict"].astype(str)[known], strict=True))[::-1]:
        x, y = (place.x - left) * scale, (top - place.y) * scale
        drawn.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{palette.colour(verdict)}" stroke="#333"/>')
    told = escape(label("notebook.map", lang), quote=True)
    box = f'width="{_WIDE:.0f}" height="{_WIDE:.0f}" viewBox="0 0 {_WIDE:.0f} {_WIDE:.0f}"'
    return f'<svg {box} role="img" aria-label="{told}" style="background:#fff">{"".join(drawn)}</svg>'
