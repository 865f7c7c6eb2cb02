"""A GeoPackage as the database that it is, looked at before a library opens it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from functools import lru_cache
from pathlib import Path

from fuling_gis.errors import FileError
from fuling_gis.labels import sentence


def examine(path: Path) -> Mapping[str, int]:
    """Refuse a database that is no GeoPackage, and views, which can be made to run for ever.

    Gives the rows of each layer, as far as the file tells.
    """
    state = path.stat()
    return _checked(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=64)
def _checked(path: Path, _changed_ns: int, _size: int) -> Mapping[str, int]:
    """Look at a database as it stands: a workspace opens the same file once for each of its layers."""
    try:
        try:
            kinds, listed, counts = _contents(path, "mode=ro")
        except sqlite3.OperationalError:
            # In a folder that may not be written to, a file last used in another journal mode opens only like this.
            kinds, listed, counts = _contents(path, "immutable=1")
    except (sqlite3.Error, UnicodeDecodeError) as e:
        raise FileError(sentence("errors_readers.gpkg_unreadable", path=path, why=e)) from e
    if "gpkg_contents" not in kinds:
        raise FileError(sentence("errors_readers.no_gpkg", path=path))
    views = [name for name in listed if kinds.get(name) == "view"]
    if views:
        raise FileError(sentence("errors_readers.gpkg_view", path=path, views=", ".join(map(repr, views))))
    return counts


def _contents(path: Path, mode: str) -> tuple[dict[str, str], list[str], dict[str, int]]:
    """Look into a database.

    Gives the kind of each table and view, the names that a GeoPackage lists as its layers, and the rows of those of
    which GDAL has noted it.
    """
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?{mode}", uri=True)) as database:
        kinds = dict(database.execute("SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view')"))
        if "gpkg_contents" not in kinds:
            return kinds, [], {}
        listed = [str(row[0]) for row in database.execute("SELECT table_name FROM gpkg_contents")]
        if kinds.get("gpkg_ogr_contents") != "table":
            return kinds, listed, {}
        noted = database.execute("SELECT table_name, feature_count FROM gpkg_ogr_contents")
        return kinds, listed, {str(name): count for name, count in noted if isinstance(count, int)}
