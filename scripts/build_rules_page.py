"""Write docs/rules.md from the rule files and the register."""

from __future__ import annotations

from pathlib import Path

from fuling_gis.rules.page import rules_page

PAGE = Path(__file__).parents[1] / "docs" / "rules.md"


def main() -> None:
    """Write the page; the same bytes where nothing has changed."""
    PAGE.write_bytes(rules_page().encode("utf-8"))
    print(PAGE)


if __name__ == "__main__":
    main()
