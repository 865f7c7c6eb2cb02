"""Which format a file has, told by its first bytes and never by its name alone.

A library that opens files by its own judgement also opens texts that make it read other files or call other
machines. So a file is looked at first, and only what is on this list is opened.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from fuling_gis.errors import FileError
from fuling_gis.labels import sentence
from fuling_gis.readers import listing, parcel
from fuling_gis.readers.drawing import is_drawing
from fuling_gis.readers.workbook import is_workbook

# Bytes looked at; every format below declares itself earlier.
HEAD: Final = 8192

_SHAPE_PARTS: Final = {".dbf", ".shx", ".prj", ".cpg", ".sbn", ".sbx", ".qpj", ".fix"}
# Names of formats that are no text; a pointer left by a version control or a broken download has such a name too.
_NO_TEXT: Final = {".shp", ".gpkg", ".fgb", ".parquet", ".geoparquet", ".zip", ".kmz"}
# First bytes to the sentence that says what to do.
_FOREIGN: Final = (
    (b"\xd0\xcf\x11\xe0", "old_office"),
    (b"AC10", "autocad"),
    (b"%PDF", "pdf"),
    (b"7z\xbc\xaf\x27\x1c", "archive_7z"),
    (b"Rar!\x1a\x07", "archive_rar"),
    (b"\x1f\x8b", "archive_gz"),
    (b"II*\x00", "raster"),
    (b"MM\x00*", "raster"),
)
# First bytes to the format.
_MAGIC: Final = (
    (b"\x00\x00\x27\x0a", "shapefile"),
    (b"SQLite format 3\x00", "gpkg"),
    (b"PAR1", "parquet"),
    (b"fgb\x03fgb", "fgb"),
)
# Texts that make the library open other files or addresses.
_CALLING: Final = re.compile(
    rb"<\s*(OGR)?VRT(Dataset|DataSource)|<\s*(OGR|GDAL_)?(WMS|WFS|WCS|CSW|OAPIF)|gdal_streamed_alg", re.IGNORECASE
)


def sniff(path: Path) -> str:
    """Name the format: shapefile, gpkg, gdb, geojson, fgb, parquet, kml, zip, xlsx, dxf, mif, tab, parcel, list or csv.

    Raises FileError, with what to do, for anything else.
    """
    if path.is_dir():
        return _folder(path)
    if not path.is_file():
        raise FileError(sentence("errors_readers.no_file", path=path))
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError as e:
        raise FileError(sentence("errors_readers.unreadable", path=path, why=e.strerror)) from e
    if not head.strip():
        raise FileError(sentence("errors_readers.empty", path=path))
    if path.suffix.lower() in _SHAPE_PARTS:
        raise FileError(sentence("errors_readers.part_of_shapefile", path=path))
    if path.suffix.lower() == ".mid" and path.with_suffix(".mif").is_file():
        raise FileError(sentence("errors_readers.part_of_mapinfo", path=path, other=path.with_suffix(".mif").name))
    return _binary(path, head) or _text(path, _narrow(head))


def _folder(path: Path) -> str:
    if path.suffix.lower() == ".gdb" or any(path.glob("a0*.gdbtable")):
        return "gdb"
    raise FileError(sentence("errors_readers.folder", path=path))


def _binary(path: Path, head: bytes) -> str | None:
    for magic, entry in _FOREIGN:
        if head.startswith(magic):
            raise FileError(sentence(f"errors_readers.{entry}", path=path))
    for magic, form in _MAGIC:
        if head.startswith(magic):
            return form
    if head.startswith(b"PK\x03\x04"):
        return "xlsx" if is_workbook(path) else "zip"
    if is_drawing(head):
        return "dxf"
    return None


def _narrow(head: bytes) -> bytes:
    """Give UTF-16 as UTF-8: what a text says is looked at, whatever it is written in."""
    return _decoded(head).encode() if head.startswith((b"\xff\xfe", b"\xfe\xff")) else head


def _text(path: Path, head: bytes) -> str:
    if _CALLING.search(head):
        raise FileError(sentence("errors_readers.pointer", path=path))
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if _json(path, start):
        return "geojson"
    if start.startswith(b"<"):
        if re.search(rb"<(\w+:)?kml\b", head):
            return "kml"
        raise FileError(sentence("errors_readers.no_kml", path=path))
    if re.match(rb"version\s+\d+", start, re.IGNORECASE) and path.suffix.lower() == ".mif":
        return "mif"
    if start.lower().startswith(b"!table"):
        return "tab"
    if b"\x00" in head:
        raise FileError(sentence("errors_readers.unknown_format", path=path))
    if path.suffix.lower() in _NO_TEXT:
        raise FileError(sentence("errors_readers.text_inside", path=path, suffix=path.suffix))
    decoded = _decoded(head)
    if parcel.looks_so(decoded):
        return "parcel"
    return "list" if listing.looks_so(decoded) else "csv"


def _json(path: Path, start: bytes) -> bool:
    """Tell whether a text is an object in JSON; a bare list, which nothing here reads, is refused."""
    if re.match(rb'\[\s*(\{\s*["}]|\])', start):
        raise FileError(sentence("errors_readers.json_list", path=path))
    return start.startswith((b"{", b"\x1e{"))


def _decoded(head: bytes) -> str:
    """Give the text of the first bytes, for the look of it; what is cut at the end does not matter."""
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "gb18030"):
        for cut in range(4):
            try:
                return head[: len(head) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
    return ""
