"""The Word document under the report: its styles, and texts that cannot be anything but texts.

python-docx writes every text as text; what its XML cannot hold is taken out here. East Asian fonts are named in every
style, for Word would else take those of its default theme.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, Final

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.table import Table

from fuling_gis.labels import Lang
from fuling_gis.outputs.reports_left import MARK
from fuling_gis.outputs.workbook import clean

_BODY: Final = {"zh": ("Times New Roman", "宋体"), "en": ("Calibri", "宋体")}
# Of Latin letters, and of Chinese signs: ids of rules are broken anywhere where they are said to be Chinese.
_LANGUAGES: Final = {"val": "en-GB", "eastAsia": "zh-CN"}
_HEAD: Final = {"zh": ("Arial", "黑体"), "en": ("Calibri", "黑体")}
_HEADINGS: Final = {"Title": 20, "Heading 1": 15, "Heading 2": 12.5, "Heading 3": 11}
_GREY: Final = RGBColor(0x55, 0x55, 0x55)
_LOUD: Final = RGBColor(0x7A, 0x00, 0x10)
# Names of styles of this project's own.
_CELL, _QUOTE = "Fuling Cell", "Fuling Quote"
# A table of so few rows stays on one page.
_HELD_ROWS: Final = 9
# Width of what is printed on, centimetres.
WIDE_CM: Final = 17.0


class Page:
    """A document that grows from top to bottom."""

    def __init__(self, lang: Lang) -> None:
        """Begin an A4 document in a language."""
        self._document = Document()
        self._lang = lang
        self._ids: dict[str, str] = {}
        section = self._document.sections[0]
        section.orientation = WD_ORIENT.PORTRAIT
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2)
        section.top_margin, section.bottom_margin = Cm(2), Cm(1.8)
        self._styles()

    def _styles(self) -> None:
        styles = self._document.styles
        # Without it programs take the signs and the punctuation of another language that writes with Chinese signs.
        for spoken in styles.element.iter(qn("w:lang")):
            for name, language in _LANGUAGES.items():
                spoken.set(qn(f"w:{name}"), language)
        normal = styles["Normal"]
        normal.font.size = Pt(10)
        normal.paragraph_format.space_after = Pt(3)
        normal.paragraph_format.line_spacing = 1.15
        _fonts(normal, *_BODY[self._lang])
        for name, size in _HEADINGS.items():
            style = styles[name]
            style.font.size, style.font.bold = Pt(size), True
            style.font.color.rgb = RGBColor(0x1A, 0x2B, 0x3C)
            style.paragraph_format.space_before = Pt(0 if name == "Title" else size * 0.7)
            style.paragraph_format.space_after = Pt(4)
            style.paragraph_format.keep_with_next = True
            _fonts(style, *_HEAD[self._lang])
            border = style.element.pPr.find(qn("w:pBdr"))
            if border is not None:
                style.element.pPr.remove(border)
        _fonts(styles["List Bullet"], *_BODY[self._lang])
        styles["List Bullet"].paragraph_format.space_after = Pt(1)
        self._own_styles(styles)
        # The number of the page takes its size from here alone.
        styles["Footer"].font.size = Pt(8)

    def _own_styles(self, styles: Any) -> None:
        """Make the styles of cells and of words of documents: said once, and to be changed in Word in one place."""
        cell, quote = (styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH) for name in (_CELL, _QUOTE))
        cell.font.size = Pt(9)
        cell.paragraph_format.space_before = cell.paragraph_format.space_after = Pt(1)
        quote.font.italic = self._lang == "en"
        quote.paragraph_format.left_indent, quote.paragraph_format.right_indent = Cm(0.8), Cm(0.5)
        border, left = OxmlElement("w:pBdr"), OxmlElement("w:left")
        for name, value in (("val", "single"), ("sz", "12"), ("space", "8"), ("color", "8899AA")):
            left.set(qn(f"w:{name}"), value)
        border.append(left)
        # Where the schema wants it: before the spacing.
        quote.element.get_or_add_pPr().insert(0, border)
        for style in (cell, quote):
            style.base_style = styles["Normal"]
            _fonts(style, *_BODY[self._lang])

    def properties(self, title: str, comments: str) -> None:
        """Say what the document is, where programs look for it."""
        known = self._document.core_properties
        known.title, known.comments, known.author = clean(title)[:255], clean(comments)[:255], "Fuling GIS"
        known.identifier = MARK

    def footer(self, text: str) -> None:
        """Put a line and the number of the page under every page."""
        paragraph = self._document.sections[0].footer.paragraphs[0]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        run = paragraph.add_run(clean(text) + "  ·  ")
        run.font.size, run.font.color.rgb = Pt(8), _GREY
        number = paragraph.add_run()
        number.font.size, number.font.color.rgb = Pt(8), _GREY
        for kind, code in (("begin", ""), ("", "PAGE"), ("end", "")):
            element = OxmlElement("w:fldChar" if kind else "w:instrText")
            if kind:
                element.set(qn("w:fldCharType"), kind)
            else:
                element.text = code
            number._r.append(element)  # noqa: SLF001 - python-docx has no way of its own for page numbers

    def _paragraph(self, text: str, style: str) -> Any:
        """Write a paragraph in a style."""
        paragraph = self._document.add_paragraph(clean(text))
        self._styled(paragraph, style)
        return paragraph

    def _styled(self, paragraph: Any, style: str) -> None:
        """Give a paragraph a style, looked up once only: python-docx searches all styles each time."""
        if style not in self._ids:
            self._ids[style] = self._document.styles[style].style_id
        paragraph._p.style = self._ids[style]  # noqa: SLF001

    def title(self, text: str) -> None:
        """Write the title."""
        self._paragraph(text, "Title")

    def heading(self, text: str, level: int, *, fresh: bool = False) -> None:
        """Write a heading of level 1 to 3. fresh: on a new page."""
        paragraph = self._paragraph(text, f"Heading {level}")
        if fresh:
            paragraph.paragraph_format.page_break_before = True

    def say(
        self,
        text: str,
        *,
        grey: bool = False,
        loud: bool = False,
        bold: bool = False,
        lead: str = "",
        holds: bool = False,
    ) -> None:
        """Write a paragraph. lead: words before it, in bold. holds: it stays on the page of what follows."""
        paragraph = self._document.add_paragraph()
        if holds:
            paragraph.paragraph_format.keep_with_next = True
        if lead:
            paragraph.add_run(clean(lead)).bold = True
        run = paragraph.add_run(clean(text))
        if bold or loud:
            run.bold = True
        if grey or loud:
            run.font.color.rgb = _LOUD if loud else _GREY

    def points(self, texts: Sequence[str]) -> None:
        """Write a list."""
        for text in texts:
            self._paragraph(text, "List Bullet")

    def quote(self, text: str) -> None:
        """Write words of a document, set off from ours."""
        self._paragraph(text, _QUOTE)

    def picture(self, png: bytes, told: str) -> None:
        """Put a picture across the page. told: what it shows, for those who do not see it."""
        paragraph = self._document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        shape = paragraph.add_run().add_picture(io.BytesIO(png), width=Cm(WIDE_CM))
        shape._inline.docPr.set("descr", clean(told))  # noqa: SLF001

    def table(
        self,
        head: Sequence[str],
        rows: Sequence[Sequence[str]],
        widths: Sequence[float],
        fills: dict[tuple[int, int], str],
    ) -> None:
        """Write a table. widths: centimetres. fills: (row, column) to `#RRGGBB`."""
        table: Table = self._document.add_table(rows=1 + len(rows), cols=len(head))
        table.style = self._document.styles["Table Grid"]
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        table.autofit = False
        for column, wide in zip(table.columns, widths, strict=True):
            column.width = Cm(wide)
        for at, (row, texts) in enumerate(zip(table.rows, (head, *rows), strict=True)):
            _unbroken(row)
            for place, (cell, text) in enumerate(zip(row.cells, texts, strict=True)):
                cell.width = Cm(widths[place])
                paragraph = cell.paragraphs[0]
                self._styled(paragraph, _CELL)
                if at < len(rows) <= _HELD_ROWS:
                    paragraph.paragraph_format.keep_with_next = True
                run = paragraph.add_run(clean(text))
                if at == 0:
                    run.bold = True
                fill = "E8EEF4" if at == 0 else fills.get((at - 1, place), "").removeprefix("#")
                if fill:
                    _shade(cell, fill)
                    if _dark(fill):
                        run.font.color.rgb = RGBColor(0xFF, 0xFF, 0xFF)
        _repeated(table.rows[0])
        self._document.add_paragraph().paragraph_format.space_after = Pt(2)

    def turn(self) -> None:
        """Begin a new page."""
        self._document.add_page_break()  # type: ignore[no-untyped-call]

    def save(self, path: Any) -> None:
        """Write the document."""
        self._document.save(path)


def _fonts(style: Any, western: str, eastern: str) -> None:
    style.font.name = western
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{name}"), None)
    fonts.set(qn("w:eastAsia"), eastern)


def _shade(cell: Any, fill: str) -> None:
    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", fill)):
        shade.set(qn(f"w:{name}"), value)
    cell._tc.get_or_add_tcPr().append(shade)  # noqa: SLF001


def _repeated(row: Any) -> None:
    """Show a row at the head of each page that its table goes on to."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # noqa: SLF001


def _unbroken(row: Any) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))  # noqa: SLF001


def _dark(fill: str) -> bool:
    red, green, blue = (int(fill[i : i + 2], 16) for i in (0, 2, 4))
    return 0.299 * red + 0.587 * green + 0.114 * blue < 128  # noqa: PLR2004 - half way to white
