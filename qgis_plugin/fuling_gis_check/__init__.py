"""Fuling GIS in QGIS: a Processing provider that calls the command `fuling-gis`."""


def classFactory(iface):  # noqa: N802 - the name that QGIS asks for
    """Give QGIS the plugin."""
    from .plugin import FulingGisPlugin

    return FulingGisPlugin(iface)
