"""Which language the terminal speaks, and which the files: an option, the environment, else the system's own."""

from __future__ import annotations

import locale
from collections.abc import Mapping, Sequence

from fuling_gis.labels import LANGS, Lang

VARIABLE = "FULING_LANG"


def asked(arguments: Sequence[str], environment: Mapping[str, str]) -> Lang | None:
    """Give the language that somebody asked for: the last `--lang`, else FULING_LANG, else the system's, else None.

    The words before `--` are looked through ahead of all parsing, so that `--help` and faults speak it too. A word
    that is no language is passed over here; the parser refuses it.
    """
    said = [environment.get(VARIABLE, "")]
    words = list(arguments[: arguments.index("--")]) if "--" in arguments else list(arguments)
    for position, word in enumerate(words):
        if word == "--lang" and position + 1 < len(words):
            said.append(words[position + 1])
        elif word.startswith("--lang="):
            said.append(word.removeprefix("--lang="))
    for word in reversed(said):
        for lang in LANGS:
            if word.strip().lower() == lang:
                return lang
    return _of_system(environment)


def _of_system(environment: Mapping[str, str]) -> Lang | None:
    names = [environment.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    name = next((name for name in names if name), "")
    if not name:
        # Windows has no such variables; there the name reads `zh_CN` or `Chinese (Simplified)_China`.
        name = locale.getlocale()[0] or ""
    name = name.lower()
    if not name or name.split(".")[0] in ("c", "posix"):
        return None
    return "zh" if name.startswith(("zh", "chinese")) else "en"
