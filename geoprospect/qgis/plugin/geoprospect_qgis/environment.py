"""Where the geoprospect program is, and the variables that it is to be run with."""

from __future__ import annotations

import os
import sys

from processing.core.ProcessingConfig import ProcessingConfig
from qgis.core import QgsApplication

SETTING = "GEOPROSPECT_PROGRAM"
_WINDOWS = os.name == "nt"
_BIN = "Scripts" if _WINDOWS else "bin"
_SUFFIX = ".exe" if _WINDOWS else ""
# What QGIS sets for its own Python, GDAL, PROJ and Qt; another Python that heeds it fails.
_FOREIGN = ("PYTHON", "QT_", "OSGEO4W", "DYLD_")
_FOREIGN_NAMES = {
    "GDAL_DATA", "GDAL_DRIVER_PATH", "GEOTIFF_CSV", "LD_LIBRARY_PATH", "LD_PRELOAD", "PROJ_DATA",
    "PROJ_LIB", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__",
}  # fmt: skip


def folder():
    """Give the folder of the environment that `Install geoprospect` makes, in QGIS' profile."""
    profile = QgsApplication.qgisSettingsDirPath()
    return os.path.normpath(os.path.join(profile, "geoprospect-environment"))


def python_in(environment):
    """Give the path of Python in an environment."""
    return os.path.join(environment, _BIN, "python" + _SUFFIX)


def installed():
    """Give the path of the program in that environment, be it there or not."""
    return os.path.join(folder(), _BIN, "geoprospect" + _SUFFIX)


def program():
    """Give the path of the program, be it there or not."""
    return (ProcessingConfig.getSetting(SETTING) or "").strip() or installed()


def what_is_missing():
    """Say why the program cannot be run, and how to mend it; nothing where it can."""
    path = program()
    if os.path.isfile(path):
        return ""
    where = "Settings, Options, Processing, Providers, geoprospect"
    if ProcessingConfig.getSetting(SETTING):
        return f"{path}: there is no such program. To mend it: correct its path under {where}"
    return (
        f"geoprospect is not installed for QGIS: there is no {path}. To mend it: run the algorithm "
        f'"Install geoprospect", or give the path of a geoprospect program under {where}'
    )


def variables():
    """Give the environment's variables without those that QGIS has set for itself."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_FOREIGN) and name not in _FOREIGN_NAMES
    }
    if _WINDOWS:  # libraries of QGIS would be taken for those of the environment
        own = [os.environ.get("OSGEO4W_ROOT"), os.path.dirname(sys.executable), sys.prefix]
        roots = [os.path.normcase(os.path.normpath(root)) for root in own if root]
        parts = kept.get("PATH", "").split(os.pathsep)
        kept["PATH"] = os.pathsep.join(
            part for part in parts if not _inside(os.path.normcase(os.path.normpath(part)), roots)
        )
    return {**kept, "PYTHONUTF8": "1"}


def _inside(path, roots):
    return any(path == root or path.startswith(root + os.sep) for root in roots)
