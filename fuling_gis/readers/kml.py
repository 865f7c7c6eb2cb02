"""KML, read by itself: every folder, Chinese names of data fields included."""

from __future__ import annotations

import codecs
import io
import re
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, ParseError

import numpy as np
import pyarrow as pa
import shapely
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse
from numpy.typing import NDArray

from fuling_gis import crs as crs_module
from fuling_gis.errors import FileError
from fuling_gis.labels import sentence
from fuling_gis.readers.encoding import Encoding
from fuling_gis.readers.memory import MemoryStream
from fuling_gis.readers.table import MOST_COLUMNS, Piece, TableSource, note

_DECLARATION: Final = re.compile(r"<\?xml[^>]{0,200}\?>")
_ROOT: Final = re.compile(r"<(?:\w+:)?kml\b")
# The prefix of a tag or of an attribute.
_PREFIX: Final = re.compile(r"[<\s/]([A-Za-z_][\w.-]{0,40}):[A-Za-z_][\w.-]*(?=[\s=/>])")
_DECLARED: Final = re.compile(r"xmlns:([A-Za-z_][\w.-]{0,40})=")
# Elements that say where something is, and are no shape of a site; beside a shape a track is ground that would be lost.
_TRACKS: Final = frozenset(("Track", "MultiTrack"))
_OTHERS: Final = _TRACKS | {"Model", "LatLonQuad", "LatLonBox"}
# The column for the names of folders; one of the file's own is not overwritten.
_FOLDERS: Final = ("folder", "kml_folder")
_LONGEST_PATH: Final = 1000
_MOST_BYTES: Final = 256 << 20
_MAKERS: Final = {"Point": shapely.points, "LineString": shapely.linestrings, "LinearRing": shapely.linestrings}


def open_kml(path: Path, content: bytes | None = None) -> TableSource:
    """Open all placemarks of a KML file; `content` is its text where it came out of a KMZ.

    KML is small by nature, so it is read at once. Raises FileError where it is huge, no XML, or names entities.
    """
    if (path.stat().st_size if content is None else len(content)) > _MOST_BYTES:
        raise FileError(sentence("errors_readers.too_large", path=path, most=_MOST_BYTES >> 20))
    raw, encoding = _unicode(path.read_bytes() if content is None else content)
    rows: list[dict[str, str]] = []
    names: dict[str, None] = {}
    shapes: list[shapely.Geometry | None] = []
    unread: dict[int, str] = {}
    closed: set[int] = set()
    # Those in which the next placemark stands, the outermost first, and the innermost of each row.
    folders: list[_Folder] = []
    held: list[_Folder | None] = []
    try:
        # One placemark after the other: XML has no columns.
        for event, element in iterparse(io.BytesIO(raw), events=("start", "end"), forbid_dtd=True):
            tag = _tag(element)
            if tag == "Folder":
                if event == "start":
                    folders.append(_Folder(element, folders[-1] if folders else None))
                else:
                    folders.pop().close()
            elif tag == "Placemark" and event == "end":
                rows.append(_fields(element))
                names.update(dict.fromkeys(rows[-1]))
                if len(names) > MOST_COLUMNS:
                    raise FileError(
                        sentence("errors_readers.too_many_columns", path=path, n=len(names), most=MOST_COLUMNS)
                    )
                held.append(folders[-1] if folders else None)
                if _open_outline(element):
                    closed.add(len(shapes))
                try:
                    shapes.append(_shape(element))
                except (ValueError, shapely.errors.ShapelyError, RecursionError) as e:
                    unread[len(shapes)] = " ".join(str(e).split())[:200]
                    shapes.append(None)
                element.clear()
    except (ParseError, DefusedXmlException, LookupError, ValueError) as e:
        raise FileError(
            sentence(
                "errors_readers.kml_unreadable", path=path, kind=type(e).__name__, why=" ".join(str(e).split())[:200]
            )
        ) from e
    _name_folders(rows, held)
    fields = tuple(dict.fromkeys(name for row in rows for name in row))
    arrow = pa.table({name: pa.array([row.get(name) for row in rows], pa.string()) for name in fields})
    geometry = np.empty(len(shapes), dtype=object)
    geometry[:] = shapes
    piece = Piece(arrow, geometry, unread, frozenset(closed))
    return TableSource(
        path=path,
        driver="KML",
        fields=fields,
        stream=MemoryStream(piece),
        encoding=encoding.name,
        encoding_why=encoding.why,
        crs=crs_module.normalise(4326),
        crs_why=note("crs_kml"),
        crs_stated=False,
        count=len(rows),
        geometry_type="Unknown",
        opened=path,
    )


def _unicode(raw: bytes) -> tuple[bytes, Encoding]:
    """Give the text as UTF-8 that an XML parser takes, and what it was written in.

    Programs for phones write GBK, with or without saying so, and use prefixes that they do not declare.
    """
    found = _encoding(raw)
    if found is None:
        return raw, Encoding("utf-8", note("encoding_standard"))
    text = _DECLARATION.sub("", raw.decode(found.name, "replace").lstrip("\ufeff \r\n\t"), count=1)
    loose = set(_PREFIX.findall(text)) - set(_DECLARED.findall(text)) - {"xml", "xmlns"}
    names = "".join(f' xmlns:{prefix}="urn:{prefix}"' for prefix in sorted(loose))
    return _ROOT.sub(lambda root: root[0] + names, text, count=1).encode(), found


def _encoding(raw: bytes) -> Encoding | None:
    """Find the encoding of the text; None where it is left to the parser to say what is wrong."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Encoding("utf-16", note("encoding_bom"))
    for name, why in (("utf-8", "encoding_standard"), ("gb18030", "encoding_gb")):
        try:
            raw.decode(name)
        except UnicodeDecodeError:
            continue
        return Encoding(name, note(why))
    return None


def _tag(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _fields(placemark: Element) -> dict[str, str]:
    out: dict[str, str] = {}
    for child in placemark:
        tag = _tag(child)
        if tag in ("name", "description") and tag not in out:
            out[tag] = (child.text or "").strip()
    for child in placemark.iter():
        tag, text = _tag(child), (child.text or "").strip()
        if tag == "SimpleData":
            out[child.get("name", "")] = text
        elif tag == "Data":
            value = next((part for part in child if _tag(part) == "value"), None)
            out[child.get("name", "")] = (value.text or "").strip() if value is not None else ""
    out.pop("", None)
    return out


class _Folder:
    """A folder, and the one that it stands in."""

    def __init__(self, element: Element, above: _Folder | None) -> None:
        self._element: Element | None = element
        self.above, self.name = above, ""

    def close(self) -> None:
        """Take the name of the folder, which has been read to its end, and let go of what else is in it."""
        if self._element is not None:
            names = (child.text or "" for child in self._element if _tag(child) == "name")
            self.name = "/".join(filter(None, map(str.strip, names)))
            self._element.clear()
            self._element = None

    @cached_property
    def path(self) -> str:
        """The names of the folders, the outermost first; of more than anybody has, the innermost."""
        names, length = [], 0
        folder: _Folder | None = self
        while folder is not None and length < _LONGEST_PATH:
            names.append(folder.name)
            length += len(folder.name) + 1
            folder = folder.above
        return "/".join(filter(None, reversed(names)))[-_LONGEST_PATH:]


def _name_folders(rows: list[dict[str, str]], held: list[_Folder | None]) -> None:
    """Put the names of the folders, the outermost first, into a column of their own where there is more than one."""
    different = set(held) - {None}
    if not different or (len(different) == 1 and all(folder.above is None for folder in different if folder)):
        # One says nothing.
        return
    column = next((name for name in _FOLDERS if not any(name in row for row in rows)), "")
    for row, folder in zip(rows, held, strict=True):
        if column and folder is not None and folder.path:
            row[column] = folder.path


def _shape(element: Element) -> shapely.Geometry | None:
    """Give the geometry of a placemark; several parts become a collection. Raises ValueError for wild coordinates."""
    parts = [_part(child) for child in element if _tag(child) in (*_MAKERS, "Polygon", "MultiGeometry")]
    parts = [part for part in parts if part is not None]
    other = next((_tag(child) for child in element if _tag(child) in (_TRACKS if parts else _OTHERS)), "")
    if other:
        msg = f"geometry={other!r}"
        raise ValueError(msg)
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else shapely.GeometryCollection(parts)


def _part(element: Element) -> shapely.Geometry | None:
    tag = _tag(element)
    if tag == "MultiGeometry":
        return _shape(element)
    if tag == "Polygon":
        # Some programs write the holes before the outline.
        rings = [_coordinates(ring) for kind in ("outerBoundaryIs", "innerBoundaryIs")
                 for child in element if _tag(child) == kind for ring in child]  # fmt: skip
        return shapely.Polygon(_closed(rings[0]), [_closed(ring) for ring in rings[1:]]) if rings else None
    coordinates = _coordinates(element)
    made: shapely.Geometry = _MAKERS[tag](coordinates[0] if tag == "Point" else coordinates)
    return made


def _open_outline(placemark: Element) -> bool:
    """Tell whether some outline does not come back to its first corner."""
    for outline in placemark.iter():
        if _tag(outline) in ("outerBoundaryIs", "innerBoundaryIs"):
            for ring in outline:
                with suppress(ValueError):
                    corners = _coordinates(ring)
                    if len(corners) > 2 and (corners[0] != corners[-1]).any():  # noqa: PLR2004  fewer make no area
                        return True
    return False


def _closed(ring: NDArray[np.float64]) -> NDArray[np.float64]:
    return ring if (ring[0] == ring[-1]).all() else np.vstack([ring, ring[:1]])


def _coordinates(element: Element) -> NDArray[np.float64]:
    text = next((child.text or "" for child in element if _tag(child) == "coordinates"), "")
    # People who write by hand put blanks behind commas.
    items = re.sub(r" ?, ?", ",", " ".join(text.split())).split()
    try:
        pairs = [[float(number) for number in item.split(",")[:2]] for item in items]
    except ValueError:
        pairs = []
    if not pairs or any(len(pair) != 2 for pair in pairs):  # noqa: PLR2004  longitude and latitude
        msg = f"coordinates={text.strip()[:60]!r}"
        raise ValueError(msg)
    return np.array(pairs)
