"""Codes of the classes of polygons, by the names in one of their fields."""

from __future__ import annotations

import zlib
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from rasterio.windows import Window

from geoprospect.errors import SamplesError
from geoprospect.evidence.features.kinds import check_field
from geoprospect.evidence.features.vectorlayer import VectorLayer
from geoprospect.typing import Floats
from geoprospect.wording import listed

if TYPE_CHECKING:  # slow to import, and most maps need no vectors
    import pandas as pd

    from geoprospect.evidence.features.tracing import TracedFeatures

_CODES = 2**24  # integers that numbers of single precision tell apart


@dataclass(frozen=True)
class ClassCodes(VectorLayer):
    """The code of the class of the polygon that holds the centre of a cell.

    A code is made of the name alone, so that a class has the same one in any file.

    Attributes
    ----------
    field : str
        The field of names.

    Examples
    --------
    >>> ClassCodes("geology", "geology.gpkg", field="UNIT").names
    ('geology',)
    """

    _: KW_ONLY
    field: str
    takes: ClassVar[tuple[str, ...]] = ("polygons",)

    def check(self, traced: TracedFeatures) -> None:
        """Refuse a field that is not there, and names that have one code."""
        super().check(traced)
        check_field(self.field, traced.fields.drop(columns=traced.fields.geometry.name), self.path)
        names: dict[float, str] = {}
        for name in _texts(traced.fields[self.field]):
            if names.setdefault(_code(name), name) != name:
                raise SamplesError(
                    "two classes cannot be told apart by their codes",
                    path=self.path,
                    found=listed([names[_code(name)], name]),
                    mend="give one of them another name",
                )

    def values(self, traced: TracedFeatures, window: Window, places: Floats) -> Floats:
        """Give the codes; NaN where there is no polygon, or it has no name."""
        codes = np.array([_code(name) for name in _texts(traced.fields[self.field])] + [np.nan])
        return codes[traced.polygons.holding(window).ravel()][None]

    def names_by_code(self) -> dict[float, str]:
        """Read the names of the classes that the file has, by code."""
        from geoprospect.evidence.features.reading import (  # noqa: PLC0415 - slow to import
            of_layer,
            read_features,
        )

        with of_layer(self.name):
            table = read_features(self.path, crs=self.crs, layer=self.layer, what="polygons")
        return {_code(name): name for name in _texts(table[self.field]) if name}


def _texts(values: pd.Series[Any]) -> list[str]:
    """Give the values of a field as texts, empty where there is none."""
    pairs = zip(values, values.isna(), strict=True)
    return ["" if missing else str(value).strip() for value, missing in pairs]


def _code(name: str) -> float:
    """Give the code of a name; of none, there is none."""
    return float(zlib.crc32(name.encode()) % _CODES) if name else np.nan
