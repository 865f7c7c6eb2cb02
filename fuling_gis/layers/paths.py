"""Where a layer's file may be: beside the catalogue, at an absolute place of this machine, or in a PostGIS database."""

from __future__ import annotations

import re
from pathlib import PurePosixPath, PureWindowsPath
from typing import Final

from fuling_gis.labels import sentence

_DATABASES: Final = ("postgresql", "postgres")
_DATABASE: Final = re.compile(r"\w+://[^/\s]*/[^/?\s]+")
# A scheme of one letter is a drive of Windows.
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")
_SECRET: Final = re.compile(r"(://[^:/@\s]+):\S*@")
_SECRET_PARAMETER: Final = re.compile(r"([?&]password=)[^&\s]*", re.IGNORECASE)


def is_database(path: str) -> bool:
    """Tell whether a path is the URL of a database."""
    return path.split("://", 1)[0].lower() in _DATABASES and "://" in path


def shown(path: str) -> str:
    """Give a path as it may be shown to anyone: without the password of a database."""
    if not is_database(path):
        return path
    return _SECRET_PARAMETER.sub(r"\1***", _SECRET.sub(r"\1:***@", path))


def path_fault(path: str) -> dict[str, str] | None:
    """Say in a few words what is wrong with a path as a catalogue writes it; None where nothing is."""
    if is_database(path):
        return None if _DATABASE.match(path) else sentence("errors_layers.path_database")
    scheme = _SCHEME.match(path)
    if scheme:
        return sentence("errors_layers.path_scheme", scheme=scheme[0])
    if not path.strip() or "\0" in path or path.lower().startswith("/vsi"):
        return sentence("errors_layers.path_no_file")
    if PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute():
        return None
    if ".." in PureWindowsPath(path).parts or PureWindowsPath(path).drive:
        return sentence("errors_layers.path_leaves")
    return None
