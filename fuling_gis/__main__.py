"""`python -m fuling_gis` is `fuling-gis`."""

import sys

from fuling_gis.cli import main

if __name__ == "__main__":
    sys.exit(main())
