"""Why a file could not be written, in words that people can act on."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from fuling_gis.errors import OutputError, Words
from fuling_gis.labels import sentence

_FULL, _LARGE, _RIGHT = "errors_run.disk_full", "errors_run.too_large", "errors_run.no_right"
_KINDS: Final = {
    errno.ENOSPC: _FULL,
    # Where a system knows no quotas it knows no number for them.
    getattr(errno, "EDQUOT", errno.ENOSPC): _FULL,
    errno.EFBIG: _LARGE,
    errno.EACCES: _RIGHT,
    errno.EPERM: _RIGHT,
    errno.EROFS: _RIGHT,
}
# What libraries say that hand on no number.
_SAID: Final = {
    "disk is full": _FULL,
    "no space left": _FULL,
    "file too large": _LARGE,
    "permission denied": _RIGHT,
    "readonly database": _RIGHT,
}
# So many pieces of so many bytes are tried at the most to learn why a file could not be finished. What refused it may
# have been cut back again since.
_PIECES: Final = 32
_PIECE: Final = 1 << 20


def reason(error: BaseException, part: Path | None = None) -> Words | str:
    """Say why something could not be written.

    part: the unfinished file, which nobody needs any more: where the error does not tell, more is written to it.
    """
    number = error.errno if isinstance(error, OSError) else None
    kind = _KINDS.get(number or 0)
    said = str(error).lower()
    kind = kind or next((kind for text, kind in _SAID.items() if text in said), None)
    if kind is None and number is None and part is not None:
        kind = _tried(part)
    if kind is not None:
        return sentence(kind)
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _tried(part: Path) -> str | None:
    try:
        with part.open("ab") as file:
            for _ in range(_PIECES):
                file.write(bytes(_PIECE))
    except OSError as e:
        return _KINDS.get(e.errno or 0)
    return None


@contextmanager
def told(path: Path, part: Path | None = None) -> Iterator[None]:
    """Turn what the system or a library says while a file is written into a sentence.

    path: the name that the file is to have. part: the file while it is written, where libraries write it that raise
    RuntimeErrors of their own. Raises OutputError.
    """
    try:
        yield
    except (OSError, RuntimeError) as e:
        if part is None and not isinstance(e, OSError):
            raise
        raise OutputError(sentence("errors_run.unwritable", path=path, why=reason(e, part))) from e
