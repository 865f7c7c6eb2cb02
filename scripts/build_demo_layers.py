"""Rebuild the checkout's own layers/: the same bytes under the versions of constraints.txt."""

import sys
from pathlib import Path

from fuling_gis.demo import build

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Write layers/ anew, or the layers/ of another folder named on the command line."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT
    build(folder)
    print(f"wrote {folder / 'layers'}")


if __name__ == "__main__":
    main()
