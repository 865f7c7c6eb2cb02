"""Compiles the few loops that arrays cannot express fast enough.

Only jobs of many sites come here; small ones never load the compiler. What was compiled is kept beside the source, or in
the user's own cache where that folder cannot be written, so that the next process need not compile again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Compile a loop over sites or cells, which Python calls; while it runs, other threads do too."""
    return _compiled(function, {})


def step(function: F) -> F:
    """Compile a step of such a loop, which only compiled code calls and which allocates nothing.

    Nothing need be counted for the collector then. Counting a handful of arrays at each call, which threads must do one
    at a time, costs more than most steps themselves: looking up a cell takes 5 ns without and 31 ns with it.
    """
    return _compiled(function, {"_nrt": False})


def _compiled(function: F, options: dict[str, bool]) -> F:
    options = {"nogil": True, **options}
    try:
        done: F = numba.njit(cache=True, error_model="numpy", **options)(function)
    except RuntimeError:
        # There is no folder at all that compiled code could be kept in.
        done = numba.njit(error_model="numpy", **options)(function)
    return done
