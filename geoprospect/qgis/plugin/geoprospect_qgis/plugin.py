"""The plugin: it adds the provider to the Processing toolbox, and takes it away again."""

from __future__ import annotations

from qgis.core import QgsApplication

from .provider import GeoprospectProvider


class GeoprospectPlugin:
    """What QGIS loads; `qgis_process` asks for the provider alone."""

    def __init__(self):
        self.provider = None

    def initProcessing(self):  # noqa: N802 - the name that QGIS asks for
        """Add the provider."""
        self.provider = GeoprospectProvider()
        QgsApplication.processingRegistry().addProvider(self.provider)

    def initGui(self):  # noqa: N802
        """Add the provider; there is nothing else to be seen."""
        self.initProcessing()

    def unload(self):
        """Take the provider away."""
        if self.provider is not None:
            QgsApplication.processingRegistry().removeProvider(self.provider)
            self.provider = None
