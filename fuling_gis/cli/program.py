"""The program itself: builds the commands, runs one, and maps whatever goes wrong to an exit status."""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fuling_gis import drivers
from fuling_gis.cli.language import asked
from fuling_gis.cli.stopping import heed
from fuling_gis.cli.terminal import Terminal, close, steady_streams
from fuling_gis.errors import FulingError, UsageError
from fuling_gis.memory import look_seldom

DONE, UNUSABLE, WRONG_USAGE, LIMIT_MET, STOPPED = 0, 1, 2, 3, 130
# Set to anything, it shows where an error came from.
DEBUG = "FULING_DEBUG"

# Which error ends the program with which status; the first class that fits counts.
_STATUS: tuple[tuple[type[Exception], int], ...] = ((UsageError, WRONG_USAGE), (FulingError, UNUSABLE))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give the exit status: 0 done, 1 unusable input, 2 wrong usage, 3 `--fail-on` was met.

    A run that somebody stops gives 130. Faults are one line each on stderr; FULING_DEBUG=1 adds the traceback.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    drivers.fix()
    steady_streams()
    own = arguments is None
    if own and not sys.warnoptions:
        # What libraries warn of is meant for programmers; what matters to users is told in our words.
        warnings.simplefilter("ignore")
    if own and "serve" not in words:
        # For one job, and most of what is made stays to the end: modules, rules, layers. A server runs on, and what
        # its answers leave behind must be found.
        look_seldom()
        heed()
    lang = asked(words, os.environ)
    terminal = Terminal(lang or "en", lang or "zh", own_process=own)
    try:
        return _guarded(words, terminal)
    finally:
        close()


def _guarded(words: list[str], terminal: Terminal) -> int:
    from typer.exceptions import Abort, TyperException

    try:
        return _run(words, terminal)
    except FulingError as error:
        _trace()
        terminal.fault(error.told(terminal.lang))
        return next(status for kind, status in _STATUS if isinstance(error, kind))
    except TyperException as error:
        from fuling_gis.cli.speech import fault

        if type(error).__name__ != "NoArgsIsHelpError":
            terminal.fault(fault(error, terminal))
        return WRONG_USAGE
    except (KeyboardInterrupt, Abort):
        terminal.fault(terminal.words("stopped"))
        return STOPPED
    except OSError as error:
        _trace()
        terminal.fault(terminal.words("system_fault", why=error))
        return UNUSABLE
    except Exception as error:  # noqa: BLE001 - the last net: whatever it is, people get a sentence
        _trace()
        if isinstance(error, MemoryError):
            terminal.fault(terminal.words("no_memory"))
        else:
            terminal.fault(terminal.words("unexpected", kind=type(error).__name__, why=error, place=_place(error)))
        return UNUSABLE


def _run(words: list[str], terminal: Terminal) -> int:
    from fuling_gis.cli.commands import build

    command: Any = build()
    status = command.main(words, prog_name="fuling-gis", standalone_mode=False, obj=terminal)
    if status == STOPPED:
        terminal.fault(terminal.words("stopped"))
    return status if isinstance(status, int) else DONE


def _trace() -> None:
    if os.environ.get(DEBUG):
        traceback.print_exc()


def _place(error: BaseException) -> str:
    """Name the line of this package where an error came from."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "fuling_gis" in frame.filename]
    frame = (own or list(frames))[-1]
    return f"{Path(frame.filename).name}:{frame.lineno}"
