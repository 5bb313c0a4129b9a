"""The study reproduced, as files: JSON, CSV and a page that needs nothing beside it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import Any

from geoprospect.output import check_absent, replacing
from geoprospect.published import MethodResult, Reproduction
from geoprospect.published.audit import recovered_components
from geoprospect.published.figures import SETS
from geoprospect.published.pictures import (
    draw_imbalance,
    draw_map_curves,
    draw_maps,
    draw_roc_curves,
)
from geoprospect.report.files import write_files
from geoprospect.report.page import render_page
from geoprospect.report.style import svg_uri

FILES = ("reproduction.json", "reproduction.csv", "reproduction.html", "components.json")
_EXPERIMENTS = {
    "I": "Experiment I: the networks",
    "II": "Experiment II: the best network and the baselines",
    "III": "Experiment III: fewer and fewer occurrences",
    "tried": "Tried beside: the study's own pretext networks and recorded rates",
}


def check_reproduction_writable(folder: str | PathLike[str], *, overwrite: bool) -> None:
    """Refuse, before any training, a folder that the results cannot be written to.

    Raises
    ------
    OutputError
        If a result exists already and is not to be overwritten, or the folder cannot be written.
    """
    for name in FILES:
        check_absent(Path(folder) / name, overwrite=overwrite)
    with replacing(Path(folder) / ".writable", overwrite=True) as temporary:
        temporary.touch()
    (Path(folder) / ".writable").unlink()


def write_reproduction(
    reproduction: Reproduction, folder: str | PathLike[str], *, overwrite: bool = False
) -> tuple[str, ...]:
    """Write a reproduction as JSON, CSV and HTML.

    Parameters
    ----------
    reproduction : Reproduction
        What was reproduced.
    folder : path-like
        Where `reproduction.json`, `reproduction.csv` and `reproduction.html` go, and the
        recovered components as `components.json`.
    overwrite : bool
        Whether existing files are replaced.

    Returns
    -------
    tuple of str
        The files written.

    Raises
    ------
    OutputError
        If a file exists already or cannot be written.
    """
    content = reproduction.to_dict()
    texts = {
        "reproduction.json": json.dumps(content, indent=1) + "\n",
        "reproduction.csv": _csv(reproduction),
        "reproduction.html": page(reproduction),
    }
    write_files(texts, folder, overwrite=overwrite)
    components = recovered_components(reproduction.study)
    components.save(Path(folder) / "components.json", overwrite=overwrite)
    return tuple(str(Path(folder) / name) for name in FILES)


def page(reproduction: Reproduction) -> str:
    """Give the HTML page: what came out and the leak first, then tables, curves, maps, remarks.

    Its pictures lie in the page itself; it loads nothing.
    """
    audit = reproduction.audit
    methods = [r for r in reproduction.results if {"I", "II"} & set(r.experiments)]
    compared = [*methods, *reproduction.of("III")]
    pictures: dict[str, Any] = {
        "roc": [
            (one.method, svg_uri(draw_roc_curves([one], reproduction.study.validation.label)))
            for one in methods
        ],
        "imbalance": svg_uri(
            draw_imbalance(
                [result for result in compared if result.method == "FDE-FT"],
                [result for result in compared if result.method == "random forest"],
            )
        ),
    }
    if reproduction.maps:
        maps = reproduction.maps
        pictures["maps"] = [(one.name, svg_uri(draw_maps([one]))) for one in maps]
        pictures["curves"] = [(one.name, svg_uri(draw_map_curves([one]))) for one in maps]
    return render_page(
        "geoprospect.published",
        "reproduction.html",
        reproduction=reproduction,
        verdict=list(reproduction.remarks())[: 2 if reproduction.effort < 1 else 1],
        study=Path(reproduction.study.folder).name,
        n_repeats=len(audit.repeats),
        n_validation=sum(audit.n_validation.values()),
        audit_lines=audit.lines(),
        sets=SETS,
        tables=[
            (title, [_row(result) for result in reproduction.of(name)])
            for name, title in _EXPERIMENTS.items()
        ],
        pictures=pictures,
    )


def _row(result: MethodResult) -> dict[str, Any]:
    """Give a row of a table as text."""
    cells = []
    for points in SETS:
        spread = result.spread(points)
        published = None if result.published is None else result.published.auc[points]
        cells.append(
            {
                "published": "–" if published is None else f"{published:.4f}",
                "median": "–" if spread is None else f"{spread.median:.4f}",
                "range": "" if spread is None else f"{spread.least:.4f}–{spread.greatest:.4f}",
                "outside": result.inside(points) is False,
            }
        )
    return {
        "method": result.method,
        "n": result.n_occurrences,
        "note": result.note,
        "weights": result.weights,
        "cells": cells,
    }


def _csv(reproduction: Reproduction) -> str:
    """Give a row for each method, training set and set of points."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(
        [
            "experiments",
            "method",
            "note",
            "training_occurrences",
            "weights",
            "points",
            "published",
            "median",
            "least",
            "greatest",
            "seeds",
            "published_inside_range",
        ]
    )
    for result in reproduction.results:
        writer.writerows(_csv_rows(result))
    return stream.getvalue()


def _csv_rows(result: MethodResult) -> Iterator[list[Any]]:
    """Give a method's rows, one for each set of points."""
    for points in SETS:
        spread = result.spread(points)
        figures = [None] * 3 if spread is None else [spread.median, spread.least, spread.greatest]
        published = None if result.published is None else result.published.auc[points]
        yield [
            " ".join(result.experiments),
            result.method,
            result.note,
            result.n_occurrences,
            result.weights,
            points,
            *("" if value is None else f"{value:.6f}" for value in (published, *figures)),
            len(result.ours),
            {True: "yes", False: "no", None: ""}[result.inside(points)],
        ]
