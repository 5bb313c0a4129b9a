"""What is added to a finished run: what its map rests on, where it holds, where to go first."""

from __future__ import annotations

import os

from qgis.core import QgsProcessingOutputHtml, QgsProcessingParameterNumber

from .algorithm import Verb, given, load


class Product(Verb):
    """A verb that adds to the folder of a run's results."""

    LAYERS: tuple = ()
    """The files that QGIS loads, each with its title."""
    NUMBERS: dict = {}  # noqa: RUF012 - never changed
    """What is said of each option that is a number, with its least value; whole numbers are int."""

    def initAlgorithm(self, configuration=None):  # noqa: N802 - of QGIS
        """Add the parameters."""
        self.add_folder("FOLDER", "Folder of a run's results")
        kinds = QgsProcessingParameterNumber.Type
        for name, (words, least) in self.NUMBERS.items():
            kind = kinds.Integer if isinstance(least, int) else kinds.Double
            self.addParameter(
                QgsProcessingParameterNumber(name, words, kind, optional=True, minValue=least)
            )
        self.add_overwrite()

    def arguments(self, parameters, context, feedback):
        """Give the folder and the numbers."""
        words = [self.parameterAsFile(parameters, "FOLDER", context)]
        for name, (_, least) in self.NUMBERS.items():
            if given(parameters, name):
                read = self.parameterAsInt if isinstance(least, int) else self.parameterAsDouble
                words += [f"--{name.lower()}", str(read(parameters, name, context))]
        overwrite = self.parameterAsBoolean(parameters, "OVERWRITE", context)
        return [*words, *(["--overwrite"] if overwrite else [])]

    def results(self, told, parameters, context, feedback):
        """Load the layers."""
        folder = self.parameterAsFile(parameters, "FOLDER", context)
        for file, title in self.LAYERS:
            load(context, os.path.join(folder, file), title)
        return {}


class Applicability(Product):
    """`geoprospect applicability`."""

    VERB = "applicability"
    TITLE = "Where a map may be believed"
    HELP = (
        "Maps where the map of a finished run may be believed: on ground like its training cells. "
        "The ground outside is veiled in grey; keep this layer above the map."
    )
    LAYERS = (("applicability.tif", "applicability"),)


class Contributions(Product):
    """`geoprospect explain --map`."""

    VERB = "explain"
    TITLE = "Explain a whole map"
    HELP = (
        "Maps why each cell of a finished run's map scores as it does: what each layer contributes "
        "to its score, a band a layer, and which layer contributes most."
    )
    LAYERS = (("contributions.tif", "contributions"), ("leading_layer.tif", "leading layer"))

    def name(self):
        """Give the last part of its id, for another algorithm explains a place."""
        return "contributions"

    def arguments(self, parameters, context, feedback):
        """Give the folder."""
        return [*super().arguments(parameters, context, feedback), "--map"]


class Importance(Product):
    """`geoprospect importance`."""

    VERB = "importance"
    TITLE = "What a map rests on"
    HELP = (
        "Tells which layers the map of a finished run rests on: how far its figure drops, at "
        "points held out in space, when a layer's values are shuffled. Leaves a page."
    )
    NUMBERS = {  # noqa: RUF012
        "FOLDS": ("Regions that are held out in turn [by default 5]", 2),
        "REPEATS": ("How often, with other regions [by default 3]", 1),
        "BUFFER": ("Leave out training points this near to those held out [m]", 0.0),
    }

    def initAlgorithm(self, configuration=None):  # noqa: N802
        """Add the page to the outputs."""
        super().initAlgorithm(configuration)
        self.addOutput(QgsProcessingOutputHtml("PAGE", "Page of the layers"))

    def results(self, told, parameters, context, feedback):
        """Give the page."""
        folder = self.parameterAsFile(parameters, "FOLDER", context)
        return {"PAGE": os.path.join(folder, "importance.html")}


class Uncertainty(Product):
    """`geoprospect uncertainty`."""

    VERB = "uncertainty"
    TITLE = "How sure a map is"
    HELP = (
        "Fits the method of a finished run again on resampled points: how far the score of each "
        "cell varies, and where a further sample or survey would tell most."
    )
    LAYERS = (
        ("uncertainty.tif", "uncertainty"),
        ("measure_next.tif", "what to measure next"),
        ("measure_next.gpkg", "cells to measure next"),
    )
    NUMBERS = {  # noqa: RUF012
        "REFITS": ("Times that the method is fitted again [by default 30]", 5),
        "MEMBERS": ("Members of each [by default 2]", 1),
        "THRESHOLD": ("Map the probability that the score is above this [by default 0.5]", 0.0),
    }


class Targets(Product):
    """`geoprospect targets`."""

    VERB = "targets"
    TITLE = "Draw targets"
    HELP = (
        "Draws the best cells of a finished run's map as polygons, ranked, with what is known of "
        "each: where to go first."
    )
    LAYERS = (("targets.gpkg", "targets"),)
    NUMBERS = {  # noqa: RUF012
        "SHARE": ("Share of the area that they take [by default 0.02]", 0.0),
        "SMALLEST": ("Leave out targets of less ground [km²]", 0.0),
        "NUMBER": ("Targets on the shortlist [by default 10]", 1),
        "APART": ("Keep those on the shortlist so far apart [km]", 0.0),
    }
