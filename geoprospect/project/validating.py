"""Values of a project file checked against types; what is wrong with them is listed in words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from typing import Any, TypeVar, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError

_T = TypeVar("_T")
_Detail = Mapping[str, Any]

_UNKNOWN = ("extra_forbidden", "unexpected_keyword_argument")
_EXPECTED = {
    "bool": "true or false",
    "dataclass": "a table",
    "dict": "a table",
    "finite": "a finite number",
    "float": "a number",
    "greater_than": "greater than {gt:g}",
    "greater_than_equal": "at least {ge:g}",
    "int": "a whole number",
    "less_than": "less than {lt:g}",
    "less_than_equal": "at most {le:g}",
    "list": "a list",
    "mapping": "a table",
    "model": "a table",
    "string": "a text in quotes",
    "too_few": "a longer list",
    "too_long": "a list of at most {max_length}",
    "too_short": "a list of at least {min_length}",
    "tuple": "a list",
}
"""What a kind of mistake expects, by its type in pydantic or the first word of that."""


def validated(cls: type[_T], content: Any, problems: list[str], place: str) -> _T | None:
    """Build a dataclass from a table of the file; add what is wrong with it to the problems."""
    try:
        return TypeAdapter(cls).validate_python(content)
    except ValidationError as error:
        problems.extend(_problems(error.errors(), cls, content, place))
        return None


def unknown_setting(place: str, known: Iterable[str] = ()) -> str:
    """Say that no setting bears a name, and which is like it or which there are.

    Examples
    --------
    >>> unknown_setting("model.sed", ["seed", "members"])
    'model.sed is no setting that geoprospect knows (did you mean seed?)'
    >>> unknown_setting("output.x", ["folder"])
    'output.x is no setting that geoprospect knows; there is folder'
    """
    sentence = f"{place} is no setting that geoprospect knows"
    names = sorted(known)
    alike = get_close_matches(place.rpartition(".")[2], names, n=1)
    if alike:
        return f"{sentence} (did you mean {alike[0]}?)"
    if not names:
        return sentence
    return f"{sentence}; there {'is' if len(names) == 1 else 'are'} {', '.join(names)}"


def as_written(value: Any) -> str:
    """Write a value much as a project file does.

    Examples
    --------
    >>> as_written("red"), as_written(True), as_written([1, 2.5]), as_written({"path": "a.tif"})
    ('"red"', 'true', '[1, 2.5]', '{ path = "a.tif" }')
    """
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {as_written(x)}" for key, x in value.items()) + " }"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(as_written, value))}]"
    if isinstance(value, str | bool):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _problems(details: Sequence[Any], cls: type, content: Any, place: str) -> Iterator[str]:
    """Say what is wrong with each setting, the kinds that it may be of taken together."""
    found: dict[tuple[str | int, ...], list[_Detail]] = {}
    for detail in details:
        path = _place_of(detail, content)
        few = detail["type"] == "missing" and isinstance(path[-1], int)  # of so many numbers
        kind = {"type": "too_few"} if few else {}
        found.setdefault(path[:-1] if few else path, []).append({**detail, **kind})
    for path, group in found.items():
        if any(other[: len(path)] == path != other for other in found):
            continue  # of a kind that the setting is not meant to be of, or a consequence
        where = ".".join([place, *map(str, path)])
        kinds = {detail["type"] for detail in group}
        if kinds & {*_UNKNOWN}:
            yield unknown_setting(where, _names_beside(cls, path))
        elif kinds == {"missing"}:
            yield f"{where} is missing"
        else:
            yield _wrong(where, [detail for detail in group if detail["type"] != "missing"])


def _wrong(where: str, group: Sequence[_Detail]) -> str:
    """Say what a setting should be, and what was found."""
    own = [detail for detail in group if detail["type"] == "value_error"]
    found = f"found {as_written(group[0]['input'])}"
    if own:  # in words of geoprospect, which name what is expected
        return f"{where}: {own[0]['ctx']['error']} ({found})"
    expected = " or ".join(dict.fromkeys(map(_expected, group)))
    words = [word for detail in group for word in _words_of(detail)]
    alike = get_close_matches(str(group[0]["input"]), words, n=1)
    ask = f'; did you mean "{alike[0]}"?' if alike else ""
    return f"{where} should be {expected} ({found}{ask})"


def _words_of(detail: _Detail) -> list[str]:
    """Give the words of which a setting should be one."""
    return re.findall("'([^']*)'", str(detail.get("ctx", {}).get("expected", "")))


def _expected(detail: _Detail) -> str:
    """Say what a setting should be."""
    kind: str = detail["type"]
    if kind == "literal_error":
        words = str(detail["ctx"]["expected"]).replace("'", '"')
        return words if words.count('"') <= 2 else f"one of {words}"
    words = _EXPECTED.get(kind) or _EXPECTED.get(kind.partition("_")[0]) or ""
    return words.format(**detail.get("ctx", {})) or str(detail["msg"])


def _place_of(detail: _Detail, content: Any) -> tuple[str | int, ...]:
    """Give the place of a setting in the table, less the names of kinds that pydantic adds."""
    *before, last = detail["loc"] or ("",)
    path: list[str | int] = []
    for part in (*before, last):
        if isinstance(content, Mapping) and part in content:
            content = content[part]
        elif isinstance(content, list | tuple) and isinstance(part, int):
            content = content[part] if part < len(content) else None
        elif part is not last or detail["type"] != "missing":
            continue
        path.append(part)
    return tuple(path)


def _names_beside(cls: type, path: Sequence[str | int]) -> set[str]:
    """Give the settings that there are where one is not known, by the dataclasses of the types."""
    classes = {cls}
    for part in path[:-1]:
        if isinstance(part, str):
            hints = [get_type_hints(one).get(part) for one in classes]
            classes = {one for hint in hints for one in _dataclasses_in(hint)}
    return {field.name for one in classes for field in fields(one) if field.init}


def _dataclasses_in(hint: Any) -> Iterator[type]:
    """Give the dataclasses that a type names."""
    if isinstance(hint, type) and is_dataclass(hint):
        yield hint
    for part in get_args(hint):
        yield from _dataclasses_in(part)
