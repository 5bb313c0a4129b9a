"""An algorithm that runs a verb of geoprospect, and loads what this leaves."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingLayerPostProcessorInterface,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterFile,
)
from qgis.PyQt.QtGui import QIcon

from .. import command, environment


class Verb(QgsProcessingAlgorithm):
    """A verb; each is a class with its name, title, help, parameters and arguments."""

    VERB = ""
    TITLE = ""
    HELP = ""
    ENDS_WITH = (0,)
    """The exit statuses with which it has done its work."""

    def arguments(self, parameters, context, feedback):
        """Give the arguments of the verb, without its name."""
        raise NotImplementedError

    def results(self, told, parameters, context, feedback):
        """Give the outputs, of what the verb told as JSON; and load layers."""
        raise NotImplementedError

    def processAlgorithm(self, parameters, context, feedback):  # noqa: N802 - of QGIS, as below
        """Run the verb."""
        arguments = self.arguments(parameters, context, feedback)
        ended = command.geoprospect([self.VERB, *arguments, "--json"], feedback)
        if ended is None:
            feedback.pushInfo("Stopped; no half-written file is left.")
            return {}
        if ended.status not in self.ENDS_WITH:
            raise QgsProcessingException(
                f"geoprospect {self.VERB} ended with status {ended.status} and told no reason"
            )
        return self.results(json.loads(ended.output), parameters, context, feedback)

    def canExecute(self):  # noqa: N802
        """Say what is missing, where the program is not there."""
        missing = environment.what_is_missing()
        return not missing, missing

    def createInstance(self):  # noqa: N802
        """Give another of its kind."""
        return type(self)()

    def name(self):
        """Give the last part of its id."""
        return self.VERB

    def displayName(self):  # noqa: N802
        """Give its title in the toolbox."""
        return self.TITLE

    def shortHelpString(self):  # noqa: N802
        """Give what the dialog shows beside its parameters."""
        return self.HELP

    def icon(self):
        """Give the icon of the plugin."""
        return QIcon(os.path.join(os.path.dirname(__file__), "..", "icon.svg"))

    def add_file(self, name, words, suffix="", *, optional=False):
        """Add a parameter for a file that is there already."""
        kind = QgsProcessingParameterFile.Behavior.File
        # QGIS' own filter for all files leaves those without a dot aside.
        shown = {"extension": suffix} if suffix else {"fileFilter": "All files (*)"}
        self.addParameter(QgsProcessingParameterFile(name, words, kind, optional=optional, **shown))

    def add_folder(self, name, words, *, optional=False):
        """Add a parameter for a folder that is there already."""
        kind = QgsProcessingParameterFile.Behavior.Folder
        self.addParameter(QgsProcessingParameterFile(name, words, kind, optional=optional))

    def add_switch(self, name, words, *, on=False):
        """Add a parameter that is yes or no."""
        self.addParameter(QgsProcessingParameterBoolean(name, words, on))

    def add_overwrite(self):
        """Add the parameter that lets former results be replaced."""
        self.add_switch("OVERWRITE", "Replace results that exist already")

    def add_advanced(self, parameter):
        """Add a parameter that the dialog shows under Advanced."""
        advanced = QgsProcessingParameterDefinition.Flag.FlagAdvanced
        parameter.setFlags(parameter.flags() | advanced)
        self.addParameter(parameter)


def given(parameters, name):
    """Whether a parameter has a value."""
    return parameters.get(name) not in (None, "")


class _Style(QgsProcessingLayerPostProcessorInterface):
    """Gives a layer the style that lies with it, which Processing leaves aside."""

    def postProcessLayer(self, layer, context, feedback):  # noqa: N802 - of QGIS
        """Load the style, when the layer is there."""
        layer.loadDefaultStyle()
        layer.triggerRepaint()


_KEPT = []  # which are to outlive the algorithms


def style(context, path):
    """Let a layer that QGIS is to load have the style that lies with it."""
    if context.willLoadLayerOnCompletion(path):
        _KEPT.append(_Style())  # one a layer, for QGIS removes it
        context.layerToLoadOnCompletionDetails(path).setPostProcessor(_KEPT[-1])


def load(context, path, title=""):
    """Let QGIS load a layer when the algorithm is done, in the style that lies with it.

    The path is as QGIS writes it: of a file with several layers, with the one that is meant.
    """
    if context.project() is None:
        return
    title = title or os.path.splitext(os.path.basename(path))[0].replace("_", " ")
    details = QgsProcessingContext.LayerDetails(title, context.project(), "")
    context.addLayerToLoadOnCompletion(path, details)
    style(context, path)


def load_all(context, folder):
    """Load the layers that lie in a folder of results, points above rasters."""
    names = sorted(os.listdir(folder), key=lambda name: (name.endswith(".gpkg"), name))
    for name in names:
        path = os.path.join(folder, name)
        if name.endswith(".tif"):
            load(context, path)
        elif name.endswith(".gpkg"):
            layers = layers_in(path)
            for layer in layers:
                title = f"{layer} {name[:-5]}" if len(layers) > 1 else ""
                load(context, f"{path}|layername={layer}", title)


def layers_in(package):
    """List the layers of features of a GeoPackage."""
    asked = "SELECT table_name FROM gpkg_contents WHERE data_type = 'features' ORDER BY table_name"
    with closing(sqlite3.connect(package)) as read:
        return [name for (name,) in read.execute(asked)]
