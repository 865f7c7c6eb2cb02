"""The two maps of a site in the report: where in the district it lies, and what is around it.

Drawn with matplotlib from the layers as they are, in the working CRS. Where the machine has no Chinese font, names are
left out rather than shown as boxes; the report says so.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from fuling_gis.labels import Lang, label
from fuling_gis.outputs import palette
from fuling_gis.outputs.told import layer_title, metres
from fuling_gis.overlay.jurisdiction import bounds_of, judged_of
from fuling_gis.overlay.result import Run
from fuling_gis.overlay.shapes import Shape

Geometries = NDArray[np.object_]

# Fonts with Chinese signs, in the order of preference, and one of the signs.
FONTS: Final = (
    "Noto Sans CJK SC", "Microsoft YaHei", "SimHei", "PingFang SC", "Source Han Sans SC", "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei", "SimSun", "Noto Serif CJK SC", "Noto Sans CJK JP", "Noto Serif CJK JP",
)  # fmt: skip
# How the files of such fonts are called.
_FONT_FILES: Final = ("notosanscjk", "notoserifcjk", "msyh", "simhei", "simsun", "pingfang", "sourcehansans", "wqy")
# Metres around a site that are drawn at least, and at most.
_LEAST_M: Final = 600.0
_MOST_M: Final = 6_000.0
# A large river is shown from so far away, metres: the plan's widest strip along a bank is 3 km.
_RIVER_M: Final = 3_500.0
_LARGE_GRADES: Final = ("main", "wu")
# Size of the picture, inches, and its points to the inch.
_SIZE: Final = (6.6, 3.1)
_DPI: Final = 160
# Outlines of the small map may be so far off, metres.
_COARSE_M: Final = 150.0
# Where the two maps stand in it: left, lower, width and height, parts of 1.
_SMALL: Final = (0.005, 0.02, 0.34, 0.9)
_LARGE: Final = (0.36, 0.02, 0.635, 0.9)
_STEPS: Final = (50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)
# The most characters of a title in the key.
_LONGEST: Final = 60
# Fills of the zones that decide, in turn: none is a verdict's.
_ZONES: Final = ("#8C564B", "#7F7F00", "#5E3C99")


@cache
def chinese_font() -> str | None:
    """Name a font of this machine that has Chinese signs; None where there is none."""
    from matplotlib import font_manager

    known = {font.name for font in font_manager.fontManager.ttflist}
    found = next((name for name in FONTS if name in known), None)
    if found is None:
        # The list is kept from an earlier run, and a font may have been installed since.
        for path in font_manager.findSystemFonts():
            if Path(path).stem.casefold().startswith(_FONT_FILES):
                # A damaged font of somebody's machine is no reason to have no report.
                with suppress(RuntimeError, OSError, ValueError):
                    font_manager.fontManager.addfont(path)
        known = {font.name for font in font_manager.fontManager.ttflist}
        found = next((name for name in FONTS if name in known), None)
    return found


@dataclass(frozen=True)
class Ground:
    """What the small map shows of every site alike: the district and the rivers, coarsely."""

    district: Geometries
    water: Geometries
    # What of the plane is drawn: xmin, ymin, xmax, ymax, metres of the working CRS.
    box: NDArray[np.float64]
    # The jurisdiction, to which sites are cut; None where there is none.
    judged: Shape | None


@dataclass(frozen=True)
class _Site:
    """A site as it is drawn."""

    shape: shapely.Geometry
    # What of it is judged, from which all is measured: the part inside the jurisdiction.
    part: shapely.Geometry
    verdict: str


def ground_of(run: Run, shapes: Geometries) -> Ground:
    """Prepare the small map. shapes: of the sites, whose bounds count where there is no district."""
    none = np.array([], dtype=object)
    district, river = run.layers.get("district"), run.layers.get("river")
    box = shapely.total_bounds(shapes if district is None else district.geometry)
    box = _fitted(_grown(box, 0.04 * max(box[2] - box[0], box[3] - box[1]) + 1.0), _SMALL)
    outline = none if district is None else np.asarray(shapely.simplify(district.geometry, _COARSE_M), dtype=object)
    water = none if river is None else np.asarray(shapely.simplify(_near(river.geometry, box), _COARSE_M), dtype=object)
    return Ground(outline, water, box, bounds_of(run.layers, run.jurisdiction))


def draw(
    shape: shapely.Geometry, verdict: str, zones: Mapping[str, Iterable[int]], run: Run, ground: Ground, lang: Lang
) -> bytes:
    """Draw both maps of one site and give them as a PNG.

    shape: the site, working CRS, not empty. zones: layer id to the places of the features that findings name.
    """
    import matplotlib as mpl

    font = chinese_font()
    settings: Any = {
        "font.sans-serif": [font or "DejaVu Sans", "DejaVu Sans"],
        "font.family": "sans-serif",
        "axes.unicode_minus": False,
        # Names of layers may hold dollars, which are no formulas.
        "text.parse_math": False,
        "font.size": 7,
    }
    spoken: Lang = lang if font else "en"
    with mpl.rc_context(settings):
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=_SIZE, dpi=_DPI)
        FigureCanvasAgg(figure)
        small, large = figure.add_axes(_SMALL), figure.add_axes(_LARGE)
        part = judged_of(np.array([shape], dtype=object), ground.judged)[0]
        site = _Site(shape, part, verdict)
        _location(small, site, ground)
        small.set_title(label("report.map_location", spoken), fontsize=8)
        _detail(large, site, zones, run, spoken, names=font is not None or lang == "en")
        large.set_title(label("report.map_detail", spoken), fontsize=8)
        written = io.BytesIO()
        with warnings.catch_warnings():
            # A character that no font has is drawn as a box.
            warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
            figure.savefig(written, format="png", metadata={"Software": None})
    return written.getvalue()


def _key(layer_id: str, run: Run, lang: Lang) -> str:
    """Give a layer's title as one line of the key; a title is anybody's text, and may be as long as they like."""
    title = "".join(c if c.isprintable() else " " for c in layer_title(layer_id, run, lang))
    # What begins with an underscore would be left out of the key.
    return title[:_LONGEST].lstrip("_")


def _location(axes: Any, site: _Site, ground: Ground) -> None:
    """Draw the district with its rivers and the site as a mark."""
    _fill(axes, ground.district, "#F4F1EA", edge="#555555", width=0.8)
    _fill(axes, ground.water, palette.water(), edge=palette.water(), width=0.5, alpha=0.5)
    at = shapely.point_on_surface(site.shape)
    axes.plot(
        [at.x], [at.y], marker="o", markersize=7, color=palette.colour(site.verdict), markeredgecolor="black", zorder=9
    )
    axes.plot([at.x], [at.y], marker="o", markersize=14, color="none", markeredgecolor=palette.mark(), zorder=9)
    reach = 0.03 * (ground.box[2] - ground.box[0])
    inside = shapely.box(*_grown(ground.box, -reach)).contains(at)
    # A site out of the district is shown too.
    box = ground.box if inside else _fitted(_joined(ground.box, at.buffer(2 * reach)), _SMALL)
    _frame(axes, box)
    _scale(axes, box)


def _detail(axes: Any, site: _Site, zones: Mapping[str, Iterable[int]], run: Run, lang: Lang, *, names: bool) -> None:
    """Draw the site, the zones that decide and the rivers around it."""
    from matplotlib.patches import Patch

    named = {layer_id: run.layers[layer_id].geometry[sorted(set(places))] for layer_id, places in zones.items()}
    to_river = _line_to(site.part, _large_rivers(run), _RIVER_M)
    lines = [to_river, *(_line_to(site.part, geometry, _MOST_M) for geometry in named.values())]
    box = _window(site.shape, [line for line in lines if line is not None])
    handles: list[Any] = []
    district = run.layers.get("district")
    if district is not None:
        _fill(axes, _near(district.geometry, box), "#F7F5F0", edge="#555555", width=0.9)
    if _rivers(axes, run, box):
        handles.append(Patch(facecolor=palette.water(), alpha=0.45, label=_key("river", run, lang)))
    for number, (layer_id, geometry) in enumerate(named.items()):
        if layer_id in ("river", "district"):
            continue
        there = _near(geometry, box)
        if not len(there):
            continue
        colour = _ZONES[number % len(_ZONES)]
        _fill(axes, there, colour, edge=colour, width=1.0, alpha=0.25)
        handles.append(Patch(facecolor=colour, alpha=0.35, label=_key(layer_id, run, lang)))
    handles = [*_site(axes, site, lang), *handles]
    if to_river is not None and shapely.length(to_river) > 0:
        _measured(axes, to_river)
    _frame(axes, box)
    _scale(axes, box)
    _north(axes)
    if names:
        axes.legend(handles=handles, loc="upper left", fontsize=6, framealpha=0.9, borderpad=0.5)


def _site(axes: Any, site: _Site, lang: Lang) -> list[Any]:
    """Draw the site, paler where it lies beyond the jurisdiction and is not judged, and give its entries of the key."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    fill, said = palette.colour(site.verdict), label("report.map_site", lang)
    if shapely.get_dimensions(site.shape) > 1:
        across = site.part is not site.shape
        _fill(axes, np.array([site.shape], dtype=object), fill, edge="black", width=1.2, alpha=0.35 if across else 0.85)
        found = [Patch(facecolor=fill, edgecolor="black", label=said)]
        if across:
            _fill(axes, np.array([site.part], dtype=object), fill, edge="black", width=1.2, alpha=0.85)
            beyond = label("report.map_beyond", lang)
            found.append(Patch(facecolor=fill, edgecolor="black", alpha=0.35, label=beyond))
        return found
    xy = shapely.get_coordinates(site.shape)
    style = "-" if shapely.get_dimensions(site.shape) == 1 else "o"
    axes.plot(xy[:, 0], xy[:, 1], style, color=fill, markeredgecolor="black", markersize=8, linewidth=3)
    return [Line2D([], [], marker="o", linestyle="", color=fill, markeredgecolor="black", label=said)]


def _large_rivers(run: Run) -> Geometries:
    """Give the rivers by whose banks most of the plan's distances are told."""
    layer = run.layers.get("river")
    if layer is None or "grade" not in layer.fields:
        return np.array([], dtype=object)
    chosen: Geometries = layer.geometry[np.isin(layer.fields["grade"].astype(str), _LARGE_GRADES)]
    return chosen


def _line_to(shape: shapely.Geometry, geometry: Geometries, most_m: float) -> shapely.LineString | None:
    """Give the shortest line from the judged part of a site to some geometries; None where it is too long."""
    line = shapely.shortest_line(shape, shapely.geometrycollections(geometry)) if len(geometry) else None
    return line if line is not None and shapely.length(line) <= most_m else None


def _window(shape: shapely.Geometry, lines: list[shapely.LineString]) -> NDArray[np.float64]:
    """Choose what is drawn: the site, and the lines to the nearest places of the zones and of a large river."""
    places = [shape, *lines]
    x0, y0, x1, y1 = shapely.total_bounds(np.array(places, dtype=object))
    around = max(0.25 * max(x1 - x0, y1 - y0), (_LEAST_M - max(x1 - x0, y1 - y0)) / 2, 0.0)
    return _fitted(_grown(np.array([x0, y0, x1, y1]), around), _LARGE)


def _near(geometry: Geometries, box: NDArray[np.float64]) -> Geometries:
    """Cut geometries to a window a little larger than what is drawn."""
    window = shapely.box(*_grown(box, 0.1 * (box[2] - box[0])))
    touched = geometry[shapely.intersects(geometry, window)]
    return np.asarray(shapely.intersection(touched, window), dtype=object)


def _rivers(axes: Any, run: Run, box: NDArray[np.float64]) -> bool:
    layer = run.layers.get("river")
    if layer is None:
        return False
    flat = shapely.get_parts(_near(layer.geometry, box))
    _fill(axes, flat[shapely.get_dimensions(flat) > 1], palette.water(), edge="none", alpha=0.45)
    for line in flat[shapely.get_dimensions(flat) == 1]:
        xy = shapely.get_coordinates(line)
        axes.plot(xy[:, 0], xy[:, 1], color=palette.water(), linewidth=1.0, alpha=0.6)
    return bool(len(flat))


def _fill(axes: Any, geometry: Geometries, colour: str, *, edge: str, width: float = 0.0, alpha: float = 1.0) -> None:
    """Draw areas with their holes."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    for polygon in shapely.get_parts(geometry):
        if shapely.get_type_id(polygon) != shapely.GeometryType.POLYGON or shapely.is_empty(polygon):
            continue
        rings = [shapely.get_coordinates(ring) for ring in shapely.get_rings(polygon)]
        codes = [[Path.MOVETO, *[Path.LINETO] * (len(ring) - 2), Path.CLOSEPOLY] for ring in rings]
        path = Path(np.concatenate(rings), np.concatenate(codes))
        # As an artist and not as a patch: the window is set beforehand, and need not follow what is drawn.
        patch = PathPatch(path, facecolor=colour, edgecolor=edge, linewidth=width, alpha=alpha)
        axes.add_artist(patch)
        patch.set_clip_path(axes.patch)


def _frame(axes: Any, box: NDArray[np.float64]) -> None:
    axes.set_xlim(box[0], box[2])
    axes.set_ylim(box[1], box[3])
    axes.set_xticks([])
    axes.set_yticks([])


def _grown(box: NDArray[np.float64], by: float) -> NDArray[np.float64]:
    return np.array([box[0] - by, box[1] - by, box[2] + by, box[3] + by])


def _joined(box: NDArray[np.float64], shape: shapely.Geometry) -> NDArray[np.float64]:
    both: NDArray[np.float64] = shapely.total_bounds(np.array([shapely.box(*box), shape], dtype=object))
    return both


def _fitted(box: NDArray[np.float64], place: tuple[float, float, float, float]) -> NDArray[np.float64]:
    """Widen a window to the shape of its place in the picture, so that a metre is as long both ways."""
    wanted = place[2] * _SIZE[0] / (place[3] * _SIZE[1])
    wide, high = box[2] - box[0], box[3] - box[1]
    more = np.array([max(wanted * high - wide, 0.0), max(wide / wanted - high, 0.0)]) / 2
    fitted: NDArray[np.float64] = box + np.concatenate([-more, more])
    return fitted


def _measured(axes: Any, line: shapely.LineString) -> None:
    """Draw a line with its length."""
    (x0, y0), (x1, y1) = shapely.get_coordinates(line)
    axes.plot([x0, x1], [y0, y1], "--", color="black", linewidth=0.9, zorder=8)
    halo = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.0}
    words = metres(float(shapely.length(line)))
    axes.text((x0 + x1) / 2, (y0 + y1) / 2, words, ha="center", va="center", fontsize=6.5, bbox=halo, zorder=8)


def _scale(axes: Any, box: NDArray[np.float64]) -> None:
    """Draw a scale bar of a round length."""
    wide = box[2] - box[0]
    length = max((step for step in _STEPS if step <= wide / 3.5), default=_STEPS[0])
    part = length / wide
    axes.plot([0.04, 0.04 + part], [0.05, 0.05], transform=axes.transAxes, color="black", linewidth=2.5, zorder=10)
    words = metres(float(length)).replace(".0 m", " m").replace(".000 km", " km")
    axes.text(0.04 + part / 2, 0.07, words, transform=axes.transAxes, ha="center", va="bottom", fontsize=6.5, zorder=10)


def _north(axes: Any) -> None:
    arrow = {"arrowstyle": "-|>", "color": "black", "linewidth": 1.2}
    axes.annotate("", (0.955, 0.95), (0.955, 0.83), xycoords="axes fraction", arrowprops=arrow, zorder=10)
    axes.text(0.955, 0.80, "N", transform=axes.transAxes, ha="center", va="center", fontsize=8, zorder=10)
