"""Profiles of several sites as SVG files, and what each shows in short."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fuling_gis.labels import LANGS, Lang, label
from fuling_gis.outputs.profile_svg import profile_svg
from fuling_gis.outputs.together import Together
from fuling_gis.overlay.profile import Profile

_ANSWERS = ("no", "maybe", "yes", "maybe")


def put_profiles(
    found: Iterable[tuple[str, str, Profile | None]], base: Path, together: Together, lang: Lang
) -> list[dict[str, Any]]:
    """Write a profile for each site among files that appear together: site id, name and line of sight.

    base: what the names begin with. Gives for each the file ("" where no lookout is within reach), the answer and its
    figures. Raises OutputError.
    """
    told = []
    for site_id, name, profile in found:
        about: dict[str, Any] = {"site_id": site_id, "name": name, "file": ""}
        if profile is None:
            words = {one: label("outputs.profile_none", one) for one in LANGS}
            told.append({**about, "answer": "", "answer_words": words, "distance_m": "", "clearance_m": ""})
            continue
        file = base.with_name(f"{base.name}-{_plain(site_id)}.svg")
        together.write(file.name, profile_svg(profile, f"{site_id} {name}".strip(), lang).encode())
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
