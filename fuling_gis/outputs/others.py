"""Keeps a command that is given the name of its files from writing over somebody else's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from fuling_gis.errors import OutputError
from fuling_gis.labels import sentence

# What is in every file of ours that holds data, by suffix; pictures stand and fall with the first of those beside them.
_MARKS: Final[Mapping[str, bytes]] = {
    ".tif": b"255 no height", ".gpkg": b"lookouts", ".csv": b"planned_2020", ".json": b"planned_2020",
}  # fmt: skip


def refuse_others(names: Iterable[Path]) -> None:
    """Refuse to replace files that were not written by the same command before.

    names: of all files to be written, the one that tells whose they are first. Raises OutputError.
    """
    every = [name for name in names if name.exists()]
    told = [name for name in every if name.suffix in _MARKS]
    strange = [name for name in told if not name.is_file() or _MARKS[name.suffix] not in name.read_bytes()]
    strange += [] if told else every
    if strange:
        raise OutputError(sentence("errors_run.not_ours", path=strange[0]))
