"""A screening as JSON: verdicts, findings in sentences, and what would settle each maybe.

Text that came from files stands in it as it is: whoever shows it shows it as text.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from fuling_gis import crs
from fuling_gis.answers import Mask
from fuling_gis.labels import Lang, label, words
from fuling_gis.layers.model import Layer
from fuling_gis.outputs.limits import limits
from fuling_gis.outputs.palette import marked, verdict_name
from fuling_gis.overlay.jurisdiction import bounds_of, judged_of
from fuling_gis.overlay.lists import Strings, TakenStrings, TakenTexts, Texts
from fuling_gis.overlay.result import Batch, Columns, Run
from fuling_gis.rules.describe import basis_words
from fuling_gis.rules.model import Rule
from fuling_gis.serve.openings import claims, questions, run_rules
from fuling_gis.serve.sentences import cause, evidence, layer_title, reading
from fuling_gis.verdicts import LEVELS, VERDICTS

# Decimals of a degree: 0.1 m.
_DEGREES: Final = 6
_MEASURES: Final = ("inside_share", "area_m2", "to_main_m", "to_wu_m", "to_tributary_m")
_LISTS: Final = (
    "prohibited_by", "exit_by", "restricted_by", "advised_by", "maybe_by", "lifted_by", "unchecked_by", "depends_on",
    "units", "units_maybe",
)  # fmt: skip
_PART: Final = (
    "predicate", "part_answer", "layer", "feature_id", "feature_name", "overlap_m2", "overlap_share", "distance_m",
    "threshold_m", "margin_m", "tolerance_m", "more_features",
)  # fmt: skip


def answer(
    batches: Sequence[Batch], run: Run, lang: Lang, *, most: int | None = None, lines: bool = False
) -> dict[str, Any]:
    """Give a screening as JSON values.

    most: so many sites at most, the worst ones. lines: give the shortest line to each feature that a distance was
    measured to.
    """
    verdict, possible, row = (
        [value for batch in batches for value in _values(batch.site_columns.values[name])]
        for name in ("verdict", "possible", "row")
    )
    geometry = np.concatenate([batch.geometry for batch in batches])
    chosen = _worst(verdict, possible, most)
    rows = None if len(chosen) == len(row) else {row[place] for place in chosen}
    sites, findings, lists = (
        _by_row([getattr(batch, name) for batch in batches], rows)
        for name in ("site_columns", "finding_columns", "unit_columns")
    )
    writer = _Writer(run, lang, run_rules(run), lines=lines)
    shapes = _degrees(geometry[chosen], run.crs)
    told = [
        writer.site(sites[row[at]][0], findings.get(row[at], []), lists.get(row[at], []), shape, place)
        for at, shape, place in zip(chosen.tolist(), shapes, geometry[chosen], strict=True)
    ]
    return {
        "as_of": run.as_of.isoformat(),
        "lang": lang,
        "rows": len(row),
        "counts": _counts(verdict),
        "possible_counts": _counts(possible),
        "left_out": len(row) - len(told),
        "sites": told,
        "unchecked": [
            {"rule_id": rule, "title": writer.title(rule), "layers": [layer_title(one, run, lang) for one in layers]}
            for rule, layers in sorted(run.unchecked.items())
        ],
        "readings": dict(run.readings),
        "limits": limits()[lang],
        "notices": list(dict.fromkeys(notice[lang] for notice in run.notices)),
        "indicative": any(layer.indicative for layer in run.layers.values()),
    }


class _Writer:
    """Writes the sites of one run in one language."""

    def __init__(self, run: Run, lang: Lang, rules: Mapping[str, Rule], *, lines: bool) -> None:
        self._run, self._lang, self._rules, self._lines = run, lang, rules, lines

    def title(self, rule_id: str) -> str:
        """Name a rule."""
        return self._rules[rule_id].title[self._lang] if rule_id in self._rules else rule_id

    def site(
        self,
        site: dict[str, Any],
        findings: list[dict[str, Any]],
        units: list[dict[str, Any]],
        shape: str | None,
        place: Any,
    ) -> dict[str, Any]:
        lang = self._lang
        if self._lines and place is not None and 0 < site["inside_share"] < 1:
            # Distances are those of the part that is judged.
            bounds = bounds_of(self._run.layers, self._run.jurisdiction)
            place = judged_of(np.array([place], dtype=object), bounds)[0]
        told = [self._finding(parts, place) for parts in _by_rule(findings)]
        told.sort(key=lambda one: ({"yes": 0, "lifted": 1, "maybe": 2}[one["answer"]], -one["level"]))
        maybes = {one["rule_id"]: [c["cause"] for c in one["causes"]] for one in told if one["answer"] == "maybe"}
        claimable = [self._rules[one["rule_id"]] for one in told if one["rule_id"] in self._rules]
        pair = np.array([site["verdict"]], object), np.array([site["possible"]], object)
        worse: Mask = marked(*pair)
        return {
            **{name: site[name] for name in ("row", "source", "site_id", "name", "activity", "nature")},
            "verdict": site["verdict"],
            "verdict_name": verdict_name(site["verdict"], lang),
            "possible": site["possible"],
            "possible_name": verdict_name(site["possible"], lang),
            "could_be_worse": bool(worse[0]),
            "meaning": _meaning(site["verdict"], lang),
            **{name: [one for one in site[name].split(";") if one] for name in _LISTS},
            "depends": [reading(one, self._run, lang) for one in site["depends_on"].split(";") if one],
            **{name: site[name] for name in _MEASURES},
            "status": site["status"],
            "problem": site["problem"],
            "geometry": None if shape is None else json.loads(shape),
            "findings": told,
            "questions": questions(maybes, lang),
            "claims": claims(claimable, lang),
            "unit_lists": units_told(units, lang),
        }

    def _finding(self, parts: list[dict[str, Any]], place: Any) -> dict[str, Any]:
        first, lang = parts[0], self._lang
        rule = self._rules.get(first["rule_id"])
        effect = "lifted" if first["answer"] == "lifted" else first["effect"]
        names = dict.fromkeys(one for part in parts for one in (part["cause"] or "").split(";") if one)
        causes = [(name, *cause(name, self._run, lang)) for name in names]
        return {
            "rule_id": first["rule_id"],
            "title": self.title(first["rule_id"]),
            "effect": effect,
            "effect_name": label(f"outputs.effect_{effect}", lang),
            "level": LEVELS[effect],
            "answer": first["answer"],
            "answer_name": label(f"map.answer_{first['answer']}", lang),
            "clause": first["clause"],
            "quote": first["quote"],
            "basis": [] if rule is None else [basis_words(one, lang, self._run.as_of) for one in rule.basis],
            "exemption": first["exemption"] or "",
            "readings": [reading(one, self._run, lang) for one in (first["readings"] or "").split(";") if one],
            "causes": [{"cause": name, "text": text, "settle": settle} for name, text, settle in causes],
            "evidence": [
                {
                    "text": evidence(part, self._run, lang),
                    **{name: part[name] for name in _PART},
                    **self._line(part, place),
                }
                for part in parts
            ],
        }

    def _line(self, part: dict[str, Any], place: Any) -> dict[str, Any]:
        """Give the shortest line to a feature, longitude and latitude, where a distance was measured."""
        layer = self._run.layers.get(part["layer"] or "")
        if not self._lines or not part["distance_m"] or layer is None or place is None:
            return {}
        feature = _feature(layer, part["feature_id"])
        if feature is None:
            return {}
        line = _degrees(np.array([shapely.shortest_line(place, feature)], object), self._run.crs)[0]
        return {} if line is None else {"line": json.loads(line)["coordinates"]}


def _feature(layer: Layer, feature_id: str | None) -> Any:
    found = np.flatnonzero(layer.fields["id"] == feature_id) if feature_id else np.array([], np.int64)
    return layer.geometry[found[0]] if len(found) == 1 else None


def units_told(units: Iterable[Mapping[str, Any]], lang: Lang) -> list[dict[str, Any]]:
    """Give the access lists of a site's management units, by unit and dimension."""
    known = words("map")
    found: dict[str, dict[str, Any]] = {}
    for one in units:
        category, dimension = one["category"] or "", one["dimension"] or ""
        name = label(f"map.category_{category}", lang) if f"category_{category}" in known else category
        unit = found.setdefault(one["code"] or "", {"code": one["code"] or "", "category": name, "items": []})
        if one["item"]:
            told = label(f"map.dimension_{dimension}", lang) if f"dimension_{dimension}" in known else dimension
            unit["items"].append({"dimension": told, "item": one["item"]})
    return list(found.values())


def _meaning(verdict: str, lang: Lang) -> str:
    entry = f"meaning_{verdict}"
    return label(f"map.{entry}", lang) if entry in words("map") else ""


def _counts(verdicts: Sequence[str]) -> dict[str, int]:
    found = Counter(verdicts)
    return {verdict: found[verdict] for verdict in VERDICTS if verdict in found}


def _worst(verdict: Sequence[str], possible: Sequence[str], most: int | None) -> NDArray[np.int64]:
    """Give the places of the sites to show: all in their order, or the worst of too many, worst first."""
    if most is None or len(verdict) <= most:
        return np.arange(len(verdict))
    rank = {word: place for place, word in enumerate(VERDICTS)}
    order = np.lexsort(([rank[word] for word in possible], [rank[word] for word in verdict]))
    return np.asarray(order[:most], np.int64)


def _by_row(tables: Sequence[Columns], rows: set[int] | None) -> dict[int, list[dict[str, Any]]]:
    """Give the records of some sites, or of all, by row."""
    found: dict[int, list[dict[str, Any]]] = {}
    for table in tables:
        row = np.asarray(table.values["row"])
        for record in _records(table, None if rows is None else np.flatnonzero(np.isin(row, list(rows)))):
            found.setdefault(record["row"], []).append(record)
    return found


def _by_rule(findings: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for one in findings:
        found.setdefault(one["rule_id"], []).append(one)
    return list(found.values())


def _records(table: Columns, chosen: NDArray[np.int64] | None) -> list[dict[str, Any]]:
    """Give rows, all or those at some places, as JSON values: numbers rounded to the millimetre, None for none."""
    columns = [_values(column if chosen is None else column.take(chosen)) for column in table.values.values()]
    return [dict(zip(table.values, values, strict=True)) for values in zip(*columns, strict=True)]


def _values(column: Any) -> list[Any]:
    if isinstance(column, TakenTexts):
        column = column.texts
    if isinstance(column, Texts):
        return [column.words[code] for code in column.codes.tolist()]
    if isinstance(column, TakenStrings):
        return [str(value) for value in column.whole.values[column.rows]]
    if isinstance(column, Strings):
        return [str(value) for value in column.values]
    if isinstance(column, pd.Categorical):
        return [None if missing else value for value, missing in zip(column.tolist(), column.isna(), strict=True)]
    if isinstance(column.dtype, pd.StringDtype):
        return list(pa.array(column).to_pylist())
    return [_plain(value) for value in column.tolist()]


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 3) if math.isfinite(value) else None
    return value


def _degrees(geometry: NDArray[np.object_], system: str) -> list[str | None]:
    """Write geometries as GeoJSON in longitude and latitude; None where there is none."""
    moved = crs.transform(geometry, system, "EPSG:4326", densify=False)
    rounded = shapely.transform(moved, lambda xy: np.round(xy, _DEGREES))
    return [None if shape is None or shape.is_empty else shapely.to_geojson(shape) for shape in rounded]
