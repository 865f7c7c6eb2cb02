"""map.html: one file that opens by double click, with no network, and says which sites fail and why.

What is kept of the sites is in `map_sites` and `map_details`, what is drawn of the layers in `map_layers`, what is
said of the law in `map_rules`, how the page is put together in `map_page`, and how it looks and moves in
`map_assets/`. Here the parts meet.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from fuling_gis.activities import activities
from fuling_gis.facts import facts
from fuling_gis.labels import LANGS, Lang, words
from fuling_gis.layers.schema import kinds
from fuling_gis.natures import natures
from fuling_gis.outputs import palette
from fuling_gis.outputs.map_details import extents, packets, site_list
from fuling_gis.outputs.map_layers import Drawing, drawings, style_sheet
from fuling_gis.outputs.map_lines import Lines, measured_lines, no_lines
from fuling_gis.outputs.map_page import page
from fuling_gis.outputs.map_range import range_drawings
from fuling_gis.outputs.map_rules import reading_entries, rule_entries, unit_entries
from fuling_gis.outputs.map_sites import MANY, SHOWN_ORDER, SIMPLIFIED_M, Kept, KeptSites
from fuling_gis.overlay.result import Batch, Run

# West, south, east, north in degrees: where the map opens if there is nothing to show. About the district of Fuling.
_NOWHERE = (106.9, 29.3, 107.8, 30.1)


class MapWriter:
    """Collects the batches of a run, then writes the map.

    lang: the language the page opens in; it carries both and has a switch.
    zone_geometry: False keeps every layer's outline out of the file, and the lines that end on one.
    """

    def __init__(self, lang: Lang, zone_geometry: bool = True) -> None:  # noqa: FBT001, FBT002 - the interface of outputs
        self._lang: Lang = lang
        self._zone_geometry = zone_geometry
        self._kept = KeptSites()

    def add(self, batch: Batch) -> None:
        """Keep of a batch what the map shows."""
        self._kept.add(batch)

    def finish(self, run: Run, path: Path) -> None:
        """Write the map; the batches must all have been added, in the working CRS of `run`."""
        kept = self._kept.settle()
        drawn = [*drawings(run), *range_drawings(run)] if self._zone_geometry else []
        drawn.sort(key=lambda one: style_sheet().place(one.entry["id"]))
        # The ends of lines lie on outlines, and many of them draw one.
        lines = measured_lines(kept, run) if self._zone_geometry else no_lines()
        text = page(_blocks(run, kept, drawn, lines, self._lang), lang=self._lang)
        path.write_bytes(text.encode("utf-8", "replace"))


def _blocks(run: Run, kept: Kept, drawn: list[Drawing], lines: Lines, lang: Lang) -> dict[str, Any]:
    """Give the data of the page by the id of its script element."""
    about = _about(run, kept, drawn, lang) | {"unlined": lines.left_out}
    blocks: dict[str, Any] = {"fg-run": about, "fg-sites": site_list(kept, run.crs)}
    blocks |= {f"fg-zone-{place}": drawing.shapes for place, drawing in enumerate(drawn)}
    return blocks | {f"fg-detail-{place}": packet for place, packet in enumerate(packets(kept, lines))}


def _about(run: Run, kept: Kept, drawn: list[Drawing], lang: Lang) -> dict[str, Any]:
    return {
        "lang": lang,
        "words": _words(),
        "verdicts": [_verdict(verdict) for verdict in SHOWN_ORDER],
        "colours": {"outline": palette.outline(), "mark": palette.mark(), "background": style_sheet().background},
        "workspace": str(run.facts.get("workspace", "")),
        "as_of": run.as_of.isoformat(),
        "crs": run.crs,
        "opening": _opening(run, kept, drawn),
        "notices": [dict(notice) for notice in run.notices],
        "counts": kept.counts,
        "marked": kept.marked,
        "total": kept.total,
        "many": MANY if kept.total > MANY else 0,
        "dropped": kept.total - len(kept.sites),
        "pointed": kept.pointed,
        "simplified_m": SIMPLIFIED_M,
        "rules": rule_entries(run, kept.rules),
        "readings": reading_entries(run),
        "units": unit_entries(kept.units),
        "everywhere": list(run.everywhere),
        "indicative": any(layer.indicative for layer in run.layers.values()),
        "unchecked": {rule: list(layers) for rule, layers in run.unchecked.items()},
        "known_layers": {kind.id: dict(kind.title) for kind in kinds().values()},
        "fields": {name: dict(one.title) for kind in kinds().values() for name, one in kind.fields.items()},
        "layer_titles": {layer_id: dict(layer.title) for layer_id, layer in run.layers.items()},
        "layers": [drawing.entry for drawing in drawn],
        "activities": {activity.id: dict(activity.name) for activity in activities().values()},
        "natures": {nature: dict(title) for nature, title in natures().items()},
        "facts": {fact.name: dict(fact.title) for fact in facts().values()},
    }


def _words() -> dict[str, dict[str, str]]:
    """Give the words of the page: its own, and of the shared ones the names of effects."""
    shared = {key: entry for key, entry in words("outputs").items() if key.startswith("effect_")}
    return shared | words("map")


def _verdict(verdict: str) -> dict[str, Any]:
    title = {lang: palette.verdict_name(verdict, lang) for lang in LANGS}
    return {"id": verdict, "colour": palette.colour(verdict), "title": title}


def _opening(run: Run, kept: Kept, drawn: list[Drawing]) -> tuple[float, float, float, float]:
    """Give the part of the world to open at: the district, else the sites that were judged, else all sites."""
    district = [drawing.bounds for drawing in drawn if drawing.entry["id"] == "district"]
    for found in (*district, *extents(kept, run.crs)):
        if found is not None and np.isfinite(found).all():
            return found
    return _NOWHERE
