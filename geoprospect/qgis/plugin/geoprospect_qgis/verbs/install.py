"""The environment of the program: made by venv, filled by pip, in a folder that can be seen."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress

from qgis.core import (
    QgsProcessingException,
    QgsProcessingOutputFile,
    QgsProcessingOutputFolder,
)

from .. import command, environment
from .algorithm import Verb, given

_LEAST = (3, 11)
_WINDOWS = os.name == "nt"
_VERSION = "import sys; print(*sys.version_info[:2])"


class Install(Verb):
    """Makes the environment, or brings what it holds up to date."""

    TITLE = "Install geoprospect"
    HELP = (
        "Makes an environment of Python beside QGIS, in the folder geoprospect-environment of the "
        "QGIS profile, and installs geoprospect there; to uninstall, remove the folder. Without a "
        "network, give the wheel of geoprospect, in a folder that holds the wheels of all that it "
        "needs (pip download geoprospect fetches them), and tick Offline."
    )

    def name(self):
        """Give the last part of its id."""
        return "install"

    def initAlgorithm(self, configuration=None):  # noqa: N802 - of QGIS, as below
        """Add the parameters."""
        self.add_file("WHEEL", "Wheel of geoprospect [by default the newest on PyPI]", "whl",
                      optional=True)  # fmt: skip
        self.add_switch("OFFLINE", "Offline: take all from the wheel's folder")
        self.add_file("PYTHON", "Python 3.11 or later [by default the first found]", optional=True)
        self.addOutput(QgsProcessingOutputFolder("FOLDER", "Folder of the environment"))
        self.addOutput(QgsProcessingOutputFile("PROGRAM", "The program"))

    def canExecute(self):  # noqa: N802
        """Say that nothing is missing for it."""
        return True, ""

    def processAlgorithm(self, parameters, context, feedback):  # noqa: N802
        """Make the environment and fill it."""
        wheel = self.parameterAsFile(parameters, "WHEEL", context)
        offline = self.parameterAsBoolean(parameters, "OFFLINE", context)
        if offline and not wheel:
            raise QgsProcessingException("Offline takes all from the wheel's folder: give a wheel")
        python = self.parameterAsFile(parameters, "PYTHON", context)
        python = _checked(python) if given(parameters, "PYTHON") else _found()
        folder = environment.folder()
        source = ["--no-index"] if offline else []
        if wheel:
            source += ["--find-links", os.path.dirname(os.path.abspath(wheel))]
        pip = [environment.python_in(folder), "-m", "pip", "--disable-pip-version-check"]
        steps = (
            (f"Making {folder} with {python}", [python, "-m", "venv", folder]),
            ("Installing geoprospect", [*pip, "install", "--no-input", "--progress-bar", "off",
             "--upgrade", *source, wheel or "geoprospect"]),
        )  # fmt: skip
        for number, (words, line) in enumerate(steps):
            feedback.setProgressText(words)
            feedback.setProgress(100 * number / len(steps))
            if not _done(line, feedback):
                feedback.pushInfo("Stopped; run it again to go on.")
                return {}
        return {"FOLDER": folder, "PROGRAM": environment.installed()}


def _done(line, feedback):
    """Run a step, its lines shown; False where the user has cancelled."""
    told = []

    def tell(text):
        told.append(text)
        if text.strip():
            feedback.pushInfo(text)
        return ""

    # One pipe for both, so that pip's lines come as they are written.
    joined = "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:], stdout=sys.stderr))"
    ended = command.run([line[0], "-c", joined, *line], feedback, tell)
    if ended is None:
        return False
    if ended.status:
        errors = [text for text in told if text.lower().startswith("error")] or told[-5:]
        raise QgsProcessingException(
            "\n".join(errors) or f"{' '.join(line)} ended with status {ended.status}"
        )
    return True


def _found():
    """Find a Python that is new enough, that of QGIS among them."""
    names = [f"python3.{minor}" for minor in range(14, _LEAST[1] - 1, -1)] + ["python3", "python"]
    own = [os.path.join(sys.exec_prefix, name) for name in ("python3.exe", "python.exe")]
    tried = []
    for path in [*map(shutil.which, names), *(own if _WINDOWS else [])]:
        if path and os.path.isfile(path) and path not in tried:
            tried.append(path)
            if (_version_of(path) or (0, 0)) >= _LEAST:
                return path
    found = ", ".join(f"{path} ({_written(_version_of(path))})" for path in tried) or "none"
    raise QgsProcessingException(
        f"geoprospect needs Python 3.11 or later (found {found}). To mend it: install one, from "
        "python.org or by your system's packages, and give its path as Python"
    )


def _checked(path):
    """Give a Python that the user has chosen, if it is new enough."""
    version = _version_of(path)
    if (version or (0, 0)) < _LEAST:
        raise QgsProcessingException(
            f"{path}: geoprospect needs Python 3.11 or later (found {_written(version)}). To mend "
            "it: give the path of another Python, or none"
        )
    return path


def _version_of(path):
    """Ask a program for the version of Python that it is; None where it is none."""
    hidden = {"creationflags": subprocess.CREATE_NO_WINDOW} if _WINDOWS else {}
    with suppress(OSError, ValueError, subprocess.SubprocessError):
        done = subprocess.run(
            [path, "-c", _VERSION], stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
            check=True, env=environment.variables(), **hidden,
        )  # fmt: skip
        return tuple(map(int, done.stdout.split()))
    return None


def _written(version):
    return ".".join(map(str, version)) if version else "no Python"
