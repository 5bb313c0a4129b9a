"""Fixtures that several test modules share."""

import os
import shutil
import sqlite3  # noqa: F401 - before libraries that bring a SQLite of theirs, which would be taken
from pathlib import Path

import pytest
import skops.io  # noqa: F401 - it searches all modules, and so has to come before TensorFlow's
from hypothesis import settings

ROOT = Path(__file__).parents[1]
QGIS_PYTHON = os.environ.get("GEOPROSPECT_QGIS", "/usr/bin/python3")
"""The Python that QGIS comes with; by default that of Debian's package python3-qgis."""

# They run in QGIS' own Python.
collect_ignore = ["qgisdriver.py", "qgislook.py"]

# Machines are shared: a slow example says nothing of the code.
settings.register_profile("shared", deadline=None)
settings.load_profile("shared")


@pytest.fixture(scope="session")
def study() -> Path:
    """The folder of the published study's tables and weights."""
    folder = Path(os.environ.get("GEOPROSPECT_STUDY", ROOT.parent / "shared" / "yukon"))
    if not (folder / "01_Train_VO.csv").is_file():
        pytest.skip("the published study is neither in ../shared/yukon nor in $GEOPROSPECT_STUDY")
    return folder


@pytest.fixture(scope="module")
def browser():
    """Chromium, once for all tests of a file."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("Chromium is not installed: apt install chromium")
    api = pytest.importorskip("playwright.sync_api", reason="pip install geoprospect[test]")
    with api.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield chromium
        chromium.close()
