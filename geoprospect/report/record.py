"""Records: what results look like as JSON, read off their attributes, and the schema of that."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, WithJsonSchema


def _plain(values: Any) -> Any:
    """Turn an array into a list."""
    return values.tolist() if isinstance(values, np.ndarray) else values


def _ends(interval: Any) -> Any:
    """Give both ends of an interval."""
    return [interval.low, interval.high] if hasattr(interval, "low") else interval


def _called(words: Any) -> Any:
    """Give what a method says."""
    return words() if callable(words) else words


# Bounds stand in the schema; what was computed is not measured against them.
Fraction = Annotated[float, WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1})]
Positive = Annotated[float, WithJsonSchema({"type": "number", "minimum": 0})]
Count = Annotated[int, WithJsonSchema({"type": "integer", "minimum": 0})]
Some = Annotated[int, WithJsonSchema({"type": "integer", "minimum": 1})]
Numbers = Annotated[list[float], BeforeValidator(_plain)]
Fractions = Annotated[list[Fraction], BeforeValidator(_plain)]
Counts = Annotated[list[Count], BeforeValidator(_plain)]
Ends = Annotated[
    list[float],
    BeforeValidator(_ends),
    WithJsonSchema(
        {
            "type": "array",
            "description": "low and high end of a 95% interval",
            "items": {"type": "number"},
            "minItems": 2,
            "maxItems": 2,
        }
    ),
]
Called = Annotated[str, BeforeValidator(_called)]
Sentences = Annotated[list[str], BeforeValidator(_called)]


class Record(BaseModel):
    """A result as it is written: its fields are the attributes that they are read from."""

    model_config = ConfigDict(
        from_attributes=True,
        use_attribute_docstrings=True,
        json_schema_extra={"additionalProperties": False},
    )

    @classmethod
    def plain(cls, result: Any) -> dict[str, Any]:
        """Give a result as plain values, for JSON.

        Parameters
        ----------
        result : object
            It has the attributes that the record names.

        Examples
        --------
        >>> from types import SimpleNamespace
        >>> gap = SimpleNamespace(value=0.5, interval=SimpleNamespace(low=0.25, high=0.75))
        >>> DifferenceRecord.plain(gap)
        {'value': 0.5, 'interval': [0.25, 0.75]}
        """
        values: dict[str, Any] = cls.model_validate(result).model_dump(by_alias=True)
        return values

    @classmethod
    def schema_of(cls, title: str) -> dict[str, Any]:
        """Give the JSON Schema (draft 2020-12) of the record, under a title."""
        schema = TypeAdapter(cls).json_schema(mode="serialization")
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            **schema,
            "title": title,
        }


class DifferenceRecord(Record):
    """What one has more than another."""

    value: Annotated[float, WithJsonSchema({"type": "number", "minimum": -1, "maximum": 1})] = (
        Field()
    )
    interval: Ends


class AuditRecord(Record):
    """Points read, used, and left out with the reason; rows counted from 0."""

    n_read: Count
    n_kept: Count
    no_coordinates: Counts
    outside: Counts
    excluded: Counts
    """Rows outside the study area."""
    invalid: Counts
    no_label: Counts
    shared: list[Counts]
    """Rows kept that lie in one cell, cell by cell."""
    conflicting: list[Counts]
    """Those whose labels differ."""
    not_chosen: Count
    """Rows that the condition `where` leaves out; they count as not read."""
    labels: str
    """Which field told what the points are."""
