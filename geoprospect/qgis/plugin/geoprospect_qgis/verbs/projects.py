"""Projects: drafted, checked and run."""

from __future__ import annotations

import os

from qgis.core import (
    QgsProcessingOutputFile,
    QgsProcessingOutputFolder,
    QgsProcessingOutputHtml,
    QgsProcessingOutputNumber,
    QgsProcessingOutputRasterLayer,
    QgsProcessingParameterFileDestination,
)

from .algorithm import Verb, given, load_all


class Init(Verb):
    """`geoprospect init`."""

    VERB = "init"
    TITLE = "Draft a project"
    HELP = (
        "Looks through a folder of rasters, vector files and tables, and drafts a project file. "
        "What is unsure is told here, and marked in the file by # ?: open it in an editor."
    )

    def initAlgorithm(self, configuration=None):  # noqa: N802 - of QGIS, as below
        """Add the parameters."""
        self.add_folder("FOLDER", "Folder of the survey's files")
        self.addParameter(
            QgsProcessingParameterFileDestination(
                "OUTPUT", "Project file [by default FOLDER/project.toml]", "Project (*.toml)",
                optional=True, createByDefault=False,
            )
        )  # fmt: skip
        self.add_overwrite()
        self.addOutput(QgsProcessingOutputFile("PROJECT", "Project file"))

    def arguments(self, parameters, context, feedback):
        """Give the folder, and where the file is to be written."""
        words = [self.parameterAsFile(parameters, "FOLDER", context)]
        if given(parameters, "OUTPUT"):
            words += ["--output", self.parameterAsFileOutput(parameters, "OUTPUT", context)]
        overwrite = self.parameterAsBoolean(parameters, "OVERWRITE", context)
        return [*words, *(["--overwrite"] if overwrite else [])]

    def results(self, told, parameters, context, feedback):
        """Tell what is to be looked at, and what was left out."""
        for line in told["asked"]:
            feedback.pushWarning(f"look at: {line}")
        for line in told["left_out"]:
            feedback.pushInfo(f"left out: {line}")
        return {"PROJECT": told["path"]}


class Check(Verb):
    """`geoprospect check`."""

    VERB = "check"
    TITLE = "Check a project"
    HELP = (
        "Tells all that is wrong with a project's evidence, points and settings, without running "
        "it. Errors would stop a run; warnings need a look."
    )
    ENDS_WITH = (0, 1)

    def initAlgorithm(self, configuration=None):  # noqa: N802
        """Add the parameters."""
        self.add_file("PROJECT", "Project file", "toml")
        self.addParameter(
            QgsProcessingParameterFileDestination(
                "PICTURES", "Page with a map and a histogram of each layer", "HTML (*.html)",
                optional=True, createByDefault=False,
            )
        )  # fmt: skip
        self.addOutput(QgsProcessingOutputNumber("ERRORS", "Number of errors"))
        self.addOutput(QgsProcessingOutputNumber("WARNINGS", "Number of warnings"))

    def arguments(self, parameters, context, feedback):
        """Give the project, and the page."""
        words = [self.parameterAsFile(parameters, "PROJECT", context)]
        if given(parameters, "PICTURES"):
            page = self.parameterAsFileOutput(parameters, "PICTURES", context)
            words += ["--pictures", page, "--overwrite"]
        return words

    def results(self, told, parameters, context, feedback):
        """Tell the findings, each in its colour."""
        levels = {
            "error": lambda text: feedback.reportError(text, False),
            "warning": feedback.pushWarning,
            "note": feedback.pushInfo,
        }
        count = dict.fromkeys(levels, 0)
        for finding in told["findings"]:
            count[finding["level"]] += 1
            levels[finding["level"]](finding["text"])
        outputs = {"ERRORS": count["error"], "WARNINGS": count["warning"]}
        if given(parameters, "PICTURES"):
            outputs["PICTURES"] = self.parameterAsFileOutput(parameters, "PICTURES", context)
        return outputs


class Run(Verb):
    """`geoprospect run`."""

    VERB = "run"
    TITLE = "Run a project"
    HELP = (
        "Trains, maps and scores a project, and leaves a folder with all of it. The map shows "
        "where the evidence is like that of the known occurrences; it is no probability unless "
        "the project asks for one."
    )

    def initAlgorithm(self, configuration=None):  # noqa: N802
        """Add the parameters."""
        self.add_file("PROJECT", "Project file", "toml")
        self.add_switch("QUICK", "Quick: compare no methods, take the average")
        self.add_overwrite()
        self.addOutput(QgsProcessingOutputFolder("FOLDER", "Folder of the results"))
        self.addOutput(QgsProcessingOutputRasterLayer("MAP", "Prospectivity"))
        self.addOutput(QgsProcessingOutputHtml("REPORT", "Report of the run"))

    def arguments(self, parameters, context, feedback):
        """Give the project and the switches."""
        switches = [
            f"--{name.lower()}"
            for name in ("QUICK", "OVERWRITE")
            if self.parameterAsBoolean(parameters, name, context)
        ]
        return [self.parameterAsFile(parameters, "PROJECT", context), *switches]

    def results(self, told, parameters, context, feedback):
        """Load the layers, and tell the scores."""
        for role, score in told["scores"].items():
            feedback.pushInfo(f"{role} points: {score['headline']['sentence']}")
        folder = told["folder"]
        load_all(context, folder)
        return {
            "FOLDER": folder,
            "MAP": told["map"]["path"],
            "REPORT": os.path.join(folder, "report.html"),
        }
