"""Maps: made with a model, scored at known occurrences, and explained at a place."""

from __future__ import annotations

import os

from qgis.core import (
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterPoint,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
    QgsRasterLayer,
)

from .algorithm import Verb, given, style

_FORMATS = ["gpkg", "shp", "geojson", "fgb"]  # others are written as the first


def with_layer(source):
    """Give the arguments of a vector file, of which one layer may be meant."""
    path, layer = source
    return [path, *(["--layer", layer] if layer else [])]


class Map(Verb):
    """`geoprospect map`."""

    VERB = "map"
    TITLE = "Map evidence with a model"
    HELP = (
        "Maps the evidence of a project file, or of a folder of rasters, with the model that a "
        "run has left in its folder model."
    )

    def initAlgorithm(self, configuration=None):  # noqa: N802 - of QGIS, as below
        """Add the parameters."""
        self.add_folder("MODEL", "Model folder")
        self.add_file("PROJECT", "Project file of the evidence", "toml", optional=True)
        self.add_folder("EVIDENCE", "Or a folder of evidence rasters", optional=True)
        integer = QgsProcessingParameterNumber.Type.Integer
        self.add_advanced(
            QgsProcessingParameterNumber(
                "MEMORY", "Memory to stay below [MiB]", integer, optional=True, minValue=1
            )
        )
        self.add_advanced(
            QgsProcessingParameterNumber(
                "WORKERS", "Number of processes", integer, optional=True, minValue=1
            )
        )
        self.addParameter(QgsProcessingParameterRasterDestination("OUTPUT", "Prospectivity"))

    def arguments(self, parameters, context, feedback):
        """Give the model, the evidence and the file."""
        evidence = [
            self.parameterAsFile(parameters, name, context)
            for name in ("PROJECT", "EVIDENCE")
            if given(parameters, name)
        ]
        if len(evidence) != 1:
            raise QgsProcessingException("give a project file or a folder of rasters, one of them")
        words = [self.parameterAsFile(parameters, "MODEL", context), *evidence]
        words += ["--output", self.parameterAsOutputLayer(parameters, "OUTPUT", context)]
        for name in ("MEMORY", "WORKERS"):
            if given(parameters, name):
                number = self.parameterAsInt(parameters, name, context)
                words += [f"--{name.lower()}", str(number)]
        return [*words, "--overwrite"]  # the dialog has asked

    def results(self, told, parameters, context, feedback):
        """Give the map, which QGIS loads by itself."""
        feedback.pushInfo(
            f"{told['n_valid']} of {told['n_cells']} cells scored from {told['minimum']:.3f} to "
            f"{told['maximum']:.3f}"
        )
        output = self.parameterAsOutputLayer(parameters, "OUTPUT", context)
        style(context, output)
        return {"OUTPUT": output}


class Score(Verb):
    """`geoprospect score`."""

    VERB = "score"
    TITLE = "Score a map at known occurrences"
    HELP = (
        "Tells how well a map finds occurrences: what share of them lies in its best 10% of the "
        "area, and the area under the rate curve. Take points that the map was not made from. Of "
        "a map that geoprospect made, those in its training cells are left out of the figures."
    )
    KINDS = ("prediction-rate", "success-rate")

    def initAlgorithm(self, configuration=None):  # noqa: N802
        """Add the parameters."""
        self.addParameter(QgsProcessingParameterRasterLayer("MAP", "Prospectivity map"))
        kinds = [QgsProcessing.SourceType.TypeVectorPoint]
        self.addParameter(QgsProcessingParameterFeatureSource("POINTS", "Points", kinds))
        self.addParameter(
            QgsProcessingParameterField(
                "LABEL", "Field that tells occurrences (left empty: all points are occurrences)",
                parentLayerParameterName="POINTS", optional=True,
            )
        )  # fmt: skip
        self.addParameter(
            QgsProcessingParameterString(
                "VALUES", "Values of that field that mean an occurrence, with commas between "
                "[by default 1]", optional=True,
            )
        )  # fmt: skip
        self.add_advanced(
            QgsProcessingParameterEnum(
                "KIND", "Points are for", ["validation", "training"], defaultValue=0
            )
        )
        double = QgsProcessingParameterNumber.Type.Double
        self.add_advanced(
            QgsProcessingParameterNumber(
                "NEAR", "Score also without points this near a training point [m]", double,
                optional=True, minValue=0,
            )
        )  # fmt: skip
        self.addParameter(
            QgsProcessingParameterFolderDestination(
                "PICTURES", "Folder for pictures of the curves", optional=True,
                createByDefault=False,
            )
        )  # fmt: skip
        numbers = {
            "AUC": "Area under the rate curve",
            "BEST_TENTH": "Share of the occurrences in the best 10% of the area",
            "OCCURRENCES": "Number of occurrences",
        }
        for name, words in numbers.items():
            self.addOutput(QgsProcessingOutputNumber(name, words))

    def arguments(self, parameters, context, feedback):
        """Give the map, the points and what they mean."""
        raster = self.parameterAsRasterLayer(parameters, "MAP", context)
        points = self.parameterAsCompatibleSourceLayerPathAndLayerName(
            parameters, "POINTS", context, _FORMATS, _FORMATS[0], feedback
        )
        words = [raster.source(), *with_layer(points)]
        words += ["--kind", self.KINDS[self.parameterAsEnum(parameters, "KIND", context)]]
        if given(parameters, "LABEL"):
            words += ["--label", self.parameterAsString(parameters, "LABEL", context)]
            for value in self.parameterAsString(parameters, "VALUES", context).split(","):
                words += ["--occurrence-value", value.strip()] if value.strip() else []
        else:
            words.append("--all-occurrences")
        if given(parameters, "NEAR"):
            words += ["--near", str(self.parameterAsDouble(parameters, "NEAR", context))]
        if given(parameters, "PICTURES"):
            folder = self.parameterAsString(parameters, "PICTURES", context)
            words += ["--pictures", folder, "--overwrite"]
        return words

    def results(self, told, parameters, context, feedback):
        """Give the figures."""
        quoted = told["headline"]
        feedback.pushInfo(quoted["sentence"])
        outputs = {
            "AUC": quoted["auc"],
            "BEST_TENTH": quoted["captured_in_best_tenth"],
            "OCCURRENCES": quoted["n_occurrences"],
        }
        if given(parameters, "PICTURES"):
            outputs["PICTURES"] = self.parameterAsString(parameters, "PICTURES", context)
        return outputs


class Explain(Verb):
    """`geoprospect explain`."""

    VERB = "explain"
    TITLE = "Explain a place on a map"
    HELP = (
        "Tells why a place scores as it does: what each layer contributes to its score. The folder "
        "is that of a run's results."
    )

    def initAlgorithm(self, configuration=None):  # noqa: N802
        """Add the parameters."""
        self.add_folder("FOLDER", "Folder of a run's results")
        self.addParameter(QgsProcessingParameterPoint("PLACE", "Place"))
        self.addParameter(
            QgsProcessingParameterFileDestination(
                "PICTURE", "Picture of the contributions", "PNG (*.png)",
                optional=True, createByDefault=False,
            )
        )  # fmt: skip
        self.addParameter(
            QgsProcessingParameterRasterDestination(
                "RASTER", "Contributions in all cells", optional=True, createByDefault=False
            )
        )
        self.addOutput(QgsProcessingOutputString("WHY", "Why the place scores so"))

    def arguments(self, parameters, context, feedback):
        """Give the folder, and the place in the CRS of its map."""
        folder = self.parameterAsFile(parameters, "FOLDER", context)
        raster = QgsRasterLayer(os.path.join(folder, "prospectivity.tif"))
        place = self.parameterAsPoint(parameters, "PLACE", context, raster.crs())
        words = [folder, repr(place.x()), repr(place.y())]
        if given(parameters, "PICTURE"):
            words += ["--picture", self.parameterAsFileOutput(parameters, "PICTURE", context)]
        if given(parameters, "RASTER"):
            words += ["--raster", self.parameterAsOutputLayer(parameters, "RASTER", context)]
        return [*words, "--overwrite"]  # the dialog has asked

    def results(self, told, parameters, context, feedback):
        """Tell the sentence."""
        [place] = told
        feedback.pushInfo(place["sentence"])
        outputs = {"WHY": place["sentence"]}
        if given(parameters, "PICTURE"):
            outputs["PICTURE"] = self.parameterAsFileOutput(parameters, "PICTURE", context)
        if given(parameters, "RASTER"):
            outputs["RASTER"] = self.parameterAsOutputLayer(parameters, "RASTER", context)
            style(context, outputs["RASTER"])
        return outputs
