"""Loads what outputs are written with in a thread, beside the reading of layers and the screening.

Only in a process of the program's own: a library that is being loaded may change the filters of warnings, which all
threads of a process share.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from threading import Event, Thread
from typing import Final

from fuling_gis.outputs.write import DEFAULT_OUTPUTS

# What the slower outputs are written with; what is needed first stands first.
_LOADED: Final = {
    "map": ("fuling_gis.outputs.map",),
    "report": ("fuling_gis.outputs.report", "matplotlib.figure", "matplotlib.font_manager"),
    "xlsx": ("xlsxwriter",),
}


@contextmanager
def loading_beside(outputs: Sequence[str] | None) -> Iterator[None]:
    """Load the libraries of some outputs meanwhile; no further ones where what is done meanwhile fails.

    outputs: words of OUTPUTS, None for the usual ones; what is no such word is left to who writes them.
    """
    asked = DEFAULT_OUTPUTS if outputs is None else outputs
    failed = Event()
    # Not a daemon: what is stopped in the middle of a library's start may take the process down with it.
    Thread(
        target=_load, args=([name for word, some in _LOADED.items() if word in asked for name in some], failed)
    ).start()
    try:
        yield
    except BaseException:
        failed.set()
        raise


def _load(names: Sequence[str], failed: Event) -> None:
    """Load modules; of one that cannot be loaded whoever needs it tells."""
    for name in names:
        if failed.is_set():
            return
        with suppress(Exception):
            import_module(name)
