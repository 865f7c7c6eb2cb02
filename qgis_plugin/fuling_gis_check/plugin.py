"""The plugin: it adds the provider to Processing, and takes it away again."""

from qgis.core import QgsApplication

from .provider import FulingGisProvider


class FulingGisPlugin:
    """What QGIS starts."""

    def __init__(self, iface):
        """Keep nothing of the window: all is done in Processing."""
        self.iface = iface
        self.provider = None

    def initProcessing(self):  # noqa: N802 - QGIS's name
        """Add the provider; called alone by qgis_process, which has no window."""
        self.provider = FulingGisProvider()
        QgsApplication.processingRegistry().addProvider(self.provider)

    def initGui(self):  # noqa: N802 - QGIS's name
        """Start with a window."""
        self.initProcessing()

    def unload(self):
        """Take the provider away."""
        if self.provider is not None:
            QgsApplication.processingRegistry().removeProvider(self.provider)
            self.provider = None
