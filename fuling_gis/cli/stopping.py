"""How a run ends that somebody stops: with Ctrl-C, by asking the program to end, or by closing its window."""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import Any, Final

# What asks a run to end, as far as the system has it.
_ASKED: Final = ("SIGTERM", "SIGHUP", "SIGBREAK")
# Where Python's imports run that hold their locks: an exception in the midst of one leaves them held, or is lost, and
# whatever is imported next waits for ever.
_IMPORTS: Final = "<frozen importlib"


def heed() -> None:
    """Let Ctrl-C and a request to end stop the run, with nothing half made; a command of its own process calls this."""
    # What whoever started the program had it pass over, as `nohup` does, is passed over.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, stop)
    for name in _ASKED:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, stop)


def stop(_number: int, frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt where Python stands, or, in the midst of an import, at the next step outside of it.

    frame: what runs.
    """
    if frame is None or _may_raise(frame):
        raise KeyboardInterrupt
    sys.setprofile(_watch)


def _watch(frame: FrameType, _event: str, _of: Any) -> None:
    """Take Python's report of a step: what is to be raised is raised as soon as it may be."""
    if _may_raise(frame):
        sys.setprofile(None)
        raise KeyboardInterrupt


def _may_raise(frame: FrameType) -> bool:
    """Tell whether nothing is left half done where an exception is raised in a frame."""
    file = frame.f_code.co_filename
    return not file.startswith(_IMPORTS) and file != stop.__code__.co_filename
