"""The visible range as files: GeoTIFF and GeoPackage with all parameters, and a picture over the relief."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

import numpy as np
import pyogrio
import shapely

from fuling_gis.labels import LANGS, label
from fuling_gis.outputs.others import refuse_others
from fuling_gis.outputs.picture import over_relief, png
from fuling_gis.outputs.together import Together
from fuling_gis.overlay.seen import OPEN, UNKNOWN, SeenRange

SUFFIXES: Final = (".tif", ".gpkg", ".png")
_ANSWERS: Final = {2: "yes", 1: "maybe"}


def write_visible(seen: SeenRange, path: Path) -> tuple[Path, ...]:
    """Write all files beside each other: they appear together when all are whole, or none does.

    path: the name of any of them, or the name without a suffix. Raises OutputError where they cannot be written, or
    where other files have their names.
    """
    base = base_of(path)
    with Together(base) as together:
        put_visible(seen, base, together)
        return together.publish()


def base_of(path: Path) -> Path:
    """Give what all names begin with."""
    return path.with_suffix("") if path.suffix.lower() in SUFFIXES else path


def put_visible(seen: SeenRange, base: Path, together: Together) -> None:
    """Write the files among others that appear together with them. Raises OutputError as `write_visible` does."""
    raster, areas, picture = (base.name + suffix for suffix in SUFFIXES)
    refuse_others(base.with_name(name) for name in (raster, areas, picture))
    with together.file(raster) as part:
        _write_raster(seen, part)
    with together.file(areas) as part:
        _write_areas(seen, part)
    together.write(picture, png(over_relief(seen)))


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
    rows = {"visible_range": len(geometry), "not_covered": len(bare), "lookouts": len(places), "parameters": len(named)}
    _counted(path, rows)


def _counted(path: Path, rows: dict[str, int]) -> None:
    """Read the finished file back: of what is lost as a disk fills up, not all is told. Raises OSError."""
    try:
        with closing(sqlite3.connect(path)) as db:
            found = {name: db.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in rows}  # noqa: S608 - known names
    except sqlite3.DatabaseError as e:
        raise OSError(str(e)) from e
    if found != rows:
        msg = f"{found} in place of {rows}"
        raise OSError(msg)


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
