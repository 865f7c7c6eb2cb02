"""Switches on readings inside a rule as it stands in a file: `{reading: KEY, is: {VALUE: ...}}` in place of a value.

The loader tries every combination of the values, so that nobody after it sees a switch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from fuling_gis.rules.model import Assignment, Reading

_KEYS = {"reading", "is"}


def is_switch(value: Any) -> bool:
    """Tell whether a value of a rule file is a switch."""
    return isinstance(value, dict) and set(value) == _KEYS and isinstance(value["is"], dict)


def switched(value: Any) -> Iterator[str]:
    """Walk the keys of the readings that a value hangs on, repeated ones too."""
    if is_switch(value):
        yield str(value["reading"])
        value = value["is"]
    if isinstance(value, dict):
        for member in value.values():
            yield from switched(member)
    elif isinstance(value, list):
        for member in value:
            yield from switched(member)


def chosen(value: Any, readings: Mapping[str, str]) -> Any:
    """Give a value with every switch replaced by what it holds under a choice of readings."""
    if is_switch(value):
        return chosen(value["is"][readings[value["reading"]]], readings)
    if isinstance(value, dict):
        return {key: chosen(member, readings) for key, member in value.items()}
    if isinstance(value, list):
        return [chosen(member, readings) for member in value]
    return value


def assignments(keys: Sequence[str], readings: Mapping[str, Reading]) -> Iterator[Assignment]:
    """Walk all combinations of the values of some readings; the empty one where there are none.

    keys: sorted, as in `Rule.readings`.
    """
    for values in product(*(readings[key].values for key in keys)):
        yield tuple(zip(keys, values, strict=True))
