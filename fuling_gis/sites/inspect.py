"""What a site file holds and how it would be read, told before anything is judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import shapely

from fuling_gis import crs as crs_module
from fuling_gis.errors import FulingError
from fuling_gis.labels import Lang, label
from fuling_gis.readers.describe import LayerDescription, describe
from fuling_gis.sites.columns import match
from fuling_gis.sites.model import Sites
from fuling_gis.sites.options import SiteOptions
from fuling_gis.sites.overlaps import Overlaps
from fuling_gis.sites.read import open_sites

# Sites shown as examples.
_SHOWN: Final = 3
# Rows by which it is told how rows are read.
_LOOK: Final = 1000


# Gives notices about the first sites of a file, told what the file is (see `SiteSource.inputs`).
Remarks: TypeAlias = Callable[[Sites, Sequence[Mapping[str, object]]], Iterable[Mapping[str, str]]]


@dataclass(frozen=True)
class Line:
    """One line of what is told: what it is about, and what is to be said."""

    head: str
    text: str


def inspect(
    path: str | Path, *, target: str = "EPSG:4545", options: SiteOptions | None = None, remarks: Remarks | None = None
) -> tuple[Line, ...]:
    """Tell format, layers, rows, encoding, system and fields of a file, each with the reason, and the first sites.

    What would refuse the file in a check is the last line here. remarks: what somebody who knows the layers has to say
    of the first sites. Raises FileError where nothing at all can be told.
    """
    options = options or SiteOptions()
    lang = options.lang
    name = Path(str(path).rpartition("::")[0]) if not Path(path).exists() and "::" in str(path) else Path(path)
    found = describe(name)
    wanted = str(path).rpartition("::")[2] if name != Path(path) else ""
    layers = [layer for layer in found.layers if layer.name == wanted] or list(found.layers)
    lines = [Line(label("sites.inspect_format", lang), found.driver)]
    if len(found.layers) > 1:
        lines.append(Line(label("sites.inspect_layers", lang), ", ".join(layer.name for layer in found.layers)))
    for layer in layers:
        lines += _layer_lines(name, layer, options)
    try:
        source = open_sites(path, target=target, options=options)
        first = next(source.batches(_LOOK))
    except FulingError as e:
        return (*lines, Line(label("sites.inspect_refused", lang), e.told(lang)))
    overlaps = Overlaps()
    overlaps.keep(first)
    said = (*source.notices, *overlaps.notices(), *(remarks(first, source.inputs) if remarks is not None else ()))
    lines += [Line(label("sites.inspect_notice", lang), notice[lang]) for notice in said]
    return (*lines, *_site_lines(first, lang))


def _layer_lines(path: Path, layer: LayerDescription, options: SiteOptions) -> list[Line]:
    lang = options.lang
    system = crs_module.name(layer.crs) if layer.crs is not None else "?"
    lines = [
        Line(label("sites.inspect_rows", lang), str(layer.count)),
        Line(label("sites.inspect_geometry", lang), ", ".join(layer.geometry_types) or "-"),
        Line(label("sites.inspect_encoding", lang), f"{layer.encoding} ({layer.encoding_why.get(lang, '')})"),
        Line(label("sites.inspect_crs", lang), f"{system} ({layer.crs_why.get(lang, '')})"),
    ]
    if layer.name:
        lines.insert(0, Line(label("sites.inspect_layer", lang), layer.name))
    if layer.bounds is not None:
        lines.append(Line(label("sites.inspect_bounds", lang), ", ".join(f"{value:.10g}" for value in layer.bounds)))
    try:
        columns = match(path, tuple(layer.fields), options.fields)
    except FulingError:
        columns = match(path, tuple(layer.fields), {})
    taken = {field: known for known, field in (*columns.known.items(), *columns.facts.items())}
    for field, kind in layer.fields.items():
        known = taken.get(field, field)
        entry = "inspect_kept" if known == field and known not in columns.known else "inspect_taken"
        entry = "inspect_position" if field in layer.position else entry
        lines.append(Line(label("sites.inspect_column", lang, column=field),
                          label(f"sites.{entry}", lang, kind=kind, known=known)))  # fmt: skip
    return lines


def _site_lines(sites: Sites, lang: Lang) -> list[Line]:
    states = Counter(sites.status.tolist())
    told = ", ".join(f"{state} {count}" for state, count in sorted(states.items()))
    lines = [Line(label("sites.inspect_states", lang), told)]
    # Three sites, each on a line of its own.
    for at in range(min(_SHOWN, len(sites))):
        shape = sites.geometry[at]
        where = f"{shape.geom_type} ({shape.centroid.x:.2f}, {shape.centroid.y:.2f})" if shape is not None else "-"
        area = f", {shapely.area(shape):.1f} m2" if shape is not None and shapely.area(shape) > 0 else ""
        said = (
            sites.site_id[at],
            sites.name[at],
            sites.activity[at],
            sites.nature[at],
            where + area,
            sites.problem[at],
        )
        head = label("sites.inspect_site", lang, row=sites.row[at])
        lines.append(Line(head, " | ".join(str(part) for part in said if part)))
    return lines
