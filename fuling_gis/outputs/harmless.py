"""Text that no spreadsheet takes for anything but text.

A cell that begins with an operator is run as a formula by spreadsheets, even where it came as text from somebody
else's shapefile. An apostrophe before it stops that. A line break inside a cell would start a new row in programs
that split lines first; it becomes a blank. Marks that turn the writing direction make a name read as another one; they
are left out, as on the terminal and on the map.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

# ASCII operators, their full-width and small forms, and the true minus sign, which some locales fold onto them.
_OPERATORS: Final = r"=+\-@＝＋－＠﹢﹣﹦﹫−"
# Blanks and invisible characters before the operator are dropped by spreadsheets; so they do not make it harmless.
_RUNS: Final = rf"^[\s\p{{Z}}\p{{C}}]*[{_OPERATORS}]|^[\t\r\n]"
# Spreadsheets of some countries split cells at semicolons too.
_RUNS_INSIDE: Final = rf"(;[\s\p{{Z}}\p{{C}}]*)([{_OPERATORS}])"
# Marks, embeddings, overrides and isolates of the writing direction (Unicode Standard Annex 9, 2).
TURNING: Final = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_CONTROLS: Final = r"[\x00-\x1f\x7f-\x{9f}\x{2028}\x{2029}]"


def harmless(text: pa.Array) -> pa.Array:
    """Make every text harmless for spreadsheets and fit for one line; numbers are not to come here.

    text: an array of strings; nulls stay nulls.
    """
    # Before anything else is looked for: what stands behind such a mark may be an operator.
    text = pc.replace_substring_regex(text, f"[{TURNING}]", "")
    runs = pc.match_substring_regex(text, _RUNS)
    clean = pc.replace_substring_regex(text, _CONTROLS, " ")
    clean = pc.replace_substring_regex(clean, _RUNS_INSIDE, r"\1'\2")
    return pc.if_else(runs, pc.binary_join_element_wise("'", clean, ""), clean)
