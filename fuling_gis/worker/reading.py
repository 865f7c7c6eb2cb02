"""Site files of strangers, read in a worker: the same sites and the same sentences as reading them here."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from fuling_gis import crs as crs_module
from fuling_gis.errors import FileError, SiteError
from fuling_gis.labels import sentence
from fuling_gis.readers.naming import SIGN, named
from fuling_gis.sites.model import Sites
from fuling_gis.sites.options import SiteOptions
from fuling_gis.sites.read import gathered
from fuling_gis.worker import wire
from fuling_gis.worker.process import Workers

# Rows that a worker sends at a time.
_ROWS: Final = 65536


class GuardedSites:
    """Site files that a worker has opened: what they are, and their rows, which can be asked for once."""

    def __init__(self, answers: Generator[tuple[bytes, bytes], None, None], crs: str, shown: str) -> None:
        self._answers, self._crs, self._shown = answers, crs, shown
        try:
            self._head = wire.head_of(wire.of_kind(next(answers), wire.HEAD))
        except (StopIteration, wire.UnsoundReplyError) as e:
            self.close()
            raise wire.unsound(shown) from e

    @property
    def inputs(self) -> list[dict[str, object]]:
        """Say what each file is; see `SiteSource.inputs`."""
        return self._head.inputs

    @property
    def notices(self) -> tuple[Mapping[str, str], ...]:
        """Give the sentences about files as a whole."""
        return self._head.notices

    @property
    def fences(self) -> Mapping[str, bool]:
        """Tell which fences stand around the reading: memory, resources, network, files."""
        return self._head.fences

    def batches(self, size: int = _ROWS) -> Iterator[Sites]:
        """Give all rows in order, at most `size` at a time. Raises FulingError as reading here would."""
        row = 0
        for frame in self._answers:
            try:
                sites = wire.sites_of(wire.of_kind(frame, wire.ROWS), first=row, crs=self._crs, notices=self.notices)
            except wire.UnsoundReplyError as e:
                self.close()
                raise wire.unsound(self._shown) from e
            row += len(sites)
            for start in range(0, len(sites), size):
                yield sites[start : start + size]

    def read(self) -> Sites:
        """Give all rows at once."""
        return gathered(self.batches(), self._crs, self.notices)

    def close(self) -> None:
        """End the worker, where not all rows are wanted."""
        self._answers.close()


def open_untrusted(
    paths: Sequence[str | Path],
    *,
    target: str,
    options: SiteOptions,
    workers: Workers | None = None,
    go_on: Callable[[], None] = lambda: None,
) -> GuardedSites:
    """Have site files opened in a worker; takes and gives what `open_sites` does.

    Links are refused: in an unpacked archive they lead to files that its sender would like to see. workers: who reads;
    a process of its own where none are given. go_on: called now and then while it is read; what it raises ends that.
    """
    if not paths:
        raise SiteError(sentence("errors_sites.no_paths"))
    crs = crs_module.name(crs_module.normalise(target))
    shown = ", ".join(map(str, paths))
    here = [_absolute(path) for path in paths]
    readable = [str(part) for path in here for part in parts_of(named(path)[0])]
    workers = workers or Workers()
    request = {
        "paths": here,
        "readable": readable,
        "shown": shown,
        "target": target,
        "options": asdict(options),
        "limits": asdict(workers.limits),
        "size": _ROWS,
    }
    return GuardedSites(workers.answers(request, shown, go_on), crs, shown)


def _absolute(path: str | Path) -> str:
    # Not resolved: a link is to be seen as one.
    file, layer = named(path)
    # What stands after the file is the name of a layer, whose dots and slashes lead nowhere and are no path's.
    there = os.path.abspath(file)  # noqa: PTH100
    return there if layer is None else f"{there}{SIGN}{layer}"


def parts_of(path: Path) -> list[Path]:
    """List what belongs to a file of sites: itself and what has its name but for the suffix, or a folder's files.

    Raises FileError for links, and for pipes and devices.
    """
    try:
        if path.is_dir() and not path.is_symlink():
            parts = [path, *sorted(path.rglob("*"))]
        elif path.parent.is_dir():
            stem = path.stem.lower()
            parts = [path, *sorted(one for one in path.parent.iterdir() if one.stem.lower() == stem and one != path)]
        else:
            parts = [path]
        for part in parts:
            _check(part, path)
    except OSError as e:
        raise FileError(sentence("errors_readers.unreadable", path=path, why=e.strerror or e)) from e
    return [part for part in parts if part == path or part.is_file()]


def _check(part: Path, path: Path) -> None:
    try:
        kind = os.lstat(part).st_mode
    except FileNotFoundError:
        # The reader has the sentence for it.
        return
    if stat.S_ISLNK(kind):
        raise FileError(sentence("errors_readers.link", path=path, part=part.name))
    if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
        raise FileError(sentence("errors_readers.no_plain_file", path=path, part=part.name))
