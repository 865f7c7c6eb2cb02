"""What the user may say about site files, beyond what the files say themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fuling_gis.labels import Lang
from fuling_gis.sites.local import LocalShift


@dataclass(frozen=True)
class SiteOptions:
    """One set of choices for all files of a run."""

    # A CRS, `auto` (accept what the coordinates suggest, if that is one thing only), `gcj02`, `bd09`; None: the
    # file's own.
    crs: str | None = None
    # Local parameters that join Xi'an 1980 or Beijing 1954 with CGCS2000.
    crs_shift: LocalShift | None = None
    # Metres, for sites that give none.
    site_accuracy: float | None = None
    # Column to the value that its empty cells get.
    fill: Mapping[str, str] = field(default_factory=dict)
    # Column (site_id, name, ..., a fact, or lon, lat, x, y, wkt) to the file's own column.
    fields: Mapping[str, str] = field(default_factory=dict)
    # Language of `problem`.
    lang: Lang = "zh"
    # Encoding of the files' text; beats what is found.
    encoding: str | None = None
