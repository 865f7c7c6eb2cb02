"""Brings a file into a workspace as a layer: its place, its entry in the catalogue, and the proof that it loads.

The questions to the person are left to the command line; `propose` prepares them.
"""

from __future__ import annotations

import copy
import datetime as dt
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from fuling_gis.errors import CatalogError, FileError, OutputError
from fuling_gis.labels import LANGS, sentence
from fuling_gis.layers.catalog import Catalog, Entry, parse_catalog, read_catalog
from fuling_gis.layers.entries import VERSION_KEYS
from fuling_gis.layers.insert import block, close_last, insert_layer, insert_version, replace_layer
from fuling_gis.layers.loader import load
from fuling_gis.layers.model import Layer
from fuling_gis.layers.propose import Proposal
from fuling_gis.unwritable import reason
from fuling_gis.yamlfile import parse_yaml, read_yaml

_BOM: Final = "\ufeff"
# What belongs to a shapefile beside the .shp itself.
_SHAPE_PARTS: Final = (".shx", ".dbf", ".prj", ".cpg", ".sbn", ".sbx", ".qix")


# What an entry is to the layer: the first one, a further version of it, or another in the place of the one it has.
Manner: TypeAlias = Literal["new", "version", "replace"]


@dataclass(frozen=True)
class Said:
    """What a person says about a layer, beside what its file shows."""

    # Schema field to column; None takes what is proposed.
    fields: Mapping[str, str] | None = None
    # Schema field to the file's own values and what each means.
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    accuracy_m: float | None = None
    # A layer id, `own`, or "" for nothing.
    covers: str = ""
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    # Where the file names none.
    crs: str = ""
    title: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    indicative: bool = False


def add_layer(
    catalog_path: Path, proposal: Proposal, said: Said, *, copied: bool = False, manner: Manner = "new"
) -> tuple[Catalog, Layer | None]:
    """Add a file as a layer, and give the new catalogue with the layer as loaded (None for a height model).

    Nothing is written unless the layer loads. The file is used where it is, unless `copied`: then a copy is put beside
    the catalogue (a geodatabase is never copied). manner: a further version ends the one that has no last day on the
    day before; a replacement keeps the layer's title, and the former file stays where it is. Raises CatalogError,
    LayerError, OutputError.
    """
    target = catalog_path.parent / proposal.file.name if copied and proposal.file.is_file() else proposal.file
    entry = entry_of(proposal, said, path=written_path(catalog_path, proposal.file))
    layer_id = proposal.kind.id
    tried = parse_catalog(parse_yaml(_changed(catalog_path, layer_id, entry, manner=manner), catalog_path))
    day = said.valid_from or said.valid_to or dt.date.today()  # noqa: DTZ011  valid on any day, the user's own will do
    layer = load(tried, layer_id, day)
    if target != proposal.file and target.resolve() != proposal.file.resolve():
        entry = {**entry, "path": written_path(catalog_path, target)}
        text = _changed(catalog_path, layer_id, entry, manner=manner)
        with _copied(proposal.file, target):
            _replace(catalog_path, text)
        return read_catalog(catalog_path), layer
    return write_entry(catalog_path, layer_id, entry, manner=manner), layer


def entry_of(proposal: Proposal, said: Said, *, path: str) -> dict[str, Any]:
    """Put together what the catalogue is to say; what is empty is left out."""
    given = {
        "path": path,
        "layer": proposal.layer,
        "title": dict(said.title),
        "fields": dict(proposal.fields if said.fields is None else said.fields),
        "values": {name: dict(words) for name, words in said.values.items() if words},
        "accuracy_m": said.accuracy_m,
        "covers": said.covers,
        "valid_from": said.valid_from,
        "valid_to": said.valid_to,
        "encoding": proposal.said.get("encoding", ""),
        "crs": said.crs,
        "source": said.source,
        "indicative": said.indicative or None,
    }
    return {key: given[key] for key in VERSION_KEYS if given.get(key) not in (None, "", {})}


def written_path(catalog_path: Path, file: Path) -> str:
    """Give the path to write for a file: relative where it lies beside or below the catalogue, else absolute."""
    folder, place = catalog_path.parent.resolve(), file.resolve()
    return place.relative_to(folder).as_posix() if place.is_relative_to(folder) else place.as_posix()


def write_entry(catalog_path: Path, layer_id: str, entry: Mapping[str, Any], *, manner: Manner = "new") -> Catalog:
    """Write an entry into a catalogue, and give the catalogue as read back.

    Comments and everything else stay as they are; the file changes at once or not at all. Raises CatalogError where
    `manner` does not fit what the layer has, or where the catalogue is written so that nothing can be put in.
    """
    text = _changed(catalog_path, layer_id, entry, manner=manner)
    _replace(catalog_path, text)
    return read_catalog(catalog_path)


def _changed(catalog_path: Path, layer_id: str, entry: Mapping[str, Any], *, manner: Manner) -> str:
    """Give the catalogue's text with an entry added, after proving that it says what it said, and the entry."""
    before = read_yaml(catalog_path)
    known = parse_catalog(before).layers
    refuse_unfit(known, layer_id, manner, catalog_path)
    standing = layer_id in known
    if manner == "replace":
        entry = _titled(before.value["layers"][layer_id], entry)
    text = catalog_path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    try:
        changed = _inserted(text, layer_id, entry, manner=manner if standing else "new")
        after = parse_yaml(changed, catalog_path).value
    except (CatalogError, FileError) as e:
        raise CatalogError(_by_hand(catalog_path, layer_id, entry, e.words)) from e
    if after != _expected(before.value, layer_id, entry, replaced=manner == "replace"):
        raise CatalogError(_by_hand(catalog_path, layer_id, entry, sentence("errors_layers.unusual")))
    parse_catalog(parse_yaml(changed, catalog_path))
    return changed


def refuse_unfit(layers: Mapping[str, Sequence[Entry]], layer_id: str, manner: Manner, catalog_path: Path) -> None:
    """Refuse, before anybody is asked anything, an entry that cannot be put in as it is meant.

    layers: the catalogue's. Raises CatalogError where the layer is there already and none of it was said, and where
    there is not exactly one entry to replace.
    """
    standing = layers.get(layer_id, ())
    if standing and manner == "new":
        raise CatalogError(sentence("errors_layers.there_already", place=standing[0].place, layer=layer_id))
    if not standing and manner == "replace":
        raise CatalogError(sentence("errors_layers.none_to_replace", place=catalog_path, layer=layer_id))
    if len(standing) > 1 and manner == "replace":
        raise CatalogError(
            sentence("errors_layers.many_to_replace", place=standing[0].place, layer=layer_id, n=len(standing))
        )


def _titled(former: Mapping[str, Any], entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """Keep the title that somebody gave a layer."""
    return entry if "title" in entry or "title" not in former else {"title": former["title"], **entry}


def _inserted(text: str, layer_id: str, entry: Mapping[str, Any], *, manner: Manner) -> str:
    if manner == "new":
        return insert_layer(text, layer_id, entry)
    if manner == "replace":
        return replace_layer(text, layer_id, entry)
    start = entry.get("valid_from")
    if start is not None:
        text = close_last(text, layer_id, start - dt.timedelta(days=1))
    return insert_version(text, layer_id, entry)


def _by_hand(path: Path, layer_id: str, entry: Mapping[str, Any], why: Mapping[str, str]) -> dict[str, str]:
    return sentence("errors_layers.by_hand", path=path, why=why, entry=dict.fromkeys(LANGS, block(layer_id, entry, 2)))


def _expected(before: Any, layer_id: str, entry: Mapping[str, Any], *, replaced: bool) -> Any:
    """Give what the catalogue should say: all that it said, and the entry."""
    value = copy.deepcopy(before) or {}
    value["layers"] = value.get("layers") or {}
    old = value["layers"].get(layer_id)
    new = parse_yaml(block("entry", entry, 0), Path(layer_id)).value["entry"]
    if old is None or replaced:
        value["layers"][layer_id] = new
        return value
    versions = [dict(one) for one in old.get("versions", [old])]
    last = entry.get("valid_from")
    for one in versions:
        if last is not None and one.get("valid_to") is None:
            one["valid_to"] = (last - dt.timedelta(days=1)).isoformat()
            break
    shared = {key: one for key, one in old.items() if key != "versions"} if "versions" in old else {}
    value["layers"][layer_id] = {**shared, "versions": [*versions, new]}
    return value


def _replace(path: Path, text: str) -> None:
    """Put a text in the place of a file, whole or not at all, with the line ends and the mark that it had."""
    raw = path.read_bytes()
    if b"\r\n" in raw:
        text = text.replace("\n", "\r\n")
    mark = _BOM if raw.startswith(_BOM.encode()) else ""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write((mark + text).encode())
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(path, name)
        Path(name).replace(path)
    except BaseException as e:
        Path(name).unlink(missing_ok=True)
        if isinstance(e, OSError):
            raise OutputError(sentence("errors_layers.unwritable", path=path, why=reason(e))) from e
        raise


@contextmanager
def _copied(source: Path, target: Path) -> Iterator[None]:
    """Copy a layer file with its parts; a file that is there already is never written over.

    Where the copying fails, or what follows inside, the copies are removed.
    """
    parts = [source]
    if source.suffix.lower() == ".shp":
        beside = (source.with_suffix(suffix) for part in _SHAPE_PARTS for suffix in (part, part.upper()))
        parts += [part for part in beside if part.is_file()]
    for part in parts:
        place = target.with_suffix(part.suffix)
        if place.exists():
            raise OutputError(sentence("errors_layers.place_taken", path=place))
    begun: list[Path] = []
    try:
        try:
            for part in parts:
                begun.append(target.with_suffix(part.suffix))
                shutil.copy2(part, begun[-1])
        except OSError as e:
            raise OutputError(sentence("errors_layers.not_copied", path=target, why=reason(e))) from e
        yield
    except BaseException:
        for place in begun:
            place.unlink(missing_ok=True)
        raise
