"""Zip files: one set of data inside, unpacked with limits and under names of our own."""

from __future__ import annotations

import re
import shutil
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Final

from fuling_gis.errors import FileError, LayerChoiceError
from fuling_gis.labels import sentence
from fuling_gis.readers.mapinfo import PARTS
from fuling_gis.readers.shapefile import Folder
from fuling_gis.readers.workbook import is_workbook

# Files of several parts, by the suffix of the one that is opened; parts that two kinds share go to both.
_KINDS: Final = {".shp": (".shp", ".shx", ".dbf", ".prj", ".cpg"), **{parts[0]: parts for parts in PARTS.values()}}
_SINGLE: Final = (
    ".gpkg", ".geojson", ".json", ".geojsonl", ".geojsons", ".ndjson", ".fgb", ".kml", ".kmz", ".ovkml", ".ovkmz",
    ".parquet", ".geoparquet", ".csv", ".txt", ".dxf", ".xlsx", ".zip",
)  # fmt: skip
_FOLDER: Final = ".gdb"
# Kinds that may hold several layers, sheets or sets themselves.
_LAYERED: Final = (".zip", ".gpkg", ".gdb", ".xlsx", ".dxf")
# Texts that come with data and are none.
_TALK: Final = re.compile(
    r"说明|须知|声明|版权|自述|必读|read[\s_-]*me|licen[cs]e|copyright|disclaimer|\babout\b", re.IGNORECASE
)
# Zips inside zips: this deep and no deeper.
_DEEPEST: Final = 3
# Limits for one archive: members, bytes in all, and bytes out for each byte in above the first megabytes.
_MEMBERS: Final = 5000
_BYTES: Final = 8 << 30
_RATIO: Final = 200
_SMALL: Final = 64 << 20


@dataclass(frozen=True)
class _Set:
    """What belongs together in an archive: one file, the parts of one, or a folder."""

    # Where the file that is opened stands in the archive.
    path: PurePosixPath
    # Name of a file to write, without folders, to the member.
    parts: dict[str, zipfile.ZipInfo] = field(default_factory=dict)
    # What it is called, told apart from all others.
    name: str = ""

    @property
    def opened(self) -> str:
        """The name under which the file to be opened is written, below the folder."""
        return f"data{self.path.suffix.lower()}"


def unpack(path: Path, layer: str | None = None) -> tuple[Path, str, str | None, list[Folder]]:
    """Unpack the one set of data in a zip; gives its path, its name in the archive, its layer, and the folders to hold.

    Zips inside are unpacked too. layer: the name of the set, needed where there are several; `INNER/NAME` for one in
    an inner zip, or for a layer of a database. Raises FileError that lists them.
    """
    held: list[Folder] = []
    names: list[str] = []
    inside = path
    for _ in range(_DEEPEST):
        try:
            inside, name, layer = _unpacked(path, inside, layer, held)
        except LayerChoiceError as e:
            # Below what is unpacked already a name begins with where it stands.
            raise LayerChoiceError(e.words, offers=["/".join((*names, one)) for one in e.offers]) from e
        names.append(name)
        if inside.suffix != ".zip" or is_workbook(inside):
            return inside, "/".join(names), layer, held
    raise FileError(sentence("errors_readers.zip_deep", path=path))


def _unpacked(path: Path, zipped: Path, layer: str | None, held: list[Folder]) -> tuple[Path, str, str | None]:
    """Unpack one set; gives also what is left of the layer's name for what is inside. path: how the user names it."""
    try:
        with zipfile.ZipFile(zipped, metadata_encoding=_names(zipped)) as archive:
            chosen, rest = _chosen(path, _sets(path, archive), layer)
            folder = Folder()
            held.append(folder)
            target = folder.path
            if chosen.path.suffix.lower() == _FOLDER:
                target = folder.path / chosen.opened
                target.mkdir()
            total = 0
            for name, member in chosen.parts.items():
                total = _extract(path, archive, member, target / name, total)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, UnicodeDecodeError) as e:
        raise FileError(sentence("errors_readers.zip_unreadable", path=path, why=" ".join(str(e).split())[:200])) from e
    return folder.path / chosen.opened, chosen.name, rest


def names_inside(path: Path) -> list[str]:
    """List the sets of data in a zip; raises FileError where there is none or it cannot be read."""
    try:
        with zipfile.ZipFile(path, metadata_encoding=_names(path)) as archive:
            found = [one.name for one in _data(_sets(path, archive))]
    except (zipfile.BadZipFile, NotImplementedError, EOFError, UnicodeDecodeError) as e:
        raise FileError(sentence("errors_readers.zip_unlisted", path=path, why=" ".join(str(e).split())[:200])) from e
    if not found:
        raise FileError(sentence("errors_readers.zip_nothing", path=path))
    return found


def _names(path: Path) -> str:
    """Find how names without the UTF-8 flag are encoded."""
    with zipfile.ZipFile(path) as archive:
        raw = [info.filename.encode("cp437") for info in archive.infolist() if not info.flag_bits & 0x800]
    for encoding in ("utf-8", "gb18030"):
        try:
            for name in raw:
                name.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    return "cp437"


def _sets(path: Path, archive: zipfile.ZipFile) -> list[_Set]:
    members = [info for info in archive.infolist() if not info.is_dir()]
    if len(members) > _MEMBERS:
        raise FileError(sentence("errors_readers.zip_members", path=path, most=_MEMBERS))
    if any(info.filename.startswith("xl/") for info in members):
        raise FileError(sentence("errors_readers.xlsx", path=path))
    found: dict[tuple[str, str], _Set] = {}
    for info in members:
        name = PurePosixPath(info.filename)
        suffix = name.suffix.lower()
        if name.parts[:1] == ("__MACOSX",) or name.name.startswith("."):
            continue
        folder = next((above for above in name.parents if above.suffix.lower() == _FOLDER), None)
        if folder is not None:
            # Of its files the names are part of what they are; they are letters, digits and points.
            if re.fullmatch(r"\w[\w.-]{0,60}", name.name) and name.parent == folder:
                _put(path, found.setdefault((_FOLDER, str(folder)), _Set(folder)), name.name, info)
        elif suffix in _SINGLE:
            _put(path, found.setdefault((suffix, str(name)), _Set(name)), f"data{suffix}", info)
        for main, parts in _KINDS.items() if folder is None else ():
            if suffix in parts:
                key = (main, str(name.with_suffix("")).lower())
                _put(path, found.setdefault(key, _Set(name.with_suffix(main))), f"data{suffix}", info)
    return _named([one for one in found.values() if one.path.suffix == _FOLDER or one.opened in one.parts])


def _put(path: Path, one: _Set, name: str, info: zipfile.ZipInfo) -> None:
    """Add a part to a set; raises FileError where there is one: of two files of a name only one would be read."""
    if name in one.parts:
        raise FileError(sentence("errors_readers.zip_twice", path=path, name=repr(info.filename)))
    one.parts[name] = info


def _named(sets: list[_Set]) -> list[_Set]:
    """Call each set by its stem, by its whole name where stems are alike, by its path where names are."""
    stems, names = (Counter(getattr(one.path, part) for one in sets) for part in ("stem", "name"))
    out = []
    for one in sets:
        name = one.path.stem if stems[one.path.stem] == 1 else one.path.name
        out.append(replace(one, name=name if stems[one.path.stem] == 1 or names[name] == 1 else str(one.path)))
    return out


def _data(sets: list[_Set]) -> list[_Set]:
    """Leave out texts that only say what the one set of data is; where there are several all are asked about."""
    data = [one for one in sets if not _TALK.search(one.path.stem) or one.path.suffix.lower() != ".txt"]
    return data if len(data) == 1 else sets


def _chosen(path: Path, sets: list[_Set], layer: str | None) -> tuple[_Set, str | None]:
    """Give the set that is meant, and the name of a layer in it where it may hold several."""
    if not sets:
        raise FileError(sentence("errors_readers.zip_nothing", path=path))
    data = _data(sets)
    if layer is None and len(data) == 1:
        return data[0], None
    for one in sets:
        inner = Path(one.opened).suffix in _LAYERED
        if layer == one.name:
            return one, None
        if inner and layer is not None and layer.startswith(f"{one.name}/"):
            return one, layer.removeprefix(f"{one.name}/")
    if len(sets) == 1 and Path(sets[0].opened).suffix in _LAYERED:
        # The only one there is need not be named.
        return sets[0], layer
    shown = ", ".join(repr(found.name) for found in sets)
    raise LayerChoiceError(
        sentence("errors_readers.zip_many", path=path, layers=shown, name=path.name),
        offers=[found.name for found in data],
    )


def _extract(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, total: int) -> int:
    """Write one member, counting bytes as they come: what an archive says of its sizes may be untrue."""
    packed = path.stat().st_size
    with archive.open(member) as source, target.open("wb") as out:
        while chunk := source.read(1 << 20):
            total += len(chunk)
            if total > _BYTES or (total > _SMALL and total > _RATIO * packed):
                raise FileError(sentence("errors_readers.zip_grows", path=path))
            out.write(chunk)
        shutil.copystat(path, target)
    return total
