"""Makes the pictures of the report for the documentation: the demonstration, its reports as PDF, their pages.

    python scripts/build_report_pictures.py

Needs LibreOffice and Poppler (`apt-get install libreoffice-writer-nogui poppler-utils fonts-noto-cjk`). Writes
docs/report-*.png in few colours.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

DOCS = Path(__file__).parents[1] / "docs"
DAY = "2025-06-01"
SITE = "P001"
# Dots to the inch: a page is as wide as a reader's column.
DOTS = 84
COLOURS = 128
# Language, whether of one site alone, and its pages that are shown.
REPORTS = (("zh", True, (1, 2)), ("en", False, (1,)))


def main() -> None:
    """Make the demonstration in each language, its report, and the pictures of some pages."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for lang, alone, pages in REPORTS:
            run(sys.executable, "-m", "fuling_gis", "demo", folder / lang, "--lang", lang, "--as-of", DAY)
            out, kind = folder / lang / "maps" / "samples", "site" if alone else "whole"
            site = ("--site", SITE) if alone else ()
            run(sys.executable, "-m", "fuling_gis", "report", out, *site, "-o", folder / f"{kind}.docx")
            pdf = as_pdf(folder / f"{kind}.docx")
            for page in pages:
                full = Image.open(io.BytesIO(picture(pdf, page))).convert("RGB")
                # Colours far apart are kept, however rare they are: the site's own is a few dots.
                few = full.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
                few.save(DOCS / f"report-{kind}-{lang}-{page}.png", optimize=True)


def as_pdf(path: Path) -> Path:
    """Have LibreOffice print a document."""
    profile = f"-env:UserInstallation={(path.parent / 'profile').as_uri()}"
    run("soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", path.parent, path)
    return path.with_suffix(".pdf")


def picture(pdf: Path, page: int) -> bytes:
    """Draw one page."""
    run("pdftoppm", "-r", DOTS, "-f", page, "-l", page, "-singlefile", "-png", pdf, pdf.with_suffix(""))
    return pdf.with_suffix(".png").read_bytes()


def run(*words: object) -> None:
    """Run a program without its words."""
    subprocess.run([str(word) for word in words], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
