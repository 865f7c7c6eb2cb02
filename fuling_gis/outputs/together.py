"""Files beside each other that belong together: all of them appear, or none does and those of before stay."""

from __future__ import annotations

import os
import shutil
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from fuling_gis.errors import OutputError
from fuling_gis.labels import sentence
from fuling_gis.outputs.claim import Claim
from fuling_gis.outputs.hidden import (
    FORMER,
    exchange,
    make_folders,
    new_folder,
    refuse_open,
    remove_folders,
    remove_leftovers,
    sync,
)
from fuling_gis.unwritable import told


class Together:
    """A hidden folder for files with names of their own; leaving it without `publish` removes it and all in it."""

    def __init__(self, base: Path) -> None:
        """Make the folder beside the files.

        base: what all their names begin with. Raises OutputError where no folder can be made, or where another run is
        writing files of these names.
        """
        home = Path(os.path.realpath(base.parent))
        self._shown = base.parent
        self._home = home
        self._made: list[Path] = []
        # Names of the files, in the order in which they were begun.
        self._names: list[str] = []
        try:
            with told(base):
                make_folders(home, self._made)
                self._claim = Claim(home / base.name)
                try:
                    if self._claim.alone:
                        remove_leftovers(base.name, [home])
                    self._folder = new_folder(home, base.name)
                except BaseException:
                    self._claim.release()
                    raise
        except BaseException:
            remove_folders(self._made)
            raise

    def __enter__(self) -> Self:
        """Enter the folder."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove whatever was not published."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._claim.release()
        if kind is not None:
            remove_folders(self._made)

    @contextmanager
    def file(self, name: str) -> Iterator[Path]:
        """Give the path at which to write a file that will have a name. Raises OutputError where that fails."""
        self._names.append(name)
        part = self._folder / name
        with told(self._shown / name, part):
            yield part
            sync(part)

    def write(self, name: str, content: bytes) -> None:
        """Write a file that will have a name. Raises OutputError where that fails."""
        with self.file(name) as part:
            part.write_bytes(content)

    def publish(self) -> tuple[Path, ...]:
        """Give the files their names, all of them or none, and tell where they are.

        Raises OutputError where a folder stands in the way, or another program holds a file open.
        """
        # Two names may be one where capitals do not count.
        made = {unicodedata.normalize("NFC", path.name) for path in self._folder.iterdir()}
        names = [name for name in dict.fromkeys(self._names) if unicodedata.normalize("NFC", name) in made]
        standing = [name for name in names if os.path.lexists(self._home / name)]
        for name in standing:
            if (self._home / name).is_dir():
                raise OutputError(sentence("errors_run.folder_in_the_way", path=self._shown / name))
            if name.endswith(".gpkg"):
                refuse_open(self._home / name)
        former = self._folder / FORMER
        moves = [(self._home / name, former / name) for name in standing]
        moves += [(self._folder / name, self._home / name) for name in names]
        try:
            former.mkdir()
            exchange(moves)
        except OSError as e:
            # One of the two names of a move is a hidden one.
            found = [Path(one).name for one in (e.filename, e.filename2) if one]
            name = next((one for one in found if one in names), names[0])
            raise OutputError(
                sentence("errors_run.not_replaced", path=self._shown / name, why=e.strerror or str(e))
            ) from e
        return tuple(self._shown / name for name in names)
