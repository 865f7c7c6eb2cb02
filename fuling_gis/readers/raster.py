"""Rasters: height models and land cover from GeoTIFF and SRTM tiles, and whatever else needs rasterio.

This is the only module that imports rasterio. The driver is chosen by a file's first bytes and never left to GDAL,
which would follow a virtual raster under any name to any other file. Only the part that is asked for is read, so that a
national raster costs what the district costs.
"""

from __future__ import annotations

import contextlib
import math
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

import numpy as np
import rasterio
import rasterio.errors
import rasterio.features
import rasterio.warp
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from rasterio.enums import MaskFlags
from rasterio.windows import Window

from fuling_gis import crs as crs_module
from fuling_gis.errors import CrsError, FileError
from fuling_gis.grid import Bounds, Grid, read_between
from fuling_gis.labels import sentence

# First bytes of TIFF and BigTIFF in either byte order.
_TIFF: Final = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_TIFF_DRIVER: Final = "GTiff"
# A tile of one degree named after its south-west corner: n x n heights of two bytes, n being 1201 or 3601.
_HGT: Final = re.compile(r"[NS]\d\d[EW]\d{3}\.hgt\Z", re.IGNORECASE)
_HGT_SIDES: Final = (1201, 3601)
_HGT_DRIVER: Final = "SRTMHGT"
SUFFIXES: Final = (".tif", ".tiff", ".hgt")
# Cells read at a time, at the most: two gigabytes of heights would mean that the area is not the district.
MOST_CELLS: Final = 500_000_000
# Lattices that differ by less than this part of a cell are the same.
_SAME: Final = 1e-3
# Cells read beyond the area, so that its edge is interpolated like its middle.
_MARGIN: Final = 3
# Rows that are interpolated in one go.
_ROWS: Final = 256


@dataclass(frozen=True)
class RasterFacts:
    """What a raster file says of itself."""

    path: Path
    driver: str
    # In the file's own CRS.
    grid: Grid
    crs: CRS | None
    # Unit of the values as the file states it, "" where it does not.
    unit: str
    dtype: str
    nodata: float | None
    # All files that it is read from: itself, and what stands beside it, as a mask.
    files: tuple[Path, ...]


@dataclass(frozen=True)
class Raster:
    """Values on a grid; not a number where there are none."""

    values: NDArray[np.float32]
    grid: Grid
    # True: the values stand as they are in the file, nothing was interpolated.
    native: bool = True


def files_of(path: Path) -> list[Path]:
    """Give the raster files that a path means: itself, those of a folder, or those that a pattern fits; sorted."""
    if any(mark in path.name for mark in "*?["):
        return sorted(file for file in path.parent.glob(path.name) if file.suffix.lower() in SUFFIXES)
    if path.is_dir():
        return sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)
    return [path] if path.exists() else []


def raster_facts(path: Path) -> RasterFacts:
    """Look at a raster without reading its values. Raises FileError where it is none that can be used."""
    with _opened(path) as source:
        at = source.transform
        if at.is_identity:
            raise FileError(sentence("errors_readers.raster_nowhere", path=path))
        if at.b or at.d or at.a <= 0 or at.e >= 0:
            raise FileError(sentence("errors_readers.raster_turned", path=path))
        crs = crs_module.normalise(source.crs.to_wkt()) if source.crs else None
        grid = Grid(at.c, at.f, at.a, -at.e, source.width, source.height, "" if crs is None else crs.to_wkt())
        files = tuple(dict.fromkeys([path, *(Path(name) for name in source.files if Path(name) != path.resolve())]))
        unit = str(source.units[0] or "")
        return RasterFacts(path, source.driver, grid, crs, unit, source.dtypes[0], source.nodata, files)


def read_onto(
    files: Sequence[RasterFacts],
    target: str,
    area: Bounds,
    *,
    crs: str = "",
    nodata: float | None = None,
) -> Raster:
    """Read the part of some tiles that an area needs, on a grid of square cells in a metric CRS.

    Tiles that already lie on such a grid are copied; others are warped once, bilinearly. Where tiles overlap the first
    one counts. target: CRS of the area and of the grid. crs, nodata: what to believe in place of the files. Raises
    FileError where no tile meets the area.
    """
    groups = _groups(files, crs)
    first_crs, first = groups[0]
    if len(groups) == 1 and crs_module.same(first_crs, target) and _square(first[0].grid):
        raster = _mosaic(first, area, nodata, target, margin=0)
        if raster is not None:
            return raster
        raise _apart(files, groups, target, area)
    found: Raster | None = None
    wanted = crs_module.normalise(target)
    for system, tiles in groups:
        # Raises where there is no way from one datum to the other.
        crs_module.transformer(system, wanted)
        there = rasterio.warp.transform_bounds(_system(wanted), _system(system), *area)
        part = _mosaic(tiles, there, nodata, system.to_wkt(), margin=_MARGIN)
        if part is None:
            continue
        grid = found.grid if found is not None else _working_grid(tiles[0].grid, system, target, area)
        warped = _warped(part, system, grid)
        values = warped if found is None else np.where(np.isnan(found.values), warped, found.values)
        found = Raster(values, grid, native=False)
    if found is None:
        raise _apart(files, groups, target, area)
    return found


def whole_area(files: Sequence[RasterFacts], target: str, *, crs: str = "") -> Bounds:
    """Give the bounds of all tiles in another CRS."""
    wanted = _system(crs_module.normalise(target))
    boxes = [
        rasterio.warp.transform_bounds(_system(system), wanted, *tile.grid.bounds)
        for system, tiles in _groups(files, crs)
        for tile in tiles
    ]
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)


def read_window(facts: RasterFacts, area: Bounds, *, crs: str = "", nodata: float | None = None) -> Raster | None:
    """Read the part of one raster that an area in its own CRS touches, as it stands; None where they do not meet."""
    return _mosaic([facts], area, nodata, crs or facts.grid.crs, margin=0)


def burnt(geometry: NDArray[np.object_], grid: Grid) -> NDArray[np.bool_]:
    """Tell which cells have their middle in one of some areas."""
    if not len(geometry):
        return np.zeros(grid.shape, bool)
    shapes = [(shapely.geometry.mapping(one), 1) for one in geometry]
    return np.asarray(
        rasterio.features.rasterize(shapes, grid.shape, transform=_affine(grid), dtype="uint8"), dtype=bool
    )


def areas_of(values: NDArray[np.uint8], grid: Grid, wanted: Sequence[int]) -> dict[int, NDArray[np.object_]]:
    """Draw the cells of each value as polygons along their edges, by value."""
    found: dict[int, list[Any]] = {value: [] for value in wanted}
    mask = np.isin(values, list(wanted))
    for shape, value in rasterio.features.shapes(values, mask=mask, transform=_affine(grid)):
        found[int(value)].append(shape["coordinates"])
    return {value: _polygons(each) for value, each in found.items()}


def _polygons(coordinates: Sequence[Sequence[Sequence[tuple[float, float]]]]) -> NDArray[np.object_]:
    """Make polygons of the coordinates of their rings, the shell first; all at once, for there may be many."""
    rings = [ring for polygon in coordinates for ring in polygon]
    size = np.array([len(ring) for ring in rings], np.int64)
    xy = np.fromiter(chain.from_iterable(chain.from_iterable(rings)), float, 2 * int(size.sum())).reshape(-1, 2)
    ring = shapely.linearrings(xy, indices=np.repeat(np.arange(len(rings)), size))
    whose = np.repeat(np.arange(len(coordinates)), [len(polygon) for polygon in coordinates])
    return np.asarray(shapely.polygons(ring, indices=whose), dtype=object)


def write_geotiff(
    path: Path, values: NDArray[Any], grid: Grid, *, nodata: float | None, tags: Mapping[str, str], unit: str = ""
) -> None:
    """Write a grid as a tiled, compressed GeoTIFF: the same values give the same bytes."""
    whole = np.issubdtype(values.dtype, np.integer)
    profile = {
        "driver": _TIFF_DRIVER,
        "height": grid.ny,
        "width": grid.nx,
        "count": 1,
        "dtype": values.dtype.name,
        "crs": _system(crs_module.normalise(grid.crs)),
        "transform": _affine(grid),
        "nodata": nodata,
        "tiled": True,
        "blockxsize": 256,
        "blockysize": 256,
        "compress": "deflate",
        "zlevel": 9,
        "predictor": 2 if whole else 3,
    }
    # Made in memory: what a full disk refuses as a file is closed, GDAL does not tell.
    with rasterio.MemoryFile() as memory:
        with memory.open(**profile) as target:
            target.write(values, 1)
            target.update_tags(**tags)
            if unit:
                target.set_band_unit(1, unit)
        path.write_bytes(memory.getbuffer())


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open a raster with the one driver that its first bytes allow."""
    driver = _driver(path)
    try:
        with rasterio.Env(GDAL_PAM_ENABLED="NO"):
            with warnings.catch_warnings():
                # Whoever asks where it lies is told in our own words.
                warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
                source = rasterio.open(path.resolve(), driver=driver)
            with source:
                yield source
    except rasterio.errors.RasterioError as e:
        raise FileError(sentence("errors_readers.raster_broken", path=path, why=str(e).replace(str(path), ""))) from e


def _driver(path: Path) -> str:
    try:
        with path.open("rb") as file:
            head = file.read(4)
        size = path.stat().st_size
    except OSError as e:
        raise FileError(sentence("errors_readers.raster_broken", path=path, why=e.strerror or e)) from e
    if head in _TIFF:
        return _TIFF_DRIVER
    if _HGT.match(path.name) and size in [side * side * 2 for side in _HGT_SIDES]:
        return _HGT_DRIVER
    raise FileError(sentence("errors_readers.raster_unknown", path=path))


def _groups(files: Sequence[RasterFacts], crs: str) -> list[tuple[CRS, list[RasterFacts]]]:
    """Sort tiles by coordinate system and lattice, in the order of their first."""
    found: list[tuple[CRS, list[RasterFacts]]] = []
    for facts in files:
        system = crs_module.normalise(crs) if crs else facts.crs
        if system is None:
            raise CrsError(sentence("errors_readers.raster_no_crs", path=facts.path))
        for known, tiles in found:
            if crs_module.same(known, system) and _lattice(tiles[0].grid, facts.grid):
                tiles.append(facts)
                break
        else:
            found.append((system, [facts]))
    return found


def _lattice(a: Grid, b: Grid) -> bool:
    """Tell whether two grids have their cells on one lattice."""
    shifts = ((b.left - a.left) / a.step_x, (a.top - b.top) / a.step_y)
    steps = (a.nx * abs(b.step_x / a.step_x - 1), a.ny * abs(b.step_y / a.step_y - 1))
    return all(step < _SAME for step in steps) and all(abs(shift - round(shift)) < _SAME for shift in shifts)


def _square(grid: Grid) -> bool:
    return max(grid.nx, grid.ny) * abs(grid.step_x / grid.step_y - 1) < _SAME


def _mosaic(
    tiles: Sequence[RasterFacts], area: Bounds, nodata: float | None, crs: str, *, margin: int
) -> Raster | None:
    """Read the tiles of one lattice into one array, as far as the area goes; None where none meets it."""
    one = tiles[0].grid
    column = [round((t.grid.left - one.left) / one.step_x) for t in tiles]
    row = [round((one.top - t.grid.top) / one.step_y) for t in tiles]
    right = max(c + t.grid.nx for c, t in zip(column, tiles, strict=True))
    bottom = max(r + t.grid.ny for r, t in zip(row, tiles, strict=True))
    whole = Grid(
        one.left + min(column) * one.step_x,
        one.top - min(row) * one.step_y,
        one.step_x,
        one.step_y,
        right - min(column),
        bottom - min(row),
        crs,
    )
    rows, columns = whole.window(area, margin)
    grid = whole.part(rows, columns)
    if not grid.nx or not grid.ny:
        return None
    if grid.nx * grid.ny > MOST_CELLS:
        raise FileError(sentence("errors_readers.raster_large", path=tiles[0].path, cells=f"{grid.nx * grid.ny:,}"))
    values = np.full(grid.shape, np.nan, np.float32)
    for c, r, tile in zip(column, row, tiles, strict=True):
        _paste(values, tile, r - min(row) - rows.start, c - min(column) - columns.start, nodata)
    return Raster(values, grid)


def _paste(values: NDArray[np.float32], tile: RasterFacts, row: int, column: int, nodata: float | None) -> None:
    """Read a tile's part into an array where nothing is yet. row, column: of the tile's corner in the array."""
    top, left = max(row, 0), max(column, 0)
    bottom, right = min(row + tile.grid.ny, values.shape[0]), min(column + tile.grid.nx, values.shape[1])
    if top >= bottom or left >= right:
        return
    with _opened(tile.path) as source:
        window = Window(left - column, top - row, right - left, bottom - top)
        read = source.read(1, window=window)
        known = source.read_masks(1, window=window) if _has_mask(source) else None
        scale, offset = source.scales[0], source.offsets[0]
    part = read.astype(np.float32)
    for nothing in (tile.nodata, nodata):
        if nothing is not None:
            part[read == nothing] = np.nan
    if known is not None:
        part[known == 0] = np.nan
    if (scale, offset) != (1.0, 0.0):
        part = (part * scale + offset).astype(np.float32)
    held = values[top:bottom, left:right]
    values[top:bottom, left:right] = np.where(np.isnan(held), part, held)


def _has_mask(source: Any) -> bool:
    """Tell whether a file says beside its values which of them count."""
    return MaskFlags.per_dataset in source.mask_flag_enums[0]


def _working_grid(source: Grid, system: CRS, target: str, area: Bounds) -> Grid:
    """Choose square cells about as large as the file's, on whole multiples of their edge."""
    way = crs_module.transformer(crs_module.normalise(target), system)
    x, y = (area[0] + area[2]) / 2, (area[1] + area[3]) / 2
    reach = 100.0
    east, north = way.transform([x - reach, x + reach, x, x], [y, y, y - reach, y + reach])
    # Units of the file for each metre, along its two axes.
    per_x = math.hypot(east[1] - east[0], east[3] - east[2]) / (2 * reach)
    per_y = math.hypot(north[1] - north[0], north[3] - north[2]) / (2 * reach)
    cell = max(round(math.sqrt(source.step_x / per_x * source.step_y / per_y), 1), 0.1)
    left, bottom = math.floor(area[0] / cell) * cell, math.floor(area[1] / cell) * cell
    right, top = math.ceil(area[2] / cell) * cell, math.ceil(area[3] / cell) * cell
    nx, ny = round((right - left) / cell), round((top - bottom) / cell)
    return Grid(left, top, cell, cell, nx, ny, target)


def _warped(part: Raster, system: CRS, grid: Grid) -> NDArray[np.float32]:
    """Interpolate values at the middles of another grid's cells; where one of the four neighbours has none, nor has it.

    Every middle is brought to the file's system by itself: GDAL's own warping is off by a twentieth of a cell.
    """
    way = crs_module.transformer(crs_module.normalise(grid.crs), system)
    out = np.full(grid.shape, np.nan, np.float32)
    if min(part.values.shape) < 2:  # noqa: PLR2004  a surface needs two rows and columns
        return out
    for top in range(0, grid.ny, _ROWS):
        row, column = np.mgrid[top : min(top + _ROWS, grid.ny), : grid.nx]
        x, y = way.transform(grid.x(column), grid.y(row))
        v, u = part.grid.row(np.asarray(y)), part.grid.column(np.asarray(x))
        # The grid ends half a cell beyond its outermost middles.
        on = (v + 0.5 >= 0) & (u + 0.5 >= 0) & (v + 0.5 <= part.grid.ny) & (u + 0.5 <= part.grid.nx)
        read = read_between(part.values, np.where(on, v, 0.0), np.where(on, u, 0.0))
        out[top : top + _ROWS] = np.where(on, read, np.nan)
    return out


def _system(crs: CRS) -> Any:
    return rasterio.CRS.from_wkt(crs.to_wkt())


def _affine(grid: Grid) -> Any:
    return rasterio.Affine(grid.step_x, 0.0, grid.left, 0.0, -grid.step_y, grid.top)


def _apart(
    files: Sequence[RasterFacts], groups: Sequence[tuple[CRS, list[RasterFacts]]], target: str, area: Bounds
) -> FileError:
    west, south, east, north = files[0].grid.bounds
    return FileError(
        sentence(
            "errors_readers.raster_apart",
            path=files[0].path,
            crs=crs_module.name(groups[0][0]),
            here=f"{west:g}, {south:g}, {east:g}, {north:g}",
            there=f"{area[0]:.0f}, {area[1]:.0f}, {area[2]:.0f}, {area[3]:.0f}",
            target=target,
        )
    )
