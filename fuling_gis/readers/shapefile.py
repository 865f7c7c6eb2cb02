"""A shapefile's parts, looked at before a library reads them: whole or not, in which encoding, in which system.

Libraries read a cut-off file as rows without geometry, take GBK text for Latin letters, and fail on a .prj with
Chinese names; none of that says anything to the user. So it is found out here.
"""

from __future__ import annotations

import shutil
import struct
import tempfile
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from pyproj import CRS

from fuling_gis import crs as crs_module
from fuling_gis.errors import CrsError, FileError, joined
from fuling_gis.labels import sentence
from fuling_gis.readers import dbf as dbf_module
from fuling_gis.readers.elsewhere import check_plain, check_system, plain_place, shifted
from fuling_gis.readers.encoding import Encoding, known, of_cells
from fuling_gis.readers.table import Words, note, unique_names

_NEEDED: Final = (".shx", ".dbf")
# Words of two bytes of the head, before the first shape.
_HEAD_WORDS: Final = 50


@dataclass(frozen=True)
class Shapefile:
    """A shapefile that is whole enough to be read."""

    # What a library may open.
    opened: Path
    encoding: Encoding
    # Field names, decoded and made different.
    fields: tuple[str, ...]
    rows: int
    crs: CRS | None
    crs_why: Words
    notes: tuple[Words, ...]
    # Holds the folder of `opened` alive where that is a tidied copy of names.
    keep: object = None


class Folder:
    """A temporary folder that vanishes with the last one who holds it."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="fuling-gis-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)

    def link(self, file: Path, name: str) -> Path:
        """Put a file into the folder under another name."""
        target = self.path / name
        try:
            target.symlink_to(file.resolve())
        except OSError:
            # Windows lets only some users make links.
            shutil.copyfile(file, target)
        return target


def examine(path: Path, encoding: str | None = None) -> Shapefile:
    """Look at all parts of a shapefile; raises FileError where a part is missing or cut, CrsError for a wild .prj.

    encoding: what the user says about it; beats everything found.
    """
    parts = {other.suffix.lower(): other for other in path.parent.iterdir() if other.stem.lower() == path.stem.lower()}
    parts[".shp"] = path
    missing = [sentence(f"errors_readers.part_{suffix[1:]}") for suffix in _NEEDED if suffix not in parts]
    if missing:
        raise FileError(
            sentence(
                "errors_readers.shapefile_parts", path=path, parts=joined(missing, sentence("errors_readers.parts_and"))
            )
        )
    check_plain(path, parts.values())
    rows = _check_length(path, parts[".shx"])
    table = dbf_module.read_head(parts[".dbf"])
    if table.rows != rows:
        raise FileError(
            sentence(
                "errors_readers.shapefile_mixed", path=path, shapes=rows, table=parts[".dbf"].name, rows=table.rows
            )
        )
    found, notes = _encoding(path, table, parts.get(".cpg"), encoding)
    system, why, exotic = _system(parts.get(".prj"))
    names = [_name(raw, found.name) for raw in table.names]
    unique = unique_names(names)
    if unique != names:
        repeated = sorted({name for name in names if names.count(name) > 1}) or [""]
        notes += (note("repeated_fields", fields=", ".join(repeated)),)
    # A name that the format's ten bytes have cut inside a character is no text to a library.
    cut = any(not _whole(raw, found.name) for raw in table.names)
    gone = dbf_module.deleted(table)
    if gone:
        notes += (note("rows_deleted", n=gone, table=parts[".dbf"].name),)
    place = plain_place(path)
    plain = place is not None and not exotic and not cut and _tidy(parts, path)
    opened, keep = (place, None) if place is not None and plain else _staged(parts)
    if cut and keep is not None:
        dbf_module.rename_fields(keep.path / "shape.dbf")
    return Shapefile(opened, found, tuple(unique), rows - gone, system, why, notes, keep)


def _check_length(shp: Path, shx: Path) -> int:
    """Compare the length that the head states with the file's own, and give the number of shapes by the index."""
    size = shp.stat().st_size
    with shp.open("rb") as file:
        head = file.read(100)
    stated = struct.unpack(">i", head[24:28])[0] * 2 if len(head) == 100 else 100  # noqa: PLR2004  a head's length
    if size < stated:
        raise FileError(sentence("errors_readers.cut_off", path=shp, size=size, stated=stated))
    index = shx.stat().st_size
    if index < 100 or (index - 100) % 8:  # noqa: PLR2004  a head and 8 bytes for each shape
        raise FileError(sentence("errors_readers.no_index", path=shx))
    count = (index - 100) // 8
    if count:
        _check_order(shp, shx, count)
        with shx.open("rb") as file:
            file.seek(index - 8)
            start, length = struct.unpack(">ii", file.read(8))
        if start * 2 + 8 + length * 2 > size:
            raise FileError(sentence("errors_readers.index_beyond", path=shp))
    return count


def _check_order(shp: Path, shx: Path, count: int) -> None:
    """Refuse an index that gives shapes in another order than their own numbers: attributes would go to others.

    Numbers that are no order at all are let pass where shapes stand one after the other with the lengths of the index.
    """
    index = np.memmap(shx, ">i4", "r", 100, (count, 2))
    starts, lengths = (np.asarray(index[:, at], dtype=np.int64) for at in (0, 1))
    words = np.memmap(shp, ">i2", "r", 0, (shp.stat().st_size // 2,))
    there = (starts >= _HEAD_WORDS) & (starts + 4 <= len(words))
    at = starts[there]
    high, low, long_high, long_low = (np.asarray(words[at + step], dtype=np.int64) for step in range(4))
    numbers, stated = (high << 16) + (low & 0xFFFF), (long_high << 16) + (long_low & 0xFFFF)
    places = np.flatnonzero(there) + 1
    # Some programs count from 0.
    wrong = (numbers != places) & (numbers != places - 1)
    if wrong.any() and ((np.diff(at) <= 0).any() or (stated != lengths[there]).any()):
        first = int(np.argmax(wrong))
        raise FileError(
            sentence("errors_readers.shapefile_order", path=shx, place=int(places[first]), number=int(numbers[first]))
        )


def _encoding(
    path: Path, table: dbf_module.Dbf, cpg: Path | None, said: str | None
) -> tuple[Encoding, tuple[Words, ...]]:
    if said is not None:
        codec = known(said)
        if codec is None:
            raise FileError(sentence("errors_readers.no_encoding", path=path, encoding=said))
        return Encoding(codec, note("encoding_said")), ()
    declared = cpg.read_bytes()[:64].decode("ascii", "replace").strip() if cpg else table.language
    found = of_cells(dbf_module.foreign_cells(table), declared)
    if found is None:
        raise FileError(sentence("errors_readers.dbf_text", path=path, table=table.path.name))
    told = known(declared)
    if cpg and told not in (None, found.name) and found.why != note("encoding_ascii"):
        return found, (note("encoding_contradicts", declared=declared, found=found.name),)
    return found, ()


def _name(raw: bytes, encoding: str) -> str:
    return raw.decode(encoding, "ignore").strip()


def _whole(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _system(prj: Path | None) -> tuple[CRS | None, Words, bool]:
    """Read a .prj: the CRS, why, and whether libraries must not see the file."""
    if prj is None:
        return None, note("crs_no_prj"), False
    raw = prj.read_bytes().strip(b"\0 \r\n\t\xef\xbb\xbf")
    if not raw:
        return None, note("crs_no_prj"), True
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("gb18030", "replace")
    check_system(text, prj)
    if shifted(text):
        return None, note("crs_shifted"), True
    try:
        system = crs_module.normalise(text)
    except CrsError as e:
        raise CrsError(sentence("errors_readers.prj_unreadable", path=prj)) from e
    return system, note("crs_prj", name=crs_module.name(system)), not raw.isascii()


def _tidy(parts: dict[str, Path], path: Path) -> bool:
    """Tell whether libraries find the parts by themselves: same stem, same case of suffix."""
    upper = path.suffix.isupper()
    return all(
        part.stem == path.stem and part.suffix == (suffix.upper() if upper else suffix)
        for suffix, part in parts.items()
        if suffix in (".shp", ".shx", ".dbf")
    )


def _staged(parts: dict[str, Path]) -> tuple[Path, Folder]:
    """Put the parts that libraries need under plain names into a temporary folder."""
    folder = Folder()
    opened = folder.link(parts[".shp"], "shape.shp")
    for suffix in (".shx", ".dbf"):
        folder.link(parts[suffix], f"shape{suffix}")
    return opened, folder
