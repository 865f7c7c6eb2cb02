"""In which system a site file's coordinates are: what the file says, what the user says, what the numbers allow.

Nothing is guessed silently. A file that does not say is refused with an offer, and coordinates that cannot be what
they are said to be are refused or rejected, never drawn somewhere else.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from fuling_gis import crs as crs_module
from fuling_gis import gcj02
from fuling_gis.crs import CHINA, Guess
from fuling_gis.errors import CrsError, SystemUnsaidError, joined
from fuling_gis.labels import sentence
from fuling_gis.readers.spoken import named_in_column, names
from fuling_gis.readers.table import TableSource, Words
from fuling_gis.sites.local import LocalShift

# What `--crs` may say in place of a system: shifts that are undone.
SHIFTS: Final = {"gcj02": gcj02.gcj02_to_wgs84, "bd09": gcj02.bd09_to_wgs84}
SHIFT_NAMES: Final = {"gcj02": "GCJ-02", "bd09": "BD-09"}
# Nobody draws a place in a Gauss-Kruger or UTM zone farther than this from its central meridian, metres.
_REACH_M: Final = 600_000.0
_SHOWN: Final = 60
# The equator to the pole; and to China's southern and northern ends, with what a grid adds far from its meridian.
_QUADRANT_M: Final = 10_002_000.0
_SOUTH_M: Final = 3.3e5
_NORTH_M: Final = 6.05e6


@dataclass(frozen=True)
class System:
    """What was decided about a file's coordinates."""

    crs: CRS
    why: Words
    # `gcj02`, `bd09`, or "" where no shift is undone.
    shift: str = ""
    notices: tuple[Words, ...] = field(default=())
    # Local parameters that are to be applied.
    local: LocalShift | None = None

    @property
    def added_accuracy_m(self) -> float:
        """Give what a shift adds to the accuracy of each site, metres."""
        if self.local is not None:
            return self.local.accuracy_m
        return gcj02.ACCURACY_M if self.shift else 0.0

    @property
    def moves(self) -> bool:
        """Whether coordinates are moved before anything else is made of them."""
        return bool(self.shift) or self.local is not None

    @property
    def true_crs(self) -> CRS:
        """The CRS of coordinates that were moved; the file's own where none are."""
        return self.crs if self.local is None else self.local.result(self.crs)

    def unshifted(self, geometry: NDArray[np.object_]) -> NDArray[np.object_]:
        """Undo the shift, or apply the local parameters, where there are any."""
        if self.local is not None:
            return self.local.applied(geometry, self.crs)
        if not self.shift:
            return geometry
        undo = SHIFTS[self.shift]
        out: NDArray[np.object_] = shapely.transform(geometry, undo, interleaved=False)
        return out


def said(entry: str, **values: object) -> Words:
    """Give a sentence of the sites' words in both languages."""
    return sentence(f"sites.{entry}", **values)


def settle(
    source: TableSource, wanted: str | None, bounds: crs_module.Bounds | None, local: LocalShift | None = None
) -> System:
    """Decide in which system a file's coordinates are, and how they are moved.

    wanted: `--crs`. local: `--crs-shift`. bounds: of the first rows, None where none has coordinates. Raises CrsError,
    with an offer, where neither the file nor the user says.
    """
    system = _settled(source, wanted, bounds)
    if local is None:
        return system
    if system.shift:
        raise CrsError(sentence("errors_sites.two_shifts", path=source.path, shift=system.shift))
    try:
        joined_to = crs_module.name(local.result(system.crs))
    except CrsError as e:
        raise type(e)(sentence("errors_sites.of_file", path=source.path, fault=e)) from e
    notice = said(
        "shift_applied",
        file=source.path.name,
        numbers=str(local),
        crs=crs_module.name(system.crs),
        result=joined_to,
        metres=f"{local.accuracy_m:g}",
    )
    return replace(system, local=local, notices=(*system.notices, notice))


def _settled(source: TableSource, wanted: str | None, bounds: crs_module.Bounds | None) -> System:
    word = (wanted or "").strip().lower()
    if word in SHIFTS:
        return _shifted(source, word)
    if word not in ("", "auto"):
        return _told(source, str(wanted))
    named = named_in_column(source, source.crs if source.crs_stated else None)
    if named:
        raise SystemUnsaidError(sentence("errors_sites.system_column", path=source.path, found=repr(named)))
    if source.crs is not None:
        return System(source.crs, source.crs_why)
    if word == "auto" and source.crs_heading:
        raise SystemUnsaidError(
            sentence("errors_sites.auto_heading", path=source.path, column=repr(source.crs_heading))
        )
    guesses = crs_module.guess(bounds) if bounds is not None else ()
    if word == "auto" and len(guesses) == 1 and guesses[0].kind in ("lonlat", "zone"):
        option = guesses[0].options[0]
        notice = said("crs_auto", file=source.path.name, crs=option)
        return System(crs_module.normalise(option), notice, notices=(notice,))
    raise SystemUnsaidError(
        sentence(
            "errors_sites.unsaid",
            path=source.path,
            why=source.crs_why or sentence("errors_sites.no_system_named"),
            offer=_offer(guesses, bounds),
        ),
        offers=dict.fromkeys(way for guess in guesses for way in _ways(guess)),
    )


def _against(source: TableSource, told: CRS, shift: str = "") -> tuple[Words, ...]:
    """Tell of a heading, a title or a column that names another system than the one that was told."""
    heading = source.crs_heading
    found = heading if heading and not names(heading, told, shift) else named_in_column(source, told, shift)
    taken = SHIFT_NAMES[shift] if shift else crs_module.name(told)
    return (said("crs_against", file=source.path.name, found=found[:_SHOWN], told=taken),) if found else ()


def _shifted(source: TableSource, word: str) -> System:
    if source.crs is not None and not source.crs.is_geographic:
        raise CrsError(
            sentence("errors_sites.shift_of_metres", path=source.path, crs=crs_module.name(source.crs), shift=word)
        )
    name, system = SHIFT_NAMES[word], crs_module.normalise(4326)
    notice = said("shift_undone", file=source.path.name, name=name, metres=f"{gcj02.ACCURACY_M:g}")
    return System(system, notice, word, (notice, *_against(source, system, word)))


def _told(source: TableSource, wanted: str) -> System:
    told = crs_module.normalise(wanted)
    why = said("crs_told", crs=crs_module.name(told))
    notices = _against(source, told)
    if source.crs is not None and source.crs_stated and not crs_module.same(source.crs, told):
        own = crs_module.name(source.crs)
        notices = (said("crs_overruled", file=source.path.name, own=own, told=crs_module.name(told)), *notices)
    return System(told, why, notices=notices)


def unit_of(bounds: crs_module.Bounds | None) -> str:
    """Name the unit, `kilometres` or `millimetres`, where coordinates fit a grid of China in it and nothing in metres.

    >>> unit_of((398.1, 3289.1, 398.2, 3289.2)), unit_of((398_100.0, 3_289_100.0, 398_200.0, 3_289_200.0))
    ('kilometres', '')
    """
    if bounds is None or crs_module.guess(bounds):
        return ""
    for unit, metres in (("kilometres", 1000.0), ("millimetres", 0.001)):
        west, south, east, north = (value * metres for value in bounds)
        guesses = crs_module.guess((west, south, east, north))
        if guesses and guesses[0].kind in ("zone", "no_zone", "swapped"):
            return unit
    return ""


def _ways(guess: Guess) -> tuple[str, ...]:
    """Give what `--crs` may say where a guess is right: of degrees all that look alike, as the offer in words does."""
    first, *others = guess.options or ("",)
    return (first, "EPSG:4326", *others) if guess.kind == "lonlat" else guess.options


def _offer(guesses: tuple[Guess, ...], bounds: crs_module.Bounds | None) -> dict[str, str]:
    """Say what the numbers look like and how to accept it."""
    if bounds is None:
        return sentence("errors_sites.offer_nowhere")
    if not guesses:
        ends = zip(("west", "south", "east", "north"), bounds, strict=False)
        seen = sentence("errors_sites.seen", **{end: f"{value:.10g}" for end, value in ends})
        return sentence(f"errors_sites.offer_{unit_of(bounds) or 'none'}", seen=seen)
    offers = [
        sentence(f"errors_sites.offer_{guess.kind}", option=(guess.options or ("",))[0], zone=guess.zone)
        for guess in guesses
    ]
    return joined(offers, sentence("errors_sites.or_else"))


def astray(bounds: NDArray[np.float64], system: CRS) -> NDArray[np.object_]:
    """Tell of each geometry why its coordinates cannot be what they are said to be.

    bounds: of each geometry, of shape (n, 4); NaN where there is none. Gives codes: "" where nothing speaks against
    them, `lonlat_swapped`, `abroad`, `no_degrees`, `xy_swapped`, `has_zone`, `no_zone`, `far`.
    """
    out = np.full(len(bounds), "", dtype=object)
    known = np.asarray(np.isfinite(bounds).all(axis=1), dtype=np.bool_)
    if system.is_geographic:
        _astray_degrees(out, bounds, known)
        return out
    false_easting = _false_easting(system)
    if false_easting is None:
        west, south, east, north = _china_in(system)
        outside = (bounds[:, 0] < west) | (bounds[:, 2] > east) | (bounds[:, 1] < south) | (bounds[:, 3] > north)
        out[known & outside] = "far"
        return out
    _astray_metres(out, bounds, known, false_easting)
    return out


def _astray_degrees(out: NDArray[np.object_], bounds: NDArray[np.float64], known: NDArray[np.bool_]) -> None:
    west, south, east, north = CHINA
    low_x, low_y, high_x, high_y = bounds.T
    outside = (low_x < west) | (high_x > east) | (low_y < south) | (high_y > north)
    turned = (low_y >= west) & (high_y <= east) & (low_x >= south) & (high_x <= north)
    wild = (np.abs(bounds[:, (0, 2)]) > 360.0).any(axis=1) | (np.abs(bounds[:, (1, 3)]) > 90.0).any(axis=1)  # noqa: PLR2004
    out[known & outside] = "abroad"
    out[known & wild] = "no_degrees"
    out[known & turned & outside] = "lonlat_swapped"


def _astray_metres(
    out: NDArray[np.object_], bounds: NDArray[np.float64], known: NDArray[np.bool_], false_easting: float
) -> None:
    low_x, low_y, high_x, high_y = bounds.T
    # A sheet that does not know a place writes 0, and a drawing that was not put in its place begins there.
    out[known & ((low_y < _SOUTH_M) | (high_y > _NORTH_M))] = "abroad"
    far = (low_x < false_easting - _REACH_M) | (high_x > false_easting + _REACH_M)
    far |= (np.abs(bounds[:, (1, 3)]) > _QUADRANT_M).any(axis=1)
    out[known & far] = "far"
    numbered = (low_x > 1.3e7) & (high_x < 4.6e7)  # noqa: PLR2004  zones 13 to 45
    out[known & far & numbered] = "has_zone"
    bare = (low_x > 1e5) & (high_x < 9e5) & (false_easting > 1e6)  # noqa: PLR2004
    out[known & far & bare] = "no_zone"
    turned = (low_x > 1.7e6) & (high_x < 6.2e6) & (low_y >= false_easting - _REACH_M)  # noqa: PLR2004
    out[known & far & turned & (high_y <= false_easting + _REACH_M)] = "xy_swapped"


def _false_easting(system: CRS) -> float | None:
    """Give the false easting of a transverse Mercator grid, metres; None for other projections."""
    operation = system.coordinate_operation
    if operation is None or operation.method_name != "Transverse Mercator":
        return None
    return next((float(p.value) for p in operation.params if p.name == "False easting"), None)


def _china_in(system: CRS) -> crs_module.Bounds:
    try:
        mover = crs_module.transformer(crs_module.normalise(4326), system)
        west, south, east, north = mover.transform_bounds(*CHINA, densify_pts=21)
    except CrsError:
        # Such a system is refused when its coordinates are to be brought to another one.
        return -np.inf, -np.inf, np.inf, np.inf
    return west, south, east, north
