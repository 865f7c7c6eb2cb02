"""The command line: arguments in, exit status out. Whatever it tells people was worked out on a floor below."""

from fuling_gis.cli.program import main

__all__ = ["main"]
