"""What is counted over all batches: sites by verdict, findings by rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fuling_gis.outputs.part import Part, whole
from fuling_gis.verdicts import VERDICTS

STATES: Final = ("ok", "repaired", "rejected")


class Tally:
    """Counts that grow with each batch and never hold a row."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self.rows = 0
        self.findings = 0
        self.units = 0
        # Column of the sites (verdict, possible, status) to the sites that have each value.
        self._sites: dict[str, Counter[str]] = {name: Counter() for name in ("verdict", "possible", "status")}
        # (rule id, answer) to sites; the answer is yes, maybe, lifted or unchecked.
        self._rules: Counter[tuple[str, str]] = Counter()

    def add(self, part: Part) -> None:
        """Count one batch."""
        self.rows += part.sites.num_rows
        self.findings += part.findings.num_rows
        self.units += len(part.batch.unit_columns)
        for name, counter in self._sites.items():
            counter.update(_counted(part.sites[name]))
        for pair, sites in _sites_by_rule(part.findings).items():
            self._rules[pair] += sites
        for listed, sites in _counted(part.sites["unchecked_by"]).items():
            for rule_id in listed.split(";"):
                self._rules[rule_id, "unchecked"] += sites

    def verdicts(self) -> dict[str, int]:
        """Give the sites of each verdict, worst first, zeros included."""
        return _in_order(self._sites["verdict"], VERDICTS)

    def possible(self) -> dict[str, int]:
        """Give the sites of each `possible`, worst first, zeros included."""
        return _in_order(self._sites["possible"], VERDICTS)

    def states(self) -> dict[str, int]:
        """Give the sites of each status, zeros included."""
        return _in_order(self._sites["status"], STATES)

    def sites_of(self, rule_id: str, answer: str) -> int:
        """Give the number of sites at which a rule has an answer: yes, maybe, lifted or unchecked."""
        return self._rules[rule_id, answer]


def _counted(column: pa.ChunkedArray) -> dict[str, int]:
    words, codes = _coded(column)
    counts = np.bincount(codes, minlength=len(words)).tolist()
    found: Counter[str] = Counter()
    for word, count in zip(words, counts, strict=True):
        if word and count:
            found[word] += count
    return found


def _coded(column: pa.ChunkedArray) -> tuple[list[str | None], NDArray[np.int32]]:
    """Number the words of a column; words may repeat."""
    words = whole(column)
    if not isinstance(words, pa.DictionaryArray):
        words = words.dictionary_encode()
    listed = [*words.dictionary.to_pylist(), None]
    number = words.indices.fill_null(len(listed) - 1) if words.null_count else words.indices
    return listed, number.to_numpy(zero_copy_only=False)


def _sites_by_rule(findings: pa.Table) -> dict[tuple[str, str], int]:
    """Count the sites of each rule and answer: a rule has one answer at each site, and a row per contributing part.

    Those rows follow one another, for findings are in the order of row, level and rule.
    """
    rules, rule = _coded(findings["rule_id"])
    answers, answer = _coded(findings["answer"])
    row = findings["row"].to_numpy()
    pair = rule * len(answers) + answer
    first = np.ones(len(row), bool)
    first[1:] = (row[1:] != row[:-1]) | (pair[1:] != pair[:-1])
    counts = np.bincount(pair[first])
    return {
        (str(rules[number // len(answers)]), str(answers[number % len(answers)])): int(counts[number])
        for number in np.flatnonzero(counts)
    }


def _in_order(counts: Mapping[str, int], names: tuple[str, ...]) -> dict[str, int]:
    """Put the known names first, in their order; a name beside them stands last, so that no site is lost."""
    more = sorted(set(counts) - set(names))
    return {name: counts.get(name, 0) for name in (*names, *more)}
