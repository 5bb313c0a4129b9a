"""Runs in the Python of QGIS: the plugin's algorithms one after the other; what they told as JSON.

The one argument is a JSON file that names the folders; the answer is written beside it.
"""

import json
import os
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, "/usr/share/qgis/python/plugins")
plan = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
sys.path.insert(0, plan["plugins"])

from qgis.core import (  # noqa: E402
    QgsApplication,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProject,
    QgsVectorLayer,
)

application = QgsApplication([], False)
QgsApplication.initQgis()

import processing  # noqa: E402
from processing.core.Processing import Processing  # noqa: E402
from processing.core.ProcessingConfig import ProcessingConfig  # noqa: E402

Processing.initialize()
import geoprospect_qgis  # noqa: E402
from geoprospect_qgis import environment  # noqa: E402

plugin = geoprospect_qgis.classFactory(None)
plugin.initProcessing()
provider = QgsApplication.processingRegistry().providerById("geoprospect")


class Listening(QgsProcessingFeedback):
    """Keeps what is told."""

    def __init__(self):
        super().__init__(False)
        self.told = {"info": [], "warning": [], "error": [], "stages": []}
        self.begun = threading.Event()

    def pushInfo(self, text):  # noqa: N802
        self.told["info"].append(text)
        self.begun.set()

    def pushWarning(self, text):  # noqa: N802
        self.told["warning"].append(text)

    def reportError(self, text, fatal=False):  # noqa: N802
        self.told["error"].append(text)

    def setProgressText(self, text):  # noqa: N802
        self.told["stages"].append(text)


answer = {}


def run(step, verb, feedback=None, **parameters):
    """Run an algorithm as the toolbox does, and keep its outputs, words and layers."""
    feedback = feedback or Listening()
    QgsProject.instance().clear()
    kept = answer[step] = {"told": feedback.told, "outputs": None, "exception": None}
    begun = time.monotonic()
    try:
        outputs = processing.runAndLoadResults(f"geoprospect:{verb}", parameters, feedback=feedback)
        kept["outputs"] = {name: str(value) for name, value in outputs.items()}
    except QgsProcessingException as error:
        kept["exception"] = str(error)
    kept["seconds"] = time.monotonic() - begun
    kept["layers"] = {
        layer.name(): [
            layer.isValid(),
            layer.renderer().type(),
            layer.source(),
        ]
        for layer in QgsProject.instance().mapLayers().values()
    }
    return kept


def left(word):
    """List the processes whose command line holds a word, less this one."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes().decode("utf-8", "replace")
            except OSError:
                continue
            if word in line:
                found.append(line.replace("\0", " "))
    return found


answer["algorithms"] = sorted(algorithm.name() for algorithm in provider.algorithms())
answer["modules"] = sorted(name for name in sys.modules if name.split(".")[0] == "geoprospect")
answer["warning"] = provider.warningMessage()
answer["helpless"] = [
    algorithm.name()
    for algorithm in provider.algorithms()
    if not (algorithm.shortHelpString() and algorithm.displayName())
]
project, out = plan["project"], plan["out"]
run("missing", "check", PROJECT=project)

ProcessingConfig.setSettingValue(environment.SETTING, plan["forked"])
answer["nothing missing"] = provider.warningMessage()
run("init", "init", FOLDER=plan["survey"])
run("check", "check", PROJECT=project)
run("run", "run", PROJECT=project)
answer["report"] = os.path.isfile(answer["run"]["outputs"]["REPORT"])
os.remove(answer["run"]["outputs"]["REPORT"])  # each product would draw it anew
run("wrong", "run", PROJECT=plan["wrong"])
run("map", "map", MODEL=f"{out}/model", PROJECT=project, OUTPUT=plan["map"])
points = QgsVectorLayer(f"{plan['points']}|layername=second", "points", "ogr")
run("score", "score", MAP=f"{out}/prospectivity.tif", POINTS=points, LABEL="occurrence")
run("explain", "explain", FOLDER=out, PLACE=plan["place"])
run("contributions", "contributions", FOLDER=out)
run("applicability", "applicability", FOLDER=out)
run("uncertainty", "uncertainty", FOLDER=out, REFITS=5, MEMBERS=1, THRESHOLD=0.75)
run("importance", "importance", FOLDER=out, FOLDS=2, REPEATS=1, BUFFER=50.0)
run("targets", "targets", FOLDER=out, SHARE=0.05, NUMBER=3)
run("again", "targets", FOLDER=out)
run("crossval", "crossval", PROJECT=project, NUMBER=2, REPEATS=1, OUTPUT=plan["folds"])

ProcessingConfig.setSettingValue(environment.SETTING, plan["program"])
feedback = Listening()


def cancel():
    """Cancel when the program has told its first line."""
    feedback.begun.wait(120)
    answer["while it ran"] = left(plan["long"])
    feedback.cancel()


canceller = threading.Thread(target=cancel)
canceller.start()
run("cancelled", "run", feedback, PROJECT=plan["long"])
canceller.join()
answer["after it"] = left(plan["long"])

ProcessingConfig.setSettingValue(environment.SETTING, "")
offline = {"WHEEL": plan["wheel"], "OFFLINE": True}
run("old python", "install", **offline, PYTHON="/bin/true")
run("install", "install", **offline, PYTHON=plan["python"])
answer["program"] = environment.program()
answer["installed"] = provider.warningMessage()

plugin.unload()
answer["unloaded"] = QgsApplication.processingRegistry().providerById("geoprospect") is None
Path(sys.argv[1]).with_name("answer.json").write_text(json.dumps(answer), encoding="utf-8")
QgsApplication.exitQgis()
