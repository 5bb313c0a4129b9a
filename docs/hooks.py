"""Tables of a project file's settings, made of the types that read it when the manual is built."""

from __future__ import annotations

import inspect
import re
from dataclasses import MISSING, Field, fields
from importlib import import_module
from typing import Any

from griffe import Docstring

from geoprospect.evidence import column_kinds
from geoprospect.evidence.computed.prepared import PreparationSettings
from geoprospect.evidence.studyarea.territory import Territory
from geoprospect.project.productsettings import ProductSettings
from geoprospect.project.settings import (
    BaselineChanges,
    CalibrationSettings,
    GridSettings,
    ModelSettings,
    Points,
    ScheduleChanges,
    TrainingChanges,
)
from geoprospect.samples import DrawingRule, PointsSource

_MARK = "<!-- settings -->"
_HIDDEN = ("name", "names")  # which the project file tells as the key of a table
_SECTIONS = (
    ("`[grid]`", GridSettings),
    ("Ground: `area`, `exclude`", Territory),
    ("`[points]`", Points),
    ("A file of points", PointsSource),
    ("`[points.non_occurrences]`", DrawingRule),
    ("`[model]`", ModelSettings),
    ("`[model.pretraining]`", ScheduleChanges),
    ("`[model.training]`", TrainingChanges),
    ("`[model.baseline]`", BaselineChanges),
    ("`[calibration]`", CalibrationSettings),
    ("`[products]`", ProductSettings),
)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put the tables in the place of their mark."""
    return markdown.replace(_MARK, _settings()) if _MARK in markdown else markdown


def _settings() -> str:
    """Write a table for each kind of layer, and for each section."""
    parts = ["## `[evidence]`: kinds of layers\n"]
    for kind, cls in sorted(column_kinds().items()):
        parts.append(f'### `kind = "{kind}"`\n\n{_summary(cls)}\n\n{_table(cls)}')
    parts.append(
        f"### Of any layer\n\n{_summary(PreparationSettings)}\n\n{_table(PreparationSettings)}"
    )
    for title, cls in _SECTIONS:
        parts.append(f"## {title}\n\n{_summary(cls)}\n\n{_table(cls)}")
        for field in fields(cls) if cls is ProductSettings else ():
            parts.append(_product(field))
    return "\n\n".join(parts)


def _product(field: Field[Any]) -> str:
    """Write the table of a product's settings."""
    [name] = re.findall(r"Annotated\[([\w.]+) \|", str(field.type))
    settings = vars(inspect.getmodule(ProductSettings))[name]
    return f"### `{field.name}`\n\n{_summary(settings)}\n\n{_table(settings)}"


def _summary(cls: type) -> str:
    """Give what stands in a docstring before its sections."""
    first = inspect.getdoc(cls) or ""
    return re.split(r"\n\n[A-Z]\w+\n-{3,}", first)[0]


def _table(cls: type) -> str:
    """Write the settings of a type: name, default and meaning."""
    told = _told(cls)
    rows = [
        f"| `{field.name}` | {_default(field)} | {told.get(field.name, '')} |"
        for field in fields(cls)
        if field.init and field.name not in _HIDDEN
    ]
    return "\n".join(["| setting | default | meaning |", "|---|---|---|", *rows]) if rows else ""


def _default(field: Field[Any]) -> str:
    """Write a default as a project file would hold it."""
    if field.default is MISSING and field.default_factory is MISSING:
        return "needed"
    value = field.default
    if value is None or value is MISSING or value == () or hasattr(value, "__dataclass_fields__"):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        value = list(value)
    return f'`"{value}"`' if isinstance(value, str) else f"`{value}`"


def _told(documented: Any) -> dict[str, str]:
    """Give the meanings of attributes or parameters by name, those of a class's bases too."""
    told: dict[str, str] = {}
    for base in reversed(
        inspect.getmro(documented) if isinstance(documented, type) else [documented]
    ):
        text = base.__dict__.get("__doc__") or base.__doc__ or ""
        for section in Docstring(inspect.cleandoc(text)).parse("numpy"):
            if section.kind.value in ("attributes", "parameters"):
                for item in section.value:
                    meaning = " ".join(item.description.split()).replace("|", "\\|")
                    told |= dict.fromkeys(re.split(r", *", item.name), meaning)
    return {name: _followed(documented, name, meaning) for name, meaning in told.items()}


def _followed(documented: Any, name: str, meaning: str) -> str:
    """Follow "as for" and "see" to where a setting is explained."""
    for path in re.findall(r"(?:As for|see) `([\w.]+)`", meaning):
        module, _, other = path.rpartition(".")
        rooms = (
            [import_module(module)]
            if module
            else map(inspect.getmodule, inspect.getmro(documented))
        )
        for room in rooms:
            found = getattr(room, other, None)
            if found not in (None, documented) and name in (told := _told(found)):
                return told[name]
    return meaning
