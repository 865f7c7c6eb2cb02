"""Files that come over the wire: written under names of our own, within limits, before anything looks into them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Final

from fuling_gis.errors import FileError
from fuling_gis.labels import sentence
from fuling_gis.serve.guard import plain

# The file that is named to a reader, and the parts that go with it under its name; a .dbf goes with either of two.
_PARTS: Final = {
    ".shp": frozenset((".shx", ".dbf", ".prj", ".cpg")),
    ".mif": frozenset((".mid",)),
    ".tab": frozenset((".dat", ".map", ".id", ".ind", ".dbf")),
}
_BESIDE: Final = frozenset().union(*_PARTS.values())
# What other programs put beside a shapefile for themselves: taken, and thrown away.
_SPARE: Final = frozenset((".sbn", ".sbx", ".qix", ".qpj", ".xml"))
# What a file may be called at its end; what it is, the reader says by its bytes.
SUFFIXES: Final = _BESIDE | _SPARE | frozenset(
    (".shp", ".zip", ".gpkg", ".geojson", ".json", ".geojsonl", ".geojsons", ".ndjson",
     ".kml", ".kmz", ".ovkml", ".ovkmz", ".csv", ".txt", ".xlsx", ".xls", ".dxf", ".parquet", ".geoparquet", ".fgb",
     ".mif", ".tab", ".gml")
)  # fmt: skip
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
    numbers: dict[str, int] = {}
    kept: list[Path] = []
    names: dict[str, str] = {}
    for place, file in enumerate(files):
        name = PurePosixPath(str(file.filename or "").replace("\\", "/")).name
        suffix, stem = PurePosixPath(name).suffix.lower(), PurePosixPath(name).stem
        if suffix not in SUFFIXES or (suffix == ".xml" and not stem.lower().endswith(".shp")):
            raise FileError(
                sentence("errors_serve.kind", suffix=plain(suffix) or "?", known=" ".join(sorted(SUFFIXES - _SPARE)))
            )
        if suffix in _SPARE:
            continue
        # Programs write the parts of one file in small letters and in large ones.
        key = f"{stem.lower()}" if suffix in _PARTS or suffix in _BESIDE else f"{place}/"
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
        # A part that is missing is called by what is there.
        names.setdefault(f"{path.stem}.", f"{plain(stem)}.")
    _check_alone(kept, names)
    sites = [path for path in kept if path.suffix not in _BESIDE]
    if not sites:
        raise FileError(sentence("errors_serve.no_file"))
    return sites, names


def _check_alone(kept: Sequence[Path], names: dict[str, str]) -> None:
    """Refuse parts whose file was not sent with them: nobody would read them, and its sites would be missing."""
    for path in kept:
        mains = [main for main, parts in _PARTS.items() if path.suffix in parts]
        if mains and not any(path.with_suffix(main) in kept for main in mains):
            beside = [one for one in kept if one.stem == path.stem]
            likely = next((main for main in _PARTS if {one.suffix for one in beside} <= _PARTS[main]), mains[0])
            parts = ", ".join(names[one.name] for one in beside)
            raise FileError(sentence("errors_serve.parts_only", parts=parts, main=likely))
