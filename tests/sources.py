"""The folder of public sources beside the checkout: the plan, the table of its sentences, the texts of the laws.

It is no part of the repository. Where it is not at hand, `SOURCES` is empty and the tests hold the repository's own
copies to the fingerprints of what was compared.
"""

from __future__ import annotations

from pathlib import Path

# One folder or none: `shared` in the nearest folder upward that has one with the plan in it.
SOURCES = tuple(
    folder / "shared" for folder in Path(__file__).resolve().parents if (folder / "shared" / "plan.txt").exists()
)[:1]


def told() -> str:
    """Say what the quotes were compared with."""
    if SOURCES:
        return "quotes: compared word for word with the plan and the laws in the folder `shared`"
    return "quotes: the plan and the laws are not beside this checkout; their copies are held to compared.yaml"
