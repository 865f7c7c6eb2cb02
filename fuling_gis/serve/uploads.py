"""Files that come over the wire: written under names of our own, within limits, before anything looks into them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Final

from fuling_gis.errors import FileError
from fuling_gis.labels import sentence
from fuling_gis.serve.guard import plain

# What a file may be called at its end; what it is, the reader says by its bytes.
SUFFIXES: Final = frozenset(
    (".shp", ".shx", ".dbf", ".prj", ".cpg", ".zip", ".gpkg", ".geojson", ".json", ".geojsonl", ".geojsons", ".ndjson",
     ".kml", ".kmz", ".ovkml", ".ovkmz", ".csv", ".txt", ".xlsx", ".xls", ".dxf", ".parquet", ".geoparquet", ".fgb",
     ".mif", ".mid", ".tab", ".gml")
)  # fmt: skip
# Parts that make one file together and so keep one name.
_TOGETHER: Final = (
    frozenset((".shp", ".shx", ".dbf", ".prj", ".cpg")),
    frozenset((".mif", ".mid")),
)
# Parts that are no file of sites by themselves.
_BESIDE: Final = frozenset((".shx", ".dbf", ".prj", ".cpg", ".mid"))
_PIECE: Final = 1 << 20
MOST_FILES: Final = 20


async def keep(files: Sequence[Any], folder: Path) -> tuple[list[Path], dict[str, str]]:
    """Write uploaded files into a folder; give those that are files of sites, and what the client calls each file.

    files: as the web framework gives them. The client's names give nothing but the kind of file and which parts belong
    together. Raises FileError where there is nothing, too much, or nothing of a known kind; OSError on a full disk.
    """
    if not files:
        raise FileError(sentence("errors_serve.no_file"))
    if len(files) > MOST_FILES:
        raise FileError(sentence("errors_serve.many_files", most=MOST_FILES))
    numbers: dict[tuple[str, int], int] = {}
    kept: list[Path] = []
    names: dict[str, str] = {}
    for file in files:
        name = PurePosixPath(str(file.filename or "").replace("\\", "/")).name
        suffix = PurePosixPath(name).suffix.lower()
        if suffix not in SUFFIXES:
            raise FileError(sentence("errors_serve.kind", suffix=suffix or "?", known=" ".join(sorted(SUFFIXES))))
        family = next((place for place, parts in enumerate(_TOGETHER) if suffix in parts), -1)
        key = (PurePosixPath(name).stem if family >= 0 else f"{len(kept)} {name}", family)
        number = numbers.setdefault(key, len(numbers) + 1)
        path = folder / f"upload-{number}{suffix}"
        if path.exists():
            raise FileError(sentence("errors_serve.twice", suffix=suffix))
        size = 0
        with path.open("wb") as target:
            while piece := await file.read(_PIECE):
                target.write(piece)
                size += len(piece)
        if not size:
            raise FileError(sentence("errors_serve.empty"))
        kept.append(path)
        names[path.name] = plain(name)
    sites = [path for path in kept if path.suffix not in _BESIDE]
    if not sites:
        raise FileError(sentence("errors_serve.parts_only", parts=" ".join(path.suffix for path in kept)))
    return sites, names
