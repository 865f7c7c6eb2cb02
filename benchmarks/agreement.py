"""Asks the same sites the compiled way and through GEOS, and counts where the two differ.

    python benchmarks/agreement.py        2,000,000 points, 200,000 polygons, 500,000 adversarial sites
    python benchmarks/agreement.py --points 20000 --polygons 2000 --adversaries 5000      to see that it works

All predicates are put to the layers of the yardstick through the public engine, each site with a tolerance by chance.
An answer may differ only where it would change within a millimetre; distances by 1e-9 m; areas by 1e-6 of theirs or
1e-3 m2. Ends with status 1 if there is a disagreement.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import shapely
from adversary import adversaries
from data import Geometries, yardstick
from numpy.typing import NDArray
from ours import DAY, layer, rivers

from fuling_gis.overlay import sitetree
from fuling_gis.overlay.evidence import Evidence
from fuling_gis.overlay.inquiry import Replies, inquire
from fuling_gis.overlay.plan import Plan, compile_plan
from fuling_gis.rules.model import Ask, RuleSet, Selection

TOLERANCES_M = (0.0, 0.0, 0.001, 5.0, 40.0)
WITHIN_M = (0.0, 25.0, 100.0, 3000.0)
# What may differ.
NEAR_THRESHOLD_M = 1e-3
DISTANCE_M = 1e-9
AREA_PART, AREA_M2 = 1e-6, 1e-3

Floats = NDArray[np.float64]


@dataclass
class Tally:
    """What came out for one kind of site."""

    sites: int = 0
    # Answers and pairs of site and feature that were compared.
    answers: int = 0
    pairs: int = 0
    # Differences that are allowed, since the answer changes within a millimetre.
    close: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    # A few of them, for whoever wants to know.
    examples: list[str] = field(default_factory=list)

    def note(self, what: str, geometry: shapely.Geometry, told: str) -> None:
        """Count a disagreement."""
        self.wrong[what] += 1
        if len(self.examples) < 3:  # noqa: PLR2004  a few
            self.examples.append(f"{what}: {told}: {geometry.wkt[:400]}")


def questions(names: Sequence[str]) -> tuple[Ask, ...]:
    """Put every predicate to every layer."""
    found: list[Ask] = []
    for name in names:
        zone = Selection(name)
        found += [Ask("in", zone), Ask("outside", zone), *(Ask("near", zone, within) for within in WITHIN_M)]
    return tuple(found)


@contextmanager
def way(*, many: bool) -> Iterator[None]:
    """Let the engine take the way for many sites, or that for few."""
    before = sitetree.MANY_SITES
    sitetree.MANY_SITES = 0 if many else sys.maxsize
    try:
        yield
    finally:
        sitetree.MANY_SITES = before


def asked(sites: Geometries, accuracy: Floats, asks: Sequence[Ask], plan: Plan, *, many: bool) -> Replies:
    """Ask one of the two ways; replies in the order of the sites."""
    with way(many=many):
        return inquire(sites, accuracy, asks, plan.book, plan.features)


def answers(told: Replies, number: int, n: int) -> NDArray[np.int8]:
    """Give the answers to one question by site; -1 for sites that are not judged."""
    out = np.full(n, -1, np.int8)
    out[told.rows] = told.replies[number].answers.value
    return out


def table(told: Replies, evidence: Evidence, features: int) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Give the pairs of site and feature as one sorted number each, with distance and area."""
    key = told.rows[evidence.site] * features + evidence.feature
    order = np.argsort(key)
    return key[order], evidence.distance_m[order], evidence.overlap_m2[order]


class Comparison:
    """The layers, and what was found about each kind of site."""

    def __init__(self, layers: dict[str, Geometries], seed: int) -> None:
        ground = shapely.union_all(layers["management_unit"])
        named = {**layers, "river": rivers(layers["river"]), "district": np.array([ground], dtype=object)}
        loaded = {name: dataclasses.replace(layer(name, g, ground), accuracy_m=0.0) for name, g in named.items()}
        self.plan = compile_plan(RuleSet((), {}), loaded, as_of=DAY)
        self.asks = questions([name for name in named if name != "district"])
        self.rng = np.random.default_rng(seed)
        self.kinds: dict[str, Tally] = {}

    def compare(self, kind: str, sites: Geometries) -> None:
        """Ask some sites both ways."""
        tally = self.kinds.setdefault(kind, Tally())
        accuracy = self.rng.choice(TOLERANCES_M, len(sites))
        compiled, geos = (asked(sites, accuracy, self.asks, self.plan, many=many) for many in (True, False))
        tally.sites += len(sites)
        for number, question in enumerate(self.asks):
            a, b = (answers(told, number, len(sites)) for told in (compiled, geos))
            tally.answers += len(sites)
            differ = np.flatnonzero(a != b)
            self._weigh(tally, question, sites[differ], accuracy[differ], a[differ], b[differ])
            self._evidence(tally, number, sites, accuracy, compiled, geos, a == b)

    def _weigh(
        self,
        tally: Tally,
        question: Ask,
        sites: Geometries,
        accuracy: Floats,
        a: NDArray[np.int8],
        b: NDArray[np.int8],
    ) -> None:
        """Tell which differing answers change within a millimetre of tolerance or distance."""
        if not len(sites):
            return
        fine = np.zeros(len(sites), bool)
        for shift in (-NEAR_THRESHOLD_M, NEAR_THRESHOLD_M):
            near = dataclasses.replace(question, within_m=max(0.0, question.within_m + shift))
            for other, moved in ((question, np.maximum(0.0, accuracy + shift)), (near, accuracy)):
                for many, goal in ((True, b), (False, a)):
                    told = asked(sites, moved, (other,), self.plan, many=many)
                    fine |= answers(told, 0, len(sites)) == goal
        tally.close += int(fine.sum())
        for i in np.flatnonzero(~fine):
            words = f"{question.zone.layer} {question.within_m:g} m, tolerance {accuracy[i]:g} m, {a[i]} for {b[i]}"
            tally.note(f"answer of {question.predicate}", sites[i], words)

    def _evidence(
        self,
        tally: Tally,
        number: int,
        sites: Geometries,
        accuracy: Floats,
        compiled: Replies,
        geos: Replies,
        same: NDArray[np.bool_],
    ) -> None:
        """Compare the features behind the answers, of sites whose answers are the same."""
        limit = self.asks[number].within_m + accuracy
        for name, theirs in geos.replies[number].evidence.items():
            n = len(self.plan.features(name).geometry)
            key_a, far_a, area_a = table(compiled, compiled.replies[number].evidence[name], n)
            key_b, far_b, area_b = table(geos, theirs, n)
            tally.pairs += len(key_b)
            for key, far, others in ((key_a, far_a, key_b), (key_b, far_b, key_a)):
                alone = ~np.isin(key, others) & same[key // n]
                close = np.abs(far - limit[key // n]) < NEAR_THRESHOLD_M
                tally.close += int((alone & close).sum())
                for i in np.flatnonzero(alone & ~close):
                    tally.note("a feature of one alone", sites[key[i] // n], f"{name} {key[i] % n}, {far[i]} m")
            _, i, j = np.intersect1d(key_a, key_b, assume_unique=True, return_indices=True)
            for k in np.flatnonzero(np.abs(far_a[i] - far_b[j]) > DISTANCE_M):
                words = f"{name} {key_a[i[k]] % n}, {far_a[i[k]]} for {far_b[j[k]]} m"
                tally.note("distance", sites[key_a[i[k]] // n], words)
            allowed = np.maximum(AREA_M2, AREA_PART * area_b[j])
            for k in np.flatnonzero(~(np.abs(area_a[i] - area_b[j]) <= allowed)):
                words = f"{name} {key_a[i[k]] % n}, {area_a[i[k]]} for {area_b[j[k]]} m2"
                tally.note("area", sites[key_a[i[k]] // n], words)

    def report(self) -> Iterator[str]:
        """Tell what was found, kind by kind."""
        yield f"{'kind':32} {'sites':>9} {'answers':>11} {'pairs':>11} {'within 1 mm':>11} {'disagree':>9}"
        for kind, tally in self.kinds.items():
            yield self.line(kind)
            yield from (f"    {text}" for text in tally.examples)

    def line(self, kind: str) -> str:
        """Tell what was found about one kind."""
        t = self.kinds[kind]
        return f"{kind:32} {t.sites:9} {t.answers:11} {t.pairs:11} {t.close:11} {t.wrong.total():9}"

    @property
    def disagreements(self) -> int:
        """How many there are."""
        return sum(tally.wrong.total() for tally in self.kinds.values())


def chunks(sites: Geometries, size: int) -> Iterator[Geometries]:
    """Cut sites into runs, so that memory stays small."""
    for start in range(0, len(sites), size):
        yield sites[start : start + size]


def main() -> int:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--points", type=int, default=2_000_000)
    parser.add_argument("--polygons", type=int, default=200_000)
    parser.add_argument("--adversaries", type=int, default=500_000)
    parser.add_argument("--chunk", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    begun = time.perf_counter()
    made = yardstick(options.points, options.polygons)
    found = Comparison(made.layers, options.seed)
    for kind, sites in adversaries(made.layers, options.adversaries, options.seed):
        for some in chunks(sites, options.chunk):
            found.compare(kind, some)
            print(f"{time.perf_counter() - begun:6.0f} s  {found.line(kind)}", flush=True)
    for kind, sites in (("random points", made.points), ("random polygons", made.polygons)):
        for some in chunks(sites, options.chunk):
            found.compare(kind, some)
            print(f"{time.perf_counter() - begun:6.0f} s  {found.line(kind)}", flush=True)
    print(*found.report(), sep="\n")
    print(f"{found.disagreements} disagreements, {time.perf_counter() - begun:.0f} s")
    return 1 if found.disagreements else 0


if __name__ == "__main__":
    sys.exit(main())
