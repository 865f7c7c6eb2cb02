"""Finds the reports of a former run that `fuling-gis report` put into a folder of results and nobody has changed since.

They are no files of the run, and its manifest does not claim them: each carries the mark of this program instead. Who
saves a document in Word, WPS or LibreOffice leaves the day and mostly a name in it; it is then somebody's own.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

# What the properties of a report name as its identifier.
MARK: Final = "fuling-gis report"

_NAME: Final = re.compile(r"report(_.+)?\.docx")
_PROPERTIES: Final = "docProps/core.xml"
# A report of ours says less about itself.
_MOST_BYTES: Final = 100_000
_CP: Final = "{http://schemas.openxmlformats.org/package/2006/metadata/core-properties}"
_DC: Final = "{http://purl.org/dc/elements/1.1/}"
_DCTERMS: Final = "{http://purl.org/dc/terms/}"


def reports_left(folder: Path) -> list[str]:
    """Name the unchanged reports of ours in a folder, whichever sites they are about."""
    return sorted(path.name for path in folder.iterdir() if _NAME.fullmatch(path.name) and _is_ours(path))


def _is_ours(path: Path) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo(_PROPERTIES).file_size > _MOST_BYTES:
                return False
            said = fromstring(archive.read(_PROPERTIES))
    except (OSError, ValueError, KeyError, NotImplementedError, RuntimeError, zipfile.BadZipFile, ParseError):
        return False
    except DefusedXmlException:
        return False
    unchanged = said.findtext(f"{_DCTERMS}created") == said.findtext(f"{_DCTERMS}modified")
    return said.findtext(f"{_DC}identifier") == MARK and unchanged and not said.findtext(f"{_CP}lastModifiedBy")
