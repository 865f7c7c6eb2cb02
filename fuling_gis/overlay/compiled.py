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
    """Compile a function of numbers and arrays; while it runs, other threads do too."""
    options = {"nogil": True, "error_model": "numpy"}
    try:
        done: F = numba.njit(cache=True, **options)(function)
    except RuntimeError:
        # There is no folder at all that compiled code could be kept in.
        done = numba.njit(**options)(function)
    return done
