"""What must be said with every result: that nothing found never means approved, and the notices of the run."""

from __future__ import annotations

from fuling_gis.labels import LANGS, Lang, label
from fuling_gis.overlay.result import Run
from fuling_gis.rules.model import Words


def limits() -> Words:
    """State the limits of every result, in both languages."""
    return {lang: label("outputs.limits", lang) for lang in LANGS}


def caveats(run: Run, lang: Lang) -> str:
    """Give the limits and the notices of a run as lines of plain text, for files that have a place for a remark."""
    text = "\n".join([limits()[lang], *(notice[lang] for notice in run.notices)])
    # A notice may name a file whose name is no Unicode.
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
