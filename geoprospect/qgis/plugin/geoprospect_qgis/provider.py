"""The provider: the algorithms in the toolbox, and the setting of where the program is."""

from __future__ import annotations

import os

from processing.core.ProcessingConfig import ProcessingConfig, Setting
from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from . import environment
from .verbs import ALGORITHMS


class GeoprospectProvider(QgsProcessingProvider):
    """The algorithms of geoprospect."""

    def load(self):
        """Add the setting, and the algorithms."""
        ProcessingConfig.settingIcons[self.name()] = self.icon()
        words = "Path of the geoprospect program (left empty: that of Install geoprospect)"
        ProcessingConfig.addSetting(
            Setting(self.name(), environment.SETTING, words, "", valuetype=Setting.FILE)
        )
        ProcessingConfig.readSettings()
        self.refreshAlgorithms()
        return True

    def unload(self):
        """Take the setting away."""
        ProcessingConfig.removeSetting(environment.SETTING)

    def loadAlgorithms(self):  # noqa: N802 - names that QGIS asks for, here and below
        """Add the algorithms."""
        for algorithm in ALGORITHMS:
            self.addAlgorithm(algorithm())

    def id(self):
        """Give the first part of the algorithms' ids."""
        return "geoprospect"

    def name(self):
        """Give the name in the toolbox."""
        return "geoprospect"

    def longName(self):  # noqa: N802
        """Give the name in full."""
        return "geoprospect: mineral prospectivity"

    def icon(self):
        """Give the icon."""
        return QIcon(os.path.join(os.path.dirname(__file__), "icon.svg"))

    def warningMessage(self):  # noqa: N802
        """Say what is missing, where the program is not found."""
        return environment.what_is_missing()
