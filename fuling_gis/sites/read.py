"""Site files to sites: every row of every file comes out, in order, with what was wrong with it.

`open_sites` looks at the files and refuses what cannot be used; the rows themselves are streamed, so that a million
sites never stand in memory twice.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from fuling_gis import crs as crs_module
from fuling_gis.errors import CrsError, ElsewhereError, SiteError
from fuling_gis.labels import sentence
from fuling_gis.memory import looking_seldom
from fuling_gis.notices import ABOUT_SITES, BESIDE, of_file, with_short
from fuling_gis.readers import Table, TableSource, open_table
from fuling_gis.readers.naming import named
from fuling_gis.readers.place import KEYS
from fuling_gis.readers.table import Words
from fuling_gis.readers.told import told
from fuling_gis.sites.columns import Columns, canonical, match
from fuling_gis.sites.identity import Identities, look
from fuling_gis.sites.model import Sites
from fuling_gis.sites.options import SiteOptions
from fuling_gis.sites.overlaps import Overlaps
from fuling_gis.sites.position import locate, placed
from fuling_gis.sites.problems import Problems
from fuling_gis.sites.system import System, astray, said, settle, unit_of
from fuling_gis.sites.twice import APART_M, Second, apart, second

__all__ = ["SiteOptions", "SiteSource", "open_sites"]

# Rows by which a file as a whole is judged before it is read.
_LOOK: Final = 1000
# The half of the Earth's girth.
_FARTHEST_M: Final = 2e7
_TEXT: Final = ("site_id", "name", "activity", "industry_code", "nature")
_ACCURACY: Final = re.compile(r"[±+]?\s*(\d+(?:\.\d+)?)\s*(?:m|米|metres?|meters?)?", re.IGNORECASE)


@dataclass(frozen=True)
class _File:
    """One site file, looked at and accepted."""

    source: TableSource
    columns: Columns
    system: System
    # Name shown in the column `source`.
    shown: str
    notices: tuple[Mapping[str, str], ...]
    # Columns with positions that are not read.
    other: Second | None = None


@dataclass(frozen=True)
class SiteSource:
    """Opened site files: what they are, and their rows on request."""

    files: tuple[_File, ...]
    identities: Identities
    target: CRS
    options: SiteOptions

    @cached_property
    def inputs(self) -> list[dict[str, object]]:
        """Say what each file is: path, sha256, rows, layer, crs, encoding, driver."""
        return [_input(file, rows) for file, rows in zip(self.files, self.identities.rows, strict=True)]

    @property
    def notices(self) -> tuple[Mapping[str, str], ...]:
        """Give the sentences about files as a whole."""
        return tuple(notice for file in self.files for notice in file.notices)

    def batches(self, size: int = 65536) -> Iterator[Sites]:
        """Read all rows of all files in order, at most `size` at a time."""
        row = 0
        for file in self.files:
            first = row
            for table in file.source.batches(size):
                # What a file holds may be more than a library bears.
                with told(file.source.path):
                    sites = _sites(self, file, table, row)
                yield sites
                row += len(table)
            if row == first:
                # A broken file may state rows and have none.
                raise SiteError(sentence("errors_sites.no_rows", paths=str(file.source.path)))

    def read(self) -> Sites:
        """Read all rows into one set of sites; a fact that only some files have is "" in the others."""
        with looking_seldom():
            return gathered(self.batches(), crs_module.name(self.target), self.notices)


def open_sites(
    paths: str | Path | Sequence[str | Path], *, target: str, options: SiteOptions | None = None
) -> SiteSource:
    """Look at site files and get ready to read them into the working CRS.

    paths: files; `PATH::LAYER` names one layer of a file that has several. target: working CRS, as `EPSG:n`.
    Raises FileError, CrsError or SiteError where a file cannot be used at all.
    """
    options = options or SiteOptions()
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    if not given:
        raise SiteError(sentence("errors_sites.no_paths"))
    system = crs_module.normalise(target)
    names = [Path(str(path)).name for path in given]
    shown = [name if names.count(name) == 1 else str(path) for name, path in zip(names, given, strict=True)]
    files = tuple(_opened(path, name, system, options) for path, name in zip(given, shown, strict=True))
    identities = look((file.source, file.columns.known.get("site_id")) for file in files)
    empty = [str(file.source.path) for file, rows in zip(files, identities.rows, strict=True) if not rows]
    if empty:
        raise SiteError(sentence("errors_sites.no_rows", paths=", ".join(empty)))
    return SiteSource(files, identities, system, options)


def _opened(path: str | Path, shown: str, target: CRS, options: SiteOptions) -> _File:
    place = {key: field for key, field in options.fields.items() if key in KEYS}
    name, layer = named(path)
    return _accepted(open_table(name, layer=layer, encoding=options.encoding, place=place), shown, target, options)


def given_sites(source: TableSource, *, target: str, options: SiteOptions) -> SiteSource:
    """Get rows that come from no file ready to be read, by the rules of `open_sites`.

    source: the rows, under a name that stands for a file's. Raises CrsError or SiteError as `open_sites` does.
    """
    system = crs_module.normalise(target)
    file = _accepted(source, source.path.name, system, options)
    return SiteSource((file,), look([(source, file.columns.known.get("site_id"))]), system, options)


def _accepted(source: TableSource, shown: str, target: CRS, options: SiteOptions) -> _File:
    """Look at an opened file, and refuse it where it cannot be used at all."""
    wkt = source.position if len(source.position) == 1 else ()
    fields = {key: field for key, field in options.fields.items() if key not in KEYS or source.position}
    columns = match(source.path, source.fields, fields, wkt)
    first = next(source.batches(_LOOK), None)
    geometry = first.geometry if first is not None else np.array([], dtype=object)
    system = settle(source, options.crs, _bounds(geometry), options.crs_shift)
    _check_reach(source, system, target)
    _check_place(source, geometry, system)
    other = second(source, first)
    doubts = _check_twice(source, first, other, system, target, options) if first is not None and other else ()
    notes = (_noted(source, note) for note in source.notes)
    notices = (*notes, *system.notices, *doubts, *_column_notices(source, columns, first, options))
    return _File(source, columns, system, shown, tuple(of_file(one, shown) for one in notices), other)


def _noted(source: TableSource, note: Words) -> Words:
    """Say what its reader says of a file, and what that is about."""

    def of_it(zh: str, en: str) -> Words:
        return said("of_file", file=source.path.name, note_zh=note[zh], note_en=note[en])

    beside = {key: value for key, value in note.items() if key in BESIDE}
    whole = {**beside, **of_it("zh", "en")}
    return with_short(whole, of_it("some_zh", "some_en")) if "some_zh" in note else whole


def _bounds(geometry: NDArray[np.object_]) -> crs_module.Bounds | None:
    bounds = shapely.bounds(geometry)
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    if not len(bounds):
        return None
    low, high = bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _check_place(source: TableSource, geometry: NDArray[np.object_], system: System) -> None:
    """Refuse a file of whose first rows not one can be where it says."""
    bounds = shapely.bounds(geometry)
    finite = np.isfinite(bounds).all(axis=1)
    codes = astray(bounds[finite], system.crs)
    # Kilometres taken for metres are a place near the equator, against which nothing else speaks.
    unit = unit_of(_bounds(geometry))
    if not len(codes) or ((codes == "").any() and not unit):
        return
    code = unit or pd.Series(codes).mode().iloc[0]
    x, y = bounds[finite][0, :2]
    hint = sentence(f"errors_sites.hint_{code}")
    raise ElsewhereError(
        sentence(
            "errors_sites.elsewhere",
            path=source.path,
            x=f"{x:.10g}",
            y=f"{y:.10g}",
            crs=crs_module.name(system.crs),
            hint=hint,
        )
    )


def _check_reach(source: TableSource, system: System, target: CRS) -> None:
    """Refuse a file whose system cannot be joined with the working CRS, before any row is read."""
    if crs_module.same(system.true_crs, target):
        return
    try:
        crs_module.transformer(system.true_crs, target)
    except CrsError as e:
        raise type(e)(sentence("errors_sites.of_file", path=source.path, fault=e)) from e


def _check_twice(
    source: TableSource, first: Table, other: Second, system: System, target: CRS, options: SiteOptions
) -> tuple[Mapping[str, str], ...]:
    """Look at the second positions of the first rows: refuse a file whose positions all contradict each other.

    Where the user has said which columns are meant, or some rows agree, it is told.
    """
    drawn = locate(first.geometry, first.unread, system, target, Problems(len(first), options.lang), first.closed)
    metres = apart(first, other, drawn.geometry, system, target)
    wrong = np.flatnonzero(metres > APART_M)
    if not len(wrong):
        return ()
    values = {
        "read": ", ".join(source.position),
        "other": ", ".join(other.columns),
        "n": len(wrong),
        "row": int(wrong[0]),
        "metres": f"{metres[wrong[0]]:,.0f}",
    }
    if len(wrong) == np.isfinite(metres).sum() and not any(key in KEYS for key in options.fields):
        keys = ("lon", "lat") if other.degrees else ("x", "y")
        mend = " ".join(f"--field {key}={name}" for key, name in zip(keys, other.columns, strict=True))
        mine = ("wkt",) if len(source.position) == 1 else ("x", "y") if other.degrees else ("lon", "lat")
        keep = " ".join(f"--field {key}={name}" for key, name in zip(mine, source.position, strict=True))
        raise SiteError(sentence("errors_sites.twice", path=source.path, keep=keep, mend=mend, **values))
    # Each row of which that is so says it itself.
    return ({**said("twice_some", file=source.path.name, **values), **ABOUT_SITES},)


def _column_notices(
    source: TableSource, columns: Columns, first: Table | None, options: SiteOptions
) -> tuple[Mapping[str, str], ...]:
    found = []
    if not source.crs_stated and source.crs is not None and not options.crs:
        found.append(said("crs_assumed", file=source.path.name, crs=crs_module.name(source.crs)))
    if "site_id" not in columns.known:
        found.append(said("no_id_column", file=source.path.name))
    code = columns.known.get("industry_code")
    if code and first is not None and str(first.arrow.schema.field(code).type) in ("int64", "double"):
        found.append(said("numeric_code", file=source.path.name, column=code))
    for key, value in options.fill.items():
        found.append(said("filled", file=source.path.name, column=canonical(key), value=value))
    return tuple(found)


def _sites(run: SiteSource, file: _File, table: Table, start: int) -> Sites:
    """Make sites of one batch of rows."""
    rows = len(table)
    problems = Problems(rows, run.options.lang)
    located = None if table.xy is None else placed(table.xy, file.system, run.target)
    if located is None:
        located = locate(table.geometry, table.unread, file.system, run.target, problems, table.closed)
    if file.other is not None:
        metres = apart(table, file.other, located.geometry, file.system, run.target)
        wrong, far = metres > APART_M, np.full(rows, "", dtype=object)
        far[wrong] = [f"{one:,.0f}" for one in metres[wrong]]
        other = np.full(rows, ", ".join(file.other.columns), dtype=object)
        problems.say_each(wrong, "twice", other=other, metres=far)
    known = {column: table.text(field) for column, field in file.columns.known.items()}
    facts = {fact: table.text(field) for fact, field in file.columns.facts.items()}
    for key, value in run.options.fill.items():
        column = canonical(key)
        held = known if column in (*_TEXT, "accuracy_m") else facts
        held[column] = _filled(held.get(column), value, rows)
    texts = {column: known.get(column, np.full(rows, "", dtype=object)) for column in _TEXT}
    _say_ids(texts["site_id"], run.identities, problems, asked="site_id" in known)
    accuracy = _accuracy(known.get("accuracy_m"), run.options.site_accuracy, rows, problems)
    return Sites(
        row=np.arange(start, start + rows, dtype=np.int64),
        source=np.full(rows, file.shown, dtype=object),
        accuracy_m=accuracy + file.system.added_accuracy_m,
        geometry=located.geometry,
        status=located.status,
        problem=problems.text,
        crs=crs_module.name(run.target),
        facts=facts,
        notices=run.notices,
        **texts,
    )


def _filled(column: NDArray[np.object_] | None, value: str, rows: int) -> NDArray[np.object_]:
    if column is None:
        return np.full(rows, value, dtype=object)
    return np.where(column == "", value, column).astype(object)


def _say_ids(ids: NDArray[np.object_], identities: Identities, problems: Problems, *, asked: bool) -> None:
    if asked:
        problems.say(ids == "", "no_id")
    if identities.repeated:
        # One by one: pandas would number all of the repeated ids anew for each batch.
        repeated = np.fromiter((one in identities.repeated for one in ids), bool, len(ids))
        problems.say_each(repeated, "repeated_id", id=ids)


def _accuracy(
    texts: NDArray[np.object_] | None, for_all: float | None, rows: int, problems: Problems
) -> NDArray[np.float64]:
    """Read the accuracy of each site in metres; what cannot be read is told and counts as not given.

    More than anything on Earth is away counts as that: numbers without end are more than squares can hold.
    """
    usual = 0.0 if for_all is None else for_all
    if texts is None:
        return np.full(rows, min(usual, _FARTHEST_M))
    numbers = np.array(pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce"), dtype=np.float64)
    numbers[~np.isfinite(numbers) | (numbers < 0)] = np.nan
    # Only cells with a unit or a sign come this way.
    for row in np.flatnonzero(np.isnan(numbers) & (texts != "")):
        found = _ACCURACY.fullmatch(str(texts[row]))
        numbers[row] = float(found[1]) if found else np.nan
    wrong = np.isnan(numbers) & (texts != "")
    problems.say_each(wrong, "accuracy_unread", found=texts, used=np.full(rows, f"{usual:g}", dtype=object))
    return np.minimum(np.where(np.isnan(numbers), usual, numbers), _FARTHEST_M)


def gathered(batches: Iterable[Sites], crs: str, notices: tuple[Mapping[str, str], ...]) -> Sites:
    """Put all batches of a run together, with what is to be said of them as a whole."""
    overlaps = Overlaps()
    read = list(overlaps.watching(batches))
    return joined(read, crs, (*notices, *overlaps.notices()))


def joined(batches: list[Sites], crs: str, notices: tuple[Mapping[str, str], ...]) -> Sites:
    """Put batches of sites together; a fact that only some have is "" in the others."""
    names = list(dict.fromkeys(name for batch in batches for name in batch.facts))
    facts = {
        name: np.concatenate([batch.facts.get(name, np.full(len(batch), "", dtype=object)) for batch in batches])
        for name in names
    }
    columns = ("row", "source", *_TEXT, "accuracy_m", "geometry", "status", "problem")
    parts = {column: np.concatenate([getattr(batch, column) for batch in batches]) for column in columns}
    return Sites(**parts, crs=crs, facts=facts, notices=notices)


def _input(file: _File, rows: int) -> dict[str, object]:
    source = file.source
    return {
        "path": str(source.path),
        "sha256": _sha256(source.path),
        "rows": rows,
        "layer": source.layer,
        "crs": file.system.shift or crs_module.name(file.system.crs),
        **({} if file.system.local is None else {"crs_shift": list(file.system.local.numbers)}),
        "encoding": source.encoding,
        "driver": source.driver,
        "parts": {part.name: _sha256(part) for part in _parts(source)},
    }


def _parts(source: TableSource) -> list[Path]:
    """List the files that belong to a shapefile or MapInfo file, without the named one."""
    if source.driver not in ("ESRI Shapefile", "MapInfo File") or source.path.suffix.lower() == ".zip":
        return []
    stem, suffixes = source.path.stem.lower(), (".shp", ".shx", ".dbf", ".prj", ".cpg", ".mif", ".mid", ".tab", ".dat")
    beside = (other for other in source.path.parent.iterdir() if other.stem.lower() == stem)
    return sorted(other for other in beside if other.suffix.lower() in suffixes and other != source.path)


def _sha256(path: Path) -> str:
    """Hash a file, or a folder as the list of its files' names and hashes."""
    if path.is_dir():
        listed = "".join(f"{_sha256(part)}  {part.name}\n" for part in sorted(path.iterdir()) if part.is_file())
        return hashlib.sha256(listed.encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
