"""A project file drafted from a folder of survey files, with what is unsure of it marked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from geoprospect.errors import EvidenceError
from geoprospect.output import replacing
from geoprospect.project.drafting.features import draft_features
from geoprospect.project.drafting.lines import Line, Section
from geoprospect.project.drafting.looking import files_in
from geoprospect.project.drafting.points import DraftedFeatures
from geoprospect.project.drafting.rasters import (
    DraftedRaster,
    cells_of,
    common_grid,
    draft_raster,
)
from geoprospect.typing import StrPath

_FILE = "project.toml"


@dataclass(frozen=True)
class Draft:
    """A project file that was drafted.

    Attributes
    ----------
    path : str
        The file.
    layers : tuple of str
        The layers that it names.
    asked : tuple of str
        What the person who knows has to look at, by setting.
    left_out : tuple of str
        What lies in the folder and is named in comments only, with the reason.
    """

    path: str
    layers: tuple[str, ...]
    asked: tuple[str, ...]
    left_out: tuple[str, ...]


def draft_project(
    folder: StrPath, path: StrPath | None = None, *, overwrite: bool = False
) -> Draft:
    """Look through a folder of rasters, vector files and tables, and write a project file.

    Files are told by their content and, where that does not settle it, by their names. What is
    unsure is written with a question before it; what seems to be no evidence is written as a
    comment, with the reason.

    Parameters
    ----------
    folder : path-like
        The folder; those in it are looked through too, but for results of `run`.
    path : path-like, optional
        The file to write; by default ``project.toml`` in the folder.
    overwrite : bool
        Whether an existing file is replaced.

    Raises
    ------
    EvidenceError
        If the folder holds no raster that can be evidence.
    OutputError
        If the file exists already or cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> import geoprospect as gp
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = gp.sample_project(folder)
    ...     draft = draft_project(folder, overwrite=True)
    >>> draft.layers
    ('geology', 'X1', 'X2', 'X3', 'X4', 'X5', 'X6', 'X7')
    """
    home = Path(folder).resolve()
    target = Path(folder) / _FILE if path is None else Path(path)
    files, base = files_in(home), target.resolve().parent
    names = _names(files.rasters)
    rasters = [one for file in files.rasters for one in draft_raster(file, names[file], home, base)]
    evidence = [raster for raster in rasters if raster.grid is not None]
    if not evidence:
        raise EvidenceError(
            "no raster of the folder can be evidence",
            path=home,
            found="; ".join(f"{x.line.key}: {x.line.asked}" for x in rasters[:5]),
            mend="look at what is said of each, and give rasters with a CRS and values",
        )
    like, n_grids = common_grid(evidence)
    grid = next(raster.grid for raster in evidence if raster.line.key == like)
    features = [
        one
        for file in (*files.vectors, *files.tables)
        for one in (draft_features(file, home, base, grid) if grid is not None else [])
    ]
    sections = [
        _grid(like, n_grids, evidence, rasters, features),
        _evidence(rasters, features),
        _points(features),
        Section("output", lines=(Line("folder", "out"),)),
    ]
    told = [section.text() for section in sections if section.lines]
    text = "\n\n".join([_INTRO.format(folder=home.name), *told, _PRODUCTS])
    with replacing(target, overwrite=overwrite) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
    lines = [(section.name, line) for section in sections for line in section.lines]
    return Draft(
        str(target),
        tuple(line.key for name, line in lines if name == "evidence" and not line.out),
        tuple(f"{line.key}: {line.asked}" for _, line in lines if line.asked and not line.out),
        tuple(f"{line.key}: {line.asked}" for _, line in lines if line.out),
    )


_INTRO = """\
# A project of geoprospect, drafted from the files in {folder}. Paths are relative to this file.
# Before a line that is unsure stands a question: look at it, and take it away. What stands as a
# comment is not used. See what it holds with `geoprospect check`; then `geoprospect run`."""

_PRODUCTS = """\
# What a run leaves beside the map. The last three take longer, on a large map much longer;
# `geoprospect explain --map`, `uncertainty` and `importance` add them to its folder later, too.
[products]
# Where the map may be believed.
applicability = true
# Where to go first: the best ground as polygons, ranked.
targets = true
# What speaks for the score of each cell, and against it.
# contributions = true
# How sure the score of each cell is.
# uncertainty = true
# What the map rests on.
# importance = true"""


def _names(paths: Sequence[Path]) -> dict[Path, str]:
    """Name rasters by their stems, with the folder or suffix where two share one."""
    names = {path: path.stem for path in paths}
    for attribute in ("stem", "name"):
        counts = Counter(names.values())
        names = {
            path: f"{path.parent.name} {getattr(path, attribute)}" if counts[name] > 1 else name
            for path, name in names.items()
        }
    return names


def _grid(
    like: str,
    n_grids: int,
    evidence: Sequence[DraftedRaster],
    rasters: Sequence[DraftedRaster],
    features: Sequence[DraftedFeatures],
) -> Section:
    """Write the grid, where layers lie on several or the ground is cut."""
    grid = next(raster.grid for raster in evidence if raster.line.key == like)
    lines = []
    if n_grids > 1 and grid is not None:
        asked = f"layers lie on {n_grids} grids; all are read on that of {like}, {cells_of(grid)}"
        lines.append(Line("like", like, asked=asked))
    areas = [x.line for x in features if x.place == "area"]
    areas += [replace(x.line, key="area") for x in rasters if x.is_area]
    for number, line in enumerate(areas):
        lines.append(replace(line, out=number > 0))
    excluded = [x.line for x in features if x.place == "exclude"]
    if excluded:
        asked = "is this ground to be left out of the map?"
        paths = [
            line.value["path"] if set(line.value) == {"path"} else line.value for line in excluded
        ]
        lines.append(Line("exclude", paths, asked=asked))
    return Section(
        "grid", ("The grid of the map, and the ground that is asked about.",), tuple(lines)
    )


def _evidence(rasters: Sequence[DraftedRaster], features: Sequence[DraftedFeatures]) -> Section:
    """Write the layers, those that are left out after the others."""
    lines = [x.line for x in rasters if not x.is_area]
    lines += [x.line for x in features if x.place == "evidence"]
    unique: list[Line] = []
    for line in sorted(lines, key=lambda line: line.out):
        taken = line.key in [one.key for one in unique]
        unique.append(replace(line, key=f"{line.key} {_kind(line)}") if taken else line)
    return Section("evidence", ("Layers of evidence.",), tuple(unique))


def _kind(line: Line) -> str:
    return str(line.value.get("kind", "2")) if isinstance(line.value, dict) else "2"


def _points(features: Iterable[DraftedFeatures]) -> Section:
    """Write the points: of each role the likeliest file, the others as comments."""
    lines = []
    for role in ("training", "validation", "lithology"):
        found = sorted((x for x in features if x.place == role), key=lambda x: -x.likely)
        for number, one in enumerate(found):
            line = one.line
            if number:
                why = line.asked or f"another file seems likelier for the {role} points"
                line = replace(line, asked=why, out=True)
            lines.append(line)
        if role == "training" and not found:
            asked = "no file seems to hold deposits: name it here"
            value = {"path": "deposits.gpkg", "label": False}
            lines.append(Line("training", value, asked=asked))
    return Section(
        "points", ("Deposits and barren points. label = false: all are occurrences.",), tuple(lines)
    )
