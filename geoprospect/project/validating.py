"""Values of a project file checked against types; what is wrong with them is listed in words."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

_T = TypeVar("_T")


def validated(cls: type[_T], content: Any, problems: list[str], place: str) -> _T | None:
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
            return unknown_setting(where)
        case _:
            return f"{where}: {detail['msg']} (found {detail['input']!r})"


def unknown_setting(place: str) -> str:
    """Say that no setting bears a name."""
    return f"{place} is no setting that geoprospect knows"
