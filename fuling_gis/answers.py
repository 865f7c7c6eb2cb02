"""The three answers and their algebra: yes, maybe, no, where every maybe carries its causes.

This is the only module that knows how answers combine. It knows nothing of geometry, law or files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

NO, MAYBE, YES = 0, 1, 2

# Greater numbers are made small again.
_ROOM: Final = 1 << 14

# int8 of shape (n,), each 0, 1 or 2.
Ternary: TypeAlias = NDArray[np.int8]
# bool of shape (n,).
Mask: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True)
class Answers:
    """One answer for each of n sites.

    A cause is True only at sites whose answer is maybe, and every maybe has at least one cause.
    """

    # 2 yes, 1 maybe, 0 no; shape (n,).
    value: Ternary
    # Name of a cause (`tolerance`, `fact:activity`, `coverage:river` ...) to the sites that have it.
    causes: Mapping[str, Mask] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.value)

    def take(self, rows: NDArray[np.int64] | Mask) -> Answers:
        """Give the answers of some of the sites, in the order of `rows`."""
        kept = {name: mask[rows] for name, mask in self.causes.items()}
        return Answers(self.value[rows], {name: mask for name, mask in kept.items() if mask.any()})

    def of(self, rows: NDArray[np.int64]) -> Answers:
        """Give the answers of some of the sites, ascending; the same object where all are meant."""
        return self if len(rows) == len(self.value) else self.take(rows)

    @cached_property
    def first(self) -> tuple[object, ...]:
        """The answer of the first site: its value, then its causes."""
        return (int(self.value[0]), *(name for name, mask in self.causes.items() if mask[0]))

    @cached_property
    def kinds(self) -> tuple[NDArray[np.integer[Any]], int]:
        """Number the sites by their answer: those with the same value and causes alike. And a bound of the numbers."""
        number: NDArray[np.integer[Any]] = self.value.astype(np.int32)
        bound = 3
        for mask in self.causes.values():
            if bound > _ROOM:
                number, distinct = pd.factorize(number)
                bound = len(distinct)
            number = number + mask * np.int32(bound)
            bound *= 2
        return number.astype(np.min_scalar_type(bound)), bound


def always(value: int, n: int, cause: str | None = None) -> Answers:
    """Answer the same for all n sites; a maybe needs its cause."""
    if value == MAYBE and cause is None:
        msg = "a maybe needs a cause"
        raise ValueError(msg)
    causes = {cause: np.ones(n, bool)} if value == MAYBE and cause and n else {}
    return Answers(np.full(n, value, np.int8), causes)


def answered(value: Ternary, cause: str) -> Answers:
    """Wrap plain answers whose maybes all have the one cause."""
    maybe = value == MAYBE
    return Answers(value.astype(np.int8, copy=False), {cause: maybe} if maybe.any() else {})


def gathered(value: Ternary, members: Sequence[Answers]) -> Answers:
    """Give each maybe of `value` the causes of the members that are maybe there."""
    maybe = value == MAYBE
    causes: dict[str, Mask] = {}
    for member in members:
        for name, mask in member.causes.items():
            here = mask & maybe
            if here.any():
                causes[name] = causes[name] | here if name in causes else here
    return Answers(value.astype(np.int8, copy=False), causes)


def all_of(members: Sequence[Answers]) -> Answers:
    """Answer *and*: the least of the members. At least one member."""
    return gathered(np.minimum.reduce([m.value for m in members]), members)


def any_of(members: Sequence[Answers]) -> Answers:
    """Answer *or*: the greatest of the members. At least one member."""
    return gathered(np.maximum.reduce([m.value for m in members]), members)


def not_(answers: Answers) -> Answers:
    """Answer *not*: yes and no change places, a maybe stays with its causes."""
    return Answers((2 - answers.value).astype(np.int8), answers.causes)


def between(low: Answers, high: Answers, cause: str) -> Answers:
    """Join the answers of the two ends of an unknown: equal answers stand, different ones are a maybe.

    The maybe has `cause` and whatever makes either end a maybe.
    """
    differ = low.value != high.value
    value = np.where(differ, np.int8(MAYBE), low.value)
    joined = gathered(value, [low, high])
    if not differ.any():
        return joined
    causes = dict(joined.causes)
    causes[cause] = causes[cause] | differ if cause in causes else differ
    return Answers(joined.value, causes)
