"""Makes the pictures of the map for the documentation: the demonstration, checked and opened in Chromium.

    python scripts/build_map_pictures.py

Needs Chromium on the machine and the packages of the extra `dev`. Writes docs/map-*.png in few colours.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright

DOCS = Path(__file__).parents[1] / "docs"
DAY = "2025-06-01"
COLOURS = 256
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run")
WIDE, PHONE = (1440, 900), (390, 844)
# Name of the picture, size, language, and what is pressed before it is taken.
PICTURES = (
    ("map-zh", WIDE, "zh", (".fg-row >> nth=0",)),
    ("map-en", WIDE, "en", (".fg-row >> nth=1",)),
    ("map-phone-zh", PHONE, "zh", ()),
    ("map-phone-en", PHONE, "en", (".fg-row >> nth=1",)),
)


def main() -> None:
    """Make the demonstration, check it, take the pictures."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as started:
        found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        browser = started.chromium.launch(executable_path=found, args=list(FLAGS))
        for lang in ("zh", "en"):
            page = checked(Path(folder) / lang, lang)
            for name, (width, height), spoken, pressed in PICTURES:
                if spoken == lang:
                    context = browser.new_context(
                        offline=True, reduced_motion="reduce", viewport={"width": width, "height": height}
                    )
                    save(DOCS / f"{name}.png", taken(context.new_page(), page, pressed))
                    context.close()
        browser.close()


def checked(folder: Path, lang: str) -> Path:
    """Make the demonstration in a folder and give its map."""
    command = [sys.executable, "-m", "fuling_gis", "demo", str(folder), "--lang", lang, "--as-of", DAY]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder / "maps" / "samples" / "map.html"


def taken(page: Any, path: Path, pressed: tuple[str, ...]) -> bytes:
    """Open a map, press what is to be pressed, and take its picture."""
    page.goto(path.as_uri())
    page.wait_for_selector(".fg-row")
    for one in pressed:
        page.click(one)
    page.mouse.move(0, 0)
    page.wait_for_timeout(600)
    picture: bytes = page.screenshot()
    return picture


def save(path: Path, picture: bytes) -> None:
    """Write a picture in its most frequent colours: those of verdicts stay what they are, only edges are rounded."""
    full = Image.open(io.BytesIO(picture)).convert("RGB")
    colours, counts = np.unique(np.asarray(full).reshape(-1, 3), axis=0, return_counts=True)
    frequent = colours[np.argsort(-counts, kind="stable")[:COLOURS]]
    palette = Image.new("P", (1, 1))
    palette.putpalette(frequent.ravel().tolist())
    full.quantize(palette=palette, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main()
