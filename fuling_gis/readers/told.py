"""Whatever a broken file does to a library, people get one sentence.

Readers map the faults that they know. A file made to do harm, or broken in a way that nobody has seen, raises
anything; that is told with its kind, and the file is refused as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from fuling_gis.errors import FileError, FulingError, LayerChoiceError
from fuling_gis.labels import sentence
from fuling_gis.readers.table import Piece, Stream

# How libraries say that memory is short, each in an error of its own.
_SHORT: Final = re.compile(r"bad_alloc|out of memory|cannot allocate|alloc of size", re.IGNORECASE)


def short_of_memory(fault: BaseException) -> bool:
    """Tell whether a library ran out of memory: the file may be sound then, and no other fault is to be told."""
    return isinstance(fault, MemoryError) or _SHORT.search(str(fault)) is not None


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn every fault inside into a FileError that names the file."""
    try:
        yield
    except FulingError:
        raise
    except Exception as e:
        if short_of_memory(e):
            raise FileError(sentence("errors_readers.memory", path=path)) from e
        if isinstance(e, OSError):
            raise FileError(sentence("errors_readers.unreadable", path=path, why=e.strerror or e)) from e
        why = " ".join(str(e).split())[:200]
        raise FileError(sentence("errors_readers.unforeseen", path=path, kind=type(e).__name__, why=why)) from e


@contextmanager
def named(inside: Path, path: Path, name: str) -> Iterator[None]:
    """Let faults speak of an unpacked file by the names that the user knows: of the archive, and of what is in it."""

    def known(text: str) -> str:
        return text.replace(str(inside), f"{path}::{name}").replace(f"{inside.name}::", f"{path.name}::{name}/")

    try:
        yield
    except FulingError as e:
        inner = [f"{name}/{one}" for one in e.offers] if isinstance(e, LayerChoiceError) else e.offers
        raise type(e)({lang: known(text) for lang, text in e.words.items()}, offers=inner) from e


class Named:
    """The rows of an unpacked file, whose faults speak of it by the names that the user knows."""

    def __init__(self, inside: Path, path: Path, name: str, stream: Stream) -> None:
        self.inside, self.path, self.name, self.stream = inside, path, name, stream

    def __call__(self, size: int, columns: tuple[str, ...] | None, geometry: bool) -> Iterator[Piece]:  # noqa: FBT001
        """Give pieces as the stream does."""
        pieces = self.stream(size, columns, geometry)
        while True:
            with named(self.inside, self.path, self.name):
                piece = next(pieces, None)
            if piece is None:
                return
            yield piece


class Told:
    """The rows of a file, whose faults are told."""

    def __init__(self, path: Path, stream: Stream) -> None:
        self.path, self.stream = path, stream

    def __call__(self, size: int, columns: tuple[str, ...] | None, geometry: bool) -> Iterator[Piece]:  # noqa: FBT001
        """Give pieces as the stream does."""
        with told(self.path):
            pieces = self.stream(size, columns, geometry)
        while True:
            # What is done with a piece in between is none of this.
            with told(self.path):
                piece = next(pieces, None)
            if piece is None:
                return
            yield piece
