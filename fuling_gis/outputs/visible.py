"""The visible range as files: GeoTIFF and GeoPackage with all parameters, and a picture over the relief."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataSourceError

from fuling_gis.errors import OutputError
from fuling_gis.labels import LANGS, label, sentence
from fuling_gis.outputs.others import refuse_others
from fuling_gis.outputs.picture import over_relief, png
from fuling_gis.overlay.seen import OPEN, UNKNOWN, SeenRange

SUFFIXES: Final = (".tif", ".gpkg", ".png")
_ANSWERS: Final = {2: "yes", 1: "maybe"}


def write_visible(seen: SeenRange, path: Path) -> tuple[Path, ...]:
    """Write all files beside each other; each appears when it is whole.

    path: the name of any of them, or the name without a suffix. Raises OutputError where they cannot be written, or
    where other files have their names.
    """
    base = path.with_suffix("") if path.suffix.lower() in SUFFIXES else path
    writers: dict[str, Callable[[Path], None]] = {
        ".tif": lambda part: _write_raster(seen, part),
        ".gpkg": lambda part: _write_areas(seen, part),
        ".png": lambda part: _write_bytes(part, png(over_relief(seen))),
    }
    refuse_others(base.with_name(base.name + suffix) for suffix in SUFFIXES)
    done = []
    for suffix, write in writers.items():
        name = base.with_name(base.name + suffix)
        part = base.with_name(f".{base.name}.part{suffix}")
        try:
            base.parent.mkdir(parents=True, exist_ok=True)
            part.unlink(missing_ok=True)
            write(part)
            os.replace(part, name)  # noqa: PTH105  replaces on Windows too
        except (OSError, DataSourceError, RuntimeError) as e:
            part.unlink(missing_ok=True)
            raise OutputError(sentence("errors_run.unwritable", path=name, why=e)) from e
        done.append(name)
    return tuple(done)


def _write_bytes(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _write_raster(seen: SeenRange, path: Path) -> None:
    from fuling_gis.readers.raster import write_geotiff

    meaning = {"VALUES": "2 yes, 1 maybe, 0 no, 3 maybe: a layer ends within the range, 255 no height"}
    write_geotiff(path, seen.states, seen.grid, nodata=float(UNKNOWN), tags={**meaning, **_upper(seen.parameters)})


def _upper(texts: dict[str, str]) -> dict[str, str]:
    return {name.upper(): text for name, text in texts.items()}


def _write_areas(seen: SeenRange, path: Path) -> None:
    from fuling_gis.readers.raster import areas_of

    drawn = areas_of(seen.states, seen.grid, (*_ANSWERS, OPEN))
    parts = [(value, one) for value in _ANSWERS for one in drawn[value]]
    geometry = np.array([one for _, one in parts] + [None], dtype=object)[:-1]
    value = np.array([value for value, _ in parts], dtype=np.int64)
    columns = {
        "answer": np.array([_ANSWERS[int(one)] for one in value], dtype=object),
        **{f"title_{lang}": _constant(_title(seen, lang), len(value)) for lang in LANGS},
        "basis": _constant("first_ridge" if seen.view.kind == "ridge" else "viewshed", len(value)),
        "view": _constant(seen.view.key, len(value)),
        "area_m2": np.asarray(shapely.area(geometry), dtype=np.float64),
    }
    _layer(path, "visible_range", geometry, "Polygon", columns, seen.grid.crs, append=False)
    # Apart, so that who gives the range back as a layer does not take it for seen.
    bare = drawn[OPEN]
    _layer(path, "not_covered", bare, "Polygon", {"area_m2": shapely.area(bare)}, seen.grid.crs, append=True)
    places = np.asarray(shapely.points(seen.places), dtype=object)
    sure = np.where(seen.sure, "yes", "maybe").astype(object)
    _layer(path, "lookouts", places, "Point", {"meant": sure}, seen.grid.crs, append=True)
    named = seen.parameters
    texts = {"name": np.array(list(named), dtype=object), "value": np.array(list(named.values()), dtype=object)}
    _layer(path, "parameters", None, None, texts, None, append=True)


def _title(seen: SeenRange, lang: str) -> str:
    return label("outputs.visible_title", "zh" if lang == "zh" else "en", view=seen.view.title[lang])


def _constant(text: str, n: int) -> np.ndarray:
    return np.full(n, text, dtype=object)


def _layer(
    path: Path,
    name: str,
    geometry: np.ndarray | None,
    kind: str | None,
    columns: dict[str, np.ndarray],
    crs: str | None,
    *,
    append: bool,
) -> None:
    options = {} if append else {"dataset_options": {"VERSION": "1.2"}}
    pyogrio.raw.write(
        path,
        None if geometry is None else shapely.to_wkb(geometry),
        field_data=list(columns.values()),
        fields=np.array(list(columns), dtype=object),
        layer=name,
        driver="GPKG",
        geometry_type=kind,
        crs=crs,
        append=append,
        promote_to_multi=False,
        **options,
    )
