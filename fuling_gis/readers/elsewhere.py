"""What in a file would make a library open other files or addresses, found before the library sees it.

A GeoJSON may say that its coordinate system stands at an address, and GDAL asks there; a coordinate system may name
files of shifts, and PROJ opens them; a part of a shapefile may be a pipe, and reading it waits for ever.
"""

from __future__ import annotations

import json
import mmap
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from fuling_gis.errors import FileError
from fuling_gis.labels import sentence
from fuling_gis.readers.table import Words, note

# The key `crs` in either kind of quotes and with letters written as numbers, all of which GDAL's parser takes.
_CRS: Final = re.compile(rb"""["'](?:c|\\u0063)(?:r|\\u0072)(?:s|\\u0073)["']""", re.IGNORECASE)
# The most bytes that a coordinate system in a GeoJSON takes.
_LONGEST: Final = 1 << 16
_POINTING: Final = ("link", "url")
# Grids of shifts and files of definitions; `@null` is no file, and stands in every Web Mercator that GDAL writes.
_FILES: Final = re.compile(
    r"grids=(?!@null\b)|PARAMETERFILE|\+?init=(?!\w+:\w)|\"(?:parameter_file|grid_name)\"", re.IGNORECASE
)

# What the library takes out of a path as parts of an address, an archive, or nothing at all.
_SPEAKS: Final = re.compile(r"[!?;\t\r\n]")

# Names of systems that are shifted away from all others; what else such a text says does not tell it.
_SHIFTED: Final = re.compile(r"gcj.?02|bd.?09", re.IGNORECASE)
# What a GeoJSON calls WGS 84.
_USUAL: Final = re.compile(r"^\s*(?:\S*\W)?(?:CRS:?84|(?:EPSG\W*)?4326|WGS[\s_-]*(?:19)?84)\s*$", re.IGNORECASE)
_SHOWN: Final = 60


def shifted(text: str) -> bool:
    """Tell whether the text of a coordinate system names GCJ-02 or BD-09."""
    return _SHIFTED.search(text) is not None


def shifted_name(why: Words) -> str:
    """Give the systems of which one is named where coordinates are shifted: no other is to be guessed then."""
    return "GCJ-02, BD-09" if why == note("crs_shifted") else ""


def plain_place(path: Path) -> Path | None:
    """Give the whole path of a file, which begins with no `CSV:` or `http:`; None where it would still say something.

    The library takes `a.zip!b.csv` and `b.csv;c` for other files than they are; such a file needs another name first.
    """
    # Not resolved: a link keeps its name, by which its parts are found.
    place = os.path.abspath(path)  # noqa: PTH100
    speaks = _SPEAKS.search(place) or place.startswith(("/vsi", "//"))
    return None if speaks else Path(place)


def check_json(path: Path) -> None:
    """Refuse a GeoJSON whose coordinate system is, or may be, an address."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        for found in _CRS.finditer(text):
            if _points(text[found.end() : found.end() + _LONGEST]):
                raise FileError(sentence("errors_readers.crs_elsewhere", path=path))


def _points(rest: bytes) -> bool:
    """Tell by what follows a key `crs` whether it may be an address: what is no plain JSON there may be anything."""
    plain = rest.lstrip()
    if not plain.startswith(b":"):
        # A value that is called so; a comment may hide the colon.
        return plain.startswith(b"/")
    try:
        value, _ = json.JSONDecoder().raw_decode(plain[1:].decode("utf-8", "replace").lstrip())
    except (ValueError, RecursionError):
        return True
    return is_address(value)


def is_address(value: object) -> bool:
    """Tell whether a member `crs` of a GeoJSON says where its system is to be asked for."""
    return isinstance(value, dict) and str(value.get("type")).lower() in _POINTING


def is_usual(said: str) -> bool:
    """Tell whether the name of a coordinate system in a GeoJSON is that of WGS 84."""
    return _USUAL.search(said) is not None


def strange_system(path: Path, *, named: bool) -> str:
    """Give what a GeoJSON calls its coordinate system where that is not longitude and latitude of WGS 84, else "".

    For a file in which the library found no system: it takes names that it does not know for none. named: whether
    features have a property of that name.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        for found in _CRS.finditer(text):
            said = _system_said(text[found.end() : found.end() + _LONGEST], named=named)
            if said and not is_usual(said):
                return said[:_SHOWN]
    return ""


def _system_said(rest: bytes, *, named: bool) -> str:
    """Give the name that follows a key `crs`; "" where none does, or where it may be the value of a property."""
    try:
        value, _ = json.JSONDecoder().raw_decode(rest.lstrip().removeprefix(b":").decode("utf-8", "replace").lstrip())
    except (ValueError, RecursionError):
        return ""
    if named and not (isinstance(value, dict) and "type" in value):
        return ""
    return name_said(value)


def name_said(value: object) -> str:
    """Give the name of a coordinate system that a member `crs` of a GeoJSON holds; "" where it names none."""
    if isinstance(value, str | int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, dict):
        return ""
    inside = value.get("properties", value)
    parts = inside.values() if isinstance(inside, dict) else [inside]
    return " ".join(str(part) for part in parts if isinstance(part, str | int) and part not in ("name", "EPSG"))


def check_system(text: str, path: Path) -> None:
    """Refuse the text of a coordinate system that names files of this machine."""
    if _FILES.search(text):
        raise FileError(sentence("errors_readers.crs_files", path=path))


def check_plain(path: Path, parts: Iterable[Path]) -> None:
    """Refuse parts of a file that are pipes or devices: reading them could wait for ever."""
    for part in parts:
        if not (part.is_file() or part.is_dir()) and part.exists():
            raise FileError(sentence("errors_readers.no_plain_file", path=path, part=part.name))
