"""Drawings (DXF): closed polylines, circles and hatches as areas, other lines as lines, points as points.

A drawing names no coordinate system. Blocks are resolved where they are inserted, arcs become edges that leave them
by at most a centimetre, and a text that stands alone in an area is its name. Damaged files are recovered as far as
they go.
"""

from __future__ import annotations

import itertools
import logging
from collections import Counter
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely

from fuling_gis import crs as crs_module
from fuling_gis.errors import FileError
from fuling_gis.labels import sentence
from fuling_gis.readers.arcs import FINEST, arc, bulged, flat, hatch_rings
from fuling_gis.readers.drawn_text import encoding_of, plain, true_encoding
from fuling_gis.readers.memory import MemoryStream, piece_of
from fuling_gis.readers.rings import area_of
from fuling_gis.readers.table import TableSource, Words, note

# How far an edge may leave its arc, units of the drawing: metres here.
FLATTENED: Final = 0.01
# Curves by which an ellipse is drawn before it is cut, and an arc of an old polyline: a quarter circle in one leaves a
# radius of 1 km by 27 cm, a sixteenth of a circle by less than a millimetre.
_CURVES: Final = 16
_MOST_BYTES: Final = 256 << 20
_MOST_ENTITIES: Final = 500_000
# Of those, how many may come out of blocks: a few lines of text can insert as many as they like.
_MOST_INSERTED: Final = 100_000
_DEEPEST: Final = 8
_LINES: Final = frozenset({"LINE", "LWPOLYLINE", "POLYLINE", "ARC", "CIRCLE", "ELLIPSE", "SPLINE"})
_ROUND: Final = frozenset({"CIRCLE"})
_TEXTS: Final = frozenset({"TEXT", "MTEXT"})
_LEAST: Final = 3
# Flags of a block that is another drawing, attached or overlaid (DXF reference, BLOCK).
_XREF: Final = 4 | 8
_SHOWN: Final = 40
# Lines of which it is asked whether they enclose ground together.
_MOST_SIDES: Final = 50_000
_LISTED: Final = 8
# Values of $INSUNITS (DXF reference, HEADER section) that are no metres.
_UNITS: Final = {1: "inches", 2: "feet", 4: "mm", 5: "cm", 7: "km"}


def is_drawing(head: bytes) -> bool:
    """Tell by its first bytes whether a file is a drawing."""
    if head.startswith(b"AutoCAD Binary DXF"):
        return True
    lines = head[:4096].replace(b"\r", b"").lstrip(b"\xef\xbb\xbf").split(b"\n")
    codes = [line.strip() for line in lines[:40]]
    # Remarks (999) may stand before the first section.
    while len(codes) > 1 and codes[0] == b"999":
        codes = codes[2:]
    return len(codes) > 1 and codes[0] == b"0" and codes[1] == b"SECTION"


def open_drawing(path: Path, *, layer: str | None = None) -> TableSource:
    """Open a drawing. layer: the one layer that is meant; all of them without it. Raises FileError."""
    if path.stat().st_size > _MOST_BYTES:
        raise FileError(sentence("errors_readers.too_large", path=path, most=_MOST_BYTES >> 20))
    document, damaged = _read(path)
    encoding, odd = true_encoding(path, document)
    if encoding != encoding_of(document):
        document, damaged = _read(path, encoding)
    try:
        found = _Found(path, layer)
        found.check_blocks(document)
        _straighten(document)
        found.walk(document.modelspace(), 0)
        rows, shapes = found.rows()
    except FileError:
        raise
    except Exception as e:
        # ezdxf raises errors of many kinds on entities that are not what they say.
        raise FileError(sentence("errors_readers.drawing", path=path, why=type(e).__name__)) from e
    if not shapes and found.elsewhere:
        raise FileError(sentence("errors_readers.drawing_elsewhere", path=path, names=found.names_elsewhere()))
    if not shapes:
        entry = "errors_readers.no_layer" if layer is not None and found.layers else "errors_readers.drawing_empty"
        layers = ", ".join(sorted(found.layers)[:20])
        raise FileError(sentence(entry, path=path, layer=layer, layers=layers))
    if len(found.unread) == len(shapes):
        raise FileError(sentence("errors_readers.drawing", path=path, why=found.unread[0]))
    piece = piece_of(rows, shapes, found.unread)
    return TableSource(
        path=path,
        driver="DXF",
        fields=tuple(piece.arrow.column_names),
        stream=MemoryStream(piece),
        layer=layer or "",
        encoding=encoding,
        encoding_why=odd[0] if odd else note("encoding_drawing"),
        crs_why=note(_why(document, shapes)),
        count=len(shapes),
        geometry_type="Unknown",
        notes=(*odd, *found.notes(document, damaged=damaged)),
        opened=path,
    )


def _why(document: Any, shapes: list[shapely.Geometry | None]) -> str:
    """Name the sentence on the system of a drawing: its unit belongs to it where its numbers are no metres of China.

    Many drawings in metres say millimetres, for that is what an empty one says.
    """
    unit = _UNITS.get(int(document.header.get("$INSUNITS", 0)))
    west, south, east, north = shapely.total_bounds(np.array([*shapes, None], dtype=object)[:-1])
    return f"crs_drawing_{unit}" if unit and not crs_module.guess((west, south, east, north)) else "crs_drawing"


def _read(path: Path, encoding: str | None = None) -> tuple[Any, bool]:
    """Read a drawing, by way of recovery where it is damaged; tells whether that was needed."""
    import ezdxf.filemanagement
    from ezdxf import recover

    logging.getLogger("ezdxf").setLevel(logging.CRITICAL)
    try:
        return ezdxf.filemanagement.readfile(path, encoding=encoding), False
    except Exception:  # noqa: BLE001 - whatever is wrong, recovery tells more
        try:
            document, audit = recover.readfile(path)
        except Exception as e:
            raise FileError(sentence("errors_readers.drawing", path=path, why=type(e).__name__)) from e
        return document, bool(audit.has_errors or audit.has_fixes)


def _inserted(document: Any, entities: Any, depth: int, known: dict[tuple[str, int], int]) -> int:
    """Count what comes out of blocks, without taking it out.

    known: the entities of a block at a depth, so that each is counted once however often it is inserted.
    """
    total = 0
    for entity in entities:
        if entity.dxftype() != "INSERT" or depth >= _DEEPEST:
            continue
        key = str(entity.dxf.get("name", "")).lower(), depth
        if key not in known:
            block = document.blocks.get(key[0])
            known[key] = 0 if block is None else len(block) + _inserted(document, block, depth + 1, known)
        # A block may be inserted in rows and columns.
        total += known[key] * max(entity.mcount, 1)
    return total


def _straighten(document: Any) -> None:
    """Cut the arcs of outlines in blocks into edges where a block is stretched one way more than the other.

    An arc becomes part of an ellipse there, which an outline cannot hold: it would come out in pieces, as lines.
    """
    inserts = [entity for entity in document.entitydb.values() if entity.dxftype() == "INSERT"]
    if all(insert.has_uniform_scaling for insert in inserts):
        return
    largest = max(abs(insert.dxf.get(key, 1.0)) for insert in inserts for key in ("xscale", "yscale"))
    # A block in a block is enlarged twice.
    allowed = FLATTENED / max(largest, 1.0) ** 2
    for block in document.blocks:
        for entity in () if block.is_any_layout else block.query("LWPOLYLINE"):
            if entity.has_arc and entity.dxf.extrusion.isclose((0, 0, 1)):
                corners = _once(bulged(entity.get_points("xyb"), allowed, closed=entity.closed))
                entity.set_points(corners.tolist(), format="xy")


class _Found:
    """What was found in a drawing."""

    def __init__(self, path: Path, layer: str | None) -> None:
        self._path, self._layer = path, layer
        self._shapes: list[shapely.Geometry | None] = []
        # Row to the entity of which nothing can be made.
        self.unread: dict[int, str] = {}
        self._rows: list[dict[str, str]] = []
        self._texts: list[tuple[str, shapely.Point]] = []
        self._passed: Counter[str] = Counter()
        self.elsewhere: Counter[str] = Counter()
        self._count = 0
        self.layers: set[str] = set()

    def check_blocks(self, document: Any) -> None:
        """Refuse a drawing whose blocks hold more, at all levels, than anybody draws."""
        if _inserted(document, document.modelspace(), 0, {}) > _MOST_INSERTED:
            raise FileError(sentence("errors_readers.drawing_large", path=self._path, most=f"{_MOST_INSERTED:,}"))

    def walk(self, entities: Any, depth: int) -> None:
        """Take up entities, those of blocks where they are inserted."""
        for entity in entities:
            self._count += 1
            if self._count > _MOST_ENTITIES:
                raise FileError(sentence("errors_readers.drawing_large", path=self._path, most=f"{_MOST_ENTITIES:,}"))
            kind = entity.dxftype()
            if kind == "INSERT" and _is_elsewhere(entity):
                self.elsewhere[plain(str(entity.dxf.get("name", "")))] += 1
                continue
            if kind == "INSERT":
                if depth < _DEEPEST:
                    for one in entity.multi_insert() if entity.mcount > 1 else (entity,):
                        self.walk(one.virtual_entities(), depth + 1)
                else:
                    self._passed[kind] += 1
                continue
            name = plain(str(entity.dxf.get("layer", "0")))
            self.layers.add(name)
            if self._layer is not None and name != self._layer:
                continue
            self._take(entity, kind, name)

    def _take(self, entity: Any, kind: str, layer: str) -> None:
        if kind in _TEXTS:
            text = plain(entity.plain_text() if kind == "MTEXT" else str(entity.dxf.get("text", "")))
            at = entity.dxf.get("insert")
            if text.strip() and at is not None:
                self._texts.append((text.strip(), shapely.Point(at[0], at[1])))
            return
        try:
            shape = _shape(entity, kind)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - ezdxf raises errors of many kinds on entities that are not what they say
            shape = None
            self.unread[len(self._rows)] = f"{kind} {plain(str(entity.dxf.get('handle', '') or ''))}".strip()
        if shape is None and len(self._rows) not in self.unread:
            self._passed[kind] += 1
            return
        self._shapes.append(shape)
        self._rows.append({"layer": layer, "entity": kind, "handle": str(entity.dxf.get("handle", "") or "")})

    def rows(self) -> tuple[list[dict[str, str]], list[shapely.Geometry | None]]:
        """Give the rows, areas with the one text that stands in them as their name, and their shapes."""
        shapes = np.array([*self._shapes, None], dtype=object)[:-1]
        areal = np.flatnonzero(shapely.get_dimensions(shapes) > 1) if len(shapes) else np.zeros(0, np.int64)
        if len(areal) and self._texts:
            points = np.array([point for _, point in self._texts], dtype=object)
            sound = np.asarray(shapely.make_valid(shapes[areal], method="structure", keep_collapsed=False))
            inside = shapely.STRtree(points).query(sound, predicate="contains")
            for at, group in itertools.groupby(zip(*inside.tolist(), strict=True), key=lambda pair: pair[0]):
                texts = {self._texts[point][0] for _, point in group}
                if len(texts) == 1:
                    self._rows[areal[at]]["name"] = texts.pop()
        return self._rows, self._shapes

    def names_elsewhere(self) -> str:
        """List the drawings that are inserted and stand in other files."""
        shown = ", ".join(repr(name[:_SHOWN]) for name, _ in self.elsewhere.most_common(_LISTED))
        return shown + (", ..." if len(self.elsewhere) > _LISTED else "")

    def notes(self, document: Any, *, damaged: bool) -> tuple[Words, ...]:
        """Say what was passed over, which layers there are, and which of them nobody sees who opens the drawing."""
        told = [note("drawing_damaged")] if damaged else []
        if self._passed:
            kinds = ", ".join(f"{kind} {count}" for kind, count in self._passed.most_common(8))
            told.append(note("drawing_passed", n=self._passed.total(), kinds=kinds))
        if self.elsewhere:
            told.append(note("drawing_elsewhere", n=self.elsewhere.total(), names=self.names_elsewhere()))
        around = _enclosed(self._shapes)
        if around:
            told.append(note("drawing_sides", n=around))
        if self._layer is None and len(self.layers) > 1:
            told.append(note("drawing_layers", n=len(self.layers), layers=", ".join(sorted(self.layers)[:12])))
        names = {row["layer"] for row in self._rows}
        off = {plain(one.dxf.name) for one in document.layers if one.is_off() or one.is_frozen()}
        hidden = sorted(names & off)
        if self._layer is None and hidden:
            told.append(note("drawing_hidden", n=len(hidden), layers=", ".join(hidden[:12])))
        return tuple(told)


def _enclosed(shapes: list[shapely.Geometry | None]) -> int:
    """Count the pieces of ground that lines enclose which meet end to end: plots drawn side by side."""
    drawn = np.array([*shapes, None], dtype=object)[:-1]
    lines = drawn[shapely.get_type_id(drawn) == shapely.GeometryType.LINESTRING]
    if not 1 < len(lines) <= _MOST_SIDES:
        return 0
    return int(shapely.get_num_geometries(shapely.polygonize(lines)))


def _is_elsewhere(insert: Any) -> bool:
    """Tell whether what is inserted stands in another drawing (XREF)."""
    block = insert.block()
    return block is not None and bool(block.block.dxf.get("flags", 0) & _XREF)


def _shape(entity: Any, kind: str) -> shapely.Geometry | None:
    """Give what an entity draws; None where that is no site. Raises ValueError for no numbers, or as ezdxf does."""
    if kind == "POINT":
        at = entity.dxf.location
        return shapely.Point(_finite(np.array([at[0], at[1]])))
    if kind == "HATCH":
        rings = [_once(_finite(ring)) for ring in hatch_rings(entity, FLATTENED)]
        return area_of([ring for ring in rings if len(ring) >= _LEAST])
    if kind not in _LINES or (kind == "POLYLINE" and (entity.is_poly_face_mesh or entity.is_polygon_mesh)):
        return None
    points = _once(_finite(_points(entity, kind)))
    closed = kind in _ROUND or bool(getattr(entity, "closed", False) or getattr(entity, "is_closed", False))
    closed |= len(points) > _LEAST and bool((points[0] == points[-1]).all())
    if closed and len(np.unique(points, axis=0)) >= _LEAST:
        return area_of([points])
    return shapely.LineString(points) if len(points) > 1 else None


def _points(entity: Any, kind: str) -> np.ndarray:
    """Give the corners of a line in the plane, arcs cut into edges that leave them by at most `FLATTENED`."""
    if kind == "LWPOLYLINE":
        corners = bulged(entity.get_points("xyb"), FLATTENED, closed=entity.closed)
        return flat(corners, entity.ocs(), entity.dxf.elevation)
    if kind in ("ARC", "CIRCLE"):
        begin, end = (entity.dxf.start_angle, entity.dxf.end_angle) if kind == "ARC" else (0.0, 360.0)
        turn = np.radians((end - begin) % 360 or 360)
        centre = entity.dxf.center
        corners = arc((centre.x, centre.y), entity.dxf.radius, np.radians(begin), turn, FLATTENED)
        return flat(corners, entity.ocs(), centre.z)
    from ezdxf.path import make_path

    # Each curve of a polyline counts for three.
    path = make_path(entity, segments=3 * _CURVES if kind == "POLYLINE" else _CURVES)
    size = float(np.ptp(np.array([(at.x, at.y) for at in path.control_vertices()] or [(0, 0)]), axis=0).max())
    points = [(corner.x, corner.y) for corner in path.flattening(max(FLATTENED, size * FINEST))]
    return np.array(points, dtype=np.float64).reshape(-1, 2)


def _finite(points: np.ndarray) -> np.ndarray:
    if not np.isfinite(points).all():
        msg = "coordinates are no numbers"
        raise ValueError(msg)
    return points


def _once(points: np.ndarray) -> np.ndarray:
    """Leave out corners that stand where the one before stands."""
    kept = np.ones(len(points), bool)
    kept[1:] = (points[1:] != points[:-1]).any(axis=1)
    return points[kept]
