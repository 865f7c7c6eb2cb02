"""What a screening gives: tables with the contract's columns, and what was run. No file is written here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fuling_gis.labels import Lang
from fuling_gis.layers.model import Layer
from fuling_gis.overlay.lists import Strings, TakenStrings, TakenTexts, Texts
from fuling_gis.overlay.seen import SeenRange
from fuling_gis.rules.model import Reading, Rule

SITE_COLUMNS = (
    "row", "source", "site_id", "name", "activity", "nature", "verdict", "possible", "prohibited_by", "exit_by",
    "restricted_by", "advised_by", "maybe_by", "lifted_by", "unchecked_by", "depends_on", "units", "units_maybe",
    "inside_share", "area_m2", "to_main_m", "to_wu_m", "to_tributary_m", "status", "problem",
)  # fmt: skip

FINDING_COLUMNS = (
    "row", "site_id", "rule_id", "effect", "answer", "cause", "predicate", "part_answer", "layer", "feature_id",
    "feature_name", "overlap_m2", "overlap_share", "distance_m", "threshold_m", "margin_m", "tolerance_m", "readings",
    "title", "clause", "quote", "basis", "exemption", "more_features",
)  # fmt: skip

UNIT_COLUMNS = ("row", "code", "category", "dimension", "item")


# Numbered texts, texts as pandas holds them, or measures with NaN for none.
Column: TypeAlias = "Texts | TakenTexts | Strings | TakenStrings | pd.api.extensions.ExtensionArray | NDArray[Any]"


@dataclass(frozen=True, eq=False)
class LaterColumns(Mapping[str, Column]):
    """Columns that are made, all of them, when somebody looks at one."""

    names: tuple[str, ...]
    # How long they are.
    rows: int
    make: Callable[[], Mapping[str, Column]]

    @cached_property
    def _made(self) -> Mapping[str, Column]:
        return self.make()

    def __getitem__(self, name: str) -> Column:
        """Give a column."""
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        """Give the names in their order."""
        return iter(self.names)

    def __len__(self) -> int:
        """Tell how many columns there are."""
        return len(self.names)


@dataclass(frozen=True)
class Columns:
    """The columns of a table, all of one length, by name and in their order.

    A frame is made of them when somebody looks at it: for one site that takes about as long as to screen it.
    """

    values: Mapping[str, Column]

    def __len__(self) -> int:
        if isinstance(self.values, LaterColumns):
            return self.values.rows
        return len(next(iter(self.values.values())))

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The table as a frame; numbered texts are categorical."""
        kinds = Texts | TakenTexts | Strings | TakenStrings
        made = {name: one.column if isinstance(one, kinds) else one for name, one in self.values.items()}
        return pd.DataFrame(made, columns=[*self.values], copy=False)

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Columns:
        """Take a frame as it is."""
        columns = cls({str(name): frame[name].array for name in frame.columns})
        columns.__dict__["frame"] = frame
        return columns


@dataclass(frozen=True)
class Batch:
    """The result of one run of rows."""

    # SITE_COLUMNS, one row per site in input order.
    site_columns: Columns
    # The sites' geometry in the working CRS, None where rejected; shape (n,).
    geometry: NDArray[np.object_]
    # FINDING_COLUMNS, ordered by row, level (worst first), rule, distance.
    finding_columns: Columns
    # UNIT_COLUMNS.
    unit_columns: Columns

    @property
    def sites(self) -> pd.DataFrame:
        """The sites as a frame; text columns are str or categorical, measures float with NaN for none."""
        return self.site_columns.frame

    @property
    def findings(self) -> pd.DataFrame:
        """The findings as a frame."""
        return self.finding_columns.frame

    @property
    def units(self) -> pd.DataFrame:
        """The units' items as a frame."""
        return self.unit_columns.frame


@dataclass(frozen=True)
class Run:
    """What was run, said once for all rows."""

    as_of: dt.date
    lang: Lang
    # Working CRS, as `EPSG:n`.
    crs: str
    # Reading to the value in force.
    readings: Mapping[str, str]
    # Every layer that a question was put to or that the map may draw, by id, as loaded.
    layers: Mapping[str, Layer]
    # Layers that rules ask for and the workspace does not have on that day, to the ids of the rules.
    missing_layers: Mapping[str, tuple[str, ...]]
    # The rules in force on that day, in the order of the rule files.
    rules: tuple[Rule, ...]
    # Those of them that bind everywhere, by id.
    everywhere: tuple[str, ...]
    # Sentences that every output shows, {"zh": ..., "en": ...} each.
    notices: tuple[Mapping[str, str], ...]
    # The readings that the rules declare, by key.
    reading_terms: Mapping[str, Reading] = field(default_factory=dict)
    # Rule id to the layers for want of which it was unchecked at some site; filled when all batches are done.
    unchecked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # The visible ranges that rules ask for under the readings in force, as far as all of them is known.
    ranges: tuple[SeenRange, ...] = ()
    # The layer that bounds what is judged, by id.
    jurisdiction: str = "district"
    # What else a manifest should say, JSON values: inputs and their hashes, options, versions, workspace name,
    # catalogue and rule-set hashes.
    facts: Mapping[str, object] = field(default_factory=dict)
