"""A report made anew from a finished result: of all its sites, or of some that are named.

The result's folder holds what was found; the words of rules and the outlines of layers come from the workspace. It is
read again, and must be what it was: a report that mixes old findings with new law would be worse than none.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from fuling_gis.errors import OutputError, UsageError, joined
from fuling_gis.labels import LANGS, sentence
from fuling_gis.notices import as_written, of_some
from fuling_gis.outputs.parquet import GEOMETRY, Layer, parquet_path
from fuling_gis.outputs.publish import MANIFEST, TOOLKIT
from fuling_gis.outputs.report import NAME, Pieces, parquet_pieces, report_of
from fuling_gis.overlay.result import Run
from fuling_gis.unwritable import told
from fuling_gis.verdicts import VERDICTS

_GPKG: Final = "result.gpkg"
_ROWS: Final = 65_536
# What a manifest says of the files behind a run, and must still be so.
_BEHIND: Final = ("catalog", "rule_files")


@dataclass(frozen=True)
class Found:
    """A finished result: its folder, and what its manifest says."""

    folder: Path
    manifest: Mapping[str, Any]

    def readings(self) -> dict[str, str]:
        """Give the readings that were in force."""
        return {key: str(one["value"]) for key, one in self.manifest["readings"].items()}

    def pieces(self, layer: Layer, without: Sequence[str] = ()) -> Iterator[pa.Table]:
        """Give the rows of sites or findings, some at a time. Raises OutputError for a file that is not whole."""
        try:
            yield from self._read(layer, without)
        except (pa.ArrowException, DataSourceError, DataLayerError, OSError) as e:
            raise OutputError(sentence("errors_run.not_its_tables", folder=self.folder, file=MANIFEST)) from e

    def _read(self, layer: Layer, without: Sequence[str]) -> Iterator[pa.Table]:
        if parquet_path(self.folder, layer).is_file():
            yield from parquet_pieces(self.folder, layer, without)
            return
        with pyogrio.open_arrow(
            self.folder / _GPKG, layer=layer, read_geometry=GEOMETRY not in without, batch_size=_ROWS, use_pyarrow=True
        ) as (meta, reader):
            for batch in reader:
                table = pa.Table.from_batches([batch])
                if GEOMETRY not in without:
                    names = [GEOMETRY if name == meta["geometry_name"] else name for name in table.column_names]
                    table = table.rename_columns(names)
                yield table


@dataclass(frozen=True)
class Counts:
    """How many sites there are, by verdict and by the worst possible one."""

    rows: int
    by_verdict: Mapping[str, int]
    by_possible: Mapping[str, int]

    def verdicts(self) -> dict[str, int]:
        """Give the sites of each verdict, worst first."""
        return {verdict: self.by_verdict.get(verdict, 0) for verdict in VERDICTS}

    def possible(self) -> dict[str, int]:
        """Give the sites of each possible verdict, worst first."""
        return {verdict: self.by_possible.get(verdict, 0) for verdict in VERDICTS}


def find_result(folder: Path) -> Found:
    """Open the folder of a finished check. Raises OutputError where there is none, or not what a report needs."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError) as e:
        raise OutputError(sentence("errors_run.no_result", folder=folder, file=MANIFEST)) from e
    if not (isinstance(manifest, dict) and manifest.get("toolkit") == TOOLKIT and _sound(manifest)):
        raise OutputError(sentence("errors_run.no_result", folder=folder, file=MANIFEST))
    if not parquet_path(folder, "sites").is_file() and not (folder / _GPKG).is_file():
        raise OutputError(sentence("errors_run.no_tables", folder=folder, files=f"{_GPKG}, sites.parquet"))
    return Found(folder, manifest)


def _sound(manifest: Mapping[str, Any]) -> bool:
    """Tell whether what is read of a manifest has the shapes in which it was written; people may have changed it."""
    if not all(isinstance(manifest.get(key), dict) for key in ("readings", "layers", "counts", "options", "unchecked")):
        return False
    readings, layers, counts = (manifest[key] for key in ("readings", "layers", "counts"))
    notices = manifest.get("notices")
    return (
        all(isinstance(one, dict) and "value" in one for one in readings.values())
        and all(isinstance(one, dict) for one in layers.values())
        and all(isinstance(counts.get(name), dict) for name in ("verdict", "possible"))
        and all(isinstance(one, list) for one in manifest["unchecked"].values())
        and isinstance(notices, list)
        and all(isinstance(one, dict) and set(LANGS) <= set(one) for one in notices)
    )


def as_it_was(found: Found, run: Run) -> Run:
    """Give the run that a result was made by. run: what the workspace would run today with the same day and readings.

    Raises OutputError where the catalogue, a rule file, a layer or a reading has changed since.
    """
    manifest = found.manifest
    changed = [key for key in _BEHIND if manifest.get(key) != json.loads(json.dumps(run.facts.get(key), default=str))]
    then = {name: one.get("digest") for name, one in manifest["layers"].items()}
    now = {name: one.digest for name, one in run.layers.items()}
    changed += sorted(name for name in {*then, *now} if then.get(name) != now.get(name))
    changed += sorted(key for key, value in found.readings().items() if run.readings.get(key) != value)
    if changed:
        raise OutputError(sentence("errors_run.changed_since", folder=found.folder, what=joined(changed, ", ")))
    facts = {key: manifest[key] for key in ("inputs", "options") if key in manifest}
    unchecked = {rule: tuple(layers) for rule, layers in manifest.get("unchecked", {}).items()}
    # The first notice is the statement of limits, which every report has anyway.
    notices = tuple(manifest.get("notices", ())[1:])
    return Run(**{**vars(run), "unchecked": unchecked, "notices": notices, "facts": {**run.facts, **facts}})


def write_again(found: Found, run: Run, sites: Sequence[str], target: Path | None, *, force: bool) -> Path:
    """Write a report of a result, or of some of its sites, and give its path.

    sites: ids, or `#` and a row number; all where none is named. target: the file; without it one in the result's
    folder. Raises UsageError for a site that is not there, OutputError where the file stands there already or cannot
    be written.
    """
    chosen = _chosen(found, sites) if sites else None
    path = target or found.folder / (f"report_{_plain(sites)}.docx" if sites else NAME)
    if path.suffix.lower() != ".docx":
        raise UsageError(sentence("errors_run.not_docx", path=path))
    if os.path.lexists(path) and not force:
        raise OutputError(sentence("errors_run.report_there", path=path))
    pieces: Pieces = found.pieces if chosen is None else _only(found, chosen)
    run = run if chosen is None else _of_sites(run, pieces)
    drawn = found.manifest.get("options", {}).get("zone_geometry") is not False
    page = report_of(pieces, run, _counts(found, chosen), every=chosen is None, zone_geometry=drawn)
    hidden = path.with_name(f".{secrets.token_hex(6)}.part")
    try:
        with told(path):
            page.save(hidden)
            hidden.replace(path)
    finally:
        with suppress(OSError):
            hidden.unlink(missing_ok=True)
    return path


def _chosen(found: Found, sites: Sequence[str]) -> set[int]:
    """Give the rows of the sites named; of an id that several rows have, all."""
    rows: dict[str, set[int]] = {name: set() for name in sites}
    for piece in found.pieces("sites", without=(GEOMETRY,)):
        for row, site_id in zip(piece["row"].to_pylist(), piece["site_id"].to_pylist(), strict=True):
            for name in (str(site_id or ""), f"#{row}"):
                if name in rows:
                    rows[name].add(row)
    for name, these in rows.items():
        if not these:
            raise UsageError(sentence("errors_run.not_in_result", site=name, folder=found.folder))
    return set().union(*rows.values())


def _only(found: Found, rows: set[int]) -> Pieces:
    wanted = pa.array(sorted(rows), pa.int64())

    def pieces(layer: Layer, without: Sequence[str] = ()) -> Iterator[pa.Table]:
        for piece in found.pieces(layer, without):
            yield piece.filter(pc.is_in(piece["row"].cast(pa.int64()), wanted))

    return pieces


def _of_sites(run: Run, pieces: Pieces) -> Run:
    """Narrow what is said of a run to what it says of some sites: who gets their report need not learn of others.

    pieces: the rows of those sites.
    """
    sources: set[str] = set()
    unchecked: set[str] = set()
    for piece in pieces("sites", (GEOMETRY,)):
        sources |= {str(source or "") for source in piece["source"].to_pylist()}
        unchecked |= {rule for listed in piece["unchecked_by"].to_pylist() for rule in str(listed or "").split(";")}
    inputs = run.facts.get("inputs")
    # `plans.gpkg::lots` names a layer inside.
    files = {source.partition("::")[0] for source in sources}
    held = [one for one in inputs if _names(one) & files] if isinstance(inputs, list) else []
    return replace(
        run,
        notices=of_some(run.notices, sources),
        unchecked={rule: layers for rule, layers in run.unchecked.items() if rule in unchecked},
        # Rules that ask for them are no matter of sites at which nothing was left unasked.
        missing_layers={},
        facts={**run.facts, "inputs": held},
    )


def _names(file: object) -> set[str]:
    """Give what sites may call an input file of a manifest."""
    path = as_written(str(file.get("path", ""))) if isinstance(file, dict) else ""
    return {path, Path(path).name} - {""}


def _counts(found: Found, rows: set[int] | None) -> Counts:
    """Count the sites; those of the whole result must be the manifest's."""
    every: dict[str, Counter[str]] = {"verdict": Counter(), "possible": Counter()}
    some: dict[str, Counter[str]] = {"verdict": Counter(), "possible": Counter()}
    for piece in found.pieces("sites", without=(GEOMETRY,)):
        number = piece["row"].to_pylist()
        for name, all_of in every.items():
            values = [str(value) for value in piece[name].to_pylist()]
            all_of.update(values)
            some[name].update(v for v, row in zip(values, number, strict=True) if rows is None or row in rows)
    told = found.manifest["counts"]
    for name, counter in every.items():
        if {key: n for key, n in told.get(name, {}).items() if n} != dict(counter):
            raise OutputError(sentence("errors_run.not_its_tables", folder=found.folder, file=MANIFEST))
    return Counts(sum(some["verdict"].values()), some["verdict"], some["possible"])


def _plain(sites: Sequence[str]) -> str:
    """Make ids safe as a part of a file's name."""
    return re.sub(r"[^\w-]+", "_", "_".join(sites)).strip("_")[:60] or "site"
