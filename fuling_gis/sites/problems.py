"""What is wrong with each row, gathered sentence by sentence."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fuling_gis.labels import Lang, label


class Problems:
    """The growing column `problem` of a batch, in one language."""

    def __init__(self, rows: int, lang: Lang) -> None:
        self.text = np.full(rows, "", dtype=object)
        self.lang = lang

    def say(self, where: NDArray[np.bool_], entry: str, **values: object) -> None:
        """Add one sentence to all rows of a mask."""
        if where.any():
            self.add(where, label(f"sites.{entry}", self.lang, **values))

    def say_each(self, where: NDArray[np.bool_], entry: str, **columns: NDArray[np.object_]) -> None:
        """Add a sentence to each row of a mask, filled from columns as long as the batch."""
        rows = np.flatnonzero(where)
        if len(rows):
            # Each row has values of its own, and rows with problems are few.
            told = [label(f"sites.{entry}", self.lang, **{k: v[row] for k, v in columns.items()}) for row in rows]
            self.add(where, np.array(told, dtype=object))

    def add(self, where: NDArray[np.bool_], sentence: str | NDArray[np.object_]) -> None:
        """Add ready sentences to the rows of a mask, behind what stands there."""
        before = self.text[where]
        self.text[where] = np.where(before == "", sentence, before + "; " + sentence)
