"""Packs the QGIS plugin as a zip that QGIS installs: `python scripts/build_qgis_plugin.py [DIR]`.

The same files give the same bytes.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "qgis_plugin"
NAME = "fuling_gis_check"
# A zip has no dates before this one, and needs some.
MOMENT = (1980, 1, 1, 0, 0, 0)


def build(folder: Path) -> Path:
    """Write the zip into a folder and give its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{NAME}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for part in sorted((SOURCE / NAME).iterdir()):
            if part.is_file():
                entry = zipfile.ZipInfo(f"{NAME}/{part.name}", MOMENT)
                entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
                packed.writestr(entry, part.read_bytes())
    return path


if __name__ == "__main__":
    print(build(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("dist")))
