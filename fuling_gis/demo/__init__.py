"""The demonstration district: an invented Fuling, drawn from free facts, for trying the toolkit without official data."""

from fuling_gis.demo.build import build

__all__ = ["build"]
