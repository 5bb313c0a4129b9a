"""The published study's tables: found by name in a folder, read by the names of their columns."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoprospect.errors import StudyError
from geoprospect.typing import Floats, Ints

COMPONENTS = tuple(f"PC{k}" for k in range(1, 8))
LAYERS = tuple(f"X{k}" for k in range(1, 8))
N_SCENARIOS = 8
_RAW_LAYERS = tuple(f"X{k}" for k in range(3, 10))  # the tables number the paper's X1…X7 from 3
_DECIMALS = 5  # of the published components: rows that agree so far are of one cell
_DEPTH = 4  # folders below the study's that are searched

_TABLES = {
    "01_Train_VO.csv": r"train.*vo",
    "02_Train_PCA.csv": r"train.*pca",
    "03_Train_Pretext.csv": r"pretext",
    "04_Validation_Points.csv": r"valid",
    "013_Random.csv": r"random",
} | {f"0{4 + k}_exp{k}.csv": rf"exp\D*{k}(?!\d)" for k in range(1, N_SCENARIOS + 1)}


@dataclass(frozen=True)
class PublishedTable:
    """Rows of components, with labels where the table has them.

    Attributes
    ----------
    path : str
        The file.
    P : ndarray of float64, shape (n, 7)
        PC1 … PC7.
    label : ndarray of int64, shape (n,)
        1 at occurrences, 0 at non-occurrences; the rock class; all 0 where there is no label.

    Examples
    --------
    >>> table = PublishedTable("t.csv", np.array([[0.0], [1.0]]), np.array([0, 1]))
    >>> table.within(PublishedTable("u.csv", np.array([[1.0]]), np.array([1]))).tolist()
    [False, True]
    """

    path: str
    P: Floats
    label: Ints

    @property
    def cells(self) -> list[bytes]:
        """A key for each row, the same for rows of one cell."""
        return [row.tobytes() for row in np.round(self.P, _DECIMALS) + 0.0]

    def within(self, other: PublishedTable) -> npt.NDArray[np.bool_]:
        """Tell which rows repeat a cell of another table."""
        there = set(other.cells)
        return np.array([cell in there for cell in self.cells], dtype=bool)

    @property
    def n_occurrences(self) -> int:
        """Rows labelled 1."""
        return int((self.label == 1).sum())


@dataclass(frozen=True)
class Study:
    """The published study's data.

    Attributes
    ----------
    folder : str
        Where it was read from.
    training : PublishedTable
        The labelled points.
    evidence : ndarray of float64, shape (n, 7)
        X1 … X7 at the training points, in the layers' units.
    easting, northing : ndarray of float64, shape (n,)
        Their coordinates, in the CRS of the study's grid; 0, 0 where there are none.
    raw_path : str
        The table that holds evidence and coordinates.
    lithology, validation, random : PublishedTable
        Rock-class points, validation points, cells drawn at random.
    scenarios : tuple of PublishedTable
        The training points of the eight scenarios of imbalance.
    weights : dict of str to str
        The files of published weights, by their names without the suffix.
    rasters : str or None
        The folder `evidence`, if it holds the layers X1 … X7 as GeoTIFFs.
    """

    folder: str
    training: PublishedTable
    evidence: Floats
    easting: Floats
    northing: Floats
    raw_path: str
    lithology: PublishedTable
    validation: PublishedTable
    random: PublishedTable
    scenarios: tuple[PublishedTable, ...]
    weights: dict[str, str]
    rasters: str | None

    @classmethod
    def read(cls, folder: str | PathLike[str]) -> Study:
        """Find and read the tables in a clone of the published repository, or a flat folder.

        Parameters
        ----------
        folder : path-like
            The folder; tables and weights may lie in folders below it.

        Raises
        ------
        StudyError
            If a table is missing or empty, lacks a column, holds text or a gap where a number
            should be, or points of one label only.
        """
        home = Path(folder)
        if not os.path.isdir(home):
            raise StudyError(
                "there is no such folder", path=home, mend="give the folder of the study's tables"
            )
        paths = _find_tables(home)
        tables = {name: _read_table(path, name) for name, path in paths.items()}
        raw = tables["01_Train_VO.csv"]
        training = _labelled(tables["02_Train_PCA.csv"], paths["02_Train_PCA.csv"])
        if not np.array_equal(raw["DEP"].to_numpy(), training.label):
            raise StudyError(
                "does not list the points of 02_Train_PCA.csv in the same order",
                path=paths["01_Train_VO.csv"],
                found=f"{len(raw)} rows against {len(training.label)}",
                mend="take both tables from the published repository",
            )
        scenarios = [name for name in _TABLES if "exp" in name]
        cells = tables["013_Random.csv"]
        return cls(
            str(home),
            training,
            raw[list(_RAW_LAYERS)].to_numpy(),
            raw["ESTE"].to_numpy(),
            raw["NORTE"].to_numpy(),
            str(paths["01_Train_VO.csv"]),
            _labelled(tables["03_Train_Pretext.csv"], paths["03_Train_Pretext.csv"], "ETIQUETA"),
            _labelled(tables["04_Validation_Points.csv"], paths["04_Validation_Points.csv"]),
            PublishedTable(
                str(paths["013_Random.csv"]),
                cells[list(COMPONENTS)].to_numpy(),
                np.zeros(len(cells), np.int64),
            ),
            tuple(_labelled(tables[name], paths[name]) for name in scenarios),
            _find_weights(home),
            _find_rasters(home),
        )


def _below(home: Path, suffix: str) -> list[Path]:
    """Give the files of a suffix, hidden folders left out."""
    found = list[Path]()
    for folder, folders, names in os.walk(home):
        depth = len(Path(folder).relative_to(home).parts) + 1
        folders[:] = [name for name in folders if not name.startswith(".") and depth < _DEPTH]
        shown = [Path(folder) / name for name in names if not name.startswith(".")]
        found += [path for path in shown if path.suffix.lower() == suffix and path.is_file()]
    return sorted(found)


def _find_tables(home: Path) -> dict[str, Path]:
    """Find the file of each table, by its published name or by what its name holds."""
    files = _below(home, ".csv")
    paths: dict[str, Path] = {}
    for name, pattern in _TABLES.items():
        fitting = [path for path in files if re.search(pattern, path.stem, re.IGNORECASE)]
        if not fitting:
            raise StudyError(
                f"the study's table {name} is missing",
                path=home,
                found=f"{len(files)} tables (.csv)",
                mend="clone the published repository, whose tables lie under Data/",
            )
        # The published name comes first, then the place nearest to the study's folder.
        fitting.sort(key=lambda path: (path.name != name, len(path.parts), path.name))
        paths[name] = fitting[0]
    return paths


def _find_weights(home: Path) -> dict[str, str]:
    # Where a name occurs twice, the file filed deeper, under its experiment, is the later one.
    files = sorted(_below(home, ".h5"), key=lambda path: (len(path.parts), path.name))
    return {path.stem: str(path) for path in files}


def _find_rasters(home: Path) -> str | None:
    folder = home / "evidence"
    return str(folder) if all((folder / f"{name}.tif").is_file() for name in LAYERS) else None


def _columns(name: str) -> tuple[str, ...]:
    """Give the columns that a table must have, whatever their order."""
    match name[:3]:
        case "01_":
            return ("DEP", "ESTE", "NORTE", *_RAW_LAYERS)
        case "03_":
            return ("ETIQUETA", *COMPONENTS)
        case "013":
            return COMPONENTS
        case _:
            return ("DEP", *COMPONENTS)


def _read_table(path: Path, name: str) -> pd.DataFrame:
    """Read the columns that a table must have as numbers."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        separator = max(",;\t", key=text.lstrip().partition("\n")[0].count)
        table = pd.read_csv(
            io.StringIO(text), sep=separator, dtype=str, keep_default_na=False, index_col=False
        )
    except (OSError, ValueError) as error:  # pandas' errors are ValueErrors
        empty = isinstance(error, pd.errors.EmptyDataError)
        raise StudyError(
            "the table is empty" if empty else f"cannot be read as a table: {error}",
            path=path,
            mend="take it from the published repository again",
        ) from error
    by_name = {str(column).strip().upper(): column for column in table.columns}
    needed = _columns(name)
    missing = [column for column in needed if column not in by_name]
    if missing:
        raise StudyError(
            f"lacks the columns {', '.join(missing)}",
            path=path,
            found=", ".join(map(str, table.columns)),
            expected=", ".join(needed),
        )
    if table.empty:
        raise StudyError("the table is empty", path=path, expected="a row for each point")
    return pd.DataFrame(
        {name: _numbers(table[by_name[name]], path, decimal_comma=separator == ";")
         for name in needed}
    )  # fmt: skip


def _numbers(column: pd.Series[str], path: Path, *, decimal_comma: bool) -> Floats:
    """Read a column of text as numbers; one that is none is an error."""
    text = column.str.strip()
    if decimal_comma:
        text = text.str.replace(",", ".", regex=False)
    numbers = pd.to_numeric(text, errors="coerce").to_numpy(np.float64)
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if wrong.size:
        row = int(wrong[0])
        raise StudyError(
            f"column {column.name} holds no number in row {row} (rows counted from 0)",
            path=path,
            found=repr(column.iloc[row]),
            mend="take the table from the published repository again",
        )
    return numbers


def _labelled(table: pd.DataFrame, path: Path, field: str = "DEP") -> PublishedTable:
    """Check the labels, and keep them with the components."""
    values = table[field].to_numpy()
    label = values.astype(np.int64)
    known: Sequence[int] = (0, 1) if field == "DEP" else range(int(label.max()) + 1)
    classes = sorted({f"{value:g}" for value in values})
    if (label != values).any() or not np.isin(label, known).all():
        raise StudyError(
            f"column {field} holds labels that are none",
            path=path,
            found=", ".join(classes[:6]),
            expected="1 for an occurrence, 0 for none" if field == "DEP" else "codes from 0 on",
        )
    if len(classes) < 2:
        raise StudyError(
            "holds points of one class only", path=path, found=f"{field} = {classes[0]} everywhere"
        )
    return PublishedTable(str(path), table[list(COMPONENTS)].to_numpy(), label)
