"""Makes the pictures of the report for the documentation: pages of the demonstration's, as LibreOffice prints them.

    python scripts/build_report_pictures.py

Needs LibreOffice (soffice) and pdftoppm of poppler on the machine. Writes docs/report-*.png.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from build_map_pictures import DOCS, checked
from PIL import Image

# Points to the inch: a page is some 600 wide.
DPI = 72
# Name of the picture, language, site (none: the whole report), page.
PICTURES = (
    ("report-first-zh", "zh", "", 1),
    ("report-site-zh", "zh", "P001", 2),
    ("report-site-en", "en", "P001", 2),
)


def main() -> None:
    """Make the demonstration, its reports, and the pictures."""
    wanting = [name for name in ("soffice", "pdftoppm") if shutil.which(name) is None]
    if wanting:
        sys.exit(f"not on this machine: {', '.join(wanting)}")
    with tempfile.TemporaryDirectory() as folder:
        results = {lang: checked(Path(folder) / lang, lang).parent for lang in ("zh", "en")}
        for name, lang, site, page in PICTURES:
            picture = Image.open(io.BytesIO(printed(report_of(results[lang], lang, site), page)))
            picture.save(DOCS / f"{name}.png", optimize=True)


def report_of(result: Path, lang: str, site: str) -> Path:
    """Give the report of a check, or of one of its sites."""
    if not site:
        return result / "report.docx"
    path = result / f"{site}.docx"
    command = [sys.executable, "-m", "fuling_gis", "report", str(result), "--site", site, "-o", str(path), "--force"]
    subprocess.run([*command, "--lang", lang], check=True, stdout=subprocess.DEVNULL)
    return path


def printed(path: Path, page: int) -> bytes:
    """Print a document and give one of its pages as PNG."""
    convert = ["soffice", "--headless", "--convert-to", "pdf", "--outdir", str(path.parent), str(path)]
    subprocess.run(convert, check=True, stdout=subprocess.DEVNULL)
    pages = ["pdftoppm", "-r", str(DPI), "-f", str(page), "-l", str(page), "-png", str(path.with_suffix(".pdf"))]
    return subprocess.run(pages, check=True, stdout=subprocess.PIPE).stdout


if __name__ == "__main__":
    main()
