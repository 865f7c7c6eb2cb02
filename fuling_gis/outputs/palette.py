"""One colour and one name for each verdict, in every output.

The colours stand in `colours.yaml`, the names in `words/outputs.yaml`. How a mark is drawn is left to each output.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuling_gis.answers import Mask
from fuling_gis.labels import Lang, label
from fuling_gis.verdicts import ORDER, VERDICTS
from fuling_gis.yamlfile import read_yaml

_FILE = Path(__file__).parent / "colours.yaml"


def colour(verdict: str) -> str:
    """Give the fill of a verdict as `#RRGGBB`; KeyError for a word that is no verdict."""
    return verdict_colours()[verdict]


@cache
def verdict_colours() -> Mapping[str, str]:
    """Give the fill of every verdict, worst first, as `#RRGGBB`."""
    fills: dict[str, str] = _colours()["verdicts"]
    return {verdict: fills[verdict] for verdict in VERDICTS}


def outline() -> str:
    """Give the colour of the line around a site."""
    return str(_colours()["outline"])


def mark() -> str:
    """Give the colour of the hatching or ring of a site whose `possible` is worse than its verdict."""
    return str(_colours()["mark"])


def water() -> str:
    """Give the colour of rivers; no verdict has it."""
    return str(_colours()["water"])


def verdict_name(verdict: str, lang: Lang) -> str:
    """Name a verdict for people."""
    return label(f"outputs.verdict_{verdict}", lang)


def marked(verdict: NDArray[np.object_], possible: NDArray[np.object_]) -> Mask:
    """Tell at which sites `possible` is worse than `verdict`, so that the site wears a mark.

    A rejected site never does: nothing was asked of it.
    """
    return _rank(possible) < _rank(verdict)


def _rank(verdicts: NDArray[np.object_]) -> NDArray[np.int8]:
    rank = np.full(len(verdicts), len(ORDER), np.int8)
    for place, name in enumerate(ORDER):
        rank[verdicts == name] = place
    return rank


@cache
def _colours() -> dict[str, Any]:
    found: dict[str, Any] = read_yaml(_FILE).value
    return found
