"""`PATH::LAYER` taken apart: which file is meant, and which of its layers."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fuling_gis.errors import FileError
from fuling_gis.labels import sentence

SIGN: Final = "::"
# Of a path that no system takes, as much as is told.
_SHOWN: Final = 100


def named(path: str | Path) -> tuple[Path, str | None]:
    """Give the file and the layer of it that are named; a file that is really called so is itself.

    Either may have the sign in its name: the longest beginning that is a file is the file. Where there is none, the
    last sign counts. Raises FileError for a path that cannot be one, and names no layer either.
    """
    text = str(path)
    parts = text.split(SIGN)
    for n in range(len(parts), 0, -1):
        file = Path(SIGN.join(parts[:n]))
        if _exists(file):
            return file, SIGN.join(parts[n:]) if n < len(parts) else None
    file_text, sign, layer = text.rpartition(SIGN)
    if sign:
        return Path(file_text), layer
    try:
        Path(text).exists()
    except OSError as e:
        # Longer than any name may be.
        raise FileError(sentence("errors_readers.unreadable", path=text[:_SHOWN], why=e.strerror)) from e
    return Path(text), None


def _exists(file: Path) -> bool:
    """Tell whether a file is there; with the name of a layer behind it, it may be longer than any file's may be."""
    try:
        return bool(file.name) and file.exists()
    except OSError:
        return False
