"""The provider of the two algorithms, with the one setting: where the command is."""

import os

from processing.core.ProcessingConfig import ProcessingConfig, Setting
from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from .algorithms import CheckSites, LoadResult
from .command import SETTING
from .words import word


class FulingGisProvider(QgsProcessingProvider):
    """Algorithms of Fuling GIS."""

    def load(self):
        """Add the setting and the algorithms."""
        ProcessingConfig.settingIcons[self.name()] = self.icon()
        ProcessingConfig.addSetting(Setting(self.name(), SETTING, word("setting"), "", valuetype=Setting.FILE))
        ProcessingConfig.readSettings()
        self.refreshAlgorithms()
        return True

    def unload(self):
        """Take the setting away."""
        ProcessingConfig.removeSetting(SETTING)

    def loadAlgorithms(self):  # noqa: N802 - QGIS's name
        """Add the algorithms."""
        for algorithm in (CheckSites(), LoadResult()):
            self.addAlgorithm(algorithm)

    def id(self):
        """Name the provider for scripts."""
        return "fulinggis"

    def name(self):
        """Name it for people."""
        return "Fuling GIS"

    def icon(self):
        """Give the icon."""
        return QIcon(os.path.join(os.path.dirname(__file__), "icon.svg"))
