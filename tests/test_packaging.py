"""The wheel and the source distribution: built, checked, and run from outside of the clone."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import rasterio
from conftest import ROOT

from geoprospect import __version__

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
VERSIONS = "3.11", "3.12", "3.13"
COPIED = ("geoprospect", "pyproject.toml", "README.md", "LICENSE")


def called(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The folder of both, built from a copy so that the clone stays as it is."""
    folder = tmp_path_factory.mktemp("built")
    for name in COPIED:
        called("cp", "-r", ROOT / name, folder / name)
    called(sys.executable, "-m", "build", "--outdir", folder / "dist", folder)
    return folder / "dist"


def test_they_are_as_an_index_wants_them(built):
    files = sorted(built.iterdir())
    assert [path.suffix for path in files] == [".whl", ".gz"]
    assert called(sys.executable, "-m", "twine", "check", "--strict", *files).count("PASSED") == 2


def test_the_wheel_holds_all_that_the_package_holds_and_no_more(built):
    [wheel] = built.glob("*.whl")
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    package = ROOT / "geoprospect"
    there = {path.relative_to(ROOT).as_posix() for path in package.rglob("*") if path.is_file()}
    assert inside == {name for name in there if "__pycache__" not in name and name[-3:] != ".md"}


def interpreter(version):
    """The Python of a version on the path or of pyenv; the test is skipped without one."""
    if version == f"3.{sys.version_info[1]}":
        return sys.executable
    names = [shutil.which(f"python{version}")]
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    names += sorted(root.glob(f"{version}.*/bin/python3"))
    for name in filter(None, names):
        done = subprocess.run([name, "--version"], capture_output=True, text=True, check=False)
        if done.stdout.startswith(f"Python {version}."):  # pyenv's shims may stand for nothing
            return name
    return pytest.skip(f"there is no Python {version}, neither on the path nor of pyenv")


def test_the_classifiers_name_each_version_that_is_tried():
    told = [x.rpartition(" ")[2] for x in PROJECT["classifiers"] if ":: Python :: 3." in x]
    assert told == list(VERSIONS)
    assert PROJECT["requires-python"] == f">={VERSIONS[0]}"


# All in one process; that the program starts is tried by its help.
STEPS = """
import sys
from pathlib import Path
from geoprospect.cli import main
import geoprospect
print(geoprospect.__file__)
main(["sample", "province"], standalone_mode=False)
settings = Path("province/project.toml")
text = settings.read_text()
text = text.replace('strategy = "auto"', 'strategy = "gaussian-process"')
settings.write_text(text.replace("contributions = true", ""))  # for which much is compiled
for step in (
    ["check", str(settings)],
    ["run", "--quick", str(settings)],
    ["map", "province/out/model", str(settings), "--output", "again.tif"],
    ["score", "again.tif", "province/data/validation.shp"],
):
    main(step, standalone_mode=False)
"""


# The newest dependencies on the oldest Python are those of the other tests.
@pytest.mark.parametrize(
    ("version", "which"),
    [(VERSIONS[0], "oldest"), (VERSIONS[1], "newest"), (VERSIONS[2], "newest")],
)
def test_the_wheel_runs_in_a_fresh_environment_with_its_dependencies(
    built, tmp_path, version, which
):
    [wheel] = built.glob("*.whl")
    home = tmp_path / "env"
    called(interpreter(version), "-m", "venv", "--without-pip", home)
    left_out = "PYTHONPATH", "PYTHONDONTWRITEBYTECODE"
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    options = {"cwd": tmp_path, "env": environment}
    limits = [re.sub(r">=(.*)", r"==\1.*", x) for x in PROJECT["dependencies"]]
    (tmp_path / "limits.txt").write_text("\n".join(limits if which == "oldest" else []))
    install = [sys.executable, "-m", "pip", "--python", home, "install", "--no-compile"]
    called(*install, "--constraint", "limits.txt", wheel, **options)
    assert "Usage" in called(home / "bin" / "geoprospect", "--help", **options)
    told = called(home / "bin" / "python", "-c", STEPS, **options)
    assert told.startswith(str(home))
    assert "of the 20 validation occurrences" in told
    assert (tmp_path / "again.tif").is_file()


def test_the_version_is_told_alike_everywhere():
    citation = (ROOT / "CITATION.cff").read_text()
    changes = (ROOT / "CHANGELOG.md").read_text()
    assert f"version: {__version__}" in citation
    assert f"## {__version__}" in changes


# What Debian's smallest image has: the C library, the compiler's, and what its own apt needs.
OF_DEBIAN = {"ld-linux-x86-64.so", "libc.so", "libdl.so", "libgcc_s.so", "libm.so", "libpthread.so",
             "librt.so", "libstdc++.so", "libz.so"}  # fmt: skip


@pytest.mark.skipif(not shutil.which("ldd"), reason="ldd tells libraries on Linux alone")
def test_the_image_holds_the_libraries_that_wheels_take_from_the_system():
    site = Path(rasterio.__file__).parents[1]
    parts = [path for name in ("rasterio.libs", "pyogrio.libs") for path in (site / name).iterdir()]
    found = called("ldd", *(path for path in parts if "libgdal" in path.name))
    system = {x.rpartition("/")[2] for x in re.findall(r"=> (/(?:usr/)?lib\S+) ", found)}
    needed = {re.sub(r"(\.so).*", r"\1", name) for name in system} - OF_DEBIAN
    installed = re.search(r"install --no-install-recommends -y (.+?) &&", DOCKERFILE)[1].split()
    assert {name.removesuffix(".so") for name in needed} == {
        x.rstrip("0123456789") for x in installed
    }


def test_the_image_is_built_of_what_the_wheel_is_built_of():
    lines = re.findall(r"^COPY (.+) \S+$", DOCKERFILE, flags=re.M)
    assert sorted(" ".join(lines).split()) == sorted(COPIED)
