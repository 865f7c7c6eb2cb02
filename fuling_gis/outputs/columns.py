"""The columns of the tables: what each holds, and its title for people.

Names and order of the columns are those of `overlay.result`; here stands only how they are written.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from fuling_gis.labels import Lang, label

# An integer, text, metres or square metres (0.01), or a share of 1 (six decimals).
Kind: TypeAlias = Literal["integer", "text", "measure", "share"]

# Columns that are not text. Every output takes a column that is not named here as text.
_KINDS: Final = MappingProxyType(
    {
        "row": "integer",
        "more_features": "integer",
        "level": "integer",
        "sites_yes": "integer",
        "sites_maybe": "integer",
        "sites_lifted": "integer",
        "sites_unchecked": "integer",
        "inside_share": "share",
        "overlap_share": "share",
        "area_m2": "measure",
        "to_main_m": "measure",
        "to_wu_m": "measure",
        "to_tributary_m": "measure",
        "overlap_m2": "measure",
        "distance_m": "measure",
        "threshold_m": "measure",
        "margin_m": "measure",
        "tolerance_m": "measure",
    }
)

# Decimals of a number as text.
DECIMALS: Final = MappingProxyType({"measure": 2, "share": 6})

# Columns of findings that only repeat what the rule says.
RULE_TEXTS: Final = ("title", "clause", "quote", "basis")

RULE_COLUMNS: Final = (
    "rule_id", "effect", "level", "title", "clause", "quote", "basis", "laws", "valid_from", "valid_to",
    "everywhere", "sites_yes", "sites_maybe", "sites_lifted", "sites_unchecked", "readings",
)  # fmt: skip


def kind(column: str) -> Kind:
    """Tell what a column holds."""
    return _KINDS.get(column, "text")  # type: ignore[return-value]


def title(column: str, lang: Lang) -> str:
    """Name a column for people."""
    return label(f"outputs.column_{column}", lang)
