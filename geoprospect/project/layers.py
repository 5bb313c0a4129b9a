"""The layers that a project file names: tables of [evidence] in, columns out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from difflib import get_close_matches
from typing import Any

from geoprospect.errors import EvidenceError
from geoprospect.evidence import Column, column_kinds
from geoprospect.evidence.computed.categorical import Categorical, Ordinal
from geoprospect.evidence.computed.prepared import PreparationSettings
from geoprospect.project.validating import as_written, unknown_setting, validated


def evidence_of(evidence: Any, problems: list[str]) -> str | tuple[Column, ...]:
    """Give the columns of [evidence], or the folder or file that holds them.

    Parameters
    ----------
    evidence : object
        The table of the project file, or a path.
    problems : list of str
        Receives what is wrong with it, in words.
    """
    if isinstance(evidence, str):
        return evidence
    if not isinstance(evidence, dict):
        problems.append(f"evidence should be a path or a table (found {as_written(evidence)})")
        return ()
    made: dict[str, Column | None] = {}
    waiting = dict(evidence)
    while waiting:
        # What is computed from other layers waits for these, wherever they stand in the file.
        ready = [name for name, entry in waiting.items() if _named_by(entry).isdisjoint(waiting)]
        if not ready:
            names = ", ".join(waiting)
            problems.append(f"evidence: {names} are computed from each other in a circle")
            break
        for name in ready:
            made[name] = _column(name, waiting[name], made, problems)
        waiting = {name: entry for name, entry in waiting.items() if name not in ready}
    columns = (made.get(name) for name in evidence)
    return tuple(column for column in columns if column is not None)


def _named_by(entry: Any) -> set[str]:
    """Give the names of the layers that one is computed from."""
    of = entry.get("of", ()) if isinstance(entry, dict) else ()
    names = [of] if isinstance(of, str) else of if isinstance(of, list) else []
    return {name for name in names if isinstance(name, str)}


def _column(
    name: str, entry: Any, made: Mapping[str, Column | None], problems: list[str]
) -> Column | None:
    """Build a column from its table: of rasters, if it names no other kind."""
    place, kinds = f"evidence.{name}", column_kinds()
    if not isinstance(entry, dict):
        problems.append(f"{place} should be a path or a table (found {as_written(entry)})")
        return None
    settings: dict[str, Any] = {"name": name} | entry
    kind = settings.pop("kind", "bands" if "bands" in entry else "raster")
    cls = kinds.get(kind) if isinstance(kind, str) else None
    if cls is None:
        alike = get_close_matches(str(kind), kinds, n=1)
        ask = f"; did you mean {alike[0]}?" if alike else ""
        problems.append(
            f"{place}.kind should be one of {', '.join(kinds)} (found {as_written(kind)}{ask})"
        )
        return None
    known_settings = {field.name for field in fields(cls) if field.init}  # type: ignore[arg-type]  # columns are dataclasses
    asked = {field.name for field in fields(PreparationSettings)} - known_settings
    preparation = {name: settings.pop(name) for name in asked & settings.keys()}
    unknown = [setting for setting in settings if setting not in known_settings]
    known = {*known_settings, *(field.name for field in fields(PreparationSettings)), "kind"}
    problems.extend(unknown_setting(f"{place}.{setting}", known - {"name"}) for setting in unknown)
    known_only: dict[str, Any] = {
        key: value for key, value in settings.items() if key in known_settings
    }
    if "of" in known_only:
        sources = _sources(known_only["of"], made, problems, place)
        if sources is None:
            return None
        known_only["of"] = sources
    try:
        column = validated(cls, known_only, problems, place)
    except EvidenceError as error:
        problems.append(f"{place}: {error}")
        return None
    return None if column is None else _prepared(column, preparation, problems, place)


def _sources(
    of: Any, made: Mapping[str, Column | None], problems: list[str], place: str
) -> tuple[Column, ...] | None:
    """Give the columns that another is computed from: layers by name, or tables of their own."""
    if isinstance(of, dict):
        parts = [_column(name, entry, made, problems) for name, entry in of.items()]
        return None if None in parts else tuple(part for part in parts if part is not None)
    names = [of] if isinstance(of, str) else of
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        problems.append(
            f"{place}.of should name layers, or be a table of them (found {as_written(of)})"
        )
        return None
    lacking = [name for name in names if name not in made]
    if lacking:
        problems.append(f"{place}.of names {', '.join(lacking)}, which [evidence] does not hold")
    columns = [made.get(name) for name in names]
    return None if None in columns else tuple(x for x in columns if x is not None)


def _prepared(
    column: Column, settings: dict[str, Any], problems: list[str], place: str
) -> Column | None:
    """Give a column with the transforms that its table names, and what becomes of its gaps."""
    asked = validated(PreparationSettings, settings, problems, place)
    if asked is None or not settings:
        return column
    if isinstance(column, Categorical | Ordinal) or len(column.names) > 1:
        names = " and ".join(settings)
        problems.append(f"{place}: {names} cannot be applied to classes, or to several columns")
    return asked.applied_to(column)
