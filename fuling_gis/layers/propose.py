"""What a file holds, and how its columns could be mapped to a layer's schema: an offer, which a person confirms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from fuling_gis import crs as crs_module
from fuling_gis.errors import UsageError
from fuling_gis.labels import sentence
from fuling_gis.layers.entries import near
from fuling_gis.layers.schema import DIMENSIONS, Field, Kind, kinds, plain
from fuling_gis.readers import Table, open_table
from fuling_gis.readers.naming import named
from fuling_gis.readers.ogr import layers_inside
from fuling_gis.readers.sniff import sniff

_EXAMPLES: Final = 3
# Beyond so many different values a column is no classification.
_MOST_VALUES: Final = 50
# A shapefile cuts column names to so many bytes.
_CUT: Final = 10
_FORMATS_OF_LAYERS: Final = ("gpkg", "gdb")


@dataclass(frozen=True)
class Column:
    """One column of the file."""

    name: str
    # The first different values, as text.
    examples: tuple[str, ...]
    # How many rows have a value.
    filled: int


@dataclass(frozen=True)
class Value:
    """One value of a column that is proposed for an enumerated field."""

    text: str
    count: int
    # What it means in the schema; None where that must be said.
    meaning: str | None
    # It belongs to a classification no longer in use.
    former: bool = False


@dataclass(frozen=True)
class Proposal:
    """What a file holds, and how it could become a layer."""

    file: Path
    kind: Kind
    driver: str
    # The layer inside the file, "" where the format has none.
    layer: str
    rows: int
    columns: tuple[Column, ...]
    # Schema field to column.
    fields: Mapping[str, str]
    # Fields of the schema for which no column was found.
    unmapped: tuple[str, ...]
    # Enumerated field to the values of its proposed column, most frequent first; empty cells as "".
    values: Mapping[str, tuple[Value, ...]]
    # How many features are area, line, point, or have none (`nothing`).
    geometry: Mapping[str, int]
    encoding: str
    encoding_why: Mapping[str, str]
    # As `EPSG:n`, "" where the file names none.
    crs: str
    crs_why: Mapping[str, str]
    # False: the format assumes the CRS, the file does not state it.
    crs_stated: bool
    # What the size of the coordinates suggests where the file states none, best first; never applied unasked.
    crs_options: tuple[str, ...] = ()
    notes: tuple[Mapping[str, str], ...] = ()
    # Overrides that were given to read it.
    said: Mapping[str, str] = field(default_factory=dict)

    @property
    def fits(self) -> bool:
        """Whether all its features are of a kind that the layer may have."""
        return all(not count or name in (*self.kind.geometry, "nothing") for name, count in self.geometry.items())


def layers_of(file: Path) -> tuple[str, ...]:
    """List the layers with geometry inside a GeoPackage or geodatabase; empty for other formats.

    Raises FileError.
    """
    form = sniff(file)
    return tuple(layers_inside(file, form)) if form in _FORMATS_OF_LAYERS else ()


def kind_of(layer_id: str) -> Kind:
    """Give the kind of layer of an id. Raises UsageError that names the nearest ones."""
    if layer_id not in kinds():
        raise UsageError(sentence("errors_layers.no_such_kind", layer=layer_id, near=near(layer_id, kinds())))
    return kinds()[layer_id]


def propose(file: Path | str, layer_id: str, *, layer: str | None = None, encoding: str | None = None) -> Proposal:
    """Look into a file and propose how it becomes a layer.

    file: a path, or `PATH::LAYER`. layer: which layer inside it, needed where there are several. encoding: beats what
    is found. Raises FileError, and UsageError for an id that no layer has.
    """
    kind = kind_of(layer_id)
    file, layer = named(file) if layer is None else (Path(file), layer)
    source = open_table(file, layer=layer, encoding=encoding)
    table = source.read()
    texts = {name: table.text(name) for name in table.arrow.column_names}
    fields = _proposed(kind, texts, cut=source.driver == "ESRI Shapefile")
    return Proposal(
        file=file,
        kind=kind,
        driver=source.driver,
        layer=source.layer,
        rows=len(table),
        columns=tuple(_column(name, values) for name, values in texts.items()),
        fields=fields,
        unmapped=tuple(name for name in kind.fields if name not in fields),
        values={name: values_of(kind.fields[name], texts[column]) for name, column in fields.items()
                if kind.fields[name].values},
        geometry=_geometry(table),
        encoding=source.encoding,
        encoding_why=source.encoding_why,
        crs=crs_module.name(source.crs) if source.crs is not None else "",
        crs_why=source.crs_why,
        crs_stated=source.crs_stated and source.crs is not None,
        crs_options=_crs_options(table),
        notes=source.notes,
        said={"encoding": encoding} if encoding else {},
    )  # fmt: skip


def values_of(field: Field, texts: NDArray[np.object_]) -> tuple[Value, ...]:
    """Tell what the texts of a column would mean for an enumerated field."""
    counts = pd.Series(texts, dtype=object).value_counts(sort=True)
    found = []
    for text, count in sorted(counts.items(), key=lambda item: (-item[1], str(item[0]))):
        meaning = field.meaning(str(text)) if text else None
        found.append(
            Value(str(text), int(count), str(meaning.value) if meaning else None, bool(meaning and meaning.former))
        )
    return tuple(found)


def _column(name: str, texts: NDArray[np.object_]) -> Column:
    different = [text for text in pd.unique(texts) if text]
    return Column(name, tuple(different[:_EXAMPLES]), int((texts != "").sum()))


def _proposed(kind: Kind, texts: Mapping[str, NDArray[np.object_]], *, cut: bool) -> dict[str, str]:
    """Find a column for each field: by its usual names, and for enumerated fields also by what the cells say."""
    found = {}
    for name, one in kind.fields.items():
        named = list(_named(one, texts, cut=cut))
        telling = [column for column in named if _tells(one, texts[column])]
        if telling or named:
            found[name] = (telling or named)[0]
    for name, one in kind.fields.items():
        if name not in found and one.values:
            free = [column for column in texts if column not in found.values() and _speaks(one, texts[column])]
            if free:
                found[name] = free[0]
    return found


def _named(one: Field, columns: Iterable[str], *, cut: bool) -> Iterable[str]:
    """Walk the columns that bear a usual name of a field, best first."""
    present = {_loose(column): column for column in reversed(list(columns))}
    for usual in dict.fromkeys((*one.columns, one.name)):
        for writing in _cuts(usual) if cut else (usual,):
            if _loose(writing) in present:
                yield present[_loose(writing)]


def _loose(name: str) -> str:
    return plain(name).replace("_", "")


def _cuts(name: str) -> Sequence[str]:
    """Give a name as shapefiles in either encoding may have cut it."""
    return (name, *(name.encode(codec)[:_CUT].decode(codec, "ignore") for codec in ("utf-8", "gb18030")))


def _tells(one: Field, texts: NDArray[np.object_]) -> bool:
    """Tell whether some cell of a column means something to a field; any text does where all are allowed."""
    if not one.values and not one.number:
        return True
    return any(one.meaning(text) is not None for text in pd.unique(texts) if text)


def _speaks(one: Field, texts: NDArray[np.object_]) -> bool:
    """Tell whether every cell of a column is a value of a field, in words: numbers alone could mean anything."""
    different = [text for text in pd.unique(texts) if text]
    if not different or len(different) > _MOST_VALUES:
        return False
    if all(text.isdigit() for text in different) or set(one.values) == {"yes", "no"}:
        return False
    return all(one.meaning(text) is not None for text in different)


def _geometry(table: Table) -> dict[str, int]:
    counts = np.bincount(shapely.get_dimensions(table.geometry) + 1, minlength=4)
    return {"nothing": int(counts[0]), **{name: int(counts[d + 1]) for name, d in DIMENSIONS.items()}}


def _crs_options(table: Table) -> tuple[str, ...]:
    """Say what coordinates of this size could be in, where the file names no CRS; shifted systems are left out."""
    if table.crs is not None or not len(table):
        return ()
    bounds = shapely.total_bounds(table.geometry)
    if not np.isfinite(bounds).all():
        return ()
    west, south, east, north = (float(value) for value in bounds)
    options = [option for one in crs_module.guess((west, south, east, north)) for option in one.options]
    return tuple(option for option in options if option.startswith("EPSG:"))
