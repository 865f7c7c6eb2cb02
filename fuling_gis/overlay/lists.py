"""Turns yes/no columns into text lists such as `FL-056;FL-146`, one text for each distinct pattern."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fuling_gis.answers import Mask


@dataclass(frozen=True)
class Texts:
    """A column of few distinct texts: the number of each row's text."""

    codes: NDArray[np.int64]
    # Distinct, in the order of their numbers.
    words: tuple[str, ...]

    def take(self, rows: NDArray[np.int64] | Mask) -> Texts:
        """Give some of the rows."""
        return Texts(self.codes[rows], self.words)

    @property
    def column(self) -> pd.Categorical[str]:
        """The column as pandas holds such."""
        return pd.Categorical.from_codes(self.codes, categories=pd.Index(list(self.words), dtype="str"))


def joined_names(masks: Mapping[str, Mask], n: int) -> Texts:
    """Give for each of n rows the names whose mask is True there, in the mapping's order, joined by `;`."""
    codes = np.zeros(n, np.int64)
    names = [name for name, mask in masks.items() if mask.any()]
    if not names:
        return Texts(codes, ("",))
    bits = np.stack([masks[name] for name in names], axis=1)
    rows = np.flatnonzero(bits.any(axis=1))
    packed = np.packbits(bits[rows], axis=1)
    keys = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, pattern = np.unique(keys, return_index=True, return_inverse=True)
    texts = [";".join(name for name, on in zip(names, bits[rows[i]], strict=True) if on) for i in first]
    codes[rows] = 1 + pattern
    return Texts(codes, ("", *texts))


def constant(text: str, n: int) -> Texts:
    """Give n rows of one text."""
    return Texts(np.zeros(n, np.int64), (text,))


def stacked(columns: Sequence[Texts]) -> Texts:
    """Put columns one below the other."""
    number: dict[str, int] = {}
    codes = []
    for column in columns:
        new = np.array([number.setdefault(word, len(number)) for word in column.words], np.int64)
        codes.append(new[column.codes])
    return Texts(np.concatenate(codes) if codes else np.zeros(0, np.int64), tuple(number))
