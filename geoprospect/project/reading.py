"""Reading of project files: TOML in, a `Project` of values out."""

from __future__ import annotations

import errno
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from geoprospect.errors import ProjectError
from geoprospect.evidence.features.vectorlayer import WHOLE_GRID
from geoprospect.evidence.rasters.container import absolute
from geoprospect.project.layers import evidence_of
from geoprospect.project.productsettings import ProductSettings
from geoprospect.project.settings import (
    CalibrationSettings,
    GridSettings,
    ModelSettings,
    Points,
)
from geoprospect.project.validating import unknown_setting, validated

_T = TypeVar("_T")


@dataclass(frozen=True)
class _Output:
    """Where the results go."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    folder: str = "out"


_SECTIONS: dict[str, type] = {
    "grid": GridSettings,
    "points": Points,
    "model": ModelSettings,
    "calibration": CalibrationSettings,
    "products": ProductSettings,
    "output": _Output,
}
_LONGEST, _DEEPEST = 2**20, 20  # bytes of a project file, and levels of its tables
_REQUIRED = ("evidence", "points")
_FILES_OF_LAYERS = ("path", "legend")  # and of points
_NEAR_TARGETS = ("roads", "claims")
_DRAWN_FROM = ("within", "target_group")  # files that non-occurrences are drawn by


def read_project(path: Path) -> dict[str, Any]:
    """Read a project file into the values of a `Project`, by name.

    Parameters
    ----------
    path : path-like
        The file.

    Raises
    ------
    ProjectError
        If the file is missing, is no TOML, or holds a setting that is not understood; all of
        these settings are named.
    """
    content = _absolute(_toml(path), path.resolve().parent)
    problems = [f"{name} is missing" for name in _REQUIRED if name not in content]
    values: dict[str, Any] = {"evidence": evidence_of(content.pop("evidence", ""), problems)}
    for name, section in content.items():
        if name in _SECTIONS:
            values[name] = validated(_SECTIONS[name], section, problems, name)
        else:
            problems.append(unknown_setting(name, ["evidence", *_SECTIONS]))
    if problems:
        raise ProjectError(
            "; ".join(problems),
            path=path,
            mend="see the project file that `geoprospect sample DIR` writes",
        )
    folder = Path(values.pop("output").folder)
    return {"path": str(path), "folder": folder, **values}


def _toml(path: Path) -> dict[str, Any]:
    """Read a file of TOML."""
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            raise OSError(errno.EINVAL, "it is no plain file")
        if path.stat().st_size > _LONGEST:
            raise OSError(errno.EFBIG, f"it is larger than {_LONGEST >> 20} MB")
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        _check_content(content)
        return content
    except OSError as error:
        raise ProjectError(
            f"the project file cannot be read: {(error.strerror or str(error)).lower()}",
            path=path,
            mend="give the path of a project file; `geoprospect sample DIR` writes one",
        ) from error
    except (ValueError, RecursionError) as error:
        raise ProjectError(
            f"the project file is no valid TOML: {error}",
            path=path,
            mend="correct it, and save it as UTF-8",
        ) from error


def _check_content(content: Any, levels: int = _DEEPEST) -> None:
    """Refuse what is nested too deep, and the letter that ends texts for the system."""
    if isinstance(content, str) and "\0" in content:
        raise ValueError(r"it holds the letter \u0000, which no path or name can")
    if isinstance(content, dict):
        content = [*content, *content.values()]
    if isinstance(content, list):
        if not levels:
            raise ValueError(f"it is nested more than {_DEEPEST} levels deep")
        for part in content:
            _check_content(part, levels - 1)


def _absolute(content: dict[str, Any], home: Path) -> dict[str, Any]:
    """Make the paths absolute; `name = "path"` is short for a table."""

    def resolve(path: Any) -> Any:
        return absolute(path, home) if isinstance(path, str) else path

    def resolved(entry: Any) -> Any:
        if isinstance(entry, str):
            return {"path": resolve(entry)}
        if not isinstance(entry, dict):
            return entry
        files = {name: resolve(entry[name]) for name in _FILES_OF_LAYERS if name in entry}
        if entry.get("mapped", WHOLE_GRID) != WHOLE_GRID:
            files["mapped"] = resolve(entry["mapped"])
        if isinstance(parts := entry.get("of"), dict):
            files["of"] = {name: resolved(part) for name, part in parts.items()}
        return entry | files

    result = dict(content)
    if isinstance(result.get("grid"), str):  # short for the grid of that layer
        result["grid"] = {"like": result["grid"]}
    evidence = result.get("evidence")
    if isinstance(evidence, dict):
        result["evidence"] = {name: resolved(entry) for name, entry in evidence.items()}
    elif evidence is not None:
        result["evidence"] = resolve(evidence)
    if isinstance(result.get("grid"), dict):
        grid = dict(result["grid"])
        if "area" in grid:
            grid["area"] = resolved(grid["area"])
        if "exclude" in grid:
            several = grid["exclude"] if isinstance(grid["exclude"], list) else [grid["exclude"]]
            grid["exclude"] = [resolved(entry) for entry in several]
        result["grid"] = grid
    if isinstance(result.get("points"), dict):
        points = {role: resolved(entry) for role, entry in result["points"].items()}
        drawn = points.get("non_occurrences")
        if isinstance(drawn, dict):
            files = {name: resolved(drawn[name]) for name in _DRAWN_FROM if name in drawn}
            points["non_occurrences"] = drawn | files
        result["points"] = points
    if isinstance(result.get("model"), dict) and "components" in result["model"]:
        model = result["model"]
        result["model"] = model | {"components": resolve(model["components"])}
    products = result.get("products")
    if isinstance(products, dict) and isinstance(targets := products.get("targets"), dict):
        files = {name: resolve(targets[name]) for name in _NEAR_TARGETS if name in targets}
        result["products"] = products | {"targets": targets | files}
    output = result.get("output", {})
    if isinstance(output, dict):
        result["output"] = output | {"folder": resolve(output.get("folder", "out"))}
    return result
