"""Numbers as laboratories write them: some only known to lie below or above a limit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from geoprospect.errors import SamplesError
from geoprospect.typing import Floats

_NUMBER = re.compile(
    r"(?P<sign>[<>≤≥])?\s*=?\s*(?P<number>[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?)"
)
_GROUPED = re.compile(r"[+-]?\d{1,3},\d{3}")


@dataclass(frozen=True)
class Numbers:
    """Numbers of a field.

    Attributes
    ----------
    values : ndarray of float64, shape (n,)
        NaN where there is none; half the limit of those below one, the limit of those above one.
    below, above : int
        How many were given as below and as above a limit.
    """

    values: Floats
    below: int = 0
    above: int = 0


def numbers_of(field: pd.Series[Any], path: str) -> Numbers:
    """Read the numbers of a field, which may be texts such as ``<5`` and ``>1000``.

    Parameters
    ----------
    field : pandas.Series
        The field.
    path : str
        Its file, for messages.

    Raises
    ------
    SamplesError
        If a text is no number, or a comma may part thousands or decimals.

    Examples
    --------
    >>> found = numbers_of(pd.Series(["12", "<5", "> 1000", None, "0,25"], name="Cu"), "cu.csv")
    >>> found.values.tolist(), found.below, found.above
    ([12.0, 2.5, 1000.0, nan, 0.25], 1, 1)
    """
    if pd.api.types.is_numeric_dtype(field) and not pd.api.types.is_bool_dtype(field):
        return Numbers(field.to_numpy(np.float64, na_value=np.nan))
    texts = field.astype(object).where(field.notna(), "").astype(str).str.strip()
    found = [_NUMBER.fullmatch(text) for text in texts]
    wrong = [row for row, text in enumerate(texts) if text and found[row] is None]
    if wrong:
        raise SamplesError(
            f"field {field.name} holds values that are no numbers",
            path=path,
            found=f"{texts.iloc[wrong[0]]!r} in row {field.index[wrong[0]]} (rows counted from 0)",
            expected="numbers, and limits such as <5 and >1000",
            mend="correct them, or leave them empty",
        )
    commas = [match["number"] for match in found if match is not None and "," in match["number"]]
    if commas and all(_GROUPED.fullmatch(number) for number in commas):
        raise SamplesError(
            f"field {field.name} holds commas that may part thousands or decimals",
            path=path,
            found=commas[0],
            mend="write decimals with points",
        )
    values = [np.nan if m is None else float(m["number"].replace(",", ".")) for m in found]
    signs = np.array(["" if m is None else m["sign"] or "" for m in found], dtype="U1")
    below, above = np.isin(signs, ["<", "≤"]), np.isin(signs, [">", "≥"])
    numbers = np.where(below, np.array(values) / 2, values)
    return Numbers(np.asarray(numbers, np.float64), int(below.sum()), int(above.sum()))
