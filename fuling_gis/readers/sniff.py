"""Which format a file has, told by its first bytes and never by its name alone.

A library that opens files by its own judgement also opens texts that make it read other files or call other
machines. So a file is looked at first, and only what is on this list is opened.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from fuling_gis.errors import FileError

# Bytes looked at; every format below declares itself earlier.
HEAD: Final = 8192

_SHAPE_PARTS: Final = {".dbf", ".shx", ".prj", ".cpg", ".sbn", ".sbx", ".qpj", ".fix"}
_FOREIGN: Final = (
    (b"\xd0\xcf\x11\xe0", "is an old Excel or Office file; save the table as CSV UTF-8 or .gpkg"),
    (b"AC10", "is an AutoCAD drawing; export it as a shapefile or .gpkg, with its coordinate system"),
    (b"%PDF", "is a PDF, not a table with coordinates"),
    (b"II*\x00", "is a raster image, not a table with coordinates"),
    (b"MM\x00*", "is a raster image, not a table with coordinates"),
)
# Texts that make the library open other files or addresses.
_CALLING: Final = re.compile(
    rb"<\s*(OGR)?VRT(Dataset|DataSource)|<\s*OGRWFS|<\s*(OGR)?(WMS|WFS|WCS|CSW|OAPIF)", re.IGNORECASE
)


def sniff(path: Path) -> str:
    """Name the format: shapefile, gpkg, gdb, geojson, parquet, kml, zip, mif, tab or csv.

    Raises FileError, with what to do, for anything else.
    """
    if path.is_dir():
        return _folder(path)
    if not path.is_file():
        msg = f"{path}: there is no such file"
        raise FileError(msg)
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError as e:
        msg = f"{path}: cannot be read ({e.strerror})"
        raise FileError(msg) from e
    if not head.strip():
        msg = f"{path}: is empty; export it again"
        raise FileError(msg)
    if path.suffix.lower() in _SHAPE_PARTS:
        msg = f"{path}: is one part of a shapefile; name its .shp instead"
        raise FileError(msg)
    if path.suffix.lower() == ".mid" and path.with_suffix(".mif").is_file():
        msg = f"{path}: is one part of a MapInfo file; name {path.with_suffix('.mif').name} instead"
        raise FileError(msg)
    return _binary(path, head) or _text(path, head)


def _folder(path: Path) -> str:
    if path.suffix.lower() == ".gdb" or any(path.glob("a0*.gdbtable")):
        return "gdb"
    msg = f"{path}: is a folder; name the file in it that is meant"
    raise FileError(msg)


def _binary(path: Path, head: bytes) -> str | None:
    for magic, told in _FOREIGN:
        if head.startswith(magic):
            msg = f"{path}: {told}"
            raise FileError(msg)
    if head.startswith(b"\x00\x00\x27\x0a"):
        return "shapefile"
    if head.startswith(b"SQLite format 3\x00"):
        return "gpkg"
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    return None


def _text(path: Path, head: bytes) -> str:
    if _CALLING.search(head):
        msg = f"{path}: is a description that points to other files or addresses; name the file with the data itself"
        raise FileError(msg)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith((b"{", b"\x1e{")):
        return "geojson"
    if start.startswith(b"<"):
        if re.search(rb"<(\w+:)?kml\b", head):
            return "kml"
        msg = f"{path}: is XML, but not KML; save it as .gpkg, GeoJSON or a shapefile"
        raise FileError(msg)
    if re.match(rb"version\s+\d+", start, re.IGNORECASE) and path.suffix.lower() == ".mif":
        return "mif"
    if start.lower().startswith(b"!table"):
        return "tab"
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    if b"\x00" in head and not wide:
        msg = f"{path}: is of no format known here; give a shapefile, .gpkg, .gdb, GeoJSON, GeoParquet, KML, MIF or CSV"
        raise FileError(msg)
    return "csv"
