"""Layers: what the catalogue declares, and what was loaded, apart."""
