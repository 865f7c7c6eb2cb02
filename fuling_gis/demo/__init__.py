"""The demonstration district: an invented Fuling, drawn from free facts, to try the toolkit without official data."""

from fuling_gis.demo.assembly import build, make

__all__ = ["build", "make"]
