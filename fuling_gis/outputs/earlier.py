"""What an earlier run left in a folder: its run.json, and its tables with geometry, held against one another."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from pyogrio.errors import DataLayerError, DataSourceError

from fuling_gis.errors import OutputError
from fuling_gis.labels import LANGS, Lang, sentence
from fuling_gis.layers.model import Layer
from fuling_gis.outputs.gpkg import NAME as GPKG
from fuling_gis.outputs.limits import limits
from fuling_gis.outputs.parquet import GEOMETRY, LAYERS, parquet_path
from fuling_gis.outputs.publish import MANIFEST, TOOLKIT
from fuling_gis.outputs.report_rows import Pieces, of_gpkg, of_parquet
from fuling_gis.overlay.result import FINDING_COLUMNS, SITE_COLUMNS

_COUNTED: Final = ("verdict", "possible")
# What a manifest that is not ours, or was changed by hand, makes its readers raise.
_ODD: Final = (KeyError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True)
class Earlier:
    """A finished run as it lies in a folder."""

    folder: Path
    as_of: dt.date
    lang: Lang
    crs: str
    readings: Mapping[str, str]
    # Rule ids in force, those that bind everywhere, and rule to the layers for want of which it was unchecked.
    rules: tuple[str, ...]
    everywhere: tuple[str, ...]
    unchecked: Mapping[str, tuple[str, ...]]
    missing_layers: Mapping[str, tuple[str, ...]]
    # The layers as they were, without geometry or fields.
    layers: Mapping[str, Layer]
    # Without the statement of limits.
    notices: tuple[Mapping[str, str], ...]
    # Rule file to SHA-256.
    rule_files: Mapping[str, str]
    catalog_hash: str
    inputs: tuple[Mapping[str, Any], ...]
    workspace: str
    zone_geometry: bool
    ended: str
    rows: int
    # `verdict` and `possible` to value to sites.
    counts: Mapping[str, Mapping[str, int]]
    findings: int
    pieces: Pieces

    def verdicts(self) -> dict[str, int]:
        """Give the sites of each verdict."""
        return dict(self.counts["verdict"])

    def possible(self) -> dict[str, int]:
        """Give the sites of each `possible`."""
        return dict(self.counts["possible"])


def read_earlier(folder: Path) -> Earlier:
    """Read what a run left in a folder.

    Raises OutputError where there is no run.json or it is not ours, where there are no tables with geometry, and where
    the tables are not those that run.json tells of.
    """
    path = folder / MANIFEST
    try:
        told = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as e:
        raise OutputError(sentence("errors_run.no_result", folder=folder, manifest=MANIFEST)) from e
    except OSError as e:
        raise OutputError(sentence("errors_run.result_unreadable", path=path, why=e.strerror or e)) from e
    except (ValueError, RecursionError) as e:
        raise OutputError(sentence("errors_run.not_our_manifest", path=path)) from e
    try:
        found = _earlier(folder, told)
    except _ODD as e:
        raise OutputError(sentence("errors_run.not_our_manifest", path=path)) from e
    _check(found)
    return found


def _earlier(folder: Path, told: Mapping[str, Any]) -> Earlier:
    if told["toolkit"] != TOOLKIT or told["lang"] not in LANGS:
        raise ValueError(MANIFEST)
    counts = told["counts"]
    said: list[Mapping[str, str]] = [{lang: str(notice[lang]) for lang in LANGS} for notice in told["notices"]]
    return Earlier(
        folder=folder,
        as_of=dt.date.fromisoformat(told["as_of"]),
        lang=told["lang"],
        crs=str(told["crs"]),
        readings={key: str(one["value"]) for key, one in told["readings"].items()},
        rules=tuple(map(str, told["rules_in_force"])),
        everywhere=tuple(str(one["rule_id"]) for one in told["everywhere"]),
        unchecked=_lists(told["unchecked"]),
        missing_layers=_lists(told["missing_layers"]),
        layers={layer_id: _layer(layer_id, one, told["crs"]) for layer_id, one in told["layers"].items()},
        notices=tuple(notice for notice in said if notice != limits()),
        rule_files=dict(told.get("rule_files", {})),
        catalog_hash=str(told.get("catalog", {}).get("sha256", "")),
        inputs=tuple(dict(one) for one in told.get("inputs", ())),
        workspace=str(told.get("workspace", "")),
        zone_geometry=bool(told["options"]["zone_geometry"]),
        ended=str(told["timings"]["ended"]),
        rows=int(counts["rows"]),
        counts={name: {key: int(n) for key, n in counts[name].items()} for name in _COUNTED},
        findings=int(counts["findings"]),
        pieces=_tables(folder),
    )


def _lists(told: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(map(str, names)) for key, names in told.items()}


def _layer(layer_id: str, told: Mapping[str, Any], crs: str) -> Layer:
    none = np.array([], dtype=object)
    begin, end = (told[name] and dt.date.fromisoformat(told[name]) for name in ("valid_from", "valid_to"))
    return Layer(
        id=layer_id,
        title={lang: str(told["title"][lang]) for lang in LANGS},
        geometry=none,
        fields={"id": none, "name": none},
        crs=crs,
        accuracy_m=float(told["accuracy_m"]),
        accuracy_stated=bool(told["accuracy_stated"]),
        covers=str(told["covers"]),
        valid_from=begin,
        valid_to=end,
        source=str(told["source"] or ""),
        indicative=bool(told["indicative"]),
        digest=str(told["digest"]),
        file_hash=str(told["sha256"]),
        path=str(told["path"]),
    )


def _tables(folder: Path) -> Pieces:
    if all(parquet_path(folder, layer).is_file() for layer in LAYERS):
        return of_parquet(folder)
    if (folder / GPKG).is_file():
        return of_gpkg(folder / GPKG)
    raise OutputError(sentence("errors_run.no_tables", folder=folder))


def _check(earlier: Earlier) -> None:
    """Refuse tables that are not whole, or of another run than run.json."""
    seen: dict[str, Counter[str]] = {name: Counter() for name in _COUNTED}
    findings = 0
    try:
        for piece in earlier.pieces("sites", [GEOMETRY]):
            _refuse_without(earlier, piece, SITE_COLUMNS)
            for name in _COUNTED:
                seen[name].update(map(str, piece[name].to_pylist()))
        for piece in earlier.pieces("findings", [GEOMETRY]):
            _refuse_without(earlier, piece, FINDING_COLUMNS)
            findings += piece.num_rows
    except (pa.ArrowException, DataLayerError, DataSourceError, RuntimeError, OSError) as e:
        raise OutputError(sentence("errors_run.result_unreadable", path=earlier.folder, why=e)) from e
    told = {name: {key: n for key, n in counts.items() if n} for name, counts in earlier.counts.items()}
    if told != seen or findings != earlier.findings:
        raise OutputError(sentence("errors_run.another_result", folder=earlier.folder, manifest=MANIFEST))


def _refuse_without(earlier: Earlier, piece: pa.Table, columns: Sequence[str]) -> None:
    if not set(columns) <= set(piece.column_names):
        raise OutputError(sentence("errors_run.another_result", folder=earlier.folder, manifest=MANIFEST))
