"""Boundary-point text of land surveys: `[属性描述]`, `[地块坐标]`, a row for each parcel and one for each point.

In these files X is the northing and Y the easting. The ring numbers are no guide to shells and holes, and the counts
and areas of the parcel rows are checks, not the truth: what disagrees is told.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from fuling_gis import crs as crs_module
from fuling_gis.errors import FileError
from fuling_gis.labels import sentence
from fuling_gis.readers.encoding import Encoding, known, of_file
from fuling_gis.readers.memory import MemoryStream, piece_of
from fuling_gis.readers.pairs import placed, plain_signs
from fuling_gis.readers.place import heading_elsewhere
from fuling_gis.readers.rings import area_of
from fuling_gis.readers.table import TableSource, Words, note, unique_names

# What the fields of a parcel row are, in order (TD/T and the upload formats of land authorities); some files have more.
_FIELDS: Final = ("界址点数", "地块面积", "地块编号", "地块名称", "图形属性", "图幅号", "地块用途", "地类编码")
_KINDS: Final = {"点": "point", "线": "line", "面": "area"}
# What the head says of the system, and under which key it is kept that two heads say different things.
_OF_SYSTEM: Final = ("坐标系", "几度分带", "带号", "中央经线", "中央子午线")
_TWICE: Final = "\0"
# Grids of a town bear the name of the national one and have an origin of their own.
_OF_A_TOWN: Final = re.compile(r"独立|地方|任意|local", re.IGNORECASE)
# A file of more bytes is no survey of sites.
_MOST_BYTES: Final = 256 << 20
# Parcels named in a notice.
_SHOWN: Final = 3
# Hectares by which the stated area may differ: it is rounded, and often measured on the ellipsoid.
_AREA_SHARE: Final = 0.005
_AREA_HA: Final = 0.01


@dataclass
class _Parcel:
    """One parcel as it stands in the file."""

    row: dict[str, str] = field(default_factory=dict)
    # First and second coordinate of each point, as they stand.
    points: list[tuple[float, float]] = field(default_factory=list)
    # The number of the ring of each point, "" where there is none.
    rings: list[str] = field(default_factory=list)
    # The line with which it begins, with its number.
    start: str = ""
    # The first line that could not be read, with its number.
    fault: str = ""
    # The unit, `km` or `mm`, in which that line would be a point.
    unit: str = ""


def looks_so(text: str) -> bool:
    r"""Tell by the beginning of a text whether it is one of boundary points.

    >>> looks_so("[地块坐标]\n4,0.5,1,甲,面,,,,@\nJ1,1,3280000.0,36448000.0")
    True
    """
    lines = [plain_signs(line).strip() for line in text.splitlines()]
    if any(line in ("[地块坐标]", "[属性描述]") for line in lines):
        return True
    return any(line.endswith("@") and line.count(",") >= 2 for line in lines)  # noqa: PLR2004  a parcel row


def open_parcels(path: Path, *, encoding: str | None = None) -> TableSource:
    """Open a text of boundary points; raises FileError, with the first line at fault, where no point can be read.

    A parcel with a line that is no point, or with fewer than three corners, is a row without geometry, and is told.
    """
    if path.stat().st_size > _MOST_BYTES:
        raise FileError(sentence("errors_readers.too_large", path=path, most=_MOST_BYTES >> 20))
    found = _encoding(path, encoding)
    about: dict[str, str] = {}
    parcels = list(_parcels(path.read_text(found.name).splitlines(), about))
    if not any(parcel.points for parcel in parcels):
        for parcel in parcels:
            if parcel.fault:
                unit = parcel.unit or "line"
                raise FileError(sentence(f"errors_readers.no_points_{unit}", path=path, line=parcel.fault))
        raise FileError(sentence("errors_readers.no_points", path=path))
    turned = _turned(parcels)
    shapes = [None if parcel.fault else _shape(parcel, turned=turned) for parcel in parcels]
    # What the points are in is told by all of them, those of unreadable parcels too.
    system, why = _system(about, [point[not turned] for parcel in parcels for point in parcel.points])
    unread = {row: parcel.fault or parcel.start for row, parcel in enumerate(parcels) if shapes[row] is None}
    closed = [row for row, parcel in enumerate(parcels) if shapes[row] is not None and _open_outline(parcel)]
    piece = piece_of([parcel.row for parcel in parcels], shapes, unread, _FIELDS, closed)
    notes = [note("parcel_axes", first="Y" if turned else "X")]
    notes += _parameters(about) + _faults(parcels, shapes) + _checks(parcels, shapes, system)
    fields = tuple(piece.arrow.column_names)
    return TableSource(
        path=path,
        driver="Boundary points",
        fields=tuple(unique_names(list(fields))),
        stream=MemoryStream(piece),
        encoding=found.name,
        encoding_why=found.why,
        crs=system,
        crs_why=why,
        crs_heading=_heading(about) if system is None else "",
        count=len(shapes),
        geometry_type="Polygon",
        notes=tuple(notes),
        opened=path,
    )


def _encoding(path: Path, said: str | None) -> Encoding:
    if said is None:
        return of_file(path)
    codec = known(said)
    if codec is None:
        raise FileError(sentence("errors_readers.no_encoding", path=path, encoding=said))
    return Encoding("utf-8-sig" if codec == "utf-8" else codec, note("encoding_said"))


def _parcels(lines: Iterable[str], about: dict[str, str]) -> Iterator[_Parcel]:
    """Give the parcels, and put what the head says into `about`."""
    parcel: _Parcel | None = None
    for number, given in enumerate(lines, 1):
        line = plain_signs(given).strip().lstrip("\ufeff")
        if not line or line.startswith("["):
            continue
        if "@" in line:
            if parcel is not None:
                yield parcel
            parcel = _Parcel(_row(line.partition("@")[0]), start=_shown(number, line))
        elif "=" in line and (parcel is None or not re.search(r"[,\s]", line.split("=")[0].strip())):
            key, value = (part.strip() for part in line.split("=", 1))
            if key in _OF_SYSTEM and about.get(key, value) != value:
                # Two texts in one; each of its parcels could be in either system.
                about[_TWICE] = f"{key}={about[key]}; {key}={value}"
            about[key] = value
        else:
            parcel = parcel or _Parcel(start=_shown(number, line))
            _add(parcel, line, number)
    if parcel is not None:
        yield parcel


def _row(text: str) -> dict[str, str]:
    """Name the fields of a parcel row; there may be 9 to 13 of them, or few."""
    cells = [cell.strip() for cell in text.rstrip(",").split(",")]
    # The one of point, line or area shows where the fields stand if some are missing or more are there.
    at = next((place for place, cell in enumerate(cells) if cell in _KINDS), -1)
    shift = _FIELDS.index("图形属性") - at if at >= 0 else 0
    row = {}
    for place, cell in enumerate(cells):
        named = place + shift
        key = _FIELDS[named] if 0 <= named < len(_FIELDS) else f"字段{place + 1}"
        if cell:
            row[key] = cell
    return row


def _add(parcel: _Parcel, line: str, number: int) -> None:
    """Add a point; a line that is none makes the parcel unreadable: an outline that lacks a corner is another one."""
    cells = [cell.strip() for cell in re.split(r"[,\s]+", line) if cell.strip()]
    numbers = [_number(cell) for cell in cells]
    # A ring has a whole number; with decimals it is a coordinate, and what follows the second is a height.
    for at in (2, 1, 0) if len(cells) > 1 and cells[1].isdecimal() else (1, 2, 0):
        # Number and ring before, perhaps a height or a remark behind.
        pair = numbers[at : at + 2]
        if len(pair) == 2 and None not in pair and placed(pair[0], pair[1]):  # type: ignore[arg-type]  # noqa: PLR2004
            parcel.points.append((pair[0], pair[1]))  # type: ignore[arg-type]
            parcel.rings.append(cells[1] if at == 2 else "")  # noqa: PLR2004
            return
    if not parcel.fault:
        parcel.fault, parcel.unit = _shown(number, line), _unit(numbers)


def _unit(numbers: list[float | None]) -> str:
    """Name the unit in which some two numbers that follow one another would be a point in metres."""
    for unit, metres in (("km", 1000.0), ("mm", 0.001)):
        # Number and ring stand before.
        for a, b in itertools.pairwise(numbers):
            place = placed(a * metres, b * metres) if a is not None and b is not None else None
            if place is not None and place[1] > 1e6:  # noqa: PLR2004  no degrees
                return unit
    return ""


def _shown(number: int, line: str) -> str:
    """Show a line with its number."""
    return f"{number}: {line[:60]!r}"


def _number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if np.isfinite(found) else None


def _turned(parcels: list[_Parcel]) -> bool:
    """Tell by size whether the easting or longitude stands first; the format says northing first."""
    pairs = np.array([point for parcel in parcels for point in parcel.points])
    first = np.array([placed(a, b) == (a, b) for a, b in pairs[:1000]])
    return bool(first.mean() > 0.5)  # noqa: PLR2004  most


def _shape(parcel: _Parcel, *, turned: bool) -> shapely.Geometry | None:
    if not parcel.points:
        return None
    points = np.array(parcel.points)
    points = points if turned else points[:, ::-1]
    stated = _KINDS.get(parcel.row.get("图形属性", ""))
    kind = stated or "area"
    # One corner of an area is no point.
    if kind == "point" or (len(points) == 1 and stated is None):
        return shapely.Point(points[0]) if len(points) == 1 else shapely.MultiPoint(points)
    if kind == "line":
        return shapely.LineString(points) if len(points) > 1 else None
    return area_of(list(_rings(points, parcel.rings)))


def _open_outline(parcel: _Parcel) -> bool:
    """Tell whether some outline of an area does not come back to its first corner."""
    if len(parcel.points) < 2 or _KINDS.get(parcel.row.get("图形属性", "面"), "area") != "area":  # noqa: PLR2004
        return False
    return any((ring[0] != ring[-1]).any() for ring in _rings(np.array(parcel.points), parcel.rings))


def _rings(points: NDArray[np.float64], numbers: list[str]) -> Iterator[NDArray[np.float64]]:
    """Cut where the first point of a ring comes again; a ring that never closes ends where the ring's number changes.

    The line that closes a ring often bears the number of the next one, so closings come first.
    """
    again: dict[tuple[float, float], list[int]] = {}
    for at in range(len(points) - 1, -1, -1):
        again.setdefault((points[at, 0], points[at, 1]), []).append(at)
    start = 0
    while start < len(points):
        later = again[points[start, 0], points[start, 1]]
        while later[-1] <= start:
            later.pop()
            if not later:
                break
        end = later[-1] if later else _last(numbers, start)
        yield points[start : end + 1]
        start = end + 1


def _last(numbers: list[str], start: int) -> int:
    """Give the last line from `start` on that bears the same number of a ring."""
    end = start
    while end + 1 < len(numbers) and numbers[end + 1] == numbers[start]:
        end += 1
    return end


def _system(  # noqa: PLR0911  each doubt has its own answer
    about: dict[str, str], east: list[float]
) -> tuple[CRS | None, Words]:
    """Take the system from the head: datum, width of the zones and zone; the zone may stand before the easting, too.

    east: easting or longitude of all points.
    """
    said = about.get("坐标系", "")
    if _TWICE in about:
        return None, note("crs_parcel_twice", key=about[_TWICE].partition("=")[0])
    if _OF_A_TOWN.search(said):
        return None, note("crs_parcel_unknown", said=said[:40])
    datum = next((key for key, words in _DATUMS.items() if any(word in said.lower() for word in words)), None)
    if datum is None:
        return None, note("crs_parcel_unsaid") if not said else note("crs_parcel_unknown", said=said[:40])
    if max(east) < 180.0:  # noqa: PLR2004  degrees
        code = crs_module.geographic_code(datum)
    else:
        width, zone = _whole(about.get("几度分带", "")), _whole(about.get("带号", ""))
        prefix = int(min(east) // 1e6)
        if prefix and zone and prefix != zone:
            return None, note("crs_parcel_contradicts", zone=zone, prefix=prefix)
        zone = zone or prefix or None
        if zone is None:
            return None, note("crs_parcel_no_zone", said=said[:40])
        width = width or (3 if zone >= 25 else 6)  # noqa: PLR2004  3-degree zones of China begin at 25
        meridian = _whole(about.get("中央经线", "") or about.get("中央子午线", ""))
        if meridian and meridian != (zone * 3 if width == 3 else zone * 6 - 3):  # noqa: PLR2004  zones are 3 or 6 degrees
            return None, note("crs_parcel_meridian", zone=zone, meridian=meridian)
        found = crs_module.zone_code(datum, width, zone, numbered=bool(prefix))
        if found is None:
            return None, note("crs_parcel_no_grid", said=said[:40], width=width, zone=zone)
        code = found
    system = crs_module.normalise(code)
    return system, note("crs_parcel", said=said[:40], name=crs_module.name(system))


def _heading(about: dict[str, str]) -> str:
    """Give what the head says of the system where numbers cannot show that: several, a shifted one, a town's."""
    said = about.get("坐标系", "")[:40]
    return about.get(_TWICE) or (said if _OF_A_TOWN.search(said) else heading_elsewhere([said]))


# Datum to words in the head by which it is meant.
_DATUMS: Final = {
    "cgcs2000": ("2000", "cgcs"),
    "xian80": ("80", "西安", "xian"),
    "beijing54": ("54", "北京", "beijing"),
    "wgs84": ("wgs", "84"),
}


def _whole(text: str) -> int | None:
    found = re.search(r"\d+", text)
    return int(found[0][:3]) if found else None


def _parameters(about: dict[str, str]) -> list[Words]:
    """Tell of parameters of a transformation in the head, which are not used: it does not say which way they lead."""
    said = about.get("转换参数", "")
    given = [part for part in re.split(r"[,;\s]+", said) if part and _number(part) != 0]
    return [note("parcel_parameters", said=said[:80])] if given else []


def _faults(parcels: list[_Parcel], shapes: list[shapely.Geometry | None]) -> list[Words]:
    """Tell of the parcels that make no geometry, with the line of each."""
    lines = [parcel.fault for parcel in parcels if parcel.fault]
    few = [parcel.start for parcel, shape in zip(parcels, shapes, strict=True) if shape is None and not parcel.fault]
    told = [("parcel_unread", lines), ("parcel_few", few)]
    return [note(entry, n=len(found), shown="; ".join(found[:_SHOWN])) for entry, found in told if found]


def _checks(parcels: list[_Parcel], shapes: list[shapely.Geometry | None], system: CRS | None) -> list[Words]:
    """Compare the parcel rows' own counts and areas with what was read."""
    counts, areas = [], []
    for at, (parcel, shape) in enumerate(zip(parcels, shapes, strict=True)):
        named = parcel.row.get("地块名称") or parcel.row.get("地块编号") or str(at)
        stated = _number(parcel.row.get("界址点数", ""))
        repeated = sum(1 for _ in _rings(np.array(parcel.points), parcel.rings)) if parcel.points else 0
        if stated is not None and not len(parcel.points) - repeated <= stated <= len(parcel.points):
            counts.append(f"{named} ({stated:g} / {len(parcel.points)})")
        hectares = _number(parcel.row.get("地块面积", ""))
        if hectares and shape is not None and system is not None and system.is_projected:
            drawn = float(shapely.area(shape)) / 1e4
            if abs(drawn - hectares) > max(_AREA_HA, _AREA_SHARE * hectares):
                areas.append(f"{named} ({hectares:g} / {drawn:.4f})")
    told = [("parcel_counts", counts), ("parcel_areas", areas)]
    return [note(entry, n=len(found), shown="; ".join(found[:_SHOWN])) for entry, found in told if found]
