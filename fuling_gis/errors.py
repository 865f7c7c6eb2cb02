"""The faults that a person can mend, one class for each kind.

Every message is one sentence that names the file, the row or key, the value found and the mend, in Chinese and
English. Nothing here knows about exit states or HTTP; the command line and the page map these classes to theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

# A text by language, `zh` and `en`.
Words: TypeAlias = Mapping[str, str]


class FulingError(Exception):
    """Something the user can mend. Every error this package raises on purpose is one of these.

    Its text, as `str` gives it, is the English one.
    """

    # How many offers a process with limits did not hand on.
    unoffered = 0

    def __init__(self, message: str | Words = "", *, offers: Iterable[str] = ()) -> None:
        """Keep the sentence in every language.

        message: language to text; or one text for both, where it is the same in both or a caller's own. offers: what
        would mend it, as the option takes it that the kind of error asks for; the likeliest first.
        """
        self.words, self.offers = both(message), tuple(offers)
        super().__init__(self.words["en"])

    def __reduce__(self) -> tuple[type[FulingError], tuple[dict[str, str]], dict[str, object]]:
        """Keep the sentences and the offers when the error goes from one process to another."""
        return type(self), (self.words,), {"offers": self.offers, "unoffered": self.unoffered}

    def told(self, lang: str) -> str:
        """Give the sentence in a language, `zh` or `en`."""
        return self.words[lang]


class UsageError(FulingError):
    """The question itself is put wrongly: an option, a name or a combination that does not exist."""


class FileError(FulingError):
    """A file cannot be read as what it is said to be."""


class LayerChoiceError(FileError):
    """A file holds several layers, and nobody said which one is meant."""


class CrsError(FulingError):
    """A coordinate reference system is missing, unknown, or cannot be joined with another one."""


class SystemUnsaidError(CrsError):
    """Nobody has said which system the coordinates of a file are in, or two say different ones."""


class LocalShiftError(CrsError):
    """Coordinates on a datum that only local parameters join with the one wanted; none were given."""


class CatalogError(FulingError):
    """layers/catalog.yaml says something that cannot be meant."""


class LayerError(FulingError):
    """A layer's file does not hold what the catalogue says it holds."""


class RuleError(FulingError):
    """A rule file is wrong."""


class SiteError(FulingError):
    """A file of sites cannot be used at all. A single bad row is a rejected row, not an error."""


class ElsewhereError(SiteError):
    """The coordinates of a file cannot be what they are said to be."""


class OutputError(FulingError):
    """A result cannot be written where it was asked for."""


def both(text: str | Words) -> dict[str, str]:
    """Give a text by language, whether it came so or is the same in both."""
    return {lang: text if isinstance(text, str) else text[lang] for lang in ("zh", "en")}


def joined(texts: Iterable[str | Words], between: str | Words = "\n") -> dict[str, str]:
    """Put texts together in each language, one a line unless something else stands between them."""
    told = [both(text) for text in texts]
    return {lang: link.join(text[lang] for text in told) for lang, link in both(between).items()}


def once(faults: Iterable[Words]) -> list[Words]:
    """Give each fault once, in the order in which they came."""
    return list({fault["en"]: fault for fault in faults}.values())
