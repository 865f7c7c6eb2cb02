"""Effects of rules, levels, and the verdict of a site.

CONTRACT section 2 in data and three functions. It does not know how a rule came to its answer.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

# Effect of a rule to its level; `lifted` is a rule whose yes an exemption has lifted.
LEVELS: Final = MappingProxyType(
    {
        "prohibit": 4,
        "exit": 3,
        "restrict": 2,
        "lifted": 2,
        "condition": 1,
        "advise": 1,
        "monitor": 1,
        "encourage": 0,
    }
)

EFFECTS: Final = tuple(name for name in LEVELS if name != "lifted")

# Verdict of a site whose worst rule has this level.
VERDICT_OF_LEVEL: Final = MappingProxyType({4: "prohibited", 3: "exit", 2: "restricted", 1: "advised"})

# Worst first; `rejected` stands beside the order.
ORDER: Final = ("prohibited", "exit", "restricted", "undecided", "advised", "clear", "outside")
VERDICTS: Final = (*ORDER, "rejected")


def at_least_as_bad(verdict: str, limit: str) -> bool:
    """Tell whether a verdict is as bad as a limit or worse; `rejected` only matches itself."""
    if "rejected" in (verdict, limit):
        return verdict == limit
    return ORDER.index(verdict) <= ORDER.index(limit)
