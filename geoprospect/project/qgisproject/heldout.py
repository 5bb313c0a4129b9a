"""How QGIS shows points held out: which occurrences were missed, and what fields mean in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pyogrio

from geoprospect.crossval import Comparison, page
from geoprospect.qgis.features import Category, FeatureStyle
from geoprospect.qgis.geopackage import add_styles
from geoprospect.qgis.symbols import Marker
from geoprospect.typing import StrPath

_LAYERS = ("cells", "repeats")
_WRONG = 0.25  # of the points of the other label, beyond which a point counts as missed
_CLASSES = (
    ("found", "occurrence found: above three quarters of the non-occurrences", Marker()),
    ("missed", "occurrence missed", Marker("triangle", "#d55e00", "#ffffff", 3.4)),
    ("like", "non-occurrence that scores like an occurrence", Marker("diamond", "#0072b2", size=2)),
    ("barren", "other non-occurrence", Marker("circle", "#bdbdbd", "#4d4d4d", 1.3)),
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

    See `geoprospect.crossval.page.write_comparison`.

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

    return page.write_comparison(comparison, folder, overwrite=overwrite, finish=finish)


def style_of_cells(fields: Sequence[str], best: str) -> FeatureStyle:
    """Give the style of the cells, by how the best method ranks them when they are held out.

    Parameters
    ----------
    fields : sequence of str
        The fields of the layer.
    best : str
        The field of the scores of that method.
    """
    wrong = f'"{best}_error" > {_WRONG}'
    chosen = (
        f"CASE WHEN \"occurrence\" = 1 THEN CASE WHEN {wrong} THEN 'missed' ELSE 'found' END "
        f"WHEN {wrong} THEN 'like' ELSE 'barren' END"
    )
    classes = tuple(Category(value, label, symbol) for value, label, symbol in _CLASSES)
    return FeatureStyle(classes, chosen, aliases_of(fields))


def style_of_repeats(fields: Sequence[str]) -> FeatureStyle:
    """Give the style of the cells of each repeat, by their label."""
    occurrence, barren = Marker(), _CLASSES[-1][2]
    classes = (
        Category("1", "occurrence", occurrence),
        Category("0", "non-occurrence", barren),
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
