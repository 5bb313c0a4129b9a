"""The sample project on disk: rasters, points, truth and project file."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import rasterio

from geoprospect.grid import Grid
from geoprospect.output import check_absent, output_error, write_features
from geoprospect.qgis.geopackage import add_styles
from geoprospect.qgis.points import occurrence_style, rock_style
from geoprospect.synthetic.geology import ROCK_CLASSES
from geoprospect.synthetic.points import sample_points
from geoprospect.synthetic.province import Province, province

_NODATA = -9999.0
_RASTERS = tuple(f"sample_rasters/X{k}.tif" for k in range(1, 8))
_GEOLOGY = "data/geology.tif"
_CATEGORIES = "data/geology.tif.aux.xml"
_STYLE = "data/geology.qml"
_TRUTH = "data/truth.tif"
_TRAINING = "data/training.gpkg"
_VALIDATION = "data/validation.shp"
_LITHOLOGY = "data/lithology.gpkg"
_PROJECT = "project.toml"
_SIDECARS = tuple(f"data/validation.{suffix}" for suffix in ("shx", "dbf", "prj", "cpg", "qml"))
_OCCURRENCE = {"occurrence": "1 at an occurrence, 0 at a non-occurrence"}
_ROCK = {"rock_class": "code of the rock class", "rock": "rock class"}
_LEARNED = "Points that a map is to be learned from: made-up occurrences, and other places."
_MAPPED = "Points of known rock, on which a network may learn first to tell rocks apart."
# Of plutonic, sedimentary/volcanic, volcanic, sedimentary, metamorphic rocks.
_COLOURS = ((225, 90, 110), (150, 180, 110), (90, 150, 90), (240, 215, 140), (160, 140, 190))

_PROJECT_TEXT = """\
# A project of geoprospect: what goes into a prospectivity map, and how it is made.
# Paths are relative to this file. Run it with: geoprospect run project.toml

# Evidence layers: rasters on one grid, each with a name of your choice.
[evidence]
{layers}

# Points: any vector file, or a table of coordinates. `label` is the field that holds
# 1 at occurrences and 0 at non-occurrences.
[points]
training = {{ path = "{training}", label = "occurrence" }}
# Points that the model never learns from, to check the map with.
validation = {{ path = "{validation}", label = "occurrence" }}
# Points of known rock: a network may learn to tell them apart first.
lithology = {{ path = "{lithology}", label = "rock_class" }}

# Methods are compared on this ground, and the map is an average of those that prove themselves.
# A network, for one, learns a pretext task, for which data abound, before the few occurrences.
[model]
strategy = "auto"            # or one method: "fine-tuning", "random-forest", "svm" …
members = 10                 # fits of each method whose mean is the map
seed = 0                     # the same seed gives the same map

# What the run leaves beside the map. The last two take as long as the run itself; `geoprospect
# uncertainty` and `geoprospect importance` add them to its folder later, too.
[products]
applicability = true         # where the map may be believed
targets = true               # where to go first: the best ground as polygons, ranked
contributions = true         # what speaks for the score of each cell, and against it
# uncertainty = true         # how sure the score of each cell is
# importance = true          # what the map rests on

# Where the map, its scores and the model go.
[output]
folder = "out"
"""


def sample_files() -> tuple[str, ...]:
    """Name the files of the sample project, relative to its folder.

    Examples
    --------
    >>> sample_files()[0], sample_files()[-1], len(sample_files())
    ('sample_rasters/X1.tif', 'project.toml', 20)
    """
    points = (_TRAINING, _VALIDATION, *_SIDECARS, _LITHOLOGY)
    return (*_RASTERS, _GEOLOGY, _CATEGORIES, _STYLE, _TRUTH, *points, _PROJECT)


def sample_project(folder: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
    """Write the sample project: evidence, points, truth and project file.

    Parameters
    ----------
    folder : path-like
        Where to write; made if need be. Other files in it are left alone.
    overwrite : bool
        Whether files of an earlier sample are replaced.

    Returns
    -------
    Path
        The project file.

    Raises
    ------
    OutputError
        If one of the files exists and is not to be overwritten (nothing is written then), or a
        file cannot be written.

    Notes
    -----
    The cells, the points and the project file are the same every time. Beside what the project
    file names, `data/geology.tif` holds the geological map, codes of `ROCK_CLASSES`, and
    `data/truth.tif` the intensity that the occurrences were drawn from, relative to its mean.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as home:
    ...     path = sample_project(home)
    ...     path.name, (path.parent / "data" / "truth.tif").exists()
    ('project.toml', True)
    """
    home = Path(folder)
    for name in sample_files():
        check_absent(home / name, overwrite=overwrite)
        if os.path.isdir(home / name):
            raise output_error(home / name, IsADirectoryError(errno.EISDIR, "it is a folder"))
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".sample-", dir=home) as waiting:
            _write(Path(waiting), province())
            for name in sample_files():
                (home / name).parent.mkdir(exist_ok=True)
                os.replace(Path(waiting) / name, home / name)
    except OSError as error:
        raise output_error(home, error) from error
    return home / _PROJECT


def _write(folder: Path, truth: Province) -> None:
    """Write all files of the sample into a folder."""
    for name in sample_files():
        (folder / name).parent.mkdir(exist_ok=True)
    for name, values in zip(_RASTERS, truth.evidence, strict=True):
        _write_raster(folder / name, values, truth.grid)
    _write_raster(folder / _TRUTH, truth.intensity, truth.grid)
    _write_geology(folder / _GEOLOGY, truth)
    points = sample_points(truth)
    _write_points(folder / _TRAINING, points.training)
    _write_points(folder / _VALIDATION, points.validation)
    _write_points(folder / _LITHOLOGY, points.lithology)
    learned = occurrence_style("training", _OCCURRENCE).qml(), _LEARNED
    add_styles(folder / _TRAINING, {Path(_TRAINING).stem: learned})
    mapped = rock_style(ROCK_CLASSES, _ROCK).qml(), _MAPPED
    add_styles(folder / _LITHOLOGY, {Path(_LITHOLOGY).stem: mapped})
    style = occurrence_style("validation", _OCCURRENCE).qml()  # a Shapefile has it beside
    (folder / _VALIDATION).with_suffix(".qml").write_text(style, encoding="utf-8")
    text = _PROJECT_TEXT.format(
        layers="\n".join(f'{Path(name).stem} = "{name}"' for name in _RASTERS),
        training=_TRAINING,
        validation=_VALIDATION,
        lithology=_LITHOLOGY,
    )
    (folder / _PROJECT).write_text(text, encoding="utf-8", newline="\n")


def _profile(grid: Grid) -> dict[str, object]:
    """Say how the sample's rasters are laid out."""
    return {
        "driver": "GTiff",
        "crs": grid.crs,
        "transform": grid.transform,
        "height": grid.shape[0],
        "width": grid.shape[1],
        "count": 1,
        "tiled": True,
        "blockxsize": 64,
        "blockysize": 64,
        "compress": "deflate",
    }


def _write_raster(path: Path, values: npt.NDArray[np.float32], grid: Grid) -> None:
    """Write a layer of numbers, nodata where they are NaN."""
    profile = _profile(grid) | {"dtype": "float32", "nodata": _NODATA, "predictor": 3}
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(np.where(np.isnan(values), np.float32(_NODATA), values), 1)
        raster.set_band_description(1, path.stem)


def _write_geology(path: Path, truth: Province) -> None:
    """Write the geological map with the names and colours of its rocks."""
    with rasterio.open(path, "w", **_profile(truth.grid), dtype="uint8") as raster:
        raster.write(truth.geology, 1)
        raster.set_band_description(1, "rock class")
        raster.write_colormap(1, {code: (*rgb, 255) for code, rgb in enumerate(_COLOURS)})
    # GDAL keeps the names of categories beside a GeoTIFF, and rasterio cannot write them.
    names = "".join(f"<Category>{name}</Category>" for name in ROCK_CLASSES)
    band = f'<PAMRasterBand band="1"><CategoryNames>{names}</CategoryNames></PAMRasterBand>'
    path.with_name(f"{path.name}.aux.xml").write_text(f"<PAMDataset>{band}</PAMDataset>\n")
    # Of a table of colours QGIS lists all 256, if no style tells the classes.
    entries = "".join(
        f'<paletteEntry value="{code}" label="{name}" color="#{bytes(rgb).hex()}" alpha="255"/>'
        for code, (name, rgb) in enumerate(zip(ROCK_CLASSES, _COLOURS, strict=True))
    )
    path.with_suffix(".qml").write_text(
        '<qgis version="3.22"><pipe><rasterrenderer type="paletted" band="1" opacity="1" '
        f'alphaBand="-1"><colorPalette>{entries}</colorPalette></rasterrenderer></pipe></qgis>\n'
    )


def _write_points(path: Path, points: gpd.GeoDataFrame) -> None:
    """Write points as a Shapefile or a GeoPackage, as the name of the file says."""
    driver = "ESRI Shapefile" if path.suffix == ".shp" else "GPKG"
    write_features(points, path, driver=driver)
