"""Zip files: one set of data inside, unpacked with limits and under names of our own."""

from __future__ import annotations

import shutil
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from fuling_gis.errors import FileError
from fuling_gis.labels import sentence
from fuling_gis.readers.shapefile import Folder

_SHAPE_PARTS: Final = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_SINGLE: Final = (".gpkg", ".geojson", ".json", ".kml", ".parquet", ".csv", ".txt", ".dxf", ".xlsx")
# Limits for one archive: members, bytes in all, and bytes out for each byte in above the first megabytes.
_MEMBERS: Final = 5000
_BYTES: Final = 8 << 30
_RATIO: Final = 200
_SMALL: Final = 64 << 20


@dataclass(frozen=True)
class _Set:
    """What belongs together in an archive: a shapefile's parts, or one file."""

    name: str
    # Suffix, lower case, to the member.
    parts: dict[str, zipfile.ZipInfo] = field(default_factory=dict)


def unpack(path: Path, layer: str | None = None) -> tuple[Path, str, Folder]:
    """Unpack the one set of data in a zip; gives its path, its name in the archive, and the folder to hold.

    layer: the name of the set, needed where there are several. Raises FileError that lists them.
    """
    try:
        with zipfile.ZipFile(path, metadata_encoding=_names(path)) as archive:
            chosen = _chosen(path, _sets(path, archive), layer)
            folder = Folder()
            total = 0
            for suffix, member in chosen.parts.items():
                total = _extract(path, archive, member, folder.path / f"data{suffix}", total)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, UnicodeDecodeError) as e:
        raise FileError(sentence("errors_readers.zip_unreadable", path=path, why=" ".join(str(e).split())[:200])) from e
    main = ".shp" if ".shp" in chosen.parts else next(iter(chosen.parts))
    return folder.path / f"data{main}", chosen.name, folder


def names_inside(path: Path) -> list[str]:
    """List the sets of data in a zip; raises FileError where there is none or it cannot be read."""
    try:
        with zipfile.ZipFile(path, metadata_encoding=_names(path)) as archive:
            found = [one.name for one in _sets(path, archive)]
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
    shapes: dict[str, _Set] = {}
    single = []
    for info in members:
        name = PurePosixPath(info.filename)
        suffix = name.suffix.lower()
        if name.parts[:1] == ("__MACOSX",) or name.name.startswith("."):
            continue
        if suffix in _SHAPE_PARTS:
            stem = str(name.with_suffix("")).lower()
            shapes.setdefault(stem, _Set(name.stem)).parts[suffix] = info
        elif suffix in _SINGLE:
            single.append(_Set(name.stem, {suffix: info}))
    return [found for found in shapes.values() if ".shp" in found.parts] + single


def _chosen(path: Path, sets: list[_Set], layer: str | None) -> _Set:
    if layer is not None:
        sets = [found for found in sets if found.name == layer] or sets
    shown = ", ".join(repr(found.name) for found in sets)
    if not sets:
        raise FileError(sentence("errors_readers.zip_nothing", path=path))
    if len(sets) > 1 or (layer is not None and sets[0].name != layer):
        raise FileError(sentence("errors_readers.zip_many", path=path, layers=shown, name=path.name))
    return sets[0]


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
