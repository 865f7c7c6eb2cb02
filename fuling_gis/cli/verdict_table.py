"""The summary of a check for people and for programs: how many sites have which verdict, the worst, the files."""

from __future__ import annotations

from typing import Any

from fuling_gis.cli.terminal import Terminal, plain
from fuling_gis.labels import label, short
from fuling_gis.outputs.palette import colour, verdict_name
from fuling_gis.verdicts import VERDICTS

# The table of the worst sites ends here; the files have all of them.
MOST = 12
# A column of names is no wider.
_WIDEST = 60


def show(terminal: Terminal, summary: Any) -> None:
    """Print the verdicts, the worst sites, what a reader must know, and where the files are."""
    lang = terminal.lang
    present = [verdict for verdict in VERDICTS if summary.counts.get(verdict) or summary.possible.get(verdict)]
    terminal.line(terminal.words("checked", n=sum(summary.counts.values()), as_of=summary.as_of))
    terminal.table(
        [terminal.words("column_verdict"), terminal.words("column_sites"), terminal.words("column_possible")],
        [[verdict_name(v, lang), summary.counts.get(v, 0), summary.possible.get(v, 0)] for v in present],
        styles={number: f"bold {colour(v)}" for number, v in enumerate(present)},
    )
    _worst(terminal, summary)
    terminal.line()
    for notice in summary.notices:
        terminal.line("! " + plain(notice[lang]))
    terminal.line()
    terminal.line(label("outputs.limits", lang))
    terminal.line()
    terminal.line(terminal.words("written_to", out=summary.out))
    for path in summary.files:
        terminal.line("  " + plain(path))


def _worst(terminal: Terminal, summary: Any) -> None:
    if not summary.worst:
        return
    rows = summary.worst[:MOST]
    entries = ("site_id", "name", "verdict", "possible", "rules")
    terminal.line(terminal.words("worst_first", n=len(rows)))
    terminal.table(
        [terminal.words(f"column_{entry}") for entry in entries],
        [
            [
                short(row["site_id"], _WIDEST),
                short(row["name"], _WIDEST),
                verdict_name(row["verdict"], terminal.lang),
                verdict_name(row["possible"], terminal.lang),
                row["rules"],
            ]
            for row in rows
        ],
    )


def as_data(summary: Any) -> dict[str, Any]:
    """Give the summary as JSON values."""
    return {
        "as_of": summary.as_of.isoformat(),
        "verdicts": {v: summary.counts.get(v, 0) for v in VERDICTS},
        "possible": {v: summary.possible.get(v, 0) for v in VERDICTS},
        "worst": [dict(row) for row in summary.worst],
        "notices": [dict(notice) for notice in summary.notices],
        "limits": {lang: label("outputs.limits", lang) for lang in ("zh", "en")},
        "out": str(summary.out),
        "files": [str(path) for path in summary.files],
    }
