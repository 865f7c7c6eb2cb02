"""Makes ground out of a rule's zone: layers selected, joined or intersected, with what is unknown about it.

What is unknown - a layer that is missing, a feature that may or may not be meant - gives a zone two ends, a low and a
high one, and a list of doubts. `questions` asks both ends; where the answers agree, the unknown does not matter.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import numpy as np
import shapely

from fuling_gis.cache import NOWHERE, Cache
from fuling_gis.layers.model import Layer
from fuling_gis.overlay.pieces import Geometries, Indices
from fuling_gis.overlay.shapes import RESOLUTION_M, Floats, Shape, dissolved, shape_of
from fuling_gis.overlay.sitetree import Bools
from fuling_gis.rules.model import FieldTest, Joined, Selection, Zone, selections

# So many pairs of a site and a box are looked at together.
_MOST_BOXES: Final = 40_000

# Dissolved parts; None stands for everything there is.
Ground = Geometries | None


@dataclass(frozen=True)
class Doubt:
    """One unknown: its cause, and pairs of ends that differ in it alone (None: everything there is)."""

    cause: str
    ends: tuple[tuple[Shape | None, Shape | None], ...]


@dataclass(frozen=True)
class Cover:
    """The area that one layer of a zone covers."""

    layer: str
    # None: it covers nothing.
    shape: Shape | None
    # It is the jurisdiction itself, which holds every site by construction.
    jurisdiction: bool


@dataclass(frozen=True)
class Leaf:
    """The features of one layer that a zone means, surely or possibly."""

    layer: Layer
    features: Indices


@dataclass(frozen=True)
class ZoneGround:
    """A zone, ready to be asked."""

    # None: everything there is.
    low: Shape | None
    high: Shape | None
    doubts: tuple[Doubt, ...]
    # The largest positional accuracy of its layers, metres.
    accuracy_m: float
    covers: tuple[Cover, ...]
    leaves: tuple[Leaf, ...]

    @cached_property
    def covered_everywhere(self) -> bool:
        """Whether each of its layers covers the whole jurisdiction, whose outline is known."""
        return all(cover.jurisdiction and cover.shape is not None for cover in self.covers)


@dataclass(frozen=True)
class Picked:
    """Which features of a layer a selection means."""

    sure: Bools
    # Field to the features that it leaves in doubt.
    doubtful: Mapping[str, Bools]

    @property
    def possible(self) -> Bools:
        """The features that are meant surely or possibly."""
        either: Bools = np.logical_or.reduce([self.sure, *self.doubtful.values()])
        return either


def pick(layer: Layer, tests: tuple[FieldTest, ...]) -> Picked:
    """Tell which features a selection means surely, and which a missing or strange value leaves in doubt.

    A field that the catalogue does not map leaves every feature in doubt.
    """
    n = len(layer.geometry)
    passes, unknown = np.ones(n, bool), {}
    possible = np.ones(n, bool)
    for test in tests:
        yes, open_ = _tested(layer, test)
        passes &= yes
        possible &= yes | open_
        unknown[test.field] = open_
    doubtful = {name: open_ & possible for name, open_ in unknown.items() if (open_ & possible).any()}
    return Picked(passes, doubtful)


def _tested(layer: Layer, test: FieldTest) -> tuple[Bools, Bools]:
    """Tell which features pass one test, and at which it cannot be told."""
    n = len(layer.geometry)
    values = layer.fields.get(test.field)
    if values is None:
        return np.zeros(n, bool), np.ones(n, bool)
    allowed = layer.allowed.get(test.field, ())
    # Features are few beside sites, and their values are of mixed kinds.
    told = [_value_passes(value, test, allowed) for value in values]
    return np.array([t is True for t in told], bool), np.array([t is None for t in told], bool)


def _value_passes(value: object, test: FieldTest, allowed: tuple[str, ...]) -> bool | None:
    """Tell whether a value passes; None where it is empty, no number, or not one of the values allowed."""
    if value is None or value == "" or value != value:  # noqa: PLR0124  NaN differs from itself
        return None
    if test.values:
        text = _text(value)
        if text in test.values:
            return True
        return False if not allowed or text in allowed else None
    try:
        number = float(str(value))
    except ValueError:
        return None
    return (test.minimum is None or test.minimum <= number) and (test.maximum is None or number <= test.maximum)


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class ZoneBook:
    """Makes each zone once, when it is first asked for, and hands it out to all threads."""

    # Layer id to the layer as loaded, None where the workspace has none valid on the day.
    layers: Mapping[str, Layer | None]
    jurisdiction: str
    # Where the fields of its grounds are kept.
    kept: Cache = NOWHERE
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False, compare=False)
    _zones: dict[Zone, ZoneGround] = field(default_factory=dict, repr=False, compare=False)
    _covers: dict[str, Shape | None] = field(default_factory=dict, repr=False, compare=False)
    _shapes: dict[bytes, Shape] = field(default_factory=dict, repr=False, compare=False)
    _boxed: list[_Boxes] = field(default_factory=list, repr=False, compare=False)

    def zone(self, zone: Zone) -> ZoneGround:
        """Give the ground of a zone."""
        found = self._zones.get(zone)
        if found is None:
            with self._lock:
                if zone not in self._zones:
                    self._zones[zone] = self._made(zone)
                found = self._zones[zone]
        return found

    def area(self, layer_id: str) -> Shape | None:
        """Give the ground of all features of a layer; None where there is no such layer."""
        layer = self.layers.get(layer_id)
        return self.zone(Selection(layer_id)).low if layer is not None else None

    def box_gaps(self, box: Floats, beyond_m: Floats) -> dict[int, float]:
        """Tell how far the boxes of a few sites are, along x or y, from those of all pieces of each ground, in metres.

        box: least x, least y, greatest x, greatest y, shape (n, 4). beyond_m: what is taken off, one for each site.
        Gives what is left of that of the site that has least, by the `id` of each ground that was made so far; grounds
        stay as long as this book. Nothing where there are so many boxes that a search in each ground is faster than one
        look at all of them.
        """
        with self._lock:
            if len(self._boxed) == 0 or self._boxed[-1].made != len(self._shapes):
                self._boxed[:] = [_Boxes.of(list(self._shapes.values()))]
            boxes = self._boxed[-1]
        if not boxes.keys or len(box) * boxes.corners.shape[1] > _MOST_BOXES:
            return {}
        x0, y0, x1, y1 = (side[:, None] for side in box.T)
        left, bottom, right, top = boxes.corners
        gap = np.maximum(np.maximum(left - x1, x0 - right), np.maximum(bottom - y1, y0 - top))
        least = np.minimum.reduceat(gap - beyond_m[:, None], boxes.first, axis=1).min(axis=0)
        return dict(zip(boxes.keys, least.tolist(), strict=True))

    def _made(self, zone: Zone) -> ZoneGround:
        members = list(dict.fromkeys(selections(zone)))
        ends = {member: self._ends(member) for member in members}
        if not isinstance(zone, Selection):
            ends = {member: _opened(end) for member, end in ends.items()}
        low = self._combined(zone, {m: ends[m].low for m in members})
        high = self._combined(zone, {m: ends[m].high for m in members})
        doubts = []
        for member in members:
            for cause, raised in ends[member].doubts.items():
                pairs = [self._toggled(zone, ends, member, raised, others) for others in ("low", "high")]
                doubts.append(Doubt(cause, tuple(pairs)))
        known = {m.layer: layer for m in members if (layer := self.layers.get(m.layer)) is not None}
        return ZoneGround(
            low,
            high,
            tuple(doubts),
            max((layer.accuracy_m for layer in known.values()), default=0.0),
            tuple(self._cover(layer) for layer in known.values()),
            _leaves(ends.values()),
        )

    def _ends(self, member: Selection) -> _Ends:
        layer = self.layers.get(member.layer)
        if layer is None:
            nothing = np.array([], dtype=object)
            return _Ends(nothing, None, {f"layer:{member.layer}": None}, None, np.zeros(0, bool))
        picked = pick(layer, member.tests)
        low = _filled(layer, picked.sure)
        if not picked.doubtful:
            return _Ends(low, low, {}, layer, picked.sure)
        high = _filled(layer, picked.possible)
        raised = {
            f"attribute:{member.layer}.{name}": _filled(layer, picked.sure | open_)
            for name, open_ in picked.doubtful.items()
        }
        return _Ends(low, high, raised, layer, picked.possible)

    def _toggled(
        self, zone: Zone, ends: Mapping[Selection, _Ends], member: Selection, raised: Ground, others: str
    ) -> tuple[Shape | None, Shape | None]:
        """Give the two ends of a zone that differ in one unknown, all others being at one end."""
        rest = {m: getattr(e, others) for m, e in ends.items()}
        return (
            self._combined(zone, {**rest, member: ends[member].low}),
            self._combined(zone, {**rest, member: raised}),
        )

    def _combined(self, zone: Zone, grounds: Mapping[Selection, Ground]) -> Shape | None:
        ground = _expressed(zone, grounds)
        if ground is None:
            return None
        key = b"".join(shapely.to_wkb(ground))
        if key not in self._shapes:
            self._shapes[key] = shape_of(ground, kept=self.kept)
        return self._shapes[key]

    def _cover(self, layer: Layer) -> Cover:
        if layer.covers == self.jurisdiction and self.layers.get(self.jurisdiction) is None:
            return Cover(layer.id, None, jurisdiction=False)
        if layer.cover is None:
            return Cover(layer.id, None, jurisdiction=False)
        key = layer.covers if layer.covers in self.layers else f"own:{layer.id}"
        if key not in self._covers:
            self._covers[key] = shape_of(dissolved(np.array([layer.cover], dtype=object)), kept=self.kept)
        return Cover(layer.id, self._covers[key], jurisdiction=layer.covers == self.jurisdiction)


@dataclass(frozen=True)
class _Boxes:
    """The boxes of all pieces of some grounds, one ground after the other."""

    # How many grounds there were; those that are empty have no box.
    made: int
    # The `id` of each ground, and where its boxes begin.
    keys: tuple[int, ...]
    first: Indices
    # Least x, least y, greatest x, greatest y; shape (4, boxes).
    corners: Floats

    @classmethod
    def of(cls, shapes: list[Shape]) -> _Boxes:
        """Collect the boxes."""
        full = [shape for shape in shapes if not shape.empty]
        sides = [shapely.bounds(np.concatenate([shape.pieces, shape.thin])) for shape in full]
        first = np.cumsum([0, *map(len, sides)])[:-1]
        corners = np.concatenate([np.zeros((0, 4)), *sides]).T
        return cls(len(shapes), tuple(map(id, full)), first, np.ascontiguousarray(corners))


@dataclass(frozen=True)
class _Ends:
    """A selection's ground at both ends of what is unknown about it."""

    low: Geometries
    high: Ground
    # Cause to the ground that the one unknown could raise it to.
    doubts: Mapping[str, Ground]
    layer: Layer | None
    features: Bools


def _leaves(ends: Iterable[_Ends]) -> tuple[Leaf, ...]:
    """Give the features that a zone means layer by layer, those of several selections of one layer together."""
    meant: dict[str, tuple[Layer, Bools]] = {}
    for end in ends:
        if end.layer is not None:
            _, others = meant.get(end.layer.id, (end.layer, np.zeros_like(end.features)))
            meant[end.layer.id] = end.layer, others | end.features
    return tuple(Leaf(layer, np.flatnonzero(features)) for layer, features in meant.values())


def _opened(ends: _Ends) -> _Ends:
    """Take a doubtful member of a zone expression as nothing and as everything (CONTRACT section 1, geometry)."""
    if not ends.doubts:
        return ends
    return replace(ends, low=ends.low[:0], high=None, doubts=dict.fromkeys(ends.doubts))


def _filled(layer: Layer, chosen: Bools) -> Geometries:
    """Dissolve some features of a layer, with the patches that close gaps between two of them."""
    geometry, patches = layer.geometry[chosen], layer.patches
    if len(patches):
        patch, feature = shapely.STRtree(geometry).query(patches, predicate="dwithin", distance=RESOLUTION_M)
        neighbours = np.bincount(np.unique(np.stack([patch, feature]), axis=1)[0], minlength=len(patches))
        geometry = np.concatenate([geometry, patches[neighbours > 1]])
    return dissolved(geometry)


def _expressed(zone: Zone, grounds: Mapping[Selection, Ground]) -> Ground:
    """Evaluate a zone expression on ground."""
    if isinstance(zone, Selection):
        return grounds[zone]
    members = [_expressed(member, grounds) for member in zone.members]
    if isinstance(zone, Joined):
        if any(member is None for member in members):
            return None
        return dissolved(np.concatenate([m for m in members if m is not None]))
    known = [member for member in members if member is not None]
    if not known:
        return None
    ground = known[0]
    for other in known[1:]:
        ground = _common(ground, other)
    return ground


def _common(a: Geometries, b: Geometries) -> Geometries:
    """Intersect two dissolved grounds, part by part."""
    i, j = shapely.STRtree(b).query(a, predicate="intersects")
    return dissolved(np.asarray(shapely.intersection(a[i], b[j]), dtype=object))
