"""The CSV files of a run: sites, findings and units as batches come, rules at the end."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

import pyarrow as pa

from fuling_gis.labels import LANGS, label
from fuling_gis.notices import ABOUT_SITES
from fuling_gis.outputs.columns import RULE_COLUMNS, RULE_TEXTS
from fuling_gis.outputs.csvfile import CsvFile
from fuling_gis.outputs.part import Part
from fuling_gis.outputs.rules_table import rules_table
from fuling_gis.outputs.tally import Tally
from fuling_gis.overlay.result import FINDING_COLUMNS, SITE_COLUMNS, UNIT_COLUMNS, Run
from fuling_gis.rules.model import Words

# Above so many findings the texts of the rules stand in rules.csv only.
FINDINGS_WITH_TEXTS: Final = 50_000


class TableCsv:
    """sites.csv or units.csv: a table of the batches as it comes."""

    def __init__(self, folder: Path, table: Literal["sites", "units"]) -> None:
        """Begin the file in a folder."""
        self._table = table
        self._file = CsvFile(folder / f"{table}.csv", SITE_COLUMNS if table == "sites" else UNIT_COLUMNS)

    def add(self, part: Part) -> None:
        """Append the rows of a batch."""
        self._file.add(part.sites if self._table == "sites" else part.units)

    def finish(self, run: Run) -> None:  # noqa: ARG002 - every output is told the run
        """End the file."""
        self._file.close()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


class FindingsCsv:
    """findings.csv: one row per site, rule and contributing part."""

    def __init__(self, folder: Path) -> None:
        """Begin the file in a folder."""
        self._file = CsvFile(folder / "findings.csv", FINDING_COLUMNS)
        # Batches held back until it is known whether the texts of the rules are written; None once it is.
        self._held: list[pa.Table] | None = []
        self._count = 0

    def add(self, part: Part) -> None:
        """Append the findings of a batch."""
        self._count += part.findings.num_rows
        if self._held is not None:
            self._held.append(part.findings)
            if self._count > FINDINGS_WITH_TEXTS:
                for table in self._held:
                    self._file.add(without_texts(table))
                self._held = None
        else:
            self._file.add(without_texts(part.findings))

    def finish(self, run: Run) -> None:  # noqa: ARG002 - every output is told the run
        """Write what was held back, and end the file."""
        for table in self._held or []:
            self._file.add(table)
        self._held = None
        self._file.close()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


class RulesCsv:
    """rules.csv: each rule in force, in full, with the sites it answers for."""

    def __init__(self, folder: Path, tally: Tally) -> None:
        """Take the place of the file and the counts that will stand in it."""
        self._path = folder / "rules.csv"
        self._tally = tally

    def add(self, part: Part) -> None:
        """Take nothing: the tally counts."""

    def finish(self, run: Run) -> None:
        """Write the file."""
        file = CsvFile(self._path, RULE_COLUMNS)
        try:
            file.add(rules_table(run, self._tally))
        finally:
            file.close()

    def close(self) -> None:
        """Hold nothing open."""


def without_texts(findings: pa.Table) -> pa.Table:
    """Empty the columns of findings that repeat the rule's texts; the columns stay."""
    none = pa.nulls(findings.num_rows, pa.string())
    for name in RULE_TEXTS:
        findings = findings.set_column(findings.column_names.index(name), name, none)
    return findings


def texts_notice() -> Words:
    """Say that the texts of the rules stand in rules.csv only."""
    said: Words = {lang: label("outputs.texts_in_rules", lang, limit=FINDINGS_WITH_TEXTS) for lang in LANGS}
    return {**said, **ABOUT_SITES}
