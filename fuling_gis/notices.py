"""What a notice of a run is about, and what of it is said where only some of the sites are told.

A notice is a sentence by language. Beside that it may have `file`, the file that it speaks of, called as sites call it;
`about`, which is `sites` where it tells of rows or sites and of nothing else; and `some_zh` and `some_en`, the same
without numbers and names of single rows. One that has none of these holds for all sites.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from fuling_gis.labels import LANGS

# Marks a notice that is about many sites, and may name some: whoever tells of one of them alone leaves it out.
ABOUT_SITES: Final = {"about": "sites"}
# What a notice may have beside its words.
BESIDE: Final = ("file", "about", *(f"some_{lang}" for lang in LANGS))


def of_file(notice: Mapping[str, str], file: str) -> dict[str, str]:
    """Say of which file a notice speaks. file: as the column `source` of its sites calls it."""
    return {**notice, "file": file}


def with_short(notice: Mapping[str, str], short: Mapping[str, str]) -> dict[str, str]:
    """Add what is said in place of a notice where only some sites are told; it must warn of the same."""
    return {**notice, **{f"some_{lang}": short[lang] for lang in LANGS}}


def of_some(notices: Iterable[Mapping[str, str]], files: Collection[str]) -> tuple[dict[str, str], ...]:
    """Give what is to be said of some sites: nothing of other files, nor of rows, but all that warns of them.

    files: those that the sites are from, as the sites call them.
    """
    names = {as_written(file) for file in files}
    told: list[dict[str, str]] = [
        {lang: notice.get(f"some_{lang}", notice[lang]) for lang in LANGS}
        for notice in notices
        if notice.get("about") != ABOUT_SITES["about"]
        and ("file" not in notice or as_written(str(notice["file"])) in names)
    ]
    once: dict[tuple[str, ...], dict[str, str]] = {tuple(one.values()): one for one in told}
    return tuple(once.values())


def as_written(name: str) -> str:
    """Give a name as tables of results have it: what no file can hold is put otherwise there."""
    return name.replace("\x00", "").encode("utf-8", "replace").decode()
