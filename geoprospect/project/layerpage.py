"""The page of a project's layers: a small map and a histogram of each, and its row of the table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from geoprospect.errors import without_secrets
from geoprospect.evidence import EvidenceStack
from geoprospect.evidence.computed.categorical import Categorical
from geoprospect.evidence.inspection.table import LayerRow, LayerTable
from geoprospect.evidence.inspection.thinning import thinned
from geoprospect.output import replacing
from geoprospect.report.layers import draw_classes, draw_layer, draw_legend
from geoprospect.report.maps import axes_unit
from geoprospect.report.page import render_page, with_minus
from geoprospect.report.style import png_uri, svg_uri
from geoprospect.samples import Samples
from geoprospect.typing import Floats, Progress, StrPath, Values

_DPI = 150
_MANY, _FEWER_DOTS = 24, 90  # layers, beyond which pictures are smaller, lest the page grow heavy


@dataclass(frozen=True)
class LayerPoints:
    """The points that are drawn over layers, by who they are, and the occurrences' evidence.

    Attributes
    ----------
    places : dict of str to (easting, northing)
        In the order of the marks.
    names : tuple of str
        The evidence, in the order of the columns of X.
    X : ndarray of float32, shape (n, len(names))
        The evidence at the occurrences.
    """

    places: dict[str, tuple[Floats, Floats]]
    names: tuple[str, ...]
    X: Values

    @classmethod
    def of(cls, samples: Mapping[str, Samples | None]) -> LayerPoints:
        """Tell occurrences and other points of training and validation apart."""
        places, evidence = {}, []
        others: list[Samples] = []
        names: tuple[str, ...] = ()
        for role in ("training", "validation"):
            points = samples.get(role)
            if points is not None:
                occurrences, names = points.part(points.label == 1), points.names
                evidence.append(occurrences.X)
                others.append(points.part(points.label != 1))
                places[f"{role} occurrences"] = occurrences.easting, occurrences.northing
            else:
                places[f"{role} occurrences"] = np.empty(0), np.empty(0)
        places["other points"] = (
            np.concatenate([*(part.easting for part in others), np.empty(0)]),
            np.concatenate([*(part.northing for part in others), np.empty(0)]),
        )
        X = np.concatenate([*evidence, np.empty((0, len(names)), np.float32)])
        return cls(places, names, X)

    def at_occurrences(self, name: str) -> Values:
        """Give the values of a layer at the occurrences; none of one that is not read there."""
        if name not in self.names:
            return np.empty(0, np.float32)
        return self.X[:, self.names.index(name)]


def write_layer_page(
    path: StrPath,
    table: LayerTable,
    stack: EvidenceStack,
    points: LayerPoints,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> None:
    """Write a page with a picture of each layer, that needs nothing else.

    Each layer is read at 400 x 400 cells at most.

    Parameters
    ----------
    path : path-like
        The HTML file.
    table : LayerTable
        The table of the layers.
    stack : EvidenceStack
        Their stack.
    points : LayerPoints
        What is drawn over them.
    overwrite : bool
        Whether an existing file is replaced.
    progress : callable, optional
        Told of the layers drawn.

    Raises
    ------
    EvidenceError
        If a layer cannot be read.
    OutputError
        If the file exists and is not to be overwritten, or cannot be written.
    """
    cards = []
    for card in _cards(table, stack, points):
        cards.append(card)
        if progress is not None:
            progress("pictures", sum(len(x["rows"]) for x in cards), len(table.rows), "layers")
    page = render_page(
        "geoprospect.project",
        "layers.html",
        cards=cards,
        legend=svg_uri(draw_legend({who: len(x) for who, (x, _) in points.places.items()})),
        shape=stack.grid.shape,
        unit=axes_unit(stack.grid)[1],
        n_drawn=table.n_drawn,
    )
    with replacing(Path(path), overwrite=overwrite) as temporary:
        temporary.write_text(page, encoding="utf-8")


def _cards(
    table: LayerTable, stack: EvidenceStack, points: LayerPoints
) -> Iterator[dict[str, Any]]:
    """Draw each layer: all classes of one in a picture, other names one by one."""
    rows, places = {row.name: row for row in table.rows}, list(points.places.values())
    dpi = _DPI if len(rows) <= _MANY else _FEWER_DOTS
    for column, names, values in thinned(stack):
        if isinstance(column, Categorical):
            labels = [name.removeprefix(f"{column.name}=") for name in names]
            on = np.nan_to_num(values, nan=0.0)
            number = np.where(on.any(axis=0), on.argmax(axis=0), np.nan)
            held = [int(points.at_occurrences(name).sum()) for name in names]
            figure = draw_classes(number, labels, stack.grid, places, occurrences=held)
            yield _card(column.name, [rows[name] for name in names], png_uri(figure, dpi=dpi))
            continue
        for name, cells in zip(names, values, strict=True):
            row = rows[name]
            figure = draw_layer(
                cells,
                stack.grid,
                places,
                occurrences=points.at_occurrences(name),
                unit=row.origin.unit,
            )
            yield _card(name, [row], png_uri(figure, dpi=dpi))


def _card(title: str, rows: list[LayerRow], picture: str) -> dict[str, Any]:
    """Give what the page says of a picture."""
    row = rows[0]
    origin, survey = row.origin, row.profile.survey
    unit = f" {origin.unit}" if origin.unit else ""
    several = len(rows) > 1
    span = with_minus(f"{survey.minimum:.4g} to {survey.maximum:.4g}") + unit
    facts = [
        ", ".join([origin.kind, *origin.transforms]),
        f"{len(rows)} classes" if several else span,
        f"{row.valid_share:.1%} of the cells",
    ]
    if not several and np.isfinite(row.profile.skewness):
        facts.append(with_minus(f"skew {row.profile.skewness:z.1f}"))
    if np.isfinite(row.inflation):
        facts.append(f"VIF {row.inflation:.1f}")
    if row.most_like is not None and not several:
        facts.append(f"most like {row.most_like} ({with_minus(f'{row.correlation:+.2f}')})")
    return {
        "title": title,
        "rows": [part.name for part in rows],
        "facts": facts,
        "file": Path(without_secrets(origin.path)).name if origin.path else "computed",
        "oddities": list(dict.fromkeys(odd for part in rows for odd in part.oddities)),
        "picture": picture,
    }
