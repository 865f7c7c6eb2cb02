"""What every output must say of a computed visible range: its figures are presumed, and a model leaves things open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fuling_gis.overlay.notices import notice
from fuling_gis.overlay.scene import roughness_m
from fuling_gis.overlay.sight import range_of
from fuling_gis.overlay.zones import ZoneBook
from fuling_gis.rules.model import Ask
from fuling_gis.rules.views import demands, view_of


def range_notices(asked: Iterable[Ask], book: ZoneBook) -> Iterator[dict[str, str]]:
    """Say what the visible ranges of some questions rest on; nothing where none is computed."""
    told: set[str] = set()
    for question in asked:
        found = range_of(question, book)
        view = view_of(question.view)
        if found is None or view.key in told:
            continue
        told.add(view.key)
        figures = {name: f"{value:g}" for name, value in view.figures.items() if isinstance(value, float)}
        yield notice("engine.range_presumed", view=view.title, error=f"{found.error_m:g}", **figures)
        if found.grid.cell_m > demands().coarse_cell_m:
            rough = f"{roughness_m(found.relief.heights):.0f}"
            cell, stated = f"{found.grid.cell_m:.0f}", f"{found.relief.error_m:g}"
            yield notice("engine.range_coarse", cell=cell, rough=rough, stated=stated, error=f"{found.error_m:.0f}")
        if not found.usable:
            yield notice("engine.range_contradicts", level=f"{view.water_level_m:g}", gap=f"{found.gap_m:.0f}")
