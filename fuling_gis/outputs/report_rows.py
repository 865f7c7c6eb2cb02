"""The rows of a finished run as the report reads them: from its GeoParquet files, or from its GeoPackage.

No more than a piece is held at a time, besides the rows that are wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyogrio

from fuling_gis.outputs.parquet import GEOMETRY, Layer, parquet_path
from fuling_gis.verdicts import ORDER

Row = Mapping[str, Any]
# Gives the tables of a layer one after the other, some columns left out.
Pieces = Callable[[Layer, Sequence[str]], Iterator[pa.Table]]

# Rows read at a time.
_ROWS: Final = 65_536
_RANK: Final = {verdict: place for place, verdict in enumerate((*ORDER, "rejected"))}


class Counted(Protocol):
    """How many sites a run has, by verdict and by the worst possible."""

    @property
    def rows(self) -> int:
        """All sites."""

    def verdicts(self) -> dict[str, int]:
        """Sites of each verdict."""

    def possible(self) -> dict[str, int]:
        """Sites of each `possible`."""


def of_parquet(folder: Path) -> Pieces:
    """Read the GeoParquet files of a folder."""

    def pieces(layer: Layer, without: Sequence[str] = ()) -> Iterator[pa.Table]:
        with pq.ParquetFile(parquet_path(folder, layer)) as source:
            columns = [name for name in source.schema_arrow.names if name not in without]
            for batch in source.iter_batches(_ROWS, columns=columns):
                yield pa.Table.from_batches([batch])

    return pieces


def of_gpkg(path: Path) -> Pieces:
    """Read a GeoPackage of results, geometry as binary under the name that the GeoParquet files give it."""

    def pieces(layer: Layer, without: Sequence[str] = ()) -> Iterator[pa.Table]:
        options = {"read_geometry": GEOMETRY not in without, "batch_size": _ROWS, "use_pyarrow": True}
        with pyogrio.open_arrow(path, layer=layer, **options) as (_, batches):
            for batch in batches:
                table = pa.Table.from_batches([batch])
                kept = [name for name in table.column_names if name not in without]
                names = {"wkb_geometry": GEOMETRY, "geom": GEOMETRY}
                yield table.select(kept).rename_columns([names.get(name, name) for name in kept])

    return pieces


def worst(pieces: Pieces, most: int) -> list[Row]:
    """Give the worst sites, in input order among equals, without reading more than a piece at a time."""
    kept: pa.Table | None = None
    for piece in pieces("sites", ()):
        both = piece if kept is None else pa.concat_tables([kept, piece])
        rank = [_rank(both[name].to_pylist()) for name in ("possible", "verdict")]
        kept = both.take(np.lexsort((both["row"].to_numpy(), *rank))[:most])
    return [] if kept is None else list(kept.to_pylist())


def _rank(verdicts: Sequence[str]) -> np.ndarray:
    # What could not be read stands with what is undecided: somebody must look at it.
    return np.array([_RANK.get(verdict, 0) if verdict != "rejected" else _RANK["undecided"] for verdict in verdicts])


def findings_of(pieces: Pieces, rows: set[int]) -> dict[int, list[Row]]:
    """Give the findings of some sites, by row."""
    found: dict[int, list[Row]] = {row: [] for row in rows}
    wanted = pa.array(sorted(rows), pa.int64())
    for piece in pieces("findings", (GEOMETRY,)):
        for finding in piece.filter(pc.is_in(piece["row"], wanted)).to_pylist():
            found[finding["row"]].append(finding)
    return found


def named(pieces: Pieces, names: Sequence[str]) -> dict[str, list[Row]]:
    """Give the sites that have an id, all of them; `#12` is the site of row 12 where no site has that id."""
    ids: dict[str, list[Row]] = {name: [] for name in names}
    numbers: dict[str, list[Row]] = {name: [] for name in names}
    rows = {int(name[1:]): name for name in names if name.startswith("#") and name[1:].isascii() and name[1:].isdigit()}
    for piece in pieces("sites", ()):
        for name in names:
            ids[name] += piece.filter(pc.equal(piece["site_id"], name)).to_pylist()
        for row, name in rows.items():
            numbers[name] += piece.filter(pc.equal(piece["row"], row)).to_pylist()
    return {name: ids[name] or numbers[name] for name in names}
