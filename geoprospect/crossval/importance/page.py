"""What a model uses, as files: a page and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from os import PathLike
from typing import Any

import numpy as np

from geoprospect.crossval.importance.drops import Drop, Importance
from geoprospect.crossval.importance.modeluse import ModelUse
from geoprospect.crossval.importance.pictures import draw_effect, draw_worths, reaches_of
from geoprospect.report.files import Content, write_files
from geoprospect.report.page import render_page
from geoprospect.report.style import svg_uri

FILES = ("importance.json", "importance.html")
_DRAWN = 24  # effects that have a picture
_SOURCES = (
    "permutation: Breiman (2001), Machine Learning 45, 5-32; partial dependence: Friedman (2001), "
    "Annals of Statistics 29, 1189-1232; accumulated local effects: Apley & Zhu (2020), Journal of "
    "the Royal Statistical Society B 82, 1059-1086; H: Friedman & Popescu (2008), Annals of "
    "Applied Statistics 2, 916-954."
)


def write_model_use(use: ModelUse, folder: str | PathLike[str], *, overwrite: bool = False) -> None:
    """Write what a model uses as JSON and a page.

    Parameters
    ----------
    use : ModelUse
        What it uses.
    folder : path-like
        Where `importance.json` (see `ModelUse.to_dict`) and `importance.html` go.
    overwrite : bool
        Whether existing files are replaced.

    Raises
    ------
    OutputError
        If a file exists already or cannot be written.
    """
    texts = (json.dumps(use.to_dict(), indent=1) + "\n", page(use))
    contents: dict[str, Content] = dict(zip(FILES, texts, strict=True))
    write_files(contents, folder, overwrite=overwrite)


def page(use: ModelUse) -> str:
    """Give the HTML page: what the map rests on, effects of layers, and pairs of them.

    Its pictures lie in the page itself; it loads nothing.
    """
    importance, drawn = use.importance, use.effects[:_DRAWN]
    reaches = reaches_of(drawn)
    effects = [
        {
            "name": one.name,
            "layer": one.layer,
            "reach": f"{one.reach:.2f}",
            "picture": svg_uri(draw_effect(one, reaches)) if len(one.at) > 1 else None,
        }
        for one in drawn
    ]
    return render_page(
        "geoprospect.crossval",
        "importance.html",
        sentences=use.sentences(),
        importance=importance,
        rows=[_row(importance, drop) for drop in (*importance.single, *importance.groups)],
        kin=list(_kin(importance)),
        worths=svg_uri(draw_worths(importance)),
        effects=effects,
        left_out=[one.name for one in use.effects[_DRAWN:]],
        pairs=[
            {
                "layers": " and ".join(pair.layers),
                "size": f"{pair.size['log-odds']:.2f}",
                "strength": [f"{pair.strength[scale]:.2f}" for scale in ("log-odds", "score")],
            }
            for pair in use.interactions
        ],
        sources=_SOURCES,
    )


def _row(importance: Importance, drop: Drop) -> dict[str, Any]:
    """Give a row of the table as text."""
    worth = drop.worth
    return {
        "layers": " + ".join(drop.layers),
        "group": len(drop.layers) > 1,
        "sure": drop.sure,
        "value": f"{worth.value:+z.3f}",
        "interval": f"{worth.interval:+z.3f}",
        "left": f"{importance.value - worth.value:.3f}",
    }


def _kin(importance: Importance) -> Iterator[dict[str, str]]:
    """Give the pairs of layers that correlate as strongly as a group does, or more."""
    strength = np.triu(importance.correlation, 1)
    for i, j in np.argwhere(strength >= importance.threshold):
        names = (importance.layers[i], importance.layers[j])
        yield {"layers": " and ".join(names), "correlation": f"{strength[i, j]:.2f}"}
