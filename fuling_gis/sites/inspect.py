"""What a site file holds and how it would be read, told before anything is judged."""

from __future__ import annotations

import os
import re
import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeAlias

import shapely

from fuling_gis import crs as crs_module
from fuling_gis import facts
from fuling_gis.errors import FulingError
from fuling_gis.labels import Lang, label
from fuling_gis.readers.describe import LayerDescription, describe
from fuling_gis.readers.naming import named
from fuling_gis.sites.columns import canonical, match
from fuling_gis.sites.model import Sites
from fuling_gis.sites.options import SiteOptions
from fuling_gis.sites.overlaps import Overlaps
from fuling_gis.sites.read import SiteSource, open_sites
from fuling_gis.sites.system import SHIFT_NAMES

# Sites shown as examples.
_SHOWN: Final = 3
# A word that the shell of Windows takes as it is.
_PLAIN: Final = re.compile(r"[\w:\\/.,+=-]+")
# Rows by which it is told how rows are read.
_LOOK: Final = 20_000
# Columns, kinds of fields and of geometry, and states, to their words.
_COLUMNS: Final = {
    "site_id": "column_site_id",
    "name": "column_name",
    "activity": "column_activity",
    "industry_code": "column_industry_code",
    "nature": "column_nature",
    "accuracy_m": "column_accuracy_m",
}
_TYPES: Final = {
    "str": "type_text",
    "int": "type_whole",
    "float": "type_number",
    "double": "type_number",
    "bool": "type_bool",
    "date": "type_date",
    "time": "type_date",
}
_SHAPES: Final = {
    "Point": "shape_point",
    "MultiPoint": "shape_points",
    "LineString": "shape_line",
    "MultiLineString": "shape_lines",
    "Polygon": "shape_area",
    "MultiPolygon": "shape_areas",
    "GeometryCollection": "shape_mixed",
}
_STATES: Final = {"ok": "state_ok", "repaired": "state_repaired", "rejected": "state_rejected"}


# Gives notices about the first sites of a file, told what the file is (see `SiteSource.inputs`).
Remarks: TypeAlias = Callable[[Sites, Sequence[Mapping[str, object]]], Iterable[Mapping[str, str]]]


@dataclass(frozen=True)
class Line:
    """One line of what is told: what it is about, and what is to be said."""

    head: str
    text: str


def inspect(
    path: str | Path,
    *,
    target: str = "EPSG:4545",
    options: SiteOptions | None = None,
    remarks: Remarks | None = None,
    told: Sequence[str] = (),
) -> tuple[Line, ...]:
    """Tell format, layers, rows, encoding, system and fields of a file, each with the reason, and the first sites.

    The last line is the command to go on with, where one can be told; what would refuse the file in a check stands
    before it. remarks: what somebody who knows the layers has to say of the first sites. told: what the user has said
    besides the options, for that command. Raises FileError where nothing at all can be told.
    """
    options = options or SiteOptions()
    lang = options.lang
    name, wanted = named(path)
    found = describe(name)
    layers = [layer for layer in found.layers if layer.name == wanted] or list(found.layers)
    driver = label("sites.inspect_zipped", lang, driver=found.driver) if found.zipped else found.driver
    lines = [Line(label("sites.inspect_format", lang), driver)]
    if len(found.layers) > 1:
        lines.append(Line(label("sites.inspect_layers", lang), ", ".join(layer.name for layer in found.layers)))
    for layer in layers:
        lines += _layer_lines(name, layer, options)
    try:
        source = open_sites(path, target=target, options=options)
        first = next(source.batches(_LOOK))
    except FulingError as e:
        notes = [Line(label("sites.inspect_notice", lang), note[lang]) for layer in layers for note in layer.notes]
        refused = Line(label("sites.inspect_refused", lang), e.told(lang))
        return (*lines, *notes, refused, *_mend(path, layers, options, told))
    overlaps = Overlaps()
    overlaps.keep(first)
    notices = [*source.notices, *overlaps.notices()]
    notices += remarks(first, source.inputs) if remarks is not None else ()
    lines.append(_taken(source, lang))
    lines += [Line(label("sites.inspect_notice", lang), notice[lang]) for notice in notices]
    lines += _wanting(source, lang)
    lines += _site_lines(first, sum(source.identities.rows), lang)
    return (*lines, _command("check", path, options, told))


def _taken(source: SiteSource, lang: Lang) -> Line:
    """Say in which system the sites were read, and why."""
    system = source.files[0].system
    shown = SHIFT_NAMES.get(system.shift, "") or crs_module.name(system.crs)
    # What is a notice is told below.
    why = "" if system.why in system.notices else f" ({system.why[lang]})"
    return Line(label("sites.inspect_read_as", lang), f"{shown}{why}")


def _wanting(source: SiteSource, lang: Lang) -> list[Line]:
    """Name the columns that many rules ask for and that are not there."""
    there = {*source.files[0].columns.known, *map(canonical, source.options.fill)}
    missing = [name for name in ("activity", "nature") if name not in there]
    if "industry_code" in there and "activity" in missing:
        missing.remove("activity")
    if not missing:
        return []
    shown = label("sites.inspect_and", lang).join(_meaning(name, lang) for name in missing)
    text = label("sites.inspect_wanting", lang, columns=shown, first=missing[0])
    return [Line(label("sites.inspect_missing", lang), text)]


def _mend(
    path: str | Path, layers: Sequence[LayerDescription], options: SiteOptions, told: Sequence[str]
) -> list[Line]:
    """Give the command by which a refused file can be looked at again, where one can be told."""
    if len(layers) > 1:
        return [_command("inspect", f"{path}::{layers[0].name}", options, told)]
    (layer,) = layers
    if options.crs or layer.crs is not None or layer.bounds is None:
        return []
    offered = [option for guess in crs_module.guess(layer.bounds) for option in guess.options]
    return [_command("inspect", path, replace(options, crs=offered[0]), told)] if offered else []


def _command(verb: str, path: str | Path, options: SiteOptions, told: Sequence[str]) -> Line:
    """Write the command to go on with, with all that was said."""
    words = ["fuling-gis", verb, str(path), *told]
    words += ["--crs", options.crs] if options.crs else []
    words += ["--crs-shift", str(options.crs_shift)] if options.crs_shift else []
    words += ["--site-accuracy", f"{options.site_accuracy:g}"] if options.site_accuracy is not None else []
    for option, pairs in (("--set", options.fill), ("--field", options.fields)):
        for key, value in pairs.items():
            words += [option, f"{key}={value}"]
    entry = "sites.inspect_next" if verb == "check" else "sites.inspect_again"
    return Line(label(entry, options.lang), shell_line(words))


def shell_line(words: Sequence[str], *, windows: bool = os.name == "nt") -> str:
    """Write a command as the shell of the system takes it; single quotes mean nothing to that of Windows."""
    if not windows:
        return shlex.join(words)
    return " ".join(word if _PLAIN.fullmatch(word) else '"' + word.replace('"', '""') + '"' for word in words)


def _layer_lines(path: Path, layer: LayerDescription, options: SiteOptions) -> list[Line]:
    lang = options.lang
    system = crs_module.name(layer.crs) if layer.crs is not None else label("sites.inspect_unknown", lang)
    kinds = [_shape_word(kind, lang) for kind in layer.geometry_types]
    lines = [
        Line(label("sites.inspect_rows", lang), str(layer.count)),
        Line(label("sites.inspect_geometry", lang), ", ".join(kinds) or "-"),
        Line(label("sites.inspect_encoding", lang), f"{layer.encoding} ({layer.encoding_why.get(lang, '')})"),
        Line(label("sites.inspect_crs", lang), f"{system} ({layer.crs_why.get(lang, '')})"),
    ]
    if layer.name:
        lines.insert(0, Line(label("sites.inspect_layer", lang), layer.name))
    if layer.bounds is not None:
        west, south, east, north = (f"{value:.10g}" for value in layer.bounds)
        lines.append(Line(label("sites.inspect_bounds", lang), f"x {west} .. {east}, y {south} .. {north}"))
    return lines + _field_lines(path, layer, options)


def _field_lines(path: Path, layer: LayerDescription, options: SiteOptions) -> list[Line]:
    lang = options.lang
    try:
        columns = match(path, tuple(layer.fields), options.fields)
    except FulingError:
        columns = match(path, tuple(layer.fields), {})
    taken = {field: known for known, field in (*columns.known.items(), *columns.facts.items())}
    lines = []
    for field, kind in layer.fields.items():
        known = taken.get(field, field)
        entry = "inspect_kept" if known == field and known not in columns.known else "inspect_taken"
        entry = "inspect_position" if field in layer.position else entry
        text = label(f"sites.{entry}", lang, kind=_type_word(kind, lang), known=_meaning(known, lang))
        lines.append(Line(label("sites.inspect_column", lang, column=field), text))
    return lines


def _meaning(column: str, lang: Lang) -> str:
    """Name a column with what it means."""
    fact = facts.facts().get(column)
    title = label(f"sites.{_COLUMNS[column]}", lang) if column in _COLUMNS else fact.title[lang] if fact else ""
    return label("sites.inspect_meaning", lang, column=column, title=title) if title not in ("", column) else column


def _type_word(kind: str, lang: Lang) -> str:
    """Put the type that a format gives a field into words; `str:80` is a text of at most 80 bytes."""
    name, _, width = kind.partition(":")
    for start, entry in _TYPES.items():
        if name.startswith(start):
            text = label(f"sites.{entry}", lang)
            return f"{text}({width})" if name == "str" and width else text
    return label("sites.type_unknown", lang)


def _shape_word(kind: str, lang: Lang) -> str:
    return label(f"sites.{_SHAPES[kind]}", lang) if kind in _SHAPES else kind


def _site_lines(sites: Sites, rows: int, lang: Lang) -> list[Line]:
    states = Counter(sites.status.tolist())
    told = ", ".join(f"{label(f'sites.{_STATES[state]}', lang)} {count}" for state, count in sorted(states.items()))
    if rows > len(sites):
        told = label("sites.inspect_first", lang, n=len(sites), states=told)
    lines = [Line(label("sites.inspect_states", lang), told)]
    # Three sites, each on a line of its own.
    for at in range(min(_SHOWN, len(sites))):
        shape = sites.geometry[at]
        said = (
            sites.site_id[at],
            sites.name[at],
            sites.activity[at],
            sites.nature[at],
            _where(shape, sites.crs, lang),
            sites.problem[at],
        )
        head = label("sites.inspect_site", lang, row=sites.row[at])
        lines.append(Line(head, " | ".join(str(part) for part in said if part)))
    return lines


def _where(shape: shapely.Geometry | None, crs: str, lang: Lang) -> str:
    if shape is None:
        return label("sites.state_rejected", lang)
    centre = shape.centroid
    area = f", {shapely.area(shape):.1f} m2" if shapely.area(shape) > 0 else ""
    return f"{_shape_word(shape.geom_type, lang)}{area}, x {centre.x:.2f} y {centre.y:.2f} ({crs})"
