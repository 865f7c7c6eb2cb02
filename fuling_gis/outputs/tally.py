"""What is counted over all batches: sites by verdict, findings by rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from fuling_gis.outputs.part import Part
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
        self.units += part.units.num_rows
        for name, counter in self._sites.items():
            counter.update(_counted(part.sites[name]))
        # A rule has one row per contributing part, and one answer at each site.
        answered = part.findings.select(["row", "rule_id", "answer"]).unify_dictionaries()
        per_site = answered.group_by(["row", "rule_id", "answer"]).aggregate([])
        per_rule = per_site.group_by(["rule_id", "answer"]).aggregate([("row", "count")])
        for line in per_rule.to_pylist():
            self._rules[line["rule_id"], line["answer"]] += line["row_count"]
        unchecked = pc.split_pattern(part.sites["unchecked_by"].cast(pa.string()), ";")
        for rule_id, sites in _counted(pc.list_flatten(unchecked)).items():
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
    counts = pc.value_counts(column.cast(pa.string())).to_pylist()
    return {pair["values"]: pair["counts"] for pair in counts if pair["values"]}


def _in_order(counts: Mapping[str, int], names: tuple[str, ...]) -> dict[str, int]:
    """Put the known names first, in their order; a name beside them stands last, so that no site is lost."""
    more = sorted(set(counts) - set(names))
    return {name: counts.get(name, 0) for name in (*names, *more)}
