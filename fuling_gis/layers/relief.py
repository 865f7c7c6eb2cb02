"""Loads rasters: a height model onto the working grid, once, and what a land-cover raster's numbers mean.

Heights are brought to metres; what cannot be a height counts as none. The result is kept by the content of the files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from fuling_gis.cache import Arrays, Cache, key_of
from fuling_gis.errors import CrsError, FileError
from fuling_gis.grid import Bounds, Grid
from fuling_gis.labels import sentence
from fuling_gis.layers.catalog import OWN, Catalog, Entry
from fuling_gis.layers.columns import notice
from fuling_gis.layers.entries import UNITS
from fuling_gis.layers.model import UNSTATED_ACCURACY_M, UNSTATED_ERROR_M, LandCover, Layer, Relief
from fuling_gis.layers.sources import file_hash, file_state, layer_fault

if TYPE_CHECKING:
    # Loaded when a raster is: what reads them takes time to load.
    from fuling_gis.readers.raster import RasterFacts

Notices = list[Mapping[str, str]]

# Metres above the sea between which ground lies: the Dead Sea's shore, and Everest.
LOWEST_M: Final = -450.0
HIGHEST_M: Final = 9000.0
# A model of the ground has no cells smaller than this; degrees taken for metres look so.
_SMALLEST_CELL_M: Final = 0.05
# How files write the units of heights.
_WRITTEN: Final = {
    "m": "m", "metre": "m", "meter": "m", "metres": "m", "meters": "m", "米": "m", "dm": "dm", "cm": "cm",
    "centimetre": "cm", "centimeter": "cm", "ft": "ft", "foot": "ft", "feet": "ft", "us survey foot": "us_ft",
    "us_survey_foot": "us_ft", "foot_us": "us_ft", "英尺": "ft",
}  # fmt: skip
# Of what is kept: to be raised where the same files would give something else.
_MAKE: Final = 2
# So often a model is read that is replaced meanwhile.
_TRIES: Final = 3


@dataclass(frozen=True)
class Surroundings:
    """What the loading of a raster needs to know of the workspace."""

    # West, south, east, north in the working CRS: what is judged, and as far as anyone looks from there.
    # None: the whole raster.
    area: Bounds | None
    # The area of the layer that the raster covers, None where there is none.
    cover: Any
    cache: Cache


def load_raster(catalog: Catalog, entry: Entry, around: Surroundings) -> Layer:
    """Load a height model, or what is known of a land-cover raster. Raises LayerError that names the entry."""
    files = _files(catalog, entry)
    try:
        return _heights(catalog, entry, files, around) if entry.kind.heights else _classes(catalog, entry, files)
    except (FileError, CrsError) as e:
        raise layer_fault(entry, e.words) from e


def _files(catalog: Catalog, entry: Entry) -> tuple[Path, ...]:
    from fuling_gis.readers.raster import files_of

    found: dict[Path, None] = {}
    for path in catalog.files(entry):
        files = files_of(path)
        if not files:
            raise layer_fault(entry, sentence("errors_layers.no_file", path=path))
        found.update(dict.fromkeys(files))
    return tuple(found)


def _heights(catalog: Catalog, entry: Entry, files: tuple[Path, ...], around: Surroundings) -> Layer:
    key, kept, hashes = _known_heights(catalog, entry, files, around)
    left, top, step, strange, unit = (float(value) for value in kept["about"])
    heights = np.ascontiguousarray(kept["heights"], np.float32)
    heights.flags.writeable = False
    grid = Grid(left, top, step, step, heights.shape[1], heights.shape[0], catalog.crs)
    known = ~np.isnan(heights)
    error = UNSTATED_ERROR_M if entry.error_m is None else entry.error_m
    notices: Notices = []
    if entry.error_m is None:
        notices.append(notice("error_assumed", layer=entry.id, metres=f"{error:g}"))
    if not entry.unit:
        name = list(UNITS)[int(unit)] if unit >= 0 else ""
        notices.append(notice("unit_from_file" if name else "unit_assumed", layer=entry.id, unit=name))
    if strange:
        limits = {"low": f"{LOWEST_M:g}", "high": f"{HIGHEST_M:g}"}
        notices.append(notice("strange_heights", layer=entry.id, n=int(strange), **limits))
    if not known.all():
        notices.append(notice("holes", layer=entry.id, share=f"{100 * (1 - known.mean()):.1f}"))
    relief = Relief(grid, heights, error, around.cache)
    return _layer(catalog, entry, cover=_cover(entry, known, grid, around), notices=tuple(notices), relief=relief,
                  digest=key_of(key, error), file_hash=hashes[0] if len(hashes) == 1 else key_of(*hashes))  # fmt: skip


def _known_heights(
    catalog: Catalog, entry: Entry, files: tuple[Path, ...], around: Surroundings
) -> tuple[str, Arrays, list[str]]:
    """Give the heights, those that are kept if such are, a key that names them by all they hang on, and files' hashes.

    Heights must not be kept under the name of files that were others a moment before: a model that is replaced while it
    is looked at or read is read again.
    """
    for _ in range(_TRIES):
        states, facts = _looked_at(files)
        # Where a tile lies may be told by its name or by a file beside it, and not by its content.
        places = [(one.grid, one.unit, one.dtype, one.nodata) for one in facts]
        hashes = {file: file_hash(file) for file in states}
        every = [*hashes.values()]
        key = key_of("heights", _MAKE, catalog.crs, around.area, every, places, entry.crs, entry.nodata, entry.unit)
        kept, native = around.cache.get(key), True
        if kept is None or not _are_heights(kept):
            kept, native = _read_heights(catalog, entry, facts, around)
        # As text: a number that is none is not the same as itself.
        if repr(_looked_at(files)) == repr((states, facts)):
            # A model that already lies on the working grid is read from its own file as fast.
            if not native:
                around.cache.put(key, kept)
            return key, kept, [hashes[file] for file in files]
    raise FileError(sentence("errors_layers.changing", path=files[0]))


def _looked_at(files: tuple[Path, ...]) -> tuple[dict[Path, tuple[int, ...]], list[RasterFacts]]:
    """Give what tells the files of a model from others, those beside them too, and what the files say of themselves."""
    from fuling_gis.readers.raster import raster_facts

    # First: who replaces a file after that is found out by the next look.
    states = {file: file_state(file) for file in files}
    facts = [raster_facts(file) for file in files]
    beside = [file for one in facts for file in one.files if file not in states]
    return states | {file: file_state(file) for file in beside}, facts


def _are_heights(kept: Arrays) -> bool:
    """Tell whether what was kept is a grid of heights: a whole file may hold something else."""
    heights, about = kept.get("heights"), kept.get("about")
    if heights is None or about is None or heights.dtype != np.float32 or about.dtype != np.float64:
        return False
    there = heights.ndim == 2 and min(heights.shape) > 1 and about.shape == (5,)  # noqa: PLR2004  a surface
    return bool(there and np.isfinite(about).all() and about[2] >= _SMALLEST_CELL_M and -1 <= about[4] < len(UNITS))


def _read_heights(
    catalog: Catalog, entry: Entry, facts: list[RasterFacts], around: Surroundings
) -> tuple[dict[str, NDArray[Any]], bool]:
    from fuling_gis.readers.raster import read_onto, whole_area

    path = facts[0].path
    units = {one.unit for one in facts}
    unit = entry.unit
    for own in units - {""}:
        found = _WRITTEN.get(own.strip().casefold())
        if found is None and not entry.unit:
            raise FileError(sentence("errors_layers.unknown_unit", path=path, own=own))
        if found is not None and entry.unit and found != entry.unit:
            raise FileError(sentence("errors_layers.other_unit", path=path, own=own, said=entry.unit))
        unit = unit or found or ""
    area = around.area or whole_area(facts, catalog.crs, crs=entry.crs)
    raster = read_onto(facts, catalog.crs, area, crs=entry.crs, nodata=entry.nodata)
    if raster.grid.cell_m < _SMALLEST_CELL_M:
        raise FileError(sentence("errors_layers.tiny_cells", path=path, cell=f"{raster.grid.cell_m:g}"))
    heights = raster.values * np.float32(UNITS[unit or "m"])
    strange = (heights < LOWEST_M) | (heights > HIGHEST_M)
    heights[strange] = np.nan
    if min(raster.grid.shape) < 2 or np.isnan(heights).all():  # noqa: PLR2004  a surface needs two rows and columns
        raise FileError(sentence("errors_layers.no_heights", path=path))
    stated = list(UNITS).index(unit) if unit else -1
    grid = raster.grid
    about = np.array([grid.left, grid.top, grid.cell_m, float(strange.sum()), float(stated)])
    return {"heights": heights.astype(np.float32, copy=False), "about": about}, raster.native


def _cover(entry: Entry, known: NDArray[np.bool_], grid: Grid, around: Surroundings) -> Any:
    """Give the ground with heights within the area that the entry says it covers."""
    if not entry.covers or (entry.covers != OWN and around.cover is None):
        return None
    if known.all():
        footprint: Any = shapely.box(*grid.bounds)
    else:
        from fuling_gis.readers.raster import areas_of

        footprint = shapely.union_all(areas_of(known.astype(np.uint8), grid, (1,))[1])
    if entry.covers == OWN:
        return footprint
    met = shapely.intersection(footprint, around.cover)
    parts = shapely.get_parts(met)
    return shapely.union_all(parts[shapely.area(parts) > 0]) if met.area else None


def _classes(catalog: Catalog, entry: Entry, files: tuple[Path, ...]) -> Layer:
    meanings = entry.values.get("cover")
    if not meanings:
        raise FileError(sentence("errors_layers.no_classes"))
    classes = {}
    for text, meaning in meanings.items():
        if not text.lstrip("-").isdigit():
            raise FileError(sentence("errors_layers.class_no_number", text=repr(text)))
        classes[int(text)] = meaning
    hashes = [file_hash(file) for file in files]
    cover = LandCover(files, entry.crs, entry.nodata, classes)
    return _layer(
        catalog,
        entry,
        cover=None,
        notices=(),
        land_cover=cover,
        digest=key_of(*hashes, sorted(classes.items())),
        file_hash=hashes[0] if len(hashes) == 1 else key_of(*hashes),
    )


def _layer(catalog: Catalog, entry: Entry, *, cover: Any, notices: tuple[Mapping[str, str], ...], **rest: Any) -> Layer:
    nothing = np.array([], dtype=object)
    nothing.flags.writeable = False
    accuracy = entry.accuracy_m
    return Layer(
        id=entry.id,
        title=entry.title,
        geometry=nothing,
        fields=dict.fromkeys(("id", "name"), nothing),
        crs=catalog.crs,
        accuracy_m=UNSTATED_ACCURACY_M if accuracy is None else accuracy,
        accuracy_stated=accuracy is not None,
        cover=cover,
        covers=entry.covers,
        valid_from=entry.valid_from,
        valid_to=entry.valid_to,
        source=entry.source,
        indicative=entry.indicative,
        notices=notices,
        path=entry.shown_path,
        **rest,
    )
