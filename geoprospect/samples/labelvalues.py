"""Values of a field of labels: as texts, compared as people mean them, written in messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geoprospect.errors import SamplesError
from geoprospect.wording import counted, listed

YES = (
    *("1", "yes", "y", "true", "t", "deposit", "occurrence", "prospect", "showing", "mine"),
    *("present", "presence", "positive", "mineralised", "mineralized"),
)
NO = (
    *("0", "-1", "no", "n", "false", "f", "barren", "absent", "absence", "negative", "none"),
    *("non-deposit", "nondeposit", "non-occurrence", "background", "unmineralised"),
)
_SHOWN = 3  # values in a sentence


def label_texts(table: gpd.GeoDataFrame, field: str, path: str) -> pd.Series[str]:
    """Give the values of a field as texts, empty where missing."""
    fields = [str(name) for name in table.columns.drop(table.geometry.name)]
    if field not in fields:
        raise SamplesError(
            f"there is no field {field}",
            path=path,
            found=f"fields {listed(fields) or 'none'}",
            mend="name the field of labels among those found",
        )
    values: pd.Series[Any] = table[field]
    texts = [
        "" if missing else str(x).strip() for x, missing in zip(values, values.isna(), strict=True)
    ]
    return pd.Series(texts, index=values.index, dtype=object)


def distinct_texts(values: pd.Series[str]) -> list[str]:
    """Give the values that occur, in their order."""
    return [text for text in dict.fromkeys(values) if text]


def first_few(values: Sequence[str]) -> str:
    """Write the first few values."""
    more = len(values) - _SHOWN
    first = ", ".join(values[:_SHOWN])
    return f"{first} and {counted(more, 'other value')}" if more > 0 else first


def line_to_write(field: str, values: pd.Series[str]) -> str:
    """Write the line that says which values are occurrences, those likely so if any."""
    distinct = distinct_texts(values)
    likely = [text for text in distinct if plain_text(text) in YES] or distinct[:1]
    quoted = ", ".join(f'"{text}"' for text in likely)
    return f'label = "{field}", occurrence_values = [{quoted}]'


def as_number(text: str) -> float | None:
    """Read a label as a number; truth values are 1 and 0."""
    try:
        number = {"true": 1.0, "false": 0.0}.get(text.casefold())
        number = float(text) if number is None else number
    except ValueError:
        return None
    return number if np.isfinite(number) else None


def plain_text(text: str) -> str:
    """Give a value in small letters, and a whole number without its decimals."""
    number = as_number(text) if text.casefold() not in ("true", "false") else None
    return text.casefold() if number is None else f"{number:.12g}"
