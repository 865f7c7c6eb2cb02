"""Turns yes/no columns into text lists such as `FL-056;FL-146`, one text for each distinct pattern."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from fuling_gis.answers import Mask


def joined_names(masks: Mapping[str, Mask], n: int) -> NDArray[np.object_]:
    """Give for each of n rows the names whose mask is True there, in the mapping's order, joined by `;`."""
    out = np.full(n, "", dtype=object)
    names = [name for name, mask in masks.items() if mask.any()]
    if not names:
        return out
    bits = np.stack([masks[name] for name in names], axis=1)
    rows = np.flatnonzero(bits.any(axis=1))
    packed = np.packbits(bits[rows], axis=1)
    keys = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, pattern = np.unique(keys, return_index=True, return_inverse=True)
    texts = [";".join(name for name, on in zip(names, bits[rows[i]], strict=True) if on) for i in first]
    out[rows] = np.array(texts, dtype=object)[pattern]
    return out


def factorised(columns: list[NDArray[np.object_]], n: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Number the distinct combinations of some text columns.

    Gives the number of each of the n rows' combination, and for each combination the first row that has it.
    """
    code = np.zeros(n, np.int64)
    for column in columns:
        _, of_column = np.unique(column.astype(str), return_inverse=True)
        _, code = np.unique(code * (int(of_column.max(initial=0)) + 1) + of_column, return_inverse=True)
    _, first, code = np.unique(code, return_index=True, return_inverse=True)
    return code.astype(np.int64), first.astype(np.int64)
