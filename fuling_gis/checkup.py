"""What a workspace has, what it lacks on a day, and what that costs: figures for people, no verdicts.

It loads layers and measures them; it asks no rule of any site and prints nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Final, Literal

import numpy as np
import shapely

from fuling_gis.errors import FulingError, both
from fuling_gis.layers.bank import BankDifference, bank_differences
from fuling_gis.layers.catalog import Entry
from fuling_gis.layers.loader import Ground, absence, area_of
from fuling_gis.layers.model import Layer
from fuling_gis.layers.schema import kinds
from fuling_gis.rules.model import Ask, Duty, Reading, Rule, RuleSet, questions, selections
from fuling_gis.workspace import Workspace

_KM2: Final = 1e-6
_KM: Final = 1e-3
# The layer that `visible_from` looks from, beside those of its zone.
_HEIGHTS: Final = "dem"


@dataclass(frozen=True)
class Doubt:
    """A field by which rules select and that leaves features in doubt."""

    field: str
    # True: the catalogue maps no column to it, so that all features are in doubt.
    unmapped: bool
    features: int
    # Ids of the rules that select by it.
    rules: tuple[str, ...]


@dataclass(frozen=True)
class LayerReport:
    """One layer of the catalogue on a day."""

    id: str
    title: Mapping[str, str]
    # ready; absent (no version is valid, or it is not used yet); broken (it cannot be loaded)
    state: Literal["ready", "absent", "broken"]
    # Why it is absent, in both languages.
    reason: Mapping[str, str] | None = None
    # Why it is broken, one sentence: in English, and in both languages.
    fault: str = ""
    fault_words: Mapping[str, str] | None = None
    # All versions, oldest first; one where there are no `versions`.
    versions: tuple[Entry, ...] = ()
    # The version that is valid on the day, and what was loaded from it.
    entry: Entry | None = None
    layer: Layer | None = None
    features: int = 0
    vertices: int = 0
    # Sums over features: ground on which two lie counts twice.
    area_km2: float = 0.0
    length_km: float = 0.0
    # Features whose id another feature has too.
    repeated_ids: int = 0
    # Enumerated schema field to its values and how many features have each, most frequent first; "" is empty.
    values: Mapping[str, tuple[tuple[str, int], ...]] | None = None
    # Schema fields that the catalogue maps no column to.
    unmapped: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    # Ids of the rules in force that ask for it, under any reading.
    rules: tuple[str, ...] = ()


@dataclass(frozen=True)
class MissingLayer:
    """A layer that rules in force ask for and that is not there, and what that costs."""

    id: str
    title: Mapping[str, str]
    reason: Mapping[str, str]
    # Rules that cannot be asked at all: every layer they ask for is missing.
    unasked: tuple[str, ...]
    # Rules that can be asked in part, by other layers.
    partly: tuple[str, ...]
    # Rules that ask for it only under readings that are not in force.
    other_readings: tuple[str, ...]


@dataclass(frozen=True)
class NearCost:
    """How much of the district a `near` question cannot say no to, because coverage ends too near."""

    rule: str
    layers: tuple[str, ...]
    within_m: float
    # The largest positional accuracy of the layers, metres.
    accuracy_m: float
    # False: the rule asks this only under a reading that is not in force.
    in_force: bool
    # District less the covered area shrunk by distance and accuracy. A site there is either near or undecided.
    undecided_km2: float
    undecided_share: float


@dataclass(frozen=True)
class Checkup:
    """Everything that `layers check` tells."""

    as_of: dt.date
    # None where the jurisdiction's layer is missing: then no share can be told.
    district_km2: float | None
    layers: tuple[LayerReport, ...]
    missing: tuple[MissingLayer, ...]
    near: tuple[NearCost, ...]
    bank: tuple[BankDifference, ...]

    @property
    def sound(self) -> bool:
        """Whether every layer of the catalogue that is valid on the day can be loaded."""
        return all(layer.state != "broken" for layer in self.layers)


@dataclass(frozen=True)
class _Asked:
    """One question of a rule."""

    rule: str
    question: Ask
    # Whether the rule asks it under the readings in force.
    in_force: bool

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers that it needs."""
        zone = tuple(dict.fromkeys(selection.layer for selection in selections(self.question.zone)))
        return (_HEIGHTS, *zone) if self.question.predicate == "visible_from" else zone


def check_workspace(workspace: Workspace, as_of: dt.date) -> Checkup:
    """Look at every layer, and at what the rules in force on a day lack.

    A layer that cannot be loaded is reported as broken and counts as missing. Raises RuleError for wrong rule files.
    """
    reports = list_layers(workspace, as_of)
    present = {report.id: report.layer for report in reports if report.layer is not None}
    asked = _asked(workspace.rules(), as_of, present)
    border = present.get(workspace.jurisdiction)
    district = None if border is None else area_of(border)
    return Checkup(
        as_of=as_of,
        district_km2=None if district is None else district.area * _KM2,
        layers=reports,
        missing=_missing(workspace, as_of, present, asked, {r.id: r.fault_words for r in reports if r.fault_words}),
        near=_near_costs(present, asked, district),
        bank=bank_differences(present.get("bank_zone"), present.get("river"), district),
    )


def list_layers(workspace: Workspace, as_of: dt.date) -> tuple[LayerReport, ...]:
    """Report every layer of the catalogue, in the order of the contract."""
    asked = _asked(workspace.rules(), as_of, {})
    return tuple(_report(workspace, one, as_of, asked) for one in kinds() if one in workspace.catalog.layers)


def report_layer(workspace: Workspace, layer_id: str, as_of: dt.date) -> LayerReport:
    """Report one layer; KeyError where there is no such kind of layer."""
    return _report(workspace, layer_id, as_of, _asked(workspace.rules(), as_of, {}))


def _report(workspace: Workspace, layer_id: str, as_of: dt.date, asked: tuple[_Asked, ...]) -> LayerReport:
    kind = kinds()[layer_id]
    versions = workspace.catalog.layers.get(layer_id, ())
    entry = workspace.catalog.entry(layer_id, as_of)
    rules = _ids(a.rule for a in asked if layer_id in a.layers)
    title = entry.title if entry is not None else kind.title
    try:
        layer = workspace.layer(layer_id, as_of)
    except FulingError as e:
        return LayerReport(
            layer_id, title, "broken", fault=str(e), fault_words=e.words, versions=versions, entry=entry, rules=rules
        )
    if layer is None:
        reason = absence(workspace.catalog, layer_id, as_of)
        return LayerReport(layer_id, title, "absent", reason=reason, versions=versions, entry=entry, rules=rules)
    _, counts = np.unique(layer.fields["id"].astype(str), return_counts=True)
    areal = shapely.get_dimensions(layer.geometry) > 1
    return LayerReport(
        layer_id,
        title,
        "ready",
        versions=versions,
        entry=entry,
        layer=layer,
        features=len(layer.geometry),
        vertices=int(shapely.get_num_coordinates(layer.geometry).sum()),
        area_km2=float(shapely.area(layer.geometry).sum()) * _KM2,
        length_km=float(shapely.length(layer.geometry[~areal]).sum()) * _KM,
        repeated_ids=int(counts[counts > 1].sum()),
        values={name: _counted(layer, name) for name in layer.allowed if name in layer.fields},
        unmapped=tuple(name for name in kind.fields if name not in (entry.fields if entry else {})),
        doubts=_doubts(layer, asked),
        rules=rules,
    )


def _counted(layer: Layer, name: str) -> tuple[tuple[str, int], ...]:
    texts = ["" if value is None else str(value) for value in layer.fields[name]]
    values, counts = np.unique(np.array(texts, dtype=object), return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return tuple((str(values[i]), int(counts[i])) for i in order)


def _doubts(layer: Layer, asked: tuple[_Asked, ...]) -> tuple[Doubt, ...]:
    """Tell which fields leave features in doubt when rules select by them."""
    tested: dict[str, list[str]] = {}
    for one in asked:
        for selection in selections(one.question.zone):
            if selection.layer == layer.id:
                for test in selection.tests:
                    tested.setdefault(test.field, []).append(one.rule)
    found = []
    for name, rules in tested.items():
        count = _doubtful(layer, name)
        if count:
            found.append(Doubt(name, name not in layer.fields, count, _ids(iter(rules))))
    return tuple(found)


def _doubtful(layer: Layer, name: str) -> int:
    """Count the features at which a field is empty or not one of its values."""
    values = layer.fields.get(name)
    if values is None:
        return len(layer.geometry)
    field = kinds()[layer.id].fields[name]
    if field.number:
        return sum(not isinstance(value, float) for value in values)
    return sum(value is None or bool(field.allowed and value not in field.allowed) for value in values)


def _asked(rules: RuleSet, as_of: dt.date, present: Mapping[str, Layer]) -> tuple[_Asked, ...]:
    """Walk the questions of the rules in force, each once for a rule."""
    chosen = {key: _in_force(reading, present) for key, reading in rules.readings.items()}
    found: dict[tuple[str, Ask], bool] = {}
    for rule in rules.rules:
        if rule.in_force(as_of) and not rule.everywhere:
            for duty, in_force in _duties(rule, chosen):
                for question in questions(duty.where):
                    key = (rule.id, question)
                    found[key] = found.get(key, False) or in_force
    return tuple(_Asked(rule, question, in_force) for (rule, question), in_force in found.items())


def _duties(rule: Rule, chosen: Mapping[str, str]) -> Iterator[tuple[Duty, bool]]:
    for assignment, duty in rule.duties.items():
        yield duty, all(chosen[key] == value for key, value in assignment)


def _in_force(reading: Reading, present: Mapping[str, Layer]) -> str:
    """Give the value of a reading that holds: its default, or the first one whose layer is there."""
    possible = [value for value, one in reading.values.items() if not one.requires or one.requires in present]
    if reading.wins in possible or reading.stays:
        return reading.wins if reading.wins in possible else reading.default
    return reading.default if reading.default in possible or not possible else possible[0]


def _missing(
    workspace: Workspace,
    as_of: dt.date,
    present: Mapping[str, Layer],
    asked: tuple[_Asked, ...],
    faults: Mapping[str, Mapping[str, str]],
) -> tuple[MissingLayer, ...]:
    blind = {rule: all(layer not in present for one in _of(rule, asked) for layer in one.layers)
             for rule in {one.rule for one in asked}}  # fmt: skip
    found = []
    for layer_id, kind in kinds().items():
        wanting = [one for one in asked if layer_id in one.layers]
        if layer_id in present or not wanting:
            continue
        reason = absence(workspace.catalog, layer_id, as_of) or faults.get(layer_id) or both("")
        now = _ids(one.rule for one in wanting if one.in_force)
        found.append(
            MissingLayer(
                layer_id,
                kind.title,
                reason,
                unasked=tuple(rule for rule in now if blind[rule]),
                partly=tuple(rule for rule in now if not blind[rule]),
                other_readings=tuple(rule for rule in _ids(one.rule for one in wanting) if rule not in now),
            )
        )
    return tuple(found)


def _of(rule: str, asked: tuple[_Asked, ...]) -> list[_Asked]:
    """Give the questions of a rule under the readings in force; all of them where it asks none then."""
    mine = [one for one in asked if one.rule == rule]
    return [one for one in mine if one.in_force] or mine


def _near_costs(present: Mapping[str, Layer], asked: tuple[_Asked, ...], district: Ground) -> tuple[NearCost, ...]:
    """Measure for each `near` question how much of the district it cannot say no to; missing layers are told apart.

    Questions of a rule that only select other features of the same layers are one: coverage is the same.
    """
    if district is None:
        return ()
    measured: dict[tuple[tuple[str, ...], float], float] = {}
    found: dict[tuple[str, tuple[str, ...], float], NearCost] = {}
    # What is in force comes first, so that it is what stays.
    for one in sorted(asked, key=lambda one: not one.in_force):
        layers = [present[layer] for layer in one.layers if layer in present]
        if one.question.predicate != "near" or len(layers) < len(one.layers):
            continue
        accuracy = max(layer.accuracy_m for layer in layers)
        key = (one.layers, one.question.within_m + accuracy)
        if key not in measured:
            measured[key] = _uncovered(district, layers, key[1]).area
        area = measured[key]
        cost = NearCost(
            one.rule, one.layers, one.question.within_m, accuracy, one.in_force, area * _KM2, area / district.area
        )
        found.setdefault((one.rule, one.layers, one.question.within_m), cost)
    return tuple(found.values())


def _uncovered(district: shapely.Geometry, layers: list[Layer], margin_m: float) -> shapely.Geometry:
    """Give the ground of the district nearer than a margin to the end of what the layers cover together."""
    covers = {id(layer.cover): layer.cover for layer in layers if layer.cover is not None}
    if not covers or any(layer.cover is None for layer in layers):
        return district
    cover = reduce(shapely.intersection, covers.values())
    return shapely.difference(district, shapely.buffer(cover, -margin_m, quad_segs=16))


def _ids(rules: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(rules))
