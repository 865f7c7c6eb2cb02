"""A line of sight drawn in profile, as SVG: water, eye, ground with its error, the line, and where it is tightest."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fuling_gis.labels import Lang, label
from fuling_gis.outputs.svg import INK, line, page, text
from fuling_gis.overlay.profile import Profile

Floats = NDArray[np.float64]

_WIDTH: Final = 900
_HEIGHT: Final = 420
_LEFT: Final = 64
_RIGHT: Final = 24
_TOP: Final = 74
_BOTTOM: Final = 56
_COLOURS: Final = {2: "#C44E2A", 1: "#B97F10", 3: "#B97F10", 0: "#4B5563"}
_GROUND: Final = "#D8CFC0"
_EDGE: Final = "#7A6A52"
_WATER: Final = "#7FAFD0"
_GRID: Final = "#E3E6EA"


@dataclass(frozen=True)
class _Frame:
    """From metres to the drawing."""

    far: float
    low: float
    high: float

    def x(self, metres: float) -> float:
        return _LEFT + metres / self.far * (_WIDTH - _LEFT - _RIGHT)

    def y(self, metres: float) -> float:
        return _TOP + (self.high - metres) / (self.high - self.low) * (_HEIGHT - _TOP - _BOTTOM)

    def way(self, distance: Floats, height: Floats) -> str:
        return " ".join(f"{self.x(d):.1f},{self.y(h):.1f}" for d, h in zip(distance, height, strict=True))


def profile_svg(profile: Profile, title: str, lang: Lang) -> str:
    """Draw a profile.

    title: names the site; it may come from a file.
    """
    known = np.isfinite(profile.ground)
    low = min(float(np.nanmin(profile.low)), profile.view.water_level_m)
    high = max(float(np.nanmax(profile.high)), float(profile.line.max()))
    room = max((high - low) * 0.08, 4.0)
    frame = _Frame(float(profile.distance[-1]), low - room, high + room)
    colour = _COLOURS[profile.state]
    dashes = "" if profile.state else ' stroke-dasharray="7 4"'
    parts = [*_axes(frame, lang), *_ground(frame, profile, known)]
    way = frame.way(profile.distance, profile.line)
    parts += [
        f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>',
        *_ends(frame, profile, lang),
        *_tightest(frame, profile, colour, lang),
    ]
    words = {
        "distance": f"{profile.distance[-1]:,.0f}",
        "eye": f"{profile.line[0]:,.0f}",
        "level": f"{profile.view.water_level_m:g}",
        "target": f"{profile.view.target_m:g}",
        "error": f"{_error(profile):g}",
    }
    head = [
        text(_LEFT, 26, title, size=17, weight="bold"),
        text(_LEFT, 46, label(f"outputs.profile_state_{profile.state}", lang), size=14, colour=colour, weight="bold"),
        text(_LEFT, 64, label("outputs.profile_words", lang, **words), size=12, colour="#4B5563"),
    ]
    return page(_WIDTH, _HEIGHT, [*parts, *head])


def _error(profile: Profile) -> float:
    """Give the error of the ground beside the water, where it has one."""
    return float(np.nanmax((profile.high - profile.low) / 2))


def _axes(frame: _Frame, lang: Lang) -> Iterable[str]:
    for metres in _ticks(frame.low, frame.high, 5):
        y = frame.y(metres)
        yield line((_LEFT, y), (_WIDTH - _RIGHT, y), _GRID, 1.0)
        yield text(_LEFT - 8, y + 4, f"{metres:g}", size=11, anchor="end")
    for metres in _ticks(0.0, frame.far, 8):
        yield text(frame.x(metres), _HEIGHT - _BOTTOM + 18, f"{metres:g}", size=11, anchor="middle")
    yield text(_LEFT - 8, _TOP - 8, label("outputs.profile_height", lang), size=11, anchor="end")
    end = _WIDTH - _RIGHT
    yield text(end, _HEIGHT - 14, label("outputs.profile_distance", lang), size=11, anchor="end")


def _ticks(low: float, high: float, about: int) -> list[float]:
    """Give round values between two ends."""
    rough = (high - low) / about
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * k for k in (1, 2, 5, 10) if size * k >= rough)
    first = math.ceil(low / step)
    return [k * step for k in range(first, math.floor(high / step) + 1)]


def _ground(frame: _Frame, profile: Profile, known: NDArray[np.bool_]) -> Iterable[str]:
    distance, ground = profile.distance[known], profile.ground[known]
    floor = frame.y(frame.low)
    below = f"{frame.x(float(distance[-1])):.1f},{floor:.1f} {frame.x(float(distance[0])):.1f},{floor:.1f}"
    yield f'<polygon points="{frame.way(distance, ground)} {below}" fill="{_GROUND}"/>'
    up, down = profile.high[known], profile.low[known]
    band = f"{frame.way(distance, up)} {frame.way(distance[::-1], down[::-1])}"
    yield f'<polygon points="{band}" fill="{_EDGE}" fill-opacity="0.30"/>'
    yield f'<polyline points="{frame.way(distance, ground)}" fill="none" stroke="{_EDGE}" stroke-width="1.4"/>'
    level = profile.view.water_level_m
    wet = np.flatnonzero(np.abs(ground - level) < 0.05)  # noqa: PLR2004  the surface itself
    if len(wet):
        runs = np.split(wet, np.flatnonzero(np.diff(wet) > 1) + 1)
        for run in runs:
            way = frame.way(distance[run], np.full(len(run), level))
            yield f'<polyline points="{way}" fill="none" stroke="{_WATER}" stroke-width="4"/>'


def _ends(frame: _Frame, profile: Profile, lang: Lang) -> Iterable[str]:
    x, y = frame.x(0.0), frame.y(float(profile.line[0]))
    yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="#1E5AA0"/>'
    yield text(x + 8, y - 8, label("outputs.profile_lookout", lang), size=12, colour="#1E5AA0")
    end = frame.x(float(profile.distance[-1]))
    base, top = frame.y(float(profile.ground[-1])), frame.y(float(profile.line[-1]))
    yield line((end, base), (end, top), INK, 4.0)
    yield text(end, top - 8, label("outputs.profile_place", lang), size=12, anchor="end")


def _tightest(frame: _Frame, profile: Profile, colour: str, lang: Lang) -> Iterable[str]:
    k = profile.tightest
    x = frame.x(float(profile.distance[k]))
    ground, sight = frame.y(float(profile.ground[k])), frame.y(float(profile.line[k]))
    yield line((x, ground), (x, sight), colour, 1.5)
    yield f'<circle cx="{x:.1f}" cy="{ground:.1f}" r="3.5" fill="{colour}"/>'
    clear = profile.clearance_m
    key = "outputs.profile_clear" if clear >= 0 else "outputs.profile_cut"
    words = label(key, lang, metres=f"{abs(clear):.1f}", distance=f"{profile.distance[k]:,.0f}")
    anchor = "end" if x > _WIDTH / 2 else "start"
    yield text(
        x + (-8 if anchor == "end" else 8), max(ground, sight) + 18, words, size=12, colour=colour, anchor=anchor
    )
