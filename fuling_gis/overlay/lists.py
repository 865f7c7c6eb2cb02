"""Turns yes/no columns into text lists such as `FL-056;FL-146`, one text for each distinct pattern."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from fuling_gis.answers import Mask

# Names that one number of a pattern can hold.
_BITS: Final = 64
# So few rows are numbered one by one.
_FEW_ROWS: Final = 16
# So many are sorted digit by digit.
_MANY_ROWS: Final = 4096
# Columns of so few words come again and again.
_FEW_WORDS: Final = 8


@dataclass(frozen=True)
class Texts:
    """A column of few distinct texts: the number of each row's text."""

    codes: NDArray[np.int32]
    # Distinct, in the order of their numbers.
    words: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, row: int) -> str:
        """The text of a row."""
        return self.words[int(self.codes[row])]

    def take(self, rows: NDArray[np.integer[Any]]) -> Texts:
        """Give some of the rows."""
        # Of columns of one text, which are many, any rows are the same.
        if len(self.words) == 1:
            enough = len(rows) <= len(self.codes)
            return Texts(self.codes[: len(rows)] if enough else np.zeros(len(rows), np.int32), self.words)
        return Texts(self.codes.take(rows), self.words)

    @property
    def column(self) -> pd.Categorical[str]:
        """The column as pandas holds such."""
        used = self.used
        kind: Any = _few(used.words) if len(used.words) <= _FEW_WORDS else _many(used.words)
        column: pd.Categorical[str] = pd.Categorical.from_codes(used.codes, dtype=kind)
        return column

    @property
    def used(self) -> Texts:
        """The same texts with fewer words, where there are more words than rows.

        Of a layer's many names a few rows have few.
        """
        if len(self.words) <= max(len(self.codes), _FEW_WORDS):
            return self
        used, number = np.unique(self.codes, return_inverse=True)
        return Texts(number.astype(np.int32), tuple(self.words[i] for i in used))


@dataclass(frozen=True)
class Later:
    """A column of few distinct texts that is made when somebody looks at it."""

    make: Callable[[], Texts]

    @cached_property
    def texts(self) -> Texts:
        """The texts themselves."""
        return self.make()


@dataclass(frozen=True)
class TakenTexts:
    """Some rows of a column of few distinct texts, worked out when somebody looks at them."""

    whole: Later
    # int32, for memory: of a finding there are many such columns.
    rows: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, rows: NDArray[np.int64]) -> TakenTexts:
        """Give some of the rows."""
        return TakenTexts(self.whole, self.rows.take(rows))

    @property
    def texts(self) -> Texts:
        """The texts themselves."""
        return self.whole.texts.take(self.rows)

    @property
    def column(self) -> pd.Categorical[str]:
        """The column as pandas holds such."""
        return self.texts.column


@dataclass(frozen=True)
class Strings:
    """A column of texts most of which are different; made as pandas holds such when somebody looks at it."""

    # Object of str, shape (n,).
    values: NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: NDArray[np.int64]) -> TakenStrings:
        """Give some of the rows, again and again if need be."""
        return TakenStrings(self, rows)

    @cached_property
    def column(self) -> pd.api.extensions.ExtensionArray:
        """The column as pandas holds such."""
        text = pa.array(self.values, type=pa.large_string())
        column: pd.api.extensions.ExtensionArray = pd.array(text, dtype="str")
        return column


@dataclass(frozen=True)
class TakenStrings:
    """Some rows of a column of texts."""

    whole: Strings
    rows: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, rows: NDArray[np.int64]) -> TakenStrings:
        """Give some of the rows."""
        return TakenStrings(self.whole, self.rows.take(rows))

    @cached_property
    def column(self) -> pd.api.extensions.ExtensionArray:
        """The column as pandas holds such."""
        return self.whole.column.take(self.rows)


def _many(words: tuple[str, ...]) -> pd.CategoricalDtype:
    return pd.CategoricalDtype(pd.Index(list(words), dtype="str"))


@lru_cache(maxsize=512)
def _few(words: tuple[str, ...]) -> pd.CategoricalDtype:
    """Give the type of a column of few words; to make one takes longer than to screen a site by a rule."""
    return _many(words)


def joined_names(masks: Mapping[str, Mask], n: int) -> Texts:
    """Give for each of n rows the names whose mask is True there, in the mapping's order, joined by `;`."""
    return joined_at({name: np.flatnonzero(mask) for name, mask in masks.items()}, n)


def joined_at(rows: Mapping[str, NDArray[np.int64]], n: int) -> Texts:
    """Give for each of n rows the names that stand there, in the mapping's order, joined by `;`.

    rows: of each name the rows that it stands at, in any order, again and again if need be.
    """
    names = [name for name, places in rows.items() if len(places)]
    codes = np.zeros(n, np.int32)
    if len(names) <= 1:
        for name in names:
            codes[rows[name]] = 1
        return Texts(codes, ("", *names))
    # Patterns of 64 names each are numbered, then the patterns of their numbers.
    pattern, patterns = np.zeros(n, np.int64), []
    for start in range(0, len(names), _BITS):
        bits = np.zeros(n, np.uint64)
        for place, name in enumerate(names[start : start + _BITS]):
            bits[rows[name]] |= np.uint64(1 << place)
        number, distinct = pd.factorize(bits)
        pattern = number if start == 0 else pd.factorize(pattern * len(distinct) + number)[0]
        patterns.append(bits)
    first = np.empty(int(pattern.max(initial=-1)) + 1, np.int64)
    first[pattern[::-1]] = np.arange(n)[::-1]
    given = tuple(names)
    texts = [_spelt(pattern, given) for pattern in zip(*(bits[first].tolist() for bits in patterns), strict=True)]
    # Two patterns never give the same text: names differ.
    blank = "" not in texts
    return Texts((pattern + blank).astype(np.int32), ("", *texts) if blank else tuple(texts))


@lru_cache(maxsize=1 << 14)
def _spelt(patterns: tuple[int, ...], names: tuple[str, ...]) -> str:
    """Join the names whose bits are set, 64 to a pattern."""
    found = []
    for number, bits in enumerate(patterns):
        left = bits
        while left:
            lowest = left & -left
            found.append(names[number * _BITS + lowest.bit_length() - 1])
            left ^= lowest
    return ";".join(found)


def words_of(values: NDArray[np.object_]) -> Texts:
    """Number the values of any kind of a layer's field, each as it is shown."""
    number: dict[str, int] = {}
    codes = [number.setdefault(_word(value), len(number)) for value in values]
    return Texts(np.array(codes, np.int32), tuple(number))


def _word(value: object) -> str:
    if value is None or value != value:  # noqa: PLR0124 - NaN differs from itself
        return ""
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def numbered(values: NDArray[np.object_]) -> Texts:
    """Number the distinct texts of a column; what is missing is an empty text."""
    if len(values) <= _FEW_ROWS:
        number: dict[str, int] = {}
        few = [number.setdefault(_text(value), len(number)) for value in values.tolist()]
        return Texts(np.array(few, np.int32), tuple(number))
    # Columns of one text are common, and soon told by it.
    if values[0] == values[len(values) // 2] and (values == values[0]).all():
        return constant(_text(values[0]), len(values))
    codes, words = pd.factorize(values)
    if (codes < 0).any():
        return numbered(np.array([_text(value) for value in values], dtype=object))
    return Texts(codes.astype(np.int32), tuple(words))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else _word(value)


def constant(text: str, n: int) -> Texts:
    """Give n rows of one text."""
    return Texts(np.zeros(n, np.int32), (text,))


def stacked(columns: Sequence[Texts]) -> Texts:
    """Put columns one below the other."""
    number: dict[str, int] = {}
    codes = []
    # The names of a layer come again and again, and are the same words then.
    seen: dict[int, NDArray[np.int32]] = {}
    for column in columns:
        if not len(column.codes):
            continue
        if len(column.codes) <= _FEW_ROWS:
            codes.append(
                np.array([number.setdefault(column.words[i], len(number)) for i in column.codes.tolist()], np.int32)
            )
            continue
        if id(column.words) not in seen:
            words = [number.setdefault(word, len(number)) for word in column.words]
            seen[id(column.words)] = np.array(words, np.int32)
        of_word = seen[id(column.words)]
        same = bool((of_word == np.arange(len(of_word))).all())
        codes.append(column.codes if same else of_word.take(column.codes))
    return Texts(np.concatenate(codes) if codes else np.zeros(0, np.int32), tuple(number))


def in_order(*keys: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Give the places of rows by their first number, from the least on, then by their next; equal ones as they stand.

    No number is negative. Many are sorted digit by digit, from the last one: numbers of 16 bits numpy only has to
    count, which is far faster than to compare larger ones.
    """
    if len(keys[0]) < _MANY_ROWS:
        return np.lexsort(keys[::-1]).astype(np.int64, copy=False)
    order = np.arange(len(keys[0]))
    for key in reversed(keys):
        rest, first = key, True
        while first or rest.any():
            order = order.take(np.argsort(rest.astype(np.uint16).take(order), kind="stable"))
            rest, first = rest >> 16, False
    return order
