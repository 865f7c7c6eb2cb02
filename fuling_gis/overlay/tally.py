"""Turns judged rules into the verdict of each site, and into the lists of rules behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fuling_gis.answers import MAYBE, YES, Mask
from fuling_gis.overlay.judging import Judged
from fuling_gis.overlay.lists import Texts, constant, joined_at
from fuling_gis.overlay.pieces import Indices
from fuling_gis.verdicts import LEVELS, VERDICT_OF_LEVEL

# Columns of rule ids by the level of the rules in them.
_BY_LEVEL = {"prohibited_by": 4, "exit_by": 3, "restricted_by": 2, "advised_by": 1}


@dataclass(frozen=True)
class Tally:
    """Verdicts and lists of rules for the judged sites of a batch."""

    verdict: Texts
    possible: Texts
    # Column name to texts.
    lists: dict[str, Texts]


def tally(judged: Sequence[Judged], n: int, *, asked: bool) -> Tally:
    """Count what the rules say that bind any of the sites.

    asked: whether there is any rule of level 1 or more; else nothing was asked, and all is undecided.
    """
    worst_yes, worst_maybe = np.zeros(n, np.int8), np.zeros(n, np.int8)
    unchecked = np.zeros(n, bool)
    for one in judged:
        if not LEVELS[one.rule.effect]:
            continue
        for worst, of_case in zip((worst_yes, worst_maybe), one.once("levels", lambda: _levels(one)), strict=True):  # noqa: B023
            if of_case is not None:
                worst[one.rows] = np.maximum(worst[one.rows], of_case[one.case])
        if one.unchecked.any():
            unchecked[one.where(one.unchecked)] = True
    if not asked:
        undecided = constant("undecided", n)
        return Tally(undecided, undecided, _lists(judged, n))
    return Tally(
        _verdicts(worst_yes, (worst_maybe > 0) | unchecked),
        _verdicts(_possible(worst_yes, worst_maybe, unchecked), unchecked),
        _lists(judged, n),
    )


def _levels(one: Judged) -> list[NDArray[np.int8] | None]:
    """Give the level of a rule in the cases where it says yes, 0 in the others, and where it says maybe; None: in none.

    A lifted rule has its own level.
    """
    weight = np.where(one.claimed, LEVELS["lifted"], LEVELS[one.rule.effect]).astype(np.int8)
    levels = (np.where(one.counted.value == answer, weight, np.int8(0)) for answer in (YES, MAYBE))
    return [level if level.any() else None for level in levels]


def _possible(worst_yes: NDArray[np.int8], worst_maybe: NDArray[np.int8], unchecked: Mask) -> NDArray[np.int8]:
    """Give the worst level that may hold; 0 where an unchecked rule leaves open what is below a restriction."""
    worst = np.maximum(worst_yes, worst_maybe)
    return np.where(unchecked & (worst < LEVELS["restrict"]), 0, worst).astype(np.int8)


def _verdicts(level: NDArray[np.int8], open_: Mask) -> Texts:
    names = ("clear", *(VERDICT_OF_LEVEL[k] for k in (1, 2, 3, 4)), "undecided")
    return Texts(np.where((level == 0) & open_, names.index("undecided"), level).astype(np.int32), names)


def _lists(judged: Sequence[Judged], n: int) -> dict[str, Texts]:
    """Give the columns that name rules and readings. Rules without effect are in none of them."""
    binding = [one for one in judged if LEVELS[one.rule.effect]]
    named: dict[str, dict[str, Indices]] = {
        column: {} for column in (*_BY_LEVEL, "maybe_by", "lifted_by", "unchecked_by")
    }
    for one in binding:
        for column, cases in one.once("lists", lambda: _listed(one)).items():  # noqa: B023
            named[column][one.rule.id] = one.where(cases)
    out = {column: joined_at(hits, n) for column, hits in named.items()}
    depends: dict[str, list[Indices]] = {}
    for one in binding:
        for name, mask in one.depends.items():
            depends.setdefault(name, []).append(one.where(mask))
    out["depends_on"] = joined_at({name: np.concatenate(depends[name]) for name in sorted(depends)}, n)
    return out


def _listed(one: Judged) -> dict[str, Mask]:
    """Give the columns that name a rule, and the cases where they do."""
    yes = one.answer.value == YES
    masks = {column: yes & ~one.claimed for column, level in _BY_LEVEL.items() if LEVELS[one.rule.effect] == level}
    masks |= {
        "maybe_by": one.counted.value == MAYBE,
        "lifted_by": yes & one.claimed,
        "unchecked_by": one.unchecked,
    }
    return {column: mask for column, mask in masks.items() if mask.any()}
