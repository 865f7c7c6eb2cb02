"""Hidden folders in which files are made, and the step that gives all of them their names, or none."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from fuling_gis.errors import OutputError
from fuling_gis.labels import sentence

# Where the files of the run before wait, inside the hidden folder, until all new ones stand.
FORMER: Final = "former"


def new_folder(home: Path, name: str) -> Path:
    """Make the hidden folder of something called `name`."""
    folder = home / f".{name}.{secrets.token_hex(6)}.part"
    folder.mkdir()
    return folder


def remove_leftovers(name: str, homes: Iterable[Path]) -> None:
    """Remove the hidden folders of runs that were killed.

    One that was killed while files moved holds those of the run before, and is left for a person to look at.
    """
    hidden = re.compile(rf"\.{re.escape(name)}\.[0-9a-f]{{12}}\.part")
    for home in homes:
        # A folder that cannot be listed may still be written into.
        with suppress(OSError):
            for folder in home.iterdir():
                if hidden.fullmatch(folder.name) and not (folder / FORMER).exists():
                    shutil.rmtree(folder, ignore_errors=True)


def make_folders(folder: Path, made: list[Path]) -> None:
    """Make a folder and those above it; each that was made is added to `made` at once."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir()
        made.append(each)


def remove_folders(made: Sequence[Path]) -> None:
    """Remove the folders that were made, as far as nothing is in them."""
    for folder in reversed(made):
        with suppress(OSError):
            folder.rmdir()


def exchange(moves: Iterable[tuple[Path, Path]]) -> None:
    """Move files, each from one name to the other; undo all of it if one move fails or somebody stops the run."""
    begun: list[tuple[Path, Path]] = []
    try:
        for source, target in moves:
            begun.append((source, target))
            source.replace(target)
    except BaseException:
        for source, target in reversed(begun):
            # The last one may have been moved or not.
            if not os.path.lexists(source):
                target.replace(source)
        raise


def refuse_open(path: Path) -> None:
    """Refuse a GeoPackage that another program holds open: its journal would spoil the file put in its place."""
    locked = False
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(path, timeout=0.2)) as db:
        try:
            db.execute("BEGIN IMMEDIATE")
            db.rollback()
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.OperationalError as e:
            locked = "locked" in str(e)
    # The last program that lets go of a file removes its journals: one that is left belongs to somebody.
    if locked or any(path.with_name(path.name + tail).exists() for tail in ("-wal", "-journal")):
        raise OutputError(sentence("errors_run.held_open", path=path))


def sync(path: Path) -> None:
    """Bring a file or folder to the disk itself; Windows knows no such call for folders."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
