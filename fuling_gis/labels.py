"""Every word that people see, in Chinese and English.

The words stand in `words/*.yaml`, one file for each part of the product: `label("map.legend", "zh")` is the entry
`legend` of `words/map.yaml`. A test walks all entries for both languages.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from fuling_gis.errors import FulingError
from fuling_gis.yamlfile import read_yaml

Lang: TypeAlias = Literal["zh", "en"]
LANGS: tuple[Lang, ...] = ("zh", "en")

_FOLDER = Path(__file__).parent / "words"
# Whatever ends a line for any reader of text.
_BREAKS = str.maketrans(dict.fromkeys("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029", " "))
# What a name is not to be broken by.
_WITHIN: Final = dict.fromkeys(map(ord, "\t\n\r\x85\u2028\u2029"), " ")


def label(key: str, lang: Lang, /, **values: object) -> str:
    """Give the words of an entry in one language, with `{name}` places filled from `values`.

    key: `part.entry`, where part is a file of the words folder. An unknown key raises KeyError: it is a fault of ours.
    """
    part, _, entry = key.partition(".")
    text: str = words(part)[entry][lang]
    return text.format(**values) if values else text


def sentence(key: str, /, **values: object) -> dict[str, str]:
    """Give the words of an entry in all languages; see `label`.

    A value that itself exists in several languages, a mapping by language or an error, is put in in each one's own.
    Any other is one line: a name with a line break would put a line of its own into a log or onto a terminal.
    """
    return {lang: label(key, lang, **{name: _in(value, lang) for name, value in values.items()}) for lang in LANGS}


def _in(value: object, lang: Lang) -> object:
    if isinstance(value, FulingError):
        return value.told(lang)
    if isinstance(value, str | Path):
        return str(value).translate(_BREAKS)
    return value[lang] if isinstance(value, Mapping) else value


@cache
def words(part: str) -> dict[str, dict[str, str]]:
    """Give all entries of one part: entry to language to text."""
    found: dict[str, Any] = read_yaml(_FOLDER / f"{part}.yaml").value
    return found


def parts() -> list[str]:
    """List the parts that have words."""
    return sorted(p.stem for p in _FOLDER.glob("*.yaml"))


def short(text: object, most: int = 120) -> str:
    """Give a text of a file, as a name of a site, in one line of at most so many characters, for where people read."""
    line = str("" if text is None else text).translate(_WITHIN).strip()
    return line if len(line) <= most else line[: most - 1] + "…"
