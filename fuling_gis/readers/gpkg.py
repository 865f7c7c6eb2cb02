"""A GeoPackage as the database that it is, looked at before a library opens it.

A database may hold statements, and reading it can be running them: a recursive view has no end, and GDAL looks at every
view when it lists layers, wanted or not.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from typing import Final

from fuling_gis.errors import FileError
from fuling_gis.labels import sentence

# What `hidden` of pragma_table_xinfo is for a column that is computed when it is read, or when it is written.
_GENERATED: Final = (2, 3)
# The views of the standard's annex, which Esri's programs write: they only rename what two tables of the standard hold.
_HARMLESS: Final = re.compile(
    r"\s*CREATE\s+VIEW\s+\"?\w+\"?\s+AS\s+SELECT\s+(?:(?!\b(?:SELECT|FROM|WITH)\b|\w\s*\()[^;])*"
    r"\s+FROM\s+gpkg_\w+(?:\s+AS\s+\w+)?(?:\s+JOIN\s+gpkg_\w+(?:\s+AS\s+\w+)?)?"
    r"(?:\s+(?:ON|WHERE)\s+[\w.=\s]+)?\s*;?\s*",
    re.IGNORECASE,
)
# Characters of a view that is looked at.
_LONGEST_VIEW: Final = 2000


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
            kinds, counts = _contents(path, "mode=ro")
        except sqlite3.OperationalError:
            # In a folder that may not be written to, a file last used in another journal mode opens only like this.
            kinds, counts = _contents(path, "immutable=1")
    except (sqlite3.Error, UnicodeDecodeError) as e:
        raise FileError(sentence("errors_readers.gpkg_unreadable", path=path, why=" ".join(str(e).split()))) from e
    if kinds.get("gpkg_contents", "table") != "table":
        raise FileError(sentence("errors_readers.gpkg_view", path=path, views=repr("gpkg_contents")))
    if "gpkg_contents" not in kinds:
        raise FileError(sentence("errors_readers.no_gpkg", path=path))
    views = sorted(name for name, kind in kinds.items() if kind == "view")
    if views:
        raise FileError(sentence("errors_readers.gpkg_view", path=path, views=", ".join(map(repr, views))))
    computed = sorted(name for name, kind in kinds.items() if kind == "computed")
    if computed:
        raise FileError(sentence("errors_readers.gpkg_computed", path=path, tables=", ".join(map(repr, computed))))
    return counts


def rows(path: Path, layer: str) -> int:
    """Count the rows of a layer of a database that was examined; raises FileError where it is damaged."""
    try:
        try:
            return _count(path, layer, "mode=ro")
        except sqlite3.OperationalError:
            return _count(path, layer, "immutable=1")
    except (sqlite3.Error, UnicodeError) as e:
        raise FileError(sentence("errors_readers.gpkg_unreadable", path=path, why=" ".join(str(e).split()))) from e


def _count(path: Path, layer: str, mode: str) -> int:
    quoted = layer.replace('"', '""')
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?{mode}", uri=True)) as database:
        return int(database.execute(f'SELECT count(*) FROM "{quoted}"').fetchone()[0])  # noqa: S608 - quoted


def _contents(path: Path, mode: str) -> tuple[dict[str, str], dict[str, int]]:
    """Look into a database.

    Gives the kind of each table and view (`table`, `view`, `computed`), and the rows of the layers of which GDAL has
    noted it.
    """
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?{mode}", uri=True)) as database:
        kinds = {}
        # A database has few tables.
        for name, kind, made in database.execute(
            "SELECT name, type, sql FROM sqlite_master WHERE type IN ('table', 'view')"
        ).fetchall():
            kinds[str(name)] = _kind(database, str(name), str(kind), str(made or ""))
        if kinds.get("gpkg_contents") != "table" or kinds.get("gpkg_ogr_contents") != "table":
            return kinds, {}
        noted = database.execute("SELECT table_name, feature_count FROM gpkg_ogr_contents")
        return kinds, {str(name): count for name, count in noted if isinstance(count, int)}


def _kind(database: sqlite3.Connection, name: str, kind: str, made: str) -> str:
    """Tell whether reading a table runs what its maker wrote: views do, and so do computed columns and modules."""
    if kind == "view":
        # Blanks without end would be tried against the pattern in every way.
        plain = " ".join(made.split())
        return "plain" if len(plain) <= _LONGEST_VIEW and _HARMLESS.fullmatch(plain) else "view"
    if re.match(r"\s*CREATE\s+VIRTUAL", made, re.IGNORECASE):
        return "table" if re.search(r"\bUSING\s+rtree\s*\(", made, re.IGNORECASE) else "computed"
    columns = database.execute("SELECT hidden FROM pragma_table_xinfo(?)", (name,)).fetchall()
    return "computed" if any(hidden in _GENERATED for (hidden,) in columns) else "table"
