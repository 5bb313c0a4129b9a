"""Reading of project files: TOML in, a `Project` of values out."""

from __future__ import annotations

import errno
import os
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from pydantic import TypeAdapter, ValidationError

from geoprospect.errors import ProjectError
from geoprospect.evidence import Column, column_kinds
from geoprospect.evidence.categorical import Categorical, Ordinal
from geoprospect.evidence.container import absolute
from geoprospect.evidence.features.vectorlayer import WHOLE_GRID
from geoprospect.evidence.prepared import PreparationSettings
from geoprospect.project.settings import CalibrationSettings, ModelSettings, Points

_T = TypeVar("_T")


@dataclass(frozen=True)
class _Output:
    """Where the results go."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    folder: str = "out"


_SECTIONS: dict[str, type] = {
    "points": Points,
    "model": ModelSettings,
    "calibration": CalibrationSettings,
    "output": _Output,
}
_LONGEST, _DEEPEST = 2**20, 20  # bytes of a project file, and levels of its tables
_REQUIRED = ("evidence", "points")
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
    values: dict[str, Any] = {"evidence": _evidence(content.pop("evidence", ""), problems)}
    for name, section in content.items():
        if name in _SECTIONS:
            values[name] = _validated(_SECTIONS[name], section, problems, name)
        else:
            problems.append(_unknown(name))
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
        if isinstance(entry, dict) and "path" in entry:
            mapped = entry.get("mapped", WHOLE_GRID)
            more = {} if mapped == WHOLE_GRID else {"mapped": resolve(mapped)}
            return entry | {"path": resolve(entry["path"])} | more
        return entry

    result = dict(content)
    evidence = result.get("evidence")
    if isinstance(evidence, dict):
        result["evidence"] = {name: resolved(entry) for name, entry in evidence.items()}
    elif evidence is not None:
        result["evidence"] = resolve(evidence)
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
    output = result.get("output", {})
    if isinstance(output, dict):
        result["output"] = output | {"folder": resolve(output.get("folder", "out"))}
    return result


def _evidence(evidence: Any, problems: list[str]) -> str | tuple[Column, ...]:
    """Give the columns of [evidence], or the folder or file that holds them."""
    if isinstance(evidence, str):
        return evidence
    if not isinstance(evidence, dict):
        problems.append(f"evidence: Input should be a path or a table (found {evidence!r})")
        return ()
    columns = (_column(name, entry, problems) for name, entry in evidence.items())
    return tuple(column for column in columns if column is not None)


def _column(name: str, entry: Any, problems: list[str]) -> Column | None:
    """Build a column from its table: of rasters, if it names no other kind."""
    place, kinds = f"evidence.{name}", column_kinds()
    if not isinstance(entry, dict):
        problems.append(f"{place}: Input should be a path or a table (found {entry!r})")
        return None
    settings = {"name": name} | entry
    kind = settings.pop("kind", "raster")
    cls = kinds.get(kind) if isinstance(kind, str) else None
    if cls is None:
        known = ", ".join(kinds)
        problems.append(f"{place}.kind: the kind should be one of {known} (found {kind!r})")
        return None
    known_settings = {field.name for field in fields(cls) if field.init}  # type: ignore[arg-type]  # columns are dataclasses
    asked = {field.name for field in fields(PreparationSettings)} - known_settings
    preparation = {name: settings.pop(name) for name in asked & settings.keys()}
    unknown = [setting for setting in settings if setting not in known_settings]
    problems.extend(_unknown(f"{place}.{setting}") for setting in unknown)
    known_only = {key: value for key, value in settings.items() if key in known_settings}
    column = _validated(cls, known_only, problems, place)
    return None if column is None else _prepared(column, preparation, problems, place)


def _prepared(
    column: Column, settings: dict[str, Any], problems: list[str], place: str
) -> Column | None:
    """Give a column with the transforms that its table names, and what becomes of its gaps."""
    asked = _validated(PreparationSettings, settings, problems, place)
    if asked is None or not settings:
        return column
    if isinstance(column, Categorical | Ordinal) or len(column.names) > 1:
        names = " and ".join(settings)
        problems.append(f"{place}: {names} cannot be applied to classes, or to several columns")
    return asked.applied_to(column)


def _validated(cls: type[_T], content: Any, problems: list[str], place: str) -> _T | None:
    """Build a dataclass from a table of the file; add what is wrong with it to the problems."""
    try:
        return TypeAdapter(cls).validate_python(content)
    except ValidationError as error:
        problems.extend(_problem(dict(detail), place) for detail in error.errors())
        return None


def _problem(detail: dict[str, Any], place: str) -> str:
    """Say in words what pydantic found wrong with one setting."""
    where = ".".join([place, *map(str, detail["loc"])])
    match detail["type"]:
        case "missing":
            return f"{where} is missing"
        case "extra_forbidden" | "unexpected_keyword_argument":
            return _unknown(where)
        case _:
            return f"{where}: {detail['msg']} (found {detail['input']!r})"


def _unknown(place: str) -> str:
    """Say that no setting bears a name."""
    return f"{place} is no setting that geoprospect knows"
