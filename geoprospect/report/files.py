"""The files of a page or of pictures, in one folder: refused together, each written whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from geoprospect.output import check_absent, check_apart, checksum, replacing, write_points

if TYPE_CHECKING:  # slow to import, and most files hold no points
    import geopandas as gpd

StrPath: TypeAlias = str | PathLike[str]
Layers: TypeAlias = Mapping[str, "gpd.GeoDataFrame"]
Content: TypeAlias = str | Callable[[Path], None] | Layers | tuple[Layers, Callable[[Path], None]]
"""What a file is to hold: a text, what writes it to the path that it is given, or the layers of a
GeoPackage by name, with what adds their styles."""


def check_files_absent(
    names: Iterable[str],
    folder: StrPath,
    *,
    overwrite: bool,
    inputs: Sequence[tuple[str, StrPath]] = (),
) -> None:
    """Refuse a folder that holds one of some files already, or in which one is an input.

    Raises
    ------
    OutputError
        If one exists and `overwrite` is false, or would replace one of the inputs, told as for
        `geoprospect.output.check_apart`.
    """
    names = list(names)
    check_apart([Path(folder) / name for name in names], inputs)
    for name in names:
        check_absent(Path(folder) / name, overwrite=overwrite)


def checksum_told(path: StrPath) -> str:
    """Give the SHA-256 of what a page is of; empty where that is no file on this machine.

    Examples
    --------
    >>> checksum_told("https://maps.org/points.csv")
    ''
    """
    return checksum(path) if Path(path).exists() else ""


def write_files(contents: Mapping[str, Content], folder: StrPath, *, overwrite: bool) -> None:
    """Write files of a folder, each whole or not at all, and none if one may not be written.

    Parameters
    ----------
    contents : mapping of str to Content
        What each file is to hold, by its name.
    folder : path-like
        Where the files go.
    overwrite : bool
        Whether existing files are replaced.

    Raises
    ------
    OutputError
        If a file exists already or cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_files({"scores.json": "{}"}, folder, overwrite=False)
    ...     (Path(folder) / "scores.json").read_text(encoding="utf-8")
    '{}'
    """
    check_files_absent(contents, folder, overwrite=overwrite)
    for name, content in contents.items():
        with replacing(Path(folder) / name, overwrite=overwrite) as temporary:
            if isinstance(content, str):
                temporary.write_text(content, encoding="utf-8")
                continue
            layers, finish = content if isinstance(content, tuple) else (content, None)
            if isinstance(layers, Mapping):
                for layer, points in layers.items():
                    write_points(points, temporary, layer=layer)
            else:
                layers(temporary)
            if finish is not None:
                finish(temporary)
