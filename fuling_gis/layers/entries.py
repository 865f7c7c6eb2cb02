"""The keys of a catalogue: what each may hold, and a sentence with its line for all that cannot be meant."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Final, Protocol

from fuling_gis import crs as crs_module
from fuling_gis.errors import CrsError, joined
from fuling_gis.labels import LANGS, sentence
from fuling_gis.layers.paths import path_fault, shown
from fuling_gis.layers.schema import Field, Kind, kinds, plain
from fuling_gis.yamlfile import YamlFile

DEFAULT_CRS: Final = "EPSG:4545"
DEFAULT_JURISDICTION: Final = "district"

TOP_KEYS: Final = ("name", "crs", "jurisdiction", "layers")
# What one version says, in the order in which it is written.
VERSION_KEYS: Final = (
    "path", "layer", "title", "fields", "values", "accuracy_m", "covers", "valid_from", "valid_to", "encoding", "crs",
    "source", "indicative", "error_m", "unit", "nodata",
)  # fmt: skip
# Keys that only a height model has, and that only a raster has.
_OF_HEIGHTS: Final = ("error_m", "unit")
_OF_RASTERS: Final = ("nodata",)
# Units of heights, and how many metres one is.
UNITS: Final = MappingProxyType({"m": 1.0, "dm": 0.1, "cm": 0.01, "ft": 0.3048, "us_ft": 1200 / 3937})
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


@dataclass(frozen=True)
class Top:
    """What a catalogue says about all layers, and its layers as they stand."""

    name: str
    crs: str
    jurisdiction: str
    # Layer id to what stands under it.
    layers: Mapping[str, Any]


class Notes:
    """Gathers the faults of one catalogue, so that all are told in one go."""

    def __init__(self, yaml: YamlFile) -> None:
        self.yaml = yaml
        self._faults: list[dict[str, str]] = []

    @property
    def faults(self) -> list[dict[str, str]]:
        """All faults, in the order of the file."""
        return sorted(self._faults, key=_line)

    def say(self, place: str, fault: Mapping[str, str]) -> None:
        """Note a fault at `file:line`."""
        self._faults.append(sentence("errors_layers.at", place=place, fault=fault))

    def at(self, at: tuple[str | int, ...], entry: str, *, layer: str = "", **values: object) -> None:
        """Note a fault at the value of an address, by its entry in the words; of one layer, where that is named."""
        fault = sentence(f"errors_layers.{entry}", **values)
        self.say(self.yaml.at(*at), sentence("errors_layers.of_layer", layer=layer, fault=fault) if layer else fault)

    def mapping(self, value: Any, at: tuple[str | int, ...], what: Mapping[str, str]) -> dict[str, Any]:
        """Give a value that must be a mapping, {} where it is none; nothing at all is an empty one."""
        if value is None or isinstance(value, dict):
            return value or {}
        self.at(at, "no_mapping", what=what, value=repr(value))
        return {}

    def keys(self, given: Iterable[str], allowed: Iterable[str], at: tuple[str | int, ...], layer: str = "") -> None:
        """Note every key that is not allowed; layer: the one they belong to."""
        names = list(allowed)
        for key in given:
            if key not in names:
                self.at((*at, key), "unknown_key", layer=layer, key=key, near=near(key, names))


def _line(fault: Mapping[str, str]) -> int:
    found = re.search(r":(\d+): ", fault["en"])
    return int(found[1]) if found else 0


def near(name: str, allowed: Iterable[str]) -> dict[str, str]:
    """Say what may be meant by an unknown name, and what is allowed."""
    names = list(allowed)
    close = get_close_matches(name, names, n=2)
    meant = joined(map(repr, close), sentence("errors_layers.or"))
    perhaps = sentence("errors_layers.perhaps", close=meant) if close else ""
    return sentence("errors_layers.allowed", perhaps=perhaps, names=", ".join(names))


def read_top(notes: Notes) -> Top:
    """Read the keys above the layers."""
    value = notes.mapping(notes.yaml.value, (), sentence("errors_layers.the_catalogue"))
    notes.keys(value, TOP_KEYS, ())
    name = value.get("name")
    jurisdiction = value.get("jurisdiction", DEFAULT_JURISDICTION)
    known = kinds()
    if not isinstance(jurisdiction, str) or jurisdiction not in known or known[jurisdiction].geometry != ("area",):
        areas = [kind.id for kind in known.values() if kind.geometry == ("area",)]
        hint = near(str(jurisdiction), areas)
        notes.at(("jurisdiction",), "no_area_layer", value=repr(jurisdiction), near=hint)
    layers = notes.mapping(value.get("layers"), ("layers",), sentence("errors_layers.the_layers_key"))
    for layer_id in layers:
        if layer_id not in known:
            notes.at(("layers", layer_id), "unknown_layer", name=layer_id, near=near(layer_id, known))
    found = {layer_id: given for layer_id, given in layers.items() if layer_id in known}
    return Top("" if name is None else str(name), _working_crs(notes, value), str(jurisdiction), found)


def _working_crs(notes: Notes, value: Mapping[str, Any]) -> str:
    given = value.get("crs", DEFAULT_CRS)
    try:
        found = crs_module.normalise(str(given))
    except CrsError as e:
        notes.at(("crs",), "wrong_crs", fault=e)
        return DEFAULT_CRS
    if not found.is_projected or any(axis.unit_conversion_factor != 1.0 for axis in found.axis_info):
        notes.at(("crs",), "no_metres", value=repr(given), usual=DEFAULT_CRS)
    return crs_module.name(found)


def read_entry(notes: Notes, layer_id: str, given: Any) -> list[dict[str, Any]]:
    """Read one layer as the arguments of its `Entry` values, one for each version."""
    at: tuple[str | int, ...] = ("layers", layer_id)
    kind = kinds()[layer_id]
    value = notes.mapping(given, at, sentence("errors_layers.a_layer", layer=layer_id))
    if given and not value:
        return []
    if "versions" not in value:
        notes.keys(value, (*VERSION_KEYS, "versions"), at, layer_id)
        return [_version(notes, kind, value, at, {})]
    notes.keys(value, ("versions", *VERSION_KEYS), at, layer_id)
    for key in ("path", "valid_from", "valid_to"):
        if key in value:
            notes.at((*at, key), "beside_versions", layer=layer_id, key=key)
    shared = {key: one for key, one in value.items() if key in VERSION_KEYS}
    versions = value["versions"]
    if not isinstance(versions, list) or not versions:
        notes.at((*at, "versions"), "no_versions", layer=layer_id, value=repr(versions))
        return []
    found = []
    for i, version in enumerate(versions):
        here = (*at, "versions", i)
        own = notes.mapping(version, here, sentence("errors_layers.a_version", layer=layer_id, n=i + 1))
        if version and not own:
            continue
        notes.keys(own, VERSION_KEYS, here, layer_id)
        found.append(_version(notes, kind, own, here, shared))
    return found


def _version(
    notes: Notes, kind: Kind, own: Mapping[str, Any], at: tuple[str | int, ...], shared: Mapping[str, Any]
) -> dict[str, Any]:
    """Read one version; what it does not say is taken from `shared`, which stands above it."""
    value = {**shared, **own}
    found: dict[str, Any] = {"id": kind.id, "place": notes.yaml.at(*at), "title": kind.title, "path": ""}
    if "path" not in value:
        notes.at(at, "no_path", layer=kind.id)
    for key in (*_OF_HEIGHTS, *_OF_RASTERS):
        if key in value and not (kind.heights if key in _OF_HEIGHTS else kind.raster):
            notes.at((*at, key), "key_for_heights" if key in _OF_HEIGHTS else "key_for_rasters", layer=kind.id, key=key)
    for key, given in value.items():
        # A key taken from above the versions has its line there.
        here = (*at, key) if key in own else (*at[:2], key)
        read = _READERS.get(key)
        if read is None or (given is None and key != "path"):
            continue
        answer = read(given, kind, _sayer(notes, here, kind.id, key))
        if answer is not None:
            found[key] = answer
    if isinstance(found["path"], tuple):
        found |= {"paths": found["path"], "path": found["path"][0]}
    start, end = found.get("valid_from"), found.get("valid_to")
    if start and end and start > end:
        notes.at((*at, "valid_to"), "ends_before", layer=kind.id, start=start, end=end)
    return found


class _Say(Protocol):
    """Notes a fault of the value of one key."""

    def __call__(self, entry: str, **values: object) -> None:
        """Note a fault by its entry in the words, `is ...; write it as ...`."""


def _sayer(notes: Notes, at: tuple[str | int, ...], layer: str, name: str) -> _Say:
    def say(entry: str, **values: object) -> None:
        fault = sentence(f"errors_layers.{entry}", **values)
        notes.at(at, "of_key", layer_id=layer, key=name, fault=fault)

    return say


def _path(given: Any, kind: Kind, say: _Say) -> str | tuple[str, ...] | None:
    if isinstance(given, list) and given and kind.raster:
        return tuple(one for one in (_one_path(path, say) for path in given) if one is not None) or None
    return _one_path(given, say)


def _one_path(given: Any, say: _Say) -> str | None:
    if not isinstance(given, str):
        say("path_no_text", given=repr(given))
        return None
    fault = path_fault(given)
    if fault:
        say("path_wrong", path=shown(given), fault=fault)
    return given


def _text(given: Any, _kind: Kind, say: _Say) -> str | None:
    if isinstance(given, (dict, list, bool)):
        say("no_text", given=repr(given))
        return None
    return str(given)


def _title(given: Any, kind: Kind, say: _Say) -> Mapping[str, str] | None:
    if isinstance(given, str):
        return MappingProxyType(dict.fromkeys(LANGS, given))
    if not isinstance(given, dict) or not given or not set(given) <= set(LANGS) or not _texts(given.values()):
        wanted = f"{{zh: {kind.title['zh']}, en: {kind.title['en']}}}"
        say("no_title", given=repr(given), wanted=wanted)
        return None
    # A title in one language stands for the other too: it is the name that these people use.
    only = next(iter(given.values()))
    return MappingProxyType({lang: given.get(lang, only) for lang in LANGS})


def _texts(values: Iterable[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


def _fields(given: Any, kind: Kind, say: _Say) -> Mapping[str, str] | None:
    if not isinstance(given, dict) or any(isinstance(column, (dict, list, bool)) for column in given.values()):
        say("no_fields", given=repr(given))
        return None
    for name in given:
        if name not in kind.fields:
            say("unknown_field", name=name, near=near(name, kind.fields))
    return MappingProxyType({name: str(column) for name, column in given.items() if column is not None})


def _values(given: Any, kind: Kind, say: _Say) -> Mapping[str, Mapping[str, str]] | None:
    if not isinstance(given, dict) or not all(isinstance(member, dict) for member in given.values()):
        say("no_values", given=repr(given))
        return None
    found = {}
    for name, words in given.items():
        known = kind.fields.get(name)
        if known is None:
            say("unknown_field", name=name, near=near(name, kind.fields))
            continue
        found[name] = MappingProxyType({plain(text): str(value) for text, value in words.items()})
        for text, value in words.items():
            if not _is_value(str(value), known):
                hint = near(str(value), known.allowed)
                say("unknown_value", text=repr(text), value=repr(value), field=name, near=hint)
    return MappingProxyType(found)


def _is_value(value: str, known: Field) -> bool:
    return known.meaning(value) is not None if known.number else not known.values or value in known.values


def _metres(given: Any, _kind: Kind, say: _Say) -> float | None:
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not 0 <= given < float("inf"):
        say("no_number", given=repr(given))
        return None
    return float(given)


def _number(given: Any, _kind: Kind, say: _Say) -> float | None:
    if isinstance(given, bool) or not isinstance(given, (int, float)):
        say("no_value", given=repr(given))
        return None
    return float(given)


def _unit(given: Any, _kind: Kind, say: _Say) -> str | None:
    if isinstance(given, str) and given in UNITS:
        return str(given)
    say("no_unit", given=repr(given), names=", ".join(UNITS))
    return None


def _covers(given: Any, kind: Kind, say: _Say) -> str | None:
    areas = ["own", *(one.id for one in kinds().values() if one.geometry == ("area",))]
    if given not in areas:
        say("no_cover", given=repr(given), near=near(str(given), areas))
        return None
    if given == kind.id:
        say("covers_itself")
        return None
    return str(given)


def _day(given: Any, _kind: Kind, say: _Say) -> dt.date | None:
    try:
        if isinstance(given, str) and _DAY.match(given):
            return dt.date.fromisoformat(given)
    except ValueError:
        pass
    say("no_date", given=repr(given))
    return None


def _encoding(given: Any, _kind: Kind, say: _Say) -> str | None:
    try:
        "".encode(str(given))
    except (LookupError, ValueError):
        say("no_encoding", given=repr(given))
        return None
    # GBK cannot hold all characters of GB18030, which reads every GBK file.
    return "gb18030" if plain(str(given)) in ("gbk", "gb2312", "cp936", "ansi936") else str(given)


def _crs(given: Any, _kind: Kind, say: _Say) -> str | None:
    try:
        return crs_module.name(str(given)) if crs_module.normalise(str(given)).to_epsg() else str(given)
    except CrsError as e:
        say("unusable", fault=e)
        return None


def _truth(given: Any, _kind: Kind, say: _Say) -> bool | None:
    if isinstance(given, bool):
        return given
    say("no_truth", given=repr(given))
    return None


_READERS: Final[Mapping[str, Callable[[Any, Kind, _Say], Any]]] = MappingProxyType(
    {
        "path": _path,
        "layer": _text,
        "title": _title,
        "fields": _fields,
        "values": _values,
        "accuracy_m": _metres,
        "covers": _covers,
        "valid_from": _day,
        "valid_to": _day,
        "encoding": _encoding,
        "crs": _crs,
        "source": _text,
        "indicative": _truth,
        "error_m": _metres,
        "unit": _unit,
        "nodata": _number,
    }
)
