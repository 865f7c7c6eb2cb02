"""The files of the page, read once: ours, and the Leaflet that is installed. No file of anybody else is served."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from fuling_gis.labels import Lang, words

_PAGE: Final = Path(__file__).parent / "page"
_KINDS: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True)
class Asset:
    """One file of the page."""

    body: bytes
    kind: str
    # Changes when the file does.
    tag: str


@cache
def assets() -> dict[str, Asset]:
    """Give all files of the page by name."""
    found = {path.name: path.read_bytes() for path in sorted(_PAGE.iterdir()) if path.suffix in _KINDS}
    data = files("xstatic.pkg.leaflet") / "data"
    # Without the address of its source map, which a browser's tools would ask for, and without pictures.
    script = re.sub(r"\n//# sourceMappingURL=\S*\s*$", "\n", (data / "leaflet.js").read_text("utf-8"))
    style = re.sub(
        r"/\*.*?\*/|[\w-]+:\s*url\([^)]*\);?", "", (data / "leaflet.css").read_text("utf-8"), flags=re.DOTALL
    )
    found |= {"leaflet.js": script.encode(), "leaflet.css": style.encode()}
    return {
        name: Asset(body, _KINDS[Path(name).suffix], hashlib.sha256(body).hexdigest()[:32])
        for name, body in found.items()
    }


def page_words(lang: Lang) -> dict[str, str]:
    """Give the words of the page in one language."""
    return {entry: texts[lang] for entry, texts in words("serve").items()}
