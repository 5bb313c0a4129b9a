"""Styles of labelled points: occurrences and non-occurrences, and classes of rock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from geoprospect.qgis.classes import colours
from geoprospect.qgis.features import Category, FeatureStyle
from geoprospect.qgis.symbols import Marker

BARREN = Marker("circle", "#bdbdbd", "#4d4d4d", 1.3)
_OCCURRENCES = {
    "training": Marker("circle", "#ffffff", "#000000", 2.4),
    "validation": Marker("triangle", "#ff4f2e", "#ffffff", 3.2),
}  # as in the pictures of a run


def occurrence_style(role: str, aliases: Mapping[str, str]) -> FeatureStyle:
    """Give how points with a field `occurrence`, 1 or 0, are shown.

    Parameters
    ----------
    role : {"training", "validation"}
        What the points are for.
    aliases : mapping of str to str
        What their fields are called in words.

    Examples
    --------
    >>> [one.label for one in occurrence_style("training", {}).classes]
    ['occurrence', 'non-occurrence']
    """
    classes = (
        Category("1", "occurrence", _OCCURRENCES[role]),
        Category("0", "non-occurrence", BARREN),
    )
    return FeatureStyle(classes, "occurrence", aliases)


def rock_style(classes: Sequence[str], aliases: Mapping[str, str]) -> FeatureStyle:
    """Give how points with a field `rock`, the name of a class, are shown."""
    painted = zip(classes, colours(len(classes)), strict=True)
    markers = (Category(name, name, Marker("square", x, "#4d4d4d", 1.6)) for name, x in painted)
    return FeatureStyle(tuple(markers), "rock", aliases)
