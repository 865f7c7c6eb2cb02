"""run.json: what was run, so that the run can be understood, compared and done again.

Two runs of the same thing differ in `timings` and nowhere else.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyogrio
import pyproj
import shapely

from fuling_gis.layers.model import Layer
from fuling_gis.outputs.limits import limits
from fuling_gis.outputs.publish import MANIFEST, TOOLKIT
from fuling_gis.outputs.tally import Tally
from fuling_gis.overlay.result import Run

_LIBRARIES: Final = (
    "fiona", "folium", "geopandas", "numba", "numpy", "pandas", "pyarrow", "pyogrio", "pyproj", "PyYAML", "rasterio",
    "shapely",
)  # fmt: skip


@dataclass(frozen=True)
class Account:
    """What the writing itself adds to the manifest."""

    tally: Tally
    # Names of the files of the run, the manifest included.
    files: Sequence[str]
    # JSON values that vary from run to run.
    timings: Mapping[str, object]
    # What was asked of the writing: outputs, language, zone geometry.
    options: Mapping[str, object]


def write_manifest(folder: Path, run: Run, account: Account) -> None:
    """Write run.json into a folder."""
    text = json.dumps(_plain(manifest(run, account)), ensure_ascii=False, indent=2, allow_nan=False)
    # A lone surrogate, from a file name that is no Unicode, has no UTF-8: it is written as JSON's own escape.
    (folder / MANIFEST).write_bytes((text + "\n").encode("utf-8", "backslashreplace"))


def manifest(run: Run, account: Account) -> dict[str, object]:
    """Give what run.json says, keys in a fixed order.

    Keys of `run.facts` stand beside ours; `versions`, `options` and `timings` there are merged, and ours win.
    """
    tally = account.tally
    facts = dict(run.facts)
    ours = {
        "toolkit": TOOLKIT,
        "as_of": run.as_of,
        "lang": run.lang,
        "crs": run.crs,
        "counts": {
            "rows": tally.rows,
            "verdict": tally.verdicts(),
            "possible": tally.possible(),
            "status": tally.states(),
            "findings": tally.findings,
            "units": tally.units,
        },
        "readings": {key: _reading(run, key) for key in sorted(run.readings)},
        "rules_in_force": [rule.id for rule in run.rules],
        "everywhere": [_everywhere(run, rule_id) for rule_id in run.everywhere],
        "unchecked": {rule_id: run.unchecked[rule_id] for rule_id in sorted(run.unchecked)},
        "missing_layers": {layer: run.missing_layers[layer] for layer in sorted(run.missing_layers)},
        "layers": {layer_id: _layer(run.layers[layer_id]) for layer_id in sorted(run.layers)},
        "notices": [limits(), *run.notices],
        "files": account.files,
        "options": {**_part(facts, "options"), **account.options},
        "versions": {**_part(facts, "versions"), **versions()},
    }
    timings = {**_part(facts, "timings"), **account.timings}
    beside = {key: facts[key] for key in sorted(facts) if key not in {*ours, "timings"}}
    return {**ours, **beside, "timings": timings}


def versions() -> dict[str, object]:
    """Give the versions of the toolkit, of Python, and of every library that has a hand in the answers."""
    libraries = {name: _version(name) for name in _LIBRARIES}
    native = {
        "GDAL": pyogrio.__gdal_version_string__,
        "GEOS": shapely.geos_version_string,
        "PROJ": pyproj.proj_version_str,
    }
    return {
        TOOLKIT: _version(TOOLKIT),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "libraries": {**libraries, **native},
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _part(facts: Mapping[str, object], key: str) -> dict[str, object]:
    found = facts.get(key)
    return dict(found) if isinstance(found, Mapping) else {}


def _reading(run: Run, key: str) -> dict[str, object]:
    value = run.readings[key]
    term = run.reading_terms.get(key)
    if term is None:
        return {"value": value}
    return {"value": value, "default": term.default, "question": term.question, "alternatives": sorted(term.values)}


def _everywhere(run: Run, rule_id: str) -> dict[str, object]:
    rule = next((rule for rule in run.rules if rule.id == rule_id), None)
    if rule is None:
        return {"rule_id": rule_id}
    return {
        "rule_id": rule_id,
        "effect": rule.effect,
        "title": rule.title,
        "clause": rule.clause,
        "quote": rule.source.quote,
    }


def _layer(layer: Layer) -> dict[str, object]:
    relief = layer.relief
    return {
        "title": layer.title,
        "path": layer.path,
        "sha256": layer.file_hash,
        "digest": layer.digest,
        "features": len(layer.geometry),
        "accuracy_m": layer.accuracy_m,
        "accuracy_stated": layer.accuracy_stated,
        "covers": layer.covers,
        "valid_from": layer.valid_from,
        "valid_to": layer.valid_to,
        "indicative": layer.indicative,
        "source": layer.source,
        "notices": layer.notices,
        **({} if relief is None else {"error_m": relief.error_m, "cell_m": relief.grid.cell_m}),
    }


def _plain(value: Any) -> Any:
    """Turn dates, paths, tuples and numpy values into JSON's own; a number that is not finite becomes null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in (sorted(value) if isinstance(value, set | frozenset) else value)]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int | str) else str(value)
