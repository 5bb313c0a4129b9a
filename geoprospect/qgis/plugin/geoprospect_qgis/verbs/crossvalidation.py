"""Methods compared at points far from those that they learned from."""

from __future__ import annotations

import os

from qgis.core import (
    QgsProcessingOutputHtml,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)

from .algorithm import Verb, load


class Crossval(Verb):
    """`geoprospect crossval`."""

    VERB = "crossval"
    TITLE = "Cross-validate methods in space"
    HELP = (
        "Holds out whole regions of the training points, learns from the others, and scores the "
        "points that were held out. Leaves a page of the figures, and a layer of the points with "
        "their scores, which shows where a method fails."
    )
    FOLDS = ("clusters", "blocks", "random")

    def initAlgorithm(self, configuration=None):  # noqa: N802 - of QGIS
        """Add the parameters."""
        self.add_file("PROJECT", "Project file", "toml")
        self.addParameter(
            QgsProcessingParameterString(
                "METHODS", "Methods, with commas between, or all [by default the project's]",
                optional=True,
            )
        )  # fmt: skip
        kinds = ["regions of points that lie together", "square blocks", "cells at random"]
        self.addParameter(
            QgsProcessingParameterEnum("FOLDS", "Held out together", kinds, defaultValue=0)
        )
        integer = QgsProcessingParameterNumber.Type.Integer
        double = QgsProcessingParameterNumber.Type.Double
        self.addParameter(
            QgsProcessingParameterNumber("NUMBER", "Number of folds", integer, 5, minValue=2)
        )
        self.addParameter(
            QgsProcessingParameterNumber("REPEATS", "Repeats", integer, 3, minValue=1)
        )
        self.addParameter(
            QgsProcessingParameterNumber(
                "BUFFER", "Leave out training points this near to those held out [m]", double, 0.0,
                minValue=0,
            )
        )  # fmt: skip
        self.add_advanced(QgsProcessingParameterNumber("SEED", "Seed", integer, 0, minValue=0))
        self.addParameter(QgsProcessingParameterFolderDestination("OUTPUT", "Folder of results"))
        self.addOutput(QgsProcessingOutputHtml("PAGE", "Page of the figures"))

    def arguments(self, parameters, context, feedback):
        """Give the project, the methods and the folds."""
        words = [self.parameterAsFile(parameters, "PROJECT", context)]
        methods = self.parameterAsString(parameters, "METHODS", context)
        for method in filter(None, map(str.strip, methods.split(","))):
            words += ["--all"] if method == "all" else ["--method", method]
        words += ["--folds", self.FOLDS[self.parameterAsEnum(parameters, "FOLDS", context)]]
        for name in ("NUMBER", "REPEATS", "SEED"):
            number = self.parameterAsInt(parameters, name, context)
            words += [f"--{name.lower()}", str(number)]
        words += ["--buffer", str(self.parameterAsDouble(parameters, "BUFFER", context))]
        folder = self.parameterAsString(parameters, "OUTPUT", context)
        return [*words, "--output", folder, "--overwrite"]  # the dialog has asked

    def results(self, told, parameters, context, feedback):
        """Load the points that were held out."""
        folder = self.parameterAsString(parameters, "OUTPUT", context)
        points = os.path.join(folder, "held_out.gpkg")
        load(context, f"{points}|layername=cells", "points held out")
        return {"OUTPUT": folder, "PAGE": os.path.join(folder, "crossval.html")}
