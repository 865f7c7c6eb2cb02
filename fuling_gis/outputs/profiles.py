"""Profiles of several sites as SVG files, and what each shows in short."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fuling_gis.errors import OutputError
from fuling_gis.labels import LANGS, Lang, label, sentence
from fuling_gis.outputs.profile_svg import profile_svg
from fuling_gis.outputs.visible import SUFFIXES
from fuling_gis.overlay.profile import Profile

_ANSWERS = ("no", "maybe", "yes", "maybe")


def write_profiles(found: Iterable[tuple[str, str, Profile | None]], target: Path, lang: Lang) -> list[dict[str, Any]]:
    """Write a profile for each site beside a target: site id, name and line of sight.

    Gives for each the file ("" where no lookout is within reach), the answer and its figures. Raises OutputError.
    """
    base = target.with_suffix("") if target.suffix.lower() in SUFFIXES else target
    told = []
    for site_id, name, profile in found:
        about: dict[str, Any] = {"site_id": site_id, "name": name, "file": ""}
        if profile is None:
            words = {one: label("outputs.profile_none", one) for one in LANGS}
            told.append({**about, "answer": "", "answer_words": words, "distance_m": "", "clearance_m": ""})
            continue
        file = base.with_name(f"{base.name}-{_plain(site_id)}.svg")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(profile_svg(profile, f"{site_id} {name}".strip(), lang), "utf-8", newline="\n")
        except OSError as e:
            raise OutputError(sentence("errors_run.unwritable", path=file, why=e.strerror or e)) from e
        told.append(
            {
                **about,
                "file": str(file),
                "answer": _ANSWERS[profile.state],
                "answer_words": {one: label(f"outputs.profile_state_{profile.state}", one) for one in LANGS},
                "distance_m": round(float(profile.distance[-1]), 1),
                "clearance_m": round(profile.clearance_m, 2),
            }
        )
    return told


def _plain(text: str) -> str:
    """Make a site's id safe as a part of a file's name."""
    return re.sub(r"[^\w-]+", "_", text).strip("_")[:60] or "site"
