"""Where in a table of plain columns the coordinates stand, and what they say.

Columns are found by the names people give them. Survey sheets write X for the northing and Y for the easting, maps the
other way round; numbers of that size tell which is which, and what was decided is said.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from fuling_gis.readers.degrees import parse_degrees

# Names of columns, after `plain_name`; the first that a table has is taken.
_NAMES: Final = {
    "wkt": ("wkt", "geometry", "geom", "the_geom", "几何", "几何图形"),
    "lon": ("lon", "lng", "long", "longitude", "经度", "东经", "经度坐标", "坐标经度", "中心经度", "lon_wgs84"),
    "lat": ("lat", "latitude", "纬度", "北纬", "纬度坐标", "坐标纬度", "中心纬度", "lat_wgs84"),
    "x": ("x", "easting", "x坐标", "坐标x", "横坐标", "东坐标", "x_coord", "xcoord", "point_x", "centroid_x", "e"),
    "y": ("y", "northing", "y坐标", "坐标y", "纵坐标", "北坐标", "y_coord", "ycoord", "point_y", "centroid_y", "n"),
}
_PAIRS: Final = (("lon", "lat"), ("x", "y"))
_SRID: Final = re.compile(r"\s*SRID=(\d{1,6});", re.IGNORECASE)
# Systems that a heading may name and whose coordinates look like those of others.
_ELSEWHERE: Final = re.compile(
    r"gcj|火星|高德|腾讯|amap|bd-?09|百度|baidu|西安|xi.?an|北京|beijing|(?<!\d)(?:19)?(?:80|54)(?!\d)", re.IGNORECASE
)
# Such names in a text that may speak of anything: a town or a number alone is no system there.
_SPOKEN: Final = re.compile(
    r"gcj|火星|高德|腾讯|amap|bd-?09|百度|baidu|pulkovo|(?:独立|地方|城市|local).{0,4}(?:坐标|grid|coord)"
    r"|(?:西安|xi.?an).{0,3}(?<!\d)(?:19)?80(?!\d)|(?<!\d)(?:19)?80\W{0,2}年?(?:西安|xi.?an|国家大地|坐标)"
    r"|(?:北京|beijing).{0,3}(?<!\d)(?:19)?54(?!\d)|(?<!\d)(?:19)?54\W{0,2}年?(?:北京|beijing|坐标)"
    r"|(?:坐标系\w{0,2}|基准|system|datum|crs)\W{0,3}(?:西安|北京|xi.?an|beijing|(?:19)?(?:80|54)(?!\d))"
    r"|(?:西安|北京|xi.?an|beijing)\W{0,2}(?:坐标系|大地|datum|coord)",
    re.IGNORECASE,
)
# Names of columns, after `plain_name`, that say in which system the coordinates of a row are.
_SYSTEMS: Final = frozenset(
    ("坐标系", "坐标系统", "坐标系名称", "坐标系类型", "坐标类型", "空间参考", "空间参照", "空间参考系", "大地基准",
     "大地坐标系", "平面坐标系", "crs", "srs", "coordinatesystem", "coordinate_system", "coordsys", "coord_sys",
     "datum", "coordtype", "coord_type", "spatialreference", "spatial_reference")
)  # fmt: skip
# The keys by which a caller may name columns.
KEYS: Final = tuple(_NAMES)
# Only these names leave open which is which.
# Collections may hold collections; the library takes time for each level of each, and at last the whole stack.
_COLLECTION: Final = re.compile("COLLECTION|COMPOUND|CURVE|SURFACE|MULTI", re.IGNORECASE)
_DEEPEST: Final = 40
_LONGEST: Final = 200
_SHOWN: Final = 60
_OPEN: Final = re.compile(r"x|y|x坐标|y坐标|坐标x|坐标y|[xy]_?coord|point_[xy]|centroid_[xy]")


@dataclass(frozen=True)
class Place:
    """The columns that hold coordinates."""

    # `wkt`, `lonlat` or `xy`
    kind: str
    # One column of WKT, or those of x and y (longitude and latitude).
    columns: tuple[str, ...]
    # True where x stands under a name that numbers may overrule (X of a survey sheet is the northing).
    open: bool = False
    # True where numbers are degrees, minutes and seconds in one, as the names of the columns say.
    packed: bool = False


def plain_name(name: str) -> str:
    """Bring a column's name to the form it is looked up in: half-width, lower case, no units or blanks."""
    # Nobody names a column with so many letters; looking for brackets in them would take for ever.
    half = unicodedata.normalize("NFKC", name[:_LONGEST]).lower()
    return re.sub(r"[\(\[（【].*?[\)\]）】]|\s|[:：°]", "", half).strip("_")


def find(fields: Sequence[str], said: Mapping[str, str] | None = None) -> Place | None:
    """Find the columns of coordinates; None where there are none.

    said: columns that the user named, under the keys wkt, lon, lat, x, y; they must exist in `fields`.
    """
    said = said or {}
    if "wkt" in said:
        return Place("wkt", (said["wkt"],))
    for first, second in _PAIRS:
        if first in said or second in said:
            pair = tuple(said.get(key) or _named(fields, key) for key in (first, second))
            return Place("lonlat" if first == "lon" else "xy", (pair[0], pair[1])) if all(pair) else None
    found = candidates(fields)
    return found[0] if found else None


def candidates(fields: Sequence[str]) -> list[Place]:
    """Find every way in which the columns can be read as coordinates, the likeliest first."""
    found = []
    whole = _named(fields, "wkt")
    if whole:
        found.append(Place("wkt", (whole,)))
    for first, second in _PAIRS:
        x, y = _named(fields, first), _named(fields, second)
        if x and y:
            loose = first == "x" and all(_OPEN.fullmatch(plain_name(name)) for name in (x, y))
            found.append(Place("lonlat" if first == "lon" else "xy", (x, y), loose))
    return found


def repeated(fields: Sequence[str], given: Sequence[str], where: Place) -> list[str]:
    """List the names of coordinate columns that the file has more than once.

    fields: unique names, as columns are called here. given: the names as they stand in the file.
    """
    wanted = {plain_name(given[list(fields).index(column)]) for column in where.columns if column in fields}
    plain = [plain_name(name) for name in given]
    return sorted(name for name in wanted if plain.count(name) > 1)


def _named(fields: Sequence[str], key: str) -> str:
    plain = {plain_name(name): name for name in reversed(fields)}
    return next((plain[alias] for alias in _NAMES[key] if alias in plain), "")


def northing_first(x: NDArray[np.float64], y: NDArray[np.float64]) -> bool:
    """Tell whether the first numbers are northings of China and the second are eastings, by nearly all of them."""
    known = np.isfinite(x) & np.isfinite(y)
    if not known.any():
        return False
    x, y = x[known], y[known]
    northing = (x > 1.7e6) & (x < 6.2e6)  # noqa: PLR2004  metres from the equator to China's ends
    easting = ((y > 1e5) & (y < 9e5)) | ((y > 1.3e7) & (y < 4.6e7))  # noqa: PLR2004  without and with zone number
    return bool((northing & easting).mean() > 0.9)  # noqa: PLR2004  a few rows may be wrong otherwise


def heading_elsewhere(names: Sequence[str]) -> str:
    """Give the first heading that names a shifted system or an old datum; "" where none does.

    >>> heading_elsewhere(["经度(GCJ-02)", "纬度(GCJ-02)"])
    '经度(GCJ-02)'
    >>> heading_elsewhere(["X", "Y"])
    ''
    """
    return next((name for name in names if _ELSEWHERE.search(name[:_LONGEST])), "")


def text_elsewhere(texts: Sequence[str]) -> str:
    """Give the first text of a title or remark that names a shifted system, an old datum or a town's grid.

    >>> text_elsewhere(["北京某公司项目表", "坐标系：GCJ-02"]), text_elsewhere(["共 80 个点", "2000国家大地坐标系"])
    ('坐标系：GCJ-02', '')
    """
    return next((text[:_SHOWN] for text in texts if _SPOKEN.search(text[:_LONGEST])), "")


def system_column(fields: Sequence[str]) -> str:
    """Give the column that says of each row in which system its coordinates are; "" where there is none."""
    return next((name for name in fields if plain_name(name) in _SYSTEMS), "")


def numbers(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """Read a text column as numbers, also degrees with minutes and seconds; NaN where neither."""
    text = pc.utf8_trim_whitespace(column)
    text = pc.if_else(pc.equal(text, ""), None, text)
    try:
        plain: NDArray[np.float64] = text.cast(pa.float64()).to_numpy()
    except pa.ArrowInvalid:
        texts = text.to_numpy()
        out = np.array(pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce"), dtype=np.float64)
        # Few values need this way, and each has its own form.
        for row in np.flatnonzero(np.isnan(out)):
            out[row] = parse_degrees(str(texts[row] or ""))
        return out
    return plain


def points(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.object_]:
    """Make points, None where a coordinate is missing."""
    out = np.full(len(x), None, dtype=object)
    known = np.isfinite(x) & np.isfinite(y)
    # All of them are numbers, which need not be asked again.
    out[known] = shapely.points(x[known], y[known], handle_nan="allow")
    return out


def whole_degrees(piece: pa.Table, where: Place) -> bool:
    """Tell whether longitude and latitude hold whole degrees only, with minutes in the next column of each."""
    names = piece.column_names
    for column in where.columns:
        after = names[names.index(column) + 1 :][:1]
        if not after or after[0] in where.columns:
            return False
        degrees, minutes = numbers(piece.column(column)), numbers(piece.column(after[0]))
        known = np.isfinite(degrees) & np.isfinite(minutes)
        whole = (degrees[known] % 1 == 0) & (minutes[known] >= 0) & (minutes[known] < 60)  # noqa: PLR2004  to a degree
        if not known.any() or not whole.all():
            return False
    return True


def srids(texts: NDArray[np.object_]) -> set[int]:
    """Give the codes of coordinate systems that stand before WKT; 0 says that none is known."""
    return {int(found[1]) for found in map(_SRID.match, texts) if found} - {0}


def shapes(texts: NDArray[np.object_], srid: int | None = None) -> NDArray[np.object_]:
    """Read WKT, with or without `SRID=...;` before it; None where it is none, or names another system than `srid`."""
    plain = [_SRID.sub("", str(text)) or None for text in texts]
    for row, found in enumerate(map(_SRID.match, texts)):
        # Nearly always the one that the first rows name.
        if found and int(found[1]) not in (0, srid):
            plain[row] = None
    plain = [None if text and _too_deep(text) else text for text in plain]
    # Numbers beyond all measure become rejected rows later.
    with np.errstate(all="ignore"):
        try:
            read: NDArray[np.object_] = shapely.from_wkt(np.array(plain, dtype=object), on_invalid="ignore")
        except NotImplementedError:
            # Arcs are read by no row of WKT, and only their rows are lost.
            read = np.array([*(_shape(text) for text in plain), None], dtype=object)[:-1]
    return read


def _shape(text: str | None) -> shapely.Geometry | None:
    try:
        return None if text is None else shapely.from_wkt(text, on_invalid="ignore")
    except NotImplementedError:
        return None


def _too_deep(text: str) -> bool:
    """Tell whether a text may be collections in collections; brackets are counted first, for outlines are long."""
    return text.count("(") > _DEEPEST and _COLLECTION.search(text) is not None and _depth(text) > _DEEPEST


def _depth(text: str) -> int:
    """Count how deep the brackets of a text go."""
    depth = deepest = 0
    for bracket in re.findall(r"[()]", text):
        depth += 1 if bracket == "(" else -1
        deepest = max(deepest, depth)
    return deepest
