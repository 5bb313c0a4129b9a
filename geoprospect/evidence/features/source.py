"""The file that features are read from, and which of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FeatureSource:
    """A file of features and what it does not say itself.

    Attributes
    ----------
    path : str
        Vector file or table of coordinates.
    layer : str, optional
        The layer of a file with several.
    where : str, optional
        A condition that chooses among the features, as ``type = 'thrust'``.
    crs, x, y : str, optional
        As for `geoprospect.evidence.features.reading.read_features`.
    """

    path: str
    layer: str | None = None
    where: str | None = None
    crs: str | None = None
    x: str | None = None
    y: str | None = None
