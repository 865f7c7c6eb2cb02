"""Files that appear whole or not at all.

All files of a run are written into a hidden folder on the file system of the target, and take their final names in
one step at the end. What anybody else keeps in the target stays. Two runs never write into one target at a time.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

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
from fuling_gis.outputs.reports_left import reports_left

MANIFEST: Final = "run.json"
TOOLKIT: Final = "fuling-gis"
# Every file that a run may leave; a forced run removes those of the former run that it did not make again.
FILES: Final = (
    "sites.csv", "findings.csv", "rules.csv", "units.csv", "result.gpkg", "result.xlsx", "sites.parquet",
    "findings.parquet", "map.html", "report.docx", MANIFEST,
)  # fmt: skip


class Staging:
    """A hidden folder for the files of one run; leaving it without `publish` removes it and all in it."""

    def __init__(self, out: Path, *, force: bool) -> None:
        """Make the folder, inside `out` where that exists, else beside it.

        force: files of an earlier run in `out` may be replaced. Raises OutputError where they may not, or where no
        folder can be made, and where another run is writing into `out`.
        """
        self.out = Path(os.path.abspath(out))  # noqa: PTH100 - a link that is OUT itself stays a link
        self._force = force
        self._made: list[Path] = []
        self._refuse_occupied()
        home = self.out if self.out.is_dir() else self.out.parent
        try:
            make_folders(home, self._made)
            self._claim = Claim(Path(os.path.realpath(self.out)))
            try:
                self.folder = self._new_folder(home)
            except BaseException:
                self._claim.release()
                raise
        except OSError as e:
            remove_folders(self._made)
            raise OutputError(sentence("errors_run.no_folder", path=out, why=e.strerror)) from e

    def __enter__(self) -> Self:
        """Enter the folder."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove whatever was not published."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._claim.release()
        if kind is not None:
            remove_folders(self._made)

    def names(self) -> list[str]:
        """List the files written so far, in the order of FILES."""
        return [name for name in FILES if (self.folder / name).exists()]

    def publish(self, inputs: Iterable[Path] = ()) -> None:
        """Give the files their final names.

        inputs: files that were read; none of them is replaced. Raises OutputError, and leaves `out` as it was, where
        a file stands in the way or is held open by another program.
        """
        self._refuse_occupied()
        self._refuse_inputs(inputs)
        try:
            for name in self.names():
                sync(self.folder / name)
            sync(self.folder)
            if self.out.is_dir():
                self._exchange()
            else:
                self.folder.rename(self.out)
            sync(self.out.parent)
        except OSError as e:
            raise OutputError(
                sentence("errors_run.not_replaced", path=e.filename or self.out, why=e.strerror or e)
            ) from e

    def _exchange(self) -> None:
        """Move the former run's files away and the new ones in; undo all of it if one move fails."""
        names = self.names()
        former = self.folder / FORMER
        former.mkdir()
        leaving = {*names, *self._stale()}
        # The manifest goes first and comes last: where it stands, all it tells of stands.
        moves = [(self.out / name, former / name) for name in reversed(FILES) if name in leaving]
        told = [name for name in self._reports() if name not in leaving]
        moves += [(self.out / name, former / name) for name in told]
        moves = [(source, target) for source, target in moves if source.exists()]
        moves += [(self.folder / name, self.out / name) for name in names]
        exchange(moves)

    def _stale(self) -> set[str]:
        """Name the files that the manifest in `out` claims; anything else there is somebody else's."""
        claimed = self._manifest().get("files")
        return {name for name in FILES if name in claimed} if isinstance(claimed, list) else set()

    def _reports(self) -> list[str]:
        """Name what `fuling-gis report` told of the former run in `out`: it would be taken for the new one's."""
        return reports_left(self.out) if self._manifest() else []

    def _manifest(self) -> dict[str, Any]:
        """Read what was run before; empty where nothing was, or not by us."""
        try:
            manifest = json.loads((self.out / MANIFEST).read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return manifest if isinstance(manifest, dict) and manifest.get("toolkit") == TOOLKIT else {}

    def _refuse_occupied(self) -> None:
        if os.path.lexists(self.out) and not self.out.is_dir():
            raise OutputError(sentence("errors_run.is_file", path=self.out))
        standing = [name for name in FILES if os.path.lexists(self.out / name)]
        if standing and not self._force:
            raise OutputError(sentence("errors_run.occupied", path=self.out, files=", ".join(standing)))
        for name in standing:
            if (self.out / name).is_dir():
                raise OutputError(sentence("errors_run.folder_in_the_way", path=self.out / name))
        if "result.gpkg" in standing:
            refuse_open(self.out / "result.gpkg")

    def _refuse_inputs(self, inputs: Iterable[Path]) -> None:
        targets = [self.out / name for name in self.names() if (self.out / name).exists()]
        for path in inputs:
            for target in targets:
                with suppress(OSError):
                    if path.samefile(target):
                        raise OutputError(sentence("errors_run.is_input", path=target))

    def _new_folder(self, home: Path) -> Path:
        if self._claim.alone:
            remove_leftovers(self.out.name, [self.out.parent, self.out])
        return new_folder(home, self.out.name)
