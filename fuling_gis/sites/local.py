"""Local parameters that join Xi'an 1980 or Beijing 1954 with CGCS2000, as a surveying office gives them.

Two numbers move the plane: metres to the east and to the north, added to what the file says. Seven are a Helmert
transformation of geocentric coordinates in the position vector convention (EPSG method 1033, IOGP Publication 373-7-2,
4.3.3): shifts in metres, turns in seconds of arc, and the scale in parts of a million.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from fuling_gis import crs as crs_module
from fuling_gis.errors import CrsError, UsageError
from fuling_gis.labels import sentence

# What the parameters may still be off within a district, metres: two numbers fit one place, seven an area.
PLANE_ACCURACY_M: Final = 5.0
HELMERT_ACCURACY_M: Final = 2.0
_PLANE: Final = 2
_HELMERT: Final = 7
# Larger than any shift between the datums of China, metres, and than any turn, seconds; what is more is a slip.
_MOST_SHIFT: Final = 1_000.0
_MOST_TURN: Final = 60.0
_MOST_SCALE: Final = 100.0


@dataclass(frozen=True)
class LocalShift:
    """Two or seven numbers; see the module."""

    numbers: tuple[float, ...]

    @property
    def accuracy_m(self) -> float:
        """What is added to the accuracy of each site, metres."""
        return PLANE_ACCURACY_M if len(self.numbers) == _PLANE else HELMERT_ACCURACY_M

    def __str__(self) -> str:
        """Give the numbers as `--crs-shift` has them."""
        return ",".join(f"{number:.12g}" for number in self.numbers)

    def result(self, source: CRS) -> CRS:
        """Give the CRS that shifted coordinates are in.

        Raises CrsError where the source is of another datum, or is no grid and the plane is to be moved.
        """
        twin = crs_module.beijing_twin(source)
        if twin is not None:
            raise CrsError(
                sentence(
                    "errors_readers.no_way_pulkovo",
                    source=crs_module.name(source),
                    datum=source.datum.name if source.datum else "",
                    option=f"EPSG:{twin}",
                )
            )
        if crs_module.datum_of(source) not in crs_module.LOCAL:
            raise CrsError(sentence("errors_sites.no_local_datum", crs=crs_module.name(source)))
        if len(self.numbers) == _HELMERT:
            return crs_module.normalise(4490)
        found = crs_module.counterpart(source)
        if found is None or source.is_geographic:
            raise CrsError(sentence("errors_sites.no_plane", crs=crs_module.name(source)))
        return found

    def applied(self, geometry: NDArray[np.object_], source: CRS) -> NDArray[np.object_]:
        """Move geometries of a source CRS into the one that `result` names."""
        if len(self.numbers) == _PLANE:
            east, north = self.numbers
            moved = shapely.transform(geometry, lambda x, y: (x + east, y + north), interleaved=False)
            return np.asarray(moved, dtype=object)
        geodetic = source.geodetic_crs
        if geodetic is None or source.ellipsoid is None:
            raise CrsError(sentence("errors_sites.no_local_datum", crs=crs_module.name(source)))
        degrees = crs_module.transform(geometry, source, crs_module.normalise(geodetic))
        mover = Transformer.from_pipeline(self._pipeline(source))

        def there(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
            east, north, _ = mover.transform(x, y, np.zeros_like(x))
            return east, north

        return np.asarray(shapely.transform(degrees, there, interleaved=False), dtype=object)

    def _pipeline(self, source: CRS) -> str:
        x, y, z, rx, ry, rz, scale = self.numbers
        own = source.ellipsoid
        axis, flattening = (own.semi_major_metre, own.inverse_flattening) if own is not None else (0.0, 0.0)
        return (
            "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
            f"+step +proj=cart +a={axis} +rf={flattening} "
            f"+step +proj=helmert +x={x} +y={y} +z={z} +rx={rx} +ry={ry} +rz={rz} +s={scale} "
            "+convention=position_vector "
            "+step +inv +proj=cart +a=6378137 +rf=298.257222101 "
            "+step +proj=unitconvert +xy_in=rad +xy_out=deg"
        )


def local_shift(text: str | tuple[float, ...] | list[float]) -> LocalShift:
    """Read `--crs-shift`: two or seven numbers with commas between them. Raises UsageError for anything else."""
    parts = text.replace("，", ",").split(",") if isinstance(text, str) else list(text)
    try:
        numbers = tuple(float(part) for part in parts)
    except (TypeError, ValueError):
        numbers = ()
    finite = len(numbers) in (_PLANE, _HELMERT) and bool(np.isfinite(numbers).all())
    if finite and len(numbers) == _PLANE:
        finite = max(map(abs, numbers)) <= _MOST_SHIFT
    elif finite:
        finite = max(map(abs, numbers[3:6])) <= _MOST_TURN and abs(numbers[6]) <= _MOST_SCALE
        finite &= max(map(abs, numbers[:3])) <= _MOST_SHIFT
    if not finite:
        raise UsageError(sentence("errors_sites.no_shift", found=str(text)))
    return LocalShift(numbers)
