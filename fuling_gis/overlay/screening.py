"""Puts every rule to every site of a batch and gives the tables. A pure function of (plan, sites)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fuling_gis.answers import NO, Mask
from fuling_gis.crs import same
from fuling_gis.errors import CrsError
from fuling_gis.labels import label, sentence
from fuling_gis.overlay import rivers
from fuling_gis.overlay.findings import Clerk
from fuling_gis.overlay.judging import Brief, Judged, judge
from fuling_gis.overlay.jurisdiction import Inside, cut_to
from fuling_gis.overlay.lists import Strings, Texts, constant, numbered, stacked
from fuling_gis.overlay.persons import Crowd, Persons
from fuling_gis.overlay.plan import Plan
from fuling_gis.overlay.questions import Asked, Desk, asked_of
from fuling_gis.overlay.result import SITE_COLUMNS, Batch, Column, Columns
from fuling_gis.overlay.shapes import Floats
from fuling_gis.overlay.sitetree import in_space
from fuling_gis.overlay.tally import Tally, tally
from fuling_gis.overlay.units import UnitsFound, units_of
from fuling_gis.rules.model import Ask, questions
from fuling_gis.sites.model import Sites
from fuling_gis.sites.unsaid import Said
from fuling_gis.verdicts import LEVELS

# Rows that are screened in one go: large enough for arrays to pay, small enough for memory.
BATCH_ROWS = 24_576
# Rows that are nothing but points take less memory.
POINTS_AT_ONCE = 3 * BATCH_ROWS


@dataclass(frozen=True)
class Screened:
    """A batch's tables, and what a run's manifest must know of it."""

    batch: Batch
    # Rule id to the layers for want of which it was unchecked at some site.
    unchecked: Mapping[str, tuple[str, ...]]
    # What the judged sites say of themselves.
    said: tuple[Said, ...]


def screen_batch(plan: Plan, sites: Sites, *, after_many: bool = False) -> Screened:
    """Put the plan's rules to some sites.

    after_many: many sites were put to the plan before: what the compiled way needs is there already, and a few more are
    sooner answered by it than GEOS could be made ready for them.
    Raises CrsError where sites and layers are of different CRSs: nothing is joined that does not fit.
    """
    if plan.crs and len(sites) and not same(sites.crs, plan.crs):
        raise CrsError(sentence("errors_run.sites_elsewhere", sites=sites.crs, layers=plan.crs))
    usable = np.flatnonzero(sites.status != "rejected")
    whole = asked_of(sites.geometry[usable], sites.accuracy_m[usable], least=1 if after_many else None)
    order = in_space(whole.middle)
    usable, whole = usable[order], whole.arranged(order)
    district = plan.book.area(plan.book.jurisdiction)
    border = plan.book.layers.get(plan.book.jurisdiction)
    inside = cut_to(whole, district, whole.accuracy_m + (border.accuracy_m if border is not None else 0.0))
    kept = np.flatnonzero(~inside.outside)
    rows, asked = usable[kept], inside.asked.take(~inside.outside)
    said = {name: numbered(getattr(sites, name)) for name in ("activity", "industry_code", "nature")}
    crowd = _crowd(plan, sites, said, rows)
    judged, unknown = _all_judged(plan, asked, crowd)
    units = units_of(asked, sites.row[rows], plan.units)
    site_id = Strings(sites.site_id)
    verdicts = tally(judged, len(rows), asked=any(LEVELS[rule.effect] for rule in plan.asked))
    told = _Told(usable, rows, site_id, said, whole.area_m2, inside, asked, verdicts, units, unknown)
    table = _site_table(plan, sites, told)
    features = (plan.features, plan.texts, plan.names)
    clerk = Clerk(asked, plan.book, sites.row[rows], rows, site_id, asked.area_m2, *features)
    return Screened(Batch(table, sites.geometry, clerk.findings(judged), units.table), _unchecked(judged), crowd.said())


def _all_judged(plan: Plan, asked: Asked, crowd: Crowd) -> tuple[list[Judged], Texts]:
    """Judge all rules that say something of any site, and tell what of activities and natures is not known."""
    people = crowd.people
    if not len(asked):
        return [], crowd.unknown_words(plan.lang)
    binding = people.once("binding", lambda: [brief for brief in plan.briefs if brief.binds(people)])
    desk = Desk(asked, plan.book, crowd.once("needed", lambda: _needed(binding, crowd)))
    judged = [judge(brief, desk, crowd) for brief in binding]
    return [one for one in judged if len(one.rows)], crowd.unknown_words(plan.lang)


@dataclass(frozen=True)
class _Told:
    """What was found out about the usable and the judged sites."""

    # Positions of the usable rows in the batch, and of the judged ones.
    usable: NDArray[np.int64]
    rows: NDArray[np.int64]
    # Of all rows of the batch.
    site_id: Strings
    said: Mapping[str, Texts]
    # The area of each usable site, with what of it lies outside.
    area_m2: Floats
    inside: Inside
    asked: Asked
    tally: Tally
    units: UnitsFound
    # What of the judged sites' activities and natures is not known.
    unknown: Texts


def _crowd(plan: Plan, sites: Sites, said: Mapping[str, Texts], rows: NDArray[np.int64]) -> Crowd:
    facts = {name: sites.facts[name][rows] for name in plan.facts if name in sites.facts}
    activity, industry_code, nature = (said[name].take(rows) for name in ("activity", "industry_code", "nature"))
    return Crowd.of(Persons(activity, industry_code, nature, facts, plan.register()))


def _needed(briefs: Sequence[Brief], crowd: Crowd) -> dict[Ask, Mask]:
    """Tell for each question the sites that some rule binds, under any reading: only they need its answer."""
    kinds: dict[Ask, Mask] = {}
    for brief in briefs:
        for duty in brief.duties:
            bound = crowd.people.bound(duty.who).value > NO
            for question in questions(duty.where):
                kinds[question] = kinds[question] | bound if question in kinds else bound
    return {question: there.take(crowd.kind) for question, there in kinds.items()}


def _unchecked(judged: list[Judged]) -> dict[str, tuple[str, ...]]:
    found = {}
    for one in judged:
        layers = sorted(layer for layer, mask in one.wanting.items() if mask.any())
        if layers:
            found[one.rule.id] = tuple(layers)
    return found


def _site_table(plan: Plan, sites: Sites, told: _Told) -> Columns:
    n = len(sites)
    columns: dict[str, Column] = {
        # A copy: what is done to the table must not be done to the sites.
        "row": sites.row.copy(),
        "source": numbered(sites.source),
        "site_id": told.site_id,
        "name": Strings(sites.name),
        "activity": told.said["activity"],
        "nature": told.said["nature"],
        "status": numbered(sites.status),
    }
    for name, values in (("verdict", told.tally.verdict), ("possible", told.tally.possible)):
        outer = stacked([Texts((sites.status == "rejected").astype(np.int32), ("outside", "rejected"))])
        columns[name] = _spread(values, told.rows, outer)
    blank = constant("", n)
    for name, values in told.tally.lists.items():
        columns[name] = _spread(values, told.rows, blank)
    for name, codes in (("units", told.units.sure), ("units_maybe", told.units.possible)):
        columns[name] = _spread(codes, told.rows, blank)
    nothing = np.full(n, np.nan)
    columns["inside_share"] = _placed(told.inside.share, told.usable, nothing.copy())
    columns["area_m2"] = _placed(np.where(told.area_m2 > 0, told.area_m2, np.nan), told.usable, nothing.copy())
    if plan.measures:
        measures = rivers.distances(told.asked, plan.book)
    else:
        measures = {name: np.full(len(told.rows), np.nan) for name in rivers.COLUMNS}
    for name, measured in measures.items():
        columns[name] = _placed(measured, told.rows, nothing.copy())
    columns["problem"] = numbered(_problems(plan, sites, told))
    return Columns({name: columns[name] for name in SITE_COLUMNS})


def _placed(values: NDArray[np.generic], rows: NDArray[np.int64], into: NDArray[np.generic]) -> NDArray[np.generic]:
    into[rows] = values
    return into


def _spread(values: Texts, rows: NDArray[np.int64], others: Texts) -> Texts:
    """Put the texts of some rows among those of the others."""
    if len(rows) == len(others) == 1:
        # A site that comes alone.
        return stacked([values])
    both = stacked([others, values])
    codes = both.codes[: len(others.codes)].copy()
    codes[rows] = both.codes[len(others.codes) :]
    return Texts(codes, both.words)


def _problems(plan: Plan, sites: Sites, told: _Told) -> NDArray[np.object_]:
    """Add to what the reader found what the engine found: parts outside, activities that are not known."""
    out = sites.problem.copy()
    share = told.inside.share
    partly = (share > 0) & (share < 1)
    whole = ~told.inside.outside & (share == 0)
    unknown = told.unknown.codes > 0
    # Rows with something to say, one by one: each gets a sentence of its own.
    for i, percent in zip(told.usable[partly], share[partly], strict=True):
        out[i] = _with(out[i], label("engine.partly_inside", plan.lang, percent=f"{100 * percent:.2f}"))
    for i in told.usable[whole]:
        out[i] = _with(out[i], label("engine.judged_whole", plan.lang))
    rows, texts = told.rows[unknown], np.array(told.unknown.words, dtype=object)[told.unknown.codes[unknown]]
    silent = out[rows] == ""
    out[rows[silent]] = texts[silent]
    for i, text in zip(rows[~silent], texts[~silent], strict=True):
        out[i] = _with(out[i], text)
    return out


def _with(text: str, more: str) -> str:
    return f"{text}; {more}" if text else more
