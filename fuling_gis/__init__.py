"""Fuling GIS: puts every rule of the district's ecological plan to every proposed site, and keeps the evidence."""

__version__ = "0.1.0"
