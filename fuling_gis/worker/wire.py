"""What a worker and its parent say to each other: frames of JSON and Arrow, and nothing that could run.

The parent believes nothing: a worker that a file has taken over can still only send tables of sites, and those are held
to what `Sites` promises before anyone sees them.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, Final

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from fuling_gis import errors
from fuling_gis.errors import FileError, FulingError
from fuling_gis.labels import LANGS, sentence
from fuling_gis.notices import BESIDE
from fuling_gis.sites.model import Sites
from fuling_gis.wkb import as_wkb, from_wkb

# Kinds of frames: the worker is ready; files were looked at; some rows; no more rows; a fault.
READY, HEAD, ROWS, END, FAULT = b"R", b"H", b"B", b"Z", b"E"
# The most bytes of one frame: words are short, and a batch has 65,536 rows at the most.
_MOST: Final = {READY: 1 << 16, HEAD: 1 << 26, ROWS: 1 << 31, END: 0, FAULT: 1 << 24}
_FRAME: Final = struct.Struct(">cQ")
_TEXT: Final = ("source", "site_id", "name", "activity", "industry_code", "nature", "status", "problem")
_STATES: Final = ("ok", "repaired", "rejected")
# So many offers go with a fault, each of so many letters at the most: they are for a person to choose from. How many
# others there are is told.
_OFFERS: Final = 200
_OFFERED: Final = 500
# Before the name of a fact in the name of its column.
_FACT: Final = "fact:"
_CLASSES: Final = {
    name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, FulingError)
}


class UnsoundReplyError(Exception):
    """A worker answered something that it may not say."""


@dataclass(frozen=True)
class Head:
    """What is known of the files before their rows."""

    inputs: list[dict[str, object]]
    notices: tuple[Mapping[str, str], ...]
    # Which fences stood around the reading, by name.
    fences: Mapping[str, bool]


def send(stream: IO[bytes], kind: bytes, content: bytes = b"") -> None:
    """Write one frame."""
    stream.write(_FRAME.pack(kind, len(content)))
    stream.write(content)
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[bytes, bytes]:
    """Read one frame. Raises EOFError where the other side has gone, UnsoundReplyError for a frame that is none."""
    kind, size = _FRAME.unpack(_exactly(stream, _FRAME.size))
    if size > _MOST.get(kind, -1):
        raise UnsoundReplyError
    return kind, _exactly(stream, size)


def of_kind(frame: tuple[bytes, bytes], wanted: bytes) -> bytes:
    """Give what a frame of the kind that must come holds. Raises UnsoundReplyError for any other."""
    kind, content = frame
    if kind != wanted:
        raise UnsoundReplyError
    return content


def _exactly(stream: IO[bytes], size: int) -> bytes:
    content = stream.read(size)
    if len(content) != size:
        raise EOFError
    return content


def packed(value: object) -> bytes:
    """Write plain values as JSON."""
    return json.dumps(value, ensure_ascii=True).encode("ascii")


def unpacked(content: bytes) -> dict[str, Any]:
    """Read a JSON object. Raises UnsoundReplyError for anything else."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as e:
        raise UnsoundReplyError from e
    if not isinstance(value, dict):
        raise UnsoundReplyError
    return value


def fault_of(error: FulingError) -> bytes:
    """Write an error with its sentence in each language, and what would mend it."""
    offers = [one for one in error.offers if len(one) <= _OFFERED][:_OFFERS]
    left = len(error.offers) - len(offers)
    return packed({"kind": type(error).__name__, "words": error.words, "offers": offers, "unoffered": left})


def error_of(content: bytes) -> FulingError:
    """Read an error back, of the same class and with the same sentence."""
    said = unpacked(content)
    kind = _CLASSES.get(str(said.get("kind")), FileError)
    offers, left = said.get("offers", []), said.get("unoffered", 0)
    if not isinstance(offers, list) or not all(isinstance(one, str) for one in offers):
        raise UnsoundReplyError
    if type(left) is not int or left < 0:
        raise UnsoundReplyError
    kept = [one for one in offers if len(one) <= _OFFERED][:_OFFERS]
    error = kind(_sentence(said.get("words")), offers=kept)
    error.unoffered = left + len(offers) - len(kept)
    return error


def head_of(content: bytes) -> Head:
    """Read what is said of the files as a whole."""
    said = unpacked(content)
    inputs, notices, fences = said.get("inputs"), said.get("notices"), said.get("fences")
    if not (isinstance(inputs, list) and isinstance(notices, list) and isinstance(fences, dict)):
        raise UnsoundReplyError
    held = {str(name): value is True for name, value in fences.items()}
    return Head([_input(one) for one in inputs], tuple(map(_notice, notices)), held)


def _input(said: object) -> dict[str, object]:
    if not isinstance(said, dict):
        raise UnsoundReplyError
    texts = {key: str(said.get(key, "")) for key in ("path", "sha256", "layer", "crs", "encoding", "driver")}
    parts, rows = said.get("parts"), said.get("rows")
    if not isinstance(parts, dict) or type(rows) is not int or rows < 0:
        raise UnsoundReplyError
    shift = {} if said.get("crs_shift") is None else {"crs_shift": _numbers(said["crs_shift"])}
    return {**texts, **shift, "rows": rows, "parts": {str(name): str(value) for name, value in parts.items()}}


def _numbers(said: object) -> list[float]:
    if not isinstance(said, list) or not all(type(one) in (int, float) and np.isfinite(one) for one in said):
        raise UnsoundReplyError
    return [float(one) for one in said]


def _sentence(said: object) -> dict[str, str]:
    if not isinstance(said, dict) or set(said) != set(LANGS):
        raise UnsoundReplyError
    return {lang: str(said[lang]) for lang in LANGS}


def _notice(said: object) -> dict[str, str]:
    """Take a notice with what it is about, as `notices` has it."""
    if not isinstance(said, dict):
        raise UnsoundReplyError
    beside = {key: value for key, value in said.items() if key in BESIDE}
    if not all(isinstance(value, str) for value in beside.values()):
        raise UnsoundReplyError
    return {**_sentence({key: value for key, value in said.items() if key not in beside}), **beside}


def rows_of(sites: Sites) -> bytes:
    """Write some sites as an Arrow stream; geometry as WKB."""
    columns: dict[str, pa.Array] = {"row": pa.array(sites.row, pa.int64()), "accuracy_m": pa.array(sites.accuracy_m)}
    columns |= {name: pa.array(getattr(sites, name), pa.string()) for name in _TEXT}
    columns["geometry"] = as_wkb(sites.geometry)
    columns |= {f"{_FACT}{name}": pa.array(values, pa.string()) for name, values in sites.facts.items()}
    table = pa.table(columns).replace_schema_metadata({"crs": sites.crs})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def sites_of(content: bytes, *, first: int, crs: str, notices: Sequence[Mapping[str, str]]) -> Sites:
    """Read sites back, and hold them to what `Sites` promises.

    first: the row that comes next. crs: the working CRS that was asked for. Raises UnsoundReplyError.
    """
    try:
        table = _table(content)
        texts = {name: _texts(table, name) for name in _TEXT}
        facts = {name.removeprefix(_FACT): _texts(table, name) for name in table.column_names if name.startswith(_FACT)}
        geometry = from_wkb(table.column("geometry"))
    except (pa.ArrowException, shapely.errors.ShapelyError, KeyError, ValueError, TypeError, OSError) as e:
        raise UnsoundReplyError from e
    row, accuracy = table.column("row").to_numpy(), table.column("accuracy_m").to_numpy()
    there = ~shapely.is_missing(geometry)
    bounds = shapely.bounds(geometry[there])
    sound = (
        (row == np.arange(first, first + len(table))).all()
        and np.isfinite(accuracy).all()
        and (accuracy >= 0).all()
        and np.isin(texts["status"], _STATES).all()
        and ((texts["status"] == "rejected") == ~there).all()
        and np.isfinite(bounds).all()
        and not shapely.has_z(geometry[there]).any()
        and shapely.is_valid(geometry[there]).all()
        and set(table.column_names) == {"row", "accuracy_m", "geometry", *_TEXT, *(f"{_FACT}{name}" for name in facts)}
        and table.schema.metadata == {b"crs": crs.encode()}
    )
    if not sound:
        raise UnsoundReplyError
    return Sites(row=row, accuracy_m=accuracy, geometry=geometry, crs=crs, facts=facts, notices=tuple(notices), **texts)


def _table(content: bytes) -> pa.Table:
    with pa.ipc.open_stream(pa.py_buffer(content)) as reader:
        table = reader.read_all()
    table.validate(full=True)
    kinds = {"row": pa.int64(), "accuracy_m": pa.float64(), "geometry": pa.binary()}
    if len(set(table.column_names)) != len(table.column_names):
        raise UnsoundReplyError
    for name, column in zip(table.column_names, table.columns, strict=True):
        if column.type != kinds.get(name, pa.string()) or (column.null_count and name != "geometry"):
            raise UnsoundReplyError
    return table.combine_chunks()


def _texts(table: pa.Table, name: str) -> NDArray[np.object_]:
    values: NDArray[np.object_] = table.column(name).to_numpy()
    return values


def unsound(path: object) -> FileError:
    """Make the error of a worker that answered something it may not say."""
    return FileError(sentence("errors_readers.worker_unsound", path=path))
