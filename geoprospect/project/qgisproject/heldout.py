"""How QGIS shows points held out: how wrongly each was ranked, and what fields mean in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pyogrio

from geoprospect.crossval import Comparison, page
from geoprospect.project.qgisproject.refreshing import show_held_out
from geoprospect.qgis.features import Category, FeatureStyle
from geoprospect.qgis.geopackage import add_styles
from geoprospect.qgis.symbols import Marker, Shape
from geoprospect.typing import StrPath

_LAYERS = ("cells", "repeats")
# How wrongly a point is ranked, in steps, each with its colour (ColorBrewer's OrRd; Harrower &
# Brewer 2003) and width: told apart with every common colour blindness, the pale from the dark.
_STEPS = (
    (0.05, "at most 5%", "#fef0d9", 1.8),
    (0.25, "5 to 25%", "#fdcc8a", 2.2),
    (0.5, "25 to 50%", "#fc8d59", 2.7),
    (1.0, "more than 50%", "#d7301f", 3.3),
)
_SIDES: tuple[tuple[str, str, str, str, Shape, float], ...] = (
    ("1", "occurrence", "below", "non-occurrences", "triangle", 0.6),
    ("0", "non-occurrence", "above", "occurrences", "circle", 0.0),
)
_PLAIN = {
    "row": "row in the file of points, counted from 0",
    "occurrence": "1 at an occurrence, 0 at a non-occurrence",
    "repeat": "repeat of the cross-validation",
    "fold": "fold in which the point was held out",
}
_ENDINGS = {
    "_spread": "standard deviation of these scores over members and repeats",
    "_error": "share of the points of the other label that it is ranked on the wrong side of",
}


def write_comparison(
    comparison: Comparison, folder: StrPath, *, overwrite: bool = False
) -> tuple[str, ...]:
    """Write a comparison as files, its points styled for QGIS.

    See `geoprospect.crossval.page.write_comparison`. Where the folder is `crossval` in the output
    folder of a run, the points enter the run's QGIS project too.

    Raises
    ------
    OutputError
        If a file exists already or cannot be written.
    """
    best, told = page.field_of(comparison.best), "Scores by models that learned nothing of there"

    def finish(path: Path) -> None:
        cells, repeats = (
            pyogrio.read_info(path, layer=layer)["fields"].tolist() for layer in _LAYERS
        )
        styles = style_of_cells(cells, best), style_of_repeats(repeats)
        qml = (style.qml() for style in styles)
        add_styles(path, {x: (y, told) for x, y in zip(_LAYERS, qml, strict=True)})

    written = page.write_comparison(comparison, folder, overwrite=overwrite, finish=finish)
    show_held_out(Path(folder))
    return written


def style_of_cells(fields: Sequence[str], best: str) -> FeatureStyle:
    """Give the style of the cells, by how the best method ranks them when they are held out.

    Parameters
    ----------
    fields : sequence of str
        The fields of the layer.
    best : str
        The field of the scores of that method.
    """
    step = " ".join(f"WHEN \"{best}_error\" <= {end} THEN '{end}'" for end, *_ in _STEPS)
    classes = tuple(
        Category(
            f"{label} {end}",
            f"{name} ranked {side} {share} of the {others}",
            Marker(shape, colour, "#000000", size + larger),
        )
        for label, name, side, others, shape, larger in _SIDES
        for end, share, colour, size in reversed(_STEPS)
    )
    return FeatureStyle(classes, f"\"occurrence\" || ' ' || CASE {step} END", aliases_of(fields))


def style_of_repeats(fields: Sequence[str]) -> FeatureStyle:
    """Give the style of the cells of each repeat, by their label."""
    classes = (
        Category("1", "occurrence", Marker("triangle", "#ffffff", size=3)),
        Category("0", "non-occurrence", Marker("circle", "#bdbdbd", "#4d4d4d", 1.3)),
    )
    return FeatureStyle(classes, "occurrence", aliases_of(fields))


def aliases_of(fields: Iterable[str]) -> dict[str, str]:
    """Give what fields are called in words.

    Examples
    --------
    >>> aliases_of(["fold_2", "svm"])
    {'fold_2': 'fold in which the point was held out, repeat 2',
    'svm': 'score when held out, by svm'}
    """
    aliases = {}
    for name in fields:
        stem, _, number = name.rpartition("_")
        ending = next((ending for ending in _ENDINGS if name.endswith(ending)), None)
        if name in _PLAIN:
            aliases[name] = _PLAIN[name]
        elif stem == "fold" and number.isdigit():
            aliases[name] = f"{_PLAIN['fold']}, repeat {number}"
        elif ending is not None:
            aliases[name] = _ENDINGS[ending]
        else:
            aliases[name] = f"score when held out, by {name.replace('_', ' ')}"
    return aliases
