"""What the map keeps of the sites: all of a small run, the worst of a large one, and how many of the rest.

Batches come and go; what is kept is bounded. Sites are ordered worst first, so the page's list is simply their order,
and a site is known in the page by its rank in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from fuling_gis.outputs import palette
from fuling_gis.outputs.map_rules import RuleText
from fuling_gis.outputs.map_text import texts
from fuling_gis.overlay.result import Batch

# The order of the list: the contract's, with rows that could not be judged before those nobody need look at.
SHOWN_ORDER = ("prohibited", "exit", "restricted", "undecided", "rejected", "advised", "clear", "outside")
# The verdicts of sites without any finding.
QUIET = ("clear", "outside")
# Above this many sites, those without a finding are drawn as points and carry no details.
MANY = 10_000
# The most sites that the page carries at all; the rest is counted.
MOST_SITES = 100_000
# The most findings and vertices that the page carries, worst sites first.
MOST_FINDINGS = 300_000
MOST_VERTICES = 1_200_000
# Shapes of sites are simplified by at most this much, metres in the working CRS.
SIMPLIFIED_M = 0.5

_NO_END = len(SHOWN_ORDER) ** 2

SITE_TEXTS = (
    "site_id", "name", "source", "activity", "nature", "unchecked_by", "depends_on", "units", "units_maybe", "status",
    "problem",
)  # fmt: skip
SITE_NUMBERS = ("inside_share", "area_m2", "to_main_m", "to_wu_m", "to_tributary_m")
FINDING_TEXTS = (
    "rule_id", "effect", "answer", "cause", "predicate", "part_answer", "layer", "feature_id", "feature_name",
    "readings", "exemption",
)  # fmt: skip
FINDING_NUMBERS = (
    "overlap_m2", "overlap_share", "distance_m", "threshold_m", "margin_m", "tolerance_m", "more_features",
)  # fmt: skip


@dataclass(frozen=True)
class Kept:
    """The sites that the page carries, worst first, and what is said of all of them."""

    # row, verdict and possible (places in SHOWN_ORDER), found (number of findings), SITE_TEXTS, SITE_NUMBERS; the
    # index is the rank.
    sites: pd.DataFrame
    # Shapes in the working CRS, None where rejected.
    shapes: NDArray[np.object_]
    # rank, FINDING_TEXTS (categorical), FINDING_NUMBERS, ordered by rank, then as found.
    findings: pd.DataFrame
    # The first so many sites carry details.
    detailed: int
    rules: dict[str, RuleText]
    # code, category, dimension, item; each once.
    units: pd.DataFrame
    # Verdict to the number of sites, and the number whose `possible` is worse, of all sites asked.
    counts: dict[str, int]
    marked: int
    total: int
    # Sites drawn as points although they have a shape and a finding.
    pointed: int


@dataclass
class KeptSites:
    """The sites of the batches seen so far, never many more than the page will carry."""

    _sites: list[pd.DataFrame] = field(default_factory=list)
    _shapes: list[NDArray[np.object_]] = field(default_factory=list)
    _findings: list[pd.DataFrame] = field(default_factory=list)
    _units: list[pd.DataFrame] = field(default_factory=list)
    _rules: dict[str, RuleText] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SHOWN_ORDER, 0))
    _marked: int = 0
    _total: int = 0
    # Sites at least this far down the list, and findings of such sites, can no longer come into the page.
    _past_sites: int = _NO_END
    _past_details: int = _NO_END

    def add(self, batch: Batch) -> None:
        """Take what the map needs from a batch."""
        verdict, possible = texts(batch.sites["verdict"]), texts(batch.sites["possible"])
        place = _places(verdict)
        for name, number in zip(SHOWN_ORDER, np.bincount(place, minlength=len(SHOWN_ORDER)), strict=True):
            self._counts[name] += int(number)
        self._marked += int(palette.marked(verdict, possible).sum())
        self._total += len(place)
        self._rules = RuleText.collect(batch.findings) | self._rules
        self._units.append(batch.units.drop(columns="row").drop_duplicates())
        badness = _badness(place, _places(possible))
        fits = badness < self._past_sites
        sites = _narrow_sites(batch.sites[fits]).assign(found=_found(batch)[fits])
        self._sites.append(sites)
        shapes = shapely.simplify(batch.geometry[fits], SIMPLIFIED_M)
        self._shapes.append(_plain(shapes, sites, self._total))
        told = batch.sites["row"].to_numpy()[badness < self._past_details]
        self._findings.append(_narrow_findings(batch.findings[np.isin(batch.findings["row"], told)]))
        if sum(map(len, self._sites)) > 2 * MOST_SITES or sum(map(len, self._findings)) > 2 * MOST_FINDINGS:
            self._shrink()

    def settle(self) -> Kept:
        """Give the sites that the page carries."""
        if not self._sites:
            none = pd.DataFrame({"row": []})
            self._sites, self._shapes = [_narrow_sites(none).assign(found=0)], [np.empty(0, object)]
            self._findings = [_narrow_findings(none)]
        kept = self._worst_first()
        shapes, pointed = _within_vertices(_plain(kept.shapes, kept.sites, self._total))
        return replace(kept, shapes=shapes, pointed=pointed)

    def _shrink(self) -> None:
        """Drop what the page could not carry even if no worse site came."""
        kept = self._worst_first()
        findings = kept.findings.assign(row=kept.sites["row"].to_numpy()[kept.findings["rank"]]).drop(columns="rank")
        self._sites, self._shapes, self._findings = [kept.sites], [kept.shapes], [findings]
        self._units = [kept.units]
        # A site that comes later stands behind all that are as bad as it is.
        badness = _badness(kept.sites["verdict"].to_numpy(), kept.sites["possible"].to_numpy())
        self._past_sites = int(badness[-1]) if len(badness) == MOST_SITES else _NO_END
        self._past_details = int(badness[kept.detailed]) if kept.detailed < len(badness) else _NO_END

    def _worst_first(self) -> Kept:
        sites = pd.concat(self._sites, ignore_index=True)
        order = np.lexsort((sites["row"], sites["possible"], sites["verdict"]))[:MOST_SITES]
        sites = sites.iloc[order].reset_index(drop=True)
        findings = _ranked(_joined(self._findings), sites["row"].to_numpy())
        detailed = int((np.cumsum(sites["found"]) <= MOST_FINDINGS).sum())
        if self._total > MANY:
            detailed = min(detailed, int((~_quiet(sites)).sum()))
        return Kept(
            sites=sites,
            shapes=np.concatenate(self._shapes)[order],
            findings=findings[findings["rank"] < detailed],
            detailed=detailed,
            rules=self._rules,
            units=pd.concat(self._units).drop_duplicates() if self._units else pd.DataFrame(),
            counts=self._counts,
            marked=self._marked,
            total=self._total,
            pointed=0,
        )


def _narrow_sites(sites: pd.DataFrame) -> pd.DataFrame:
    kept = pd.DataFrame({"row": sites["row"].to_numpy(np.int64)})
    for name in ("verdict", "possible"):
        kept[name] = _places(texts(sites.get(name, pd.Series(dtype=object))))
    for name in SITE_TEXTS:
        kept[name] = pd.Series(texts(sites[name]) if name in sites else [""] * len(sites), dtype=object)
    for name in SITE_NUMBERS:
        kept[name] = sites[name].to_numpy(np.float64, na_value=np.nan) if name in sites else np.nan
    return kept


def _found(batch: Batch) -> NDArray[np.int64]:
    """Count the findings of each site of a batch."""
    rows, counts = np.unique(batch.findings["row"].to_numpy(np.int64), return_counts=True)
    found: NDArray[np.int64] = pd.Series(counts, rows).reindex(batch.sites["row"], fill_value=0).to_numpy(np.int64)
    return found


def _narrow_findings(findings: pd.DataFrame) -> pd.DataFrame:
    kept = pd.DataFrame({"row": findings["row"].to_numpy(np.int64)})
    for name in FINDING_TEXTS:
        values = texts(findings[name]) if name in findings else np.full(len(findings), "", object)
        codes, distinct = pd.factorize(values)
        kept[name] = pd.Categorical.from_codes(codes, categories=pd.Index(distinct, dtype=object))
    for name in FINDING_NUMBERS:
        kept[name] = findings[name].to_numpy(np.float64, na_value=np.nan) if name in findings else np.nan
    return kept


def _joined(findings: list[pd.DataFrame]) -> pd.DataFrame:
    """Put frames of findings one under the other; their categories are joined."""
    parts = {name: pd.concat([f[name] for f in findings], ignore_index=True) for name in ("row", *FINDING_NUMBERS)}
    for name in FINDING_TEXTS:
        parts[name] = pd.Series(pd.api.types.union_categoricals([_texts_of(f[name]) for f in findings]))
    return pd.DataFrame(parts)


def _texts_of(column: pd.Series) -> pd.Series:
    """Give a column of categories whose categories are texts also where there are none of them."""
    return column.cat.set_categories(column.cat.categories.astype("str"))


def _ranked(findings: pd.DataFrame, rows: NDArray[np.int64]) -> pd.DataFrame:
    """Give each finding the rank of its site, drop those of other sites, and order by rank."""
    by_row = np.argsort(rows, kind="stable")
    place = np.searchsorted(rows, findings["row"].to_numpy(), sorter=by_row).clip(max=max(len(rows) - 1, 0))
    rank = by_row[place] if len(rows) else place
    here = rows[rank] == findings["row"].to_numpy() if len(rows) else np.zeros(len(findings), bool)
    kept = findings[here].assign(rank=rank[here]).drop(columns="row")
    return kept.sort_values("rank", kind="stable", ignore_index=True)


def _places(verdicts: NDArray[np.object_]) -> NDArray[np.int64]:
    """Give the place of each verdict in SHOWN_ORDER."""
    names, index = np.unique(verdicts.astype(str), return_inverse=True)
    places = np.array([SHOWN_ORDER.index(name) for name in names], np.int64)
    return places[index] if len(verdicts) else np.empty(0, np.int64)


def _badness(verdict: NDArray[np.int64], possible: NDArray[np.int64]) -> NDArray[np.int64]:
    """Join the places of verdict and possible in SHOWN_ORDER into one number, least where worst."""
    return verdict * len(SHOWN_ORDER) + possible


def _quiet(sites: pd.DataFrame) -> NDArray[np.bool_]:
    return sites["verdict"].isin([SHOWN_ORDER.index(verdict) for verdict in QUIET]).to_numpy()


def _plain(shapes: NDArray[np.object_], sites: pd.DataFrame, total: int) -> NDArray[np.object_]:
    """In a large run, give the sites without a finding as points."""
    quiet = _quiet(sites) & (total > MANY)
    shapes = shapes.copy()
    shapes[quiet] = shapely.point_on_surface(shapes[quiet])
    return shapes


def _within_vertices(shapes: NDArray[np.object_]) -> tuple[NDArray[np.object_], int]:
    """Give as points the shapes past the most vertices that the page carries, and tell how many."""
    beyond = np.cumsum(shapely.get_num_coordinates(shapes)) > MOST_VERTICES
    beyond &= shapely.get_dimensions(shapes) > 0
    shapes = shapes.copy()
    shapes[beyond] = shapely.point_on_surface(shapes[beyond])
    return shapes, int(beyond.sum())
